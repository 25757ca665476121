/* SPDX-License-Identifier: Apache-2.0 */

/* Proves promise 9 of a witness's disk: whichever system call of keeping fails, or the power with it, no cosignature is
 * given that the witness does not remember after a restart, and what it cannot remember stops it. */

#include "logbook.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "witness/folder.h"

enum end { FAILS, NO_SPACE, KILLED, POWER_CUT };

/* A disk that goes wrong at one operation: once, or with the machine. When the power goes, what was written and not
 * synced is gone, and a name that was not synced is the old one. */
struct bad_disk {
    struct keeper_io real;
    enum end end;
    unsigned at, operations;
    bool dead;
    char renamed[PATH_MAX], before[PATH_MAX]; /* a name whose folder is not synced yet, and its old content's */
    int unsynced;                             /* a descriptor that was written to; -1 */
};

struct bench {
    char directory[64];
    struct logbook log;
    struct world world;
    struct secret_key seed;
    struct bad_disk disk;
    struct folder *folder;
    struct witness *witness;
};

/* The old name is back where the folder was not synced. */
static void cut_power(const struct bad_disk *disk)
{
    if (disk->renamed[0] && rename(disk->before, disk->renamed) < 0)
        fail();
}

/* Whether the operation that comes now goes wrong. */
static bool goes_wrong(struct bad_disk *disk)
{
    if (disk->dead)
        return true;
    if (++disk->operations != disk->at)
        return false;
    disk->dead = disk->end == KILLED || disk->end == POWER_CUT;
    if (disk->end == POWER_CUT)
        cut_power(disk);
    errno = disk->end == NO_SPACE ? ENOSPC : EIO;
    return true;
}

static ssize_t bad_write(void *context, int descriptor, const void *data, size_t length)
{
    struct bad_disk *disk = context;

    if (!goes_wrong(disk)) {
        disk->unsynced = descriptor;
        return disk->real.write(NULL, descriptor, data, length);
    }
    if (length > 1 && disk->real.write(NULL, descriptor, data, length / 2) < 0) /* torn */
        fail();
    return -1;
}

static int bad_fsync(void *context, int descriptor)
{
    struct bad_disk *disk = context;

    if (goes_wrong(disk)) {
        if (disk->end == POWER_CUT && descriptor == disk->unsynced && ftruncate(descriptor, 0) < 0)
            fail();
        return -1;
    }
    disk->unsynced = -1;
    disk->renamed[0] = '\0';
    return disk->real.fsync(NULL, descriptor);
}

static int bad_rename(void *context, const char *from, const char *to)
{
    struct bad_disk *disk = context;

    if (goes_wrong(disk))
        return -1;
    assert_int_equal(-1, disk->unsynced); /* the name would lead to nothing after a power cut */
    snprintf(disk->renamed, sizeof disk->renamed, "%s", to);
    snprintf(disk->before, sizeof disk->before, "%.4000s.before", to);
    unlink(disk->before);
    if (link(to, disk->before) < 0)
        fail();
    return disk->real.rename(NULL, from, to);
}

static void start(struct bench *bench, const struct keeper_io *io)
{
    const struct witness_settings settings = {.name = SLICE("witness.example"),
                                              .seed = &bench->seed,
                                              .world = &bench->world,
                                              .keep = folder_keep,
                                              .split = folder_split};
    struct witness_settings whole = settings;
    struct fault fault = {0};

    assert_int_equal(OK, folder_open(bench->directory, io, &bench->folder));
    whole.context = bench->folder;
    assert_int_equal(OK, witness_new(&whole, &bench->witness));
    enum error error = folder_teach(bench->folder, bench->witness, &fault);
    if (error != OK)
        fail_msg("%d: %s", error, fault.detail);
}

static void end(struct bench *bench)
{
    witness_free(bench->witness);
    folder_close(bench->folder);
}

static int setup(void **state)
{
    static struct bench bench;
    const struct folder_about about = {SLICE("witness.example"), false, 3};

    bench = (struct bench){.directory = "/tmp/hospitium-folder-XXXXXX", .world = world_driven(1, 1800000000000000000)};
    assert_non_null(mkdtemp(bench.directory));
    memset(bench.seed.byte, 7, sizeof bench.seed.byte);
    logbook_make(&bench.log, "clinic.example/access", 1);
    assert_int_equal(OK, folder_make(bench.directory, &about));
    assert_int_equal(OK, folder_add_log(bench.directory, &bench.log.key, NULL));
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    const struct bench *bench = *state;
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", bench->directory);
    return system(command);
}

static enum witness_answer offer(struct bench *bench, unsigned branch, uint64_t older, uint64_t size)
{
    CLEANUP_BUFFER struct buffer request = buffer_new(REQUEST_BYTES_MAX), body = buffer_new(4096);

    logbook_request(&bench->log, branch, older, size, &request);
    return witness_add_checkpoint(bench->witness, buffer_view(&request), &body);
}

/* The story up to the fault: three cosignatures, each twelve seconds after the other. Gives the size that was cosigned
 * last. */
static uint64_t tell_until_it_ends(struct bench *bench)
{
    static const uint64_t sizes[] = {0, 3, 5, 9};
    uint64_t cosigned = 0;

    for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
        if (offer(bench, 0, sizes[i - 1], sizes[i]) != WITNESS_COSIGNED)
            break;
        cosigned = sizes[i];
    }
    return cosigned;
}

static void whatever_call_fails_no_cosignature_is_forgotten(void **state)
{
    unsigned points = 0;

    for (enum end kind = FAILS; kind <= POWER_CUT; kind++) {
        for (unsigned at = 1;; at++, points++) {
            setup(state);
            struct bench *bench = *state;
            bench->disk = (struct bad_disk){keeper_io_system(), kind, at, 0, false, "", "", -1};
            const struct keeper_io io = {&bench->disk, bad_write, bad_fsync, bad_rename};
            const struct keeper_io real = keeper_io_system();
            start(bench, &io);
            uint64_t cosigned = tell_until_it_ends(bench);
            bool happened = bench->disk.operations >= at;
            end(bench);
            start(bench, &real);
            uint64_t kept = witness_log_at(bench->witness, 0).head.size;
            if (kept < cosigned)
                fail_msg("kind %d, operation %u: %llu was cosigned, %llu is remembered", kind, at,
                         (unsigned long long)cosigned, (unsigned long long)kept);
            if (kept > 0 && kept != cosigned)
                assert_int_equal(WITNESS_INCONSISTENT, offer(bench, 2, kept, kept));
            assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, kept, 20));
            end(bench);
            teardown(state);
            if (!happened)
                break;
        }
    }
    printf("%u points\n", points);
    assert_true(points >= 4 * 12); /* write, sync, rename, sync: three times over */
    setup(state);
}

static void a_failed_sync_ends_all_cosigning_until_a_restart(void **state)
{
    struct bench *bench = *state;

    bench->disk = (struct bad_disk){keeper_io_system(), FAILS, 2, 0, false, "", "", -1};
    const struct keeper_io io = {&bench->disk, bad_write, bad_fsync, bad_rename};
    start(bench, &io);
    assert_int_equal(WITNESS_NOT_KEPT, offer(bench, 0, 0, 3));
    assert_int_equal(WITNESS_NOT_KEPT, offer(bench, 0, 0, 3)); /* the disk is well again, but who knows */
    end(bench);
    start(bench, &io);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    end(bench);
}

static void a_full_disk_passes(void **state)
{
    struct bench *bench = *state;

    bench->disk = (struct bad_disk){keeper_io_system(), NO_SPACE, 1, 0, false, "", "", -1};
    const struct keeper_io io = {&bench->disk, bad_write, bad_fsync, bad_rename};
    start(bench, &io);
    assert_int_equal(WITNESS_NOT_KEPT, offer(bench, 0, 0, 3));
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 3));
    end(bench);
}

static void the_proof_of_a_split_view_is_kept_and_does_not_fill_the_disk(void **state)
{
    struct bench *bench = *state;
    const struct keeper_io io = keeper_io_system();
    char path[PATH_MAX], digits[2 * HASH_BYTES + 1];
    struct hash hash = hash_sha256(bench->log.key.name);

    start(bench, &io);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 5));
    for (int i = 0; i < 40; i++)
        assert_int_equal(WITNESS_INCONSISTENT, offer(bench, 2, 5, 5));
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(digits + 2 * i, 3, "%02x", hash.byte[i]);
    snprintf(path, sizeof path, "%s/evidence/%s.15", bench->directory, digits);
    assert_true(file_exists(path));
    snprintf(path, sizeof path, "%s/evidence/%s.16", bench->directory, digits);
    assert_false(file_exists(path));
    end(bench);
}

static void a_log_that_is_added_twice_keeps_what_was_vouched_for(void **state)
{
    struct bench *bench = *state;
    const struct keeper_io io = keeper_io_system();
    struct logbook second_key;

    start(bench, &io);
    assert_int_equal(WITNESS_COSIGNED, offer(bench, 0, 0, 5));
    assert_false(folder_has_news(bench->folder));
    assert_int_equal(ERROR_EXISTS, folder_add_log(bench->directory, &bench->log.key, NULL));
    logbook_make(&second_key, "clinic.example/access", 9);
    assert_int_equal(OK, folder_add_log(bench->directory, &second_key.key, NULL));
    assert_true(folder_has_news(bench->folder));
    assert_int_equal(OK, folder_teach(bench->folder, bench->witness, NULL));
    assert_int_equal(1, witness_logs(bench->witness));
    assert_int_equal(5, witness_log_at(bench->witness, 0).head.size);
    end(bench);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(whatever_call_fails_no_cosignature_is_forgotten, teardown),
        TEST(a_failed_sync_ends_all_cosigning_until_a_restart),
        TEST(a_full_disk_passes),
        TEST(the_proof_of_a_split_view_is_kept_and_does_not_fill_the_disk),
        TEST(a_log_that_is_added_twice_keeps_what_was_vouched_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
