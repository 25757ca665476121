/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of this folder share. Not for other layers. */

#include <sqlite3.h>

#include "store.h"

#define SCHEMAS_MAX 8

/* What the authorizer lets pass. `own_voice` is above all of them. */
enum phase { PHASE_MIGRATING, PHASE_SERVING };

enum control {
    CONTROL_BEGIN_WRITING,
    CONTROL_BEGIN_READING,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_SAVEPOINT,
    CONTROL_SAVEPOINT_RELEASE,
    CONTROL_SAVEPOINT_ROLLBACK,
    CONTROL_COUNT
};

struct prepared {
    const struct store_statement *statement;
    sqlite3_stmt *compiled;
    uint8_t parameters;
    uint8_t position[STORE_PARAMETERS_MAX]; /* which value stands at the engine's parameter i + 1 */
    bool open;
};

struct store {
    sqlite3 *database;
    bool reader;
    enum phase phase;
    bool own_voice; /* the store itself speaks: settings and transactions, which no statement of a caller may */
    const struct store_schema *schema[SCHEMAS_MAX];
    size_t schemas;
    struct prepared *prepared; /* one a statement, schema after schema */
    sqlite3_stmt *control[CONTROL_COUNT];
    bool snapshot; /* a transaction that only reads is open */
    int log_pages; /* in the write-ahead log after the last commit */
    struct fault fault;
};

/* The engine's result as an error of ours; keeps `what` and the engine's words as the store's fault. Aborts after a
 * failed fsync. OK for SQLITE_OK, ROW and DONE. */
enum error store_result(struct store *store, int result, const char *what);

/* sqlite3_exec in the store's own voice. */
MUST_CHECK enum error store_own(struct store *store, const char *sql);
/* The single integer that `sql` gives. */
MUST_CHECK enum error store_own_integer(struct store *store, const char *sql, int64_t *ret_value);

/* The authorizer of every connection. */
int store_authorize(void *store, int action, const char *first, const char *second, const char *database,
                    const char *trigger);

/* migrate.c: is what stands in the file what the schemas say? `ret_missing`: how many are still to be applied. */
MUST_CHECK enum error store_verify_migrations(struct store *store, size_t *ret_missing, struct fault *fault);
MUST_CHECK enum error store_migrate(struct store *store, struct fault *fault);

void store_finalize_all(struct store *store);

/* transaction.c */
MUST_CHECK enum error store_begin(struct store *store); /* takes the write lock at once */
MUST_CHECK enum error store_commit(struct store *store);
void store_rollback(struct store *store); /* also when the engine has rolled back by itself */
MUST_CHECK enum error store_savepoint(struct store *store);
MUST_CHECK enum error store_savepoint_release(struct store *store);
MUST_CHECK enum error store_savepoint_rollback(struct store *store);
bool store_in_transaction(const struct store *store);
/* Moves pages from the log into the file when there are many; after the commit was told, so that nobody waits. */
void store_tidy(struct store *store);
