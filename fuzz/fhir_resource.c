/* SPDX-License-Identifier: Apache-2.0 */

/* What is done to every resource that comes in: validated, stripped, filed. Stripping twice takes nothing more out. */

#include <stdlib.h>

#include "fhir/search.h"
#include "fhir/strip.h"
#include "fhir/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned total(const struct fhir_strip_counts *counts)
{
    unsigned sum = 0;

    for (int kind = 0; kind < FHIR_STRIP_KINDS; kind++)
        sum += counts->count[kind];
    return sum;
}

static void strip_twice(struct arena *arena, const struct json *resource)
{
    CLEANUP_BUFFER struct buffer once = buffer_new(8u << 20), twice = buffer_new(8u << 20);
    struct fhir_strip_counts counts = {0}, more = {0};
    const struct json *stripped;
    bool dropped;

    if (fhir_strip(resource, &once, &counts, &dropped) != OK || dropped)
        return;
    if (json_parse(arena, buffer_view(&once), &stripped, NULL) != OK)
        return; /* the arena's maximum */
    if (fhir_strip(stripped, &twice, &more, &dropped) != OK || dropped || total(&more))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    const struct json *resource;
    struct fhir_terms terms;
    struct fault fault = {0};
    struct slice person;

    if (!arena || json_parse(arena, slice_of(data, size), &resource, NULL) != OK)
        return 0;
    if (fhir_validate(resource, &fault) != OK && fault.detail[0] == 0)
        abort();
    (void)!fhir_person(resource, &person);
    (void)!fhir_search_terms(arena, resource, &terms);
    strip_twice(arena, resource);
    return 0;
}
