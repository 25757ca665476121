/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "secret.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>

struct secret_pool {
    uint8_t *memory;
    size_t memory_bytes;
    size_t slot_bytes;
    size_t slots;
    uint32_t *free_slot; /* stack of free slots */
    size_t free_count;
    bool locked;
};

struct secret_pool *secret_pool_new(size_t slots, size_t slot_bytes)
{
    struct secret_pool *pool = calloc(1, sizeof *pool);
    size_t rounded = (slot_bytes + 15) & ~(size_t)15;

    if (!pool)
        return NULL;
    pool->slot_bytes = rounded;
    pool->slots = slots;
    pool->memory_bytes = slots * rounded;
    pool->free_slot = calloc(slots, sizeof *pool->free_slot);
    pool->memory = mmap(NULL, pool->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool->memory == MAP_FAILED)
        pool->memory = NULL;
    if (!pool->free_slot || !pool->memory) {
        secret_pool_free(pool);
        return NULL;
    }
    pool->locked = mlock(pool->memory, pool->memory_bytes) == 0;
    (void)madvise(pool->memory, pool->memory_bytes, MADV_DONTDUMP);
    for (size_t i = 0; i < slots; i++)
        pool->free_slot[i] = (uint32_t)(slots - 1 - i);
    pool->free_count = slots;
    return pool;
}

void secret_pool_free(struct secret_pool *pool)
{
    if (!pool)
        return;
    if (pool->memory) {
        sodium_memzero(pool->memory, pool->memory_bytes);
        munmap(pool->memory, pool->memory_bytes);
    }
    free(pool->free_slot);
    free(pool);
}

bool secret_pool_locked(const struct secret_pool *pool)
{
    return pool->locked;
}

void *secret_take(struct secret_pool *pool)
{
    if (pool->free_count == 0)
        return NULL;
    return pool->memory + pool->free_slot[--pool->free_count] * pool->slot_bytes;
}

void secret_give_back(struct secret_pool *pool, void *slot)
{
    if (!slot)
        return;
    size_t offset = (size_t)((uint8_t *)slot - pool->memory);
    assert(offset < pool->memory_bytes && offset % pool->slot_bytes == 0);
    assert(pool->free_count < pool->slots);

    sodium_memzero(slot, pool->slot_bytes);
    pool->free_slot[pool->free_count++] = (uint32_t)(offset / pool->slot_bytes);
}

void secret_wipe(void *bytes, size_t length)
{
    sodium_memzero(bytes, length);
}

bool secret_equal(const void *a, const void *b, size_t length)
{
    return sodium_memcmp(a, b, length) == 0;
}
