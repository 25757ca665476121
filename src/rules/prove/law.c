/* SPDX-License-Identifier: Apache-2.0 */

/* What is proved of a pack's own tables about data: `disclosure_law`, what the law of the place says about giving a
 * person's data away, and `warning`, what she is told before she decides. */

#include "claim.h"

#define DISCLOSURE_LAW "disclosure_law"
#define WARNING "warning"

/* The words of the outcome, the most protective first. */
static const char *const outcomes[] = {"NONE", "DEIDENTIFIED", "ON_COURT_ORDER"};
#define OUTCOMES 3
#define UNDER_ORDER 2

struct law {
    struct proof *proof;
    const struct space *space;
    unsigned rank[OUTCOMES];
    int sector, order;
};

/* What no row decides is not given. */
static unsigned openness(const struct law *law, const struct space_case *found)
{
    return found->verdict[0] == OK ? law->rank[found->result[0].output[0]] : 0;
}

static bool is_ordered(const struct law *law, const struct space_case *found)
{
    return slice_is(law->space->fact[law->order].cell[found->cell[law->order]].words, "valid");
}

static bool gives_away(const struct claim *claim, const struct space_case *found)
{
    const struct law *law = claim->context;

    return !is_ordered(law, found) && openness(law, found) > 0;
}

static bool orders_without_court(const struct claim *claim, const struct space_case *found)
{
    const struct law *law = claim->context;

    return !is_ordered(law, found) && openness(law, found) == UNDER_ORDER;
}

static void tell(const struct claim *claim, struct buffer *into, const struct space_case *subject, const char *what)
{
    const struct rule_row *row = subject->verdict[0] == OK ? subject->result[0].row : NULL;

    claim_write_row(into, row);
    buffer_format(into, " gives %s%s", outcomes[openness(claim->context, subject)], what);
    claim_write_citation(into, row);
}

static void tell_given(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                       const struct space_case *reference)
{
    (void)reference;
    tell(claim, into, subject, " without a valid order");
}

static struct claim_fare fare(const struct claim *claim, const struct space_case *found)
{
    return (struct claim_fare){.answered = true, .scale = {-(int)openness(claim->context, found)}};
}

static void tell_unknown(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                         const struct space_case *reference)
{
    (void)reference;
    tell(claim, into, subject, ", more than if the fact were known");
}

static enum error make_claim(const struct law *law, enum rule_property property, struct claim *ret_claim)
{
    *ret_claim = (struct claim){.proof = law->proof,
                                .property = property,
                                .scope = "alone",
                                .who = "Data",
                                .space = law->space,
                                .blamed = 0,
                                .context = law,
                                .varied = -1,
                                .seen = UINT64_C(1) << law->order,
                                .tell = tell_given};
    return property_box(law->proof, law->space, &ret_claim->box);
}

/* To enforcement nothing without an order; and what needs an order is given to nobody without one. */
static enum error prove_firewall(const struct law *law)
{
    static const char *const sectors[] = {"immigration", "lawenforcement", NULL};
    struct finding finding = {0};
    struct claim claim;
    bool known;

    TRY(make_claim(law, PROPERTY_FIREWALL, &claim));
    claim.broken = orders_without_court;
    TRY(claim_check(&claim, &finding));
    claim.broken = gives_away;
    TRY(claim_keep(&claim, law->sector, sectors, &known));
    if (known)
        TRY(claim_check(&claim, &finding));
    else
        finding.failure.counterexample = SLICE("disclosure_law does not know the sectors of enforcement.");
    return claim_record(&claim, &finding);
}

static enum error prove_missing_facts(const struct law *law)
{
    struct finding finding = {0};
    struct claim claim;

    TRY(make_claim(law, PROPERTY_MISSING_FACTS, &claim));
    claim.fare = fare;
    claim.compares = claim_is_unknown_beside;
    claim.tell = tell_unknown;
    for (uint32_t f = 0; f < law->space->fact_count; f++) {
        if (!space_has_unknown(&law->space->fact[f]))
            continue;
        claim.varied = (int)f;
        TRY(claim_check(&claim, &finding));
    }
    return claim_record(&claim, &finding);
}

static enum error rank_outcomes(struct law *law, const struct rule_decision *decision)
{
    const struct rule_output *output = &decision->output[0];

    if (decision->hit_policy == RULE_COLLECT || decision->output_count != 1 || output->value_count > OUTCOMES)
        return fault_set(law->proof->fault, ERROR_PROFILE, "The decision disclosure_law must give one outcome.");
    for (uint32_t value = 0; value < output->value_count; value++) {
        unsigned rank = 0;
        while (rank < OUTCOMES && !slice_is(output->value[value], outcomes[rank]))
            rank++;
        if (rank == OUTCOMES)
            return fault_set(law->proof->fault, ERROR_PROFILE, "The decision disclosure_law has an outcome %.*s.",
                             SLICE_PRINT(output->value[value]));
        law->rank[value] = rank;
    }
    return OK;
}

static enum error prove_law(struct proof *proof, const struct rule_decision *decision)
{
    struct law law = {.proof = proof};

    TRY(rank_outcomes(&law, decision));
    TRY(space_make(proof->arena, &decision, 1, true, &law.space, proof->fault));
    law.sector = space_find_fact(law.space, "sector");
    law.order = space_find_fact(law.space, "order");
    if (law.sector < 0 || law.order < 0)
        return fault_set(proof->fault, ERROR_PROFILE, "The decision disclosure_law must ask for sector and order.");
    TRY(prove_firewall(&law));
    return prove_missing_facts(&law);
}

/* A warning is told to a person; no table may rest on it, for then it would permit or refuse something. */
static enum error prove_warning(struct proof *proof, const struct rule_decision *warning)
{
    struct slice fed = slice_of("", 0);
    uint64_t inputs = 0;

    for (uint32_t d = 0; d < proof->set->decision_count; d++) {
        const struct rule_decision *other = &proof->set->decision[d];
        inputs += other->input_count;
        for (uint32_t i = 0; i < other->input_count; i++)
            if (other->input[i].fact < 0 && other->input[i].fed_decision == (int32_t)warning->number)
                fed = property_sentence(
                    arena_format(proof->arena, "The decision %.*s rests on a warning.", SLICE_PRINT(other->name)));
    }
    property_record(proof, PROPERTY_FIREWALL, "warning", inputs, fed);
    return OK;
}

enum error property_law(struct proof *proof)
{
    const struct rule_decision *law = rule_set_decision(proof->set, SLICE(DISCLOSURE_LAW));
    const struct rule_decision *warning = rule_set_decision(proof->set, SLICE(WARNING));

    if (law)
        TRY(prove_law(proof, law));
    return warning ? prove_warning(proof, warning) : OK;
}
