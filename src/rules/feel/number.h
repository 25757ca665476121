/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* FEEL's number (DMN 1.5, 10.3.2.3.1): decimal, 34 significant digits, rounded half to even, as IEEE 754-2008
 * decimal128 without infinities and NaN. What would be one of those is an error here, and null in FEEL.
 *
 * A value is coefficient × 10^exponent; zero has no sign. Equal numbers may be stored differently (1 and 1.0): compare
 * with number_compare, never with memcmp. Pure; any thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

#define NUMBER_DIGITS 34
#define NUMBER_EXPONENT_MIN (-6176) /* of the last digit: decimal128's */
#define NUMBER_EXPONENT_MAX 6111

struct number {
    unsigned __int128 coefficient; /* below 10^34 */
    int32_t exponent;
    bool negative;
};

/* What is rounded to: IEEE 754 names, FEEL's in number_round's callers. */
enum number_rounding {
    NUMBER_HALF_EVEN,
    NUMBER_HALF_UP,   /* away from zero at a half */
    NUMBER_HALF_DOWN, /* towards zero at a half */
    NUMBER_UP,        /* away from zero */
    NUMBER_DOWN,      /* towards zero */
    NUMBER_FLOOR,
    NUMBER_CEILING
};

struct number number_of(int64_t value);

/* `12`, `-.872`, `1.0e-5`: FEEL's numeric literal, and with an exponent as XML Schema and JSON write it. More than 34
 * digits are rounded. ERROR_VALUE: no number, or out of range. */
MUST_CHECK enum error number_parse(struct slice text, struct number *ret);

/* Canonical: no exponent for ordinary sizes (up to 34 digits before the point, 20 zeros behind it), no trailing zeros
 * behind the point: `0.3`, `100`, `-1.5`, `1e40`. number_parse reads it back. */
void number_write(struct buffer *into, struct number number);

int number_compare(struct number a, struct number b); /* <0, 0, >0 */
bool number_is_zero(struct number a);
bool number_is_whole(struct number a);
/* The value when it is whole and fits; false otherwise. */
bool number_to_int(struct number a, int64_t *ret);
double number_to_double(struct number a);
/* The shortest decimal that reads back as this double, at most 17 digits. ERROR_VALUE: not finite. */
MUST_CHECK enum error number_from_double(double value, struct number *ret);

struct number number_negate(struct number a);
struct number number_absolute(struct number a);
/* ERROR_VALUE: beyond the largest number, or a division by zero. Results too small become zero. */
MUST_CHECK enum error number_add(struct number a, struct number b, struct number *ret);
MUST_CHECK enum error number_subtract(struct number a, struct number b, struct number *ret);
MUST_CHECK enum error number_multiply(struct number a, struct number b, struct number *ret);
MUST_CHECK enum error number_divide(struct number a, struct number b, struct number *ret);
/* a - b × floor(a / b), exact before it is rounded to 34 digits (FEEL's modulo: the sign of the divisor). */
MUST_CHECK enum error number_modulo(struct number a, struct number b, struct number *ret);
/* a^b: whole exponents by multiplication, to a unit of the last digit; halves through the root; others through exp and
 * ln, of which 30 digits are kept. 0^0 is 1. ERROR_VALUE: no real result, or beyond the largest number. */
MUST_CHECK enum error number_power(struct number a, struct number b, struct number *ret);
/* 34 digits correctly rounded for the root; the others to at least 31 digits. ERROR_VALUE: no real result. */
MUST_CHECK enum error number_square_root(struct number a, struct number *ret);
MUST_CHECK enum error number_exponential(struct number a, struct number *ret);
MUST_CHECK enum error number_logarithm(struct number a, struct number *ret);
/* To `scale` digits behind the point; a negative scale rounds tens, hundreds. ERROR_VALUE: scale outside
 * [-NUMBER_EXPONENT_MAX, -NUMBER_EXPONENT_MIN] (-6111 to 6176: DMN 1.5, table 76) or the result does not fit. */
MUST_CHECK enum error number_round(struct number a, int64_t scale, enum number_rounding rounding, struct number *ret);
