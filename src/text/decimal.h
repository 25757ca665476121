/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Decimal numbers as text: compared without ever being rounded to binary, with the precision that was written.
 * FHIR R4, "decimal": at most 18 significant digits are asked for; those are what is read here. Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

/* digits × 10^exponent; the last digit is the precision as stated: 5.40 is 540 × 10^-2. */
struct decimal {
    __int128 digits; /* below 10^19, so that bounds have room */
    int32_t exponent;
};

/* JSON's number grammar (RFC 8259, 6), at most 18 significant digits. ERROR_VALUE. */
MUST_CHECK enum error decimal_parse(struct slice text, struct decimal *ret_decimal);

/* <0, 0, >0 */
int decimal_compare(struct decimal a, struct decimal b);

/* What the digits leave open: half a unit of the last place to either side (FHIR R4, search, "number"). */
struct decimal decimal_lower(struct decimal stated);
struct decimal decimal_upper(struct decimal stated);
