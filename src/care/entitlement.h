/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What care is due: the joint standard's floor and a jurisdiction's pack, asked with the same facts and combined so
 * that the person gets the better of both (rules/combine.h).
 *
 * Keeps promise 1 (urgent care is never refused) and promise 4 (status is never stored): nothing is kept, logged or
 * allocated for a question, and what is copied on the way is wiped before returning. The caller wipes its own facts.
 *
 * Made once from loaded rule sets, immutable after that: any thread may ask. Asking takes a few microseconds. */

#include "base/arena.h"
#include "rules/combine.h"

struct entitlement;

/* `standard` must have the decision care_floor; `pack`, which may be NULL, the decision entitlement. Both must outlive
 * the result, which lives in `arena`. Whether they are proved is the caller's to check (rules/record.h). ERROR_CORRUPT
 * when a decision or one of its outputs is missing, ERROR_MEMORY. */
MUST_CHECK enum error entitlement_new(struct arena *arena, const struct rule_set *standard, const struct rule_set *pack,
                                      const struct entitlement **ret, struct fault *fault);

/* The facts that either table asks for, each once: to build a form from. `ret_count` of them. */
const struct rule_fact *entitlement_facts(const struct entitlement *entitlement, size_t *ret_count);

/* One answer of a form. An empty value is the same as `unknown`. */
struct entitlement_fact {
    struct slice name, value;
};

enum entitlement_source { ENTITLEMENT_FLOOR, ENTITLEMENT_PACK };

/* Words as in the tables; keys name the message that says the same ("entitlement.as_resident", "charge.ask",
 * "answer.refuse.no", "paper.none", "helper.mediator"). Everything points into the rule sets. */
struct entitlement_answer {
    struct care_due due;
    enum entitlement_source decided_by; /* which of the two gave the access */
    const struct rule_row *row;         /* that decided: its id and citation */
    const struct rule_row *charge_row;  /* that said who pays; may be of the other table */
    const struct rule_set *set;         /* of `row`: its pack id, and whether it is a draft */
    bool draft;                         /* a draft had a say */
    struct slice access, may_refuse, charge, paper, who_helps;
    struct slice access_key, may_refuse_key, charge_key, paper_key, who_helps_key;
};

/* Facts that neither table asks for are not looked at; facts that are left out are unknown, which resolves to the more
 * protective outcome. ERROR_VALUE for a value that is not among those of its fact, ERROR_REQUIRED where a fact is left
 * out that has no unknown (`service`): ret_missing (may be NULL) names the fact. */
MUST_CHECK enum error entitlement_ask(const struct entitlement *entitlement, const struct entitlement_fact *fact,
                                      size_t count, struct entitlement_answer *ret, struct slice *ret_missing);
