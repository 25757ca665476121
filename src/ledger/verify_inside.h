/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the three parts of the auditor share: verify.c (heads, checkpoint), verify_journal.c (the journal and the tree
 * that follows from it) and verify_files.c (the derived files). Nobody else includes it. */

#include <limits.h>

#include "cursor.h"
#include "ledger.h"
#include "tile.h"
#include "verify.h"

/* A head that the log must have gone through. */
struct verify_mark {
    struct tree_head head;
    bool met;
};

struct verifier {
    const char *directory;
    const struct note_key *key;
    verify_report *report;
    void *context;
    struct verify_summary summary;

    struct verify_mark checkpoint;
    struct verify_mark remembered;
    struct verify_mark declared; /* when entries were let go; `minimum` is 0 in a whole log */
    uint64_t minimum;
    bool has_checkpoint;
    bool has_remembered;

    struct cursor cursor;
    struct tree_frontier frontier;
    struct hash row[TILE_LEVELS][TILE_WIDTH];
    char *bundle; /* room for one bundle file */
    uint64_t claimed_tile; /* what was read last for verify_claimed_leaf; UINT64_MAX for nothing */
    unsigned claimed_width;
    struct hash claimed[TILE_WIDTH];
};

/* No bundle that this log writes is larger. */
#define VERIFY_BUNDLE_MAX (TILE_WIDTH * (2 + LEDGER_LEAF_MAX))

void verify_fault_at(struct verifier *verifier, const char *file, uint64_t begin, uint64_t end, uint64_t index,
                     const char *what);
void verify_fault_file(struct verifier *verifier, const char *file, const char *what);

/* Opens a file below the directory; -1 when that fails. Counts it and its bytes when `count`. */
int verify_open(struct verifier *verifier, const char *file, bool count, uint64_t *ret_size) MUST_CHECK;

/* Walks all segments, adding each entry to the tree. */
MUST_CHECK enum error verify_journal(struct verifier *verifier);

/* Compares a full tile that the tree has just filled, and a full bundle, with their files. */
void verify_full_tile(struct verifier *verifier, unsigned level, uint64_t index);
void verify_full_bundle(struct verifier *verifier, uint64_t index);

/* Looks at the files that the walk of the journal did not: partial tiles, and what does not belong. */
MUST_CHECK enum error verify_files(struct verifier *verifier);

/* What the hash tile says of a leaf that the journal lost, so that one damaged entry is one fault. */
bool verify_claimed_leaf(struct verifier *verifier, uint64_t index, struct hash *ret_hash) MUST_CHECK;
