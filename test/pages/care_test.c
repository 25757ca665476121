/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what a person without papers stakes on these pages: the form skips by default, status reaches no page but the
 * form, no answer says no to care that may be urgent, and the slip tells nothing that could betray. */

#include "testing.h"

static const struct care_notice NO_NOTICE;

static bool set(struct care_form *form, const char *name, const char *value)
{
    return care_form_set(form, slice_from_string(name), slice_from_string(value));
}

static void nothing_chosen_means_unknown(void **state)
{
    struct care_form form = {0};

    assert_string_equal("unknown", care_form_word(&form, CARE_FIELD_STATUS));
    assert_string_equal("unknown", care_form_word(&form, CARE_FIELD_URGENCY));
    assert_string_equal("unknown", care_form_word(&form, CARE_FIELD_MEANS));
    assert_string_equal("primary", care_form_word(&form, CARE_FIELD_SERVICE));
    assert_false(form.age_known);
}

static void every_choice_of_the_form_is_read_back(void **state)
{
    struct care_form form = {0};

    assert_true(set(&form, "status", "undocumented"));
    assert_string_equal("undocumented", care_form_word(&form, CARE_FIELD_STATUS));
    assert_true(set(&form, "status", ""));
    assert_string_equal("unknown", care_form_word(&form, CARE_FIELD_STATUS));
    assert_true(set(&form, "service", "sti_hiv"));
    assert_int_equal(CARE_SERVICE_STI_HIV, form.choice[CARE_FIELD_SERVICE]);
}

static void what_the_form_does_not_have_is_refused(void **state)
{
    struct care_form form = {0}, untouched = {0};

    assert_false(set(&form, "status", "criminal"));
    assert_false(set(&form, "name", "Amina"));
    assert_false(set(&form, "", ""));
    assert_memory_equal(&untouched, &form, sizeof form);
}

static void an_age_is_read_in_the_digits_of_the_phone(void **state)
{
    static const struct {
        const char *text;
        int years; /* -1: unknown, -2: unreadable */
    } table[] = {
        {"0", 0},    {"31", 31},  {" 120 ", 120}, {"٣١", 31},         {"۴", 4},
        {"", -1},    {"  ", -1},  {"121", -2},    {"4294967297", -2}, {"-1", -2},
        {"3.5", -2}, {"abc", -2}, {"\xD9", -2},   {"\xD9\xAA", -2},   {"3 1", -2},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct care_form form = {.age_known = true, .age_years = 99};
        assert_true(set(&form, "age", table[i].text));
        assert_int_equal(table[i].years >= 0, form.age_known);
        assert_int_equal(table[i].years == -2, form.age_unreadable);
        if (form.age_known)
            assert_int_equal(table[i].years, form.age_years);
    }
}

static void a_wiped_form_holds_nothing(void **state)
{
    struct care_form form = {0}, empty = {0};

    assert_true(set(&form, "status", "undocumented"));
    care_form_wipe(&form);
    assert_memory_equal(&empty, &form, sizeof form);
}

static void the_form_posts_and_preselects_that_nothing_is_said(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, PATH_CARE);

    assert_int_equal(OK, page_write_care_form(&out, &page, &NO_NOTICE, NULL));
    assert_true(contains(&out, "<form method=\"post\" action=\"/care/answer\""));
    assert_false(contains(&out, "method=\"get\""));
    assert_true(contains(&out, "name=\"status\" value=\"unknown\" checked>"));
    assert_false(contains(&out, "value=\"undocumented\" checked>"));
    assert_false(contains(&out, "<details open>"));
}

/* Before she decides: above the form, in the language that it is written in, with whom to ask. */
static void what_the_rules_warn_of_stands_above_the_form(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX), without = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_AR, PATH_CARE);

    assert_int_equal(OK, page_write_care_form(&out, &page, &SAMPLE_NOTICE, NULL));
    assert_true(says(&out, LANGUAGE_AR, MESSAGE_WARNING_HEADING));
    assert_true(says(&out, LANGUAGE_AR, MESSAGE_WARNING_UNTRANSLATED));
    assert_true(contains(&out, "<p lang=\"en\" dir=\"auto\">If you ask the office yourself"));
    assert_true(contains(&out, "<bdi>A residence act</bdi>") && contains(&out, "<bdi>section 87(2)</bdi>"));
    assert_true(contains(&out, "<bdi>2015-05-12</bdi>") && contains(&out, "href=\"/rules\""));
    assert_true(contains(&out, "tel:+3225550120"));
    assert_false(contains(&out, "<script"));
    assert_true(slice_search(buffer_view(&out), SLICE("A residence act")) <
                slice_search(buffer_view(&out), SLICE("<form method=\"post\" action=\"/care/answer\"")));
    assert_int_equal(OK, page_write_care_form(&without, &page, &NO_NOTICE, NULL));
    assert_false(says(&without, LANGUAGE_AR, MESSAGE_WARNING_HEADING) || contains(&without, "/rules"));
}

static void an_unreadable_age_is_explained_and_the_rest_kept(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, "");
    struct care_form form = {0};

    assert_true(set(&form, "age", "old") && set(&form, "status", "tolerated"));
    assert_int_equal(OK, page_write_care_form(&out, &page, &NO_NOTICE, &form));
    assert_true(contains(&out, "href=\"#age\""));
    assert_true(contains(&out, "aria-invalid=\"true\""));
    assert_true(contains(&out, "name=\"status\" value=\"tolerated\" checked>"));
    assert_true(contains(&out, "<details open>"));
}

static void the_answer_stands_in_both_languages_with_its_rule(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_AR, "");
    struct care_answer answer = sample_answer();

    assert_int_equal(OK, page_write_care_answer(&out, &page, &answer));
    assert_true(contains(&out, "<section class=\"card column\" lang=\"ar\" dir=\"rtl\">"));
    assert_true(contains(&out, "<section class=\"card column\" lang=\"fr\" dir=\"ltr\">"));
    assert_true(says(&out, LANGUAGE_AR, MESSAGE_VERDICT_NOW) && says(&out, LANGUAGE_FR, MESSAGE_VERDICT_NOW));
    assert_true(says(&out, LANGUAGE_AR, MESSAGE_ANSWER_REFUSE_NO));
    assert_true(contains(&out, "<bdi>BE-AMU-3</bdi>") && contains(&out, "art. 57 § 2</bdi>"));
    assert_true(says(&out, LANGUAGE_AR, MESSAGE_ANSWER_KEPT));
    assert_true(says(&out, LANGUAGE_AR, MESSAGE_ANSWER_DRAFT));
}

/* Promise 1 at the last door: even if a rule set said so. */
static void no_answer_says_no_to_care_that_may_be_urgent(void **state)
{
    struct page page = sample_page(LANGUAGE_EN, "");

    for (uint8_t urgency = 0; urgency < CARE_URGENCY_COUNT; urgency++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
        struct care_answer answer = sample_answer();
        bool can_wait = urgency == CARE_URGENCY_DEFERRABLE;

        answer.urgency = urgency;
        answer.ask_clinician = true;
        answer.charge = CARE_CHARGE_PREPAY;
        assert_int_equal(OK, page_write_care_answer(&out, &page, &answer));
        assert_int_equal(!can_wait, says(&out, LANGUAGE_EN, MESSAGE_ANSWER_REFUSE_NO));
        assert_int_equal(can_wait, says(&out, LANGUAGE_EN, MESSAGE_ANSWER_REFUSE_ASK));
        assert_int_equal(can_wait, says(&out, LANGUAGE_EN, MESSAGE_CHARGE_PREPAY));
        assert_int_equal(!can_wait, contains(&out, "action=\"/care/slip\""));
    }
}

static void the_words_of_the_rules_are_read(void **state)
{
    enum care_entitlement entitlement = CARE_ENTITLEMENT_FULL;
    enum care_charge charge = CARE_CHARGE_FREE;
    enum care_paper paper = CARE_PAPER_NONE;
    enum care_helper helper = CARE_HELPER_DESK;

    assert_true(care_entitlement_read(SLICE("AS_RESIDENT"), &entitlement));
    assert_int_equal(CARE_ENTITLEMENT_AS_RESIDENT, entitlement);
    assert_true(care_charge_read(SLICE("PROVIDER_REIMBURSED"), &charge));
    assert_int_equal(CARE_CHARGE_PROVIDER_REIMBURSED, charge);
    assert_true(care_paper_read(SLICE("medical_certificate"), &paper));
    assert_int_equal(CARE_PAPER_MEDICAL_CERTIFICATE, paper);
    assert_true(care_helper_read(SLICE("social_service"), &helper));
    assert_int_equal(CARE_HELPER_SOCIAL_SERVICE, helper);
    assert_true(care_helper_read(SLICE("CPAS"), &helper));
    assert_int_equal(CARE_HELPER_CPAS, helper);
    assert_false(care_helper_read(SLICE("NASA"), &helper));
    assert_false(care_charge_read(SLICE("FREEDOM"), &charge));
    assert_int_equal(CARE_CHARGE_PROVIDER_REIMBURSED, charge);
}

static void write_slip_of(struct buffer *out, const struct care_answer *answer)
{
    struct page page = sample_page(LANGUAGE_EN, "");
    struct slip slip;

    assert_true(slip_from_answer(answer, &slip));
    assert_int_equal(OK, page_write_slip(out, &page, &slip));
}

/* The two women of the story: same right, everything else different. All ways to differ, byte for byte. */
static void two_statuses_with_the_same_right_get_the_same_slip(void **state)
{
    CLEANUP_BUFFER struct buffer first = buffer_new(PAGE_BYTES_MAX);
    struct care_answer answer = sample_answer();

    write_slip_of(&first, &answer);
    for (unsigned i = 0; i < CARE_ENTITLEMENT_COUNT * CARE_CHARGE_COUNT * CARE_PAPER_COUNT; i++) {
        CLEANUP_BUFFER struct buffer other = buffer_new(PAGE_BYTES_MAX);
        answer.entitlement = (enum care_entitlement)(i % CARE_ENTITLEMENT_COUNT);
        answer.charge = (enum care_charge)(i / CARE_ENTITLEMENT_COUNT % CARE_CHARGE_COUNT);
        answer.paper = (enum care_paper)(i / CARE_ENTITLEMENT_COUNT / CARE_CHARGE_COUNT);
        answer.row = i % 2 ? SLICE("BE-20") : SLICE("JS-1");
        answer.pack = i % 2 ? SLICE("Residents") : SLICE("Others");
        answer.citation = i % 2 ? SLICE("Insurance act") : SLICE("Decree");
        answer.helper = (enum care_helper)(i % CARE_HELPER_COUNT);
        answer.helper_other = i % 2 ? SLICE("Fedasil") : SLICE("");
        answer.paper_other = i % 2 ? SLICE("blue card") : SLICE("");
        answer.draft = i % 2;
        write_slip_of(&other, &answer);
        assert_true(slice_equal(buffer_view(&first), buffer_view(&other)));
    }
}

static void the_slip_names_the_right_and_nothing_that_decided_it(void **state)
{
    static const char *betraying[] = {"BE-AMU-3", "AR/KB",       "CPAS",    "Belgium", "undocumented", "value=",
                                      "<input",   "emergency\"", "child\"", "charge",  "<time"};
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct care_answer answer = sample_answer();

    write_slip_of(&out, &answer);
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_SLIP_NOW_CHILD) && says(&out, LANGUAGE_FR, MESSAGE_SLIP_NOW_CHILD));
    assert_true(contains(&out, "Interpreter: Arabic") && contains(&out, "Interprète : arabe"));
    assert_true(contains(&out, "tel:+3225550120"));
    for (size_t i = 0; i < sizeof betraying / sizeof betraying[0]; i++)
        assert_false(contains(&out, betraying[i]));
    for (int id = MESSAGE_STATUS_CITIZEN_RESIDENT; id <= MESSAGE_STATUS_RESETTLED; id++)
        assert_false(says(&out, LANGUAGE_EN, (enum message_id)id) || says(&out, LANGUAGE_FR, (enum message_id)id));
}

/* A page that cannot be bookmarked, cached or re-read has no place for status; nor may a hidden field carry it on. */
static void the_answer_carries_on_only_what_the_slip_says(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, "");
    struct care_answer answer = sample_answer();
    size_t inputs = 0;

    assert_int_equal(OK, page_write_care_answer(&out, &page, &answer));
    for (struct slice rest = buffer_view(&out);; inputs++) {
        size_t at = slice_search(rest, SLICE("<input"));
        if (at == SIZE_MAX)
            break;
        rest = slice_from(rest, at + 1);
    }
    assert_int_equal(3, inputs);
    assert_true(contains(&out, "name=\"when\"") && contains(&out, "name=\"whom\""));
    assert_true(contains(&out, "name=\"spoken\""));
    for (int id = MESSAGE_STATUS_CITIZEN_RESIDENT; id <= MESSAGE_STATUS_RESETTLED; id++)
        assert_false(says(&out, LANGUAGE_EN, (enum message_id)id));
}

static void the_slip_form_takes_only_what_it_offers(void **state)
{
    struct slip slip = {0};

    assert_true(slip_set(&slip, SLICE("when"), SLICE("2")));
    assert_int_equal(SLIP_DUE, slip.when);
    assert_false(slip_set(&slip, SLICE("when"), SLICE("3")));
    assert_false(slip_set(&slip, SLICE("whom"), SLICE("3")));
    assert_false(slip_set(&slip, SLICE("spoken"), SLICE("255")));
    assert_false(slip_set(&slip, SLICE("when"), SLICE("-1")));
    assert_false(slip_set(&slip, SLICE("status"), SLICE("0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_chosen_means_unknown),
        cmocka_unit_test(every_choice_of_the_form_is_read_back),
        cmocka_unit_test(what_the_form_does_not_have_is_refused),
        cmocka_unit_test(an_age_is_read_in_the_digits_of_the_phone),
        cmocka_unit_test(a_wiped_form_holds_nothing),
        cmocka_unit_test(the_form_posts_and_preselects_that_nothing_is_said),
        cmocka_unit_test(what_the_rules_warn_of_stands_above_the_form),
        cmocka_unit_test(an_unreadable_age_is_explained_and_the_rest_kept),
        cmocka_unit_test(the_answer_stands_in_both_languages_with_its_rule),
        cmocka_unit_test(no_answer_says_no_to_care_that_may_be_urgent),
        cmocka_unit_test(the_words_of_the_rules_are_read),
        cmocka_unit_test(two_statuses_with_the_same_right_get_the_same_slip),
        cmocka_unit_test(the_slip_names_the_right_and_nothing_that_decided_it),
        cmocka_unit_test(the_answer_carries_on_only_what_the_slip_says),
        cmocka_unit_test(the_slip_form_takes_only_what_it_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
