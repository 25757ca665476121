/* SPDX-License-Identifier: Apache-2.0 */

/* An entry of the access log: as sealed bytes, and, since these never get past the seal, as what is inside, sealed here;
 * then everything in the safe that reads an event again. Input: a byte (0: sealed bytes; 1: what is inside, raw; else an
 * event), then for an event: the event's JSON, a newline, and the JSON of who looked. */

#include "scratch_file.h"

#include "safe/evidence.c"
#include "safe/reindex.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct secret_key key = {{1}};
#define HOUR 472222u

/* As much of a safe as reading an event takes. */
static struct safe *small_safe(void)
{
    static struct safe safe;
    static struct safe_keys keys;
    static struct world world;

    if (!safe.arena) {
        safe.arena = arena_new(8u << 20);
        safe.keys = &keys;
        world = world_driven(1, 0);
        if (!safe.arena || person_index_open(scratch_path(), &keys.index, &safe.index, NULL) != OK)
            abort();
        safe.reviews = person_index_reviews(safe.index);
        safe.world = &world;
        safe.orders = (struct order_book){person_index_store(safe.index), &keys.order, &world};
    }
    arena_reset(safe.arena);
    return &safe;
}

/* As event.h states the format and the binding. */
static void seal_inside(struct slice inside, struct buffer *sealed)
{
    CLEANUP_BUFFER struct buffer binding = buffer_new(32);
    struct world world = world_driven(1, 0);

    buffer_string(&binding, "event");
    buffer_byte(&binding, 1);
    buffer_u32(&binding, HOUR);
    buffer_byte(sealed, 1);
    buffer_u32(sealed, HOUR);
    void *room = buffer_room(sealed, inside.length + SEAL_OVERHEAD);
    if (room)
        seal(&key, &world, buffer_view(&binding), inside, room);
}

static void seal_event(struct slice json, struct slice looker, struct buffer *sealed)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(1u << 20);
    struct world world = world_driven(1, 0);
    struct hash hash;

    buffer_string(&plain, "sixteen bytes ..");
    buffer_slice(&plain, json);
    event_seal(&key, HOUR, &world, buffer_view(&plain), looker, sealed, &hash);
}

static void read_again(struct safe *safe, const struct event_opened *opened)
{
    static const struct sought of_actor = {.actor = {"ana", 3}},
                               in_autumn = {.from = {"2026-09-01", 10}, .to = {"2026-11", 7}};
    CLEANUP_BUFFER struct buffer text = buffer_new(1u << 20);
    struct json_writer writer = json_writer(&text);
    const struct json *json;
    bool fits;

    (void)!is_sought(safe, &of_actor, opened, &fits);
    (void)!is_sought(safe, &in_autumn, opened, &fits);
    json_begin_object(&writer);
    if (evidence_write_looker(safe, &writer, opened->looker) == OK) {
        json_end_object(&writer);
        if (buffer_check(&text) == OK && json_parse(safe->arena, buffer_view(&text), &json, NULL) != OK)
            abort(); /* evidence is JSON, whatever stood in the entry */
    }
    (void)!add_entry(safe, opened, 7);
    if (person_index_pending(safe->index) > 1000 && person_index_flush(safe->index) != OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUFFER struct buffer sealed = buffer_new(1u << 20);
    struct safe *safe = small_safe();
    struct slice rest = slice_of(data + 1, size - 1), json;
    struct event_opened opened;
    uint32_t hour;

    if (size < 1)
        return 0;
    if (data[0] == 0) {
        if (event_hour(rest, &hour) == OK && event_open(&key, rest, safe->arena, &opened) == OK)
            abort(); /* nobody can make one without the hour's key */
        return 0;
    }
    if (data[0] == 1) {
        seal_inside(rest, &sealed);
    } else {
        json = slice_cut(&rest, '\n');
        seal_event(json, rest, &sealed);
    }
    if (event_open(&key, buffer_view(&sealed), safe->arena, &opened) != OK)
        return 0;
    if (data[0] > 1 && !slice_equal(opened.json, json))
        abort();
    read_again(safe, &opened);
    return 0;
}
