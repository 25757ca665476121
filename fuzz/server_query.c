/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a query string or form: it ends, and what is decoded is text. */

#include <stdlib.h>

#include "server/http.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1 << 20);
    struct slice rest = slice_of(data, length), name = {0}, value = {0};
    size_t before = rest.length + 1;

    while (arena && http_query_next(&rest, arena, &name, &value) == OK && name.data) {
        if (rest.length >= before || !utf8_valid(name) || !utf8_valid(value))
            abort();
        if (memchr(name.data, 0, name.length) || memchr(value.data, 0, value.length))
            abort();
        before = rest.length;
    }
    return 0;
}
