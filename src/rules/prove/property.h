/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The properties, each a walk through every case and a sentence about the first one that fails. */

#include "base/arena.h"
#include "rules/record.h"
#include "space.h"

#define PROOF_VERDICTS_MAX 32

struct property_verdict {
    enum rule_property property;
    const char *scope; /* "alone", or "combined": together with the floor of the joint standard */
    bool proved;
    uint64_t cells;              /* cases that were gone through */
    struct slice counterexample; /* empty when proved */
};

struct proof {
    struct arena *arena;
    struct fault *fault;
    const struct rule_set *set;
    const struct rule_set *base; /* NULL: the set is the joint standard itself */
    size_t count;
    struct property_verdict verdict[PROOF_VERDICTS_MAX];
};

/* Each adds its verdicts. A property that does not hold is no error. ERROR_MEMORY, ERROR_PROFILE (the tables cannot be
 * walked; then nothing is proved). */
MUST_CHECK enum error property_form(struct proof *proof);       /* totality, citations, no gap in time */
MUST_CHECK enum error property_care(struct proof *proof);       /* of care_floor or entitlement, where there is one */
MUST_CHECK enum error property_disclosure(struct proof *proof); /* of disclosure, where there is one */

/* For the sources of this folder. */
void property_record(struct proof *proof, enum rule_property property, const char *scope, uint64_t cells,
                     struct slice counterexample);

/* "the words …: what is wrong"; an empty slice only without memory. */
struct slice property_sentence(struct proof *proof, const char *who, const struct space_case *found, const char *format,
                               ...) PRINTF_LIKE(4, 5);
