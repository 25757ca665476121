/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Proves every property that is claimed of a compiled rule set, by going through every case, and writes the record that
 * a node asks for before it starts (rules/record.h). The record depends on nothing but the bytes and the version of
 * this program: whoever proves again gets the same bytes. */

#include "base/buffer.h"
#include "property.h"

/* `base`: the joint standard, for a pack; NULL for the joint standard itself. ret_proof points into `arena`. A property
 * that does not hold is a verdict, not an error. ERROR_PROFILE (with the reason) when the set cannot be gone
 * through. */
MUST_CHECK enum error prove(struct arena *arena, const struct rule_set *set, const struct rule_set *base,
                            const struct proof **ret_proof, struct fault *fault);

/* The same for one day (since 1970-01-01) of those rules that change by date, for somebody who writes rules; such a
 * record activates nothing. ERROR_VALUE: the tables are not asked about that day. */
MUST_CHECK enum error prove_on(struct arena *arena, const struct rule_set *set, const struct rule_set *base,
                               int64_t day, const struct proof **ret_proof, struct fault *fault);

/* Is all proved that blocks activation? What is only reported does not count. */
bool prove_holds(const struct proof *proof);

void prove_write_record(const struct proof *proof, struct buffer *into);
