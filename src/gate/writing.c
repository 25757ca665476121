/* SPDX-License-Identifier: Apache-2.0 */

/* Writing: intent, version, completion. The entry in the log comes first and permits; each stored version carries its
 * number; the completion says how it ended. All items of a write are stored in one transaction or none is. */

#include "internal.h"
#include "text/json.h"

struct item {
    struct gate_write_item *asked;
    size_t target;    /* index into the persons */
    unsigned drawers; /* of what is written */
    unsigned stored;  /* of the current version */
    enum error obstacle; /* told only to whom the write would be permitted */
    struct vault_version current;
    struct splice_bodies bodies;
};

struct writing {
    struct gate *gate;
    struct arena *arena;
    struct gate_write write;
    enum sector sector;
    struct item *item;
    struct access_target *target;
    size_t targets;
    struct fact_change *change;
    size_t changes;
    struct gate_reason reason;
    int64_t time_ms;
    struct vault_transaction transaction;
};

static void finish(struct writing *writing, enum error error)
{
    writing->write.done(writing->write.context, error, &writing->reason, writing->time_ms);
}

/* ---- before the grant ---- */

static enum error target_of(struct writing *writing, const struct gate_write_item *asked, size_t *ret_target)
{
    for (size_t i = 0; i < writing->targets; i++) {
        if (id_equal(&writing->target[i].person, &asked->person)) {
            *ret_target = i;
            return OK;
        }
    }
    if (writing->targets == PROTOCOL_TARGETS_MAX)
        return ERROR_TOO_COSTLY;
    struct access_target *target = &writing->target[writing->targets];
    target->person = asked->person;
    TRY(vault_facts(writing->gate->vault, writing->arena, &asked->person, &target->facts));
    *ret_target = writing->targets++;
    return OK;
}

static bool is_new_person(const struct gate_write_item *asked)
{
    return asked->method == GATE_CREATE && id_equal(&asked->person, &asked->resource) &&
           slice_is(asked->type, "Patient");
}

static enum error read_current(struct writing *writing, struct item *item)
{
    struct part_body body;
    enum error error = vault_read(writing->gate->vault, writing->arena, &item->asked->person, item->asked->type,
                                  &item->asked->resource, &item->current);

    if (error == ERROR_NOT_FOUND) {
        item->obstacle = item->asked->method == GATE_CREATE ? OK : ERROR_NOT_FOUND;
        return OK;
    }
    TRY(error);
    if (item->asked->method == GATE_CREATE)
        return ERROR_EXISTS;
    if (item->asked->expected != 0 && item->asked->expected != item->current.version)
        item->obstacle = ERROR_PRECONDITION;
    if (item->current.deleted)
        return gate_mask_of(writing->gate, writing->arena, &item->asked->person, item->asked->type,
                            &item->asked->resource, &item->stored);
    TRY(part_body_read(item->current.body, &body));
    item->stored = part_body_mask(&body);
    return OK;
}

/* Without a resource it is deleted. */
static enum error note_fact(struct writing *writing, const struct item *item, const struct json *resource)
{
    struct fact_change change;

    if (item->obstacle != OK)
        return OK;
    if (!gate_fact_of(item->asked->type, resource, &item->asked->resource, !resource, writing->time_ms / 1000, &change))
        return OK;
    if (writing->changes == PROTOCOL_CHANGES_MAX)
        return ERROR_TOO_COSTLY;
    change.target = (uint16_t)item->target;
    writing->change[writing->changes++] = change;
    return OK;
}

static enum error split_item(struct writing *writing, struct item *item)
{
    struct gate_translation translation = {writing->gate, writing->sector};
    const struct json *resource = NULL;

    if (item->asked->method == GATE_DELETE)
        return note_fact(writing, item, NULL);
    TRY(json_parse(writing->arena, item->asked->json, &resource, NULL));
    TRY(splice_split(writing->arena, resource, item->asked->type, gate_translate_inward, &translation, &item->bodies));
    item->drawers = splice_mask(&item->bodies);
    return note_fact(writing, item, resource);
}

static enum error prepare_item(struct writing *writing, struct item *item)
{
    TRY(target_of(writing, item->asked, &item->target));
    if (is_new_person(item->asked))
        writing->target[item->target].fresh = true;
    TRY(read_current(writing, item));
    return split_item(writing, item);
}

/* An update needs every drawer that is written or was: it replaces the whole. A patch needs those that it has seen; the
 * others it does not touch. */
static unsigned drawers_needed(const struct item *item)
{
    if (item->asked->method == GATE_PATCH)
        return item->drawers | item->asked->seen;
    unsigned needed = item->drawers | item->stored;
    return needed ? needed : splice_type_mask(item->asked->type);
}

/* ---- after the grant ---- */

static enum error seal_parts(struct writing *writing, struct item *item, const struct grant_target *grant,
                             uint64_t version, struct part_body *body)
{
    struct part_place place = {&item->asked->person, item->asked->type, &item->asked->resource};

    for (unsigned d = 0; d < DRAWER_COUNT; d++) {
        if (item->bodies.body[d].length == 0)
            continue;
        if (!(grant->drawers & 1u << d))
            return ERROR_INTERNAL; /* without a key it would be sealed under nothing */
        TRY(part_seal(writing->arena, writing->gate->world, &grant->key[d], &place, (enum drawer)d, version,
                      item->bodies.body[d], &body->part[d]));
        body->has[d] = true;
    }
    return OK;
}

/* The parts of the current version that a patch leaves alone, as they are. */
static enum error carry_over(const struct item *item, struct part_body *body)
{
    struct part_body current;

    TRY(part_body_read(item->current.body, &current));
    for (unsigned d = 0; d < DRAWER_COUNT; d++) {
        if (!current.has[d] || item->asked->seen & 1u << d)
            continue;
        if (body->has[d])
            return ERROR_PARTIAL_VIEW; /* would overwrite what the asker has not seen */
        body->part[d] = current.part[d];
        body->has[d] = true;
    }
    return OK;
}

static enum error seal_item(struct writing *writing, struct item *item, const struct grant *grant,
                            struct vault_write *write)
{
    const struct grant_target *target = &grant->target[item->target];
    CLEANUP_BUFFER struct buffer sealed = buffer_new(SPLICE_TEXT_MAX * 2);
    struct part_body body = {0};

    TRY(seal_parts(writing, item, target, write->version, &body));
    if (item->asked->method == GATE_PATCH)
        TRY(carry_over(item, &body));
    part_body_write(&body, &sealed);
    TRY(buffer_check(&sealed));
    write->body = arena_copy(writing->arena, buffer_view(&sealed));
    return write->body.data ? OK : ERROR_MEMORY;
}

static enum error key_terms(struct writing *writing, const struct gate_write_item *asked, struct vault_write *write)
{
    uint8_t(*token)[VAULT_TOKEN_BYTES] = arena_array(writing->arena, asked->terms, VAULT_TOKEN_BYTES);

    if (!token)
        return ERROR_MEMORY;
    while (write->tokens < asked->terms && write->tokens < VAULT_TOKENS_MAX) {
        gate_posting_token(writing->gate, asked->term[write->tokens], token[write->tokens]);
        write->tokens++;
    }
    write->token = (const uint8_t(*)[VAULT_TOKEN_BYTES])token;
    return OK;
}

static enum error store_item(struct writing *writing, struct item *item, const struct grant *grant,
                             struct vault_write *write)
{
    uint64_t current = item->current.version; /* 0: there is none */

    *write = (struct vault_write){.person = item->asked->person,
                                  .resource = item->asked->resource,
                                  .type = item->asked->type,
                                  .expected = current,
                                  .version = current + 1,
                                  .time_ms = writing->time_ms,
                                  .leaf = grant->leaf,
                                  .deleted = item->asked->method == GATE_DELETE,
                                  .keep_postings = item->asked->method == GATE_PATCH,
                                  .body = SLICE("")};
    item->asked->version = write->version;
    if (write->deleted)
        return OK;
    TRY(seal_item(writing, item, grant, write));
    return key_terms(writing, item->asked, write);
}

static enum error collect_facts(struct writing *writing, const struct grant *grant)
{
    struct vault_facts_write *facts = arena_array(writing->arena, grant->targets, sizeof *facts);
    size_t count = 0;

    if (!facts)
        return ERROR_MEMORY;
    for (size_t i = 0; i < grant->targets; i++)
        if (grant->target[i].facts.length > 0)
            facts[count++] = (struct vault_facts_write){writing->target[i].person, grant->target[i].facts};
    writing->transaction.facts = facts;
    writing->transaction.facts_writes = count;
    return OK;
}

static void stored(void *context, enum error error)
{
    struct writing *writing = context;

    gate_complete(writing->gate, writing->reason.leaf, error, error == OK ? writing->write.items : 0);
    finish(writing, error);
}

static enum error store(struct writing *writing, const struct grant *grant)
{
    struct vault_write *write = arena_array(writing->arena, writing->write.items, sizeof *write);

    if (!write)
        return ERROR_MEMORY;
    for (size_t i = 0; i < writing->write.items; i++)
        TRY(store_item(writing, &writing->item[i], grant, &write[i]));
    writing->transaction.write = write;
    writing->transaction.writes = writing->write.items;
    TRY(collect_facts(writing, grant));
    writing->transaction.done = stored;
    writing->transaction.context = writing;
    return vault_submit(writing->gate->vault, &writing->transaction);
}

static bool is_update(const struct writing *writing)
{
    for (size_t i = 0; i < writing->write.items; i++)
        if (writing->write.item[i].method == GATE_UPDATE || writing->write.item[i].method == GATE_DELETE)
            return true;
    return false;
}

static enum error obstacle_of(const struct writing *writing)
{
    for (size_t i = 0; i < writing->write.items; i++)
        if (writing->item[i].obstacle != OK)
            return writing->item[i].obstacle;
    return OK;
}

static void write_granted(void *context, enum error error, const struct grant *grant)
{
    struct writing *writing = context;

    writing->reason = gate_reason_of(grant);
    writing->time_ms = writing->gate->world->now_ns(writing->gate->world) / 1000000;
    if (error == ERROR_REFUSED && writing->reason.partly && is_update(writing))
        error = ERROR_PARTIAL_VIEW;
    if (error == OK) {
        error = obstacle_of(writing);
        if (error == OK)
            error = store(writing, grant);
        if (error == OK)
            return; /* `stored` finishes */
        gate_complete(writing->gate, grant->leaf, error, 0);
    }
    finish(writing, error);
}

/* ---- what belongs to nobody ---- */

static bool is_common(const struct gate_write_item *asked)
{
    return id_is_zero(&asked->person);
}

static enum error may_write_common(const struct gate_asker *asker)
{
    return asker->credential.sector == SECTOR_SYSTEM || asker->credential.role == ROLE_ADMINISTRATOR ? OK
                                                                                                     : ERROR_REFUSED;
}

static void common_stored(void *context, enum error error)
{
    finish(context, error);
}

static enum error store_common(struct writing *writing)
{
    struct vault_write *write = arena_array(writing->arena, writing->write.items, sizeof *write);

    if (!write)
        return ERROR_MEMORY;
    TRY(may_write_common(writing->write.asker));
    for (size_t i = 0; i < writing->write.items; i++) {
        struct item item = {.asked = &writing->write.item[i]};
        if (!is_common(item.asked))
            return ERROR_VALUE;
        enum error error = vault_read(writing->gate->vault, writing->arena, &item.asked->person, item.asked->type,
                                      &item.asked->resource, &item.current);
        if (error != OK && error != ERROR_NOT_FOUND)
            return error;
        uint64_t current = item.current.version; /* 0: there is none */
        write[i] = (struct vault_write){.person = item.asked->person,
                                        .resource = item.asked->resource,
                                        .type = item.asked->type,
                                        .expected = current,
                                        .version = current + 1,
                                        .time_ms = writing->time_ms,
                                        .deleted = item.asked->method == GATE_DELETE,
                                        .body = item.asked->method == GATE_DELETE ? SLICE("") : item.asked->json};
        item.asked->version = current + 1;
    }
    writing->transaction = (struct vault_transaction){
        .write = write, .writes = writing->write.items, .done = common_stored, .context = writing};
    return vault_submit(writing->gate->vault, &writing->transaction);
}

/* ---- the way in ---- */

static enum error submit_write(struct writing *writing)
{
    struct access access = {.token = writing->write.asker->token,
                            .request = writing->write.asker->request,
                            .purpose = writing->write.asker->purpose,
                            .action = ACTION_WRITE,
                            .needed = OUTCOME_FULL,
                            .type = writing->write.items == 1 ? writing->write.item[0].type : SLICE("Bundle"),
                            .resources = (uint32_t)writing->write.items,
                            .all_or_nothing = true};

    for (size_t i = 0; i < writing->write.items; i++) {
        TRY(prepare_item(writing, &writing->item[i]));
        access.drawers |= drawers_needed(&writing->item[i]);
        access.replaces |= writing->item[i].asked->method != GATE_CREATE;
    }
    if (writing->write.items == 1)
        access.resource = writing->write.item[0].resource;
    access.target = writing->target;
    access.targets = writing->targets;
    access.change = writing->change;
    access.changes = writing->changes;
    gate_submit(writing->gate, writing->arena, &access, write_granted, writing);
    return OK;
}

void gate_write(struct gate *gate, const struct gate_write *write)
{
    static const struct gate_reason no_reason;
    struct writing *writing = arena_alloc(write->arena, sizeof *writing);

    if (!writing) {
        write->done(write->context, ERROR_MEMORY, &no_reason, 0);
        return;
    }
    *writing = (struct writing){.gate = gate,
                                .arena = write->arena,
                                .write = *write,
                                .sector = write->asker->credential.sector,
                                .time_ms = gate->world->now_ns(gate->world) / 1000000};
    writing->item = arena_array(write->arena, write->items, sizeof *writing->item);
    writing->target = arena_array(write->arena, PROTOCOL_TARGETS_MAX, sizeof *writing->target);
    writing->change = arena_array(write->arena, PROTOCOL_CHANGES_MAX, sizeof *writing->change);
    enum error error = writing->item && writing->target && writing->change && write->items > 0 ? OK : ERROR_MEMORY;
    for (size_t i = 0; i < write->items && error == OK; i++)
        writing->item[i].asked = &write->item[i];
    if (error == OK)
        error = is_common(&write->item[0]) ? store_common(writing) : submit_write(writing);
    if (error != OK)
        finish(writing, error);
}
