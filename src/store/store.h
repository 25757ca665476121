/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A store: rows in an embedded database, reached only through statements that stand in a table.
 *
 * Serves promise 9 (what was confirmed is not lost). Callers see no database: they hand over tables of migrations and
 * statements, and values by position. Nothing here names SQLite, so that a second engine can stand behind this header.
 * Statements are written so that both engines take them: parameters are $1, $2, … and tables of a person are led by the
 * person's id.
 *
 * Threads: a store is one connection and belongs to one thread at a time. Several stores may be open on one file: one
 * that writes (see writer.h, which moves it to a thread of its own) and any number of readers. Readers see what was
 * committed and never wait for the writer.
 *
 * Errors of every call that touches the file: ERROR_IO, ERROR_DISK_FULL, ERROR_CORRUPT, ERROR_MEMORY, ERROR_LOCKED
 * (another process is writing; after STORE_BUSY_MS). A failed fsync ends the process at once: what the disk then
 * holds is unknown, and trying again would hide the loss. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct store;

#define STORE_BUSY_MS 2000
#define STORE_PARAMETERS_MAX 32
#define STORE_VALUE_BYTES_MAX (32 * 1024 * 1024)

/* One step of a schema's life, in a transaction of its own. Numbers run 1, 2, 3, … without a gap. What was once
 * released is never changed: its checksum stands in the database. May hold several SQL statements, but no transaction
 * control. */
struct store_migration {
    unsigned number;
    const char *name;
    const char *sql;
};

/* Where a statement would run if the rows lay on many machines. */
enum store_route {
    STORE_ROUTE_PERSON,    /* on the machine of $1, a person's id */
    STORE_ROUTE_TOKEN,     /* on the machine of $1, a keyed token */
    STORE_ROUTE_BROADCAST, /* on all of them */
    STORE_ROUTE_LOCAL      /* on a table that every machine has whole */
};

enum store_mode { STORE_READ, STORE_WRITE };

/* A statement, prepared at its first use and kept. What is declared STORE_READ must not change anything. */
struct store_statement {
    const char *name;
    enum store_route route;
    enum store_mode mode;
    const char *sql;
};

/* The tables and statements of one room of the house ("vault"). Several may live in one file. Constant: the store keeps
 * pointers into it. */
struct store_schema {
    const char *name;
    const struct store_migration *migration;
    size_t migrations;
    const struct store_statement *statement;
    size_t statements;
};

/* Opens the file for writing, makes it (mode 0600) if it is not there, and brings every schema up to its last
 * migration. All openers of a file name the same schemas.
 * ERROR_VERSION: it was migrated further than this program knows, or holds a schema that is not named.
 * ERROR_CORRUPT: a migration differs from the one that was applied, or it is no store.
 * `fault` (may be NULL) says which. */
MUST_CHECK enum error store_open(const char *path, const struct store_schema *const *schema, size_t schemas,
                                 struct store **ret_store, struct fault *fault);

/* Opens for reading what store_open has made. ERROR_FILE_MISSING; ERROR_VERSION also when it is not migrated yet. */
MUST_CHECK enum error store_open_reader(const char *path, const struct store_schema *const *schema, size_t schemas,
                                        struct store **ret_store, struct fault *fault);

void store_close(struct store *store); /* accepts NULL; no cursor may be open */

/* Prepares every statement of every schema, so that a wrong one is found at the start and not by a patient.
 * ERROR_INTERNAL; `fault` names the statement. */
MUST_CHECK enum error store_prepare_all(struct store *store, struct fault *fault);

enum store_kind { STORE_NULL, STORE_INTEGER, STORE_TEXT, STORE_BLOB };

struct store_value {
    enum store_kind kind;
    int64_t integer;
    struct slice bytes; /* of text (UTF-8) and blobs; an empty one is not NULL */
};

static inline struct store_value store_null(void)
{
    return (struct store_value){.kind = STORE_NULL};
}
static inline struct store_value store_integer(int64_t value)
{
    return (struct store_value){.kind = STORE_INTEGER, .integer = value};
}
static inline struct store_value store_text(struct slice text)
{
    return (struct store_value){.kind = STORE_TEXT, .bytes = text};
}
static inline struct store_value store_blob(struct slice bytes)
{
    return (struct store_value){.kind = STORE_BLOB, .bytes = bytes};
}

/* Array and count: store_run(store, &STATEMENT[X], STORE_VALUES(store_blob(id), store_integer(3))). */
#define STORE_VALUES(...)                                                                                              \
    (const struct store_value[]){__VA_ARGS__},                                                                         \
        sizeof((const struct store_value[]){__VA_ARGS__}) / sizeof(struct store_value)

/* Rows of a statement, one at a time. Lives on the caller's stack; its fields are the store's business.
 *
 *     CLEANUP_CURSOR struct store_cursor rows = {0};
 *
 *     TRY(store_query(store, &STATEMENT[VERSIONS], STORE_VALUES(store_blob(person)), &rows));
 *     while (store_next(&rows))
 *         …store_column(&rows, 0)…
 *     return store_end(&rows);
 *
 * A statement has one open cursor at a time. Values handed in stay the caller's and must live until it is closed. */
struct store_cursor {
    struct store *store;
    void *compiled;
    enum error error;
};

/* `statement` points into one of the store's schemas. ERROR_INTERNAL: it does not, the values are not as many as its
 * parameters, its cursor is still open, it is wrong, or it writes outside a transaction (see writer.h). */
MUST_CHECK enum error store_query(struct store *store, const struct store_statement *statement,
                                  const struct store_value *value, size_t values, struct store_cursor *ret_cursor);

/* False after the last row, and on an error: store_end says which. */
MUST_CHECK bool store_next(struct store_cursor *cursor);

/* Closes the cursor and says whether all its rows were read well. Rows cut short by an error must not pass for all of
 * them, so closing a cursor that failed without asking here aborts. A statement that writes can also end with
 * ERROR_EXISTS (a key that is there already), ERROR_CONFLICT (a reference), ERROR_VALUE (a check of the table). */
MUST_CHECK enum error store_end(struct store_cursor *cursor);

/* For a statement that gives one row: query and step. ERROR_NOT_FOUND when there is none. */
MUST_CHECK enum error store_one(struct store *store, const struct store_statement *statement,
                                const struct store_value *value, size_t values, struct store_cursor *ret_cursor);

/* A value of the present row, column from 0. Bytes are borrowed until the cursor moves or closes. */
struct store_value store_column(const struct store_cursor *cursor, unsigned column);

static inline int64_t store_column_integer(const struct store_cursor *cursor, unsigned column)
{
    return store_column(cursor, column).integer;
}
static inline struct slice store_column_bytes(const struct store_cursor *cursor, unsigned column)
{
    return store_column(cursor, column).bytes;
}

void store_cursor_close(struct store_cursor *cursor); /* may be called twice */
#define CLEANUP_CURSOR __attribute__((cleanup(store_cursor_close)))

/* Runs a statement to its end and drops its rows. `ret_changes` (may be NULL) says how many rows it wrote. */
MUST_CHECK enum error store_run(struct store *store, const struct store_statement *statement,
                                const struct store_value *value, size_t values, int64_t *ret_changes);

/* Between these two one state of the store is seen, and point reads cost half. Keep it short: while it lasts, the
 * write-ahead log grows. A store's own write ends it. ERROR_INTERNAL: one is open already. */
MUST_CHECK enum error store_snapshot_begin(struct store *store);
void store_snapshot_end(struct store *store);

/* While `derived` is true, commits do not wait for the disk: for rows that can be made anew, which a power cut may take
 * back but never damage. Not inside a transaction. */
MUST_CHECK enum error store_derived(struct store *store, bool derived);

/* Where the last error came from: the statement's name and the engine's own words. Never a value. */
const struct fault *store_fault(const struct store *store);

/* Copies the store as it is at this moment, consistently and durably, into a new file (mode 0600). Writers go on.
 * ERROR_EXISTS when there is a file at `path`; after an error there is none. */
MUST_CHECK enum error store_backup(struct store *store, const char *path);

typedef void store_finding(void *context, struct slice line);

/* Reads every page and checks trees, indexes, types and references. Each finding (the first 100) is a line for a person
 * who looks after the machine; it names tables, never values. ERROR_CORRUPT when there was one. */
MUST_CHECK enum error store_check(struct store *store, store_finding *finding, void *context);
