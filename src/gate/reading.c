/* SPDX-License-Identifier: Apache-2.0 */

/* Reading: ciphertext first, then the grant, then what it opens. What was there before the grant is unreadable, so the
 * order costs nothing and saves a second trip. */

#include <stdlib.h>

#include "internal.h"

/* What may be asked for under an order, whatever the resource has: what it has is not told by what is asked. */
#define ORDER_DRAWERS (1u << DRAWER_IDENTITY | 1u << DRAWER_CONTACT)

struct reading {
    struct gate *gate;
    struct arena *arena;
    enum sector sector;
    struct vault_list list;
    const struct id *person; /* whose grant opens what; one a target */
    size_t persons;
    bool one;       /* a single resource was asked for */
    bool existence; /* who is known was asked for: nothing is opened */
    gate_read_done *done;
    void *context;
};

static const struct gate_views no_views;

static const struct grant_target *grant_of(const struct reading *reading, const struct grant *grant,
                                           const struct id *person)
{
    /* same, with <=: the person of each version is among them. They are as many as the grant's targets (submit.c). */
    for (size_t i = 0; i < reading->persons; i++)
        if (id_equal(&reading->person[i], person))
            return &grant->target[i];
    return NULL;
}

/* Opens each version that some part of is granted; the rest is as if it were not there. */
static enum error open_views(struct reading *reading, const struct grant *grant, struct gate_view *view,
                             size_t *ret_count)
{
    size_t count = 0;

    for (size_t i = 0; i < reading->list.count; i++) {
        const struct vault_version *version = &reading->list.version[i];
        const struct grant_target *target = grant_of(reading, grant, &version->person);
        if (!target)
            continue;
        if (reading->existence) {
            if (target->outcome[DRAWER_IDENTITY] >= OUTCOME_EXISTENCE)
                view[count++] = (struct gate_view){.type = version->type,
                                                   .inside = version->resource,
                                                   .person = version->person,
                                                   .partial = true};
            continue;
        }
        enum error error = gate_view_open(reading->gate, reading->arena, reading->sector, version, target,
                                          &view[count]);
        if (error == ERROR_NOT_FOUND)
            continue;
        TRY(error);
        count++;
    }
    *ret_count = count;
    return OK;
}

static enum error outcome_of(const struct reading *reading, const struct gate_views *views)
{
    if (!reading->one)
        return OK;
    if (views->count == 0)
        return ERROR_NOT_FOUND;
    return reading->list.count == 1 && views->view[0].deleted ? ERROR_GONE : OK;
}

static void reading_granted(void *context, enum error error, const struct grant *grant)
{
    struct reading *reading = context;
    struct gate_views views = {.cut = reading->list.cut, .reason = gate_reason_of(grant)};

    if (error == OK) {
        struct gate_view *view = arena_array(reading->arena, reading->list.count, sizeof *view);
        views.view = view;
        error = view ? open_views(reading, grant, view, &views.count) : ERROR_MEMORY;
        if (error == OK)
            error = outcome_of(reading, &views);
        gate_complete(reading->gate, grant->leaf, error, views.count);
    }
    reading->done(reading->context, error, &views);
}

static unsigned stored_mask(const struct vault_list *list)
{
    unsigned mask = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct part_body body;
        if (part_body_read(list->version[i].body, &body) == OK) /* of a deleted one there is none */
            mask |= part_body_mask(&body);
    }
    return mask;
}

/* Which drawers a resource has ever used: what may be said of one that was deleted is what might have been read of it.
 * */
enum error gate_mask_of(struct gate *gate, struct arena *arena, const struct id *person, struct slice type,
                        const struct id *resource, unsigned *ret_mask)
{
    struct vault_list all = {0};

    TRY(vault_history(gate->vault, arena, person, type, resource, GATE_HISTORY_MAX, &all));
    *ret_mask = stored_mask(&all);
    if (*ret_mask == 0)
        *ret_mask = splice_type_mask(type);
    return OK;
}

/* A search asks for every drawer of the type, whatever is stored: else its refusal would tell what is. */
static unsigned searched_mask(struct slice type)
{
    return splice_type_mask(type.length ? type : SLICE("Patient"));
}

static enum error load_facts(struct gate *gate, struct arena *arena, const struct id *person, size_t count,
                             const struct access_target **ret_target)
{
    struct access_target *target = arena_array(arena, count, sizeof *target);

    if (!target)
        return ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        target[i].person = person[i];
        TRY(vault_facts(gate->vault, arena, &person[i], &target[i].facts));
    }
    *ret_target = target;
    return OK;
}

/* Begins the snapshot that everything is collected in; submit_reading or reading_failed ends it. */
static struct reading *reading_new(struct gate *gate, struct arena *arena, const struct gate_asker *asker,
                                   gate_read_done *done, void *context)
{
    struct reading *reading = arena_alloc(arena, sizeof *reading);
    enum error error = reading ? vault_snapshot_begin(gate->vault) : ERROR_MEMORY;

    if (error != OK) {
        done(context, error, &no_views);
        return NULL;
    }
    *reading = (struct reading){
        .gate = gate, .arena = arena, .sector = asker->credential.sector, .done = done, .context = context};
    return reading;
}

static void reading_failed(struct reading *reading, enum error error)
{
    vault_snapshot_end(reading->gate->vault);
    reading->done(reading->context, error, &no_views);
}

/* Submits the access for what the reading has collected. The snapshot ends before, since what follows may start the
 * next reading. */
static enum error submit_reading(struct reading *reading, const struct gate_asker *asker, struct access *access)
{
    access->token = asker->token;
    access->request = asker->request;
    access->purpose = asker->purpose;
    access->targets = reading->persons;
    TRY(load_facts(reading->gate, reading->arena, reading->person, reading->persons, &access->target));
    vault_snapshot_end(reading->gate->vault);
    gate_submit(reading->gate, reading->arena, access, reading_granted, reading);
    return OK;
}

/* ---- one resource ---- */

/* A resource that is not there is asked for all the same, of a person who is not there: the answer to somebody who may
 * see nothing must not tell the two apart, and the entry is made. */
static enum error collect_one(struct gate *gate, const struct gate_read *read, struct vault_list *ret_list,
                              struct id *ret_person)
{
    struct vault_version *version = arena_alloc(read->arena, sizeof *version);
    struct slice type = SLICE("");

    if (!version)
        return ERROR_MEMORY;
    *ret_list = (struct vault_list){.version = version};
    enum error error = vault_locate(gate->vault, read->arena, &read->resource, ret_person, &type);
    if (error == ERROR_NOT_FOUND || (error == OK && !slice_equal(type, read->type))) {
        *ret_person = read->resource;
        return OK;
    }
    TRY(error);
    if (read->history)
        return vault_history(gate->vault, read->arena, ret_person, read->type, &read->resource, GATE_HISTORY_MAX,
                             ret_list);
    error = read->version ? vault_read_version(gate->vault, read->arena, ret_person, read->type, &read->resource,
                                               read->version, version)
                          : vault_read(gate->vault, read->arena, ret_person, read->type, &read->resource, version);
    ret_list->count = error == OK;
    return error == ERROR_NOT_FOUND ? OK : error;
}

void gate_read(struct gate *gate, const struct gate_read *read)
{
    struct reading *reading = reading_new(gate, read->arena, read->asker, read->done, read->context);

    if (!reading)
        return;
    struct id *person = arena_alloc(read->arena, sizeof *person);
    reading->one = true;
    reading->person = person;
    reading->persons = 1;
    enum error error = person ? collect_one(gate, read, &reading->list, person) : ERROR_MEMORY;
    struct access access = {
        .action = ACTION_READ, .needed = OUTCOME_FULL, .type = read->type, .resource = read->resource};
    access.drawers = read->order ? ORDER_DRAWERS : stored_mask(&reading->list);
    if (read->order)
        access.order = *read->order;
    if (error == OK && access.drawers == 0)
        error = gate_mask_of(gate, read->arena, person, read->type, &read->resource, &access.drawers);
    if (error == OK)
        error = submit_reading(reading, read->asker, &access);
    if (error != OK)
        reading_failed(reading, error);
}

/* ---- one person ---- */

void gate_scan(struct gate *gate, const struct gate_scan *scan)
{
    struct reading *reading = reading_new(gate, scan->arena, scan->asker, scan->done, scan->context);

    if (!reading)
        return;
    struct id *person = arena_alloc(scan->arena, sizeof *person);
    enum error error = person ? vault_scan(gate->vault, scan->arena, &scan->person, scan->type, GATE_SCAN_MAX,
                                           &reading->list)
                              : ERROR_MEMORY;
    if (person)
        *person = scan->person;
    reading->person = person;
    reading->persons = 1;
    struct access access = {.action = scan->action, .needed = scan->needed, .type = scan->type};
    access.drawers = searched_mask(scan->type) | (scan->type.length ? 0 : stored_mask(&reading->list));
    if (error == OK)
        error = submit_reading(reading, scan->asker, &access);
    if (error != OK)
        reading_failed(reading, error);
}

/* ---- across persons ---- */

struct candidates {
    struct vault_posting *posting;
    size_t count;
};

static int by_place(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct vault_posting));
}

static size_t without_doubles(struct vault_posting *posting, size_t count)
{
    const struct vault_posting *last = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (last && by_place(last, &posting[i]) == 0)
            continue;
        posting[kept] = posting[i];
        last = &posting[kept++];
    }
    return kept;
}

#define POSTINGS_MAX 8192

/* The union of what a set's terms lead to, sorted. */
static enum error look_up_set(struct gate *gate, const struct gate_search *search, const struct gate_term_set *set,
                              struct candidates *found)
{
    struct vault_posting *all = arena_array(search->arena, POSTINGS_MAX, sizeof *all);
    size_t count = 0;

    if (!all)
        return ERROR_MEMORY;
    for (size_t i = 0; i < set->count; i++) {
        const struct vault_posting *posting;
        uint8_t token[VAULT_TOKEN_BYTES];
        size_t more;
        bool cut;
        gate_posting_token(gate, set->term[i], token);
        TRY(vault_postings(gate->vault, search->arena, token, search->type, POSTINGS_MAX - count, &posting, &more,
                           &cut));
        if (cut)
            return ERROR_TOO_COSTLY;
        memcpy(all + count, posting, more * sizeof *posting);
        count += more;
    }
    qsort(all, count, sizeof *all, by_place);
    *found = (struct candidates){all, without_doubles(all, count)};
    return OK;
}

static void intersect(struct candidates *kept, const struct candidates *other)
{
    size_t count = 0;

    for (size_t i = 0; i < kept->count; i++)
        if (bsearch(&kept->posting[i], other->posting, other->count, sizeof *other->posting, by_place))
            kept->posting[count++] = kept->posting[i];
    kept->count = count;
}

static enum error join(struct arena *arena, struct candidates *kept, const struct candidates *other)
{
    size_t count = kept->count + other->count;
    struct vault_posting *all = arena_array(arena, count, sizeof *all);

    if (!all)
        return ERROR_MEMORY;
    memcpy(all, kept->posting, kept->count * sizeof *all);
    memcpy(all + kept->count, other->posting, other->count * sizeof *all);
    qsort(all, count, sizeof *all, by_place);
    *kept = (struct candidates){all, without_doubles(all, count)};
    return OK;
}

static enum error look_up(struct gate *gate, const struct gate_search *search, struct candidates *ret)
{
    *ret = (struct candidates){0};
    for (size_t i = 0; i < search->sets; i++) {
        struct candidates found;
        TRY(look_up_set(gate, search, &search->set[i], &found));
        if (i == 0)
            *ret = found;
        else if (search->any_set)
            TRY(join(search->arena, ret, &found));
        else
            intersect(ret, &found);
    }
    return OK;
}

/* The persons of the candidates; of a match, first the person matched for, who is not her own candidate. */
static enum error collect_persons(struct reading *reading, const struct gate_search *search,
                                  const struct candidates *found)
{
    struct id *person = arena_array(search->arena, PROTOCOL_TARGETS_MAX, sizeof *person);
    const struct id *last = NULL;
    size_t count = 0;

    if (!person)
        return ERROR_MEMORY;
    if (search->match_for)
        person[count++] = *search->match_for;
    for (size_t i = 0; i < found->count; i++) {
        const struct id *next = &found->posting[i].person;
        bool again = last && id_equal(last, next);
        last = next;
        if (again || (search->match_for && id_equal(search->match_for, next)))
            continue;
        if (count == PROTOCOL_TARGETS_MAX)
            return ERROR_TOO_COSTLY;
        person[count++] = *next;
    }
    reading->person = person;
    reading->persons = count;
    return OK;
}

static enum error load_candidates(struct reading *reading, const struct gate_search *search,
                                  const struct candidates *found)
{
    struct vault_version *version = arena_array(search->arena, found->count, sizeof *version);
    size_t count = 0;

    if (!version)
        return ERROR_MEMORY;
    for (size_t i = 0; i < found->count; i++) {
        const struct vault_posting *posting = &found->posting[i];
        if (search->match_for && id_equal(&posting->person, search->match_for))
            continue;
        enum error error = vault_read(reading->gate->vault, search->arena, &posting->person, search->type,
                                      &posting->resource, &version[count]);
        if (error == ERROR_NOT_FOUND)
            continue;
        TRY(error);
        if (!version[count].deleted)
            count++;
    }
    reading->list = (struct vault_list){.version = version, .count = count};
    return OK;
}

static enum error search_across(struct reading *reading, const struct gate_search *search)
{
    bool match = search->match_for || search->order;
    struct access access = {.action = match ? ACTION_MATCH : ACTION_SEARCH,
                            .needed = match ? OUTCOME_EXISTENCE : OUTCOME_FULL,
                            .type = search->type,
                            .hide_refused = !match};
    struct candidates found;

    if (search->order)
        access.order = *search->order;
    reading->existence = search->order != NULL;

    TRY(look_up(reading->gate, search, &found));
    TRY(collect_persons(reading, search, &found));
    TRY(load_candidates(reading, search, &found));
    access.drawers = match ? 1u << DRAWER_IDENTITY : searched_mask(search->type);
    return submit_reading(reading, search->asker, &access);
}

void gate_search(struct gate *gate, const struct gate_search *search)
{
    struct reading *reading = reading_new(gate, search->arena, search->asker, search->done, search->context);

    if (!reading)
        return;
    enum error error = search_across(reading, search);
    if (error != OK)
        reading_failed(reading, error);
}

/* ---- what belongs to nobody ---- */

static struct gate_view plain_view(const struct vault_version *version)
{
    return (struct gate_view){.json = version->body,
                              .type = version->type,
                              .inside = version->resource,
                              .version = version->version,
                              .time_ms = version->time_ms,
                              .deleted = version->deleted};
}

enum error gate_common(struct gate *gate, struct arena *arena, struct slice type, const struct id *resource,
                       struct gate_view *ret_view)
{
    static const struct id nobody;
    struct vault_version version;

    TRY(vault_read(gate->vault, arena, &nobody, type, resource, &version));
    *ret_view = plain_view(&version);
    return version.deleted ? ERROR_GONE : OK;
}

enum error gate_common_all(struct gate *gate, struct arena *arena, struct slice type, struct gate_views *ret_views)
{
    static const struct id nobody;
    struct vault_list list;

    TRY(vault_scan(gate->vault, arena, &nobody, type, GATE_SCAN_MAX, &list));
    struct gate_view *view = arena_array(arena, list.count, sizeof *view);
    if (!view)
        return ERROR_MEMORY;
    for (size_t i = 0; i < list.count; i++)
        view[i] = plain_view(&list.version[i]);
    *ret_views = (struct gate_views){.view = view, .count = list.count, .cut = list.cut};
    return OK;
}
