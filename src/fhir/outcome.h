/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* OperationOutcome: the error registry in FHIR's words. */

#include "text/json.h"

/* Severity error, code and sentence from the registry, the hint and the fault's detail as diagnostics. With OK it is
 * informational. Faults hold no person's data, so it may be shown to whoever asked. */
void fhir_outcome_write(const struct fault *fault, struct buffer *into);

/* Severity warning with a sentence of the caller's own, for answers that are given but not whole ("a part was
 * withheld"); `code` is of http://hl7.org/fhir/issue-type. */
void fhir_outcome_warning(const char *code, const char *sentence, const char *hint, struct buffer *into);
