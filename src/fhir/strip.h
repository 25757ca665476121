/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What must not come into the house: nationality, citizenship, religion, immigration status, the documents that state
 * it, detention and the place of birth, in extensions, identifiers and coded answers, anywhere in a resource; and
 * narratives that would repeat it, or carry one drawer's content into another (strip.def). Keeps promise 4: immigration
 * status is never stored. Free text is not searched. */

#include "text/json.h"

enum fhir_strip_kind {
    FHIR_STRIP_NATIONALITY,
    FHIR_STRIP_CITIZENSHIP,
    FHIR_STRIP_RELIGION,
    FHIR_STRIP_IMMIGRATION_STATUS,
    FHIR_STRIP_BIRTH_PLACE,
    FHIR_STRIP_NARRATIVE,
    FHIR_STRIP_DOCUMENT,
    FHIR_STRIP_DETENTION,
    FHIR_STRIP_KINDS
};

/* What was taken out, to be said to whoever sent it: counts only. */
struct fhir_strip_counts {
    uint32_t count[FHIR_STRIP_KINDS];
};

/* "nationality", …; for the import's summary. */
const char *fhir_strip_word(enum fhir_strip_kind kind);

/* Writes the resource without it and adds to `counts`. When the whole resource is about nothing else (an Observation of
 * religion) nothing is written and *ret_dropped is true. */
MUST_CHECK enum error fhir_strip(const struct json *resource, struct buffer *into, struct fhir_strip_counts *counts,
                                 bool *ret_dropped);
