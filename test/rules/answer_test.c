/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that what `hospitium decide` is asked in JSON is answered as the tables say or refused with the reason, and
 * that the people described in the joint standard get what it promises them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model_text.h"
#include "rules/dmn/answer.h"
#include "text/json.h"

static const char MODEL[] =
    "decision price UNIQUE\nin band string\nin member boolean\nout amount\nout note\n"
    "row P1 | \"child\" | - | 0 | \"free\"\nrow P2 | \"adult\" | true | 7.50 | \"less\"\n"
    "row P3 | \"adult\" | false | 10 | \"full\"\n"
    "decision band UNIQUE\nin age number\nout b \"child\", \"adult\"\n"
    "row B1 | < 17.5 | \"child\"\nrow B2 | [17.5..99] | \"adult\"\n"
    "decision tags COLLECT\nin age number\nout tag \"a\", \"b\"\nrow T1 | > 10 | \"b\"\n"
    "row T2 | > 20 | \"a\"\nrow T3 | > 30 | \"b\"\n"
    "decision law UNIQUE\nin as_of date [@\"2020-01-01\"..@\"2099-12-31\"]\nout copay \"4\", \"0\"\n"
    "row L1 | < date(\"2026-05-01\") | \"0\"\nrow L2 | >= date(\"2026-05-01\") | \"4\"\n";

struct question {
    const char *decision, *inputs;
    enum error error, verdict;
    const char *answer; /* or part of the message */
};

static void check_question(const struct rule_set *set, const struct question *question)
{
    CLEANUP_ARENA struct arena *scratch = arena_new(1 << 20);
    CLEANUP_BUFFER struct buffer answer = buffer_new(1 << 16);
    const struct rule_decision *decision = NULL;
    enum error verdict = OK;
    struct fault fault = {0};

    assert_int_equal(OK, answer_decision(set, slice_from_string(question->decision), &decision, &fault));
    enum error error = answer_json(scratch, decision, slice_from_string(question->inputs), false, &answer, &verdict,
                                   &fault);
    if (error != question->error || verdict != question->verdict)
        fail_msg("%s: %s, %s", question->inputs, error_entry(error)->name, error_entry(verdict)->name);
    if (error == OK && !slice_is(buffer_view(&answer), question->answer))
        fail_msg("%s: %.*s", question->inputs, SLICE_PRINT(buffer_view(&answer)));
    if (error != OK && !strstr(fault.detail, question->answer))
        fail_msg("%s: %s", question->inputs, fault.detail);
}

static void questions_in_json_are_answered_or_refused(void **state)
{
    static const struct question questions[] = {
        {"price", "{\"age\": 4, \"member\": false}", OK, OK, "{\"amount\":0,\"note\":\"free\"}"},
        {"price", "{\"age\": 17.5, \"member\": true}", OK, OK, "{\"amount\":7.5,\"note\":\"less\"}"},
        {"price", "{\"age\": 17.49999999999, \"member\": true}", OK, OK, "{\"amount\":0,\"note\":\"free\"}"},
        {"price", "{\"age\": 100, \"member\": true}", OK, ERROR_NO_ROW, "null"},
        {"band", "{\"age\": 99}", OK, OK, "\"adult\""},
        {"tags", "{\"age\": 31}", OK, OK, "[\"b\",\"a\",\"b\"]"},
        {"tags", "{\"age\": 1}", OK, OK, "[]"},
        {"law", "{\"as_of\": \"2026-04-30\"}", OK, OK, "\"0\""},
        {"law", "{\"as_of\": \"2026-05-01\"}", OK, OK, "\"4\""},
        {"law", "{\"as_of\": \"2019-12-31\"}", ERROR_VALUE, OK, "`as_of`"},
        {"law", "{\"as_of\": \"2026-02-30\"}", ERROR_VALUE, OK, "`as_of`"},
        {"law", "{\"as_of\": 20574}", ERROR_VALUE, OK, "`as_of`"},
        {"law", "{}", ERROR_REQUIRED, OK, "`as_of` is missing"},
        {"price", "{\"age\": 4}", ERROR_REQUIRED, OK, "`member` is missing"},
        {"price", "{\"age\": null, \"member\": true}", ERROR_REQUIRED, OK, "`age` is missing"},
        {"price", "{\"age\": \"4\", \"member\": true}", ERROR_VALUE, OK, "`age`"},
        {"price", "{\"age\": 4, \"member\": \"true\"}", ERROR_VALUE, OK, "`member`"},
        {"price", "{\"age\": [4], \"member\": true}", ERROR_VALUE, OK, "`age`"},
        {"price", "{\"age\": 4, \"member\": true, \"agee\": 1}", ERROR_VALUE, OK, "no input `agee`"},
        {"price", "{\"age\": 4, \"age\": 5, \"member\": true}", ERROR_JSON, OK, ""},
        {"price", "[]", ERROR_JSON, OK, "object"},
        {"price", "{", ERROR_JSON, OK, ""},
    };
    CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
    const struct rule_set *set = model_open(arena, MODEL);

    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        check_question(set, &questions[i]);
}

static void a_decision_is_named_where_there_are_several(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
    const struct rule_set *set = model_open(arena, MODEL);
    const struct rule_decision *decision;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(ERROR_USAGE, answer_decision(set, SLICE(""), &decision, &fault));
    assert_non_null(strstr(fault.detail, "price"));
    assert_int_equal(ERROR_USAGE, answer_decision(set, SLICE("nosuch"), &decision, &fault));
    const struct rule_set *one = model_open(arena, "decision a UNIQUE\nin b string\nout o\nrow R | - | 1\n"
                                                   "decision b UNIQUE\nin c number\nout p\nrow Q | - | \"x\"\n");
    assert_int_equal(OK, answer_decision(one, SLICE(""), &decision, &fault));
    assert_true(slice_is(decision->name, "a"));
}

static void an_explanation_goes_step_by_step(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 << 20);
    CLEANUP_BUFFER struct buffer answer = buffer_new(1 << 16);
    const struct rule_set *set = model_policy(arena, "joint-standard");
    const struct json *root, *step;
    enum error verdict;

    (void)state;
    assert_int_equal(OK, answer_json(arena, rule_set_decision(set, SLICE("disclosure")),
                                     SLICE("{\"sector\":\"immigration\",\"drawer\":\"contact\"}"), true, &answer,
                                     &verdict, NULL));
    assert_int_equal(OK, json_parse(arena, buffer_view(&answer), &root, NULL));
    assert_true(json_is(json_member(root, "result"), "NONE"));
    struct json_items steps = json_items(json_member(root, "because"));
    assert_true(json_next(&steps));
    assert_true(json_is(json_member(steps.value, "row"), "S-01"));
    assert_true(json_next(&steps));
    step = steps.value;
    assert_true(json_is(json_member(step, "row"), "D-02"));
    assert_true(json_text(json_path(step, "citation.source")).length > 0);
    assert_false(json_next(&steps));
}

/* The expected members, or the one expected value where the result is a single one. */
static bool as_expected(const struct json *expect, const struct json *result)
{
    for (struct json_items i = json_items(expect); json_next(&i);)
        if (!json_equal(i.value, json_kind(result) == JSON_OBJECT ? json_member_slice(result, i.key) : result))
            return false;
    return json_count(expect) > 0;
}

static void the_people_of_the_joint_standard_get_what_it_promises(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 << 20);
    const struct rule_set *set = model_policy(arena, "joint-standard");
    const struct json *pack, *result;
    unsigned people = 0;

    (void)state;
    assert_int_equal(OK, json_parse(arena, model_file(arena, "policy/joint-standard/pack.json"), &pack, NULL));
    for (struct json_items i = json_items(json_member(pack, "personas")); json_next(&i); people++) {
        CLEANUP_BUFFER struct buffer facts = buffer_new(1 << 16), answer = buffer_new(1 << 16);
        const struct rule_decision *decision = rule_set_decision(set, json_text(json_member(i.value, "decision")));
        enum error verdict;
        struct fault fault = {0};
        json_write(&facts, json_member(i.value, "facts"));
        assert_non_null(decision);
        if (answer_json(arena, decision, buffer_view(&facts), false, &answer, &verdict, &fault) != OK)
            fail_msg("%s", fault.detail);
        assert_int_equal(OK, json_parse(arena, buffer_view(&answer), &result, NULL));
        if (!as_expected(json_member(i.value, "expect"), result))
            fail_msg("%.*s: %.*s", SLICE_PRINT(json_text(json_member(i.value, "who"))),
                     SLICE_PRINT(buffer_view(&answer)));
    }
    assert_true(people >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_in_json_are_answered_or_refused),
        cmocka_unit_test(a_decision_is_named_where_there_are_several),
        cmocka_unit_test(an_explanation_goes_step_by_step),
        cmocka_unit_test(the_people_of_the_joint_standard_get_what_it_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
