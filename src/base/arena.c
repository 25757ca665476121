/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* In a build with AddressSanitizer whoever goes past the end of a piece is noticed, as with malloc: nothing may touch
 * what was not handed out, and between two pieces lies some of that. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define GAP 16
#define FORBID(bytes, length) ASAN_POISON_MEMORY_REGION(bytes, length)
#define ALLOW(bytes, length) ASAN_UNPOISON_MEMORY_REGION(bytes, length)
#else
#define GAP 0
#define FORBID(bytes, length) ((void)0)
#define ALLOW(bytes, length) ((void)0)
#endif

#define BLOCK_BYTES (16 * 1024)

struct block {
    struct block *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *first; /* kept by arena_reset */
    struct block *last;
    size_t maximum;
    size_t in_use;
    size_t high_water;
};

static struct block *block_new(size_t capacity)
{
    struct block *block = malloc(sizeof *block + capacity);

    if (!block)
        return NULL;
    *block = (struct block){.capacity = capacity};
    FORBID(block->data, capacity);
    return block;
}

struct arena *arena_new(size_t maximum_bytes)
{
    struct arena *arena = calloc(1, sizeof *arena);

    if (arena)
        arena->maximum = maximum_bytes;
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->first);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    if (!arena->first)
        return;
    free_blocks(arena->first->next);
    arena->first->next = NULL;
    arena->first->used = 0;
    FORBID(arena->first->data, arena->first->capacity);
    arena->last = arena->first;
    arena->in_use = 0;
}

void arena_wipe(struct arena *arena)
{
    for (struct block *block = arena->first; block; block = block->next) {
        ALLOW(block->data, block->used);
        explicit_bzero(block->data, block->used);
    }
    arena_reset(arena);
}

static size_t aligned(size_t bytes)
{
    return (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static struct block *block_with_room(struct arena *arena, size_t bytes)
{
    if (arena->last && arena->last->capacity - arena->last->used >= bytes)
        return arena->last;

    struct block *block = block_new(bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES);
    if (!block)
        return NULL;
    if (arena->last)
        arena->last->next = block;
    else
        arena->first = block;
    arena->last = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (bytes > arena->maximum || aligned(bytes ? bytes : 1) > arena->maximum - arena->in_use)
        return NULL;

    size_t size = aligned(bytes ? bytes : 1);
    struct block *block = block_with_room(arena, size + GAP);
    if (!block)
        return NULL;

    void *room = block->data + block->used;
    block->used += size + GAP;
    ALLOW(room, bytes ? bytes : 1);
    arena->in_use += size;
    if (arena->in_use > arena->high_water)
        arena->high_water = arena->in_use;
    return memset(room, 0, bytes ? bytes : 1);
}

void *arena_array(struct arena *arena, size_t count, size_t bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    return arena_alloc(arena, total);
}

struct slice arena_copy(struct arena *arena, struct slice text)
{
    char *copy = arena_alloc(arena, text.length + 1);

    if (!copy)
        return slice_of(NULL, 0);
    if (text.length)
        memcpy(copy, text.data, text.length);
    return slice_of(copy, text.length);
}

struct slice arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return slice_of(NULL, 0);

    char *text = arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return slice_of(NULL, 0);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return slice_of(text, (size_t)length);
}

size_t arena_high_water(const struct arena *arena)
{
    return arena->high_water;
}
