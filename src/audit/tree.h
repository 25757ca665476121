/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The history tree of RFC 6962, 2.1, once more and by itself: leaf, node, and the root of all that was added. Pure. */

#include "crypto/hash.h"

struct tree {
    uint64_t size;
    struct hash full[64]; /* of each complete subtree, by height, where that bit of `size` is set */
};

struct hash tree_leaf(struct slice entry);
struct hash tree_join(const struct hash *left, const struct hash *right);
void tree_add(struct tree *tree, const struct hash *leaf);
struct hash tree_root(const struct tree *tree);

/* Root of `count` neighbours, a power of two of at most 256. */
struct hash tree_fold(const struct hash *hash, unsigned count);
