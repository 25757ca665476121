/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that `hospitium tck` counts honestly, on a small kit of our own in which most cases are to fail, and how many of
 * the public kit's cases pass where that is there. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "module_run.h"

#define BYTES_MAX (16 << 20)

static struct module_run run_tck(struct arena *arena, const char *kit, struct slice *ret_rows)
{
    char csv[PATH_MAX];

    snprintf(csv, sizeof csv, "%s", module_path("tck.csv"));
    const char *const arguments[] = {"tck", kit, "--csv", csv, NULL};
    struct module_run run = module_run(arena, module->tck_command, arguments, "");
    assert_int_equal(OK, file_read(arena, csv, BYTES_MAX, ret_rows, NULL));
    return run;
}

static bool has_row(struct slice rows, const char *file, const char *test_case, const char *verdict)
{
    char row[256];

    snprintf(row, sizeof row, "\"%s\",\"%s\",\"", file, test_case);
    struct slice rest = slice_from(rows, slice_search(rows, slice_from_string(row)));
    snprintf(row + strlen(row) - 1, sizeof row - strlen(row), "\"%s\",", verdict);
    return slice_starts_with(rest, slice_from_string(row));
}

static void only_what_is_right_passes(void **state)
{
    static const struct {
        const char *file, *test_case;
        bool passes;
    } cases[] = {
        {"small-test-01.xml", "close enough", true},
        {"small-test-01.xml", "not close enough", false},
        {"small-test-01.xml", "null of an error", true},
        {"small-test-01.xml", "null is no value", false},
        {"small-test-01.xml", "spaces count", true},
        {"small-test-01.xml", "spaces count indeed", false},
        {"small-test-01.xml", "a string is no number", false},
        {"small-test-01.xml", "Java is not supported", false},
        {"small-test-01.xml", "no such input", false},
        {"small-test-01.xml", "no such decision", false},
        {"small-test-01.xml", "a type that FEEL does not have", false},
        {"small-test-01.xml", "nothing expected", false},
        {"broken-test-01.xml", "null by absence", false},
        {"wide-test-01.xml", "structures", true},
        {"wide-test-01.xml", "a component too many", false},
        {"wide-test-01.xml", "a limit is no null", false},
        {"wide-test-01.xml", "a knowledge model", true},
        {"wide-test-01.xml", "a service", true},
        {"wide-test-01.xml", "no such service", false},
    };
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    struct slice rows;
    struct module_run run = run_tck(arena, SOURCE_ROOT "/test/rules/kit", &rows);

    (void)state;
    assert_int_equal(1, run.code);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (!has_row(rows, cases[i].file, cases[i].test_case, cases[i].passes ? "SUCCESS" : "ERROR"))
            fail_msg("%s %s\n%.*s", cases[i].file, cases[i].test_case, SLICE_PRINT(rows));
    assert_true(
        slice_ends_with(run.out, SLICE("level 2: 3 of 12 passed; of 9 that expect something other than null: 2\n"
                                       "level 3: 3 of 7 passed; of 4 that expect something other than null: 3\n"
                                       "6 passed, 13 failed\n")));
}

static void a_folder_without_cases_is_an_error(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    const char *const arguments[] = {"tck", SOURCE_ROOT "/policy", NULL};
    const char *const nothing[] = {"tck", NULL};

    (void)state;
    assert_int_equal(2, module_run(arena, module->tck_command, arguments, "").code);
    assert_int_equal(2, module_run(arena, module->tck_command, nothing, "").code);
}

struct level {
    unsigned passed, cases, values, values_passed;
};

static struct level read_level(struct slice out, int number)
{
    char mark[32];
    struct level level = {0};

    snprintf(mark, sizeof mark, "\nlevel %d: ", number);
    struct slice line = slice_from(out, slice_search(out, slice_from_string(mark)));
    assert_true(line.length > 0);
    assert_int_equal(4, sscanf(line.data + strlen(mark),
                               "%u of %u passed; of %u that expect something other than null: %u", &level.passed,
                               &level.cases, &level.values, &level.values_passed));
    return level;
}

/* The nine cases of level 3 that fail call Java, which is not supported. */
static void the_public_kit_passes_but_for_java(void **state)
{
    const char *data = getenv("HOSPITIUM_DATA");
    char kit[PATH_MAX];
    struct slice rows;

    (void)state;
    snprintf(kit, sizeof kit, "%s/dmn-tck", data ? data : SOURCE_ROOT "/../shared/data");
    if (access(kit, R_OK) != 0) {
        print_message("skipped: there is no %s\n", "dmn-tck");
        skip();
    }
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    struct module_run run = run_tck(arena, kit, &rows);
    struct level two = read_level(run.out, 2), three = read_level(run.out, 3);
    assert_int_equal(116, two.cases);
    assert_int_equal(116, two.passed);
    assert_true(three.cases > 2000);
    assert_true(three.passed * 100 >= three.cases * 97);
    assert_true(three.values_passed * 100 >= three.values * 97);
    assert_true(has_row(rows, "0004-simpletable-U-test-01.xml", "001", "SUCCESS"));
    assert_true(has_row(rows, "0076-feel-external-java-test-01.xml", "literal_001", "ERROR"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_right_passes),
        cmocka_unit_test(a_folder_without_cases_is_an_error),
        cmocka_unit_test(the_public_kit_passes_but_for_java),
    };
    return cmocka_run_group_tests(tests, module_open, NULL);
}
