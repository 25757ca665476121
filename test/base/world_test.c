/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a driven world tells the same story twice, and that the real one does not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

#include "base/world.h"

static void a_seed_decides_all_randomness(void **state)
{
    struct world one = world_driven(1, 0), again = world_driven(1, 0), other = world_driven(2, 0);
    unsigned char a[100], b[100], c[100];

    (void)state;
    one.random(&one, a, sizeof a);
    again.random(&again, b, sizeof b);
    other.random(&other, c, sizeof c);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    one.random(&one, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void driven_time_stands_still_until_it_is_moved(void **state)
{
    struct world world = world_driven(1, INT64_C(1700000000) * 1000000000);

    (void)state;
    assert_int_equal(world_now_s(&world), 1700000000);
    assert_int_equal(world.now_ns(&world), world.now_ns(&world));
    world_advance(&world, INT64_C(90) * 1000000000);
    assert_int_equal(world_now_s(&world), 1700000090);
    world_advance(&world, INT64_C(-100) * 1000000000);
    assert_int_equal(world_now_s(&world), 1699999990);
}

static void the_real_world_goes_on(void **state)
{
    struct world one = world_real(), other = world_real();
    unsigned char a[32] = {0}, b[32] = {0};

    (void)state;
    one.random(&one, a, sizeof a);
    other.random(&other, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    int64_t before = world_stopwatch_ns();
    assert_in_range(world_now_s(&one), time(NULL) - 2, time(NULL) + 2);
    assert_true(world_stopwatch_ns() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_decides_all_randomness),
        cmocka_unit_test(driven_time_stands_still_until_it_is_moved),
        cmocka_unit_test(the_real_world_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
