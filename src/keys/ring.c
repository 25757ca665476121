/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/seal.h"

#define PATH_BYTES 3400
#define FILE_MAX 16384
#define BODY_MAX 4096
#define TOKEN_GRACE_S (30 * 24 * 3600) /* tokens of before a change of the root, at most */

static const struct slice first_line = {"hospitium-ring 1", 16};
static const struct slice binding = {"ring 1", 6}, offer_binding = {"ring offer 1", 12};

/* What a use is called in the file (a number that never changes), how the first version derived it, and whether it
 * changes with the root. */
static const struct {
    uint8_t code;
    const char *derived;
    bool changes;
    bool expires; /* its predecessor is needed for a time, not until some work is done */
} uses[RING_SECTOR + 1] = {
    [RING_PERSONS] = {1, "persons", true, false},
    [RING_YEARS] = {2, "years", true, false},
    [RING_DESTROYED] = {3, "destroyed", false, false},
    [RING_FACTS] = {4, "facts", false, false},
    [RING_TOKEN] = {5, "token", true, true},
    [RING_INDEX] = {6, "index", false, false},
    [RING_APPROVERS] = {7, "approvers", true, false},
    [RING_ACTIVATED] = {8, "activated", false, false},
    [RING_SIGN_ACCESS] = {9, "sign access log", false, true},
    [RING_SIGN_PUBLIC] = {10, "sign public log", false, true},
    [RING_POSTING] = {11, "posting", false, false},
    [RING_FURTHER] = {12, "further", false, false},
    [RING_SECTOR] = {64, "sector", false, false}, /* numbered */
};

enum { HAS_BEFORE = 1, UNTOLD = 2 };

struct ring_entry {
    struct secret_key now, before;
    int64_t until_s;
    uint8_t flags;
    bool present;
};

/* In one locked slot. */
struct held {
    struct secret_key seal, old_seal;
    struct ring_entry entry[RING_USES];
};

struct ring {
    char path[PATH_BYTES];
    struct world *world;
    struct secret_pool *pool;
    struct held *held;
    uint32_t epoch;
    bool two_roots; /* the file is to open to old_seal too */
};

static size_t kind_of(size_t use)
{
    return use < RING_SECTOR ? use : RING_SECTOR;
}

static uint8_t number_of(size_t use)
{
    return (uint8_t)(use < RING_SECTOR ? 0 : use - RING_SECTOR);
}

/* ---- the file ---- */

static void write_body(const struct ring *ring, struct buffer *into)
{
    buffer_u32(into, ring->epoch);
    buffer_byte(into, RING_USES);
    for (size_t use = 0; use < RING_USES; use++) {
        const struct ring_entry *entry = &ring->held->entry[use];
        buffer_byte(into, uses[kind_of(use)].code);
        buffer_byte(into, number_of(use));
        buffer_byte(into, entry->flags);
        buffer_u64(into, (uint64_t)entry->until_s);
        buffer_slice(into, secret_key_slice(&entry->now));
        buffer_slice(into, secret_key_slice(&entry->before));
    }
}

static enum error write_line(const struct ring *ring, const struct secret_key *key, struct slice body,
                             struct buffer *into)
{
    uint8_t sealed[BODY_MAX + SEAL_OVERHEAD];

    seal(key, ring->world, binding, body, sealed);
    char *room = buffer_room(into, 2 * (body.length + SEAL_OVERHEAD));
    if (room)
        encode_hex(slice_of(sealed, body.length + SEAL_OVERHEAD), room);
    buffer_byte(into, '\n');
    return buffer_check(into);
}

static enum error save(const struct ring *ring)
{
    CLEANUP_BUFFER_WIPE struct buffer body = buffer_new(BODY_MAX);
    CLEANUP_BUFFER struct buffer text = buffer_new(FILE_MAX);

    write_body(ring, &body);
    TRY(buffer_check(&body));
    buffer_slice(&text, first_line);
    buffer_byte(&text, '\n');
    if (ring->two_roots)
        TRY(write_line(ring, &ring->held->old_seal, buffer_view(&body), &text));
    TRY(write_line(ring, &ring->held->seal, buffer_view(&body), &text));
    return file_replace(ring->path, buffer_view(&text), 0600);
}

static size_t use_of(uint8_t code, uint8_t number)
{
    for (size_t use = 0; use < RING_USES; use++)
        if (uses[kind_of(use)].code == code && number_of(use) == number)
            return use;
    return RING_USES;
}

static enum error read_body(struct ring *ring, struct slice body)
{
    struct reader reader = reader_of(body);

    ring->epoch = reader_u32(&reader);
    size_t count = reader_byte(&reader);
    for (size_t i = 0; i < count; i++) {
        uint8_t code = reader_byte(&reader), number = reader_byte(&reader);
        size_t use = use_of(code, number);
        if (use == RING_USES || reader.failed)
            return ERROR_VERSION; /* a key that this program does not know: it would be lost */
        struct ring_entry *entry = &ring->held->entry[use];
        entry->flags = reader_byte(&reader);
        entry->until_s = (int64_t)reader_u64(&reader);
        struct slice now = reader_bytes(&reader, SECRET_KEY_BYTES), before = reader_bytes(&reader, SECRET_KEY_BYTES);
        if (reader.failed)
            return ERROR_SYNTAX;
        memcpy(entry->now.byte, now.data, SECRET_KEY_BYTES);
        memcpy(entry->before.byte, before.data, SECRET_KEY_BYTES);
        entry->present = true;
    }
    return reader_done(&reader) ? OK : ERROR_SYNTAX;
}

static enum error open_line(struct ring *ring, struct slice line)
{
    uint8_t sealed[BODY_MAX + SEAL_OVERHEAD], body[BODY_MAX];
    size_t length = line.length / 2;

    if (length < SEAL_OVERHEAD || length > sizeof sealed || decode_hex(line, sealed, length) != OK)
        return ERROR_SYNTAX;
    enum error error = seal_open(&ring->held->seal, binding, slice_of(sealed, length), body);
    if (error == OK)
        error = read_body(ring, slice_of(body, length - SEAL_OVERHEAD));
    secret_wipe(body, sizeof body);
    return error;
}

/* Uses that the file does not know yet are made, or, where the first version derived them, are what they were. */
static bool complete(struct ring *ring, const struct secret_key *older_root)
{
    bool changed = false;

    for (size_t use = 0; use < RING_USES; use++) {
        struct ring_entry *entry = &ring->held->entry[use];
        if (entry->present)
            continue;
        *entry = (struct ring_entry){.present = true};
        changed = true;
        if (older_root)
            entry->now = seal_derive(older_root, uses[kind_of(use)].derived, number_of(use));
        else
            ring->world->random(ring->world, entry->now.byte, SECRET_KEY_BYTES);
    }
    return changed;
}

static enum error load(struct ring *ring, struct slice text, struct fault *fault)
{
    enum error error = ERROR_SEALED;
    unsigned lines = 0;

    if (!slice_equal(slice_cut(&text, '\n'), first_line))
        return fault_set(fault, ERROR_SYNTAX, "keys/ring");
    while (text.length > 0 && lines++ < 2 && error != OK) {
        struct slice line = slice_cut(&text, '\n');
        error = open_line(ring, line);
        if (error != OK && error != ERROR_SEALED)
            return fault_set(fault, error, "keys/ring");
    }
    if (error != OK)
        return fault_set(fault, error, "the ring of keys is not this root's");
    /* One of two roots has it: the other's line goes. */
    return lines > 1 || text.length > 0 ? save(ring) : OK;
}

static struct ring *ring_new(const char *path, const struct secret_key *root, struct world *world)
{
    struct ring *ring = calloc(1, sizeof *ring);

    if (!ring) /* cover: only without memory */
        return NULL;
    snprintf(ring->path, sizeof ring->path, "%s", path);
    ring->world = world;
    ring->pool = secret_pool_new(1, sizeof *ring->held);
    ring->held = ring->pool ? secret_take(ring->pool) : NULL; /* cover: only without memory */
    if (!ring->held) {                                        /* cover: only without memory */
        ring_close(ring);
        return NULL;
    }
    ring->held->seal = seal_derive(root, "ring", 0);
    return ring;
}

enum error ring_create(const char *path, const struct secret_key *root, struct world *world)
{
    struct ring *ring = ring_new(path, root, world);

    if (!ring) /* cover: only without memory */
        return ERROR_MEMORY;
    complete(ring, NULL);
    enum error error = file_exists(path) ? ERROR_EXISTS : save(ring);
    ring_close(ring);
    return error;
}

enum error ring_open(const char *path, const struct secret_key *root, bool older, struct world *world,
                     struct ring **ret_ring, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4 * FILE_MAX);
    struct ring *ring = ring_new(path, root, world);
    struct slice text;

    enum error error = arena && ring ? file_read(arena, path, FILE_MAX, &text, NULL) : ERROR_MEMORY;
    if (error == OK)
        error = load(ring, text, fault);
    else if (error == ERROR_FILE_MISSING && older)
        error = OK;
    else
        fault_set(fault, error, "keys/ring");
    if (error == OK && complete(ring, older && ring->epoch == 0 ? root : NULL))
        error = save(ring);
    if (error != OK) {
        ring_close(ring);
        return error;
    }
    *ret_ring = ring;
    return OK;
}

void ring_close(struct ring *ring)
{
    if (!ring)
        return;
    secret_pool_free(ring->pool);
    free(ring);
}

const struct secret_key *ring_key(const struct ring *ring, enum ring_use use)
{
    return &ring->held->entry[use].now;
}

const struct secret_key *ring_before(const struct ring *ring, enum ring_use use)
{
    const struct ring_entry *entry = &ring->held->entry[use];

    return entry->flags & HAS_BEFORE ? &entry->before : NULL;
}

uint32_t ring_epoch(const struct ring *ring)
{
    return ring->epoch;
}

/* ---- changing the root ---- */

enum error ring_offer(const char *offer, const struct secret_key *root, const struct secret_key *new_root,
                      struct world *world)
{
    CLEANUP_KEY struct secret_key old_seal = seal_derive(root, "ring", 0);
    CLEANUP_KEY struct secret_key new_seal = seal_derive(new_root, "ring", 0);
    uint8_t sealed[SECRET_KEY_BYTES + SEAL_OVERHEAD];

    seal(&old_seal, world, offer_binding, secret_key_slice(&new_seal), sealed);
    return file_replace(offer, slice_of(sealed, sizeof sealed), 0600);
}

static void renew(struct ring *ring, struct ring_entry *entry)
{
    entry->before = entry->now;
    entry->flags |= HAS_BEFORE;
    ring->world->random(ring->world, entry->now.byte, SECRET_KEY_BYTES);
}

static void drop_before(struct ring_entry *entry)
{
    secret_wipe(&entry->before, sizeof entry->before);
    entry->flags &= (uint8_t)~HAS_BEFORE;
    entry->until_s = 0;
}

/* What changes with the root. A token's predecessor of an earlier change goes: two changes end every older token. */
static enum error new_epoch(struct ring *ring, int64_t now_s)
{
    for (size_t use = 0; use < RING_SECTOR; use++)
        if (uses[use].changes && !uses[use].expires && ring_before(ring, (enum ring_use)use))
            return ERROR_CONFLICT;
    for (size_t use = 0; use < RING_SECTOR; use++) {
        if (!uses[use].changes)
            continue;
        renew(ring, &ring->held->entry[use]);
        ring->held->entry[use].until_s = uses[use].expires ? now_s + TOKEN_GRACE_S : 0;
    }
    ring->epoch++;
    return OK;
}

enum error ring_accept(struct ring *ring, const char *offer, int64_t now_s)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4096);
    CLEANUP_KEY struct secret_key new_seal;
    struct slice sealed;

    if (!arena) /* cover: only without memory */
        return ERROR_MEMORY;
    TRY(file_read(arena, offer, SECRET_KEY_BYTES + SEAL_OVERHEAD, &sealed, NULL));
    if (sealed.length != SECRET_KEY_BYTES + SEAL_OVERHEAD)
        return ERROR_SEALED;
    TRY(seal_open(&ring->held->seal, offer_binding, sealed, new_seal.byte));

    struct secret_pool *pool = secret_pool_new(1, sizeof *ring->held);
    struct held *kept = pool ? secret_take(pool) : NULL; /* cover: only without memory */
    if (!kept)                                           /* cover: only without memory */
        return ERROR_MEMORY;
    *kept = *ring->held;
    enum error error = new_epoch(ring, now_s);
    if (error == OK) {
        ring->held->old_seal = ring->held->seal;
        ring->held->seal = new_seal;
        ring->two_roots = true;
        error = save(ring);
        if (error != OK) { /* as if nothing had been asked */
            *ring->held = *kept;
            ring->two_roots = false;
            ring->epoch--;
        }
    }
    secret_pool_free(pool);
    return error;
}

enum error ring_settle(struct ring *ring)
{
    ring->two_roots = false;
    TRY(save(ring));
    secret_wipe(&ring->held->old_seal, sizeof ring->held->old_seal);
    return OK;
}

/* ---- predecessors ---- */

enum error ring_renew(struct ring *ring, enum ring_use use, int64_t until_s)
{
    struct ring_entry *entry = &ring->held->entry[use];

    if (entry->flags & HAS_BEFORE)
        return ERROR_CONFLICT;
    renew(ring, entry);
    entry->flags |= UNTOLD;
    entry->until_s = until_s;
    enum error error = save(ring);
    if (error != OK) {
        entry->now = entry->before;
        entry->flags = 0;
        drop_before(entry);
    }
    return error;
}

bool ring_untold(const struct ring *ring, enum ring_use use)
{
    return ring->held->entry[use].flags & UNTOLD;
}

enum error ring_told(struct ring *ring, enum ring_use use)
{
    ring->held->entry[use].flags &= (uint8_t)~UNTOLD;
    enum error error = save(ring);
    if (error != OK)
        ring->held->entry[use].flags |= UNTOLD;
    return error;
}

enum error ring_forget(struct ring *ring, enum ring_use use)
{
    if (!ring_before(ring, use))
        return OK;
    drop_before(&ring->held->entry[use]);
    return save(ring);
}

enum error ring_forget_expired(struct ring *ring, int64_t now_s, bool *ret_forgot)
{
    *ret_forgot = false;
    for (size_t use = 0; use < RING_SECTOR; use++) {
        struct ring_entry *entry = &ring->held->entry[use];
        if (!uses[use].expires || !(entry->flags & HAS_BEFORE) || entry->flags & UNTOLD || entry->until_s > now_s)
            continue;
        drop_before(entry);
        *ret_forgot = true;
    }
    return *ret_forgot ? save(ring) : OK;
}
