/* SPDX-License-Identifier: Apache-2.0 */

/* Roots, powers, exponential and logarithm.
 *
 * The square root is that of a whole number of 71 or 72 digits, so it is rounded correctly. Whole powers are multiplied
 * with four guard digits. exp and ln are series after the argument has been made small, with ln 10 and ln 2 taken out;
 * what they give is good to about 32 digits, and other powers, through both, to 30, which is what is kept of them. */

#include "number_wide.h"

#define ROOT_DIGITS 72
#define MULTIPLIED_MAX 10000000U /* whole exponents beyond it go through exp and ln */
#define HALVES_MAX 1000          /* exponents of so many halves go through the root */
#define POWER_DIGITS 30          /* of other powers */
#define EXPONENT_FAR 50000       /* of a power on its way, where its end is sure: far too large, or zero */
#define EXPONENTIAL_MAX 15000    /* e to that is too large, and zero when negative */
#define SERIES_TERMS_MAX 60

/* 17 digits and 17 more. */
#define DIGITS_34(first, last) ((uint128)(first)*100000000000000000U + (last))

/* ln 10 in two parts: 30 digits, of which multiples below 10^4 are exact, and the next 34. */
static const struct number ln_10_high = {DIGITS_34(2302585092994U, 4568401799145468U), -29, false};
static const struct number ln_10_low = {DIGITS_34(43642076011014886U, 28772976033327901U), -63, false};
static const struct number ln_10 = {DIGITS_34(23025850929940456U, 84017991454684364U), -33, false};
static const struct number ln_2 = {DIGITS_34(69314718055994530U, 94172321214581766U), -34, false};

/* The whole part of the root of a value of at least 10^70. */
static uint128 root_of(struct wide value)
{
    double size = (double)value.high * 0x1p128 + (double)value.low;
    uint128 root = (uint128)(__builtin_sqrt(size) * (1 + 0x1p-50)), rest = 0; /* too large by a little */

    for (;;) { /* Newton's iteration falls until it has the whole part */
        uint128 next = (root + wide_divide(value, root, &rest)) / 2;
        if (next >= root)
            return root;
        root = next;
    }
}

enum error number_square_root(struct number a, struct number *ret)
{
    if (a.negative)
        return ERROR_VALUE;
    if (!a.coefficient) {
        *ret = (struct number){0};
        return OK;
    }
    int32_t digits = (int32_t)number_digits(a.coefficient), zeros = ROOT_DIGITS - digits;
    zeros -= (a.exponent - zeros) & 1;
    int32_t first = NUMBER_WIDE_DIGITS - digits;
    struct wide value = wide_multiply(a.coefficient * number_ten[first], number_ten[zeros - first]);
    uint128 root = root_of(value);
    struct wide square = wide_multiply(root, root);
    int32_t exponent = (a.exponent - zeros) / 2;
    if (square.high != value.high || square.low != value.low)
        return number_finish(false, root, true, exponent, ret);
    *ret = number_strip((struct number){root, exponent, false}, a.exponent > 0 ? a.exponent / 2 : 0);
    return OK;
}

/* The product of two coefficients of up to 38 digits, with 37 or 38. The sign is left out. */
static struct number multiply_guarded(struct number a, struct number b)
{
    struct wide product = wide_multiply(a.coefficient, b.coefficient);
    int32_t digits = (int32_t)(number_digits(a.coefficient) + number_digits(b.coefficient));
    struct number result = {product.low, a.exponent + b.exponent, false};

    if (digits > NUMBER_WIDE_DIGITS) {
        uint128 cut = 0, unit = number_ten[digits - NUMBER_WIDE_DIGITS];
        result.coefficient = wide_divide(product, unit, &cut);
        result.coefficient += cut >= unit - cut;
        result.exponent += digits - NUMBER_WIDE_DIGITS;
        if (result.coefficient == number_ten[NUMBER_WIDE_DIGITS]) {
            result.coefficient /= 10;
            result.exponent++;
        }
    }
    return result;
}

/* 1 / a with 37 digits or more, or all there are. What is cut off makes the last digit odd, so that it is no tie. */
static struct number invert_guarded(struct number a)
{
    uint128 cut = 0;
    int32_t zeros = NUMBER_WIDE_DIGITS - 1 + (int32_t)number_digits(a.coefficient);
    int32_t first = zeros / 2;
    struct wide one = wide_multiply(number_ten[first], number_ten[zeros - first]);
    uint128 value = wide_divide(one, a.coefficient, &cut);

    return number_strip((struct number){value | (cut != 0), -zeros - a.exponent, false}, -a.exponent);
}

/* |a|^exponent by squaring, bit after bit. */
static struct number power_guarded(struct number a, uint64_t exponent)
{
    struct number result = {1, 0, false}, square = number_strip(number_absolute(a), INT32_MAX / 2);

    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = multiply_guarded(result, square);
        if (exponent > 1)
            square = multiply_guarded(square, square);
        int32_t far = result.exponent > square.exponent ? result.exponent : square.exponent;
        int32_t near = result.exponent < square.exponent ? result.exponent : square.exponent;
        if (far > EXPONENT_FAR)
            return (struct number){1, EXPONENT_FAR, false};
        if (near < -EXPONENT_FAR)
            return (struct number){1, -EXPONENT_FAR, false};
    }
    return result;
}

static enum error whole_power(struct number a, int64_t exponent, struct number *ret)
{
    bool inverse = exponent < 0;
    struct number power = power_guarded(a, inverse ? -(uint64_t)exponent : (uint64_t)exponent);

    if (inverse)
        power = invert_guarded(power);
    return number_finish(a.negative && exponent & 1, power.coefficient, false, power.exponent, ret);
}

/* Is a whole number odd? */
static bool is_odd(struct number a)
{
    struct number rest = {0};

    return number_modulo(a, number_of(2), &rest) == OK && !number_is_zero(rest);
}

/* a^b for a > 0 through exp and ln; 1 for a = 1. */
static enum error real_power(struct number a, struct number b, struct number *ret)
{
    struct number power = {0};

    TRY(number_logarithm(a, &power));
    TRY(number_multiply(power, b, &power));
    TRY(number_exponential(power, &power));
    int64_t scale = POWER_DIGITS - (int64_t)number_digits(power.coefficient) - power.exponent;
    if (power.coefficient && scale <= -NUMBER_EXPONENT_MIN)
        TRY(number_round(power, scale, NUMBER_HALF_EVEN, &power));
    *ret = number_strip(power, 0);
    return OK;
}

enum error number_power(struct number a, struct number b, struct number *ret)
{
    bool whole = number_is_whole(b);
    struct number twice = {0}, root = {0};
    int64_t count = 0;

    if (!a.coefficient) {
        if (b.negative)
            return ERROR_VALUE;
        *ret = number_of(!b.coefficient);
        return OK;
    }
    if (number_to_int(b, &count) && count >= -(int64_t)MULTIPLIED_MAX && count <= (int64_t)MULTIPLIED_MAX)
        return whole_power(a, count, ret);
    if (a.negative && !whole)
        return ERROR_VALUE;
    if (number_add(b, b, &twice) == OK && number_to_int(twice, &count) && count >= -HALVES_MAX && count <= HALVES_MAX) {
        TRY(number_square_root(a, &root));
        return whole_power(root, count, ret);
    }
    TRY(real_power(number_absolute(a), b, &root));
    root.negative = a.negative && root.coefficient && is_odd(b);
    *ret = root;
    return OK;
}

/* e^x for small x: 1 + x + x²/2! + … */
static enum error exponential_series(struct number x, struct number *ret)
{
    struct number sum = number_of(1), term = sum, before = {0};

    for (int n = 1; n <= SERIES_TERMS_MAX && number_compare(sum, before); n++) {
        before = sum;
        TRY(number_multiply(term, x, &term));
        TRY(number_divide(term, number_of(n), &term));
        TRY(number_add(sum, term, &sum));
    }
    *ret = sum;
    return OK;
}

/* e^a = 10^tens × e^(a - tens × ln 10) */
enum error number_exponential(struct number a, struct number *ret)
{
    struct number ratio = {0}, high = {0}, low = {0}, rest = {0};
    int64_t tens = 0;

    if (number_compare(number_absolute(a), number_of(EXPONENTIAL_MAX)) > 0) {
        if (!a.negative)
            return ERROR_VALUE;
        *ret = (struct number){0};
        return OK;
    }
    TRY(number_divide(a, ln_10, &ratio));
    TRY(number_round(ratio, 0, NUMBER_HALF_EVEN, &ratio));
    if (!number_to_int(ratio, &tens))
        return ERROR_VALUE;
    TRY(number_multiply(ln_10_high, ratio, &high));
    TRY(number_multiply(ln_10_low, ratio, &low));
    TRY(number_subtract(a, high, &rest));
    TRY(number_subtract(rest, low, &rest));
    TRY(exponential_series(rest, &rest));
    return number_finish(false, rest.coefficient, false, rest.exponent + (int32_t)tens, ret);
}

/* ln x for x near 1: twice the series of artanh z = z + z³/3 + z⁵/5 + …, z = (x - 1) / (x + 1). */
static enum error logarithm_series(struct number x, struct number *ret)
{
    struct number sum = {0}, term = {0}, power = {0}, square = {0}, before = number_of(1);

    TRY(number_subtract(x, number_of(1), &term));
    TRY(number_add(x, number_of(1), &sum));
    TRY(number_divide(term, sum, &power));
    TRY(number_multiply(power, power, &square));
    sum = power;
    for (int n = 3; n < 2 * SERIES_TERMS_MAX && number_compare(sum, before); n += 2) {
        before = sum;
        TRY(number_multiply(power, square, &power));
        TRY(number_divide(power, number_of(n), &term));
        TRY(number_add(sum, term, &sum));
    }
    return number_add(sum, sum, ret);
}

/* Brings `a` between 0.75 and 1.5 by tens and twos, both zero where it is there already. */
static enum error reduce(struct number *a, int *ret_tens, int *ret_twos)
{
    static const struct number least = {75, -2, false}, most = {15, -1, false};
    int tens = 0, twos = 0;

    if (number_compare(*a, least) < 0 || number_compare(*a, most) > 0) {
        tens = (int)number_digits(a->coefficient) - 1 + a->exponent;
        a->exponent -= tens;
        for (; number_compare(*a, most) > 0; twos++)
            TRY(number_multiply(*a, (struct number){5, -1, false}, a));
    }
    *ret_tens = tens;
    *ret_twos = twos;
    return OK;
}

enum error number_logarithm(struct number a, struct number *ret)
{
    struct number sum = {0}, part = {0};
    int tens = 0, twos = 0;

    if (a.negative || !a.coefficient)
        return ERROR_VALUE;
    TRY(reduce(&a, &tens, &twos));
    TRY(logarithm_series(a, &sum));
    TRY(number_multiply(ln_2, number_of(twos), &part));
    TRY(number_add(sum, part, &sum));
    TRY(number_multiply(ln_10, number_of(tens), &part));
    return number_add(sum, part, ret);
}
