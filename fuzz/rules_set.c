/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a compiled rule set: refused, or a set whose every number is in bounds. Small ones are gone through by
 * the prover as well, which trusts what was loaded. */

#include <stdlib.h>

#include "rules/prove/prove.h"

#define INPUT_MAX (32 << 10)
#define PROVED_MAX 1500 /* bytes: what cannot take long to go through */

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void decide_all(const struct rule_set *set)
{
    struct rule_result results[RULE_DECISIONS_MAX];
    int64_t fact[RULE_FACTS_MAX];

    for (int64_t value = -1; value < 3; value++) {
        for (uint32_t f = 0; f < set->fact_count; f++)
            fact[f] = value < 0 ? RULE_UNKNOWN : set->fact[f].domain.minimum + value;
        for (uint32_t d = 0; d < set->decision_count; d++) {
            const struct rule_decision *decision = &set->decision[d];
            if (rules_decide_chain(decision, fact, results) != OK || !results[d].row)
                continue;
            for (uint32_t o = 0; o < decision->output_count; o++)
                require(results[d].output[o] < decision->output[o].value_count);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)64 << 20);
    const struct rule_set *set;
    const struct proof *proof;

    if (length > INPUT_MAX || rule_set_load(arena, slice_of(data, length), &set, NULL) != OK)
        return 0;
    decide_all(set);
    if (length <= PROVED_MAX && prove(arena, set, NULL, &proof, NULL) == OK)
        require(proof->count > 0);
    return 0;
}
