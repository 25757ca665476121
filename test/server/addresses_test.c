/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that connections are counted by who can open them: an IPv4 address, an IPv6 /64. */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "server/addresses.h"

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *v4 = (void *)&address;
    struct sockaddr_in6 *v6 = (void *)&address;

    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        address.ss_family = AF_INET;
    } else {
        assert_int_equal(1, inet_pton(AF_INET6, text, &v6->sin6_addr));
        address.ss_family = AF_INET6;
    }
    return address;
}

static uint32_t enter(struct addresses *addresses, const char *text, size_t limit)
{
    struct sockaddr_storage address = address_of(text);

    return addresses_enter(addresses, (struct sockaddr *)&address, limit);
}

static void each_address_has_its_own_count(void **state)
{
    struct world world = world_driven(1, 0);
    struct addresses *addresses = addresses_new(100, &world);

    uint32_t first = enter(addresses, "192.0.2.1", 2);
    assert_int_not_equal(ADDRESSES_NONE, first);
    assert_int_equal(first, enter(addresses, "192.0.2.1", 2));
    assert_int_equal(ADDRESSES_NONE, enter(addresses, "192.0.2.1", 2));
    assert_int_not_equal(ADDRESSES_NONE, enter(addresses, "192.0.2.2", 2));
    addresses_leave(addresses, first);
    assert_int_equal(first, enter(addresses, "192.0.2.1", 2));
    addresses_leave(addresses, ADDRESSES_NONE);
    addresses_free(addresses);
}

static void one_network_of_ipv6_counts_as_one(void **state)
{
    struct world world = world_driven(1, 0);
    struct addresses *addresses = addresses_new(100, &world);

    assert_int_not_equal(ADDRESSES_NONE, enter(addresses, "2001:db8::1", 1));
    assert_int_equal(ADDRESSES_NONE, enter(addresses, "2001:db8::ffff:2", 1));
    assert_int_not_equal(ADDRESSES_NONE, enter(addresses, "2001:db8:0:1::1", 1));
    addresses_free(addresses);
}

/* 192.0.2.0 to 192.0.2.255, whichever the secret, through four slots: comers and goers in every order. */
static void slots_are_given_back_and_used_again(void **state)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct world world = world_driven(seed, 0);
        struct addresses *addresses = addresses_new(4, &world);
        uint32_t held[4];
        for (unsigned i = 0; i < 256; i++) {
            struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xC0000200 + i)};
            if (i >= 4)
                addresses_leave(addresses, held[i % 4]);
            held[i % 4] = addresses_enter(addresses, (struct sockaddr *)&address, 1);
            assert_int_not_equal(ADDRESSES_NONE, held[i % 4]);
            assert_int_equal(ADDRESSES_NONE, addresses_enter(addresses, (struct sockaddr *)&address, 1));
        }
        assert_int_equal(ADDRESSES_NONE, enter(addresses, "198.51.100.1", 1));
        addresses_free(addresses);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_has_its_own_count),
        cmocka_unit_test(one_network_of_ipv6_counts_as_one),
        cmocka_unit_test(slots_are_given_back_and_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
