/* SPDX-License-Identifier: Apache-2.0 */

/* Migrations: which were applied stands in the file itself, with the checksum of their text, so that a program that is
 * too old, or one whose past was rewritten, refuses instead of guessing. */

#include "crypto/hash.h"
#include "internal.h"

static enum error numbers_are_in_order(const struct store *store, struct fault *fault)
{
    for (size_t s = 0; s < store->schemas; s++)
        for (size_t i = 0; i < store->schema[s]->migrations; i++)
            if (store->schema[s]->migration[i].number != i + 1)
                return fault_set(fault, ERROR_INTERNAL, "the migrations of %s are not numbered 1, 2, 3, …",
                                 store->schema[s]->name);
    return OK;
}

static const struct store_migration *migration_of(const struct store *store, struct slice schema, int64_t number)
{
    for (size_t s = 0; s < store->schemas; s++)
        if (slice_is(schema, store->schema[s]->name) && number >= 1 && number <= (int64_t)store->schema[s]->migrations)
            return &store->schema[s]->migration[number - 1];
    return NULL;
}

static struct hash checksum(const struct store_migration *migration)
{
    return hash_sha256(slice_from_string(migration->sql));
}

static struct slice column(sqlite3_stmt *statement, int number)
{
    return slice_of(sqlite3_column_blob(statement, number), (size_t)sqlite3_column_bytes(statement, number));
}

static enum error verify_row(const struct store *store, sqlite3_stmt *row, struct fault *fault)
{
    struct slice schema = column(row, 0);
    int64_t number = sqlite3_column_int64(row, 1);
    const struct store_migration *migration = migration_of(store, schema, number);

    if (!migration)
        return fault_set(fault, ERROR_VERSION, "the store has migration %.*s %lld, which this program does not know",
                         SLICE_PRINT(schema), (long long)number);
    struct hash expected = checksum(migration);
    if (!slice_equal(hash_slice(&expected), column(row, 2)))
        return fault_set(fault, ERROR_CORRUPT, "migration %.*s %lld is not the one that was applied",
                         SLICE_PRINT(schema), (long long)number);
    return OK;
}

static size_t known(const struct store *store)
{
    size_t migrations = 0;

    for (size_t s = 0; s < store->schemas; s++)
        migrations += store->schema[s]->migrations;
    return migrations;
}

enum error store_verify_migrations(struct store *store, size_t *ret_missing, struct fault *fault)
{
    static const char SQL[] = "SELECT schema, number, checksum FROM migration";
    sqlite3_stmt *rows = NULL;
    size_t applied = 0;
    enum error error = OK;

    TRY(numbers_are_in_order(store, fault));
    int result = sqlite3_prepare_v2(store->database, SQL, -1, &rows, NULL);
    while (result == SQLITE_OK && error == OK && (result = sqlite3_step(rows)) == SQLITE_ROW) {
        error = verify_row(store, rows, fault);
        applied++;
        result = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    if (error == OK)
        error = store_result(store, result, SQL);
    if (error == OK)
        *ret_missing = known(store) - applied;
    return error;
}

static enum error is_applied(struct store *store, const char *schema, unsigned number, bool *ret_applied)
{
    static const char SQL[] = "SELECT 1 FROM migration WHERE schema = ?1 AND number = ?2";
    sqlite3_stmt *row = NULL;
    int result = sqlite3_prepare_v2(store->database, SQL, -1, &row, NULL);

    if (result == SQLITE_OK) {
        sqlite3_bind_text(row, 1, schema, -1, SQLITE_STATIC);
        sqlite3_bind_int64(row, 2, number);
        result = sqlite3_step(row);
    }
    sqlite3_finalize(row);
    *ret_applied = result == SQLITE_ROW;
    return store_result(store, result, SQL);
}

static enum error record(struct store *store, const char *schema, const struct store_migration *migration)
{
    static const char SQL[] = "INSERT INTO migration (schema, number, name, checksum) VALUES (?1, ?2, ?3, ?4)";
    struct hash hash = checksum(migration);
    sqlite3_stmt *row = NULL;

    store->own_voice = true;
    int result = sqlite3_prepare_v2(store->database, SQL, -1, &row, NULL);
    store->own_voice = false;
    if (result == SQLITE_OK) {
        sqlite3_bind_text(row, 1, schema, -1, SQLITE_STATIC);
        sqlite3_bind_int64(row, 2, migration->number);
        sqlite3_bind_text(row, 3, migration->name, -1, SQLITE_STATIC);
        sqlite3_bind_blob(row, 4, hash.byte, HASH_BYTES, SQLITE_STATIC);
        result = sqlite3_step(row);
    }
    sqlite3_finalize(row);
    return store_result(store, result, SQL);
}

/* The migration's SQL runs in nobody's voice but its own: the authorizer refuses settings and transactions in it. */
static enum error apply(struct store *store, const char *schema, const struct store_migration *migration,
                        struct fault *fault)
{
    bool applied;

    /* Asked again under the lock: another opener may have been faster. */
    TRY(is_applied(store, schema, migration->number, &applied));
    if (applied)
        return OK;
    int result = sqlite3_exec(store->database, migration->sql, NULL, NULL, NULL);
    if (result != SQLITE_OK) {
        fault_set(fault, ERROR_INTERNAL, "migration %s %u: %s", schema, migration->number,
                  sqlite3_errmsg(store->database));
        return store_result(store, result, migration->name);
    }
    return record(store, schema, migration);
}

static enum error apply_in_transaction(struct store *store, const char *schema, const struct store_migration *migration,
                                       struct fault *fault)
{
    TRY(store_begin(store));
    enum error error = apply(store, schema, migration, fault);
    if (error == OK)
        error = store_commit(store);
    if (error != OK)
        store_rollback(store);
    return error;
}

static enum error apply_missing(struct store *store, const struct store_schema *schema, struct fault *fault)
{
    for (size_t i = 0; i < schema->migrations; i++) {
        bool applied;

        TRY(is_applied(store, schema->name, schema->migration[i].number, &applied));
        if (!applied)
            TRY(apply_in_transaction(store, schema->name, &schema->migration[i], fault));
    }
    return OK;
}

enum error store_migrate(struct store *store, struct fault *fault)
{
    size_t missing;

    TRY(store_verify_migrations(store, &missing, fault));
    if (missing == 0)
        return OK;
    for (size_t s = 0; s < store->schemas; s++)
        TRY(apply_missing(store, store->schema[s], fault));
    return store_verify_migrations(store, &missing, fault);
}
