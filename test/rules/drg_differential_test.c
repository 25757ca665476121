/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the general engine and the compiled tables decide alike: random tables, every input, each engine reading
 * the same XML with a reader of its own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model_text.h"
#include "random_table.h"
#include "rules/dmn/answer.h"
#include "rules/drg/answer.h"

#define BYTES_MAX (16 << 20)
#define ROUNDS 150

struct engines {
    struct arena *arena, *scratch;
    const struct rule_decision *compiled;
    struct drg_question general;
};

/* The DMN that the compiler reads, with the input data that the standard wants for it. */
static void write_model(const struct random_table *table, const char *text, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX);

    model_write(&dmn, text);
    struct slice all = buffer_view(&dmn), decision = SLICE("<decision name=\"t\">");
    size_t at = slice_search(all, decision);
    assert_true(at != SIZE_MAX);
    buffer_slice(into, slice_of(all.data, at));
    for (int i = 0; i < table->input_count; i++)
        buffer_format(into, "<inputData id=\"t_i%d\" name=\"t_i%d\"/>", i, i);
    buffer_slice(into, decision);
    for (int i = 0; i < table->input_count; i++)
        buffer_format(into, "<informationRequirement><requiredInput href=\"#t_i%d\"/></informationRequirement>", i);
    buffer_slice(into, slice_from(all, at + decision.length));
}

static struct engines engines_of(const struct random_table *table)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(BYTES_MAX), dmn = buffer_new(BYTES_MAX),
                                 lines = buffer_new(BYTES_MAX);
    struct engines engines = {.arena = arena_new(BYTES_MAX), .scratch = arena_new(BYTES_MAX)};
    struct report report = {.into = &lines};
    const struct drg_model *model;

    random_table_write(table, "t", &text);
    buffer_byte(&text, 0);
    engines.compiled = &model_verified(engines.arena, text.data)->decision[0];
    write_model(table, text.data, &dmn);
    struct slice file = buffer_view(&dmn);
    assert_int_equal(OK, drg_read(engines.arena, &file, 1, &report, &model, NULL));
    if (report.count > 0)
        fail_msg("%.*s", SLICE_PRINT(buffer_view(&lines)));
    assert_int_equal(OK, drg_ask(engines.arena, model, SLICE("t"), &engines.general, NULL));
    return engines;
}

static void write_inputs(const struct random_table *table, const int *number, struct buffer *into)
{
    static const char *const texts[] = {"\"v0\"", "\"v1\"", "\"v2\"", "\"unknown\""};

    for (int i = 0; i < table->input_count; i++) {
        int64_t value = random_value(table, i, number[i]);
        buffer_format(into, "%s\"t_i%d\":", i ? "," : "{", i);
        if (!table->is_number[i])
            buffer_string(into, texts[number[i]]);
        else if (value == RULE_UNKNOWN)
            buffer_string(into, "null");
        else
            buffer_format(into, "%d", (int)value);
    }
    buffer_byte(into, '}');
}

static void compare(const struct engines *engines, const struct random_table *table, const int *number)
{
    CLEANUP_BUFFER struct buffer inputs = buffer_new(BYTES_MAX), compiled = buffer_new(BYTES_MAX),
                                 general = buffer_new(BYTES_MAX);
    enum error verdict;
    struct slice notes;
    bool null;

    arena_reset(engines->scratch);
    write_inputs(table, number, &inputs);
    assert_int_equal(
        OK, answer_json(engines->scratch, engines->compiled, buffer_view(&inputs), false, &compiled, &verdict, NULL));
    assert_int_equal(
        OK, drg_answer(engines->scratch, &engines->general, buffer_view(&inputs), 0, &general, &null, &notes, NULL));
    /* COLLECT without a match: an empty list of the compiled one, and by the standard null (10.3.2.10). */
    if (slice_is(buffer_view(&compiled), "[]") && null)
        return;
    if (!slice_equal(buffer_view(&compiled), buffer_view(&general)))
        fail_msg("%.*s: compiled %.*s, general %.*s", SLICE_PRINT(buffer_view(&inputs)),
                 SLICE_PRINT(buffer_view(&compiled)), SLICE_PRINT(buffer_view(&general)));
}

static bool step(const struct random_table *table, int *number)
{
    for (int i = 0; i < table->input_count; i++) {
        if (++number[i] < random_value_count(table, i))
            return true;
        number[i] = 0;
    }
    return false;
}

static void both_engines_decide_alike(void **state)
{
    struct world world = world_driven(15, 0);
    size_t compared = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct random_table table = random_table(&world);
        struct engines engines = engines_of(&table);
        int number[RANDOM_INPUTS_MAX] = {0};
        do {
            compare(&engines, &table, number);
            compared++;
        } while (step(&table, number));
        arena_free(engines.arena);
        arena_free(engines.scratch);
    }
    assert_true(compared > 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_engines_decide_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
