/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Bearer tokens: a credential sealed by the safe, opaque to everybody else. The door passes it along; only the safe can
 * make or open one, so the door cannot pretend to be somebody.
 *
 *     "hsp1_" ‖ base64url(seal(token key, bound to "token1", credential)), where 1 is the format */

#include "crypto/seal.h"
#include "protocol.h"

/* After a change of the root, tokens of before it are taken for a time; none is made any more. */
struct token_keys {
    struct secret_key now, before;
    bool has_before;
};

/* Appends the token. */
void token_seal(const struct token_keys *keys, struct world *world, const struct credential *credential,
                struct buffer *into);

/* Opens a token into `room` (PROTOCOL_TOKEN_MAX bytes), from which ret->actor borrows. ERROR_UNAUTHENTICATED for
 * anything that was not made here, ERROR_TOKEN_EXPIRED. */
MUST_CHECK enum error token_open(const struct token_keys *keys, struct slice token, int64_t now_s, void *room,
                                 struct credential *ret);
