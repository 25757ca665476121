/* SPDX-License-Identifier: Apache-2.0 */

/* What a FEEL expression costs in the general evaluator: parsed each time, as engines do that are asked with a text, and
 * parsed once. One thread, CPU time, of ROUNDS rounds the best.
 *
 *     bench_feel EXPRESSIONS.json      (bench/rules/tables.py writes it) */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "rules/drg/json.h"

#define ROUNDS 60
#define CALLS 2000
#define BYTES_MAX (1 << 20)
#define MEMORY ((size_t)64 << 20)
#define ENTRIES_MAX 16

static void stop_on(enum error error, const struct fault *fault)
{
    if (error == OK)
        return;
    fprintf(stderr, "%s %s\n", error_entry(error)->sentence, fault->detail);
    exit(1);
}

static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct expression {
    struct slice name, text;
    const struct json *value;
    struct feel_names *names;
    struct feel_entry entry[ENTRIES_MAX];
    struct feel_frame frame;
};

static struct expression read_expression(struct arena *arena, const struct json *json)
{
    struct expression read = {.name = json_text(json_member(json, "name")),
                              .text = json_text(json_member(json, "text")),
                              .value = json_member(json, "value"),
                              .names = feel_names_new(arena)};
    struct feel_run run = feel_run(arena, read.names, 0);
    struct fault fault = {0};

    for (struct json_items i = json_items(json_member(json, "context")); json_next(&i) && i.index < ENTRIES_MAX;) {
        struct feel_entry *entry = &read.entry[read.frame.count++];
        stop_on(feel_names_enter(read.names, i.key, &entry->name), &fault);
        stop_on(drg_from_json(&run, i.key, NULL, i.value, &entry->value, &fault), &fault);
    }
    return read;
}

/* As many calls as CALLS; with `tree` NULL the text is parsed in each. */
static struct feel_value call_many(struct expression *expression, struct arena *arena, const struct feel_node *tree)
{
    struct feel_value value = feel_null();
    struct fault fault = {0};

    for (int i = 0; i < CALLS; i++) {
        const struct feel_node *node = tree;
        arena_reset(arena);
        if (!tree)
            stop_on(feel_parse(arena, expression->names, NULL, expression->text, &node, &fault), &fault);
        struct feel_run run = feel_run(arena, expression->names, 0);
        stop_on(feel_evaluate(&run, node, &expression->frame, &value), &fault);
    }
    return value;
}

static bool is_right(const struct expression *expression, struct feel_value value)
{
    CLEANUP_BUFFER struct buffer got = buffer_new(BYTES_MAX), wanted = buffer_new(BYTES_MAX);

    feel_write_json(&got, expression->names, value);
    json_write(&wanted, expression->value);
    return slice_equal(buffer_view(&got), buffer_view(&wanted));
}

static void time_calls(const char *engine, struct expression *expression, struct arena *arena,
                       const struct feel_node *tree)
{
    int64_t best = INT64_MAX;
    bool right = true;

    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = cpu_ns();
        struct feel_value value = call_many(expression, arena, tree);
        int64_t took = cpu_ns() - start;
        right &= is_right(expression, value);
        best = took < best ? took : best;
    }
    printf("{\"engine\":\"%s\",\"what\":\"%.*s\",\"ns\":%.1f,\"right\":%s}\n", engine, SLICE_PRINT(expression->name),
           (double)best / CALLS, right ? "true" : "false");
}

int main(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY), *scratch = arena_new(MEMORY);
    const struct json *all;
    struct slice bytes;
    struct fault fault = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: bench_feel EXPRESSIONS.json\n");
        return 2;
    }
    stop_on(file_read(arena, argv[1], BYTES_MAX, &bytes, &fault), &fault);
    stop_on(json_parse(arena, bytes, &all, &fault), &fault);
    for (struct json_items i = json_items(all); json_next(&i);) {
        struct expression expression = read_expression(arena, i.value);
        const struct feel_node *tree;
        expression.frame.entry = expression.entry;
        stop_on(feel_parse(arena, expression.names, NULL, expression.text, &tree, &fault), &fault);
        time_calls("hospitium", &expression, scratch, NULL);
        time_calls("hospitium parsed once", &expression, scratch, tree);
    }
    return 0;
}
