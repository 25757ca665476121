/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

/* A consistent copy while others write, and the reading of every page. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "internal.h"

/* All pages in one step: the reader's snapshot makes the copy consistent, and writers are not held up by it. */
static enum error copy_pages(struct store *store, sqlite3 *copy)
{
    sqlite3_backup *backup = sqlite3_backup_init(copy, "main", store->database, "main");

    if (!backup)
        return store_result(store, sqlite3_extended_errcode(copy), "backup");
    sqlite3_backup_step(backup, -1);
    return store_result(store, sqlite3_backup_finish(backup), "backup");
}

static enum error copy_into(struct store *store, const char *path)
{
    int made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    sqlite3 *copy = NULL;

    if (made < 0)
        return file_error(errno);
    close(made);
    int result = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
    enum error error = result == SQLITE_OK ? copy_pages(store, copy) : store_result(store, result, "backup");
    sqlite3_close(copy);
    return error;
}

static enum error sync_directory(const char *path)
{
    char name[PATH_MAX];

    snprintf(name, sizeof name, "%s", path);
    CLEANUP_DESCRIPTOR int directory = open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory >= 0 && fsync(directory) == 0 ? OK : file_error(errno);
}

/* Under its own name only when it is whole, and never over another file. */
static enum error name_finally(const char *part, const char *path)
{
    if (link(part, path) < 0)
        return errno == EEXIST ? ERROR_EXISTS : file_error(errno);
    return sync_directory(path);
}

enum error store_backup(struct store *store, const char *path)
{
    char part[PATH_MAX];

    if (file_exists(path))
        return ERROR_EXISTS;
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return ERROR_TOO_LARGE;
    unlink(part); /* left over from a copy that a crash cut short */
    enum error error = copy_into(store, part);
    if (error == OK)
        error = name_finally(part, path);
    unlink(part);
    return error;
}

typedef struct slice describe(sqlite3_stmt *row, char *room, size_t room_bytes);

static struct slice describe_damage(sqlite3_stmt *row, char *room, size_t room_bytes)
{
    (void)room, (void)room_bytes;
    return slice_from_string((const char *)sqlite3_column_text(row, 0));
}

static struct slice describe_reference(sqlite3_stmt *row, char *room, size_t room_bytes)
{
    int length = snprintf(room, room_bytes, "a row of %s refers to a row of %s that is not there",
                          sqlite3_column_text(row, 0), sqlite3_column_text(row, 2));

    return slice_of(room, (size_t)length < room_bytes ? (size_t)length : room_bytes - 1);
}

static enum error find(struct store *store, const char *sql, describe *describe_row, store_finding *finding,
                       void *context)
{
    sqlite3_stmt *rows = NULL;
    char room[256];
    enum error error = OK;
    int result = sqlite3_prepare_v2(store->database, sql, -1, &rows, NULL);

    while (result == SQLITE_OK && (result = sqlite3_step(rows)) == SQLITE_ROW) {
        struct slice line = describe_row(rows, room, sizeof room);
        if (!slice_is(line, "ok")) {
            finding(context, line);
            error = ERROR_CORRUPT;
        }
        result = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return error != OK ? error : store_result(store, result, sql);
}

enum error store_check(struct store *store, store_finding *finding, void *context)
{
    store->own_voice = true;
    enum error pages = find(store, "PRAGMA integrity_check(100)", describe_damage, finding, context);
    enum error references = find(store, "SELECT * FROM pragma_foreign_key_check LIMIT 100", describe_reference, finding,
                                 context);
    store->own_voice = false;
    return pages != OK ? pages : references;
}
