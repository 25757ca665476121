/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The part of FEEL (DMN 1.5, clause 10) that stands in the cells of a decision table of the verified profile: `-`,
 * literals (with dates, `date("2026-05-01")` or `@"2026-05-01"`), comparisons, ranges, lists of these, and not(…).
 * Everything else is refused with its column.
 *
 * Texts come from an enemy; results live in the arena. Pure; any thread that owns the arena. */

#include "base/arena.h"
#include "base/error.h"

#define CELL_TESTS_MAX 1024 /* in one cell */

enum cell_kind { CELL_NULL, CELL_STRING, CELL_NUMBER, CELL_BOOLEAN, CELL_DATE };

/* Is it compared by size? */
static inline bool cell_is_number(enum cell_kind kind)
{
    return kind == CELL_NUMBER || kind == CELL_DATE;
}

/* A literal. `text` is the string's content, the number in JSON's notation, the day as YYYY-MM-DD, or true, false,
 * null. */
struct cell_value {
    enum cell_kind kind;
    struct slice text;
    int64_t digits; /* number: digits × 10^-scale, no trailing zero behind the point; date: days since 1970-01-01 */
    uint8_t scale;
};

enum cell_relation { CELL_EQUAL, CELL_LESS, CELL_AT_MOST, CELL_GREATER, CELL_AT_LEAST, CELL_WITHIN };

struct cell_test {
    enum cell_relation relation;
    struct cell_value value;  /* WITHIN: the lower end */
    struct cell_value high;   /* WITHIN: the upper end */
    bool low_open, high_open; /* WITHIN: the end itself is outside */
};

/* One cell. Without tests (`-`, or nothing written at all) it lets everything pass. */
struct cell_tests {
    bool empty; /* nothing was written */
    bool negated;
    size_t count;
    const struct cell_test *test;
};

/* ERROR_SYNTAX with the column in `fault`, ERROR_MEMORY. */
MUST_CHECK enum error cell_parse_tests(struct arena *arena, struct slice text, struct cell_tests *ret,
                                       struct fault *fault);

/* One literal, as in an output cell. */
MUST_CHECK enum error cell_parse_value(struct arena *arena, struct slice text, struct cell_value *ret,
                                       struct fault *fault);
