/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle_triage.h"

#define ORACLE_TRIAGE_VALUES 64

/* Values that stand for all others of an input. */
struct values {
    int64_t value[ORACLE_TRIAGE_VALUES];
    uint32_t count;
};

static int64_t normal_of(const struct rule_input *input)
{
    static const struct {
        const char *name;
        int64_t normal;
    } normals[] = {{"heart_rate", 95}, {"respiratory_rate", 27}, {"temperature", 370},
                   {"oxygen", 99},     {"systolic", 110},        {"diastolic", 70}};

    for (size_t i = 0; i < sizeof normals / sizeof normals[0]; i++)
        if (slice_is(input->name, normals[i].name))
            return normals[i].normal;
    return -1;
}

static struct slice words_of(const struct rule_input *input, int64_t value)
{
    return input->domain.value[value];
}

static bool is_unknown(const struct rule_input *input, int64_t value)
{
    return rule_kind_is_number(input->domain.kind) ? value == RULE_UNKNOWN
                                                   : slice_is(words_of(input, value), "unknown");
}

static bool is_worse_number(const struct rule_input *input, int64_t value, int64_t than)
{
    int64_t normal = normal_of(input);

    return normal >= 0 && ((than >= normal && value > than) || (than <= normal && value < than));
}

/* Alertness is listed from alert to unresponsive, outcomes from the gravest on; of the rest yes is worse. */
static bool is_worse(const struct rule_input *input, int64_t value, int64_t than)
{
    if (is_unknown(input, value) || is_unknown(input, than))
        return false;
    if (rule_kind_is_number(input->domain.kind))
        return is_worse_number(input, value, than);
    if (input->fed_decision >= 0)
        return value < than;
    if (slice_is(input->name, "avpu"))
        return value > than;
    return slice_is(words_of(input, value), "yes") && !slice_is(words_of(input, than), "yes");
}

/* -1: no answer. */
static int outcome(const struct rule_decision *table, const int64_t *at)
{
    struct rule_result result;

    return rules_decide(table, at, &result) == OK && result.row ? result.output[0] : -1;
}

static bool is_mildest(const struct rule_decision *table, int outcome)
{
    return outcome + 1 == (int)table->output[0].value_count;
}

/* `at` beside the same with another value of one input. */
static bool pair_fails(const struct rule_decision *table, enum rule_property property, uint32_t input,
                       const int64_t *at, int64_t other)
{
    const struct rule_input *varied = &table->input[input];
    int64_t beside[RULE_INPUTS_MAX];

    memcpy(beside, at, table->input_count * sizeof *at);
    beside[input] = other;
    int own = outcome(table, at), others = outcome(table, beside);
    if (own < 0 || others < 0)
        return true;
    if (property == PROPERTY_TRIAGE_MONOTONE)
        return is_worse(varied, at[input], other) && own > others;
    return varied->fed_decision < 0 && is_unknown(varied, at[input]) && !is_unknown(varied, other) &&
           is_mildest(table, own) && !is_mildest(table, others);
}

/* Mildest, though what feeds it is not. */
static bool is_lulled(const struct rule_decision *table, uint32_t input, const int64_t *at)
{
    const struct rule_input *fed = &table->input[input];

    return fed->fed_decision >= 0 && at[input] + 1 < (int64_t)fed->domain.value_count &&
           is_mildest(table, outcome(table, at));
}

static void add(struct values *values, int64_t value)
{
    if (values->count < ORACLE_TRIAGE_VALUES)
        values->value[values->count++] = value;
}

/* Both ends of each interval, and the normal value. */
static struct values values_of(const struct rule_input *input)
{
    const struct rule_domain *domain = &input->domain;
    struct values values = {0};
    uint32_t known = input->slot_count - (domain->nullable ? 1 : 0);

    for (uint32_t v = 0; !rule_kind_is_number(domain->kind) && v < domain->value_count; v++)
        add(&values, v);
    if (!rule_kind_is_number(domain->kind))
        return values;
    for (uint32_t slot = 0; slot < known; slot++) {
        add(&values, input->start[slot]);
        add(&values, slot + 1 < known ? input->start[slot + 1] - 1 : domain->maximum);
    }
    if (normal_of(input) >= 0)
        add(&values, normal_of(input));
    if (domain->nullable)
        add(&values, RULE_UNKNOWN);
    return values;
}

static bool row_passes(const struct rule_decision *table, uint32_t row, uint32_t input, int64_t value)
{
    uint32_t slot = (uint32_t)rule_input_slot(&table->input[input], value);

    return rule_input_column(table, &table->input[input], slot)[row / 64] >> (row % 64) & 1;
}

static bool case_fails(const struct rule_decision *table, enum rule_property property, const struct values *values,
                       int64_t *at)
{
    for (uint32_t i = 0; i < table->input_count; i++) {
        if (property == PROPERTY_TRIAGE_ASSESSED && is_lulled(table, i, at))
            return true;
        int64_t own = at[i];
        for (uint32_t v = 0; v < values[i].count; v++) {
            if (pair_fails(table, property, i, at, values[i].value[v]))
                return true;
            at[i] = values[i].value[v];
            bool fails = pair_fails(table, property, i, at, own) ||
                         (property == PROPERTY_TRIAGE_ASSESSED && is_lulled(table, i, at));
            at[i] = own;
            if (fails)
                return true;
        }
    }
    return false;
}

bool oracle_triage_finds(const struct oracle_row *row, enum rule_property property, struct world *world, uint32_t cases)
{
    const struct rule_decision *table = row->after;
    struct values all[RULE_INPUTS_MAX], near[RULE_INPUTS_MAX];

    for (uint32_t i = 0; i < table->input_count; i++) {
        all[i] = values_of(&table->input[i]);
        near[i].count = 0;
        for (uint32_t v = 0; v < all[i].count; v++)
            if (row_passes(table, row->row_after, i, all[i].value[v]) ||
                row_passes(row->before, row->row_before, i, all[i].value[v]))
                add(&near[i], all[i].value[v]);
        if (near[i].count == 0)
            return false;
    }
    for (uint32_t c = 0; c < cases; c++) {
        int64_t at[RULE_INPUTS_MAX];
        uint32_t bits[RULE_INPUTS_MAX];
        world->random(world, bits, sizeof bits);
        for (uint32_t i = 0; i < table->input_count; i++)
            at[i] = near[i].value[bits[i] % near[i].count];
        if (case_fails(table, property, all, at))
            return true;
    }
    return false;
}

/* The facts of a verdict as values of this table; false: it asks for others. */
static bool is_of(const struct rule_decision *table, const struct property_verdict *verdict, int64_t *at)
{
    bool all = table->input_count == verdict->person_count;

    for (uint32_t f = 0; all && f < verdict->person_count; f++) {
        int input = rule_decision_input(table, verdict->person[f].name);
        all = input >= 0 && rule_value_of(&table->input[input].domain, verdict->person[f].value, &at[input]) == OK;
    }
    return all;
}

static bool fails_as_said(const struct rule_decision *table, const struct property_verdict *verdict, const int64_t *at)
{
    int64_t other;

    for (uint32_t i = 0; verdict->beside.name.length == 0 && i < table->input_count; i++)
        if (is_lulled(table, i, at) && verdict->property == PROPERTY_TRIAGE_ASSESSED)
            return true;
    int input = rule_decision_input(table, verdict->beside.name);
    return input >= 0 && rule_value_of(&table->input[input].domain, verdict->beside.value, &other) == OK &&
           pair_fails(table, verdict->property, (uint32_t)input, at, other);
}

bool oracle_triage_confirms(const struct rule_set *set, const struct property_verdict *verdict)
{
    for (uint32_t d = 0; d < set->decision_count; d++) {
        int64_t at[RULE_INPUTS_MAX];
        if (set->decision[d].hit_policy != RULE_COLLECT && is_of(&set->decision[d], verdict, at) &&
            fails_as_said(&set->decision[d], verdict, at))
            return true;
    }
    return false;
}
