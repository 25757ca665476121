/* SPDX-License-Identifier: Apache-2.0 */

/* Reading, writing, comparing and converting numbers. */

#include "number_wide.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_ZEROS_MAX 20         /* behind the point, before the first digit that counts */
#define EXPONENT_READ_MAX 99999999 /* with one digit more and what the longest text adds it stays within 31 bits */
#define DOUBLE_DIGITS 17

struct number number_of(int64_t value)
{
    return (struct number){value < 0 ? -(uint64_t)value : (uint64_t)value, 0, value < 0};
}

/* The coefficient as it is read: 38 digits, then only how many and whether one of them is not zero. */
struct reading {
    uint128 value;
    int32_t exponent;
    size_t digits; /* read, leading zeros too */
    bool inexact;
};

static void read_digits(struct slice *rest, bool behind_point, struct reading *reading)
{
    for (; rest->length && rest->data[0] >= '0' && rest->data[0] <= '9'; *rest = slice_from(*rest, 1)) {
        unsigned digit = (unsigned)(rest->data[0] - '0');
        reading->digits++;
        if (reading->value < number_ten[NUMBER_WIDE_DIGITS - 1]) {
            reading->value = reading->value * 10 + digit;
            reading->exponent -= behind_point;
        } else {
            reading->inexact |= digit != 0;
            reading->exponent += !behind_point;
        }
    }
}

static bool take(struct slice *rest, char wanted)
{
    if (!rest->length || rest->data[0] != wanted)
        return false;
    *rest = slice_from(*rest, 1);
    return true;
}

static enum error read_exponent(struct slice *rest, int32_t *exponent)
{
    bool negative = take(rest, '-');
    int32_t value = 0;

    if (!negative)
        (void)take(rest, '+');
    if (!rest->length)
        return ERROR_VALUE;
    for (; rest->length && rest->data[0] >= '0' && rest->data[0] <= '9'; *rest = slice_from(*rest, 1))
        if (value <= EXPONENT_READ_MAX)
            value = value * 10 + (rest->data[0] - '0');
    *exponent += negative ? -value : value;
    return OK;
}

enum error number_parse(struct slice text, struct number *ret)
{
    struct reading reading = {0};

    if (text.length > INT32_MAX / 4)
        return ERROR_VALUE;
    bool negative = take(&text, '-');
    read_digits(&text, false, &reading);
    if (take(&text, '.')) {
        size_t before = reading.digits;
        read_digits(&text, true, &reading);
        if (reading.digits == before)
            return ERROR_VALUE;
    }
    if (!reading.digits)
        return ERROR_VALUE;
    if (take(&text, 'e') || take(&text, 'E'))
        TRY(read_exponent(&text, &reading.exponent));
    if (text.length)
        return ERROR_VALUE;
    return number_finish(negative, reading.value, reading.inexact, reading.exponent, ret);
}

/* The digits, at the end of the array; returns where they begin. */
static const char *write_digits(uint128 value, char digit[static NUMBER_WIDE_DIGITS + 1])
{
    char *at = digit + NUMBER_WIDE_DIGITS + 1;

    while (value >> 64) { /* in parts that fit 64 bits, which are faster to divide */
        uint64_t part = (uint64_t)(value % number_ten[18]);
        value /= number_ten[18];
        for (int i = 0; i < 18; i++, part /= 10)
            *--at = (char)('0' + part % 10);
    }
    for (uint64_t part = (uint64_t)value; part; part /= 10)
        *--at = (char)('0' + part % 10);
    return at;
}

static void write_zeros(struct buffer *into, int32_t count)
{
    while (count-- > 0)
        buffer_byte(into, '0');
}

void number_write(struct buffer *into, struct number number)
{
    char digit[NUMBER_WIDE_DIGITS + 1];
    struct number least = number_strip(number, INT32_MAX / 2);
    const char *first = write_digits(least.coefficient, digit);
    int32_t count = (int32_t)(digit + sizeof digit - first), before_point = count + least.exponent;

    if (!count) {
        buffer_byte(into, '0');
        return;
    }
    if (least.negative)
        buffer_byte(into, '-');
    if (before_point > NUMBER_DIGITS || before_point < -PLAIN_ZEROS_MAX) {
        buffer_byte(into, (uint8_t)first[0]);
        if (count > 1)
            buffer_byte(into, '.');
        buffer_bytes(into, first + 1, (size_t)count - 1);
        buffer_format(into, "e%d", before_point - 1);
        return;
    }
    int32_t whole = before_point < 0 ? 0 : before_point < count ? before_point : count;
    buffer_bytes(into, first, (size_t)whole);
    write_zeros(into, before_point > 0 ? least.exponent : 1);
    if (whole == count)
        return;
    buffer_byte(into, '.');
    write_zeros(into, -before_point);
    buffer_bytes(into, first + whole, (size_t)(count - whole));
}

/* Of the absolute values, both not zero. */
static int compare_size(struct number a, struct number b)
{
    int32_t gap = a.exponent - b.exponent;

    if (gap) {
        int32_t a_top = (int32_t)number_digits(a.coefficient) + a.exponent;
        int32_t b_top = (int32_t)number_digits(b.coefficient) + b.exponent;
        if (a_top != b_top)
            return a_top < b_top ? -1 : 1;
        if (gap > 0)
            a.coefficient *= number_ten[gap];
        else
            b.coefficient *= number_ten[-gap];
    }
    return a.coefficient < b.coefficient ? -1 : a.coefficient > b.coefficient;
}

int number_compare(struct number a, struct number b)
{
    if (!a.coefficient || !b.coefficient) {
        int of_a = a.coefficient ? (a.negative ? -1 : 1) : 0, of_b = b.coefficient ? (b.negative ? -1 : 1) : 0;
        return of_a - of_b;
    }
    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    int size = compare_size(a, b);
    return a.negative ? -size : size;
}

bool number_is_zero(struct number a)
{
    return !a.coefficient;
}

/* The value without what stands behind the point; `exact` when that is all. False when it has over 38 digits. */
static bool whole_part(struct number a, uint128 *ret, bool *ret_exact)
{
    if (a.exponent >= 0) {
        if ((uint32_t)a.exponent > NUMBER_WIDE_DIGITS - number_digits(a.coefficient))
            return false;
        *ret = a.coefficient * number_ten[a.exponent];
        *ret_exact = true;
        return true;
    }
    uint128 unit = a.exponent < -NUMBER_DIGITS ? NUMBER_COEFFICIENT_LIMIT : number_ten[-a.exponent];
    *ret = a.coefficient / unit;
    *ret_exact = *ret * unit == a.coefficient;
    return true;
}

bool number_is_whole(struct number a)
{
    uint128 whole = 0;
    bool exact = false;

    return a.exponent >= 0 || (whole_part(a, &whole, &exact) && exact);
}

bool number_to_int(struct number a, int64_t *ret)
{
    uint128 whole = 0;
    bool exact = false;

    if (!a.coefficient) {
        *ret = 0;
        return true;
    }
    if (!whole_part(a, &whole, &exact) || !exact || whole > (uint128)INT64_MAX + a.negative)
        return false;
    *ret = a.negative ? (int64_t)(-(uint64_t)whole) : (int64_t)whole;
    return true;
}

double number_to_double(struct number a)
{
    char digit[NUMBER_WIDE_DIGITS + 1], text[NUMBER_WIDE_DIGITS + 16];

    if (!a.coefficient)
        return 0;
    const char *first = write_digits(a.coefficient, digit);
    snprintf(text, sizeof text, "%.*se%d", (int)(digit + sizeof digit - first), first, a.exponent);
    double size = strtod(text, NULL); /* correctly rounded, and the text has nothing that a locale would change */
    return a.negative ? -size : size;
}

enum error number_from_double(double value, struct number *ret)
{
    char text[32];
    struct number found = {0};

    if (!isfinite(value))
        return ERROR_VALUE;
    for (int precision = DOUBLE_DIGITS - 3; precision < DOUBLE_DIGITS; precision++) { /* 15 to 17 digits */
        snprintf(text, sizeof text, "%.*e", precision, value);
        TRY(number_parse(slice_from_string(text), &found));
        if (number_to_double(found) == value)
            break;
    }
    *ret = number_strip(found, NUMBER_EXPONENT_MAX);
    return OK;
}
