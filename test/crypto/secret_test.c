/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the pool gives each secret a slot of its own, zeroed, wipes what comes back, and has an end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/secret.h"

static void a_slot_is_wiped_when_given_back_and_used_again(void **state)
{
    static const uint8_t zeros[40];
    struct secret_pool *pool = secret_pool_new(2, 40);

    (void)state;
    assert_non_null(pool);
    uint8_t *first = secret_take(pool);
    assert_non_null(first);
    assert_memory_equal(first, zeros, 40);
    memset(first, 0xAA, 40);
    secret_give_back(pool, first);
    assert_memory_equal(first, zeros, 40); /* the pool's memory is still there */
    uint8_t *again = secret_take(pool);
    assert_ptr_equal(again, first);
    assert_memory_equal(again, zeros, 40);
    secret_pool_free(pool);
}

static void slots_do_not_overlap_and_end(void **state)
{
    struct secret_pool *pool = secret_pool_new(3, 33);
    uint8_t *slot[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        slot[i] = secret_take(pool);
        assert_non_null(slot[i]);
        memset(slot[i], i + 1, 33);
    }
    assert_null(secret_take(pool));
    for (int i = 0; i < 3; i++)
        for (int byte = 0; byte < 33; byte++)
            assert_int_equal(slot[i][byte], i + 1);
    secret_give_back(pool, slot[1]);
    assert_ptr_equal(secret_take(pool), slot[1]);
    secret_give_back(pool, NULL);
    assert_null(secret_take(pool));
    secret_pool_free(pool);
    secret_pool_free(NULL);
}

static void a_key_is_wiped_at_the_end_of_its_scope(void **state)
{
    struct secret_key key;
    static const struct secret_key zero;

    (void)state;
    memset(&key, 0x55, sizeof key);
    secret_key_wipe(&key);
    assert_memory_equal(&key, &zero, sizeof key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_is_wiped_when_given_back_and_used_again),
        cmocka_unit_test(slots_do_not_overlap_and_end),
        cmocka_unit_test(a_key_is_wiped_at_the_end_of_its_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
