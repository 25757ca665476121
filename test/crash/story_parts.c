/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "story_parts.h"

#include <stdio.h>

#include "base/file.h"

static const struct whole_person INES = {ROLE_OVERSEER, SECTOR_OVERSIGHT, 1u << PURPOSE_HOPERAT, "ombud", {{0}},
                                         "ines"};

/* ---- made and staffed ---- */

enum error story_made(struct house *house, struct story *story)
{
    struct world world = world_driven(STORY_SEED, STORY_START_S * 1000000000);
    struct safe_options options = {house->directory, SLICE(""), &world, NULL};
    char directory[200];

    (void)story;
    TRY(file_make_directory(node_path(house->directory, "vault").text));
    TRY(safe_create(&options, &house->fault));
    snprintf(directory, sizeof directory, "%s", house->directory);
    return house_open(house, directory, STORY_SEED + 1, STORY_START_S + 60, NULL);
}

enum error story_staffed(struct house *house, struct story *story)
{
    const struct whole_person *const who[STAFF] = {&NURSE, &PHYSICIAN_ELSEWHERE, &PHYSICIAN_EMERGENCY, &INES};

    for (size_t i = 0; i < STAFF; i++)
        if (who[i])
            TRY(house_issue(house, who[i], &story->token[i]));
    return OK;
}

/* ---- records ---- */

enum error story_write(struct house *house, const struct house_token *as, enum gate_method method, const char *type,
                       const struct id *resource, const struct id *person, const char *json)
{
    static const struct slice term[] = {{"name=hadad", 10}, {"status=here", 11}};
    struct house_write write = {method, type, json, *resource, *person, 0, 0, term, 2};

    return house_write(house, as, &write, 1);
}

enum error story_sees(struct house *house, const struct house_token *as, const char *type, const struct id *resource,
                      uint64_t version, const char *text, const char **ret_why)
{
    struct house_seen seen;

    TRY(house_read(house, as, type, resource, version, &seen));
    if (seen.count == 1 && slice_search(seen.json, slice_from_string(text)) != SIZE_MAX)
        return OK;
    *ret_why = "another text is shown than was confirmed";
    return STORY_WRONG;
}

enum error story_sees_not(struct house *house, const struct house_token *as, const char *type,
                          const struct id *resource, const char **ret_why)
{
    struct house_seen seen;
    enum error error = house_read(house, as, type, resource, 0, &seen);

    if (error == ERROR_REFUSED || error == ERROR_NOT_FOUND || error == ERROR_GONE || error == ERROR_SUSPENDED)
        return OK;
    if (error != OK)
        return error;
    *ret_why = "somebody sees what she may not see any more";
    return STORY_WRONG;
}

enum error story_register(struct house *house, struct story *story, const char *json, struct id *ret_person,
                          struct house_token *ret_token)
{
    struct id person = {{0xA1, ++story->attempts}};
    struct whole_person self = whole_patient(&person);

    TRY(story_write(house, &story->token[BY_NURSE], GATE_CREATE, "Patient", &person, &person, json));
    *ret_person = person;
    return house_issue(house, &self, ret_token);
}

enum error story_registered(struct house *house, struct story *story)
{
    return story_register(house, story, STORY_PATIENT("Hadad", "0470"), &story->anna, &story->token[BY_ANNA]);
}
enum error story_is_registered(struct house *house, const struct story *story, const char **ret_why)
{
    return story_sees(house, &story->token[BY_NURSE], "Patient", &story->anna, 1, "\"Hadad\"", ret_why);
}

/* ---- suspensions ---- */

enum error story_list(struct house *house, enum protocol_kind kind, const struct house_token *as, struct slice *ret_list)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);

    protocol_asker_write(slice_of(as->byte, as->length), 0, &payload);
    TRY(buffer_check(&payload));
    return house_ask(house, kind, buffer_view(&payload), ret_list);
}

enum error story_suspend(struct house *house, const struct house_token *as, enum suspended what, const char *subject,
                         uint64_t *ret_number)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    struct slice answer;

    protocol_asker_write(slice_of(as->byte, as->length), 0, &payload);
    buffer_byte(&payload, (uint8_t)what);
    protocol_text_write(slice_from_string(subject), &payload);
    protocol_text_write(SLICE("under investigation"), &payload);
    TRY(buffer_check(&payload));
    TRY(house_ask(house, PROTOCOL_SUSPEND, buffer_view(&payload), &answer));
    struct reader reader = reader_of(answer);
    *ret_number = reader_u64(&reader);
    return OK;
}

enum error story_lift(struct house *house, const struct house_token *as, uint64_t number)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);

    protocol_asker_write(slice_of(as->byte, as->length), 0, &payload);
    buffer_u64(&payload, number);
    protocol_text_write(SLICE("cleared after inquiry"), &payload);
    TRY(buffer_check(&payload));
    return house_ask(house, PROTOCOL_LIFT, buffer_view(&payload), NULL);
}

/* ---- what the logs say ---- */

uint64_t story_size(struct slice note)
{
    uint64_t size = 0;

    slice_cut(&note, '\n');
    return slice_to_u64(slice_cut(&note, '\n'), &size) ? size : 0;
}

#define WIDTH 256
#define BUNDLES UINT8_MAX /* the level that they have */

static enum error public_bundle(struct house *house, uint64_t index, uint64_t width, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    struct slice bytes;

    buffer_byte(&payload, 1);
    buffer_byte(&payload, BUNDLES);
    buffer_u64(&payload, index);
    buffer_u16(&payload, (uint16_t)(width < WIDTH ? width : WIDTH));
    TRY(buffer_check(&payload));
    TRY(house_ask(house, PROTOCOL_TILE, buffer_view(&payload), &bytes));
    buffer_slice(into, bytes);
    return OK;
}

enum error story_public_log(struct house *house, struct slice *ret_text)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1u << 20);
    struct slice note;

    TRY(house_checkpoint(house, 1, &note));
    for (uint64_t size = story_size(note), at = 0; at < size; at += WIDTH)
        TRY(public_bundle(house, at / WIDTH, size - at, &text));
    TRY(buffer_check(&text));
    *ret_text = arena_copy(house->arena, buffer_view(&text));
    return ret_text->data ? OK : ERROR_MEMORY;
}

size_t story_times(struct slice text, const char *word)
{
    size_t count = 0;

    for (size_t at; (at = slice_search(text, slice_from_string(word))) != SIZE_MAX; text = slice_from(text, at + 1))
        count++;
    return count;
}

/* A page of evidence from entry `*next` on; 0 there: it was the last. */
static enum error page(struct house *house, const struct house_token *as, uint64_t *next, const struct json **ret_page)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    struct slice answer;

    protocol_asker_write(slice_of(as->byte, as->length), 0, &payload);
    protocol_text_write(SLICE("after a crash"), &payload);
    for (int filter = 0; filter < 5; filter++)
        protocol_text_write(SLICE(""), &payload);
    buffer_u64(&payload, *next);
    TRY(buffer_check(&payload));
    TRY(house_ask(house, PROTOCOL_EVIDENCE, buffer_view(&payload), &answer));
    answer = arena_copy(house->arena, answer);
    if (!answer.data)
        return ERROR_MEMORY;
    TRY(json_parse(house->arena, answer, ret_page, NULL));
    if (!slice_to_u64(json_text(json_member(*ret_page, "next")), next))
        *next = 0;
    return OK;
}

enum error story_visit_log(struct house *house, story_visit *visit, void *context)
{
    struct house_token overseer;
    uint64_t next = 0;

    TRY(house_issue(house, &INES, &overseer)); /* an old one may be over, or suspended */
    do {
        const struct json *entries;
        TRY(page(house, &overseer, &next, &entries));
        for (struct json_items i = json_items(json_member(entries, "entries")); json_next(&i);)
            TRY(visit(context, json_member(i.value, "event"), json_member(i.value, "looker")));
    } while (next > 0);
    return OK;
}
