/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A directory as a disk may have it after the power failed: what was kept of the operations (disk.h) is told again up
 * to one of them, and of what was not synced by then a choice is there.
 *
 * What counts as durable is what POSIX promises and no more: bytes after fsync or fdatasync of their file, a name after
 * fsync of its folder. Whatever was not synced may be there or not: each 512-byte sector of each write, and the changes
 * of names of each folder up to any of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disk.h"

struct image; /* of a directory, with everything that has happened to it */

/* Reads all files of the directory that is being watched; `rules`, which no story touches, becomes a link to there. */
struct image *image_read(const char *directory);
/* The same of a directory that is not watched. */
struct image *image_of(const char *directory);
void image_free(struct image *image);

/* The next operation has happened. */
void image_tell(struct image *image, const struct disk_operation *operation);

enum image_cut {
    CUT_KILLED,    /* the process ends, the machine goes on: everything is there */
    CUT_LOST,      /* nothing that was not synced */
    CUT_NAMES,     /* names, but of unsynced bytes nothing: files are empty or old */
    CUT_BYTES,     /* bytes, but no unsynced name */
    CUT_TORN,      /* everything, but of the last write only a part of its sectors from its beginning */
    CUT_REORDERED, /* of the unsynced writes the later ones and not the earlier ones */
    CUT_SCATTERED, /* any sectors, any beginning of each folder's changes */
    CUT_KINDS
};
const char *image_cut_word(enum image_cut cut);

/* Writes the directory as it is after that cut. */
void image_write(const struct image *image, enum image_cut cut, uint64_t seed, const char *directory);

/* Its files, for damage at rest. */
size_t image_files(const struct image *image);
const char *image_name(const struct image *image, size_t index);
size_t image_length(const struct image *image, size_t index);
void image_flip(struct image *image, size_t index, size_t at, unsigned char mask);

/* Removes a directory that image_write made. */
void image_remove(const char *directory);
