/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The part of FEEL (DMN 1.5, clause 10) that stands in the cells of a decision table of the verified profile: `-`,
 * literals, comparisons, ranges, lists of these, and not(…). Everything else is refused with its column.
 *
 * Texts come from an enemy; results live in the arena. Pure; any thread that owns the arena. */

#include "base/arena.h"
#include "base/error.h"

#define FEEL_TESTS_MAX 1024 /* in one cell */

enum feel_kind { FEEL_NULL, FEEL_STRING, FEEL_NUMBER, FEEL_BOOLEAN };

/* A literal. `text` is the string's content, the number in JSON's notation, or true, false, null. */
struct feel_value {
    enum feel_kind kind;
    struct slice text;
    int64_t digits; /* number: digits × 10^-scale, no trailing zero behind the point */
    uint8_t scale;
};

enum feel_relation { FEEL_EQUAL, FEEL_LESS, FEEL_AT_MOST, FEEL_GREATER, FEEL_AT_LEAST, FEEL_WITHIN };

struct feel_test {
    enum feel_relation relation;
    struct feel_value value;  /* WITHIN: the lower end */
    struct feel_value high;   /* WITHIN: the upper end */
    bool low_open, high_open; /* WITHIN: the end itself is outside */
};

/* One cell. Without tests (`-`, or nothing written at all) it lets everything pass. */
struct feel_tests {
    bool empty; /* nothing was written */
    bool negated;
    size_t count;
    const struct feel_test *test;
};

/* ERROR_SYNTAX with the column in `fault`, ERROR_MEMORY. */
MUST_CHECK enum error feel_parse_tests(struct arena *arena, struct slice text, struct feel_tests *ret,
                                       struct fault *fault);

/* One literal, as in an output cell. */
MUST_CHECK enum error feel_parse_value(struct arena *arena, struct slice text, struct feel_value *ret,
                                       struct fault *fault);
