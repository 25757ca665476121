/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that compiled tables decide as DMN says under every hit policy that is allowed, that values outside their
 * domains decide nothing, and that the explanation is the row that decided. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model_text.h"

static const char TABLE[] = "decision care %s\n"
                            "in urgency string \"urgent\", \"deferrable\", \"unknown\"\n"
                            "in age number null, [0..120]\n"
                            "out access \"FULL\", \"SOME\", \"NONE\"\n"
                            "row R1 | \"deferrable\" | - | \"NONE\"\n"
                            "row R2 | \"urgent\", \"unknown\" | - | \"SOME\"\n"
                            "row R3 | - | < 18, null | \"FULL\"\n"
                            "row R4 | \"urgent\" | >= 65 | \"SOME\"\n";

struct fixture {
    struct arena *arena;
    const struct rule_set *set;
    const struct rule_decision *decision;
};

static struct fixture table_with(const char *hit_policy)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1 << 12);
    struct fixture f = {.arena = arena_new(16 << 20)};
    struct slice rest = slice_from_string(TABLE);

    buffer_slice(&text, slice_cut(&rest, '%'));
    buffer_string(&text, hit_policy);
    buffer_slice(&text, slice_from(rest, 1));
    buffer_byte(&text, 0);
    f.set = model_verified(f.arena, text.data);
    f.decision = rule_set_decision(f.set, SLICE("care"));
    return f;
}

static enum error ask(const struct fixture *f, const char *urgency, const char *age, struct rule_result *ret)
{
    int64_t value[2];

    assert_int_equal(OK, rule_value_of(&f->decision->input[0].domain, slice_from_string(urgency), &value[0]));
    assert_int_equal(OK, rule_value_of(&f->decision->input[1].domain, slice_from_string(age), &value[1]));
    return rules_decide(f->decision, value, ret);
}

static struct slice word(const struct fixture *f, const struct rule_result *result)
{
    return f->decision->output[0].value[result->output[0]];
}

static void unique_takes_the_only_row_and_refuses_two(void **state)
{
    struct fixture f = table_with("UNIQUE");
    struct rule_result result;

    (void)state;
    assert_int_equal(OK, ask(&f, "deferrable", "40", &result));
    assert_true(slice_is(result.row->id, "R1") && slice_is(word(&f, &result), "NONE"));
    assert_int_equal(ERROR_ROWS_DISAGREE, ask(&f, "deferrable", "4", &result));
    assert_null(result.row);
    assert_int_equal(ERROR_ROWS_DISAGREE, ask(&f, "urgent", "80", &result));
    arena_free(f.arena);
}

static void any_takes_rows_that_agree(void **state)
{
    struct fixture f = table_with("ANY");
    struct rule_result result;

    (void)state;
    assert_int_equal(OK, ask(&f, "urgent", "80", &result));
    assert_true(slice_is(result.row->id, "R2") && slice_is(word(&f, &result), "SOME"));
    assert_true(rule_row_matched(f.decision, &result, &f.decision->row[3]));
    assert_false(rule_row_matched(f.decision, &result, &f.decision->row[0]));
    assert_int_equal(ERROR_ROWS_DISAGREE, ask(&f, "urgent", "4", &result));
    arena_free(f.arena);
}

static void priority_takes_the_row_whose_output_stands_first(void **state)
{
    struct fixture f = table_with("PRIORITY");
    struct rule_result result;

    (void)state;
    assert_int_equal(OK, ask(&f, "deferrable", "4", &result));
    assert_true(slice_is(result.row->id, "R3") && slice_is(word(&f, &result), "FULL"));
    assert_int_equal(3, result.row->number);
    assert_int_equal(OK, ask(&f, "deferrable", "unknown", &result));
    assert_true(slice_is(result.row->id, "R3"));
    assert_int_equal(OK, ask(&f, "urgent", "80", &result));
    assert_true(slice_is(result.row->id, "R2")); /* on a tie the first as written */
    arena_free(f.arena);
}

static void collect_takes_all_that_match_and_may_take_none(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
    const struct rule_set *set = model_verified(arena, "decision duties COLLECT\n"
                                                       "in look string \"plain\", \"emergency\", \"unknown\"\n"
                                                       "out duty \"log\", \"tell\", \"review\"\n"
                                                       "row R1 | \"emergency\" | \"tell\"\n"
                                                       "row R2 | \"emergency\" | \"review\"\n"
                                                       "row R3 | \"emergency\", \"unknown\" | \"log\"\n");
    struct rule_result result;

    (void)state;
    assert_int_equal(OK, rules_decide(&set->decision[0], (int64_t[]){1}, &result));
    assert_int_equal(7, result.collected[0]);
    assert_int_equal(OK, rules_decide(&set->decision[0], (int64_t[]){2}, &result));
    assert_int_equal(1, result.collected[0]);
    assert_int_equal(OK, rules_decide(&set->decision[0], (int64_t[]){0}, &result));
    assert_int_equal(0, result.collected[0]);
    assert_null(result.row);
}

static void no_row_is_said_to_be_no_row(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
    const struct rule_set *set = model_verified(arena, "decision d UNIQUE\nin a string \"x\", \"unknown\"\n"
                                                       "out o \"1\"\nrow R1 | \"x\" | \"1\"\n");
    struct rule_result result = {.row = (const struct rule_row *)1};

    (void)state;
    assert_int_equal(ERROR_NO_ROW, rules_decide(&set->decision[0], (int64_t[]){RULE_UNKNOWN}, &result));
    assert_null(result.row);
}

static void a_value_outside_its_domain_decides_nothing(void **state)
{
    struct fixture f = table_with("PRIORITY");
    struct rule_result result;

    (void)state;
    assert_int_equal(ERROR_VALUE, rules_decide(f.decision, (int64_t[]){3, 40}, &result));
    assert_int_equal(ERROR_VALUE, rules_decide(f.decision, (int64_t[]){-1, 40}, &result));
    assert_int_equal(ERROR_VALUE, rules_decide(f.decision, (int64_t[]){0, 121}, &result));
    assert_int_equal(ERROR_VALUE, rules_decide(f.decision, (int64_t[]){0, -1}, &result));
    assert_int_equal(ERROR_VALUE, rules_decide(f.decision, (int64_t[]){INT64_MAX, INT64_MAX}, &result));
    assert_null(result.row);
    arena_free(f.arena);
}

static void unknown_stands_for_what_is_not_said(void **state)
{
    struct fixture f = table_with("PRIORITY");
    struct rule_result result;

    (void)state;
    assert_int_equal(OK, rules_decide(f.decision, (int64_t[]){RULE_UNKNOWN, 40}, &result));
    assert_true(slice_is(result.row->id, "R2"));
    assert_int_equal(OK, rules_decide(f.decision, (int64_t[]){1, RULE_UNKNOWN}, &result));
    assert_true(slice_is(result.row->id, "R3"));
    arena_free(f.arena);
}

/* Only what a cell says about null lets the unknown pass: neither a comparison nor its negation does. */
static void what_is_not_known_is_not_compared(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
    const struct rule_set *set = model_verified(arena,
                                                "decision d COLLECT\nin age number null, [0..120]\n"
                                                "out o \"less\", \"notless\", \"null\", \"any\", \"five\", \"known\"\n"
                                                "row R1 | < 18 | \"less\"\nrow R2 | not(< 18) | \"notless\"\n"
                                                "row R3 | null | \"null\"\nrow R4 | - | \"any\"\n"
                                                "row R5 | not(null, 5) | \"five\"\nrow R6 | not(null) | \"known\"\n");
    struct rule_result result;

    (void)state;
    assert_int_equal(OK, rules_decide(&set->decision[0], (int64_t[]){RULE_UNKNOWN}, &result));
    assert_int_equal(1 << 2 | 1 << 3, result.collected[0]);
    assert_int_equal(OK, rules_decide(&set->decision[0], (int64_t[]){5}, &result));
    assert_int_equal(1 << 0 | 1 << 3 | 1 << 5, result.collected[0]);
}

static void decimals_are_compared_exactly(void **state)
{
    static const struct {
        const char *value, *row;
    } cases[] = {{"1.5", "R2"},
                 {"1.4999999999999999", "R1"},
                 {"1.50000000000000001", "R3"},
                 {"1.500", "R2"},
                 {"-3", "R1"},
                 {"0.3", "R1"},
                 {"1.55", "R3"},
                 {"2", "R3"},
                 {"2.25", "R4"},
                 {"2.3", "R5"},
                 {"2.26", "R5"},
                 {"2.249999", "R3"}};
    CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
    const struct rule_set *set = model_open(arena, "decision d UNIQUE\nin x number\nout o\nrow R1 | < 1.5 | 1\n"
                                                   "row R2 | 1.5 | 2\nrow R3 | (1.5..2.25) | 3\n"
                                                   "row R4 | [2.25..2.25] | 4\nrow R5 | > 2.25 | 5\n");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_result result;
        int64_t value;
        assert_int_equal(OK, rule_value_of(&set->fact[0].domain, slice_from_string(cases[i].value), &value));
        assert_int_equal(OK, rules_decide(&set->decision[0], &value, &result));
        if (!slice_is(result.row->id, cases[i].row))
            fail_msg("%s fell into %.*s", cases[i].value, SLICE_PRINT(result.row->id));
    }
}

static void what_is_no_value_is_refused(void **state)
{
    static const char *const numbers[] = {
        "", "x", "1.", ".", "-", "+1", "1e3", " 1", "1 ", "1,5", "0x10", "1.5", "99999999999999999999", "121", "-1"};
    struct fixture f = table_with("PRIORITY");
    int64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (rule_value_of(&f.decision->input[1].domain, slice_from_string(numbers[i]), &value) == OK)
            fail_msg("%s was taken for an age", numbers[i]);
    assert_int_equal(ERROR_VALUE, rule_value_of(&f.decision->input[0].domain, SLICE("Urgent"), &value));
    assert_int_equal(ERROR_VALUE, rule_value_of(&f.decision->input[0].domain, SLICE(""), &value));
    arena_free(f.arena);
}

static const char CHAIN[] =
    "decision last UNIQUE\nin middle string\nin c string \"k\", \"unknown\"\nout o \"yes\", \"no\"\n"
    "row L1 | \"big\" | - | \"yes\"\nrow L2 | \"small\" | - | \"no\"\n"
    "decision middle UNIQUE\nin first string\nin b string \"y\", \"unknown\"\n"
    "out size \"small\", \"big\"\nrow M1 | \"on\" | \"y\" | \"big\"\n"
    "row M2 | \"on\" | \"unknown\" | \"small\"\nrow M3 | \"off\" | - | \"small\"\n"
    "decision first UNIQUE\nin a number null, [0..9]\nout s \"off\", \"on\"\n"
    "row F1 | < 5, null | \"off\"\nrow F2 | >= 5 | \"on\"\n";

static void tables_feed_each_other_in_any_order_of_writing(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
    const struct rule_set *set = model_verified(arena, CHAIN);
    const struct rule_decision *last = rule_set_decision(set, SLICE("last"));
    struct rule_result result[RULE_DECISIONS_MAX];
    int64_t fact[RULE_FACTS_MAX] = {0};

    (void)state;
    assert_int_equal(3, set->fact_count);
    assert_int_equal(7, last->chain_facts);
    fact[rule_set_fact(set, SLICE("a"))] = 7;
    assert_int_equal(OK, rules_decide_chain(last, fact, result));
    assert_true(slice_is(result[last->number].row->id, "L1"));
    assert_true(slice_is(result[rule_set_decision(set, SLICE("middle"))->number].row->id, "M1"));
    fact[rule_set_fact(set, SLICE("a"))] = RULE_UNKNOWN;
    assert_int_equal(OK, rules_decide_chain(last, fact, result));
    assert_true(slice_is(result[last->number].row->id, "L2"));
    fact[rule_set_fact(set, SLICE("a"))] = 10;
    assert_int_equal(ERROR_VALUE, rules_decide_chain(last, fact, result));
    assert_null(result[last->number].row);
}

static void the_explanation_is_of_the_row_that_decided(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 << 20);
    const struct rule_set *set = model_policy(arena, "joint-standard");
    const struct rule_decision *standing = rule_set_decision(set, SLICE("standing"));
    struct rule_result result;
    int64_t value[4];

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(OK, rule_value_of(&standing->input[i].domain, SLICE("unknown"), &value[i]));
    assert_int_equal(OK, rule_value_of(&standing->input[0].domain, SLICE("immigration"), &value[0]));
    assert_int_equal(OK, rules_decide(standing, value, &result));
    assert_true(slice_is(result.row->id, "S-01"));
    assert_true(slice_search(result.row->citation.source, SLICE("ECRI")) != SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unique_takes_the_only_row_and_refuses_two),
        cmocka_unit_test(any_takes_rows_that_agree),
        cmocka_unit_test(priority_takes_the_row_whose_output_stands_first),
        cmocka_unit_test(collect_takes_all_that_match_and_may_take_none),
        cmocka_unit_test(no_row_is_said_to_be_no_row),
        cmocka_unit_test(a_value_outside_its_domain_decides_nothing),
        cmocka_unit_test(unknown_stands_for_what_is_not_said),
        cmocka_unit_test(what_is_not_known_is_not_compared),
        cmocka_unit_test(decimals_are_compared_exactly),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(tables_feed_each_other_in_any_order_of_writing),
        cmocka_unit_test(the_explanation_is_of_the_row_that_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
