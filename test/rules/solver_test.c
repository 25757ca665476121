/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the solver is kept at arm's length: whatever a worker does, the text that it had is not answered, the
 * others are, and the time is bounded. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/world.h"
#include "module_directory.h"
#include "rules/prove/solver.h"

#define MEMORY ((size_t)64 << 20)

static char false_module[PATH_MAX];

static int find_modules(void **state)
{
    ssize_t length = readlink("/proc/self/exe", false_module, sizeof false_module - 1);

    (void)state;
    module_directory_set();
    if (length <= 0)
        return -1;
    false_module[length] = '\0';
    *strrchr(false_module, '/') = '\0';
    strncat(false_module, "/rules/rules-false-z3.so", sizeof false_module - strlen(false_module) - 1);
    return 0;
}

static struct solver_settings misbehaving(unsigned timeout_ms)
{
    struct solver_settings settings = SOLVER_DEFAULTS;

    settings.module = false_module;
    settings.timeout_ms = timeout_ms;
    settings.memory_mb = 256;
    return settings;
}

static int64_t ask(const struct solver_settings *settings, struct arena *arena, struct solver_query *query,
                   size_t count, struct slice *ret_version)
{
    CLEANUP_SOLVER struct solver *solver = NULL;
    int64_t before = world_stopwatch_ns();

    assert_int_equal(OK, solver_start(settings, &solver));
    assert_int_equal(OK, solver_ask(solver, arena, query, count));
    if (ret_version)
        *ret_version = arena_copy(arena, solver_version(solver));
    return (world_stopwatch_ns() - before) / 1000000;
}

static void must_say(const struct solver_query *query, const char *words)
{
    assert_int_equal(SOLVER_UNANSWERED, query->verdict);
    if (slice_search(query->answer, slice_from_string(words)) == SIZE_MAX)
        fail_msg("wanted \"%s\" in: %.*s", words, SLICE_PRINT(query->answer));
}

/* ---- Z3 ---- */

static void z3_proves_refutes_and_names_the_case(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = SOLVER_DEFAULTS;
    struct solver_query query[] = {
        {.text = SLICE("(set-logic QF_LIA)(declare-const |a b| Int)(assert (< |a b| |a b|))(check-sat)")},
        {.text = SLICE("(set-logic QF_LIA)(declare-const |a b| Int)(assert (= |a b| (- 7)))(check-sat)")},
        {.text = SLICE("(assert false)")},
    };
    struct slice version;

    (void)state;
    ask(&settings, arena, query, 3, &version);
    assert_int_equal(SOLVER_UNSAT, query[0].verdict);
    assert_int_equal(SOLVER_SAT, query[1].verdict);
    assert_true(slice_is(query[1].answer, "a b\t-7\n"));
    assert_int_equal(SOLVER_UNSAT, query[2].verdict);
    assert_true(slice_starts_with(version, SLICE("Z3 4.")));
}

static void garbage_is_not_answered(void **state)
{
    static const char *const garbage[] = {"(",
                                          "(assert",
                                          ")",
                                          "|",
                                          "(assert (= 1 |x|))",
                                          "\x01\x02\xff",
                                          "(declare-const",
                                          "(declare-const |x| Int)(declare-const |x| Int)(assert false)"};
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = SOLVER_DEFAULTS;
    struct solver_query query[9];

    (void)state;
    for (size_t i = 0; i < 8; i++)
        query[i] = (struct solver_query){.text = slice_from_string(garbage[i])};
    query[8] = (struct solver_query){.text = SLICE("(assert false)")};
    ask(&settings, arena, query, 9, NULL);
    for (size_t i = 0; i < 8; i++)
        must_say(&query[i], "Z3 cannot read the text");
    assert_int_equal(SOLVER_UNSAT, query[8].verdict);
}

/* Two fifth powers do not add up to a third (Fermat, Wiles); Z3 does not know that and looks for ever. */
static void a_text_that_takes_for_ever_is_given_up(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = SOLVER_DEFAULTS;
    struct solver_query query[] = {
        {.text = SLICE("(declare-const x Int)(declare-const y Int)(declare-const z Int)(assert (> x 1))(assert (> y 1))"
                       "(assert (> z 1))(assert (= (+ (* x x x x x) (* y y y y y)) (* z z z z z)))(check-sat)")},
        {.text = SLICE("(assert false)")},
        {.text = SLICE("(assert true)")},
    };

    (void)state;
    settings.timeout_ms = 300;
    settings.workers = 1;
    int64_t took_ms = ask(&settings, arena, query, 3, NULL);
    assert_int_equal(SOLVER_UNANSWERED, query[0].verdict);
    assert_true(query[0].answer.length > 0);
    assert_int_equal(SOLVER_UNSAT, query[1].verdict);
    assert_int_equal(SOLVER_SAT, query[2].verdict);
    assert_true(took_ms < 8000);
}

static void more_texts_than_workers_are_all_answered(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    CLEANUP_BUFFER struct buffer large = buffer_new(4 << 20);
    struct solver_settings settings = SOLVER_DEFAULTS;
    struct solver_query query[40];

    (void)state;
    /* Larger than what a socket takes at once. */
    for (int i = 0; i < 40000; i++)
        buffer_format(&large, "; line %d of a text that says nothing\n", i);
    buffer_string(&large, "(assert false)");
    for (size_t i = 0; i < 40; i++)
        query[i] = (struct solver_query){.text = i % 10 == 3 ? buffer_view(&large)
                                                 : i % 2     ? SLICE("(assert true)")
                                                             : SLICE("(assert false)")};
    ask(&settings, arena, query, 40, NULL);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(i % 10 == 3 || i % 2 == 0 ? SOLVER_UNSAT : SOLVER_SAT, query[i].verdict);
}

static void without_the_module_nothing_is_answered(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = SOLVER_DEFAULTS;
    struct solver_query query[20];
    struct slice version;

    (void)state;
    settings.module = "/nowhere/hospitium-z3.so";
    for (size_t i = 0; i < 20; i++)
        query[i] = (struct solver_query){.text = SLICE("(assert false)")};
    int64_t took_ms = ask(&settings, arena, query, 20, &version);
    for (size_t i = 0; i < 20; i++)
        must_say(&query[i], "libz3-4");
    assert_int_equal(0, version.length);
    assert_true(took_ms < 5000);
}

/* ---- workers that misbehave ---- */

static void a_worker_that_dies_costs_one_text(void **state)
{
    static const char *const deaths[] = {"crash", "leave", "memory"};
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = misbehaving(20000);

    (void)state;
    for (size_t d = 0; d < 3; d++) {
        struct solver_query query[] = {{.text = SLICE("true")},
                                       {.text = slice_from_string(deaths[d])},
                                       {.text = SLICE("case")},
                                       {.text = slice_from_string(deaths[d])},
                                       {.text = SLICE("true")}};
        ask(&settings, arena, query, 5, NULL);
        assert_int_equal(SOLVER_UNSAT, query[0].verdict);
        must_say(&query[1], "the solver's process ended");
        assert_int_equal(SOLVER_SAT, query[2].verdict);
        must_say(&query[3], "the solver's process ended");
        assert_int_equal(SOLVER_UNSAT, query[4].verdict);
    }
}

static void a_worker_that_hangs_is_killed_in_time(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = misbehaving(200);
    struct solver_query query[] = {{.text = SLICE("hang")}, {.text = SLICE("hang")}, {.text = SLICE("true")}};

    (void)state;
    int64_t took_ms = ask(&settings, arena, query, 3, NULL);
    must_say(&query[0], "it takes too long");
    must_say(&query[1], "it takes too long");
    assert_int_equal(SOLVER_UNSAT, query[2].verdict);
    assert_true(took_ms >= 200 && took_ms < 8000);
}

static void an_answer_that_makes_no_sense_is_none(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = misbehaving(20000);
    struct solver_query query[] = {{.text = SLICE("noise")}, {.text = SLICE("true")}};

    (void)state;
    ask(&settings, arena, query, 2, NULL);
    assert_int_equal(SOLVER_UNANSWERED, query[0].verdict);
    assert_int_equal(SOLVER_UNSAT, query[1].verdict);
}

/* Standard streams that go nowhere, and the socket: nothing of what this process has open. */
static void a_worker_has_no_file_of_ours(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = misbehaving(20000);
    struct solver_query query[] = {{.text = SLICE("files")}, {.text = SLICE("files")}};
    FILE *open_here = fopen("/proc/self/status", "r");

    (void)state;
    ask(&settings, arena, query, 2, NULL);
    fclose(open_here);
    assert_true(slice_is(query[0].answer, "4"));
    assert_true(slice_is(query[1].answer, "4"));
}

static bool is_child(const char *name)
{
    char path[300], line[512] = "";
    long parent = 0;

    snprintf(path, sizeof path, "/proc/%s/stat", name);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    if (fgets(line, sizeof line, file) && strrchr(line, ')'))
        sscanf(strrchr(line, ')') + 1, " %*c %ld", &parent);
    fclose(file);
    return parent == getpid();
}

static unsigned signal_children(int number)
{
    unsigned count = 0;
    DIR *all = opendir("/proc");

    for (struct dirent *entry; (entry = readdir(all));) {
        uint64_t pid;
        if (!slice_to_u64(slice_from_string(entry->d_name), &pid) || !is_child(entry->d_name))
            continue;
        kill((pid_t)pid, number);
        count++;
    }
    closedir(all);
    return count;
}

static void workers_that_somebody_kills_are_replaced_and_none_stays_behind(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    struct solver_settings settings = misbehaving(20000);
    struct solver_query query[] = {{.text = SLICE("true")}, {.text = SLICE("true")}, {.text = SLICE("true")}};
    struct solver *solver = NULL;

    (void)state;
    assert_int_equal(OK, solver_start(&settings, &solver));
    assert_int_equal(OK, solver_ask(solver, arena, query, 3));
    assert_int_equal(2, signal_children(SIGKILL));
    assert_int_equal(OK, solver_ask(solver, arena, query, 3));
    unsigned answered = 0;
    for (size_t i = 0; i < 3; i++)
        answered += query[i].verdict == SOLVER_UNSAT;
    assert_true(answered >= 1);
    assert_int_equal(OK, solver_ask(solver, arena, query, 3));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(SOLVER_UNSAT, query[i].verdict);
    solver_stop(solver);
    assert_int_equal(0, signal_children(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z3_proves_refutes_and_names_the_case),
        cmocka_unit_test(garbage_is_not_answered),
        cmocka_unit_test(a_text_that_takes_for_ever_is_given_up),
        cmocka_unit_test(more_texts_than_workers_are_all_answered),
        cmocka_unit_test(without_the_module_nothing_is_answered),
        cmocka_unit_test(a_worker_that_dies_costs_one_text),
        cmocka_unit_test(a_worker_that_hangs_is_killed_in_time),
        cmocka_unit_test(an_answer_that_makes_no_sense_is_none),
        cmocka_unit_test(a_worker_has_no_file_of_ours),
        cmocka_unit_test(workers_that_somebody_kills_are_replaced_and_none_stays_behind),
    };
    return cmocka_run_group_tests(tests, find_modules, NULL);
}
