/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Ed25519 signatures (RFC 8032). Deterministic; pure. */

#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "secret.h"

#define SIGN_PUBLIC_BYTES 32
#define SIGNATURE_BYTES 64

/* `seed` is the 32-byte private key of RFC 8032. */
void sign_public(const struct secret_key *seed, uint8_t ret_public[SIGN_PUBLIC_BYTES]);
void sign(const struct secret_key *seed, struct slice message, uint8_t ret_signature[SIGNATURE_BYTES]);
/* ERROR_SIGNATURE. */
MUST_CHECK enum error sign_verify(const uint8_t public_key[SIGN_PUBLIC_BYTES], struct slice message,
                                  const uint8_t signature[SIGNATURE_BYTES]);
