/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a .dmn file: refused or compiled, and what is compiled loads and can be asked about without a crash. */

#include <stdlib.h>

#include "rules/dmn/compile.h"

#define INPUT_MAX (64 << 10)

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* The first value of each fact, and the unknown: whatever is decided, the row is one of the table. */
static void ask(const struct rule_set *set, const struct rule_decision *decision)
{
    struct rule_result results[RULE_DECISIONS_MAX];
    int64_t fact[RULE_FACTS_MAX];

    for (int unknown = 0; unknown < 2; unknown++) {
        for (uint32_t f = 0; f < set->fact_count; f++)
            fact[f] = unknown ? RULE_UNKNOWN : set->fact[f].domain.minimum;
        if (rules_decide_chain(decision, fact, results) != OK || !results[decision->number].row)
            continue;
        const struct rule_row *row = results[decision->number].row;
        require(row >= decision->row && row < decision->row + decision->row_count);
        require(rule_row_matched(decision, &results[decision->number], row));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)64 << 20);
    CLEANUP_BUFFER struct buffer compiled = buffer_new(16 << 20), lines = buffer_new(1 << 20);
    struct report report = {.into = &lines};
    const struct rule_set *set;

    if (length > INPUT_MAX || compile_model(arena, slice_of(data, length), &report, &compiled, NULL) != OK)
        return 0;
    require(rule_set_load(arena, buffer_view(&compiled), &set, NULL) == OK);
    for (uint32_t d = 0; d < set->decision_count; d++)
        ask(set, &set->decision[d]);
    return 0;
}
