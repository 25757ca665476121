/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* For the JSON sources of this folder only: yyjson's memory comes from an arena. */

#include <yyjson.h>

#include "json.h"

/* yyjson's reading functions take a pointer to non-const and do not write through it. */
static inline yyjson_val *json_node(const struct json *value)
{
    return (yyjson_val *)(uintptr_t)value;
}

yyjson_alc json_allocator(struct arena *arena);
