/* SPDX-License-Identifier: Apache-2.0 */

/* Policies from anywhere: what is accepted can be satisfied, and not by nobody unless it says `none`. */

#include <stdlib.h>

#include "ledger/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(8u << 20);
    const struct policy *policy;
    struct fault fault = {0};
    bool everybody[POLICY_MEMBERS_MAX], nobody[POLICY_MEMBERS_MAX] = {false};

    if (!arena)
        return 0;
    if (policy_parse(slice_of(data, size), arena, &policy, &fault) != OK) {
        if (fault.detail[0] == '\0')
            abort(); /* whoever wrote it is told where it is wrong */
        return 0;
    }
    for (unsigned i = 0; i < POLICY_MEMBERS_MAX; i++)
        everybody[i] = true;
    if (!policy_quorum(policy, everybody) || policy_quorum(policy, nobody) != (policy->quorum == POLICY_NOBODY))
        abort();
    return 0;
}
