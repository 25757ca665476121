/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include <stdlib.h>

#include "crypto/encode.h"

static const struct slice prefix = {"hsp1_", 5}; /* 1: the format */
static const struct slice binding = {"token1", 6};

void token_seal(const struct token_keys *keys, struct world *world, const struct credential *credential,
                struct buffer *into)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(PROTOCOL_TOKEN_MAX);
    uint8_t sealed[PROTOCOL_TOKEN_MAX + SEAL_OVERHEAD];

    credential_write(credential, &plain);
    buffer_depends(into, &plain);
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

/* The credential's bytes into `room`. */
static enum error unseal(const struct token_keys *keys, struct slice token, void *room, size_t *ret_length)
{
    uint8_t sealed[PROTOCOL_TOKEN_MAX];
    size_t length = 0;

    if (!slice_starts_with(token, prefix))
        return ERROR_UNAUTHENTICATED;
    /* same, is false or with >=: no credential is so long; it is the bound of what is kept below */
    if (token.length > PROTOCOL_TOKEN_MAX)
        return ERROR_UNAUTHENTICATED;
    if (decode_base64url(slice_from(token, prefix.length), sealed, sizeof sealed, &length) != OK ||
        !opens(keys, slice_of(sealed, length), room))
        return ERROR_UNAUTHENTICATED;
    *ret_length = length - SEAL_OVERHEAD;
    return OK;
}

static enum error read_credential(struct slice plain, int64_t now_s, struct credential *ret)
{
    if (credential_read(plain, ret) != OK)
        return ERROR_UNAUTHENTICATED;
    return ret->expires_s <= now_s ? ERROR_TOKEN_EXPIRED : OK;
}

enum error token_open(const struct token_keys *keys, struct slice token, int64_t now_s, void *room,
                      struct credential *ret)
{
    size_t length = 0;

    TRY(unseal(keys, token, room, &length)); /* same: of no bytes no credential is read */
    return read_credential(slice_of(room, length), now_s, ret);
}

#define CACHED 128

struct cached_token {
    size_t length, plain_length; /* 0: the place is free */
    char token[PROTOCOL_TOKEN_MAX];
    char plain[PROTOCOL_TOKEN_MAX];
};

struct token_cache {
    struct secret_pool *pool;
    struct cached_token *place; /* CACHED of them, by the token's last letters, which are those of a tag */
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    cache->pool = secret_pool_new(1, CACHED * sizeof *cache->place);
    cache->place = cache->pool ? secret_take(cache->pool) : NULL;
    if (cache->place)
        return cache;
    token_cache_free(cache);
    return NULL;
}

void token_cache_clear(struct token_cache *cache)
{
    secret_wipe(cache->place, CACHED * sizeof *cache->place);
}

void token_cache_free(struct token_cache *cache)
{
    if (!cache)
        return;
    secret_pool_free(cache->pool);
    free(cache);
}

static struct cached_token *place_of(struct token_cache *cache, struct slice token)
{
    struct slice last = slice_from(token, token.length - 3); /* of one that is shorter, nothing */
    unsigned number = 0;

    for (size_t i = 0; i < last.length; i++) /* same, is false: any place will do */
        number = number * 31 + (unsigned char)last.data[i];
    return &cache->place[number % CACHED];
}

enum error token_open_again(struct token_cache *cache, const struct token_keys *keys, struct slice token, int64_t now_s,
                            void *room, struct credential *ret)
{
    struct cached_token *place = place_of(cache, token);
    size_t length = 0;

    /* same, is false: it would be opened once more */
    if (place->length == token.length && secret_equal(place->token, token.data, token.length)) {
        memcpy(room, place->plain, place->plain_length);
        return read_credential(slice_of(room, place->plain_length), now_s, ret);
    }
    TRY(unseal(keys, token, room, &length));
    memcpy(place->token, token.data, token.length);
    memcpy(place->plain, room, length);
    place->length = token.length;
    place->plain_length = length;
    return read_credential(slice_of(room, length), now_s, ret);
}
