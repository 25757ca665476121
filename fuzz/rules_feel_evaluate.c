/* SPDX-License-Identifier: Apache-2.0 */

/* Any text that parses, evaluated with few steps: it ends with a value or with one of the three limits, and the same text
 * has the same value every time. The first byte says what is read: unary tests (`?`), which are passed or not by the
 * values of a list, or an expression. */

#include <stdlib.h>

#include "rules/feel/evaluate.h"

#define INPUT_MAX (16 << 10)
#define STEPS 20000
#define NOW_MS 1582979696789

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_limit(enum error error)
{
    require(error == ERROR_MEMORY || error == ERROR_TOO_DEEP || error == ERROR_TOO_COSTLY);
}

static struct feel_run new_run(struct arena *arena, struct feel_names *names)
{
    struct feel_run run = feel_run(arena, names, NOW_MS);

    run.steps_most = STEPS;
    return run;
}

static void write_both(struct buffer *into, const struct feel_names *names, struct feel_value value)
{
    feel_write(into, names, value);
    feel_write_json(into, names, value);
}

static void evaluate(struct arena *arena, struct feel_names *names, const struct feel_node *node)
{
    CLEANUP_BUFFER struct buffer first = buffer_new(1 << 20), second = buffer_new(1 << 20);
    struct feel_run run = new_run(arena, names), again = new_run(arena, names);
    struct feel_value value = feel_null(), same = feel_null();
    enum error error = feel_evaluate(&run, node, NULL, &value);

    require(run.depth == 0 || error != OK);
    if (error != OK) {
        require_limit(error);
        return;
    }
    require(value.kind < FEEL_KIND_COUNT && run.calls == 0);
    error = feel_evaluate(&again, node, NULL, &same);
    require(error == OK || error == ERROR_MEMORY);
    if (error != OK)
        return;
    write_both(&first, names, value);
    write_both(&second, names, same);
    require(first.failed == second.failed);
    require(first.failed || slice_equal(buffer_view(&first), buffer_view(&second)));
}

static void pass(struct arena *arena, struct feel_names *names, const struct feel_node *tests)
{
    static const char values[] =
        "[null, true, 0, 1.5, \"a\", @\"2024-01-01\", @\"10:00:00Z\", @\"P1Y\", [1, 2], {a: 1}, "
        "[1..3], function(x) x]";
    const struct feel_node *node;
    struct feel_value list;
    enum feel_truth passes = FEEL_NEITHER;

    struct feel_run run = new_run(arena, names);
    if (feel_parse(arena, names, NULL, slice_from_string(values), &node, NULL) != OK ||
        feel_evaluate(&run, node, NULL, &list) != OK)
        return;
    for (size_t i = 0; i < list.list->count; i++) {
        struct feel_run one = new_run(arena, names);
        enum error error = feel_passes(&one, tests, list.list->item[i], NULL, &passes);
        if (error != OK)
            require_limit(error);
        else
            require(passes == FEEL_TRUE || passes == FEEL_FALSE || passes == FEEL_NEITHER);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new((size_t)32 << 20);
    struct feel_names *names = feel_names_new(arena);
    const struct feel_node *node;

    require(names != NULL);
    if (length < 2 || length > INPUT_MAX)
        return 0;
    bool tests = data[0] == '?';
    struct slice text = slice_of(data + 1, length - 1);
    if ((tests ? feel_parse_tests : feel_parse)(arena, names, NULL, text, &node, NULL) != OK)
        return 0;
    if (tests)
        pass(arena, names, node);
    else
        evaluate(arena, names, node);
    return 0;
}
