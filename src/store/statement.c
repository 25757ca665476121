/* SPDX-License-Identifier: Apache-2.0 */

/* Statements by name: found by their place in the schema's table, prepared once, bound by position. */

#include <stdlib.h>

#include "internal.h"

/* NULL when it stands in none of the store's tables. */
static struct prepared *prepared_of(struct store *store, const struct store_statement *statement)
{
    struct prepared *first = store->prepared;

    for (size_t s = 0; s < store->schemas; s++) {
        const struct store_schema *schema = store->schema[s];
        if (statement >= schema->statement && statement < schema->statement + schema->statements)
            return &first[statement - schema->statement];
        first += schema->statements;
    }
    return NULL;
}

/* SQLite takes $3 for a name and numbers parameters by first appearance; we number them by what they say. */
static bool position_of(const char *parameter, size_t parameters, uint8_t *ret_position)
{
    uint64_t number;

    if (!parameter || parameter[0] != '$' || !slice_to_u64(slice_from_string(parameter + 1), &number))
        return false;
    if (number < 1 || number > parameters)
        return false;
    *ret_position = (uint8_t)(number - 1);
    return true;
}

static enum error number_parameters(struct prepared *prepared, sqlite3_stmt *compiled)
{
    int parameters = sqlite3_bind_parameter_count(compiled);

    if (parameters > STORE_PARAMETERS_MAX)
        return ERROR_INTERNAL;
    prepared->parameters = (uint8_t)parameters;
    for (int i = 0; i < parameters; i++)
        if (!position_of(sqlite3_bind_parameter_name(compiled, i + 1), (size_t)parameters, &prepared->position[i]))
            return ERROR_INTERNAL;
    return OK;
}

static bool is_one_statement(const char *tail)
{
    return tail[0] == '\0' || (tail[0] == ';' && tail[1] == '\0');
}

static enum error prepare(struct store *store, struct prepared *prepared, const struct store_statement *statement)
{
    sqlite3_stmt *compiled = NULL;
    const char *tail = "";
    int result = sqlite3_prepare_v3(store->database, statement->sql, -1, SQLITE_PREPARE_PERSISTENT, &compiled, &tail);

    if (result != SQLITE_OK) {
        enum error error = store_result(store, result, statement->name);
        return fault_set(&store->fault, error, "%s: %s", statement->name, sqlite3_errmsg(store->database));
    }
    if (!is_one_statement(tail) || number_parameters(prepared, compiled) != OK ||
        (statement->mode == STORE_READ && !sqlite3_stmt_readonly(compiled))) {
        sqlite3_finalize(compiled);
        return fault_set(&store->fault, ERROR_INTERNAL,
                         "%s: not one statement, or its parameters are not $1, $2, …, "
                         "or it writes and does not say so",
                         statement->name);
    }
    prepared->statement = statement;
    prepared->compiled = compiled;
    return OK;
}

enum error store_prepare_all(struct store *store, struct fault *fault)
{
    struct prepared *prepared = store->prepared;

    for (size_t s = 0; s < store->schemas; s++) {
        for (size_t i = 0; i < store->schema[s]->statements; i++, prepared++) {
            const struct store_statement *statement = &store->schema[s]->statement[i];
            if (prepared->compiled || (store->reader && statement->mode == STORE_WRITE))
                continue;
            enum error error = prepare(store, prepared, statement);
            if (error != OK)
                return fault_set(fault, error, "%s", store->fault.detail);
        }
    }
    return OK;
}

void store_finalize_all(struct store *store)
{
    size_t statements = 0;

    for (size_t s = 0; s < store->schemas; s++)
        statements += store->schema[s]->statements;
    for (size_t i = 0; i < statements && store->prepared; i++)
        sqlite3_finalize(store->prepared[i].compiled);
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        sqlite3_finalize(store->control[i]);
}

/* The bytes are not copied: the caller keeps them until the cursor closes. A NULL pointer would bind NULL. */
static int bind(sqlite3_stmt *compiled, int at, const struct store_value *value)
{
    const char *bytes = value->bytes.data ? value->bytes.data : "";

    switch (value->kind) {
    case STORE_INTEGER:
        return sqlite3_bind_int64(compiled, at, value->integer);
    case STORE_TEXT:
        return sqlite3_bind_text64(compiled, at, bytes, value->bytes.length, SQLITE_STATIC, SQLITE_UTF8);
    case STORE_BLOB:
        return sqlite3_bind_blob64(compiled, at, bytes, value->bytes.length, SQLITE_STATIC);
    case STORE_NULL:
        break;
    }
    return sqlite3_bind_null(compiled, at);
}

static enum error bind_all(struct store *store, const struct prepared *prepared, const struct store_value *value)
{
    int result = SQLITE_OK;

    for (int i = 0; i < prepared->parameters && result == SQLITE_OK; i++)
        result = bind(prepared->compiled, i + 1, &value[prepared->position[i]]);
    return store_result(store, result, prepared->statement->name);
}

static enum error may_start(struct store *store, const struct prepared *prepared, size_t values)
{
    const char *name = prepared->statement->name;

    if (prepared->open)
        return fault_set(&store->fault, ERROR_INTERNAL, "%s: its cursor is still open", name);
    if (prepared->parameters != values)
        return fault_set(&store->fault, ERROR_INTERNAL, "%s: takes %u values", name, prepared->parameters);
    /* By itself it would be a transaction with an fsync of its own, on whatever thread it came from. */
    if (prepared->statement->mode == STORE_WRITE && (store->snapshot || !store_in_transaction(store)))
        return fault_set(&store->fault, ERROR_INTERNAL, "%s: writes outside a job of the writer", name);
    return OK;
}

enum error store_query(struct store *store, const struct store_statement *statement, const struct store_value *value,
                       size_t values, struct store_cursor *ret_cursor)
{
    struct prepared *prepared = prepared_of(store, statement);

    if (!prepared)
        return fault_set(&store->fault, ERROR_INTERNAL, "a statement that is in no table of the store");
    if (!prepared->compiled)
        TRY(prepare(store, prepared, statement));
    TRY(may_start(store, prepared, values));
    TRY(bind_all(store, prepared, value));
    prepared->open = true;
    *ret_cursor = (struct store_cursor){store, prepared, OK};
    return OK;
}

bool store_next(struct store_cursor *cursor)
{
    const struct prepared *prepared = cursor->compiled;

    if (!prepared || cursor->error != OK)
        return false;
    int result = sqlite3_step(prepared->compiled);
    cursor->error = store_result(cursor->store, result, prepared->statement->name);
    return result == SQLITE_ROW;
}

/* Bindings are forgotten too: they point to bytes of the caller. */
static void release(struct store_cursor *cursor)
{
    struct prepared *prepared = cursor->compiled;

    if (!prepared)
        return;
    sqlite3_reset(prepared->compiled);
    sqlite3_clear_bindings(prepared->compiled);
    prepared->open = false;
    cursor->compiled = NULL;
}

enum error store_end(struct store_cursor *cursor)
{
    enum error error = cursor->error;

    cursor->error = OK;
    release(cursor);
    return error;
}

void store_cursor_close(struct store_cursor *cursor)
{
    if (cursor->error != OK)
        abort(); /* see store_end in store.h */
    release(cursor);
}

enum error store_one(struct store *store, const struct store_statement *statement, const struct store_value *value,
                     size_t values, struct store_cursor *ret_cursor)
{
    TRY(store_query(store, statement, value, values, ret_cursor));
    if (store_next(ret_cursor))
        return OK;
    enum error error = store_end(ret_cursor);
    return error == OK ? ERROR_NOT_FOUND : error;
}

struct store_value store_column(const struct store_cursor *cursor, unsigned column)
{
    const struct prepared *prepared = cursor->compiled;
    int at = (int)column;

    switch (sqlite3_column_type(prepared->compiled, at)) {
    case SQLITE_INTEGER:
        return store_integer(sqlite3_column_int64(prepared->compiled, at));
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        break;
    default: /* our tables are STRICT and have no floating-point columns */
        return store_null();
    }
    struct slice bytes = slice_of(sqlite3_column_blob(prepared->compiled, at),
                                  (size_t)sqlite3_column_bytes(prepared->compiled, at));
    if (bytes.length == 0)
        bytes.data = "";
    return sqlite3_column_type(prepared->compiled, at) == SQLITE_TEXT ? store_text(bytes) : store_blob(bytes);
}

enum error store_run(struct store *store, const struct store_statement *statement, const struct store_value *value,
                     size_t values, int64_t *ret_changes)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    sqlite3_int64 before = sqlite3_total_changes64(store->database);

    TRY(store_query(store, statement, value, values, &cursor));
    while (store_next(&cursor))
        continue;
    TRY(store_end(&cursor));
    if (ret_changes)
        *ret_changes = sqlite3_total_changes64(store->database) - before;
    return OK;
}
