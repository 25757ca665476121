/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who gains and who loses when a rule set takes the place of another: not a list of cases but groups of people, each
 * with the facts that matter. Every case of both tables is compared; the cases that change are gathered into boxes,
 * column by column, so that the groups are few, do not overlap and leave nothing out.
 *
 * A fact that only one of the two asks for splits its cases; for the other it may be anything. */

#include "base/arena.h"
#include "rules/combine.h"
#include "space.h"

#define CHANGE_NAMED_MAX 50 /* groups that are told, of those who lose and of those who gain; the rest is counted */
#define CHANGE_ROWS_MAX 16  /* pairs of rows that are named of a group */

enum change_scale { CHANGE_ACCESS, CHANGE_REFUSAL, CHANGE_CHARGE, CHANGE_SCALES };

/* Which row decided before, which decides now. NULL: none. */
struct change_rows {
    const struct rule_row *before, *after;
};

struct change_group {
    enum change_scale scale;
    bool loses;
    uint8_t before, after; /* as enum due_access, due_refusal, due_charge say; its count where no row answers */
    const uint8_t **box;
    uint64_t cells;
    struct change_rows rows[CHANGE_ROWS_MAX]; /* of the first CHANGE_NAMED_MAX losses, and of as many gains */
    uint32_t row_count;
    bool more_rows;
};

struct changes {
    const struct space *space;
    const struct change_group *group; /* losses before gains, the largest first */
    size_t count;
    uint64_t cells; /* that were compared */
};

/* `before` and `after` are both care tables. `day` as in property.h. ERROR_CORRUPT (a table without the words of care),
 * ERROR_PROFILE (a fact has other values in the two), ERROR_VALUE (day), ERROR_TOO_LARGE, ERROR_MEMORY. */
MUST_CHECK enum error change_find(struct arena *arena, const struct rule_decision *before,
                                  const struct rule_decision *after, int64_t day, struct changes *ret_changes,
                                  struct fault *fault);

/* "ASK_CLINICIAN"; "no answer". */
const char *change_word(enum change_scale scale, uint8_t value);
