/* SPDX-License-Identifier: Apache-2.0 */

/* Proves the small functions over slices at their edges. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/slice.h"

static void comparing_puts_a_prefix_first_and_bytes_unsigned(void **state)
{
    (void)state;
    assert_true(slice_compare(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_compare(SLICE("b"), SLICE("ab")) > 0);
    assert_true(slice_compare(SLICE("\x7f"), SLICE("\x80")) < 0);
    assert_int_equal(slice_compare(SLICE("ab"), SLICE("ab")), 0);
    assert_int_equal(slice_compare(SLICE(""), SLICE("")), 0);
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
}

static void searching_finds_the_first_or_says_that_there_is_none(void **state)
{
    (void)state;
    assert_int_equal(slice_find(SLICE("a,b,"), ','), 1);
    assert_int_equal(slice_find(SLICE("ab"), ','), 2);
    assert_int_equal(slice_search(SLICE("aabaab"), SLICE("ab")), 1);
    assert_int_equal(slice_search(SLICE("aab"), SLICE("b")), 2);
    assert_true(slice_search(SLICE("ab"), SLICE("abc")) == SIZE_MAX);
    assert_true(slice_search(SLICE("ab"), SLICE("ba")) == SIZE_MAX);
    assert_true(slice_starts_with(SLICE("abc"), SLICE("ab")) && !slice_starts_with(SLICE("a"), SLICE("ab")));
    assert_true(slice_ends_with(SLICE("abc"), SLICE("bc")) && !slice_ends_with(SLICE("c"), SLICE("bc")));
}

static void cutting_walks_through_a_list(void **state)
{
    struct slice rest = SLICE("a,,b");

    (void)state;
    assert_true(slice_is(slice_cut(&rest, ','), "a"));
    assert_true(slice_is(slice_cut(&rest, ','), ""));
    assert_true(slice_is(slice_cut(&rest, ','), "b"));
    assert_int_equal(rest.length, 0);
    assert_true(slice_is(slice_cut(&rest, ','), ""));
    assert_int_equal(slice_from(SLICE("abc"), 9).length, 0);
    assert_true(slice_is(slice_from(SLICE("abc"), 2), "c"));
}

static void a_number_is_digits_and_fits(void **state)
{
    static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "1a", "0x1", "18446744073709551616",
                                        "99999999999999999999"};
    uint64_t value = 7;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (slice_to_u64(slice_from_string(wrong[i]), &value))
            fail_msg("%s", wrong[i]);
    assert_int_equal(value, 7);
    assert_true(slice_to_u64(SLICE("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_true(slice_to_u64(SLICE("007"), &value));
    assert_int_equal(value, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing_puts_a_prefix_first_and_bytes_unsigned),
        cmocka_unit_test(searching_finds_the_first_or_says_that_there_is_none),
        cmocka_unit_test(cutting_walks_through_a_list),
        cmocka_unit_test(a_number_is_digits_and_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
