/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>

#define NO_FACT (-1)

/* ---- facts ---- */

static int find(const struct oracle *oracle, struct slice name)
{
    for (uint32_t f = 0; f < oracle->fact_count; f++)
        if (slice_equal(oracle->fact[f].name, name))
            return (int)f;
    return NO_FACT;
}

int oracle_find(const struct oracle *oracle, const char *name)
{
    return find(oracle, slice_from_string(name));
}

static void add_number(struct oracle_fact *fact, const struct rule_domain *domain, int64_t number)
{
    for (uint32_t i = 0; i < fact->count; i++)
        if (fact->number[i] == number)
            return;
    if (number != RULE_UNKNOWN && (number < domain->minimum || number > domain->maximum))
        return;
    if (fact->count == ORACLE_VALUES_MAX)
        abort();
    fact->text[fact->count] = number == RULE_UNKNOWN ? SLICE("unknown") : SLICE("");
    fact->number[fact->count++] = number;
}

static void add_values(struct oracle_fact *fact, const struct rule_input *input)
{
    const struct rule_domain *domain = &input->domain;

    if (!rule_kind_is_number(domain->kind)) {
        for (uint32_t i = 0; fact->count < domain->value_count && i < domain->value_count; i++)
            fact->text[fact->count++] = domain->value[i];
        return;
    }
    for (uint32_t i = 0; i < input->slot_count - (domain->nullable ? 1 : 0); i++) {
        add_number(fact, domain, input->start[i]);
        add_number(fact, domain, input->start[i] - 1);
    }
    add_number(fact, domain, domain->maximum);
    if (domain->nullable)
        add_number(fact, domain, RULE_UNKNOWN);
}

static void add_input(struct oracle *oracle, struct oracle_table *table, const struct rule_input *input)
{
    int at = find(oracle, input->name);

    if (at < 0) {
        if (oracle->fact_count == ORACLE_FACTS_MAX)
            abort();
        at = (int)oracle->fact_count++;
        oracle->fact[at] = (struct oracle_fact){.name = input->name, .kind = input->domain.kind};
    }
    add_values(&oracle->fact[at], input);
    table->fact_of[input->fact] = at;
}

static void add_table(struct oracle *oracle, struct oracle_table *table, const struct rule_decision *decision)
{
    table->decision = decision;
    if (!decision)
        return;
    for (uint32_t f = 0; f < RULE_FACTS_MAX; f++)
        table->fact_of[f] = NO_FACT;
    for (uint32_t d = 0; d < decision->set->decision_count; d++)
        for (uint32_t i = 0; decision->chain >> d & 1 && i < decision->set->decision[d].input_count; i++)
            if (decision->set->decision[d].input[i].fact >= 0)
                add_input(oracle, table, &decision->set->decision[d].input[i]);
}

static void number_values(const struct oracle *oracle, struct oracle_table *table)
{
    for (uint32_t f = 0; table->decision && f < table->decision->set->fact_count; f++) {
        const struct oracle_fact *fact = table->fact_of[f] < 0 ? NULL : &oracle->fact[table->fact_of[f]];
        for (uint32_t v = 0; fact && v < fact->count; v++) {
            table->value_of[f][v] = fact->number[v];
            if (!rule_kind_is_number(fact->kind) &&
                rule_value_of(&table->decision->set->fact[f].domain, fact->text[v], &table->value_of[f][v]) != OK)
                abort();
        }
    }
}

void oracle_make(struct oracle *oracle, const struct rule_decision *floor, const struct rule_decision *pack,
                 const struct rule_decision *data, bool draft)
{
    memset(oracle, 0, sizeof *oracle);
    oracle->draft = draft;
    add_table(oracle, &oracle->floor, floor);
    add_table(oracle, &oracle->pack, pack);
    add_table(oracle, &oracle->data, data);
    number_values(oracle, &oracle->floor);
    number_values(oracle, &oracle->pack);
    number_values(oracle, &oracle->data);
}

/* ---- one case ---- */

static bool is_value(const struct oracle *oracle, const struct oracle_case *at, int fact, const char *words)
{
    return fact >= 0 && slice_is(oracle->fact[fact].text[at->value[fact]], words);
}

/* False where some table of the chain does not answer. */
static bool decide_all(const struct oracle *oracle, const struct oracle_table *table, const struct oracle_case *at,
                       struct rule_result *results)
{
    const struct rule_set *set = table->decision->set;
    int64_t fact[RULE_FACTS_MAX] = {0};

    for (uint32_t f = 0; f < set->fact_count; f++)
        if (table->fact_of[f] >= 0)
            fact[f] = table->value_of[f][at->value[table->fact_of[f]]];
    return rules_decide_chain(table->decision, fact, results) == OK;
}

/* NULL where no row answers. */
static const struct rule_row *decide(const struct oracle *oracle, const struct oracle_table *table,
                                     const struct oracle_case *at)
{
    static struct rule_result results[RULE_DECISIONS_MAX];

    return decide_all(oracle, table, at, results) ? results[table->decision->number].row : NULL;
}

/* From the least to the most, and from the best to the worst for her. */
static const char *const accesses[] = {"NONE_FUNDED", "ASK_CLINICIAN", "URGENT_ONLY", "ESSENTIAL",
                                       "BASKET",      "AS_RESIDENT",   "FULL"};
static const char *const refusals[] = {"no", "ask_clinician"};
static const char *const charges[] = {"FREE", "PROVIDER_REIMBURSED", "COPAY", "BILL_LATER", "ASK", "PREPAY"};
enum { NONE_FUNDED, ASK_CLINICIAN, URGENT_ONLY };
enum { NO, MAY_REFUSE };
enum { BILL_LATER = 3, ASK, PREPAY };

static int rank(const struct rule_decision *decision, const struct rule_row *row, const char *output,
                const char *const *words)
{
    int at = rule_decision_output(decision, slice_from_string(output)), rank = 0;

    while (!slice_is(decision->output[at].value[row->output[at]], words[rank]))
        rank++;
    return rank;
}

struct care {
    int access, refusal, charge;
};

static struct care care_of(const struct oracle *oracle, const struct oracle_table *table, const struct oracle_case *at)
{
    const struct rule_row *row = decide(oracle, table, at);

    if (!row)
        abort(); /* asked of total tables only */
    return (struct care){rank(table->decision, row, "access", accesses),
                         rank(table->decision, row, "may_refuse", refusals),
                         rank(table->decision, row, "charge", charges)};
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static struct care combined(const struct oracle *oracle, const struct oracle_case *at)
{
    struct care floor = care_of(oracle, &oracle->floor, at), pack = care_of(oracle, &oracle->pack, at);

    if (oracle->draft && pack.access == NONE_FUNDED)
        pack.access = ASK_CLINICIAN;
    if (oracle->draft && pack.charge == PREPAY)
        pack.charge = ASK;
    struct care due = {most(floor.access, pack.access), least(floor.refusal, pack.refusal),
                       least(floor.charge, pack.charge)};
    if (is_value(oracle, at, oracle_find(oracle, "urgency"), "deferrable"))
        return due;
    due.access = most(due.access, URGENT_ONLY);
    due.refusal = NO;
    due.charge = due.charge == PREPAY ? BILL_LATER : due.charge;
    return due;
}

static struct care due(const struct oracle *oracle, const char *scope, const struct oracle_case *at)
{
    if (strcmp(scope, "combined") == 0)
        return combined(oracle, at);
    return care_of(oracle, oracle->pack.decision ? &oracle->pack : &oracle->floor, at);
}

static bool may_not_wait(const struct oracle *oracle, const struct oracle_case *at)
{
    int urgency = oracle_find(oracle, "urgency");

    return is_value(oracle, at, urgency, "immediate") || is_value(oracle, at, urgency, "urgent") ||
           is_value(oracle, at, urgency, "unknown");
}

static bool is_child(const struct oracle *oracle, const struct oracle_case *at)
{
    int age = oracle_find(oracle, "age_years");
    int64_t years = age >= 0 ? oracle->fact[age].number[at->value[age]] : RULE_UNKNOWN;

    return years != RULE_UNKNOWN && years < 18;
}

/* ---- data ---- */

static int openness(const struct oracle *oracle, const struct oracle_case *at)
{
    static const char *const drawer_words[] = {"NONE", "EXISTENCE", "SUMMARY", "FULL"};
    static const char *const law_words[] = {"NONE", "DEIDENTIFIED", "ON_COURT_ORDER"};
    const struct rule_row *row = decide(oracle, &oracle->data, at);

    if (!row)
        return 0;
    bool law = slice_is(oracle->data.decision->name, "disclosure_law");
    struct slice word = oracle->data.decision->output[0].value[row->output[0]];
    int open = 0;
    while (!slice_is(word, (law ? law_words : drawer_words)[open]))
        open++;
    return open;
}

static bool passes_firewall(const struct oracle *oracle, const struct oracle_case *at)
{
    int sector = oracle_find(oracle, "sector"), open = openness(oracle, at);
    bool enforces = is_value(oracle, at, sector, "immigration") || is_value(oracle, at, sector, "lawenforcement") ||
                    is_value(oracle, at, oracle_find(oracle, "purpose"), "ENFORCE");

    int order = oracle_find(oracle, "order"), purpose = oracle_find(oracle, "purpose");
    if (slice_is(oracle->data.decision->name, "disclosure_law"))
        return !is_value(oracle, at, order, "valid") && (open == 2 || (enforces && open > 0));
    int action = oracle_find(oracle, "action"), drawer = oracle_find(oracle, "drawer");
    bool who = is_value(oracle, at, drawer, "identity"), reached = is_value(oracle, at, drawer, "contact");
    if (enforces && open > 0)
        return !(is_value(oracle, at, order, "valid") && is_value(oracle, at, purpose, "ENFORCE") &&
                 is_value(oracle, at, action, "read") && (who || reached));
    if (!is_value(oracle, at, purpose, "HLEGAL") || is_value(oracle, at, drawer, "audit") || open == 0)
        return false;
    return open > 1 || !who || !is_value(oracle, at, order, "open") || !is_value(oracle, at, action, "match");
}

/* What must follow a look. Results of the whole chain: who stands there, how much opens, what is collected. */
static bool owes(const struct oracle *oracle, const struct oracle_case *at)
{
    const struct rule_set *set = oracle->data.decision->set;
    const struct rule_decision *standing = rule_set_decision(set, SLICE("standing")),
                               *disclosure = rule_set_decision(set, SLICE("disclosure"));
    struct rule_result results[RULE_DECISIONS_MAX];

    if (!decide_all(oracle, &oracle->data, at, results))
        return true;
    struct slice as = standing->output[0].value[results[standing->number].output[0]];
    struct slice open = disclosure->output[0].value[results[disclosure->number].output[0]];
    bool whole = slice_is(open, "FULL"), part = slice_is(open, "SUMMARY") || slice_is(open, "EXISTENCE");
    bool broken_glass = whole && slice_is(as, "clinical") &&
                        is_value(oracle, at, oracle_find(oracle, "break_glass"), "active");
    bool refused_glass = slice_is(open, "NONE") && is_value(oracle, at, oracle_find(oracle, "break_glass"), "active");
    bool ordered = whole && slice_is(as, "enforcement");
    bool looked_for = slice_is(open, "EXISTENCE") && slice_is(as, "oversight");
    bool review = broken_glass || refused_glass || slice_is(as, "enforcement") ||
                  (whole && is_value(oracle, at, oracle_find(oracle, "action"), "erase"));
    const struct {
        const char *word;
        bool due;
    } duty[] = {{"log", true},      {"notify_person", broken_glass}, {"expire_1h", broken_glass},
                {"review", review}, {"redact_location", part},       {"subset", part || ordered},
                {"minimum", ordered}, {"tell_after_term", ordered || looked_for}};

    for (size_t i = 0; i < sizeof duty / sizeof duty[0]; i++) {
        int value = rule_output_value(&oracle->data.decision->output[0], slice_from_string(duty[i].word));
        if (duty[i].due && (value < 0 || !(results[oracle->data.decision->number].collected[0] >> value & 1)))
            return true;
    }
    return false;
}

/* Which drawers belong to a purpose, to be looked into and to be written. */
static const struct {
    const char *purpose, *looks, *writes;
} drawers[] = {
    {"TREAT", " identity contact clinical sensitive social ", " identity contact clinical sensitive social audit "},
    {"ETREAT", " identity contact clinical sensitive social ", " identity contact clinical sensitive social audit "},
    {"CAREMGT", " identity contact social ", " identity contact social "},
    {"HPAYMT", " coverage ", " coverage "},
    {"PATRQT", " identity contact clinical sensitive social coverage audit ",
     " identity contact clinical sensitive social coverage audit "},
    {"HLEGAL", " audit identity ", " "},
    {"ENFORCE", " identity contact ", " "},
    {"HOPERAT", " audit ", " identity contact clinical sensitive social coverage audit "},
};

static bool leaves_purpose(const struct oracle *oracle, const struct oracle_case *at)
{
    int action = oracle_find(oracle, "action"), drawer = oracle_find(oracle, "drawer");
    bool writes = is_value(oracle, at, action, "write") || is_value(oracle, at, action, "register") ||
                  is_value(oracle, at, action, "erase");
    char wanted[64];

    if (openness(oracle, at) == 0)
        return false;
    struct slice name = oracle->fact[drawer].text[at->value[drawer]];
    snprintf(wanted, sizeof wanted, " %.*s ", SLICE_PRINT(name));
    for (size_t i = 0; i < sizeof drawers / sizeof drawers[0]; i++)
        if (is_value(oracle, at, oracle_find(oracle, "purpose"), drawers[i].purpose) &&
            strstr(writes ? drawers[i].writes : drawers[i].looks, wanted))
            return false;
    return true;
}

/* ---- two cases ---- */

static bool is_evidence(const struct oracle_fact *fact)
{
    static const char *const named[] = {"means", "other_cover", "stay_days"};
    bool yes = false, no = false, unknown = false;

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (slice_is(fact->name, named[i]))
            return true;
    for (uint32_t v = 0; v < fact->count; v++) {
        yes |= slice_is(fact->text[v], "yes");
        no |= slice_is(fact->text[v], "no");
        unknown |= slice_is(fact->text[v], "unknown");
    }
    return fact->count == 3 && yes && no && unknown && !slice_is(fact->name, "pregnant");
}

static int need(const struct oracle *oracle, const struct oracle_case *at)
{
    int urgency = oracle_find(oracle, "urgency");

    return is_value(oracle, at, urgency, "immediate")    ? 3
           : is_value(oracle, at, urgency, "urgent")     ? 2
           : is_value(oracle, at, urgency, "deferrable") ? 1
                                                         : 0;
}

/* Does the property speak of these two, who differ in `fact` alone? */
static bool compares(const struct oracle *oracle, enum rule_property property, int fact, const struct oracle_case *at,
                     const struct oracle_case *beside)
{
    bool status = slice_is(oracle->fact[fact].name, "status");
    bool resident = status && is_value(oracle, beside, fact, "citizen_resident");

    switch (property) {
    case PROPERTY_STATUS_BLIND:
    case PROPERTY_STATUS_BLIND_CHARGE:
        return status && may_not_wait(oracle, at);
    case PROPERTY_EVIDENCE:
        return is_evidence(&oracle->fact[fact]) && may_not_wait(oracle, at);
    case PROPERTY_MISSING_FACTS:
        return is_value(oracle, at, fact, "unknown");
    case PROPERTY_CHILD_FLOOR:
    case PROPERTY_CHILD_FLOOR_CHARGE:
        return resident && is_child(oracle, at);
    case PROPERTY_MONOTONE_NEED:
        return need(oracle, beside) > 0 && need(oracle, at) > need(oracle, beside);
    default:
        return false;
    }
}

/* Is the first of these two treated worse than the property allows? */
static bool pair_fails(const struct oracle *oracle, enum rule_property property, const char *scope, int fact,
                       const struct oracle_case *at, const struct oracle_case *beside)
{
    if (!compares(oracle, property, fact, at, beside))
        return false;
    if (oracle->data.decision)
        return openness(oracle, at) > openness(oracle, beside);
    struct care own = due(oracle, scope, at), other = due(oracle, scope, beside);
    if (property == PROPERTY_STATUS_BLIND_CHARGE || property == PROPERTY_CHILD_FLOOR_CHARGE)
        return own.charge > other.charge;
    return own.access < other.access || (property == PROPERTY_EVIDENCE && own.refusal > other.refusal);
}

static bool single_fails(const struct oracle *oracle, enum rule_property property, const char *scope,
                         const struct oracle_case *at)
{
    if (property == PROPERTY_FIREWALL && oracle->data.decision)
        return passes_firewall(oracle, at);
    if (property == PROPERTY_PURPOSE && oracle->data.decision)
        return leaves_purpose(oracle, at);
    if (property == PROPERTY_OBLIGATIONS)
        return owes(oracle, at);
    if (oracle->data.decision)
        return false;
    struct care own = due(oracle, scope, at);
    if (property == PROPERTY_NON_DENIAL)
        return may_not_wait(oracle, at) && (own.access < URGENT_ONLY || own.refusal != NO || own.charge == PREPAY);
    if (property != PROPERTY_DRAFT_WIDENS && property != PROPERTY_REFINEMENT)
        return false;
    struct care floor = care_of(oracle, &oracle->floor, at);
    if (property == PROPERTY_REFINEMENT)
        return own.access < floor.access;
    return own.access < floor.access || own.access == NONE_FUNDED || own.refusal > floor.refusal ||
           own.charge == PREPAY;
}

bool oracle_refutes(const struct oracle *oracle, enum rule_property property, const char *scope,
                    const struct oracle_case *at)
{
    if (single_fails(oracle, property, scope, at))
        return true;
    for (uint32_t f = 0; f < oracle->fact_count; f++) {
        struct oracle_case beside = *at;
        for (uint32_t v = 0; v < oracle->fact[f].count; v++) {
            beside.value[f] = (uint8_t)v;
            if (v != at->value[f] && (pair_fails(oracle, property, scope, (int)f, at, &beside) ||
                                      pair_fails(oracle, property, scope, (int)f, &beside, at)))
                return true;
        }
    }
    return false;
}

/* ---- what a verdict names ---- */

static bool set_fact(const struct oracle *oracle, const struct property_fact *named, struct oracle_case *at)
{
    int fact = find(oracle, named->name);

    if (fact < 0)
        return false;
    for (uint32_t v = 0; v < oracle->fact[fact].count; v++) {
        const struct oracle_fact *known = &oracle->fact[fact];
        struct rule_domain domain = {.kind = known->kind, .minimum = INT64_MIN, .maximum = INT64_MAX, .nullable = true};
        int64_t number;
        bool same = slice_equal(known->text[v], named->value);
        if (rule_kind_is_number(known->kind))
            same = rule_value_of(&domain, named->value, &number) == OK && number == known->number[v];
        if (!same)
            continue;
        at->value[fact] = (uint8_t)v;
        return true;
    }
    return false;
}

bool oracle_confirms(const struct oracle *oracle, const struct property_verdict *verdict)
{
    struct oracle_case at = {0}, beside;

    for (uint32_t f = 0; f < verdict->person_count; f++)
        if (!set_fact(oracle, &verdict->person[f], &at))
            return false;
    if (verdict->beside.name.length == 0)
        return oracle_refutes(oracle, verdict->property, verdict->scope, &at);
    beside = at;
    return set_fact(oracle, &verdict->beside, &beside) &&
           pair_fails(oracle, verdict->property, verdict->scope, find(oracle, verdict->beside.name), &at, &beside);
}
