/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A second opinion on the triage properties, as oracle.h has on the others: pairs of cases of one table, decided by
 * rules_decide and compared by the definition as it stands in words. */

#include "base/world.h"
#include "rules/prove/property.h"

/* A row of a table before and after it was changed. */
struct oracle_row {
    const struct rule_decision *before, *after;
    uint32_t row_before, row_after;
};

/* Does the property fail near a changed row? Tries `cases` cases that the row let pass or lets pass now, by chance. */
bool oracle_triage_finds(const struct oracle_row *row, enum rule_property property, struct world *world,
                         uint32_t cases);

/* Does the property fail for whom a verdict names, in the table that asks for just these facts? */
bool oracle_triage_confirms(const struct rule_set *set, const struct property_verdict *verdict);
