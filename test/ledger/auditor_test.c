/* SPDX-License-Identifier: Apache-2.0 */

/* Proves of the auditor that it judges what lies beside the log's own files: names that do not belong, directories in
 * place of files, partial tiles left over from before, a checkpoint that was remembered of another history, entries that
 * neither journal nor tiles have any more. Each fault is said of the file where it is. */

#define _GNU_SOURCE
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/checkpoint.h"
#include "ledger/record.h"
#include "ledger/tile.h"
#include "ledger/verify.h"

struct faults {
    size_t count;
    char file[64][128];
    char what[64][96];
};

static void remember(void *context, const struct verify_fault *fault)
{
    struct faults *faults = context;

    if (faults->count < 64) {
        snprintf(faults->file[faults->count], sizeof faults->file[0], "%s", fault->file);
        snprintf(faults->what[faults->count], sizeof faults->what[0], "%s", fault->what);
    }
    faults->count++;
}

static enum error verified(const struct fixture *fixture, struct slice remembered, struct faults *ret_faults)
{
    struct verify_summary summary;

    *ret_faults = (struct faults){0};
    return ledger_verify(fixture->log, &fixture->key, remembered, remember, ret_faults, &summary);
}

static bool is_said(const struct faults *faults, const char *file, const char *what)
{
    for (size_t i = 0; i < faults->count && i < 64; i++)
        if (strcmp(faults->file[i], file) == 0 && strstr(faults->what[i], what))
            return true;
    return false;
}

static void make(struct fixture *fixture, uint64_t size)
{
    fixture_make(fixture);
    struct ledger *ledger = fixture_create(fixture);

    append_until(ledger, size, 50);
    ledger_close(ledger);
}

static void run(const struct fixture *fixture, const char *command)
{
    char line[512];

    snprintf(line, sizeof line, "cd %s && %s", fixture->log, command);
    assert_int_equal(0, system(line));
}

/* ---- what lies in the directory ---- */

static const struct {
    const char *name, *command, *file, *what; /* no file: it is no fault */
} things[] = {
    {"the temporary file of a crash", "echo x > new", NULL, NULL},
    {"a stranger's file", "echo x > other", "other", "does not belong"},
    {"a stranger's directory", "mkdir other", "other", "does not belong"},
    {"a file of another length of name", "echo x > journal/0000009", "journal/0000009", "does not belong"},
    {"a file that is no number", "echo x > journal/abcdef", "journal/abcdef", "does not belong"},
    {"a lock with something in it", "echo x > lock", "lock", "does not belong"},
    {"a lock that is a directory", "rm lock && mkdir lock", "lock", "does not belong"},
    {"a lock that leads elsewhere", "rm lock && ln -s /etc/passwd lock", "lock", "does not belong"},
    {"a checkpoint that is a directory", "rm checkpoint && mkdir checkpoint", "checkpoint",
     "missing or cannot be read"},
    {"a tile that is a directory", "rm tile/0/000 && mkdir tile/0/000", "tile/0/000",
     "missing or has the wrong length"},
    {"a tile that leads elsewhere", "rm tile/0/000 && ln -s /etc/passwd tile/0/000", "tile/0/000", "missing or has"},
    {"a bundle that is too large", "head -c 300000 /dev/zero > tile/entries/000", "tile/entries/000", "too large"},
    {"a segment that is a directory", "rm journal/000000 && mkdir journal/000000", "journal/000000",
     "missing or cannot"},
    {"a partial tile of more than there is", "cp tile/0/001.p/44 tile/0/001.p/45", "tile/0/001.p/45",
     "does not belong"},
    {"a partial tile of before", "mkdir tile/0/000.p && head -c 3200 tile/0/000 > tile/0/000.p/100", NULL, NULL},
    {"a partial tile of before that is another", "mkdir tile/0/000.p && head -c 3200 /dev/zero > tile/0/000.p/100",
     "tile/0/000.p/100", "not the one"},
    {"a partial tile of before and no full one",
     "mkdir tile/0/000.p && head -c 3200 tile/0/000 > tile/0/000.p/100 && rm tile/0/000", "tile/0/000.p/100",
     "nothing to compare"},
    {"a partial tile of before and half a full one",
     "mkdir tile/0/000.p && head -c 3200 tile/0/000 > tile/0/000.p/100 && truncate -s 3200 tile/0/000",
     "tile/0/000.p/100", "nothing to compare"},
    {"a partial bundle of before that is another", "mkdir tile/entries/000.p && echo x > tile/entries/000.p/100",
     "tile/entries/000.p/100", "not the one"},
    {"the checkpoint's partial tile is gone", "rm tile/0/001.p/44", "tile/0/001.p/44", "is missing"},
};

static void what_lies_beside_the_logs_files_is_judged_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        struct fixture fixture;
        struct faults faults;
        make(&fixture, 300);
        run(&fixture, things[i].command);
        enum error error = verified(&fixture, slice_of("", 0), &faults);
        if (things[i].file ? error != ERROR_CORRUPT || !is_said(&faults, things[i].file, things[i].what) : error != OK)
            fail_msg("%s: %s, %zu faults, first of %s: %s", things[i].name, error_entry(error)->name, faults.count,
                     faults.file[0], faults.what[0]);
        fixture_remove(&fixture);
    }
}

static void directories_without_end_are_not_walked(void **state)
{
    struct fixture fixture;
    struct faults faults;

    (void)state;
    make(&fixture, 10);
    run(&fixture, "mkdir -p tile/1/2/3/4/5/6/7/8/9/10/11/12/13/14");
    assert_int_equal(ERROR_TOO_DEEP, verified(&fixture, slice_of("", 0), &faults));
    fixture_remove(&fixture);
}

/* The directory's own path leaves room for a log's names and for no longer ones. */
static void a_name_that_no_path_holds_ends_the_walk(void **state)
{
    struct fixture fixture;
    struct verify_summary summary;
    char path[4096], name[201];

    (void)state;
    make(&fixture, 300);
    size_t length = (size_t)snprintf(path, sizeof path, "%s", fixture.log);
    while (length < 4000)
        length += (size_t)snprintf(path + length, sizeof path - length, "/.");
    assert_int_equal(OK, ledger_verify(path, &fixture.key, slice_of("", 0), NULL, NULL, &summary));
    memset(name, 'n', sizeof name - 1);
    name[200] = '\0';
    char file[300];
    snprintf(file, sizeof file, "tile/%s", name);
    write_whole(fixture_path(&fixture, file), SLICE("x"));
    assert_int_equal(ERROR_IO, ledger_verify(path, &fixture.key, slice_of("", 0), NULL, NULL, &summary));
    fixture_remove(&fixture);
}

/* ---- remembered ---- */

static void a_checkpoint_of_another_history_is_no_beginning_of_this_one(void **state)
{
    struct fixture fixture, other;
    struct faults faults;

    (void)state;
    make(&fixture, 300);
    fixture_make(&other);
    struct ledger *ledger = fixture_create(&other);
    struct ledger_entry entry = {SLICE("another history"), SLICE("")};
    uint64_t first;
    assert_int_equal(OK, ledger_append(ledger, &entry, 1, 0, &first));
    CLEANUP_BUFFER struct buffer note = buffer_new(CHECKPOINT_BYTES_MAX);
    assert_int_equal(OK, ledger_checkpoint(ledger, &note));
    assert_int_equal(ERROR_CORRUPT, verified(&fixture, buffer_view(&note), &faults));
    assert_true(is_said(&faults, "journal", "not a continuation"));
    assert_int_equal(1, faults.count);
    append_until(ledger, 400, 50);
    buffer_clear(&note);
    assert_int_equal(OK, ledger_checkpoint(ledger, &note));
    assert_int_equal(ERROR_CORRUPT, verified(&fixture, buffer_view(&note), &faults));
    assert_true(is_said(&faults, "journal", "shorter"));
    assert_int_equal(ERROR_SYNTAX, verified(&fixture, SLICE("no note"), &faults));
    ledger_close(ledger);
    fixture_remove(&fixture);
    fixture_remove(&other);
}

/* ---- lost entries ---- */

static void add_to_journal(struct fixture *fixture, struct slice more)
{
    CLEANUP_BUFFER struct buffer content = buffer_new(8u << 20);

    buffer_slice(&content, read_whole(fixture, fixture_path(fixture, "journal/000000")));
    buffer_slice(&content, more);
    assert_int_equal(OK, buffer_check(&content));
    write_whole(fixture_path(fixture, "journal/000000"), buffer_view(&content));
}

/* Bounded work, whatever a head says. */
static void a_batch_far_behind_the_end_stops_the_walk(void **state)
{
    struct fixture fixture;
    struct faults faults;
    CLEANUP_BUFFER struct buffer batch = buffer_new(1 << 20);
    struct ledger_entry sample = sample_entry(0);

    (void)state;
    make(&fixture, 300);
    assert_int_equal(OK, batch_write(&sample, 1, UINT64_C(1) << 40, 5, &batch));
    add_to_journal(&fixture, buffer_view(&batch));
    assert_int_equal(ERROR_CORRUPT, verified(&fixture, slice_of("", 0), &faults));
    assert_true(is_said(&faults, "journal/000000", "Entries before this place are missing."));
    fixture_remove(&fixture);
}

/* Neither the journal nor a tile says what they were: the auditor goes on behind them, and says so once. */
static void lost_entries_that_no_tile_claims_are_one_fault_and_a_wrong_tree(void **state)
{
    struct fixture fixture;
    struct faults faults;
    CLEANUP_BUFFER struct buffer batch = buffer_new(1 << 20);
    struct ledger_entry sample = sample_entry(0);

    (void)state;
    make(&fixture, 300);
    assert_int_equal(OK, batch_write(&sample, 1, 700, 5, &batch)); /* 300 to 699 are nowhere */
    add_to_journal(&fixture, buffer_view(&batch));
    assert_int_equal(ERROR_CORRUPT, verified(&fixture, slice_of("", 0), &faults));
    assert_true(is_said(&faults, "journal/000000", "Entries before this place are missing."));
    assert_false(is_said(&faults, "checkpoint", "")); /* what was signed for is all there */
    fixture_remove(&fixture);
}

/* A head that promises more than the file has, behind what was signed for: a crash. In front of it: a loss. */
static void a_batch_that_the_file_ends_in_is_said_to_be_cut(void **state)
{
    struct fixture fixture;
    struct faults faults;
    CLEANUP_BUFFER struct buffer batch = buffer_new(1 << 20);

    (void)state;
    make(&fixture, 300);
    put_head(&batch, 300, 3, 4000);
    buffer_string(&batch, "and no more");
    add_to_journal(&fixture, buffer_view(&batch));
    assert_int_equal(ERROR_CORRUPT, verified(&fixture, slice_of("", 0), &faults));
    assert_true(is_said(&faults, "journal/000000", "The file ends inside a batch"));
    fixture_remove(&fixture);
}

static void more_than_one_record_lost_in_a_batch_is_said_to_its_end(void **state)
{
    struct fixture fixture;
    struct faults faults;

    (void)state;
    make(&fixture, 50);
    struct slice content = arena_copy(fixture.arena, read_whole(&fixture, fixture_path(&fixture, "journal/000000")));
    memset((char *)(uintptr_t)content.data + 200, 'x', content.length - 300);
    write_whole(fixture_path(&fixture, "journal/000000"), content);
    assert_int_equal(ERROR_CORRUPT, verified(&fixture, slice_of("", 0), &faults));
    assert_true(is_said(&faults, "journal/000000", "to the end of its batch"));
    fixture_remove(&fixture);
}

/* ---- an entry from its bundle ---- */

static void an_entry_is_read_from_whichever_bundle_reaches_so_far(void **state)
{
    struct fixture fixture;
    struct slice entry = SLICE("before");

    (void)state;
    make(&fixture, 300);
    assert_int_equal(OK, ledger_verify_entry(fixture.log, 5, fixture.arena, &entry));
    assert_true(slice_equal(entry, sample_entry(5).leaf));
    assert_int_equal(OK, ledger_verify_entry(fixture.log, 299, fixture.arena, &entry));
    assert_true(slice_equal(entry, sample_entry(299).leaf));
    assert_int_equal(ERROR_NOT_FOUND, ledger_verify_entry(fixture.log, 300, fixture.arena, &entry));
    assert_int_equal(ERROR_NOT_FOUND, ledger_verify_entry(fixture.log, 512, fixture.arena, &entry));
    run(&fixture, "truncate -s 100 tile/entries/000");
    assert_int_equal(OK, ledger_verify_entry(fixture.log, 0, fixture.arena, &entry));
    assert_int_equal(ERROR_CORRUPT, ledger_verify_entry(fixture.log, 5, fixture.arena, &entry));
    run(&fixture, "head -c 300000 /dev/zero > tile/entries/000");
    assert_int_equal(ERROR_TOO_LARGE, ledger_verify_entry(fixture.log, 5, fixture.arena, &entry));
    fixture_remove(&fixture);
}

static void a_directory_without_a_segment_is_no_log(void **state)
{
    struct fixture fixture;
    struct faults faults;

    (void)state;
    make(&fixture, 10);
    run(&fixture, "rm journal/000000 && echo x > journal/abcdef");
    assert_int_equal(ERROR_FILE_MISSING, verified(&fixture, slice_of("", 0), &faults));
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_beside_the_logs_files_is_judged_by_its_name),
        cmocka_unit_test(directories_without_end_are_not_walked),
        cmocka_unit_test(a_name_that_no_path_holds_ends_the_walk),
        cmocka_unit_test(a_checkpoint_of_another_history_is_no_beginning_of_this_one),
        cmocka_unit_test(a_batch_far_behind_the_end_stops_the_walk),
        cmocka_unit_test(lost_entries_that_no_tile_claims_are_one_fault_and_a_wrong_tree),
        cmocka_unit_test(a_batch_that_the_file_ends_in_is_said_to_be_cut),
        cmocka_unit_test(more_than_one_record_lost_in_a_batch_is_said_to_its_end),
        cmocka_unit_test(an_entry_is_read_from_whichever_bundle_reaches_so_far),
        cmocka_unit_test(a_directory_without_a_segment_is_no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
