/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a stranger who has only a checkpoint accepts what is in the log and nothing else. By hand: the smallest
 * tree that has both a lonely and a paired node. By the definition of RFC 6962, written down as a recursion here: every
 * tree of up to 70 entries. */

#include "fixture.h"

#include <string.h>

#include "ledger/tree.h"

/* Three entries:      root
 *                    /    \
 *                 pair     c
 *                 /  \
 *                a    b                */
struct three {
    struct hash a, b, c, pair;
    struct tree_head head;
};

static struct three three_entries(void)
{
    struct three t = {
        .a = tree_hash_leaf(SLICE("a")),
        .b = tree_hash_leaf(SLICE("b")),
        .c = tree_hash_leaf(SLICE("c")),
    };

    t.pair = tree_hash_node(&t.a, &t.b);
    t.head = (struct tree_head){3, tree_hash_node(&t.pair, &t.c)};
    return t;
}

static void an_entry_in_the_tree_is_accepted(void **state)
{
    struct three t = three_entries();
    struct hash path_of_a[] = {t.b, t.c};

    assert_int_equal(OK, tree_verify_inclusion(&t.head, 0, &t.a, (struct tree_path){path_of_a, 2}));
    assert_int_equal(OK, tree_verify_inclusion(&t.head, 2, &t.c, (struct tree_path){&t.pair, 1}));
}

static void a_node_does_not_pass_for_an_entry(void **state)
{
    struct three t = three_entries();

    assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&t.head, 0, &t.pair, (struct tree_path){&t.c, 1}));
    char nodes[2 * HASH_BYTES];
    memcpy(nodes, &t.a, HASH_BYTES);
    memcpy(nodes + HASH_BYTES, &t.b, HASH_BYTES);
    struct hash forged = tree_hash_leaf(slice_of(nodes, sizeof nodes));
    assert_false(hash_equal(&forged, &t.pair));
}

static void an_index_past_the_end_is_refused(void **state)
{
    struct three t = three_entries();

    assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&t.head, 3, &t.c, (struct tree_path){&t.pair, 1}));
    assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&t.head, UINT64_MAX, &t.c, (struct tree_path){&t.pair, 1}));
}

static void a_rewritten_past_is_caught(void **state)
{
    struct three t = three_entries();
    struct tree_head honest = {2, t.pair};
    struct tree_head rewritten = {2, tree_hash_node(&t.b, &t.a)};

    assert_int_equal(OK, tree_verify_consistency(&honest, &t.head, (struct tree_path){&t.c, 1}));
    assert_int_equal(ERROR_PROOF, tree_verify_consistency(&rewritten, &t.head, (struct tree_path){&t.c, 1}));
}

static void a_path_longer_than_any_tree_is_refused(void **state)
{
    struct three t = three_entries();
    static struct hash path[TREE_PATH_MAX + 1];
    struct tree_head older = {1, t.a}, huge = {UINT64_MAX, t.head.root};

    assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&huge, 0, &t.a, (struct tree_path){path, TREE_PATH_MAX + 1}));
    assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&huge, 0, &t.a, (struct tree_path){path, TREE_PATH_MAX}));
    assert_int_equal(ERROR_PROOF, tree_verify_consistency(&older, &huge, (struct tree_path){path, TREE_PATH_MAX + 1}));
}

enum { MOST = 70 };

static struct hash leaf_of(uint64_t index)
{
    return tree_hash_leaf(slice_of(&index, sizeof index));
}

/* MTH(D[begin:begin + size]) word by word as RFC 6962, 2.1 defines it. */
static struct hash defined_root(uint64_t begin, uint64_t size)
{
    uint64_t left = 1;

    if (size == 0)
        return hash_sha256(SLICE(""));
    if (size == 1)
        return leaf_of(begin);
    while (left * 2 < size)
        left *= 2;
    struct hash first = defined_root(begin, left), second = defined_root(begin + left, size - left);
    return tree_hash_node(&first, &second);
}

static enum error defined_node(void *context, unsigned level, uint64_t index, struct hash *ret_hash)
{
    const uint64_t *size = context;

    assert_true((index + 1) << level <= *size); /* only complete subtrees are asked for */
    *ret_hash = defined_root(index << level, UINT64_C(1) << level);
    return OK;
}

static void a_growing_tree_has_the_defined_root(void **state)
{
    struct tree_frontier frontier = {0};

    for (uint64_t size = 0; size <= MOST; size++) {
        struct tree_head head = tree_frontier_head(&frontier);
        struct hash defined = defined_root(0, size);
        assert_int_equal(size, head.size);
        assert_true(hash_equal(&defined, &head.root));
        struct hash leaf = leaf_of(size);
        tree_frontier_append(&frontier, &leaf);
    }
}

/* Every entry of every tree: its own path is accepted; another leaf, another place, a path cut, stretched or with a
 * flipped bit is not. */
static void generated_inclusion_paths_prove_their_entry_alone(void **state)
{
    struct tree_proof proof;

    for (uint64_t size = 1; size <= MOST; size++) {
        struct tree_source source = {&size, defined_node};
        struct tree_head head = {size, defined_root(0, size)};
        for (uint64_t index = 0; index < size; index++) {
            struct hash leaf = leaf_of(index), other = leaf_of(index + 1);
            assert_int_equal(OK, tree_inclusion(&source, index, size, &proof));
            struct tree_path path = tree_proof_path(&proof);
            assert_int_equal(OK, tree_verify_inclusion(&head, index, &leaf, path));
            assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&head, index, &other, path));
            if (size > 1)
                assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&head, (index + 1) % size, &leaf, path));
            path.count++;
            assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&head, index, &leaf, path));
            for (size_t i = 0; i < proof.count; i++) {
                path.count = i;
                assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&head, index, &leaf, path));
                path.count = proof.count;
                proof.hash[i].byte[i % HASH_BYTES] ^= 1;
                assert_int_equal(ERROR_PROOF, tree_verify_inclusion(&head, index, &leaf, path));
                proof.hash[i].byte[i % HASH_BYTES] ^= 1;
            }
        }
        assert_int_equal(ERROR_NOT_FOUND, tree_inclusion(&source, size, size, &proof));
    }
}

static void generated_consistency_paths_prove_growth_alone(void **state)
{
    struct tree_proof proof;

    for (uint64_t size = 1; size <= MOST; size++) {
        struct tree_source source = {&size, defined_node};
        struct tree_head newer = {size, defined_root(0, size)};
        for (uint64_t older_size = 1; older_size <= size; older_size++) {
            struct tree_head older = {older_size, defined_root(0, older_size)};
            assert_int_equal(OK, tree_consistency(&source, older_size, size, &proof));
            struct tree_path path = tree_proof_path(&proof);
            assert_int_equal(OK, tree_verify_consistency(&older, &newer, path));
            struct tree_head wrong = older;
            wrong.root.byte[0] ^= 1;
            assert_int_equal(ERROR_PROOF, tree_verify_consistency(&wrong, &newer, path));
            wrong = newer;
            wrong.root.byte[31] ^= 128;
            assert_int_equal(ERROR_PROOF, tree_verify_consistency(&older, &wrong, path));
            for (size_t i = 0; i < proof.count; i++) {
                proof.hash[i].byte[i % HASH_BYTES] ^= 1;
                assert_int_equal(ERROR_PROOF, tree_verify_consistency(&older, &newer, path));
                proof.hash[i].byte[i % HASH_BYTES] ^= 1;
            }
        }
        assert_int_equal(ERROR_NOT_FOUND, tree_consistency(&source, 0, size, &proof));
        assert_int_equal(ERROR_NOT_FOUND, tree_consistency(&source, size + 1, size, &proof));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_in_the_tree_is_accepted),
        cmocka_unit_test(a_node_does_not_pass_for_an_entry),
        cmocka_unit_test(an_index_past_the_end_is_refused),
        cmocka_unit_test(a_rewritten_past_is_caught),
        cmocka_unit_test(a_path_longer_than_any_tree_is_refused),
        cmocka_unit_test(a_growing_tree_has_the_defined_root),
        cmocka_unit_test(generated_inclusion_paths_prove_their_entry_alone),
        cmocka_unit_test(generated_consistency_paths_prove_growth_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
