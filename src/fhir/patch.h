/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* JSON Patch (RFC 6902) on a resource: what comes out is a valid resource of the same type and id, or an error. */

#include "text/json_patch.h"

/* Writes the patched resource. Errors of json_patch and fhir_validate; ERROR_VALUE when type or id would change. */
MUST_CHECK enum error fhir_patch(struct arena *arena, const struct json *resource, const struct json *patch,
                                 struct buffer *into, struct fault *fault);
