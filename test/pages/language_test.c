/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a reader gets the language asked for, that a hostile header chooses nothing, and that counts take the
 * plural form of the language (samples of CLDR 44). */

#include "testing.h"

static enum language choose(const char *parameter, const char *cookie, const char *header)
{
    return language_choose(slice_from_string(parameter), slice_from_string(cookie), slice_from_string(header));
}

static void what_was_chosen_goes_before_what_the_browser_says(void **state)
{
    assert_int_equal(LANGUAGE_AR, choose("ar", "fr", "en"));
    assert_int_equal(LANGUAGE_FR, choose("", "fr", "ar"));
    assert_int_equal(LANGUAGE_AR, choose("", "", "ar"));
    assert_int_equal(LANGUAGE_EN, choose("", "", ""));
    assert_int_equal(LANGUAGE_FR, choose("xx", "<script>", "fr"));
}

static void the_header_is_read_as_the_standard_says(void **state)
{
    static const struct {
        const char *header;
        enum language expected;
    } table[] = {
        {"fr-BE,fr;q=0.9,en;q=0.8", LANGUAGE_FR},
        {"en;q=0.3, AR-sy ; q=0.7", LANGUAGE_AR},
        {"ti, am;q=0.9, fr;q=0.1", LANGUAGE_FR},
        {"fr;q=0, ar;q=0.001", LANGUAGE_AR},
        {"fr;q=0", LANGUAGE_EN},
        {"*", LANGUAGE_EN},
        {"ar;q=0.5,fr;q=0.5", LANGUAGE_AR},
        {"fr;q=1.000,ar;q=1", LANGUAGE_FR},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(table[i].expected, choose("", "", table[i].header));
}

static void what_cannot_be_parsed_is_passed_over(void **state)
{
    static const char *broken[] = {
        "ar;q=2",     "ar;q=1.001",   "ar;q=0.1234", "ar;q=.5", "ar;q=",  "ar;q",  "ar;",
        "ar;level=1", "ar;q=0.5;q=1", "a r",         "-ar",     "arabic", "ar_SY", "ar;q=0.x",
    };

    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char header[64];
        snprintf(header, sizeof header, "%s, fr;q=0.2", broken[i]);
        assert_int_equal(LANGUAGE_FR, choose("", "", header));
    }
}

static void a_header_beyond_its_bound_is_not_read(void **state)
{
    char header[LANGUAGE_HEADER_MAX + 2];

    memset(header, ' ', sizeof header);
    header[0] = 'a', header[1] = 'r';
    header[LANGUAGE_HEADER_MAX] = '\0';
    assert_int_equal(LANGUAGE_AR, choose("", "", header));
    header[LANGUAGE_HEADER_MAX] = ' ';
    header[LANGUAGE_HEADER_MAX + 1] = '\0';
    assert_int_equal(LANGUAGE_EN, choose("", "", header));
}

static void counts_take_the_plural_form_of_their_language(void **state)
{
    static const struct {
        enum language language;
        uint64_t number;
        enum plural expected;
    } table[] = {
        {LANGUAGE_EN, 0, PLURAL_OTHER},      {LANGUAGE_EN, 1, PLURAL_ONE},         {LANGUAGE_EN, 2, PLURAL_OTHER},
        {LANGUAGE_FR, 0, PLURAL_ONE},        {LANGUAGE_FR, 1, PLURAL_ONE},         {LANGUAGE_FR, 2, PLURAL_OTHER},
        {LANGUAGE_FR, 1000000, PLURAL_MANY}, {LANGUAGE_FR, 1000001, PLURAL_OTHER}, {LANGUAGE_AR, 0, PLURAL_ZERO},
        {LANGUAGE_AR, 1, PLURAL_ONE},        {LANGUAGE_AR, 2, PLURAL_TWO},         {LANGUAGE_AR, 3, PLURAL_FEW},
        {LANGUAGE_AR, 10, PLURAL_FEW},       {LANGUAGE_AR, 11, PLURAL_MANY},       {LANGUAGE_AR, 99, PLURAL_MANY},
        {LANGUAGE_AR, 100, PLURAL_OTHER},    {LANGUAGE_AR, 102, PLURAL_OTHER},     {LANGUAGE_AR, 103, PLURAL_FEW},
        {LANGUAGE_AR, 111, PLURAL_MANY},     {LANGUAGE_AR, 1000, PLURAL_OTHER},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(table[i].expected, language_plural(table[i].language, table[i].number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_chosen_goes_before_what_the_browser_says),
        cmocka_unit_test(the_header_is_read_as_the_standard_says),
        cmocka_unit_test(what_cannot_be_parsed_is_passed_over),
        cmocka_unit_test(a_header_beyond_its_bound_is_not_read),
        cmocka_unit_test(counts_take_the_plural_form_of_their_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
