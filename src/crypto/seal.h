/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Sealing: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random 24-byte nonce in front:
 *     nonce(24) ‖ ciphertext ‖ tag(16)
 * `bound` is what the bytes are sealed to (person, resource, version, …): opening with anything else fails. It is not
 * part of the output. Pure but for the randomness handed in. */

#include "base/buffer.h"
#include "base/world.h"
#include "secret.h"

#define SEAL_OVERHEAD 40

/* Writes message.length + SEAL_OVERHEAD bytes to `into`. */
void seal(const struct secret_key *key, struct world *world, struct slice bound, struct slice message, void *into);

/* Writes sealed.length - SEAL_OVERHEAD bytes to `into`. ERROR_SEALED when key, binding or bytes are not right; then
 * `into` holds nothing of use. */
MUST_CHECK enum error seal_open(const struct secret_key *key, struct slice bound, struct slice sealed, void *into);

/* A key derived from `parent` for one use, named by a literal and a number (hour, year, sector …): keyed BLAKE2b. */
struct secret_key seal_derive(const struct secret_key *parent, const char *use, uint64_t number);

/* Sealed to a public key (X25519, libsodium's sealed box): message.length + SEAL_BOX_OVERHEAD bytes. The ephemeral key
 * comes from `world`. */
#define SEAL_BOX_OVERHEAD 48
#define SEAL_PUBLIC_BYTES 32
void seal_box(const uint8_t public_key[SEAL_PUBLIC_BYTES], struct world *world, struct slice message, void *into);
MUST_CHECK enum error seal_box_open(const uint8_t public_key[SEAL_PUBLIC_BYTES], const struct secret_key *private_key,
                                    struct slice sealed, void *into);
void seal_box_public(const struct secret_key *private_key, uint8_t ret_public[SEAL_PUBLIC_BYTES]);

/* A key from a passphrase: Argon2id (RFC 9106), 64 MiB, 3 passes, about 0.2 s. ERROR_MEMORY. */
#define SEAL_SALT_BYTES 16
MUST_CHECK enum error seal_passphrase(struct slice passphrase, const uint8_t salt[SEAL_SALT_BYTES],
                                      struct secret_key *ret_key);
