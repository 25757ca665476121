/* SPDX-License-Identifier: Apache-2.0 */
#include "person_index.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "order_book.h"
#include "review.h"
#include "store/writer.h"
#include "suspension.h"

#define PENDING_MAX 65536

static const struct store_migration migrations[] = {
    {1, "safe",
     "CREATE TABLE person_entry (" /* read by a person's own view; rows of one person lie together, newest last */
     " token BLOB NOT NULL CHECK (length(token) = 16),"
     " leaf INTEGER NOT NULL,"
     " PRIMARY KEY (token, leaf)"
     ") WITHOUT ROWID;"
     "CREATE TABLE review (" /* read by oversight: glass that was broken and by whom it was looked at */
     " leaf INTEGER NOT NULL PRIMARY KEY,"
     " opened INTEGER NOT NULL,"
     " due INTEGER NOT NULL,"
     " closed INTEGER,"
     " reviewer BLOB"
     ");"
     "CREATE TABLE progress (" /* read when the safe opens: entries from here on are indexed again */
     " one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),"
     " next INTEGER NOT NULL"
     ");"
     "CREATE TABLE revoked (" /* read once at each start, and by every access through memory */
     " credential BLOB NOT NULL PRIMARY KEY CHECK (length(credential) = 16),"
     " time INTEGER NOT NULL"
     ") WITHOUT ROWID;"},
    {2, "notices",
     /* 1: she is to be told of it first; 2: she has seen it */
     "ALTER TABLE person_entry ADD COLUMN notice INTEGER NOT NULL DEFAULT 0;"
     "CREATE INDEX person_notice ON person_entry (token, leaf) WHERE notice = 1;"}, /* read with each list of hers */
    {3, "sealed",
     /* entries of a lawful order, named by its id, are on no list before their time */
     "ALTER TABLE person_entry ADD COLUMN sealed_until INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE person_entry ADD COLUMN sealed_by BLOB;"
     "CREATE INDEX person_sealed ON person_entry (sealed_by) WHERE sealed_by IS NOT NULL;"}, /* read when a seal ends */
    {4, "marks", "ALTER TABLE progress ADD COLUMN public INTEGER NOT NULL DEFAULT 0;"}, /* read when the safe opens */
};

enum {
    ENTRY_ADD,
    ENTRY_FIND,
    ENTRY_HAS,
    NOTICE_FIND,
    NOTICE_SEEN,
    ENTRY_SEAL,
    UNSEAL,
    REVOKE,
    REVOKED_COUNT,
    REVOKED_HAS,
    ENTRY_CLEAR,
    PROGRESS_GET,
    PROGRESS_SET,
    STATEMENTS
};

static const struct store_statement statement[STATEMENTS] = {
    [ENTRY_ADD] = {"entry_add", STORE_ROUTE_TOKEN, STORE_WRITE,
                   "INSERT INTO person_entry (token, leaf, notice) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"},
    [ENTRY_FIND] = {"entry_find", STORE_ROUTE_TOKEN, STORE_READ,
                    "SELECT leaf FROM person_entry WHERE token = $1 AND leaf < $2 AND sealed_until <= $4"
                    " ORDER BY leaf DESC LIMIT $3"},
    [ENTRY_HAS] = {"entry_has", STORE_ROUTE_TOKEN, STORE_READ,
                   "SELECT 1 FROM person_entry WHERE token = $1 AND leaf = $2 AND sealed_until <= $3"},
    [NOTICE_FIND] = {"notice_find", STORE_ROUTE_TOKEN, STORE_READ,
                     "SELECT leaf FROM person_entry WHERE token = $1 AND notice = 1 AND sealed_until <= $3"
                     " ORDER BY leaf DESC LIMIT $2"},
    [NOTICE_SEEN] = {"notice_seen", STORE_ROUTE_TOKEN, STORE_WRITE,
                     "UPDATE person_entry SET notice = 2 WHERE token = $1 AND leaf = $2"},
    [ENTRY_SEAL] = {"entry_seal", STORE_ROUTE_TOKEN, STORE_WRITE,
                    "INSERT INTO person_entry (token, leaf, sealed_by, sealed_until) VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT DO NOTHING"},
    [UNSEAL] = {"entry_unseal", STORE_ROUTE_LOCAL, STORE_WRITE,
                "UPDATE person_entry SET sealed_until = $2 WHERE sealed_by = $1 AND sealed_until > $2"},
    [REVOKE] = {"revoke", STORE_ROUTE_LOCAL, STORE_WRITE,
                "INSERT INTO revoked (credential, time) VALUES ($1, $2) ON CONFLICT DO NOTHING"},
    [REVOKED_COUNT] = {"revoked_count", STORE_ROUTE_LOCAL, STORE_READ, "SELECT count(*) FROM revoked"},
    [PROGRESS_GET] = {"progress_get", STORE_ROUTE_LOCAL, STORE_READ, "SELECT next, public FROM progress WHERE one = 1"},
    [PROGRESS_SET] = {"progress_set", STORE_ROUTE_LOCAL, STORE_WRITE,
                      "INSERT INTO progress (one, next, public) VALUES (1, $1, $2)"
                      " ON CONFLICT (one) DO UPDATE SET next = excluded.next, public = excluded.public"},
    [ENTRY_CLEAR] = {"entry_clear", STORE_ROUTE_LOCAL, STORE_WRITE, "DELETE FROM person_entry"},
    [REVOKED_HAS] = {"revoked_has", STORE_ROUTE_LOCAL, STORE_READ,
                     "SELECT 1 FROM revoked WHERE credential IN ($1, $2)"},
};

static const struct store_schema schema = {"safe", migrations, 4, statement, STATEMENTS};
static const struct store_schema *const schemas[] = {&schema, &review_schema, &suspension_schema, &order_schema};
#define SCHEMAS (sizeof schemas / sizeof *schemas)

struct pending {
    uint8_t token[ID_BYTES];
    uint64_t leaf;
    bool notice;
    struct id order; /* zero: not sealed */
    int64_t until_s;
};

struct person_index {
    struct store *store;
    struct secret_key key;
    struct pending *pending;
    size_t count;
    struct reviews reviews;
    uint64_t next, written_next; /* entries before it are added; are on disk */
    uint64_t next_public, written_public;
    bool is_new;
    int64_t now_s;               /* what is sealed beyond it is not shown */
    bool any_revoked;            /* most nodes never revoke: then no access pays for looking */
};

static enum error read_progress(struct person_index *index)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    enum error error = store_one(index->store, &statement[PROGRESS_GET], NULL, 0, &cursor);

    index->is_new = error == ERROR_NOT_FOUND;
    if (error == ERROR_NOT_FOUND)
        return OK;
    TRY(error);
    index->next = index->written_next = (uint64_t)store_column_integer(&cursor, 0);
    index->next_public = index->written_public = (uint64_t)store_column_integer(&cursor, 1);
    return OK;
}

static enum error count_revoked(struct person_index *index)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(index->store, &statement[REVOKED_COUNT], NULL, 0, &cursor));
    index->any_revoked = store_column_integer(&cursor, 0) > 0;
    return OK;
}

enum error person_index_open(const char *path, const struct secret_key *key, struct person_index **ret_index,
                             struct fault *fault)
{
    struct person_index *index = calloc(1, sizeof *index);

    if (!index)
        return ERROR_MEMORY;
    index->key = *key;
    index->pending = calloc(PENDING_MAX, sizeof *index->pending);
    enum error error = index->pending ? store_open(path, schemas, SCHEMAS, &index->store, fault) : ERROR_MEMORY;
    if (error == OK)
        error = read_progress(index);
    if (error == OK)
        error = count_revoked(index);
    if (error == OK)
        error = reviews_open(index->store, &index->reviews);
    if (error != OK) {
        person_index_close(index);
        return error;
    }
    *ret_index = index;
    return OK;
}

void person_index_close(struct person_index *index)
{
    if (!index)
        return;
    if (index->store && person_index_flush(index) != OK)
        index->count = 0; /* derived: `check` finds what is missing and makes it anew */
    reviews_close(&index->reviews);
    store_close(index->store);
    secret_key_wipe(&index->key);
    free(index->pending);
    free(index);
}

void person_index_token(const struct person_index *index, const struct id *person,
                        uint8_t ret_token[PERSON_TOKEN_BYTES])
{
    struct hash hash = hash_keyed(secret_key_slice(&index->key), id_slice(person));

    memcpy(ret_token, hash.byte, PERSON_TOKEN_BYTES);
}

static enum error add(struct person_index *index, const uint8_t token[PERSON_TOKEN_BYTES], struct pending pending)
{
    if (index->count == PENDING_MAX)
        TRY(person_index_flush(index));
    memcpy(pending.token, token, PERSON_TOKEN_BYTES);
    index->pending[index->count++] = pending;
    return OK;
}

enum error person_index_add(struct person_index *index, const uint8_t token[PERSON_TOKEN_BYTES], uint64_t leaf,
                            bool notice)
{
    return add(index, token, (struct pending){.leaf = leaf, .notice = notice});
}

enum error person_index_add_sealed(struct person_index *index, const uint8_t token[PERSON_TOKEN_BYTES], uint64_t leaf,
                                   const struct id *order, int64_t until_s)
{
    return add(index, token, (struct pending){.leaf = leaf, .order = *order, .until_s = until_s});
}

void person_index_at(struct person_index *index, int64_t now_s)
{
    index->now_s = now_s;
}

size_t person_index_pending(const struct person_index *index)
{
    return index->count;
}

void person_index_reached(struct person_index *index, uint64_t next)
{
    index->next = next;
}

uint64_t person_index_next(const struct person_index *index)
{
    return index->next;
}

void person_index_reached_public(struct person_index *index, uint64_t next)
{
    index->next_public = next;
}

uint64_t person_index_next_public(const struct person_index *index)
{
    return index->next_public;
}

bool person_index_is_new(const struct person_index *index)
{
    return index->is_new;
}

static int by_token(const void *a, const void *b)
{
    const struct pending *left = a, *right = b;
    int order = memcmp(left->token, right->token, ID_BYTES);

    return order != 0 ? order : (left->leaf > right->leaf) - (left->leaf < right->leaf);
}

static enum error write_one(struct store *store, const struct pending *pending)
{
    struct store_value token = store_blob(slice_of(pending->token, ID_BYTES)),
                       leaf = store_integer((int64_t)pending->leaf);

    if (id_is_zero(&pending->order))
        return store_run(store, &statement[ENTRY_ADD], STORE_VALUES(token, leaf, store_integer(pending->notice)),
                         NULL);
    return store_run(
        store, &statement[ENTRY_SEAL],
        STORE_VALUES(token, leaf, store_blob(id_slice(&pending->order)), store_integer(pending->until_s)), NULL);
}

static enum error write_pending(struct store *store, void *context)
{
    struct person_index *index = context;

    for (size_t i = 0; i < index->count; i++)
        TRY(write_one(store, &index->pending[i]));
    return store_run(
        store, &statement[PROGRESS_SET],
        STORE_VALUES(store_integer((int64_t)index->next), store_integer((int64_t)index->next_public)), NULL);
}

/* Sorted, so that a second's worth goes into few pages (measured in the store's README). */
enum error person_index_flush(struct person_index *index)
{
    struct writer_job job = {.run = write_pending, .context = index};

    TRY(reviews_flush(&index->reviews));
    if (index->count == 0 && index->next == index->written_next && index->next_public == index->written_public)
        return OK;
    qsort(index->pending, index->count, sizeof *index->pending, by_token);
    TRY(store_derived(index->store, true));
    enum error error = writer_run_now(index->store, &job, 1);
    TRY(store_derived(index->store, false));
    TRY(error);
    index->count = 0;
    index->written_next = index->next;
    index->written_public = index->next_public;
    return OK;
}

enum error person_index_settle(struct person_index *index)
{
    struct writer_job job = {.run = write_pending, .context = index};

    TRY(person_index_flush(index));
    return writer_run_now(index->store, &job, 1);
}

enum error person_index_find(struct person_index *index, struct arena *arena, const struct id *person, uint64_t before,
                             size_t maximum, const uint64_t **ret_leaf, size_t *ret_count)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    uint64_t *leaf = arena_array(arena, maximum, sizeof *leaf);
    uint8_t token[ID_BYTES];
    size_t count = 0;

    if (!leaf)
        return ERROR_MEMORY;
    TRY(person_index_flush(index));
    person_index_token(index, person, token);
    TRY(store_query(index->store, &statement[ENTRY_FIND],
                    STORE_VALUES(store_blob(slice_of(token, ID_BYTES)),
                                 store_integer(before > INT64_MAX ? INT64_MAX : (int64_t)before),
                                 store_integer((int64_t)maximum), store_integer(index->now_s)),
                    &cursor));
    while (store_next(&cursor))
        leaf[count++] = (uint64_t)store_column_integer(&cursor, 0);
    *ret_leaf = leaf;
    *ret_count = count;
    return store_end(&cursor);
}

enum error person_index_has(struct person_index *index, const struct id *person, uint64_t leaf, bool *ret_has)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    uint8_t token[ID_BYTES];

    TRY(person_index_flush(index));
    person_index_token(index, person, token);
    enum error error = store_one(index->store, &statement[ENTRY_HAS],
                                 STORE_VALUES(store_blob(slice_of(token, ID_BYTES)), store_integer((int64_t)leaf),
                                              store_integer(index->now_s)),
                                 &cursor);
    *ret_has = error == OK;
    return error == ERROR_NOT_FOUND ? OK : error;
}

enum error person_index_notices(struct person_index *index, struct arena *arena, const struct id *person,
                                size_t maximum, const uint64_t **ret_leaf, size_t *ret_count)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    uint64_t *leaf = arena_array(arena, maximum, sizeof *leaf);
    uint8_t token[ID_BYTES];
    size_t count = 0;

    if (!leaf)
        return ERROR_MEMORY;
    TRY(person_index_flush(index));
    person_index_token(index, person, token);
    TRY(store_query(index->store, &statement[NOTICE_FIND],
                    STORE_VALUES(store_blob(slice_of(token, ID_BYTES)), store_integer((int64_t)maximum),
                                 store_integer(index->now_s)),
                    &cursor));
    while (store_next(&cursor))
        leaf[count++] = (uint64_t)store_column_integer(&cursor, 0);
    *ret_leaf = leaf;
    *ret_count = count;
    return store_end(&cursor);
}

struct seeing {
    uint8_t token[ID_BYTES];
    const uint64_t *leaf;
    size_t count;
};

static enum error write_seen(struct store *store, void *context)
{
    const struct seeing *seeing = context;

    for (size_t i = 0; i < seeing->count; i++)
        TRY(store_run(store, &statement[NOTICE_SEEN],
                      STORE_VALUES(store_blob(slice_of(seeing->token, ID_BYTES)),
                                   store_integer((int64_t)seeing->leaf[i])),
                      NULL));
    return OK;
}

enum error person_index_seen(struct person_index *index, const struct id *person, const uint64_t *leaf, size_t count)
{
    struct seeing seeing = {.leaf = leaf, .count = count};

    person_index_token(index, person, seeing.token);
    return count ? writer_run_now(index->store, &(struct writer_job){.run = write_seen, .context = &seeing}, 1) : OK;
}

struct unsealing {
    const struct id *order;
    int64_t now_s;
};

static enum error write_unsealed(struct store *store, void *context)
{
    const struct unsealing *unsealing = context;

    return store_run(store, &statement[UNSEAL],
                     STORE_VALUES(store_blob(id_slice(unsealing->order)), store_integer(unsealing->now_s)), NULL);
}

enum error person_index_unseal(struct person_index *index, const struct id *order, int64_t now_s)
{
    struct unsealing unsealing = {order, now_s};

    TRY(person_index_flush(index));
    return writer_run_now(index->store, &(struct writer_job){.run = write_unsealed, .context = &unsealing}, 1);
}

struct reviews *person_index_reviews(struct person_index *index)
{
    return &index->reviews;
}

struct store *person_index_store(struct person_index *index)
{
    return index->store;
}

void person_index_mark(const struct person_index *index, const struct id *id, uint8_t ret_mark[ID_BYTES])
{
    static const char use[] = "withdrawn:";
    char text[sizeof use - 1 + ID_BYTES];

    memcpy(text, use, sizeof use - 1);
    memcpy(text + sizeof use - 1, id->byte, ID_BYTES);
    struct hash hash = hash_keyed(secret_key_slice(&index->key), slice_of(text, sizeof text));
    memcpy(ret_mark, hash.byte, ID_BYTES);
}

struct revoking {
    const uint8_t *mark;
    int64_t now_s;
};

static enum error write_revoked(struct store *store, void *context)
{
    const struct revoking *revoking = context;

    return store_run(store, &statement[REVOKE],
                     STORE_VALUES(store_blob(slice_of(revoking->mark, ID_BYTES)), store_integer(revoking->now_s)),
                     NULL);
}

enum error person_index_revoke(struct person_index *index, const uint8_t mark[ID_BYTES], int64_t now_s)
{
    struct revoking revoking = {mark, now_s};

    TRY(writer_run_now(index->store, &(struct writer_job){.run = write_revoked, .context = &revoking}, 1));
    index->any_revoked = true;
    return OK;
}

enum error person_index_revoked(struct person_index *index, const struct id *credential, bool *ret_revoked)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    uint8_t mark[ID_BYTES];

    *ret_revoked = false;
    if (!index->any_revoked)
        return OK;
    person_index_mark(index, credential, mark); /* rows of older programs hold the id itself */
    enum error error = store_one(index->store, &statement[REVOKED_HAS],
                                 STORE_VALUES(store_blob(id_slice(credential)), store_blob(slice_of(mark, ID_BYTES))),
                                 &cursor);
    *ret_revoked = error == OK;
    return error == ERROR_NOT_FOUND ? OK : error;
}

static enum error forget_entries(struct store *store, void *context)
{
    (void)context;
    TRY(store_run(store, &statement[ENTRY_CLEAR], NULL, 0, NULL));
    TRY(store_run(store, &statement[PROGRESS_SET], STORE_VALUES(store_integer(0), store_integer(0)), NULL));
    return review_forget(store);
}

enum error person_index_restored(const char *path, struct fault *fault)
{
    struct store *store = NULL;

    TRY(store_open(path, schemas, SCHEMAS, &store, fault));
    enum error error = writer_run_now(store, &(struct writer_job){.run = forget_entries}, 1);
    store_close(store);
    return error;
}

enum error person_index_backup(struct person_index *index, const char *path)
{
    TRY(person_index_flush(index));
    return store_backup(index->store, path);
}

enum error person_index_check(struct person_index *index, store_finding *finding, void *context)
{
    return store_check(index->store, finding, context);
}
