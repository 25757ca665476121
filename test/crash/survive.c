/* SPDX-License-Identifier: Apache-2.0 */

/* What is asked of a node that was opened again: does it open, does each confirmed step still hold, has each stored
 * version its entry, and is the log that a stranger remembers the beginning of the one that is there? */

#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "ledger/note.h"
#include "ledger/verify.h"
#include "story.h"

static size_t named(const char *name)
{
    size_t step = 0;

    while (step < story_steps && strcmp(story_step[step].name, name) != 0)
        step++;
    return step;
}

/* Confirmed, and nothing that changes it has begun. */
static bool must_hold(const struct story *story, size_t step)
{
    const char *until = story_step[step].until;

    if (!story_step[step].holds || !story->confirmed[step])
        return false;
    return !until || !story->begun[named(until)];
}

static bool steps_hold(struct house *house, const struct story *story, bool may_refuse, char why[256])
{
    for (size_t i = 0; i < story_steps; i++) {
        const char *what = "it cannot be asked for";
        if (!must_hold(story, i))
            continue;
        enum error error = story_step[i].holds(house, story, &what);
        if (error == OK || (may_refuse && error != STORY_WRONG))
            continue;
        snprintf(why, 256, "%s: %s (%s)", story_step[i].name, what,
                 error == STORY_WRONG ? "wrong" : error_entry(error)->name);
        return false;
    }
    return true;
}

/* The second line of a checkpoint is the size of the tree. */
static uint64_t size_of(struct slice note)
{
    uint64_t size = 0;

    slice_cut(&note, '\n');
    return slice_to_u64(slice_cut(&note, '\n'), &size) ? size : 0;
}

/* An erasure that was cut off: if her keys are gone, the log says so. Asked before anything else is. */
static bool erased_with_an_entry(struct house *house, const struct story *story, char why[256])
{
    size_t erased = named("Bela is erased"), registered = named("Bela is registered");
    uint64_t before = size_of(slice_of(story->note[0], story->note_length[0]));
    const char *what;
    struct slice note;

    if (!story->begun[erased] || story->confirmed[erased] || !story->confirmed[registered])
        return true;
    if (house_checkpoint(house, 0, &note) != OK || size_of(note) > before)
        return true;
    if (story_step[registered].holds(house, story, &what) == OK)
        return true;
    snprintf(why, 256, "her keys are gone without an entry");
    return false;
}

static bool versions_have_entries(struct house *house, char why[256])
{
    char finding[160];
    enum error error = house_check(house, finding);

    if (error != OK)
        snprintf(why, 256, "check says: %.160s (%s)", finding, error_entry(error)->name);
    return error == OK;
}

static void first_fault(void *context, const struct verify_fault *fault)
{
    char *text = context;

    if (text[0] == '\0')
        snprintf(text, 160, "%.60s at %llu: %.80s", fault->file, (unsigned long long)fault->begin, fault->what);
}

/* Whole, and a continuation of what the stranger remembers: so no entry that anybody was told of is lost or another. */
static bool log_is_remembered(const char *directory, const struct story *story, unsigned log, char why[256])
{
    static const char *const below[] = {"log/access", "log/public"};
    struct verify_summary summary;
    struct note_key key;
    char fault[160] = {0};

    if (story->note_length[log] == 0)
        return true;
    enum error error = note_key_parse(slice_from_string(story->vkey[log]), &key);
    if (error == OK)
        error = ledger_verify(node_path(directory, below[log]).text, &key,
                              slice_of(story->note[log], story->note_length[log]), first_fault, fault, &summary);
    if (error != OK)
        snprintf(why, 256, "%s is not the log that was told of: %.150s (%s)", below[log], fault,
                 error_entry(error)->name);
    return error == OK;
}

static bool is_whole(struct house *house, const struct story *story, bool may_refuse, char why[256])
{
    if (!may_refuse && !erased_with_an_entry(house, story, why))
        return false;
    if (!steps_hold(house, story, may_refuse, why))
        return false;
    if (may_refuse)
        return true;
    safe_idle(house->safe);
    return versions_have_entries(house, why);
}

bool story_survived(const char *directory, const struct story *story, bool may_refuse, char why[256])
{
    struct house house;
    enum error error = house_open(&house, directory, 31, STORY_START_S + 1000);
    bool whole = true;

    if (error != OK) {
        snprintf(why, 256, "it does not open: %s (%.150s)", error_entry(error)->name, house.fault.detail);
        whole = may_refuse || !story->confirmed[0];
    } else {
        whole = is_whole(&house, story, may_refuse, why);
    }
    house_close(&house);
    if (!whole || error != OK || may_refuse)
        return whole;
    return log_is_remembered(directory, story, 0, why) && log_is_remembered(directory, story, 1, why);
}
