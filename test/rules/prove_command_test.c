/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that `hospitium prove` answers the questions of an author: who loses by a new version, which rows overlap, what
 * holds on one day; and that what it keeps is used again only if it is whole. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "model_text.h"
#include "module_run.h"
#include "text/json.h"

#define BYTES_MAX (16 << 20)
#define POLICY SOURCE_ROOT "/policy/"

/* policy/NAME in a folder of its own beside a joint standard, with one text replaced. */
static void copy_policy(struct arena *arena, const char *name, const char *as, const char *from, const char *to)
{
    CLEANUP_BUFFER struct buffer changed = buffer_new(BYTES_MAX);
    char path[256];

    snprintf(path, sizeof path, "policy/%s/rules.dmn", name);
    struct slice dmn = model_file(arena, path);
    size_t at = slice_search(dmn, slice_from_string(from));
    assert_int_not_equal(SIZE_MAX, at);
    buffer_slice(&changed, slice_of(dmn.data, at));
    buffer_string(&changed, to);
    buffer_slice(&changed, slice_from(dmn, at + strlen(from)));
    assert_int_equal(OK, file_make_directory(module_path(as)));
    snprintf(path, sizeof path, "%s/rules.dmn", as);
    assert_int_equal(OK, file_replace_derived(module_path(path), buffer_view(&changed), 0600));
    snprintf(path, sizeof path, "policy/%s/pack.json", name);
    struct slice pack = model_file(arena, path);
    snprintf(path, sizeof path, "%s/pack.json", as);
    assert_int_equal(OK, file_replace_derived(module_path(path), pack, 0600));
}

#define BE_CELL "id=\"BE-10_certificate\"><text>\"yes\", \"unknown\""

static void a_new_version_says_who_gains_and_who_loses(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    char new[PATH_MAX];

    (void)state;
    copy_policy(arena, "belgium", "new", BE_CELL, "id=\"BE-10_certificate\"><text>\"yes\"");
    snprintf(new, sizeof new, "%s", module_path("new"));
    const char *const worse[] = {"prove", new, "--base", POLICY "belgium", NULL};
    const char *const better[] = {"prove", POLICY "belgium", "--base", new, NULL};
    const char *const same[] = {"prove", POLICY "belgium", "--base", POLICY "belgium", NULL};
    const char *const json[] = {"prove", new, "--base", POLICY "belgium", "--json", NULL};
    const char *const recorded[] = {"prove", new, "--base", POLICY "belgium", "--record", new, NULL};
    struct module_run run = module_run(arena, module->prove_command, worse, "");
    assert_int_equal(1, run.code);
    assert_true(slice_search(run.out, SLICE("\nLoses: refused_asylum or undocumented, ")) != SIZE_MAX);
    assert_true(slice_search(run.out, SLICE("certificate unknown")) != SIZE_MAX);
    assert_true(slice_search(run.out, SLICE("access BASKET → ASK_CLINICIAN (rows BE-10 → BE-11)")) != SIZE_MAX);
    assert_true(slice_search(run.out, SLICE("Gains:")) == SIZE_MAX);
    run = module_run(arena, module->prove_command, better, "");
    assert_int_equal(0, run.code);
    assert_true(slice_search(run.out, SLICE("\nGains: ")) != SIZE_MAX);
    assert_true(slice_ends_with(run.out, SLICE("Nobody loses.\n")));
    run = module_run(arena, module->prove_command, same, "");
    assert_int_equal(0, run.code);
    assert_true(slice_ends_with(run.out, SLICE("Nobody gains and nobody loses.\n")));
    run = module_run(arena, module->prove_command, json, "");
    const struct json *root;
    assert_int_equal(OK, json_parse(arena, run.out, &root, NULL));
    const struct json *first = json_path(root, "loses.groups");
    assert_true(json_is(json_path(first, "before"), "BASKET") &&
                json_is(json_path(first, "facts.certificate"), "unknown"));
    assert_int_equal(2, module_run(arena, module->prove_command, recorded, "").code);
}

static void overlapping_rows_are_listed(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    char dead[PATH_MAX];
    const struct json *root;

    (void)state;
    copy_policy(arena, "belgium", "dead", "id=\"BE-01_out_charge\"><text>\"PROVIDER_REIMBURSED\"",
                "id=\"BE-01_out_charge\"><text>\"ASK\"");
    snprintf(dead, sizeof dead, "%s", module_path("dead"));
    const char *const shown[] = {"prove", "--overlaps", POLICY "belgium", NULL};
    const char *const masked[] = {"prove", "--overlaps", dead, NULL};
    const char *const json[] = {"prove", "--overlaps", dead, "--json", NULL};
    struct module_run run = module_run(arena, module->prove_command, shown, "");
    assert_int_equal(0, run.code);
    assert_true(slice_search(run.out, SLICE("  overlap  BE-01 before BE-10, other answer\n")) != SIZE_MAX);
    assert_true(slice_search(run.out, SLICE("masked")) == SIZE_MAX);
    run = module_run(arena, module->prove_command, masked, "");
    assert_true(
        slice_search(run.out, SLICE("  masked   BE-01 never decides: BE-02 stands before it in all of its cases\n")) !=
        SIZE_MAX);
    run = module_run(arena, module->prove_command, json, "");
    assert_int_equal(OK, json_parse(arena, run.out, &root, NULL));
    assert_true(json_is(json_path(root, "decisions.masked.row"), "BE-01"));
}

/* The one file in the cache: where it is. */
static struct slice kept_file(struct arena *arena, const char *cache)
{
    DIR *opened = opendir(cache);
    struct slice path = {0};

    assert_non_null(opened);
    for (struct dirent *entry; (entry = readdir(opened));)
        if (slice_ends_with(slice_from_string(entry->d_name), SLICE(".proof"))) {
            assert_int_equal(0, path.length);
            path = arena_format(arena, "%s/%s", cache, entry->d_name);
        }
    closedir(opened);
    assert_true(path.length > 0);
    return path;
}

static void rewrite_kept(struct arena *arena, struct slice path, bool with_hash)
{
    CLEANUP_BUFFER struct buffer changed = buffer_new(BYTES_MAX);
    struct slice content;

    assert_int_equal(OK, file_read(arena, path.data, BYTES_MAX, &content, NULL));
    struct slice record = slice_from(content, HASH_BYTES);
    char *version = (char *)(uintptr_t)record.data + slice_search(record, SLICE("2026."));
    version[0] = '9';
    struct hash hash = hash_sha256(record);
    buffer_slice(&changed, with_hash ? hash_slice(&hash) : slice_of(content.data, HASH_BYTES));
    buffer_slice(&changed, record);
    assert_int_equal(OK, file_replace_derived(path.data, buffer_view(&changed), 0600));
}

static void a_kept_record_is_used_again_unless_it_is_damaged(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    char cache[PATH_MAX];

    (void)state;
    snprintf(cache, sizeof cache, "%s", module_path("cache"));
    const char *const proving[] = {"prove", POLICY "belgium", "--cache", cache, NULL};
    const char *const replaying[] = {"prove", POLICY "belgium", "--cache", cache, "--replay", cache, NULL};
    struct module_run first = module_run(arena, module->prove_command, proving, "");
    assert_int_equal(0, first.code);
    struct slice path = kept_file(arena, cache);
    assert_true(slice_equal(first.out, module_run(arena, module->prove_command, proving, "").out));
    /* Whoever sees the mark sees the kept one. */
    rewrite_kept(arena, path, true);
    struct module_run second = module_run(arena, module->prove_command, proving, "");
    assert_true(slice_starts_with(second.out, SLICE("belgium 9026.")));
    rewrite_kept(arena, path, false);
    assert_true(slice_equal(first.out, module_run(arena, module->prove_command, proving, "").out));
    assert_int_equal(OK, file_replace_derived(path.data, SLICE("short"), 0600));
    assert_true(slice_equal(first.out, module_run(arena, module->prove_command, proving, "").out));
    assert_int_equal(2, module_run(arena, module->prove_command, replaying, "").code);
}

static void one_day_can_be_proved(void **state)
{
    static const struct {
        const char *day;
        int code;
    } days[] = {{"2026-11-21", 0}, {"2026-13-01", 2}, {"2026", 2}, {"2025-12-31", 1}};

    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
        const char *const arguments[] = {"prove", POLICY "belgium", "--on", days[i].day, NULL};
        assert_int_equal(days[i].code, module_run(arena, module->prove_command, arguments, "").code);
    }
}

static void a_triage_chart_is_proved_beside_the_rules_on_care(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)BYTES_MAX * 4);
    const char *const shipped[] = {"prove", POLICY "iitt", NULL};
    char chart[PATH_MAX];

    (void)state;
    struct module_run run = module_run(arena, module->prove_command, shipped, "");
    assert_int_equal(0, run.code);
    assert_true(slice_search(run.out, SLICE("proved   T3  treated             belgium")) != SIZE_MAX);
    assert_true(slice_search(run.out, SLICE("REFUTED")) == SIZE_MAX);
    copy_policy(arena, "iitt", "iitt", "iitt", "iitt");
    copy_policy(arena, "joint-standard", "joint-standard", "F-01", "F-01");
    copy_policy(arena, "belgium", "refusing", "id=\"BE-02_out_access\"><text>\"AS_RESIDENT\"",
                "id=\"BE-02_out_access\"><text>\"NONE_FUNDED\"");
    snprintf(chart, sizeof chart, "%s", module_path("iitt"));
    const char *const beside[] = {"prove", chart, NULL}, *const json[] = {"prove", chart, "--json", NULL};
    run = module_run(arena, module->prove_command, beside, "");
    assert_int_equal(1, run.code);
    assert_true(slice_search(run.out, SLICE("iitt holds")) != SIZE_MAX);
    assert_true(slice_search(run.out, SLICE("REFUTED  T3  treated             refusing")) != SIZE_MAX);
    assert_int_equal(0, module_run(arena, module->prove_command, json, "").code); /* a record is of the chart alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_version_says_who_gains_and_who_loses),
        cmocka_unit_test(overlapping_rows_are_listed),
        cmocka_unit_test(a_kept_record_is_used_again_unless_it_is_damaged),
        cmocka_unit_test(one_day_can_be_proved),
        cmocka_unit_test(a_triage_chart_is_proved_beside_the_rules_on_care),
    };
    return cmocka_run_group_tests(tests, module_open, NULL);
}
