/* SPDX-License-Identifier: Apache-2.0 */
#include "question.h"

#include "crypto/secret.h"

void question_wipe(struct question *question)
{
    secret_wipe(question, sizeof *question);
}

static bool is_unknown(struct slice value)
{
    return value.length == 0 || slice_is(value, "unknown");
}

static void name_fact(const struct rule_fact *fact, struct slice *ret_missing)
{
    if (ret_missing)
        *ret_missing = fact->name;
}

static enum error fill(const struct rule_decision *decision, const struct entitlement_fact *fact, size_t count,
                       struct question *question, struct slice *ret_missing)
{
    const struct rule_set *set = decision->set;

    for (uint32_t f = 0; f < set->fact_count; f++)
        question->fact[f] = RULE_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        int known = rule_set_fact(set, fact[i].name);
        if (known < 0 || !(decision->chain_facts >> known & 1) || is_unknown(fact[i].value))
            continue;
        enum error error = rule_value_of(&set->fact[known].domain, fact[i].value, &question->fact[known]);
        if (error != OK) {
            name_fact(&set->fact[known], ret_missing);
            return error;
        }
    }
    return OK;
}

static bool may_be_unknown(const struct rule_domain *domain)
{
    return domain->nullable || (domain->kind == RULE_TEXT && domain->unknown >= 0);
}

static enum error check_complete(const struct rule_decision *decision, const struct question *question,
                                 struct slice *ret_missing)
{
    for (uint32_t f = 0; f < decision->set->fact_count; f++) {
        const struct rule_fact *fact = &decision->set->fact[f];
        if (!(decision->chain_facts >> f & 1) || question->fact[f] != RULE_UNKNOWN || may_be_unknown(&fact->domain))
            continue;
        name_fact(fact, ret_missing);
        return ERROR_REQUIRED;
    }
    return OK;
}

enum error question_ask(const struct rule_decision *decision, const struct entitlement_fact *fact, size_t count,
                        struct question *ret, struct slice *ret_missing)
{
    TRY(fill(decision, fact, count, ret, ret_missing));
    TRY(check_complete(decision, ret, ret_missing));
    return rules_decide_chain(decision, ret->fact, ret->result);
}
