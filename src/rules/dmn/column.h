/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One input column on its way to bit sets: what values it may have, and which of them its cells tell apart. */

#include "model.h"
#include "rules/rule_set.h"

struct column {
    struct slice name;
    struct rule_domain domain;
    int32_t fed_decision; /* in the model, or -1 */
    uint32_t fed_output;
    uint32_t slot_count;
    const int64_t *start; /* numbers: the first value of each interval */
};

/* `whole`: numbers are whole ones (the verified profile). What does not fit is a line in `report`, and ret_fits is
 * false. ERROR_MEMORY. */
MUST_CHECK enum error column_make(struct arena *arena, const struct dmn_model *model,
                                  const struct dmn_decision *decision, uint32_t input, bool whole,
                                  struct report *report, struct column *ret_column, bool *ret_fits);

/* Does a cell let the values of this slot pass? All values of a slot fare alike. */
bool column_passes(const struct column *column, const struct cell_tests *tests, uint32_t slot);
