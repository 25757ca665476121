/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that compiled tables decide as reading the rows one by one does, and that the prover's walk sees each case
 * exactly as deciding it would: on random tables, every input, both written without the code under test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "model_text.h"
#include "random_table.h"
#include "rules/prove/space.h"

#define ROUNDS 400

struct expected {
    enum error verdict;
    int row; /* that decides, or -1 */
    uint64_t collected;
};

static bool agree(const struct random_table *table, const bool *row)
{
    int first = -1;

    for (int r = 0; r < table->row_count; r++) {
        if (!row[r])
            continue;
        if (first >= 0 && table->output[r] != table->output[first])
            return false;
        first = r;
    }
    return true;
}

static int best_row(const struct random_table *table, const bool *row)
{
    int best = -1;

    for (int r = 0; r < table->row_count; r++)
        if (row[r] && (best < 0 || (table->hit_policy == RULE_PRIORITY && table->output[r] < table->output[best])))
            best = r;
    return best;
}

/* DMN 1.5, 8.2.10, on the rows that match. */
static struct expected expect(const struct random_table *table, const int *number)
{
    bool row[RANDOM_ROWS_MAX];
    int count = random_matches(table, number, row);
    struct expected expected = {.verdict = OK, .row = best_row(table, row)};

    for (int r = 0; r < table->row_count; r++)
        if (row[r])
            expected.collected |= UINT64_C(1) << table->output[r];
    if (table->hit_policy != RULE_COLLECT && count == 0)
        expected.verdict = ERROR_NO_ROW;
    if ((table->hit_policy == RULE_UNIQUE && count > 1) || (table->hit_policy == RULE_ANY && !agree(table, row)))
        expected.verdict = ERROR_ROWS_DISAGREE;
    return expected;
}

static void check(const struct random_table *table, const struct rule_decision *decision, const int *number)
{
    struct expected expected = expect(table, number);
    struct rule_result result;
    int64_t value[RANDOM_INPUTS_MAX];

    for (int i = 0; i < table->input_count; i++)
        value[i] = random_value(table, i, number[i]);
    assert_int_equal(expected.verdict, rules_decide(decision, value, &result));
    if (expected.verdict != OK)
        return;
    if (table->hit_policy == RULE_COLLECT)
        assert_int_equal(expected.collected, result.collected[0]);
    else
        assert_int_equal(expected.row + 1, result.row->number);
    if (expected.row >= 0)
        assert_true(rule_row_matched(decision, &result, result.row));
}

/* The next combination of values; false after the last. */
static bool step(const struct random_table *table, int *number)
{
    for (int i = 0; i < table->input_count; i++) {
        if (++number[i] < random_value_count(table, i))
            return true;
        number[i] = 0;
    }
    return false;
}

static const struct rule_set *compiled(struct arena *arena, const struct random_table *table)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1 << 16);

    random_table_write(table, "t", &text);
    buffer_byte(&text, 0);
    return model_verified(arena, text.data);
}

static void compiled_tables_decide_as_their_rows_do(void **state)
{
    struct world world = world_driven(20260101, 0);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
        struct random_table table = random_table(&world);
        const struct rule_set *set = compiled(arena, &table);
        int number[RANDOM_INPUTS_MAX] = {0};
        do
            check(&table, &set->decision[0], number);
        while (step(&table, number));
    }
}

struct tally {
    const struct random_table *table;
    struct space_tour tour;
    uint64_t by_verdict[3], by_output[RANDOM_OUTPUTS];
};

/* A cell of the space as the number of a value: of a number the first of its interval. */
static int number_of(const struct random_table *table, const struct space_case *found, int input)
{
    const struct space_cell *cell = &found->space->fact[input].cell[found->cell[input]];

    return cell->value == RULE_UNKNOWN ? RANDOM_RANGE + 1 : (int)cell->value;
}

static bool looks_right(void *context, const struct space_case *found)
{
    struct tally *tally = context;
    int number[RANDOM_INPUTS_MAX];

    for (int i = 0; i < tally->table->input_count; i++)
        number[i] = number_of(tally->table, found, i);
    struct expected expected = expect(tally->table, number);
    if (tally->table->hit_policy == RULE_COLLECT && expected.row < 0)
        expected.verdict = ERROR_NO_ROW; /* the walk says so; deciding takes an empty list for an answer */
    assert_int_equal(expected.verdict, found->verdict[0]);
    if (expected.verdict == OK && tally->table->hit_policy == RULE_COLLECT)
        assert_int_equal(expected.collected, found->result[0].collected[0]);
    else if (expected.verdict == OK)
        assert_int_equal(expected.row + 1, found->result[0].row->number);
    return true;
}

static void the_walk_sees_what_deciding_does(void **state)
{
    struct world world = world_driven(7, 0);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
        struct random_table table = random_table(&world);
        const struct rule_decision *decision = &compiled(arena, &table)->decision[0];
        struct tally tally = {.table = &table, .tour = SPACE_ALL};
        const struct space *space;
        uint64_t cells, all = 1;

        assert_int_equal(OK, space_make(arena, &decision, 1, false, &space, NULL));
        for (uint32_t f = 0; f < space->fact_count; f++)
            all *= space->fact[f].cell_count;
        assert_int_equal(OK, space_walk(space, &tally.tour, looks_right, &tally, &cells));
        assert_int_equal(all, cells);
    }
}

/* What came out, by the value of the first input: verdicts and outputs as bits. */
struct seen {
    uint8_t by_value[RANDOM_RANGE + 2];
};

static uint8_t bit_of(enum error verdict, int output)
{
    return (uint8_t)(verdict == OK ? 1 << output : verdict == ERROR_NO_ROW ? 1 << 6 : 1 << 7);
}

static bool note(void *context, const struct space_case *found)
{
    struct seen *seen = context;

    seen->by_value[found->cell[0]] |= bit_of(found->verdict[0], found->result[0].output[0]);
    return true;
}

/* Cells of numbers are intervals: the values of each are noted in its place. */
static struct seen by_cell(const struct space *space, const struct random_table *table, const struct seen *by_number)
{
    const struct space_fact *fact = &space->fact[0];
    struct seen seen = {0};

    for (int number = 0; number < random_value_count(table, 0); number++) {
        int64_t value = random_value(table, 0, number);
        uint32_t cell = 0;
        while (cell + 1 < fact->cell_count && fact->cell[cell + 1].value != RULE_UNKNOWN &&
               fact->cell[cell + 1].value <= value)
            cell++;
        seen.by_value[value == RULE_UNKNOWN ? fact->cell_count - 1 : cell] |= by_number->by_value[number];
    }
    return seen;
}

/* Skipping states that were met before must not skip an outcome, not even one of a single value of a fact that the
 * visit looks at. */
static void the_walk_skips_no_outcome(void **state)
{
    struct world world = world_driven(8, 0);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
        struct random_table table = random_table(&world);
        const struct rule_decision *decision = &compiled(arena, &table)->decision[0];
        struct space_tour tour = {.last = -1, .seen = 1};
        int number[RANDOM_INPUTS_MAX] = {0};
        struct seen walked = {0}, tried = {0};
        const struct space *space;
        uint64_t cells;

        if (table.hit_policy == RULE_COLLECT)
            continue;
        do {
            struct expected expected = expect(&table, number);
            tried.by_value[number[0]] |= bit_of(expected.verdict, expected.row < 0 ? 0 : table.output[expected.row]);
        } while (step(&table, number));
        assert_int_equal(OK, space_make(arena, &decision, 1, false, &space, NULL));
        assert_int_equal(OK, space_walk(space, &tour, note, &walked, &cells));
        tried = by_cell(space, &table, &tried);
        assert_memory_equal(&tried, &walked, sizeof tried);
    }
}

struct group {
    uint32_t last_fact;
    uint32_t next;
};

static bool comes_in_turn(void *context, const struct space_case *found)
{
    struct group *group = context;
    uint32_t cell = found->cell[group->last_fact];

    assert_int_equal(group->next, cell);
    group->next = (cell + 1) % found->space->fact[group->last_fact].cell_count;
    return true;
}

/* Properties that compare two people rely on it. */
static void cases_that_differ_in_the_last_fact_follow_each_other(void **state)
{
    struct world world = world_driven(9, 0);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
        struct random_table table = random_table(&world);
        const struct rule_decision *decision = &compiled(arena, &table)->decision[0];
        struct group group = {.last_fact = (uint32_t)round % (uint32_t)table.input_count};
        struct space_tour tour = {.last = (int)group.last_fact};
        const struct space *space;
        uint64_t cells;

        assert_int_equal(OK, space_make(arena, &decision, 1, false, &space, NULL));
        assert_int_equal(OK, space_walk(space, &tour, comes_in_turn, &group, &cells));
        assert_int_equal(0, group.next);
    }
}

/* ---- a table that feeds another ---- */

struct chain {
    struct random_table feeder, fed;   /* input 0 of `fed` is what `feeder` says */
    uint8_t walked[RANDOM_VALUES * 2]; /* outcomes by the value of the feeder's first input */
    const struct space *space;
    int feeder_fact[RANDOM_INPUTS_MAX], fed_fact[RANDOM_INPUTS_MAX];
};

static void replace_all(struct buffer *into, struct slice text, const char *from, const char *to)
{
    for (size_t at; (at = slice_search(text, slice_from_string(from))) != SIZE_MAX;) {
        buffer_slice(into, slice_of(text.data, at));
        buffer_string(into, to);
        text = slice_from(text, at + strlen(from));
    }
    buffer_slice(into, text);
}

/* `t` says v0, v1 or v2, which are values of the first input of `u`. */
static const struct rule_set *compiled_chain(struct arena *arena, const struct chain *chain)
{
    CLEANUP_BUFFER struct buffer feeder = buffer_new(1 << 16), fed = buffer_new(1 << 16), text = buffer_new(1 << 17);

    random_table_write(&chain->feeder, "t", &feeder);
    random_table_write(&chain->fed, "u", &fed);
    replace_all(&text, buffer_view(&feeder), "\"o", "\"v");
    replace_all(&text, buffer_view(&fed), "in u_i0 string \"v0\", \"v1\", \"v2\", \"unknown\"", "in t string");
    buffer_byte(&text, 0);
    return model_verified(arena, text.data);
}

static struct random_table random_with(struct world *world, bool feeds)
{
    struct random_table table;

    do
        table = random_table(world);
    while (table.is_number[0] || table.hit_policy == RULE_COLLECT || (!feeds && table.input_count < 2));
    /* What is fed is one of three values. */
    for (int r = 0; !feeds && r < table.row_count; r++) {
        table.cell[r][0].a %= RANDOM_OUTPUTS;
        table.cell[r][0].b %= RANDOM_OUTPUTS;
    }
    return table;
}

static uint8_t chain_outcome(const struct chain *chain, const int *feeder, int *fed)
{
    struct expected first = expect(&chain->feeder, feeder);

    if (first.verdict != OK)
        return bit_of(first.verdict, 0);
    fed[0] = chain->feeder.output[first.row];
    struct expected second = expect(&chain->fed, fed);
    return bit_of(second.verdict, second.verdict == OK ? chain->fed.output[second.row] : 0);
}

static bool chain_looks_right(void *context, const struct space_case *found)
{
    struct chain *chain = context;
    int feeder[RANDOM_INPUTS_MAX] = {0}, fed[RANDOM_INPUTS_MAX] = {0};

    for (int i = 0; i < chain->feeder.input_count; i++)
        feeder[i] = number_of(&chain->feeder, found, chain->feeder_fact[i]);
    for (int i = 1; i < chain->fed.input_count; i++)
        fed[i] = number_of(&chain->fed, found, chain->fed_fact[i]);
    uint8_t outcome = bit_of(found->verdict[1], found->result[1].output[0]);
    assert_int_equal(chain_outcome(chain, feeder, fed), outcome);
    chain->walked[found->cell[chain->feeder_fact[0]]] |= outcome;
    return true;
}

static void find_chain_facts(struct chain *chain)
{
    char name[16];

    for (int i = 0; i < RANDOM_INPUTS_MAX; i++) {
        snprintf(name, sizeof name, "t_i%d", i);
        chain->feeder_fact[i] = space_find_fact(chain->space, name);
        snprintf(name, sizeof name, "u_i%d", i);
        chain->fed_fact[i] = space_find_fact(chain->space, name);
    }
}

static void a_chain_is_walked_as_it_is_decided(void **state)
{
    struct world world = world_driven(10, 0);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP_ARENA struct arena *arena = arena_new(16 << 20);
        struct chain chain = {.feeder = random_with(&world, true), .fed = random_with(&world, false)};
        const struct rule_set *set = compiled_chain(arena, &chain);
        const struct rule_decision *decision = rule_set_decision(set, SLICE("u"));
        uint8_t tried[RANDOM_VALUES * 2] = {0};
        int feeder[RANDOM_INPUTS_MAX] = {0}, fed[RANDOM_INPUTS_MAX];
        uint64_t cells;

        assert_int_equal(OK, space_make(arena, &decision, 1, false, &chain.space, NULL));
        find_chain_facts(&chain);
        struct space_tour tour = {.last = -1, .seen = UINT64_C(1) << chain.feeder_fact[0], .rows = round % 2};
        assert_int_equal(OK, space_walk(chain.space, &tour, chain_looks_right, &chain, &cells));
        do {
            memset(fed, 0, sizeof fed);
            do
                tried[feeder[0]] |= chain_outcome(&chain, feeder, fed);
            while (fed[0] = random_value_count(&chain.fed, 0) - 1, step(&chain.fed, fed));
        } while (step(&chain.feeder, feeder));
        assert_memory_equal(tried, chain.walked, sizeof tried);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_tables_decide_as_their_rows_do),
        cmocka_unit_test(the_walk_sees_what_deciding_does),
        cmocka_unit_test(the_walk_skips_no_outcome),
        cmocka_unit_test(a_chain_is_walked_as_it_is_decided),
        cmocka_unit_test(cases_that_differ_in_the_last_fact_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
