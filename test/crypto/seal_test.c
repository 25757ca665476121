/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what sealing promises its callers: only the key, the binding and the whole bytes open it; a sealed box is
 * libsodium's own; derived keys differ by use and number; a passphrase makes the same key again and no other. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>

#include "crypto/seal.h"

static const struct secret_key key = {{1}}, other_key = {{2}};

static void only_key_binding_and_whole_bytes_open(void **state)
{
    struct world world = world_driven(8, 0);
    char sealed[7 + SEAL_OVERHEAD], plain[7];

    (void)state;
    seal(&key, &world, SLICE("bound"), SLICE("message"), sealed);
    assert_int_equal(seal_open(&key, SLICE("bound"), slice_of(sealed, sizeof sealed), plain), OK);
    assert_memory_equal(plain, "message", 7);
    assert_int_equal(seal_open(&other_key, SLICE("bound"), slice_of(sealed, sizeof sealed), plain), ERROR_SEALED);
    assert_int_equal(seal_open(&key, SLICE("bounc"), slice_of(sealed, sizeof sealed), plain), ERROR_SEALED);
    assert_int_equal(seal_open(&key, SLICE(""), slice_of(sealed, sizeof sealed), plain), ERROR_SEALED);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_int_equal(seal_open(&key, SLICE("bound"), slice_of(sealed, sizeof sealed), plain), ERROR_SEALED);
        sealed[i] ^= 1;
        assert_int_equal(seal_open(&key, SLICE("bound"), slice_of(sealed, i), plain), ERROR_SEALED);
    }
}

static void the_same_message_is_never_sealed_alike(void **state)
{
    struct world world = world_driven(8, 0);
    char first[3 + SEAL_OVERHEAD], second[3 + SEAL_OVERHEAD];

    (void)state;
    seal(&key, &world, SLICE(""), SLICE("abc"), first);
    seal(&key, &world, SLICE(""), SLICE("abc"), second);
    assert_memory_not_equal(first, second, 24);      /* nonce */
    assert_memory_not_equal(first + 24, second + 24, 3);
}

static void a_box_is_the_sealed_box_of_libsodium(void **state)
{
    struct world world = world_driven(8, 0);
    uint8_t public_key[SEAL_PUBLIC_BYTES], theirs[3 + SEAL_BOX_OVERHEAD], ours[3 + SEAL_BOX_OVERHEAD], plain[3];

    (void)state;
    seal_box_public(&key, public_key);
    seal_box(public_key, &world, SLICE("abc"), ours);
    assert_int_equal(crypto_box_seal_open(plain, ours, sizeof ours, public_key, key.byte), 0);
    assert_memory_equal(plain, "abc", 3);
    assert_int_equal(crypto_box_seal(theirs, (const uint8_t *)"xyz", 3, public_key), 0);
    assert_int_equal(seal_box_open(public_key, &key, slice_of(theirs, sizeof theirs), plain), OK);
    assert_memory_equal(plain, "xyz", 3);
    theirs[sizeof theirs - 1] ^= 1;
    assert_int_equal(seal_box_open(public_key, &key, slice_of(theirs, sizeof theirs), plain), ERROR_SEALED);
    assert_int_equal(seal_box_open(public_key, &key, slice_of(theirs, SEAL_BOX_OVERHEAD - 1), plain), ERROR_SEALED);
}

static void a_public_key_of_low_order_is_sealed_to_nobody(void **state)
{
    struct world world = world_driven(8, 0);
    const uint8_t low_order[SEAL_PUBLIC_BYTES] = {0}; /* RFC 7748, section 6.1: the output would be all zero */
    char box[3 + SEAL_BOX_OVERHEAD];

    (void)state;
    seal_box(low_order, &world, SLICE("abc"), box);
    assert_true(slice_search(slice_of(box, sizeof box), SLICE("abc")) == SIZE_MAX);
}

static void derived_keys_differ_by_parent_use_and_number(void **state)
{
    struct secret_key derived[] = {seal_derive(&key, "a", 0),  seal_derive(&key, "b", 0),
                                   seal_derive(&key, "a", 1),  seal_derive(&key, "a", UINT64_C(1) << 56),
                                   seal_derive(&key, "ab", 0), seal_derive(&other_key, "a", 0), key};
    struct secret_key again = seal_derive(&key, "a", 0);

    (void)state;
    assert_memory_equal(&again, &derived[0], sizeof again);
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&derived[i], &derived[j], sizeof *derived);
}

static void a_passphrase_makes_one_key_with_one_salt(void **state)
{
    const uint8_t salt[SEAL_SALT_BYTES] = {1}, other_salt[SEAL_SALT_BYTES] = {2};
    struct secret_key first, again, salted, other, argon;

    (void)state;
    assert_int_equal(seal_passphrase(SLICE("correct horse"), salt, &first), OK);
    assert_int_equal(seal_passphrase(SLICE("correct horse"), salt, &again), OK);
    assert_int_equal(seal_passphrase(SLICE("correct horse"), other_salt, &salted), OK);
    assert_int_equal(seal_passphrase(SLICE("correct horsf"), salt, &other), OK);
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_not_equal(&first, &salted, sizeof first);
    assert_memory_not_equal(&first, &other, sizeof first);
    /* The shape that the header states: Argon2id, 64 MiB, 3 passes. A cheaper one would open old roots to guessing. */
    assert_int_equal(crypto_pwhash(argon.byte, 32, "correct horse", 13, salt, 3, 64u * 1024 * 1024,
                                   crypto_pwhash_ALG_ARGON2ID13),
                     0);
    assert_memory_equal(&first, &argon, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_key_binding_and_whole_bytes_open),
        cmocka_unit_test(the_same_message_is_never_sealed_alike),
        cmocka_unit_test(a_box_is_the_sealed_box_of_libsodium),
        cmocka_unit_test(a_public_key_of_low_order_is_sealed_to_nobody),
        cmocka_unit_test(derived_keys_differ_by_parent_use_and_number),
        cmocka_unit_test(a_passphrase_makes_one_key_with_one_salt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
