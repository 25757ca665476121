/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include "crypto/encode.h"

static const struct slice prefix = {"hsp1_", 5}; /* 1: the format */
static const struct slice binding = {"token1", 6};

void token_seal(const struct token_keys *keys, struct world *world, const struct credential *credential,
                struct buffer *into)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(PROTOCOL_TOKEN_MAX);
    uint8_t sealed[PROTOCOL_TOKEN_MAX + SEAL_OVERHEAD];

    credential_write(credential, &plain);
    seal(&keys->now, world, binding, buffer_view(&plain), sealed);
    buffer_slice(into, prefix);
    encode_base64url(slice_of(sealed, plain.length + SEAL_OVERHEAD), into);
}

static bool opens(const struct token_keys *keys, struct slice sealed, void *room)
{
    if (seal_open(&keys->now, binding, sealed, room) == OK)
        return true;
    return keys->has_before && seal_open(&keys->before, binding, sealed, room) == OK;
}

enum error token_open(const struct token_keys *keys, struct slice token, int64_t now_s, void *room,
                      struct credential *ret)
{
    uint8_t sealed[PROTOCOL_TOKEN_MAX];
    size_t length = 0;

    if (!slice_starts_with(token, prefix) || token.length > PROTOCOL_TOKEN_MAX)
        return ERROR_UNAUTHENTICATED;
    if (decode_base64url(slice_from(token, prefix.length), sealed, sizeof sealed, &length) != OK ||
        length < SEAL_OVERHEAD || !opens(keys, slice_of(sealed, length), room))
        return ERROR_UNAUTHENTICATED;
    if (credential_read(slice_of(room, length - SEAL_OVERHEAD), ret) != OK)
        return ERROR_UNAUTHENTICATED;
    return ret->expires_s <= now_s ? ERROR_TOKEN_EXPIRED : OK;
}
