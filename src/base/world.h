/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What comes from outside the program: time and randomness. They are handed in, never fetched, so that tests can drive
 * them: a story told twice with the same clock and the same randomness leaves the same bytes on disk.
 *
 * A demo node may be given a fixed seed and a fixed time (HOSPITIUM_TWIN=seed:unix-seconds); every other node refuses
 * to start with it, because predictable randomness would betray every key. */

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct world {
    int64_t (*now_ns)(struct world *world); /* UTC, nanoseconds since 1970 */
    void (*random)(struct world *world, void *bytes, size_t length);
    uint64_t state[8]; /* of a driven world */
};

/* The real one: CLOCK_REALTIME and getrandom(2), drawn in advance for short draws. */
struct world world_real(void);

/* Time stands still at `start_ns` until world_advance; randomness is a stream decided by `seed`.
 * The stream is SplitMix64: for tests and twin runs, never for secrets that matter. */
struct world world_driven(uint64_t seed, int64_t start_ns);
void world_advance(struct world *world, int64_t ns);

static inline int64_t world_now_s(struct world *world)
{
    return world->now_ns(world) / 1000000000;
}

/* Monotonic nanoseconds for measuring how long something took; not part of any record. */
int64_t world_stopwatch_ns(void);
