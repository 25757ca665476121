/* SPDX-License-Identifier: Apache-2.0 */

/* What is proved of obligations: whatever opens, what must follow does follow. Walked with the whole chain before
 * it, so that no look is missed that the tables permit. What must follow stands here once more, in other words than
 * in the rows: a row that is deleted or narrowed leaves a duty that nothing fulfils. */

#include "claim.h"

/* In which cases (NULL: in any) which obligation is due. A word that the tables do not have is a duty unmet. */
static const struct duty {
    const char *outcome, *standing; /* of the decisions disclosure and standing */
    const char *fact, *value;
    const char *obligation;
    const char *what;
} duties[] = {
    {NULL, NULL, NULL, NULL, "log", "is not logged"},
    {"FULL", "clinical", "break_glass", "active", "notify_person", "breaks the glass and it is not told to her"},
    {"FULL", "clinical", "break_glass", "active", "review", "breaks the glass and nobody reviews it"},
    {"NONE", NULL, "break_glass", "active", "review", "is refused through broken glass and nobody reviews it"},
    {"FULL", "clinical", "break_glass", "active", "expire_1h", "breaks the glass and it does not end"},
    {NULL, "enforcement", NULL, NULL, "review", "comes to enforce and nobody reviews it"},
    {"SUMMARY", NULL, NULL, NULL, "subset", "gets a part that is not marked as one"},
    {"EXISTENCE", NULL, NULL, NULL, "subset", "gets a part that is not marked as one"},
    {"SUMMARY", NULL, NULL, NULL, "redact_location", "gets a part that says where she was seen"},
    {"EXISTENCE", NULL, NULL, NULL, "redact_location", "gets a part that says where she was seen"},
    {"FULL", "enforcement", NULL, NULL, "minimum", "gets more under an order than who and where to reach her"},
    {"FULL", "enforcement", NULL, NULL, "subset", "gets a part that is not marked as one"},
    {"FULL", "enforcement", NULL, NULL, "tell_after_term", "reads under an order and she is never told"},
    {"EXISTENCE", "oversight", NULL, NULL, "tell_after_term", "is looked for because of an order and never told"},
    {"FULL", NULL, "action", "erase", "review", "erases and nobody reviews it"},
};

struct following {
    const struct space *space;
    int obligations, disclosure, standing; /* decisions of the space, or -1 */
    const struct duty *duty;
    int fact;       /* of the duty, or -1 */
    int obligation; /* value number of the duty's obligation, or -1: the tables do not have it */
};

static bool gives(const struct space *space, const struct space_case *found, int decision, const char *word)
{
    if (!word)
        return true;
    if (decision < 0 || found->verdict[decision] != OK)
        return false;
    const struct rule_output *output = &space->decision[decision].rules->output[0];
    return slice_is(output->value[found->result[decision].output[0]], word);
}

static bool is_due(const struct following *following, const struct space_case *found)
{
    const struct duty *duty = following->duty;
    const struct space *space = following->space;

    return gives(space, found, following->disclosure, duty->outcome) &&
           gives(space, found, following->standing, duty->standing) &&
           (!duty->fact ||
            (following->fact >= 0 &&
             slice_is(space->fact[following->fact].cell[found->cell[following->fact]].words, duty->value)));
}

static bool is_unmet(const struct claim *claim, const struct space_case *found)
{
    const struct following *following = claim->context;

    if (!is_due(following, found))
        return false;
    return following->obligation < 0 || found->verdict[following->obligations] != OK ||
           !(found->result[following->obligations].collected[0] >> following->obligation & 1);
}

static void tell_unmet(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                       const struct space_case *reference)
{
    const struct following *following = claim->context;

    (void)subject;
    (void)reference;
    buffer_format(into, "%s: no row gives %s", following->duty->what, following->duty->obligation);
}

static int find_decision(const struct proof *proof, const struct space *space, const char *name)
{
    const struct rule_decision *decision = rule_set_decision(proof->set, slice_from_string(name));

    return decision ? space_find_decision(space, decision) : -1;
}

static enum error check_duty(struct proof *proof, struct following *following, const struct duty *duty,
                             struct claim *claim, struct finding *finding)
{
    const struct rule_output *output = &following->space->decision[following->obligations].rules->output[0];

    following->duty = duty;
    following->fact = duty->fact ? space_find_fact(following->space, duty->fact) : -1;
    following->obligation = rule_output_value(output, slice_from_string(duty->obligation));
    *claim = (struct claim){.proof = proof,
                            .property = PROPERTY_OBLIGATIONS,
                            .scope = "alone",
                            .who = "Somebody",
                            .space = following->space,
                            .seen = following->fact >= 0 ? UINT64_C(1) << following->fact : 0,
                            .blamed = following->obligations,
                            .context = following,
                            .broken = is_unmet,
                            .varied = -1,
                            .tell = tell_unmet};
    TRY(property_box(proof, following->space, &claim->box));
    return claim_check(claim, finding);
}

enum error property_obligations(struct proof *proof)
{
    const struct rule_decision *decision = rule_set_decision(proof->set, SLICE("obligations"));
    struct following following = {0};
    struct finding finding = {0};
    struct claim claim = {0};

    if (!decision)
        return OK;
    if (decision->hit_policy != RULE_COLLECT || decision->output_count != 1)
        return fault_set(proof->fault, ERROR_PROFILE, "The decision obligations must COLLECT one output.");
    TRY(space_make(proof->arena, &decision, 1, false, &following.space, proof->fault));
    following.obligations = space_find_decision(following.space, decision);
    following.disclosure = find_decision(proof, following.space, "disclosure");
    following.standing = find_decision(proof, following.space, "standing");
    for (size_t i = 0; i < sizeof duties / sizeof duties[0]; i++)
        TRY(check_duty(proof, &following, &duties[i], &claim, &finding));
    return claim_record(&claim, &finding);
}
