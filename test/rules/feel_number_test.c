/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that FEEL's numbers are decimal128's: against the compiler's own _Decimal128, where it has one, and against
 * tables. feel_number_decimal_test.py compares the rest with Python's decimal. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/feel/number_wide.h"

static struct number number(const char *text)
{
    struct number read = {0};

    if (number_parse(slice_from_string(text), &read) != OK)
        fail_msg("%s was not read", text);
    return read;
}

static void assert_written(struct number value, const char *expected)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(1 << 12);

    number_write(&written, value);
    if (!slice_is(buffer_view(&written), expected))
        fail_msg("%.*s instead of %s", SLICE_PRINT(buffer_view(&written)), expected);
}

static void numbers_are_read_and_written_canonically(void **state)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.000", "0"},
        {"0e6000", "0"},
        {"12", "12"},
        {"-.872", "-0.872"},
        {"007.50", "7.5"},
        {"1.0", "1"},
        {"100", "100"},
        {"1e2", "100"},
        {"1.0e-5", "0.00001"},
        {"1E+3", "1000"},
        {"123456789012345678901234567890.1234", "123456789012345678901234567890.1234"},
        {"9999999999999999999999999999999999", "9999999999999999999999999999999999"},
        {"99999999999999999999999999999999995", "1e35"},
        {"12345678901234567890123456789012345", "1.234567890123456789012345678901234e34"},
        {"12345678901234567890123456789012355", "1.234567890123456789012345678901236e34"},
        {"12345678901234567890123456789012345.0000000000000000000000000001", "1.234567890123456789012345678901235e34"},
        {"1e33", "1000000000000000000000000000000000"},
        {"1e34", "1e34"},
        {"-25e40", "-2.5e41"},
        {"1e-21", "0.000000000000000000001"},
        {"1e-22", "1e-22"},
        {"9.999999999999999999999999999999999e6144", "9.999999999999999999999999999999999e6144"},
        {"1e6144", "1e6144"},
        {"1e-6176", "1e-6176"},
        {"4e-6177", "0"},
        {"1e-99999999999", "0"},
        {"0.000000000000000000000000000000000000000000000000000000000000000000000000000001e78", "1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_written(number(cases[i].text), cases[i].written);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const cases[] = {
        "",      "-",     ".",        "1.",  "1.e5", "e5",   "1e",  "1e+", "1e-",    "+1",      "--1",
        " 1",    "1 ",    "1,5",      "0x1", "1_0",  "1..2", "inf", "NaN", "1e6145", "10e6144", "1e99999999999",
        "1.2.3", "1e5.0", "\xd9\xa1",
    };
    struct number read = {7, 0, false};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (number_parse(slice_from_string(cases[i]), &read) != ERROR_VALUE)
            fail_msg("\"%s\" was read", cases[i]);
    assert_int_equal(read.coefficient, 7);
}

static void a_tenth_and_two_tenths_are_three_tenths(void **state)
{
    struct number sum = {0};

    (void)state;
    assert_int_equal(number_add(number("0.1"), number("0.2"), &sum), OK);
    assert_int_equal(number_compare(sum, number("0.3")), 0);
    assert_written(sum, "0.3");
}

static void wide_products_are_divided_back(void **state)
{
    (void)state;
    srandom(3);
    for (int i = 0; i < 100000; i++) {
        uint128 part[3];
        for (int p = 0; p < 3; p++) {
            part[p] = uint128_of((uint64_t)random() << 33 ^ (uint64_t)random(),
                                 (uint64_t)random() << 33 ^ (uint64_t)random());
            part[p] >>= random() % 128;
            if (random() % 4 == 0) /* limbs full of ones are where guesses are wrong */
                part[p] = ~part[p] << random() % 100;
        }
        uint128 a = part[0], b = part[1] ? part[1] : 1, rest = part[2] % b, found = 0;
        struct wide product = wide_multiply(a, b);
        product.low += rest;
        product.high += product.low < rest;
        assert_true(wide_divide(product, b, &found) == a);
        assert_true(found == rest);
    }
}

static void digits_are_counted(void **state)
{
    (void)state;
    assert_int_equal(number_digits(0), 0);
    assert_int_equal(number_digits(~(uint128)0), 39);
    for (unsigned i = 0; i <= NUMBER_WIDE_DIGITS; i++) {
        assert_int_equal(number_digits(number_ten[i]), i + 1);
        assert_int_equal(number_digits(number_ten[i] - 1), i);
    }
    for (unsigned bit = 0; bit < 128; bit++) {
        uint128 value = (uint128)1 << bit;
        unsigned digits = number_digits(value);
        assert_true(value >= number_ten[digits - 1] && (digits > NUMBER_WIDE_DIGITS || value < number_ten[digits]));
    }
}

static uint64_t random_64(void)
{
    return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
}

/* Of every length, often with nines, with a five and zeros, or with a round end: where rounding is decided. */
static struct number random_number(void)
{
    unsigned digits = (unsigned)(random() % (NUMBER_DIGITS + 1));
    uint128 value = uint128_of(random_64(), random_64()) % number_ten[digits];
    int32_t exponent = (int32_t)(random() % 60) - 40;

    if (random() % 4 == 0)
        value = number_ten[digits] - 1 - value % 3 % number_ten[digits];
    if (random() % 4 == 0)
        value = value / number_ten[digits / 2] * number_ten[digits / 2] + number_ten[digits / 2] / 2;
    if (random() % 8 == 0)
        value = number_ten[digits] / 2;
    if (random() % 4 == 0)
        exponent = (int32_t)(random() % (NUMBER_EXPONENT_MAX - NUMBER_EXPONENT_MIN + 1)) + NUMBER_EXPONENT_MIN;
    value %= NUMBER_COEFFICIENT_LIMIT;
    return value ? (struct number){value, exponent, random() & 1} : (struct number){0};
}

#if defined(__DEC128_MANT_DIG__) && defined(__x86_64__) && !defined(__clang__)

#define PAIRS 300000

/* The compiler's form on this machine: sign, 14 bits of exponent, 113 of coefficient (IEEE 754-2008, 3.5.2, binary). */
static _Decimal128 to_decimal128(struct number value)
{
    uint128 bits = value.coefficient | (uint128)(value.exponent - NUMBER_EXPONENT_MIN) << 113 |
                   (uint128)value.negative << 127;
    _Decimal128 result;

    memcpy(&result, &bits, sizeof result);
    return result;
}

/* False for an infinity and for what is no number. */
static bool from_decimal128(_Decimal128 value, struct number *ret)
{
    uint128 bits;

    memcpy(&bits, &value, sizeof bits);
    if ((bits >> 122 & 31) >= 30)
        return false;
    *ret = (struct number){bits & (((uint128)1 << 113) - 1), (int32_t)(bits >> 113 & 0x3fff) + NUMBER_EXPONENT_MIN,
                           bits >> 127};
    return true;
}

static bool same(struct number a, struct number b)
{
    a = number_strip(a, INT32_MAX / 2);
    b = number_strip(b, INT32_MAX / 2);
    return a.coefficient == b.coefficient && a.exponent == b.exponent && (a.negative == b.negative || !a.coefficient);
}

static void check(struct number a, const char *operation, struct number b, enum error error, struct number got,
                  _Decimal128 expected)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1 << 12);
    struct number wanted = {0};
    bool finite = from_decimal128(expected, &wanted);

    if (finite == (error == OK) && (!finite || same(got, wanted)))
        return;
    number_write(&text, a);
    buffer_format(&text, " %s ", operation);
    number_write(&text, b);
    buffer_format(&text, " gave error %d, ", (int)error);
    number_write(&text, got);
    buffer_string(&text, finite ? ", expected " : ", expected an error");
    number_write(&text, wanted);
    fail_msg("%.*s", SLICE_PRINT(buffer_view(&text)));
}

static void the_four_operations_are_those_of_decimal128(void **state)
{
    (void)state;
    srandom(1);
    for (int i = 0; i < PAIRS; i++) {
        struct number a = random_number(), b = random_number(), got = {0};
        _Decimal128 x = to_decimal128(a), y = to_decimal128(b);

        enum error error = number_add(a, b, &got);
        check(a, "+", b, error, got, x + y);
        error = number_subtract(a, b, &got);
        check(a, "-", b, error, got, x - y);
        error = number_multiply(a, b, &got);
        check(a, "*", b, error, got, x * y);
        error = number_divide(a, b, &got);
        check(a, "/", b, error, got, b.coefficient ? x / y : (_Decimal128)INFINITY);
        int order = x < y ? -1 : x > y;
        assert_int_equal((number_compare(a, b) > 0) - (number_compare(a, b) < 0), order);
    }
}

#else

static void the_four_operations_are_those_of_decimal128(void **state)
{
    (void)state;
    printf("this compiler has no _Decimal128 to compare with\n");
    skip();
}

#endif

static void operations_without_a_result_are_errors(void **state)
{
    struct number largest = number("9.999999999999999999999999999999999e6144"), got = number_of(7);

    (void)state;
    assert_int_equal(number_divide(number_of(1), number("0.00"), &got), ERROR_VALUE);
    assert_int_equal(number_modulo(number_of(1), number_of(0), &got), ERROR_VALUE);
    assert_int_equal(number_add(largest, largest, &got), ERROR_VALUE);
    assert_int_equal(number_multiply(largest, number("1.1"), &got), ERROR_VALUE);
    assert_int_equal(number_divide(largest, number("0.1"), &got), ERROR_VALUE);
    assert_int_equal(number_square_root(number_of(-1), &got), ERROR_VALUE);
    assert_int_equal(number_logarithm(number_of(0), &got), ERROR_VALUE);
    assert_int_equal(number_logarithm(number_of(-1), &got), ERROR_VALUE);
    assert_int_equal(number_exponential(number_of(20000), &got), ERROR_VALUE);
    assert_int_equal(number_exponential(number("14150"), &got), ERROR_VALUE);
    assert_int_equal(number_power(number_of(0), number_of(-1), &got), ERROR_VALUE);
    assert_int_equal(number_power(number_of(-8), number("0.5"), &got), ERROR_VALUE);
    assert_int_equal(number_power(number_of(-8), number("0.3"), &got), ERROR_VALUE);
    assert_int_equal(number_power(number_of(10), number_of(6145), &got), ERROR_VALUE);
    assert_int_equal(number_power(number_of(2), number("1e30"), &got), ERROR_VALUE);
    assert_int_equal(number_round(number("5.5"), 6177, NUMBER_DOWN, &got), ERROR_VALUE);
    assert_int_equal(number_round(number("5.5"), -6112, NUMBER_DOWN, &got), ERROR_VALUE);
    assert_int_equal(number_from_double(HUGE_VAL, &got), ERROR_VALUE);
    assert_int_equal(number_from_double((double)NAN, &got), ERROR_VALUE);
    assert_written(got, "7");
}

static void roundings_differ_where_their_names_say(void **state)
{
    static const struct {
        const char *number;
        int scale;
        const char *half_even, *half_up, *half_down, *up, *down, *floor, *ceiling;
    } cases[] = {
        {"5.5", 0, "6", "6", "5", "6", "5", "5", "6"},
        {"2.5", 0, "2", "3", "2", "3", "2", "2", "3"},
        {"1.6", 0, "2", "2", "2", "2", "1", "1", "2"},
        {"1.1", 0, "1", "1", "1", "2", "1", "1", "2"},
        {"-1.1", 0, "-1", "-1", "-1", "-2", "-1", "-2", "-1"},
        {"-2.5", 0, "-2", "-3", "-2", "-3", "-2", "-3", "-2"},
        {"-5.5", 0, "-6", "-6", "-5", "-6", "-5", "-6", "-5"},
        {"0.515", 2, "0.52", "0.52", "0.51", "0.52", "0.51", "0.51", "0.52"},
        {"25", -1, "20", "30", "20", "30", "20", "20", "30"},
        {"1e-6176", 0, "0", "0", "0", "1", "0", "0", "1"},
        {"-1e-6176", 0, "0", "0", "0", "-1", "0", "-1", "0"},
        {"9999999999999999999999999999999999", -1, "1e34", "1e34", "1e34", "1e34", "9999999999999999999999999999999990",
         "9999999999999999999999999999999990", "1e34"},
        {"1.25", 6176, "1.25", "1.25", "1.25", "1.25", "1.25", "1.25", "1.25"},
        {"1.25", -6111, "0", "0", "0", "1e6111", "0", "0", "1e6111"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const *expected = &cases[i].half_even;
        for (int rounding = NUMBER_HALF_EVEN; rounding <= NUMBER_CEILING; rounding++) {
            struct number rounded = {0};
            assert_int_equal(
                number_round(number(cases[i].number), cases[i].scale, (enum number_rounding)rounding, &rounded), OK);
            assert_written(rounded, expected[rounding]);
        }
    }
}

static void powers_are_what_a_person_expects(void **state)
{
    static const struct {
        const char *base, *exponent, *power;
    } cases[] = {
        {"2", "10", "1024"},
        {"10", "-5", "0.00001"},
        {"0", "0", "1"},
        {"0", "5", "0"},
        {"-3", "3", "-27"},
        {"-3", "-2", "0.1111111111111111111111111111111111"},
        {"4", "0.5", "2"},
        {"4", "2.5", "32"},
        {"4", "-0.5", "0.5"},
        {"27", "0.3333333333333333333333333333333333", "3"},
        {"2", "0.1", "1.07177346253629316421300632502"},
        {"0.1", "100000000", "0"},
        {"1", "1e6000", "1"},
        {"-1", "1e30", "1"},
        {"-1", "9999999999999999999999999999999999", "-1"},
        {"1.00000000000000000001", "100000000", "1.0000000000010000000000005"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct number power = {0};
        assert_int_equal(number_power(number(cases[i].base), number(cases[i].exponent), &power), OK);
        assert_written(power, cases[i].power);
    }
}

static void whole_numbers_pass_to_integers_and_back(void **state)
{
    static const int64_t values[] = {0, 1, -1, 42, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    static const char *const none[] = {"1.5",    "9223372036854775808", "-9223372036854775809", "1e19", "1e6000",
                                       "1e-6000"};
    int64_t back = 0;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_true(number_to_int(number_of(values[i]), &back));
        assert_true(back == values[i]);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(number_to_int(number(none[i]), &back));
    assert_true(number_to_int(number("5e3"), &back) && back == 5000);
    assert_true(number_to_int(number("5.000"), &back) && back == 5);
    assert_true(number_is_whole(number("1e6000")));
    assert_true(number_is_whole(number("-5.00")));
    assert_false(number_is_whole(number("-5.01")));
    assert_false(number_is_whole(number("1e-6000")));
}

static void doubles_are_read_as_their_shortest_decimal(void **state)
{
    static const double shown[] = {0.1, 100, 1e23, 5e-324, -2.5};
    static const char *const expected[] = {"0.1", "100", "100000000000000000000000", "4.94065645841247e-324", "-2.5"};
    struct number read = {0};

    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        assert_int_equal(number_from_double(shown[i], &read), OK);
        assert_written(read, expected[i]);
    }
    srandom(2);
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_64();
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        assert_int_equal(number_from_double(value, &read), OK);
        assert_true(number_to_double(read) == value);
        assert_true(number_digits(read.coefficient) <= 17);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    srandom(4);
    for (int i = 0; i < 100000; i++) {
        CLEANUP_BUFFER struct buffer written = buffer_new(1 << 12);
        struct number value = random_number(), read = {0};
        number_write(&written, value);
        assert_int_equal(number_parse(buffer_view(&written), &read), OK);
        assert_int_equal(number_compare(value, read), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_and_written_canonically),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(a_tenth_and_two_tenths_are_three_tenths),
        cmocka_unit_test(wide_products_are_divided_back),
        cmocka_unit_test(digits_are_counted),
        cmocka_unit_test(the_four_operations_are_those_of_decimal128),
        cmocka_unit_test(operations_without_a_result_are_errors),
        cmocka_unit_test(roundings_differ_where_their_names_say),
        cmocka_unit_test(powers_are_what_a_person_expects),
        cmocka_unit_test(whole_numbers_pass_to_integers_and_back),
        cmocka_unit_test(doubles_are_read_as_their_shortest_decimal),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
