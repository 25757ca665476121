/* SPDX-License-Identifier: Apache-2.0 */

/* Proves the triage tables (policy/iitt) and what is proved of them: every day of childhood, the two heart rate bands,
 * whole people at random against the claims that the prover makes table by table, harm that is refuted, and what a
 * colour leads to under every rule set that is shipped. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/world.h"
#include "both.h"
#include "model_text.h"
#include "policy_edit.h"
#include "rules/combine.h"
#include "rules/prove/triage.h"
#include "text/json.h"

#define MEMORY ((size_t)512 << 20)
#define PACKS_MAX 64
#define PEOPLE_MAX 512
#define RANDOM_PEOPLE 60000
#define GREEN 4 /* of the colours, gravest first */

struct chart {
    struct arena *arena;
    const struct rule_set *set;
    const struct rule_decision *triage;
    int64_t person[PEOPLE_MAX][RULE_FACTS_MAX];
    uint32_t people;
};

static void read_facts(const struct rule_set *set, const struct json *facts, int64_t *fact)
{
    for (struct json_items i = json_items(facts); json_next(&i);) {
        int at = rule_set_fact(set, i.key);
        assert_true(at >= 0);
        if (json_kind(i.value) == JSON_NULL)
            fact[at] = RULE_UNKNOWN;
        else
            assert_int_equal(OK, rule_value_of(&set->fact[at].domain, json_text(i.value), &fact[at]));
    }
}

static int64_t unknown_of(const struct rule_domain *domain)
{
    return rule_kind_is_number(domain->kind) ? RULE_UNKNOWN : domain->unknown;
}

static void read_person(const struct rule_set *set, const struct json *personas, const struct json *persona,
                        int64_t *fact)
{
    struct slice like = json_text(json_member(persona, "like"));

    for (uint32_t f = 0; f < set->fact_count; f++)
        fact[f] = unknown_of(&set->fact[f].domain);
    for (struct json_items i = json_items(personas); like.length && json_next(&i);)
        if (slice_equal(json_text(json_member(i.value, "who")), like))
            read_facts(set, json_member(i.value, "facts"), fact);
    read_facts(set, json_member(persona, "facts"), fact);
}

static int set_up(void **state)
{
    static struct chart chart;
    const struct json *pack, *personas;

    chart.arena = arena_new(MEMORY);
    chart.set = model_policy(chart.arena, "iitt");
    chart.triage = rule_set_decision(chart.set, SLICE(TRIAGE));
    assert_int_equal(OK, json_parse(chart.arena, model_file(chart.arena, "policy/iitt/pack.json"), &pack, NULL));
    personas = json_member(pack, "personas");
    for (struct json_items i = json_items(personas); json_next(&i) && chart.people < PEOPLE_MAX; chart.people++)
        read_person(chart.set, personas, i.value, chart.person[chart.people]);
    *state = &chart;
    return chart.people >= 40 ? 0 : -1;
}

static int tear_down(void **state)
{
    arena_free(((struct chart *)*state)->arena);
    return both_end(NULL);
}

static const struct rule_row *row_of(const struct chart *chart, const char *decision, const int64_t *fact)
{
    struct rule_result result[RULE_DECISIONS_MAX];
    const struct rule_decision *asked = rule_set_decision(chart->set, slice_from_string(decision));

    assert_int_equal(OK, rules_decide_chain(asked, fact, result));
    return result[asked->number].row;
}

static unsigned colour_of(const struct chart *chart, const int64_t *fact)
{
    return row_of(chart, TRIAGE, fact)->output[0];
}

/* ---- age ---- */

static bool is_an_age_of_the_chart(int64_t day, unsigned *seen)
{
    /* 8 days; 2 and 6 months; the first, the fifth and the twelfth birthday, the first two of which may fall on either
     * of two days; past 50 years. */
    static const int64_t ages[] = {8, 62, 185, 365, 366, 1826, 1827, 4383, 18263};

    for (unsigned i = 0; i < sizeof ages / sizeof ages[0]; i++) {
        if (ages[i] == day) {
            *seen |= 1u << i;
            return true;
        }
    }
    return false;
}

static void the_colour_changes_only_on_days_that_the_charts_name(void **state)
{
    const struct chart *chart = *state;
    int age = rule_set_fact(chart->set, SLICE("age_days"));
    unsigned seen = 0;

    for (uint32_t p = 0; p < chart->people; p++) {
        int64_t fact[RULE_FACTS_MAX];
        unsigned before = 0;
        memcpy(fact, chart->person[p], sizeof fact);
        for (int64_t day = 0; day <= 18300; day += day == 4500 ? 13700 : 1) {
            fact[age] = day;
            unsigned colour = colour_of(chart, fact);
            if (day > 0 && day != 18200 && colour != before && !is_an_age_of_the_chart(day, &seen))
                fail_msg("person %u: another colour on day %lld", p, (long long)day);
            before = colour;
        }
    }
    assert_int_equal(0x1ff, seen); /* and on each of them somebody's does */
}

/* ---- heart rate ---- */

static void the_red_heart_rates_are_not_those_of_step_three(void **state)
{
    const struct chart *chart = *state;
    int rate = rule_set_fact(chart->set, SLICE("heart_rate"));
    int64_t fact[RULE_FACTS_MAX];

    memcpy(fact, chart->person[0], sizeof fact);
    for (fact[rate] = 0; fact[rate] <= 350; fact[rate]++) {
        bool red = fact[rate] < 50 || fact[rate] > 150, high_risk = fact[rate] < 60 || fact[rate] > 130;
        assert_int_equal(red, slice_is(row_of(chart, "circulation", fact)->id, "CI-R4"));
        assert_int_equal(high_risk, slice_is(row_of(chart, "vital_signs", fact)->id, "VS-1"));
        assert_int_equal(red ? 0 : high_risk ? 2 : GREEN, colour_of(chart, fact));
    }
}

/* ---- whole people ---- */

static uint32_t below(struct world *world, uint32_t limit)
{
    uint32_t bits;

    world->random(world, &bits, sizeof bits);
    return bits % limit;
}

static int64_t random_value(struct world *world, const struct rule_domain *domain)
{
    if (!rule_kind_is_number(domain->kind))
        return below(world, domain->value_count);
    return below(world, 8) == 0 ? RULE_UNKNOWN
                                : domain->minimum + below(world, (uint32_t)(domain->maximum - domain->minimum + 1));
}

/* Somebody from pack.json with some facts changed, so that every colour is met often. */
static void random_person(const struct chart *chart, struct world *world, int64_t *fact)
{
    memcpy(fact, chart->person[below(world, chart->people)], RULE_FACTS_MAX * sizeof *fact);
    for (uint32_t changes = below(world, 4); changes > 0; changes--) {
        uint32_t f = below(world, chart->set->fact_count);
        fact[f] = random_value(world, &chart->set->fact[f].domain);
    }
}

/* -1: the fact has no such value. */
static int64_t value(const struct chart *chart, uint32_t fact, const char *words)
{
    int64_t found;

    return rule_value_of(&chart->set->fact[fact].domain, slice_from_string(words), &found) == OK ? found : -1;
}

/* Makes one fact worse; false where nothing is worse. */
static bool worsen(const struct chart *chart, struct world *world, uint32_t f, int64_t *fact)
{
    static const struct {
        const char *name;
        int low, high; /* inside every band */
    } measures[] = {{"heart_rate", 90, 130}, {"respiratory_rate", 25, 29}, {"temperature", 360, 390},
                    {"oxygen", 92, 100},     {"systolic", 0, 159},         {"diastolic", 0, 109}};
    const struct rule_domain *domain = &chart->set->fact[f].domain;

    if (slice_is(chart->set->fact[f].name, "avpu") && fact[f] < 3)
        return fact[f]++, true;
    if (!rule_kind_is_number(domain->kind)) {
        if (fact[f] == unknown_of(domain) || value(chart, f, "yes") < 0 || fact[f] == value(chart, f, "yes"))
            return false;
        fact[f] = value(chart, f, "yes");
        return true;
    }
    for (size_t m = 0; m < sizeof measures / sizeof measures[0]; m++) {
        if (!slice_is(chart->set->fact[f].name, measures[m].name) || fact[f] == RULE_UNKNOWN)
            continue;
        if (fact[f] >= measures[m].low && (fact[f] > measures[m].high || below(world, 2)))
            fact[f] += below(world, (uint32_t)(domain->maximum - fact[f] + 1));
        else
            fact[f] -= below(world, (uint32_t)(fact[f] - domain->minimum + 1));
        return true;
    }
    return false;
}

static void whoever_gets_worse_never_gets_a_milder_colour(void **state)
{
    const struct chart *chart = *state;
    struct world world = world_driven(20261201, 0);
    unsigned compared = 0, raised = 0;

    for (unsigned i = 0; i < RANDOM_PEOPLE; i++) {
        int64_t fact[RULE_FACTS_MAX];
        random_person(chart, &world, fact);
        unsigned before = colour_of(chart, fact);
        uint32_t f = below(&world, chart->set->fact_count);
        if (!worsen(chart, &world, f, fact))
            continue;
        unsigned after = colour_of(chart, fact);
        if (after > before)
            fail_msg("worse %.*s lowers the colour", SLICE_PRINT(chart->set->fact[f].name));
        compared++;
        raised += after < before;
    }
    assert_true(compared > RANDOM_PEOPLE / 2);
    assert_true(raised > compared / 10);
}

/* Takes away what is known of some facts; false where there was nothing to take. */
static void forget(const struct chart *chart, struct world *world, int64_t *fact)
{
    for (uint32_t count = below(world, 6); count > 0; count--) {
        uint32_t f = below(world, chart->set->fact_count);
        fact[f] = unknown_of(&chart->set->fact[f].domain);
    }
}

static void whoever_is_green_stays_green_whatever_is_learnt(void **state)
{
    const struct chart *chart = *state;
    struct world world = world_driven(20261202, 0);
    unsigned green = 0, learnt = 0;

    for (unsigned i = 0; i < RANDOM_PEOPLE; i++) {
        int64_t fact[RULE_FACTS_MAX];
        memcpy(fact, chart->person[below(&world, 2)], sizeof fact); /* the two who are well */
        forget(chart, &world, fact);
        if (colour_of(chart, fact) != GREEN)
            continue;
        green++;
        for (uint32_t f = 0; f < chart->set->fact_count; f++) {
            if (fact[f] != unknown_of(&chart->set->fact[f].domain))
                continue;
            fact[f] = random_value(&world, &chart->set->fact[f].domain);
            learnt++;
        }
        assert_int_equal(GREEN, colour_of(chart, fact));
    }
    assert_true(green > RANDOM_PEOPLE / 10);
    assert_true(learnt > green / 4);
}

/* ---- the prover ---- */

static const struct proof *proof_of(struct arena *arena, const struct rule_set *set)
{
    const struct proof *proof = NULL;
    struct fault fault = {0};

    if (prove(arena, set, NULL, &proof, &fault) != OK)
        fail_msg("%s", fault.detail);
    return proof;
}

static void the_chart_holds(void **state)
{
    const struct chart *chart = *state;
    const struct proof *proof = proof_of(chart->arena, chart->set);

    assert_int_equal(7, proof->count);
    for (size_t i = 0; i < proof->count; i++)
        if (!proof->verdict[i].proved)
            fail_msg("%.*s", SLICE_PRINT(proof->verdict[i].counterexample));
}

struct mutant {
    enum rule_property property;
    struct edit edit[3];
    const char *says; /* part of the counterexample; NULL: it harms nobody */
};

static void harm_to_the_chart_is_refuted(void **state)
{
    static const struct mutant mutants[] = {
        {PROPERTY_TRIAGE_MONOTONE,
         {{"VS-1_heart_rate", "< 60, [131..140]"}, {"VS-0A_heart_rate", "[60..130], > 140"}},
         "heart_rate"},
        {PROPERTY_TRIAGE_MONOTONE, {{"MS-R1as_altered_mental_status", "\"no\""}}, "altered_mental_status no"},
        {PROPERTY_TRIAGE_MONOTONE,
         {{"TR-1a_first_signs", "\"YELLOW\""}, {"TR-2a_first_signs", "\"RED\""}},
         "first_signs"},
        {PROPERTY_TRIAGE_MONOTONE,
         {{"OS-R-pregnancy_pregnancy", "\"YELLOW\""}, {"OS-Y-pregnancy_pregnancy", "\"RED\""}},
         "pregnancy"},
        {PROPERTY_TRIAGE_MONOTONE, {{"PR-R4a_systolic", "[160..200]"}, {"PR-0A_systolic", "< 160, > 200"}}, "systolic"},
        {PROPERTY_TRIAGE_ASSESSED, {{"AB-M-stridor_out_colour", "\"NONE\""}}, "stridor yes"},
        {PROPERTY_TRIAGE_ASSESSED, {{"VS-M-oxygen_out_colour", "\"NONE\""}}, "oxygen"},
        {PROPERTY_TRIAGE_ASSESSED, {{"MS-M-temperature_out_colour", "\"NONE\""}}, "temperature"},
        {PROPERTY_TRIAGE_ASSESSED, {{"PR-M-pregnant_out_colour", "\"NONE\""}}, "perhaps pregnant"},
        {PROPERTY_TRIAGE_ASSESSED, {{"BO-M-age_days_out_colour", "\"NONE\""}}, "age_days"},
        {PROPERTY_TRIAGE_ASSESSED, {{"TR-4a_out_colour", "\"GREEN\""}}, "first_signs INCOMPLETE"},
        {PROPERTY_TRIAGE_ASSESSED, {{"OS-M-injury_out_colour", "\"NONE\""}}, "injury INCOMPLETE"},
        {PROPERTY_TRIAGE_URGENT, {{"UR-1_out_urgency", "\"urgent\""}}, "Of RED"},
        {PROPERTY_TRIAGE_URGENT, {{"UR-2_out_urgency", "\"unknown\""}}, "Of YELLOW"},
        {PROPERTY_TRIAGE_MONOTONE, {{"CI-Y2_out_colour", "\"RED\""}}, NULL},
        {PROPERTY_TRIAGE_ASSESSED, {{"VS-1_heart_rate", "< 60, > 120"}}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof mutants / sizeof mutants[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
        struct slice counterexample = {0};
        struct policy mutated;
        policy_compile(arena, "iitt", mutants[i].edit, NULL, &mutated);
        bool proved = policy_proves(proof_of(arena, mutated.set), mutants[i].property, "alone", &counterexample);
        if (proved != (mutants[i].says == NULL))
            fail_msg("%s := %s: %.*s", mutants[i].edit[0].cell, mutants[i].edit[0].text, SLICE_PRINT(counterexample));
        if (!proved && slice_search(counterexample, slice_from_string(mutants[i].says)) == SIZE_MAX)
            fail_msg("wanted \"%s\" in: %.*s", mutants[i].says, SLICE_PRINT(counterexample));
        buffer_free(&mutated.compiled);
    }
}

static void a_chart_whose_facts_nobody_can_grade_is_refuted(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *set = model_verified(arena, "decision triage PRIORITY\n"
                                                       "in sugar number null, [0..50]\n"
                                                       "out colour \"RED\", \"GREEN\"\n"
                                                       "row A | null, < 3 | \"RED\"\n"
                                                       "row B | >= 3 | \"GREEN\"\n");
    struct slice counterexample = {0};
    const struct proof *proof = proof_of(arena, set);

    (void)state;
    assert_false(policy_proves(proof, PROPERTY_TRIAGE_MONOTONE, "alone", &counterexample));
    assert_true(slice_search(counterexample, SLICE("sugar")) != SIZE_MAX);
    assert_false(policy_proves(proof, PROPERTY_TRIAGE_URGENT, "alone", &counterexample));
    assert_false(prove_holds(proof));
}

static void a_record_that_leaves_a_triage_property_out_is_refused(void **state)
{
    static const char *const names[] = {"triage-monotone", "triage-assessed", "triage-urgent"};
    const struct chart *chart = *state;
    CLEANUP_BUFFER struct buffer record = buffer_new(1 << 20);
    struct both both = both_policy(chart->arena, "iitt");
    const struct proof *proof = both_prove(chart->arena, &both, NULL);
    struct rule_record read;

    both_must_agree(proof, "iitt");
    prove_write_record(proof, &record);
    assert_int_equal(OK, rule_record_verify(chart->arena, chart->set, NULL, buffer_view(&record), &read, NULL));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct slice copy = arena_copy(chart->arena, buffer_view(&record));
        size_t at = slice_search(copy, slice_from_string(names[i]));
        assert_true(at != SIZE_MAX);
        ((char *)(uintptr_t)copy.data)[at] = 'x';
        assert_int_equal(ERROR_UNPROVED, rule_record_verify(chart->arena, chart->set, NULL, copy, &read, NULL));
    }
}

/* ---- care ---- */

static bool is_treated(const struct chart *chart, struct arena *arena, const struct rule_set *care,
                       const struct rule_set *base, struct slice *ret_counterexample)
{
    struct proof *proof = arena_alloc(arena, sizeof *proof);
    struct fault fault = {0};

    assert_non_null(proof);
    *proof = (struct proof){.arena = arena, .fault = &fault, .set = chart->set, .day = PROPERTY_EVERY_DAY};
    if (triage_prove_treated(proof, "beside", care, base) != OK)
        fail_msg("%s", fault.detail);
    assert_int_equal(1, proof->count);
    assert_true(proof->verdict[0].cells > 100);
    *ret_counterexample = proof->verdict[0].counterexample;
    return proof->verdict[0].proved;
}

static void whoever_has_a_colour_is_treated_under_every_rule_set(void **state)
{
    const struct chart *chart = *state;
    const struct rule_set *standard = model_policy(chart->arena, "joint-standard");
    struct slice counterexample;
    const char *name[PACKS_MAX];
    unsigned tried = 0;

    for (size_t i = policy_names(chart->arena, name, PACKS_MAX); i-- > 0;) {
        CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
        const struct rule_set *care = model_policy(arena, name[i]);
        bool pack = rule_set_decision(care, SLICE(COMBINE_PACK)) != NULL;
        if (!pack && !rule_set_decision(care, SLICE(COMBINE_FLOOR)))
            continue;
        if (!is_treated(chart, arena, care, pack ? standard : NULL, &counterexample))
            fail_msg("%s: %.*s", name[i], SLICE_PRINT(counterexample));
        tried++;
    }
    assert_true(tried >= 13);
}

static void a_rule_set_that_refuses_the_red_is_found(void **state)
{
    static const struct edit edits[] = {{"BE-02_out_access", "\"NONE_FUNDED\""}, {0}};
    const struct chart *chart = *state;
    const struct rule_set *standard = model_policy(chart->arena, "joint-standard");
    struct slice counterexample;
    struct policy harmful;

    policy_compile(chart->arena, "belgium", edits, NULL, &harmful);
    assert_false(is_treated(chart, chart->arena, harmful.set, standard, &counterexample));
    assert_true(slice_search(counterexample, SLICE("refused or delayed")) != SIZE_MAX);
    buffer_free(&harmful.compiled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_colour_changes_only_on_days_that_the_charts_name),
        cmocka_unit_test(the_red_heart_rates_are_not_those_of_step_three),
        cmocka_unit_test(whoever_gets_worse_never_gets_a_milder_colour),
        cmocka_unit_test(whoever_is_green_stays_green_whatever_is_learnt),
        cmocka_unit_test(the_chart_holds),
        cmocka_unit_test(harm_to_the_chart_is_refuted),
        cmocka_unit_test(a_chart_whose_facts_nobody_can_grade_is_refuted),
        cmocka_unit_test(a_record_that_leaves_a_triage_property_out_is_refused),
        cmocka_unit_test(whoever_has_a_colour_is_treated_under_every_rule_set),
        cmocka_unit_test(a_rule_set_that_refuses_the_red_is_found),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
