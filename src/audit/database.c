/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "words.h"

#define VALUE_MAX (64 << 20) /* the longest value that is read */
#define CACHE_KIB "16384"

static enum error told(struct database *database, const char *what)
{
    report_add(database->report, FINDING_DATABASE, PLACE_FILE(database->file), "%s", what);
    return ERROR_CORRUPT;
}

/* What could run code of its own while it is read. */
static enum error check_schema(struct database *database)
{
    CLEANUP_STATEMENT sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(database->handle,
                           "SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index')"
                           " OR (type = 'table' AND sql LIKE '%VIRTUAL%TABLE%')",
                           -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return told(database, "it is no database");
    return sqlite3_column_int64(statement, 0) == 0 ? OK : told(database, "it has views, triggers or virtual tables");
}

static enum error open_file(struct database *database, const char *path, bool immutable)
{
    char uri[PATH_MAX + 64];
    size_t length = 0;

    length += (size_t)snprintf(uri, sizeof uri, "file:");
    for (const char *c = path; *c && length + 4 < sizeof uri - 32; c++)
        length += (size_t)snprintf(uri + length, sizeof uri - length, strchr("?#%", *c) ? "%%%02x" : "%c",
                                   (unsigned char)*c);
    snprintf(uri + length, sizeof uri - length, "%s", immutable ? "?immutable=1" : "");
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | (immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if (sqlite3_open_v2(uri, &database->handle, flags, NULL) != SQLITE_OK)
        return told(database, "it cannot be opened");
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    sqlite3_limit(database->handle, SQLITE_LIMIT_LENGTH, VALUE_MAX);
    return check_schema(database);
}

/* The node's own name is kept, so that two databases do not meet. */
static enum error open_copy(struct database *database, const char *directory, const char *scratch)
{
    char name[64], wal[128], to[PATH_MAX], to_wal[PATH_MAX + 8];

    snprintf(name, sizeof name, "%s", strrchr(database->file, '/') ? strrchr(database->file, '/') + 1 : database->file);
    snprintf(wal, sizeof wal, "%s-wal", database->file);
    if (snprintf(to, sizeof to, "%s/%s", scratch, name) >= (int)sizeof to)
        return ERROR_IO;
    snprintf(to_wal, sizeof to_wal, "%s-wal", to);
    unlink(to);
    unlink(to_wal);
    TRY(file_copy(directory, database->file, to));
    enum error error = file_copy(directory, wal, to_wal);
    if (error != OK && error != ERROR_FILE_MISSING)
        return error;
    return open_file(database, to, false);
}

enum error database_open(struct database *database, const char *directory, const char *file, const char *scratch,
                         struct report *report)
{
    char wal[128];
    uint64_t size = 0, wal_size = 0;

    *database = (struct database){.file = file, .report = report};
    int there = file_open(directory, file, &size);
    if (there < 0) {
        report_add(report, FINDING_DATABASE, PLACE_FILE(file), "it is missing");
        return ERROR_FILE_MISSING;
    }
    close(there);
    snprintf(wal, sizeof wal, "%s-wal", file);
    int log = file_open(directory, wal, &wal_size);
    if (log >= 0)
        close(log);
    report->count[COUNT_FILES]++;
    report->count[COUNT_DATABASES]++;
    if (log >= 0 && wal_size > 0)
        return open_copy(database, directory, scratch);
    struct file_path path = file_below(directory, file);
    return open_file(database, path.text, true);
}

void database_close(struct database *database)
{
    sqlite3_close(database->handle);
    database->handle = NULL;
}

sqlite3_stmt *database_ask(struct database *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (database->handle && sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL) == SQLITE_OK)
        return statement;
    (void)told(database, "a table is missing or has other columns");
    return NULL;
}

bool database_next(struct database *database, sqlite3_stmt *statement)
{
    int result = statement ? sqlite3_step(statement) : SQLITE_DONE;

    if (result != SQLITE_ROW && result != SQLITE_DONE)
        (void)told(database, "reading it fails");
    return result == SQLITE_ROW;
}

struct slice database_bytes(sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);

    return slice_of(bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, column));
}

int64_t database_number(struct database *database, const char *sql)
{
    CLEANUP_STATEMENT sqlite3_stmt *statement = database_ask(database, sql);

    return database_next(database, statement) ? sqlite3_column_int64(statement, 0) : 0;
}

bool database_has_table(struct database *database, const char *table)
{
    CLEANUP_STATEMENT sqlite3_stmt *statement = database_ask(
        database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1");

    if (statement)
        sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
    return database_next(database, statement);
}

/* ---- what may not stand there ---- */

static void scan_columns(struct database *database)
{
    CLEANUP_STATEMENT sqlite3_stmt *statement = database_ask(
        database, "SELECT s.name, c.name, c.cid FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS c"
                  " WHERE s.type = 'table' ORDER BY s.name, c.cid");

    while (database_next(database, statement)) {
        struct slice table = database_bytes(statement, 0), column = database_bytes(statement, 1);
        char name[24];
        if (!word_is_forbidden(table) && !word_is_forbidden(column))
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(table.length < 20 ? table.length : 20), table.data);
        report_add(database->report, FINDING_FORBIDDEN_WORD,
                   PLACE_ROW(database->file, name, sqlite3_column_int64(statement, 2)), "a column's or table's name");
    }
}

void database_scan(struct database *database, const char *plain_table, const char *plain_sql)
{
    scan_columns(database);
    if (!plain_sql)
        return;
    CLEANUP_STATEMENT sqlite3_stmt *statement = database_ask(database, plain_sql);
    while (database_next(database, statement)) {
        if (word_in_json(database_bytes(statement, 1)))
            report_add(database->report, FINDING_FORBIDDEN_WORD,
                       PLACE_ROW(database->file, plain_table, sqlite3_column_int64(statement, 0)),
                       "a member or a code of a plain resource");
    }
}
