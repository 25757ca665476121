/* SPDX-License-Identifier: Apache-2.0 */

/* Transactions: prepared once, spoken in the store's own voice, since no statement of a caller may open one. */

#include "internal.h"

/* The log is moved into the file at 16 MB: seldom enough that pages written often are moved once, and little enough to
 * be read again within milliseconds after a crash. */
#define TIDY_PAGES 4000

static const char *const CONTROL_SQL[CONTROL_COUNT] = {
    [CONTROL_BEGIN_WRITING] = "BEGIN IMMEDIATE",
    [CONTROL_BEGIN_READING] = "BEGIN DEFERRED",
    [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_ROLLBACK] = "ROLLBACK",
    [CONTROL_SAVEPOINT] = "SAVEPOINT job",
    [CONTROL_SAVEPOINT_RELEASE] = "RELEASE job",
    [CONTROL_SAVEPOINT_ROLLBACK] = "ROLLBACK TO job",
};

static int step_control(struct store *store, enum control which)
{
    sqlite3_stmt **control = &store->control[which];

    if (!*control) {
        int result = sqlite3_prepare_v3(store->database, CONTROL_SQL[which], -1, SQLITE_PREPARE_PERSISTENT, control,
                                        NULL);
        if (result != SQLITE_OK)
            return result;
    }
    int result = sqlite3_step(*control);
    sqlite3_reset(*control);
    return result;
}

static enum error run_control(struct store *store, enum control which)
{
    store->own_voice = true;
    int result = step_control(store, which);
    store->own_voice = false;
    return store_result(store, result, CONTROL_SQL[which]);
}

bool store_in_transaction(const struct store *store)
{
    return sqlite3_get_autocommit(store->database) == 0;
}

/* At once, because a transaction that first reads and then asks to write fails when another has written between. */
enum error store_begin(struct store *store)
{
    store_snapshot_end(store);
    return run_control(store, CONTROL_BEGIN_WRITING);
}

enum error store_commit(struct store *store)
{
    return run_control(store, CONTROL_COMMIT);
}

void store_rollback(struct store *store)
{
    /* It fails only when there is nothing to take back. */
    if (store_in_transaction(store))
        (void)!run_control(store, CONTROL_ROLLBACK);
}

enum error store_savepoint(struct store *store)
{
    return run_control(store, CONTROL_SAVEPOINT);
}

enum error store_savepoint_release(struct store *store)
{
    return run_control(store, CONTROL_SAVEPOINT_RELEASE);
}

/* Rolling back to a savepoint leaves it standing. */
enum error store_savepoint_rollback(struct store *store)
{
    TRY(run_control(store, CONTROL_SAVEPOINT_ROLLBACK));
    return run_control(store, CONTROL_SAVEPOINT_RELEASE);
}

enum error store_snapshot_begin(struct store *store)
{
    TRY(run_control(store, CONTROL_BEGIN_READING));
    store->snapshot = true;
    return OK;
}

void store_snapshot_end(struct store *store)
{
    if (store->snapshot)
        (void)!run_control(store, CONTROL_COMMIT); /* nothing was written, so nothing can fail */
    store->snapshot = false;
}

void store_tidy(struct store *store)
{
    if (store->log_pages < TIDY_PAGES)
        return;
    /* What a reader still needs stays in the log until the next time, and so does what has no room in the file: none of
     * that is lost. Only a failed fsync is fatal, which store_result sees to. */
    int result = sqlite3_wal_checkpoint_v2(store->database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    (void)!store_result(store, result, "checkpoint");
    store->log_pages = 0;
}
