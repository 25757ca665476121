/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A part of a resource, marked as one: what a partial view shows when the whole is at hand. */

#include "text/json.h"

/* Says whether a top-level element stays ("_birthDate" is asked as "birthDate"). */
typedef bool fhir_keep(void *context, struct slice type, struct slice element);

/* resourceType, id and meta always stay; meta gets the tag SUBSETTED when anything was left out. */
void fhir_narrow(const struct json *resource, fhir_keep *keep, void *context, struct buffer *into);

/* Is it tagged SUBSETTED? Such a one must not replace the whole. */
bool fhir_is_subsetted(const struct json *resource);
