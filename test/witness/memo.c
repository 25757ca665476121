/* SPDX-License-Identifier: Apache-2.0 */

/* Ed25519 remembered: the linker puts these in the place of crypto/sign.h for the simulator (--wrap). What is signed or
 * verified for the first time goes to the real code, what was seen before is looked up by SHA-256 of all that it
 * depends on; both are pure, so nothing else changes but the time. The simulator's worlds are small, and a hundred
 * thousand of them hold only a few thousand different signatures. */

#include <stdbool.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/sign.h"

void __real_sign(const struct secret_key *seed, struct slice message, uint8_t ret_signature[SIGNATURE_BYTES]);
void __wrap_sign(const struct secret_key *seed, struct slice message, uint8_t ret_signature[SIGNATURE_BYTES]);
enum error __real_sign_verify(const uint8_t public_key[SIGN_PUBLIC_BYTES], struct slice message,
                              const uint8_t signature[SIGNATURE_BYTES]);
enum error __wrap_sign_verify(const uint8_t public_key[SIGN_PUBLIC_BYTES], struct slice message,
                              const uint8_t signature[SIGNATURE_BYTES]);
void __real_sign_public(const struct secret_key *seed, uint8_t ret_public[SIGN_PUBLIC_BYTES]);
void __wrap_sign_public(const struct secret_key *seed, uint8_t ret_public[SIGN_PUBLIC_BYTES]);

#define PLACES (1u << 15)
#define TRIES 8

struct place {
    struct hash of;
    bool taken;
    enum error error;
    uint8_t signature[SIGNATURE_BYTES]; /* or a public key */
};

static struct place places[PLACES];

/* Its place, or the one that it may take; the last tried is given up when all are taken. */
static struct place *place_of(const char *what, struct slice a, struct slice b, struct slice c)
{
    const struct slice part[] = {slice_from_string(what), a, b, c};
    struct hash hash = hash_sha256_parts(part, 4);
    struct place *place = NULL;
    uint32_t at;

    memcpy(&at, hash.byte, sizeof at);
    for (unsigned i = 0; i < TRIES; i++) {
        place = &places[(at + i) % PLACES];
        if (!place->taken || memcmp(place->of.byte, hash.byte, HASH_BYTES) == 0)
            break;
    }
    if (memcmp(place->of.byte, hash.byte, HASH_BYTES) != 0)
        place->taken = false;
    place->of = hash;
    return place;
}

void __wrap_sign(const struct secret_key *seed, struct slice message, uint8_t ret_signature[SIGNATURE_BYTES])
{
    struct place *place = place_of("sign", secret_key_slice(seed), message, slice_of("", 0));

    if (!place->taken)
        __real_sign(seed, message, place->signature);
    place->taken = true;
    memcpy(ret_signature, place->signature, SIGNATURE_BYTES);
}

enum error __wrap_sign_verify(const uint8_t public_key[SIGN_PUBLIC_BYTES], struct slice message,
                              const uint8_t signature[SIGNATURE_BYTES])
{
    struct place *place = place_of("verify", slice_of(public_key, SIGN_PUBLIC_BYTES),
                                   slice_of(signature, SIGNATURE_BYTES), message);

    if (!place->taken)
        place->error = __real_sign_verify(public_key, message, signature);
    place->taken = true;
    return place->error;
}

void __wrap_sign_public(const struct secret_key *seed, uint8_t ret_public[SIGN_PUBLIC_BYTES])
{
    struct place *place = place_of("public", secret_key_slice(seed), slice_of("", 0), slice_of("", 0));

    if (!place->taken)
        __real_sign_public(seed, place->signature);
    place->taken = true;
    memcpy(ret_public, place->signature, SIGN_PUBLIC_BYTES);
}
