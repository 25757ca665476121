/* SPDX-License-Identifier: Apache-2.0 */

/* What is proved of a triage chart: a set with a decision `triage`, whose tables each give one outcome, the gravest
 * first in its list. By enumeration alone, table by table, whatever might feed a table:
 *
 * - triage-monotone. If no table's outcome gets milder by another sign, a worse measure or a graver outcome that feeds
 *   it, the colour at the end of the chain does not either, since it is made of nothing else.
 * - triage-assessed. A table that gives its mildest outcome while a fact is not known gives it for each value of that
 *   fact, whatever else is known or not; and only where all that feeds it is at its mildest too. So, one fact after
 *   the other, whoever is green stays green whatever the unknown facts turn out to be.
 * - triage-urgent: what the rules on care are told of each colour. */

#include "triage.h"

#include "claim.h"

#define AGE "age_days" /* no sign and no measure: nobody gets worse by growing older */

/* A value inside every band of each age. Further from it, on the same side, is worse. */
static const struct {
    const char *name;
    int64_t normal;
} measures[] = {
    {"heart_rate", 100},                            /* a minute */
    {"respiratory_rate", 28}, {"temperature", 375}, /* tenths of a degree Celsius */
    {"oxygen", 100},                                /* percent */
    {"systolic", 120},                              /* mmHg */
    {"diastolic", 80},
};

/* The words of a sign and how grave each is. */
static const struct {
    const char *words;
    int gravity;
} signs[] = {{"no", 0}, {"not_done", 0}, {"not_measured", 0}, {"yes", 1}, {"A", 0}, {"V", 1}, {"P", 2}, {"U", 3}};

static int gravity(const struct space_fact *fact, uint32_t cell)
{
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (slice_is(fact->cell[cell].words, signs[i].words))
            return signs[i].gravity;
    return -1;
}

static bool find_normal(const struct space_fact *fact, int64_t *ret_normal)
{
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        if (slice_is(fact->name, measures[i].name)) {
            *ret_normal = measures[i].normal;
            return true;
        }
    }
    return false;
}

static bool is_unknown(const struct space_fact *fact, uint32_t cell)
{
    return slice_is(fact->cell[cell].words, "unknown");
}

static bool is_graver(const struct space_fact *varied, uint32_t subject, uint32_t reference)
{
    return gravity(varied, reference) >= 0 && gravity(varied, subject) > gravity(varied, reference);
}

/* Cells are intervals in ascending order. One that has the normal value lies on both sides. */
static bool is_further(const struct space_fact *varied, uint32_t subject, uint32_t reference)
{
    int64_t normal;

    if (!find_normal(varied, &normal) || is_unknown(varied, subject) || is_unknown(varied, reference))
        return false;
    return subject > reference ? varied->cell[reference].end >= normal
                               : subject < reference && varied->cell[reference].value <= normal;
}

/* Outcomes that feed a table: the gravest stands first. */
static bool is_fed_graver(const struct space_fact *varied, uint32_t subject, uint32_t reference)
{
    (void)varied;
    return subject < reference;
}

/* ---- claims: how somebody fares is how gravely she is taken ---- */

static uint32_t outcome_of(const struct space_case *found)
{
    return found->result[0].output[0];
}

static bool is_mildest(const struct claim *claim, const struct space_case *found)
{
    return found->verdict[0] == OK && outcome_of(found) + 1 == claim->space->decision[0].rules->output[0].value_count;
}

static struct claim_fare fare_by_outcome(const struct claim *claim, const struct space_case *found)
{
    (void)claim;
    return (struct claim_fare){.answered = found->verdict[0] == OK, .scale = {-(int)outcome_of(found)}};
}

static struct claim_fare fare_by_care(const struct claim *claim, const struct space_case *found)
{
    return (struct claim_fare){.answered = found->verdict[0] == OK, .scale = {!is_mildest(claim, found)}};
}

/* Mildest, though something that feeds the table is not. */
static bool is_lulled(const struct claim *claim, const struct space_case *found)
{
    const struct space_fact *fed = &claim->space->fact[claim->varied];

    return is_mildest(claim, found) && found->cell[claim->varied] + 1 < fed->cell_count;
}

static void write_outcome(struct buffer *into, const struct space_case *found)
{
    const struct rule_decision *rules = found->space->decision[0].rules;

    claim_write_row(into, found->verdict[0] == OK ? found->result[0].row : NULL);
    if (found->verdict[0] == OK)
        buffer_format(into, " of %.*s gives %.*s", SLICE_PRINT(rules->name),
                      SLICE_PRINT(rules->output[0].value[outcome_of(found)]));
}

static void tell(const struct claim *claim, struct buffer *into, const struct space_case *subject,
                 const struct space_case *reference)
{
    const struct space_fact *varied = &claim->space->fact[claim->varied];

    write_outcome(into, subject);
    if (!reference)
        return;
    buffer_string(into, " where ");
    write_outcome(into, reference);
    buffer_format(into, " with %.*s %.*s", SLICE_PRINT(varied->name),
                  SLICE_PRINT(varied->cell[reference->cell[claim->varied]].words));
}

/* ---- the tables of a chart ---- */

/* What feeds an input has the same order there as where it comes from. */
static bool keeps_order(const struct rule_decision *table, const struct rule_input *input)
{
    if (input->fed_decision < 0)
        return true;
    const struct rule_output *output = &table->set->decision[input->fed_decision].output[input->fed_output];
    for (uint32_t v = 0; v < output->value_count; v++)
        if (input->fed_value[v] != v)
            return false;
    return input->domain.value_count == output->value_count;
}

/* What is wrong with a table so that nothing can be claimed of it; empty: nothing. */
static struct slice unfit_table(struct arena *arena, const struct rule_decision *table)
{
    bool fit = table->hit_policy != RULE_COLLECT && table->output_count == 1 && table->output[0].ordered;

    for (uint32_t i = 0; i < table->input_count; i++)
        fit = fit && keeps_order(table, &table->input[i]);
    if (fit)
        return slice_of("", 0);
    return property_sentence(arena_format(
        arena, "%.*s does not give or take one outcome, the gravest first in its list.", SLICE_PRINT(table->name)));
}

/* What is worse for this fact of a table by itself? NULL: nothing is, it is the age. False: nobody can say. */
typedef bool worse(const struct space_fact *varied, uint32_t subject, uint32_t reference);

static bool find_worse(const struct space_fact *fact, bool fed, worse **ret_worse)
{
    int64_t normal;

    *ret_worse = NULL;
    if (fed) {
        *ret_worse = is_fed_graver;
        return true;
    }
    if (slice_is(fact->name, AGE))
        return true;
    *ret_worse = rule_kind_is_number(fact->kind) ? is_further : is_graver;
    if (rule_kind_is_number(fact->kind))
        return find_normal(fact, &normal);
    for (uint32_t c = 0; c < fact->cell_count; c++)
        if (!is_unknown(fact, c) && gravity(fact, c) < 0)
            return false;
    return true;
}

static bool is_fed(const struct space *space, uint32_t fact)
{
    const struct space_decision *table = &space->decision[0];

    for (uint32_t i = 0; i < table->rules->input_count; i++)
        if (table->input[i].fact == (int32_t)fact)
            return table->rules->input[i].fed_decision >= 0;
    return false;
}

static enum error check_worse(struct claim *claim, struct finding *finding)
{
    for (uint32_t f = 0; f < claim->space->fact_count; f++) {
        const struct space_fact *fact = &claim->space->fact[f];
        claim->varied = (int)f;
        if (!find_worse(fact, is_fed(claim->space, f), &claim->compares)) {
            finding->failure.counterexample = property_sentence(arena_format(
                claim->proof->arena, "Nobody has said which values of %.*s are worse.", SLICE_PRINT(fact->name)));
            return OK;
        }
        if (claim->compares)
            TRY(claim_check(claim, finding));
    }
    return OK;
}

static enum error check_assessed(struct claim *claim, struct finding *finding)
{
    for (uint32_t f = 0; f < claim->space->fact_count; f++) {
        bool fed = is_fed(claim->space, f);
        claim->varied = (int)f;
        claim->broken = fed ? is_lulled : NULL;
        claim->seen = fed ? UINT64_C(1) << f : 0;
        if (fed || space_has_unknown(&claim->space->fact[f]))
            TRY(claim_check(claim, finding));
    }
    return OK;
}

/* One claim of every table that the colour rests on. */
static enum error prove_tables(struct proof *proof, const struct rule_decision *triage, struct claim *claim,
                               enum error (*check)(struct claim *claim, struct finding *finding))
{
    struct finding finding = {0};

    for (uint32_t chain = triage->chain; chain && finding.failure.counterexample.length == 0; chain &= chain - 1) {
        const struct rule_decision *table = &proof->set->decision[__builtin_ctz(chain)];
        finding.failure.counterexample = unfit_table(proof->arena, table);
        if (finding.failure.counterexample.length)
            break;
        TRY(space_make(proof->arena, &table, 1, true, &claim->space, proof->fault));
        TRY(property_box(proof, claim->space, &claim->box));
        finding.blamed = NULL;
        TRY(check(claim, &finding));
    }
    if (finding.blamed)
        return claim_record(claim, &finding);
    property_record(proof, claim->property, claim->scope, finding.cells, finding.failure.counterexample);
    return OK;
}

/* ---- what the rules on care are told ---- */

struct slice triage_urgency(const struct rule_decision *urgency, struct slice colour)
{
    struct rule_result result;
    int64_t value;

    if (urgency->input_count != 1 || urgency->output_count != 1 || urgency->hit_policy == RULE_COLLECT ||
        rule_value_of(&urgency->input[0].domain, colour, &value) != OK || rules_decide(urgency, &value, &result) != OK)
        return slice_of("", 0);
    return urgency->output[0].value[result.output[0]];
}

/* Red is immediate, yellow at least urgent; of the others at most that nobody knows. */
static bool is_safe(struct slice colour, struct slice urgency)
{
    if (slice_is(urgency, "immediate"))
        return true;
    if (slice_is(colour, "RED"))
        return false;
    return slice_is(urgency, "urgent") || (slice_is(urgency, "unknown") && !slice_is(colour, "YELLOW"));
}

static struct slice unfit_urgency(struct arena *arena, const struct rule_decision *triage,
                                  const struct rule_decision *urgency)
{
    const struct rule_output *colours = &triage->output[0];

    for (uint32_t c = 0; c < colours->value_count; c++) {
        struct slice said = triage_urgency(urgency, colours->value[c]);
        if (!is_safe(colours->value[c], said))
            return property_sentence(arena_format(arena, "Of %.*s the rules on care are told %.*s.",
                                                  SLICE_PRINT(colours->value[c]),
                                                  SLICE_PRINT(said.length ? said : SLICE("nothing"))));
    }
    return slice_of("", 0);
}

static void prove_urgency(struct proof *proof, const struct rule_decision *triage)
{
    const struct rule_decision *urgency = rule_set_decision(proof->set, SLICE(TRIAGE_URGENCY));
    struct slice failure = SLICE("No decision " TRIAGE_URGENCY " says of each colour how urgent care is.");

    if (urgency)
        failure = unfit_urgency(proof->arena, triage, urgency);
    property_record(proof, PROPERTY_TRIAGE_URGENT, "alone", triage->output[0].value_count, failure);
}

enum error property_triage(struct proof *proof)
{
    const struct rule_decision *triage = rule_set_decision(proof->set, SLICE(TRIAGE));
    struct claim claim = {.proof = proof, .scope = "alone", .who = "Somebody", .tell = tell};

    if (!triage)
        return OK;
    claim.property = PROPERTY_TRIAGE_MONOTONE;
    claim.fare = fare_by_outcome;
    TRY(prove_tables(proof, triage, &claim, check_worse));
    claim.property = PROPERTY_TRIAGE_ASSESSED;
    claim.fare = fare_by_care;
    claim.compares = claim_is_unknown_beside;
    TRY(prove_tables(proof, triage, &claim, check_assessed));
    prove_urgency(proof, triage);
    return OK;
}
