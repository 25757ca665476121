/* SPDX-License-Identifier: Apache-2.0 */

/* A transaction from an enemy: planned and resolved, or refused. */

#include <stdlib.h>

#include "fhir/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void resolve(const struct fhir_plan *plan)
{
    for (size_t i = 0; i < plan->entries; i++)
        plan->entry[i].assigned = SLICE("Patient/1");
    for (size_t i = 0; i < plan->conditionals; i++)
        plan->conditional[i].target = SLICE("Practitioner/1");
    for (size_t i = 0; i < plan->entries; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(8u << 20);
        if (plan->entry[plan->place[plan->entry[i].index]].index != plan->entry[i].index)
            abort();
        if (plan->entry[i].resource)
            (void)!fhir_bundle_resource(plan, &plan->entry[i], SLICE("1"), &out, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    const struct json *bundle;
    struct fhir_plan plan;
    struct fault fault = {0};

    if (!arena || json_parse(arena, slice_of(data, size), &bundle, NULL) != OK)
        return 0;
    if (fhir_bundle_plan(arena, bundle, &plan, &fault) == OK)
        resolve(&plan);
    return 0;
}
