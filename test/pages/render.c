/* SPDX-License-Identifier: Apache-2.0 */

/* render-pages DIR: writes every page in every language, and the assets, as files that a browser can open. The
 * addresses of assets become relative, so that file: works. For people who look, and for the tests that a browser runs.
 * */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pages/asset.h"
#include "samples.h"

static const char *directory;

static void write_file(const char *name, struct slice bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes.data, 1, bytes.length, file) != bytes.length || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

/* `href="/style` to `href="style`. */
static void make_relative(struct buffer *page)
{
    for (size_t i = 0; i < asset_count; i++) {
        size_t at = slice_search(buffer_view(page), slice_from_string(asset_table[i].path));
        if (at == SIZE_MAX)
            continue;
        memmove(page->data + at, page->data + at + 1, page->length - at - 1);
        page->length--;
    }
}

static void finish(struct buffer *out, enum error error, enum language language, const char *name)
{
    char file[128];

    if (error != OK) {
        fprintf(stderr, "%s: %s\n", name, error_entry(error)->sentence);
        exit(1);
    }
    make_relative(out);
    snprintf(file, sizeof file, "%s.%s.html", name, language_tag(language));
    write_file(file, buffer_view(out));
    buffer_clear(out);
}

static void render_care(struct buffer *out, enum language l)
{
    struct page form = sample_page(l, PATH_CARE), answer_page = sample_page(l, "");
    struct care_form sent = {.age_unreadable = true};
    struct care_answer answer = sample_answer(), waiting = sample_answer();
    struct care_notice no_notice = {0};
    struct slip slip;

    waiting.urgency = CARE_URGENCY_DEFERRABLE;
    waiting.ask_clinician = true;
    waiting.entitlement = CARE_ENTITLEMENT_NONE_FUNDED;
    waiting.charge = CARE_CHARGE_PREPAY;
    sent.choice[CARE_FIELD_SERVICE] = CARE_SERVICE_STI_HIV;
    sent.choice[CARE_FIELD_STATUS] = CARE_STATUS_TOLERATED;
    finish(out, page_write_care_form(out, &form, &SAMPLE_NOTICE, NULL), l, "care");
    finish(out, page_write_care_form(out, &answer_page, &no_notice, &sent), l, "care-again");
    finish(out, page_write_care_answer(out, &answer_page, &answer), l, "answer");
    finish(out, page_write_care_answer(out, &answer_page, &waiting), l, "answer-ask");
    if (slip_from_answer(&answer, &slip))
        finish(out, page_write_slip(out, &answer_page, &slip), l, "slip");
}

static void render_check(struct buffer *out, enum language l)
{
    struct page page = sample_page(l, PATH_CHECK);
    struct check_page served = sample_check(), absent = {0};

    finish(out, page_write_check(out, &page, &served), l, "check");
    finish(out, page_write_check(out, &page, &absent), l, "check-absent");
}

static void render(struct buffer *out, enum language l)
{
    struct page home = sample_page(l, PATH_HOME), staff = sample_page(l, PATH_STAFF);
    struct page sign = sample_page(l, PATH_SIGN_IN), access = sample_page(l, PATH_ACCESS);
    struct access_list looks = sample_looks(), none = {0};

    access.signed_in = true;
    finish(out, page_write_home(out, &home), l, "home");
    finish(out, page_write_staff(out, &staff), l, "staff");
    finish(out, page_write_sign_in(out, &sign, &(struct page_sign_in){.failed = true}), l, "sign-in");
    finish(out, page_write_sign_in(out, &sign, &(struct page_sign_in){.for_staff = true}), l, "sign-in-staff");
    finish(out, page_write_access(out, &access, &looks), l, "access");
    finish(out, page_write_access(out, &access, &none), l, "access-empty");
    finish(out, page_write_problem(out, &home, ERROR_NOT_FOUND, SLICE("")), l, "missing");
    finish(out, page_write_problem(out, &home, ERROR_SAFE_UNREACHABLE, SLICE("7f3a-22")), l, "problem");
    render_care(out, l);
    render_check(out, l);
}

int main(int argc, char **argv)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(PAGE_BYTES_MAX);

    if (argc != 2) {
        fprintf(stderr, "use: render-pages DIR\n");
        return 2;
    }
    directory = argv[1];
    for (size_t i = 0; i < asset_count; i++)
        write_file(asset_table[i].path + 1, asset_table[i].plain);
    for (int l = 0; l < LANGUAGE_COUNT; l++)
        render(&out, (enum language)l);
    return 0;
}
