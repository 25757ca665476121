/* SPDX-License-Identifier: Apache-2.0 */

/* The way to the safe and back, and what a grant opens. */

#include "internal.h"

#define ACCESS_BYTES_MAX (8u << 20)

struct submission {
    struct arena *arena;
    size_t targets;
    granted_done *done;
    void *context;
};

static void granted(void *context, enum error error, struct slice payload)
{
    struct submission *submission = context;
    struct grant grant = {0};

    if (payload.length > 0) {
        enum error decoded = grant_read(submission->arena, payload, &grant);
        if (error == OK)
            error = decoded;
    } else if (error == OK) {
        error = ERROR_INTERNAL;
    }
    /* A safe that answers for others than were named is not believed at all. */
    if (error == OK && grant.targets != submission->targets)
        error = ERROR_INTERNAL;
    submission->done(submission->context, error, &grant);
    for (size_t i = 0; i < grant.targets; i++)
        secret_wipe(grant.target[i].key, sizeof grant.target[i].key);
}

void gate_submit(struct gate *gate, struct arena *arena, const struct access *access, granted_done *done, void *context)
{
    static const struct grant nothing;
    CLEANUP_BUFFER_WIPE struct buffer payload = buffer_new(ACCESS_BYTES_MAX);
    struct submission *submission = arena_alloc(arena, sizeof *submission);

    access_write(access, &payload);
    enum error error = submission ? buffer_check(&payload) : ERROR_MEMORY;
    if (error != OK || !gate->ready) {
        done(context, gate->ready ? error : gate_unready(gate), &nothing);
        return;
    }
    *submission = (struct submission){arena, access->targets, done, context};
    safe_call(gate->client, PROTOCOL_ACCESS, buffer_view(&payload), granted, submission);
}

void gate_complete(struct gate *gate, uint64_t leaf, enum error error, size_t returned)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    struct completion completion = {leaf, error, (uint32_t)returned};

    completion_write(&completion, &payload);
    safe_call(gate->client, PROTOCOL_COMPLETE, buffer_view(&payload), NULL, NULL);
}

struct gate_reason gate_reason_of(const struct grant *grant)
{
    struct gate_reason reason = {grant->row, grant->citation, grant->leaf, grant->review, false};

    for (size_t i = 0; i < grant->targets; i++)
        for (unsigned d = 0; d < DRAWER_COUNT; d++)
            reason.partly |= grant->target[i].outcome[d] == OUTCOME_FULL;
    return reason;
}

enum error gate_open_parts(struct arena *arena, const struct vault_version *version, const struct grant_target *grant,
                           struct splice_bodies *ret_bodies, unsigned *ret_stored)
{
    struct part_place place = {&version->person, version->type, &version->resource};
    struct part_body body;

    TRY(part_body_read(version->body, &body));
    *ret_bodies = (struct splice_bodies){0};
    *ret_stored = part_body_mask(&body);
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (body.has[d] && grant->drawers & 1u << d)
            TRY(part_open(arena, &grant->key[d], &place, &body.part[d], &ret_bodies->body[d]));
    return OK;
}

struct outward {
    struct gate *gate;
    enum sector sector;
};

static void translate_outward(void *context, const struct id *inside, struct id *ret_wire)
{
    struct outward *outward = context;

    *ret_wire = gate_wire_id(outward->gate, outward->sector, inside);
}

enum error gate_view_open(struct gate *gate, struct arena *arena, enum sector sector,
                          const struct vault_version *version, const struct grant_target *grant,
                          struct gate_view *ret_view)
{
    struct outward outward = {gate, sector};
    struct splice_bodies bodies;
    unsigned stored;

    *ret_view = (struct gate_view){.type = version->type,
                                   .inside = version->resource,
                                   .person = version->person,
                                   .version = version->version,
                                   .time_ms = version->time_ms,
                                   .deleted = version->deleted};
    if (version->deleted)
        return OK;
    TRY(gate_open_parts(arena, version, grant, &bodies, &stored));
    unsigned opened = stored & grant->drawers;
    if (opened == 0)
        return ERROR_NOT_FOUND;
    /* A part is tagged as one: when there is more than was opened, and when the rules say that this is a part. */
    ret_view->partial = opened != stored || grant->obligations & OBLIGATION_SUBSET;
    ret_view->drawers = opened;

    struct splice_header header = {.type = version->type,
                                   .wire_id = gate_wire_id(gate, sector, &version->resource),
                                   .version = version->version,
                                   .last_updated_ms = version->time_ms,
                                   .subsetted = ret_view->partial};
    CLEANUP_BUFFER_WIPE struct buffer json = buffer_new(SPLICE_TEXT_MAX * 2);
    TRY(splice_join(&header, &bodies, translate_outward, &outward, &json));
    TRY(buffer_check(&json));
    if (grant->obligations & OBLIGATION_MINIMUM)
        return gate_minimum(arena, version->type, buffer_view(&json), &ret_view->json);
    if (grant->obligations & OBLIGATION_REDACT_LOCATION)
        return gate_redact_location(arena, version->type, buffer_view(&json), &ret_view->json);
    ret_view->json = arena_copy(arena, buffer_view(&json));
    return ret_view->json.data ? OK : ERROR_MEMORY;
}
