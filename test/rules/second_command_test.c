/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that `hospitium prove` and activation ask for both proofs: without a solver nothing is proved and a reason is
 * given; a record is replayed without one; and the texts are there for others. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/hash.h"
#include "model_text.h"
#include "module_directory.h"
#include "module_run.h"
#include "text/json.h"

#define BYTES_MAX (16 << 20)
#define BELGIUM SOURCE_ROOT "/policy/belgium"

static bool says(struct slice text, const char *words)
{
    return slice_search(text, slice_from_string(words)) != SIZE_MAX;
}

/* While this holds, no module is found. */
static void hide_modules(bool hidden)
{
    unsetenv("HOSPITIUM_MODULE_DIR");
    if (hidden)
        setenv("HOSPITIUM_MODULE_DIR", "/nowhere", 1);
    else
        module_directory_set();
}

static void without_a_solver_nothing_about_cases_is_proved(void **state)
{
    static const char *const arguments[] = {"prove", BELGIUM, NULL};
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);

    (void)state;
    hide_modules(true);
    struct module_run run = module_run(arena, module->prove_command, arguments, "");
    hide_modules(false);
    assert_int_equal(1, run.code);
    assert_true(says(run.out, "unproved P2  non-denial"));
    assert_true(says(run.out, "proved   P11 citations"));
    assert_true(says(run.out, "Z3 gives no answer: "));
    assert_true(says(run.out, "libz3-4"));
    assert_false(says(run.out, "\nproved   P2"));
}

static struct rules_bytes read_policy(struct arena *arena, const char *name)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX), report = buffer_new(BYTES_MAX);
    struct rules_bytes bytes = {
        .dmn = model_file(arena, arena_format(arena, "policy/%s/rules.dmn", name).data),
        .pack = model_file(arena, arena_format(arena, "policy/%s/pack.json", name).data),
    };

    assert_int_equal(OK, module->compile(bytes.dmn, bytes.pack, &compiled, &report, NULL));
    bytes.compiled = arena_copy(arena, buffer_view(&compiled));
    return bytes;
}

static void activation_says_which_proof_is_missing(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    CLEANUP_BUFFER struct buffer record = buffer_new(BYTES_MAX);
    struct rules_bytes standard = read_policy(arena, "joint-standard"), other = read_policy(arena, "spain");
    struct fault fault = {0};

    (void)state;
    hide_modules(true);
    assert_int_equal(ERROR_UNPROVED, module->prove(&standard, NULL, &record, &fault));
    hide_modules(false);
    assert_true(says(slice_from_string(fault.detail), "totality of joint-standard: unproved, by Z3: "));
    assert_int_equal(ERROR_UNPROVED, module->verify(standard.compiled, slice_of("", 0), buffer_view(&record), NULL));
    /* Sources that the compiled bytes were not made of. */
    standard.dmn = other.dmn;
    standard.pack = other.pack;
    assert_int_equal(ERROR_UNPROVED, module->prove(&standard, NULL, &record, &fault));
    assert_true(says(slice_from_string(fault.detail), "was not compiled from this rules.dmn"));
}

static void write_changed(struct slice record, const char *from, const char *to, const char *name)
{
    CLEANUP_BUFFER struct buffer changed = buffer_new(BYTES_MAX);
    size_t at = slice_search(record, slice_from_string(from));

    assert_int_not_equal(SIZE_MAX, at);
    buffer_slice(&changed, slice_of(record.data, at));
    buffer_string(&changed, to);
    buffer_slice(&changed, slice_from(record, at + strlen(from)));
    assert_int_equal(OK, file_replace_derived(module_path(name), buffer_view(&changed), 0600));
}

/* An auditor without a solver checks everything but the solver's own word. */
static void a_record_is_replayed_without_a_solver(void **state)
{
    static const struct {
        const char *from, *to;
    } forged[] = {
        {"\"enumeration\":\"proved\"", "\"enumeration\":\"refuted\""},
        {"\"smt_sha256\":\"", "\"smt_sha256\":\"0"},
        {"\"cells\":", "\"cells\":1"},
        {"\"verdict\":\"reported\"", "\"verdict\":\"proved\""},
        {"\"z3\":\"refuted\"", "\"z3\":\"proved\""}, /* then the verdict must be DISAGREE */
        {"\"z3\":\"proved\"", "\"z3\":\"refuted\""},
        {"\"rules_sha256\":\"", "\"rules_sha256\":\"0"},
    };
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    char path[PATH_MAX], bad[PATH_MAX];
    struct slice record;

    (void)state;
    snprintf(path, sizeof path, "%s", module_path("record"));
    snprintf(bad, sizeof bad, "%s", module_path("forged"));
    const char *const make[] = {"prove", BELGIUM, "--record", path, NULL};
    const char *const again[] = {"prove", BELGIUM, "--replay", path, NULL};
    const char *const wrong[] = {"prove", BELGIUM, "--replay", bad, NULL};
    assert_int_equal(0, module_run(arena, module->prove_command, make, "").code);
    assert_int_equal(OK, file_read(arena, path, BYTES_MAX, &record, NULL));
    hide_modules(true);
    assert_int_equal(0, module_run(arena, module->prove_command, again, "").code);
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        write_changed(record, forged[i].from, forged[i].to, "forged");
        if (module_run(arena, module->prove_command, wrong, "").code != 1)
            fail_msg("%s passed for %s", forged[i].to, forged[i].from);
    }
    hide_modules(false);
}

static void a_record_is_the_same_each_time(void **state)
{
    static const char *const arguments[] = {"prove", BELGIUM, "--json", NULL};
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    struct slice first = module_run(arena, module->prove_command, arguments, "").out;

    (void)state;
    assert_true(says(first, "\"solver\":\"Z3 4."));
    assert_true(slice_equal(first, module_run(arena, module->prove_command, arguments, "").out));
}

static bool names_hash(struct slice record, struct slice text)
{
    struct hash hash = hash_sha256(text);
    char hex[2 * HASH_BYTES + 1];

    encode_hex(hash_slice(&hash), hex);
    hex[2 * HASH_BYTES] = '\0';
    return says(record, hex);
}

static void the_texts_are_those_that_the_record_names(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    char folder[PATH_MAX];
    unsigned texts = 0;

    (void)state;
    snprintf(folder, sizeof folder, "%s", module_path("texts"));
    const char *const arguments[] = {"prove", BELGIUM, "--smt", folder, "--json", NULL};
    struct module_run run = module_run(arena, module->prove_command, arguments, "");
    assert_int_equal(0, run.code);
    DIR *opened = opendir(folder);
    assert_non_null(opened);
    for (struct dirent *entry; (entry = readdir(opened));) {
        char path[2 * PATH_MAX];
        struct slice text;
        if (!slice_ends_with(slice_from_string(entry->d_name), SLICE(".smt2")))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_int_equal(OK, file_read(arena, path, BYTES_MAX, &text, NULL));
        assert_true(names_hash(run.out, text));
        assert_true(says(text, "; Of belgium ") && (says(text, "; ---- Not: ") || says(text, "(assert true)")));
        texts++;
    }
    closedir(opened);
    assert_true(texts >= 20);
    snprintf(folder, sizeof folder, "%s/belgium-P2-non-denial-combined-entitlement.smt2", module_path("texts"));
    assert_true(file_exists(folder));
}

static void wrong_use_is_said(void **state)
{
    static const char *const uses[][5] = {
        {"prove", BELGIUM, "--timeout", "0", NULL},
        {"prove", BELGIUM, "--timeout", "soon", NULL},
        {"prove", "--overlaps", BELGIUM, "--smt", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
        assert_int_equal(2, module_run(arena, module->prove_command, uses[i], "").code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_solver_nothing_about_cases_is_proved),
        cmocka_unit_test(activation_says_which_proof_is_missing),
        cmocka_unit_test(a_record_is_replayed_without_a_solver),
        cmocka_unit_test(a_record_is_the_same_each_time),
        cmocka_unit_test(the_texts_are_those_that_the_record_names),
        cmocka_unit_test(wrong_use_is_said),
    };
    return cmocka_run_group_tests(tests, module_open, NULL);
}
