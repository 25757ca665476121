/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what models mean: every hit policy, every boxed expression, requirements, knowledge models and services; and
 * that what is undefined is null. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "drg_text.h"

struct question {
    const char *body, *inputs, *expected;
};

/* Each body decides `d`. */
static void check_all(const struct question *question, size_t count)
{
    for (size_t i = 0; i < count; i++)
        drg_text_check(question[i].body, "d", question[i].inputs, question[i].expected);
}

#define CHECK(questions) check_all(questions, sizeof questions / sizeof questions[0])

/* ---- decision tables ---- */

#define CLAUSE(text) "<input><inputExpression><text>" text "</text></inputExpression></input>"
#define RULE(in, out)                                                                                                  \
    "<rule><inputEntry><text>" in "</text></inputEntry><outputEntry><text>" out "</text></outputEntry></rule>"
#define TABLE(attributes, outputs, rules)                                                                              \
    DRG_INPUT("x", "number")                                                                                           \
    DRG_DECISION("d", DRG_NEEDS("Input", "x"),                                                                         \
                 "<decisionTable " attributes ">" CLAUSE("x") outputs rules "</decisionTable>")
#define VALUES "<output><outputValues><text>3, 1, 2</text></outputValues></output>"
#define RULES RULE("&lt; 10", "1") RULE("&lt; 20", "2") RULE("&gt;= 5", "3") RULE("&lt; 3", "1") RULE("100", "x * 2")

static void every_hit_policy_is_carried_out(void **state)
{
    static const struct question questions[] = {
        {TABLE("", VALUES, RULES), "{\"x\":15}", "null"}, /* rows 2 and 3: not unique */
        {TABLE("", VALUES, RULES), "{\"x\":30}", "3"},
        {TABLE("hitPolicy='UNIQUE'", VALUES, RULES), "{\"x\":4}", "null"},
        {TABLE("hitPolicy='ANY'", "<output/>", RULE("&lt; 5", "1") RULE("&lt; 9", "2 - 1") RULE("7", "3")), "{\"x\":4}",
         "1"},
        {TABLE("hitPolicy='ANY'", "<output/>", RULE("&lt; 5", "1") RULE("&lt; 9", "2 - 1") RULE("7", "3")), "{\"x\":7}",
         "null"},
        {TABLE("hitPolicy='PRIORITY'", VALUES, RULES), "{\"x\":7}", "3"},
        {TABLE("hitPolicy='PRIORITY'", VALUES, RULES), "{\"x\":4}", "1"},
        {TABLE("hitPolicy='FIRST'", VALUES, RULES), "{\"x\":7}", "1"},
        {TABLE("hitPolicy='FIRST'", VALUES, RULES), "{\"x\":15}", "2"},
        {TABLE("hitPolicy='RULE ORDER'", VALUES, RULES), "{\"x\":7}", "[1,2,3]"},
        {TABLE("hitPolicy='OUTPUT ORDER'", VALUES, RULES), "{\"x\":7}", "[3,1,2]"},
        {TABLE("hitPolicy='COLLECT'", VALUES, RULES), "{\"x\":2}", "[1,2,1]"},
        {TABLE("hitPolicy='COLLECT'", VALUES, RULES), "{\"x\":100}", "[3,200]"},
        {TABLE("hitPolicy='COLLECT' aggregation='SUM'", VALUES, RULES), "{\"x\":7}", "6"},
        {TABLE("hitPolicy='COLLECT' aggregation='MIN'", VALUES, RULES), "{\"x\":7}", "1"},
        {TABLE("hitPolicy='COLLECT' aggregation='MAX'", VALUES, RULES), "{\"x\":7}", "3"},
        {TABLE("hitPolicy='COLLECT' aggregation='COUNT'", VALUES, RULES), "{\"x\":2}", "3"},
    };

    (void)state;
    CHECK(questions);
}

#define DEFAULT "<output><defaultOutputEntry><text>\"none\"</text></defaultOutputEntry></output>"

static void without_a_match_there_is_the_default_or_null(void **state)
{
    static const struct question questions[] = {
        {TABLE("", "<output/>", RULE("1", "1")), "{\"x\":2}", "null"},
        {TABLE("", DEFAULT, RULE("1", "1")), "{\"x\":2}", "\"none\""},
        {TABLE("hitPolicy='COLLECT'", "<output/>", RULE("1", "1")), "{\"x\":2}", "null"},
        {TABLE("hitPolicy='COLLECT' aggregation='SUM'", "<output/>", RULE("1", "1")), "{\"x\":2}", "null"},
        {TABLE("hitPolicy='COLLECT' aggregation='COUNT'", "<output/>", RULE("1", "1")), "{\"x\":2}", "null"},
        {TABLE("hitPolicy='COLLECT'", DEFAULT, RULE("1", "1")), "{\"x\":2}", "\"none\""},
        {TABLE("", "<output/>", ""), "{\"x\":2}", "null"},
    };

    (void)state;
    CHECK(questions);
}

#define TWO_OUTPUTS                                                                                                    \
    "<output name='grade'><outputValues><text>\"high\", \"low\"</text></outputValues>"                                 \
    "<defaultOutputEntry><text>\"low\"</text></defaultOutputEntry></output>"                                           \
    "<output name='points' typeRef='number'><outputValues><text>9, 5</text></outputValues></output>"
#define RULE_OF_TWO(in, one, two)                                                                                      \
    "<rule><inputEntry><text>" in "</text></inputEntry><outputEntry><text>" one                                        \
    "</text></outputEntry><outputEntry><text>" two "</text></outputEntry></rule>"
#define TWO_RULES                                                                                                      \
    RULE_OF_TWO("&gt; 1", "\"low\"", "9")                                                                              \
    RULE_OF_TWO("&gt; 2", "\"high\"", "5") RULE_OF_TWO("&gt; 3", "\"high\"", "9") RULE_OF_TWO("77", "\"high\"", "\"\"")

static void several_outputs_are_a_context(void **state)
{
    static const struct question questions[] = {
        {TABLE("", TWO_OUTPUTS, TWO_RULES), "{\"x\":2}", "{\"grade\":\"low\",\"points\":9}"},
        {TABLE("", TWO_OUTPUTS, TWO_RULES), "{\"x\":0}", "{\"grade\":\"low\",\"points\":null}"},
        {TABLE("hitPolicy='PRIORITY'", TWO_OUTPUTS, TWO_RULES), "{\"x\":5}", "{\"grade\":\"high\",\"points\":9}"},
        {TABLE("hitPolicy='OUTPUT ORDER'", TWO_OUTPUTS, TWO_RULES), "{\"x\":4}",
         "[{\"grade\":\"high\",\"points\":9},{\"grade\":\"high\",\"points\":5},{\"grade\":\"low\",\"points\":9}]"},
        /* The type of an output holds for each of its entries. */
        {TABLE("hitPolicy='RULE ORDER'", TWO_OUTPUTS, RULE_OF_TWO("77", "\"high\"", "\"many\"")), "{\"x\":77}",
         "[{\"grade\":\"high\",\"points\":null}]"},
        /* Aggregation is undefined over several outputs. */
        {TABLE("hitPolicy='COLLECT' aggregation='SUM'", TWO_OUTPUTS, TWO_RULES), "{\"x\":2}", "null"},
    };

    (void)state;
    CHECK(questions);
}

#define LIMITED(in)                                                                                                    \
    DRG_INPUT("x", "number")                                                                                           \
    DRG_DECISION("d", DRG_NEEDS("Input", "x"),                                                                         \
                 "<decisionTable><input><inputExpression><text>x</text></inputExpression><inputValues><text>[0..9]"    \
                 "</text></inputValues></input><output/>" RULE(in, "\"yes\"") "</decisionTable>")

static void cells_are_unary_tests_of_their_input(void **state)
{
    static const struct question questions[] = {
        {TABLE("", "<output/>", RULE("-", "1")), "{\"x\":5}", "1"},
        {TABLE("", "<output/>", RULE("-", "1")), "{\"x\":null}", "1"},
        {LIMITED("-"), "{\"x\":9}", "\"yes\""},
        {LIMITED("-"), "{\"x\":10}", "null"}, /* `-` lets pass what the clause allows (10.3.2.10) */
        {TABLE("", "<output/>", RULE("not(1, 2)", "1")), "{\"x\":3}", "1"},
        {TABLE("", "<output/>", RULE("not(1, 2)", "1")), "{\"x\":2}", "null"},
        {TABLE("", "<output/>", RULE("(1..3]", "1")), "{\"x\":1}", "null"},
        {TABLE("", "<output/>", RULE("? * 2 &gt; 5", "1")), "{\"x\":3}", "1"},
        {TABLE("", "<output/>", RULE("null", "1")), "{\"x\":null}", "1"},
        {TABLE("", "<output/>", RULE("&lt; 3", "1")), "{\"x\":null}", "null"},
        {TABLE("", "<output/>", RULE("[1, 3, 5]", "1")), "{\"x\":3}", "1"},
    };

    (void)state;
    CHECK(questions);
}

static void a_table_without_inputs_has_one_answer(void **state)
{
    (void)state;
    drg_text_check(DRG_DECISION("d", "",
                                "<decisionTable><output/><rule><outputEntry><text>7</text></outputEntry></rule>"
                                "</decisionTable>"),
                   "d", "{}", "7");
}

/* ---- boxed expressions ---- */

#define ENTRY(name, logic) "<contextEntry><variable name='" name "'/>" logic "</contextEntry>"
#define BOXED(logic) DRG_DECISION("d", "", logic)
#define PART(name, text) "<" name ">" DRG_TEXT(text) "</" name ">"

static void boxed_expressions_mean_what_their_text_would(void **state)
{
    static const struct question questions[] = {
        {BOXED("<context>" ENTRY("a b", DRG_TEXT("2")) ENTRY("c", DRG_TEXT("a b * 3")) "</context>"), "{}",
         "{\"a b\":2,\"c\":6}"},
        {BOXED("<context>" ENTRY("a", DRG_TEXT("2")) "<contextEntry>" DRG_TEXT("a + 1") "</contextEntry></context>"),
         "{}", "3"},
        {BOXED("<context><contextEntry><variable name='a' typeRef='number'/>" DRG_TEXT(
             "\"x\"") "</contextEntry></context>"),
         "{}", "{\"a\":null}"},
        {BOXED("<list>" DRG_TEXT("1") DRG_TEXT("\"a\"") "<list/></list>"), "{}", "[1,\"a\",[]]"},
        {BOXED("<relation><column name='n'/><column name='s' typeRef='string'/><row>" DRG_TEXT("1")
                   DRG_TEXT("\"a\"") "</row><row>" DRG_TEXT("2") DRG_TEXT("3") "</row></relation>"),
         "{}", "[{\"n\":1,\"s\":\"a\"},{\"n\":2,\"s\":null}]"},
        {BOXED("<conditional>" PART("if", "1 &lt; 2") PART("then", "\"t\"") PART("else", "\"e\"") "</conditional>"),
         "{}", "\"t\""},
        {BOXED("<conditional>" PART("if", "null") PART("then", "\"t\"") PART("else", "\"e\"") "</conditional>"), "{}",
         "\"e\""},
        {BOXED("<conditional>" PART("if", "1") PART("then", "\"t\"") PART("else", "\"e\"") "</conditional>"), "{}",
         "null"},
        {BOXED("<filter>" PART("in", "[1, 5, 9]") PART("match", "item &gt; 3") "</filter>"), "{}", "[5,9]"},
        {BOXED("<filter>" PART("in", "[{n: 1}, {n: 2}]") PART("match", "n = 2") "</filter>"), "{}", "[{\"n\":2}]"},
        {BOXED("<filter>" PART("in", "[1, 2]") PART("match", "\"x\"") "</filter>"), "{}", "null"},
        {BOXED("<filter>" PART("in", "4") PART("match", "item = 4") "</filter>"), "{}", "[4]"},
        {BOXED("<for iteratorVariable='i'>" PART("in", "[1, 2, 3]") PART("return", "i + count(partial)") "</for>"),
         "{}", "[1,3,5]"},
        {BOXED("<some iteratorVariable='my i'>" PART("in", "[1, 2]") PART("satisfies", "my i &gt; 1") "</some>"), "{}",
         "true"},
        {BOXED("<some iteratorVariable='i'>" PART("in", "[]") PART("satisfies", "true") "</some>"), "{}", "false"},
        {BOXED("<some iteratorVariable='i'>" PART("in", "[1, null]") PART("satisfies", "i &gt; 1") "</some>"), "{}",
         "null"},
        {BOXED("<every iteratorVariable='i'>" PART("in", "[1, 2]") PART("satisfies", "i &gt; 1") "</every>"), "{}",
         "false"},
        {BOXED("<every iteratorVariable='i'>" PART("in", "[1, null]") PART("satisfies", "i &lt; 1") "</every>"), "{}",
         "false"},
        {BOXED("<every iteratorVariable='i'>" PART("in", "[2]") PART("satisfies", "\"yes\"") "</every>"), "{}", "null"},
    };

    (void)state;
    CHECK(questions);
}

#define FUNCTION(parameters, body) "<functionDefinition>" parameters body "</functionDefinition>"
#define PARAMETER(name, type) "<formalParameter name='" name "' typeRef='" type "'/>"
#define RESULT(text) "<contextEntry>" DRG_TEXT(text) "</contextEntry>"
#define BINDING(name, text) "<binding><parameter name='" name "'/>" DRG_TEXT(text) "</binding>"

static void boxed_functions_close_over_their_context(void **state)
{
    static const struct question questions[] = {
        {BOXED("<context>" ENTRY("k", DRG_TEXT("10")) ENTRY("f", FUNCTION(PARAMETER("a", "number"), DRG_TEXT("a * k")))
                   RESULT("f(4)") "</context>"),
         "{}", "40"},
        {BOXED("<context>" ENTRY("f", FUNCTION(PARAMETER("a", "number"), DRG_TEXT("a")))
                   RESULT("f(\"x\")") "</context>"),
         "{}", "null"},
        {BOXED("<context>" ENTRY(
             "fact", FUNCTION(PARAMETER("n", "number"), DRG_TEXT("if n &lt; 2 then 1 else n * fact(n - 1)")))
                   RESULT("fact(20)") "</context>"),
         "{}", "2432902008176640000"},
        {BOXED("<context>" ENTRY("f", FUNCTION(PARAMETER("a", "number") PARAMETER("b", "number"),
                                               DRG_TEXT("a - b"))) "<contextEntry><invocation>" DRG_TEXT("f")
                   BINDING("b", "1") BINDING("a", "3") "</invocation></contextEntry></context>"),
         "{}", "2"},
        {BOXED("<context>" ENTRY("f", "<functionDefinition kind='Java'>" PARAMETER("a", "number")
                                          DRG_TEXT("1") "</functionDefinition>") RESULT("f(1)") "</context>"),
         "{}", "null"},
        {BOXED("<invocation>" DRG_TEXT("3") "</invocation>"), "{}", "null"},
        {BOXED("<invocation>" DRG_TEXT("abs") BINDING("n", "-2") "</invocation>"), "{}", "2"},
    };

    (void)state;
    CHECK(questions);
}

/* ---- the graph ---- */

static void decisions_see_what_they_require_and_nothing_else(void **state)
{
    static const char MODEL[] = DRG_INPUT("a", "number") DRG_DECISION("b", DRG_NEEDS("Input", "a"), DRG_TEXT("a * 2"))
        DRG_DECISION("d", DRG_NEEDS("Decision", "b"), DRG_TEXT("[b, a]"));

    (void)state;
    drg_text_check(MODEL, "d", "{\"a\":3}", "[6,null]");
}

static void a_decision_without_logic_is_null(void **state)
{
    (void)state;
    drg_text_check(DRG_DECISION("e", "", "") DRG_DECISION("d", DRG_NEEDS("Decision", "e"), DRG_TEXT("e = null")), "d",
                   "{}", "true");
}

#define KNOWLEDGE(name, needs, logic)                                                                                  \
    "<businessKnowledgeModel id='" name "' name='" name "'><variable name='" name "'/><encapsulatedLogic>" logic       \
    "</encapsulatedLogic>" needs "</businessKnowledgeModel>"

static void knowledge_models_are_functions(void **state)
{
    static const struct question questions[] = {
        {KNOWLEDGE("add it", DRG_KNOWS("one"), PARAMETER("x", "number") DRG_TEXT("x + one()"))
             KNOWLEDGE("one", "", DRG_TEXT("1")) DRG_DECISION("d", DRG_KNOWS("add it"), DRG_TEXT("add it(2)")),
         "{}", "3"},
        {KNOWLEDGE("f", "", PARAMETER("x", "number") DRG_TEXT("x = null"))
             DRG_DECISION("d", DRG_KNOWS("f"), DRG_TEXT("[f(null), f(\"a\"), f(1, 2), f(y: 1), f(x: 1)]")),
         "{}", "[true,null,null,null,false]"},
        {KNOWLEDGE("fib", DRG_KNOWS("fib"),
                   PARAMETER("n", "number") DRG_TEXT("if n &lt; 2 then n else fib(n - 1) + fib(n - 2)"))
             DRG_DECISION("d", DRG_KNOWS("fib"), DRG_TEXT("fib(12)")),
         "{}", "144"},
        {"<businessKnowledgeModel id='t' name='t'><variable name='t' typeRef='number'/><encapsulatedLogic>" DRG_TEXT(
             "\"not a number\"") "</encapsulatedLogic></businessKnowledgeModel>" DRG_DECISION("d", DRG_KNOWS("t"),
                                                                                              DRG_TEXT("t()")),
         "{}", "null"},
        {DRG_INPUT("list", "Any") KNOWLEDGE("even one", "", PARAMETER("n", "number") DRG_TEXT("even(n)"))
             DRG_DECISION("d", DRG_NEEDS("Input", "list") DRG_KNOWS("even one"), DRG_TEXT("list[even one(item)]")),
         "{\"list\":[1,2,3,4]}", "[2,4]"},
        /* A parameter with a point in its name is not the path that it looks like. */
        {DRG_INPUT("p", "Any") KNOWLEDGE("g", "", PARAMETER("p.q", "number") DRG_TEXT("p.q + 1"))
             DRG_DECISION("d", DRG_NEEDS("Input", "p") DRG_KNOWS("g"),
                          "<invocation>" DRG_TEXT("g") BINDING("p.q", "p.q") "</invocation>"),
         "{\"p\":{\"q\":4}}", "5"},
    };

    (void)state;
    CHECK(questions);
}

#define SERVICE(name, content)                                                                                         \
    "<decisionService id='" name "' name='" name "'><variable name='" name "'/>" content "</decisionService>"
#define SERVED                                                                                                         \
    DRG_INPUT("amount", "number")                                                                                      \
    DRG_DECISION("given", "", DRG_TEXT("\"never evaluated\""))                                                         \
    DRG_DECISION("half", DRG_NEEDS("Input", "amount"), DRG_TEXT("amount / 2"))                                         \
    DRG_DECISION("whole", DRG_NEEDS("Decision", "half") DRG_NEEDS("Decision", "given"), DRG_TEXT("[half, given]"))     \
    SERVICE("one", "<outputDecision href='#whole'/><encapsulatedDecision href='#half'/><inputDecision href='#given'/>" \
                   "<inputData href='#amount'/>")                                                                      \
    SERVICE("both", "<outputDecision href='#whole'/><outputDecision href='#half'/><inputDecision href='#given'/>"      \
                    "<inputData href='#amount'/>")

static void services_are_functions_and_answer_by_themselves(void **state)
{
    (void)state;
    drg_text_check(SERVED, "one", "{\"amount\":4,\"given\":7}", "[2,7]");
    drg_text_check(SERVED, "both", "{\"amount\":4,\"given\":7}", "{\"whole\":[2,7],\"half\":2}");
    /* Input data come first, then decisions (10.4); what the caller sees is not what the service sees. */
    drg_text_check(
        SERVED DRG_DECISION("d", DRG_KNOWS("one") DRG_NEEDS("Input", "amount"), DRG_TEXT("[one(8, 1), amount]")), "d",
        "{\"amount\":3}", "[[4,1],3]");
    drg_text_check(
        SERVED DRG_DECISION("d", DRG_KNOWS("one"), DRG_TEXT("[one(given: 1, amount: 2), one(1), one(\"a\", 1)]")), "d",
        "{}", "[[1,1],null,null]");
}

static void inputs_are_read_as_their_types_say(void **state)
{
    static const struct {
        const char *type, *json, *expected;
    } cases[] = {
        {"date", "\"2026-05-01\"", "\"2026-05-02\""},
        {"date", "\"1 May\"", "VALUE"},
        {"date", "5", "VALUE"},
        {"date and time", "\"2026-05-01T10:00:00Z\"", "\"2026-05-02T10:00:00Z\""},
        {"time", "\"10:00:00\"", "\"10:00:00\""}, /* a day later, the same time */
        {"days and time duration", "\"PT1H\"", "\"P1DT1H\""},
        {"string", "\"a\"", "null"},
        {"string", "5", "VALUE"},
        {"number", "\"5\"", "VALUE"},
        {"boolean", "1", "VALUE"},
        {"number", "null", "null"},
        {"years and months duration", "\"P1Y\"", "null"},
        {"years and months duration", "\"P1D\"", "VALUE"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[1024], inputs[128];
        snprintf(body, sizeof body, "<inputData id='x' name='x'><variable name='x' typeRef='%s'/></inputData>%s",
                 cases[i].type, DRG_DECISION("d", DRG_NEEDS("Input", "x"), DRG_TEXT("x + @\"P1D\"")));
        snprintf(inputs, sizeof inputs, "{\"x\":%s}", cases[i].json);
        drg_text_check(body, "d", inputs, cases[i].expected);
    }
}

static void without_a_name_the_decision_that_no_other_requires_is_asked(void **state)
{
    static const char ONE[] = DRG_DECISION("a", "", DRG_TEXT("1"))
        DRG_DECISION("b", DRG_NEEDS("Decision", "a"), DRG_TEXT("a + 1"));
    static const char TWO[] = DRG_DECISION("a", "", DRG_TEXT("1")) DRG_DECISION("b", "", DRG_TEXT("2"));

    (void)state;
    drg_text_check(ONE, "", "{}", "2");
    drg_text_check(TWO, "", "{}", "USAGE");
    drg_text_check(TWO, "c", "{}", "USAGE");
    drg_text_check("", "", "{}", "USAGE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_hit_policy_is_carried_out),
        cmocka_unit_test(without_a_match_there_is_the_default_or_null),
        cmocka_unit_test(several_outputs_are_a_context),
        cmocka_unit_test(cells_are_unary_tests_of_their_input),
        cmocka_unit_test(a_table_without_inputs_has_one_answer),
        cmocka_unit_test(boxed_expressions_mean_what_their_text_would),
        cmocka_unit_test(boxed_functions_close_over_their_context),
        cmocka_unit_test(decisions_see_what_they_require_and_nothing_else),
        cmocka_unit_test(a_decision_without_logic_is_null),
        cmocka_unit_test(knowledge_models_are_functions),
        cmocka_unit_test(services_are_functions_and_answer_by_themselves),
        cmocka_unit_test(inputs_are_read_as_their_types_say),
        cmocka_unit_test(without_a_name_the_decision_that_no_other_requires_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
