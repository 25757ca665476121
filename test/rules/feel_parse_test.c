/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a FEEL text means the tree that the grammar of DMN 1.5 (10.3.1.2) gives it, or is refused with its place. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "feel_tree.h"

enum way { EXPRESSION, TESTS, TYPE };

struct example {
    const char *text, *tree;
};

/* Names that stand in scope in all examples. */
static const char *const in_scope[] = {
    "Monthly Salary", "loan-to-value", "days in weekend", "Profit and loss",
    "what if?",       "fn library",    "l’âge",           "in stock",
};

static const struct feel_type *find_type(const void *context, struct slice name)
{
    static const struct feel_type alias = {.kind = FEEL_TYPE_ALIAS};

    (void)context;
    return slice_is(name, "Loan Type") || slice_is(name, "lib.tLoan") || slice_is(name, "date and place") ? &alias
                                                                                                          : NULL;
}

static const struct feel_types types = {.find = find_type};

static struct feel_names *new_names(struct arena *arena)
{
    struct feel_names *names = feel_names_new(arena);
    feel_name ignored;

    assert_non_null(names);
    for (size_t i = 0; i < sizeof in_scope / sizeof in_scope[0]; i++)
        assert_int_equal(feel_names_enter(names, slice_from_string(in_scope[i]), &ignored), OK);
    return names;
}

static enum error parse(struct arena *arena, struct feel_names *names, enum way way, struct slice text,
                        struct buffer *ret_tree, struct fault *fault)
{
    const struct feel_node *node = NULL;
    const struct feel_type *type = NULL;

    if (way == TYPE) {
        TRY(feel_parse_type(arena, names, &types, text, &type, fault));
        feel_tree_write_type(ret_tree, names, type);
        return OK;
    }
    TRY((way == TESTS ? feel_parse_tests : feel_parse)(arena, names, &types, text, &node, fault));
    feel_tree_write(ret_tree, names, node);
    return OK;
}

static void expect_trees(enum way way, const struct example *example, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
        CLEANUP_BUFFER struct buffer tree = buffer_new(1 << 16);
        struct fault fault = {0};
        enum error error = parse(arena, new_names(arena), way, slice_from_string(example[i].text), &tree, &fault);
        if (error != OK || !slice_is(buffer_view(&tree), example[i].tree))
            fail_msg("%s\n  means   %.*s%s\n  and not %s", example[i].text, SLICE_PRINT(buffer_view(&tree)),
                     fault.detail, example[i].tree);
    }
}

#define EXPECT_TREES(way, examples) expect_trees(way, examples, sizeof(examples) / sizeof(examples)[0])

static void literals_are_values(void **state)
{
    static const struct example examples[] = {
        {"12", "12"},
        {"007.50", "7.5"},
        {".872", "0.872"},
        {"-.5", "-0.5"},
        {"1.23e4", "12300"},
        {"1.5E-1", "0.15"},
        {"\"\"", "\"\""},
        {"\"a b\"", "\"a b\""},
        {"\"say \\\"x\\\" and \\'y\\'\"", "\"say \"x\" and 'y'\""},
        {"\"a\\tb\\nc\\rd\\\\e\"", "\"a\tb\nc\rd\\e\""},
        {"\"\\d+\\.\\s\"", "\"\\d+\\.\\s\""},
        {"\"\\u00e9\\u20AC\"", "\"é€\""},
        {"\"\\ud83d\\uDCA9\"", "\"\U0001F4A9\""},
        {"\"\\U01F40E\"", "\"\U0001F40E\""},
        {"\"\\\\u0041\"", "\"\\u0041\""},
        {"\"\\u12\"", "\"\\u12\""},
        {"\"\U0001F40E// no /* comment\"", "\"\U0001F40E// no /* comment\""},
        {"true", "true"},
        {"false", "false"},
        {"null", "null"},
        {"@\"2020-02-29\"", "date:2020-02-29"},
        {"@\"10:30:05\"", "time:10:30:05"},
        {"@\"2020-02-29T10:30:05Z\"", "date_time:2020-02-29T10:30:05Z"},
        {"@\"P1Y2M\"", "months:P1Y2M"},
        {"@\"-P1DT2H\"", "days:-P1DT2H"},
        {"-@\"P1D\"", "(neg days:P1D)"},
    };

    (void)state;
    EXPECT_TREES(EXPRESSION, examples);
}

static void operators_bind_as_the_grammar_lists_them(void **state)
{
    static const struct example examples[] = {
        {"a or b and c", "(or a (and b c))"},
        {"a and b or c", "(or (and a b) c)"},
        {"a = 1 and b != 2", "(and (= a 1) (!= b 2))"},
        {"1 + 2 * 3", "(+ 1 (* 2 3))"},
        {"1 - 2 - 3", "(- (- 1 2) 3)"},
        {"8 / 4 * 2", "(* (/ 8 4) 2)"},
        {"2 * 3 ** 4", "(* 2 (** 3 4))"},
        {"3 ** 4 ** 5", "(** (** 3 4) 5)"},
        {"-3 ** 2", "(** -3 2)"},
        {"-a ** 2", "(** (neg a) 2)"},
        {"2 ** -n", "(** 2 (neg n))"},
        {"a--b", "(- a (neg b))"},
        {"a -1", "(- a 1)"},
        {"- - 1", "(neg (neg 1))"},
        {"--1", "(neg -1)"},
        {"-a.b", "(neg (. a b))"},
        {"(1 + 2) * 3", "(* (+ 1 2) 3)"},
        {"a < b + 1", "(< a (+ b 1))"},
        {"a = b = c", "(= (= a b) c)"},
        {"a<=b", "(<= a b)"},
        {"a>=b", "(>= a b)"},
        {"x between 1 and 2 and y", "(and (between x 1 2) y)"},
        {"x + 1 between a - 1 and a + 1", "(between (+ x 1) (- a 1) (+ a 1))"},
        {"-1 instance of number", "(instance -1 number)"},
        {"1 + 2 instance of number", "(+ 1 (instance 2 number))"},
        {"a instance of string = b", "(= (instance a string) b)"},
        {"if a then b else c + 1", "(if a b (+ c 1))"},
        {"1 + if a then b else c", "(+ 1 (if a b c))"},
        {"a.b[c](d)", "(call (filter (. a b) c) d)"},
        {"1 /* + 1 */ + // end\n 1", "(+ 1 1)"},
        {"/**/a/***//b//", "(/ a b)"},
    };

    (void)state;
    EXPECT_TREES(EXPRESSION, examples);
}

static void names_are_the_longest_in_scope(void **state)
{
    static const struct example examples[] = {
        {"Monthly Salary * 12", "(* |Monthly Salary| 12)"},
        {"Monthly\n   Salary", "|Monthly Salary|"},
        {"loan-to-value", "|loan-to-value|"},
        {"(loan)-(to)", "(- loan to)"},
        {"a-b", "(- a b)"},
        {"Profit and loss and true", "(and |Profit and loss| true)"},
        {"what if? + ?", "(+ |what if?| ?)"},
        {"in stock in in stock", "(in |in stock| |in stock|)"},
        {"for i in days in weekend return i", "(for (i |days in weekend|) i)"},
        {"date and\ntime(\"2020-01-01T00:00:00\")", "(call |date and time| \"2020-01-01T00:00:00\")"},
        {"string length(x)", "(call |string length| x)"},
        {"fn library.f(1)", "(call (. |fn library| f) 1)"},
        {"[1..2].start included", "(. (range [] 1 2) |start included|)"},
        {"t.time offset = null", "(= (. t |time offset|) null)"},
        {"x.in", "(. x in)"},
        {"größe.ñ + l’âge", "(+ (. größe ñ) |l’âge|)"},
        {"\U0001F40E + 1", "(+ \U0001F40E 1)"},
        {"iffy + android + nullable", "(+ (+ iffy android) nullable)"},
        {"{a b: 1, c: a b + 1}.a b", "(. (context (|a b| 1) (c (+ |a b| 1))) |a b|)"},
        {"{\"a b\": 1, c: a b}", "(context (|a b| 1) (c |a b|))"},
        {"{a: {x y: 1}, b: a.x y}", "(context (a (context (|x y| 1))) (b (. a |x y|)))"},
        {"for a b in [1] return a b", "(for (|a b| (list 1)) |a b|)"},
        {"some a b in c, d e in a b satisfies d e", "(some (|a b| c) (|d e| |a b|) |d e|)"},
        {"function(a b) a b", "(function (|a b|) |a b|)"},
        {"[{a b: 1}][a b = 1]", "(filter (list (context (|a b| 1))) (= |a b| 1))"},
        {"[{a-b: 1}, a-b]", "(list (context (|a-b| 1)) (- a b))"},
        {"[function(a-b) a-b, a-b]", "(list (function (|a-b|) |a-b|) (- a b))"},
        {"[for a-b in c return a-b, a-b]", "(list (for (|a-b| c) |a-b|) (- a b))"},
    };

    (void)state;
    EXPECT_TREES(EXPRESSION, examples);
}

static void brackets_hold_lists_ranges_contexts_filters_and_arguments(void **state)
{
    static const struct example examples[] = {
        {"[]", "(list)"},
        {"[][1] = []", "(= (filter (list) 1) (list))"},
        {"[] instance of list and []-1", "(and (instance (list) unknown) (- (list) 1))"},
        {"[1, [2], 3]", "(list 1 (list 2) 3)"},
        {"[1..2]", "(range [] 1 2)"},
        {"(1..2)", "(range () 1 2)"},
        {"]1..2[", "(range () 1 2)"},
        {"[1..2[", "(range [) 1 2)"},
        {"(a.b .. c.d]", "(range (] (. a b) (. c d))"},
        {"[1..2[.start", "(. (range [) 1 2) start)"},
        {"[1..l[1]]", "(range [] 1 (filter l 1))"},
        {"[1..l[-1][", "(range [) 1 (filter l -1))"},
        {"[1..10) = [1..10[", "(= (range [) 1 10) (range [) 1 10))"},
        {"if x in ]1..2[ then 1 else 2", "(if (in x (range () 1 2)) 1 2)"},
        {"[(1)..(2)[", "(range [) 1 2)"},
        {"[]1..2[, ]3..4[]", "(list (range () 1 2) (range () 3 4))"},
        {"(null..10)", "(range () null 10)"},
        {"(< 5)", "(test < 5)"},
        {"(>= @\"2020-01-01\")", "(test >= date:2020-01-01)"},
        {"(= 10)", "(test = 10)"},
        {"(!= 10) = (!=10)", "(= (test != 10) (test != 10))"},
        {"[< 5, a]", "(list (test < 5) a)"},
        {"x in <5", "(in x (test < 5))"},
        {"x in != a + 1", "(in x (test != (+ a 1)))"},
        {"x in (< 5, [7..9], y)", "(in x (test < 5) (range [] 7 9) y)"},
        {"x in (1..5)", "(in x (range () 1 5))"},
        {"x in (a)[1] and y", "(and (in x (filter a 1)) y)"},
        {"x in (a) + 1", "(in x (+ a 1))"},
        {"x in ([1, 2]) = true", "(= (in x (list 1 2)) true)"},
        {"x in not(1)", "(in x (call not 1))"},
        {"{}", "(context)"},
        {"{a: 1, \"b c\": 2, \"\": 3}", "(context (a 1) (|b c| 2) (|| 3))"},
        {"{foo+bar: 1}", "(context (|foo+bar| 1))"},
        {"{a: 1 /* why */, b c /* so */ : 2}", "(context (a 1) (|b c| 2))"},
        {"{\"if\": 1}.if", "(. (context (if 1)) if)"},
        {"l[item > 2]", "(filter l (> item 2))"},
        {"f()", "(call f)"},
        {"f(1)(2)", "(call (call f 1) 2)"},
        {"\"f\"()", "(call \"f\")"},
        {"substring(string: \"foobar\", start position: 3)",
         "(call substring (string \"foobar\") (|start position| 3))"},
        {"f(a b : 1, c: g(d: 2))", "(call f (|a b| 1) (c (call g (d 2))))"},
        {"f(a + b, c)", "(call f (+ a b) c)"},
        {"f({a: 1})", "(call f (context (a 1)))"},
    };

    (void)state;
    EXPECT_TREES(EXPRESSION, examples);
}

static void iterations_and_functions_are_read(void **state)
{
    static const struct example examples[] = {
        {"for i in 1..n return i * partial[-1]", "(for (i 1 n) (* i (filter partial -1)))"},
        {"for i in -1..x+10 return i", "(for (i -1 (+ x 10)) i)"},
        {"for i in [1..3], j in l return [i, j]", "(for (i (range [] 1 3)) (j l) (list i j))"},
        {"for i in 1..2 return for j in i..2 return j", "(for (i 1 2) (for (j i 2) j))"},
        {"every i in l satisfies i > 1 and i < 3", "(every (i l) (and (> i 1) (< i 3)))"},
        {"if a then if b then 1 else 2 else 3", "(if a (if b 1 2) 3)"},
        {"function() 1", "(function () 1)"},
        {"function(a: number, b) a + b", "(function (a:number b) (+ a b))"},
        {"function(a: list<context<x: string>>) a.x", "(function (a:list<context<x:string>>) (. a x))"},
        {"(function(x) x)(1)", "(call (function (x) x) 1)"},
        {"sort(l, function(x,y) x<y)", "(call sort l (function (x y) (< x y)))"},
        {"function(a: number, b) external {java: {class: \"M\", method signature: \"f()\"}}",
         "(function (a:number b) external)"},
    };

    (void)state;
    EXPECT_TREES(EXPRESSION, examples);
}

static void types_are_read(void **state)
{
    static const struct example examples[] = {
        {"number", "number"},
        {" date  and\ntime ", "date_time"},
        {"dateTime", "date_time"},
        {"years and months duration", "months"},
        {"dayTimeDuration", "days"},
        {"Any", "any"},
        {"Null", "null"},
        {"list<number>", "list<number>"},
        {"list", "list<any>"},
        {"context", "context<>"},
        {"range < days and time duration >", "range<days>"},
        {"context<a b: string, c: list<list<number>>>", "context<|a b|:string,c:list<list<number>>>"},
        {"function<number, string> -> boolean", "function<number,string>->boolean"},
        {"function<>->function<number>->Any", "function<>->function<number>->any"},
        {"Loan Type", "alias"},
        {"list<lib.tLoan>", "list<alias>"},
        {"date and place", "alias"},
        {"No Such.Type", "unknown"},
        {"list<NoSuch>", "unknown"},
        {"context<a: number, b: NoSuch>", "unknown"},
        {"function<NoSuch> -> number", "unknown"},
        {"listing", "unknown"},
    };
    static const struct example instances[] = {
        {"x instance of date and y", "(and (instance x date) y)"},
        {"x instance of date and time and y", "(and (instance x date_time) y)"},
        {"x instance of Loan Type and y", "(and (instance x alias) y)"},
        {"x instance of No Such Type or y", "(or (instance x unknown) y)"},
        {"x instance of list<range<date>> = y", "(= (instance x list<range<date>>) y)"},
        {"x instance of function<>->Any", "(instance x function<>->any)"},
    };

    (void)state;
    EXPECT_TREES(TYPE, examples);
    EXPECT_TREES(EXPRESSION, instances);
}

static void unary_tests_are_read(void **state)
{
    static const struct example examples[] = {
        {"-", "(tests)"},
        {" - // any\n", "(tests)"},
        {"", "(tests)"},
        {"-5", "(tests -5)"},
        {"- 5", "(tests (neg 5))"},
        {"\"a\", \"b\"", "(tests \"a\" \"b\")"},
        {"< 5, [7..9], >= a + 1", "(tests (test < 5) (range [] 7 9) (test >= (+ a 1)))"},
        {"]1..2[,(3..4)", "(tests (range () 1 2) (range () 3 4))"},
        {"[1..2[", "(tests (range [) 1 2))"},
        {"not(\"a\", < 5)", "(tests not \"a\" (test < 5))"},
        {"not ( null )", "(tests not null)"},
        {"not(a) and b, c", "(tests (and (call not a) b) c)"},
        {"not(negand: a)", "(tests (call not (negand a)))"},
        {"nothing", "(tests nothing)"},
        {"? > 5 or contains(?, \"x\")", "(tests (or (> ? 5) (call contains ? \"x\")))"},
        {"?.name[1]", "(tests (filter (. ? name) 1))"},
        {"(< 5)", "(tests (test < 5))"},
    };

    (void)state;
    EXPECT_TREES(TESTS, examples);
}

static void what_is_wrong_is_refused_with_its_place(void **state)
{
    static const struct {
        enum way way;
        const char *text, *detail;
    } cases[] = {
        {EXPRESSION, "", "line 1, column 1: an expression expected, but the text ends"},
        {EXPRESSION, "1 +", "line 1, column 4: an expression expected, but the text ends"},
        {EXPRESSION, "1 2", "line 1, column 3: an operator or the end expected, not `2`"},
        {EXPRESSION, "foo bar", "line 1, column 5: an operator or the end expected, not `bar`"},
        {EXPRESSION, "é +\n ) ", "line 2, column 2: an expression expected, not `)`"},
        {EXPRESSION, "(1", "line 1, column 3: `)` expected, but the text ends"},
        {EXPRESSION, "(1, 2)", "line 1, column 3: `)` expected, not `,`"},
        {EXPRESSION, "[1, 2", "line 1, column 6: `]` expected, but the text ends"},
        {EXPRESSION, "[1, 2..3]", "line 1, column 6: `]` expected, not `.`"},
        {EXPRESSION, "[1..2", "line 1, column 6: `]`, `)` or `[` expected, but the text ends"},
        {EXPRESSION, "f(1,)", "line 1, column 5: an expression expected, not `)`"},
        {EXPRESSION, "{a: 1,}", "line 1, column 7: a key expected, not `}`"},
        {EXPRESSION, "{a 1}", "line 1, column 5: `:` expected, not `}`"},
        {EXPRESSION, "{1: 2}", "line 1, column 2: a key expected, not `1`"},
        {EXPRESSION, "{a: 1", "line 1, column 6: `}` expected, but the text ends"},
        {EXPRESSION, "f(a: 1, 2)", "line 1, column 9: the name of a parameter expected, not `2`"},
        {EXPRESSION, "f(1, a: 2)", "line 1, column 7: `)` expected, not `:`"},
        {EXPRESSION, "l[]", "line 1, column 4: an expression expected, but the text ends"},
        {EXPRESSION, "{if: 1}", "line 1, column 2: a key expected, not `if`"},
        {EXPRESSION, "function(then) 1", "line 1, column 10: the name of a parameter expected, not `then`"},
        {EXPRESSION, "a.", "line 1, column 3: a name expected, but the text ends"},
        {EXPRESSION, "a.1", "line 1, column 3: a name expected, not `1`"},
        {EXPRESSION, "if a then b", "line 1, column 12: `else` expected, but the text ends"},
        {EXPRESSION, "if a b", "line 1, column 6: `then` expected, not `b`"},
        {EXPRESSION, "for i in l", "line 1, column 11: `return` expected, but the text ends"},
        {EXPRESSION, "for in in l return 1", "line 1, column 5: the name of a variable expected, not `in`"},
        {EXPRESSION, "some i in 1..2 satisfies i", "line 1, column 12: `satisfies` expected, not `.`"},
        {EXPRESSION, "x between 1 or 2", "line 1, column 13: `and` expected, not `or`"},
        {EXPRESSION, "x in ()", "line 1, column 7: an expression expected, not `)`"},
        {EXPRESSION, "x instance number", "line 1, column 12: `of` expected, not `number`"},
        {EXPRESSION, "x instance of 1", "line 1, column 15: a type expected, not `1`"},
        {EXPRESSION, "function(a, ) 1", "line 1, column 13: the name of a parameter expected, not `)`"},
        {EXPRESSION, "function(a)", "line 1, column 12: an expression expected, but the text ends"},
        {EXPRESSION, "then", "line 1, column 1: an expression expected, not `then`"},
        {EXPRESSION, "\"abc", "line 1, column 1: this text has no closing quote on its line"},
        {EXPRESSION, "\"a\nb\"", "line 1, column 1: this text has no closing quote on its line"},
        {EXPRESSION, "\"a\\\"", "line 1, column 1: this text has no closing quote on its line"},
        {EXPRESSION, "\"a\\ud83d\"", "line 1, column 3: this escape is no character"},
        {EXPRESSION, "\"\\uDCA9\"", "line 1, column 2: this escape is no character"},
        {EXPRESSION, "\"\\U110000\"", "line 1, column 2: this escape is no character"},
        {EXPRESSION, "1 + @\"foo\"", "line 1, column 5: this is no date, time, date and time or duration"},
        {EXPRESSION, "@\"2021-02-29\"", "line 1, column 1: this is no date, time, date and time or duration"},
        {EXPRESSION, "@foo", "line 1, column 2: a quoted text expected, not `foo`"},
        {EXPRESSION, "1e99999", "line 1, column 1: this number is too large"},
        {EXPRESSION, "1 /* 2", "line 1, column 3: this comment has no end"},
        {EXPRESSION, "1 # 2", "line 1, column 3: an operator or the end expected, not `#`"},
        {EXPRESSION, "a ! b", "line 1, column 3: an operator or the end expected, not `!`"},
        {EXPRESSION, "\xff", "the text is not UTF-8"},
        {TESTS, "-, 5", "line 1, column 2: an expression expected, not `,`"},
        {TESTS, "1,", "line 1, column 3: an expression expected, but the text ends"},
        {TESTS, "not(", "line 1, column 5: an expression expected, but the text ends"},
        {TESTS, "< 5 and > 3", "line 1, column 5: an operator or the end expected, not `and`"},
        {TYPE, "", "line 1, column 1: a type expected, but the text ends"},
        {TYPE, "list<", "line 1, column 6: a type expected, but the text ends"},
        {TYPE, "list<number", "line 1, column 12: `>` expected, but the text ends"},
        {TYPE, "context<>", "line 1, column 9: the name of a member expected, not `>`"},
        {TYPE, "context<a>", "line 1, column 10: `:` expected, not `>`"},
        {TYPE, "function<number>", "line 1, column 17: `->` expected, but the text ends"},
        {TYPE, "number, string", "line 1, column 7: an operator or the end expected, not `,`"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
        CLEANUP_BUFFER struct buffer tree = buffer_new(1 << 16);
        struct fault fault = {0};
        struct slice text = slice_from_string(cases[i].text);
        enum error error = parse(arena, new_names(arena), cases[i].way, text, &tree, &fault);
        if (error != ERROR_SYNTAX || strcmp(fault.detail, cases[i].detail) != 0)
            fail_msg("%s\n  gives   %s %.*s\n  and not %s", cases[i].text, fault.detail,
                     SLICE_PRINT(buffer_view(&tree)), cases[i].detail);
    }
}

/* `piece` again and again up to `length` bytes, then `end`. */
static struct slice repeat(struct arena *arena, const char *piece, size_t length, const char *end)
{
    size_t size = strlen(piece), count = (length - strlen(end)) / size;
    char *text = arena_alloc(arena, length);

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, piece, size);
    memcpy(text + count * size, end, strlen(end));
    return slice_of(text, count * size + strlen(end));
}

static void hostile_texts_end_in_an_error_within_bounded_memory(void **state)
{
    static const struct {
        enum way way;
        const char *piece, *end;
        enum error error;
    } cases[] = {
        {EXPRESSION, "(", "", ERROR_TOO_DEEP},
        {EXPRESSION, "[", "", ERROR_TOO_DEEP},
        {EXPRESSION, "{", "", ERROR_SYNTAX},
        {EXPRESSION, "{a:", "", ERROR_TOO_DEEP},
        {EXPRESSION, "f(", "", ERROR_TOO_DEEP},
        {EXPRESSION, "f(a:", "", ERROR_TOO_DEEP},
        {EXPRESSION, "]", "", ERROR_TOO_DEEP},
        {EXPRESSION, "l[", "", ERROR_TOO_DEEP},
        {EXPRESSION, "if ", "", ERROR_TOO_DEEP},
        {EXPRESSION, "for i in ", "", ERROR_TOO_DEEP},
        {EXPRESSION, "function() ", "", ERROR_TOO_DEEP},
        {EXPRESSION, "1 in (", "", ERROR_TOO_DEEP},
        {EXPRESSION, "-", "1", ERROR_TOO_DEEP},
        {EXPRESSION, "- ", "1", ERROR_TOO_DEEP},
        {EXPRESSION, "1+", "1", ERROR_TOO_DEEP},
        {EXPRESSION, "a.", "a", ERROR_TOO_DEEP},
        {EXPRESSION, "1**", "1", ERROR_TOO_DEEP},
        {EXPRESSION, "1/*", "", ERROR_SYNTAX},
        {EXPRESSION, "/**/", "", ERROR_SYNTAX},
        {EXPRESSION, "\"", "x", ERROR_SYNTAX},
        {EXPRESSION, "a ", "", ERROR_SYNTAX},
        {EXPRESSION, "[a..", "", ERROR_TOO_DEEP},
        {TESTS, "not(", "", ERROR_TOO_DEEP},
        {TESTS, "-,", "", ERROR_SYNTAX},
        {TYPE, "list<", "", ERROR_TOO_DEEP},
        {TYPE, "function<>->", "", ERROR_TOO_DEEP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *input = arena_new(2 << 20), *arena = arena_new(8 << 20);
        CLEANUP_BUFFER struct buffer tree = buffer_new(1 << 16);
        struct slice text = repeat(input, cases[i].piece, FEEL_TEXT_MAX, cases[i].end);
        enum error error = parse(arena, new_names(arena), cases[i].way, text, &tree, NULL);
        print_message("%s…\n", cases[i].piece);
        assert_int_equal(error, cases[i].error);
    }
}

static void limits_are_where_they_are_said_to_be(void **state)
{
    CLEANUP_ARENA struct arena *input = arena_new(8 << 20), *arena = arena_new((size_t)256 << 20);
    CLEANUP_BUFFER struct buffer tree = buffer_new(16 << 20);
    struct feel_names *names = new_names(arena);
    char text[2 * FEEL_DEPTH_MAX + 2];

    (void)state;
    memset(text, '(', FEEL_DEPTH_MAX);
    memset(text + FEEL_DEPTH_MAX, ')', sizeof text - FEEL_DEPTH_MAX);
    text[FEEL_DEPTH_MAX - 1] = '1';
    assert_int_equal(parse(arena, names, EXPRESSION, slice_of(text, 2 * FEEL_DEPTH_MAX - 1), &tree, NULL), OK);
    memset(text, '(', FEEL_DEPTH_MAX);
    text[FEEL_DEPTH_MAX] = '1';
    assert_int_equal(parse(arena, names, EXPRESSION, slice_of(text, 2 * FEEL_DEPTH_MAX + 1), &tree, NULL),
                     ERROR_TOO_DEEP);

    struct slice sum = repeat(input, "1+", 2 * FEEL_HEIGHT_MAX - 1, "1");
    assert_int_equal(parse(arena, names, EXPRESSION, sum, &tree, NULL), OK);
    sum = repeat(input, "1+", 2 * FEEL_HEIGHT_MAX + 1, "1");
    assert_int_equal(parse(arena, names, EXPRESSION, sum, &tree, NULL), ERROR_TOO_DEEP);

    struct slice longest = repeat(input, "1,", FEEL_TEXT_MAX, "1");
    assert_int_equal(parse(arena, names, TESTS, longest, &tree, NULL), OK);
    struct slice longer = repeat(input, " ", FEEL_TEXT_MAX + 1, "1");
    assert_int_equal(parse(arena, names, EXPRESSION, longer, &tree, NULL), ERROR_TOO_LARGE);
}

static void too_little_memory_is_an_error_and_not_a_tree(void **state)
{
    CLEANUP_ARENA struct arena *input = arena_new(2 << 20), *arena = arena_new(1 << 20);
    struct feel_names *names = new_names(arena);
    const struct feel_node *tree = NULL;
    struct fault fault = {0};

    (void)state;
    struct slice text = repeat(input, "1,", FEEL_TEXT_MAX, "1");
    assert_int_equal(feel_parse_tests(arena, names, NULL, text, &tree, &fault), ERROR_MEMORY);
    assert_null(tree);
    assert_int_equal(fault.code, ERROR_MEMORY);
}

/* A text that fails halfway must not leave its names in scope. */
static void a_refused_text_leaves_no_name_in_scope(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    CLEANUP_BUFFER struct buffer tree = buffer_new(1 << 16);
    struct feel_names *names = new_names(arena);

    (void)state;
    assert_int_equal(parse(arena, names, EXPRESSION, SLICE("{a-b: 1, c: a-b"), &tree, NULL), ERROR_SYNTAX);
    assert_int_equal(parse(arena, names, EXPRESSION, SLICE("a-b"), &tree, NULL), OK);
    assert_true(slice_is(buffer_view(&tree), "(- a b)"));
}

/* The text may go when the tree stays. */
static void the_tree_holds_nothing_of_the_text(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    CLEANUP_BUFFER struct buffer tree = buffer_new(1 << 16);
    struct feel_names *names = new_names(arena);
    char text[] = "{a b: \"text\", c: @\"10:00:00@Europe/Paris\", d: a b}";
    const struct feel_node *node = NULL;

    (void)state;
    assert_int_equal(feel_parse(arena, names, NULL, slice_from_string(text), &node, NULL), OK);
    memset(text, '#', sizeof text);
    feel_tree_write(&tree, names, node);
    assert_true(slice_is(buffer_view(&tree), "(context (|a b| \"text\") (c time:10:00:00@Europe/Paris) (d |a b|))"));
}

static void nodes_know_where_they_stand(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    const struct feel_node *node = NULL;

    (void)state;
    assert_int_equal(feel_parse(arena, new_names(arena), NULL, SLICE(" a + f(\"é\", b.c)"), &node, NULL), OK);
    assert_int_equal(node->kind, FEEL_ADD);
    assert_int_equal(node->at, 3);
    assert_int_equal(node->left->at, 1);
    assert_int_equal(node->right->left->at, 5);
    assert_int_equal(node->right->child[1]->left->at, 13);
    assert_int_equal(node->height, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_values),
        cmocka_unit_test(operators_bind_as_the_grammar_lists_them),
        cmocka_unit_test(names_are_the_longest_in_scope),
        cmocka_unit_test(brackets_hold_lists_ranges_contexts_filters_and_arguments),
        cmocka_unit_test(iterations_and_functions_are_read),
        cmocka_unit_test(types_are_read),
        cmocka_unit_test(unary_tests_are_read),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
        cmocka_unit_test(hostile_texts_end_in_an_error_within_bounded_memory),
        cmocka_unit_test(limits_are_where_they_are_said_to_be),
        cmocka_unit_test(too_little_memory_is_an_error_and_not_a_tree),
        cmocka_unit_test(a_refused_text_leaves_no_name_in_scope),
        cmocka_unit_test(the_tree_holds_nothing_of_the_text),
        cmocka_unit_test(nodes_know_where_they_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
