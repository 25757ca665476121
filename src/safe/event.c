/* SPDX-License-Identifier: Apache-2.0 */
#include "event.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/encode.h"
#include "crypto/seal.h"
#include "text/date.h"
#include "text/json.h"

static void member_id(struct json_writer *writer, const char *name, const struct id *id)
{
    char text[ID_TEXT_BYTES];

    encode_hex(id_slice(id), text);
    json_member_string(writer, name, slice_of(text, sizeof text));
}

static void member_instant(struct json_writer *writer, const char *name, int64_t time_ms)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(64);

    date_write_instant(&text, time_ms);
    json_member_string(writer, name, buffer_view(&text));
}

static void member_time(struct json_writer *writer, int64_t time_ns)
{
    member_instant(writer, "time", time_ns / 1000000);
}

static void member_drawers(struct json_writer *writer, const char *name, unsigned drawers)
{
    json_key(writer, name);
    json_begin_array(writer);
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (drawers & 1u << d)
            json_cstring(writer, vocabulary_word(VOCABULARY_DRAWER, d));
    json_end_array(writer);
}

/* What the event says of an id: a commitment that opens to whoever has the id and the nonce, and joins with nothing. A
 * person's own proof must not hand out the name that her record has inside the house. */
static void write_commitment(struct json_writer *writer, const uint8_t *nonce, struct slice value)
{
    struct hash commitment = hash_keyed(slice_of(nonce, EVENT_NONCE_BYTES), value);
    char text[ID_TEXT_BYTES];

    encode_hex(slice_of(commitment.byte, ID_BYTES), text);
    json_string(writer, slice_of(text, sizeof text));
}

static void member_persons(struct json_writer *writer, const struct access *access, const uint8_t *nonce)
{
    json_key(writer, "persons");
    json_begin_array(writer);
    for (size_t i = 0; i < access->targets; i++)
        write_commitment(writer, nonce, id_slice(&access->target[i].person));
    json_end_array(writer);
}

static void write_asker(struct json_writer *writer, const struct credential *credential, const uint8_t *nonce)
{
    /* A name can be guessed: its commitment has a nonce of its own, which stays beside the name. */
    json_key(writer, "looker");
    write_commitment(writer, nonce, credential->actor);
    json_member_cstring(writer, "role", vocabulary_word(VOCABULARY_ROLE, credential->role));
    json_member_cstring(writer, "sector", vocabulary_word(VOCABULARY_SECTOR, credential->sector));
    member_id(writer, "organization", &credential->organization);
}

/* As the door names it in each answer (X-Request-Id). */
static void member_request(struct json_writer *writer, uint64_t request)
{
    char text[2 * sizeof request + 1];

    if (request == 0)
        return;
    int length = snprintf(text, sizeof text, "%016" PRIx64, request);
    json_member_string(writer, "request", slice_of(text, (size_t)length));
}

static void write_asked(struct json_writer *writer, const struct event_access *event, const uint8_t *nonce)
{
    const struct access *access = event->access;

    json_member_cstring(writer, "action",
                        access->open_glass ? "break-glass" : vocabulary_word(VOCABULARY_ACTION, access->action));
    member_persons(writer, access, nonce);
    json_member_string(writer, "type", access->type);
    if (!id_is_zero(&access->resource)) {
        json_key(writer, "resource");
        write_commitment(writer, nonce, id_slice(&access->resource));
    }
    if (access->resources > 0) {
        json_key(writer, "resources");
        json_integer(writer, access->resources);
    }
    if (access->replaces) { /* what was there before is replaced or deleted */
        json_key(writer, "replaces");
        json_bool(writer, true);
    }
    member_drawers(writer, "asked", access->drawers);
    member_request(writer, access->request);
    if (access->reason.length > 0)
        json_member_string(writer, "reason", access->reason);
    if (!id_is_zero(&access->order))
        member_id(writer, "order", &access->order);
}

/* Of a search across persons: the places, in `persons`, of those of whom each drawer was opened. Without it a
 * person who was not shown would read that she was, and an answer could not be held against the entry. */
static void write_opened_of(struct json_writer *writer, const struct event_access *event)
{
    json_key(writer, "openedOf");
    json_begin_object(writer);
    for (unsigned d = 0; d < DRAWER_COUNT; d++) {
        if (!(event->drawers & 1u << d))
            continue;
        json_key(writer, vocabulary_word(VOCABULARY_DRAWER, d));
        json_begin_array(writer);
        for (size_t i = 0; i < event->access->targets; i++)
            if (event->each[i].drawers & 1u << d)
                json_integer(writer, (int64_t)i);
        json_end_array(writer);
    }
    json_end_object(writer);
}

static void write_decided(struct json_writer *writer, const struct event_access *event)
{
    member_drawers(writer, "opened", event->drawers);
    if (event->each && event->access->targets > 1 && event->error == OK)
        write_opened_of(writer, event);
    json_member_cstring(writer, "decision", event->error == OK ? "permit" : "deny");
    json_member_cstring(writer, "outcome", vocabulary_outcome(event->outcome));
    if (event->error != OK)
        json_member_cstring(writer, "error", error_entry(event->error)->name);
    json_member_string(writer, "row", event->row);
    json_member_string(writer, "citation", event->citation);
    if (event->error == OK)
        json_member_string(writer, "basis", event->basis);
    json_member_string(writer, "rules", event->rules);
    json_member_string(writer, "obligations", event->obligations);
    if (event->break_glass) {
        json_key(writer, "breakGlass");
        json_bool(writer, true);
    }
}

void event_write_access(const struct event_access *event, const uint8_t nonce[EVENT_NONCE_BYTES], struct buffer *into)
{
    struct json_writer writer = json_writer(into);

    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "access");
    member_time(&writer, event->time_ns);
    write_asker(&writer, event->credential, event->looker_nonce);
    json_member_cstring(&writer, "purpose", vocabulary_word(VOCABULARY_PURPOSE, event->purpose));
    write_asked(&writer, event, nonce);
    write_decided(&writer, event);
    json_end_object(&writer);
}

static void member_hex(struct json_writer *writer, const char *name, const uint8_t bytes[ID_BYTES])
{
    char text[ID_TEXT_BYTES];

    encode_hex(slice_of(bytes, ID_BYTES), text);
    json_member_string(writer, name, slice_of(text, sizeof text));
}

/* The tokens of all, or of those who are to be told. */
static void member_tokens(struct json_writer *writer, const char *name, const struct event_looker *looker,
                          const bool *wanted)
{
    char text[ID_TEXT_BYTES];

    json_key(writer, name);
    json_begin_array(writer);
    for (size_t i = 0; i < looker->tokens; i++) {
        if (wanted && !wanted[i])
            continue;
        encode_hex(slice_of(looker->token[i], ID_BYTES), text);
        json_string(writer, slice_of(text, sizeof text));
    }
    json_end_array(writer);
}

static bool any_told(const struct event_looker *looker)
{
    for (size_t i = 0; looker->told && i < looker->tokens; i++)
        if (looker->told[i])
            return true;
    return false;
}

static void write_seal(struct json_writer *writer, const struct event_looker *looker)
{
    if (looker->order)
        member_id(writer, "order", looker->order);
    if (looker->until_s) {
        json_key(writer, "until");
        json_integer(writer, looker->until_s);
    }
    if (looker->intake_entry) {
        json_key(writer, "intake");
        json_integer(writer, (int64_t)*looker->intake_entry);
    }
}

void event_write_looker(const struct event_looker *looker, struct buffer *into)
{
    struct json_writer writer = json_writer(into);

    json_begin_object(&writer);
    json_member_string(&writer, "actor", looker->credential->actor);
    member_hex(&writer, "nonce", looker->nonce);
    member_id(&writer, "credential", &looker->credential->id);
    member_tokens(&writer, "index", looker, NULL);
    if (any_told(looker))
        member_tokens(&writer, "told", looker, looker->told);
    if (looker->review_kind) {
        json_key(&writer, "review");
        json_begin_object(&writer);
        json_key(&writer, "kind");
        json_integer(&writer, looker->review_kind);
        member_id(&writer, "subject", &looker->review_subject);
        json_end_object(&writer);
    }
    if (looker->subject.length > 0)
        json_member_string(&writer, "subject", looker->subject);
    if (looker->commitment)
        member_id(&writer, "commitment", looker->commitment);
    write_seal(&writer, looker);
    json_end_object(&writer);
}

void event_write_deed(const struct event_deed *deed, struct buffer *into)
{
    struct json_writer writer = json_writer(into);

    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "oversight");
    member_time(&writer, deed->time_ns);
    write_asker(&writer, deed->credential, deed->looker_nonce);
    json_member_cstring(&writer, "action", deed->action);
    member_request(&writer, deed->request);
    json_member_cstring(&writer, "decision", deed->error == OK ? "permit" : "deny");
    if (deed->error != OK)
        json_member_cstring(&writer, "error", error_entry(deed->error)->name);
    if (deed->what)
        json_member_cstring(&writer, "what", deed->what);
    if (deed->subject.length > 0) {
        json_key(&writer, "subject");
        write_commitment(&writer, deed->looker_nonce, deed->subject);
    }
    json_key(&writer, "number");
    json_integer(&writer, (int64_t)deed->number);
    if (deed->verdict)
        json_member_cstring(&writer, "verdict", deed->verdict);
    if (deed->words.length > 0)
        json_member_string(&writer, "words", deed->words);
    json_end_object(&writer);
}

static void write_asked_by_order(struct json_writer *writer, const struct event_order *event)
{
    if (event->authority.length > 0)
        json_member_string(writer, "authority", event->authority);
    if (event->law.length > 0)
        json_member_string(writer, "law", event->law);
    if (event->article.length > 0)
        json_member_string(writer, "article", event->article);
    if (event->drawers)
        member_drawers(writer, "drawers", event->drawers);
    if (event->until_s)
        member_instant(writer, "until", event->until_s * 1000);
    if (event->told_s)
        member_instant(writer, "told", event->told_s * 1000);
}

void event_write_order(const struct event_order *event, struct buffer *into)
{
    struct json_writer writer = json_writer(into);
    char commitment[2 * HASH_BYTES];

    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "order");
    member_time(&writer, event->time_ns);
    write_asker(&writer, event->credential, event->looker_nonce);
    json_member_cstring(&writer, "action", event->action);
    member_request(&writer, event->request);
    json_member_cstring(&writer, "decision", event->error == OK ? "permit" : "deny");
    if (event->error != OK)
        json_member_cstring(&writer, "error", error_entry(event->error)->name);
    member_id(&writer, "order", event->order);
    if (event->commitment) {
        encode_hex(hash_slice(event->commitment), commitment);
        json_member_string(&writer, "commitment", slice_of(commitment, sizeof commitment));
    }
    write_asked_by_order(&writer, event);
    if (event->words.length > 0)
        json_member_string(&writer, "words", event->words);
    if (event->reads) {
        json_key(&writer, "reads");
        json_integer(&writer, (int64_t)*event->reads);
    }
    json_end_object(&writer);
}

void event_write_completions(int64_t time_ns, const struct completion *completion, size_t count, struct buffer *into)
{
    struct json_writer writer = json_writer(into);

    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "completed");
    member_time(&writer, time_ns);
    json_key(&writer, "accesses");
    json_begin_array(&writer);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&writer);
        json_key(&writer, "entry");
        json_integer(&writer, (int64_t)completion[i].leaf);
        json_key(&writer, "returned");
        json_integer(&writer, completion[i].returned);
        if (completion[i].error != OK)
            json_member_cstring(&writer, "error", error_entry(completion[i].error)->name);
        json_end_object(&writer);
    }
    json_end_array(&writer);
    json_end_object(&writer);
}

#define FORMAT 1

struct event_binding {
    char bytes[16];
    size_t length;
};

static struct event_binding binding_of(uint32_t hour)
{
    struct event_binding binding = {.length = 0};
    struct buffer into = {.data = binding.bytes, .capacity = sizeof binding.bytes, .maximum = sizeof binding.bytes};

    buffer_string(&into, "event");
    buffer_byte(&into, FORMAT);
    buffer_u32(&into, hour);
    binding.length = into.length;
    return binding;
}

void event_seal(const struct secret_key *hour_key, uint32_t hour, struct world *world, struct slice plain,
                struct slice looker, struct buffer *sealed, struct hash *ret_event_hash)
{
    CLEANUP_BUFFER_WIPE struct buffer whole = buffer_new(8 * EVENT_BYTES_MAX);
    struct event_binding binding = binding_of(hour);
    struct slice event = slice_from(plain, EVENT_NONCE_BYTES);

    *ret_event_hash = hash_sha256(plain);
    buffer_bytes(&whole, plain.data, EVENT_NONCE_BYTES);
    buffer_u32(&whole, (uint32_t)event.length);
    buffer_slice(&whole, event);
    buffer_slice(&whole, looker);
    while (whole.length % EVENT_PADDING != 0 && !whole.failed)
        buffer_byte(&whole, ' ');
    buffer_byte(sealed, FORMAT);
    buffer_u32(sealed, hour);
    void *room = whole.failed ? NULL : buffer_room(sealed, whole.length + SEAL_OVERHEAD);
    if (room)
        seal(hour_key, world, slice_of(binding.bytes, binding.length), buffer_view(&whole), room);
    buffer_depends(sealed, &whole);
}

enum error event_hour(struct slice sealed, uint32_t *ret_hour)
{
    struct reader reader = reader_of(sealed);

    if (reader_byte(&reader) != FORMAT)
        return ERROR_SEALED;
    *ret_hour = reader_u32(&reader);
    return reader.failed || reader.rest.length < SEAL_OVERHEAD + EVENT_NONCE_BYTES ? ERROR_SEALED : OK;
}

static struct slice trimmed(struct slice text)
{
    while (text.length > 0 && text.data[text.length - 1] == ' ')
        text.length--;
    return text;
}

enum error event_open(const struct secret_key *hour_key, struct slice sealed, struct arena *arena,
                      struct event_opened *ret_event)
{
    uint32_t hour;

    TRY(event_hour(sealed, &hour));
    struct event_binding binding = binding_of(hour);
    struct slice bytes = slice_from(sealed, 1 + sizeof hour);
    size_t length = bytes.length - SEAL_OVERHEAD;
    char *whole = arena_alloc(arena, length), *plain = arena_alloc(arena, length);
    if (!whole || !plain)
        return ERROR_MEMORY;
    TRY(seal_open(hour_key, slice_of(binding.bytes, binding.length), bytes, whole));

    struct reader reader = reader_of(slice_of(whole, length));
    struct slice nonce = reader_bytes(&reader, EVENT_NONCE_BYTES);
    uint32_t event_length = reader_u32(&reader);
    struct slice event = reader_bytes(&reader, event_length);
    if (reader.failed)
        return ERROR_SEALED;
    memcpy(plain, nonce.data, EVENT_NONCE_BYTES);
    memcpy(plain + EVENT_NONCE_BYTES, event.data, event.length);
    *ret_event = (struct event_opened){slice_of(plain, EVENT_NONCE_BYTES + event.length), event, trimmed(reader.rest)};
    return OK;
}

/* Her place among the event's persons, or -1. */
static int64_t place_of(const struct event_opened *event, const struct json *json, const struct id *person)
{
    struct slice nonce = slice_of(event->plain.data, EVENT_NONCE_BYTES);
    struct hash commitment = hash_keyed(nonce, id_slice(person));
    char text[ID_TEXT_BYTES];

    encode_hex(slice_of(commitment.byte, ID_BYTES), text);
    for (struct json_items items = json_items(json_member(json, "persons")); json_next(&items);)
        if (slice_equal(json_text(items.value), slice_of(text, sizeof text)))
            return (int64_t)items.index;
    return -1;
}

static bool names_place(const struct json *places, int64_t place)
{
    uint64_t value;

    for (struct json_items items = json_items(places); json_next(&items);)
        if (slice_to_u64(json_text(items.value), &value) && (int64_t)value == place)
            return true;
    return false;
}

enum error event_drawers_of(const struct event_opened *event, const struct id *person, struct arena *arena,
                            unsigned *ret_drawers)
{
    const struct json *json, *each;
    unsigned drawers = 0;

    TRY(json_parse(arena, event->json, &json, NULL));
    int64_t place = place_of(event, json, person);
    each = json_member(json, "openedOf");
    for (struct json_items items = json_items(json_member(json, "opened")); json_next(&items);) {
        struct slice word = json_text(items.value);
        int drawer = vocabulary_number(VOCABULARY_DRAWER, word);
        if (drawer >= 0 && (!each || names_place(json_member_slice(each, word), place)))
            drawers |= 1u << drawer;
    }
    *ret_drawers = place >= 0 ? drawers : 0;
    return OK;
}
