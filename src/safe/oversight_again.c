/* SPDX-License-Identifier: Apache-2.0 */

/* Suspensions from the access log: what a crash took between an entry and its row is put back before anything is served
 * (reindex.c), and what it kept from the public log is told there. The log is the truth; who may was checked before the
 * entry was made.
 *
 * Must never: tell twice of one suspension or of one lift, since strangers count them. */

#include "crypto/encode.h"
#include "state.h"
#include "text/date.h"

#define ARENA_MAX (64u << 20)

/* A deed that the public log should tell of. */
struct deed_again {
    struct deed_again *next;
    bool lifts, told;
    int64_t time_s;
    struct suspension_told suspension;
};

static const char *kind_of(const struct deed_again *deed)
{
    return deed->lifts ? "suspension.lifted" : "suspended";
}

/* ---- kept ---- */

static enum error copy(struct arena *arena, struct slice *text)
{
    *text = arena_copy(arena, *text);
    return text->data ? OK : ERROR_MEMORY;
}

static enum error remember(struct safe *safe, bool lifts, const struct suspension_told *suspension, int64_t time_s)
{
    if (!safe->again_arena)
        safe->again_arena = arena_new(ARENA_MAX);
    if (!safe->again_arena)
        return ERROR_MEMORY;
    struct deed_again *deed = arena_alloc(safe->again_arena, sizeof *deed);
    if (!deed)
        return ERROR_MEMORY;
    *deed = (struct deed_again){safe->again, lifts, false, time_s, *suspension};
    deed->suspension.reason = deed->suspension.by = slice_of("", 0);
    safe->again = deed;
    return copy(safe->again_arena, &deed->suspension.subject);
}

static enum error suspend_again(struct safe *safe, const struct json *event, const struct json *looker, int64_t time_s)
{
    struct suspension_told told = {.subject = json_text(json_member(looker, "subject")),
                                   .reason = json_text(json_member(event, "words")),
                                   .by = json_text(json_member(looker, "actor")),
                                   .since_s = time_s};
    const struct json *commitment = json_member(looker, "commitment");

    if (!suspended_read(json_text(json_member(event, "what")), &told.what) ||
        !slice_to_u64(json_text(json_member(event, "number")), &told.number))
        return ERROR_CORRUPT;
    if (commitment) /* entries of older programs have none: those still hold, under a commitment to nothing */
        TRY(decode_hex(json_text(commitment), told.commitment.byte, ID_BYTES));
    TRY(suspensions_keep(&safe->suspensions, safe->world, &told));
    return commitment ? remember(safe, false, &told, time_s) : OK;
}

/* One that is lifted already was told of before its row was written. */
static enum error lift_again(struct safe *safe, const struct json *event, int64_t time_s)
{
    struct suspension_told told;
    uint64_t number;

    if (!slice_to_u64(json_text(json_member(event, "number")), &number))
        return ERROR_CORRUPT;
    enum error error = suspensions_told(&safe->suspensions, safe->arena, number, &told);
    if (error == ERROR_NOT_FOUND)
        return OK;
    TRY(error);
    TRY(remember(safe, true, &told, time_s));
    return suspensions_lift(&safe->suspensions, number, time_s);
}

enum error oversight_keep_again(struct safe *safe, const struct json *event, const struct json *looker)
{
    bool suspends = json_is(json_member(event, "action"), "suspend"),
         lifts = json_is(json_member(event, "action"), "lift");
    struct date date;

    if (!json_is(json_member(event, "kind"), "oversight") || !json_is(json_member(event, "decision"), "permit") ||
        (!suspends && !lifts))
        return OK;
    TRY(date_parse(json_text(json_member(event, "time")), DATE_KIND_INSTANT, &date));
    int64_t time_s = date_interval(date).from / 1000;
    return suspends ? suspend_again(safe, event, looker, time_s) : lift_again(safe, event, time_s);
}

/* ---- told ---- */

/* By its commitment, which is drawn for each suspension; a row of the rules by the second. */
static bool is_told_by(const struct deed_again *deed, const struct json *leaf)
{
    const struct suspension_told *suspension = &deed->suspension;
    char commitment[ID_TEXT_BYTES];
    uint64_t time_s = 0;

    if (!json_is(json_member(leaf, "kind"), kind_of(deed)))
        return false;
    if (suspension->what == SUSPENDED_RULE)
        return slice_equal(json_text(json_member(leaf, "rule")), suspension->subject) &&
               slice_to_u64(json_text(json_member(leaf, "time")), &time_s) && (int64_t)time_s == deed->time_s;
    oversight_commitment(suspension, commitment);
    return slice_equal(json_text(json_member(leaf, "commitment")), slice_of(commitment, sizeof commitment));
}

/* All entries of one deed are told by one: it may have been asked for twice. */
static void note_told(struct deed_again *first, const struct deed_again *told)
{
    for (struct deed_again *deed = first; deed; deed = deed->next)
        deed->told |= deed->lifts == told->lifts && deed->suspension.number == told->suspension.number;
}

static enum error read_leaf(struct safe *safe, uint64_t index)
{
    const struct json *json;
    struct slice leaf;

    arena_reset(safe->arena);
    TRY(ledger_read(safe->public_log, index, safe->arena, &leaf, NULL));
    if (slice_search(leaf, SLICE("\"suspen")) == SIZE_MAX)
        return OK;
    TRY(json_parse(safe->arena, leaf, &json, NULL));
    for (struct deed_again *deed = safe->again; deed; deed = deed->next)
        if (is_told_by(deed, json))
            note_told(safe->again, deed);
    return OK;
}

/* They were put in front of each other. */
static void oldest_first(struct safe *safe)
{
    struct deed_again *deed = safe->again, *next;

    for (safe->again = NULL; deed; deed = next) {
        next = deed->next;
        deed->next = safe->again;
        safe->again = deed;
    }
}

static enum error tell_rest(struct safe *safe)
{
    oldest_first(safe);
    for (uint64_t i = 0; i < ledger_size(safe->public_log); i++)
        TRY(read_leaf(safe, i));
    for (struct deed_again *deed = safe->again; deed; deed = deed->next)
        if (!deed->told) {
            TRY(oversight_publish(safe, kind_of(deed), &deed->suspension, deed->time_s));
            note_told(safe->again, deed);
        }
    return OK;
}

enum error oversight_tell_again(struct safe *safe)
{
    enum error error = safe->again ? tell_rest(safe) : OK;

    arena_free(safe->again_arena);
    safe->again_arena = NULL;
    safe->again = NULL;
    return error;
}
