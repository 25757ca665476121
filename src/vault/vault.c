/* SPDX-License-Identifier: Apache-2.0 */
#include "vault.h"

#include <stdlib.h>

#include "store/writer.h"

#define JOBS_MAX 4096

static const struct store_migration migrations[] = {
    {1, "vault",
     "CREATE TABLE version (" /* each version of each resource; read by every access */
     " person BLOB NOT NULL CHECK (length(person) = 16),"
     " type TEXT NOT NULL,"
     " id BLOB NOT NULL CHECK (length(id) = 16),"
     " version INTEGER NOT NULL,"
     " current INTEGER NOT NULL,"
     " time INTEGER NOT NULL," /* ms */
     " leaf INTEGER NOT NULL," /* entry of the access log that permitted it; read by check and the auditor */
     " deleted INTEGER NOT NULL,"
     " body BLOB NOT NULL"
     ");"
     /* read, vread, history */
     "CREATE UNIQUE INDEX version_key ON version (person, type, id, version);"
     /* the current version, and search inside a person */
     "CREATE UNIQUE INDEX version_current ON version (person, type, id) WHERE current = 1;"
     "CREATE TABLE locator (" /* from an id on the wire to its person */
     " id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),"
     " person BLOB NOT NULL,"
     " type TEXT NOT NULL"
     ") WITHOUT ROWID;"
     "CREATE TABLE posting (" /* search across persons: candidates by keyed token */
     " token BLOB NOT NULL CHECK (length(token) = 16),"
     " type TEXT NOT NULL,"
     " person BLOB NOT NULL,"
     " id BLOB NOT NULL,"
     " PRIMARY KEY (token, type, person, id)"
     ") WITHOUT ROWID;"
     "CREATE TABLE posted (" /* which tokens a resource has, to take them back at its next version */
     " person BLOB NOT NULL,"
     " type TEXT NOT NULL,"
     " id BLOB NOT NULL,"
     " tokens BLOB NOT NULL,"
     " PRIMARY KEY (person, type, id)"
     ") WITHOUT ROWID;"
     "CREATE TABLE facts (" /* what is decided on; read with every access, written with the record that changed it */
     " person BLOB NOT NULL PRIMARY KEY CHECK (length(person) = 16),"
     " sealed BLOB NOT NULL"
     ") WITHOUT ROWID;"},
};

#define COLUMNS "person, id, type, version, time, leaf, deleted, body"

enum {
    LOCATE,
    READ_CURRENT,
    READ_VERSION,
    HISTORY,
    SCAN_TYPE,
    SCAN_ALL,
    FACTS_GET,
    POSTINGS,
    WALK,
    CURRENT_NUMBER,
    CURRENT_CLEAR,
    VERSION_ADD,
    LOCATOR_ADD,
    POSTED_GET,
    POSTED_PUT,
    POSTED_OF_PERSON,
    POSTING_ADD,
    POSTING_REMOVE,
    FACTS_PUT,
    ERASE_VERSIONS,
    ERASE_LOCATORS,
    ERASE_POSTED,
    ERASE_FACTS,
    MARK_RESTORED,
    STATEMENTS
};

static const struct store_statement statement[STATEMENTS] = {
    [LOCATE] = {"locate", STORE_ROUTE_TOKEN, STORE_READ, "SELECT person, type FROM locator WHERE id = $1"},
    [READ_CURRENT] = {"read_current", STORE_ROUTE_PERSON, STORE_READ,
                      "SELECT " COLUMNS " FROM version WHERE person = $1 AND type = $2 AND id = $3 AND current = 1"},
    [READ_VERSION] = {"read_version", STORE_ROUTE_PERSON, STORE_READ,
                      "SELECT " COLUMNS " FROM version WHERE person = $1 AND type = $2 AND id = $3 AND version = $4"},
    [HISTORY] = {"history", STORE_ROUTE_PERSON, STORE_READ,
                 "SELECT " COLUMNS " FROM version WHERE person = $1 AND type = $2 AND id = $3"
                 " ORDER BY version DESC LIMIT $4"},
    [SCAN_TYPE] = {"scan_type", STORE_ROUTE_PERSON, STORE_READ,
                   "SELECT " COLUMNS " FROM version WHERE person = $1 AND type = $2 AND current = 1 AND deleted = 0"
                   " ORDER BY id LIMIT $3"},
    [SCAN_ALL] = {"scan_all", STORE_ROUTE_PERSON, STORE_READ,
                  "SELECT " COLUMNS " FROM version WHERE person = $1 AND current = 1 AND deleted = 0"
                  " ORDER BY type, id LIMIT $2"},
    [FACTS_GET] = {"facts_get", STORE_ROUTE_PERSON, STORE_READ, "SELECT sealed FROM facts WHERE person = $1"},
    [POSTINGS] = {"postings", STORE_ROUTE_TOKEN, STORE_READ,
                  "SELECT person, id FROM posting WHERE token = $1 AND type = $2 ORDER BY person, id LIMIT $3"},
    [WALK] = {"walk", STORE_ROUTE_BROADCAST, STORE_READ,
              "SELECT " COLUMNS " FROM version ORDER BY person, type, id, version"},
    [CURRENT_NUMBER] = {"current_number", STORE_ROUTE_PERSON, STORE_READ,
                        "SELECT version FROM version WHERE person = $1 AND type = $2 AND id = $3 AND current = 1"},
    [CURRENT_CLEAR] = {"current_clear", STORE_ROUTE_PERSON, STORE_WRITE,
                       "UPDATE version SET current = 0 WHERE person = $1 AND type = $2 AND id = $3 AND current = 1"},
    [VERSION_ADD] = {"version_add", STORE_ROUTE_PERSON, STORE_WRITE,
                     "INSERT INTO version (person, type, id, version, current, time, leaf, deleted, body)"
                     " VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8)"},
    [LOCATOR_ADD] = {"locator_add", STORE_ROUTE_TOKEN, STORE_WRITE,
                     "INSERT INTO locator (id, person, type) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"},
    [POSTED_GET] = {"posted_get", STORE_ROUTE_PERSON, STORE_READ,
                    "SELECT tokens FROM posted WHERE person = $1 AND type = $2 AND id = $3"},
    [POSTED_PUT] = {"posted_put", STORE_ROUTE_PERSON, STORE_WRITE,
                    "INSERT INTO posted (person, type, id, tokens) VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT (person, type, id) DO UPDATE SET tokens = excluded.tokens"},
    [POSTED_OF_PERSON] = {"posted_of_person", STORE_ROUTE_PERSON, STORE_READ,
                          "SELECT type, id, tokens FROM posted WHERE person = $1"},
    [POSTING_ADD] = {"posting_add", STORE_ROUTE_TOKEN, STORE_WRITE,
                     "INSERT INTO posting (token, type, person, id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"},
    [POSTING_REMOVE] = {"posting_remove", STORE_ROUTE_TOKEN, STORE_WRITE,
                        "DELETE FROM posting WHERE token = $1 AND type = $2 AND person = $3 AND id = $4"},
    [FACTS_PUT] = {"facts_put", STORE_ROUTE_PERSON, STORE_WRITE,
                   "INSERT INTO facts (person, sealed) VALUES ($1, $2)"
                   " ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed"},
    [ERASE_VERSIONS] = {"erase_versions", STORE_ROUTE_PERSON, STORE_WRITE, "DELETE FROM version WHERE person = $1"},
    [ERASE_LOCATORS] = {"erase_locators", STORE_ROUTE_BROADCAST, STORE_WRITE, "DELETE FROM locator WHERE person = $1"},
    [ERASE_POSTED] = {"erase_posted", STORE_ROUTE_PERSON, STORE_WRITE, "DELETE FROM posted WHERE person = $1"},
    [MARK_RESTORED] = {"mark_restored", STORE_ROUTE_BROADCAST, STORE_WRITE,
                       "UPDATE version SET leaf = leaf + 4611686018427387904 WHERE leaf < 4611686018427387904"},
    [ERASE_FACTS] = {"erase_facts", STORE_ROUTE_PERSON, STORE_WRITE, "DELETE FROM facts WHERE person = $1"},
};

static const struct store_schema schema = {"vault", migrations, 1, statement, STATEMENTS};
static const struct store_schema *const schemas[] = {&schema};

struct vault {
    struct store *reader;
    struct store *direct;  /* without a loop: writes happen here */
    struct writer *writer; /* with one */
    struct loop *loop;
    bool shared; /* a snapshot is open, and is ended at the end of the round */
};

enum error vault_open(const char *path, struct loop *loop, struct vault **ret_vault, struct fault *fault)
{
    struct vault *vault = calloc(1, sizeof *vault);
    struct store *store = NULL;

    if (!vault)
        return ERROR_MEMORY;
    vault->loop = loop;
    enum error error = store_open(path, schemas, 1, &store, fault);
    if (error == OK && loop)
        error = writer_new(store, loop, JOBS_MAX, &vault->writer);
    if (error == OK && !loop)
        vault->direct = store;
    if (error == OK)
        error = store_open_reader(path, schemas, 1, &vault->reader, fault);
    if (error == OK)
        error = store_prepare_all(vault->reader, fault);
    if (error != OK) {
        if (!vault->writer && !vault->direct)
            store_close(store);
        vault_close(vault);
        return error;
    }
    *ret_vault = vault;
    return OK;
}

static void end_round(void *context)
{
    struct vault *vault = context;

    vault->shared = false;
    store_snapshot_end(vault->reader);
}

static void end_round_now(struct vault *vault)
{
    if (!vault->shared)
        return;
    loop_defer_cancel(vault->loop, end_round, vault);
    end_round(vault);
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    end_round_now(vault);
    store_close(vault->reader);
    writer_free(vault->writer);
    store_close(vault->direct);
    free(vault);
}

enum error vault_snapshot_begin(struct vault *vault)
{
    if (vault->shared)
        return OK;
    TRY(store_snapshot_begin(vault->reader));
    vault->shared = vault->loop && loop_defer(vault->loop, end_round, vault) == OK;
    return OK;
}

void vault_snapshot_end(struct vault *vault)
{
    if (!vault->shared)
        store_snapshot_end(vault->reader);
}

static struct id column_id(const struct store_cursor *cursor, unsigned column)
{
    struct slice bytes = store_column_bytes(cursor, column);
    struct id id = {{0}};

    if (bytes.length == ID_BYTES)
        memcpy(id.byte, bytes.data, ID_BYTES);
    return id;
}

/* The present row, copied, in the order of COLUMNS. */
static enum error copy_row(const struct store_cursor *cursor, struct arena *arena, struct vault_version *ret)
{
    *ret = (struct vault_version){
        .person = column_id(cursor, 0),
        .resource = column_id(cursor, 1),
        .type = arena_copy(arena, store_column_bytes(cursor, 2)),
        .version = (uint64_t)store_column_integer(cursor, 3),
        .time_ms = store_column_integer(cursor, 4),
        .leaf = (uint64_t)store_column_integer(cursor, 5),
        .deleted = store_column_integer(cursor, 6) != 0,
        .body = arena_copy(arena, store_column_bytes(cursor, 7)),
    };
    return ret->type.data && ret->body.data ? OK : ERROR_MEMORY;
}

enum error vault_locate(struct vault *vault, struct arena *arena, const struct id *resource, struct id *ret_person,
                        struct slice *ret_type)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(vault->reader, &statement[LOCATE], STORE_VALUES(store_blob(id_slice(resource))), &cursor));
    *ret_person = column_id(&cursor, 0);
    *ret_type = arena_copy(arena, store_column_bytes(&cursor, 1));
    return ret_type->data ? OK : ERROR_MEMORY;
}

enum error vault_read(struct vault *vault, struct arena *arena, const struct id *person, struct slice type,
                      const struct id *resource, struct vault_version *ret_version)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(vault->reader, &statement[READ_CURRENT],
                  STORE_VALUES(store_blob(id_slice(person)), store_text(type), store_blob(id_slice(resource))),
                  &cursor));
    return copy_row(&cursor, arena, ret_version);
}

enum error vault_read_version(struct vault *vault, struct arena *arena, const struct id *person, struct slice type,
                              const struct id *resource, uint64_t version, struct vault_version *ret_version)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(vault->reader, &statement[READ_VERSION],
                  STORE_VALUES(store_blob(id_slice(person)), store_text(type), store_blob(id_slice(resource)),
                               store_integer((int64_t)version)),
                  &cursor));
    return copy_row(&cursor, arena, ret_version);
}

static enum error collect(struct store_cursor *cursor, struct arena *arena, size_t maximum, struct vault_list *ret_list)
{
    size_t capacity = 64, count = 0;
    struct vault_version *version = arena_array(arena, capacity, sizeof *version);

    *ret_list = (struct vault_list){0};
    while (version && store_next(cursor)) {
        if (count == maximum) {
            ret_list->cut = true;
            continue;
        }
        if (count == capacity) {
            struct vault_version *more = arena_array(arena, 2 * capacity, sizeof *more);
            if (!more)
                return store_end(cursor) == OK ? ERROR_MEMORY : ERROR_IO;
            memcpy(more, version, count * sizeof *more);
            version = more;
            capacity *= 2;
        }
        enum error error = copy_row(cursor, arena, &version[count++]);
        if (error != OK)
            return error;
    }
    ret_list->version = version;
    ret_list->count = count;
    TRY(store_end(cursor));
    return version ? OK : ERROR_MEMORY;
}

enum error vault_history(struct vault *vault, struct arena *arena, const struct id *person, struct slice type,
                         const struct id *resource, size_t maximum, struct vault_list *ret_list)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_query(vault->reader, &statement[HISTORY],
                    STORE_VALUES(store_blob(id_slice(person)), store_text(type), store_blob(id_slice(resource)),
                                 store_integer((int64_t)maximum + 1)),
                    &cursor));
    return collect(&cursor, arena, maximum, ret_list);
}

enum error vault_scan(struct vault *vault, struct arena *arena, const struct id *person, struct slice type,
                      size_t maximum, struct vault_list *ret_list)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct store_value limit = store_integer((int64_t)maximum + 1);

    if (type.length == 0)
        TRY(store_query(vault->reader, &statement[SCAN_ALL], STORE_VALUES(store_blob(id_slice(person)), limit),
                        &cursor));
    else
        TRY(store_query(vault->reader, &statement[SCAN_TYPE],
                        STORE_VALUES(store_blob(id_slice(person)), store_text(type), limit), &cursor));
    return collect(&cursor, arena, maximum, ret_list);
}

enum error vault_facts(struct vault *vault, struct arena *arena, const struct id *person, struct slice *ret_facts)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    enum error error = store_one(vault->reader, &statement[FACTS_GET], STORE_VALUES(store_blob(id_slice(person))),
                                 &cursor);

    *ret_facts = slice_of("", 0);
    if (error == ERROR_NOT_FOUND)
        return OK;
    TRY(error);
    *ret_facts = arena_copy(arena, store_column_bytes(&cursor, 0));
    return ret_facts->data ? OK : ERROR_MEMORY;
}

enum error vault_postings(struct vault *vault, struct arena *arena, const uint8_t token[VAULT_TOKEN_BYTES],
                          struct slice type, size_t maximum, const struct vault_posting **ret_posting,
                          size_t *ret_count, bool *ret_cut)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct vault_posting *posting = arena_array(arena, maximum, sizeof *posting);
    size_t count = 0;

    if (!posting)
        return ERROR_MEMORY;
    *ret_cut = false;
    TRY(store_query(vault->reader, &statement[POSTINGS],
                    STORE_VALUES(store_blob(slice_of(token, VAULT_TOKEN_BYTES)), store_text(type),
                                 store_integer((int64_t)maximum + 1)),
                    &cursor));
    while (store_next(&cursor)) {
        if (count == maximum)
            *ret_cut = true;
        else
            posting[count++] = (struct vault_posting){column_id(&cursor, 0), column_id(&cursor, 1)};
    }
    *ret_posting = posting;
    *ret_count = count;
    return store_end(&cursor);
}

static enum error check_expected(struct store *store, const struct vault_write *write)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    enum error error = store_one(store, &statement[CURRENT_NUMBER],
                                 STORE_VALUES(store_blob(id_slice(&write->person)), store_text(write->type),
                                              store_blob(id_slice(&write->resource))),
                                 &cursor);

    if (error != OK && error != ERROR_NOT_FOUND)
        return error;
    uint64_t current = error == OK ? (uint64_t)store_column_integer(&cursor, 0) : 0;
    return write->expected == current ? OK : ERROR_PRECONDITION;
}

static enum error remove_postings(struct store *store, const struct id *person, struct slice type,
                                  const struct id *resource, struct slice tokens)
{
    for (size_t at = 0; at + VAULT_TOKEN_BYTES <= tokens.length; at += VAULT_TOKEN_BYTES)
        TRY(store_run(store, &statement[POSTING_REMOVE],
                      STORE_VALUES(store_blob(slice_of(tokens.data + at, VAULT_TOKEN_BYTES)), store_text(type),
                                   store_blob(id_slice(person)), store_blob(id_slice(resource))),
                      NULL));
    return OK;
}

static enum error remove_old_postings(struct store *store, const struct vault_write *write)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    enum error error = store_one(store, &statement[POSTED_GET],
                                 STORE_VALUES(store_blob(id_slice(&write->person)), store_text(write->type),
                                              store_blob(id_slice(&write->resource))),
                                 &cursor);

    if (error == ERROR_NOT_FOUND)
        return OK;
    TRY(error);
    return remove_postings(store, &write->person, write->type, &write->resource, store_column_bytes(&cursor, 0));
}

static enum error add_postings(struct store *store, const struct vault_write *write, struct slice *ret_all)
{
    struct store_value person = store_blob(id_slice(&write->person)), id = store_blob(id_slice(&write->resource));

    for (size_t i = 0; i < write->tokens; i++)
        TRY(store_run(
            store, &statement[POSTING_ADD],
            STORE_VALUES(store_blob(slice_of(write->token[i], VAULT_TOKEN_BYTES)), store_text(write->type), person, id),
            NULL));
    *ret_all = slice_of(write->tokens ? write->token[0] : (const uint8_t *)"", write->tokens * VAULT_TOKEN_BYTES);
    return OK;
}

/* A writer who saw only a part keeps the old postings: those of what it could not see among them. They may lead to a
 * candidate too many, never to one too few, and candidates are filtered exactly. */
static enum error keep_old_postings(struct store *store, const struct vault_write *write, struct buffer *all)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    enum error error = store_one(store, &statement[POSTED_GET],
                                 STORE_VALUES(store_blob(id_slice(&write->person)), store_text(write->type),
                                              store_blob(id_slice(&write->resource))),
                                 &cursor);

    if (error == OK)
        buffer_slice(all, store_column_bytes(&cursor, 0));
    return error == ERROR_NOT_FOUND ? OK : error;
}

static enum error write_postings(struct store *store, const struct vault_write *write)
{
    CLEANUP_BUFFER struct buffer all = buffer_new(64 * VAULT_TOKENS_MAX * VAULT_TOKEN_BYTES);
    struct slice added;

    if (write->tokens == 0 && write->expected == 0)
        return OK;
    if (write->keep_postings)
        TRY(keep_old_postings(store, write, &all));
    else if (write->expected != 0)
        TRY(remove_old_postings(store, write));
    TRY(add_postings(store, write, &added));
    buffer_slice(&all, added);
    TRY(buffer_check(&all));
    return store_run(store, &statement[POSTED_PUT],
                     STORE_VALUES(store_blob(id_slice(&write->person)), store_text(write->type),
                                  store_blob(id_slice(&write->resource)), store_blob(buffer_view(&all))),
                     NULL);
}

static enum error write_version(struct store *store, const struct vault_write *write)
{
    struct store_value person = store_blob(id_slice(&write->person)), id = store_blob(id_slice(&write->resource)),
                       type = store_text(write->type);

    if (write->expected != VAULT_ANY_VERSION)
        TRY(check_expected(store, write));
    if (write->expected != 0)
        TRY(store_run(store, &statement[CURRENT_CLEAR], STORE_VALUES(person, type, id), NULL));
    else
        TRY(store_run(store, &statement[LOCATOR_ADD], STORE_VALUES(id, person, type), NULL));
    TRY(store_run(store, &statement[VERSION_ADD],
                  STORE_VALUES(person, type, id, store_integer((int64_t)write->version), store_integer(write->time_ms),
                               store_integer((int64_t)write->leaf), store_integer(write->deleted),
                               store_blob(write->body)),
                  NULL));
    return write_postings(store, write);
}

static enum error erase(struct store *store, const struct id *person)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct store_value who = store_blob(id_slice(person));

    TRY(store_query(store, &statement[POSTED_OF_PERSON], STORE_VALUES(who), &cursor));
    while (store_next(&cursor)) {
        struct id resource = column_id(&cursor, 1);
        TRY(remove_postings(store, person, store_column_bytes(&cursor, 0), &resource, store_column_bytes(&cursor, 2)));
    }
    TRY(store_end(&cursor));
    TRY(store_run(store, &statement[ERASE_POSTED], STORE_VALUES(who), NULL));
    TRY(store_run(store, &statement[ERASE_LOCATORS], STORE_VALUES(who), NULL));
    TRY(store_run(store, &statement[ERASE_FACTS], STORE_VALUES(who), NULL));
    return store_run(store, &statement[ERASE_VERSIONS], STORE_VALUES(who), NULL);
}

static enum error run_transaction(struct store *store, void *context)
{
    const struct vault_transaction *transaction = context;

    for (size_t i = 0; i < transaction->writes; i++)
        TRY(write_version(store, &transaction->write[i]));
    for (size_t i = 0; i < transaction->facts_writes; i++)
        TRY(store_run(
            store, &statement[FACTS_PUT],
            STORE_VALUES(store_blob(id_slice(&transaction->facts[i].person)), store_blob(transaction->facts[i].facts)),
            NULL));
    return transaction->erase ? erase(store, transaction->erase) : OK;
}

static void transaction_done(void *context, enum error error)
{
    const struct vault_transaction *transaction = context;

    end_round_now(transaction->vault);
    transaction->done(transaction->context, error);
}

enum error vault_submit(struct vault *vault, struct vault_transaction *transaction)
{
    struct writer_job job = {run_transaction, transaction_done, transaction};

    transaction->vault = vault;
    if (vault->writer)
        return writer_submit(vault->writer, job);
    enum error error = writer_run_now(vault->direct, &job, 1);
    (void)error; /* told to `done` */
    return OK;
}

enum error vault_walk(struct vault *vault, vault_each *each, void *context)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    CLEANUP_ARENA struct arena *arena = arena_new(64u << 20);

    if (!arena)
        return ERROR_MEMORY;
    TRY(store_query(vault->reader, &statement[WALK], NULL, 0, &cursor));
    while (store_next(&cursor)) {
        struct vault_version version;
        arena_reset(arena);
        TRY(copy_row(&cursor, arena, &version));
        TRY(each(context, &version));
    }
    return store_end(&cursor);
}

static enum error mark_restored(struct store *store, void *context)
{
    (void)context;
    return store_run(store, &statement[MARK_RESTORED], NULL, 0, NULL);
}

enum error vault_mark_restored(struct vault *vault)
{
    return writer_run_now(vault->direct, &(struct writer_job){.run = mark_restored}, 1);
}

enum error vault_backup(struct vault *vault, const char *path)
{
    return store_backup(vault->reader, path);
}

enum error vault_check(struct vault *vault, store_finding *finding, void *context)
{
    return store_check(vault->reader, finding, context);
}
