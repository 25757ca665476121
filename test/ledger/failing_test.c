/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a call of the system that fails, whichever and wherever, is an error and nothing else: no entry is lost,
 * no descriptor is left open, nothing passes for damage, and the next attempt succeeds. And that files which were lost
 * are made anew while they can be, and told of when they cannot. */

#define _GNU_SOURCE
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/record.h"
#include "ledger/verify.h"
#include "unlucky.h"

#define SECOND INT64_C(1000000000)
#define OLD 700 /* entries that can be let go */
#define SIZE 1300

static struct {
    struct fixture fixture;
    char whole[80]; /* the log as it was made; each experiment has a copy */
    struct ledger *ledger;
    uint64_t minimum;
} desk;

static void copy_whole(void)
{
    char command[256];

    snprintf(command, sizeof command, "rm -rf %s && cp -a %s %s", desk.fixture.log, desk.whole, desk.fixture.log);
    assert_int_equal(0, system(command));
}

static int make_desk(void **state)
{
    (void)state;
    fixture_make(&desk.fixture);
    desk.fixture.settings.segment_bytes = 20000;
    struct ledger *ledger = fixture_create(&desk.fixture);
    append_until(ledger, OLD, 50);
    world_advance(&desk.fixture.world, 7200 * SECOND);
    append_until(ledger, SIZE, 50);
    ledger_close(ledger);
    snprintf(desk.whole, sizeof desk.whole, "%s/whole", desk.fixture.directory);
    assert_int_equal(0, rename(desk.fixture.log, desk.whole));
    return 0;
}

static int remove_desk(void **state)
{
    (void)state;
    fixture_remove(&desk.fixture);
    return 0;
}

static size_t open_files(void)
{
    DIR *directory = opendir("/proc/self/fd");
    size_t count = 0;

    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* ---- the work ---- */

static void take_whole(void)
{
    copy_whole();
    desk.ledger = fixture_open(&desk.fixture);
    assert_int_equal(OK, ledger_prunable(desk.ledger, desk.fixture.world.now_ns(&desk.fixture.world) - 3600 * SECOND,
                                         &desk.minimum));
    assert_true(desk.minimum > 256 && desk.minimum <= OLD);
}

static void take_closed(void)
{
    copy_whole();
}

static void take_nothing(void)
{
    char command[256];

    snprintf(command, sizeof command, "rm -rf %s", desk.fixture.log);
    assert_int_equal(0, system(command));
}

static void remove_tiles(void)
{
    take_whole();
    assert_int_equal(0, unlink(fixture_path(&desk.fixture, "tile/0/000")));
}

/* A tile is lost, and the tree is large enough that it must be asked for. */
static enum error prove_old_entry(void)
{
    struct hash leaf = tree_hash_leaf(sample_entry(5).leaf);
    struct tree_head head = ledger_head(desk.ledger);
    struct tree_proof proof;

    TRY(ledger_inclusion(desk.ledger, 5, head.size, &proof));
    return tree_verify_inclusion(&head, 5, &leaf, tree_proof_path(&proof));
}

static enum error create(void)
{
    return ledger_create(desk.fixture.log, &desk.fixture.settings, &desk.ledger, NULL);
}

static enum error open_it(void)
{
    return ledger_open(desk.fixture.log, &desk.fixture.settings, &desk.ledger, NULL, NULL);
}

static enum error append(void)
{
    struct ledger_entry entry[8];
    uint64_t first, size = ledger_size(desk.ledger);

    for (size_t i = 0; i < 8; i++)
        entry[i] = sample_entry(size + i);
    enum error error = ledger_append(desk.ledger, entry, 8, 0, &first);
    assert_int_equal(error == OK ? size + 8 : size, ledger_size(desk.ledger));
    return error;
}

static enum error append_much(void)
{
    for (unsigned i = 0; i < 64; i++) /* past the end of a segment and of a tile */
        TRY(append());
    return OK;
}

static enum error publish(void)
{
    ledger_rekey(desk.ledger, NULL);
    return ledger_publish(desk.ledger);
}

static enum error read_one(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 18);
    struct slice leaf, sealed;

    if (!arena)
        return ERROR_MEMORY;
    TRY(ledger_read(desk.ledger, 1, arena, &leaf, &sealed));
    return slice_equal(leaf, sample_entry(1).leaf) && slice_equal(sealed, sample_entry(1).sealed) ? OK : ERROR_COUNT;
}

static enum error find_old(void)
{
    uint64_t minimum;

    TRY(ledger_prunable(desk.ledger, desk.fixture.world.now_ns(&desk.fixture.world) - 3600 * SECOND, &minimum));
    return minimum == desk.minimum ? OK : ERROR_COUNT;
}

static enum error prepare(void)
{
    struct ledger_pruning pruning = {0};

    for (bool done = false; !done;)
        TRY(ledger_prune_prepare(desk.ledger, desk.minimum, &pruning, &done));
    return OK;
}

static enum error prune(void)
{
    struct ledger_pruning pruning = {0};

    for (bool done = false; !done;)
        TRY(ledger_prune(desk.ledger, desk.minimum, &pruning, &done));
    return OK;
}

static enum error verify(void)
{
    struct verify_summary summary;

    return ledger_verify(desk.fixture.log, &desk.fixture.key, slice_of("", 0), NULL, NULL, &summary);
}

static enum error read_from_bundles(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct slice entry;

    if (!arena)
        return ERROR_MEMORY;
    return ledger_verify_entry(desk.fixture.log, 600, arena, &entry);
}

/* clang-format off */
static const struct work {
    const char *name;
    void (*ready)(void);
    enum error (*run)(void);
    bool judge; /* an auditor: what cannot be read is a fault that it finds */
    bool syncs; /* a failed sync is an error here and not the end */
} works[] = {
    {"a log is made",              take_nothing, create,            false, false},
    {"a log is opened",            take_closed,  open_it,           false, false},
    {"entries are added",          take_whole,   append_much,       false, false},
    {"a checkpoint is published",  take_whole,   publish,           false, true},
    {"an entry is read",           take_whole,   read_one,          false, true},
    {"an entry is proved",         take_whole,   prove_old_entry,   false, true},
    {"a lost tile is made anew",   remove_tiles, prove_old_entry,   false, true},
    {"old entries are looked for", take_whole,   find_old,          false, true},
    {"letting go is prepared",     take_whole,   prepare,           false, true},
    {"entries are let go",         take_whole,   prune,             false, false},
    {"a log is verified",          take_closed,  verify,            true,  true},
    {"a bundle is read",           take_closed,  read_from_bundles, false, true},
};
/* clang-format on */

/* ---- every call of each ---- */

static void assert_right_error(const struct work *work, enum unlucky_call call, size_t nth, enum error error)
{
    bool memory = call == UNLUCKY_malloc || call == UNLUCKY_calloc || call == UNLUCKY_realloc || call == UNLUCKY_arena;
    bool right = error == OK || (memory ? error == ERROR_MEMORY || (work->judge && error == ERROR_CORRUPT)
                                        : error == ERROR_IO || (work->judge && error == ERROR_CORRUPT));

    if (!right && call != UNLUCKY_opendir) /* what cannot be looked into is not there, for some */
        fail_msg("%s, %s %zu: %s", work->name, unlucky_name[call], nth, error_entry(error)->name);
}

/* False when there were fewer such calls. */
static bool fails_well(const struct work *work, enum unlucky_call call, size_t nth, bool for_ever, int number)
{
    desk.ledger = NULL;
    work->ready();
    bool opens = work->run == open_it || work->run == create; /* leaves the log open */
    size_t before = open_files();
    unlucky_fail(call, nth, for_ever, number);
    enum error error = work->run();
    bool failed = unlucky_end();
    if (number == EINTR)
        assert_int_equal(OK, error);
    assert_right_error(work, call, nth, error);
    if (!failed)
        assert_int_equal(OK, error);
    if (opens && error == OK) {
        ledger_close(desk.ledger);
        desk.ledger = NULL;
    }
    if (open_files() > before + 1) /* the segment that is read from stays open */
        fail_msg("%s, %s %zu: a descriptor is left", work->name, unlucky_name[call], nth);
    if (failed && work->run != create && work->run() != OK)
        fail_msg("%s, %s %zu: the next attempt fails too", work->name, unlucky_name[call], nth);
    ledger_close(desk.ledger);
    return failed;
}

static void every_call_that_fails_is_an_error_and_nothing_else(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_open,    UNLUCKY_read,   UNLUCKY_pread,   UNLUCKY_write,
                                              UNLUCKY_pwrite,  UNLUCKY_fstat,  UNLUCKY_rename,  UNLUCKY_mkdir,
                                              UNLUCKY_fsync,   UNLUCKY_malloc, UNLUCKY_opendir, UNLUCKY_calloc,
                                              UNLUCKY_realloc, UNLUCKY_unlink, UNLUCKY_arena};
    size_t all = 0;

    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        for (size_t j = 0; j < sizeof calls / sizeof *calls; j++) {
            if (calls[j] == UNLUCKY_fsync && !works[i].syncs)
                continue;
            for (size_t nth = 1; nth < 40 && fails_well(&works[i], calls[j], nth, false, EIO); nth++)
                all++;
            all += fails_well(&works[i], calls[j], 1, true, EIO);
        }
    print_message("%zu calls failed\n", all);
    assert_true(all > 200);
}

static void a_call_that_a_signal_interrupts_is_made_again(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_read, UNLUCKY_pread, UNLUCKY_write, UNLUCKY_pwrite};

    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        for (size_t j = 0; j < sizeof calls / sizeof *calls; j++)
            if (works[i].run != verify && works[i].run != prove_old_entry) /* who read whole files at once */
                for (size_t nth = 1; nth < 5 && fails_well(&works[i], calls[j], nth, false, EINTR); nth++)
                    ;
}

/* ---- the journal ---- */

static void a_write_that_writes_nothing_is_an_error_and_nothing_stays(void **state)
{
    (void)state;
    take_whole();
    assert_int_equal(OK, append()); /* now the segment has just begun */
    unlucky_fail(UNLUCKY_pwrite, 1, false, 0);
    assert_int_equal(ERROR_IO, append());
    assert_true(unlucky_end());
    assert_int_equal(OK, append());
    ledger_close(desk.ledger);
    assert_int_equal(OK, verify());
}

/* A file system that cannot promise room has no reserve, and zeros are not written ahead of what it can hold. */
static void without_fallocate_entries_are_added_all_the_same(void **state)
{
    static const int numbers[] = {ENOSYS, EOPNOTSUPP};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        desk.fixture.settings.ahead_bytes = 2 * LEDGER_AHEAD_MAX; /* taken for the most there is */
        copy_whole();
        unlucky_fail(UNLUCKY_fallocate, 1, true, numbers[i]);
        desk.ledger = fixture_open(&desk.fixture);
        assert_int_equal(OK, append_much());
        assert_true(unlucky_end());
        ledger_close(desk.ledger);
        assert_int_equal(OK, verify());
        desk.fixture.settings.ahead_bytes = 0;
    }
}

/* What a crash left is still there when it cannot be cut off, and is cut off the next time. */
static void a_tail_that_cannot_be_cut_keeps_the_log_shut(void **state)
{
    struct ledger_recovery recovery;
    char last[96];

    (void)state;
    take_whole();
    unsigned number = 0;
    while (file_exists((snprintf(last, sizeof last, "%s/journal/%06u", desk.fixture.log, number + 1), last)))
        number++;
    snprintf(last, sizeof last, "%s/journal/%06u", desk.fixture.log, number);
    ledger_close(desk.ledger);
    struct slice content = read_whole(&desk.fixture, last);
    CLEANUP_BUFFER struct buffer longer = buffer_new(1u << 20);
    struct ledger_entry entry = sample_entry(SIZE);
    buffer_slice(&longer, content);
    assert_int_equal(OK, batch_write(&entry, 1, SIZE, 1, &longer));
    write_whole(last, slice_of(longer.data, longer.length - 50));
    unlucky_fail(UNLUCKY_ftruncate, 1, false, EIO);
    assert_int_equal(ERROR_IO, open_it());
    assert_true(unlucky_end());
    assert_int_equal(longer.length - 50, read_whole(&desk.fixture, last).length);
    assert_int_equal(OK, ledger_open(desk.fixture.log, &desk.fixture.settings, &desk.ledger, &recovery, NULL));
    assert_int_equal(longer.length - 50 - content.length, recovery.cut_bytes);
    assert_int_equal(SIZE, ledger_size(desk.ledger));
    ledger_close(desk.ledger);
    snprintf(last, sizeof last, "%s/journal/%06u", desk.fixture.log, number + 1); /* begun and not one byte of it */
    write_whole(last, slice_of("", 0));
    unlucky_fail(UNLUCKY_unlink, 1, false, EIO);
    assert_int_equal(ERROR_IO, open_it());
    assert_true(unlucky_end());
    assert_true(file_exists(last));
    assert_int_equal(OK, open_it());
    assert_false(file_exists(last));
    assert_holds_samples(desk.ledger, SIZE);
    ledger_close(desk.ledger);
}

/* A segment is begun for a batch that then cannot be written. */
static void an_empty_last_segment_is_opened_and_holds_nothing_old(void **state)
{
    char segment[96];
    uint64_t minimum;
    unsigned number = 0;

    (void)state;
    take_whole();
    do {
        snprintf(segment, sizeof segment, "%s/journal/%06u", desk.fixture.log, ++number);
    } while (file_exists(segment));
    enum error error = OK;
    while (error == OK) {
        uint64_t size = ledger_size(desk.ledger);
        unlucky_fail(UNLUCKY_pwrite, 2, false, EIO); /* a batch is one write, with the head of a segment it is two */
        error = append();
        assert_int_equal(error != OK, unlucky_end());
        assert_int_equal(size + (error == OK ? 8 : 0), ledger_size(desk.ledger));
    }
    assert_int_equal(ERROR_IO, error);
    assert_true(file_exists(segment));
    uint64_t size = ledger_size(desk.ledger);
    int64_t last = ledger_last_time_ns(desk.ledger);
    assert_int_equal(OK, ledger_publish(desk.ledger));
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(OK, ledger_prunable(desk.ledger, last, &minimum));
        assert_int_equal(desk.minimum, minimum);
        assert_int_equal(OK, ledger_prunable(desk.ledger, INT64_MAX - 1, &minimum));
        assert_true(minimum < size); /* the last segment with entries is never given up */
        ledger_close(desk.ledger);
        desk.ledger = fixture_open(&desk.fixture);
        assert_int_equal(size, ledger_size(desk.ledger));
        assert_int_equal(last, ledger_last_time_ns(desk.ledger));
    }
    assert_holds_samples(desk.ledger, size);
    ledger_close(desk.ledger);
}

/* Tiles are made anew from the journal: an append does not fail for them, and publishing makes up for it. */
static void a_tile_that_could_not_be_written_is_made_up_for(void **state)
{
    (void)state;
    take_whole();
    unlucky_fail(UNLUCKY_rename, 1, true, EIO);
    append_until(desk.ledger, 1800, 50);
    assert_true(unlucky_end());
    assert_false(file_exists(fixture_path(&desk.fixture, "tile/0/005")));
    assert_false(file_exists(fixture_path(&desk.fixture, "tile/entries/005")));
    assert_int_equal(OK, ledger_publish(desk.ledger));
    assert_true(file_exists(fixture_path(&desk.fixture, "tile/0/005")));
    assert_true(file_exists(fixture_path(&desk.fixture, "tile/entries/005")));
    ledger_close(desk.ledger);
    assert_int_equal(OK, verify());
}

static void a_path_that_leaves_no_room_for_its_files_is_no_logs(void **state)
{
    static char path[PATH_MAX];
    struct verify_summary summary;

    (void)state;
    memset(path, 'd', sizeof path - 1);
    memcpy(path, "/tmp/", 5);
    assert_int_equal(ERROR_IO, ledger_create(path, &desk.fixture.settings, &desk.ledger, NULL));
    assert_int_equal(ERROR_IO, ledger_open(path, &desk.fixture.settings, &desk.ledger, NULL, NULL));
    assert_int_equal(ERROR_IO, ledger_verify(path, &desk.fixture.key, slice_of("", 0), NULL, NULL, &summary));
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct slice entry;
    assert_int_equal(ERROR_IO, ledger_verify_entry(path, 0, arena, &entry));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_that_fails_is_an_error_and_nothing_else),
        cmocka_unit_test(a_call_that_a_signal_interrupts_is_made_again),
        cmocka_unit_test(a_write_that_writes_nothing_is_an_error_and_nothing_stays),
        cmocka_unit_test(without_fallocate_entries_are_added_all_the_same),
        cmocka_unit_test(a_tail_that_cannot_be_cut_keeps_the_log_shut),
        cmocka_unit_test(an_empty_last_segment_is_opened_and_holds_nothing_old),
        cmocka_unit_test(a_tile_that_could_not_be_written_is_made_up_for),
        cmocka_unit_test(a_path_that_leaves_no_room_for_its_files_is_no_logs),
    };
    return cmocka_run_group_tests(tests, make_desk, remove_desk);
}
