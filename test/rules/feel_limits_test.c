/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that no text can hang or crash the evaluator: what is deep, endless or huge ends with one of the three limits,
 * in bounded time, on a stack of 8 MB. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "feel_table.h"

#define SECONDS_MAX 20 /* with sanitizers, on a slow machine */

static enum error evaluate(const char *text, size_t memory, uint64_t steps)
{
    CLEANUP_ARENA struct arena *arena = arena_new(memory);
    struct feel_run run = feel_run(arena, feel_names_new(arena), FEEL_TABLE_NOW_MS);
    const struct feel_node *node = NULL;
    struct feel_value value;
    struct fault fault = {0};

    if (steps)
        run.steps_most = steps;
    if (feel_parse(arena, run.names, NULL, slice_from_string(text), &node, &fault) != OK)
        fail_msg("%s cannot be read: %s", text, fault.detail);
    return feel_evaluate(&run, node, NULL, &value);
}

static void assert_ends(const char *text, enum error expected)
{
    clock_t start = clock();
    enum error error = evaluate(text, (size_t)512 << 20, 0);

    if (error != expected)
        fail_msg("%s: %s instead of %s", text, error_entry(error)->name, error_entry(expected)->name);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX);
}

/* Ends with memory or with steps, whichever the machine's sizes let run out first. */
static void assert_is_stopped(const char *text)
{
    enum error error = evaluate(text, (size_t)512 << 20, 0);

    assert_true(error == ERROR_MEMORY || error == ERROR_TOO_COSTLY);
}

static void endless_recursion_ends(void **state)
{
    assert_ends("{f: function(n) f(n), r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(n) if n > 0 then f(n + 1) else 0, r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(n) [f(n)], r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(n) {a: f(n)}, r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(n) for x in [1] return f(n), r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(n) [1][f(n)], r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(n) 1 in (f(n)), r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(a, b) sort([1, 2], f), r: f(1, 2)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(a, b) list replace([1], f, 1), r: f(1, 2)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(n) f(n: n), r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("{f: function(n) f(f(n)), r: f(1)}.r", ERROR_TOO_DEEP);
    assert_ends("(function(g) g(g))(function(g) g(g))", ERROR_TOO_DEEP);
}

static void recursion_that_ends_is_allowed(void **state)
{
    assert_ends("{f: function(n) if n = 0 then 0 else n + f(n - 1), r: f(300)}.r", OK);
    assert_ends("{fib: function(n) if n < 2 then n else fib(n - 1) + fib(n - 2), r: fib(18)}.r", OK);
}

static void endless_work_ends(void **state)
{
    assert_ends("for a in 1..100000, b in 1..100000 return 1", ERROR_TOO_COSTLY);
    assert_ends("some a in [1..1000000], b in [1..250] satisfies false", ERROR_TOO_COSTLY);
    assert_is_stopped("some a in [1..100000], b in [1..100000] satisfies false");
    assert_ends("for a in 1..10000000000000 return a", ERROR_TOO_COSTLY);
    assert_ends("for a in -999999999999999999999999999..9999999999999999999999999 return a", OK);
    assert_ends("for a in @\"-999999999-01-01\"..@\"999999999-01-01\" return a", ERROR_TOO_COSTLY);
    assert_is_stopped("for a in 1..1000 return for b in 1..1000 return for c in 1..1000 return 1");
    assert_ends("distinct values(for i in 1..100000 return i)", ERROR_TOO_COSTLY);
    assert_ends("{l: for i in 1..100000 return i, r: index of(for i in 1..10000 return l, l)}.r", OK);
    assert_ends("{l: for i in 1..100000 return i, m: for i in 1..100000 return i, "
                "r: index of(for i in 1..10000 return l, m)}.r",
                ERROR_TOO_COSTLY);
    assert_ends("{l: for i in 1..100000 return i, m: for i in 1..100000 return i, "
                "r: for i in 1..10000 return l in (= m)}.r",
                ERROR_TOO_COSTLY);
    assert_is_stopped("sort(for i in 1..4000000 return -i, function(a, b) a < b)");
}

static void patterns_are_held_to_account_together(void **state)
{
    assert_ends("matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"(a+)+$\")", OK);
    assert_ends("for i in 1..100000 return matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"(a+)+$\")",
                ERROR_TOO_COSTLY);
    assert_ends("for i in 1..100000 return split(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"(a+)+$\")",
                ERROR_TOO_COSTLY);
}

static void many_names_are_paid_for(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1 << 20);

    buffer_string(&text, "{");
    for (int i = 0; i < 4000; i++)
        buffer_format(&text, "a%d: 1, ", i);
    buffer_string(&text, "r: for i in 1..1000000 return z}");
    buffer_byte(&text, 0);
    assert_ends(text.data, ERROR_TOO_COSTLY);
}

static void huge_values_end(void **state)
{
    assert_ends("{double: function(t, n) if n = 0 then t else double(t + t, n - 1), r: double(\"ab\", 100)}.r",
                ERROR_MEMORY);
    assert_ends("{double: function(l, n) if n = 0 then l else double(concatenate(l, l), n - 1), "
                "r: double([1], 100)}.r",
                ERROR_TOO_COSTLY);
    assert_ends("{double: function(l, n) if n = 0 then l else double([l, l], n - 1), "
                "r: string(double([1], 100))}.r",
                ERROR_TOO_COSTLY);
    assert_ends("{double: function(l, n) if n = 0 then l else double([l, l], n - 1), "
                "r: flatten(double([1], 100))}.r",
                ERROR_TOO_COSTLY);
    assert_ends("{double: function(l, n) if n = 0 then l else double([l, l], n - 1), a: double([1], 100), "
                "b: double([1], 100), r: a = b}.r",
                ERROR_TOO_COSTLY);
    assert_ends("{double: function(l, n) if n = 0 then l else double([l, l], n - 1), a: double([1], 100), "
                "r: a instance of list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<"
                "list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<"
                "Any>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>}.r",
                ERROR_TOO_COSTLY);
    assert_ends("(10 ** 6000) ** 6000", OK);
    assert_int_equal(evaluate("for i in 1..1000 return i", (size_t)256 << 10, 0), OK);
    assert_int_equal(evaluate("for i in 1..100000 return i", (size_t)256 << 10, 0), ERROR_MEMORY);
}

/* A value nested a hundred thousand times, made without recursion. */
#define NEST "n: for i in 1..100000 return if i = 1 then [1] else [partial[-1]], deep: n[-1]"

static void deeply_nested_values_end(void **state)
{
    assert_ends("{" NEST ", r: count(deep)}.r", OK);
    assert_ends("{" NEST ", m: for i in 1..100000 return if i = 1 then [1] else [partial[-1]], r: deep = m[-1]}.r",
                ERROR_TOO_DEEP);
    assert_ends("{" NEST ", r: flatten(deep)}.r", ERROR_TOO_DEEP);
    assert_ends("{" NEST ", r: string(deep)}.r", ERROR_TOO_COSTLY);
    assert_ends("{" NEST ", r: deep.x}.r", ERROR_TOO_DEEP);
    assert_ends("{" NEST ", r: list contains([deep], n[-2])}.r", ERROR_TOO_DEEP);
    assert_ends("{" NEST ", r: distinct values([deep, n[-2]])}.r", ERROR_TOO_DEEP);
    assert_ends("{n: for i in 1..1000 return if i = 1 then {a: 1} else {a: partial[-1]}, "
                "r: context put(n[-1], for i in 1..1000 return \"a\", 2)}.r",
                ERROR_TOO_DEEP);
}

static void the_caller_may_set_fewer_steps(void **state)
{
    assert_int_equal(evaluate("for i in 1..100 return i", (size_t)1 << 20, 100), ERROR_TOO_COSTLY);
    assert_int_equal(evaluate("for i in 1..100 return i", (size_t)1 << 20, 1000), OK);
}

static void no_memory_is_an_error_and_no_crash(void **state)
{
    static const char text[] =
        "{l: for i in 1..20 return {a: i, b: [i, \"x\" + string(i)]}, f: function(x) x.a + 1, s: l[a > 3].b, "
        "m: context put(l[1], \"c\", @\"P1D\" * 2), t: sort(l, function(x, y) x.a > y.a), j: string join([\"a\"], "
        "\",\"), "
        "u: union([1], [2]), w: date and time(\"2024-01-01T10:00:00\") + @\"P1D\", g: get entries({a: 1}), "
        "r: some x in l satisfies f(x) > 5, h: [1..3], k: (function(n: number) n)([1]), e: l = t}";
    size_t enough = 0;

    for (size_t memory = 20 << 10; memory < (size_t)1 << 20 && !enough; memory += 256) {
        CLEANUP_ARENA struct arena *arena = arena_new(memory);
        struct feel_names *names = feel_names_new(arena);
        const struct feel_node *node;
        struct feel_value value;
        if (!names || feel_parse(arena, names, NULL, slice_from_string(text), &node, NULL) != OK)
            continue;
        struct feel_run run = feel_run(arena, names, FEEL_TABLE_NOW_MS);
        enum error error = feel_evaluate(&run, node, NULL, &value);
        assert_true(error == OK || error == ERROR_MEMORY);
        enough = error == OK ? memory : 0;
    }
    assert_true(enough > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endless_recursion_ends),
        cmocka_unit_test(recursion_that_ends_is_allowed),
        cmocka_unit_test(endless_work_ends),
        cmocka_unit_test(patterns_are_held_to_account_together),
        cmocka_unit_test(many_names_are_paid_for),
        cmocka_unit_test(huge_values_end),
        cmocka_unit_test(deeply_nested_values_end),
        cmocka_unit_test(the_caller_may_set_fewer_steps),
        cmocka_unit_test(no_memory_is_an_error_and_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
