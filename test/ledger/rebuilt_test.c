/* SPDX-License-Identifier: Apache-2.0 */

/* Proves of the files below an open log: a tile that is lost or spoiled is made anew from its children, or else from the
 * journal, to the byte; a journal that is not what the tree was built from is never taken for it; segments that are
 * missing, exchanged or crafted are damage and are left as they are. */

#define _GNU_SOURCE
#include "fixture.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/checkpoint.h"
#include "ledger/journal.h"
#include "ledger/tile.h"

#define LARGE 70000 /* tiles of three levels */

static struct {
    struct fixture fixture;
    struct ledger *ledger;
} large;

static int make_large(void **state)
{
    (void)state;
    fixture_make(&large.fixture);
    struct ledger *ledger = fixture_create(&large.fixture);
    append_until(ledger, LARGE, 250);
    ledger_close(ledger);
    return 0;
}

static int remove_large(void **state)
{
    (void)state;
    fixture_remove(&large.fixture);
    return 0;
}

/* Each time with nothing of the tiles in memory. */
static enum error prove(uint64_t index)
{
    struct hash leaf = tree_hash_leaf(sample_entry(index).leaf);
    struct tree_head head = ledger_head(large.ledger);
    struct tree_proof proof;

    TRY(ledger_inclusion(large.ledger, index, LARGE, &proof));
    return tree_verify_inclusion(&head, index, &leaf, tree_proof_path(&proof));
}

static void spoil(const char *name)
{
    struct slice content = arena_copy(large.fixture.arena,
                                      read_whole(&large.fixture, fixture_path(&large.fixture, name)));

    ((char *)(uintptr_t)content.data)[40] ^= 1;
    write_whole(fixture_path(&large.fixture, name), content);
}

static void lose(const char *name)
{
    assert_int_equal(0, unlink(fixture_path(&large.fixture, name)));
}

static void tiles_of_every_level_are_made_anew_to_the_byte(void **state)
{
    static const struct {
        const char *name;
        const char *lost[2], *spoiled[2];
        bool after; /* while the log is open; else before it is opened */
        const char *not_healed;
    } cases[] = {
        {"from its children", {"tile/1/000"}, {NULL}, true, NULL},
        {"from its children, for one that is spoiled", {NULL}, {"tile/1/000"}, true, NULL},
        {"from the journal, for a child that is lost", {"tile/1/000", "tile/0/007"}, {NULL}, true, "tile/0/007"},
        {"from the journal, for a child that is spoiled", {"tile/1/000"}, {"tile/0/007"}, true, "tile/0/007"},
        {"of the lowest level, from the journal", {NULL}, {"tile/0/000"}, true, NULL},
        {"when the log is opened", {"tile/0/007"}, {NULL}, false, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char *const names[] = {"tile/1/000", "tile/0/000", "tile/0/007"};
        struct slice before[3];
        arena_reset(large.fixture.arena);
        for (size_t j = 0; j < 3; j++)
            before[j] = arena_copy(large.fixture.arena,
                                   read_whole(&large.fixture, fixture_path(&large.fixture, names[j])));
        if (cases[i].after)
            large.ledger = fixture_open(&large.fixture);
        for (size_t j = 0; j < 2 && cases[i].lost[j]; j++)
            lose(cases[i].lost[j]);
        for (size_t j = 0; j < 2 && cases[i].spoiled[j]; j++)
            spoil(cases[i].spoiled[j]);
        if (!cases[i].after)
            large.ledger = fixture_open(&large.fixture);
        if (prove(5) != OK)
            fail_msg("%s", cases[i].name);
        if (cases[i].not_healed) /* until it is asked for itself */
            assert_int_equal(OK, prove(7 * 256));
        ledger_close(large.ledger);
        for (size_t j = 0; j < 3; j++)
            if (!slice_equal(before[j], read_whole(&large.fixture, fixture_path(&large.fixture, names[j]))))
                fail_msg("%s: %s", cases[i].name, names[j]);
    }
}

/* More tiles than are synced at once, of more than one level. */
static void letting_go_of_much_is_prepared_in_steps(void **state)
{
    struct ledger_pruning pruning = {0};
    unsigned steps = 0;

    (void)state;
    large.ledger = fixture_open(&large.fixture);
    for (bool done = false; !done; steps++)
        assert_int_equal(OK, ledger_prune_prepare(large.ledger, 66000, &pruning, &done));
    assert_true(steps > 5);
    assert_int_equal(0, ledger_minimum(large.ledger)); /* nothing is gone yet */
    bool done = true;
    pruning.next = LARGE / TILE_WIDTH + 2;
    assert_int_equal(ERROR_NOT_FOUND, ledger_prune_prepare(large.ledger, LARGE + 100000, &pruning, &done));
    ledger_close(large.ledger);
}

/* ---- a journal that was exchanged ---- */

/* Entries as long as the samples of the same numbers, and others. */
static void append_others(struct ledger *ledger, uint64_t size)
{
    uint64_t first;

    for (uint64_t i = 0; i < size; i++) {
        struct ledger_entry other = sample_entry(i + 128);
        assert_int_equal(OK, ledger_append(ledger, &other, 1, 0, &first));
    }
}

static void what_the_tree_was_not_built_from_is_not_taken_for_it(void **state)
{
    struct fixture fixture, other;
    struct tree_proof proof;
    struct slice leaf, sealed;
    CLEANUP_BUFFER struct buffer tile = buffer_new(1 << 20);

    (void)state;
    fixture_make(&fixture);
    fixture_make(&other);
    struct ledger *ledger = fixture_create(&fixture), *forged = fixture_create(&other);
    append_until(ledger, 600, 1);
    append_others(forged, 600);
    ledger_close(forged);
    ledger_close(ledger);
    ledger = fixture_open(&fixture);
    struct slice instead = read_whole(&other, fixture_path(&other, "journal/000000"));
    write_whole(fixture_path(&fixture, "journal/000000"), instead);
    assert_int_equal(0, unlink(fixture_path(&fixture, "tile/0/000")));
    assert_int_equal(ERROR_CORRUPT, ledger_inclusion(ledger, 5, 600, &proof));
    assert_int_equal(ERROR_CORRUPT, ledger_tile(ledger, 0, 0, 256, &tile));
    assert_int_equal(ERROR_CORRUPT, ledger_read(ledger, 300, fixture.arena, &leaf, &sealed));
    assert_false(file_exists(fixture_path(&fixture, "tile/0/000")));
    assert_int_equal(0, tile.length);
    ledger_close(ledger);
    fixture_remove(&fixture);
    fixture_remove(&other);
}

static void what_is_not_in_the_tree_is_not_found(void **state)
{
    struct fixture fixture;
    CLEANUP_BUFFER struct buffer tile = buffer_new(1 << 20);

    (void)state;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    append_until(ledger, 300, 50);
    assert_int_equal(ERROR_NOT_FOUND, ledger_tile(ledger, 0, 0, 257, &tile));
    assert_int_equal(ERROR_NOT_FOUND, ledger_tile(ledger, 0, 0, 0, &tile));
    assert_int_equal(ERROR_NOT_FOUND, ledger_tile(ledger, TILE_LEVELS, 0, 1, &tile));
    assert_int_equal(0, tile.length);
    ledger_close(ledger);
    fixture_remove(&fixture);
}

/* A crash that kept the bytes of the checkpoint from the disk and not its length. */
static void a_checkpoint_of_zeros_is_none(void **state)
{
    struct fixture fixture;
    struct ledger_recovery recovery;
    static const char zeros[180];

    (void)state;
    fixture_make(&fixture);
    struct ledger *ledger = fixture_create(&fixture);
    append_until(ledger, 300, 50);
    ledger_close(ledger);
    write_whole(fixture_path(&fixture, "checkpoint"), slice_of(zeros, sizeof zeros));
    assert_int_equal(OK, ledger_open(fixture.log, &fixture.settings, &ledger, &recovery, NULL));
    assert_true(recovery.derived_rebuilt);
    assert_holds_samples(ledger, 300);
    ledger_close(ledger);
    fixture_remove(&fixture);
}

/* ---- segments ---- */

#define SEGMENT "journal/000001"

static void several_segments(struct fixture *fixture)
{
    fixture_make(fixture);
    fixture->settings.segment_bytes = 12000;
    struct ledger *ledger = fixture_create(fixture);
    append_until(ledger, 300, 50);
    ledger_close(ledger);
    assert_true(file_exists(fixture_path(fixture, "journal/000003")));
}

static void write_head(struct fixture *fixture, const char *name, uint32_t number, uint64_t first)
{
    struct slice content = arena_copy(fixture->arena, read_whole(fixture, fixture_path(fixture, name)));
    CLEANUP_BUFFER struct buffer head = buffer_new(64);

    segment_head_write(&(struct segment_head){number, first}, SLICE(FIXTURE_ORIGIN), &head);
    memcpy((char *)(uintptr_t)content.data, head.data, head.length);
    write_whole(fixture_path(fixture, name), content);
}

static void missing_segment(struct fixture *fixture)
{
    assert_int_equal(0, unlink(fixture_path(fixture, SEGMENT)));
}

static void short_segment(struct fixture *fixture)
{
    assert_int_equal(0, truncate(fixture_path(fixture, SEGMENT), 10));
}

static void wrong_number(struct fixture *fixture)
{
    write_head(fixture, SEGMENT, 2, 50);
}

static void wrong_first(struct fixture *fixture)
{
    write_head(fixture, SEGMENT, 1, 0);
}

static void late_beginning(struct fixture *fixture)
{
    fixture->settings.pruned = (struct ledger_pruned){.minimum = 40};
    write_head(fixture, "journal/000000", 0, 5);
}

static void none_at_all(struct fixture *fixture)
{
    char command[256];

    snprintf(command, sizeof command, "rm -f %s/journal/*", fixture->log);
    assert_int_equal(0, system(command));
}

static const struct {
    const char *name;
    void (*damage)(struct fixture *fixture);
    enum error error;
} segments[] = {
    {"a segment in the middle is missing", missing_segment, ERROR_CORRUPT},
    {"a segment ends inside its head", short_segment, ERROR_CORRUPT},
    {"a segment has another's number", wrong_number, ERROR_CORRUPT},
    {"a segment begins where the one before does", wrong_first, ERROR_CORRUPT},
    {"the first segment does not begin with the first entry", late_beginning, ERROR_CORRUPT},
    {"there is no segment", none_at_all, ERROR_FILE_MISSING},
};

static void segments_that_do_not_follow_one_another_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        struct fixture fixture;
        struct ledger *ledger = NULL;
        several_segments(&fixture);
        segments[i].damage(&fixture);
        if (ledger_open(fixture.log, &fixture.settings, &ledger, NULL, NULL) != segments[i].error)
            fail_msg("%s", segments[i].name);
        assert_null(ledger);
        fixture_remove(&fixture);
    }
}

static void a_file_that_is_no_segment_is_none(void **state)
{
    struct fixture fixture;

    (void)state;
    several_segments(&fixture);
    write_whole(fixture_path(&fixture, "journal/abcdef"), SLICE("nothing"));
    write_whole(fixture_path(&fixture, "journal/0000009"), SLICE("nothing"));
    struct ledger *ledger = fixture_open(&fixture);
    assert_holds_samples(ledger, 300);
    ledger_close(ledger);
    fixture_remove(&fixture);
}

/* Entries are read from the files, and who finds one gone says damage and not "there is none". */
static void a_segment_that_goes_while_the_log_is_open_is_damage(void **state)
{
    struct fixture fixture;
    struct slice leaf;

    (void)state;
    for (int cut = 0; cut < 2; cut++) {
        several_segments(&fixture);
        struct ledger *ledger = fixture_open(&fixture);
        if (cut)
            assert_int_equal(0, truncate(fixture_path(&fixture, "journal/000000"), 40));
        else
            assert_int_equal(0, unlink(fixture_path(&fixture, "journal/000000")));
        assert_int_equal(ERROR_CORRUPT, ledger_read(ledger, 3, fixture.arena, &leaf, NULL));
        assert_int_equal(OK, ledger_read(ledger, 290, fixture.arena, &leaf, NULL));
        ledger_close(ledger);
        fixture_remove(&fixture);
    }
}

/* ---- the last batch ---- */

/* A whole batch of sample 300 whose head is another. */
static void other_head(struct buffer *into, uint64_t first, uint32_t count, uint32_t more)
{
    CLEANUP_BUFFER struct buffer batch = buffer_new(1 << 20);
    struct ledger_entry sample = sample_entry(300);

    assert_int_equal(OK, batch_write(&sample, 1, 300, 5, &batch));
    struct slice records = slice_from(buffer_view(&batch), BATCH_HEAD_BYTES);
    records.length -= BATCH_TAIL_BYTES;
    put_head(into, first, count, (uint32_t)records.length + more);
    buffer_slice(into, records);
    for (uint32_t i = 0; i < more; i++)
        buffer_byte(into, 'x');
    buffer_u32(into, BATCH_END);
}

static void batch_elsewhere(struct buffer *into)
{
    other_head(into, 305, 1, 0);
}

static void batch_longer_than_its_records(struct buffer *into)
{
    other_head(into, 300, 1, 9);
}

static void batch_of_more_than_it_has(struct buffer *into)
{
    other_head(into, 300, 2, 40);
}

static void more_than_any_batch(struct buffer *into)
{
    for (size_t i = 0; i < BATCH_BYTES_MAX + 600; i++)
        buffer_byte(into, 'x');
}

static const struct {
    const char *name;
    void (*put)(struct buffer *into);
} batches[] = {
    {"a batch of other entries", batch_elsewhere},
    {"a batch longer than its records", batch_longer_than_its_records},
    {"a batch of more entries than it has", batch_of_more_than_it_has},
    {"more bytes than any batch has", more_than_any_batch},
};

static void a_last_batch_that_no_crash_can_leave_is_not_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        struct fixture fixture;
        struct ledger *ledger = NULL;
        CLEANUP_BUFFER struct buffer content = buffer_new(64u << 20);
        fixture_make(&fixture);
        ledger = fixture_create(&fixture);
        append_until(ledger, 300, 50);
        ledger_close(ledger);
        buffer_slice(&content, read_whole(&fixture, fixture_path(&fixture, "journal/000000")));
        batches[i].put(&content);
        assert_int_equal(OK, buffer_check(&content));
        write_whole(fixture_path(&fixture, "journal/000000"), buffer_view(&content));
        ledger = NULL;
        if (ledger_open(fixture.log, &fixture.settings, &ledger, NULL, NULL) != ERROR_CORRUPT)
            fail_msg("%s", batches[i].name);
        struct stat status;
        assert_int_equal(0, stat(fixture_path(&fixture, "journal/000000"), &status));
        assert_int_equal(content.length, status.st_size);
        fixture_remove(&fixture);
    }
}

/* ---- the journal alone ---- */

static enum error count_one(void *context, uint64_t index, const struct record *record)
{
    ++*(unsigned *)context;
    return OK;
}

static void a_journal_answers_only_for_what_it_has(void **state)
{
    struct fixture fixture;
    struct journal *journal = NULL;
    unsigned count = 0;
    bool done = false;
    CLEANUP_BUFFER struct buffer batch = buffer_new(1 << 20);
    struct ledger_entry sample[3] = {sample_entry(0), sample_entry(1), sample_entry(2)};

    (void)state;
    fixture_make(&fixture);
    const struct journal_settings settings = {.directory = fixture.directory,
                                              .origin = SLICE(FIXTURE_ORIGIN),
                                              .io = ledger_io_system(),
                                              .segment_bytes = 1 << 20};
    assert_int_equal(OK, journal_create(&settings, &journal));
    assert_int_equal(OK, batch_write(sample, 3, 0, 5, &batch));
    assert_int_equal(OK, journal_append(journal, buffer_view(&batch), 3, 5, false));
    assert_int_equal(ERROR_NOT_FOUND, journal_scan(journal, 2, 1, count_one, &count, NULL));
    assert_int_equal(ERROR_NOT_FOUND, journal_scan(journal, 0, 4, count_one, &count, NULL));
    assert_int_equal(0, count);
    assert_int_equal(OK, journal_scan(journal, 0, 3, count_one, &count, NULL));
    assert_int_equal(3, count);
    assert_int_equal(OK, journal_drop_segment(journal, 3, &done)); /* the only one stays */
    assert_true(done);
    assert_int_equal(OK, journal_scan(journal, 0, 3, count_one, &count, NULL));
    assert_int_equal(6, count);
    journal_close(journal);
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_of_every_level_are_made_anew_to_the_byte),
        cmocka_unit_test(letting_go_of_much_is_prepared_in_steps),
        cmocka_unit_test(what_the_tree_was_not_built_from_is_not_taken_for_it),
        cmocka_unit_test(what_is_not_in_the_tree_is_not_found),
        cmocka_unit_test(a_checkpoint_of_zeros_is_none),
        cmocka_unit_test(segments_that_do_not_follow_one_another_are_refused),
        cmocka_unit_test(a_file_that_is_no_segment_is_none),
        cmocka_unit_test(a_segment_that_goes_while_the_log_is_open_is_damage),
        cmocka_unit_test(a_last_batch_that_no_crash_can_leave_is_not_cut_off),
        cmocka_unit_test(a_journal_answers_only_for_what_it_has),
    };
    return cmocka_run_group_tests(tests, make_large, remove_large);
}
