/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
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
static void real_random(struct world *world, void *bytes, size_t length)
{
    unsigned char *at = bytes;

    (void)world;
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
