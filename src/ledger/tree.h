/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The history tree of RFC 6962, as pure arithmetic on hashes.
 *
 * Keeps promise 5 (whoever changes the log is caught): everything that a stranger checks about a log comes down to the
 * verifications below. They do no I/O, allocate nothing, and know nothing of tiles, signatures or entries' meaning.
 *
 * The verifiers are pure and may be called from any thread; their sizes, indexes and hashes may come from an enemy. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "crypto/hash.h"

/* A path never has more hashes than a 64-bit size has bits, twice over for consistency (RFC 6962, 2.1.2). */
#define TREE_PATH_MAX 128

/* Hashes from the lowest level up. Borrowed: the caller keeps `hash` alive. */
struct tree_path {
    const struct hash *hash;
    size_t count;
};

/* A path with its own room, as the generators fill it. */
struct tree_proof {
    struct hash hash[TREE_PATH_MAX];
    size_t count;
};

static inline struct tree_path tree_proof_path(const struct tree_proof *proof)
{
    return (struct tree_path){proof->hash, proof->count};
}

/* What a signed checkpoint says of a tree. */
struct tree_head {
    uint64_t size; /* entries */
    struct hash root;
};

/* RFC 6962, 2.1: SHA-256(0x00 ‖ entry), SHA-256(0x01 ‖ left ‖ right), and SHA-256 of nothing. */
struct hash tree_hash_leaf(struct slice entry);
struct hash tree_hash_node(const struct hash *left, const struct hash *right);
struct hash tree_hash_empty(void);

/* Is `leaf` entry number `index` (from 0) of the tree with this head? RFC 9162, 2.1.3.2.
 * ERROR_PROOF when it is not, or when the path has the wrong length. */
MUST_CHECK enum error tree_verify_inclusion(const struct tree_head *head, uint64_t index, const struct hash *leaf,
                                            struct tree_path path);

/* Is the tree of `newer` the tree of `older` with entries only added? RFC 9162, 2.1.4.2.
 * ERROR_PROOF when it is not, when the sizes shrink, when the path has the wrong length, or when only `older` is empty:
 * nothing can be proved from an empty tree, and who meets a log for the first time must decide that knowingly. */
MUST_CHECK enum error tree_verify_consistency(const struct tree_head *older, const struct tree_head *newer,
                                              struct tree_path path);

/* The roots of the complete subtrees that a tree of `size` entries falls into, largest first: all that is needed to go
 * on appending. Zeroed, it is the empty tree. */
struct tree_frontier {
    uint64_t size;
    struct hash root[64]; /* [level], valid where that bit of `size` is set */
};

void tree_frontier_append(struct tree_frontier *frontier, const struct hash *leaf);
struct tree_head tree_frontier_head(const struct tree_frontier *frontier);

/* Where the generators get the hashes of complete subtrees from: the one over entries [index << level, (index + 1) <<
 * level). Asked only for subtrees that the tree has in full. */
struct tree_source {
    void *context;
    enum error (*node)(void *context, unsigned level, uint64_t index, struct hash *ret_hash);
};

/* Paths as RFC 6962, 2.1.1 and 2.1.2 define them. ERROR_NOT_FOUND when `index` or `older_size` is outside the tree;
 * else what the source returns. */
MUST_CHECK enum error tree_inclusion(const struct tree_source *source, uint64_t index, uint64_t size,
                                     struct tree_proof *ret_proof);
MUST_CHECK enum error tree_consistency(const struct tree_source *source, uint64_t older_size, uint64_t size,
                                       struct tree_proof *ret_proof);
