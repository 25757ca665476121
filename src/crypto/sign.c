/* SPDX-License-Identifier: Apache-2.0 */
#include "sign.h"

#include <sodium.h>

void sign_public(const struct secret_key *seed, uint8_t ret_public[SIGN_PUBLIC_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    crypto_sign_seed_keypair(ret_public, secret, seed->byte);
    sodium_memzero(secret, sizeof secret);
}

void sign(const struct secret_key *seed, struct slice message, uint8_t ret_signature[SIGNATURE_BYTES])
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    crypto_sign_seed_keypair(public_key, secret, seed->byte);
    crypto_sign_detached(ret_signature, NULL, (const uint8_t *)message.data, message.length, secret);
    sodium_memzero(secret, sizeof secret);
}

enum error sign_verify(const uint8_t public_key[SIGN_PUBLIC_BYTES], struct slice message,
                       const uint8_t signature[SIGNATURE_BYTES])
{
    if (crypto_sign_verify_detached(signature, (const uint8_t *)message.data, message.length, public_key) != 0)
        return ERROR_SIGNATURE;
    return OK;
}
