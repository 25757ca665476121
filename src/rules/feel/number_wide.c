/* SPDX-License-Identifier: Apache-2.0 */

/* Long multiplication and division by limbs of 64 bits (Knuth, The Art of Computer Programming, volume 2, 4.3.1), and
 * the one place where results are rounded. */

#include "number_wide.h"

#define TEN_19 ((uint128)10000000000000000000U)

const uint128 number_ten[NUMBER_WIDE_DIGITS + 1] = {
    1U,
    10U,
    100U,
    1000U,
    10000U,
    100000U,
    1000000U,
    10000000U,
    100000000U,
    1000000000U,
    10000000000U,
    100000000000U,
    1000000000000U,
    10000000000000U,
    100000000000000U,
    1000000000000000U,
    10000000000000000U,
    100000000000000000U,
    1000000000000000000U,
    TEN_19,
    TEN_19 * 10U,
    TEN_19 * 100U,
    TEN_19 * 1000U,
    TEN_19 * 10000U,
    TEN_19 * 100000U,
    TEN_19 * 1000000U,
    TEN_19 * 10000000U,
    TEN_19 * 100000000U,
    TEN_19 * 1000000000U,
    TEN_19 * 10000000000U,
    TEN_19 * 100000000000U,
    TEN_19 * 1000000000000U,
    TEN_19 * 10000000000000U,
    TEN_19 * 100000000000000U,
    TEN_19 * 1000000000000000U,
    TEN_19 * 10000000000000000U,
    TEN_19 * 100000000000000000U,
    TEN_19 * 1000000000000000000U,
    TEN_19 *TEN_19,
};

static unsigned leading_zeros(uint64_t value)
{
    return value ? (unsigned)__builtin_clzll(value) : 64;
}

unsigned number_digits(uint128 value)
{
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
    unsigned bits = high ? 128 - leading_zeros(high) : 64 - leading_zeros(low);
    unsigned guess = bits * 1233 >> 12; /* bits × log10(2), rounded down */

    return guess + (value >= number_ten[guess]);
}

struct wide wide_multiply(uint128 a, uint128 b)
{
    uint64_t a_high = (uint64_t)(a >> 64), a_low = (uint64_t)a, b_high = (uint64_t)(b >> 64), b_low = (uint64_t)b;
    uint128 low = (uint128)a_low * b_low;
    uint128 middle = (uint128)a_high * b_low + (uint64_t)(low >> 64);
    uint128 other = (uint128)a_low * b_high + (uint64_t)middle;

    return (struct wide){.high = (uint128)a_high * b_high + (uint64_t)(middle >> 64) + (uint64_t)(other >> 64),
                         .low = other << 64 | (uint64_t)low};
}

/* One digit of 64 bits: (rest × 2^64 + next) / divisor, where rest < divisor and the divisor's top bit is set. */
static uint64_t divide_step(uint128 *rest, uint64_t next, uint128 divisor)
{
    uint64_t top = (uint64_t)(divisor >> 64), bottom = (uint64_t)divisor;
    uint128 guess = *rest / top;

    if (guess > UINT64_MAX)
        guess = UINT64_MAX;
    uint128 left = *rest - guess * top;
    while (!(left >> 64) && guess * bottom > (left << 64 | next)) { /* at most twice */
        guess--;
        left += top;
    }
    *rest = (*rest << 64 | next) - guess * divisor; /* what overflows is the same on both sides */
    return (uint64_t)guess;
}

static uint128 divide_by_short(struct wide a, uint64_t b, uint128 *ret_remainder)
{
    uint128 first = uint128_of((uint64_t)a.high, (uint64_t)(a.low >> 64));
    uint128 second = uint128_of((uint64_t)(first % b), (uint64_t)a.low);

    *ret_remainder = second % b;
    return uint128_of((uint64_t)(first / b), (uint64_t)(second / b));
}

uint128 wide_divide(struct wide a, uint128 b, uint128 *ret_remainder)
{
    if (!(b >> 64))
        return divide_by_short(a, (uint64_t)b, ret_remainder);
    if (!a.high) {
        *ret_remainder = a.low % b;
        return a.low / b;
    }
    unsigned shift = leading_zeros((uint64_t)(b >> 64));
    uint128 rest = shift ? a.high << shift | a.low >> (128 - shift) : a.high;
    uint128 low = a.low << shift;
    uint64_t first = divide_step(&rest, (uint64_t)(low >> 64), b << shift);
    uint64_t second = divide_step(&rest, (uint64_t)low, b << shift);
    *ret_remainder = rest >> shift;
    return uint128_of(first, second);
}

/* Is the next unit away from zero taken? `half`: how what is cut off compares to half a unit. */
static bool rounds_away(enum number_rounding rounding, bool negative, bool odd, int half, bool exact)
{
    switch (rounding) {
    case NUMBER_HALF_EVEN:
        return half > 0 || (half == 0 && odd);
    case NUMBER_HALF_UP:
        return half >= 0;
    case NUMBER_HALF_DOWN:
        return half > 0;
    case NUMBER_UP:
        return !exact;
    case NUMBER_DOWN:
        return false;
    case NUMBER_FLOOR:
        return !exact && negative;
    case NUMBER_CEILING:
        return !exact && !negative;
    }
    return false;
}

uint128 number_drop(uint128 value, uint32_t drop, bool inexact, bool negative, enum number_rounding rounding)
{
    if (drop > NUMBER_WIDE_DIGITS) /* less than half a unit of what stays: 5 × 10^38 has no room in 128 bits */
        return rounds_away(rounding, negative, false, -1, !value && !inexact);
    uint128 unit = number_ten[drop], kept = value / unit, cut = value - kept * unit, other = unit - cut;
    int half = cut > other || (cut == other && inexact) ? 1 : cut == other ? 0 : -1;

    return kept + rounds_away(rounding, negative, kept & 1, half, !cut && !inexact);
}

/* Exponents above the largest go down as zeros are added, while there is room. */
static enum error fold_down(bool negative, uint128 value, int32_t exponent, struct number *ret)
{
    int32_t zeros = exponent - NUMBER_EXPONENT_MAX;

    if (zeros > NUMBER_DIGITS || number_digits(value) + (unsigned)zeros > NUMBER_DIGITS)
        return ERROR_VALUE;
    *ret = (struct number){value * number_ten[zeros], NUMBER_EXPONENT_MAX, negative};
    return OK;
}

enum error number_finish(bool negative, uint128 value, bool inexact, int32_t exponent, struct number *ret)
{
    if (value >= NUMBER_COEFFICIENT_LIMIT || exponent < NUMBER_EXPONENT_MIN) {
        int32_t surplus = (int32_t)number_digits(value) - NUMBER_DIGITS, lack = NUMBER_EXPONENT_MIN - exponent;
        int32_t drop = surplus > lack ? surplus : lack;
        value = number_drop(value, (uint32_t)drop, inexact, negative, NUMBER_HALF_EVEN);
        exponent += drop;
        if (value == NUMBER_COEFFICIENT_LIMIT) {
            value = number_ten[NUMBER_DIGITS - 1];
            exponent++;
        }
    }
    if (!value) {
        *ret = (struct number){0};
        return OK;
    }
    if (exponent > NUMBER_EXPONENT_MAX)
        return fold_down(negative, value, exponent, ret);
    *ret = (struct number){value, exponent, negative};
    return OK;
}

struct number number_strip(struct number number, int32_t exponent_most)
{
    static const uint8_t steps[] = {16, 16, 8, 4, 2, 1};

    if (!number.coefficient)
        return (struct number){0};
    for (size_t i = 0; i < sizeof steps; i++) {
        if (number.exponent + steps[i] > exponent_most)
            continue;
        uint128 less = number.coefficient / number_ten[steps[i]];
        if (less * number_ten[steps[i]] == number.coefficient) {
            number.coefficient = less;
            number.exponent += steps[i];
        }
    }
    return number;
}
