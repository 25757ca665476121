/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    uint64_t key[2]; /* family, and IPv4 address or IPv6 prefix */
    uint32_t count;
    uint32_t next; /* in its chain, or among the free ones */
};

struct addresses {
    uint64_t secret[2];
    uint32_t first_free;
    size_t buckets; /* a power of two */
    uint32_t *bucket;
    struct entry *entry;
};

struct addresses *addresses_new(size_t maximum, struct world *world)
{
    struct addresses *addresses = calloc(1, sizeof *addresses);

    if (!addresses)
        return NULL;
    addresses->buckets = 1;
    while (addresses->buckets < maximum)
        addresses->buckets *= 2;
    addresses->bucket = malloc(addresses->buckets * sizeof *addresses->bucket);
    addresses->entry = calloc(maximum, sizeof *addresses->entry);
    if (!addresses->bucket || !addresses->entry) {
        addresses_free(addresses);
        return NULL;
    }
    memset(addresses->bucket, 0xFF, addresses->buckets * sizeof *addresses->bucket); /* ADDRESSES_NONE */
    for (size_t i = 0; i < maximum; i++)
        addresses->entry[i].next = i + 1 < maximum ? (uint32_t)(i + 1) : ADDRESSES_NONE;
    world->random(world, addresses->secret, sizeof addresses->secret);
    return addresses;
}

void addresses_free(struct addresses *addresses)
{
    if (!addresses)
        return;
    free(addresses->bucket);
    free(addresses->entry);
    free(addresses);
}

static void key_of(const struct sockaddr *address, uint64_t key[2])
{
    key[0] = address->sa_family;
    key[1] = 0;
    if (address->sa_family == AF_INET)
        memcpy(&key[1], &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    else if (address->sa_family == AF_INET6)
        memcpy(&key[1], &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 8);
}

/* Multiply and fold with secret odd factors; enough against somebody who sees no hash. */
static size_t bucket_of(const struct addresses *addresses, const uint64_t key[2])
{
    __uint128_t product = (__uint128_t)(key[1] ^ addresses->secret[0]) * (addresses->secret[1] | 1);

    return (size_t)((uint64_t)product ^ (uint64_t)(product >> 64) ^ key[0]) & (addresses->buckets - 1);
}

static uint32_t find(const struct addresses *addresses, size_t bucket, const uint64_t key[2])
{
    uint32_t slot = addresses->bucket[bucket];

    while (slot != ADDRESSES_NONE && memcmp(addresses->entry[slot].key, key, 2 * sizeof *key) != 0)
        slot = addresses->entry[slot].next;
    return slot;
}

uint32_t addresses_enter(struct addresses *addresses, const struct sockaddr *address, size_t limit)
{
    uint64_t key[2];

    key_of(address, key);
    size_t bucket = bucket_of(addresses, key);
    uint32_t slot = find(addresses, bucket, key);
    if (slot == ADDRESSES_NONE) {
        slot = addresses->first_free;
        if (slot == ADDRESSES_NONE)
            return ADDRESSES_NONE;
        struct entry *entry = &addresses->entry[slot];
        addresses->first_free = entry->next;
        *entry = (struct entry){.key = {key[0], key[1]}, .next = addresses->bucket[bucket]};
        addresses->bucket[bucket] = slot;
    } else if (addresses->entry[slot].count >= limit) {
        return ADDRESSES_NONE;
    }
    addresses->entry[slot].count++;
    return slot;
}

void addresses_leave(struct addresses *addresses, uint32_t slot)
{
    if (slot == ADDRESSES_NONE || --addresses->entry[slot].count > 0)
        return;
    uint32_t *link = &addresses->bucket[bucket_of(addresses, addresses->entry[slot].key)];
    while (*link != slot)
        link = &addresses->entry[*link].next;
    *link = addresses->entry[slot].next;
    addresses->entry[slot].next = addresses->first_free;
    addresses->first_free = slot;
}
