/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "internal.h"

/* Tells our files from other people's databases: "Hosp". */
#define APPLICATION_ID "1215263600"

static bool is_engines_own(const char *table)
{
    struct slice name = slice_from_string(table);

    return slice_starts_with(name, SLICE("sqlite_")) || slice_starts_with(name, SLICE("pragma_")) ||
           slice_equal(name, SLICE("dbstat"));
}

/* What a statement may do; the rest is denied by not being here. A second lock: our statements are constants, but
 * should text of a stranger ever become SQL, it can read and write rows and nothing else. */
static bool allowed_in_service(const struct store *store, int action, const char *table, const char *function)
{
    switch (action) {
    case SQLITE_READ:
        return !is_engines_own(table);
    case SQLITE_FUNCTION:
        return !slice_is(SLICE("load_extension"), function);
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return true;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        return !store->reader && !slice_is(SLICE("migration"), table);
    default:
        return false;
    }
}

static bool allowed_in_migration(int action)
{
    switch (action) {
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_ALTER_TABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_VIEW:
    case SQLITE_DROP_TRIGGER:
    case SQLITE_REINDEX: /* part of making an index */
    case SQLITE_READ:
        return true;
    default:
        return false;
    }
}

int store_authorize(void *context, int action, const char *first, const char *second, const char *database,
                    const char *trigger)
{
    const struct store *store = context;

    (void)database, (void)trigger;
    if (store->own_voice || allowed_in_service(store, action, first, second))
        return SQLITE_OK;
    return store->phase == PHASE_MIGRATING && allowed_in_migration(action) ? SQLITE_OK : SQLITE_DENY;
}

enum error store_own(struct store *store, const char *sql)
{
    store->own_voice = true;
    int result = sqlite3_exec(store->database, sql, NULL, NULL, NULL);
    store->own_voice = false;
    return store_result(store, result, sql);
}

enum error store_own_integer(struct store *store, const char *sql, int64_t *ret_value)
{
    sqlite3_stmt *statement = NULL;

    store->own_voice = true;
    int result = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    store->own_voice = false;
    if (result == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? ERROR_INTERNAL : store_result(store, result, sql);
}

/* Far above what our statements need, far below what could tie the machine down. */
static void lower_limits(sqlite3 *database)
{
    static const struct {
        int limit, value;
    } LIMIT[] = {
        {SQLITE_LIMIT_LENGTH, STORE_VALUE_BYTES_MAX},
        {SQLITE_LIMIT_SQL_LENGTH, 256 * 1024},
        {SQLITE_LIMIT_COLUMN, 64},
        {SQLITE_LIMIT_EXPR_DEPTH, 100},
        {SQLITE_LIMIT_COMPOUND_SELECT, 16},
        {SQLITE_LIMIT_VDBE_OP, 25000},
        {SQLITE_LIMIT_FUNCTION_ARG, 16},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256},
        {SQLITE_LIMIT_VARIABLE_NUMBER, STORE_PARAMETERS_MAX},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 8},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };

    for (size_t i = 0; i < sizeof LIMIT / sizeof *LIMIT; i++)
        sqlite3_limit(database, LIMIT[i].limit, LIMIT[i].value);
}

/* SQLite's own advice for files that an enemy may have changed (sqlite.org/security.html). */
static enum error defend(struct store *store)
{
    static const struct {
        int setting, on;
    } SETTING[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},   {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    };

    for (size_t i = 0; i < sizeof SETTING / sizeof *SETTING; i++)
        TRY(store_result(store, sqlite3_db_config(store->database, SETTING[i].setting, SETTING[i].on, NULL),
                         "defensive settings"));
    lower_limits(store->database);
    TRY(store_result(store, sqlite3_set_authorizer(store->database, store_authorize, store), "authorizer"));
    return store_result(store, sqlite3_busy_timeout(store->database, STORE_BUSY_MS), "busy timeout");
}

/* Erased rows are overwritten: the rooms above promise that what was erased is gone. */
static enum error settle(struct store *store)
{
    return store_own(store, "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;"
                            "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;"
                            "PRAGMA journal_size_limit = 67108864;");
}

enum error store_derived(struct store *store, bool derived)
{
    return store_own(store, derived ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
}

/* A file of ours, or an empty one that may become ours. Before anything is written to it, and in one statement, since
 * another opener may be making it. */
static enum error recognize(struct store *store, bool *ret_fresh)
{
    enum { SOMETHING_ELSE, OURS, FRESH };
    int64_t answer = 0;

    TRY(store_own_integer(store,
                          "SELECT CASE WHEN application_id = " APPLICATION_ID " THEN 1"
                          " WHEN application_id = 0 AND (SELECT count(*) FROM sqlite_schema) = 0 THEN 2 ELSE 0 END"
                          " FROM pragma_application_id",
                          &answer));
    *ret_fresh = answer == FRESH;
    if (answer != SOMETHING_ELSE)
        return OK;
    return fault_set(&store->fault, ERROR_CORRUPT, "it is a database, but not a store");
}

static enum error found(struct store *store)
{
    int64_t is_log = 0;
    bool fresh;

    TRY(recognize(store, &fresh));
    TRY(store_own(store, "PRAGMA journal_mode = WAL"));
    TRY(store_own_integer(store, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &is_log));
    if (!is_log)
        return fault_set(&store->fault, ERROR_IO, "the file system does not carry a write-ahead log");
    if (!fresh)
        return OK;
    return store_own(store, "BEGIN IMMEDIATE;"
                            "PRAGMA application_id = " APPLICATION_ID ";"
                            "CREATE TABLE IF NOT EXISTS migration (schema TEXT NOT NULL, number INTEGER NOT NULL,"
                            " name TEXT NOT NULL, checksum BLOB NOT NULL, PRIMARY KEY (schema, number)) STRICT;"
                            "COMMIT");
}

static enum error count_statements(struct store *store, const struct store_schema *const *schema, size_t schemas)
{
    size_t statements = 0;

    if (schemas > SCHEMAS_MAX)
        return ERROR_INTERNAL;
    for (size_t i = 0; i < schemas; i++) {
        store->schema[i] = schema[i];
        statements += schema[i]->statements;
    }
    store->schemas = schemas;
    store->prepared = calloc(statements + 1, sizeof *store->prepared);
    return store->prepared ? OK : ERROR_MEMORY;
}

static enum error connect(struct store *store, const char *path)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    int result = sqlite3_open_v2(path, &store->database, flags, NULL);

    if (!store->database)
        return ERROR_MEMORY;
    return store_result(store, result, "open");
}

static int note_log_pages(void *context, sqlite3 *database, const char *name, int pages)
{
    struct store *store = context;

    (void)database, (void)name;
    store->log_pages = pages;
    return SQLITE_OK;
}

static enum error open_writing(struct store *store, const char *path, struct fault *fault)
{
    TRY(connect(store, path));
    TRY(defend(store));
    TRY(found(store));
    TRY(settle(store));
    sqlite3_wal_hook(store->database, note_log_pages, store);
    store->phase = PHASE_MIGRATING;
    TRY(store_migrate(store, fault));
    store->phase = PHASE_SERVING;
    return OK;
}

static enum error open_reading(struct store *store, const char *path, struct fault *fault)
{
    size_t missing;
    bool fresh;

    store->reader = true;
    store->phase = PHASE_SERVING;
    TRY(connect(store, path));
    TRY(defend(store));
    TRY(recognize(store, &fresh));
    if (fresh)
        return fault_set(fault, ERROR_VERSION, "the store is empty");
    TRY(settle(store));
    TRY(store_own(store, "PRAGMA query_only = ON"));
    TRY(store_verify_migrations(store, &missing, fault));
    return missing == 0 ? OK : fault_set(fault, ERROR_VERSION, "%zu migrations are still to be applied", missing);
}

typedef enum error opener(struct store *store, const char *path, struct fault *fault);

static enum error open_with(opener *open_store, const char *path, const struct store_schema *const *schema,
                            size_t schemas, struct store **ret_store, struct fault *fault)
{
    struct store *store = calloc(1, sizeof *store);

    if (!store)
        return ERROR_MEMORY;
    if (fault)
        *fault = (struct fault){.code = OK};
    enum error error = count_statements(store, schema, schemas);
    if (error == OK)
        error = open_store(store, path, fault);
    if (error == OK) {
        *ret_store = store;
        return OK;
    }
    if (fault && fault->code == OK)
        fault_set(fault, error, "%s", store->fault.detail);
    store_close(store);
    return error;
}

/* SQLite would make it readable by everybody. Never opened when it is there: closing a second descriptor of a file
 * drops the locks that this process holds on it (POSIX). */
static enum error make_private(const char *path)
{
    CLEANUP_DESCRIPTOR int made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    return made >= 0 || errno == EEXIST ? OK : file_error(errno);
}

enum error store_open(const char *path, const struct store_schema *const *schema, size_t schemas,
                      struct store **ret_store, struct fault *fault)
{
    enum error error = make_private(path);

    if (error != OK)
        return fault_set(fault, error, "the store cannot be made there");
    return open_with(open_writing, path, schema, schemas, ret_store, fault);
}

enum error store_open_reader(const char *path, const struct store_schema *const *schema, size_t schemas,
                             struct store **ret_store, struct fault *fault)
{
    if (!file_exists(path))
        return fault_set(fault, ERROR_FILE_MISSING, "there is no store");
    return open_with(open_reading, path, schema, schemas, ret_store, fault);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_finalize_all(store);
    /* Cannot be busy: every statement was ours and is finalized. */
    if (sqlite3_close(store->database) != SQLITE_OK)
        abort();
    free(store->prepared);
    free(store);
}
