/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The CapabilityStatement, grown from types.def and searches.def: it cannot promise what the tables do not hold. */

#include "base/buffer.h"

struct fhir_capability {
    struct slice url;     /* of the FHIR base, "https://…/fhir" */
    struct slice name;    /* of the node */
    struct slice version; /* of the software */
    int64_t date_ms;      /* when this version was installed */
};
void fhir_capability_write(const struct fhir_capability *capability, struct buffer *into);
