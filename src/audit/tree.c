/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <string.h>

#define FOLD_MAX 256

struct hash tree_leaf(struct slice entry)
{
    return hash_sha256_parts((const struct slice[]){SLICE("\0"), entry}, 2);
}

struct hash tree_join(const struct hash *left, const struct hash *right)
{
    uint8_t bytes[1 + 2 * HASH_BYTES] = {1};

    memcpy(bytes + 1, left->byte, HASH_BYTES);
    memcpy(bytes + 1 + HASH_BYTES, right->byte, HASH_BYTES);
    return hash_sha256(slice_of(bytes, sizeof bytes));
}

/* As one counts in binary: each carry joins two subtrees of the same height. */
void tree_add(struct tree *tree, const struct hash *leaf)
{
    struct hash carried = *leaf;
    unsigned height = 0;

    for (; tree->size >> height & 1; height++)
        carried = tree_join(&tree->full[height], &carried);
    tree->full[height] = carried;
    tree->size++;
}

struct hash tree_root(const struct tree *tree)
{
    struct hash root = hash_sha256(slice_of("", 0));
    bool any = false;

    for (unsigned height = 0; height < 64; height++) {
        if (!(tree->size >> height & 1))
            continue;
        root = any ? tree_join(&tree->full[height], &root) : tree->full[height];
        any = true;
    }
    return root;
}

struct hash tree_fold(const struct hash *hash, unsigned count)
{
    struct hash row[FOLD_MAX];

    memcpy(row, hash, count * sizeof *row);
    for (; count > 1; count /= 2)
        for (unsigned i = 0; i < count / 2; i++)
            row[i] = tree_join(&row[2 * i], &row[2 * i + 1]);
    return row[0];
}
