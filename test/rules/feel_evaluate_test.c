/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that FEEL's operators, structures, iterations, functions and types are evaluated as DMN 1.5 has them, that a null
 * says its cause, and that what the interface offers beside texts (unary tests, calls, coercion, JSON) holds too. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "feel_table.h"

struct fixture {
    struct arena *arena;
    struct feel_run run;
};

static struct fixture fixture_new(void)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    struct feel_names *names = feel_names_new(arena);

    assert_non_null(names);
    return (struct fixture){.arena = arena, .run = feel_run(arena, names, FEEL_TABLE_NOW_MS)};
}

static struct feel_value value_of(struct fixture *fixture, const char *text)
{
    return feel_table_value(&fixture->run, NULL, slice_from_string(text));
}

static void assert_is(struct fixture *fixture, struct feel_value value, const char *expected)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(1 << 16);

    feel_write_json(&written, fixture->run.names, value);
    if (!slice_is(buffer_view(&written), expected))
        fail_msg("%.*s instead of %s", SLICE_PRINT(buffer_view(&written)), expected);
}

static void operators_are_those_of_the_tables(void **state)
{
    feel_table_holds("operators.txt", 200);
}

static void structures_are_those_of_the_tables(void **state)
{
    feel_table_holds("structures.txt", 200);
}

static void unary_tests_pass_as_cells_do(void **state)
{
    static const struct {
        const char *tests, *value;
        enum feel_truth passes;
    } cases[] = {
        {"-", "1", FEEL_TRUE},
        {"-", "null", FEEL_TRUE},
        {"1", "1", FEEL_TRUE},
        {"1, 2", "2", FEEL_TRUE},
        {"1, 2", "3", FEEL_FALSE},
        {"not(1, 2)", "3", FEEL_TRUE},
        {"not(1, 2)", "2", FEEL_FALSE},
        {"< 5", "4", FEEL_TRUE},
        {"< 5, > 10", "12", FEEL_TRUE},
        {"< 5", "null", FEEL_NEITHER},
        {"not(< 5)", "null", FEEL_NEITHER},
        {"[1..5)", "5", FEEL_FALSE},
        {"null", "null", FEEL_TRUE},
        {"null", "1", FEEL_FALSE},
        {"\"a\", \"b\"", "\"b\"", FEEL_TRUE},
        {"true", "true", FEEL_TRUE},
        {"false", "true", FEEL_FALSE},
        {"? > 2 and ? < 5", "3", FEEL_TRUE},
        {"? > 2 and ? < 5", "7", FEEL_FALSE},
        {"? = false", "false", FEEL_TRUE},
        {"[1, 2, 3]", "2", FEEL_TRUE},
        {"count(?) = 2", "[1, 2]", FEEL_TRUE},
        {"\"a\"", "1", FEEL_NEITHER},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture = fixture_new();
        const struct feel_node *tests = NULL;
        enum feel_truth passes = FEEL_NEITHER;
        assert_int_equal(
            feel_parse_tests(fixture.arena, fixture.run.names, NULL, slice_from_string(cases[i].tests), &tests, NULL),
            OK);
        struct feel_value value = value_of(&fixture, cases[i].value);
        assert_int_equal(feel_passes(&fixture.run, tests, value, NULL, &passes), OK);
        if (passes != cases[i].passes)
            fail_msg("%s of %s: %d instead of %d", cases[i].tests, cases[i].value, (int)passes, (int)cases[i].passes);
        arena_free(fixture.arena);
    }
}

static void functions_can_be_called_from_outside(void **state)
{
    struct fixture fixture = fixture_new();
    struct feel_value function = value_of(&fixture, "function(a: number, b) [a, b]"), result;
    struct feel_value argument[] = {value_of(&fixture, "[1]"), feel_string(SLICE("x"))};
    struct feel_entry named = {.name = function.function->parameter[1].name, .value = argument[1]};

    assert_int_equal(feel_call(&fixture.run, function.function, argument, 2, &result), OK);
    assert_is(&fixture, result, "[1,\"x\"]");
    assert_int_equal(feel_call(&fixture.run, function.function, argument, 1, &result), OK);
    assert_is(&fixture, result, "null");
    assert_int_equal(feel_call_named(&fixture.run, function.function, &named, 1, &result), OK);
    assert_is(&fixture, result, "[null,\"x\"]");
    arena_free(fixture.arena);
}

static enum error twice(struct feel_run *run, const void *context, const struct feel_value *argument,
                        struct feel_value *ret)
{
    struct feel_value pair[] = {argument[0], argument[0]};

    assert_ptr_equal(context, run);
    return feel_list(run->arena, pair, 2, ret);
}

static void foreign_functions_are_called_like_others_and_coerced(void **state)
{
    struct fixture fixture = fixture_new();
    struct feel_parameter parameter = {.type = feel_type_named(SLICE("number"))};
    struct feel_function function = {
        .kind = FEEL_FOREIGN, .parameter_count = 1, .parameter = &parameter, .call = twice, .context = &fixture.run};
    struct feel_entry entry = {.value = {.kind = FEEL_FUNCTION, .function = &function}};
    struct feel_frame frame = {.count = 1, .entry = &entry};

    assert_int_equal(feel_names_enter(fixture.run.names, SLICE("twice"), &entry.name), OK);
    assert_int_equal(feel_names_enter(fixture.run.names, SLICE("n"), &parameter.name), OK);
    assert_is(&fixture, feel_table_value(&fixture.run, &frame, SLICE("twice([4])")), "[4,4]");
    assert_is(&fixture, feel_table_value(&fixture.run, &frame, SLICE("twice(n: 4)")), "[4,4]");
    assert_is(&fixture, feel_table_value(&fixture.run, &frame, SLICE("twice(\"4\")")), "null");
    assert_is(&fixture, feel_table_value(&fixture.run, &frame, SLICE("twice(1, 2)")), "null");
    function.result = parameter.type;
    assert_is(&fixture, feel_table_value(&fixture.run, &frame, SLICE("twice(4)")), "null");
    arena_free(fixture.arena);
}

static const struct feel_type *type_of(struct fixture *fixture, const char *text)
{
    const struct feel_type *type = NULL;

    assert_int_equal(feel_parse_type(fixture->arena, fixture->run.names, NULL, slice_from_string(text), &type, NULL),
                     OK);
    return type;
}

static void values_are_coerced_to_declared_types(void **state)
{
    static const struct {
        const char *value, *type, *json;
    } cases[] = {
        {"1", "number", "1"},
        {"\"a\"", "number", "null"},
        {"null", "number", "null"},
        {"[1]", "number", "1"},
        {"[1, 2]", "number", "null"},
        {"[\"a\"]", "number", "null"},
        {"1", "list<number>", "null"},
        {"\"a\"", "list<number>", "null"},
        {"[[1]]", "list<number>", "null"},
        {"null", "list<number>", "null"},
        {"@\"2024-01-01\"", "date and time", "\"2024-01-01T00:00:00Z\""},
        {"@\"2024-01-01T00:00:00\"", "date", "null"},
        {"{a: 1}", "context<a: number>", "{\"a\":1}"},
        {"[{a: 1}]", "context<a: number>", "{\"a\":1}"},
        {"{a: \"x\"}", "context<a: number>", "null"},
        {"[1, 2]", "Any", "[1,2]"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture = fixture_new();
        struct feel_value value = value_of(&fixture, cases[i].value), result;
        assert_int_equal(feel_coerce(&fixture.run, value, type_of(&fixture, cases[i].type), &result), OK);
        assert_is(&fixture, result, cases[i].json);
        arena_free(fixture.arena);
    }
}

static void the_values_a_type_allows_bind_declared_types_alone(void **state)
{
    struct fixture fixture = fixture_new();
    struct feel_type type = {.kind = FEEL_TYPE_ALIAS, .element = type_of(&fixture, "number")};
    struct feel_value three = value_of(&fixture, "3"), nine = value_of(&fixture, "9"), result;
    bool is = false;

    assert_int_equal(feel_parse_tests(fixture.arena, fixture.run.names, NULL, SLICE("[1..5]"), &type.allowed, NULL),
                     OK);
    assert_int_equal(feel_coerce(&fixture.run, three, &type, &result), OK);
    assert_is(&fixture, result, "3");
    assert_int_equal(feel_coerce(&fixture.run, nine, &type, &result), OK);
    assert_is(&fixture, result, "null");
    assert_int_equal(feel_instance_of(&fixture.run, nine, &type, &is), OK);
    assert_true(is);
    arena_free(fixture.arena);
}

static void values_are_written_as_json(void **state)
{
    struct fixture fixture = fixture_new();

    assert_is(&fixture, value_of(&fixture, "{a: [1.50, \"x\\\"y\", null, true], b: @\"2024-01-01\"}"),
              "{\"a\":[1.5,\"x\\\"y\",null,true],\"b\":\"2024-01-01\"}");
    assert_is(&fixture, value_of(&fixture, "[[1..3], (< 5), function(a, b) a, string length]"),
              "[\"[1..3]\",\"(< 5)\",\"function(a, b)\",\"string length\"]");
    assert_is(&fixture, value_of(&fixture, "@\"P1DT2H\""), "\"P1DT2H\"");
    arena_free(fixture.arena);
}

static void notes_say_what_became_null_but_no_value(void **state)
{
    struct fixture fixture = fixture_new();

    value_of(&fixture, "\"secret\" + 1");
    assert_int_equal(fixture.run.note_count, 1);
    assert_true(slice_is(fixture.run.note[0], "+ is not defined for a string and a number (byte 9)"));
    value_of(&fixture, "unheard");
    assert_int_equal(fixture.run.note_count, 2);
    assert_true(slice_search(fixture.run.note[1], SLICE("unheard")) != SIZE_MAX);
    for (int i = 0; i < 2 * FEEL_NOTES_MAX; i++)
        value_of(&fixture, "1 / 0");
    assert_int_equal(fixture.run.note_count, FEEL_NOTES_MAX);
    arena_free(fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_are_those_of_the_tables),
        cmocka_unit_test(structures_are_those_of_the_tables),
        cmocka_unit_test(unary_tests_pass_as_cells_do),
        cmocka_unit_test(functions_can_be_called_from_outside),
        cmocka_unit_test(foreign_functions_are_called_like_others_and_coerced),
        cmocka_unit_test(values_are_coerced_to_declared_types),
        cmocka_unit_test(the_values_a_type_allows_bind_declared_types_alone),
        cmocka_unit_test(values_are_written_as_json),
        cmocka_unit_test(notes_say_what_became_null_but_no_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
