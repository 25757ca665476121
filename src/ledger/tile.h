/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP tlog-tiles (https://c2sp.org/tlog-tiles): how a log's hashes and entries are cut into files of 256, and how the
 * files are named. Level L holds the roots of full tiles of level L - 1; level 0 holds leaf hashes; bundles hold
 * entries.
 *
 * Pure; any thread. Paths may come from an enemy. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "tree.h"

#define TILE_WIDTH 256
#define TILE_BYTES (TILE_WIDTH * HASH_BYTES)
/* 256^8 entries do not fit into 64 bits, so no tree has a ninth level. */
#define TILE_LEVELS 8
#define TILE_PATH_MAX 64

struct tile_name {
    bool entries;  /* a bundle; level is 0 then */
    uint8_t level; /* below TILE_LEVELS */
    uint64_t index;
    uint16_t width; /* TILE_WIDTH when it is full */
};

/* "tile/0/x001/234", "tile/entries/000.p/17", without a slash in front. */
void tile_path_write(const struct tile_name *name, struct buffer *into);
/* The same as a string. */
void tile_path_text(const struct tile_name *name, char ret_text[TILE_PATH_MAX]);
/* Accepts one text for each name. ERROR_SYNTAX. */
MUST_CHECK enum error tile_path_parse(struct slice path, struct tile_name *ret_name);

/* How many hashes or entries a tree of `size` entries has in this tile: 0 to TILE_WIDTH. */
unsigned tile_width(uint64_t size, unsigned level, uint64_t index);

/* Root of 2^height neighbouring hashes, height <= 8. */
struct hash tile_fold(const struct hash *hash, unsigned height);

/* One entry of a bundle; at most 65,535 bytes. */
void tile_entry_write(struct slice entry, struct buffer *into);
/* The next entry, or `reader->failed`. */
struct slice tile_entry_read(struct reader *reader);
