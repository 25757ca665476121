/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that what is said of pairs of rows is what trying every case says, and that thousands of rows take
 * milliseconds. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <time.h>

#include "model_text.h"
#include "random_table.h"
#include "rules/prove/geometry.h"
#include "rules/prove/property.h"

#define ROUNDS 300
#define MEMORY ((size_t)512 << 20)
#define ROWS 1500
#define COLUMNS 7

/* How two rows stand to each other, tried on every case. */
struct relation {
    bool meet, a_inside_b, b_inside_a;
};

struct relations {
    struct relation pair[RANDOM_ROWS_MAX][RANDOM_ROWS_MAX];
    bool possible[RANDOM_ROWS_MAX], decides[RANDOM_ROWS_MAX];
};

static int best_row(const struct random_table *table, const bool *row)
{
    int best = -1;

    for (int r = 0; r < table->row_count; r++)
        if (row[r] && (best < 0 || table->output[r] < table->output[best]))
            best = r;
    return best;
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

static void try_all(const struct random_table *table, struct relations *ret)
{
    int number[RANDOM_INPUTS_MAX] = {0};

    memset(ret, 0, sizeof *ret);
    for (int a = 0; a < table->row_count; a++)
        for (int b = 0; b < table->row_count; b++)
            ret->pair[a][b] = (struct relation){false, true, true};
    do {
        bool row[RANDOM_ROWS_MAX];
        random_matches(table, number, row);
        int best = best_row(table, row);
        if (best >= 0)
            ret->decides[best] = true;
        for (int a = 0; a < table->row_count; a++) {
            ret->possible[a] |= row[a];
            for (int b = 0; b < table->row_count; b++) {
                struct relation *pair = &ret->pair[a][b];
                pair->meet |= row[a] && row[b];
                pair->a_inside_b &= !row[a] || row[b];
                pair->b_inside_a &= !row[b] || row[a];
            }
        }
    } while (step(table, number));
}

static const struct geometry_pair *pair_of(const struct geometry *geometry, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < geometry->pair_count; i++) {
        const struct geometry_pair *pair = &geometry->pair[i];
        if ((pair->row == a && pair->other == b) || (pair->row == b && pair->other == a))
            return pair;
    }
    return NULL;
}

static void check_pair(const struct random_table *table, const struct relations *relations,
                       const struct geometry *geometry, uint32_t a, uint32_t b)
{
    const struct rule_decision *decision = geometry->decision;
    uint32_t row = decision->row[a].number - 1, other = decision->row[b].number - 1;
    const struct relation *tried = &relations->pair[row][other];
    const struct geometry_pair *pair = pair_of(geometry, a, b);

    assert_int_equal(tried->meet, pair != NULL);
    if (!pair)
        return;
    bool inside = pair->kind != GEOMETRY_OVERLAP;
    assert_int_equal(tried->a_inside_b || tried->b_inside_a, inside);
    assert_int_equal(table->output[row] == table->output[other], pair->same);
    if (inside)
        assert_true(pair->row == a ? tried->a_inside_b : tried->b_inside_a);
    bool behind = decision->hit_policy == RULE_PRIORITY && pair->row > pair->other;
    if (inside)
        assert_int_equal(pair->same || behind, pair->kind == GEOMETRY_SUBSUMED);
}

static void pairs_are_what_trying_every_case_says(void **state)
{
    struct world world = world_driven(11, 0);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
        CLEANUP_BUFFER struct buffer text = buffer_new(1 << 16);
        struct random_table table = random_table(&world);
        static struct relations relations;
        struct geometry geometry;
        random_table_write(&table, "t", &text);
        buffer_byte(&text, 0);
        const struct rule_decision *decision = &model_verified(arena, text.data)->decision[0];
        try_all(&table, &relations);
        assert_int_equal(OK, geometry_make(arena, decision, &geometry));
        for (uint32_t a = 0; a < decision->row_count; a++) {
            assert_int_equal(relations.possible[decision->row[a].number - 1], geometry_is_possible(decision, a));
            for (uint32_t b = a + 1; b < decision->row_count; b++)
                check_pair(&table, &relations, &geometry, a, b);
        }
    }
}

static void dead_rows_are_those_that_never_win(void **state)
{
    struct world world = world_driven(12, 0);
    unsigned dead = 0, covered = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
        CLEANUP_BUFFER struct buffer text = buffer_new(1 << 16);
        struct random_table table = random_table(&world);
        static struct relations relations;
        const uint8_t *decides;
        uint64_t cells;
        table.hit_policy = RULE_PRIORITY;
        random_table_write(&table, "t", &text);
        buffer_byte(&text, 0);
        const struct rule_set *set = model_verified(arena, text.data);
        struct proof proof = {.arena = arena, .set = set, .day = PROPERTY_EVERY_DAY};
        try_all(&table, &relations);
        assert_int_equal(OK, property_deciders(&proof, &set->decision[0], &decides, &cells));
        for (uint32_t r = 0; r < set->decision[0].row_count; r++) {
            uint32_t written = set->decision[0].row[r].number - 1;
            int64_t cover = geometry_cover(&set->decision[0], r);
            assert_int_equal(relations.decides[written], decides[r]);
            dead += !decides[r];
            covered += cover >= 0;
            if (cover >= 0)
                assert_true(!decides[r] && relations.pair[written][set->decision[0].row[cover].number - 1].a_inside_b);
        }
    }
    assert_true(dead > covered && covered > 0);
}

static void write_large_table(struct buffer *into)
{
    struct world world = world_driven(13, 0);

    buffer_string(into, "decision t PRIORITY\n");
    for (int i = 0; i < COLUMNS; i++)
        buffer_format(into, "in i%d number null, [0..100000]\n", i);
    buffer_string(into, "out o \"o0\", \"o1\", \"o2\"\n");
    for (int r = 0; r < ROWS; r++) {
        buffer_format(into, "row R%d", r);
        for (int i = 0; i < COLUMNS; i++) {
            uint32_t bits[2];
            world.random(&world, bits, sizeof bits);
            uint32_t first = bits[0] % 90000;
            buffer_format(into, " | [%u..%u]", first, first + 1 + bits[1] % (100000 - first - 1));
        }
        buffer_format(into, " | \"o%d\"\n", r % 3);
    }
    buffer_byte(into, 0);
}

static void fifteen_hundred_rows_of_seven_columns_take_milliseconds(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY);
    CLEANUP_BUFFER struct buffer text = buffer_new(8 << 20);
    struct geometry geometry;

    (void)state;
    write_large_table(&text);
    const struct rule_set *set = model_verified(arena, text.data);
    clock_t before = clock();
    assert_int_equal(OK, geometry_make(arena, &set->decision[0], &geometry));
    double ms = (double)(clock() - before) * 1000 / CLOCKS_PER_SEC;
    print_message("%d rows x %d columns: %zu pairs meet, %.1f ms\n", ROWS, COLUMNS, geometry.pairs_in_all, ms);
    assert_true(geometry.pair_count > 1000 && geometry.pair_count < (size_t)ROWS * ROWS / 2);
#ifndef __SANITIZE_ADDRESS__
    assert_true(ms < 100);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_what_trying_every_case_says),
        cmocka_unit_test(dead_rows_are_those_that_never_win),
        cmocka_unit_test(fifteen_hundred_rows_of_seven_columns_take_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
