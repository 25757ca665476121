/* SPDX-License-Identifier: Apache-2.0 */

/* What follows from a chart and the rules on care together: no colour leads to a refusal. */

#include "scene.h"
#include "triage.h"

/* The cases of one colour are those with the urgency that the chart gives it. */
static enum error check_colour(const struct scene *scene, struct slice urgency, struct finding *finding)
{
    const char *words[] = {arena_copy(scene->proof->arena, urgency).data, NULL};
    struct claim claim;
    bool known = false;

    if (!words[0])
        return ERROR_MEMORY;
    TRY(scene_claim_non_denial(scene, PROPERTY_TRIAGE_URGENT, &claim));
    if (scene->urgency >= 0)
        TRY(claim_keep(&claim, scene->urgency, words, &known));
    if (known)
        return claim_check(&claim, finding);
    finding->failure.counterexample = SLICE("The rules on care do not know the urgency of each colour.");
    return OK;
}

static enum error check_care(struct proof *proof, const char *scope, const struct rule_decision *floor,
                             const struct rule_decision *pack, struct finding *finding)
{
    const struct rule_decision *triage = rule_set_decision(proof->set, SLICE(TRIAGE));
    const struct rule_decision *urgency = rule_set_decision(proof->set, SLICE(TRIAGE_URGENCY));
    struct proof beside = *proof; /* a draft of the jurisdiction is softened as one, whoever drew the chart */
    struct scene scene;

    beside.set = pack ? pack->set : floor->set;
    TRY(scene_make(&beside, scope, floor, pack, &scene));
    for (uint32_t c = 0; c < triage->output[0].value_count; c++)
        TRY(check_colour(&scene, triage_urgency(urgency, triage->output[0].value[c]), finding));
    return OK;
}

enum error triage_prove_treated(struct proof *proof, const char *scope, const struct rule_set *care,
                                const struct rule_set *base)
{
    const struct rule_decision *pack = rule_set_decision(care, SLICE(COMBINE_PACK));
    const struct rule_decision *floor = rule_set_decision(base ? base : care, SLICE(COMBINE_FLOOR));
    struct finding alone = {0}, both = {0};

    if (!rule_set_decision(proof->set, SLICE(TRIAGE)) || !rule_set_decision(proof->set, SLICE(TRIAGE_URGENCY)))
        return fault_set(proof->fault, ERROR_VALUE, "The rule set %.*s is no triage chart.",
                         SLICE_PRINT(proof->set->pack));
    if (!pack && !floor)
        return fault_set(proof->fault, ERROR_VALUE, "The rule set %.*s says nothing about care.",
                         SLICE_PRINT(care->pack));
    TRY(check_care(proof, scope, pack ? NULL : floor, pack, &alone));
    if (pack && floor)
        TRY(check_care(proof, scope, floor, pack, &both));
    property_record(proof, PROPERTY_TRIAGE_URGENT, scope, alone.cells + both.cells,
                    alone.failure.counterexample.length ? alone.failure.counterexample : both.failure.counterexample);
    return OK;
}
