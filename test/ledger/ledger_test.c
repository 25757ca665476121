/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what a user of the log relies on: what was appended is read back and proved, across restarts, segments and
 * tiles; what is not as it should be is refused. */

#define _GNU_SOURCE
#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/checkpoint.h"
#include "ledger/proof.h"
#include "ledger/tile.h"

static void entries_come_back_after_restarts(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 511, 700, 1024};
    struct ledger *ledger = fixture_create(&fixture);

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        append_until(ledger, sizes[i], 1 + i * 9);
        assert_holds_samples(ledger, sizes[i]);
        ledger_close(ledger);
        ledger = fixture_open(&fixture);
        assert_holds_samples(ledger, sizes[i]);
    }
    ledger_close(ledger);
    fixture_remove(&fixture);
}

/* 70,000 entries make tiles of three levels: full and partial ones of the first two. */
static void a_log_with_three_levels_of_tiles_is_rebuilt_from_its_files(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    struct ledger_recovery recovery;
    struct tree_proof proof;

    append_until(ledger, 70000, 250);
    struct tree_head head = ledger_head(ledger);
    ledger_close(ledger);
    assert_int_equal(OK, ledger_open(fixture.log, &fixture.settings, &ledger, &recovery, NULL));
    assert_false(recovery.derived_rebuilt);
    struct tree_head reopened = ledger_head(ledger);
    assert_true(hash_equal(&head.root, &reopened.root));
    for (uint64_t i = 0; i < 70000; i += 997) {
        struct hash leaf = tree_hash_leaf(sample_entry(i).leaf);
        assert_int_equal(OK, ledger_inclusion(ledger, i, 70000, &proof));
        assert_int_equal(OK, tree_verify_inclusion(&head, i, &leaf, tree_proof_path(&proof)));
    }
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void segments_follow_one_another(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    fixture.settings.segment_bytes = 8192;
    struct ledger *ledger = fixture_create(&fixture);

    append_until(ledger, 300, 7);
    assert_true(file_exists(fixture_path(&fixture, "journal/000005")));
    assert_holds_samples(ledger, 300);
    ledger_close(ledger);
    ledger = fixture_open(&fixture);
    assert_holds_samples(ledger, 300);
    append_until(ledger, 400, 50);
    assert_holds_samples(ledger, 400);
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void the_log_only_grows(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    static struct tree_head head[601];
    struct tree_proof proof;

    for (uint64_t size = 1; size <= 600; size++) {
        append_until(ledger, size, 1);
        head[size] = ledger_head(ledger);
    }
    for (uint64_t older = 1; older <= 600; older += 13) {
        for (uint64_t size = older; size <= 600; size += 37) {
            assert_int_equal(OK, ledger_consistency(ledger, older, size, &proof));
            assert_int_equal(OK, tree_verify_consistency(&head[older], &head[size], tree_proof_path(&proof)));
        }
    }
    assert_int_equal(ERROR_NOT_FOUND, ledger_consistency(ledger, 0, 5, &proof));
    assert_int_equal(ERROR_NOT_FOUND, ledger_consistency(ledger, 5, 601, &proof));
    assert_int_equal(ERROR_NOT_FOUND, ledger_inclusion(ledger, 600, 600, &proof));
    assert_int_equal(ERROR_NOT_FOUND, ledger_inclusion(ledger, 0, 601, &proof));
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void a_checkpoint_is_signed_for_the_present_tree(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    CLEANUP_BUFFER struct buffer note = buffer_new(CHECKPOINT_BYTES_MAX);
    struct checkpoint checkpoint;

    for (uint64_t size = 0; size < 5; size++) {
        append_until(ledger, size, 1);
        struct tree_head head = ledger_head(ledger);
        buffer_clear(&note);
        assert_int_equal(OK, ledger_checkpoint(ledger, &note));
        assert_int_equal(OK, checkpoint_verify(buffer_view(&note), &fixture.key, &checkpoint));
        assert_int_equal(size, checkpoint.head.size);
        assert_true(hash_equal(&head.root, &checkpoint.head.root));
    }
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void a_proof_text_stands_for_its_entry_and_no_other(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    CLEANUP_BUFFER struct buffer text = buffer_new(PROOF_TEXT_MAX);
    struct proof proof;

    append_until(ledger, 300, 100);
    assert_int_equal(OK, ledger_proof_text(ledger, 123, SLICE("who, when, why"), &text));
    assert_int_equal(OK, proof_parse(buffer_view(&text), &proof));
    struct hash right = tree_hash_leaf(sample_entry(123).leaf), wrong = tree_hash_leaf(sample_entry(124).leaf);
    assert_int_equal(OK, proof_verify(&proof, &fixture.key, &right));
    assert_int_equal(ERROR_PROOF, proof_verify(&proof, &fixture.key, &wrong));
    proof.index++;
    assert_int_equal(ERROR_PROOF, proof_verify(&proof, &fixture.key, &right));
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void entries_that_nothing_vouches_for_are_refused(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    struct ledger_entry sample = sample_entry(0);
    char large[LEDGER_LEAF_MAX + 1];
    uint64_t first;

    memset(large, 'x', sizeof large);
    const struct {
        struct ledger_entry entry;
        enum error error;
    } cases[] = {
        {{SLICE("{\"type\":\"release\"}"), SLICE("")}, OK},
        {{slice_of(large, LEDGER_LEAF_MAX), SLICE("")}, OK},
        {sample, OK},
        {{SLICE("plain"), SLICE("sealed")}, ERROR_VALUE},
        {{sample.leaf, SLICE("something else")}, ERROR_VALUE},
        {{slice_of(sample.leaf.data, 64), SLICE("")}, ERROR_VALUE},
        {{slice_of(large, sizeof large), SLICE("")}, ERROR_TOO_LARGE},
        {{SLICE(""), SLICE("")}, ERROR_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t size = ledger_size(ledger);
        assert_int_equal(cases[i].error, ledger_append(ledger, &cases[i].entry, 1, 0, &first));
        assert_int_equal(size + (cases[i].error == OK), ledger_size(ledger));
    }
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void a_second_process_is_kept_out(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture), *second = NULL;

    assert_int_equal(ERROR_LOCKED, ledger_open(fixture.log, &fixture.settings, &second, NULL, NULL));
    assert_int_equal(ERROR_LOCKED, ledger_create(fixture.log, &fixture.settings, &second, NULL));
    ledger_close(ledger);
    assert_int_equal(ERROR_EXISTS, ledger_create(fixture.log, &fixture.settings, &second, NULL));
    assert_null(second);
    fixture_remove(&fixture);
}

static void another_logs_key_or_name_does_not_open_it(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    struct ledger_settings other = fixture.settings;
    struct secret_key seed = {{1}};

    append_until(ledger, 3, 3);
    ledger_close(ledger);
    ledger = NULL;
    other.origin = SLICE("clinic.example/log/public");
    assert_int_equal(ERROR_CORRUPT, ledger_open(fixture.log, &other, &ledger, NULL, NULL));
    other = fixture.settings;
    other.seed = &seed;
    assert_int_equal(ERROR_CORRUPT, ledger_open(fixture.log, &other, &ledger, NULL, NULL));
    other.origin = SLICE("a name with spaces");
    assert_int_equal(ERROR_VALUE, ledger_open(fixture.log, &other, &ledger, NULL, NULL));
    assert_int_equal(ERROR_FILE_MISSING, ledger_open(fixture.directory, &fixture.settings, &ledger, NULL, NULL));
    assert_null(ledger);
    fixture_remove(&fixture);
}

static void tiles_in_memory_and_on_disk_agree(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    static const struct tile_name names[] = {
        {false, 0, 0, 256}, {false, 0, 1, 256}, {false, 0, 2, 88},
        {false, 1, 0, 2},   {true, 0, 0, 256},  {true, 0, 2, 88},
    };

    append_until(ledger, 600, 64);
    assert_int_equal(OK, ledger_publish(ledger));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CLEANUP_BUFFER struct buffer path = buffer_new(TILE_PATH_MAX), tile = buffer_new(1 << 20);
        const struct tile_name *name = &names[i];
        tile_path_write(name, &path);
        buffer_byte(&path, '\0');
        if (name->entries)
            assert_int_equal(OK, ledger_bundle(ledger, name->index, name->width, &tile));
        else
            assert_int_equal(OK, ledger_tile(ledger, name->level, name->index, name->width, &tile));
        assert_true(slice_equal(buffer_view(&tile), read_whole(&fixture, fixture_path(&fixture, path.data))));
    }
    CLEANUP_BUFFER struct buffer none = buffer_new(1 << 20);
    assert_int_equal(ERROR_NOT_FOUND, ledger_tile(ledger, 0, 2, 89, &none));
    assert_int_equal(ERROR_NOT_FOUND, ledger_tile(ledger, 1, 0, 3, &none));
    assert_int_equal(ERROR_NOT_FOUND, ledger_tile(ledger, 8, 0, 1, &none));
    assert_int_equal(ERROR_NOT_FOUND, ledger_tile(ledger, 0, UINT64_MAX, 1, &none));
    assert_int_equal(ERROR_NOT_FOUND, ledger_bundle(ledger, 3, 1, &none));
    assert_int_equal(ERROR_NOT_FOUND, ledger_bundle(ledger, 0, 0, &none));
    ledger_close(ledger);
    fixture_remove(&fixture);
}

/* Tiles are written without sync, so a crash may lose or spoil any of them. */
static void lost_and_spoiled_tiles_are_made_anew(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    static const char *const files[] = {"tile/0/000", "tile/0/001", "tile/entries/000", "tile/1/000.p/2",
                                        "tile/0/002.p/88", "checkpoint"};
    static const char *const healed[] = {"tile/0/000", "tile/entries/000", "checkpoint"};

    append_until(ledger, 600, 64);
    ledger_close(ledger);
    struct slice original[3];
    for (size_t i = 0; i < 3; i++)
        original[i] = arena_copy(fixture.arena, read_whole(&fixture, fixture_path(&fixture, healed[i])));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct slice content = read_whole(&fixture, fixture_path(&fixture, files[i]));
        write_whole(fixture_path(&fixture, files[i]), slice_of("", 0));
        ledger = fixture_open(&fixture);
        assert_int_equal(600, ledger_size(ledger));
        ledger_close(ledger);
        assert_true(slice_equal(content, read_whole(&fixture, fixture_path(&fixture, files[i]))));
        assert_int_equal(0, unlink(fixture_path(&fixture, files[i])));
        ledger = fixture_open(&fixture);
        ledger_close(ledger);
        assert_true(slice_equal(content, read_whole(&fixture, fixture_path(&fixture, files[i]))));
    }
    ledger = fixture_open(&fixture);
    struct slice spoiled = arena_copy(fixture.arena, original[0]);
    memset((char *)(uintptr_t)spoiled.data, 0, 512);
    write_whole(fixture_path(&fixture, "tile/0/000"), spoiled);
    assert_holds_samples(ledger, 600);
    ledger_close(ledger);
    for (size_t i = 0; i < 3; i++)
        assert_true(slice_equal(original[i], read_whole(&fixture, fixture_path(&fixture, healed[i]))));
    fixture_remove(&fixture);
}

static void only_the_present_partial_tiles_stay(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);

    append_until(ledger, 100, 100);
    assert_int_equal(OK, ledger_publish(ledger));
    assert_true(file_exists(fixture_path(&fixture, "tile/0/000.p/100")));
    append_until(ledger, 130, 100);
    ledger_close(ledger);
    assert_false(file_exists(fixture_path(&fixture, "tile/0/000.p/100")));
    assert_true(file_exists(fixture_path(&fixture, "tile/0/000.p/130")));
    ledger = fixture_open(&fixture);
    append_until(ledger, 256, 100);
    ledger_close(ledger);
    assert_false(file_exists(fixture_path(&fixture, "tile/0/000.p")));
    assert_false(file_exists(fixture_path(&fixture, "tile/entries/000.p")));
    assert_true(file_exists(fixture_path(&fixture, "tile/1/000.p/1")));
    fixture_remove(&fixture);
}

static void the_last_batchs_time_is_remembered(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    fixture.settings.segment_bytes = 4096;
    struct ledger *ledger = fixture_create(&fixture);
    int64_t last = 0;

    assert_int_equal(0, ledger_last_time_ns(ledger));
    for (uint64_t size = 10; size <= 100; size += 10) {
        world_advance(&fixture.world, 1000);
        last = fixture.world.now_ns(&fixture.world);
        append_until(ledger, size, 10);
        ledger_close(ledger);
        world_advance(&fixture.world, 1000);
        ledger = fixture_open(&fixture);
        assert_int_equal(last, ledger_last_time_ns(ledger));
    }
    ledger_close(ledger);
    fixture_remove(&fixture);
}

static void too_large_a_batch_is_refused_whole(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    static struct ledger_entry many[LEDGER_BATCH_ENTRIES_MAX + 1];
    static char sealed[LEDGER_SEALED_MAX];
    uint8_t leaf[LEDGER_COMMITMENT_BYTES];
    struct hash event = hash_sha256(SLICE("event"));
    uint64_t first;

    ledger_commitment(&event, slice_of(sealed, sizeof sealed), leaf);
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = (struct ledger_entry){slice_of(leaf, sizeof leaf), slice_of(sealed, sizeof sealed)};
    assert_int_equal(ERROR_TOO_LARGE, ledger_append(ledger, many, 300, 0, &first));
    assert_int_equal(0, ledger_size(ledger));
    assert_int_equal(OK, ledger_append(ledger, many, 250, 0, &first));
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = (struct ledger_entry){SLICE("x"), SLICE("")};
    assert_int_equal(ERROR_TOO_LARGE, ledger_append(ledger, many, LEDGER_BATCH_ENTRIES_MAX + 1, 0, &first));
    assert_int_equal(OK, ledger_append(ledger, many, LEDGER_BATCH_ENTRIES_MAX, 0, &first));
    assert_int_equal(OK, ledger_append(ledger, NULL, 0, 0, &first));
    assert_int_equal(250 + LEDGER_BATCH_ENTRIES_MAX, ledger_size(ledger));
    ledger_close(ledger);
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_back_after_restarts),
        cmocka_unit_test(a_log_with_three_levels_of_tiles_is_rebuilt_from_its_files),
        cmocka_unit_test(segments_follow_one_another),
        cmocka_unit_test(the_log_only_grows),
        cmocka_unit_test(a_checkpoint_is_signed_for_the_present_tree),
        cmocka_unit_test(a_proof_text_stands_for_its_entry_and_no_other),
        cmocka_unit_test(entries_that_nothing_vouches_for_are_refused),
        cmocka_unit_test(a_second_process_is_kept_out),
        cmocka_unit_test(another_logs_key_or_name_does_not_open_it),
        cmocka_unit_test(tiles_in_memory_and_on_disk_agree),
        cmocka_unit_test(lost_and_spoiled_tiles_are_made_anew),
        cmocka_unit_test(only_the_present_partial_tiles_stay),
        cmocka_unit_test(the_last_batchs_time_is_remembered),
        cmocka_unit_test(too_large_a_batch_is_refused_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
