/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that names are cut out of texts as DMN 1.5, 10.3.1.4 has it: the longest in scope, whatever spaces are in it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/feel/names.h"

struct table {
    struct arena *arena;
    struct feel_names *names;
};

static int set_up(void **state)
{
    struct table *table = calloc(1, sizeof *table);

    assert_non_null(table);
    table->arena = arena_new(16 << 20);
    assert_non_null(table->arena);
    table->names = feel_names_new(table->arena);
    assert_non_null(table->names);
    *state = table;
    return 0;
}

static int tear_down(void **state)
{
    struct table *table = *state;

    arena_free(table->arena);
    free(table);
    return 0;
}

static feel_name enter(struct table *table, const char *text)
{
    feel_name name = 0;

    assert_int_equal(feel_names_enter(table->names, slice_from_string(text), &name), OK);
    assert_int_not_equal(name, 0);
    return name;
}

static void the_longest_name_is_matched_and_ends_where_a_word_ends(void **state)
{
    static const char *const known[] = {"Monthly", "Monthly Salary",    "loan-to-value", "loan",  "what if?",
                                        "a - b",   "Größe der Wohnung", "Item 2b",       "l’âge", "x.y"};
    static const struct {
        const char *text, *matched;
    } cases[] = {
        {"Monthly Salary * 12", "Monthly Salary"},
        {"Monthly \n\t Salary", "Monthly \n\t Salary"},
        {"Monthly\u00A0Salary", "Monthly\u00A0Salary"},
        {"Monthly Salaryman", "Monthly"},
        {"Monthly+Salary", "Monthly"},
        {"Monthlyx", ""},
        {"loan-to-value", "loan-to-value"},
        {"loan - to - value", "loan - to - value"},
        {"loan-to-valuer", "loan"},
        {"loan-to", "loan"},
        {"what if?", "what if?"},
        {"what if", ""},
        {"a-b", "a-b"},
        {"a", ""},
        {"Größe der Wohnung", "Größe der Wohnung"},
        {"Größe", ""},
        {"Item 2b", "Item 2b"},
        {"Item 2", ""},
        {"l’âge+1", "l’âge"},
        {"x.y.z", "x.y"},
        {"date and time(1)", "date and time"},
        {"years and months duration(a, b)", "years and months duration"},
        {"start included", "start included"},
        {"", ""},
        {"-a", ""},
    };
    struct table *table = *state;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        enter(table, known[i]);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice text = slice_from_string(cases[i].text);
        feel_name name = 0;
        size_t length = feel_names_match(table->names, text, &name);
        print_message("%s\n", cases[i].text);
        assert_int_equal(length, strlen(cases[i].matched));
        if (length > 0)
            assert_int_equal(name, feel_names_find(table->names, slice_from_string(cases[i].matched)));
    }
}

static void one_name_has_one_number_and_its_first_spelling(void **state)
{
    struct table *table = *state;
    feel_name name = enter(table, "  Monthly \t\n Salary ");
    struct slice text = feel_names_text(table->names, name);

    assert_true(slice_is(text, "Monthly Salary"));
    assert_int_equal(enter(table, "Monthly Salary"), name);
    assert_int_equal(feel_names_find(table->names, SLICE("Monthly   Salary")), name);
    assert_int_not_equal(enter(table, "MonthlySalary"), name);
    assert_int_equal(feel_names_find(table->names, SLICE("Monthly")), 0);
    assert_int_equal(feel_names_find(table->names, SLICE("Monthly Salary Cap")), 0);
    name = enter(table, "a - b");
    assert_int_equal(enter(table, "a-b"), name);
    assert_true(slice_is(feel_names_text(table->names, name), "a - b"));
}

static void the_empty_name_is_a_key_but_matches_nothing(void **state)
{
    struct table *table = *state;
    feel_name name = enter(table, "");

    assert_int_equal(enter(table, "  "), name);
    assert_int_equal(feel_names_text(table->names, name).length, 0);
    assert_int_equal(feel_names_match(table->names, SLICE("x"), &name), 0);
}

static void an_introduced_name_is_in_scope_only_while_it_is_shown(void **state)
{
    struct table *table = *state;
    struct slice text = SLICE("first name");
    feel_name name = 0, found = 0;

    assert_int_equal(feel_names_introduce(table->names, text, &name), OK);
    assert_int_equal(feel_names_match(table->names, text, &found), text.length);
    assert_int_equal(feel_names_match_in_scope(table->names, text, &found), 0);
    feel_names_show(table->names, name);
    feel_names_show(table->names, name);
    feel_names_hide(table->names, name);
    assert_int_equal(feel_names_match_in_scope(table->names, text, &found), text.length);
    assert_int_equal(found, name);
    feel_names_hide(table->names, name);
    assert_int_equal(feel_names_match_in_scope(table->names, text, &found), 0);
    assert_int_equal(enter(table, "first name"), name);
    assert_int_equal(feel_names_match_in_scope(table->names, text, &found), text.length);
}

static void names_too_long_are_refused_and_long_ones_are_not_matched(void **state)
{
    char text[FEEL_NAME_BYTES_MAX + 1];
    struct table *table = *state;
    feel_name name = 0, found = 0;

    memset(text, 'a', sizeof text);
    assert_int_equal(feel_names_enter(table->names, slice_of(text, sizeof text), &name), ERROR_VALUE);
    assert_int_equal(feel_names_enter(table->names, slice_of(text, sizeof text - 1), &name), OK);
    assert_int_equal(feel_names_match(table->names, slice_of(text, sizeof text - 1), &found), sizeof text - 1);
    for (size_t i = 1; i < sizeof text; i += 2)
        text[i] = '+';
    struct slice many = slice_of(text, 2 * FEEL_NAME_TOKENS_MAX - 1);
    assert_int_equal(feel_names_enter(table->names, many, &name), OK);
    assert_int_equal(feel_names_match(table->names, many, &found), 0);
    assert_int_equal(feel_names_find(table->names, many), name);
}

static void thousands_of_names_keep_their_numbers(void **state)
{
    struct table *table = *state;
    feel_name first = enter(table, "name 0");
    char text[32];

    for (int i = 1; i < 20000; i++) {
        snprintf(text, sizeof text, "name %d", i);
        assert_int_equal(enter(table, text), first + (feel_name)i);
    }
    assert_int_equal(feel_names_find(table->names, SLICE("name 12345")), first + 12345);
    assert_true(slice_is(feel_names_text(table->names, first + 12345), "name 12345"));
}

static void without_memory_there_is_an_error_and_no_name(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64 << 10);
    struct feel_names *names = feel_names_new(arena);
    enum error error = OK;
    feel_name name = 0;
    char text[32];

    (void)state;
    assert_non_null(names);
    for (int i = 0; i < 100000 && error == OK; i++) {
        snprintf(text, sizeof text, "name %d", i);
        name = 0;
        error = feel_names_enter(names, slice_from_string(text), &name);
    }
    assert_int_equal(error, ERROR_MEMORY);
    assert_int_equal(name, 0);
    assert_int_equal(feel_names_find(names, slice_from_string(text)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_longest_name_is_matched_and_ends_where_a_word_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_name_has_one_number_and_its_first_spelling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_empty_name_is_a_key_but_matches_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_introduced_name_is_in_scope_only_while_it_is_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_too_long_are_refused_and_long_ones_are_not_matched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(thousands_of_names_keep_their_numbers, set_up, tear_down),
        cmocka_unit_test(without_memory_there_is_an_error_and_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
