/* SPDX-License-Identifier: Apache-2.0 */

/* A region, which is a witness with a log: it learns two logs and cosigns their checkpoints. Whatever the disk does, it
 * remembers what it gave a cosignature for, gives none for less or for another tree, and has each in its log. */

#define _GNU_SOURCE
#include "story_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/verify.h"
#include "witness/folder.h"
#include "witness/region.h"
#include "../witness/logbook.h"

#define NAME "region.example"
#define ORIGIN "region.example/log"
#define FORK 1 /* the entry from which a log's other story is another */

struct keeping {
    struct secret_key cosigning, log;
    struct region *region;
    struct folder *folder;
    struct witness *witness;
};

static const char *const origins[STORY_LOGS] = {"harbour.example/public", "valley.example/public"};

static struct logbook *book_of(unsigned log)
{
    static struct logbook book[STORY_LOGS];

    if (book[log].origin[0] == '\0')
        logbook_make(&book[log], origins[log], (uint8_t)(1 + log));
    return &book[log];
}

/* ---- it runs ---- */

static struct region_settings region_of(struct house *house, const struct keeping *keeping)
{
    return (struct region_settings){.directory = house->directory,
                                    .origin = SLICE(ORIGIN),
                                    .seed = &keeping->log,
                                    .world = &house->world,
                                    .io = keeper_io_system(),
                                    .members = 3};
}

static enum error keep_state(void *context, struct slice origin, struct slice state)
{
    return folder_keep(((struct keeping *)context)->folder, origin, state);
}

static enum error record_note(void *context, struct slice origin, struct slice note)
{
    return region_record(((struct keeping *)context)->region, origin, note);
}

static void stop(struct keeping *keeping)
{
    witness_free(keeping->witness);
    region_close(keeping->region);
    folder_close(keeping->folder);
    keeping->witness = NULL;
    keeping->region = NULL;
    keeping->folder = NULL;
}

static void close_keeping(struct keeping *keeping)
{
    stop(keeping);
    free(keeping);
}

static enum error start(struct house *house)
{
    struct keeping *keeping = house->keeping;
    struct region_settings region = region_of(house, keeping);
    struct keeper_io io = keeper_io_system();
    struct witness_settings settings = {.name = SLICE(NAME),
                                        .seed = &keeping->cosigning,
                                        .world = &house->world,
                                        .context = keeping,
                                        .keep = keep_state,
                                        .record = record_note,
                                        .record_bytes_max = LEDGER_LEAF_MAX};

    TRY(folder_open(house->directory, &io, &keeping->folder));
    TRY(region_open(&region, &keeping->region, &house->fault));
    TRY(witness_new(&settings, &keeping->witness));
    return folder_teach(keeping->folder, keeping->witness, &house->fault);
}

static enum error take_place(struct house *house, const char *directory, uint64_t seed, int64_t now_s)
{
    *house = (struct house){.world = world_driven(seed, now_s * 1000000000), .close_keeping = close_keeping};
    snprintf(house->directory, sizeof house->directory, "%s", directory);
    house->arena = arena_new(8u << 20);
    house->keeping = calloc(1, sizeof *house->keeping);
    if (!house->arena || !house->keeping)
        return ERROR_MEMORY;
    memset(house->keeping->cosigning.byte, 0x51, sizeof house->keeping->cosigning.byte);
    memset(house->keeping->log.byte, 0x52, sizeof house->keeping->log.byte);
    return OK;
}

static enum error open_witness(struct house *house, const char *directory, uint64_t seed, int64_t now_s)
{
    TRY(take_place(house, directory, seed, now_s));
    return start(house);
}

/* ---- steps ---- */

static enum error make(struct house *house, struct story *story)
{
    const struct folder_about about = {SLICE(NAME), true, 3};
    char directory[200];

    (void)story;
    snprintf(directory, sizeof directory, "%s", house->directory);
    TRY(take_place(house, directory, STORY_SEED, STORY_START_S));
    struct region_settings region = region_of(house, house->keeping);
    TRY(region_create(&region, &house->fault));
    TRY(folder_make(directory, &about));
    return start(house);
}

static bool seen_of(struct house *house, unsigned log, struct witness_seen *ret_seen)
{
    struct hash hash = hash_sha256(slice_from_string(origins[log]));

    return witness_log_by_hash(house->keeping->witness, &hash, ret_seen);
}

static enum error learn(struct house *house, unsigned log)
{
    enum error error = folder_add_log(house->directory, &book_of(log)->key, &house->fault);

    if (error != OK && error != ERROR_EXISTS) /* the list was written, and its folder could not be synced */
        return error;
    return folder_teach(house->keeping->folder, house->keeping->witness, &house->fault);
}
static enum error learn_first(struct house *house, struct story *story)
{
    (void)story;
    return learn(house, 0);
}
static enum error learn_second(struct house *house, struct story *story)
{
    (void)story;
    return learn(house, 1);
}

static enum error is_known(struct house *house, unsigned log, const char **ret_why)
{
    struct witness_seen seen;

    *ret_why = "a log that was added is not known";
    return seen_of(house, log, &seen) ? OK : STORY_WRONG;
}
static enum error first_is_known(struct house *house, const struct story *story, const char **ret_why)
{
    (void)story;
    return is_known(house, 0, ret_why);
}
static enum error second_is_known(struct house *house, const struct story *story, const char **ret_why)
{
    (void)story;
    return is_known(house, 1, ret_why);
}

/* One request for a cosignature, of this story of the log. */
static enum witness_answer ask(struct house *house, unsigned log, unsigned branch, uint64_t older, uint64_t size)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(65536), answer = buffer_new(65536);

    logbook_request(book_of(log), branch, older, size, &body);
    return witness_add_checkpoint(house->keeping->witness, buffer_view(&body), &answer);
}

/* A stranger reads the region's log. */
static enum error remember_log(struct house *house, struct story *story)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(STORY_NOTE_MAX), vkey = buffer_new(255);
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    TRY(region_tend(house->keeping->region));
    TRY(ledger_checkpoint(region_ledger(house->keeping->region), &note));
    sign_public(&house->keeping->log, public_key);
    struct note_key key = note_key_make(SLICE(ORIGIN), public_key);
    note_key_write(&key, &vkey);
    TRY(buffer_check(&vkey));
    memcpy(story->note[0], note.data, note.length);
    story->note_length[0] = (uint16_t)note.length;
    snprintf(story->vkey[0], sizeof story->vkey[0], "%.*s", SLICE_PRINT(buffer_view(&vkey)));
    return OK;
}

/* One that cannot know what it kept is started anew first, as whoever runs it would. */
static enum error cosign(struct house *house, struct story *story, unsigned log, uint64_t size)
{
    struct witness_seen seen;

    if (!house->keeping->witness || witness_is_shut(house->keeping->witness)) {
        stop(house->keeping);
        TRY(start(house));
    }
    if (!seen_of(house, log, &seen))
        return ERROR_NOT_FOUND;
    if (ask(house, log, 0, seen.head.size, size) != WITNESS_COSIGNED)
        return ERROR_IO;
    story->cosigned[log] = logbook_head(book_of(log), 0, size);
    (void)!seen_of(house, log, &seen);
    story->cosigned_s[log] = seen.time_s;
    return remember_log(house, story);
}

/* No less than it vouched for, no earlier, and in the region's log. */
static enum error remembers(struct house *house, const struct story *story, unsigned log, const char **ret_why)
{
    struct region *region = house->keeping->region;
    struct witness_seen seen;
    struct slice recorded;
    uint64_t index;

    *ret_why = "what was cosigned is forgotten";
    if (!seen_of(house, log, &seen) || seen.head.size < story->cosigned[log].size ||
        seen.time_s < story->cosigned_s[log])
        return STORY_WRONG;
    struct tree_head wanted = logbook_head(book_of(log), 0, seen.head.size);
    *ret_why = "another tree is remembered than was cosigned";
    if (!hash_equal(&seen.head.root, &wanted.root))
        return STORY_WRONG;
    *ret_why = "a checkpoint was cosigned that is not in the region's log";
    if (!region_last_of(region, slice_from_string(origins[log]), &index))
        return STORY_WRONG;
    TRY(ledger_read(region_ledger(region), index, house->arena, &recorded, NULL));
    return story_size(recorded) >= story->cosigned[log].size ? OK : STORY_WRONG;
}

#define COSIGNING(name, log, size)                                                                                     \
    static enum error name(struct house *house, struct story *story)                                                   \
    {                                                                                                                  \
        return cosign(house, story, log, size);                                                                        \
    }
COSIGNING(first_at_3, 0, 3)
COSIGNING(first_at_7, 0, 7)
COSIGNING(second_at_5, 1, 5)
COSIGNING(first_at_12, 0, 12)
COSIGNING(second_at_9, 1, 9)

static enum error first_is_remembered(struct house *house, const struct story *story, const char **ret_why)
{
    return remembers(house, story, 0, ret_why);
}
static enum error second_is_remembered(struct house *house, const struct story *story, const char **ret_why)
{
    return remembers(house, story, 1, ret_why);
}

/* clang-format off */
static const struct story_step steps[] = {
    {"a witness is made",      0, make,         NULL,                 NULL, false},
    {"a log is known",         1, learn_first,  first_is_known,       NULL, false},
    {"another is known",       1, learn_second, second_is_known,      NULL, false},
    {"the first at 3",         1, first_at_3,   first_is_remembered,  NULL, false},
    {"the first at 7",         1, first_at_7,   first_is_remembered,  NULL, false},
    {"the second at 5",        1, second_at_5,  second_is_remembered, NULL, false},
    {"the first at 12",        2, first_at_12,  first_is_remembered,  NULL, false},
    {"at 12 once more",        2, first_at_12,  first_is_remembered,  NULL, false},
    {"the second at 9",        2, second_at_9,  second_is_remembered, NULL, false},
};
/* clang-format on */

static const int64_t begins_s[] = {60, 120, 180};

/* ---- afterwards ---- */

/* What is asked by a log's owner who has two stories of it. */
static bool cosigns_one_story(struct house *house, unsigned log, char why[256])
{
    struct witness_seen seen;

    if (!seen_of(house, log, &seen))
        return true;
    uint64_t size = seen.head.size, time_s = seen.time_s;
    if (size > FORK && ask(house, log, FORK, size, size) == WITNESS_COSIGNED)
        snprintf(why, 256, "two roots of one size are cosigned");
    else if (size > FORK && ask(house, log, FORK, size, size + 1) == WITNESS_COSIGNED)
        snprintf(why, 256, "another story is cosigned");
    else if (size > 1 && ask(house, log, 0, 0, size - 1) != WITNESS_STALE)
        snprintf(why, 256, "a smaller tree than was remembered is not stale");
    else if (ask(house, log, 0, size, size + 1) != WITNESS_COSIGNED)
        snprintf(why, 256, "the log's continuation is not cosigned");
    else if (!seen_of(house, log, &seen) || seen.time_s < time_s)
        snprintf(why, 256, "its time ran back");
    return why[0] == '\0';
}

static bool cosigns_no_other(struct house *house, const struct story *story, char why[256])
{
    (void)story;
    for (unsigned log = 0; log < STORY_LOGS; log++)
        if (!cosigns_one_story(house, log, why))
            return false;
    if (region_tend(house->keeping->region) != OK)
        snprintf(why, 256, "its log cannot be published");
    return why[0] == '\0';
}

static bool log_continues(const char *directory, const struct story *story, char why[256])
{
    struct verify_summary summary;
    struct note_key key;

    if (story->note_length[0] == 0)
        return true;
    enum error error = note_key_parse(slice_from_string(story->vkey[0]), &key);
    if (error == OK)
        error = ledger_verify(node_path(directory, "log").text, &key, slice_of(story->note[0], story->note_length[0]),
                              NULL, NULL, &summary);
    if (error != OK)
        snprintf(why, 256, "the region's log is not the one that was told of (%s)", error_entry(error)->name);
    return error == OK;
}

const struct tale witness_tale = {
    .name = "a witness",
    .step = steps,
    .steps = sizeof steps / sizeof *steps,
    .chapters = 3,
    .first = 1,
    .begins_s = begins_s,
    .open = open_witness,
    .at_last = cosigns_no_other,
    .continues = log_continues,
    .points = {2000, 1000, 100},
};
