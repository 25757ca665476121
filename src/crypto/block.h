/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One block of AES-256: a keyed permutation of 128-bit values. It turns an internal id into the id that one sector sees
 * and back: same length, no collisions, and without the key no two sectors' ids can be joined (promise 7). It is not a
 * way to encrypt messages. */

#include <stdint.h>

#include "base/error.h"
#include "secret.h"

#define BLOCK_ID_BYTES 16

struct block_cipher;

struct block_cipher *block_cipher_new(const struct secret_key *key) MUST_CHECK; /* NULL without memory */
void block_cipher_free(struct block_cipher *cipher);                            /* accepts NULL */
void block_encrypt(struct block_cipher *cipher, const uint8_t in[BLOCK_ID_BYTES], uint8_t out[BLOCK_ID_BYTES]);
void block_decrypt(struct block_cipher *cipher, const uint8_t in[BLOCK_ID_BYTES], uint8_t out[BLOCK_ID_BYTES]);
