/* SPDX-License-Identifier: Apache-2.0 */

/* What is proved of disclosure: the chain from who asks to how much of a drawer opens, walked as one. */

#include "claim.h"
#include "purpose.h"

/* The words of the outcome, from nothing to everything. */
static const char *const outcomes[] = {"NONE", "EXISTENCE", "SUMMARY", "FULL"};
#define OUTCOMES 4
#define EXISTENCE 1

struct inquiry {
    struct proof *proof;
    const struct space *space;
    int at;                  /* disclosure, in the space */
    unsigned rank[OUTCOMES]; /* value number -> how much is open */
    int sector, purpose, action, drawer, order;
};

static struct slice word_of(const struct inquiry *inquiry, const struct space_case *found, int fact)
{
    return inquiry->space->fact[fact].cell[found->cell[fact]].words;
}

/* What no row decides is not given: the safe refuses on any error. */
static unsigned openness(const struct inquiry *inquiry, const struct space_case *found)
{
    return found->verdict[inquiry->at] == OK ? inquiry->rank[found->result[inquiry->at].output[0]] : 0;
}

static void tell(const struct inquiry *inquiry, struct buffer *into, const struct space_case *found, const char *what)
{
    const struct rule_row *row = found->verdict[inquiry->at] == OK ? found->result[inquiry->at].row : NULL;

    buffer_format(into, "%s: %s, by ", what, outcomes[openness(inquiry, found)]);
    claim_write_row(into, row);
    claim_write_citation(into, row);
}

static bool is(const struct inquiry *inquiry, const struct space_case *found, int fact, const char *word)
{
    return slice_is(word_of(inquiry, found, fact), word);
}

/* What an order may open: to read who one person is and how she is reached, to whoever says that it is to enforce. */
static bool is_ordered(const struct inquiry *inquiry, const struct space_case *found)
{
    return is(inquiry, found, inquiry->order, "valid") && is(inquiry, found, inquiry->purpose, "ENFORCE") &&
           is(inquiry, found, inquiry->action, "read") &&
           (is(inquiry, found, inquiry->drawer, "identity") || is(inquiry, found, inquiry->drawer, "contact"));
}

static bool passes_firewall(const struct claim *claim, const struct space_case *found)
{
    return openness(claim->context, found) > 0 && !is_ordered(claim->context, found);
}

/* While an order is open: whether she is known, and no more. */
static bool asks_too_much(const struct claim *claim, const struct space_case *found)
{
    const struct inquiry *inquiry = claim->context;
    unsigned open = openness(inquiry, found);

    if (open == 0 || is(inquiry, found, inquiry->drawer, "audit"))
        return false;
    return open > EXISTENCE || !is(inquiry, found, inquiry->order, "open") ||
           !is(inquiry, found, inquiry->action, "match") || !is(inquiry, found, inquiry->drawer, "identity");
}

static void tell_passed(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                        const struct space_case *reference)
{
    (void)reference;
    tell(claim->context, into, subject, "is let through the firewall");
}

static bool names(const char *list, struct slice word)
{
    struct slice rest = slice_from_string(list);

    while (rest.length > 0)
        if (slice_equal(slice_cut(&rest, ' '), word))
            return true;
    return false;
}

static bool is_looking(struct slice action)
{
    return !slice_is(action, "write") && !slice_is(action, "register") && !slice_is(action, "erase");
}

static bool leaves_purpose(const struct claim *claim, const struct space_case *found)
{
    const struct inquiry *inquiry = claim->context;
    struct slice purpose = word_of(inquiry, found, inquiry->purpose), drawer = word_of(inquiry, found, inquiry->drawer);

    if (openness(inquiry, found) == 0)
        return false;
    for (const struct purpose_drawers *belongs = purpose_drawers; belongs->purpose; belongs++)
        if (slice_is(purpose, belongs->purpose) &&
            names(is_looking(word_of(inquiry, found, inquiry->action)) ? belongs->looks_into : belongs->writes, drawer))
            return false;
    return true;
}

static void tell_purpose(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                         const struct space_case *reference)
{
    (void)reference;
    tell(claim->context, into, subject, "opens a drawer that does not belong to the purpose");
}

/* How whoever the record is about fares: the less is open, the better. */
static struct claim_fare fare(const struct claim *claim, const struct space_case *found)
{
    return (struct claim_fare){.answered = true, .scale = {-(int)openness(claim->context, found)}};
}

static void tell_unknown(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                         const struct space_case *reference)
{
    tell(claim->context, into, subject, "gets more because a fact is not known");
    if (reference)
        buffer_format(into, "; with %.*s %.*s %s", SLICE_PRINT(claim->space->fact[claim->varied].name),
                      SLICE_PRINT(claim->space->fact[claim->varied].cell[reference->cell[claim->varied]].words),
                      outcomes[openness(claim->context, reference)]);
}

static enum error make_claim(const struct inquiry *inquiry, enum rule_property property, struct claim *ret_claim)
{
    *ret_claim = (struct claim){.proof = inquiry->proof,
                                .property = property,
                                .scope = "alone",
                                .who = "Somebody",
                                .space = inquiry->space,
                                .blamed = inquiry->at,
                                .context = inquiry,
                                .varied = -1};
    return property_box(inquiry->proof, inquiry->space, &ret_claim->box);
}

static uint64_t facts_of_orders(const struct inquiry *inquiry)
{
    return UINT64_C(1) << inquiry->order | UINT64_C(1) << inquiry->purpose | UINT64_C(1) << inquiry->action |
           UINT64_C(1) << inquiry->drawer;
}

static enum error check_firewall(const struct inquiry *inquiry, int fact, const char *const *words,
                                 struct finding *finding)
{
    struct claim claim;
    bool known;

    TRY(make_claim(inquiry, PROPERTY_FIREWALL, &claim));
    claim.broken = passes_firewall;
    claim.tell = tell_passed;
    claim.seen = facts_of_orders(inquiry);
    TRY(claim_keep(&claim, fact, words, &known));
    if (known)
        return claim_check(&claim, finding);
    finding->failure.counterexample = SLICE("The tables do not know the words of enforcement.");
    return OK;
}

/* Tables that do not know the purpose let nobody in by it. */
static enum error check_asking(const struct inquiry *inquiry, struct finding *finding)
{
    static const char *const purposes[] = {"HLEGAL", NULL};
    struct claim claim;
    bool known;

    TRY(make_claim(inquiry, PROPERTY_FIREWALL, &claim));
    claim.broken = asks_too_much;
    claim.tell = tell_passed;
    claim.seen = facts_of_orders(inquiry);
    TRY(claim_keep(&claim, inquiry->purpose, purposes, &known));
    return known ? claim_check(&claim, finding) : OK;
}

static enum error prove_firewall(const struct inquiry *inquiry)
{
    static const char *const sectors[] = {"immigration", "lawenforcement", NULL}, *const purposes[] = {"ENFORCE", NULL};
    struct finding finding = {0};
    struct claim claim;

    TRY(make_claim(inquiry, PROPERTY_FIREWALL, &claim));
    TRY(check_firewall(inquiry, inquiry->sector, sectors, &finding));
    TRY(check_firewall(inquiry, inquiry->purpose, purposes, &finding));
    TRY(check_asking(inquiry, &finding));
    return claim_record(&claim, &finding);
}

static enum error prove_purpose(const struct inquiry *inquiry)
{
    struct claim claim;

    TRY(make_claim(inquiry, PROPERTY_PURPOSE, &claim));
    claim.broken = leaves_purpose;
    claim.tell = tell_purpose;
    claim.seen = UINT64_C(1) << inquiry->purpose | UINT64_C(1) << inquiry->action | UINT64_C(1) << inquiry->drawer;
    return claim_prove(&claim);
}

static enum error prove_missing_facts(const struct inquiry *inquiry)
{
    struct finding finding = {0};
    struct claim claim;

    TRY(make_claim(inquiry, PROPERTY_MISSING_FACTS, &claim));
    claim.fare = fare;
    claim.compares = claim_is_unknown_beside;
    claim.tell = tell_unknown;
    for (uint32_t f = 0; f < inquiry->space->fact_count; f++) {
        if (!space_has_unknown(&inquiry->space->fact[f]))
            continue;
        claim.varied = (int)f;
        TRY(claim_check(&claim, &finding));
    }
    return claim_record(&claim, &finding);
}

static enum error rank_outcomes(struct inquiry *inquiry, const struct rule_decision *disclosure)
{
    const struct rule_output *output = &disclosure->output[0];

    if (disclosure->hit_policy == RULE_COLLECT || disclosure->output_count != 1 || output->value_count > OUTCOMES)
        return fault_set(inquiry->proof->fault, ERROR_PROFILE, "The decision disclosure must give one outcome.");
    for (uint32_t value = 0; value < output->value_count; value++) {
        unsigned rank = 0;
        while (rank < OUTCOMES && !slice_is(output->value[value], outcomes[rank]))
            rank++;
        if (rank == OUTCOMES)
            return fault_set(inquiry->proof->fault, ERROR_PROFILE, "The decision disclosure has an outcome %.*s.",
                             SLICE_PRINT(output->value[value]));
        inquiry->rank[value] = rank;
    }
    return OK;
}

static enum error find_facts(struct inquiry *inquiry)
{
    const struct {
        const char *name;
        int *ret;
    } wanted[] = {{"sector", &inquiry->sector},
                  {"purpose", &inquiry->purpose},
                  {"action", &inquiry->action},
                  {"drawer", &inquiry->drawer},
                  {"order", &inquiry->order}};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        *wanted[i].ret = space_find_fact(inquiry->space, wanted[i].name);
        if (*wanted[i].ret < 0)
            return fault_set(inquiry->proof->fault, ERROR_PROFILE, "The disclosure tables never ask for the fact %s.",
                             wanted[i].name);
    }
    return OK;
}

enum error property_disclosure(struct proof *proof)
{
    const struct rule_decision *disclosure = rule_set_decision(proof->set, SLICE("disclosure"));
    struct inquiry inquiry = {.proof = proof};

    if (!disclosure)
        return OK;
    TRY(rank_outcomes(&inquiry, disclosure));
    TRY(space_make(proof->arena, &disclosure, 1, false, &inquiry.space, proof->fault));
    inquiry.at = space_find_decision(inquiry.space, disclosure);
    TRY(find_facts(&inquiry));
    TRY(prove_firewall(&inquiry));
    TRY(prove_purpose(&inquiry));
    return prove_missing_facts(&inquiry);
}
