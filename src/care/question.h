/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What somebody says, as one decision sees it, and what follows from it. Holds what betrays status: whoever declares
 * one wipes it (CLEANUP_QUESTION). Private to this layer; allocates nothing; any thread. */

#include "entitlement.h"

struct question {
    int64_t fact[RULE_FACTS_MAX];
    struct rule_result result[RULE_DECISIONS_MAX]; /* by number of the decision; those that it rests on too */
};

/* Facts that the decision does not rest on are not looked at; those left out are unknown. Errors as entitlement_ask. */
MUST_CHECK enum error question_ask(const struct rule_decision *decision, const struct entitlement_fact *fact,
                                   size_t count, struct question *ret, struct slice *ret_missing);

void question_wipe(struct question *question);
#define CLEANUP_QUESTION __attribute__((cleanup(question_wipe)))
