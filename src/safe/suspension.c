/* SPDX-License-Identifier: Apache-2.0 */
#include "suspension.h"

#include "crypto/encode.h"
#include "crypto/seal.h"
#include "store/writer.h"

#define FORMAT 1
#define SEALED_MAX 4096

static const char *const words[SUSPENDED_COUNT] = {
    [SUSPENDED_ACTOR] = "actor", [SUSPENDED_CREDENTIAL] = "credential", [SUSPENDED_RULE] = "rule"};

const char *suspended_word(enum suspended what)
{
    return words[what];
}

bool suspended_read(struct slice word, enum suspended *ret_what)
{
    for (unsigned w = SUSPENDED_ACTOR; w < SUSPENDED_COUNT; w++)
        if (slice_is(word, words[w])) {
            *ret_what = (enum suspended)w;
            return true;
        }
    return false;
}

static const struct store_migration migrations[] = {
    {1, "suspensions",
     "CREATE TABLE suspension (" /* read when the safe opens; by every access through memory */
     " number INTEGER NOT NULL PRIMARY KEY,"
     " what INTEGER NOT NULL,"
     " sealed BLOB NOT NULL," /* whom or what, why, by whom */
     " since INTEGER NOT NULL,"
     " lifted INTEGER"
     ");"},
};

enum { IN_FORCE, LAST, KEEP, LIFT, TOLD, STATEMENTS };

static const struct store_statement statement[STATEMENTS] = {
    [IN_FORCE] = {"suspension_in_force", STORE_ROUTE_LOCAL, STORE_READ,
                  "SELECT number, what, sealed FROM suspension WHERE lifted IS NULL ORDER BY number"},
    [LAST] = {"suspension_last", STORE_ROUTE_LOCAL, STORE_READ, "SELECT coalesce(max(number), 0) FROM suspension"},
    [KEEP] = {"suspension_keep", STORE_ROUTE_LOCAL, STORE_WRITE,
              "INSERT INTO suspension (number, what, sealed, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"},
    [LIFT] = {"suspension_lift", STORE_ROUTE_LOCAL, STORE_WRITE,
              "UPDATE suspension SET lifted = $2 WHERE number = $1 AND lifted IS NULL"},
    [TOLD] = {"suspension_told", STORE_ROUTE_LOCAL, STORE_READ,
              "SELECT what, sealed, since FROM suspension WHERE number = $1 AND lifted IS NULL"},
};

const struct store_schema suspension_schema = {"suspension", migrations, 1, statement, STATEMENTS};

/* ---- sealed: u8 1 ‖ seal(key, bound to "suspension" ‖ u8 1 ‖ number u64, commitment ‖ three texts) ---- */

struct binding {
    char bytes[32];
    size_t length;
};

static struct binding binding_of(uint64_t number)
{
    struct binding binding = {.length = 0};
    struct buffer into = {.data = binding.bytes, .capacity = sizeof binding.bytes, .maximum = sizeof binding.bytes};

    buffer_string(&into, "suspension");
    buffer_byte(&into, FORMAT);
    buffer_u64(&into, number);
    binding.length = into.length;
    return binding;
}

static enum error seal_told(const struct suspensions *suspensions, struct world *world,
                            const struct suspension_told *told, struct buffer *into)
{
    CLEANUP_BUFFER_WIPE struct buffer plain = buffer_new(SEALED_MAX);
    struct binding binding = binding_of(told->number);

    buffer_slice(&plain, id_slice(&told->commitment));
    protocol_text_write(told->subject, &plain);
    protocol_text_write(told->reason, &plain);
    protocol_text_write(told->by, &plain);
    TRY(buffer_check(&plain));
    buffer_byte(into, FORMAT);
    void *room = buffer_room(into, plain.length + SEAL_OVERHEAD);
    if (!room)
        return ERROR_MEMORY;
    seal(suspensions->key, world, slice_of(binding.bytes, binding.length), buffer_view(&plain), room);
    return OK;
}

static enum error open_told(const struct suspensions *suspensions, struct arena *arena, struct slice sealed,
                            struct suspension_told *told)
{
    struct binding binding = binding_of(told->number);

    if (sealed.length < 1 + SEAL_OVERHEAD || sealed.data[0] != FORMAT)
        return ERROR_SEALED;
    struct slice bytes = slice_from(sealed, 1);
    char *plain = arena_alloc(arena, bytes.length - SEAL_OVERHEAD);
    if (!plain)
        return ERROR_MEMORY;
    TRY(seal_open(suspensions->key, slice_of(binding.bytes, binding.length), bytes, plain));
    struct reader reader = reader_of(slice_of(plain, bytes.length - SEAL_OVERHEAD));
    struct slice commitment = reader_bytes(&reader, ID_BYTES);
    told->subject = protocol_text_read(&reader, SUSPENSION_SUBJECT_MAX);
    told->reason = protocol_text_read(&reader, PROTOCOL_TEXT_MAX);
    told->by = protocol_text_read(&reader, CREDENTIAL_ACTOR_MAX);
    if (!reader_done(&reader))
        return ERROR_SEALED;
    memcpy(told->commitment.byte, commitment.data, ID_BYTES);
    return OK;
}

/* ---- in memory ---- */

static enum error hold(struct suspensions *suspensions, uint64_t number, enum suspended what, struct slice subject)
{
    if (suspensions->count == SUSPENSIONS_MAX)
        return ERROR_TOO_MANY;
    if (subject.length == 0 || subject.length > SUSPENSION_SUBJECT_MAX)
        return ERROR_VALUE;
    struct suspension *suspension = &suspensions->in_force[suspensions->count++];
    *suspension = (struct suspension){.number = number, .what = what, .length = (uint8_t)subject.length};
    memcpy(suspension->subject, subject.data, subject.length);
    return OK;
}

static bool is_of(const struct suspension *suspension, enum suspended what, struct slice subject)
{
    return suspension->what == what && slice_equal(slice_of(suspension->subject, suspension->length), subject);
}

enum error suspensions_begin(struct suspensions *suspensions, enum suspended what, struct slice subject,
                             uint64_t *ret_number, bool *ret_new)
{
    for (size_t i = 0; i < suspensions->count; i++)
        if (is_of(&suspensions->in_force[i], what, subject)) {
            *ret_number = suspensions->in_force[i].number;
            *ret_new = suspensions->in_force[i].owed;
            return OK;
        }
    TRY(hold(suspensions, suspensions->next, what, subject));
    *ret_number = suspensions->next++;
    *ret_new = true;
    return OK;
}

struct suspension *suspensions_find(struct suspensions *suspensions, uint64_t number)
{
    for (size_t i = 0; i < suspensions->count; i++)
        if (suspensions->in_force[i].number == number)
            return &suspensions->in_force[i];
    return NULL;
}

static void drop(struct suspensions *suspensions, struct suspension *suspension)
{
    *suspension = suspensions->in_force[--suspensions->count];
}

bool suspensions_take_back(struct suspensions *suspensions, uint64_t number)
{
    struct suspension *begun = suspensions_find(suspensions, number);

    if (!begun || begun->owed)
        return false;
    drop(suspensions, begun);
    return true;
}

void suspensions_owe(struct suspensions *suspensions, uint64_t number)
{
    struct suspension *begun = suspensions_find(suspensions, number);

    if (begun)
        begun->owed = true;
}

bool suspensions_hold(const struct suspensions *suspensions, const struct credential *credential)
{
    char id[ID_TEXT_BYTES];

    if (suspensions->count == 0)
        return false;
    encode_hex(id_slice(&credential->id), id);
    for (size_t i = 0; i < suspensions->count; i++)
        if (is_of(&suspensions->in_force[i], SUSPENDED_ACTOR, credential->actor) ||
            is_of(&suspensions->in_force[i], SUSPENDED_CREDENTIAL, slice_of(id, sizeof id)))
            return true;
    return false;
}

/* ---- on disk ---- */

static enum error read_next(struct suspensions *suspensions)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(suspensions->store, &statement[LAST], NULL, 0, &cursor));
    suspensions->next = (uint64_t)store_column_integer(&cursor, 0) + 1;
    return OK;
}

enum error suspensions_open(struct store *store, const struct secret_key *key, struct arena *arena,
                            struct suspensions *ret_suspensions)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    *ret_suspensions = (struct suspensions){.store = store, .key = key};
    TRY(read_next(ret_suspensions));
    TRY(store_query(store, &statement[IN_FORCE], NULL, 0, &cursor));
    while (store_next(&cursor)) {
        struct suspension_told told = {.number = (uint64_t)store_column_integer(&cursor, 0)};
        int64_t what = store_column_integer(&cursor, 1);
        if (what < SUSPENDED_ACTOR || what >= SUSPENDED_COUNT)
            return ERROR_CORRUPT;
        TRY(open_told(ret_suspensions, arena, store_column_bytes(&cursor, 2), &told));
        TRY(hold(ret_suspensions, told.number, (enum suspended)what, told.subject));
    }
    return store_end(&cursor);
}

struct keeping {
    const struct suspension_told *told;
    struct slice sealed;
};

static enum error write_suspension(struct store *store, void *context)
{
    const struct keeping *keeping = context;

    return store_run(store, &statement[KEEP],
                     STORE_VALUES(store_integer((int64_t)keeping->told->number), store_integer(keeping->told->what),
                                  store_blob(keeping->sealed), store_integer(keeping->told->since_s)),
                     NULL);
}

enum error suspensions_keep(struct suspensions *suspensions, struct world *world, const struct suspension_told *told)
{
    CLEANUP_BUFFER struct buffer sealed = buffer_new(SEALED_MAX + 64);

    TRY(seal_told(suspensions, world, told, &sealed));
    struct keeping keeping = {told, buffer_view(&sealed)};
    TRY(writer_run_now(suspensions->store, &(struct writer_job){.run = write_suspension, .context = &keeping}, 1));
    struct suspension *kept = suspensions_find(suspensions, told->number);
    if (kept)
        kept->owed = false;
    return OK;
}

struct lifting {
    uint64_t number;
    int64_t now_s;
};

static enum error write_lifted(struct store *store, void *context)
{
    const struct lifting *lifting = context;
    int64_t changed = 0;

    TRY(store_run(store, &statement[LIFT],
                  STORE_VALUES(store_integer((int64_t)lifting->number), store_integer(lifting->now_s)), &changed));
    return changed == 1 ? OK : ERROR_NOT_FOUND;
}

enum error suspensions_lift(struct suspensions *suspensions, uint64_t number, int64_t now_s)
{
    struct lifting lifting = {number, now_s};

    TRY(writer_run_now(suspensions->store, &(struct writer_job){.run = write_lifted, .context = &lifting}, 1));
    struct suspension *lifted = suspensions_find(suspensions, number);
    if (lifted)
        drop(suspensions, lifted);
    return OK;
}

enum error suspensions_told(struct suspensions *suspensions, struct arena *arena, uint64_t number,
                            struct suspension_told *ret_told)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct suspension_told told = {.number = number};

    TRY(store_one(suspensions->store, &statement[TOLD], STORE_VALUES(store_integer((int64_t)number)), &cursor));
    told.what = (enum suspended)store_column_integer(&cursor, 0);
    told.since_s = store_column_integer(&cursor, 2);
    TRY(open_told(suspensions, arena, store_column_bytes(&cursor, 1), &told));
    *ret_told = told;
    return OK;
}
