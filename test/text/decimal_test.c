/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that decimals are compared by their digits, and UTF-8 is read strictly. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "text/decimal.h"
#include "text/utf8.h"

static struct decimal parse(const char *text)
{
    struct decimal decimal = {0};
    if (decimal_parse(slice_from_string(text), &decimal) != OK)
        fail_msg("%s is not read", text);
    return decimal;
}

static void decimals_are_ordered(void **state)
{
    /* each is less than the next */
    static const char *const order[] = {"-1e20", "-12.5", "-0.001", "0", "1e-30", "0.1", "0.10000000000000001",
                                        "5.39999", "5.4", "37.8", "100", "999999999999999999", "1e18", "1e300"};
    size_t count = sizeof order / sizeof *order;

    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int expected = (i > j) - (i < j), got = decimal_compare(parse(order[i]), parse(order[j]));
            if ((got > 0) - (got < 0) != expected)
                fail_msg("%s against %s", order[i], order[j]);
        }
    assert_int_equal(0, decimal_compare(parse("5.40"), parse("5.4")));
    assert_int_equal(0, decimal_compare(parse("54e-1"), parse("5.40")));
    assert_int_equal(0, decimal_compare(parse("-0"), parse("0.000")));
    assert_int_equal(0, decimal_compare(parse("1e19"), parse("10000000000e9")));
}

static void bounds_lie_half_a_last_place_away(void **state)
{
    (void)state;
    assert_int_equal(0, decimal_compare(decimal_lower(parse("5.40")), parse("5.395")));
    assert_int_equal(0, decimal_compare(decimal_upper(parse("5.40")), parse("5.405")));
    assert_int_equal(0, decimal_compare(decimal_lower(parse("-1")), parse("-1.5")));
    assert_int_equal(0, decimal_compare(decimal_upper(parse("100")), parse("100.5")));
    assert_true(decimal_compare(decimal_upper(parse("999999999999999999")), parse("1e18")) < 0);
}

static void what_is_no_decimal_is_refused(void **state)
{
    static const char *const bad[] = {"", "-", "1.", ".1", "01", "+1", "1e", "1e+", "1 ", "0x1", "1.2.3", "--1",
                                      "1234567890123456789", "1e1000000", "NaN"};
    struct decimal decimal;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (decimal_parse(slice_from_string(bad[i]), &decimal) != ERROR_VALUE)
            fail_msg("'%s' was read", bad[i]);
}

static void only_strict_utf8_is_valid(void **state)
{
    static const char *const good[] = {"", "a", "\xc3\xa9", "\xe1\x8a\xa5", "\xf0\x9f\x8f\xa5", "\xed\x9f\xbf",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80", "\xff", "a\xe2\x82", "\xc3\xc3"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_valid(slice_from_string(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(slice_from_string(bad[i])));
}

static void every_code_point_survives(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(16);

    (void)state;
    for (uint32_t point = 1; point < 0x110000; point += point < 0x3000 ? 1 : 97) {
        uint32_t back = 0;
        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        buffer_clear(&text);
        utf8_put(&text, point);
        struct slice rest = buffer_view(&text);
        if (!utf8_next(&rest, &back) || back != point || rest.length)
            fail_msg("U+%04X", point);
    }
}

static void a_cut_never_splits_a_letter(void **state)
{
    struct slice text = SLICE("a\xc3\xa9\xe1\x8a\xa5");

    (void)state;
    for (size_t bytes = 0; bytes <= text.length; bytes++) {
        struct slice cut = utf8_cut(text, bytes);
        assert_true(cut.length <= bytes && utf8_valid(cut));
    }
    assert_int_equal(3, utf8_cut(text, 5).length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_ordered),
        cmocka_unit_test(bounds_lie_half_a_last_place_away),
        cmocka_unit_test(what_is_no_decimal_is_refused),
        cmocka_unit_test(only_strict_utf8_is_valid),
        cmocka_unit_test(every_code_point_survives),
        cmocka_unit_test(a_cut_never_splits_a_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
