/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What numbers are reckoned with: coefficients of up to 38 digits in one unsigned __int128, and of up to 77 in two, for
 * the time between a product and its rounding. For number*.c alone. Pure. */

#include "number.h"

typedef unsigned __int128 uint128;

#define NUMBER_COEFFICIENT_LIMIT (number_ten[NUMBER_DIGITS]) /* the first that does not fit */
#define NUMBER_WIDE_DIGITS 38                                /* always fit one uint128 */

/* high × 2^128 + low */
struct wide {
    uint128 high, low;
};

extern const uint128 number_ten[NUMBER_WIDE_DIGITS + 1]; /* powers of ten */

static inline uint128 uint128_of(uint64_t high, uint64_t low)
{
    return (uint128)high << 64 | low;
}

/* Decimal digits; 0 has none. */
unsigned number_digits(uint128 value);

struct wide wide_multiply(uint128 a, uint128 b);
/* a / b, which must be below 2^128, so a.high < b. */
uint128 wide_divide(struct wide a, uint128 b, uint128 *ret_remainder);

/* `value` without its last `drop` digits, rounded. `inexact`: something of less than a unit was cut off before. */
uint128 number_drop(uint128 value, uint32_t drop, bool inexact, bool negative, enum number_rounding rounding);

/* The one way to a result: value × 10^exponent rounded half to even to what a number holds. `inexact`: something of
 * less than a unit of `value`, which has more than 34 digits then, was cut off. ERROR_VALUE: too large. */
MUST_CHECK enum error number_finish(bool negative, uint128 value, bool inexact, int32_t exponent, struct number *ret);

/* The same coefficient with fewer trailing zeros, while the exponent stays at or below `exponent_most`. */
struct number number_strip(struct number number, int32_t exponent_most);
