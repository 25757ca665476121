/* SPDX-License-Identifier: Apache-2.0 */

/* Proves of the page that checks on the phone: its form has nowhere to go, it asks what the rules of the place ask, every
 * word that the script can need stands in it in the reader's language, and without a module it leads to the ordinary
 * form and runs nothing. */

#include "testing.h"

#include "pages/care_words.h"

static void write_sample(struct buffer *out, enum language language)
{
    struct page page = sample_page(language, PATH_CHECK);
    struct check_page view = sample_check();

    assert_int_equal(OK, page_write_check(out, &page, &view));
}

static void the_form_has_nowhere_to_go(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);

    write_sample(&out, LANGUAGE_EN);
    assert_true(contains(&out, "<form method=\"dialog\" autocomplete=\"off\">"));
    assert_false(contains(&out, "action="));
    assert_false(contains(&out, "formaction"));
    assert_true(contains(&out, "<div id=\"check\" hidden"));
    assert_true(contains(&out, "name=\"status\" value=\"unknown\" checked>"));
    assert_false(contains(&out, "name=\"spoken\""));
}

static void it_names_what_the_script_loads(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX), floor = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, PATH_CHECK);
    struct check_page view = sample_check();

    write_sample(&out, LANGUAGE_EN);
    assert_true(contains(&out, " data-module=\"/hospitium-rules.0123456789abcdef.wasm\""));
    assert_true(contains(&out, " data-standard=\"/rules/joint-standard.json\""));
    assert_true(contains(&out, " data-pack-proof=\"/rules/belgium.proof.json\""));
    assert_true(contains(&out, " data-service-unknown=\"primary\""));
    assert_true(contains(&out, "<script type=\"module\" src=\"/check.0123456789abcdef.js\"></script>"));
    view.pack = (struct check_set){0};
    assert_int_equal(OK, page_write_check(&floor, &page, &view));
    assert_true(contains(&floor, "data-standard=") && !contains(&floor, "data-pack"));
}

static void it_asks_what_the_rules_of_the_place_ask(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);

    write_sample(&out, LANGUAGE_FR);
    assert_true(contains(&out, "<select id=\"setting\" name=\"setting\" autocomplete=\"off\">"));
    assert_true(says(&out, LANGUAGE_FR, MESSAGE_FACT_SETTING) &&
                says(&out, LANGUAGE_FR, MESSAGE_FACT_SETTING_HOSPITAL));
    assert_true(contains(&out, "<option value=\"unknown\" selected>Passer</option>"));
    assert_true(contains(&out, "inputmode=\"numeric\" id=\"stay_days\""));
    assert_true(contains(&out, "data-least=\"0\" data-most=\"3650\""));
    assert_true(contains(&out, "<input type=\"date\" id=\"entered_on\""));
    assert_false(contains(&out, "id=\"as_of\"") || contains(&out, "id=\"status\""));
}

static void what_has_no_message_stands_in_the_words_of_the_rules(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);

    write_sample(&out, LANGUAGE_AR);
    assert_true(contains(&out, "<label for=\"phase_of_moon\" lang=\"en\" dir=\"ltr\">phase of moon</label>"));
    assert_true(contains(&out, "<option value=\"full_moon\" lang=\"en\">full moon</option>"));
    assert_false(contains(&out, "<script>alert"));
}

static void a_place_that_asks_nothing_more_gets_no_empty_list(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, PATH_CHECK);
    struct check_page view = sample_check();

    view.facts = 1;
    assert_int_equal(OK, page_write_check(&out, &page, &view));
    assert_false(says(&out, LANGUAGE_EN, MESSAGE_CHECK_PLACE));
}

static void every_word_of_the_rules_is_carried_in_the_language_of_the_reader(void **state)
{
    for (int l = 0; l < LANGUAGE_COUNT; l++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
        write_sample(&out, (enum language)l);
        for (int list = 0; list < CARE_LIST_COUNT; list++)
            for (unsigned w = 0; w < care_word_table[list].count; w++) {
                char name[128];
                snprintf(name, sizeof name, "data-word=\"%s%s\"", care_word_table[list].prefix,
                         care_word_table[list].word[w].word);
                assert_true(contains(&out, name));
                assert_true(says(&out, (enum language)l, care_word_table[list].word[w].label));
            }
        assert_true(says(&out, (enum language)l, MESSAGE_VERDICT_SOON) &&
                    says(&out, (enum language)l, MESSAGE_CHECK_SENT));
        assert_true(says(&out, (enum language)l, MESSAGE_ANSWER_DRAFT) &&
                    says(&out, (enum language)l, MESSAGE_PROVE_AGREES));
        assert_true(contains(&out, "<bdi data-say=\"row\"></bdi>") && contains(&out, "<bdi data-say=\"pack\"></bdi>"));
    }
}

static void the_warnings_stand_here_too(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);

    write_sample(&out, LANGUAGE_FR);
    assert_true(says(&out, LANGUAGE_FR, MESSAGE_WARNING_HEADING));
    assert_true(contains(&out, "<p lang=\"en\" dir=\"auto\">If you ask the office yourself"));
}

static void without_a_module_the_page_leads_to_the_ordinary_form_and_runs_nothing(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, PATH_CHECK);
    struct check_page absent = {0};

    assert_int_equal(OK, page_write_check(&out, &page, &absent));
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_CHECK_ABSENT) && contains(&out, "href=\"/care\""));
    assert_false(contains(&out, "<script") || contains(&out, "<form") || contains(&out, "<template"));
}

static void with_the_script_off_the_way_to_the_ordinary_form_stands_there(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);

    write_sample(&out, LANGUAGE_EN);
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_CHECK_WITHOUT) && contains(&out, "href=\"/care\""));
    assert_false(contains(&out, "id=\"ordinary\" hidden"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_has_nowhere_to_go),
        cmocka_unit_test(it_names_what_the_script_loads),
        cmocka_unit_test(it_asks_what_the_rules_of_the_place_ask),
        cmocka_unit_test(what_has_no_message_stands_in_the_words_of_the_rules),
        cmocka_unit_test(a_place_that_asks_nothing_more_gets_no_empty_list),
        cmocka_unit_test(every_word_of_the_rules_is_carried_in_the_language_of_the_reader),
        cmocka_unit_test(the_warnings_stand_here_too),
        cmocka_unit_test(without_a_module_the_page_leads_to_the_ordinary_form_and_runs_nothing),
        cmocka_unit_test(with_the_script_off_the_way_to_the_ordinary_form_stands_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
