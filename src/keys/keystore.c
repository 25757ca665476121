/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore_inside.h"

#include <stdlib.h>

#include "store/writer.h"

static const struct store_migration migrations[] = {
    {1, "keys",
     "CREATE TABLE person_key (" /* read by every access; the row is the person: without it nothing of hers opens */
     " person BLOB NOT NULL PRIMARY KEY CHECK (length(person) = 16),"
     " facts_version INTEGER NOT NULL,"
     " facts_confirmed INTEGER NOT NULL,"
     " wrapped BLOB NOT NULL"
     ") WITHOUT ROWID;"
     "CREATE TABLE hour_key (" /* read by whoever opens an event */
     " hour INTEGER NOT NULL PRIMARY KEY,"
     " under_year BLOB NOT NULL,"
     " to_oversight BLOB NOT NULL"
     ");"
     "CREATE TABLE year_key (year INTEGER NOT NULL PRIMARY KEY, wrapped BLOB NOT NULL);"
     "CREATE TABLE destroyed (" /* read when a backup is restored */
     " commitment BLOB NOT NULL PRIMARY KEY CHECK (length(commitment) = 32),"
     " time INTEGER NOT NULL"
     ") WITHOUT ROWID;"},
    {2, "epochs", /* which count of the root's changes wrapped the row: so that they can be wrapped anew one by one */
     "ALTER TABLE person_key ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE year_key ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;"},
    {3, "told", /* is the commitment in the public log? 0 from the destruction until it is known to be there */
     "ALTER TABLE destroyed ADD COLUMN told INTEGER NOT NULL DEFAULT 1;"
     "CREATE INDEX destroyed_untold ON destroyed (commitment) WHERE told = 0;"}, /* read at each start */
};

const struct store_statement keystore_statement[KEYSTORE_STATEMENTS] = {
    [PERSON_GET] = {"person_get", STORE_ROUTE_PERSON, STORE_READ,
                    "SELECT facts_version, facts_confirmed, wrapped, epoch FROM person_key WHERE person = $1"},
    [PERSON_ADD] = {"person_add", STORE_ROUTE_PERSON, STORE_WRITE,
                    "INSERT INTO person_key (person, facts_version, facts_confirmed, wrapped, epoch)"
                    " VALUES ($1, 0, 0, $2, $3)"},
    [PERSON_FACTS] = {"person_facts", STORE_ROUTE_PERSON, STORE_WRITE,
                      "UPDATE person_key SET facts_version = $2, facts_confirmed = $3 WHERE person = $1"},
    [PERSON_DELETE] = {"person_delete", STORE_ROUTE_PERSON, STORE_WRITE, "DELETE FROM person_key WHERE person = $1"},
    [PERSON_ALL] = {"person_all", STORE_ROUTE_BROADCAST, STORE_READ, "SELECT person FROM person_key ORDER BY person"},
    [PERSON_COUNT_ALL] = {"person_count", STORE_ROUTE_BROADCAST, STORE_READ, "SELECT count(*) FROM person_key"},
    [PERSON_BEFORE] = {"person_before", STORE_ROUTE_BROADCAST, STORE_READ,
                       "SELECT person, wrapped, epoch FROM person_key WHERE person > $1 AND epoch < $2"
                       " ORDER BY person LIMIT 256"},
    [PERSON_REWRAP] = {"person_rewrap", STORE_ROUTE_PERSON, STORE_WRITE,
                       "UPDATE person_key SET wrapped = $2, epoch = $3 WHERE person = $1"},
    [HOUR_GET] = {"hour_get", STORE_ROUTE_LOCAL, STORE_READ, "SELECT under_year FROM hour_key WHERE hour = $1"},
    [HOUR_ADD] = {"hour_add", STORE_ROUTE_LOCAL, STORE_WRITE,
                  "INSERT INTO hour_key (hour, under_year, to_oversight) VALUES ($1, $2, $3)"},
    [HOURS_DELETE] = {"hours_delete", STORE_ROUTE_LOCAL, STORE_WRITE,
                      "DELETE FROM hour_key WHERE hour >= $1 AND hour < $2"},
    [YEAR_DELETE] = {"year_delete", STORE_ROUTE_LOCAL, STORE_WRITE, "DELETE FROM year_key WHERE year = $1"},
    [YEAR_OLDEST] = {"year_oldest", STORE_ROUTE_LOCAL, STORE_READ, "SELECT year FROM year_key ORDER BY year LIMIT 1"},
    [YEAR_GET] = {"year_get", STORE_ROUTE_LOCAL, STORE_READ, "SELECT wrapped, epoch FROM year_key WHERE year = $1"},
    [YEAR_ADD] = {"year_add", STORE_ROUTE_LOCAL, STORE_WRITE,
                  "INSERT INTO year_key (year, wrapped, epoch) VALUES ($1, $2, $3)"},
    [YEAR_BEFORE] = {"year_before", STORE_ROUTE_LOCAL, STORE_READ,
                     "SELECT year FROM year_key WHERE epoch < $1 ORDER BY year LIMIT 256"},
    [YEAR_REWRAP] = {"year_rewrap", STORE_ROUTE_LOCAL, STORE_WRITE,
                     "UPDATE year_key SET wrapped = $2, epoch = $3 WHERE year = $1"},
    [DESTROYED_ADD] = {"destroyed_add", STORE_ROUTE_LOCAL, STORE_WRITE,
                       "INSERT INTO destroyed (commitment, time, told) VALUES ($1, $2, $3)"},
    [DESTROYED_ALL] = {"destroyed_all", STORE_ROUTE_LOCAL, STORE_READ,
                       "SELECT commitment FROM destroyed ORDER BY commitment"},
    [DESTROYED_HAS] = {"destroyed_has", STORE_ROUTE_LOCAL, STORE_READ, "SELECT 1 FROM destroyed WHERE commitment = $1"},
    [DESTROYED_UNTOLD] = {"destroyed_untold", STORE_ROUTE_LOCAL, STORE_READ,
                          "SELECT commitment FROM destroyed WHERE told = 0 ORDER BY commitment LIMIT 1"},
    [DESTROYED_TOLD] = {"destroyed_told", STORE_ROUTE_LOCAL, STORE_WRITE,
                        "UPDATE destroyed SET told = 1 WHERE commitment = $1"},
};

static const struct store_schema schema = {"keys", migrations, 3, keystore_statement, KEYSTORE_STATEMENTS};
static const struct store_schema *const schemas[] = {&schema};

enum error keystore_open(const char *path, const struct ring *ring, struct world *world, struct keystore **ret_keystore,
                         struct fault *fault)
{
    struct keystore *keystore = calloc(1, sizeof *keystore);

    if (!keystore) /* cover: only without memory */
        return ERROR_MEMORY;
    *keystore = (struct keystore){.ring = ring, .world = world, .hour = HOUR_NONE};
    keystore->change = calloc(BATCH_MAX, sizeof *keystore->change);
    keystore->pool = secret_pool_new(1, sizeof *keystore->held);
    keystore->held = keystore->pool ? secret_take(keystore->pool) : NULL; /* cover: only without memory */
    enum error error = keystore->change && keystore->held ? store_open(path, schemas, 1, &keystore->store, fault)
                                                          : ERROR_MEMORY;
    if (error != OK) {
        keystore_close(keystore);
        return error;
    }
    *ret_keystore = keystore;
    return OK;
}

void keystore_close(struct keystore *keystore)
{
    if (!keystore)
        return;
    store_close(keystore->store);
    secret_pool_free(keystore->pool);
    free(keystore->change);
    free(keystore);
}

const struct secret_key *keystore_key_of(const struct keystore *keystore, enum ring_use use, int64_t epoch)
{
    if (epoch == (int64_t)ring_epoch(keystore->ring))
        return ring_key(keystore->ring, use);
    return epoch + 1 == (int64_t)ring_epoch(keystore->ring) ? ring_before(keystore->ring, use) : NULL;
}

/* What a wrapped key is bound to: this person and this use. */
struct wrap_binding {
    uint8_t person[ID_BYTES];
    uint8_t use; /* 0: the person's key; 1 + drawer: a drawer's */
};

static struct wrap_binding wrap_binding(const struct id *person, unsigned use)
{
    struct wrap_binding binding = {.use = (uint8_t)use};

    memcpy(binding.person, person->byte, ID_BYTES);
    return binding;
}

void keystore_wrap(struct keystore *keystore, const struct secret_key *under, const struct id *person, unsigned use,
                   const struct secret_key *key, uint8_t *row)
{
    struct wrap_binding binding = wrap_binding(person, use);

    seal(under, keystore->world, slice_of(&binding, sizeof binding), secret_key_slice(key),
         row + 1 + use * WRAPPED_BYTES);
}

enum error keystore_unwrap(const struct secret_key *under, const struct id *person, unsigned use, struct slice row,
                           struct secret_key *ret_key)
{
    struct wrap_binding binding = wrap_binding(person, use);

    if (row.length != ROW_BYTES || row.data[0] != ROW_FORMAT)
        return ERROR_SEALED;
    return seal_open(under, slice_of(&binding, sizeof binding),
                     slice_of(row.data + 1 + use * WRAPPED_BYTES, WRAPPED_BYTES), ret_key->byte);
}

static enum error unwrap_drawers(struct keystore *keystore, const struct id *person, unsigned drawers, struct slice row,
                                 int64_t epoch, struct secret_key *ret_key)
{
    const struct secret_key *under = keystore_key_of(keystore, RING_PERSONS, epoch);
    CLEANUP_KEY struct secret_key person_key;

    if (drawers == 0)
        return OK;
    if (!under)
        return ERROR_SEALED;
    TRY(keystore_unwrap(under, person, 0, row, &person_key));
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (drawers & 1u << d)
            TRY(keystore_unwrap(&person_key, person, 1 + d, row, &ret_key[d]));
    return OK;
}

/* What the batch says of the person: the newest of each kind. */
struct pending {
    const struct change *added;
    const struct change *facts;
    bool destroyed;
};

static struct pending pending_of(const struct keystore *keystore, const struct id *person)
{
    struct pending pending = {0};

    for (size_t i = 0; i < keystore->changes; i++) {
        const struct change *change = &keystore->change[i];
        if (!id_equal(&change->person, person))
            continue;
        if (change->kind == CHANGE_ADD)
            pending = (struct pending){.added = change};
        else if (change->kind == CHANGE_FACTS)
            pending.facts = change;
        else
            pending.destroyed = true;
    }
    return pending;
}

/* When it fails, each read opens the file by itself, and says what is wrong with it. */
void keystore_reads_begin(struct keystore *keystore)
{
    (void)!store_snapshot_begin(keystore->store);
}

void keystore_reads_end(struct keystore *keystore)
{
    store_snapshot_end(keystore->store);
}

enum error keystore_person(struct keystore *keystore, const struct id *person, unsigned drawers,
                           struct keystore_person *ret_person, struct secret_key *ret_key)
{
    struct pending pending = pending_of(keystore, person);
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct keystore_person found = {0};
    struct slice row;
    int64_t epoch;

    if (pending.destroyed)
        return ERROR_NOT_FOUND;
    if (pending.added) {
        row = slice_of(pending.added->wrapped, ROW_BYTES);
        epoch = pending.added->epoch;
    } else {
        TRY(store_one(keystore->store, &keystore_statement[PERSON_GET], STORE_VALUES(store_blob(id_slice(person))),
                      &cursor));
        found.facts_version = (uint64_t)store_column_integer(&cursor, 0);
        found.facts_confirmed = (uint64_t)store_column_integer(&cursor, 1);
        row = store_column_bytes(&cursor, 2);
        epoch = store_column_integer(&cursor, 3);
    }
    TRY(unwrap_drawers(keystore, person, drawers, row, epoch, ret_key));
    *ret_person = pending.facts ? pending.facts->facts : found;
    return OK;
}

static enum error next_change(struct keystore *keystore, enum change_kind kind, const struct id *person,
                              struct change **ret_change)
{
    if (keystore->changes == BATCH_MAX)
        return ERROR_TOO_MANY;
    struct change *change = &keystore->change[keystore->changes++];
    *change = (struct change){.kind = kind, .person = *person};
    *ret_change = change;
    return OK;
}

enum error keystore_add_person(struct keystore *keystore, const struct id *person)
{
    CLEANUP_KEY struct secret_key person_key;
    CLEANUP_KEY struct secret_key drawer_key;
    struct keystore_person there;
    struct change *change;

    enum error found = keystore_person(keystore, person, 0, &there, NULL);
    if (found != ERROR_NOT_FOUND)
        return found == OK ? ERROR_EXISTS : found;
    TRY(next_change(keystore, CHANGE_ADD, person, &change));
    keystore->world->random(keystore->world, person_key.byte, sizeof person_key.byte);
    change->wrapped[0] = ROW_FORMAT;
    change->epoch = ring_epoch(keystore->ring);
    keystore_wrap(keystore, ring_key(keystore->ring, RING_PERSONS), person, 0, &person_key, change->wrapped);
    for (unsigned d = 0; d < DRAWER_COUNT; d++) {
        keystore->world->random(keystore->world, drawer_key.byte, sizeof drawer_key.byte);
        keystore_wrap(keystore, &person_key, person, 1 + d, &drawer_key, change->wrapped);
    }
    return OK;
}

enum error keystore_set_facts(struct keystore *keystore, const struct id *person, const struct keystore_person *facts)
{
    struct change *change;

    TRY(next_change(keystore, CHANGE_FACTS, person, &change));
    change->facts = *facts;
    return OK;
}

struct hash keystore_commitment_of(const struct keystore *keystore, const struct id *person)
{
    return hash_keyed(secret_key_slice(ring_key(keystore->ring, RING_DESTROYED)), id_slice(person));
}

enum error keystore_destroy(struct keystore *keystore, const struct id *person, int64_t now_s,
                            struct hash *ret_commitment)
{
    struct keystore_person there;
    struct change *change;

    TRY(keystore_person(keystore, person, 0, &there, NULL));
    TRY(next_change(keystore, CHANGE_DESTROY, person, &change));
    change->commitment = keystore_commitment_of(keystore, person);
    change->time_s = now_s;
    *ret_commitment = change->commitment;
    return OK;
}

static enum error apply(struct store *store, const struct change *change)
{
    struct store_value person = store_blob(id_slice(&change->person));

    switch (change->kind) {
    case CHANGE_ADD:
        return store_run(
            store, &keystore_statement[PERSON_ADD],
            STORE_VALUES(person, store_blob(slice_of(change->wrapped, ROW_BYTES)), store_integer(change->epoch)), NULL);
    case CHANGE_FACTS:
        return store_run(store, &keystore_statement[PERSON_FACTS],
                         STORE_VALUES(person, store_integer((int64_t)change->facts.facts_version),
                                      store_integer((int64_t)change->facts.facts_confirmed)),
                         NULL);
    case CHANGE_DESTROY:
        TRY(store_run(store, &keystore_statement[PERSON_DELETE], STORE_VALUES(person), NULL));
        return store_run(
            store, &keystore_statement[DESTROYED_ADD],
            STORE_VALUES(store_blob(hash_slice(&change->commitment)), store_integer(change->time_s), store_integer(0)),
            NULL);
    }
    return ERROR_INTERNAL;
}

static enum error apply_batch(struct store *store, void *context)
{
    struct keystore *keystore = context;

    for (size_t i = 0; i < keystore->changes; i++)
        TRY(apply(store, &keystore->change[i]));
    return OK;
}

size_t keystore_mark(const struct keystore *keystore)
{
    return keystore->changes;
}

void keystore_take_back(struct keystore *keystore, size_t mark)
{
    secret_wipe(keystore->change + mark, (keystore->changes - mark) * sizeof *keystore->change);
    keystore->changes = mark;
}

enum error keystore_commit(struct keystore *keystore)
{
    if (keystore->changes == 0)
        return OK;
    struct writer_job job = {.run = apply_batch, .context = keystore};
    enum error error = writer_run_now(keystore->store, &job, 1);
    secret_wipe(keystore->change, keystore->changes * sizeof *keystore->change);
    keystore->changes = 0;
    return error;
}

/* One row under a number, for the keys of hours and years. */
struct key_row {
    const struct store_statement *add;
    uint32_t number;
    const uint8_t *wrapped;
    const uint8_t *to_oversight; /* of hours */
    uint32_t epoch;              /* of years */
};

#define TO_OVERSIGHT_BYTES (SECRET_KEY_BYTES + SEAL_BOX_OVERHEAD)

static enum error add_key_row(struct store *store, void *context)
{
    const struct key_row *row = context;
    struct store_value number = store_integer(row->number), wrapped = store_blob(slice_of(row->wrapped, WRAPPED_BYTES));

    if (!row->to_oversight)
        return store_run(store, row->add, STORE_VALUES(number, wrapped, store_integer(row->epoch)), NULL);
    return store_run(store, row->add,
                     STORE_VALUES(number, wrapped, store_blob(slice_of(row->to_oversight, TO_OVERSIGHT_BYTES))), NULL);
}

/* What the key of an hour or a year is bound to: its number, big-endian. */
struct number_binding {
    uint8_t byte[4];
};

static struct number_binding number_binding(uint32_t number)
{
    return (struct number_binding){
        {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

static enum error unwrap_numbered(const struct secret_key *under, uint32_t number, struct slice wrapped,
                                  struct secret_key *ret_key)
{
    struct number_binding binding = number_binding(number);

    if (!under || wrapped.length != WRAPPED_BYTES)
        return ERROR_SEALED;
    return seal_open(under, slice_of(binding.byte, sizeof binding.byte), wrapped, ret_key->byte);
}

enum error keystore_year_find(struct keystore *keystore, uint32_t year, struct secret_key *ret_key)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(keystore->store, &keystore_statement[YEAR_GET], STORE_VALUES(store_integer(year)), &cursor));
    return unwrap_numbered(keystore_key_of(keystore, RING_YEARS, store_column_integer(&cursor, 1)), year,
                           store_column_bytes(&cursor, 0), ret_key);
}

static enum error find_hour(struct keystore *keystore, uint32_t hour, const struct secret_key *year,
                            struct secret_key *ret_key)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(keystore->store, &keystore_statement[HOUR_GET], STORE_VALUES(store_integer(hour)), &cursor));
    return unwrap_numbered(year, hour, store_column_bytes(&cursor, 0), ret_key);
}

void keystore_year_wrap(struct keystore *keystore, uint32_t year, const struct secret_key *key,
                        uint8_t wrapped[WRAPPED_BYTES])
{
    struct number_binding binding = number_binding(year);

    seal(ring_key(keystore->ring, RING_YEARS), keystore->world, slice_of(binding.byte, sizeof binding.byte),
         secret_key_slice(key), wrapped);
}

static enum error year_key(struct keystore *keystore, uint32_t year, struct secret_key *ret_key)
{
    uint8_t wrapped[WRAPPED_BYTES];

    enum error found = keystore_year_find(keystore, year, ret_key);
    if (found != ERROR_NOT_FOUND)
        return found;
    keystore->world->random(keystore->world, ret_key->byte, sizeof ret_key->byte);
    keystore_year_wrap(keystore, year, ret_key, wrapped);
    struct key_row row = {&keystore_statement[YEAR_ADD], year, wrapped, NULL, ring_epoch(keystore->ring)};
    return writer_run_now(keystore->store, &(struct writer_job){.run = add_key_row, .context = &row}, 1);
}

static uint32_t year_of_hour(uint32_t hour)
{
    return hour / KEYSTORE_YEAR_HOURS;
}

static enum error hour_make(struct keystore *keystore, uint32_t hour, const uint8_t oversight[SEAL_PUBLIC_BYTES],
                            struct secret_key *ret_key)
{
    CLEANUP_KEY struct secret_key year;
    uint8_t wrapped[WRAPPED_BYTES], to_oversight[TO_OVERSIGHT_BYTES];

    TRY(year_key(keystore, year_of_hour(hour), &year));
    keystore->world->random(keystore->world, ret_key->byte, sizeof ret_key->byte);
    struct number_binding binding = number_binding(hour);
    seal(&year, keystore->world, slice_of(binding.byte, sizeof binding.byte), secret_key_slice(ret_key), wrapped);
    seal_box(oversight, keystore->world, secret_key_slice(ret_key), to_oversight);
    struct key_row row = {&keystore_statement[HOUR_ADD], hour, wrapped, to_oversight, 0};
    return writer_run_now(keystore->store, &(struct writer_job){.run = add_key_row, .context = &row}, 1);
}

enum error keystore_hour_find(struct keystore *keystore, uint32_t hour, struct secret_key *ret_key)
{
    CLEANUP_KEY struct secret_key year;

    if (hour == keystore->hour) {
        *ret_key = keystore->held->hour_key;
        return OK;
    }
    TRY(keystore_year_find(keystore, year_of_hour(hour), &year));
    return find_hour(keystore, hour, &year, ret_key);
}

enum error keystore_hour(struct keystore *keystore, uint32_t hour, const uint8_t oversight[SEAL_PUBLIC_BYTES],
                         struct secret_key *ret_key)
{
    enum error found = keystore_hour_find(keystore, hour, ret_key);

    if (found == ERROR_NOT_FOUND)
        found = hour_make(keystore, hour, oversight, ret_key);
    if (found == ERROR_EXISTS || found == ERROR_CONFLICT)
        return ERROR_CORRUPT; /* not found and yet there: the page of the index is damaged */
    TRY(found);
    keystore->held->hour_key = *ret_key;
    keystore->hour = hour;
    return OK;
}

enum error keystore_backup(struct keystore *keystore, const char *path)
{
    return store_backup(keystore->store, path);
}

enum error keystore_check(struct keystore *keystore, store_finding *finding, void *context)
{
    return store_check(keystore->store, finding, context);
}

enum error keystore_count(struct keystore *keystore, uint64_t *ret_persons)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(keystore->store, &keystore_statement[PERSON_COUNT_ALL], NULL, 0, &cursor));
    *ret_persons = (uint64_t)store_column_integer(&cursor, 0);
    return OK;
}
