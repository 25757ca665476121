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

/* Tokens that were opened lately, so that who asks often is not opened again each time: what a token says never
 * changes. Whether it has expired or was withdrawn is asked anew. Locked memory; one thread. */
struct token_cache;
struct token_cache *token_cache_new(void) MUST_CHECK; /* NULL without memory */
void token_cache_clear(struct token_cache *cache);    /* when a key goes: what only it opened must not stay open */
void token_cache_free(struct token_cache *cache);     /* wipes; accepts NULL */

/* Opens a token into `room` (PROTOCOL_TOKEN_MAX bytes), from which ret->actor borrows. ERROR_UNAUTHENTICATED for
 * anything that was not made here, ERROR_TOKEN_EXPIRED. */
MUST_CHECK enum error token_open(const struct token_keys *keys, struct slice token, int64_t now_s, void *room,
                                 struct credential *ret);
/* The same through a cache, which must be cleared when the keys change. */
MUST_CHECK enum error token_open_again(struct token_cache *cache, const struct token_keys *keys, struct slice token,
                                       int64_t now_s, void *room, struct credential *ret);
