/* SPDX-License-Identifier: Apache-2.0 */

/* What is claimed of care that cannot wait, or of which nobody knows yet whether it can: it is not denied, and neither
 * status nor papers nor money change it. */

#include "scene.h"

static const char *const may_not_wait[] = {"immediate", "urgent", "unknown", NULL};

/* Keeps to what may not be able to wait. False: the table does not even know the words; that is recorded. */
static enum error keep_urgent(const struct scene *scene, struct claim *claim, bool *ret_known)
{
    *ret_known = false;
    if (scene->urgency >= 0)
        TRY(claim_keep(claim, scene->urgency, may_not_wait, ret_known));
    if (!*ret_known)
        scene_record_lack(scene, claim->property,
                          SLICE("The table has no input urgency with the values immediate, urgent and unknown."));
    return OK;
}

static bool denies(const struct claim *claim, const struct space_case *found)
{
    const struct scene *scene = claim->context;

    if (!scene_answers(scene, found))
        return true;
    struct care_due due = scene_due(scene, found);
    return due.access < DUE_ACCESS_URGENT_ONLY || due.may_refuse != DUE_REFUSAL_NO || due.charge == DUE_CHARGE_PREPAY;
}

static const char *denial_words(const struct scene *scene, const struct space_case *found)
{
    if (!scene_answers(scene, found))
        return "gets no answer";
    struct care_due due = scene_due(scene, found);
    return due.access < DUE_ACCESS_URGENT_ONLY ? "is refused or delayed though it may not be able to wait"
           : due.may_refuse != DUE_REFUSAL_NO  ? "may be refused though it may not be able to wait"
                                               : "must pay first though it may not be able to wait";
}

static void tell_denial(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                        const struct space_case *reference)
{
    const struct scene *scene = claim->context;

    (void)reference;
    buffer_format(into, "%s; ", denial_words(scene, subject));
    scene_write_gift(scene, into, subject, MEASURE_ACCESS);
    claim_write_citation(into, subject->verdict[claim->blamed] == OK ? subject->result[claim->blamed].row : NULL);
}

enum error scene_claim_non_denial(const struct scene *scene, enum rule_property property, struct claim *ret_claim)
{
    TRY(scene_claim(scene, property, MEASURE_ACCESS, -1, ret_claim));
    ret_claim->broken = denies;
    ret_claim->tell = tell_denial;
    return OK;
}

static enum error prove_non_denial(const struct scene *scene)
{
    struct claim claim;
    bool known;

    TRY(scene_claim_non_denial(scene, PROPERTY_NON_DENIAL, &claim));
    TRY(keep_urgent(scene, &claim, &known));
    return known ? claim_prove(&claim) : OK;
}

static bool compares_all(const struct space_fact *varied, uint32_t subject, uint32_t reference)
{
    (void)varied;
    return subject != reference;
}

static enum error prove_status_blind(const struct scene *scene, enum rule_property property, enum measure measure)
{
    struct claim claim;
    bool known;

    if (scene->status < 0) {
        /* A table that does not ask for status cannot depend on it. */
        property_record(scene->proof, property, scene->scope, 0, slice_of("", 0));
        return OK;
    }
    TRY(scene_claim(scene, property, measure, scene->status, &claim));
    claim.compares = compares_all;
    TRY(keep_urgent(scene, &claim, &known));
    return known ? claim_prove(&claim) : OK;
}

/* What somebody can lack to show: every fact of yes, no and unknown but pregnancy, and what she owns and where she
 * lives. */
static bool is_evidence(const struct space_fact *fact)
{
    static const char *const named[] = {"means", "other_cover", "stay_days"};

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (slice_is(fact->name, named[i]))
            return true;
    return fact->cell_count == 3 && space_find_cell(fact, "yes") >= 0 && space_find_cell(fact, "no") >= 0 &&
           space_has_unknown(fact) && !slice_is(fact->name, "pregnant");
}

static enum error prove_evidence(const struct scene *scene)
{
    struct finding finding = {0};
    struct claim claim;
    bool known;

    TRY(scene_claim(scene, PROPERTY_EVIDENCE, MEASURE_CARE, -1, &claim));
    claim.compares = compares_all;
    TRY(keep_urgent(scene, &claim, &known));
    if (!known)
        return OK;
    for (uint32_t f = 0; f < scene->space->fact_count; f++) {
        if (!is_evidence(&scene->space->fact[f]))
            continue;
        claim.varied = (int)f;
        TRY(claim_check(&claim, &finding));
    }
    return claim_record(&claim, &finding);
}

enum error scene_prove_urgent(const struct scene *scene)
{
    TRY(prove_non_denial(scene));
    TRY(prove_status_blind(scene, PROPERTY_STATUS_BLIND, MEASURE_ACCESS));
    TRY(prove_status_blind(scene, PROPERTY_STATUS_BLIND_CHARGE, MEASURE_CHARGE));
    return prove_evidence(scene);
}
