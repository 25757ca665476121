/* SPDX-License-Identifier: Apache-2.0 */

/* The derived files of a log, in the layout of C2SP tlog-tiles: every full tile and bundle is compared when the tree
 * has filled it, partial ones against the tree's edge at the end, and a name that belongs to nothing is told. */

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "files.h"
#include "log.h"

#define DEPTH_MAX 12
#define NAMES_MAX 65536

struct tile {
    bool entries;
    unsigned level;
    uint64_t index;
    unsigned width;
};

static void tile_file(const struct log *log, const struct tile *tile, char file[96])
{
    struct buffer path = {.data = file, .capacity = 96, .maximum = 96};
    uint64_t divisor = 1;

    buffer_format(&path, "log/%s/tile/", log->name);
    if (tile->entries)
        buffer_string(&path, "entries/");
    else
        buffer_format(&path, "%u/", tile->level);
    while (tile->index / divisor >= 1000)
        divisor *= 1000;
    for (; divisor > 1; divisor /= 1000)
        buffer_format(&path, "x%03u/", (unsigned)(tile->index / divisor % 1000));
    buffer_format(&path, "%03u", (unsigned)(tile->index % 1000));
    if (tile->width != ROW)
        buffer_format(&path, ".p/%u", tile->width);
    buffer_byte(&path, '\0');
}

static size_t read_file(struct log *log, const char *file, void *into, size_t room, bool *ret_there)
{
    uint64_t size = 0;
    CLEANUP_DESCRIPTOR int descriptor = file_open(log->directory, file, &size);

    *ret_there = descriptor >= 0 && size <= room;
    if (!*ret_there)
        return 0;
    log->report->count[COUNT_FILES]++;
    log->report->count[COUNT_TILES]++;
    return file_pread(descriptor, into, (size_t)size, 0);
}

/* A running node publishes while this runs: its partial files go, and others come. */
static bool was_published(const struct log *log)
{
    char file[96], now[NOTE_MAX];
    uint64_t size = 0;

    snprintf(file, sizeof file, "log/%s/checkpoint", log->name);
    CLEANUP_DESCRIPTOR int descriptor = file_open(log->directory, file, &size);
    size_t length = descriptor >= 0 ? file_pread(descriptor, now, sizeof now, 0) : 0;
    return !slice_equal(slice_of(now, length), log->checkpoint.note);
}

static void missing(struct log *log, enum finding_kind kind, const struct tile *tile, const char *file)
{
    if (tile->width == ROW || !was_published(log))
        report_add(log->report, kind, PLACE_FILE(file), NULL);
}

static void compare_tile(struct log *log, const struct tile *tile, const struct hash *expected)
{
    struct hash found[ROW];
    char file[96];
    bool there;

    tile_file(log, tile, file);
    size_t length = read_file(log, file, found, sizeof found, &there);
    if (!there || length != tile->width * sizeof *found) {
        missing(log, FINDING_TILE_MISSING, tile, file);
        return;
    }
    for (unsigned i = 0; i < tile->width; i++)
        if (memcmp(&found[i], &expected[i], HASH_BYTES) != 0)
            report_add(log->report, FINDING_TILE_CHANGED,
                       PLACE_BYTES(file, i * HASH_BYTES, (i + 1) * HASH_BYTES,
                                   tile->level == 0 ? tile->index * ROW + i : REPORT_NONE),
                       NULL);
}

static void compare_bundle(struct log *log, const struct tile *tile, const struct hash *leaves)
{
    char file[96];
    bool there;

    tile_file(log, tile, file);
    size_t length = read_file(log, file, log->bundle, BUNDLE_MAX, &there);
    if (!there) {
        missing(log, FINDING_BUNDLE_MISSING, tile, file);
        return;
    }
    struct reader reader = reader_of(slice_of(log->bundle, length));
    for (unsigned i = 0; i < tile->width; i++) {
        uint64_t begin = length - reader.rest.length;
        uint16_t bytes = reader_u16(&reader);
        struct hash hash = tree_leaf(reader_bytes(&reader, bytes));
        if (!reader.failed && memcmp(&hash, &leaves[i], HASH_BYTES) == 0)
            continue;
        report_add(
            log->report, FINDING_BUNDLE_CHANGED,
            PLACE_BYTES(file, begin, reader.failed ? length : length - reader.rest.length, tile->index * ROW + i),
            NULL);
        if (reader.failed)
            return;
    }
    if (!reader_done(&reader))
        report_add(log->report, FINDING_BUNDLE_CHANGED,
                   PLACE_BYTES(file, length - reader.rest.length, length, REPORT_NONE), "more bytes than entries");
}

void log_compare_full(struct log *log, unsigned level, uint64_t index)
{
    compare_tile(log, &(struct tile){false, level, index, ROW}, log->row[level]);
}

void log_compare_bundle(struct log *log, uint64_t index)
{
    compare_bundle(log, &(struct tile){true, 0, index, ROW}, log->row[0]);
}

static bool read_hash(struct log *log, const struct tile *tile, unsigned item, struct hash *ret_hash)
{
    uint64_t size = 0;
    char file[96];

    if (item >= tile->width)
        return false;
    tile_file(log, tile, file);
    CLEANUP_DESCRIPTOR int descriptor = file_open(log->directory, file, &size);
    return descriptor >= 0 && file_pread(descriptor, ret_hash, HASH_BYTES, (uint64_t)item * HASH_BYTES) == HASH_BYTES;
}

bool log_claimed_leaf(struct log *log, uint64_t index, struct hash *ret_hash)
{
    struct tile tile = {false, 0, index / ROW, ROW};
    uint64_t signed_for = log->has_checkpoint ? log->checkpoint.checkpoint.size : 0;

    if (read_hash(log, &tile, index % ROW, ret_hash))
        return true;
    tile.width = signed_for % ROW;
    return signed_for / ROW == tile.index && read_hash(log, &tile, index % ROW, ret_hash);
}

void log_claimed_tile(struct log *log, uint64_t index, struct hash ret_hash[ROW])
{
    struct tile tile = {false, 0, index, ROW};
    uint64_t size = 0;
    char file[96];

    memset(ret_hash, 0, ROW * sizeof *ret_hash);
    tile_file(log, &tile, file);
    CLEANUP_DESCRIPTOR int descriptor = file_open(log->directory, file, &size);
    if (descriptor >= 0 && file_pread(descriptor, ret_hash, ROW * sizeof *ret_hash, 0) > 0)
        return;
    for (unsigned i = 0; i < ROW; i++) /* the last one may be partial */
        if (!log_claimed_leaf(log, index * ROW + i, &ret_hash[i]))
            return;
}

/* ---- every other file ---- */

static unsigned width_of(const struct log *log, const struct tile *tile)
{
    uint64_t items = log->tree.size >> (8 * tile->level), before = tile->index * ROW;

    if (tile->index > (UINT64_MAX >> 9) || items <= before)
        return 0;
    return items - before < ROW ? (unsigned)(items - before) : ROW;
}

/* Reads a path below tile/ leniently; it counts only if writing it again gives the same text. */
static bool tile_of(const struct log *log, const char *file, struct tile *ret_tile)
{
    struct slice rest = slice_from_string(file);
    struct tile tile = {.width = ROW};
    uint64_t number;
    char again[96];

    rest = slice_from(rest, strlen("log/") + strlen(log->name) + strlen("/tile/"));
    struct slice level = slice_cut(&rest, '/');
    tile.entries = slice_is(level, "entries");
    if (!tile.entries && (!slice_to_u64(level, &number) || number >= LEVELS))
        return false;
    tile.level = tile.entries ? 0 : (unsigned)number;
    while (rest.length > 0) {
        struct slice part = slice_cut(&rest, '/');
        if (slice_starts_with(part, SLICE("x")))
            part = slice_from(part, 1);
        if (slice_ends_with(part, SLICE(".p"))) {
            part.length -= 2;
            if (!slice_to_u64(rest, &number) || number == 0 || number >= ROW)
                return false;
            tile.width = (unsigned)number;
            rest = slice_of("", 0);
        }
        if (!slice_to_u64(part, &number) || number >= 1000 || tile.index > UINT64_MAX / 1000 - 1)
            return false;
        tile.index = tile.index * 1000 + number;
    }
    tile_file(log, &tile, again);
    *ret_tile = tile;
    return strcmp(again, file) == 0;
}

/* What a partial file must begin with: the tree's edge, or the full tile, which was compared before. */
static const struct hash *known_hashes(struct log *log, const struct tile *tile, struct hash room[ROW])
{
    struct tile full = {false, tile->level, tile->index, ROW};
    unsigned width = width_of(log, tile);
    uint64_t size = 0;
    char file[96];

    if (width < ROW)
        return tile->width <= width ? log->row[tile->level] : NULL;
    tile_file(log, &full, file);
    CLEANUP_DESCRIPTOR int descriptor = file_open(log->directory, file, &size);
    bool whole = descriptor >= 0 && file_pread(descriptor, room, ROW * sizeof *room, 0) == ROW * sizeof *room;
    return whole ? room : NULL;
}

static void check_tile_file(struct log *log, const char *file)
{
    struct hash room[ROW];
    struct tile tile;

    bool named = tile_of(log, file, &tile);
    if (named && width_of(log, &tile) < tile.width && was_published(log))
        return; /* of a tree that has grown since */
    if (!named || width_of(log, &tile) < tile.width) {
        report_add(log->report, FINDING_FILE_STRANGE, PLACE_FILE(file), NULL);
        return;
    }
    if (tile.width == ROW)
        return;
    const struct hash *known = known_hashes(log, &tile, room);
    if (!known)
        report_add(log->report, FINDING_TILE_MISSING, PLACE_FILE(file), "the full one to compare it with");
    else if (tile.entries)
        compare_bundle(log, &tile, known);
    else
        compare_tile(log, &tile, known);
}

struct walk {
    struct log *log;
    const char *below;
    unsigned depth;
};

static void walk_name(void *context, const char *name, bool is_directory)
{
    const struct walk *walk = context;
    char file[256];

    if (snprintf(file, sizeof file, "%s/%s", walk->below, name) >= (int)sizeof file || walk->depth > DEPTH_MAX) {
        report_add(walk->log->report, FINDING_FILE_STRANGE, PLACE_FILE(walk->below), NULL);
        return;
    }
    if (!is_directory) {
        check_tile_file(walk->log, file);
        return;
    }
    struct walk deeper = {walk->log, file, walk->depth + 1};
    if (file_list(walk->log->directory, file, NAMES_MAX, walk_name, &deeper) != OK)
        report_add(walk->log->report, FINDING_FILE_STRANGE, PLACE_FILE(file), NULL);
}

/* What a stranger needs to derive the checkpoint's root. */
static void require_edge(struct log *log)
{
    uint64_t size = log->checkpoint.checkpoint.size;

    for (unsigned which = 0; which <= LEVELS; which++) {
        struct tile tile = {which == LEVELS, which == LEVELS ? 0 : which, 0, 0};
        uint64_t items = size >> (8 * tile.level);
        char file[96];
        tile.index = items / ROW;
        tile.width = items % ROW;
        if (tile.width == 0 || width_of(log, &tile) == ROW)
            continue;
        tile_file(log, &tile, file);
        if (!file_is_there(log->directory, file))
            missing(log, tile.entries ? FINDING_BUNDLE_MISSING : FINDING_TILE_MISSING, &tile, file);
    }
}

void log_compare_rest(struct log *log)
{
    char below[64];
    struct walk walk = {log, below, 0};

    snprintf(below, sizeof below, "log/%s/tile", log->name);
    enum error error = file_list(log->directory, below, NAMES_MAX, walk_name, &walk);
    if (error != OK && log->tree.size > 0)
        report_add(log->report, FINDING_TILE_MISSING, PLACE_FILE(below), NULL);
    if (log->has_checkpoint)
        require_edge(log);
}
