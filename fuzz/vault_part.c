/* SPDX-License-Identifier: Apache-2.0 */

/* A stored body, as a thief of the disk may have left it: refused, or its parts lie within it, and none opens. */

#include <stdlib.h>

#include "vault/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct secret_key key = {{1}};
    static const struct id id = {{2}};
    const struct part_place place = {&id, SLICE("Patient"), &id};
    CLEANUP_ARENA struct arena *arena = arena_new(8u << 20);
    CLEANUP_BUFFER struct buffer back = buffer_new(8u << 20);
    struct part_body body, again;
    struct slice plain;

    if (!arena || part_body_read(slice_of(data, size), &body) != OK)
        return 0;
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (body.has[d] && part_open(arena, &key, &place, &body.part[d], &plain) == OK)
            abort();
    part_body_write(&body, &back);
    /* The order of the drawers may change, nothing else. */
    if (back.failed || back.length != size || part_body_read(buffer_view(&back), &again) != OK ||
        part_body_mask(&again) != part_body_mask(&body))
        abort();
    return 0;
}
