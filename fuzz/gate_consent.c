/* SPDX-License-Identifier: Apache-2.0 */

/* What a record says that is decided on: a Consent and an Encounter from anybody. Input: a byte (1: deleted; 2: an
 * Encounter), then JSON. Whatever is in it, nothing opens that was deleted, is not active, or is narrowed. */

#include <stdlib.h>

#include "gate/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_S INT64_C(1700000000)

/* A permission in the plainest words, or nothing may open. */
static void assert_permits(const struct json *consent, bool deleted)
{
    const struct json *provision = json_member(consent, "provision");

    if (deleted || !json_is(json_member(consent, "status"), "active") ||
        !json_is(json_member(provision, "type"), "permit") || json_member(provision, "provision") ||
        json_member(provision, "purpose") || json_member(provision, "data") ||
        json_member(provision, "modifierExtension") || json_member(consent, "modifierExtension") ||
        json_count(json_member(provision, "actor")) > 1)
        abort();
}

static void check(const struct json *resource, bool deleted, const struct fact_change *change)
{
    static const struct id zero;

    if (change->kind == FACT_CONSENT && change->value == CONSENT_PERMIT)
        assert_permits(resource, deleted);
    else if (change->kind == FACT_RELATION && change->value == RELATION_OPEN_ENCOUNTER &&
             (deleted || id_equal(&change->organization, &zero) || change->expires_s <= NOW_S))
        abort(); /* a relation is with somebody, and ends by itself */
    else if (change->kind != FACT_CONSENT && change->kind != FACT_RELATION)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(8u << 20);
    static const struct id source = {{7}};
    const struct json *resource;
    struct fact_change change;

    if (size < 1 || json_parse(arena, slice_of(data + 1, size - 1), &resource, NULL) != OK)
        return 0;
    bool deleted = data[0] & 1;
    struct slice type = data[0] & 2 ? SLICE("Encounter") : SLICE("Consent");
    if (!gate_fact_of(type, resource, &source, deleted, NOW_S, &change) || !id_equal(&change.source, &source))
        abort();
    check(resource, deleted, &change);
    if (gate_fact_of(SLICE("Observation"), resource, &source, deleted, NOW_S, &change))
        abort();
    return 0;
}
