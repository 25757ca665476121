/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

static int64_t nanoseconds(clockid_t which)
{
    struct timespec now;

    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t real_now(struct world *world)
{
    (void)world;
    return nanoseconds(CLOCK_REALTIME);
}

/* A program that cannot get randomness must not go on: every key would be worthless. */
static void ask_kernel(void *bytes, size_t length)
{
    unsigned char *at = bytes;

    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            abort();
        at += got;
        length -= (size_t)got;
    }
}

/* An entry of the log takes five short draws, and a system call for each would be a tenth of its cost. So a thread
 * draws a page of randomness at a time: locked, left out of core dumps, empty in a child after a fork, each byte
 * handed out once and wiped. */
struct drawn {
    size_t left;
    unsigned char byte[4096 - sizeof(size_t)];
};
#define SHORT_DRAW 256

static struct drawn *drawn_page(void)
{
    static _Thread_local struct drawn *page;

    if (page)
        return page;
    void *map = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    /* Without these two the page could betray what was drawn or give it twice: then there is no page. */
    if (madvise(map, sizeof *page, MADV_WIPEONFORK) != 0 || madvise(map, sizeof *page, MADV_DONTDUMP) != 0) {
        munmap(map, sizeof *page);
        return NULL;
    }
    (void)mlock(map, sizeof *page); /* a machine may allow none: as crypto/secret.h */
    page = map;
    return page;
}

static void real_random(struct world *world, void *bytes, size_t length)
{
    struct drawn *drawn = length <= SHORT_DRAW ? drawn_page() : NULL;

    (void)world;
    if (!drawn) {
        ask_kernel(bytes, length);
        return;
    }
    if (drawn->left < length) {
        ask_kernel(drawn->byte, sizeof drawn->byte);
        drawn->left = sizeof drawn->byte;
    }
    drawn->left -= length;
    memcpy(bytes, drawn->byte + drawn->left, length);
    explicit_bzero(drawn->byte + drawn->left, length);
}

struct world world_real(void)
{
    return (struct world){.now_ns = real_now, .random = real_random};
}

enum { STATE_TIME, STATE_STREAM };

static int64_t driven_now(struct world *world)
{
    return (int64_t)world->state[STATE_TIME];
}

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void driven_random(struct world *world, void *bytes, size_t length)
{
    unsigned char *at = bytes;

    while (length > 0) {
        uint64_t word = splitmix64(&world->state[STATE_STREAM]);
        size_t part = length < sizeof word ? length : sizeof word;
        memcpy(at, &word, part);
        at += part;
        length -= part;
    }
}

struct world world_driven(uint64_t seed, int64_t start_ns)
{
    struct world world = {.now_ns = driven_now, .random = driven_random};

    world.state[STATE_TIME] = (uint64_t)start_ns;
    world.state[STATE_STREAM] = seed;
    return world;
}

void world_advance(struct world *world, int64_t ns)
{
    world->state[STATE_TIME] += (uint64_t)ns;
}

int64_t world_stopwatch_ns(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}
