/* SPDX-License-Identifier: Apache-2.0 */

/* Proves promise 9 at every point where a log can be interrupted: what was confirmed is there afterwards, no batch is
 * there by half, what was damaged is reported and not cut away. */

#define _GNU_SOURCE
#include "shaky.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/record.h"
#include "ledger/verify.h"

/* Sizes of the story's batches; the log is closed and opened again in the middle. */
static const size_t BATCHES[] = {1, 3, 30, 1, 64, 160, 7, 2, 33, 1, 1, 40};
enum { BATCH_COUNT = sizeof BATCHES / sizeof BATCHES[0], REOPEN_AT = 7, STORY_SEGMENT = 20000, AHEAD = 6000 };

/* Each story is told by a log that grows as it goes and by one that writes zeros ahead. */
static const uint64_t AHEADS[] = {0, AHEAD};

struct told {
    uint64_t size;     /* entries confirmed */
    size_t operations; /* that the whole story takes */
};

static bool append_batch(struct ledger *ledger, size_t count)
{
    struct ledger_entry entry[256];
    uint64_t first;

    for (size_t i = 0; i < count; i++)
        entry[i] = sample_entry(ledger_size(ledger) + i);
    return ledger_append(ledger, entry, count, 0, &first) == OK;
}

static void tell_story(struct fixture *fixture, struct shaky *shaky, struct told *told)
{
    struct ledger *ledger = NULL;

    if (ledger_create(fixture->log, &fixture->settings, &ledger, NULL) != OK)
        return;
    for (size_t i = 0; i < BATCH_COUNT; i++) {
        if (i == REOPEN_AT) {
            ledger_close(ledger);
            if (ledger_open(fixture->log, &fixture->settings, &ledger, NULL, NULL) != OK)
                return;
        }
        /* A batch that failed is tried once more: only the disk was bad for a moment. */
        if (append_batch(ledger, BATCHES[i]) || append_batch(ledger, BATCHES[i]))
            told->size = ledger_size(ledger);
        if (i % 3 == 0 && ledger_publish(ledger) != OK)
            continue;
    }
    told->operations = shaky->operations;
    ledger_close(ledger);
}

/* Runs the story in a child. Returns how it ended. */
static int run_story(struct fixture *fixture, struct shaky *shaky, struct told *told)
{
    int status;
    struct rlimit no_core = {0, 0};

    *told = (struct told){0};
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        tell_story(fixture, shaky, told);
        _exit(0);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    return status;
}

static bool is_between_batches(uint64_t size)
{
    uint64_t edge = 0;

    for (size_t i = 0; i < BATCH_COUNT && edge < size; i++)
        edge += BATCHES[i];
    return edge == size;
}

static void print_fault(void *context, const struct verify_fault *fault)
{
    print_message("%s: %s\n", fault->file, fault->what);
}

static void assert_verifies(struct fixture *fixture)
{
    struct verify_summary summary;
    assert_int_equal(OK, ledger_verify(fixture->log, &fixture->key, slice_of("", 0), print_fault, NULL, &summary));
}

/* After the end of the world: everything confirmed is there, batches are whole, and the log goes on. */
static void assert_survived(struct fixture *fixture, const struct told *told)
{
    struct ledger *ledger = NULL;
    struct fault fault = {0};

    enum error error = ledger_open(fixture->log, &fixture->settings, &ledger, NULL, &fault);
    if (error == ERROR_FILE_MISSING && told->size == 0)
        error = ledger_create(fixture->log, &fixture->settings, &ledger, &fault);
    if (error != OK)
        fail_msg("%s: %s", error_entry(error)->name, fault.detail);
    uint64_t size = ledger_size(ledger);
    assert_true(size >= told->size);
    assert_true(is_between_batches(size));
    assert_holds_samples(ledger, size);
    append_until(ledger, size + 5, 5);
    assert_holds_samples(ledger, size + 5);
    ledger_close(ledger);
    assert_verifies(fixture);
}

static struct told *shared_memory(void)
{
    void *memory = mmap(NULL, sizeof(struct told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

/* One run of the story that ends at operation `at`. Returns its wait status; `told` keeps what was confirmed. */
static int story_that_ends(uint64_t ahead, enum shaky_end end, size_t at, uint64_t seed, int fail_errno,
                           struct told *told)
{
    struct fixture fixture;
    struct shaky shaky;

    fixture_make(&fixture);
    shaky_make(&shaky, &fixture);
    fixture.settings.segment_bytes = STORY_SEGMENT;
    fixture.settings.ahead_bytes = ahead;
    shaky.end = end;
    shaky.end_at = at;
    shaky.fail_errno = fail_errno;
    shaky.world = world_driven(seed * 1000 + at, 0);
    int status = run_story(&fixture, &shaky, told);
    struct told survived = *told;
    shaky.end = SHAKY_NEVER; /* the world goes on */
    assert_survived(&fixture, &survived);
    fixture_remove(&fixture);
    return status;
}

static size_t operations_of_the_story(uint64_t ahead, struct told *told)
{
    assert_int_equal(0, story_that_ends(ahead, SHAKY_NEVER, 0, 0, EIO, told));
    assert_true(told->operations > 40);
    return told->operations;
}

static void a_kill_at_any_operation_loses_nothing_confirmed(void **state)
{
    struct told *told = shared_memory();

    for (size_t i = 0; i < 2; i++) {
        size_t operations = operations_of_the_story(AHEADS[i], told);
        for (size_t at = 1; at <= operations; at++)
            assert_int_equal(0, story_that_ends(AHEADS[i], SHAKY_KILL, at, 0, EIO, told));
        print_message("killed at each of %zu operations\n", operations);
    }
    munmap(told, sizeof *told);
}

static void a_power_cut_at_any_operation_loses_nothing_confirmed(void **state)
{
    struct told *told = shared_memory();

    for (size_t i = 0; i < 2; i++) {
        size_t operations = operations_of_the_story(AHEADS[i], told);
        for (size_t at = 1; at <= operations; at++)
            for (uint64_t seed = 1; seed <= 4; seed++)
                assert_int_equal(0, story_that_ends(AHEADS[i], SHAKY_POWER, at, seed, EIO, told));
        print_message("power cut 4 times at each of %zu operations\n", operations);
    }
    munmap(told, sizeof *told);
}

/* A failed sync ends the process at once; any other failure is an error, and the batch is taken back. */
static void a_failing_operation_is_an_error_or_the_end_but_never_a_lie(void **state)
{
    struct told *told = shared_memory();
    size_t aborted = 0;
    static const int causes[] = {EIO, ENOSPC};

    for (size_t i = 0; i < 4; i++) {
        size_t operations = operations_of_the_story(AHEADS[i / 2], told);
        for (size_t at = 1; at <= operations; at++) {
            int status = story_that_ends(AHEADS[i / 2], SHAKY_FAIL, at, 0, causes[i % 2], told);
            assert_true(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
            aborted += status != 0;
        }
    }
    assert_true(aborted >= 4 * BATCH_COUNT); /* each append syncs */
    munmap(told, sizeof *told);
}

/* A log whose checkpoint is for `base` entries and whose journal has one batch more. */
struct torn {
    struct fixture fixture;
    uint64_t base;
    struct slice journal; /* with the last batch */
    size_t batch_at;      /* where that begins */
    struct slice checkpoint;
};

static void torn_make(struct torn *torn, size_t batch)
{
    struct fixture *fixture = &torn->fixture;

    fixture_make(fixture);
    torn->base = 20;
    struct ledger *ledger = fixture_create(fixture);
    append_until(ledger, torn->base, 5);
    assert_int_equal(OK, ledger_publish(ledger));
    torn->batch_at = read_whole(fixture, fixture_path(fixture, "journal/000000")).length;
    torn->checkpoint = read_whole(fixture, fixture_path(fixture, "checkpoint"));
    append_until(ledger, torn->base + batch, batch);
    torn->journal = read_whole(fixture, fixture_path(fixture, "journal/000000"));
    ledger_close(ledger);
}

static void torn_restore(struct torn *torn, struct slice journal)
{
    write_whole(fixture_path(&torn->fixture, "journal/000000"), journal);
    write_whole(fixture_path(&torn->fixture, "checkpoint"), torn->checkpoint);
}

static void assert_cut(struct torn *torn, struct slice journal)
{
    struct ledger *ledger = NULL;
    struct ledger_recovery recovery;

    torn_restore(torn, journal);
    assert_int_equal(OK, ledger_open(torn->fixture.log, &torn->fixture.settings, &ledger, &recovery, NULL));
    assert_int_equal(journal.length - torn->batch_at, recovery.cut_bytes);
    assert_int_equal(torn->base, ledger_size(ledger));
    ledger_close(ledger);
    struct stat status;
    assert_int_equal(0, stat(fixture_path(&torn->fixture, "journal/000000"), &status));
    assert_int_equal(torn->batch_at, status.st_size);
}

static void a_batch_torn_at_any_byte_is_cut_off_whole(void **state)
{
    struct torn torn;

    torn_make(&torn, 9);
    for (size_t length = torn.batch_at + 1; length < torn.journal.length; length++)
        assert_cut(&torn, slice_of(torn.journal.data, length));
    fixture_remove(&torn.fixture);
}

static void a_batch_with_any_sector_unwritten_is_cut_off_whole(void **state)
{
    struct torn torn;

    torn_make(&torn, 19);
    for (size_t sector = torn.batch_at / 512; sector * 512 < torn.journal.length; sector++) {
        struct slice journal = arena_copy(torn.fixture.arena, torn.journal);
        size_t begin = sector * 512 < torn.batch_at ? torn.batch_at : sector * 512;
        size_t end = (sector + 1) * 512 > journal.length ? journal.length : (sector + 1) * 512;
        memset((char *)(uintptr_t)journal.data + begin, 0, end - begin);
        assert_cut(&torn, journal);
    }
    fixture_remove(&torn.fixture);
}

/* Damage is not a crash: opening says where it is and leaves the file alone, in the last batch too. */
static void a_flipped_byte_is_reported_and_nothing_is_cut(void **state)
{
    struct torn torn;
    struct fault fault;

    torn_make(&torn, 5);
    for (size_t at = 0; at < torn.journal.length; at++) {
        struct ledger *ledger = NULL;
        static char flipped[8192];
        assert_true(torn.journal.length <= sizeof flipped);
        memcpy(flipped, torn.journal.data, torn.journal.length);
        flipped[at] ^= (char)(1 << at % 8);
        struct slice journal = slice_of(flipped, torn.journal.length);
        torn_restore(&torn, journal);
        fault = (struct fault){0};
        if (ledger_open(torn.fixture.log, &torn.fixture.settings, &ledger, NULL, &fault) != ERROR_CORRUPT)
            fail_msg("a flip of byte %zu was not reported", at);
        assert_non_null(strstr(fault.detail, "journal/000000 at byte"));
        assert_true(slice_equal(journal, read_whole(&torn.fixture, fixture_path(&torn.fixture, "journal/000000"))));
    }
    fixture_remove(&torn.fixture);
}

/* Zeros behind the last batch do not make it look torn: what is flipped in it is reported, and what is flipped behind it
 * is reported or takes nothing away. The auditor names both. */
static void zeros_ahead_hide_no_flip(void **state)
{
    struct verify_summary summary;
    struct torn torn;
    size_t used;

    torn_make(&torn, 5);
    used = torn.journal.length;
    char *zeroed = arena_alloc(torn.fixture.arena, used + 1500);
    memcpy(zeroed, torn.journal.data, used);
    struct slice journal = slice_of(zeroed, used + 1500);
    write_whole(fixture_path(&torn.fixture, "journal/000000"), journal);
    assert_verifies(&torn.fixture);
    for (size_t at = 0; at < journal.length; at++) {
        struct ledger *ledger = NULL;
        zeroed[at] ^= (char)(1 << at % 8);
        write_whole(fixture_path(&torn.fixture, "journal/000000"), journal);
        assert_int_equal(ledger_verify(torn.fixture.log, &torn.fixture.key, slice_of("", 0), NULL, NULL, &summary),
                         ERROR_CORRUPT);
        enum error error = ledger_open(torn.fixture.log, &torn.fixture.settings, &ledger, NULL, NULL);
        if (ledger ? at < used || ledger_size(ledger) != torn.base + 5 : error != ERROR_CORRUPT)
            fail_msg("a flip of byte %zu of %zu: %s", at, used, error_entry(error)->name);
        ledger_close(ledger);
        zeroed[at] ^= (char)(1 << at % 8);
    }
    fixture_remove(&torn.fixture);
}

static void a_batch_with_any_sector_unwritten_is_cut_off_from_zeros_too(void **state)
{
    struct torn torn;

    torn_make(&torn, 19);
    for (size_t sector = torn.batch_at / 512; sector * 512 < torn.journal.length; sector++) {
        struct ledger *ledger = NULL;
        char *zeroed = arena_alloc(torn.fixture.arena, torn.journal.length + 1500);
        size_t begin = sector * 512 < torn.batch_at ? torn.batch_at : sector * 512;
        size_t end = (sector + 1) * 512 > torn.journal.length ? torn.journal.length : (sector + 1) * 512;
        memcpy(zeroed, torn.journal.data, torn.journal.length);
        memset(zeroed + begin, 0, end - begin);
        torn_restore(&torn, slice_of(zeroed, torn.journal.length + 1500));
        assert_int_equal(OK, ledger_open(torn.fixture.log, &torn.fixture.settings, &ledger, NULL, NULL));
        assert_int_equal(torn.base, ledger_size(ledger));
        append_until(ledger, torn.base + 30, 7);
        assert_holds_samples(ledger, torn.base + 30);
        ledger_close(ledger);
        assert_verifies(&torn.fixture);
    }
    fixture_remove(&torn.fixture);
}

/* What was signed for is never cut, however torn it looks. */
static void a_journal_shorter_than_its_checkpoint_is_reported(void **state)
{
    struct fixture fixture;
    struct ledger *ledger;

    fixture_make(&fixture);
    ledger = fixture_create(&fixture);
    append_until(ledger, 20, 5);
    ledger_close(ledger);
    ledger = NULL;
    struct slice journal = read_whole(&fixture, fixture_path(&fixture, "journal/000000"));
    write_whole(fixture_path(&fixture, "journal/000000"), slice_of(journal.data, journal.length - 10));
    assert_int_equal(ERROR_CORRUPT, ledger_open(fixture.log, &fixture.settings, &ledger, NULL, NULL));
    struct slice after = read_whole(&fixture, fixture_path(&fixture, "journal/000000"));
    assert_int_equal(journal.length - 10, after.length);
    fixture_remove(&fixture);
}

static void a_full_disk_refuses_all_but_emergencies(void **state)
{
    struct fixture fixture;
    struct shaky shaky;
    struct ledger_entry entry[64];
    uint64_t first, size;
    size_t emergencies = 0;

    fixture_make(&fixture);
    shaky_make(&shaky, &fixture);
    shaky.capacity = 1500000;
    struct ledger *ledger = fixture_create(&fixture);
    for (size_t i = 0; i < 64; i++)
        entry[i] = sample_entry(i);
    while (ledger_append(ledger, entry, 64, 0, &first) == OK)
        assert_true(ledger_size(ledger) < 10000);
    size = ledger_size(ledger);
    assert_true(size > 500);
    assert_int_equal(ERROR_DISK_FULL, ledger_append(ledger, entry, 64, 0, &first));
    while (ledger_append(ledger, entry, 1, LEDGER_EMERGENCY, &first) == OK)
        emergencies++;
    assert_in_range(emergencies, 4000, 20000); /* a mebibyte of entries of 100 to 300 bytes */
    assert_int_equal(ERROR_DISK_FULL, ledger_append(ledger, entry, 1, LEDGER_EMERGENCY, &first));
    assert_int_equal(size + emergencies, ledger_size(ledger));

    shaky.capacity = 0; /* somebody made room */
    assert_int_equal(OK, ledger_append(ledger, entry, 64, 0, &first));
    ledger_close(ledger);
    ledger = fixture_open(&fixture);
    assert_int_equal(size + emergencies + 64, ledger_size(ledger));
    ledger_close(ledger);
    assert_verifies(&fixture);
    fixture_remove(&fixture);
}

/* Without fallocate the write itself meets the full disk, after some of its bytes. */
static void a_batch_that_did_not_fit_is_taken_back(void **state)
{
    struct fixture fixture;
    struct shaky shaky;
    struct ledger_entry entry[64];
    uint64_t first;
    struct stat before, after;

    fixture_make(&fixture);
    shaky_make(&shaky, &fixture);
    shaky.no_fallocate = true;
    struct ledger *ledger = fixture_create(&fixture);
    append_until(ledger, 50, 10);
    for (size_t i = 0; i < 64; i++)
        entry[i] = sample_entry(50 + i);
    assert_int_equal(0, stat(fixture_path(&fixture, "journal/000000"), &before));
    shaky.capacity = (uint64_t)before.st_size + 1000;
    assert_int_equal(ERROR_DISK_FULL, ledger_append(ledger, entry, 64, 0, &first));
    assert_int_equal(0, stat(fixture_path(&fixture, "journal/000000"), &after));
    assert_int_equal(before.st_size, after.st_size);
    shaky.capacity = 0;
    append_until(ledger, 114, 64);
    assert_holds_samples(ledger, 114);
    ledger_close(ledger);
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_at_any_operation_loses_nothing_confirmed),
        cmocka_unit_test(a_power_cut_at_any_operation_loses_nothing_confirmed),
        cmocka_unit_test(a_failing_operation_is_an_error_or_the_end_but_never_a_lie),
        cmocka_unit_test(a_batch_torn_at_any_byte_is_cut_off_whole),
        cmocka_unit_test(a_batch_with_any_sector_unwritten_is_cut_off_whole),
        cmocka_unit_test(a_flipped_byte_is_reported_and_nothing_is_cut),
        cmocka_unit_test(zeros_ahead_hide_no_flip),
        cmocka_unit_test(a_batch_with_any_sector_unwritten_is_cut_off_from_zeros_too),
        cmocka_unit_test(a_journal_shorter_than_its_checkpoint_is_reported),
        cmocka_unit_test(a_full_disk_refuses_all_but_emergencies),
        cmocka_unit_test(a_batch_that_did_not_fit_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
