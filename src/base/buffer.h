/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A growing range of bytes with a maximum. A write that would pass it sets `failed` and is dropped, and so is every
 * later one: writers stay linear and the caller checks once, with buffer_check, before using what was written. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "slice.h"

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    size_t maximum;
    bool failed;
    bool starved; /* it failed for want of memory */
};

/* Nothing is allocated until the first write. */
static inline struct buffer buffer_new(size_t maximum_bytes)
{
    return (struct buffer){.maximum = maximum_bytes};
}

void buffer_free(struct buffer *buffer);  /* leaves it empty and usable */
void buffer_wipe(struct buffer *buffer);  /* the same, after overwriting what it held */
void buffer_clear(struct buffer *buffer); /* empty, keeps the room, forgets `failed` */

void buffer_bytes(struct buffer *buffer, const void *data, size_t length);
void buffer_slice(struct buffer *buffer, struct slice text);
void buffer_string(struct buffer *buffer, const char *string);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Big-endian, as in every format of ours that is written to disk. */
void buffer_u16(struct buffer *buffer, uint16_t value);
void buffer_u32(struct buffer *buffer, uint32_t value);
void buffer_u64(struct buffer *buffer, uint64_t value);

/* Grows by `length` bytes for the caller to fill; NULL when that failed. Valid until the next write. */
void *buffer_room(struct buffer *buffer, size_t length) MUST_CHECK;

static inline void buffer_byte(struct buffer *buffer, uint8_t byte)
{
    bool fits = !buffer->failed && buffer->length < buffer->capacity && buffer->length < buffer->maximum;
    char *room = fits ? buffer->data + buffer->length++ : (char *)buffer_room(buffer, 1);

    if (room)
        *room = (char)byte;
}

/* ERROR_TOO_LARGE when a write was dropped. */
enum error buffer_check(const struct buffer *buffer) MUST_CHECK;

/* What is made from another buffer has failed when that one has: before it is sealed, hashed or copied. */
static inline void buffer_depends(struct buffer *buffer, const struct buffer *other)
{
    buffer->failed |= other->failed;
    buffer->starved |= other->starved;
}

static inline struct slice buffer_view(const struct buffer *buffer)
{
    return slice_of(buffer->data, buffer->length);
}

#define CLEANUP_BUFFER __attribute__((cleanup(buffer_free)))
#define CLEANUP_BUFFER_WIPE __attribute__((cleanup(buffer_wipe)))

/* Reads what a buffer wrote. The first read past the end sets `failed`; every later one gives zero or an empty slice,
 * so that a decoder is linear too and checks once at the end. For bytes that may come from an enemy. */
struct reader {
    struct slice rest;
    bool failed;
};

static inline struct reader reader_of(struct slice bytes)
{
    return (struct reader){.rest = bytes};
}

struct slice reader_bytes(struct reader *reader, size_t length);
uint8_t reader_byte(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);

/* Nothing failed and nothing is left over. */
bool reader_done(const struct reader *reader) MUST_CHECK;
