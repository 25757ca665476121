/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Vectors are written as hexadecimal, as their sources print them. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"

static inline size_t from_hex(const char *hex, void *into)
{
    size_t length = strlen(hex) / 2;

    if (decode_hex(slice_of(hex, strlen(hex)), into, length) != OK)
        abort();
    return length;
}
