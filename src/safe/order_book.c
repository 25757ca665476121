/* SPDX-License-Identifier: Apache-2.0 */
#include "order_book.h"

#include "crypto/hash.h"
#include "crypto/seal.h"
#include "ledger/note.h"
#include "order.h"
#include "store/writer.h"

#define FORMAT 1
#define SEALED_MAX (NOTE_BYTES_MAX + 4096)

static const struct store_migration migrations[] = {
    {1, "orders",
     "CREATE TABLE lawful_order (" /* read by each intake, decision and reading of an order; by counts; never by name */
     " id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),"
     " leaf INTEGER NOT NULL,"
     " received INTEGER NOT NULL,"
     " lapses INTEGER NOT NULL,"
     " told INTEGER NOT NULL,"
     " state INTEGER NOT NULL DEFAULT 0,"
     " decided INTEGER NOT NULL DEFAULT 0,"
     " was_told INTEGER NOT NULL DEFAULT 0,"
     " committed INTEGER NOT NULL DEFAULT 0,"
     " person BLOB,"
     " credential BLOB NOT NULL,"
     " authority BLOB NOT NULL,"
     " sealed BLOB NOT NULL,"
     " release BLOB"
     ") WITHOUT ROWID;"
     "CREATE INDEX lawful_order_received ON lawful_order (received);" /* read by the limits and the counts */
     "CREATE INDEX lawful_order_due ON lawful_order (told) WHERE state = 1 AND was_told = 0;" /* read each second */
     "CREATE TABLE order_look (" /* read by the limit on matches, and when she is told how often it was read */
     " leaf INTEGER NOT NULL,"
     " id BLOB NOT NULL,"
     " kind INTEGER NOT NULL,"
     " PRIMARY KEY (id, leaf)"
     ") WITHOUT ROWID;"
     "CREATE TABLE order_route (" /* read when the safe opens, and when the route opens or closes */
     " one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),"
     " statute BLOB NOT NULL CHECK (length(statute) = 32)"
     ");"},
};

enum {
    ADD,
    COMMITTED,
    DECIDE,
    TELL,
    WAS_TOLD,
    LAPSE,
    LOOK,
    GET,
    OPEN,
    UNCOMMITTED,
    DUE,
    NEXT_DUE,
    RECENT,
    LOOKS,
    COUNTS,
    ROUTE_GET,
    ROUTE_SET,
    STATEMENTS
};

static const struct store_statement statement[STATEMENTS] = {
    [ADD] = {"order_add", STORE_ROUTE_LOCAL, STORE_WRITE,
             "INSERT INTO lawful_order (id, leaf, received, lapses, told, credential, authority, sealed)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"},
    [COMMITTED] = {"order_committed", STORE_ROUTE_LOCAL, STORE_WRITE,
                   "UPDATE lawful_order SET committed = 1 WHERE id = $1"},
    [DECIDE] = {"order_decide", STORE_ROUTE_LOCAL, STORE_WRITE,
                "UPDATE lawful_order SET state = $2, decided = $3, person = $4, release = $5"
                " WHERE id = $1 AND state = 0"},
    [TELL] = {"order_tell", STORE_ROUTE_LOCAL, STORE_WRITE,
              "UPDATE lawful_order SET told = $2 WHERE id = $1 AND told > $2"},
    [WAS_TOLD] = {"order_was_told", STORE_ROUTE_LOCAL, STORE_WRITE,
                  "UPDATE lawful_order SET was_told = $2 WHERE id = $1 AND was_told = 0"},
    [LAPSE] = {"order_lapse", STORE_ROUTE_LOCAL, STORE_WRITE,
               "UPDATE lawful_order SET lapses = $1 WHERE state = 0 AND lapses > $1"},
    [LOOK] = {"order_look", STORE_ROUTE_LOCAL, STORE_WRITE,
              "INSERT INTO order_look (leaf, id, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"},
    [GET] = {"order_get", STORE_ROUTE_LOCAL, STORE_READ,
             "SELECT leaf, received, lapses, told, state, decided, was_told, committed, person, credential, authority,"
             " sealed, release FROM lawful_order WHERE id = $1"},
    [OPEN] = {"order_open", STORE_ROUTE_LOCAL, STORE_READ,
              "SELECT id FROM lawful_order WHERE state = 0 AND lapses > $1 ORDER BY received, id LIMIT $2"},
    [UNCOMMITTED] = {"order_uncommitted", STORE_ROUTE_LOCAL, STORE_READ,
                     "SELECT id FROM lawful_order WHERE committed = 0 ORDER BY received, id LIMIT $1"},
    [DUE] = {"order_due", STORE_ROUTE_LOCAL, STORE_READ,
             "SELECT id FROM lawful_order WHERE state = 1 AND was_told = 0 AND told <= $1 ORDER BY told LIMIT 1"},
    [NEXT_DUE] = {"order_next_due", STORE_ROUTE_LOCAL, STORE_READ,
                  "SELECT min(told) FROM lawful_order WHERE state = 1 AND was_told = 0"},
    [RECENT] = {"order_recent", STORE_ROUTE_LOCAL, STORE_READ,
                "SELECT coalesce(sum(credential = $2), 0), coalesce(sum(authority = $3), 0) FROM lawful_order"
                " WHERE received > $1"},
    [LOOKS] = {"order_looks", STORE_ROUTE_LOCAL, STORE_READ,
               "SELECT count(*) FROM order_look WHERE id = $1 AND kind = $2"},
    [COUNTS] = {"order_counts", STORE_ROUTE_LOCAL, STORE_READ,
                "SELECT coalesce(sum(received >= $1 AND received < $2), 0),"
                " coalesce(sum(state = 1 AND decided >= $1 AND decided < $2), 0),"
                " coalesce(sum(state = 2 AND decided >= $1 AND decided < $2), 0),"
                " coalesce(sum(state = 0 AND lapses >= $1 AND lapses < $2), 0),"
                " coalesce(sum(was_told >= $1 AND was_told < $2), 0) FROM lawful_order"},
    [ROUTE_GET] = {"order_route_get", STORE_ROUTE_LOCAL, STORE_READ, "SELECT statute FROM order_route WHERE one = 1"},
    [ROUTE_SET] = {"order_route_set", STORE_ROUTE_LOCAL, STORE_WRITE,
                   "INSERT INTO order_route (one, statute) VALUES (1, $1)"
                   " ON CONFLICT (one) DO UPDATE SET statute = excluded.statute"},
};

const struct store_schema order_schema = {"order", migrations, 1, statement, STATEMENTS};

static const char *const counted[ORDER_COUNTS] = {[ORDER_ASKED] = "asked",
                                                  [ORDER_RELEASED] = "released",
                                                  [ORDER_REFUSED] = "refused",
                                                  [ORDER_LAPSED] = "lapsed",
                                                  [ORDER_TOLD] = "told"};

const char *order_count_word(enum order_count count)
{
    return counted[count];
}

/* ---- sealed: u8 1 ‖ seal(key, bound to "order" or "release" ‖ u8 1 ‖ id, nonce ‖ text, or note) ---- */

struct binding {
    char bytes[32];
    size_t length;
};

static struct binding binding_of(const char *use, const struct id *id)
{
    struct binding binding = {.length = 0};
    struct buffer into = {.data = binding.bytes, .capacity = sizeof binding.bytes, .maximum = sizeof binding.bytes};

    buffer_string(&into, use);
    buffer_byte(&into, FORMAT);
    buffer_slice(&into, id_slice(id));
    binding.length = into.length;
    return binding;
}

static enum error seal_row(const struct order_book *book, const char *use, const struct id *id, struct slice nonce,
                           struct slice text, struct buffer *into)
{
    CLEANUP_BUFFER_WIPE struct buffer plain = buffer_new(SEALED_MAX);
    struct binding binding = binding_of(use, id);

    buffer_slice(&plain, nonce);
    buffer_slice(&plain, text);
    TRY(buffer_check(&plain));
    buffer_byte(into, FORMAT);
    void *room = buffer_room(into, plain.length + SEAL_OVERHEAD);
    if (!room)
        return ERROR_MEMORY;
    seal(book->key, book->world, slice_of(binding.bytes, binding.length), buffer_view(&plain), room);
    return OK;
}

static enum error open_row(const struct order_book *book, struct arena *arena, const char *use, const struct id *id,
                           struct slice sealed, struct slice *ret_plain)
{
    struct binding binding = binding_of(use, id);

    if (sealed.length < 1 + SEAL_OVERHEAD || sealed.data[0] != FORMAT)
        return ERROR_SEALED;
    struct slice bytes = slice_from(sealed, 1);
    char *plain = arena_alloc(arena, bytes.length - SEAL_OVERHEAD);
    if (!plain)
        return ERROR_MEMORY;
    TRY(seal_open(book->key, slice_of(binding.bytes, binding.length), bytes, plain));
    *ret_plain = slice_of(plain, bytes.length - SEAL_OVERHEAD);
    return OK;
}

/* ---- writing ---- */

struct change {
    unsigned number; /* of the statement */
    const struct store_value *value;
    size_t values;
    int64_t changes;
};

static enum error write_change(struct store *store, void *context)
{
    struct change *change = context;

    return store_run(store, &statement[change->number], change->value, change->values, &change->changes);
}

static enum error run(struct order_book *book, unsigned number, const struct store_value *value, size_t values,
                      int64_t *ret_changes)
{
    struct change change = {number, value, values, 0};

    TRY(writer_run_now(book->store, &(struct writer_job){.run = write_change, .context = &change}, 1));
    if (ret_changes)
        *ret_changes = change.changes;
    return OK;
}

enum error order_book_add(struct order_book *book, const struct order_row *row)
{
    CLEANUP_BUFFER struct buffer sealed = buffer_new(SEALED_MAX + 64);

    TRY(seal_row(book, "order", &row->id, row->nonce, row->text, &sealed));
    return run(book, ADD,
               STORE_VALUES(store_blob(id_slice(&row->id)), store_integer((int64_t)row->leaf),
                            store_integer(row->received_s), store_integer(row->lapses_s), store_integer(row->told_s),
                            store_blob(slice_of(row->credential, ID_BYTES)),
                            store_blob(slice_of(row->authority, ID_BYTES)), store_blob(buffer_view(&sealed))),
               NULL);
}

enum error order_book_committed(struct order_book *book, const struct id *id)
{
    return run(book, COMMITTED, STORE_VALUES(store_blob(id_slice(id))), NULL);
}

enum error order_book_decide(struct order_book *book, const struct order_row *row)
{
    CLEANUP_BUFFER struct buffer sealed = buffer_new(SEALED_MAX + 64);
    bool released = row->state == ORDER_STATE_RELEASED;
    int64_t changes = 0;

    if (released)
        TRY(seal_row(book, "release", &row->id, slice_of("", 0), row->release, &sealed));
    TRY(run(book, DECIDE,
            STORE_VALUES(store_blob(id_slice(&row->id)), store_integer(row->state), store_integer(row->decided_s),
                         released ? store_blob(slice_of(row->person, PERSON_TOKEN_BYTES)) : store_null(),
                         released ? store_blob(buffer_view(&sealed)) : store_null()),
            &changes));
    return changes == 1 ? OK : ERROR_CONFLICT;
}

enum error order_book_tell(struct order_book *book, const struct id *id, int64_t now_s)
{
    return run(book, TELL, STORE_VALUES(store_blob(id_slice(id)), store_integer(now_s)), NULL);
}

enum error order_book_was_told(struct order_book *book, const struct id *id, int64_t now_s)
{
    return run(book, WAS_TOLD, STORE_VALUES(store_blob(id_slice(id)), store_integer(now_s)), NULL);
}

enum error order_book_lapse(struct order_book *book, int64_t now_s)
{
    return run(book, LAPSE, STORE_VALUES(store_integer(now_s)), NULL);
}

enum error order_book_look(struct order_book *book, const struct id *id, uint64_t leaf, enum order_look kind)
{
    return run(book, LOOK, STORE_VALUES(store_integer((int64_t)leaf), store_blob(id_slice(id)), store_integer(kind)),
               NULL);
}

/* ---- reading ---- */

static void copy_id(struct slice bytes, uint8_t into[ID_BYTES])
{
    if (bytes.length == ID_BYTES)
        memcpy(into, bytes.data, ID_BYTES);
}

static enum error read_sealed(struct order_book *book, struct arena *arena, const struct store_cursor *cursor,
                              struct order_row *row)
{
    struct slice plain;

    TRY(open_row(book, arena, "order", &row->id, store_column_bytes(cursor, 11), &plain));
    if (plain.length < ID_BYTES)
        return ERROR_SEALED;
    row->nonce = slice_of(plain.data, ID_BYTES);
    row->text = slice_from(plain, ID_BYTES);
    if (row->state != ORDER_STATE_RELEASED)
        return OK;
    return open_row(book, arena, "release", &row->id, store_column_bytes(cursor, 12), &row->release);
}

enum error order_book_get(struct order_book *book, struct arena *arena, const struct id *id, struct order_row *ret_row)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct order_row row = {.id = *id};

    TRY(store_one(book->store, &statement[GET], STORE_VALUES(store_blob(id_slice(id))), &cursor));
    row.leaf = (uint64_t)store_column_integer(&cursor, 0);
    row.received_s = store_column_integer(&cursor, 1);
    row.lapses_s = store_column_integer(&cursor, 2);
    row.told_s = store_column_integer(&cursor, 3);
    row.state = (enum order_state)store_column_integer(&cursor, 4);
    row.decided_s = store_column_integer(&cursor, 5);
    row.was_told_s = store_column_integer(&cursor, 6);
    row.committed = store_column_integer(&cursor, 7) != 0;
    copy_id(store_column_bytes(&cursor, 8), row.person);
    copy_id(store_column_bytes(&cursor, 9), row.credential);
    copy_id(store_column_bytes(&cursor, 10), row.authority);
    TRY(read_sealed(book, arena, &cursor, &row));
    *ret_row = row;
    return OK;
}

bool order_row_is_open(const struct order_row *row, int64_t now_s)
{
    return row->state == ORDER_STATE_OPEN && now_s < row->lapses_s;
}

static enum error read_ids(struct store_cursor *cursor, struct id *id, size_t *ret_count)
{
    size_t count = 0;

    while (store_next(cursor))
        copy_id(store_column_bytes(cursor, 0), id[count++].byte);
    *ret_count = count;
    return store_end(cursor);
}

enum error order_book_open(struct order_book *book, struct arena *arena, int64_t now_s, size_t maximum,
                           const struct id **ret_id, size_t *ret_count)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct id *id = arena_array(arena, maximum, sizeof *id);

    if (!id)
        return ERROR_MEMORY;
    *ret_id = id;
    TRY(store_query(book->store, &statement[OPEN], STORE_VALUES(store_integer(now_s), store_integer((int64_t)maximum)),
                    &cursor));
    return read_ids(&cursor, id, ret_count);
}

enum error order_book_uncommitted(struct order_book *book, struct arena *arena, size_t maximum,
                                  const struct id **ret_id, size_t *ret_count)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct id *id = arena_array(arena, maximum, sizeof *id);

    if (!id)
        return ERROR_MEMORY;
    *ret_id = id;
    TRY(store_query(book->store, &statement[UNCOMMITTED], STORE_VALUES(store_integer((int64_t)maximum)), &cursor));
    return read_ids(&cursor, id, ret_count);
}

enum error order_book_due(struct order_book *book, int64_t now_s, struct id *ret_id)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(book->store, &statement[DUE], STORE_VALUES(store_integer(now_s)), &cursor));
    copy_id(store_column_bytes(&cursor, 0), ret_id->byte);
    return OK;
}

enum error order_book_next_due(struct order_book *book, int64_t *ret_told_s)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(book->store, &statement[NEXT_DUE], NULL, 0, &cursor));
    struct store_value told = store_column(&cursor, 0);
    *ret_told_s = told.kind == STORE_NULL ? INT64_MAX : told.integer;
    return OK;
}

enum error order_book_recent(struct order_book *book, const struct order_row *row, int64_t since_s,
                             uint64_t *ret_credential, uint64_t *ret_authority)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(book->store, &statement[RECENT],
                  STORE_VALUES(store_integer(since_s), store_blob(slice_of(row->credential, ID_BYTES)),
                               store_blob(slice_of(row->authority, ID_BYTES))),
                  &cursor));
    *ret_credential = (uint64_t)store_column_integer(&cursor, 0);
    *ret_authority = (uint64_t)store_column_integer(&cursor, 1);
    return OK;
}

enum error order_book_looks(struct order_book *book, const struct id *id, enum order_look kind, uint64_t *ret_count)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(book->store, &statement[LOOKS], STORE_VALUES(store_blob(id_slice(id)), store_integer(kind)),
                  &cursor));
    *ret_count = (uint64_t)store_column_integer(&cursor, 0);
    return OK;
}

enum error order_book_counts(struct order_book *book, int64_t from_s, int64_t until_s, uint64_t ret_count[ORDER_COUNTS])
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(book->store, &statement[COUNTS], STORE_VALUES(store_integer(from_s), store_integer(until_s)),
                  &cursor));
    for (unsigned c = 0; c < ORDER_COUNTS; c++)
        ret_count[c] = (uint64_t)store_column_integer(&cursor, c);
    return OK;
}

enum error order_book_route(struct order_book *book, uint8_t ret_statute[32])
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    enum error error = store_one(book->store, &statement[ROUTE_GET], NULL, 0, &cursor);

    memset(ret_statute, 0, HASH_BYTES);
    if (error == ERROR_NOT_FOUND)
        return OK;
    TRY(error);
    struct slice statute = store_column_bytes(&cursor, 0);
    memcpy(ret_statute, statute.data, HASH_BYTES);
    return OK;
}

enum error order_book_set_route(struct order_book *book, const uint8_t statute[32])
{
    return run(book, ROUTE_SET, STORE_VALUES(store_blob(slice_of(statute, HASH_BYTES))), NULL);
}
