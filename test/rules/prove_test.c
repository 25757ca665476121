/* SPDX-License-Identifier: Apache-2.0 */

/* Proves the prover: the shipped rule sets hold, every harmful change of a cell is refuted with a case that shows it,
 * and changes that harm nobody are not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model_text.h"
#include "policy_edit.h"
#include "rules/combine.h"

#define MEMORY ((size_t)256 << 20)

static const struct proof *proof_of(struct arena *arena, const struct rule_set *set, const struct rule_set *base)
{
    const struct proof *proof = NULL;
    struct fault fault = {0};

    if (prove(arena, set, base, &proof, &fault) != OK)
        fail_msg("%s", fault.detail);
    return proof;
}

static void must_hold(const struct proof *proof)
{
    for (size_t i = 0; i < proof->count; i++)
        if (!proof->verdict[i].proved && rule_property_blocks(proof->verdict[i].property))
            fail_msg("%s: %.*s", rule_property_entry(proof->verdict[i].property)->name,
                     SLICE_PRINT(proof->verdict[i].counterexample));
}

static void the_joint_standard_holds(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct proof *proof = proof_of(arena, model_policy(arena, "joint-standard"), NULL);

    (void)state;
    must_hold(proof);
    assert_true(prove_holds(proof));
    assert_int_equal(16, proof->count);
}

static void the_belgian_draft_holds_alone_and_with_the_floor(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *standard = model_policy(arena, "joint-standard");
    const struct proof *proof = proof_of(arena, model_policy(arena, "belgium"), standard);

    (void)state;
    must_hold(proof);
    assert_int_equal(24, proof->count);
}

struct mutant {
    enum rule_property property;
    const char *scope;
    struct edit edit[4];
    const char *says; /* part of the counterexample */
};

static void check_mutant(const char *policy, const struct mutant *mutant, bool with_base)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct slice counterexample = {0};
    struct policy mutated;

    policy_compile(arena, policy, mutant->edit, NULL, &mutated);
    const struct rule_set *base = with_base ? model_policy(arena, "joint-standard") : NULL;
    const struct proof *proof = proof_of(arena, mutated.set, base);
    if (policy_proves(proof, mutant->property, mutant->scope, &counterexample))
        fail_msg("%s := %s is not refuted", mutant->edit[0].cell, mutant->edit[0].text);
    if (slice_search(counterexample, slice_from_string(mutant->says)) == SIZE_MAX)
        fail_msg("wanted \"%s\" in: %.*s", mutant->says, SLICE_PRINT(counterexample));
    buffer_free(&mutated.compiled);
}

/* Every row that opens anything, opened to enforcement. */
static void a_door_for_enforcement_is_found_in_every_row(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *set = model_policy(arena, "joint-standard");
    const struct rule_decision *disclosure = rule_set_decision(set, SLICE("disclosure"));
    unsigned doors = 0;

    (void)state;
    for (uint32_t r = 0; r < disclosure->row_count; r++) {
        const struct rule_row *row = &disclosure->row[r];
        if (slice_is(disclosure->output[0].value[row->output[0]], "NONE") || slice_is(row->id, "D-01"))
            continue; /* the one door that is there opens to an order alone (harm_to_the_record_is_refuted) */
        struct slice cell = arena_format(arena, "%.*s_standing", SLICE_PRINT(row->id));
        struct mutant mutant = {PROPERTY_FIREWALL, "alone", {{cell.data, "\"enforcement\""}}, row->id.data};
        check_mutant("joint-standard", &mutant, false);
        doors++;
    }
    assert_true(doors >= 20);
}

static void harm_to_the_record_is_refuted(void **state)
{
    static const struct mutant mutants[] = {
        {PROPERTY_FIREWALL, "alone", {{"D-02_out_outcome", "\"EXISTENCE\""}}, "firewall: EXISTENCE, by row D-02"},
        {PROPERTY_FIREWALL, "alone", {{"S-01_out_standing", "\"clinical\""}}, "sector immigration"},
        {PROPERTY_FIREWALL, "alone", {{"S-02_out_standing", "\"clinical\""}}, "purpose ENFORCE"},
        {PROPERTY_FIREWALL,
         "alone",
         {{"S-01_sector", "\"lawenforcement\""}, {"S-20_sector", "-"}, {"S-20_role", "-"}},
         "sector immigration"},
        {PROPERTY_FIREWALL, "alone", {{"D-02_order", "\"none\""}, {"D-99_out_outcome", "\"FULL\""}}, "D-99"},
        {PROPERTY_FIREWALL, "alone", {{"D-01_action", "-"}}, "row D-01"},
        {PROPERTY_FIREWALL, "alone", {{"D-01_purpose", "-"}}, "row D-01"},
        {PROPERTY_FIREWALL, "alone", {{"D-01_drawer", "\"identity\", \"clinical\""}}, "row D-01"},
        {PROPERTY_FIREWALL, "alone", {{"D-01_order", "\"valid\", \"open\""}}, "order open"},
        {PROPERTY_FIREWALL, "alone", {{"D-83_out_outcome", "\"FULL\""}}, "row D-83"},
        {PROPERTY_FIREWALL, "alone", {{"D-83_order", "-"}}, "row D-83"},
        {PROPERTY_FIREWALL, "alone", {{"D-83_action", "\"match\", \"read\""}}, "row D-83"},
        {PROPERTY_PURPOSE, "alone", {{"D-01_drawer", "\"coverage\""}}, "order valid"},
        {PROPERTY_PURPOSE, "alone", {{"D-70_drawer", "\"clinical\""}}, "purpose HPAYMT"},
        {PROPERTY_PURPOSE, "alone", {{"D-81_drawer", "-"}}, "sector oversight"},
        {PROPERTY_PURPOSE, "alone", {{"D-80_out_outcome", "\"SUMMARY\""}}, "purpose PUBHLTH"},
        {PROPERTY_PURPOSE, "alone", {{"D-90_action", "\"read\""}}, "purpose HOPERAT"},
        {PROPERTY_PURPOSE, "alone", {{"D-20_drawer", "\"coverage\""}}, "drawer coverage"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-01_action", "not(\"read\")"}}, "no row gives log"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-02_break_glass", "\"no\""}}, "no row gives notify_person"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-03_drawer", "\"clinical\""}}, "no row gives review"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-04_out_obligation", "\"log\""}}, "no row gives expire_1h"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-05_standing", "\"none\""}}, "comes to enforce"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-06_disclosure", "\"SUMMARY\""}}, "no row gives redact_location"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-10_disclosure", "\"SUMMARY\""}}, "no row gives minimum"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-11_standing", "\"none\""}}, "no row gives subset"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-12_drawer", "\"identity\""}}, "no row gives tell_after_term"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-13_standing", "\"none\""}}, "no row gives tell_after_term"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-07_disclosure", "\"EXISTENCE\""}}, "no row gives subset"},
        {PROPERTY_OBLIGATIONS, "alone", {{"O-08_action", "\"write\""}}, "erases and nobody reviews it"},
        {PROPERTY_MISSING_FACTS, "alone", {{"D-21_consent", "\"permit\", \"none\", \"unknown\""}}, "unknown"},
        {PROPERTY_MISSING_FACTS, "alone", {{"D-27_relation", "\"unknown\""}}, "unknown"},
        {PROPERTY_MISSING_FACTS, "alone", {{"D-28_break_glass", "not(\"no\")"}}, "unknown"},
        {PROPERTY_MISSING_FACTS, "alone", {{"S-30_training", "not(\"lapsed\")"}}, "unknown"},
        {PROPERTY_TOTALITY, "alone", {{"D-99_standing", "\"none\""}}, "disclosure has no row"},
        {PROPERTY_TOTALITY, "alone", {{"S-99_role", "\"patient\""}}, "standing has no row"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof mutants / sizeof mutants[0]; i++)
        check_mutant("joint-standard", &mutants[i], false);
}

static void harm_to_care_is_refuted(void **state)
{
    static const struct mutant standard[] = {
        {PROPERTY_NON_DENIAL, "alone", {{"F-01_urgency", "\"immediate\", \"urgent\""}}, "urgency unknown"},
        {PROPERTY_NON_DENIAL, "alone", {{"F-01_out_access", "\"ASK_CLINICIAN\""}}, "refused or delayed"},
        {PROPERTY_NON_DENIAL, "alone", {{"F-01_out_may_refuse", "\"ask_clinician\""}}, "may be refused"},
        {PROPERTY_NON_DENIAL, "alone", {{"F-01_out_charge", "\"PREPAY\""}}, "must pay first"},
        {PROPERTY_NON_DENIAL,
         "alone",
         {{"F-01_age_years", ">= 18"}, {"F-02_out_access", "\"NONE_FUNDED\""}},
         "A child of 8"},
        {PROPERTY_MISSING_FACTS, "alone", {{"F-02_age_years", "< 18"}}, "unknown"},
        {PROPERTY_MISSING_FACTS, "alone", {{"F-04_pregnant", "\"yes\""}}, "perhaps pregnant"},
    };
    static const struct mutant belgium[] = {
        {PROPERTY_NON_DENIAL, "alone", {{"BE-02_out_access", "\"NONE_FUNDED\""}}, "gives ASK_CLINICIAN"},
        {PROPERTY_NON_DENIAL,
         "alone",
         {{"BE-02_status", "not(\"undocumented\")"}, {"BE-01_means", "\"below_threshold\""}},
         "undocumented"},
        {PROPERTY_STATUS_BLIND, "alone", {{"BE-01_out_access", "\"FULL\""}}, "gives AS_RESIDENT where"},
        {PROPERTY_STATUS_BLIND, "combined", {{"BE-01_out_access", "\"FULL\""}}, "gives AS_RESIDENT where"},
        {PROPERTY_MISSING_FACTS, "alone", {{"BE-11_certificate", "\"no\""}}, "certificate unknown"},
        {PROPERTY_MISSING_FACTS,
         "alone",
         {{"BE-20_status", "\"citizen_resident\", \"eu_insured\""}, {"BE-30_status", "-"}},
         "unknown"},
        {PROPERTY_TOTALITY, "alone", {{"BE-30_status", "\"visa_long\""}}, "entitlement has no row"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
        check_mutant("joint-standard", &standard[i], false);
    for (size_t i = 0; i < sizeof belgium / sizeof belgium[0]; i++)
        check_mutant("belgium", &belgium[i], true);
}

/* Promise 1: whatever a pack says, the floor answers. */
static void a_pack_that_denies_urgent_care_is_refuted_and_overruled(void **state)
{
    static const struct edit denies[] = {{"BE-01_out_access", "\"NONE_FUNDED\""},
                                         {"BE-02_out_access", "\"NONE_FUNDED\""},
                                         {"BE-02_out_may_refuse", "\"ask_clinician\""},
                                         {"BE-02_out_charge", "\"PREPAY\""},
                                         {NULL, NULL}};
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct slice counterexample = {0};
    struct policy pack;

    (void)state;
    policy_compile(arena, "belgium", denies, NULL, &pack);
    const struct proof *proof = proof_of(arena, pack.set, model_policy(arena, "joint-standard"));
    assert_false(policy_proves(proof, PROPERTY_NON_DENIAL, "alone", &counterexample));
    assert_true(policy_proves(proof, PROPERTY_NON_DENIAL, "combined", &counterexample));
    assert_true(policy_proves(proof, PROPERTY_DRAFT_WIDENS, "combined", &counterexample));
    assert_false(prove_holds(proof));
    buffer_free(&pack.compiled);
}

static void a_change_that_harms_nobody_is_not_refuted(void **state)
{
    static const struct edit harmless[][3] = {
        {{"S-01_sector", "\"immigration\""}},  /* police then has no standing at all */
        {{"S-20_sector", "not(\"unknown\")"}}, /* enforcement outranks it */
        {{"D-28_drawer", "\"clinical\""}},     /* less is open */
        {{"D-40_drawer", "\"identity\""}},     {{"D-32_out_outcome", "\"NONE\""}, {"D-32_relation", "-"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
        struct policy policy;
        policy_compile(arena, "joint-standard", harmless[i], NULL, &policy);
        must_hold(proof_of(arena, policy.set, NULL));
        buffer_free(&policy.compiled);
    }
}

static void rows_must_cite_and_be_in_force(void **state)
{
    static const char HEAD[] =
        "{\"format\":\"hospitium-pack/1\",\"id\":\"p\",\"version\":\"1\",\"valid_from\":\"2026-01-01\","
        "\"known\":[\"service\"],\"sources\":{\"s\":{\"title\":\"L\",\"language\":\"en\"}},\"rows\":{";
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    CLEANUP_BUFFER struct buffer cited = buffer_new(1 << 20), dated = buffer_new(1 << 20);
    struct slice counterexample = {0};
    struct policy policy;

    (void)state;
    buffer_format(&cited, "%s}}%c", HEAD, 0);
    policy_compile(arena, "belgium", NULL, cited.data, &policy);
    assert_false(policy_proves(proof_of(arena, policy.set, NULL), PROPERTY_CITATIONS, "alone", &counterexample));
    assert_true(slice_search(counterexample, SLICE("BE-0")) != SIZE_MAX);
    buffer_free(&policy.compiled);

    buffer_format(&dated,
                  "%s\"BE-20\":{\"source\":\"s\",\"article\":\"1\",\"text\":\"t\",\"valid_to\":\"2027-01-01\"}}}%c",
                  HEAD, 0);
    policy_compile(arena, "belgium", NULL, dated.data, &policy);
    assert_false(policy_proves(proof_of(arena, policy.set, NULL), PROPERTY_NO_GAP, "alone", &counterexample));
    assert_true(slice_search(counterexample, SLICE("BE-20")) != SIZE_MAX);
    buffer_free(&policy.compiled);
}

/* Every pair of answers: the better of both, and nothing that delays what cannot wait. */
static void combining_takes_the_better_of_both(void **state)
{
    (void)state;
    for (unsigned i = 0; i < DUE_ACCESS_COUNT * DUE_ACCESS_COUNT * DUE_CHARGE_COUNT * DUE_CHARGE_COUNT * 4; i++) {
        unsigned rest = i;
        struct care_due floor = {.access = rest % DUE_ACCESS_COUNT}, pack;
        rest /= DUE_ACCESS_COUNT;
        pack.access = rest % DUE_ACCESS_COUNT;
        rest /= DUE_ACCESS_COUNT;
        floor.charge = rest % DUE_CHARGE_COUNT;
        rest /= DUE_CHARGE_COUNT;
        pack.charge = rest % DUE_CHARGE_COUNT;
        rest /= DUE_CHARGE_COUNT;
        floor.may_refuse = rest & 1;
        pack.may_refuse = rest >> 1;

        struct care_due due = combine_care(floor, pack, true), urgent = combine_care(floor, pack, false);
        assert_true(due.access >= floor.access && due.access >= pack.access);
        assert_true(due.access == floor.access || due.access == pack.access);
        assert_true(due.charge <= floor.charge && due.charge <= pack.charge);
        assert_true(due.may_refuse <= floor.may_refuse && due.may_refuse <= pack.may_refuse);
        assert_true(urgent.access >= DUE_ACCESS_URGENT_ONLY && urgent.may_refuse == DUE_REFUSAL_NO &&
                    urgent.charge != DUE_CHARGE_PREPAY);
        struct care_due soft = combine_soften_draft(pack);
        assert_true(soft.access >= pack.access && soft.access != DUE_ACCESS_NONE_FUNDED &&
                    soft.charge != DUE_CHARGE_PREPAY);
    }
}

/* A table that lacks the words which a property speaks of proves nothing by saying nothing. */
static void silence_is_no_proof(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct slice counterexample = {0};
    const struct rule_set *set = model_verified(
        arena, "decision entitlement UNIQUE\nin status string \"citizen\", \"unknown\"\nout access \"FULL\"\n"
               "out may_refuse \"no\"\nout charge \"FREE\"\nrow R1 | - | \"FULL\" | \"no\" | \"FREE\"\n");
    const struct proof *proof = proof_of(arena, set, NULL);

    (void)state;
    assert_false(policy_proves(proof, PROPERTY_NON_DENIAL, "alone", &counterexample));
    assert_false(policy_proves(proof, PROPERTY_STATUS_BLIND, "alone", &counterexample));
}

static void proving_twice_gives_the_same_record(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    CLEANUP_BUFFER struct buffer one = buffer_new(1 << 20), two = buffer_new(1 << 20);

    (void)state;
    prove_write_record(proof_of(arena, model_policy(arena, "joint-standard"), NULL), &one);
    prove_write_record(proof_of(arena, model_policy(arena, "joint-standard"), NULL), &two);
    assert_int_equal(OK, buffer_check(&one));
    assert_true(slice_equal(buffer_view(&one), buffer_view(&two)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_joint_standard_holds),
        cmocka_unit_test(the_belgian_draft_holds_alone_and_with_the_floor),
        cmocka_unit_test(a_door_for_enforcement_is_found_in_every_row),
        cmocka_unit_test(harm_to_the_record_is_refuted),
        cmocka_unit_test(harm_to_care_is_refuted),
        cmocka_unit_test(a_pack_that_denies_urgent_care_is_refuted_and_overruled),
        cmocka_unit_test(a_change_that_harms_nobody_is_not_refuted),
        cmocka_unit_test(rows_must_cite_and_be_in_force),
        cmocka_unit_test(combining_takes_the_better_of_both),
        cmocka_unit_test(silence_is_no_proof),
        cmocka_unit_test(proving_twice_gives_the_same_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
