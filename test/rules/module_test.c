/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the shared module gives commands all they need and keeps its exit codes: compile, prove, verify, decide
 * and prove as a person types them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "model_text.h"
#include "module_run.h"

#define BYTES_MAX (16 << 20)
#define POLICY SOURCE_ROOT "/policy/"
#define KIT SOURCE_ROOT "/test/rules/kit/"

/* The compiled bytes are the caller's to free. */
static struct rules_bytes compile_policy(struct arena *arena, const char *name, struct buffer *compiled)
{
    CLEANUP_BUFFER struct buffer report = buffer_new(BYTES_MAX);
    struct rules_bytes bytes;
    char path[256];

    *compiled = buffer_new(BYTES_MAX);
    snprintf(path, sizeof path, "policy/%s/rules.dmn", name);
    bytes.dmn = model_file(arena, path);
    snprintf(path, sizeof path, "policy/%s/pack.json", name);
    bytes.pack = model_file(arena, path);
    assert_int_equal(OK, module->compile(bytes.dmn, bytes.pack, compiled, &report, NULL));
    assert_int_equal(0, report.length);
    bytes.compiled = buffer_view(compiled);
    return bytes;
}

static void a_pack_is_compiled_proved_and_verified(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    struct buffer standard_compiled, pack_compiled;
    CLEANUP_BUFFER struct buffer standard_record = buffer_new(BYTES_MAX), pack_record = buffer_new(BYTES_MAX);
    struct rules_bytes standard = compile_policy(arena, "joint-standard", &standard_compiled);
    struct rules_bytes pack = compile_policy(arena, "belgium", &pack_compiled);

    (void)state;
    assert_int_equal(OK, module->prove(&standard, NULL, &standard_record, NULL));
    assert_int_equal(OK, module->prove(&pack, &standard, &pack_record, NULL));
    assert_int_equal(OK, module->verify(standard.compiled, slice_of("", 0), buffer_view(&standard_record), NULL));
    assert_int_equal(OK, module->verify(pack.compiled, standard.compiled, buffer_view(&pack_record), NULL));
    standard_compiled.data[standard_compiled.length / 2] ^= 1;
    assert_int_not_equal(OK, module->verify(standard.compiled, slice_of("", 0), buffer_view(&standard_record), NULL));
    buffer_free(&standard_compiled);
    buffer_free(&pack_compiled);
}

static void decide_prints_the_result_and_keeps_its_exit_codes(void **state)
{
    static const struct {
        const char *arguments[6], *input, *out;
        int code;
    } runs[] = {
        {{"decide", POLICY "belgium/rules.dmn", "--decision", "entitlement"},
         "{\"service\":\"maternity\",\"urgency\":\"urgent\"}",
         "{\"access\":\"AS_RESIDENT\",\"may_refuse\":\"no\",\"charge\":\"ASK\",\"paper\":\"none\",\"who_helps\":"
         "\"CPAS\"}\n",
         0},
        {{"decide", POLICY "joint-standard", "--decision", "standing"},
         "{\"purpose\":\"ENFORCE\"}",
         "\"enforcement\"\n",
         0},
        {{"decide", POLICY "joint-standard", "--decision", "standing", "--lines"},
         "{\"purpose\":\"ENFORCE\"}\n\n{\"purpose\":\"x\"}\n{}\n",
         "\"enforcement\"\nnull\n\"none\"\n",
         2},
        {{"decide", POLICY "joint-standard"}, "{}", "", 2},
        {{"decide", POLICY "nowhere"}, "{}", "", 2},
        {{"decide"}, "", "", 2},
        {{"decide", POLICY "belgium", "--nosuch"}, "", "", 2},
        {{"decide", POLICY "belgium"}, "{}", "", 2},
        {{"decide", POLICY "belgium", "--decision", "entitlement"}, "{\"service\":\"maternity\"", "", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
        struct module_run run = module_run(arena, module->decide_command, runs[i].arguments, runs[i].input);
        if (run.code != runs[i].code || !slice_is(run.out, runs[i].out))
            fail_msg("run %zu: exit %d, %.*s%.*s", i, run.code, SLICE_PRINT(run.out), SLICE_PRINT(run.err));
        assert_true((run.code == 0) == (run.err.length == 0));
    }
}

static void prove_records_and_replays(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    char record[PATH_MAX];

    (void)state;
    snprintf(record, sizeof record, "%s", module_path("belgium.proof.json"));
    const char *const make[] = {"prove", POLICY "belgium", "--record", record, NULL};
    const char *const again[] = {"prove",    POLICY "belgium", "--base", POLICY "joint-standard",
                                 "--replay", record,           "--json", NULL};
    const char *const other[] = {"prove", POLICY "joint-standard", "--replay", record, NULL};
    const char *const two[] = {"prove", POLICY "joint-standard", POLICY "belgium", "--record", record, NULL};
    struct module_run made = module_run(arena, module->prove_command, make, "");
    assert_int_equal(0, made.code);
    assert_true(slice_search(made.out, SLICE("proved   P2  non-denial")) != SIZE_MAX);
    assert_int_equal(0, module_run(arena, module->prove_command, again, "").code);
    assert_int_equal(1, module_run(arena, module->prove_command, other, "").code);
    assert_int_equal(2, module_run(arena, module->prove_command, two, "").code);
}

static void a_pack_that_denies_is_answered_no(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX), pack = buffer_new(BYTES_MAX);
    static const char TEXT[] =
        "decision entitlement UNIQUE\nin urgency string \"immediate\", \"urgent\", \"deferrable\", \"unknown\"\n"
        "out access \"AS_RESIDENT\", \"NONE_FUNDED\"\nout may_refuse \"no\", \"ask_clinician\"\nout charge \"ASK\", "
        "\"PREPAY\"\n"
        "row R1 | \"immediate\", \"unknown\" | \"AS_RESIDENT\" | \"no\" | \"ASK\"\n"
        "row R2 | \"urgent\", \"deferrable\" | \"NONE_FUNDED\" | \"ask_clinician\" | \"PREPAY\"\n";
    char folder[PATH_MAX];
    const char *const arguments[] = {"prove", folder, "--base", POLICY "joint-standard", NULL};

    (void)state;
    snprintf(folder, sizeof folder, "%s", module_path("."));
    model_write(&dmn, TEXT);
    model_write_pack(&pack, TEXT);
    buffer_byte(&dmn, 0);
    buffer_byte(&pack, 0);
    module_write("rules.dmn", dmn.data);
    module_write("pack.json", pack.data);
    struct module_run run = module_run(arena, module->prove_command, arguments, "");
    assert_int_equal(1, run.code);
    assert_true(slice_search(run.out, SLICE("REFUTED  P2  non-denial")) != SIZE_MAX);
    assert_true(slice_search(run.out, SLICE("A person, urgent: is refused or delayed")) != SIZE_MAX);
}

/* Models without a pack, and what of DMN no compiled table has. */
static void decide_asks_the_general_engine_for_other_models(void **state)
{
    static const char SMALL[] = KIT "compliance-level-2/small/small.dmn";
    static const char WIDE[] = KIT "compliance-level-3/wide/wide.dmn";
    static const struct {
        const char *arguments[6], *input, *out, *err;
        int code;
    } runs[] = {
        {{"decide", SMALL, "--decision", "beds"}, "{\"nights\":9}", "3\n", "", 0},
        {{"decide", SMALL, "--decision", "beds", "--lines"},
         "{\"nights\":3}\n{\"nights\":\"x\"}\n{\"nights\":1.5}\n{}\n",
         "1\nnull\n0.5\nnull\n",
         "`nights`",
         2},
        {{"decide", SMALL, "--decision", "beds"}, "{\"nights\":null}", "null\n", "not defined for a null", 1},
        {{"decide", SMALL}, "{}", "", "beds, spaced, external", 2},
        {{"decide", SMALL, "--decision", "spaced"}, "{\"days\":1}", "", "no input `days`", 2},
        {{"decide", WIDE, "--decision", "serve one"}, "{\"days\":2}", "\"P2D\"\n", "", 0},
        {{"decide", WIDE, "--decision", "endless"}, "{}", "", "nested", 2},
        {{"decide", WIDE, "--decision", "shown"},
         "{\"days\":1,\"who\":{\"name\":\"A\",\"from\":\"here\"}}",
         "{\"name\":\"A\",\"stays\":[\"P1D\",\"P1Y\"],\"from\":\"here\",\"at\":\"10:00:00Z\","
         "\"moment\":\"2026-01-01T10:00:00+02:00\"}\n",
         "",
         0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
        struct module_run run = module_run(arena, module->decide_command, runs[i].arguments, runs[i].input);
        bool told = slice_search(run.err, slice_from_string(runs[i].err)) != SIZE_MAX;
        if (run.code != runs[i].code || !slice_is(run.out, runs[i].out) || !told)
            fail_msg("run %zu: exit %d, %.*s%.*s", i, run.code, SLICE_PRINT(run.out), SLICE_PRINT(run.err));
        assert_true((run.code == 0) == (run.err.length == 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_is_compiled_proved_and_verified),
        cmocka_unit_test(decide_prints_the_result_and_keeps_its_exit_codes),
        cmocka_unit_test(decide_asks_the_general_engine_for_other_models),
        cmocka_unit_test(prove_records_and_replays),
        cmocka_unit_test(a_pack_that_denies_is_answered_no),
    };
    return cmocka_run_group_tests(tests, module_open, NULL);
}
