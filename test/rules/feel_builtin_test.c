/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the built-in functions are those of DMN 1.5, 10.3.4: each by a table of calls, by position and by name,
 * inside and outside of their domains; and that the table of functions is whole. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "feel_table.h"
#include "rules/feel/builtin.h"

static void conversions_are_those_of_the_table(void **state)
{
    feel_table_holds("conversion.txt", 130);
}

static void string_functions_are_those_of_the_table(void **state)
{
    feel_table_holds("strings.txt", 90);
}

static void numeric_and_temporal_functions_are_those_of_the_table(void **state)
{
    feel_table_holds("numbers.txt", 90);
}

static void list_and_context_functions_are_those_of_the_table(void **state)
{
    feel_table_holds("lists.txt", 170);
}

static void range_functions_are_those_of_the_table(void **state)
{
    feel_table_holds("ranges.txt", 90);
}

static void each_function_is_found_by_its_name_and_its_forms_do_not_overlap_in_vain(void **state)
{
    size_t count;
    const struct feel_builtin *builtin = feel_builtins(&count);

    assert_int_equal(count, 86);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(feel_builtin_find(slice_from_string(builtin[i].name)), (int)i);
        assert_true(builtin[i].form_count > 0);
        for (size_t f = 0; f < builtin[i].form_count; f++) {
            size_t named = 0;
            while (named < FEEL_FORM_PARAMETERS_MAX && builtin[i].form[f].parameter[named])
                named++;
            assert_true(builtin[i].form[f].least <= builtin[i].form[f].most);
            assert_true(builtin[i].form[f].most == UINT8_MAX || named == builtin[i].form[f].most);
        }
    }
    assert_int_equal(feel_builtin_find(SLICE("no function")), -1);
}

/* Whatever it is called with, a built-in function answers: with a value or with null and a note. */
static void every_function_refuses_what_it_cannot_take(void **state)
{
    static const char *const odd[] = {"null", "[]", "{}", "(< 5)", "function(x) x", "\"\"", "[null, null]", "1e6000"};
    size_t count;
    const struct feel_builtin *builtin = feel_builtins(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t o = 0; o < sizeof odd / sizeof odd[0]; o++)
            for (size_t arguments = 0; arguments < 6; arguments++) {
                CLEANUP_ARENA struct arena *arena = arena_new((size_t)8 << 20);
                CLEANUP_BUFFER struct buffer text = buffer_new(1 << 12);
                struct feel_run run = feel_run(arena, feel_names_new(arena), FEEL_TABLE_NOW_MS);
                buffer_format(&text, "%s(", builtin[i].name);
                for (size_t a = 0; a < arguments; a++)
                    buffer_format(&text, "%s%s", a ? ", " : "", odd[o]);
                buffer_string(&text, ")");
                struct feel_value value = feel_table_value(&run, NULL, buffer_view(&text));
                bool takes = false;
                for (size_t f = 0; f < builtin[i].form_count; f++)
                    takes = takes || (arguments >= builtin[i].form[f].least && arguments <= builtin[i].form[f].most);
                if (!takes && (value.kind != FEEL_NULL || run.note_count == 0))
                    fail_msg("%.*s has a value", SLICE_PRINT(buffer_view(&text)));
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions_are_those_of_the_table),
        cmocka_unit_test(string_functions_are_those_of_the_table),
        cmocka_unit_test(numeric_and_temporal_functions_are_those_of_the_table),
        cmocka_unit_test(list_and_context_functions_are_those_of_the_table),
        cmocka_unit_test(range_functions_are_those_of_the_table),
        cmocka_unit_test(each_function_is_found_by_its_name_and_its_forms_do_not_overlap_in_vain),
        cmocka_unit_test(every_function_refuses_what_it_cannot_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
