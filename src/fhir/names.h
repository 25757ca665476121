/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Strings to numbers, for one bundle: a hash table in its arena, so that 25,000 references among 3,000 entries are
 * found without comparing each with each. Keyed per bundle, because the sender chooses the strings. */

#include "base/arena.h"

struct fhir_names;

/* Room for `maximum` names. NULL without memory. */
struct fhir_names *fhir_names_new(struct arena *arena, size_t maximum) MUST_CHECK;

/* False when the name is there already. The slice is borrowed. */
bool fhir_names_add(struct fhir_names *names, struct slice name, size_t number);

/* SIZE_MAX when it is not there. `names` may be NULL. */
size_t fhir_names_find(const struct fhir_names *names, struct slice name);
