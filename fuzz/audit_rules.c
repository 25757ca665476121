/* SPDX-License-Identifier: Apache-2.0 */

/* Compiled rules that somebody prepared: what loads can be judged on, in bounded time, and a row that is not there never
 * decided anything. */

#include <stdlib.h>

#include "audit/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rules *rules;
    struct rules_case asked = {.role = ROLE_NURSE,
                               .sector = SECTOR_HEALTH,
                               .purpose = PURPOSE_TREAT,
                               .actions = 1u << ACTION_READ,
                               .drawers = 1u << DRAWER_CLINICAL,
                               .row = SLICE("D-13"),
                               .outcome = OUTCOME_FULL};

    if (rules_load(slice_of(data, size), &rules) != OK)
        return 0;
    if (rules_judge(rules, &asked) == RULES_FIT && !rules_has_row(rules, asked.row))
        abort();
    asked.row = SLICE("no such row");
    if (!rules_has_row(rules, asked.row) && rules_judge(rules, &asked) != RULES_NO_CELLS)
        abort();
    rules_free(rules);
    return 0;
}
