/* SPDX-License-Identifier: Apache-2.0 */
#include "combine.h"

static const char *const access_words[DUE_ACCESS_COUNT] = {"NONE_FUNDED", "ASK_CLINICIAN", "URGENT_ONLY", "ESSENTIAL",
                                                           "BASKET",      "AS_RESIDENT",   "FULL"};
static const char *const refusal_words[DUE_REFUSAL_COUNT] = {"no", "ask_clinician"};
static const char *const charge_words[DUE_CHARGE_COUNT] = {"FREE",  "PROVIDER_REIMBURSED", "COPAY", "BILL_LATER", "ASK",
                                                           "PREPAY"};

const char *combine_access_word(enum due_access access)
{
    return access_words[access];
}

const char *combine_refusal_word(enum due_refusal refusal)
{
    return refusal_words[refusal];
}

const char *combine_charge_word(enum due_charge charge)
{
    return charge_words[charge];
}

/* Maps the value numbers of one output to the numbers of our list. */
static enum error map_words(const struct rule_decision *decision, const char *name, const char *const *words,
                            unsigned count, int *ret_output, uint8_t *ret_map, struct fault *fault)
{
    int found = rule_decision_output(decision, slice_from_string(name));

    if (found < 0 || decision->output[found].value_count > count)
        return fault_set(fault, ERROR_CORRUPT, "The decision %.*s lacks a usable output %s.",
                         SLICE_PRINT(decision->name), name);
    const struct rule_output *output = &decision->output[found];
    for (uint32_t i = 0; i < output->value_count; i++) {
        unsigned word = 0;
        while (word < count && !slice_is(output->value[i], words[word]))
            word++;
        if (word == count)
            return fault_set(fault, ERROR_CORRUPT, "The output %s has a word that is not in its list: %.*s.", name,
                             SLICE_PRINT(output->value[i]));
        ret_map[i] = (uint8_t)word;
    }
    *ret_output = found;
    return OK;
}

enum error combine_table(const struct rule_decision *decision, struct care_table *ret_table, struct fault *fault)
{
    struct care_table table = {.decision = decision};

    if (decision->hit_policy == RULE_COLLECT)
        return fault_set(fault, ERROR_CORRUPT, "The decision %.*s must give one answer.", SLICE_PRINT(decision->name));
    TRY(map_words(decision, "access", access_words, DUE_ACCESS_COUNT, &table.access, table.access_of, fault));
    TRY(map_words(decision, "may_refuse", refusal_words, DUE_REFUSAL_COUNT, &table.may_refuse, table.refusal_of,
                  fault));
    TRY(map_words(decision, "charge", charge_words, DUE_CHARGE_COUNT, &table.charge, table.charge_of, fault));
    *ret_table = table;
    return OK;
}

struct care_due combine_due(const struct care_table *table, const struct rule_result *result)
{
    return (struct care_due){
        .access = table->access_of[result->output[table->access]],
        .may_refuse = table->refusal_of[result->output[table->may_refuse]],
        .charge = table->charge_of[result->output[table->charge]],
    };
}

struct care_due combine_soften_draft(struct care_due pack)
{
    if (pack.access == DUE_ACCESS_NONE_FUNDED)
        pack.access = DUE_ACCESS_ASK_CLINICIAN;
    if (pack.charge == DUE_CHARGE_PREPAY)
        pack.charge = DUE_CHARGE_ASK;
    return pack;
}

struct care_due combine_care(struct care_due floor, struct care_due pack, bool can_wait)
{
    struct care_due due = {
        .access = floor.access > pack.access ? floor.access : pack.access,
        .may_refuse = floor.may_refuse < pack.may_refuse ? floor.may_refuse : pack.may_refuse,
        .charge = floor.charge < pack.charge ? floor.charge : pack.charge,
    };

    if (can_wait)
        return due;
    /* Even if a floor that was tampered with said less: what cannot wait is treated first. */
    if (due.access < DUE_ACCESS_URGENT_ONLY)
        due.access = DUE_ACCESS_URGENT_ONLY;
    due.may_refuse = DUE_REFUSAL_NO;
    if (due.charge == DUE_CHARGE_PREPAY)
        due.charge = DUE_CHARGE_BILL_LATER;
    return due;
}
