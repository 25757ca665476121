/* SPDX-License-Identifier: Apache-2.0 */

/* The four operations, modulo and rounding. Each finds its exact result, or 35 digits or more of it and whether
 * something was cut off behind, and leaves the rounding to number_finish, so that nothing is rounded twice. */

#include "number_wide.h"

#define ADD_DIGITS 37 /* three more than stay, and a sum of two such fits */

struct number number_negate(struct number a)
{
    a.negative = a.coefficient && !a.negative;
    return a;
}

struct number number_absolute(struct number a)
{
    a.negative = false;
    return a;
}

/* Brings two numbers, the first with the greater exponent, to one exponent: zeros behind the first as far as there is
 * room, the rest by cutting digits off the second, which is much smaller then. Returns whether what was cut off is
 * something. */
static bool align(struct number *a, struct number *b)
{
    int32_t gap = a->exponent - b->exponent;

    if (gap <= 19 && !(a->coefficient >> 64)) {
        a->coefficient *= number_ten[gap];
        a->exponent = b->exponent;
        return false;
    }
    int32_t room = ADD_DIGITS - (int32_t)number_digits(a->coefficient), zeros = gap < room ? gap : room;
    a->coefficient *= number_ten[zeros];
    a->exponent -= zeros;
    gap -= zeros;
    uint128 before = b->coefficient, unit = gap > NUMBER_DIGITS ? NUMBER_COEFFICIENT_LIMIT : number_ten[gap];
    b->coefficient = before / unit;
    return b->coefficient * unit != before;
}

enum error number_add(struct number a, struct number b, struct number *ret)
{
    if (a.exponent < b.exponent) {
        struct number swap = a;
        a = b;
        b = swap;
    }
    if (!a.coefficient || !b.coefficient) {
        *ret = a.coefficient ? a : b;
        return OK;
    }
    bool inexact = a.exponent != b.exponent && align(&a, &b);
    if (a.negative == b.negative)
        return number_finish(a.negative, a.coefficient + b.coefficient, inexact, a.exponent, ret);
    if (a.coefficient >= b.coefficient)
        return number_finish(a.negative, a.coefficient - b.coefficient - inexact, inexact, a.exponent, ret);
    return number_finish(b.negative, b.coefficient - a.coefficient, false, a.exponent, ret);
}

enum error number_subtract(struct number a, struct number b, struct number *ret)
{
    return number_add(a, number_negate(b), ret);
}

enum error number_multiply(struct number a, struct number b, struct number *ret)
{
    bool negative = a.negative != b.negative, inexact = false;
    int32_t exponent = a.exponent + b.exponent;

    if (!((a.coefficient | b.coefficient) >> 64))
        return number_finish(negative, a.coefficient * b.coefficient, false, exponent, ret);
    struct wide product = wide_multiply(a.coefficient, b.coefficient);
    uint128 value = product.low;
    int32_t digits = (int32_t)(number_digits(a.coefficient) + number_digits(b.coefficient)); /* or one less */
    if (digits > NUMBER_WIDE_DIGITS) {
        uint128 cut = 0;
        value = wide_divide(product, number_ten[digits - NUMBER_WIDE_DIGITS], &cut);
        exponent += digits - NUMBER_WIDE_DIGITS;
        inexact = cut;
    }
    return number_finish(negative, value, inexact, exponent, ret);
}

/* a / b with 37 or 38 digits. */
static uint128 quotient(uint128 a, uint128 b, int32_t *ret_zeros, bool *ret_inexact)
{
    int32_t zeros = NUMBER_WIDE_DIGITS - 1 + (int32_t)number_digits(b) - (int32_t)number_digits(a);
    int32_t first = zeros > NUMBER_WIDE_DIGITS ? zeros - NUMBER_WIDE_DIGITS : 0;
    uint128 rest = 0;
    uint128 value = wide_divide(wide_multiply(a * number_ten[first], number_ten[zeros - first]), b, &rest);

    *ret_zeros = zeros;
    *ret_inexact = rest;
    return value;
}

/* An exact quotient keeps the exponent that its operands suggest, as near as it can: 1/4 is 0.25, not 0.2500…. */
enum error number_divide(struct number a, struct number b, struct number *ret)
{
    bool negative = a.negative != b.negative, inexact = false;
    int32_t exponent = a.exponent - b.exponent, zeros = 0;

    if (!b.coefficient)
        return ERROR_VALUE;
    if (!((a.coefficient | b.coefficient) >> 64) && (uint64_t)a.coefficient % (uint64_t)b.coefficient == 0)
        return number_finish(negative, (uint64_t)a.coefficient / (uint64_t)b.coefficient, false, exponent, ret);
    uint128 value = quotient(a.coefficient, b.coefficient, &zeros, &inexact);
    if (inexact)
        return number_finish(negative, value, true, exponent - zeros, ret);
    struct number exact = number_strip((struct number){value, exponent - zeros, negative}, exponent);
    return number_finish(negative, exact.coefficient, false, exact.exponent, ret);
}

/* value × 10^power mod divisor */
static uint128 times_ten_modulo(uint128 value, int32_t power, uint128 divisor)
{
    uint128 rest = value % divisor;

    while (power > 0 && rest) {
        int32_t step = power < NUMBER_DIGITS ? power : NUMBER_DIGITS;
        uint128 factor = number_ten[step] % divisor;
        wide_divide(wide_multiply(rest, factor), divisor, &rest);
        power -= step;
    }
    return rest;
}

/* The remainder of the absolute values: below |b|, exact, in units of the smaller exponent. */
static struct number remainder_of(struct number a, struct number b)
{
    int32_t gap = a.exponent - b.exponent;

    if (gap >= 0)
        return (struct number){times_ten_modulo(a.coefficient, gap, b.coefficient), b.exponent, false};
    if (number_compare(number_absolute(a), number_absolute(b)) < 0)
        return number_absolute(a);
    return (struct number){a.coefficient % (b.coefficient * number_ten[-gap]), a.exponent, false};
}

enum error number_modulo(struct number a, struct number b, struct number *ret)
{
    if (!b.coefficient)
        return ERROR_VALUE;
    struct number rest = remainder_of(a, b);
    if (!rest.coefficient) {
        *ret = (struct number){0};
        return OK;
    }
    if (a.negative != b.negative)
        TRY(number_subtract(number_absolute(b), rest, &rest));
    rest.negative = b.negative;
    *ret = rest;
    return OK;
}

enum error number_round(struct number a, int64_t scale, enum number_rounding rounding, struct number *ret)
{
    if (scale < -NUMBER_EXPONENT_MAX || scale > -NUMBER_EXPONENT_MIN)
        return ERROR_VALUE;
    if (a.exponent >= -scale) {
        *ret = a;
        return OK;
    }
    uint32_t drop = (uint32_t)(-scale - a.exponent);
    uint128 kept = number_drop(a.coefficient, drop, false, a.negative, rounding);
    return number_finish(a.negative, kept, false, (int32_t)-scale, ret);
}
