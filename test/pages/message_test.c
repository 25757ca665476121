/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that every message is there in every language with the same placeholders, that arguments are escaped and
 * isolated, and that a sentence with a hole is never written. */

#include "testing.h"

/* The placeholders of a form as bits. */
static unsigned placeholders(const char *text)
{
    unsigned bits = 0;

    for (; *text; text++)
        if ((unsigned char)*text <= MESSAGE_ARGUMENTS_MAX)
            bits |= 1u << (unsigned char)*text;
    return bits;
}

static void every_language_has_every_message_with_the_same_placeholders(void **state)
{
    for (int id = 0; id < MESSAGE_COUNT; id++) {
        const struct message_entry *entry = &message_table[id];
        unsigned wanted = ((1u << entry->arguments) - 1) << 1;
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            assert_non_null(entry->text[language][PLURAL_OTHER]);
            for (int form = 0; form < PLURAL_COUNT; form++)
                if (entry->text[language][form])
                    assert_int_equal(wanted, placeholders(entry->text[language][form]));
        }
    }
}

static void every_plural_that_a_language_asks_for_has_its_form(void **state)
{
    for (int id = 0; id < MESSAGE_COUNT; id++)
        for (int language = 0; language < LANGUAGE_COUNT; language++)
            for (uint64_t number = 0; message_table[id].plural && number <= 1000000; number += number < 200 ? 1 : 9998)
                assert_non_null(message_table[id].text[language][language_plural((enum language)language, number)]);
}

static void check_count(enum language language, int64_t number, const char *expected)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(4096);
    struct html html = {&out, language};

    message_write_with(&html, MESSAGE_ACCESS_COUNT, message_number(number));
    assert_true(slice_is(buffer_view(&out), expected));
}

static void a_count_is_written_in_the_form_of_its_language(void **state)
{
    check_count(LANGUAGE_EN, 1, "1 look is listed.");
    check_count(LANGUAGE_EN, 11, "11 looks are listed.");
    check_count(LANGUAGE_FR, 1, "1 regard est noté.");
    check_count(LANGUAGE_FR, 2, "2 regards sont notés.");
    check_count(LANGUAGE_AR, 3, "3 اطّلاعات مسجَّلة.");
    check_count(LANGUAGE_AR, 11, "11 اطّلاعًا مسجَّلًا.");
    check_count(LANGUAGE_AR, 100, "100 اطّلاع مسجَّل.");
}

static void arguments_are_escaped_and_isolated(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(4096);
    struct html html = {&out, LANGUAGE_EN};

    message_write_with(&html, MESSAGE_CONTACT_CALL, message_text(SLICE("<b>")), message_phone(SLICE("112")));
    assert_true(
        slice_is(buffer_view(&out), "<bdi>&lt;b&gt;</bdi>: <a class=\"tel\" dir=\"ltr\" href=\"tel:112\">112</a>"));
}

static void a_sentence_with_a_hole_fails_the_page(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(4096);
    struct html html = {&out, LANGUAGE_EN};

    message_write(&html, MESSAGE_CONTACT_CALL);
    assert_int_equal(ERROR_TOO_LARGE, buffer_check(&out));
    buffer_clear(&out);
    message_write_with(&html, MESSAGE_CONTACT_CALL, message_text(SLICE("x")));
    assert_int_equal(ERROR_TOO_LARGE, buffer_check(&out));
    buffer_clear(&out);
    message_template(&html, "<p>$</p><p>$</p>", MESSAGE_HOME_TITLE);
    assert_int_equal(ERROR_TOO_LARGE, buffer_check(&out));
    buffer_clear(&out);
    message_template(&html, "<p>$</p>", MESSAGE_HOME_TITLE, MESSAGE_HOME_TITLE);
    assert_int_equal(ERROR_TOO_LARGE, buffer_check(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_has_every_message_with_the_same_placeholders),
        cmocka_unit_test(every_plural_that_a_language_asks_for_has_its_form),
        cmocka_unit_test(a_count_is_written_in_the_form_of_its_language),
        cmocka_unit_test(arguments_are_escaped_and_isolated),
        cmocka_unit_test(a_sentence_with_a_hole_fails_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
