/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Rows as boxes: of each input the slots that a row lets pass. Two rows overlap when they share a slot of every input;
 * one lies inside another when all of its slots are the other's too. No case is gone through, so that thousands of rows
 * take milliseconds; what several rows do together only the walk can say (form.c). */

#include "base/arena.h"
#include "rules/rule_set.h"

#define GEOMETRY_PAIRS_MAX (1u << 20) /* kept of one table; the rest is counted */

enum geometry_kind {
    GEOMETRY_OVERLAP,  /* both let some case pass, neither lies inside the other */
    GEOMETRY_SUBSUMED, /* `row` lies inside `other` and adds nothing: it says the same, or less from behind */
    GEOMETRY_INSIDE,   /* `row` lies inside `other` and says something else there */
};

/* Numbers of rows as rule_decision has them. */
struct geometry_pair {
    enum geometry_kind kind;
    uint32_t row, other;
    bool same; /* outputs */
};

struct geometry {
    const struct rule_decision *decision;
    const struct geometry_pair *pair;
    size_t pair_count, pairs_in_all;
};

/* ERROR_MEMORY. */
MUST_CHECK enum error geometry_make(struct arena *arena, const struct rule_decision *decision,
                                    struct geometry *ret_geometry);

/* Is there a case that the row lets pass? */
bool geometry_is_possible(const struct rule_decision *decision, uint32_t row);

/* PRIORITY: the first row that stands before this one and has all of its cases; -1 when no row by itself does. */
int64_t geometry_cover(const struct rule_decision *decision, uint32_t row);
