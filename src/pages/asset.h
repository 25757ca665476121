/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The few files that pages refer to, compiled in (tools/make-asset). The address of each holds the hash of its bytes,
 * so it may be cached for ever. Constant; any thread. */

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct asset {
    const char *path; /* "/style.0123456789abcdef.css" */
    const char *media_type;
    struct slice plain;
    struct slice gzip;
};

extern const struct asset asset_table[];
extern const size_t asset_count;

/* NULL when there is none at that path. */
const struct asset *asset_find(struct slice path);
