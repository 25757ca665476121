/* SPDX-License-Identifier: Apache-2.0 */

/* Proves agreement with strangers: transparency-dev's Merkle proof vectors, most of them attacks, and Tessera's log
 * with a checkpoint at each of its sizes. Skipped where the data is absent.
 *
 * Of the subtree consistency vectors only those are run whose subtree begins at entry 0 and is not empty: the others
 * ask for a proof that no part of this program makes or takes. */

#define _GNU_SOURCE
#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "ledger/checkpoint.h"
#include "ledger/tile.h"
#include "text/json.h"

static const char *data_path(const char *name)
{
    static char path[512];
    const char *data = getenv("HOSPITIUM_DATA");

    snprintf(path, sizeof path, "%s/tlog/%s", data ? data : SOURCE_ROOT "/../shared/data", name);
    return path;
}

static void skip_without_data(void)
{
    if (file_exists(data_path("merkle-proofs")))
        return;
    print_message("no vectors below $HOSPITIUM_DATA or ../shared/data: skipped\n");
    skip();
}

/* What a vector says. `bad` when a number or a Base64 text is none: such a vector must want a refusal. */
struct vector {
    bool bad;
    bool words; /* something stands where a hash should be */
    struct tree_proof proof;
    const struct json *json;
};

static uint64_t number(struct vector *vector, const char *name)
{
    uint64_t value = 0;

    if (!slice_to_u64(json_text(json_member(vector->json, name)), &value))
        vector->bad = true;
    return value;
}

/* Some vectors have words where a hash should be. Our formats cannot carry such a thing: no leaf is accepted with it.
 * In the consistency vectors, which compare words with words, a hash of them stands in. */
static struct hash text_hash(struct vector *vector, struct slice text)
{
    struct hash hash;
    uint8_t bytes[256];
    size_t length = 0;

    if (decode_base64(text, bytes, sizeof bytes, &length) != OK)
        vector->bad = true;
    vector->words |= length != HASH_BYTES;
    if (length != HASH_BYTES)
        return hash_sha256_parts((const struct slice[]){SLICE("no hash: "), slice_of(bytes, length)}, 2);
    memcpy(hash.byte, bytes, HASH_BYTES);
    return hash;
}

static struct hash member_hash(struct vector *vector, const char *name)
{
    return text_hash(vector, json_text(json_member(vector->json, name)));
}

static void read_proof(struct vector *vector)
{
    for (struct json_items i = json_items(json_member(vector->json, "proof")); json_next(&i);) {
        if (vector->proof.count == TREE_PATH_MAX)
            vector->bad = true;
        else
            vector->proof.hash[vector->proof.count++] = text_hash(vector, json_text(i.value));
    }
}

/* A subtree may stand at `start` when that is a multiple of the smallest power of two that holds it. */
static bool subtree_may_stand(uint64_t start, uint64_t end)
{
    uint64_t width = 1;

    while (width < end - start && width < UINT64_C(1) << 63)
        width *= 2;
    return start < end && width >= end - start && start % width == 0;
}

static enum error inclusion(struct vector *vector)
{
    struct tree_head head = {number(vector, "treeSize"), member_hash(vector, "root")};
    struct hash leaf = member_hash(vector, "leafHash");
    uint64_t index = number(vector, "leafIdx");

    if (vector->bad || vector->words)
        return ERROR_PROOF;
    return tree_verify_inclusion(&head, index, &leaf, tree_proof_path(&vector->proof));
}

/* An entry of a subtree is an entry of the tree that the subtree is. */
static enum error subtree_inclusion(struct vector *vector)
{
    uint64_t start = number(vector, "start"), end = number(vector, "end"), index = number(vector, "leafIdx");
    struct tree_head head = {end - start, member_hash(vector, "root")};
    struct hash leaf = member_hash(vector, "leafHash");

    if (vector->bad || vector->words || !subtree_may_stand(start, end) || index < start)
        return ERROR_PROOF;
    return tree_verify_inclusion(&head, index - start, &leaf, tree_proof_path(&vector->proof));
}

static enum error consistency(struct vector *vector)
{
    struct tree_head older = {number(vector, "size1"), member_hash(vector, "root1")};
    struct tree_head newer = {number(vector, "size2"), member_hash(vector, "root2")};

    return vector->bad ? ERROR_PROOF : tree_verify_consistency(&older, &newer, tree_proof_path(&vector->proof));
}

static enum error subtree_consistency(struct vector *vector)
{
    uint64_t start = number(vector, "start");
    struct tree_head older = {number(vector, "end"), member_hash(vector, "root1")};
    struct tree_head newer = {number(vector, "size"), member_hash(vector, "root2")};

    if (start != 0 || older.size == 0)
        return ERROR_UNSUPPORTED;
    return vector->bad ? ERROR_PROOF : tree_verify_consistency(&older, &newer, tree_proof_path(&vector->proof));
}

/* nftw passes no context. */
static struct {
    struct arena *arena;
    enum error (*check)(struct vector *vector);
    size_t run, accepted, skipped;
} walked;

static int check_file(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    struct vector vector = {0};
    struct slice text;

    if (type != FTW_F)
        return 0;
    arena_reset(walked.arena);
    assert_int_equal(OK, file_read(walked.arena, path, 1 << 20, &text, NULL));
    assert_int_equal(OK, json_parse(walked.arena, text, &vector.json, NULL));
    read_proof(&vector);
    enum error error = walked.check(&vector);
    if (error == ERROR_UNSUPPORTED) {
        walked.skipped++;
        return 0;
    }
    walked.run++;
    walked.accepted += error == OK;
    if ((error != OK) != json_is_true(json_member(vector.json, "wantErr")))
        fail_msg("%s: %s", path, error == OK ? "accepted" : "refused");
    return 0;
}

static void all_merkle_proof_vectors_are_judged_rightly(void **state)
{
    static const struct {
        const char *folder;
        enum error (*check)(struct vector *vector);
        size_t count;
    } sets[] = {
        {"merkle-proofs/inclusion", inclusion, 98},
        {"merkle-proofs/consistency", consistency, 98},
        {"merkle-proofs/subtreeinclusion", subtree_inclusion, 204},
        {"merkle-proofs/subtreeconsistency", subtree_consistency, 118},
    };

    skip_without_data();
    walked.arena = arena_new(16 * 1024 * 1024);
    assert_non_null(walked.arena);
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        walked.check = sets[i].check;
        walked.run = walked.accepted = walked.skipped = 0;
        assert_int_equal(0, nftw(data_path(sets[i].folder), check_file, 16, FTW_PHYS));
        assert_int_equal(sets[i].count, walked.run + walked.skipped);
        assert_true(walked.accepted > 0 && walked.accepted < walked.run);
        print_message("%s: %zu run, %zu hold, %zu skipped\n", sets[i].folder, walked.run, walked.accepted,
                      walked.skipped);
    }
    arena_free(walked.arena);
}

#define TESSERA_KEY "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

static void tesseras_checkpoints_follow_from_its_entries(void **state)
{
    static const char *const entries[] = {"one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten",
                                          "ileven", "twelf", "threeten", "fourten", "fivten"};
    struct note_key key;
    struct tree_frontier frontier = {0};

    skip_without_data();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    assert_int_equal(OK, note_key_parse(SLICE(TESSERA_KEY), &key));
    for (size_t size = 0; size <= sizeof entries / sizeof entries[0]; size++) {
        char name[64];
        struct slice text;
        struct checkpoint checkpoint;
        snprintf(name, sizeof name, "tessera-log/checkpoint.%zu", size);
        assert_int_equal(OK, file_read(arena, data_path(name), 4096, &text, NULL));
        assert_int_equal(OK, checkpoint_verify(text, &key, &checkpoint));
        struct tree_head head = tree_frontier_head(&frontier);
        assert_int_equal(size, checkpoint.head.size);
        assert_true(hash_equal(&head.root, &checkpoint.head.root));
        if (size == sizeof entries / sizeof entries[0])
            break;
        struct hash leaf = tree_hash_leaf(slice_from_string(entries[size]));
        tree_frontier_append(&frontier, &leaf);
    }
}

static void tesseras_bundles_and_tiles_agree(void **state)
{
    skip_without_data();
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    for (unsigned width = 1; width <= 15; width++) {
        char name[64];
        struct slice bundle, tile;
        snprintf(name, sizeof name, "tessera-log/tile/entries/000.p/%u", width);
        assert_int_equal(OK, file_read(arena, data_path(name), 65536, &bundle, NULL));
        snprintf(name, sizeof name, "tessera-log/tile/0/000.p/%u", width);
        assert_int_equal(OK, file_read(arena, data_path(name), TILE_BYTES, &tile, NULL));
        assert_int_equal(width * HASH_BYTES, tile.length);
        struct reader reader = reader_of(bundle);
        for (unsigned i = 0; i < width; i++) {
            struct hash leaf = tree_hash_leaf(tile_entry_read(&reader));
            assert_memory_equal(leaf.byte, tile.data + (size_t)i * HASH_BYTES, HASH_BYTES);
        }
        assert_true(reader_done(&reader));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_merkle_proof_vectors_are_judged_rightly),
        cmocka_unit_test(tesseras_checkpoints_follow_from_its_entries),
        cmocka_unit_test(tesseras_bundles_and_tiles_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
