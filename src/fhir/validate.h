/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Is it a resource of FHIR R4? Structure, cardinality, primitive formats and required bindings of the served types,
 * from elements.def, which tools/make-fhir-elements writes from HL7's own definitions. Invariants and profiles are not
 * checked here. Pure; any thread. */

#include "text/json.h"

/* ERROR_VALUE, ERROR_REQUIRED or ERROR_UNKNOWN_TYPE; `fault` (may be NULL) gives the path ("Patient.name[1].family")
 * and what is wrong there, never the value itself. */
MUST_CHECK enum error fhir_validate(const struct json *resource, struct fault *fault);

/* 32 lower-case hexadecimal digits: an id of this server. */
bool fhir_is_local_id(struct slice id);
