/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a file is replaced as a whole or not at all, that reading has a bound, and that a directory has one user. */

#include <setjmp.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "scratch.h"

static bool holds(struct scratch *scratch, const char *name, const char *text)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 16);
    struct slice content;

    return file_read(arena, scratch_path(scratch, name), 4096, &content, NULL) == OK && slice_is(content, text);
}

static void a_file_is_replaced_and_nothing_is_left_beside_it(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct stat status;

    (void)state;
    assert_int_equal(file_replace(scratch_path(&scratch, "f"), SLICE("old content"), 0640), OK);
    assert_int_equal(file_replace(scratch_path(&scratch, "f"), SLICE("new"), 0600), OK);
    assert_true(holds(&scratch, "f", "new"));
    assert_int_equal(stat(scratch_path(&scratch, "f"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_false(file_exists(scratch_path(&scratch, "f.new")));
}

/* The old content stands until the new one is whole: a write that fails in the middle changes nothing. */
static void a_write_that_fails_leaves_the_old_content(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct rlimit limit;
    static char big[100000];

    (void)state;
    assert_int_equal(file_replace(scratch_path(&scratch, "f"), SLICE("old"), 0600), OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    struct rlimit small = {50000, limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum error error = file_replace(scratch_path(&scratch, "f"), slice_of(big, sizeof big), 0600);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_not_equal(error, OK);
    assert_true(holds(&scratch, "f", "old"));
    assert_false(file_exists(scratch_path(&scratch, "f.new")));
}

/* What a crash between writing and renaming leaves behind is no hindrance. */
static void a_left_over_temporary_file_is_written_over(void **state)
{
    WITH_SCRATCH scratch = scratch_make();

    (void)state;
    assert_int_equal(file_replace(scratch_path(&scratch, "f"), SLICE("old"), 0600), OK);
    assert_int_equal(file_replace(scratch_path(&scratch, "f.new"), SLICE("half of something longer"), 0600), OK);
    assert_true(holds(&scratch, "f", "old"));
    assert_int_equal(file_replace(scratch_path(&scratch, "f"), SLICE("new"), 0600), OK);
    assert_true(holds(&scratch, "f", "new"));
    assert_int_equal(file_replace_derived(scratch_path(&scratch, "f"), SLICE("derived"), 0600), OK);
    assert_true(holds(&scratch, "f", "derived"));
}

static void reading_has_a_bound_and_names_what_is_missing(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_ARENA struct arena *arena = arena_new(64), *room = arena_new(4096);
    struct fault fault = {0};
    struct slice content;

    (void)state;
    assert_int_equal(file_replace(scratch_path(&scratch, "f"), SLICE("0123456789"), 0600), OK);
    assert_int_equal(file_read(room, scratch_path(&scratch, "f"), 9, &content, NULL), ERROR_TOO_LARGE);
    assert_int_equal(file_read(room, scratch_path(&scratch, "f"), 10, &content, NULL), OK);
    assert_int_equal(content.length, 10);
    assert_int_equal(file_read(room, scratch_path(&scratch, "g"), 10, &content, &fault), ERROR_FILE_MISSING);
    assert_true(slice_ends_with(slice_from_string(fault.detail), SLICE("/g")));
    assert_int_equal(file_read(room, scratch.directory, 4096, &content, NULL), ERROR_IO);
    static char big[100];
    assert_int_equal(file_replace(scratch_path(&scratch, "f"), slice_of(big, sizeof big), 0600), OK);
    assert_int_equal(file_read(arena, scratch_path(&scratch, "f"), 4096, &content, NULL), ERROR_MEMORY);
}

static void a_lock_is_held_by_one_until_it_is_closed(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    CLEANUP_DESCRIPTOR int first = -1, second = -1;

    (void)state;
    assert_int_equal(file_lock(scratch_path(&scratch, "lock"), &first), OK);
    assert_int_equal(file_lock(scratch_path(&scratch, "lock"), &second), ERROR_LOCKED);
    assert_int_equal(second, -1);
    file_close(&first);
    assert_int_equal(first, -1);
    file_close(&first);
    assert_int_equal(file_lock(scratch_path(&scratch, "lock"), &second), OK);
}

static void directories_are_made_with_their_parents_for_one_user(void **state)
{
    WITH_SCRATCH scratch = scratch_make();
    struct stat status;

    (void)state;
    assert_int_equal(file_make_directory(scratch_path(&scratch, "a/b/c")), OK);
    assert_int_equal(file_make_directory(scratch_path(&scratch, "a/b/c")), OK);
    assert_int_equal(stat(scratch_path(&scratch, "a/b"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(file_make_directory(""), ERROR_IO);
}

static void a_file_is_removed_and_one_that_is_not_there_is_none(void **state)
{
    WITH_SCRATCH scratch = scratch_make();

    (void)state;
    assert_int_equal(file_replace(scratch_path(&scratch, "law"), SLICE("x"), 0600), OK);
    assert_int_equal(file_remove(scratch_path(&scratch, "law")), OK);
    assert_false(file_exists(scratch_path(&scratch, "law")));
    assert_int_equal(file_remove(scratch_path(&scratch, "law")), OK);
    assert_int_equal(file_remove(scratch_path(&scratch, "nowhere/law")), ERROR_FILE_MISSING); /* nothing to sync */
    assert_int_equal(file_make_directory(scratch_path(&scratch, "folder")), OK);
    assert_int_equal(file_remove(scratch_path(&scratch, "folder")), ERROR_IO);
}

static void errno_has_a_name(void **state)
{
    (void)state;
    assert_int_equal(file_error(ENOSPC), ERROR_DISK_FULL);
    assert_int_equal(file_error(EDQUOT), ERROR_DISK_FULL);
    assert_int_equal(file_error(ENOENT), ERROR_FILE_MISSING);
    assert_int_equal(file_error(EACCES), ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_and_nothing_is_left_beside_it),
        cmocka_unit_test(a_write_that_fails_leaves_the_old_content),
        cmocka_unit_test(a_left_over_temporary_file_is_written_over),
        cmocka_unit_test(reading_has_a_bound_and_names_what_is_missing),
        cmocka_unit_test(a_lock_is_held_by_one_until_it_is_closed),
        cmocka_unit_test(directories_are_made_with_their_parents_for_one_user),
        cmocka_unit_test(a_file_is_removed_and_one_that_is_not_there_is_none),
        cmocka_unit_test(errno_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
