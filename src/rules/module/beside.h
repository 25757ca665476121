/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a triage chart leads to under the rules on care: of each rule set that stands beside it in the same folder,
 * whether whoever has a colour is treated. Said to whoever proves the chart; in no record, which is of one set. */

#include "base/arena.h"
#include "rules/rule_set.h"

/* Prints one line a rule set on standard output; nothing when `set` is no chart. `path`: the chart's folder. ret_holds:
 * of all of them. ERROR_IO, ERROR_PROFILE, ERROR_MEMORY, or why a rule set beside it cannot be read. */
MUST_CHECK enum error beside_print(struct arena *arena, const char *path, const struct rule_set *set, bool *ret_holds,
                                   struct fault *fault);
