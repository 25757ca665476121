/* SPDX-License-Identifier: Apache-2.0 */

/* The access log's term: old entries are let go and their year's keys destroyed. Whatever the disk does, nothing goes
 * before the public log declared it, an entry is there as a whole or gone as a whole, what is young stays, and the work
 * is taken up again. */

#define _GNU_SOURCE
#include "story_parts.h"

#include <stdio.h>

#include "crypto/encode.h"

#define YEAR_S (INT64_C(8766) * 3600)
#define LOOKS 12
#define TICKS 3
#define STEPS_MAX 400 /* of letting go: far more than there are */

static const struct whole_person *const nurse = &NURSE;

static enum error serve(struct house *house, struct story *story)
{
    (void)story;
    return safe_begin(house->safe);
}
static enum error term_is_told(struct house *house, const struct story *story, const char **ret_why)
{
    struct slice public;

    (void)story;
    TRY(story_public_log(house, &public));
    *ret_why = "the term is not in the public log";
    return story_times(public, "\"log.retention\",\"log\":\"access\",\"years\":1,") == 1 ? OK : STORY_WRONG;
}

static enum error look_at_anna(struct house *house, struct story *story)
{
    struct house_seen seen = {.leaf = 0};

    for (int i = 0; i < LOOKS; i++)
        TRY(house_read(house, &story->token[BY_NURSE], "Patient", &story->anna, 0, &seen));
    story->old_entry = seen.leaf;
    for (int i = 0; i < TICKS; i++)
        safe_tick(house->safe);
    return OK;
}

/* Years later, by somebody who has a new credential. */
static enum error look_at_bela(struct house *house, struct story *story)
{
    struct house_seen seen;

    TRY(house_issue(house, nurse, &story->token[BY_NURSE]));
    TRY(story_register(house, story, STORY_PATIENT("Szabo", "0471"), &story->bela, &story->token[BY_BELA]));
    TRY(house_read(house, &story->token[BY_NURSE], "Patient", &story->bela, 0, &seen));
    story->young_entry = seen.leaf;
    safe_tick(house->safe);
    return OK;
}

static enum error check_entry(struct house *house, uint64_t entry)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);

    buffer_u64(&payload, entry);
    TRY(buffer_check(&payload));
    return house_ask(house, PROTOCOL_CHECK, buffer_view(&payload), NULL);
}

static enum error young_is_there(struct house *house, const struct story *story, const char **ret_why)
{
    *ret_why = "an entry is gone whose term is not over";
    TRY(check_entry(house, story->young_entry));
    return story_sees(house, &story->token[BY_NURSE], "Patient", &story->bela, 0, "\"Szabo\"", ret_why);
}

/* To its end. */
static enum error let_go(struct house *house, uint64_t *ret_minimum)
{
    bool done = false;

    for (int step = 0; !done && step < STEPS_MAX; step++) {
        struct slice answer;
        TRY(house_ask(house, PROTOCOL_PRUNE, step == 0 ? SLICE("begin") : SLICE(""), &answer));
        struct reader reader = reader_of(answer);
        done = reader_byte(&reader);
        *ret_minimum = reader_u64(&reader);
    }
    return done ? OK : ERROR_INTERNAL;
}

static enum error prune(struct house *house, struct story *story)
{
    uint64_t minimum;

    (void)story;
    safe_tick(house->safe); /* only what full tiles carry can be let go */
    TRY(let_go(house, &minimum));
    return minimum > 0 ? OK : STORY_WRONG;
}
static enum error old_is_gone(struct house *house, const struct story *story, const char **ret_why)
{
    *ret_why = "an entry is there that was let go";
    return check_entry(house, story->old_entry) == ERROR_TERM_OVER ? OK : STORY_WRONG;
}

/* clang-format off */
static const struct story_step steps[] = {
    {"a node is made",         0, story_made,       NULL,           NULL, false},
    {"staff get credentials",  0, story_staffed,    NULL,           NULL, false},
    {"Anna is registered",     0, story_registered, NULL,           NULL, false},
    {"the term is told",       1, serve,            term_is_told,   NULL, false},
    {"she is looked at",       1, look_at_anna,     NULL,           NULL, false},
    {"it serves again",        2, serve,            NULL,           NULL, false},
    {"Bela is looked at",      2, look_at_bela,     young_is_there, NULL, false},
    {"the old ones are let go", 2, prune,           old_is_gone,    NULL, false},
    {"it serves once more",    3, serve,            NULL,           NULL, false},
    {"Bela is looked at again", 3, look_at_bela,    young_is_there, NULL, false},
};
/* clang-format on */

static const int64_t begins_s[] = {60, 120, 3 * YEAR_S, 3 * YEAR_S + 60};

/* ---- what is declared, and what is there ---- */

/* The last declaration in the public log, and how many years' keys it says are destroyed. */
struct declared {
    struct ledger_pruned pruned;
    size_t years;
};

static enum error read_pruned(struct house *house, struct slice from, struct ledger_pruned *ret_pruned)
{
    const struct json *text;

    TRY(json_parse(house->arena, slice_of(from.data, slice_search(from, SLICE("}")) + 1), &text, NULL));
    if (!slice_to_u64(json_text(json_member(text, "minimum")), &ret_pruned->minimum) ||
        !slice_to_u64(json_text(json_member(text, "size")), &ret_pruned->head.size))
        return ERROR_SYNTAX;
    return decode_hex(json_text(json_member(text, "root")), ret_pruned->head.root.byte, HASH_BYTES);
}

static enum error read_declared(struct house *house, struct declared *ret_declared)
{
    struct slice public;

    *ret_declared = (struct declared){.years = 0};
    TRY(story_public_log(house, &public));
    ret_declared->years = story_times(public, "{\"kind\":\"keys.destroyed\",\"year\":");
    for (size_t at; (at = slice_search(public, SLICE("{\"kind\":\"log.pruned\""))) != SIZE_MAX;
         public = slice_from(public, 1)) {
        public = slice_from(public, at);
        TRY(read_pruned(house, public, &ret_declared->pruned));
    }
    return OK;
}

/* Each entry is there or gone, those that are gone are the oldest, and nothing is gone without a word. */
static bool entries_are_as_declared(struct house *house, const struct declared *declared, bool finished, char why[256])
{
    bool may_be_gone = true;
    struct slice note;
    enum error error = house_checkpoint(house, 0, &note);
    uint64_t size = error == OK ? story_size(note) : 0;

    for (uint64_t i = 0; i < size && why[0] == '\0'; i++) {
        error = check_entry(house, i);
        bool gone = error == ERROR_TERM_OVER;
        if (gone && !may_be_gone)
            snprintf(why, 256, "entry %llu is gone and an older one is not", (unsigned long long)i);
        else if (gone && i >= declared->pruned.minimum && declared->years == 0)
            snprintf(why, 256, "entry %llu is gone without a declaration", (unsigned long long)i);
        else if (!gone && error != OK && error != ERROR_NOT_FOUND) /* padding */
            snprintf(why, 256, "entry %llu is damaged: %s", (unsigned long long)i, error_entry(error)->name);
        else if (!gone && finished && i < declared->pruned.minimum)
            snprintf(why, 256, "entry %llu is there and was let go", (unsigned long long)i);
        may_be_gone = may_be_gone && error != OK;
    }
    if (size == 0)
        snprintf(why, 256, "the access log has no checkpoint (%s)", error_entry(error)->name);
    return why[0] == '\0';
}

static bool is_as_declared(struct house *house, const struct story *story, struct declared *declared, bool finished,
                           char why[256])
{
    enum error error = read_declared(house, declared);

    if (error != OK) {
        snprintf(why, 256, "the public log cannot be read (%s)", error_entry(error)->name);
        return false;
    }
    return entries_are_as_declared(house, declared, finished, why) &&
           story_log_continues(house->directory, story, 0, &declared->pruned, why);
}

/* As it was left, and when what was begun is brought to its end. */
static bool term_is_kept(struct house *house, const struct story *story, char why[256])
{
    struct declared declared;
    uint64_t minimum = 0;

    enum error error = safe_begin(house->safe);
    for (int i = 0; i < TICKS; i++)
        safe_tick(house->safe);
    if (error == OK && !is_as_declared(house, story, &declared, false, why))
        return false;
    if (error == OK)
        error = let_go(house, &minimum);
    safe_idle(house->safe);
    if (error != OK)
        snprintf(why, 256, "it cannot be finished (%s)", error_entry(error)->name);
    if (error != OK || !is_as_declared(house, story, &declared, true, why))
        return false;
    bool over = story->clock_s > STORY_START_S + 2 * YEAR_S;
    if (over != (minimum > 0) || over != (declared.years > 0) || minimum != declared.pruned.minimum)
        snprintf(why, 256, "entries before %llu are gone, %llu is declared, and %zu years of keys",
                 (unsigned long long)minimum, (unsigned long long)declared.pruned.minimum, declared.years);
    else if (check_entry(house, story->old_entry) != (over ? ERROR_TERM_OVER : OK))
        snprintf(why, 256, "an entry whose term is over is there, or one is gone whose term is not");
    return why[0] == '\0';
}

/* Of the access log that was asked while it was known what is gone. */
static bool public_continues(const char *directory, const struct story *story, char why[256])
{
    return story_log_continues(directory, story, 1, NULL, why);
}

const struct tale retention_tale = {
    .name = "a term",
    .step = steps,
    .steps = sizeof steps / sizeof *steps,
    .chapters = 4,
    .first = 2,
    .begins_s = begins_s,
    .cadence = {.pad = 128, .segment_bytes = 8000, .retention_years = 1},
    .at_last = term_is_kept,
    .continues = public_continues,
    .points = {1000, 400, 0},
};
