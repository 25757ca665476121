/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What follows from the journal: the tree, and its files in the C2SP layout (tile.h). The right edge of the tree is
 * kept in memory; everything left of it is in files that are never believed: a tile that is loaded must fold to what
 * its parent says, up to the edge, or it is made anew from the journal. They are synced before a checkpoint covers
 * them.
 *
 * One thread; inside the ledger only. */

#include "journal.h"
#include "tile.h"

struct derived;

/* An empty tree over `journal`, which is borrowed like `directory`. ERROR_MEMORY. */
MUST_CHECK enum error derived_new(const char *directory, struct journal *journal, struct derived **ret_derived);
void derived_free(struct derived *derived); /* accepts NULL */

/* Back to the empty tree. */
void derived_reset(struct derived *derived);

/* Takes the edge of a tree of `size` entries, a multiple of TILE_WIDTH, from the tile files without proof: the caller
 * compares a root before relying on it. ERROR_FILE_MISSING, ERROR_IO, ERROR_CORRUPT when a file cannot be used. */
MUST_CHECK enum error derived_restore(struct derived *derived, uint64_t size);

/* Adds the next entry. Files of tiles that are full now are written; what cannot be written is made up for by
 * derived_publish. */
void derived_add(struct derived *derived, struct slice leaf);

/* While files are held, derived_add writes none: for looking at what the journal gives before relying on it. */
void derived_hold_files(struct derived *derived, bool held);

struct tree_head derived_head(const struct derived *derived);
struct tree_source derived_source(struct derived *derived);

MUST_CHECK enum error derived_tile(struct derived *derived, const struct tile_name *name, struct buffer *into);
MUST_CHECK enum error derived_bundle(struct derived *derived, uint64_t index, unsigned width, struct buffer *into);

/* Entries before `minimum` are let go: their bundles are not made any more. */
void derived_set_minimum(struct derived *derived, uint64_t minimum);
/* Before entries up to `minimum` are let go: makes durable, and checks, all hash tiles that can no longer be made from
 * the journal then; some at a time, from tile *next on, *ret_done at the end. ERROR_IO, ERROR_CORRUPT. */
MUST_CHECK enum error derived_keep_tiles(struct derived *derived, uint64_t minimum, uint64_t *next, bool *ret_done);

/* After a start files may be missing, cut short or left over. The next derived_publish puts that right. */
void derived_doubt_files(struct derived *derived);

/* Writes the tiles that are missing, the partial tiles of the present size, and `note` as the checkpoint: a `durable`
 * one is still there after a crash. */
MUST_CHECK enum error derived_publish(struct derived *derived, struct slice note, bool durable);
