/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Hashes and keyed hashes. SHA-256 (FIPS 180-4) where a public format asks for it, keyed BLAKE2b (RFC 7693) for our own
 * tokens and derived keys. Pure; any thread. */

#include <stdint.h>

#include "base/slice.h"

#define HASH_BYTES 32

struct hash {
    uint8_t byte[HASH_BYTES];
};

struct hash hash_sha256(struct slice message);
/* SHA-256 over the concatenation. */
struct hash hash_sha256_parts(const struct slice *part, size_t count);

/* BLAKE2b-256 keyed with `key` (16 to 64 bytes). */
struct hash hash_keyed(struct slice key, struct slice message);

/* Constant time. */
bool hash_equal(const struct hash *a, const struct hash *b);

static inline struct slice hash_slice(const struct hash *hash)
{
    return slice_of(hash->byte, HASH_BYTES);
}
