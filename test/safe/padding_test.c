/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the access log's growth, as strangers see it, is a walk on a ladder that does not tell a quiet day from a
 * busy one below its first step, nor more than the power of two above it; and that padding is in nobody's way. */

#include "oversight_asks.h"

#include <stdio.h>
#include <unistd.h>

#include "safe/padding.h"

#define PAD 4

static void padded_open(struct whole *whole)
{
    whole_open(whole);
    whole->cadence = (struct safe_cadence){.pad = PAD};
    whole_reopen(whole);
    safe_tick(whole->safe);
}

/* As strangers see it. */
static uint64_t tick(struct whole *whole)
{
    safe_tick(whole->safe);
    return whole_entries(whole);
}

static enum error ask_tile(struct whole *whole, unsigned width)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);

    buffer_byte(&payload, 0);
    buffer_byte(&payload, 0);
    buffer_u64(&payload, 0);
    buffer_u16(&payload, (uint16_t)width);
    return whole_ask(whole, PROTOCOL_TILE, buffer_view(&payload), NULL);
}

/* What a completion leaves is an entry like any other. */
static void make_entries(struct whole *whole, unsigned count)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);

    for (unsigned i = 0; i < count; i++) {
        buffer_clear(&payload);
        completion_write(&(struct completion){i, OK, 1}, &payload);
        assert_int_equal(whole_ask(whole, PROTOCOL_COMPLETE, buffer_view(&payload), NULL), OK);
    }
}

/* The same in one batch, where there are many. */
static void add_entries(struct whole *whole, size_t count)
{
    struct ledger_entry *entry = arena_array(whole->arena, count, sizeof *entry);
    uint64_t first;

    assert_non_null(entry);
    for (size_t i = 0; i < count; i++)
        entry[i] = (struct ledger_entry){.leaf = SLICE("somebody did something")};
    assert_int_equal(padding_append(whole->safe, entry, count, 0, &first), OK);
}

static void the_ladder_has_its_first_step_and_powers_of_two(void **state)
{
    static const struct {
        uint64_t happened, least, step;
    } rows[] = {{0, 2, 2},   {1, 2, 2},    {2, 2, 2},     {3, 2, 4},     {4, 2, 4},       {5, 2, 8},
                {0, 1, 1},   {1, 1, 1},    {2, 1, 2},     {3, 3, 3},     {4, 3, 4},       {5, 3, 8},
                {64, 2, 64}, {65, 2, 128}, {255, 7, 256}, {8, 100, 100}, {101, 100, 128}, {1000000, 2, 1048576}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(padding_step(rows[i].happened, rows[i].least), rows[i].step);
}

static void a_quiet_day_and_a_busy_one_below_the_step_look_the_same_at_every_tick(void **state)
{
    struct whole quiet, busy;

    (void)state;
    padded_open(&quiet);
    padded_open(&busy);
    for (unsigned i = 0; i < 60; i++) {
        make_entries(&busy, i * 7 % (PAD + 1));
        assert_int_equal(tick(&quiet), tick(&busy));
    }
    whole_close(&quiet);
    whole_close(&busy);
}

static void above_the_step_a_tick_tells_a_power_of_two_and_no_more(void **state)
{
    static const struct {
        unsigned from, to, step;
    } rows[] = {{0, PAD, PAD}, {PAD + 1, 8, 8}, {9, 16, 16}, {17, 32, 32}};
    struct whole whole;

    (void)state;
    padded_open(&whole);
    uint64_t size = tick(&whole);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned happened = rows[i].from; happened <= rows[i].to; happened++) {
            add_entries(&whole, happened);
            size += rows[i].step;
            assert_int_equal(tick(&whole), size);
        }
    whole_close(&whole);
}

static void between_ticks_strangers_see_nothing_grow(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    padded_open(&whole);
    uint64_t size = tick(&whole);
    assert_int_equal(ask_tile(&whole, (unsigned)size), OK);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    assert_true(grant.leaf >= size);
    safe_idle(whole.safe);
    assert_int_equal(whole_entries(&whole), size);
    assert_int_equal(ask_tile(&whole, (unsigned)size), OK);
    assert_int_equal(ask_tile(&whole, (unsigned)size + 1), ERROR_NOT_FOUND);
    assert_int_equal(tick(&whole), size + PAD);
    assert_int_equal(ask_tile(&whole, (unsigned)size + PAD), OK);
    assert_int_equal(ask_tile(&whole, (unsigned)size + PAD + 1), ERROR_NOT_FOUND);
    whole_close(&whole);
}

/* More than one filling of padding is owed, and people go on working meanwhile. */
static void what_happens_while_a_step_is_filled_is_part_of_it(void **state)
{
    struct whole whole;

    (void)state;
    padded_open(&whole);
    uint64_t size = tick(&whole);
    add_entries(&whole, 1100); /* a step of 2,048 */
    padding_begin(whole.safe);
    unsigned rounds = 0;
    while (padding_is_filling(whole.safe)) {
        assert_int_equal(whole_entries(&whole), size);
        add_entries(&whole, 100);
        rounds += !padding_fill(whole.safe);
    }
    assert_true(rounds > 0);
    assert_int_equal(whole_entries(&whole), size + 2048);
    assert_int_equal(tick(&whole) - size - 2048, PAD); /* nothing was left over */
    whole_close(&whole);
}

static void an_entry_that_would_pass_the_step_waits_until_it_is_full(void **state)
{
    struct whole whole;

    (void)state;
    padded_open(&whole);
    uint64_t size = tick(&whole);
    make_entries(&whole, 3 * PAD); /* of a step of 16 */
    padding_begin(whole.safe);
    make_entries(&whole, 3);
    assert_int_equal(whole_entries(&whole), size); /* one is missing */
    whole_register(&whole, &anna);
    whole_register(&whole, &bela);
    assert_int_equal(whole_entries(&whole), size + 16);
    assert_false(padding_is_filling(whole.safe));
    assert_int_equal(tick(&whole), size + 16 + PAD);
    whole_close(&whole);
}

static void a_restart_goes_on_from_what_strangers_saw(void **state)
{
    struct whole whole;

    (void)state;
    padded_open(&whole);
    uint64_t size = tick(&whole);
    make_entries(&whole, 3);
    whole_reopen(&whole); /* neither closing nor opening shows anything */
    assert_int_equal(whole_entries(&whole), size);
    assert_int_equal(tick(&whole), size + PAD);
    whole_close(&whole);
}

static void padding_does_not_carry_a_jumping_clock_into_the_log(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    padded_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    world_advance(&whole.world, 400 * DAY_NS);
    tick(&whole);
    world_advance(&whole.world, -400 * DAY_NS);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    whole_reopen(&whole);
    world_advance(&whole.world, -3600 * INT64_C(1000000000)); /* back, less than a day */
    uint64_t size = whole_entries(&whole);
    assert_int_equal(tick(&whole), size + PAD);
    whole_close(&whole);
}

static void a_full_disk_skips_padding_and_shows_nothing(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    padded_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    uint64_t size = tick(&whole);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    whole_files_may_grow_to(1);
    uint64_t full = tick(&whole);
    whole_files_may_grow_to(RLIM_INFINITY);
    assert_int_equal(full, size);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    assert_int_equal(tick(&whole), size + PAD);
    whole_close(&whole);
}

/* The second line of the checkpoint below the proof is the tree's size. */
static uint64_t size_in(struct slice proof, const char *origin)
{
    size_t at = slice_search(proof, slice_from_string(origin));
    uint64_t size = 0;

    assert_true(at != SIZE_MAX);
    proof = slice_from(proof, at);
    slice_cut(&proof, '\n');
    assert_true(slice_to_u64(slice_cut(&proof, '\n'), &size));
    return size;
}

static uint64_t proved_against(struct whole *whole, struct slice facts, uint64_t leaf)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct whole_person patient = whole_patient(&anna);
    struct look_asked look;
    struct slice proof;

    buffer_u64(&payload, leaf);
    access_write(looking(&look, whole_token(whole, &patient), &anna, facts, BIT(AUDIT)), &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_PROOF, buffer_view(&payload), &proof), OK);
    return size_in(proof, "north/access");
}

static void a_proof_is_against_what_strangers_have_as_soon_as_that_covers_the_entry(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    padded_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    uint64_t size = tick(&whole);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    assert_true(proved_against(&whole, facts, grant.leaf) > grant.leaf); /* at once, against the present */
    assert_int_equal(whole_entries(&whole), size);
    size = tick(&whole);
    assert_int_equal(proved_against(&whole, facts, grant.leaf), size);
    whole_close(&whole);
}

static void the_index_of_persons_is_put_back_from_a_padded_log(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct whole_person patient = whole_patient(&anna);
    char path[160];
    struct whole whole;
    struct grant grant;
    struct slice lines;
    struct look_asked look;

    (void)state;
    padded_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    tick(&whole);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    tick(&whole);
    safe_close(whole.safe);
    whole.safe = NULL;
    static const char *const left[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        snprintf(path, sizeof path, "%s/log/index.db%s", whole.directory, left[i]);
        (void)unlink(path);
    }
    whole_reopen(&whole);
    buffer_u64(&payload, 0);
    access_write(looking(&look, whole_token(&whole, &patient), &anna, facts, BIT(AUDIT)), &payload);
    assert_int_equal(whole_ask(&whole, PROTOCOL_EVENTS, buffer_view(&payload), &lines), OK);
    struct reader reader = reader_of(lines);
    assert_int_equal(reader_u16(&reader), 3); /* registered, looked at, this question */
    whole_close(&whole);
}

static void a_real_node_does_not_serve_unpadded(void **state)
{
    struct whole whole;
    struct safe *safe = NULL;
    struct fault fault = {0};
    struct node node;

    (void)state;
    whole_open(&whole);
    safe_close(whole.safe);
    whole.safe = NULL;
    struct safe_options options = {.directory = whole.directory, .world = &whole.world, .cadence = {.serving = true}};
    assert_int_equal(safe_open(&options, &safe, &fault), OK); /* a demo may */
    safe_close(safe);
    assert_int_equal(node_load(whole.directory, &node, NULL), OK);
    node.demo = false;
    assert_int_equal(node_save(&node), OK);
    assert_int_equal(safe_open(&options, &safe, &fault), ERROR_VALUE);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ladder_has_its_first_step_and_powers_of_two),
        cmocka_unit_test(a_quiet_day_and_a_busy_one_below_the_step_look_the_same_at_every_tick),
        cmocka_unit_test(above_the_step_a_tick_tells_a_power_of_two_and_no_more),
        cmocka_unit_test(between_ticks_strangers_see_nothing_grow),
        cmocka_unit_test(what_happens_while_a_step_is_filled_is_part_of_it),
        cmocka_unit_test(an_entry_that_would_pass_the_step_waits_until_it_is_full),
        cmocka_unit_test(a_restart_goes_on_from_what_strangers_saw),
        cmocka_unit_test(padding_does_not_carry_a_jumping_clock_into_the_log),
        cmocka_unit_test(a_full_disk_skips_padding_and_shows_nothing),
        cmocka_unit_test(a_proof_is_against_what_strangers_have_as_soon_as_that_covers_the_entry),
        cmocka_unit_test(the_index_of_persons_is_put_back_from_a_padded_log),
        cmocka_unit_test(a_real_node_does_not_serve_unpadded),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
