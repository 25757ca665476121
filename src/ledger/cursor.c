/* SPDX-License-Identifier: Apache-2.0 */
#include "cursor.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum error cursor_init(struct cursor *cursor)
{
    *cursor = (struct cursor){.descriptor = -1, .window = malloc(CURSOR_WINDOW)};
    return cursor->window ? OK : ERROR_MEMORY;
}

void cursor_free(struct cursor *cursor)
{
    free(cursor->window);
    *cursor = (struct cursor){.descriptor = -1};
}

void cursor_place(struct cursor *cursor, int descriptor, uint64_t at, size_t ahead)
{
    assert(ahead <= CURSOR_WINDOW);
    cursor->descriptor = descriptor;
    cursor->at = at;
    cursor->ahead = ahead;
    cursor->failed = false;
    cursor->window_length = 0;
}

static void fill(struct cursor *cursor, size_t wanted)
{
    cursor->window_at = cursor->at;
    cursor->window_length = 0;
    while (cursor->window_length < wanted) {
        ssize_t got = pread(cursor->descriptor, cursor->window + cursor->window_length, wanted - cursor->window_length,
                            (off_t)(cursor->window_at + cursor->window_length));
        if (got < 0 && errno == EINTR)
            continue;
        cursor->failed = got < 0;
        if (got <= 0)
            return;
        cursor->window_length += (size_t)got;
    }
}

bool cursor_peek(struct cursor *cursor, size_t length, struct slice *ret_bytes)
{
    assert(length <= CURSOR_WINDOW);
    bool inside = cursor->window_length > 0 && cursor->at >= cursor->window_at &&
                  cursor->at + length <= cursor->window_at + cursor->window_length;

    if (!inside)
        fill(cursor, length > cursor->ahead ? length : cursor->ahead);
    size_t skipped = (size_t)(cursor->at - cursor->window_at);
    if (cursor->window_length < skipped + length)
        return false;
    *ret_bytes = slice_of(cursor->window + skipped, length);
    return true;
}
