/* SPDX-License-Identifier: Apache-2.0 */

/* A lawful order from the law that three bodies sign to the day on which she is told, with another that is refused, and
 * the index of the log deleted in between. Whatever the disk does: no look without a release in the log, no release
 * there without both signatures, a commitment in public for each order that was taken in, and she is told on the day,
 * once, and not before. */

#define _GNU_SOURCE
#include "story_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/note.h"
#include "../safe/order_asks.h"

#define HOUR_S 3600
#define RELEASED_UNTIL_S (STORY_START_S + 12 * HOUR_S)
#define EXPIRES_S (STORY_START_S + 20 * HOUR_S)
#define ORDERS 8 /* tried again, one becomes two */

static const struct law_said DAY_LAW = {"lawenforcement", "identity,contact", 1, STORY_START_S - 10,
                                        STORY_START_S + DAYS(300)};

static enum error bela_too(struct house *house, struct story *story)
{
    return story_register(house, story, STORY_PATIENT("Szabo", "0471"), &story->bela, &story->token[BY_BELA]);
}

/* ---- the route ---- */

/* What order_asks.h needs of a node to write its texts. */
static struct whole texts_of(const struct house *house)
{
    struct whole whole = {.arena = house->arena};

    snprintf(whole.directory, sizeof whole.directory, "%.95s", house->directory);
    return whole;
}

static enum error set_up_route(struct house *house, enum order_setup what, struct slice text)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(NOTE_BYTES_MAX + 16);

    buffer_byte(&payload, (uint8_t)what);
    buffer_slice(&payload, text);
    TRY(buffer_check(&payload));
    return house_ask(house, PROTOCOL_ORDER_SETUP, buffer_view(&payload), NULL);
}

static enum error take_three_keys(struct house *house, struct story *story)
{
    struct whole whole = texts_of(house);

    (void)story;
    return set_up_route(house, ORDER_SETUP_KEYS, keys_text(&whole, OVERSIGHT, COMMUNITY, HEALTH));
}

static enum error take_law(struct house *house, struct story *story)
{
    struct whole whole = texts_of(house);

    (void)story;
    return set_up_route(house, ORDER_SETUP_LAW, sign_by(house->arena, law_text(&whole, &DAY_LAW), ALL_THREE));
}

static enum error close_route(struct house *house, struct story *story)
{
    (void)story;
    return set_up_route(house, ORDER_SETUP_CLOSE, SLICE(""));
}

static enum error ask_route(struct house *house, bool *ret_open)
{
    int64_t now_s = world_now_s(&house->world);
    struct slice answer;

    TRY(house_ask(house, PROTOCOL_ORDER_ROUTE, SLICE(""), &answer));
    struct reader reader = reader_of(answer);
    int64_t from_s = (int64_t)reader_u64(&reader), until_s = (int64_t)reader_u64(&reader);
    *ret_open = from_s <= now_s && now_s < until_s;
    return OK;
}

static enum error route_is(struct house *house, bool wanted, const char **ret_why)
{
    bool open;

    TRY(ask_route(house, &open));
    *ret_why = open ? "a route that was closed is open" : "a route that was opened is gone";
    return open == wanted ? OK : STORY_WRONG;
}
static enum error route_is_open(struct house *house, const struct story *story, const char **ret_why)
{
    (void)story;
    return route_is(house, true, ret_why);
}
static enum error route_is_closed(struct house *house, const struct story *story, const char **ret_why)
{
    (void)story;
    return route_is(house, false, ret_why);
}

/* ---- orders ---- */

static enum error take_in(struct house *house, const char *name, struct id *ret_order)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    const char *const said[] = {ASKING.authority, ASKING.officer,   ASKING.law,
                                ASKING.article,   ASKING.reference, ASKING.drawers};
    struct house_token officer;
    struct slice answer;

    TRY(house_issue(house, &INSPECTOR, &officer));
    buffer_byte(&payload, ORDER_INTAKE);
    protocol_asker_write(slice_of(officer.byte, officer.length), 0, &payload);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        protocol_text_write(slice_from_string(said[i]), &payload);
    buffer_u64(&payload, EXPIRES_S);
    protocol_text_write(slice_from_string(name), &payload);
    protocol_text_write(slice_from_string(ASKING.born), &payload);
    TRY(buffer_check(&payload));
    TRY(house_ask(house, PROTOCOL_ORDER, buffer_view(&payload), &answer));
    if (answer.length != ID_BYTES)
        return ERROR_INTERNAL;
    memcpy(ret_order->byte, answer.data, ID_BYTES);
    return OK;
}

static enum error first_comes(struct house *house, struct story *story)
{
    return take_in(house, "Anna Hadad", &story->order[0]);
}
static enum error second_comes(struct house *house, struct story *story)
{
    return take_in(house, "Bela Szabo", &story->order[1]);
}

/* What oversight is told of an open order; NULL: it is not open. */
static enum error find_order(struct house *house, const struct id *order, const struct json **ret_found)
{
    struct house_token counsel;
    const struct json *list;
    struct slice answer;

    TRY(house_issue(house, &COUNSEL, &counsel));
    TRY(story_list(house, PROTOCOL_ORDERS, &counsel, &answer));
    answer = arena_copy(house->arena, answer);
    if (!answer.data)
        return ERROR_MEMORY;
    TRY(json_parse(house->arena, answer, &list, NULL));
    *ret_found = NULL;
    for (struct json_items i = json_items(list); json_next(&i);)
        if (slice_equal(json_text(json_member(i.value, "order")), hex_of(house->arena, id_slice(order))))
            *ret_found = i.value;
    return OK;
}

static enum error is_open(struct house *house, const struct id *order, const char **ret_why)
{
    const struct json *found;

    TRY(find_order(house, order, &found));
    *ret_why = "an order that was taken in is not there";
    return found ? OK : STORY_WRONG;
}
static enum error first_is_open(struct house *house, const struct story *story, const char **ret_why)
{
    return is_open(house, &story->order[0], ret_why);
}
static enum error second_is_open(struct house *house, const struct story *story, const char **ret_why)
{
    return is_open(house, &story->order[1], ret_why);
}

static enum error look_for_her(struct house *house, struct story *story)
{
    struct house_token counsel;
    struct house_seen seen;

    TRY(house_issue(house, &COUNSEL, &counsel));
    TRY(house_match(house, &counsel, &story->order[0], SLICE("name=hadad"), &seen));
    return seen.count > 0 ? OK : STORY_WRONG;
}

/* As oversight's sector knows her. */
static enum error wire_id(struct house *house, const struct id *person, struct id *ret_wire)
{
    struct session_keys keys;
    struct slice payload;

    TRY(house_ask(house, PROTOCOL_HELLO, SLICE(""), &payload));
    TRY(session_keys_read(payload, &keys));
    struct block_cipher *cipher = block_cipher_new(&keys.sector[SECTOR_OVERSIGHT]);
    if (!cipher)
        return ERROR_MEMORY;
    block_encrypt(cipher, person->byte, ret_wire->byte);
    block_cipher_free(cipher);
    return OK;
}

static enum error write_release(struct house *house, const struct story *story, unsigned who, struct slice *ret_note)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(ORDER_TEXT_MAX);
    struct whole whole = texts_of(house);
    struct order_release release = {
        .node = node_of(&whole), .order = story->order[0], .drawers = BIT(IDENTITY), .until_s = RELEASED_UNTIL_S};
    const struct json *asked;

    TRY(find_order(house, &release.order, &asked));
    if (!asked)
        return ERROR_NOT_FOUND;
    TRY(decode_hex(json_text(json_member(asked, "hash")), release.hash.byte, HASH_BYTES));
    TRY(wire_id(house, &story->anna, &release.person));
    order_release_write(&release, &text);
    *ret_note = sign_by(house->arena, buffer_view(&text), who);
    return OK;
}

static enum error decide_order(struct house *house, enum order_verb verb, const struct id *order, struct slice words)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(NOTE_BYTES_MAX);
    struct house_token counsel;

    TRY(house_issue(house, &COUNSEL, &counsel));
    buffer_byte(&payload, (uint8_t)verb);
    protocol_asker_write(slice_of(counsel.byte, counsel.length), 0, &payload);
    buffer_slice(&payload, id_slice(order));
    protocol_text_write(words, &payload);
    TRY(buffer_check(&payload));
    return house_ask(house, PROTOCOL_ORDER, buffer_view(&payload), NULL);
}

/* With oversight's signature alone. */
static enum error try_half_a_release(struct house *house, struct story *story)
{
    struct slice note;

    TRY(write_release(house, story, 1u << OVERSIGHT, &note));
    enum error error = decide_order(house, ORDER_RELEASE, &story->order[0], note);
    return error == ERROR_SIGNATURE ? OK : error == OK ? STORY_WRONG : error;
}

static enum error give_release(struct house *house, struct story *story)
{
    struct slice note;

    TRY(write_release(house, story, BOTH, &note));
    return decide_order(house, ORDER_RELEASE, &story->order[0], note);
}

static enum error refuse_second(struct house *house, struct story *story)
{
    return decide_order(house, ORDER_REFUSE, &story->order[1], SLICE("no ground is given"));
}
static enum error second_is_closed(struct house *house, const struct story *story, const char **ret_why)
{
    const struct json *found;

    TRY(find_order(house, &story->order[1], &found));
    *ret_why = "an order that was refused is open again";
    return found ? STORY_WRONG : OK;
}

/* The officer's look at somebody under an order. */
static enum error look_under(struct house *house, const struct id *order, const struct id *person,
                             struct house_seen *ret_seen)
{
    struct house_token officer;

    TRY(house_issue(house, &INSPECTOR, &officer));
    return house_read_under(house, &officer, order, person, ret_seen);
}

static enum error officer_reads(struct house *house, struct story *story)
{
    struct house_seen seen;

    TRY(look_under(house, &story->order[0], &story->anna, &seen));
    story->reads++;
    return slice_search(seen.json, SLICE("Hadad")) != SIZE_MAX ? OK : STORY_WRONG;
}

static enum error refused_looks(struct house *house, const struct id *order, const struct id *person,
                                const char **ret_why)
{
    struct house_seen seen;
    enum error error = look_under(house, order, person, &seen);

    *ret_why = "a look goes beyond the release";
    return error == OK ? STORY_WRONG : error == ERROR_REFUSED || error == ERROR_NOT_FOUND ? OK : error;
}

/* Her name and nothing that was not released, and nobody else; nothing at all when it is over. */
static enum error opens_no_more(struct house *house, const struct story *story, const char **ret_why)
{
    struct house_seen seen;

    if (world_now_s(&house->world) >= RELEASED_UNTIL_S)
        return refused_looks(house, &story->order[0], &story->anna, ret_why);
    TRY(look_under(house, &story->order[0], &story->anna, &seen));
    *ret_why = "an order opens more than was released";
    if (slice_search(seen.json, SLICE("Hadad")) == SIZE_MAX || slice_search(seen.json, SLICE("0470")) != SIZE_MAX)
        return STORY_WRONG;
    TRY(refused_looks(house, &story->order[0], &story->bela, ret_why));
    return refused_looks(house, &story->order[1], &story->bela, ret_why);
}

static enum error rest_a_second(struct house *house, struct story *story)
{
    (void)story;
    safe_idle(house->safe);
    return OK;
}

static enum error is_over(struct house *house, const struct story *story, const char **ret_why)
{
    return refused_looks(house, &story->order[0], &story->anna, ret_why);
}

/* ---- telling her ---- */

/* What her list says of orders. What was refused is hers to read at once: no order spoke for it. */
struct hers {
    size_t permitted, told;
    uint64_t reads; /* that she was told of */
};

static enum error read_line(struct house *house, struct slice text, struct hers *hers)
{
    const struct json *event;

    TRY(json_parse(house->arena, text, &event, NULL));
    if (!json_member(event, "order") || !json_is(json_member(event, "decision"), "permit"))
        return OK;
    hers->permitted++;
    if (!json_is(json_member(event, "action"), "told"))
        return OK;
    hers->told++;
    return slice_to_u64(json_text(json_member(event, "reads")), &hers->reads) ? OK : ERROR_CORRUPT;
}

static enum error her_list(struct house *house, const struct story *story, struct hers *ret_hers)
{
    struct whole_person herself = whole_patient(&story->anna);
    struct house_token token;
    struct slice list;

    *ret_hers = (struct hers){0};
    TRY(house_issue(house, &herself, &token));
    TRY(house_events(house, &token, &story->anna, &list));
    struct reader reader = reader_of(list);
    for (size_t left = reader_u16(&reader); left > 0; left--) {
        reader_u64(&reader);      /* its entry */
        reader_bytes(&reader, 3); /* notice, review, drawers */
        TRY(read_line(house, protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX), ret_hers));
    }
    return reader.failed ? ERROR_SYNTAX : OK;
}

static enum error is_told(struct house *house, const struct story *story, const char **ret_why)
{
    struct hers hers;

    TRY(her_list(house, story, &hers));
    *ret_why = "the term is over, and she is not told";
    return hers.told == 1 ? OK : STORY_WRONG;
}

/* The clock does it. */
static enum error tell_her(struct house *house, struct story *story)
{
    const char *why;

    safe_idle(house->safe);
    return is_told(house, story, &why);
}

/* clang-format off */
static const struct story_step steps[] = {
    {"a node is made",            0, story_made,         NULL,             NULL, false},
    {"staff get credentials",     0, story_staffed,      NULL,             NULL, false},
    {"Anna is registered",        0, story_registered,   NULL,             NULL, false},
    {"Bela is registered",        0, bela_too,           NULL,             NULL, false},
    {"three keys are taken",      1, take_three_keys,    NULL,             NULL, false},
    {"a law opens the route",     1, take_law,           route_is_open,    "the route is closed", false},
    {"an order comes in",         1, first_comes,        first_is_open,    "the order is released", false},
    {"another comes in",          1, second_comes,       second_is_open,   "the other is refused", false},
    {"oversight looks for her",   2, look_for_her,       NULL,             NULL, false},
    {"half a release",            2, try_half_a_release, NULL,             NULL, false},
    {"the order is released",     2, give_release,       opens_no_more,    "the release is over", false},
    {"the other is refused",      2, refuse_second,      second_is_closed, "the route is closed", false},
    {"the officer reads",         2, officer_reads,      NULL,             NULL, false},
    {"the index is made anew",    3, rest_a_second,      NULL,             NULL, false},
    {"the officer reads again",   3, officer_reads,      NULL,             NULL, false},
    {"the release is over",       4, rest_a_second,      is_over,          NULL, false},
    {"she is told",               5, tell_her,           is_told,          NULL, false},
    {"the route is closed",       5, close_route,        route_is_closed,  NULL, false},
};
/* clang-format on */

static const int64_t begins_s[] = {60, 120, 180, 240, 13 * HOUR_S, 25 * HOUR_S};

static void lose_index(const char *directory, unsigned chapter)
{
    if (chapter == 3)
        (void)unlink(node_path(directory, "log/index.db").text);
}

/* ---- what the log says, and what is so ---- */

struct logged {
    struct slice order; /* the first one's id */
    struct slice only;  /* the one whose commitments are wanted; empty: all */
    struct note_key key[2];
    struct slice commitment[ORDERS];
    size_t commitments, releases, reads, told;
    bool unsigned_release;
};

static bool both_signed(const struct logged *logged, struct slice release)
{
    struct note note;

    return note_parse(release, &note) == OK && note_verify(&note, &logged->key[0]) == OK &&
           note_verify(&note, &logged->key[1]) == OK;
}

static enum error note_entry(void *context, const struct json *event, const struct json *looker)
{
    struct logged *logged = context;
    const struct json *action = json_member(event, "action");

    if (!json_is(json_member(event, "decision"), "permit"))
        return OK;
    if (json_is(action, "read") && json_is(json_member(looker, "actor"), INSPECTOR.actor))
        logged->reads++;
    if (json_is(action, "intake") && logged->commitments < ORDERS &&
        (logged->only.length == 0 || slice_equal(json_text(json_member(event, "order")), logged->only)))
        logged->commitment[logged->commitments++] = json_text(json_member(event, "commitment"));
    if (json_is(action, "release")) {
        logged->unsigned_release |= !both_signed(logged, json_text(json_member(looker, "subject")));
        logged->releases += slice_equal(json_text(json_member(event, "order")), logged->order);
    }
    logged->told += json_is(action, "told");
    return OK;
}

static enum error read_log(struct house *house, const struct story *story, struct logged *logged)
{
    static const unsigned signer[] = {OVERSIGHT, HEALTH};

    *logged = (struct logged){.order = hex_of(house->arena, id_slice(&story->order[0]))};
    for (size_t i = 0; i < 2; i++)
        TRY(note_key_parse(vkey_of(house->arena, signer[i]), &logged->key[i]));
    return story_visit_log(house, note_entry, logged);
}

/* Each order once among the commitments, as soon as anybody could have been told of it. */
static enum error commitments_are_public(struct house *house, const struct logged *logged, const char **ret_why)
{
    struct slice public;
    char hex[2 * HASH_BYTES + 1];

    TRY(story_public_log(house, &public));
    *ret_why = "an order's commitment is not in the public log, or is there twice";
    for (size_t i = 0; i < logged->commitments; i++) {
        snprintf(hex, sizeof hex, "%.*s", SLICE_PRINT(logged->commitment[i]));
        if (strlen(hex) != 2 * HASH_BYTES || story_times(public, hex) != 1)
            return STORY_WRONG;
    }
    return OK;
}

/* Before the clock could make up for it. */
static bool commitments_came_first(struct house *house, const struct story *story, char why[256])
{
    static const char *const names[] = {"an order comes in", "another comes in"};
    const char *what = "the log cannot be asked";
    enum error error = OK;

    for (size_t i = 0; i < 2 && error == OK; i++) {
        struct logged logged = {.only = hex_of(house->arena, id_slice(&story->order[i]))};
        if (!story->confirmed[story_named(&order_tale, names[i])])
            continue;
        error = story_visit_log(house, note_entry, &logged);
        if (error == OK && logged.commitments != 1) {
            what = "an order that was taken in has no entry";
            error = STORY_WRONG;
        }
        if (error == OK)
            error = commitments_are_public(house, &logged, &what);
    }
    if (error != OK)
        snprintf(why, 256, "before the first second: %s", what);
    return error == OK;
}

/* A look opens her exactly while the log has a release that is in force, and is in the log itself. */
static enum error looks_as_logged(struct house *house, const struct story *story, struct logged *logged,
                                  const char **ret_why)
{
    struct house_seen seen;
    bool open;

    enum error look = look_under(house, &story->order[0], &story->anna, &seen);
    TRY(ask_route(house, &open));
    TRY(read_log(house, story, logged));
    *ret_why = "a release is in the log without both signatures";
    if (logged->unsigned_release)
        return STORY_WRONG;
    *ret_why = "a look was answered that is not in the log";
    if (logged->reads < story->reads + (look == OK))
        return STORY_WRONG;
    bool in_force = logged->releases > 0 && open && world_now_s(&house->world) < RELEASED_UNTIL_S;
    *ret_why = look == OK ? "a look opens her without a release" : "a release is in the log and opens nothing";
    return (look == OK) == in_force ? OK : STORY_WRONG;
}

/* Nothing before the day; on the day once, with how often she was looked at. */
static enum error told_on_the_day(struct house *house, const struct story *story, const struct logged *logged,
                                  const char **ret_why)
{
    bool early = story->clock_s < STORY_START_S + 24 * HOUR_S;
    struct hers hers;

    TRY(her_list(house, story, &hers));
    *ret_why = "she reads of an order before the term";
    if (early && hers.permitted > 0)
        return STORY_WRONG;
    world_advance(&house->world, INT64_C(25) * HOUR_S * 1000000000);
    safe_idle(house->safe);
    safe_idle(house->safe);
    TRY(her_list(house, story, &hers));
    *ret_why = "she is told of a release that there is not, or not of one that there is";
    if (hers.told != (logged->releases > 0))
        return STORY_WRONG;
    *ret_why = "she is told of other looks than there were";
    return hers.told == 0 || hers.reads == logged->reads ? OK : STORY_WRONG;
}

static bool orders_are_as_logged(struct house *house, const struct story *story, char why[256])
{
    const char *what = "the logs cannot be asked";
    struct logged logged;

    enum error error = looks_as_logged(house, story, &logged, &what);
    if (error == OK)
        error = commitments_are_public(house, &logged, &what);
    if (error == OK)
        error = told_on_the_day(house, story, &logged, &what);
    if (error != OK)
        snprintf(why, 256, "%s (%s)", what, error == STORY_WRONG ? "wrong" : error_entry(error)->name);
    return error == OK;
}

const struct tale order_tale = {
    .name = "an order",
    .step = steps,
    .steps = sizeof steps / sizeof *steps,
    .chapters = 6,
    .first = 1,
    .begins_s = begins_s,
    .cadence = {.cover = 1},
    .before = lose_index,
    .at_first = commitments_came_first,
    .at_last = orders_are_as_logged,
    .points = {1500, 500, 0},
};
