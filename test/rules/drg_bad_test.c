/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that no file and no input makes the general engine hang, crash or guess: each is refused with a reason, within
 * the memory that it was given. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "drg_text.h"
#include "rules/dmn/xml.h"

#define BODY_BYTES_MAX (20 << 20)

static void assert_refused(struct drg_text *text, enum error error, const char *because)
{
    if (text->error != error || !strstr(text->fault.detail, because))
        fail_msg("%s: %s", error_entry(text->error)->name, text->fault.detail);
    drg_text_free(text);
}

static void refuse_file(const char *file, enum error error, const char *because)
{
    struct drg_text text;

    drg_text_read_files(&text, &file, 1);
    assert_refused(&text, error, because);
}

static void refuse_body(const char *body, enum error error, const char *because)
{
    struct drg_text text;

    drg_text_read(&text, body);
    assert_refused(&text, error, because);
}

/* Text, `count` times something, text. */
static struct buffer repeated(const char *before, const char *one, size_t count, const char *after)
{
    struct buffer text = buffer_new(BODY_BYTES_MAX);

    buffer_string(&text, before);
    for (size_t i = 0; i < count; i++)
        buffer_string(&text, one);
    buffer_string(&text, after);
    buffer_byte(&text, 0);
    assert_int_equal(OK, buffer_check(&text));
    return text;
}

/* ---- files ---- */

static void bombs_and_entities_are_refused_with_their_line(void **state)
{
    (void)state;
    refuse_file("<?xml version='1.0'?>\n<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>\n"
                "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]>\n<definitions>&c;</definitions>",
                ERROR_XML, "line 2");
    refuse_file("<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><definitions>&x;</definitions>", ERROR_XML,
                "line 1");
    refuse_file("<!DOCTYPE d SYSTEM 'http://localhost/d.dtd'><definitions/>", ERROR_XML, "line 1");
    refuse_body("\n\n&undefined;", ERROR_XML, "line 3");
    refuse_body("<decision", ERROR_XML, "line 1");
    refuse_file("", ERROR_XML, "empty");
}

static void xml_that_is_too_deep_or_too_long_is_refused(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer deep = repeated("", "<list>", 400, "");
    CLEANUP_BUFFER struct buffer wide = repeated("", "<!-- 16 megabytes of comments, give or take a few -->\n", 330000,
                                                 "");
    refuse_body(deep.data, ERROR_XML, "line 1");
    refuse_body(wide.data, ERROR_TOO_LARGE, "at most");
}

/* ---- expressions ---- */

/* The text is a line in the report, and the decision is not answered. */
static void report_text(const char *text_of_decision)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(BODY_BYTES_MAX);
    struct drg_text text;

    buffer_format(&body, "<decision name='d'><literalExpression><text>%s</text></literalExpression></decision>",
                  text_of_decision);
    buffer_byte(&body, 0);
    drg_text_read(&text, body.data);
    assert_int_equal(OK, text.error);
    assert_int_equal(1, text.report.count);
    assert_true(slice_starts_with(buffer_view(&text.lines), SLICE("line 1, decision \"d\": ")));
    assert_string_equal("SYNTAX", drg_text_ask(&text, "d", "{}"));
    drg_text_free(&text);
}

static void deep_and_broken_expressions_are_reported(void **state)
{
    static const char *const openings[] = {"(", "[", "{a: ", "not(", "-", "if ", "1 + (", "f(", "a[", "function() "};

    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        CLEANUP_BUFFER struct buffer deep = repeated("", openings[i], 50000, "1");
        report_text(deep.data);
    }
    CLEANUP_BUFFER struct buffer high = repeated("1", " + 1", 200000, "");
    report_text(high.data);
    CLEANUP_BUFFER struct buffer longest = repeated("\"", "aaaaaaaaaa", 110000, "\"");
    report_text(longest.data);
    report_text("1 +");
    report_text("\"open");
}

#define KNOWLEDGE(name, needs, logic)                                                                                  \
    "<businessKnowledgeModel id='" name "' name='" name "'><variable name='" name                                      \
    "'/><encapsulatedLogic><formalParameter name='n'/>" logic "</encapsulatedLogic>" needs "</businessKnowledgeModel>"

/* A limit is an error of its own, and never the null of an answer. */
static void evaluation_without_end_is_stopped(void **state)
{
    (void)state;
    drg_text_check(KNOWLEDGE("f", DRG_KNOWS("f"), DRG_TEXT("f(n + 1)"))
                       DRG_DECISION("d", DRG_KNOWS("f"), DRG_TEXT("f(1)")),
                   "d", "{}", "TOO_DEEP");
    drg_text_check(KNOWLEDGE("f", DRG_KNOWS("g"), DRG_TEXT("g(n)")) KNOWLEDGE("g", DRG_KNOWS("f"), DRG_TEXT("f([n])"))
                       DRG_DECISION("d", DRG_KNOWS("f"), DRG_TEXT("f(1)")),
                   "d", "{}", "TOO_DEEP");
    drg_text_check(KNOWLEDGE("f", DRG_KNOWS("s"), DRG_TEXT("s()")) DRG_DECISION(
                       "e", DRG_KNOWS("f"), DRG_TEXT("f(1)")) "<decisionService id='s' name='s'>"
                                                              "<outputDecision href='#e'/></decisionService>",
                   "e", "{}", "TOO_DEEP");
    drg_text_check(DRG_DECISION("d", "", DRG_TEXT("{f: function(x) f(x), r: f(1)}.r")), "d", "{}", "TOO_DEEP");
    drg_text_check(DRG_DECISION("d", "", DRG_TEXT("count(for i in 1..1000000, j in 1..1000000 return i)")), "d", "{}",
                   "MEMORY");
    drg_text_check(
        DRG_DECISION("d", "",
                     DRG_TEXT("{l: for i in 1..1000 return i, r: some i in l, j in l, k in l satisfies i = 0}.r")),
        "d", "{}", "TOO_COSTLY");
    drg_text_check(DRG_DECISION("d", "",
                                DRG_TEXT("{a: \"0123456789\", b: a+a+a+a+a+a+a+a, c: b+b+b+b+b+b+b+b, "
                                         "e: c+c+c+c+c+c+c+c, f: e+e+e+e+e+e+e+e, g: f+f+f+f+f+f+f+f, "
                                         "h: g+g+g+g+g+g+g+g, i: h+h+h+h+h+h+h+h, j: i+i+i+i+i+i+i+i}")),
                   "d", "{}", "MEMORY");
}

/* ---- graphs ---- */

static void decisions_that_require_themselves_are_refused(void **state)
{
    (void)state;
    refuse_body(DRG_DECISION("a", DRG_NEEDS("Decision", "a"), DRG_TEXT("a")), ERROR_VALUE, "`a` at line 1");
    refuse_body(DRG_DECISION("a", DRG_NEEDS("Decision", "b"), DRG_TEXT("b"))
                    DRG_DECISION("b", DRG_NEEDS("Decision", "c"), DRG_TEXT("c"))
                        DRG_DECISION("c", DRG_NEEDS("Decision", "a"), DRG_TEXT("a")),
                ERROR_VALUE, "requires itself");
    refuse_body(DRG_DECISION("a", DRG_KNOWS("s"), DRG_TEXT("s()")) "<decisionService id='s' name='s'>"
                                                                   "<outputDecision href='#a'/></decisionService>",
                ERROR_VALUE, "requires itself");
}

static struct buffer chain(size_t length)
{
    struct buffer body = buffer_new(BODY_BYTES_MAX);

    for (size_t i = 0; i < length; i++) {
        buffer_format(&body, "<decision id='d%zu' name='d%zu'>", i, i);
        if (i + 1 < length)
            buffer_format(&body, DRG_NEEDS("Decision", "d%zu") DRG_TEXT("d%zu + 1") "</decision>", i + 1, i + 1);
        else
            buffer_string(&body, DRG_TEXT("1") "</decision>");
    }
    buffer_byte(&body, 0);
    return body;
}

static void a_long_chain_is_decided_and_a_longer_one_refused(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer longest = chain(DRG_LEVELS_MAX), longer = chain(DRG_LEVELS_MAX + 2);
    drg_text_check(longest.data, "d0", "{}", "256");
    refuse_body(longer.data, ERROR_TOO_DEEP, "in a row");
}

/* Each level requires the one below twice: without memory of what is known, 2^60 evaluations. */
static void what_is_required_often_is_evaluated_once(void **state)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(BODY_BYTES_MAX);

    (void)state;
    buffer_string(&body, DRG_DECISION("a0", "", DRG_TEXT("1")) DRG_DECISION("b0", "", DRG_TEXT("1")));
    for (int i = 1; i <= 60; i++)
        for (char side = 'a'; side <= 'b'; side++)
            buffer_format(&body,
                          "<decision id='%c%d' name='%c%d'>" DRG_NEEDS("Decision", "a%d") DRG_NEEDS("Decision", "b%d")
                              DRG_TEXT("a%d + b%d") "</decision>",
                          side, i, side, i, i - 1, i - 1, i - 1, i - 1);
    buffer_byte(&body, 0);
    drg_text_check(body.data, "a60", "{}", "1152921504606846976");
}

static void many_rules_are_read_and_decided(void **state)
{
    static const char BEFORE[] = DRG_INPUT("x", "number") "<decision name='d'>" DRG_NEEDS(
        "Input", "x") "<decisionTable "
                      "hitPolicy='FIRST'><input><inputExpression><text>x</text></inputExpression></input><output/>";
    static const char ROW[] = "<rule><inputEntry><text>&lt; 0</text></inputEntry><outputEntry><text>1</text>"
                              "</outputEntry></rule>";
    static const char AFTER[] = "<rule><inputEntry><text>&gt; 5</text></inputEntry><outputEntry><text>\"last\"</text>"
                                "</outputEntry></rule></decisionTable></decision>";

    (void)state;
    CLEANUP_BUFFER struct buffer many = repeated(BEFORE, ROW, 30000, AFTER);
    drg_text_check(many.data, "d", "{\"x\":6}", "\"last\"");
    CLEANUP_BUFFER struct buffer million = repeated(BEFORE, ROW, 140000, AFTER);
    struct drg_text text;
    drg_text_read(&text, million.data);
    assert_int_equal(ERROR_MEMORY, text.error); /* 14 MB of rules are more than 64 MB of tree */
    drg_text_free(&text);
}

static void names_and_inputs_without_end_are_refused(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer inputs = repeated("", "<inputData name='x'/>", DRG_INPUTS_MAX + 1, "");
    refuse_body(inputs.data, ERROR_TOO_LARGE, "input data");
    CLEANUP_BUFFER struct buffer body = repeated("<decision name='", "name ", 1000, "'/>");
    refuse_body(body.data, ERROR_VALUE, "too long");
}

static void a_rule_with_a_cell_too_few_is_reported(void **state)
{
    struct drg_text text;

    (void)state;
    drg_text_read(&text, "<decision name='d'><decisionTable><input><inputExpression><text>1</text></inputExpression>"
                         "</input><output/><rule><outputEntry><text>1</text></outputEntry></rule></decisionTable>"
                         "</decision>");
    assert_int_equal(OK, text.error);
    assert_true(slice_search(buffer_view(&text.lines), SLICE("row 1: The rule has 0 input and 1 output cells")) !=
                SIZE_MAX);
    assert_string_equal("SYNTAX", drg_text_ask(&text, "d", "{}"));
    drg_text_free(&text);
}

#define IMPORT_OF(namespace)                                                                                           \
    "<import name='i' namespace='" namespace "' importType='https://www.omg.org/spec/DMN/20230324/MODEL/'/>"
#define FILE_OF(namespace, body)                                                                                       \
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='" namespace "'>" body "</"           \
                                                                                              "definitions>"

static void imports_in_a_circle_end(void **state)
{
    static const char *const files[] = {
        FILE_OF("urn:a", IMPORT_OF("urn:b") DRG_DECISION("d", "", DRG_TEXT("1"))),
        "no XML at all",
        FILE_OF("urn:b", IMPORT_OF("urn:a") IMPORT_OF("urn:b")),
    };
    struct drg_text text;

    (void)state;
    drg_text_read_files(&text, files, 3);
    assert_int_equal(OK, text.error);
    assert_string_equal("1", drg_text_ask(&text, "d", "{}"));
    drg_text_free(&text);
}

/* ---- inputs ---- */

static void inputs_that_do_not_fit_are_named(void **state)
{
    static const char MODEL[] =
        "<itemDefinition name='Kind'><typeRef>string</typeRef><allowedValues><text>\"a\", \"b\"</text></allowedValues>"
        "</itemDefinition><itemDefinition name='Trip'><itemComponent name='legs' isCollection='true'>"
        "<itemComponent name='on'><typeRef>date</typeRef></itemComponent></itemComponent></itemDefinition>" DRG_INPUT(
            "kind", "Kind") DRG_INPUT("trip", "Trip") DRG_INPUT("other", "number")
            DRG_DECISION("d", DRG_NEEDS("Input", "kind") DRG_NEEDS("Input", "trip"), DRG_TEXT("kind"));
    static const struct {
        const char *inputs, *error, *because;
    } cases[] = {
        {"{\"kind\":\"a\",\"trip\":null}", "\"a\"", ""},
        {"{\"kind\":\"a\",\"trip\":null,\"other\":1}", "\"a\"", ""},
        {"{\"kind\":\"c\",\"trip\":null}", "VALUE", "`kind`"},
        {"{\"kind\":1,\"trip\":null}", "VALUE", "`kind` does not fit: a string"},
        {"{\"kind\":\"a\"}", "REQUIRED", "`trip`"},
        {"{\"kind\":\"a\",\"trip\":null,\"typo\":1}", "VALUE", "no input `typo`"},
        {"{\"kind\":\"a\",\"trip\":{}}", "VALUE", "`trip.legs`"},
        {"{\"kind\":\"a\",\"trip\":{\"legs\":[{\"on\":\"2026-01-01\"},{\"on\":\"soon\"}]}}", "VALUE",
         "`trip.legs[2].on` does not fit: a date"},
        {"{\"kind\":\"a\",\"trip\":{\"legs\":[4]}}", "VALUE", "`trip.legs[1]` does not fit: an object"},
        {"[]", "JSON", "object"},
        {"{\"kind\":", "JSON", ""},
        {"", "JSON", ""},
    };
    struct drg_text text;

    (void)state;
    drg_text_read(&text, MODEL);
    assert_int_equal(OK, text.error);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text.fault = (struct fault){0};
        const char *given = drg_text_ask(&text, "d", cases[i].inputs);
        if (strcmp(given, cases[i].error) != 0 || !strstr(text.fault.detail, cases[i].because))
            fail_msg("%s: %s %s", cases[i].inputs, given, text.fault.detail);
    }
    drg_text_free(&text);
}

/* A thousand questions take no more memory than one. */
static void answers_leave_nothing_behind(void **state)
{
    struct drg_text text;

    (void)state;
    drg_text_read(&text, DRG_INPUT("x", "number") DRG_DECISION(
                             "d", DRG_NEEDS("Input", "x"), DRG_TEXT("sum(for i in 1..100 return {a b: i * x}.a b)")));
    assert_string_equal("5050", drg_text_ask(&text, "d", "{\"x\":1}"));
    size_t once = arena_high_water(text.scratch);
    struct drg_question question;
    assert_int_equal(OK, drg_ask(text.arena, text.model, SLICE("d"), &question, NULL));
    size_t model = arena_high_water(text.arena);
    for (int i = 0; i < 1000; i++) {
        CLEANUP_BUFFER struct buffer answer = buffer_new(1 << 16);
        struct slice notes;
        bool null;
        arena_reset(text.scratch);
        assert_int_equal(OK, drg_answer(text.scratch, &question, SLICE("{\"x\":2}"), 0, &answer, &null, &notes, NULL));
    }
    assert_int_equal(once, arena_high_water(text.scratch));
    assert_int_equal(model, arena_high_water(text.arena));
    drg_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bombs_and_entities_are_refused_with_their_line),
        cmocka_unit_test(xml_that_is_too_deep_or_too_long_is_refused),
        cmocka_unit_test(deep_and_broken_expressions_are_reported),
        cmocka_unit_test(evaluation_without_end_is_stopped),
        cmocka_unit_test(decisions_that_require_themselves_are_refused),
        cmocka_unit_test(a_long_chain_is_decided_and_a_longer_one_refused),
        cmocka_unit_test(what_is_required_often_is_evaluated_once),
        cmocka_unit_test(many_rules_are_read_and_decided),
        cmocka_unit_test(names_and_inputs_without_end_are_refused),
        cmocka_unit_test(a_rule_with_a_cell_too_few_is_reported),
        cmocka_unit_test(imports_in_a_circle_end),
        cmocka_unit_test(inputs_that_do_not_fit_are_named),
        cmocka_unit_test(answers_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
