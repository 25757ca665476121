/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the person sees every look with who, why, what, what came of it, rule and proof, refused ones too, and
 * that a name in it cannot break the page. */

#include "testing.h"

static void write_one(struct buffer *out, enum language language, const struct access_entry *entry)
{
    struct page page = sample_page(language, PATH_ACCESS);
    struct access_list list = {.entry = entry, .count = 1, .total = 1};

    assert_int_equal(OK, page_write_access(out, &page, &list));
}

static void a_refused_officer_is_shown_as_refused(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);

    write_one(&out, LANGUAGE_EN, &SAMPLE_LOOKS[0]);
    assert_true(contains(&out, "Immigration authority, <bdi>Aliens Office</bdi>"));
    assert_true(contains(&out, "<time datetime=\"2026-11-20T14:05\">20 November 2026, <bdi>14:05</bdi></time>"));
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_PURPOSE_ENFORCE));
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_ACCESS_ASKED) && !says(&out, LANGUAGE_EN, MESSAGE_ACCESS_SAW));
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_DRAWER_CONTACT) && !says(&out, LANGUAGE_EN, MESSAGE_DRAWER_CLINICAL));
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_OUTCOME_NONE_ABOUT));
    assert_true(contains(&out, "<bdi>firewall-1</bdi>"));
    assert_true(contains(&out, "href=\"/access/proof/6\" download"));
    assert_true(contains(&out, "href=\"/access/question/6\""));
}

/* A role given by the other side must not hide where somebody comes from. */
static void enforcement_is_named_whatever_its_role(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct access_entry entry = SAMPLE_LOOKS[0];

    entry.role = ROLE_NURSE;
    entry.sector = SECTOR_LAWENFORCEMENT;
    write_one(&out, LANGUAGE_EN, &entry);
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_ROLE_POLICE) && !says(&out, LANGUAGE_EN, MESSAGE_ROLE_NURSE));
}

static void a_broken_glass_says_so_and_how_its_review_stands(void **state)
{
    static const enum message_id reviews[] = {MESSAGE_REVIEW_OPEN, MESSAGE_REVIEW_JUSTIFIED,
                                              MESSAGE_REVIEW_UNJUSTIFIED};

    for (int review = ACCESS_REVIEW_NONE; review < ACCESS_REVIEW_COUNT; review++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
        struct access_entry entry = SAMPLE_LOOKS[1];
        entry.review = (enum access_review)review;
        write_one(&out, LANGUAGE_FR, &entry);
        assert_true(says(&out, LANGUAGE_FR, MESSAGE_GLASS_BROKEN_ABOUT));
        for (int i = 0; i < 3; i++)
            assert_int_equal(review == i + 1, says(&out, LANGUAGE_FR, reviews[i]));
    }
}

static void each_outcome_says_what_it_means(void **state)
{
    static const enum message_id about[] = {MESSAGE_OUTCOME_NONE_ABOUT, MESSAGE_OUTCOME_EXISTENCE_ABOUT,
                                            MESSAGE_OUTCOME_SUMMARY_ABOUT, MESSAGE_OUTCOME_FULL_ABOUT};

    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
        struct access_entry entry = SAMPLE_LOOKS[3];
        entry.outcome = (enum outcome)outcome;
        write_one(&out, LANGUAGE_AR, &entry);
        for (int i = 0; i < OUTCOME_COUNT; i++)
            assert_int_equal(i == outcome, says(&out, LANGUAGE_AR, about[i]));
    }
}

static void text_of_an_enemy_stays_text(void **state)
{
    static const char *harm[] = {"<script", "</bdi></title>", "javascript:", "\xE2\x80\xAE", "\xE2\x81\xA7", "\x01"};
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);

    write_one(&out, LANGUAGE_EN, &SAMPLE_LOOKS[5]);
    for (size_t i = 0; i < sizeof harm / sizeof harm[0]; i++)
        assert_false(contains(&out, harm[i]));
    assert_true(contains(&out, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"));
}

static void an_empty_list_says_that_nobody_looked(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, PATH_ACCESS);
    struct access_list none = {0};

    page.signed_in = true;
    assert_int_equal(OK, page_write_access(&out, &page, &none));
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_ACCESS_EMPTY));
    assert_true(contains(&out, "Ombudswoman for patients"));
    assert_true(contains(&out, "action=\"/sign-out\""));
}

static void a_longer_list_is_paged_and_never_cut(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_AR, PATH_ACCESS);
    struct access_entry many[ACCESS_ENTRIES_MAX + 1];
    struct access_list list = {.entry = many, .count = ACCESS_ENTRIES_MAX + 1, .total = 5000};

    for (size_t i = 0; i < list.count; i++)
        many[i] = SAMPLE_LOOKS[1];
    assert_int_equal(ERROR_TOO_LARGE, page_write_access(&out, &page, &list));
    list.count = ACCESS_ENTRIES_MAX;
    list.older_path = SLICE("/access?before=77");
    assert_int_equal(OK, page_write_access(&out, &page, &list));
    assert_true(contains(&out, "href=\"/access?before=77\""));
}

/* Promise 6: at least twelve things of each line, in words. */
static void each_line_says_all_that_the_log_knows_of_it(void **state)
{
    for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
        const enum message_id said[] = {MESSAGE_ROLE_PHYSICIAN, MESSAGE_PURPOSE_ETREAT, MESSAGE_ACTION_READ,
                                        MESSAGE_BASIS_VITAL_INTEREST, MESSAGE_ACCESS_ASKED, MESSAGE_ACCESS_SAW,
                                        MESSAGE_OUTCOME_FULL, MESSAGE_OUTCOME_FULL_ABOUT, MESSAGE_OWED_LOG,
                                        MESSAGE_OWED_NOTIFY_PERSON, MESSAGE_OWED_REVIEW, MESSAGE_OWED_EXPIRE_1H,
                                        MESSAGE_REVIEW_OPEN, MESSAGE_ACCESS_NEW, MESSAGE_ACCESS_REASON,
                                        MESSAGE_ACCESS_REQUEST, MESSAGE_ACCESS_ENTRY};
        static const char *const shown[] = {"<time datetime=\"2026-11-20T09:41\">", "Saint-Pierre", "D-21",
                                            "joint standard, 4.2", "unconscious, nobody with her", "9c41f0e2b7a3d518",
                                            "<bdi>5</bdi>"};
        CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
        write_one(&out, language, &SAMPLE_LOOKS[1]);
        for (size_t i = 0; i < sizeof said / sizeof *said; i++)
            assert_true(says(&out, language, said[i]));
        for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
            assert_true(contains(&out, shown[i]));
    }
}

static void an_order_is_told_in_sentences_and_says_that_it_was_kept_from_her(void **state)
{
    (void)state;
    for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
        static const enum message_id told[] = {MESSAGE_ROLE_POLICE,     MESSAGE_ACCESS_ORDER_MARK,
                                               MESSAGE_ACCESS_NEW,      MESSAGE_ACCESS_ORDER_SEALED,
                                               MESSAGE_ACCESS_SAW,      MESSAGE_DRAWER_IDENTITY,
                                               MESSAGE_DRAWER_CONTACT},
                                     read[] = {MESSAGE_ROLE_POLICE, MESSAGE_BASIS_ORDER, MESSAGE_ACCESS_ORDER_SEALED,
                                               MESSAGE_OWED_MINIMUM, MESSAGE_OWED_TELL_AFTER_TERM};
        CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX), look = buffer_new(PAGE_BYTES_MAX);
        write_one(&out, language, &SAMPLE_LOOKS[6]);
        for (size_t i = 0; i < sizeof told / sizeof *told; i++)
            assert_true(says(&out, language, told[i]));
        assert_true(contains(&out, "Police Act") && contains(&out, "12(3)"));
        assert_false(says(&out, language, MESSAGE_ACCESS_WHY)); /* it is no look */
        write_one(&look, language, &SAMPLE_LOOKS[7]);
        for (size_t i = 0; i < sizeof read / sizeof *read; i++)
            assert_true(says(&look, language, read[i]));
        assert_true(says(&look, language, MESSAGE_ACCESS_WHY));
    }
}

static void each_word_of_an_event_has_words_of_ours(void **state)
{
    assert_int_equal(access_basis_of(SLICE("care_relation")), ACCESS_BASIS_CARE_RELATION);
    assert_int_equal(access_basis_of(SLICE("a new one")), ACCESS_BASIS_UNKNOWN);
    assert_int_equal(access_basis_of(SLICE("")), ACCESS_BASIS_UNKNOWN);
    assert_int_equal(access_owed_of(SLICE("log review new_one")), 1u << ACCESS_OWED_LOG | 1u << ACCESS_OWED_REVIEW);
    assert_int_equal(access_owed_of(SLICE("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_officer_is_shown_as_refused),
        cmocka_unit_test(enforcement_is_named_whatever_its_role),
        cmocka_unit_test(a_broken_glass_says_so_and_how_its_review_stands),
        cmocka_unit_test(each_outcome_says_what_it_means),
        cmocka_unit_test(text_of_an_enemy_stays_text),
        cmocka_unit_test(each_line_says_all_that_the_log_knows_of_it),
        cmocka_unit_test(an_order_is_told_in_sentences_and_says_that_it_was_kept_from_her),
        cmocka_unit_test(each_word_of_an_event_has_words_of_ours),
        cmocka_unit_test(an_empty_list_says_that_nobody_looked),
        cmocka_unit_test(a_longer_list_is_paged_and_never_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
