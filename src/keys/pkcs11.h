/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A key on a token (PKCS#11 2.40) wraps a key of ours: the token has to be there, and its PIN, for the node to open.
 * Either an AES key (CKM_AES_CBC_PAD; what was sealed under our key tells a changed byte) or an RSA key
 * (CKM_RSA_PKCS_OAEP with SHA-1, which is what tokens have; its use in OAEP is not broken).
 *
 * The vendor's module is somebody else's code. It is loaded in a process of its own, forked for the one call and gone
 * after it; it never lives in the safe or in the door. A token that does not answer in PKCS11_SECONDS is given up. */

#include "base/error.h"
#include "base/slice.h"
#include "base/world.h"
#include "crypto/secret.h"

#define PKCS11_SECONDS 60
#define PKCS11_WRAPPED_MAX 1024
#define PKCS11_IV_BYTES 16

enum pkcs11_mechanism { PKCS11_AES_CBC_PAD, PKCS11_RSA_OAEP };

struct pkcs11_wrapped {
    enum pkcs11_mechanism mechanism;
    uint8_t iv[PKCS11_IV_BYTES]; /* of AES */
    uint8_t bytes[PKCS11_WRAPPED_MAX];
    size_t length;
};

const char *pkcs11_mechanism_word(enum pkcs11_mechanism mechanism);
MUST_CHECK enum error pkcs11_mechanism_named(struct slice word, enum pkcs11_mechanism *ret_mechanism);

/* Wraps under the key labelled `label` on the token labelled `token`; when there is none, an AES-256 key that cannot be
 * taken out is made there. ERROR_FILE_MISSING: no such module or token; ERROR_SEALED: the PIN is wrong (`fault` says
 * so; a token locks itself after a few); ERROR_UNSUPPORTED; ERROR_TIMEOUT; ERROR_IO. */
MUST_CHECK enum error pkcs11_wrap(struct slice module, struct slice token, struct slice label, struct slice pin,
                                  const struct secret_key *key, struct world *world, struct pkcs11_wrapped *ret_wrapped,
                                  struct fault *fault);
/* ERROR_NOT_FOUND when the key is not on the token. */
MUST_CHECK enum error pkcs11_unwrap(struct slice module, struct slice token, struct slice label, struct slice pin,
                                    const struct pkcs11_wrapped *wrapped, struct secret_key *ret_key,
                                    struct fault *fault);
