/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "derived.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "derived_file.h"

#define BUNDLE_BYTES_MAX (TILE_WIDTH * (2 + LEDGER_LEAF_MAX))
#define CACHE_SLOTS 8
#define NONE UINT64_MAX

struct cached_tile {
    bool used;
    unsigned level;
    uint64_t index;
    struct hash hash[TILE_WIDTH];
};

struct derived {
    const char *path;
    struct journal *journal;
    struct tree_frontier frontier;
    struct hash row[TILE_LEVELS][TILE_WIDTH]; /* the last, partial tile of each level */
    struct buffer bundle;                     /* the entries of the last, partial bundle */
    struct cached_tile cache[CACHE_SLOTS];
    uint64_t behind;    /* the first full bundle whose files may not all be written, or NONE */
    uint64_t unsynced;  /* the first full bundle whose files may not all be synced, or NONE */
    uint64_t published; /* size that the partial tiles on disk are for, or NONE */
    uint64_t minimum;   /* entries before it are let go */
    bool held;          /* no file is written */
};

enum error derived_new(const char *directory, struct journal *journal, struct derived **ret_derived)
{
    struct derived *derived = calloc(1, sizeof *derived);

    if (!derived)
        return ERROR_MEMORY;
    derived->path = directory;
    derived->journal = journal;
    derived->bundle = buffer_new(BUNDLE_BYTES_MAX);
    derived->behind = NONE;
    derived->unsynced = NONE;
    derived->published = NONE;
    *ret_derived = derived;
    return OK;
}

void derived_free(struct derived *derived)
{
    if (!derived)
        return;
    buffer_free(&derived->bundle);
    free(derived);
}

void derived_reset(struct derived *derived)
{
    derived->frontier = (struct tree_frontier){0};
    buffer_clear(&derived->bundle);
    memset(derived->cache, 0, sizeof derived->cache);
}

struct tree_head derived_head(const struct derived *derived)
{
    return tree_frontier_head(&derived->frontier);
}

void derived_hold_files(struct derived *derived, bool held)
{
    derived->held = held;
}

void derived_doubt_files(struct derived *derived)
{
    derived->behind = 0;
}

/* The log's path leaves room for every name that it has (ledger.c). */
static void full_path(const struct derived *derived, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", derived->path, name);
}

static void tile_path(const struct derived *derived, const struct tile_name *name, char path[PATH_MAX])
{
    char text[TILE_PATH_MAX];

    tile_path_text(name, text);
    full_path(derived, text, path);
}

/* The bundle that was full when this tile or bundle was. */
static uint64_t full_with(const struct tile_name *name)
{
    return name->entries ? name->index : ((name->index + 1) << (8 * name->level)) - 1;
}

static enum error write_tile_file(struct derived *derived, const struct tile_name *name, struct slice content)
{
    char text[TILE_PATH_MAX];

    if (name->width == TILE_WIDTH && full_with(name) < derived->unsynced)
        derived->unsynced = full_with(name);
    tile_path_text(name, text);
    return derived_file_write(derived->path, text, content);
}

static struct tile_name full_tile(unsigned level, uint64_t index)
{
    return (struct tile_name){.level = (uint8_t)level, .index = index, .width = TILE_WIDTH};
}

static struct tile_name full_bundle(uint64_t index)
{
    return (struct tile_name){.entries = true, .index = index, .width = TILE_WIDTH};
}

static void note_behind(struct derived *derived, uint64_t bundle)
{
    if (bundle < derived->behind)
        derived->behind = bundle;
}

static struct cached_tile *cache_slot(struct derived *derived, unsigned level, uint64_t index)
{
    return &derived->cache[(index + 3 * level) % CACHE_SLOTS];
}

static struct hash *cache_put(struct derived *derived, unsigned level, uint64_t index, const struct hash *hash)
{
    struct cached_tile *slot = cache_slot(derived, level, index);

    slot->used = true;
    slot->level = level;
    slot->index = index;
    memcpy(slot->hash, hash, sizeof slot->hash);
    return slot->hash;
}

/* Row `level` is full: it becomes a tile, and its root an item of the row above. */
static void finish_tile(struct derived *derived, unsigned level, uint64_t index)
{
    const struct hash *row = derived->row[level];
    struct tile_name name = full_tile(level, index);

    if (!derived->held && write_tile_file(derived, &name, slice_of(row, TILE_BYTES)) != OK)
        note_behind(derived, full_with(&name));
    cache_put(derived, level, index, row);
    assert(level + 1 < TILE_LEVELS);
    derived->row[level + 1][index % TILE_WIDTH] = tile_fold(row, 8);
}

static void finish_bundle(struct derived *derived, uint64_t index)
{
    struct tile_name name = full_bundle(index);

    if (!derived->held && write_tile_file(derived, &name, buffer_view(&derived->bundle)) != OK)
        note_behind(derived, index);
    buffer_clear(&derived->bundle);
}

void derived_add(struct derived *derived, struct slice leaf)
{
    struct hash hash = tree_hash_leaf(leaf);

    derived->row[0][derived->frontier.size % TILE_WIDTH] = hash;
    tile_entry_write(leaf, &derived->bundle);
    tree_frontier_append(&derived->frontier, &hash);
    uint64_t full = derived->frontier.size;
    if (full % TILE_WIDTH != 0)
        return;
    finish_bundle(derived, full / TILE_WIDTH - 1);
    for (unsigned level = 0; full % TILE_WIDTH == 0; level++) {
        full /= TILE_WIDTH;
        finish_tile(derived, level, full - 1);
    }
}

/* A full tile's file, believed as it is. */
static enum error read_tile_file(const struct derived *derived, unsigned level, uint64_t index, struct hash *ret_hash)
{
    char path[PATH_MAX];
    struct tile_name name = full_tile(level, index);

    tile_path(derived, &name, path);
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return file_error(errno);
    ssize_t got = pread(descriptor, ret_hash, TILE_BYTES, 0);
    if (got < 0)
        return ERROR_IO;
    return got == TILE_BYTES ? OK : ERROR_CORRUPT;
}

static enum error restore_row(struct derived *derived, unsigned level, uint64_t size)
{
    uint64_t hashes = size >> (8 * level);
    struct hash child[TILE_WIDTH];

    for (uint64_t i = hashes - hashes % TILE_WIDTH; i < hashes; i++) {
        TRY(read_tile_file(derived, level - 1, i, child));
        derived->row[level][i % TILE_WIDTH] = tile_fold(child, 8);
    }
    return OK;
}

enum error derived_restore(struct derived *derived, uint64_t size)
{
    assert(size % TILE_WIDTH == 0);
    derived_reset(derived);
    for (unsigned level = 1; level < TILE_LEVELS; level++)
        TRY(restore_row(derived, level, size));
    for (unsigned bit = 8; bit < 64; bit++) {
        if (!(size >> bit & 1))
            continue;
        unsigned level = bit / 8, height = bit % 8;
        uint64_t width = size >> (8 * level) & (TILE_WIDTH - 1);
        derived->frontier.root[bit] = tile_fold(&derived->row[level][width >> height >> 1 << height << 1], height);
    }
    derived->frontier.size = size;
    return OK;
}

struct leaf_hashes {
    struct hash *hash;
    uint64_t first;
};

static enum error take_leaf_hash(void *context, uint64_t index, const struct record *record)
{
    struct leaf_hashes *into = context;

    into->hash[index - into->first] = tree_hash_leaf(record->leaf);
    return OK;
}

/* A full tile of level 0 or above, from the journal alone. The recursion is bounded by TILE_LEVELS. */
static enum error derive_tile(struct derived *derived, unsigned level, uint64_t index, struct hash *ret_hash)
{
    struct hash child[TILE_WIDTH];
    uint64_t first = index * TILE_WIDTH;

    if (level == 0)
        return journal_scan(derived->journal, first, first + TILE_WIDTH, take_leaf_hash,
                            &(struct leaf_hashes){ret_hash, first}, NULL);
    for (unsigned i = 0; i < TILE_WIDTH; i++) {
        TRY(derive_tile(derived, level - 1, first + i, child));
        ret_hash[i] = tile_fold(child, 8);
    }
    return OK;
}

static enum error fold_children(struct derived *derived, unsigned level, uint64_t index, struct hash *ret_hash)
{
    struct hash child[TILE_WIDTH];

    for (unsigned i = 0; i < TILE_WIDTH; i++) {
        TRY(read_tile_file(derived, level - 1, index * TILE_WIDTH + i, child));
        ret_hash[i] = tile_fold(child, 8);
    }
    return OK;
}

static bool folds_to(const struct hash *tile, const struct hash *root)
{
    struct hash folded = tile_fold(tile, 8);
    return hash_equal(&folded, root);
}

/* A full tile that folds to `root`: from its file, else from the files of its children, else from the journal. */
static enum error obtain_tile(struct derived *derived, unsigned level, uint64_t index, const struct hash *root,
                              struct hash *ret_hash)
{
    struct tile_name name = full_tile(level, index);

    if (read_tile_file(derived, level, index, ret_hash) == OK && folds_to(ret_hash, root))
        return OK;
    bool made = level > 0 && fold_children(derived, level, index, ret_hash) == OK && folds_to(ret_hash, root);
    if (!made) {
        TRY(derive_tile(derived, level, index, ret_hash));
        if (!folds_to(ret_hash, root))
            return ERROR_CORRUPT; /* the journal is not what the tree was built from */
    }
    if (write_tile_file(derived, &name, slice_of(ret_hash, TILE_BYTES)) != OK)
        note_behind(derived, full_with(&name));
    return OK;
}

/* The hashes of a tile, valid until the next load. The recursion climbs to the edge: bounded by TILE_LEVELS. */
static enum error load_tile(struct derived *derived, unsigned level, uint64_t index, const struct hash **ret_hash)
{
    struct cached_tile *slot = cache_slot(derived, level, index);
    unsigned width = tile_width(derived->frontier.size, level, index);
    const struct hash *parent;
    struct hash tile[TILE_WIDTH];

    if (width == 0)
        return ERROR_NOT_FOUND;
    if (width < TILE_WIDTH) {
        *ret_hash = derived->row[level];
        return OK;
    }
    if (slot->used && slot->level == level && slot->index == index) {
        *ret_hash = slot->hash;
        return OK;
    }
    TRY(load_tile(derived, level + 1, index / TILE_WIDTH, &parent));
    struct hash root = parent[index % TILE_WIDTH];
    TRY(obtain_tile(derived, level, index, &root, tile));
    *ret_hash = cache_put(derived, level, index, tile);
    return OK;
}

static enum error source_node(void *context, unsigned level, uint64_t index, struct hash *ret_hash)
{
    struct derived *derived = context;
    unsigned height = level % 8;
    uint64_t first = index << height; /* of its hashes on the tile level below it */
    const struct hash *tile;

    TRY(load_tile(derived, level / 8, first / TILE_WIDTH, &tile));
    *ret_hash = tile_fold(tile + first % TILE_WIDTH, height);
    return OK;
}

struct tree_source derived_source(struct derived *derived)
{
    return (struct tree_source){derived, source_node};
}

enum error derived_tile(struct derived *derived, const struct tile_name *name, struct buffer *into)
{
    const struct hash *tile;

    if (name->width == 0 || name->width > tile_width(derived->frontier.size, name->level, name->index))
        return ERROR_NOT_FOUND;
    TRY(load_tile(derived, name->level, name->index, &tile));
    buffer_bytes(into, tile, (size_t)name->width * HASH_BYTES);
    return buffer_check(into);
}

static enum error take_entry(void *context, uint64_t index, const struct record *record)
{
    tile_entry_write(record->leaf, context);
    return buffer_check(context);
}

enum error derived_bundle(struct derived *derived, uint64_t index, unsigned width, struct buffer *into)
{
    if (width == 0 || width > tile_width(derived->frontier.size, 0, index))
        return ERROR_NOT_FOUND;
    uint64_t first = index * TILE_WIDTH;
    return journal_scan(derived->journal, first, first + width, take_entry, into, NULL);
}

/* Is the file there, and not cut short by a crash before it reached the disk? What is in it is checked on use. */
static bool looks_whole(const struct derived *derived, const struct tile_name *name)
{
    char path[PATH_MAX];
    struct stat status;

    tile_path(derived, name, path);
    if (stat(path, &status) != 0)
        return false;
    return name->entries ? status.st_size > 0 : status.st_size == TILE_BYTES;
}

/* Removes the partial files of a tile but the one of its present width: 0, when the tile is full, for all. */
static void drop_partial_files(const struct derived *derived, struct tile_name name, unsigned present)
{
    char path[PATH_MAX], keep[8];

    name.width = 1;
    tile_path(derived, &name, path);
    *strrchr(path, '/') = '\0';
    snprintf(keep, sizeof keep, "%u", present);
    DIR *directory = opendir(path);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, keep) != 0)
            (void)unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
    if (present == 0)
        (void)rmdir(path);
}

static enum error make_bundle_whole(struct derived *derived, uint64_t index)
{
    CLEANUP_BUFFER struct buffer bundle = buffer_new(BUNDLE_BYTES_MAX);
    struct tile_name name = full_bundle(index);

    drop_partial_files(derived, name, 0);
    if (index * TILE_WIDTH < derived->minimum || looks_whole(derived, &name))
        return OK;
    TRY(derived_bundle(derived, index, TILE_WIDTH, &bundle));
    return write_tile_file(derived, &name, buffer_view(&bundle));
}

static enum error make_tile_whole(struct derived *derived, unsigned level, uint64_t index)
{
    struct tile_name name = full_tile(level, index);
    const struct hash *tile;

    drop_partial_files(derived, name, 0);
    if (looks_whole(derived, &name))
        return OK;
    TRY(load_tile(derived, level, index, &tile));
    return write_tile_file(derived, &name, slice_of(tile, TILE_BYTES));
}

/* All files that became due when bundle `index` was full. */
static enum error make_whole(struct derived *derived, uint64_t index)
{
    uint64_t full = index + 1;

    TRY(make_bundle_whole(derived, index));
    for (unsigned level = 0;; level++) {
        TRY(make_tile_whole(derived, level, full - 1));
        if (full % TILE_WIDTH != 0)
            return OK;
        full /= TILE_WIDTH;
    }
}

static enum error catch_up(struct derived *derived)
{
    while (derived->behind < derived->frontier.size / TILE_WIDTH) {
        TRY(make_whole(derived, derived->behind));
        derived->behind++;
    }
    derived->behind = NONE;
    return OK;
}

/* The last bundle and the last tile of each level of a tree of `size`; entry `which` of at most TILE_LEVELS + 1. False
 * when that one is empty. */
static bool partial_name(uint64_t size, unsigned which, struct tile_name *ret_name)
{
    unsigned level = which == 0 ? 0 : which - 1;
    uint64_t hashes = size >> (8 * level);

    *ret_name = (struct tile_name){which == 0, (uint8_t)level, hashes / TILE_WIDTH, (uint16_t)(hashes % TILE_WIDTH)};
    return ret_name->width != 0;
}

static enum error write_partial_tiles(struct derived *derived)
{
    struct tile_name name;

    for (unsigned which = 0; which <= TILE_LEVELS; which++) {
        if (!partial_name(derived->frontier.size, which, &name))
            continue;
        struct slice tile = slice_of(derived->row[name.level], (size_t)name.width * HASH_BYTES);
        TRY(write_tile_file(derived, &name, name.entries ? buffer_view(&derived->bundle) : tile));
    }
    return OK;
}

static void remove_old_partial_tiles(const struct derived *derived)
{
    struct tile_name old, now;

    for (unsigned which = 0; which <= TILE_LEVELS; which++) {
        partial_name(derived->frontier.size, which, &now);
        drop_partial_files(derived, now, now.width);
        if (derived->published != NONE && partial_name(derived->published, which, &old) && old.index != now.index)
            drop_partial_files(derived, old, 0);
    }
}

static enum error sync_tile_file(const struct derived *derived, const struct tile_name *name)
{
    char path[PATH_MAX];

    tile_path(derived, name, path);
    TRY(derived_file_sync(path, 0));
    *strrchr(path, '/') = '\0';
    return derived_file_sync(path, O_DIRECTORY);
}

static enum error sync_full_with(const struct derived *derived, uint64_t index)
{
    struct tile_name name = full_bundle(index);
    uint64_t full = index + 1;

    if (index * TILE_WIDTH >= derived->minimum)
        TRY(sync_tile_file(derived, &name));
    for (unsigned level = 0;; level++) {
        name = full_tile(level, full - 1);
        TRY(sync_tile_file(derived, &name));
        if (full % TILE_WIDTH != 0)
            return OK;
        full /= TILE_WIDTH;
    }
}

/* What a checkpoint covers is looked at after a start, but not read through: a crash must not leave half of it. */
static enum error sync_full(struct derived *derived)
{
    while (derived->unsynced < derived->frontier.size / TILE_WIDTH) {
        TRY(sync_full_with(derived, derived->unsynced));
        derived->unsynced++;
    }
    derived->unsynced = NONE;
    return OK;
}

enum error derived_publish(struct derived *derived, struct slice note, bool durable)
{
    TRY(catch_up(derived));
    TRY(sync_full(derived));
    TRY(write_partial_tiles(derived));
    TRY(durable ? derived_file_write_durably(derived->path, "checkpoint", note)
                : derived_file_write(derived->path, "checkpoint", note));
    remove_old_partial_tiles(derived);
    derived->published = derived->frontier.size;
    return OK;
}

/* ---- letting go of old entries ---- */

#define KEEP_STEP 32 /* tiles that are synced at once: some milliseconds */

void derived_set_minimum(struct derived *derived, uint64_t minimum)
{
    derived->minimum = minimum;
}

/* The tile is read as its parent wants it, or made anew from the journal, and synced with the name that it has. */
static enum error keep_tile(struct derived *derived, unsigned level, uint64_t index)
{
    struct tile_name name = full_tile(level, index);
    const struct hash *tile;

    derived->cache[(index + 3 * level) % CACHE_SLOTS].used = false; /* its file is what counts */
    TRY(load_tile(derived, level, index, &tile));
    return sync_tile_file(derived, &name);
}

/* Tile `index` of level 0 and those above that it is the last of. */
static enum error keep_tiles_of(struct derived *derived, uint64_t index)
{
    uint64_t full = index + 1;

    for (unsigned level = 0;; level++) {
        TRY(keep_tile(derived, level, full - 1));
        if (full % TILE_WIDTH != 0)
            return OK;
        full /= TILE_WIDTH;
    }
}

/* The tile that the minimum lies in is kept as well: half of it cannot be made from the journal any more. */
enum error derived_keep_tiles(struct derived *derived, uint64_t minimum, uint64_t *next, bool *ret_done)
{
    uint64_t tiles = (minimum + TILE_WIDTH - 1) / TILE_WIDTH;

    for (int i = 0; i < KEEP_STEP && *next < tiles; i++)
        TRY(keep_tiles_of(derived, (*next)++));
    *ret_done = *next >= tiles;
    return *ret_done ? derived_file_sync(derived->path, O_DIRECTORY) : OK;
}
