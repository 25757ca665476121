/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that an arena keeps to its maximum, gives zeroed and aligned room, and survives sizes that overflow. */

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"

static void room_is_zeroed_aligned_and_apart(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    unsigned char *room[64];

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        size_t bytes = 1 + i * 37;
        room[i] = arena_alloc(arena, bytes);
        assert_non_null(room[i]);
        assert_int_equal((uintptr_t)room[i] % alignof(max_align_t), 0);
        for (size_t b = 0; b < bytes; b++)
            assert_int_equal(room[i][b], 0);
        memset(room[i], (int)i + 1, bytes);
    }
    for (size_t i = 0; i < 64; i++)
        for (size_t b = 0; b < 1 + i * 37; b++)
            assert_int_equal(room[i][b], i + 1);
}

static void the_maximum_holds_and_no_size_overflows_it(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4096);

    (void)state;
    assert_null(arena_alloc(arena, 4097));
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_null(arena_alloc(arena, SIZE_MAX - 8));
    assert_null(arena_array(arena, SIZE_MAX / 2, 4));
    assert_null(arena_array(arena, UINT64_C(1) << 32, UINT64_C(1) << 32)); /* the product is 0 modulo 2^64 */
    assert_non_null(arena_alloc(arena, 4096));
    assert_null(arena_alloc(arena, 1));
    assert_null(arena_alloc(arena, 0)); /* even nothing takes a place */
    assert_int_equal(arena_high_water(arena), 4096);
}

static void many_small_pieces_come_to_an_end(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(100000);
    size_t pieces = 0;

    (void)state;
    while (arena_alloc(arena, 100))
        pieces++;
    assert_in_range(pieces, 800, 1000);
    assert_true(arena_high_water(arena) <= 100000);
}

static void a_reset_arena_is_empty_and_zeroes_again(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 16);

    (void)state;
    arena_reset(arena); /* of nothing */
    for (int round = 0; round < 3; round++) {
        unsigned char *room = arena_alloc(arena, 60000);
        assert_non_null(room);
        for (size_t i = 0; i < 60000; i++)
            assert_int_equal(room[i], 0);
        memset(room, 0xff, 60000);
        if (round == 1)
            arena_wipe(arena);
        else
            arena_reset(arena);
    }
}

__attribute__((no_sanitize("address"))) static void a_wiped_arena_holds_nothing_of_what_it_held(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 16);
    char *said = arena_alloc(arena, 32);

    (void)state;
    memcpy(said, "without papers", 15);
    arena_wipe(arena); /* the first block is kept, so that looking is allowed */
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(said[i], 0);
}

static void copies_and_formats_are_whole_or_not_there(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(256);

    (void)state;
    struct slice copy = arena_copy(arena, SLICE("abc")), empty = arena_copy(arena, SLICE(""));
    assert_true(slice_is(copy, "abc"));
    assert_int_equal(copy.data[3], 0);
    assert_non_null(empty.data);
    assert_int_equal(empty.length, 0);
    struct slice text = arena_format(arena, "%s-%d", "a", 7);
    assert_true(slice_is(text, "a-7"));
    assert_int_equal(text.data[3], 0);
    assert_null(arena_format(arena, "%300d", 1).data);
    char big[300] = {0};
    assert_null(arena_copy(arena, slice_of(big, sizeof big)).data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_zeroed_aligned_and_apart),
        cmocka_unit_test(the_maximum_holds_and_no_size_overflows_it),
        cmocka_unit_test(many_small_pieces_come_to_an_end),
        cmocka_unit_test(a_reset_arena_is_empty_and_zeroes_again),
        cmocka_unit_test(a_wiped_arena_holds_nothing_of_what_it_held),
        cmocka_unit_test(copies_and_formats_are_whole_or_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
