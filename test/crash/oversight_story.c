/* SPDX-License-Identifier: Apache-2.0 */

/* What oversight closes: an actor, a row of the rules and a credential, then opened again, with the index of the log
 * deleted in between, twice. Whatever the disk does, what is in force is what the access log says, and strangers are
 * told of no more and no less. */

#define _GNU_SOURCE
#include "story_parts.h"

#include <stdio.h>
#include <unistd.h>

#define GLASS "D-28" /* the row that lets an emergency in */
#define SUSPENSIONS 8

/* ---- steps ---- */

static enum error suspend_nurse(struct house *house, struct story *story)
{
    return story_suspend(house, &story->token[BY_OVERSEER], SUSPENDED_ACTOR,
                         vocabulary_word(VOCABULARY_ROLE, ROLE_NURSE), &story->suspension[0]);
}
static enum error nurse_is_out(struct house *house, const struct story *story, const char **ret_why)
{
    struct house_seen seen;
    enum error error = house_read(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, &seen);

    *ret_why = "a suspension that was confirmed does not hold";
    return error == ERROR_SUSPENDED ? OK : STORY_WRONG;
}

static enum error suspend_row(struct house *house, struct story *story)
{
    return story_suspend(house, &story->token[BY_OVERSEER], SUSPENDED_RULE, GLASS, &story->suspension[1]);
}
static enum error glass_does_not_break(struct house *house, const struct story *story, const char **ret_why)
{
    uint64_t leaf;
    enum error error = house_break_glass(house, &story->token[BY_EMERGENCY], &story->anna,
                                         SLICE("unconscious, nobody with her"), &leaf);

    *ret_why = error == OK ? "a row that was suspended lets somebody in" : error_entry(error)->name;
    return error == ERROR_REFUSED ? OK : STORY_WRONG;
}

static enum error withdraw(struct house *house, struct story *story)
{
    const struct house_token *token = &story->token[BY_ELSEWHERE];

    return house_ask(house, PROTOCOL_REVOKE, slice_of(token->byte, token->length), NULL);
}
static enum error is_withdrawn(struct house *house, const struct story *story, const char **ret_why)
{
    struct house_seen seen;
    enum error error = house_read(house, &story->token[BY_ELSEWHERE], "Patient", &story->anna, 0, &seen);

    *ret_why = "a withdrawn credential is somebody's";
    return error == ERROR_UNAUTHENTICATED ? OK : STORY_WRONG;
}

static enum error lift_nurse(struct house *house, struct story *story)
{
    return story_lift(house, &story->token[BY_OVERSEER], story->suspension[0]);
}

static enum error lift_row(struct house *house, struct story *story)
{
    return story_lift(house, &story->token[BY_OVERSEER], story->suspension[1]);
}
static enum error row_counts(struct house *house, const struct story *story, const char **ret_why)
{
    uint64_t leaf;

    *ret_why = "a row whose suspension was lifted is closed";
    return house_break_glass(house, &story->token[BY_EMERGENCY], &story->anna, SLICE("unconscious, nobody with her"),
                             &leaf);
}

static enum error rested(struct house *house, struct story *story)
{
    (void)story;
    safe_idle(house->safe);
    return OK;
}

/* clang-format off */
static const struct story_step steps[] = {
    {"a node is made",          0, story_made,       NULL,                 NULL, false},
    {"staff get credentials",   0, story_staffed,    NULL,                 NULL, false},
    {"Anna is registered",      0, story_registered, story_is_registered,  "the nurse is suspended", false},
    {"the nurse is suspended",  1, suspend_nurse,    nurse_is_out,         "the nurse may again", false},
    {"a row is suspended",      1, suspend_row,      glass_does_not_break, "the row counts again", false},
    {"a credential withdrawn",  1, withdraw,         is_withdrawn,         NULL, true}, /* asked again it is nobody's */
    {"the index made anew",     2, rested,           NULL,                 NULL, false},
    {"the nurse may again",     2, lift_nurse,       story_is_registered,  "the nurse out again", true}, /* it is lifted */
    {"the row counts again",    2, lift_row,         row_counts,           NULL, true},
    {"the index made once more", 3, rested,          NULL,                 NULL, false},
    {"the nurse out again",     3, suspend_nurse,    nurse_is_out,         NULL, false},
};
/* clang-format on */

static const int64_t begins_s[] = {60, 120, 180, 240};

static void lose_index(const char *directory, unsigned chapter)
{
    if (chapter >= 2)
        (void)unlink(node_path(directory, "log/index.db").text);
}

/* ---- what the log says, and what is so ---- */

struct logged {
    uint64_t number[SUSPENSIONS]; /* in force */
    size_t count, suspended, lifted;
    uint64_t nurse; /* the number of the last one that names her */
};

static size_t place_of(const struct logged *logged, uint64_t number)
{
    size_t place = 0;

    while (place < logged->count && logged->number[place] != number)
        place++;
    return place;
}

static enum error note_deed(void *context, const struct json *event, const struct json *looker)
{
    struct logged *logged = context;
    bool suspends = json_is(json_member(event, "action"), "suspend"),
         lifts = json_is(json_member(event, "action"), "lift");
    uint64_t number;

    (void)looker;
    if ((!suspends && !lifts) || !json_is(json_member(event, "decision"), "permit"))
        return OK;
    if (!slice_to_u64(json_text(json_member(event, "number")), &number) || logged->count == SUSPENSIONS)
        return ERROR_CORRUPT;
    size_t place = place_of(logged, number);
    if (suspends && place == logged->count) {
        logged->number[logged->count++] = number;
        logged->nurse = json_is(json_member(event, "what"), "actor") ? number : logged->nurse;
        logged->suspended++;
    } else if (lifts && place < logged->count) {
        logged->number[place] = logged->number[--logged->count];
        logged->lifted++;
    }
    return OK;
}

/* Oversight's own list. */
static bool list_is(struct house *house, const struct story *story, const struct logged *logged, char why[256])
{
    const struct house_token *token = &story->token[BY_OVERSEER];
    const struct json *list;
    struct slice answer;
    size_t count = 0;
    bool alike = true;

    enum error error = story_list(house, PROTOCOL_SUSPENSIONS, token, &answer);
    if (error == OK)
        error = json_parse(house->arena, arena_copy(house->arena, answer), &list, NULL);
    for (struct json_items i = json_items(error == OK ? list : NULL); error == OK && json_next(&i); count++) {
        uint64_t number = 0;
        alike = alike && slice_to_u64(json_text(json_member(i.value, "number")), &number) &&
                place_of(logged, number) < logged->count;
    }
    if (error != OK || !alike || count != logged->count)
        snprintf(why, 256, "the log says that %zu suspensions are in force, the list has %zu (%s)", logged->count,
                 count, error_entry(error)->name);
    return why[0] == '\0';
}

static bool strangers_are_told(struct house *house, const struct logged *logged, char why[256])
{
    struct slice public;
    enum error error = story_public_log(house, &public);
    size_t suspended = error == OK ? story_times(public, "\"kind\":\"suspended\"") : 0,
           lifted = error == OK ? story_times(public, "\"kind\":\"suspension.lifted\"") : 0;

    if (suspended != logged->suspended || lifted != logged->lifted)
        snprintf(why, 256, "%zu were suspended and %zu lifted, the public log tells of %zu and %zu (%s)",
                 logged->suspended, logged->lifted, suspended, lifted, error_entry(error)->name);
    return why[0] == '\0';
}

/* Also what was cut off: a suspension that is in the log holds, and one that is not does not. */
static bool in_force_is_what_was_logged(struct house *house, const struct story *story, char why[256])
{
    struct logged logged = {.count = 0};
    struct house_seen seen;

    enum error error = story_visit_log(house, note_deed, &logged);
    if (error != OK) {
        snprintf(why, 256, "the log cannot be asked (%s)", error_entry(error)->name);
        return false;
    }
    bool out = place_of(&logged, logged.nurse) < logged.count;
    error = house_read(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, &seen);
    if (error != (out ? ERROR_SUSPENDED : OK))
        snprintf(why, 256, "in the log the nurse is %s, and she is answered %s", out ? "suspended" : "free",
                 error_entry(error)->name);
    return why[0] == '\0' && list_is(house, story, &logged, why) && strangers_are_told(house, &logged, why);
}

const struct tale oversight_tale = {
    .name = "oversight",
    .step = steps,
    .steps = sizeof steps / sizeof *steps,
    .chapters = 4,
    .first = 1,
    .begins_s = begins_s,
    .before = lose_index,
    .at_last = in_force_is_what_was_logged,
    .points = {2000, 700, 0},
};
