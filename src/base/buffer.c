/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "buffer.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 1024 /* most answers and events fit */

void buffer_free(struct buffer *buffer)
{
    size_t maximum = buffer->maximum;

    free(buffer->data);
    *buffer = buffer_new(maximum);
}

void buffer_wipe(struct buffer *buffer)
{
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->capacity);
    buffer_free(buffer);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = buffer->starved = false;
}

/* Never realloc: it could leave a copy of a secret behind in freed memory. */
static bool grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;

    while (capacity < needed)
        capacity *= 2;
    char *data = malloc(capacity);
    if (!data)
        return false;
    if (buffer->data) {
        memcpy(data, buffer->data, buffer->length);
        explicit_bzero(buffer->data, buffer->length);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void *buffer_room(struct buffer *buffer, size_t length)
{
    if (buffer->failed || length > buffer->maximum - buffer->length) {
        buffer->failed = true;
        return NULL;
    }
    size_t needed = buffer->length + length;
    if ((needed > buffer->capacity || !buffer->data) && !grow(buffer, needed)) {
        buffer->failed = buffer->starved = true;
        return NULL;
    }
    void *room = buffer->data + buffer->length;
    buffer->length = needed;
    return room;
}

void buffer_bytes(struct buffer *buffer, const void *data, size_t length)
{
    void *room = buffer_room(buffer, length);

    if (room && length)
        memcpy(room, data, length);
}

void buffer_slice(struct buffer *buffer, struct slice text)
{
    buffer_bytes(buffer, text.data, text.length);
}

void buffer_string(struct buffer *buffer, const char *string)
{
    buffer_slice(buffer, slice_from_string(string));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->failed = true;
        return;
    }

    /* vsnprintf writes a zero behind the text: take one byte more and give it back. */
    char *room = buffer_room(buffer, (size_t)length + 1);
    if (!room)
        return;
    va_start(arguments, format);
    vsnprintf(room, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length--;
}

void buffer_u16(struct buffer *buffer, uint16_t value)
{
    uint16_t wire = htobe16(value);
    buffer_bytes(buffer, &wire, sizeof wire);
}

void buffer_u32(struct buffer *buffer, uint32_t value)
{
    uint32_t wire = htobe32(value);
    buffer_bytes(buffer, &wire, sizeof wire);
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
    uint64_t wire = htobe64(value);
    buffer_bytes(buffer, &wire, sizeof wire);
}

enum error buffer_check(const struct buffer *buffer)
{
    if (!buffer->failed)
        return OK;
    return buffer->starved ? ERROR_MEMORY : ERROR_TOO_LARGE;
}

struct slice reader_bytes(struct reader *reader, size_t length)
{
    if (reader->failed || length > reader->rest.length) {
        reader->failed = true;
        return slice_of(NULL, 0);
    }
    struct slice bytes = slice_of(reader->rest.data, length);
    reader->rest = slice_of(reader->rest.data + length, reader->rest.length - length);
    return bytes;
}

uint8_t reader_byte(struct reader *reader)
{
    struct slice bytes = reader_bytes(reader, 1);
    return bytes.data ? (uint8_t)bytes.data[0] : 0;
}

uint16_t reader_u16(struct reader *reader)
{
    uint16_t wire = 0;
    struct slice bytes = reader_bytes(reader, sizeof wire);

    if (bytes.data)
        memcpy(&wire, bytes.data, sizeof wire);
    return be16toh(wire);
}

uint32_t reader_u32(struct reader *reader)
{
    uint32_t wire = 0;
    struct slice bytes = reader_bytes(reader, sizeof wire);

    if (bytes.data)
        memcpy(&wire, bytes.data, sizeof wire);
    return be32toh(wire);
}

uint64_t reader_u64(struct reader *reader)
{
    uint64_t wire = 0;
    struct slice bytes = reader_bytes(reader, sizeof wire);

    if (bytes.data)
        memcpy(&wire, bytes.data, sizeof wire);
    return be64toh(wire);
}

bool reader_done(const struct reader *reader)
{
    return !reader->failed && reader->rest.length == 0;
}
