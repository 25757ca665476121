/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* JSON Patch (RFC 6902) over the lossless JSON of json.h: what an operation does not touch keeps its digits. */

#include "json.h"

#define JSON_PATCH_OPERATIONS_MAX 100

/* Applies `patch` (an array of operations) to `document` and writes the result, or writes nothing on error.
 * ERROR_SYNTAX when the patch is not one, ERROR_VALUE when a path does not exist, ERROR_CONFLICT when a test fails,
 * ERROR_TOO_DEEP, ERROR_TOO_LARGE, ERROR_MEMORY. `fault` names the operation by its number, counted from 0. */
MUST_CHECK enum error json_patch(struct arena *arena, const struct json *document, const struct json *patch,
                                 struct buffer *into, struct fault *fault);
