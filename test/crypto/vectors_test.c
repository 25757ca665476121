/* SPDX-License-Identifier: Apache-2.0 */

/* Proves with published vectors that each function is the one that its header names. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crypto/block.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "hex.h"

/* FIPS 180-4 examples (NIST, "Example Algorithms"), and the empty message of the CAVP files. */
static void sha256_is_that_of_fips_180(void **state)
{
    static const struct {
        const char *message, *digest;
    } vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct slice message = slice_from_string(vectors[i].message);
        const struct slice part[] = {slice_of(message.data, message.length / 2), slice_from(message, message.length / 2)};
        struct hash expected, got = hash_sha256(message), parts = hash_sha256_parts(part, 2);
        assert_int_equal(from_hex(vectors[i].digest, expected.byte), HASH_BYTES);
        assert_memory_equal(&got, &expected, sizeof got);
        assert_memory_equal(&parts, &expected, sizeof got);
    }
}

static void sha256_of_a_million_letters(void **state)
{
    const size_t length = 1000000;
    struct hash expected;
    char *letters = malloc(length);

    (void)state;
    assert_non_null(letters);
    memset(letters, 'a', length);
    struct hash got = hash_sha256(slice_of(letters, length));
    free(letters);
    from_hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", expected.byte);
    assert_memory_equal(&got, &expected, sizeof got);
}

/* BLAKE2b has no official vectors for 256 bits with a key, so it is computed by RFC 7693 below. */
struct blake {
    uint64_t h[8], v[16], m[16];
};

static uint64_t rotate(uint64_t word, unsigned by)
{
    return word >> by | word << (64 - by);
}

static void mix(struct blake *b, const unsigned at[4], uint64_t x, uint64_t y)
{
    uint64_t *v = b->v;

    v[at[0]] += v[at[1]] + x;
    v[at[3]] = rotate(v[at[3]] ^ v[at[0]], 32);
    v[at[2]] += v[at[3]];
    v[at[1]] = rotate(v[at[1]] ^ v[at[2]], 24);
    v[at[0]] += v[at[1]] + y;
    v[at[3]] = rotate(v[at[3]] ^ v[at[0]], 16);
    v[at[2]] += v[at[3]];
    v[at[1]] = rotate(v[at[1]] ^ v[at[2]], 63);
}

static const uint64_t blake_iv[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static void compress(struct blake *b, const uint8_t block[128], uint64_t count, bool last)
{
    static const uint8_t sigma[10][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    };
    static const unsigned lanes[8][4] = {{0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15},
                                         {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13}, {3, 4, 9, 14}};

    memcpy(b->m, block, 128); /* little-endian, as the machines this is tested on */
    memcpy(b->v, b->h, 64);
    memcpy(b->v + 8, blake_iv, 64);
    b->v[12] ^= count;
    b->v[14] ^= last ? UINT64_MAX : 0;
    for (unsigned round = 0; round < 12; round++)
        for (unsigned lane = 0; lane < 8; lane++)
            mix(b, lanes[lane], b->m[sigma[round % 10][2 * lane]], b->m[sigma[round % 10][2 * lane + 1]]);
    for (unsigned i = 0; i < 8; i++)
        b->h[i] ^= b->v[i] ^ b->v[i + 8];
}

/* Up to one block of message. */
static void blake2b(unsigned out_bytes, struct slice key, struct slice message, uint8_t *out)
{
    uint8_t block[128] = {0};
    struct blake b;

    memcpy(b.h, blake_iv, sizeof b.h);
    b.h[0] ^= 0x01010000 ^ key.length << 8 ^ out_bytes;
    if (key.length > 0) {
        memcpy(block, key.data, key.length);
        compress(&b, block, 128, message.length == 0);
        memset(block, 0, sizeof block);
    }
    memcpy(block, message.data, message.length);
    if (message.length > 0 || key.length == 0)
        compress(&b, block, (key.length > 0 ? 128 : 0) + message.length, true);
    memcpy(out, b.h, out_bytes);
}

static void the_keyed_hash_is_blake2b_of_rfc_7693(void **state)
{
    uint8_t key[64], message[128], expected[64], got[64];

    (void)state;
    blake2b(64, SLICE(""), SLICE("abc"), got); /* RFC 7693, appendix A: that the model above is right */
    from_hex("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
             "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
             expected);
    assert_memory_equal(got, expected, 64);
    for (uint8_t i = 0; i < 64; i++)
        key[i] = i;
    for (uint8_t i = 0; i < 128; i++)
        message[i] = i;
    blake2b(64, slice_of(key, 64), slice_of(message, 3), got); /* the official key of 64 bytes, message of 3 */
    from_hex("33d0825dddf7ada99b0e7e307104ad07ca9cfd9692214f1561356315e784f3e5"
             "a17e364ae9dbb14cb2036df932b77f4b292761365fb328de7afdc6d8998f5fc1",
             expected);
    assert_memory_equal(got, expected, 64);
    for (size_t length = 0; length <= 128; length++) {
        struct hash hash = hash_keyed(slice_of(key, 32), slice_of(message, length));
        blake2b(32, slice_of(key, 32), slice_of(message, length), expected);
        assert_memory_equal(hash.byte, expected, 32);
    }
}

/* RFC 8032, section 7.1, tests 1 to 3. */
static void signatures_are_those_of_rfc_8032(void **state)
{
    static const struct {
        const char *seed, *public_key, *message, *signature;
    } vectors[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t expected_public[32], public_key[32], expected[64], signature[64], message[8];
        struct secret_key seed;
        from_hex(vectors[i].seed, seed.byte);
        from_hex(vectors[i].public_key, expected_public);
        from_hex(vectors[i].signature, expected);
        struct slice text = slice_of(message, from_hex(vectors[i].message, message));
        sign_public(&seed, public_key);
        assert_memory_equal(public_key, expected_public, 32);
        sign(&seed, text, signature);
        assert_memory_equal(signature, expected, 64);
        assert_int_equal(sign_verify(public_key, text, signature), OK);
        for (size_t byte = 0; byte < 64; byte++) {
            signature[byte] ^= 1;
            assert_int_equal(sign_verify(public_key, text, signature), ERROR_SIGNATURE);
            signature[byte] ^= 1;
        }
        assert_int_equal(sign_verify(public_key, SLICE("other"), signature), ERROR_SIGNATURE);
    }
}

/* draft-irtf-cfrg-xchacha-03, A.3.1. */
static void sealed_bytes_are_xchacha20_poly1305(void **state)
{
    static const char text[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
                               "future, sunscreen would be it.";
    uint8_t sealed[256], bound[12], plain[256];
    struct secret_key key;

    (void)state;
    from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", key.byte);
    from_hex("50515253c0c1c2c3c4c5c6c7", bound);
    size_t length = from_hex("404142434445464748494a4b4c4d4e4f5051525354555657"
                             "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                             "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                             "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                             "21f9664c97637da9768812f615c68b13b52e"
                             "c0875924c1c7987947deafd8780acf49",
                             sealed);
    assert_int_equal(length, sizeof text - 1 + SEAL_OVERHEAD);
    assert_int_equal(seal_open(&key, slice_of(bound, 12), slice_of(sealed, length), plain), OK);
    assert_memory_equal(plain, text, sizeof text - 1);
}

/* FIPS 197, C.3. */
static void a_block_is_aes_256(void **state)
{
    uint8_t plain[16], expected[16], got[16], back[16];
    struct secret_key key;

    (void)state;
    from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", key.byte);
    from_hex("00112233445566778899aabbccddeeff", plain);
    from_hex("8ea2b7ca516745bfeafc49904b496089", expected);
    struct block_cipher *cipher = block_cipher_new(&key);
    assert_non_null(cipher);
    for (int i = 0; i < 3; i++) { /* nothing is carried from one block to the next */
        block_encrypt(cipher, plain, got);
        assert_memory_equal(got, expected, 16);
        block_decrypt(cipher, got, back);
        assert_memory_equal(back, plain, 16);
    }
    block_cipher_free(cipher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_that_of_fips_180),
        cmocka_unit_test(sha256_of_a_million_letters),
        cmocka_unit_test(the_keyed_hash_is_blake2b_of_rfc_7693),
        cmocka_unit_test(signatures_are_those_of_rfc_8032),
        cmocka_unit_test(sealed_bytes_are_xchacha20_poly1305),
        cmocka_unit_test(a_block_is_aes_256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
