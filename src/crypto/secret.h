/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Secrets live in one pool of locked memory, made once and reused: never swapped, left out of core dumps, wiped when
 * given back. One libsodium allocation costs 19 microseconds, a slot of the pool a few nanoseconds. One thread. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

#define SECRET_KEY_BYTES 32

/* A key by value is for passing through; at rest in memory it belongs in a pool. */
struct secret_key {
    uint8_t byte[SECRET_KEY_BYTES];
};

struct secret_pool;

/* Room for `slots` secrets of `slot_bytes`. When the machine's limit on locked memory is too low, the pool is made
 * unlocked and `secret_pool_locked` says so. NULL without memory. */
struct secret_pool *secret_pool_new(size_t slots, size_t slot_bytes) MUST_CHECK;
void secret_pool_free(struct secret_pool *pool); /* wipes; accepts NULL */
bool secret_pool_locked(const struct secret_pool *pool);

/* A zeroed slot, or NULL when all are taken. */
void *secret_take(struct secret_pool *pool) MUST_CHECK;
void secret_give_back(struct secret_pool *pool, void *slot); /* wipes; accepts NULL */

void secret_wipe(void *bytes, size_t length);

/* Constant time. */
bool secret_equal(const void *a, const void *b, size_t length);

static inline struct slice secret_key_slice(const struct secret_key *key)
{
    return slice_of(key->byte, SECRET_KEY_BYTES);
}

static inline void secret_key_wipe(struct secret_key *key)
{
    secret_wipe(key->byte, SECRET_KEY_BYTES);
}

#define CLEANUP_KEY __attribute__((cleanup(secret_key_wipe)))
