/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A person's summary as a document Bundle in the shape of the International Patient Summary (IPS 2.0.0): allergies,
 * problems and medications always, saying "no information" in so many words where nothing is known; immunizations,
 * results, vital signs, procedures and pregnancy where there are any.
 *
 * What is relevant is stated, and tested, because the specification leaves it open:
 *   allergies      neither refuted nor entered in error nor resolved
 *   problems       active, recurring or relapsing, or without a clinical status; not refuted, not entered in error
 *   medications    requests active or on hold, statements active or intended
 *   immunizations  completed ones
 *   results, vital signs, pregnancy   the latest of each code that is final, amended, corrected or preliminary
 *   procedures     completed ones, the latest FHIR_SUMMARY_PROCEDURES_MAX
 * An element that refers to something outside the summary is left out: a link that leads nowhere helps nobody, and one
 * that names a clinic would say where she was seen. */

#include "base/world.h"
#include "text/json.h"

#define FHIR_SUMMARY_PROCEDURES_MAX 20

struct fhir_summary {
    const struct json *patient;
    const struct json *const *resource; /* the person's, and the medications they refer to; any order */
    size_t count;
    struct slice base;   /* full URLs are base/Type/id */
    struct slice author; /* who puts it together, as text */
    struct world *world; /* time and the bundle's identifier */
};

/* ERROR_REQUIRED without a patient that has an id, ERROR_TOO_LARGE, ERROR_MEMORY. */
MUST_CHECK enum error fhir_summary_write(struct arena *arena, const struct fhir_summary *summary, struct buffer *into);
