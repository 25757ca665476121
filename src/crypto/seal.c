/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include <sodium.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
_Static_assert(SEAL_OVERHEAD == NONCE_BYTES + TAG_BYTES, "format of sealed bytes");
_Static_assert(SEAL_BOX_OVERHEAD == crypto_box_SEALBYTES, "format of sealed boxes");

void seal(const struct secret_key *key, struct world *world, struct slice bound, struct slice message, void *into)
{
    uint8_t *nonce = into;

    world->random(world, nonce, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, (const uint8_t *)message.data, message.length,
                                               (const uint8_t *)bound.data, bound.length, NULL, nonce, key->byte);
}

enum error seal_open(const struct secret_key *key, struct slice bound, struct slice sealed, void *into)
{
    const uint8_t *nonce = (const uint8_t *)sealed.data;

    if (sealed.length < SEAL_OVERHEAD)
        return ERROR_SEALED;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(into, NULL, NULL, nonce + NONCE_BYTES, sealed.length - NONCE_BYTES,
                                                   (const uint8_t *)bound.data, bound.length, nonce, key->byte) != 0)
        return ERROR_SEALED;
    return OK;
}

struct secret_key seal_derive(const struct secret_key *parent, const char *use, uint64_t number)
{
    struct secret_key key;
    crypto_generichash_state state;
    uint8_t number_bytes[8];

    for (int i = 0; i < 8; i++)
        number_bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    crypto_generichash_init(&state, parent->byte, SECRET_KEY_BYTES, SECRET_KEY_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)use, strlen(use) + 1);
    crypto_generichash_update(&state, number_bytes, sizeof number_bytes);
    crypto_generichash_final(&state, key.byte, SECRET_KEY_BYTES);
    sodium_memzero(&state, sizeof state);
    return key;
}

/* libsodium's crypto_box_seal draws its own randomness; spelled out here so that it comes from `world`. The format is
 * the same: ephemeral public key ‖ box, nonce = BLAKE2b(ephemeral public key ‖ recipient's public key). */
static void box_nonce(const uint8_t *ephemeral, const uint8_t *recipient, uint8_t nonce[crypto_box_NONCEBYTES])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, crypto_box_NONCEBYTES);
    crypto_generichash_update(&state, ephemeral, crypto_box_PUBLICKEYBYTES);
    crypto_generichash_update(&state, recipient, crypto_box_PUBLICKEYBYTES);
    crypto_generichash_final(&state, nonce, crypto_box_NONCEBYTES);
}

void seal_box(const uint8_t public_key[SEAL_PUBLIC_BYTES], struct world *world, struct slice message, void *into)
{
    CLEANUP_KEY struct secret_key ephemeral;
    uint8_t nonce[crypto_box_NONCEBYTES];
    uint8_t *out = into;

    world->random(world, ephemeral.byte, sizeof ephemeral.byte);
    crypto_scalarmult_base(out, ephemeral.byte);
    box_nonce(out, public_key, nonce);
    if (crypto_box_easy(out + crypto_box_PUBLICKEYBYTES, (const uint8_t *)message.data, message.length, nonce,
                        public_key, ephemeral.byte) != 0)
        memset(out, 0, message.length + SEAL_BOX_OVERHEAD); /* a public key of low order: sealed to nobody */
}

enum error seal_box_open(const uint8_t public_key[SEAL_PUBLIC_BYTES], const struct secret_key *private_key,
                         struct slice sealed, void *into)
{
    if (crypto_box_seal_open(into, (const uint8_t *)sealed.data, sealed.length, public_key, private_key->byte) != 0)
        return ERROR_SEALED;
    return OK;
}

void seal_box_public(const struct secret_key *private_key, uint8_t ret_public[SEAL_PUBLIC_BYTES])
{
    crypto_scalarmult_base(ret_public, private_key->byte);
}

enum error seal_passphrase(struct slice passphrase, const uint8_t salt[SEAL_SALT_BYTES], struct secret_key *ret_key)
{
    if (crypto_pwhash(ret_key->byte, sizeof ret_key->byte, passphrase.data, passphrase.length, salt, 3, 64u << 20,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return ERROR_MEMORY;
    return OK;
}
