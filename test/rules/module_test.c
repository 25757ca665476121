/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the shared module gives commands all they need and keeps its exit codes: compile, prove, verify, decide,
 * prove and tck as a person types them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "model_text.h"
#include "module_directory.h"
#include "rules/module.h"

#define BYTES_MAX (16 << 20)
#define POLICY SOURCE_ROOT "/policy/"

static const struct rules_module *rules;
static char folder[] = "/tmp/rules_module_XXXXXX";

/* Leaves the module open: what it holds lives as long as the test. */
static int open_module(void **state)
{
    char path[PATH_MAX];

    (void)state;
    module_directory_set();
    snprintf(path, sizeof path, "%s/hospitium-rules.so", getenv("HOSPITIUM_MODULE_DIR"));
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    rules = dlsym(handle, RULES_MODULE_SYMBOL);
    return rules && rules->version == RULES_MODULE_VERSION && mkdtemp(folder) ? 0 : -1;
}

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *content)
{
    assert_int_equal(OK, file_replace_derived(in_folder(name), slice_from_string(content), 0600));
}

/* Puts a file in the place of a standard stream while a command runs. */
static int redirect(int stream, const char *name, int flags)
{
    int kept = dup(stream), file = open(in_folder(name), flags | O_CLOEXEC, 0600);

    assert_true(kept >= 0 && file >= 0);
    fflush(NULL);
    dup2(file, stream);
    close(file);
    return kept;
}

static void restore(int stream, int kept)
{
    fflush(NULL);
    dup2(kept, stream);
    close(kept);
}

struct run {
    int code;
    struct slice out, err;
};

static struct run command(struct arena *arena, int (*main_of)(int, char **), const char *const *arguments,
                          const char *input)
{
    char *argv[16];
    int argc = 0;

    for (; arguments[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc];
    argv[argc] = NULL;
    write_file("in", input);
    int in = redirect(0, "in", O_RDONLY), out = redirect(1, "out", O_WRONLY | O_CREAT | O_TRUNC);
    int err = redirect(2, "err", O_WRONLY | O_CREAT | O_TRUNC);
    rewind(stdin);
    struct run run = {.code = main_of(argc, argv)};
    restore(2, err);
    restore(1, out);
    restore(0, in);
    assert_int_equal(OK, file_read(arena, in_folder("out"), BYTES_MAX, &run.out, NULL));
    assert_int_equal(OK, file_read(arena, in_folder("err"), BYTES_MAX, &run.err, NULL));
    return run;
}

static void compile_policy(const char *name, struct buffer *compiled)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    CLEANUP_BUFFER struct buffer report = buffer_new(BYTES_MAX);
    char path[256];

    *compiled = buffer_new(BYTES_MAX);
    snprintf(path, sizeof path, "policy/%s/rules.dmn", name);
    struct slice dmn = model_file(arena, path);
    snprintf(path, sizeof path, "policy/%s/pack.json", name);
    assert_int_equal(OK, rules->compile(dmn, model_file(arena, path), compiled, &report, NULL));
    assert_int_equal(0, report.length);
}

static void a_pack_is_compiled_proved_and_verified(void **state)
{
    struct buffer standard, pack;
    CLEANUP_BUFFER struct buffer standard_record = buffer_new(BYTES_MAX), pack_record = buffer_new(BYTES_MAX);
    bool proved = false;

    (void)state;
    compile_policy("joint-standard", &standard);
    compile_policy("belgium", &pack);
    assert_int_equal(OK, rules->prove(buffer_view(&standard), slice_of("", 0), &standard_record, &proved, NULL));
    assert_true(proved);
    assert_int_equal(OK, rules->prove(buffer_view(&pack), buffer_view(&standard), &pack_record, &proved, NULL));
    assert_true(proved);
    assert_int_equal(OK, rules->verify(buffer_view(&standard), slice_of("", 0), buffer_view(&standard_record), NULL));
    assert_int_equal(OK, rules->verify(buffer_view(&pack), buffer_view(&standard), buffer_view(&pack_record), NULL));
    standard.data[standard.length / 2] ^= 1;
    assert_int_not_equal(OK,
                         rules->verify(buffer_view(&standard), slice_of("", 0), buffer_view(&standard_record), NULL));
    buffer_free(&standard);
    buffer_free(&pack);
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
        struct run run = command(arena, rules->decide_command, runs[i].arguments, runs[i].input);
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
    snprintf(record, sizeof record, "%s", in_folder("belgium.proof.json"));
    const char *const make[] = {"prove", POLICY "belgium", "--record", record, NULL};
    const char *const again[] = {"prove",    POLICY "belgium", "--base", POLICY "joint-standard",
                                 "--replay", record,           "--json", NULL};
    const char *const other[] = {"prove", POLICY "joint-standard", "--replay", record, NULL};
    const char *const two[] = {"prove", POLICY "joint-standard", POLICY "belgium", "--record", record, NULL};
    struct run made = command(arena, rules->prove_command, make, "");
    assert_int_equal(0, made.code);
    assert_true(slice_search(made.out, SLICE("proved   P2  non-denial")) != SIZE_MAX);
    assert_int_equal(0, command(arena, rules->prove_command, again, "").code);
    assert_int_equal(1, command(arena, rules->prove_command, other, "").code);
    assert_int_equal(2, command(arena, rules->prove_command, two, "").code);
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
    const char *const arguments[] = {"prove", folder, "--base", POLICY "joint-standard", NULL};

    (void)state;
    model_write(&dmn, TEXT);
    model_write_pack(&pack, TEXT);
    buffer_byte(&dmn, 0);
    buffer_byte(&pack, 0);
    write_file("rules.dmn", dmn.data);
    write_file("pack.json", pack.data);
    struct run run = command(arena, rules->prove_command, arguments, "");
    assert_int_equal(1, run.code);
    assert_true(slice_search(run.out, SLICE("REFUTED  P2  non-denial")) != SIZE_MAX);
    assert_true(slice_search(run.out, SLICE("A person, urgent: is refused or delayed")) != SIZE_MAX);
}

/* The public kit, where it is there: what is claimed in the README is what passes. */
static void the_conformance_kit_is_run_honestly(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(BYTES_MAX);
    const char *data = getenv("HOSPITIUM_DATA");
    char kit[PATH_MAX], csv[PATH_MAX];
    struct slice rows;

    (void)state;
    snprintf(kit, sizeof kit, "%s/dmn-tck/compliance-level-2", data ? data : SOURCE_ROOT "/../shared/data");
    snprintf(csv, sizeof csv, "%s", in_folder("tck.csv"));
    if (access(kit, R_OK) != 0) {
        print_message("skipped: there is no %s\n", "dmn-tck/compliance-level-2");
        skip();
    }
    const char *const arguments[] = {"tck", kit, "--csv", csv, NULL};
    struct run run = command(arena, rules->tck_command, arguments, "");
    assert_int_equal(1, run.code);
    struct slice last = run.out;
    for (struct slice rest = run.out; rest.length > 0;)
        last = slice_cut(&rest, '\n');
    unsigned passed = 0, failed = 0;
    assert_int_equal(2, sscanf(last.data, "%u passed, %u failed", &passed, &failed));
    assert_int_equal(116, passed + failed);
    assert_true(passed >= 18);
    assert_int_equal(OK, file_read(arena, csv, BYTES_MAX, &rows, NULL));
    assert_true(
        slice_search(rows,
                     SLICE("\"0004-simpletable-U\",\"0004-simpletable-U-test-01.xml\",\"001\",\"SUCCESS\",\"\"")) !=
        SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_is_compiled_proved_and_verified),
        cmocka_unit_test(decide_prints_the_result_and_keeps_its_exit_codes),
        cmocka_unit_test(prove_records_and_replays),
        cmocka_unit_test(a_pack_that_denies_is_answered_no),
        cmocka_unit_test(the_conformance_kit_is_run_honestly),
    };
    return cmocka_run_group_tests(tests, open_module, NULL);
}
