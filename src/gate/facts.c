/* SPDX-License-Identifier: Apache-2.0 */

/* Which records state a fact that is decided on. An Encounter says that an organisation cares for a person now, or
 * did; a Consent says whom she lets in or keeps out. The safe takes the fact only together with a write that the rules
 * permit. */

#include "crypto/encode.h"
#include "internal.h"
#include "text/date.h"

/* The id of zeros is nobody's: in a fact it means that none was named. */
static bool organization_of(struct slice reference, struct id *ret_organization)
{
    const struct slice prefix = SLICE("Organization/");
    static const struct id zero;
    struct id id;

    if (!slice_starts_with(reference, prefix) ||
        decode_hex(slice_from(reference, prefix.length), id.byte, ID_BYTES) != OK || id_equal(&id, &zero))
        return false;
    *ret_organization = id;
    return true;
}

static int64_t end_of(const struct json *period, int64_t otherwise)
{
    struct date date;

    if (date_parse(json_text(json_member(period, "end")), DATE_KIND_DATETIME, &date) != OK)
        return otherwise;
    return date_interval(date).to / 1000;
}

/* One that was deleted, or names nobody who is known here, holds nothing open that an earlier version of it did. */
static void encounter_fact(const struct json *encounter, bool deleted, int64_t now_s, struct fact_change *change)
{
    const struct json *status = json_member(encounter, "status");
    bool open = json_is(status, "arrived") || json_is(status, "triaged") || json_is(status, "in-progress") ||
                json_is(status, "onleave");
    bool known = organization_of(json_text(json_path(encounter, "serviceProvider.reference")), &change->organization);

    change->kind = FACT_RELATION;
    change->value = open && known && !deleted ? RELATION_OPEN_ENCOUNTER : RELATION_PAST;
    change->expires_s = change->value == RELATION_OPEN_ENCOUNTER ? now_s + RELATION_SECONDS_MAX : 0;
}

/* What narrows a provision to less than "this organisation, all of it, from now on", or changes what it means. */
static bool is_narrowed(const struct json *provision, int64_t now_s)
{
    static const char *const narrower[] = {
        "provision", "purpose", "class", "code", "action", "securityLabel", "dataPeriod", "data", "modifierExtension"};
    const struct json *period = json_member(provision, "period");
    struct date start, end;

    for (size_t i = 0; i < sizeof narrower / sizeof *narrower; i++)
        if (json_member(provision, narrower[i]))
            return true;
    /* A time that cannot be read is not "always": it would never end. */
    if (json_member(period, "end") && date_parse(json_text(json_member(period, "end")), DATE_KIND_DATETIME, &end) != OK)
        return true;
    return json_member(period, "start") &&
           (date_parse(json_text(json_member(period, "start")), DATE_KIND_DATETIME, &start) != OK ||
            date_interval(start).from / 1000 > now_s);
}

/* Who agrees to an operation or to a study has not said who may read her record; what modifies a Consent in a way
 * that is not known here may turn it round. */
static bool is_of_privacy(const struct json *consent)
{
    bool privacy = !json_member(consent, "scope") ||
                   json_is(json_path(consent, "scope.coding.code"), "patient-privacy");

    return privacy && !json_member(consent, "modifierExtension") && !json_member(consent, "implicitRules");
}

/* provision.actor[0].reference names the organisation; without an actor it speaks of everyone in health. Of several
 * actors a denial is taken to speak of everyone, and a permission of nobody: what is not understood protects her. */
static bool speaks_of(const struct json *provision, bool denies, struct id *ret_organization)
{
    size_t actors = json_count(json_member(provision, "actor"));

    if (actors > 1)
        return denies;
    return actors == 0 ||
           organization_of(json_text(json_path(provision, "actor.reference.reference")), ret_organization);
}

/* A Consent that is not active, was deleted, names somebody who is not known here, or says neither yes nor no, says
 * nothing any more: CONSENT_NONE takes back what an earlier version of it said. A permission that is narrowed in a way
 * that the rules cannot see would open more than she meant, so it opens nothing; a denial that is narrowed closes all.
 * */
static void consent_fact(const struct json *consent, bool deleted, int64_t now_s, struct fact_change *change)
{
    const struct json *provision = json_member(consent, "provision"), *type = json_member(provision, "type");
    bool active = !deleted && json_is(json_member(consent, "status"), "active"), denies = json_is(type, "deny");

    change->kind = FACT_CONSENT;
    change->value = CONSENT_NONE;
    change->expires_s = end_of(json_member(provision, "period"), 0);
    if (!speaks_of(provision, denies, &change->organization) || !active)
        return;
    if (denies)
        change->value = CONSENT_DENY;
    else if (json_is(type, "permit") && is_of_privacy(consent) && !is_narrowed(provision, now_s))
        change->value = CONSENT_PERMIT;
}

bool gate_fact_of(struct slice type, const struct json *resource, const struct id *source, bool deleted, int64_t now_s,
                  struct fact_change *ret_change)
{
    *ret_change = (struct fact_change){.source = *source};
    if (slice_is(type, "Encounter")) {
        encounter_fact(resource, deleted, now_s, ret_change);
        return true;
    }
    if (slice_is(type, "Consent")) {
        consent_fact(resource, deleted, now_s, ret_change);
        return true;
    }
    return false;
}
