/* SPDX-License-Identifier: Apache-2.0 */
#include "warning.h"

#include "question.h"

static const struct rule_decision *decision_of(const struct rule_set *pack)
{
    return pack ? rule_set_decision(pack, SLICE(RULE_WARNING)) : NULL;
}

static bool is_told(const struct warning *warning, size_t count, struct slice id)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(warning[i].id, id))
            return true;
    return false;
}

enum error warning_ask(const struct rule_set *pack, const struct entitlement_fact *fact, size_t count,
                       struct warning ret_warning[static WARNINGS_MAX], size_t *ret_count, struct slice *ret_missing)
{
    CLEANUP_QUESTION struct question question;
    const struct rule_decision *decision = decision_of(pack);
    size_t told = 0;

    *ret_count = 0;
    if (!decision)
        return OK;
    TRY(question_ask(decision, fact, count, &question, ret_missing));
    const struct rule_result *result = &question.result[decision->number];
    for (uint32_t r = 0; r < decision->row_count && told < WARNINGS_MAX; r++) {
        const struct rule_row *row = &decision->row[r];
        struct slice id = decision->output[0].value[row->output[0]];
        if (row->tell && rule_row_matched(decision, result, row) && !is_told(ret_warning, told, id))
            ret_warning[told++] = (struct warning){id, row->tell, row};
    }
    *ret_count = told;
    return OK;
}

bool warning_rests_on(const struct rule_set *pack, struct slice name)
{
    const struct rule_decision *decision = decision_of(pack);
    int fact = decision ? rule_set_fact(pack, name) : -1;

    return fact >= 0 && (decision->chain_facts >> fact & 1);
}
