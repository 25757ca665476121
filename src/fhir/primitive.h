/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The primitive types of FHIR R4 ("Data types", table of primitives): is a JSON value written as one of them? */

#include "elements.h"
#include "text/json.h"

/* NULL when it is; otherwise what is wrong, in words that do not repeat the value. */
const char *fhir_primitive_fault(enum fhir_primitive primitive, const struct json *value);
