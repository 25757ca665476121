/* SPDX-License-Identifier: Apache-2.0 */

/* gzip (RFC 1952) of texts that are the same for everybody; see http.h for what it must never be used on. */

#include <limits.h>
#include <zlib.h>

#include "server/http.h"

#define GZIP_WINDOW (15 + 16) /* zlib's way to ask for a gzip wrapper */
#define MEMORY_LEVEL 8
#define LEVEL 6

enum error http_gzip(struct slice text, struct buffer *into)
{
    z_stream stream = {0};

    if (text.length > INT_MAX)
        return ERROR_TOO_LARGE;
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return ERROR_MEMORY;
    size_t bound = deflateBound(&stream, (uLong)text.length), before = into->length;
    unsigned char *room = buffer_room(into, bound);
    if (!room) {
        deflateEnd(&stream);
        return ERROR_TOO_LARGE;
    }
    stream.next_in = (z_const Bytef *)(uintptr_t)text.data;
    stream.avail_in = (uInt)text.length;
    stream.next_out = room;
    stream.avail_out = (uInt)bound;
    int result = deflate(&stream, Z_FINISH); /* with this bound one call is enough (zlib.h, deflateBound) */
    into->length = before + (bound - stream.avail_out);
    deflateEnd(&stream);
    return result == Z_STREAM_END ? OK : ERROR_INTERNAL;
}
