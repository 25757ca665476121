/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <assert.h>
#include <string.h>

/* Different first bytes keep a leaf from ever passing for a node: without them a forger could present two hashes as an
 * entry (RFC 6962, 2.1, "second preimage"). */
static const uint8_t LEAF_PREFIX = 0x00;
static const uint8_t NODE_PREFIX = 0x01;

/* Entries up to this size are hashed from one piece on the stack, which is cheaper than hashing two parts. */
#define SMALL_ENTRY 256

struct hash tree_hash_leaf(struct slice entry)
{
    if (entry.length > SMALL_ENTRY)
        return hash_sha256_parts((const struct slice[]){slice_of(&LEAF_PREFIX, 1), entry}, 2);

    uint8_t input[1 + SMALL_ENTRY];
    input[0] = LEAF_PREFIX;
    if (entry.length > 0)
        memcpy(input + 1, entry.data, entry.length);
    return hash_sha256(slice_of(input, 1 + entry.length));
}

struct hash tree_hash_node(const struct hash *left, const struct hash *right)
{
    uint8_t input[1 + 2 * HASH_BYTES];

    input[0] = NODE_PREFIX;
    memcpy(input + 1, left->byte, HASH_BYTES);
    memcpy(input + 1 + HASH_BYTES, right->byte, HASH_BYTES);
    return hash_sha256(slice_of(input, sizeof input));
}

struct hash tree_hash_empty(void)
{
    return hash_sha256(slice_of("", 0));
}

/* Where a node stands: its number on its level, and the number of the last node of that level. */
struct place {
    uint64_t node;
    uint64_t last;
};

static bool is_left(struct place at)
{
    return (at.node & 1) == 0;
}

static struct place parent(struct place at)
{
    return (struct place){at.node >> 1, at.last >> 1};
}

/* A last node that is left has no sibling: it rises unchanged until it is a right child. It is not the root. */
static struct place rise_while_alone(struct place at)
{
    while (is_left(at))
        at = parent(at);
    return at;
}

enum error tree_verify_inclusion(const struct tree_head *head, uint64_t index, const struct hash *leaf,
                                 struct tree_path path)
{
    if (index >= head->size || path.count > TREE_PATH_MAX)
        return ERROR_PROOF;

    struct place at = {index, head->size - 1};
    struct hash hash = *leaf;

    for (size_t i = 0; i < path.count; i++) {
        if (at.last == 0)
            return ERROR_PROOF; /* longer than the tree is high */
        if (!is_left(at) || at.node == at.last) {
            hash = tree_hash_node(&path.hash[i], &hash);
            at = rise_while_alone(at);
        } else {
            hash = tree_hash_node(&hash, &path.hash[i]);
        }
        at = parent(at);
    }
    return at.last == 0 && hash_equal(&hash, &head->root) ? OK : ERROR_PROOF;
}

/* Walks from the older tree's last node to both roots at once: `older_root` takes only what was there before,
 * `newer_root` takes everything. */
static enum error climb_both(struct place at, struct hash start, struct tree_path path, const struct tree_head *older,
                             const struct tree_head *newer)
{
    struct hash older_root = start, newer_root = start;

    for (size_t i = 0; i < path.count; i++) {
        if (at.last == 0)
            return ERROR_PROOF;
        if (!is_left(at) || at.node == at.last) {
            older_root = tree_hash_node(&path.hash[i], &older_root);
            newer_root = tree_hash_node(&path.hash[i], &newer_root);
            at = rise_while_alone(at);
        } else {
            newer_root = tree_hash_node(&newer_root, &path.hash[i]);
        }
        at = parent(at);
    }
    bool both = hash_equal(&older_root, &older->root) && hash_equal(&newer_root, &newer->root);
    return at.last == 0 && both ? OK : ERROR_PROOF;
}

/* There is one empty tree: two heads that agree on another root for it agree on nothing. */
static bool both_empty(const struct tree_head *older, const struct tree_head *newer)
{
    struct hash empty = tree_hash_empty();
    return newer->size == 0 && hash_equal(&older->root, &empty) && hash_equal(&newer->root, &empty);
}

enum error tree_verify_consistency(const struct tree_head *older, const struct tree_head *newer, struct tree_path path)
{
    if (older->size > newer->size || path.count > TREE_PATH_MAX)
        return ERROR_PROOF;
    if (older->size == 0)
        return both_empty(older, newer) && path.count == 0 ? OK : ERROR_PROOF;
    if (older->size == newer->size)
        return path.count == 0 && hash_equal(&older->root, &newer->root) ? OK : ERROR_PROOF;

    struct place at = {older->size - 1, newer->size - 1};
    while (!is_left(at))
        at = parent(at);

    /* When the older tree is a complete subtree of the newer one, its root is known and is left out of the path. */
    if (at.node == 0)
        return climb_both(at, older->root, path, older, newer);
    if (path.count == 0)
        return ERROR_PROOF;
    return climb_both(at, path.hash[0], (struct tree_path){path.hash + 1, path.count - 1}, older, newer);
}

void tree_frontier_append(struct tree_frontier *frontier, const struct hash *leaf)
{
    struct hash carry = *leaf;
    unsigned level = 0;

    /* As in binary counting: each full level is folded into the carry. */
    for (uint64_t size = frontier->size; size & 1; size >>= 1, level++)
        carry = tree_hash_node(&frontier->root[level], &carry);
    frontier->root[level] = carry;
    frontier->size++;
}

struct tree_head tree_frontier_head(const struct tree_frontier *frontier)
{
    struct tree_head head = {.size = frontier->size};
    bool begun = false;

    if (frontier->size == 0)
        head.root = tree_hash_empty();
    for (unsigned level = 0; level < 64; level++) {
        if (!(frontier->size >> level & 1))
            continue;
        head.root = begun ? tree_hash_node(&frontier->root[level], &head.root) : frontier->root[level];
        begun = true;
    }
    return head;
}

/* The largest power of two below `size`, as its exponent: where RFC 6962 splits a tree. size >= 2. */
static unsigned split_level(uint64_t size)
{
    return 63 - (unsigned)__builtin_clzll(size - 1);
}

/* MTH(D[begin:begin + size]) where `begin` is where a tree of this size may begin as a right part, that is, a multiple
 * of the size's next power of two. Folds complete subtrees from the right. */
static enum error range_root(const struct tree_source *source, uint64_t begin, uint64_t size, struct hash *ret_root)
{
    struct hash root;
    bool begun = false;

    for (unsigned level = 0; level < 64 && size >> level > 0; level++) {
        if (!(size >> level & 1))
            continue;
        uint64_t start = begin + (size >> level >> 1 << level << 1);
        struct hash part;
        TRY(source->node(source->context, level, start >> level, &part));
        root = begun ? tree_hash_node(&part, &root) : part;
        begun = true;
    }
    assert(begun);
    *ret_root = root;
    return OK;
}

/* The generators walk from the root down, but a path goes from the leaf up. */
static void turn_around(struct tree_proof *proof)
{
    for (size_t i = 0; i < proof->count / 2; i++) {
        struct hash swap = proof->hash[i];
        proof->hash[i] = proof->hash[proof->count - 1 - i];
        proof->hash[proof->count - 1 - i] = swap;
    }
}

static enum error add_range(const struct tree_source *source, uint64_t begin, uint64_t size, struct tree_proof *proof)
{
    assert(proof->count < TREE_PATH_MAX);
    return range_root(source, begin, size, &proof->hash[proof->count++]);
}

/* RFC 6962, 2.1.1. */
enum error tree_inclusion(const struct tree_source *source, uint64_t index, uint64_t size, struct tree_proof *ret_proof)
{
    uint64_t begin = 0;

    if (index >= size)
        return ERROR_NOT_FOUND;
    ret_proof->count = 0;
    while (size > 1) {
        uint64_t left = UINT64_C(1) << split_level(size);
        if (index - begin < left) {
            TRY(add_range(source, begin + left, size - left, ret_proof));
            size = left;
        } else {
            TRY(add_range(source, begin, left, ret_proof));
            begin += left;
            size -= left;
        }
    }
    turn_around(ret_proof);
    return OK;
}

/* RFC 6962, 2.1.2: SUBPROOF(m, D[begin:begin + size], whole). */
enum error tree_consistency(const struct tree_source *source, uint64_t older_size, uint64_t size,
                            struct tree_proof *ret_proof)
{
    uint64_t begin = 0, older = older_size;
    bool whole = true; /* what is left of the older tree is all of it: its root is known to who asks */

    if (older_size == 0 || older_size > size)
        return ERROR_NOT_FOUND;
    ret_proof->count = 0;
    while (older < size) {
        uint64_t left = UINT64_C(1) << split_level(size);
        if (older <= left) {
            TRY(add_range(source, begin + left, size - left, ret_proof));
            size = left;
        } else {
            TRY(add_range(source, begin, left, ret_proof));
            begin += left;
            older -= left;
            size -= left;
            whole = false;
        }
    }
    if (!whole)
        TRY(add_range(source, begin, older, ret_proof));
    turn_around(ret_proof);
    return OK;
}
