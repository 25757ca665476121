/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* 128 random bits: the only name that persons, resources and requests have inside. On the wire a sector sees another
 * value (crypto/block.h). Ids are not secret, but they are never logged: joined with other lines they would tell. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "slice.h"

#define ID_BYTES 16
#define ID_TEXT_BYTES 32 /* lower-case hexadecimal */

struct id {
    uint8_t byte[ID_BYTES];
};

static inline bool id_equal(const struct id *a, const struct id *b)
{
    return memcmp(a->byte, b->byte, ID_BYTES) == 0;
}

static inline bool id_is_zero(const struct id *id)
{
    static const struct id zero;
    return id_equal(id, &zero);
}

static inline struct slice id_slice(const struct id *id)
{
    return slice_of(id->byte, ID_BYTES);
}
