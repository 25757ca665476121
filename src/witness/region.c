/* SPDX-License-Identifier: Apache-2.0 */
#include "region.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "ledger/checkpoint.h"

#define LOOK_BACK 16384
#define ARENA_MAX (8u << 20)
#define PUBLIC_SUFFIX "/public"

/* The last checkpoint of one log that was recorded. */
struct last {
    struct hash origin, note;
    uint64_t index;
};

struct region {
    struct region_settings settings;
    struct ledger *ledger;
    struct counts *counts;
    struct arena *arena; /* for reading entries */
    struct last *last;   /* WITNESS_LOGS_MAX */
    size_t lasts;
};

static struct ledger_settings settings_of(const struct region_settings *settings)
{
    return (struct ledger_settings){.origin = settings->origin, .seed = settings->seed, .world = settings->world};
}

static void log_path(const char *directory, char into[static PATH_MAX])
{
    if (snprintf(into, PATH_MAX, "%s/log", directory) >= PATH_MAX)
        into[0] = '\0';
}

enum error region_create(const struct region_settings *settings, struct fault *fault)
{
    CLEANUP_LEDGER struct ledger *ledger = NULL;
    struct ledger_settings of_log = settings_of(settings);
    char path[PATH_MAX];

    log_path(settings->directory, path);
    return ledger_create(path, &of_log, &ledger, fault);
}

/* ---- entries ---- */

static enum error append(struct region *region, struct slice leaf)
{
    const struct ledger_entry entry = {leaf, slice_of("", 0)};
    uint64_t index;

    return ledger_append(region->ledger, &entry, 1, 0, &index);
}

/* The origin that an entry is a checkpoint of; empty when it is none. */
static struct slice origin_of(struct slice leaf)
{
    struct slice rest = leaf;

    return leaf.length == 0 || leaf.data[0] == '{' ? slice_of("", 0) : slice_cut(&rest, '\n');
}

static struct last *last_of(const struct region *region, struct slice origin)
{
    struct hash hash = hash_sha256(origin);

    for (size_t i = 0; i < region->lasts; i++)
        if (hash_equal(&region->last[i].origin, &hash))
            return &region->last[i];
    return NULL;
}

static void note_last(struct region *region, struct slice origin, struct slice note, uint64_t index)
{
    struct last *last = last_of(region, origin);

    if (!last && region->lasts < WITNESS_LOGS_MAX)
        last = &region->last[region->lasts++];
    if (last)
        *last = (struct last){hash_sha256(origin), hash_sha256(note), index};
}

/* After a start: who was recorded last, as far as we look back. A log that is not found is recorded once more, which
 * says nothing new and nothing wrong. */
static enum error look_back(struct region *region)
{
    uint64_t size = ledger_size(region->ledger), stop = size > LOOK_BACK ? size - LOOK_BACK : 0;

    for (uint64_t i = size; i > stop; i--) {
        struct slice leaf, origin;
        arena_reset(region->arena);
        TRY(ledger_read(region->ledger, i - 1, region->arena, &leaf, NULL));
        origin = origin_of(leaf);
        if (origin.length > 0 && !last_of(region, origin))
            note_last(region, origin, leaf, i - 1);
    }
    return OK;
}

bool region_last_of(const struct region *region, struct slice origin, uint64_t *ret_index)
{
    const struct last *last = last_of(region, origin);

    if (last)
        *ret_index = last->index;
    return last != NULL;
}

enum error region_record(void *context, struct slice origin, struct slice note)
{
    struct region *region = context;
    const struct last *last = last_of(region, origin);
    struct hash hash = hash_sha256(note);

    if (last && hash_equal(&last->note, &hash))
        return OK; /* the same checkpoint again is no news */
    TRY(append(region, note));
    note_last(region, origin, note, ledger_size(region->ledger) - 1);
    return OK;
}

enum error region_prove(struct region *region, uint64_t index, struct buffer *ret_proof)
{
    struct slice leaf;

    arena_reset(region->arena);
    TRY(ledger_read(region->ledger, index, region->arena, &leaf, NULL));
    return ledger_proof_text(region->ledger, index, leaf, ret_proof);
}

/* ---- counts ---- */

static enum error keep_counts(struct region *region)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(COUNTS_BYTES_MAX + 1024);

    TRY(counts_write(region->counts, &bytes));
    return keeper_replace(&region->settings.io, region->settings.directory, "counts", buffer_view(&bytes));
}

static enum error load_counts(struct region *region, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(COUNTS_BYTES_MAX + 65536);
    char path[PATH_MAX];
    struct slice bytes;

    if (!arena)
        return ERROR_MEMORY;
    if (snprintf(path, sizeof path, "%s/counts", region->settings.directory) >= (int)sizeof path)
        return ERROR_IO;
    enum error error = file_read(arena, path, COUNTS_BYTES_MAX + 1024, &bytes, fault);
    if (error == ERROR_FILE_MISSING)
        return OK; /* nobody has reported yet */
    TRY(error);
    if (counts_read(region->counts, bytes) != OK)
        return fault_set(fault, ERROR_CORRUPT, "counts");
    return OK;
}

/* Did the leaf that was being published reach the log before the process ended? */
static bool stands_in_log(struct region *region, struct slice leaf, uint64_t from)
{
    for (uint64_t i = from; i < ledger_size(region->ledger); i++) {
        struct slice there;
        arena_reset(region->arena);
        if (ledger_read(region->ledger, i, region->arena, &there, NULL) == OK && slice_equal(there, leaf))
            return true;
    }
    return false;
}

static enum error finish_closing(struct region *region)
{
    uint64_t from;
    struct slice leaf = counts_closing(region->counts, &from);

    if (leaf.length == 0)
        return OK;
    if (!stands_in_log(region, leaf, from))
        TRY(append(region, leaf));
    counts_closed(region->counts);
    return keep_counts(region);
}

enum error region_take_counts(struct region *region, const struct witness *witness, struct slice bytes)
{
    struct counts_statement statement;
    char name[COUNTS_NAME_MAX + sizeof PUBLIC_SUFFIX];
    struct note note;

    TRY(note_parse(bytes, &note));
    TRY(counts_statement_parse(note.text, &statement));
    if (snprintf(name, sizeof name, "%.*s" PUBLIC_SUFFIX, SLICE_PRINT(statement.node)) >= (int)sizeof name)
        return ERROR_SYNTAX;
    TRY(witness_verify_by_log(witness, slice_from_string(name), &note));
    TRY(counts_take(region->counts, &statement, world_now_s(region->settings.world)));
    return keep_counts(region);
}

enum error region_tend(struct region *region)
{
    int64_t now_s = world_now_s(region->settings.world);

    if (counts_close(region->counts, now_s, region->settings.members, ledger_size(region->ledger)))
        TRY(keep_counts(region));
    TRY(finish_closing(region));
    return ledger_publish(region->ledger);
}

/* ---- opening ---- */

static enum error open_parts(struct region *region, struct fault *fault)
{
    struct ledger_settings of_log = settings_of(&region->settings);
    char path[PATH_MAX];

    region->counts = counts_new();
    region->arena = arena_new(ARENA_MAX);
    region->last = calloc(WITNESS_LOGS_MAX, sizeof *region->last);
    if (!region->counts || !region->arena || !region->last)
        return ERROR_MEMORY;
    log_path(region->settings.directory, path);
    TRY(ledger_open(path, &of_log, &region->ledger, NULL, fault));
    TRY(load_counts(region, fault));
    TRY(look_back(region));
    return finish_closing(region);
}

enum error region_open(const struct region_settings *settings, struct region **ret_region, struct fault *fault)
{
    struct region *region = calloc(1, sizeof *region);

    if (!region)
        return ERROR_MEMORY;
    region->settings = *settings;
    enum error error = open_parts(region, fault);
    if (error != OK) {
        region_close(region);
        return error;
    }
    *ret_region = region;
    return OK;
}

void region_close(struct region *region)
{
    if (!region)
        return;
    ledger_close(region->ledger);
    counts_free(region->counts);
    arena_free(region->arena);
    free(region->last);
    free(region);
}

struct ledger *region_ledger(struct region *region)
{
    return region->ledger;
}

unsigned region_counts_waiting(const struct region *region)
{
    return counts_waiting(region->counts);
}
