/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that models are read whole: namespaces of every version, types of every shape, requirements by every kind of
 * reference, imports with and without names; and that what cannot be read is told with its line and cell. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "drg_text.h"

static void every_version_of_dmn_is_read(void **state)
{
    static const char *const namespaces[] = {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/", "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
        char file[512];
        struct drg_text text;
        snprintf(file, sizeof file,
                 "<d:definitions xmlns:d='%s' namespace='urn:t'><d:decision name='a'><d:variable name='a' "
                 "typeRef='feel:number'/><d:literalExpression><d:text>1 + 2</d:text></d:literalExpression>"
                 "</d:decision></d:definitions>",
                 namespaces[i]);
        drg_text_read_files(&text, (const char *const[]){file}, 1);
        assert_int_equal(OK, text.error);
        assert_string_equal("3", drg_text_ask(&text, "a", "{}"));
        drg_text_free(&text);
    }
}

static void other_xml_is_no_model(void **state)
{
    static const char *const files[] = {"<definitions/>", "<definitions xmlns='urn:other'/>",
                                        "<model xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/'/>"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct drg_text text;
        drg_text_read_files(&text, &files[i], 1);
        assert_int_equal(ERROR_SYNTAX, text.error);
        drg_text_free(&text);
    }
}

#define TYPES                                                                                                          \
    "<itemDefinition name='Age'><typeRef>number</typeRef><allowedValues><text>[0..150]</text></allowedValues>"         \
    "</itemDefinition>"                                                                                                \
    "<itemDefinition name='Ages' isCollection='true'><typeRef>Age</typeRef></itemDefinition>"                          \
    "<itemDefinition name='Few' isCollection='true'><typeRef>Age</typeRef>"                                            \
    "<typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>"                                   \
    "<itemDefinition name='Person'><itemComponent name='first name'><typeRef>string</typeRef></itemComponent>"         \
    "<itemComponent name='age'><typeRef>Age</typeRef></itemComponent>"                                                 \
    "<itemComponent name='home'><itemComponent name='city'><typeRef>string</typeRef></itemComponent>"                  \
    "</itemComponent></itemDefinition>"                                                                                \
    "<itemDefinition name='Adder'><functionItem outputTypeRef='number'><parameters name='x' typeRef='number'/>"        \
    "</functionItem></itemDefinition>"

static void values_are_held_to_their_types(void **state)
{
    static const struct {
        const char *type, *text, *expected;
    } cases[] = {
        {"Age", "150", "150"},
        {"Age", "151", "null"},
        {"Age", "&quot;7&quot;", "null"},
        {"Age", "[7]", "7"},
        {"Ages", "[1, 2, 3]", "[1,2,3]"},
        {"Ages", "[1, 200]", "null"},
        {"Ages", "5", "null"},
        {"Few", "[1, 2]", "[1,2]"},
        {"Few", "[1, 2, 3]", "null"},
        {"Person", "{first name: \"A\", age: 3, home: {city: \"B\"}, more: 1}",
         "{\"first name\":\"A\",\"age\":3,\"home\":{\"city\":\"B\"},\"more\":1}"},
        {"Person", "{first name: \"A\", age: 3}", "null"},
        {"Person", "{first name: \"A\", age: 3, home: {city: 4}}", "null"},
        {"Person", "{first name: \"A\", age: 300, home: {city: \"B\"}}", "null"},
        {"list&lt;number>", "[1]", "[1]"},
        {"list&lt;number>", "[\"a\"]", "null"},
        {"date and time", "@\"2026-01-02\"", "\"2026-01-02T00:00:00Z\""},
        {"", "\"anything\"", "\"anything\""},
        {"Any", "[1, \"a\"]", "[1,\"a\"]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[4096];
        snprintf(body, sizeof body,
                 TYPES "<decision name='d'><variable name='d' typeRef='%s'/>" DRG_TEXT("%s") "</decision>",
                 cases[i].type, cases[i].text);
        drg_text_check(body, "d", "{}", cases[i].expected);
    }
}

static void a_type_that_is_not_there_is_reported(void **state)
{
    struct drg_text text;

    (void)state;
    drg_text_read(&text, "\n" DRG_TYPED("d", "Nonsense", "", DRG_TEXT("1")));
    assert_int_equal(OK, text.error);
    assert_int_equal(1, text.report.count);
    assert_true(slice_is(buffer_view(&text.lines), "line 2, decision \"d\": There is no type `Nonsense`.\n"));
    assert_string_equal("SYNTAX", drg_text_ask(&text, "d", "{}"));
    drg_text_free(&text);
}

static void a_type_made_of_itself_is_reported(void **state)
{
    struct drg_text text;

    (void)state;
    drg_text_read(&text,
                  "<itemDefinition name='A'><typeRef>B</typeRef></itemDefinition>"
                  "<itemDefinition name='B' isCollection='true'><typeRef>A</typeRef></itemDefinition>"
                  "<itemDefinition name='Tree'><itemComponent name='left'><typeRef>Tree</typeRef></itemComponent>"
                  "</itemDefinition>" DRG_TYPED("d", "Tree", "", DRG_TEXT("{left: {left: null}}")));
    assert_int_equal(OK, text.error);
    assert_int_equal(1, text.report.count);
    assert_string_equal("{\"left\":{\"left\":null}}", drg_text_ask(&text, "d", "{}"));
    drg_text_free(&text);
}

static void references_are_local_or_with_the_namespace(void **state)
{
    (void)state;
    drg_text_check(DRG_INPUT("a", "number") DRG_DECISION(
                       "d", "<informationRequirement><requiredInput href='urn:test#a'/></informationRequirement>",
                       DRG_TEXT("a + 1")),
                   "d", "{\"a\":1}", "2");
}

static void a_reference_to_nothing_is_reported(void **state)
{
    struct drg_text text;

    (void)state;
    drg_text_read(&text, DRG_DECISION("d", DRG_NEEDS("Input", "ghost"), DRG_TEXT("1")));
    assert_int_equal(OK, text.error);
    assert_int_equal(1, text.report.count);
    assert_string_equal("SYNTAX", drg_text_ask(&text, "d", "{}"));
    drg_text_free(&text);
}

/* `a-b`, `Person.age` and `if x` are names where something has that name, and only there. */
static void a_name_is_one_only_where_it_is_in_scope(void **state)
{
    static const char MODEL[] = DRG_INPUT("a", "number") DRG_INPUT("b", "number") DRG_INPUT("a-b", "number")
        DRG_DECISION("sum", DRG_NEEDS("Input", "a") DRG_NEEDS("Input", "b"), DRG_TEXT("a-b"))
            DRG_DECISION("own", DRG_NEEDS("Input", "a-b"), DRG_TEXT("a-b + 1"));

    (void)state;
    drg_text_check(MODEL, "sum", "{\"a\":7,\"b\":2}", "5");
    drg_text_check(MODEL, "own", "{\"a-b\":1}", "2");
}

/* A key of two words is a name in the texts of those that require it, in whatever order they stand in the file. */
static void keys_are_names_where_their_context_is_required(void **state)
{
    (void)state;
    drg_text_check(DRG_DECISION("user", DRG_NEEDS("Decision", "maker"), DRG_TEXT("maker.my own key + 1"))
                       DRG_DECISION("maker", "", DRG_TEXT("{my own key: 41}")),
                   "user", "{}", "42");
}

#define FILE(namespace, name, body)                                                                                    \
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='" namespace "' name='" name          \
                                                                                              "'>" body                \
                                                                                              "</definitions>"
#define IMPORT(namespace, name)                                                                                        \
    "<import namespace='" namespace "' name='" name "' importType='https://www.omg.org/spec/DMN/20230324/MODEL/'/>"
#define FAR_NEEDS(kind, namespace, id)                                                                                 \
    "<informationRequirement><required" kind " href='" namespace "#" id "'/></informationRequirement>"

static const char FAR[] = FILE(
    "urn:far", "far",
    "<itemDefinition name='Money'><typeRef>number</typeRef></itemDefinition>" DRG_INPUT("price", "Money") DRG_DECISION(
        "with tax", DRG_NEEDS("Input", "price"),
        DRG_TEXT("price * 2")) "<businessKnowledgeModel id='twice' name='twice'>"
                               "<variable name='twice'/><encapsulatedLogic><formalParameter name='x' "
                               "typeRef='Money'/>" DRG_TEXT("x * 2") "</encapsulatedLogic></businessKnowledgeModel>");

static void check_files(const char *const *file, size_t count, const char *inputs, const char *expected)
{
    struct drg_text text;

    drg_text_read_files(&text, file, count);
    if (text.error != OK)
        fail_msg("%s %s", error_entry(text.error)->name, text.fault.detail);
    const char *given = drg_text_ask(&text, "d", inputs);
    if (strcmp(given, expected) != 0)
        fail_msg("%s: expected %s, given %s %s\n%.*s", inputs, expected, given, text.fault.detail,
                 SLICE_PRINT(buffer_view(&text.lines)));
    drg_text_free(&text);
}

static void what_is_imported_has_the_name_of_its_import(void **state)
{
    static const char NEAR[] = FILE(
        "urn:near", "near",
        IMPORT("urn:far", "the far one") DRG_TYPED(
            "d", "the far one.Money",
            FAR_NEEDS(
                "Decision", "urn:far",
                "with tax") "<knowledgeRequirement><requiredKnowledge href='urn:far#twice'/></knowledgeRequirement>",
            DRG_TEXT("the far one.with tax + the far one.twice(10)")));

    (void)state;
    check_files((const char *const[]){NEAR, FILE("urn:x", "x", ""), FAR}, 3, "{\"price\":5}", "30");
}

static void an_import_without_a_name_brings_names_as_they_are(void **state)
{
    static const char NEAR[] = FILE(
        "urn:near", "near",
        IMPORT("urn:far", "")
            DRG_TYPED("d", "Money", FAR_NEEDS("Decision", "urn:far", "with tax"), DRG_TEXT("with tax + 1")));

    (void)state;
    check_files((const char *const[]){NEAR, FAR}, 2, "{\"price\":5}", "11");
}

static void imports_may_import(void **state)
{
    static const char MIDDLE[] = FILE(
        "urn:middle", "middle",
        IMPORT("urn:far", "f")
            DRG_DECISION("m", FAR_NEEDS("Decision", "urn:far", "with tax"), DRG_TEXT("f.with tax + 1")));
    static const char NEAR[] = FILE(
        "urn:near", "near",
        IMPORT("urn:middle", "m") DRG_DECISION("d", FAR_NEEDS("Decision", "urn:middle", "m"), DRG_TEXT("m.m + 1")));

    (void)state;
    check_files((const char *const[]){NEAR, FAR, MIDDLE}, 3, "{\"price\":5}", "12");
}

static void an_import_that_is_not_there_is_an_error(void **state)
{
    static const char NEAR[] = FILE("urn:near", "near", IMPORT("urn:nowhere", "n"));
    struct drg_text text;

    (void)state;
    drg_text_read_files(&text, (const char *const[]){NEAR, FAR}, 2);
    assert_int_equal(ERROR_VALUE, text.error);
    assert_non_null(strstr(text.fault.detail, "urn:nowhere"));
    drg_text_free(&text);
}

static void what_cannot_be_read_is_told_with_line_row_and_cell(void **state)
{
    struct drg_text text;

    (void)state;
    drg_text_read(
        &text, DRG_INPUT("age", "number") "\n<decision id='d' name='d'>" DRG_NEEDS(
                   "Input", "age") "<decisionTable>\n<input><inputExpression><text>age</text></inputExpression></input>"
                                   "<output name='o'/>\n"
                                   "<rule><inputEntry><text>&lt; 5</text></inputEntry><outputEntry><text>1</text>"
                                   "</outputEntry></rule>\n"
                                   "<rule><inputEntry><text>&lt; (</text></inputEntry><outputEntry><text>1 +</text>"
                                   "</outputEntry></rule></decisionTable></decision>");
    assert_int_equal(OK, text.error);
    assert_int_equal(2, text.report.count);
    assert_true(slice_starts_with(buffer_view(&text.lines), SLICE("line 5, decision \"d\", row 2")));
    /* A rule that is left out could let another one win: the table as a whole is not evaluated. */
    assert_string_equal("SYNTAX", drg_text_ask(&text, "d", "{\"age\":1}"));
    drg_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_of_dmn_is_read),
        cmocka_unit_test(other_xml_is_no_model),
        cmocka_unit_test(values_are_held_to_their_types),
        cmocka_unit_test(a_type_that_is_not_there_is_reported),
        cmocka_unit_test(a_type_made_of_itself_is_reported),
        cmocka_unit_test(references_are_local_or_with_the_namespace),
        cmocka_unit_test(a_reference_to_nothing_is_reported),
        cmocka_unit_test(a_name_is_one_only_where_it_is_in_scope),
        cmocka_unit_test(keys_are_names_where_their_context_is_required),
        cmocka_unit_test(what_is_imported_has_the_name_of_its_import),
        cmocka_unit_test(an_import_without_a_name_brings_names_as_they_are),
        cmocka_unit_test(imports_may_import),
        cmocka_unit_test(an_import_that_is_not_there_is_an_error),
        cmocka_unit_test(what_cannot_be_read_is_told_with_line_row_and_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
