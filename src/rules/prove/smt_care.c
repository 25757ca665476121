/* SPDX-License-Identifier: Apache-2.0 */

/* What is claimed of care, in a solver's words: what a table or the better of floor and pack gives to a person, and
 * what must not be. Says for itself what rules/combine.c does, and what the claims are; it shares no code with
 * either. */

#include <stdio.h>

#include "rules/combine.h"
#include "smt_text.h"

#define RESIDENT "citizen_resident"
#define MAJORITY 18 /* Convention on the Rights of the Child, article 1 */

/* From the least to the most; the numbers of the text. */
static const char *const access_words[] = {"NONE_FUNDED", "ASK_CLINICIAN", "URGENT_ONLY", "ESSENTIAL",
                                           "BASKET",      "AS_RESIDENT",   "FULL",        NULL};
#define NONE_FUNDED 0
#define ASK_CLINICIAN 1
#define URGENT_ONLY 2
/* From the best to the worst. */
static const char *const refusal_words[] = {"no", "ask_clinician", NULL};
static const char *const charge_words[] = {"FREE", "PROVIDER_REIMBURSED", "COPAY", "BILL_LATER", "ASK", "PREPAY", NULL};
#define BILL_LATER 3
#define ASK 4
#define PREPAY 5

static const struct scale {
    const char *output;
    const char *const *words;
} scales[] = {{"access", access_words}, {"may_refuse", refusal_words}, {"charge", charge_words}};
#define SCALES 3

struct care {
    struct smt *smt;
    int floor, pack; /* tables of the text, or -1 */
    int urgency, status, age;
};

static const char *const may_not_wait[] = {"immediate", "urgent", "unknown", NULL};

static void put(struct care *care, const char *text)
{
    buffer_string(care->smt->into, text);
}

/* ---- the tables ---- */

/* How many outputs a care table must write for the three that count. */
static enum error count_outputs(struct smt *smt, const struct dmn_decision *decision, uint32_t *ret_count)
{
    *ret_count = 0;
    for (size_t s = 0; s < SCALES; s++) {
        uint32_t o = 0;
        while (o < decision->output_count && !slice_is(decision->output[o].name, scales[s].output))
            o++;
        if (o == decision->output_count)
            return fault_set(smt->fault, ERROR_PROFILE, "The decision %.*s lacks the output %s.",
                             SLICE_PRINT(decision->name), scales[s].output);
        if (o + 1 > *ret_count)
            *ret_count = o + 1;
    }
    return OK;
}

static enum error add_care(struct smt *smt, const char *set, const struct smt_source *source, const char *name,
                           int *ret_table)
{
    const struct dmn_decision *decision = dmn_decision(source->model, slice_from_string(name));
    uint32_t outputs;

    if (!decision)
        return fault_set(smt->fault, ERROR_PROFILE, "There is no decision %s.", name);
    TRY(count_outputs(smt, decision, &outputs));
    return smt_add_table(smt, set, source, decision, false, outputs, ret_table);
}

static enum error add_tables(struct care *care)
{
    struct smt *smt = care->smt;
    bool combined = strcmp(smt->claim->scope, "combined") == 0,
         both = combined || smt->claim->property == PROPERTY_REFINEMENT;
    bool own_floor = strcmp(smt->claim->about, COMBINE_FLOOR) == 0;

    care->floor = care->pack = -1;
    if (both || own_floor)
        TRY(add_care(smt, "floor", both && smt->base ? smt->base : smt->set, COMBINE_FLOOR, &care->floor));
    if (both || !own_floor)
        TRY(add_care(smt, "pack", smt->set, COMBINE_PACK, &care->pack));
    care->urgency = smt_find_fact(smt, COMBINE_URGENCY);
    care->status = smt_find_fact(smt, "status");
    care->age = smt_find_fact(smt, "age_years");
    return OK;
}

/* ---- what is due ---- */

/* "|B: floor access|": the table's own word, as a number of the scale. */
static enum error write_given(struct care *care, const char *set, int table, const struct scale *scale)
{
    struct smt *smt = care->smt;
    int output = smt_find_output(smt, table, scale->output);
    const struct dmn_clause *clause = &smt->table[table].decision->output[output];
    size_t open = 0;

    buffer_format(smt->into, "(declare-const |%s%s %s| Int)\n(assert (= |%s%s %s|", smt->person, set, scale->output,
                  smt->person, set, scale->output);
    for (size_t i = 0; i < clause->allowed.count; i++, open++) {
        int place = smt_place_in(scale->words, clause->allowed.test[i].value.text);
        if (place < 0)
            return fault_set(smt->fault, ERROR_PROFILE, "The output %s has a word that is not in its list: %.*s.",
                             scale->output, SLICE_PRINT(clause->allowed.test[i].value.text));
        put(care, " (ite (= ");
        smt_write_output(smt, table, (uint32_t)output);
        buffer_format(smt->into, " %zu) %d", i, place);
    }
    put(care, " (- 1)");
    for (; open > 0; open--)
        put(care, ")");
    put(care, "))\n");
    return OK;
}

static enum error write_all_given(struct care *care, const char *set, int table)
{
    if (table < 0)
        return OK;
    buffer_format(care->smt->into,
                  "\n; What the %s gives: access from 0 NONE_FUNDED to 6 FULL, may_refuse 0 no, charge "
                  "from 0 FREE to 5 PREPAY\n",
                  set);
    for (size_t s = 0; s < SCALES; s++)
        TRY(write_given(care, set, table, &scales[s]));
    return OK;
}

static void define(struct care *care, const char *name)
{
    buffer_format(care->smt->into, "(declare-const |%s%s| Int)\n(assert (= |%s%s| ", care->smt->person, name,
                  care->smt->person, name);
}

/* One table: what it gives is due. */
static void write_due_alone(struct care *care, const char *set)
{
    for (size_t s = 0; s < SCALES; s++) {
        char name[32];
        snprintf(name, sizeof name, "due %s", scales[s].output);
        define(care, name);
        buffer_format(care->smt->into, "|%s%s %s|))\n", care->smt->person, set, scales[s].output);
    }
}

/* A draft's "not funded" becomes "ask a clinician" and its "pay first" becomes "ask". */
static void write_softened(struct care *care, bool draft)
{
    const char *p = care->smt->person;

    put(care,
        draft ? "; The pack is a draft: it may only widen.\n" : "; The pack is signed: it counts as it stands.\n");
    define(care, "softened access");
    buffer_format(care->smt->into, "(ite (and %s (= |%spack access| %d)) %d |%spack access|)))\n",
                  draft ? "true" : "false", p, NONE_FUNDED, ASK_CLINICIAN, p);
    define(care, "softened charge");
    buffer_format(care->smt->into, "(ite (and %s (= |%spack charge| %d)) %d |%spack charge|)))\n",
                  draft ? "true" : "false", p, PREPAY, ASK, p);
}

static void write_better(struct care *care, const char *name, const char *relation, const char *pack, const char *floor)
{
    const char *p = care->smt->person;

    define(care, name);
    buffer_format(care->smt->into, "(ite (%s |%s%s| |%s%s|) |%s%s| |%s%s|)))\n", relation, p, floor, p, pack, p, floor,
                  p, pack);
}

/* The better of both; and what cannot wait, or may not be able to, is treated first. */
static void write_due_combined(struct care *care)
{
    const char *p = care->smt->person;

    write_softened(care, care->smt->set->draft);
    put(care, "; The better of both, each on its own scale\n");
    write_better(care, "better access", ">", "softened access", "floor access");
    write_better(care, "better may_refuse", "<", "pack may_refuse", "floor may_refuse");
    write_better(care, "better charge", "<", "softened charge", "floor charge");
    put(care, "; Only what is known to be deferrable may wait, be refused or be paid for first.\n");
    buffer_format(care->smt->into, "(define-fun |%scan wait| () Bool ", p);
    smt_write_is(care->smt, care->urgency, "deferrable");
    put(care, ")\n");
    define(care, "due access");
    buffer_format(care->smt->into, "(ite (and (not |%scan wait|) (< |%sbetter access| %d)) %d |%sbetter access|)))\n",
                  p, p, URGENT_ONLY, URGENT_ONLY, p);
    define(care, "due may_refuse");
    buffer_format(care->smt->into, "(ite |%scan wait| |%sbetter may_refuse| 0)))\n", p, p);
    define(care, "due charge");
    buffer_format(care->smt->into, "(ite (and (not |%scan wait|) (= |%sbetter charge| %d)) %d |%sbetter charge|)))\n",
                  p, p, PREPAY, BILL_LATER, p);
}

static void write_answered(struct care *care)
{
    buffer_format(care->smt->into, "(define-fun |%sanswered| () Bool (and true", care->smt->person);
    for (int i = 0; i < 2; i++) {
        int table = i == 0 ? care->floor : care->pack;
        if (table < 0)
            continue;
        put(care, " ");
        smt_write_answers(care->smt, table);
    }
    put(care, "))\n");
}

/* Facts, tables and what is due, for one person. */
static enum error write_person(struct care *care, const char *person)
{
    struct smt *smt = care->smt;

    smt->person = person;
    smt_write_facts(smt);
    smt_write_tables(smt);
    TRY(write_all_given(care, "floor", care->floor));
    TRY(write_all_given(care, "pack", care->pack));
    write_answered(care);
    if (smt->claim->property == PROPERTY_REFINEMENT)
        return OK; /* the two beside each other */
    if (care->floor >= 0 && care->pack >= 0)
        write_due_combined(care);
    else
        write_due_alone(care, care->floor >= 0 ? "floor" : "pack");
    smt->person = "";
    return OK;
}

/* ---- claims ---- */

/* Whom a claim compares: nobody, or two who differ in one of these facts. */
static uint64_t fact_bit(int fact)
{
    return fact >= 0 ? UINT64_C(1) << fact : 0;
}

/* What somebody can lack to show: every fact of yes, no and unknown but pregnancy, and what she owns and where she
 * lives. */
static uint64_t facts_of_evidence(const struct smt *smt)
{
    static const char *const named[] = {"means", "other_cover", "stay_days", NULL};
    static const char *const shown[] = {"yes", "no", "unknown", NULL};
    uint64_t facts = 0;

    for (uint32_t f = 0; f < smt->fact_count; f++) {
        const struct smt_fact *fact = &smt->fact[f];
        bool is_shown = fact->type == DMN_STRING && fact->list->count == 3 && smt_has_values(smt, (int)f, shown) &&
                        !slice_is(fact->name, "pregnant");
        if (is_shown || smt_place_in(named, fact->name) >= 0)
            facts |= UINT64_C(1) << f;
    }
    return facts;
}

static uint64_t compared_facts(const struct care *care)
{
    switch (care->smt->claim->property) {
    case PROPERTY_STATUS_BLIND:
    case PROPERTY_STATUS_BLIND_CHARGE:
    case PROPERTY_CHILD_FLOOR:
    case PROPERTY_CHILD_FLOOR_CHARGE:
        return fact_bit(care->status);
    case PROPERTY_MONOTONE_NEED:
        return fact_bit(care->urgency);
    case PROPERTY_MISSING_FACTS:
        return smt_facts_with_unknown(care->smt);
    default:
        return care->smt->claim->property == PROPERTY_EVIDENCE ? facts_of_evidence(care->smt) : 0;
    }
}

static bool is_about_two(enum rule_property property)
{
    return property != PROPERTY_NON_DENIAL && property != PROPERTY_DRAFT_WIDENS && property != PROPERTY_REFINEMENT;
}

static bool is_about_children(enum rule_property property)
{
    return property == PROPERTY_CHILD_FLOOR || property == PROPERTY_CHILD_FLOOR_CHARGE;
}

static bool is_about_urgency(enum rule_property property)
{
    return property == PROPERTY_NON_DENIAL || property == PROPERTY_STATUS_BLIND ||
           property == PROPERTY_STATUS_BLIND_CHARGE || property == PROPERTY_EVIDENCE;
}

/* Do the tables know the words of the claim? What they do not know is not proved by silence. */
static bool has_words(const struct care *care)
{
    static const char *const resident[] = {RESIDENT, NULL}, *const needs[] = {"immediate", "urgent", "deferrable",
                                                                              NULL};
    const struct smt *smt = care->smt;
    enum rule_property property = smt->claim->property;

    if (is_about_children(property))
        return smt_has_values(smt, care->status, resident) && care->age >= 0 && smt->fact[care->age].type != DMN_STRING;
    if (property == PROPERTY_MONOTONE_NEED)
        return smt_has_values(smt, care->urgency, needs);
    return !is_about_urgency(property) || smt_has_values(smt, care->urgency, may_not_wait);
}

/* Of whom the claim speaks. */
static void write_subject(struct care *care)
{
    static const char *const needs[] = {"immediate", "urgent", "deferrable", NULL};
    struct smt *smt = care->smt;
    enum rule_property property = smt->claim->property;

    if (is_about_urgency(property) || property == PROPERTY_MONOTONE_NEED) {
        put(care, property == PROPERTY_MONOTONE_NEED ? "; Whoever's need is known\n(assert "
                                                     : "; Whoever's need cannot wait, or may not be able to\n(assert ");
        smt_write_is_one(smt, care->urgency, property == PROPERTY_MONOTONE_NEED ? needs : may_not_wait);
        put(care, ")\n");
    }
    if (is_about_children(property)) {
        put(care, "; A child\n(assert (and (not ");
        smt_write_is(smt, care->age, "unknown");
        buffer_format(smt->into, ") (< |%.*s| %d)))\n", SLICE_PRINT(smt->fact[care->age].symbol), MAJORITY);
    }
}

/* How the two stand to each other. */
static void write_comparison(struct care *care)
{
    struct smt *smt = care->smt;

    switch (smt->claim->property) {
    case PROPERTY_CHILD_FLOOR:
    case PROPERTY_CHILD_FLOOR_CHARGE:
        put(care, "|B: status = " RESIDENT "|");
        break;
    case PROPERTY_MONOTONE_NEED:
        put(care, "(or (and |urgency = immediate| (or |B: urgency = urgent| |B: urgency = deferrable|)) "
                  "(and |urgency = urgent| |B: urgency = deferrable|))");
        break;
    case PROPERTY_MISSING_FACTS:
        smt_write_first_lacks(smt);
        break;
    default:
        put(care, "true");
    }
}

/* What must not be: the first person fares worse. */
static void write_worse(struct care *care)
{
    switch (care->smt->claim->property) {
    case PROPERTY_STATUS_BLIND_CHARGE:
    case PROPERTY_CHILD_FLOOR_CHARGE:
        put(care, "(> |due charge| |B: due charge|)");
        break;
    case PROPERTY_EVIDENCE:
        put(care, "(or (< |due access| |B: due access|) (> |due may_refuse| |B: due may_refuse|))");
        break;
    default:
        put(care, "(< |due access| |B: due access|)");
    }
}

static void write_broken(struct care *care)
{
    switch (care->smt->claim->property) {
    case PROPERTY_NON_DENIAL:
        buffer_format(care->smt->into, "(< |due access| %d) (not (= |due may_refuse| 0)) (= |due charge| %d)",
                      URGENT_ONLY, PREPAY);
        break;
    case PROPERTY_DRAFT_WIDENS:
        buffer_format(care->smt->into,
                      "(< |due access| |floor access|) (= |due access| %d) (> |due may_refuse| |floor may_refuse|) "
                      "(= |due charge| %d)",
                      NONE_FUNDED, PREPAY);
        break;
    case PROPERTY_REFINEMENT:
        put(care, "(< |pack access| |floor access|)");
        break;
    default:
        put(care, "(and |B: answered| ");
        write_comparison(care);
        put(care, " ");
        write_worse(care);
        put(care, ")");
    }
}

enum error smt_write_care(struct smt *smt)
{
    struct care care = {.smt = smt};
    bool two = is_about_two(smt->claim->property),
         asks_status = smt->claim->property != PROPERTY_EVIDENCE && smt->claim->property != PROPERTY_MONOTONE_NEED;

    TRY(add_tables(&care));
    smt->varied = compared_facts(&care);
    /* A table that does not ask for status treats everybody alike, whatever else it asks. */
    bool alike = two && smt->varied == 0;
    if ((!alike || !asks_status) && !has_words(&care)) {
        smt_write_settled(smt, true, "The tables do not ask in the words that the claim speaks of: it is not proved.");
        return OK;
    }
    if (alike) {
        smt_write_settled(smt, false, "No table asks for a fact in which the two could differ.");
        return OK;
    }
    TRY(write_person(&care, ""));
    if (two)
        TRY(write_person(&care, "B: "));
    smt_write_likeness(smt);
    smt_write_claim(smt);
    write_subject(&care);
    put(&care, "(assert (or (not |answered|) ");
    write_broken(&care);
    put(&care, "))\n");
    return OK;
}
