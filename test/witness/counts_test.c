/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that what authorities asked for is published as sums over enough houses, each quarter of each house once. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "witness/counts.h"

#define DAY_S 86400
#define OCTOBER_2026 1790812800 /* 2026-10-01T00:00:00Z, the third quarter is over */
#define JANUARY_2027 1798761600

static int setup(void **state)
{
    *state = counts_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    counts_free(*state);
    return 0;
}

static enum error state_it(struct counts *counts, unsigned node, const char *period, unsigned asked, int64_t now_s)
{
    struct counts_statement statement;
    char text[512];

    snprintf(text, sizeof text,
             "hospitium order counts 1\nnode house-%u\nperiod %s\nasked %u\nreleased 1\nrefused 2\nlapsed 3\ntold 4\n",
             node, period, asked);
    assert_int_equal(OK, counts_statement_parse(slice_from_string(text), &statement));
    return counts_take(counts, &statement, now_s);
}

static void statements_are_read_to_the_letter(void **state)
{
#define REST "asked 1\nreleased 1\nrefused 2\nlapsed 3\ntold 4\n"
    static const char *const bad[] = {
        "",
        "hospitium order counts 2\nnode a\nperiod 2026-Q3\n" REST,
        "hospitium order counts 1\nnode a b\nperiod 2026-Q3\n" REST,
        "hospitium order counts 1\nnode \nperiod 2026-Q3\n" REST,
        "hospitium order counts 1\nperiod 2026-Q3\nnode a\n" REST,
        "hospitium order counts 1\nnode a\nperiod 2026-Q5\n" REST,
        "hospitium order counts 1\nnode a\nperiod 2026-Q0\n" REST,
        "hospitium order counts 1\nnode a\nperiod 26-Q3\n" REST,
        "hospitium order counts 1\nnode a\nperiod 2026-Q3 \n" REST,
        "hospitium order counts 1\nnode a\nperiod 2026-Q3\n" REST "more 1\n",
        "hospitium order counts 1\nnode a\nperiod 2026-Q3\nasked 01\nreleased 1\nrefused 2\nlapsed 3\ntold 4\n",
        "hospitium order counts 1\nnode a\nperiod 2026-Q3\nasked -1\nreleased 1\nrefused 2\nlapsed 3\ntold 4\n",
        "hospitium order counts 1\nnode a\nperiod 2026-Q3\nasked 1000000001\nreleased 1\nrefused 2\nlapsed 3\ntold 4\n",
        "hospitium order counts 1\nnode a\nperiod 2026-Q3\nasked 1\nreleased 1\nrefused 2\nlapsed 3\n",
        "hospitium order counts 1\nnode a\nperiod 2026-Q3\nasked 1\nreleased 1\nrefused 2\nlapsed 3\ntold 4",
    };
    struct counts_statement statement;

    assert_int_equal(
        OK, counts_statement_parse(SLICE("hospitium order counts 1\nnode a\nperiod 2026-Q3\n" REST), &statement));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (counts_statement_parse(slice_from_string(bad[i]), &statement) != ERROR_SYNTAX)
            fail_msg("case %zu", i);
}

static void two_houses_wait_and_three_are_published(void **state)
{
    struct counts *counts = *state;
    uint64_t size;

    assert_int_equal(OK, state_it(counts, 1, "2026-Q3", 10, OCTOBER_2026));
    assert_int_equal(OK, state_it(counts, 2, "2026-Q3", 20, OCTOBER_2026));
    assert_false(counts_close(counts, OCTOBER_2026 + 15 * DAY_S, 3, 7));
    assert_int_equal(OK, state_it(counts, 3, "2026-Q3", 30, OCTOBER_2026 + 15 * DAY_S));
    assert_false(counts_close(counts, OCTOBER_2026 + 13 * DAY_S, 3, 7)); /* the days of grace are not over */
    assert_true(counts_close(counts, OCTOBER_2026 + 15 * DAY_S, 3, 7));
    assert_true(slice_is(counts_closing(counts, &size),
                         "{\"kind\":\"order.counts\",\"period\":\"2026-Q3\",\"members\":3,\"asked\":60,\"released\":3,"
                         "\"refused\":6,\"lapsed\":9,\"told\":12}"));
    assert_int_equal(7, size);
    counts_closed(counts);
    assert_int_equal(0, counts_waiting(counts));
    assert_false(counts_close(counts, OCTOBER_2026 + 16 * DAY_S, 3, 8));
}

static void who_comes_late_or_is_too_few_is_added_to_the_next_quarter(void **state)
{
    struct counts *counts = *state;
    uint64_t size;

    for (unsigned node = 1; node <= 3; node++)
        assert_int_equal(OK, state_it(counts, node, "2026-Q3", 1, OCTOBER_2026));
    assert_true(counts_close(counts, OCTOBER_2026 + 15 * DAY_S, 3, 0));
    counts_closed(counts);
    assert_int_equal(OK, state_it(counts, 4, "2026-Q3", 100, OCTOBER_2026 + 20 * DAY_S));
    assert_false(counts_close(counts, OCTOBER_2026 + 21 * DAY_S, 1, 1)); /* one sum a quarter */
    for (unsigned node = 1; node <= 2; node++)
        assert_int_equal(OK, state_it(counts, node, "2026-Q4", 1, JANUARY_2027));
    assert_int_equal(OK, state_it(counts, 4, "2026-Q4", 100, JANUARY_2027));
    assert_true(counts_close(counts, JANUARY_2027 + 15 * DAY_S, 3, 1));
    assert_true(
        slice_starts_with(counts_closing(counts, &size),
                          SLICE("{\"kind\":\"order.counts\",\"period\":\"2026-Q4\",\"members\":3,\"asked\":202,")));
}

static void a_quarter_of_a_house_counts_once_and_only_when_it_is_over(void **state)
{
    struct counts *counts = *state;
    uint64_t size;

    assert_int_equal(ERROR_VALUE, state_it(counts, 1, "2026-Q4", 1, OCTOBER_2026));
    assert_int_equal(ERROR_VALUE, state_it(counts, 1, "2026-Q3", 1, OCTOBER_2026 - 1));
    assert_int_equal(OK, state_it(counts, 1, "2026-Q3", 1, OCTOBER_2026));
    assert_int_equal(OK, state_it(counts, 1, "2026-Q3", 5, OCTOBER_2026)); /* corrects the first */
    assert_int_equal(1, counts_waiting(counts));
    assert_true(counts_close(counts, OCTOBER_2026 + 15 * DAY_S, 1, 0));
    assert_true(slice_search(counts_closing(counts, &size), SLICE("\"asked\":5,")) != SIZE_MAX);
    counts_closed(counts);
    assert_int_equal(ERROR_CONFLICT, state_it(counts, 1, "2026-Q3", 1, OCTOBER_2026 + 16 * DAY_S));
}

static void two_quarters_of_one_house_are_one_member(void **state)
{
    struct counts *counts = *state;

    assert_int_equal(OK, state_it(counts, 1, "2026-Q2", 1, OCTOBER_2026));
    assert_int_equal(OK, state_it(counts, 1, "2026-Q3", 1, OCTOBER_2026));
    assert_int_equal(OK, state_it(counts, 2, "2026-Q3", 1, OCTOBER_2026));
    assert_false(counts_close(counts, OCTOBER_2026 + 15 * DAY_S, 3, 0));
}

static void what_is_kept_reads_back_and_damage_is_found(void **state)
{
    struct counts *counts = *state, *again = counts_new();
    CLEANUP_BUFFER struct buffer bytes = buffer_new(COUNTS_BYTES_MAX), second = buffer_new(COUNTS_BYTES_MAX);

    for (unsigned node = 1; node <= 3; node++)
        assert_int_equal(OK, state_it(counts, node, "2026-Q3", node, OCTOBER_2026));
    assert_true(counts_close(counts, OCTOBER_2026 + 15 * DAY_S, 3, 42));
    assert_int_equal(OK, counts_write(counts, &bytes));
    assert_int_equal(OK, counts_read(again, buffer_view(&bytes)));
    assert_int_equal(OK, counts_write(again, &second));
    assert_true(slice_equal(buffer_view(&bytes), buffer_view(&second)));
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.data[i] ^= 1;
        assert_int_equal(ERROR_CORRUPT, counts_read(again, buffer_view(&bytes)));
        bytes.data[i] ^= 1;
        assert_int_equal(ERROR_CORRUPT, counts_read(again, slice_of(bytes.data, i)));
    }
    counts_free(again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(statements_are_read_to_the_letter),
        TEST(two_houses_wait_and_three_are_published),
        TEST(who_comes_late_or_is_too_few_is_added_to_the_next_quarter),
        TEST(a_quarter_of_a_house_counts_once_and_only_when_it_is_over),
        TEST(two_quarters_of_one_house_are_one_member),
        TEST(what_is_kept_reads_back_and_damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
