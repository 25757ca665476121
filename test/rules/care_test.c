/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the properties which are reported mean what they say, each on a small table beside one that keeps it; that
 * a failure is told as a person, with the facts that matter and no others, and with every row that causes it once; and
 * what is claimed of a pack's tables about data. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "model_text.h"
#include "policy_edit.h"

#define MEMORY ((size_t)256 << 20)

#define STATUS "in status string \"citizen_resident\", \"undocumented\", \"unknown\"\n"
#define AGE "in age_years number null, [0..120]\n"
#define URGENCY "in urgency string \"immediate\", \"urgent\", \"deferrable\", \"unknown\"\n"
#define OUT                                                                                                            \
    "out access \"AS_RESIDENT\", \"BASKET\", \"URGENT_ONLY\", \"ASK_CLINICIAN\", \"NONE_FUNDED\"\n"                    \
    "out may_refuse \"no\", \"ask_clinician\"\nout charge \"FREE\", \"BILL_LATER\", \"ASK\"\n"
#define TABLE "decision entitlement PRIORITY\n"

struct example {
    const char *text;
    enum rule_property property;
    const char *says; /* the counterexample; NULL: it holds */
    const char *rows; /* that cause it, with spaces between */
};

static void write_rows(const struct property_verdict *verdict, char *into, size_t room)
{
    size_t length = 0;

    into[0] = 0;
    for (uint32_t r = 0; r < verdict->row_count; r++)
        length += (size_t)snprintf(into + length, room - length, "%s%.*s", r ? " " : "",
                                   SLICE_PRINT(verdict->row[r]->id));
}

static const struct property_verdict *verdict_of(const struct proof *proof, enum rule_property property,
                                                 const char *scope)
{
    for (size_t i = 0; i < proof->count; i++)
        if (proof->verdict[i].property == property && strcmp(proof->verdict[i].scope, scope) == 0)
            return &proof->verdict[i];
    fail_msg("%s was not tried", rule_property_entry(property)->name);
    return NULL;
}

static void check(const struct example *example)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct proof *proof;
    struct fault fault = {0};
    char rows[256];

    if (prove(arena, model_verified(arena, example->text), NULL, &proof, &fault) != OK)
        fail_msg("%s", fault.detail);
    const struct property_verdict *verdict = verdict_of(proof, example->property, "alone");
    if (!example->says && verdict->proved)
        return;
    if (!example->says || !slice_is(verdict->counterexample, example->says))
        fail_msg("wanted %s\ngot    %.*s\nof\n%s", example->says ? example->says : "nothing",
                 SLICE_PRINT(verdict->counterexample), example->text);
    write_rows(verdict, rows, sizeof rows);
    assert_string_equal(example->rows, rows);
    assert_string_equal(rule_property_blocks(example->property) ? "refuted" : "reported", property_word(verdict));
}

static void who_pays_must_not_depend_on_status_when_it_cannot_wait(void **state)
{
    static const struct example examples[] = {
        {TABLE STATUS URGENCY OUT "row A | \"citizen_resident\" | - | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n"
                                  "row B | - | - | \"AS_RESIDENT\" | \"no\" | \"BILL_LATER\"\n",
         PROPERTY_STATUS_BLIND_CHARGE,
         "A person, undocumented, urgency not deferrable: row B gives BILL_LATER where row A gives FREE with status "
         "citizen_resident (A law, 1).",
         "B"},
        {TABLE STATUS URGENCY OUT
         "row A | \"citizen_resident\" | \"deferrable\" | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n"
         "row B | - | - | \"AS_RESIDENT\" | \"no\" | \"BILL_LATER\"\n",
         PROPERTY_STATUS_BLIND_CHARGE, NULL, NULL},
        {TABLE URGENCY OUT "row B | - | \"AS_RESIDENT\" | \"no\" | \"BILL_LATER\"\n", PROPERTY_STATUS_BLIND_CHARGE,
         NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        check(&examples[i]);
}

static void a_child_gets_what_a_residents_child_gets(void **state)
{
    static const struct example examples[] = {
        {TABLE STATUS AGE URGENCY OUT "row A | \"citizen_resident\" | - | - | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n"
                                      "row B | - | < 6, null | - | \"BASKET\" | \"no\" | \"FREE\"\n"
                                      "row C | - | - | - | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n",
         PROPERTY_CHILD_FLOOR,
         "A child of 2, undocumented: row B gives BASKET where row A gives AS_RESIDENT with status citizen_resident "
         "(A law, 1).",
         "B C"},
        /* 17 lies in the same cell as 18: the child is told, not the adult. */
        {TABLE STATUS AGE URGENCY OUT "row A | \"citizen_resident\" | - | - | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n"
                                      "row B | - | < 17, null | - | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n"
                                      "row C | - | - | - | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n",
         PROPERTY_CHILD_FLOOR,
         "A child of 17, undocumented: row C gives URGENT_ONLY where row A gives AS_RESIDENT with status "
         "citizen_resident (A law, 1).",
         "C"},
        {TABLE STATUS AGE URGENCY OUT "row A | \"citizen_resident\" | - | - | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n"
                                      "row B | - | < 18 | - | \"AS_RESIDENT\" | \"no\" | \"BILL_LATER\"\n"
                                      "row C | - | - | - | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n",
         PROPERTY_CHILD_FLOOR, NULL, NULL},
        {TABLE STATUS AGE URGENCY OUT "row A | \"citizen_resident\" | - | - | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n"
                                      "row B | - | < 18 | - | \"AS_RESIDENT\" | \"no\" | \"BILL_LATER\"\n"
                                      "row C | - | - | - | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n",
         PROPERTY_CHILD_FLOOR_CHARGE,
         "A child of 8, undocumented: row B gives BILL_LATER where row A gives FREE with status citizen_resident "
         "(A law, 1).",
         "B"},
        {TABLE STATUS URGENCY OUT "row A | - | - | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n", PROPERTY_CHILD_FLOOR,
         "The table does not ask for age.", ""},
        {TABLE AGE URGENCY OUT "row A | - | - | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n", PROPERTY_CHILD_FLOOR, NULL,
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        check(&examples[i]);
}

static void who_needs_it_more_gets_no_less(void **state)
{
    static const struct example examples[] = {
        {TABLE URGENCY OUT "row A | \"deferrable\", \"immediate\" | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n"
                           "row B | - | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n",
         PROPERTY_MONOTONE_NEED,
         "A person, urgent: row B gives URGENT_ONLY where row A gives AS_RESIDENT with urgency deferrable (A law, 1).",
         "B"},
        /* Unknown is no degree of need. */
        {TABLE URGENCY OUT "row A | \"deferrable\" | \"BASKET\" | \"no\" | \"ASK\"\n"
                           "row B | \"unknown\" | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n"
                           "row C | \"immediate\", \"urgent\" | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n",
         PROPERTY_MONOTONE_NEED, NULL, NULL},
        {TABLE "in urgency string \"urgent\", \"unknown\"\n" OUT "row A | - | \"BASKET\" | \"no\" | \"ASK\"\n",
         PROPERTY_MONOTONE_NEED, "The table has no input urgency with the values immediate, urgent and deferrable.",
         ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        check(&examples[i]);
}

#define PAPER "in card string \"yes\", \"no\", \"unknown\"\n"

static void papers_and_money_do_not_change_what_cannot_wait(void **state)
{
    static const struct example examples[] = {
        {TABLE PAPER URGENCY OUT "row A | \"yes\", \"unknown\" | - | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n"
                                 "row B | \"no\" | - | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n",
         PROPERTY_EVIDENCE,
         "A person, card no, urgency not deferrable: row B gives URGENT_ONLY (may refuse: no) where row A gives "
         "AS_RESIDENT (may refuse: no) with card yes (A law, 1).",
         "B"},
        {TABLE PAPER URGENCY OUT "row A | \"yes\", \"unknown\" | - | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n"
                                 "row B | \"no\" | - | \"AS_RESIDENT\" | \"ask_clinician\" | \"ASK\"\n",
         PROPERTY_EVIDENCE,
         "A person, card no, urgency not deferrable: row B gives AS_RESIDENT (may refuse: ask_clinician) where row A "
         "gives AS_RESIDENT (may refuse: no) with card yes (A law, 1).",
         "B"},
        /* Who pays may depend on papers. */
        {TABLE PAPER URGENCY OUT "row A | \"yes\", \"unknown\" | - | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n"
                                 "row B | \"no\" | - | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n",
         PROPERTY_EVIDENCE, NULL, NULL},
        {TABLE "in pregnant string \"yes\", \"no\", \"unknown\"\n" URGENCY OUT
               "row A | \"yes\", \"unknown\" | - | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n"
               "row B | \"no\" | - | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n",
         PROPERTY_EVIDENCE, NULL, NULL},
        {TABLE "in means string \"below_threshold\", \"above\", \"unknown\"\n" URGENCY OUT
               "row A | not(\"above\") | - | \"AS_RESIDENT\" | \"no\" | \"FREE\"\n"
               "row B | \"above\" | - | \"URGENT_ONLY\" | \"no\" | \"ASK\"\n",
         PROPERTY_EVIDENCE,
         "A person, means above, urgency not deferrable: row B gives URGENT_ONLY (may refuse: no) where row A gives "
         "AS_RESIDENT (may refuse: no) with means below_threshold (A law, 1).",
         "B"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        check(&examples[i]);
}

/* Facts without which the failure stays are left out, each row stands once, and the person can be asked about again. */
static void a_person_is_told_by_what_matters(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *set = model_verified(
        arena, TABLE STATUS AGE PAPER URGENCY OUT
        "row A | - | < 18, null | - | - | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n"
        "row B | \"undocumented\", \"unknown\" | >= 65 | \"yes\" | \"immediate\" | \"NONE_FUNDED\" | \"no\" | \"ASK\"\n"
        "row C | - | - | - | - | \"ASK_CLINICIAN\" | \"no\" | \"ASK\"\n");
    const struct proof *proof;
    char rows[64];

    (void)state;
    assert_int_equal(OK, prove(arena, set, NULL, &proof, NULL));
    const struct property_verdict *verdict = verdict_of(proof, PROPERTY_NON_DENIAL, "alone");
    assert_true(
        slice_starts_with(verdict->counterexample,
                          SLICE("A person of 18, urgency not deferrable: is refused or delayed though it may not be "
                                "able to wait; row C gives ASK_CLINICIAN (A law, 1).")));
    write_rows(verdict, rows, sizeof rows);
    assert_string_equal("C", rows); /* B gives less, so C decides in its place */
    assert_int_equal(4, verdict->person_count);
    assert_int_equal(0, verdict->beside.name.length);
}

/* The pack by itself beside the floor of the joint standard. */
static void a_pack_that_gives_less_than_the_floor_is_reported_with_its_rows(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *standard = model_policy(arena, "joint-standard");
    const struct proof *proof;
    const struct edit generous[] = {{"BE-30_out_access", "\"FULL\""}, {NULL, NULL}};
    struct policy better;
    char rows[256];

    (void)state;
    assert_int_equal(OK, prove(arena, model_policy(arena, "belgium"), standard, &proof, NULL));
    const struct property_verdict *verdict = verdict_of(proof, PROPERTY_REFINEMENT, "alone");
    write_rows(verdict, rows, sizeof rows);
    assert_false(verdict->proved);
    assert_non_null(strstr(rows, "BE-30"));
    assert_true(slice_search(verdict->counterexample, SLICE("where the joint standard gives")) != SIZE_MAX);
    assert_true(prove_holds(proof));

    policy_compile(arena, "belgium", generous, NULL, &better);
    assert_int_equal(OK, prove(arena, better.set, standard, &proof, NULL));
    write_rows(verdict_of(proof, PROPERTY_REFINEMENT, "alone"), rows, sizeof rows);
    assert_null(strstr(rows, "BE-30"));
    buffer_free(&better.compiled);
}

#define LAW                                                                                                            \
    "decision disclosure_law PRIORITY\nin sector string \"health\", \"immigration\", \"lawenforcement\", "             \
    "\"unknown\"\n"                                                                                                    \
    "in order string \"valid\", \"none\", \"unknown\"\nout outcome \"NONE\", \"DEIDENTIFIED\", \"ON_COURT_ORDER\"\n"

static void the_law_of_the_place_gives_enforcement_nothing_without_an_order(void **state)
{
    static const struct example examples[] = {
        {LAW "row A | - | \"valid\" | \"ON_COURT_ORDER\"\nrow B | \"health\" | not(\"valid\") | \"DEIDENTIFIED\"\n"
             "row C | not(\"health\") | not(\"valid\") | \"NONE\"\n",
         PROPERTY_FIREWALL, NULL, NULL},
        {LAW "row A | - | \"valid\" | \"ON_COURT_ORDER\"\nrow B | not(\"immigration\") | not(\"valid\") | "
             "\"DEIDENTIFIED\"\nrow C | \"immigration\" | not(\"valid\") | \"NONE\"\n",
         PROPERTY_FIREWALL,
         "Data, sector lawenforcement, order none: row B gives DEIDENTIFIED without a valid order (A law, "
         "1).",
         "B"},
        {LAW "row A | \"health\" | - | \"ON_COURT_ORDER\"\nrow C | not(\"health\") | - | \"NONE\"\n", PROPERTY_FIREWALL,
         "Data, sector health, order none: row A gives ON_COURT_ORDER without a valid order (A law, 1).", "A"},
        {LAW "row A | - | \"unknown\" | \"DEIDENTIFIED\"\nrow C | - | not(\"unknown\") | \"NONE\"\n",
         PROPERTY_MISSING_FACTS,
         "Data, order unknown: row A gives DEIDENTIFIED, more than if the fact were known (A law, 1).", "A"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        check(&examples[i]);
}

#define WARNING                                                                                                        \
    "decision warning UNIQUE\nin step string \"apply\", \"unknown\"\nout warning \"none_known\", \"tell\"\n"           \
    "row W | - | \"tell\"\nwarns tell\n"

static void a_warning_is_never_a_permission(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct rule_set *fed = model_verified(
        arena,
        WARNING "decision access UNIQUE\nin warning string\nout access \"FULL\"\nrow R | \"none_known\", \"tell\" | "
                "\"FULL\"\n");
    const struct proof *proof;

    (void)state;
    assert_int_equal(OK, prove(arena, fed, NULL, &proof, NULL));
    const struct property_verdict *verdict = verdict_of(proof, PROPERTY_FIREWALL, "warning");
    assert_true(slice_is(verdict->counterexample, "The decision access rests on a warning."));
    assert_false(prove_holds(proof));
    assert_int_equal(OK, prove(arena, model_verified(arena, WARNING), NULL, &proof, NULL));
    assert_true(verdict_of(proof, PROPERTY_FIREWALL, "warning")->proved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_pays_must_not_depend_on_status_when_it_cannot_wait),
        cmocka_unit_test(a_child_gets_what_a_residents_child_gets),
        cmocka_unit_test(who_needs_it_more_gets_no_less),
        cmocka_unit_test(papers_and_money_do_not_change_what_cannot_wait),
        cmocka_unit_test(a_person_is_told_by_what_matters),
        cmocka_unit_test(a_pack_that_gives_less_than_the_floor_is_reported_with_its_rows),
        cmocka_unit_test(the_law_of_the_place_gives_enforcement_nothing_without_an_order),
        cmocka_unit_test(a_warning_is_never_a_permission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
