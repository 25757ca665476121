/* SPDX-License-Identifier: Apache-2.0 */

/* Tells a story, on a good disk or a bad one, and asks afterwards: does it open, does each confirmed step still hold, has
 * each stored version its entry, and is the log that a stranger remembers the beginning of the one that is there? */

#define _GNU_SOURCE
#include "story_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ledger/note.h"
#include "ledger/verify.h"

const struct tale *const tales[] = {&clinic_tale, &oversight_tale, &order_tale, &retention_tale, &witness_tale};
const size_t tales_count = sizeof tales / sizeof *tales;

size_t story_first(const struct tale *tale, unsigned chapter)
{
    size_t step = 0;

    while (step < tale->steps && tale->step[step].chapter < chapter)
        step++;
    return step;
}

size_t story_named(const struct tale *tale, const char *name)
{
    size_t step = 0;

    while (step < tale->steps && strcmp(tale->step[step].name, name) != 0)
        step++;
    return step;
}

/* ---- telling ---- */

static enum error open_house(const struct tale *tale, struct house *house, const char *directory, uint64_t seed,
                             int64_t now_s)
{
    if (tale->open)
        return tale->open(house, directory, seed, now_s);
    return house_open(house, directory, seed, now_s, &tale->cadence);
}

/* The first step of all makes it. */
static bool is_made(const struct house *house)
{
    return house->gate || house->keeping;
}

/* A stranger asks for both checkpoints and remembers them. The node need not answer: a panic shut it. */
static void remember_checkpoints(struct house *house, struct story *story)
{
    static const char *const keys[] = {"log/access.vkey", "log/public.vkey"};
    struct slice note, vkey;

    for (uint8_t log = 0; log < 2 && house->safe && !safe_is_shut(house->safe); log++) {
        if (house_checkpoint(house, log, &note) != OK || note.length > STORY_NOTE_MAX ||
            file_read(house->arena, node_path(house->directory, keys[log]).text, 255, &vkey, NULL) != OK)
            continue;
        memcpy(story->note[log], note.data, note.length);
        story->note_length[log] = (uint16_t)note.length;
        snprintf(story->vkey[log], sizeof story->vkey[log], "%.*s", (int)vkey.length - 1, vkey.data);
    }
}

enum error story_tell(const struct tale *tale, const char *directory, unsigned chapter, struct story *story, bool again,
                      story_hook *hook, void *context)
{
    uint64_t seed = STORY_SEED + 10 + chapter;
    struct house house = {0};
    enum error error = OK;

    snprintf(house.directory, sizeof house.directory, "%s", directory);
    story->clock_s = STORY_START_S + tale->begins_s[chapter];
    if (tale->before)
        tale->before(directory, chapter);
    if (chapter > 0)
        error = open_house(tale, &house, directory, seed, story->clock_s);
    if (error != OK && again) {
        house_close(&house);
        error = open_house(tale, &house, directory, seed, story->clock_s);
    }
    for (size_t i = story_first(tale, chapter); error == OK && i < story_first(tale, chapter + 1); i++) {
        story->begun[i] = true;
        story->error[i] = tale->step[i].tell(&house, story);
        if (story->error[i] != OK && again && is_made(&house))
            story->error[i] = tale->step[i].tell(&house, story);
        if (!is_made(&house))
            break;
        if (story->error[i] != OK)
            continue;
        remember_checkpoints(&house, story);
        story->confirmed[i] = true;
        if (hook)
            hook(context, i);
    }
    house_close(&house);
    return error;
}

/* ---- asking ---- */

/* Confirmed, and nothing that changes it has begun. */
static bool must_hold(const struct tale *tale, const struct story *story, size_t step)
{
    const char *until = tale->step[step].until;

    if (!tale->step[step].holds || !story->confirmed[step])
        return false;
    return !until || !story->begun[story_named(tale, until)];
}

static bool steps_hold(const struct tale *tale, struct house *house, const struct story *story, bool may_refuse,
                       char why[256])
{
    for (size_t i = 0; i < tale->steps; i++) {
        const char *what = "it cannot be asked for";
        if (!must_hold(tale, story, i))
            continue;
        enum error error = tale->step[i].holds(house, story, &what);
        if (error == OK || (may_refuse && error != STORY_WRONG))
            continue;
        snprintf(why, 256, "%s: %s (%s)", tale->step[i].name, what,
                 error == STORY_WRONG ? "wrong" : error_entry(error)->name);
        return false;
    }
    return true;
}

static bool versions_have_entries(struct house *house, char why[256])
{
    char finding[160];

    safe_idle(house->safe);
    enum error error = house_check(house, finding);
    if (error != OK)
        snprintf(why, 256, "check says: %.160s (%s)", finding, error_entry(error)->name);
    return error == OK;
}

static bool is_whole(const struct tale *tale, struct house *house, const struct story *story, bool may_refuse,
                     char why[256])
{
    if (!may_refuse && tale->at_first && !tale->at_first(house, story, why))
        return false;
    if (!steps_hold(tale, house, story, may_refuse, why))
        return false;
    if (may_refuse)
        return true;
    if (house->safe && !versions_have_entries(house, why))
        return false;
    return !tale->at_last || tale->at_last(house, story, why);
}

static bool continues(const struct tale *tale, const char *directory, const struct story *story, char why[256])
{
    if (tale->continues)
        return tale->continues(directory, story, why);
    return story_log_continues(directory, story, 0, NULL, why) && story_log_continues(directory, story, 1, NULL, why);
}

#define LATER_S 600 /* somebody comes and starts it again */

bool story_survived(const struct tale *tale, const char *directory, const struct story *story, bool may_refuse,
                    char why[256])
{
    struct house house;
    bool whole = true;

    enum error error = open_house(tale, &house, directory, 31, story->clock_s + LATER_S);
    if (error != OK) {
        snprintf(why, 256, "it does not open: %s (%.150s)", error_entry(error)->name, house.fault.detail);
        whole = may_refuse || !story->confirmed[0];
    } else {
        whole = is_whole(tale, &house, story, may_refuse, why);
    }
    house_close(&house);
    return whole && (error != OK || may_refuse || continues(tale, directory, story, why));
}

/* ---- what a stranger remembers ---- */

static void first_fault(void *context, const struct verify_fault *fault)
{
    char *text = context;

    if (text[0] == '\0')
        snprintf(text, 160, "%.60s at %llu: %.80s", fault->file, (unsigned long long)fault->begin, fault->what);
}

bool story_log_continues(const char *directory, const struct story *story, unsigned log,
                         const struct ledger_pruned *pruned, char why[256])
{
    static const char *const below[] = {"log/access", "log/public"};
    static const struct ledger_pruned nothing;
    struct verify_summary summary;
    struct note_key key;
    char fault[160] = {0};

    if (story->note_length[log] == 0)
        return true;
    enum error error = note_key_parse(slice_from_string(story->vkey[log]), &key);
    if (error == OK)
        error = ledger_verify_pruned(node_path(directory, below[log]).text, &key,
                                     slice_of(story->note[log], story->note_length[log]), pruned ? pruned : &nothing,
                                     first_fault, fault, &summary);
    if (error != OK)
        snprintf(why, 256, "%s is not the log that was told of: %.150s (%s)", below[log], fault,
                 error_entry(error)->name);
    return error == OK;
}
