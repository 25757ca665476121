/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Memory for one request or one job, freed as a whole. An arena has a maximum, given when it is made: beyond it
 * allocation returns NULL and the caller answers ERROR_MEMORY. Not safe for use by two threads at once. */

#include <stddef.h>

#include "error.h"
#include "slice.h"

struct arena;

/* NULL when the machine has no memory. */
struct arena *arena_new(size_t maximum_bytes) MUST_CHECK;
void arena_free(struct arena *arena); /* accepts NULL */

/* Forgets everything but keeps the first block, so that a reused arena costs nothing. */
void arena_reset(struct arena *arena);

/* The same, after overwriting what it held: for what somebody said that must not stay in memory (promise 4). */
void arena_wipe(struct arena *arena);

/* Aligned for any type, zeroed. NULL beyond the maximum. */
void *arena_alloc(struct arena *arena, size_t bytes) MUST_CHECK;

/* Room for `count` items of `bytes` each, zeroed; NULL beyond the maximum or on overflow. */
void *arena_array(struct arena *arena, size_t count, size_t bytes) MUST_CHECK;

/* A copy; its data is NULL beyond the maximum (even for an empty slice it is not NULL otherwise). */
struct slice arena_copy(struct arena *arena, struct slice text) MUST_CHECK;

/* Formats into the arena, zero-terminated behind the slice. Data is NULL beyond the maximum. */
struct slice arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/* The most bytes ever in use at once, so that tests can state what a request may take. */
size_t arena_high_water(const struct arena *arena);

static inline void arena_free_pointer(struct arena **arena)
{
    arena_free(*arena);
    *arena = NULL;
}

#define CLEANUP_ARENA __attribute__((cleanup(arena_free_pointer)))
