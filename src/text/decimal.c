/* SPDX-License-Identifier: Apache-2.0 */
#include "decimal.h"

#include <stddef.h>

#define DIGITS_MAX 18
#define EXPONENT_MAX 100000 /* far past any quantity; keeps sums of exponents small */

static bool is_digit(struct slice text, size_t at)
{
    return at < text.length && text.data[at] >= '0' && text.data[at] <= '9';
}

static bool is_at(struct slice text, size_t at, char byte)
{
    return at < text.length && text.data[at] == byte;
}

/* Reads digits at `at` into the number; leading zeros do not count as significant. False when there are too many. */
static bool read_digits(struct slice text, size_t *at, __int128 *digits)
{
    for (; is_digit(text, *at); (*at)++) {
        if (*digits >= 100000000000000000) /* already DIGITS_MAX digits */
            return false;
        *digits = *digits * 10 + (text.data[*at] - '0');
    }
    return true;
}

static bool read_exponent(struct slice text, size_t *at, int32_t *exponent)
{
    if (!is_at(text, *at, 'e') && !is_at(text, *at, 'E'))
        return true;
    (*at)++;
    bool negative = is_at(text, *at, '-');
    if (negative || is_at(text, *at, '+'))
        (*at)++;
    if (!is_digit(text, *at))
        return false;
    int32_t value = 0;
    for (; is_digit(text, *at); (*at)++) {
        value = value * 10 + (text.data[*at] - '0');
        if (value > EXPONENT_MAX)
            return false;
    }
    *exponent += negative ? -value : value;
    return true;
}

/* "0", or digits that do not start with 0 (RFC 8259, 6). */
static bool read_integer_part(struct slice text, size_t *at, __int128 *digits)
{
    if (is_at(text, *at, '0'))
        return (*at)++, true;
    return is_digit(text, *at) && read_digits(text, at, digits);
}

static bool read_fraction(struct slice text, size_t *at, struct decimal *decimal)
{
    if (!is_at(text, *at, '.'))
        return true;
    size_t start = ++*at;
    if (!is_digit(text, start) || !read_digits(text, at, &decimal->digits) || *at - start > EXPONENT_MAX)
        return false;
    decimal->exponent = -(int32_t)(*at - start);
    return true;
}

enum error decimal_parse(struct slice text, struct decimal *ret_decimal)
{
    struct decimal decimal = {0};
    bool negative = is_at(text, 0, '-');
    size_t at = negative ? 1 : 0;

    if (!read_integer_part(text, &at, &decimal.digits) || !read_fraction(text, &at, &decimal) ||
        !read_exponent(text, &at, &decimal.exponent) || at != text.length)
        return ERROR_VALUE;
    if (negative)
        decimal.digits = -decimal.digits;
    *ret_decimal = decimal;
    return OK;
}

static int sign(__int128 digits)
{
    return (digits > 0) - (digits < 0);
}

/* Digits are below 10^19 (bounds have one more than DIGITS_MAX), so at 19 places apart the exponent alone decides. */
#define PLACES_APART_MAX (DIGITS_MAX + 1)

int decimal_compare(struct decimal a, struct decimal b)
{
    if (a.exponent < b.exponent)
        return -decimal_compare(b, a);
    if (sign(a.digits) != sign(b.digits) || a.digits == 0)
        return sign(a.digits) - sign(b.digits);
    if (a.exponent - b.exponent > PLACES_APART_MAX)
        return sign(a.digits);

    __int128 scaled = a.digits;
    for (int32_t i = b.exponent; i < a.exponent; i++)
        scaled *= 10;
    return (scaled > b.digits) - (scaled < b.digits);
}

struct decimal decimal_lower(struct decimal stated)
{
    return (struct decimal){stated.digits * 10 - 5, stated.exponent - 1};
}

struct decimal decimal_upper(struct decimal stated)
{
    return (struct decimal){stated.digits * 10 + 5, stated.exponent - 1};
}
