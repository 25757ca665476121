/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that no day is left out: a row decides only while its norm is in force, and the tables can be asked about every
 * day of the set's term. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "both.h"
#include "model_text.h"
#include "policy_edit.h"
#include "text/date.h"

#define MEMORY ((size_t)64 << 20)
#define AS_OF                                                                                                          \
    "known as_of\ndecision d UNIQUE\nin as_of date [date(\"2026-01-01\")..date(\"2099-12-31\")]\nout o \"1\", \"2\"\n"
#define SPLIT AS_OF "row OLD | < date(\"2026-10-01\") | \"1\"\nrow NEW | >= date(\"2026-10-01\") | \"2\"\n"

static bool proves(const char *text, enum rule_property property, struct slice *ret_counterexample)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    static char kept[512];
    const struct proof *proof;
    struct slice counterexample = {0};

    assert_int_equal(OK, prove(arena, model_verified(arena, text), NULL, &proof, NULL));
    bool proved = policy_proves(proof, property, "alone", &counterexample);
    snprintf(kept, sizeof kept, "%.*s", SLICE_PRINT(counterexample));
    *ret_counterexample = slice_from_string(kept);
    return proved;
}

static void a_row_decides_only_while_its_norm_is_in_force(void **state)
{
    static const struct {
        const char *text, *says; /* NULL: proved */
    } cases[] = {
        {SPLIT, NULL},
        {SPLIT "valid OLD 2026-01-01 2026-09-30\nvalid NEW 2026-10-01 -\n", NULL},
        {SPLIT "valid OLD 2020-01-01 2026-12-31\nvalid NEW 2026-05-01 -\n", NULL},
        {SPLIT "valid OLD 2026-01-01 2026-09-29\nvalid NEW 2026-10-01 -\n", "Row OLD of d is not in force"},
        {SPLIT "valid OLD 2026-01-02 2026-09-30\n", "Row OLD"},
        {SPLIT "valid NEW 2026-10-02 -\n", "Row NEW"},
        {SPLIT "valid NEW 2026-10-01 2098-12-31\n", "Row NEW"},
        {SPLIT "valid NEW 2026-10-01 2027-12-31\n", "Row NEW"},
        {SPLIT "term 2026-01-01 2027-12-31\nvalid NEW 2026-10-01 2027-12-31\n", NULL},
        {SPLIT "term 2026-01-01 2028-01-01\nvalid NEW 2026-10-01 2027-12-31\n", "Row NEW"},
        /* A row of a day before the set's term decides nothing in it. */
        {SPLIT "term 2026-10-01 -\nvalid OLD 2026-02-01 2026-03-01\n", NULL},
        {SPLIT "term 2025-12-31 -\n", "cannot be asked about every day"},
        {SPLIT "term 2026-01-01 2100-01-01\n", "cannot be asked about every day"},
        {AS_OF "row R | - | \"1\"\nvalid R 2026-01-01 2030-01-01\n", "Row R"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R | - | \"1\"\nvalid R - 2030-01-01\n",
         "Row R"},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R | - | \"1\"\nterm 2026-01-01 "
         "2030-01-01\n",
         NULL},
        {"decision d UNIQUE\nin a string \"x\", \"unknown\"\nout o \"1\"\nrow R | - | \"1\"\nterm 2026-01-02 "
         "2026-01-01\n",
         "no term"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice counterexample;
        bool proved = proves(cases[i].text, PROPERTY_NO_GAP, &counterexample);
        if (proved != !cases[i].says ||
            (!proved && slice_search(counterexample, slice_from_string(cases[i].says)) == SIZE_MAX))
            fail_msg("case %zu: %.*s", i, SLICE_PRINT(counterexample));
    }
}

static void a_day_without_a_row_is_found(void **state)
{
    struct slice counterexample;

    (void)state;
    assert_true(proves(SPLIT, PROPERTY_TOTALITY, &counterexample));
    assert_false(proves(AS_OF "row OLD | < date(\"2026-09-30\") | \"1\"\nrow NEW | >= date(\"2026-10-01\") | \"2\"\n",
                        PROPERTY_TOTALITY, &counterexample));
    if (slice_search(counterexample, SLICE("on a day of 2026-09-30: d has no row")) == SIZE_MAX)
        fail_msg("%.*s", SLICE_PRINT(counterexample));
}

static const struct proof *proof_on(struct arena *arena, const struct rule_set *set, int year, int month, int day)
{
    const struct proof *proof;

    assert_int_equal(OK, prove_on(arena, set, NULL, date_day_number(year, month, day), &proof, NULL));
    return proof;
}

static void one_day_is_proved_by_itself(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct slice counterexample;
    const struct proof *proof;
    const struct rule_set *set = model_verified(
        arena, AS_OF "row OLD | < date(\"2026-09-30\") | \"1\"\nrow NEW | >= date(\"2026-10-01\") | \"2\"\n"
                     "valid OLD 2026-01-01 2026-06-30\n");

    (void)state;
    assert_true(policy_proves(proof_on(arena, set, 2026, 6, 30), PROPERTY_NO_GAP, "alone", &counterexample));
    assert_false(policy_proves(proof_on(arena, set, 2026, 7, 1), PROPERTY_NO_GAP, "alone", &counterexample));
    assert_true(policy_proves(proof_on(arena, set, 2026, 7, 1), PROPERTY_TOTALITY, "alone", &counterexample));
    assert_false(policy_proves(proof_on(arena, set, 2026, 9, 30), PROPERTY_TOTALITY, "alone", &counterexample));
    assert_true(policy_proves(proof_on(arena, set, 2026, 10, 1), PROPERTY_TOTALITY, "alone", &counterexample));
    assert_int_equal(ERROR_VALUE, prove_on(arena, set, NULL, date_day_number(2100, 1, 1), &proof, NULL));
}

static const struct proof *both_on(struct arena *arena, const struct both *both, int64_t day)
{
    const struct proof *first, *proof = NULL;

    assert_int_equal(OK, prove_on(arena, both->set, NULL, day, &first, NULL));
    assert_int_equal(OK, second_proof(first, &both->source, NULL, both_solver(), NULL, &proof));
    both_must_agree(proof, "one day");
    return proof;
}

static void a_solver_is_asked_about_the_same_day(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    const struct both both = both_model(
        arena, AS_OF "row OLD | < date(\"2026-09-30\") | \"1\"\nrow NEW | >= date(\"2026-10-01\") | \"2\"\n", true);

    (void)state;
    assert_true(both_on(arena, &both, date_day_number(2026, 9, 29))->verdict[0].proved);
    const struct property_verdict *totality = &both_on(arena, &both, date_day_number(2026, 9, 30))->verdict[0];
    assert_false(totality->proved);
    assert_true(slice_is(totality->z3_says, "as_of 2026-09-30"));
    assert_true(slice_is(both_on(arena, &both, PROPERTY_EVERY_DAY)->verdict[0].z3_says, "as_of 2026-09-30"));
}

static void a_record_of_one_day_activates_nothing(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    CLEANUP_BUFFER struct buffer every_day = buffer_new(1 << 20), one_day = buffer_new(1 << 20);
    const struct both both = both_model(arena, SPLIT, true);
    struct rule_record record;

    (void)state;
    prove_write_record(both_on(arena, &both, PROPERTY_EVERY_DAY), &every_day);
    assert_int_equal(OK, rule_record_verify(arena, both.set, NULL, buffer_view(&every_day), &record, NULL));
    prove_write_record(both_on(arena, &both, date_day_number(2026, 10, 1)), &one_day);
    assert_int_equal(ERROR_UNPROVED, rule_record_verify(arena, both.set, NULL, buffer_view(&one_day), &record, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_decides_only_while_its_norm_is_in_force),
        cmocka_unit_test(a_day_without_a_row_is_found),
        cmocka_unit_test(one_day_is_proved_by_itself),
        cmocka_unit_test(a_solver_is_asked_about_the_same_day),
        cmocka_unit_test(a_record_of_one_day_activates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, both_end);
}
