/* SPDX-License-Identifier: Apache-2.0 */

/* Type?query against a resource of each type: what matches has a term of every lookup. */

#include <stdlib.h>

#include "fhir/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATIENT                                                                                                        \
    "{\"resourceType\":\"Patient\",\"id\":\"1\",\"identifier\":[{\"system\":\"s\",\"value\":\"v\"}],"                      \
    "\"name\":[{\"family\":\"abc def\",\"given\":[\"xyz\"]}],\"birthDate\":\"1990-06\",\"gender\":\"male\","                \
    "\"managingOrganization\":{\"reference\":\"Organization/1\"}}"
#define ENCOUNTER                                                                                                      \
    "{\"resourceType\":\"Encounter\",\"id\":\"1\",\"status\":\"planned\",\"class\":{\"system\":\"c\",\"code\":\"AMB\"},"   \
    "\"subject\":{\"reference\":\"Patient/1\"},\"period\":{\"start\":\"2024-05-07T23:30:00-02:00\"},"                   \
    "\"serviceProvider\":{\"reference\":\"Organization/1/_history/2\"}}"
#define OBSERVATION                                                                                                    \
    "{\"resourceType\":\"Observation\",\"id\":\"1\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"s\","        \
    "\"code\":\"c\"}]},\"valueQuantity\":{\"value\":1.0,\"unit\":\"u\"},\"effectiveDateTime\":\"2024\"}"

static const char *const resources[] = {PATIENT, ENCOUNTER, OBSERVATION};

static bool share_a_term(const struct fhir_terms *a, const struct fhir_terms *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (slice_equal(a->term[i], b->term[j]))
                return true;
    return false;
}

static void check(struct arena *arena, const struct fhir_search *search, const char *text)
{
    const struct json *resource;
    struct fhir_lookups lookups;
    struct fhir_terms terms;

    if (json_parse(arena, slice_from_string(text), &resource, NULL) != OK || !fhir_search_matches(search, resource) ||
        fhir_search_terms(arena, resource, &terms) != OK || fhir_search_lookups(arena, search, &lookups) != OK)
        return;
    (void)fhir_search_compare(search, resource, resource);
    for (size_t i = 0; i < lookups.count; i++)
        if (!share_a_term(&terms, &lookups.lookup[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    struct slice query = slice_of(data, size), type = slice_cut(&query, '?');
    struct fhir_search search;

    if (!arena || !fhir_type(type) || fhir_search_parse(arena, fhir_type(type), query, &search, NULL) != OK)
        return 0;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        check(arena, &search, resources[i]);
    return 0;
}
