/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what holds for every page: language and direction, the way out, headers, assets, and errors in plain words. */

#include "pages/asset.h"
#include "pages/headers.h"
#include "testing.h"

static void a_page_says_its_language_and_direction(void **state)
{
    for (int l = 0; l < LANGUAGE_COUNT; l++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
        struct page page = sample_page((enum language)l, PATH_HOME);
        assert_int_equal(OK, page_write_home(&out, &page));
        assert_int_equal(l == LANGUAGE_AR, contains(&out, "<html lang=\"ar\" dir=\"rtl\">"));
        assert_int_equal(l == LANGUAGE_FR, contains(&out, "<html lang=\"fr\" dir=\"ltr\">"));
        assert_true(says(&out, (enum language)l, MESSAGE_SITE_PROMISE));
        assert_true(contains(&out, "href=\"https://www.wikipedia.org/\" rel=\"noreferrer noopener\""));
        assert_true(contains(&out, "tel:112"));
    }
}

static void the_language_switch_keeps_the_page(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, "/access?before=3");
    struct access_list none = {0};

    assert_int_equal(OK, page_write_access(&out, &page, &none));
    assert_true(contains(&out, "href=\"/access?before=3&amp;lang=fr\""));
    buffer_clear(&out);
    page.path = SLICE("");
    assert_int_equal(OK, page_write_home(&out, &page));
    assert_false(contains(&out, "lang=fr"));
}

static void an_unreviewed_language_says_so(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_AR, PATH_HOME);

    assert_int_equal(OK, page_write_home(&out, &page));
    assert_int_equal(message_count_unreviewed(LANGUAGE_AR) > 0, says(&out, LANGUAGE_AR, MESSAGE_SITE_DRAFT));
}

static void each_error_becomes_words_and_somebody_to_call(void **state)
{
    static const struct {
        enum error error;
        enum message_id heading;
    } table[] = {
        {ERROR_NOT_FOUND, MESSAGE_PROBLEM_MISSING},     {ERROR_METHOD, MESSAGE_PROBLEM_MISSING},
        {ERROR_UNAUTHENTICATED, MESSAGE_PROBLEM_SIGN},  {ERROR_REFUSED, MESSAGE_PROBLEM_REFUSED},
        {ERROR_SAFE_UNREACHABLE, MESSAGE_PROBLEM_BUSY}, {ERROR_TOO_MANY, MESSAGE_PROBLEM_BUSY},
        {ERROR_SYNTAX, MESSAGE_PROBLEM_INPUT},          {ERROR_TOO_LARGE, MESSAGE_PROBLEM_INPUT},
        {ERROR_INTERNAL, MESSAGE_PROBLEM_BROKEN},       {ERROR_CORRUPT, MESSAGE_PROBLEM_BROKEN},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
        struct page page = sample_page(LANGUAGE_FR, PATH_HOME);
        assert_int_equal(OK, page_write_problem(&out, &page, table[i].error, SLICE("<7>")));
        assert_true(says(&out, LANGUAGE_FR, table[i].heading));
        assert_true(contains(&out, "<bdi>&lt;7&gt;</bdi>"));
        assert_true(contains(&out, "tel:+3225550120"));
        assert_true(says(&out, LANGUAGE_FR, MESSAGE_SITE_PROMISE));
    }
}

static void signing_in_posts_and_never_remembers_the_code(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, PATH_SIGN_IN);

    assert_int_equal(OK, page_write_sign_in(&out, &page, &(struct page_sign_in){.failed = true}));
    assert_true(contains(&out, "<form method=\"post\" class=\"stack\" action=\"/sign-in\">"));
    assert_true(contains(&out, "autocomplete=\"off\""));
    assert_true(says(&out, LANGUAGE_EN, MESSAGE_SIGN_PROBLEM));
    assert_false(contains(&out, "value="));
    buffer_clear(&out);
    assert_int_equal(OK, page_write_sign_in(&out, &page, &(struct page_sign_in){.for_staff = true}));
    assert_true(contains(&out, "action=\"/staff/sign-in\""));
}

static void a_page_that_does_not_fit_is_an_error(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(2000);
    struct page page = sample_page(LANGUAGE_EN, PATH_HOME);

    assert_int_equal(ERROR_TOO_LARGE, page_write_home(&out, &page));
}

static const char *header(struct page_headers headers, const char *name)
{
    for (size_t i = 0; i < headers.count; i++)
        if (strcmp(headers.header[i].name, name) == 0)
            return headers.header[i].value;
    return "";
}

static void headers_allow_nothing_but_our_own_style(void **state)
{
    for (int i = 0; i < 2 * PAGE_KIND_COUNT; i++) {
        enum page_kind kind = (enum page_kind)(i / 2);
        bool personal = kind == PAGE_PERSONAL, tls = i % 2;
        struct page_headers headers = pages_headers(kind, tls);
        if (kind == PAGE_CHECK)
            continue;
        const char *policy = header(headers, "content-security-policy");
        assert_non_null(strstr(policy, "default-src 'none'"));
        assert_null(strstr(policy, "unsafe"));
        assert_null(strstr(policy, "script-src"));
        assert_string_equal("no-referrer", header(headers, "referrer-policy"));
        assert_string_equal("nosniff", header(headers, "x-content-type-options"));
        assert_int_equal(personal, strcmp(header(headers, "cache-control"), "no-store") == 0);
        assert_int_equal(tls, header(headers, "strict-transport-security")[0] != '\0');
    }
    assert_non_null(strstr(header(pages_headers(PAGE_ASSET, true), "cache-control"), "immutable"));
    assert_string_equal("no-cache", header(pages_headers(PAGE_REFRESHED, true), "cache-control"));
}

/* The one page that runs something may run only ours, and its form can go nowhere. */
static void the_page_that_checks_may_run_our_scripts_and_send_no_form(void **state)
{
    for (int tls = 0; tls < 2; tls++) {
        struct page_headers headers = pages_headers(PAGE_CHECK, tls);
        const char *policy = header(headers, "content-security-policy");
        assert_non_null(strstr(policy, "default-src 'none'"));
        assert_non_null(strstr(policy, "script-src 'self' 'wasm-unsafe-eval';"));
        assert_non_null(strstr(policy, "connect-src 'self';"));
        assert_non_null(strstr(policy, "form-action 'none'"));
        assert_non_null(strstr(policy, "require-trusted-types-for 'script'"));
        assert_null(strstr(policy, "unsafe-inline"));
        assert_null(strstr(policy, "'unsafe-eval'"));
        assert_int_equal(tls, header(headers, "strict-transport-security")[0] != '\0');
        assert_string_equal("no-referrer", header(headers, "referrer-policy"));
    }
}

static void an_asset_is_found_by_the_address_that_pages_write(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);
    struct page page = sample_page(LANGUAGE_EN, PATH_HOME);

    assert_int_equal(OK, page_write_home(&out, &page));
    for (size_t i = 0; i < asset_count; i++) {
        assert_true(contains(&out, asset_table[i].path));
        assert_ptr_equal(&asset_table[i], asset_find(slice_from_string(asset_table[i].path)));
        assert_true(asset_table[i].plain.length > 0 && asset_table[i].gzip.length > 0);
    }
    assert_null(asset_find(SLICE("/style.css")));
    assert_null(asset_find(SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_says_its_language_and_direction),
        cmocka_unit_test(the_language_switch_keeps_the_page),
        cmocka_unit_test(an_unreviewed_language_says_so),
        cmocka_unit_test(each_error_becomes_words_and_somebody_to_call),
        cmocka_unit_test(signing_in_posts_and_never_remembers_the_code),
        cmocka_unit_test(a_page_that_does_not_fit_is_an_error),
        cmocka_unit_test(headers_allow_nothing_but_our_own_style),
        cmocka_unit_test(the_page_that_checks_may_run_our_scripts_and_send_no_form),
        cmocka_unit_test(an_asset_is_found_by_the_address_that_pages_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
