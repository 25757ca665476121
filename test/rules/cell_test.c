/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a cell is read as DMN means it or refused with its column: nothing in between. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/buffer.h"
#include "rules/dmn/cell.h"

static void write_tests(struct buffer *into, const struct cell_tests *tests)
{
    static const char *const relations[] = {"=", "<", "<=", ">", ">=", "in"};

    buffer_string(into, tests->negated ? "not" : "");
    for (size_t i = 0; i < tests->count; i++) {
        const struct cell_test *test = &tests->test[i];
        buffer_format(into, "{%s %.*s", relations[test->relation], SLICE_PRINT(test->value.text));
        if (test->relation == CELL_WITHIN)
            buffer_format(into, "%s..%s%.*s", test->low_open ? "<" : "", test->high_open ? "<" : "",
                          SLICE_PRINT(test->high.text));
        buffer_string(into, "}");
    }
}

static void cells_are_read_as_written(void **state)
{
    static const struct {
        const char *cell, *read;
    } cases[] = {
        {"-", ""},
        {"", ""},
        {"  -  ", ""},
        {"\"a\"", "{= a}"},
        {"\"a\", \"b c\"", "{= a}{= b c}"},
        {"\"say \\\"x\\\"\"", "{= say \"x\"}"},
        {"not(\"a\", \"b\")", "not{= a}{= b}"},
        {"not ( < 5 )", "not{< 5}"},
        {"18", "{= 18}"},
        {"-18", "{= -18}"},
        {".872", "{= 0.872}"},
        {"007.50", "{= 7.5}"},
        {"-0.0", "{= 0}"},
        {">=18", "{>= 18}"},
        {"> -1.5", "{> -1.5}"},
        {"<1,>100", "{< 1}{> 100}"},
        {"[1..5]", "{in 1..5}"},
        {"(1 .. 5.5)", "{in 1<..<5.5}"},
        {"]1..5[", "{in 1<..<5}"},
        {"null, [0..120]", "{= null}{in 0..120}"},
        {"true", "{= true}"},
        {"not(false)", "not{= false}"},
        {"date(\"2026-05-01\")", "{= 2026-05-01}"},
        {">= @\"2026-05-01\"", "{>= 2026-05-01}"},
        {"[date( \"2025-01-01\" )..date(\"2026-05-01\"))", "{in 2025-01-01..<2026-05-01}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
        CLEANUP_BUFFER struct buffer read = buffer_new(1 << 12);
        struct cell_tests tests;
        struct fault fault = {0};

        if (cell_parse_tests(arena, slice_from_string(cases[i].cell), &tests, &fault) != OK)
            fail_msg("%s: %s", cases[i].cell, fault.detail);
        write_tests(&read, &tests);
        if (!slice_is(buffer_view(&read), cases[i].read))
            fail_msg("%s was read as %.*s", cases[i].cell, SLICE_PRINT(buffer_view(&read)));
    }
}

static void anything_else_is_refused_with_its_column(void **state)
{
    static const struct {
        const char *cell;
        unsigned column;
    } cases[] = {
        {"abc", 1},
        {"\"a", 3},
        {"\"a\" \"b\"", 5},
        {"\"a\",", 5},
        {"not(\"a\"", 8},
        {"not \"a\"", 5},
        {"< \"a\"", 6},
        {"[1..\"b\"]", 9},
        {"[5..1]", 7},
        {"[1..", 5},
        {"1 + 2", 3},
        {"? > 5", 1},
        {"date(\"2026\")", 12},
        {"date(\"2026-02-30\")", 18},
        {"date \"2026-05-01\"", 6},
        {"date(\"2026-05-01\"", 18},
        {"@2026-05-01", 2},
        {"[date(\"2026-05-01\")..7]", 24},
        {"1e5", 2},
        {"- -", 3},
        {"\"\\u0041\"", 3},
        {"123456789012345678", 19},
        {"0.0000000001", 13},
        {"not(not(1))", 5},
        {"{1}", 1},
        {"trueish", 1},
        {"<", 2},
        {">= null", 8},
        {"--5", 2},
        {"-, 5", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
        struct cell_tests tests;
        struct fault fault = {0};
        unsigned column = 0;

        if (cell_parse_tests(arena, slice_from_string(cases[i].cell), &tests, &fault) != ERROR_SYNTAX)
            fail_msg("%s was taken", cases[i].cell);
        assert_int_equal(1, sscanf(fault.detail, "column %u", &column));
        if (column != cases[i].column)
            fail_msg("%s: %s", cases[i].cell, fault.detail);
    }
}

static void a_cell_has_a_bounded_number_of_tests(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(8 << 20);
    CLEANUP_BUFFER struct buffer cell = buffer_new(1 << 20);
    struct cell_tests tests;

    (void)state;
    buffer_string(&cell, "1");
    for (int i = 1; i < CELL_TESTS_MAX; i++)
        buffer_string(&cell, ",1");
    assert_int_equal(OK, cell_parse_tests(arena, buffer_view(&cell), &tests, NULL));
    assert_int_equal(CELL_TESTS_MAX, tests.count);
    buffer_string(&cell, ",1");
    assert_int_equal(ERROR_SYNTAX, cell_parse_tests(arena, buffer_view(&cell), &tests, NULL));
}

static void an_output_is_one_literal(void **state)
{
    static const char *const refused[] = {"", "-", "1, 2", "\"a\" + \"b\"", "> 5", "[1..2]", "not(1)"};
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    struct cell_value value;

    (void)state;
    assert_int_equal(OK, cell_parse_value(arena, SLICE(" \"x\" "), &value, NULL));
    assert_true(value.kind == CELL_STRING && slice_is(value.text, "x"));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (cell_parse_value(arena, slice_from_string(refused[i]), &value, NULL) == OK)
            fail_msg("%s was taken", refused[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_read_as_written),
        cmocka_unit_test(anything_else_is_refused_with_its_column),
        cmocka_unit_test(a_cell_has_a_bounded_number_of_tests),
        cmocka_unit_test(an_output_is_one_literal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
