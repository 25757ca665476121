/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that nothing a stranger writes becomes markup, a foreign address, or turns the text around it. */

#include "testing.h"

#define CHECK_TEXT(expected, literal) check_text(expected, SLICE(literal))

static void check_text(const char *expected, struct slice text)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(4096);
    struct html html = {&out, LANGUAGE_EN};

    html_text(&html, text);
    assert_int_equal(OK, buffer_check(&out));
    assert_true(slice_is(buffer_view(&out), expected));
}

static void markup_and_quotes_are_escaped(void **state)
{
    CHECK_TEXT("&lt;script&gt;&amp;amp;&quot;&#39;", "<script>&amp;\"'");
    CHECK_TEXT("አሚና أمينة O&#39;Brien", "አሚና أمينة O'Brien");
}

static void what_turns_the_direction_is_dropped_and_joiners_stay(void **state)
{
    CHECK_TEXT("abc", "a\xE2\x80\xAE"
                      "b\xE2\x81\xA6"
                      "c\xE2\x80\xAA\xE2\x81\xA9");
    CHECK_TEXT("می\xE2\x80\x8Cخواهم", "می\xE2\x80\x8Cخواهم"); /* ZERO WIDTH NON-JOINER */
    CHECK_TEXT("a\xE2\x80\x8F", "a\xE2\x80\x8F");             /* RIGHT-TO-LEFT MARK */
}

static void controls_are_dropped_and_broken_bytes_replaced(void **state)
{
    CHECK_TEXT("ab\tc", "a\0b\tc\x1B\x7F\xC2\x85\xE2\x80\xA8");
    CHECK_TEXT("a\xEF\xBF\xBD"
               "b",
               "a\xFF"
               "b");
    CHECK_TEXT("\xEF\xBF\xBD\xEF\xBF\xBD", "\xC0\xBC"); /* overlong "<" */
    CHECK_TEXT("\xEF\xBF\xBD", "\xE2");                 /* cut short */
}

static void only_this_site_and_https_are_linked(void **state)
{
    static const struct {
        const char *address;
        const char *expected;
    } table[] = {
        {"/access?before=1&x=2", " href=\"/access?before=1&amp;x=2\""},
        {"https://www.wikipedia.org/", " href=\"https://www.wikipedia.org/\""},
        {"javascript:alert(1)", " href=\"/\""},
        {"JaVaScRiPt:alert(1)", " href=\"/\""},
        {"data:text/html,x", " href=\"/\""},
        {"//evil.example/", " href=\"/\""},
        {"/\\evil.example/", " href=\"/\""},
        {"/\t/evil.example/", " href=\"/\""},
        {"http://evil.example/", " href=\"/\""},
        {"", " href=\"/\""},
        {"/\" onclick=\"x", " href=\"/\""},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(4096);
        struct html html = {&out, LANGUAGE_EN};
        html_address(&html, MARKUP("href"), slice_from_string(table[i].address));
        assert_true(slice_is(buffer_view(&out), table[i].expected));
    }
}

static void a_telephone_link_dials_digits_only(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(4096);
    struct html html = {&out, LANGUAGE_EN};

    html_telephone(&html, SLICE("+32 (2) 555-01;20+\"x"));
    assert_true(slice_is(buffer_view(&out), " href=\"tel:+3225550120\""));
}

static void a_full_buffer_fails_instead_of_cutting_a_page(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(8);
    struct html html = {&out, LANGUAGE_EN};

    html_text(&html, SLICE("ten letters"));
    assert_int_equal(ERROR_TOO_LARGE, buffer_check(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_and_quotes_are_escaped),
        cmocka_unit_test(what_turns_the_direction_is_dropped_and_joiners_stay),
        cmocka_unit_test(controls_are_dropped_and_broken_bytes_replaced),
        cmocka_unit_test(only_this_site_and_https_are_linked),
        cmocka_unit_test(a_telephone_link_dials_digits_only),
        cmocka_unit_test(a_full_buffer_fails_instead_of_cutting_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
