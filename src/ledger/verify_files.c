/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "verify_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* tile/entries/x000/…/000.p/255 has ten elements. */
#define DEPTH_MAX 12

/* Reads a whole file of at most `room` bytes. False when it is missing, larger, or cannot be read. */
static bool read_file(struct verifier *verifier, const char *file, void *into, size_t room, size_t *ret_length)
{
    uint64_t size;
    CLEANUP_DESCRIPTOR int descriptor = verify_open(verifier, file, true, &size);

    if (descriptor < 0 || size > room || pread(descriptor, into, size, 0) != (ssize_t)size)
        return false;
    *ret_length = (size_t)size;
    return true;
}

static uint64_t tree_size(const struct verifier *verifier)
{
    return verifier->frontier.size;
}

static void compare_tile(struct verifier *verifier, const struct tile_name *name, const struct hash *expected)
{
    char text[TILE_PATH_MAX];
    struct hash found[TILE_WIDTH];
    size_t length;

    tile_path_text(name, text);
    if (!read_file(verifier, text, found, sizeof found, &length) || length != (size_t)name->width * HASH_BYTES) {
        verify_fault_file(verifier, text, "The hash tile is missing or has the wrong length.");
        return;
    }
    for (unsigned i = 0; i < name->width; i++) {
        if (memcmp(&found[i], &expected[i], HASH_BYTES) == 0)
            continue;
        uint64_t first = name->index * TILE_WIDTH + i;
        verify_fault_at(verifier, text, i * HASH_BYTES, (i + 1) * HASH_BYTES,
                        name->level == 0 ? first : VERIFY_NO_INDEX, "The hash is not the one that the journal gives.");
    }
}

/* A bundle's entries must hash to the leaves that the journal gave. */
static void compare_bundle(struct verifier *verifier, const struct tile_name *name, const struct hash *leaves)
{
    char text[TILE_PATH_MAX];
    size_t length;

    tile_path_text(name, text);
    if (!read_file(verifier, text, verifier->bundle, VERIFY_BUNDLE_MAX, &length)) {
        verify_fault_file(verifier, text, "The entry bundle is missing or too large.");
        return;
    }
    struct reader reader = reader_of(slice_of(verifier->bundle, length));
    for (unsigned i = 0; i < name->width; i++) {
        uint64_t begin = length - reader.rest.length;
        struct slice entry = tile_entry_read(&reader);
        struct hash hash = tree_hash_leaf(entry);
        uint64_t end = reader.failed ? length : length - reader.rest.length;
        if (!reader.failed && memcmp(&hash, &leaves[i], HASH_BYTES) == 0)
            continue;
        verify_fault_at(verifier, text, begin, end, name->index * TILE_WIDTH + i,
                        "The entry is not the one that the journal gives.");
        if (reader.failed)
            return;
    }
    if (!reader_done(&reader))
        verify_fault_at(verifier, text, length - reader.rest.length, length, VERIFY_NO_INDEX,
                        "More bytes than entries.");
}

void verify_full_tile(struct verifier *verifier, unsigned level, uint64_t index)
{
    struct tile_name name = {false, (uint8_t)level, index, TILE_WIDTH};

    compare_tile(verifier, &name, verifier->row[level]);
}

/* A bundle of nothing but entries that were let go may be gone. */
static bool may_be_gone(struct verifier *verifier, uint64_t index)
{
    struct tile_name name = {true, 0, index, TILE_WIDTH};
    char text[TILE_PATH_MAX];
    uint64_t size;

    if ((index + 1) * TILE_WIDTH > verifier->minimum)
        return false;
    tile_path_text(&name, text);
    CLEANUP_DESCRIPTOR int descriptor = verify_open(verifier, text, false, &size);
    return descriptor < 0;
}

void verify_full_bundle(struct verifier *verifier, uint64_t index)
{
    struct tile_name name = {true, 0, index, TILE_WIDTH};

    if (may_be_gone(verifier, index))
        return;
    compare_bundle(verifier, &name, verifier->row[0]);
}

/* How many hashes a tile file has, believed as they are. */
static unsigned read_hashes(struct verifier *verifier, const struct tile_name *name, struct hash *ret_hash)
{
    char text[TILE_PATH_MAX];
    uint64_t size;

    tile_path_text(name, text);
    CLEANUP_DESCRIPTOR int descriptor = verify_open(verifier, text, false, &size);
    if (descriptor < 0)
        return 0;
    ssize_t got = pread(descriptor, ret_hash, (size_t)name->width * HASH_BYTES, 0);
    return got > 0 ? (unsigned)((size_t)got / HASH_BYTES) : 0;
}

/* Leaf after leaf is asked for, so a tile is read once. */
static void read_claimed(struct verifier *verifier, uint64_t index)
{
    struct tile_name name = {false, 0, index, TILE_WIDTH};
    const struct tree_head *head = &verifier->checkpoint.head;

    verifier->claimed_tile = index;
    verifier->claimed_width = read_hashes(verifier, &name, verifier->claimed);
    if (verifier->claimed_width > 0 || index != head->size / TILE_WIDTH || head->size % TILE_WIDTH == 0)
        return;
    name.width = (uint16_t)(head->size % TILE_WIDTH);
    verifier->claimed_width = read_hashes(verifier, &name, verifier->claimed);
}

bool verify_claimed_leaf(struct verifier *verifier, uint64_t index, struct hash *ret_hash)
{
    if (verifier->claimed_tile != index / TILE_WIDTH)
        read_claimed(verifier, index / TILE_WIDTH);
    if (index % TILE_WIDTH >= verifier->claimed_width)
        return false;
    *ret_hash = verifier->claimed[index % TILE_WIDTH];
    return true;
}

enum error ledger_verify_entry(const char *directory, uint64_t index, struct arena *arena, struct slice *ret_entry)
{
    char text[TILE_PATH_MAX], path[PATH_MAX];
    struct slice bundle, entry = slice_of("", 0);
    enum error error = ERROR_FILE_MISSING;

    /* The full one, or a partial one that reaches so far. */
    for (unsigned width = TILE_WIDTH; error == ERROR_FILE_MISSING && width > index % TILE_WIDTH; width--) {
        struct tile_name name = {true, 0, index / TILE_WIDTH, (uint16_t)width};
        tile_path_text(&name, text);
        if (snprintf(path, sizeof path, "%s/%s", directory, text) >= (int)sizeof path)
            return ERROR_IO;
        error = file_read(arena, path, VERIFY_BUNDLE_MAX, &bundle, NULL);
    }
    if (error != OK)
        return error == ERROR_FILE_MISSING ? ERROR_NOT_FOUND : error;
    struct reader reader = reader_of(bundle);
    for (uint64_t i = 0; i <= index % TILE_WIDTH; i++)
        entry = tile_entry_read(&reader);
    *ret_entry = entry;
    return reader.failed ? ERROR_CORRUPT : OK;
}

/* The hashes that a partial file must begin with: the edge of the tree, or the full tile, which was compared before. */
static bool known_hashes(struct verifier *verifier, const struct tile_name *name, struct hash *room,
                         const struct hash **ret_hash)
{
    struct tile_name full = {false, name->level, name->index, TILE_WIDTH};
    unsigned width = tile_width(tree_size(verifier), name->level, name->index);
    char text[TILE_PATH_MAX];
    uint64_t size;

    *ret_hash = verifier->row[name->level];
    if (width < TILE_WIDTH)
        return name->width <= width;
    tile_path_text(&full, text);
    CLEANUP_DESCRIPTOR int descriptor = verify_open(verifier, text, false, &size);
    *ret_hash = room;
    return descriptor >= 0 && pread(descriptor, room, TILE_BYTES, 0) == TILE_BYTES;
}

static void check_tile_path(struct verifier *verifier, const char *path)
{
    struct tile_name name;
    struct hash room[TILE_WIDTH];
    const struct hash *known;

    if (tile_path_parse(slice_from_string(path), &name) != OK ||
        name.width > tile_width(tree_size(verifier), name.level, name.index)) {
        verify_fault_file(verifier, path, "The file does not belong to the log.");
        return;
    }
    if (name.width == TILE_WIDTH)
        return; /* compared when the tree filled it */
    if (!known_hashes(verifier, &name, room, &known))
        verify_fault_file(verifier, path, "There is nothing to compare it with.");
    else if (name.entries)
        compare_bundle(verifier, &name, known);
    else
        compare_tile(verifier, &name, known);
}

static bool is_directory(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Checks one name of the log's directory, relative to it. True when it is a directory to be walked. */
static bool check_name(struct verifier *verifier, const char *name, bool directory)
{
    uint64_t number, size;
    struct slice text = slice_from_string(name), last = text;

    if (directory && (slice_is(text, "journal") || slice_is(text, "tile") || slice_starts_with(text, SLICE("tile/"))))
        return true;
    if (slice_starts_with(text, SLICE("tile/"))) {
        check_tile_path(verifier, name);
        return false;
    }
    if (slice_is(slice_cut(&last, '/'), "journal") && last.length == 6 && slice_to_u64(last, &number))
        return false;
    if (slice_is(text, "checkpoint") || slice_is(text, "new"))
        return false;
    if (slice_is(text, "lock")) {
        CLEANUP_DESCRIPTOR int descriptor = verify_open(verifier, name, true, &size);
        if (descriptor >= 0 && size == 0)
            return false;
    }
    verify_fault_file(verifier, name, "The file does not belong to the log.");
    return false;
}

/* Walks the directory `name` below the log's. The recursion is bounded by DEPTH_MAX. */
static enum error walk_directory(struct verifier *verifier, const char *name, unsigned depth)
{
    char path[PATH_MAX], child[PATH_MAX];

    if (depth > DEPTH_MAX)
        return ERROR_TOO_DEEP;
    snprintf(path, sizeof path, "%s/%s", verifier->directory, name);
    DIR *directory = opendir(path);
    if (!directory)
        return ERROR_IO;
    enum error error = OK;
    for (struct dirent *entry; error == OK && (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(child, sizeof child, "%s%s%s", name, *name ? "/" : "", entry->d_name); /* DEPTH_MAX names fit */
        if (snprintf(path, sizeof path, "%s/%s", verifier->directory, child) >= (int)sizeof path)
            error = ERROR_IO;
        else if (check_name(verifier, child, is_directory(path)))
            error = walk_directory(verifier, child, depth + 1);
    }
    closedir(directory);
    return error;
}

/* What a client needs to derive the checkpoint's root: its partial tiles, or the full ones that they became. */
static void require_partial_tiles(struct verifier *verifier)
{
    uint64_t size = verifier->checkpoint.head.size, ignored;
    char text[TILE_PATH_MAX];

    for (unsigned which = 0; which <= TILE_LEVELS; which++) {
        unsigned level = which == TILE_LEVELS ? 0 : which;
        uint64_t hashes = size >> (8 * level);
        struct tile_name name = {which == TILE_LEVELS, (uint8_t)level, hashes / TILE_WIDTH, hashes % TILE_WIDTH};
        bool full = tile_width(tree_size(verifier), level, name.index) == TILE_WIDTH;
        if (name.width == 0 || full)
            continue;
        tile_path_text(&name, text);
        CLEANUP_DESCRIPTOR int descriptor = verify_open(verifier, text, false, &ignored);
        if (descriptor < 0)
            verify_fault_file(verifier, text, "The partial tile of the checkpoint is missing.");
    }
}

enum error verify_files(struct verifier *verifier)
{
    TRY(walk_directory(verifier, "", 0));
    if (verifier->has_checkpoint)
        require_partial_tiles(verifier);
    return OK;
}
