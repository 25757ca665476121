/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include "names.h"

/* A transaction may ask for as many people and places as it has references; the arena bounds them too. */
#define CONDITIONALS_MAX FHIR_BUNDLE_ENTRIES_MAX

struct planner {
    struct arena *arena;
    struct fhir_plan *plan;
    struct fhir_names *names; /* entries by number, conditionals by FHIR_BUNDLE_ENTRIES_MAX + number */
    struct fhir_names *changed;
    struct fault *fault;
    size_t index;
    enum error failed;
};

static enum error refuse(struct fault *fault, size_t index, enum error code, const char *why)
{
    return fault_set(fault, code, "entry %zu %s", index, why);
}

static const struct {
    const char *verb;
    enum fhir_method method;
} methods[] = {
    {"DELETE", FHIR_DELETE}, {"POST", FHIR_POST}, {"PUT", FHIR_PUT},
    {"PATCH", FHIR_PATCH},   {"GET", FHIR_GET},   {"HEAD", FHIR_HEAD},
};

static bool read_method(const struct json *value, enum fhir_method *method)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (json_is(value, methods[i].verb))
            return *method = methods[i].method, true;
    return false;
}

static bool is_reading(enum fhir_method method)
{
    return method == FHIR_GET || method == FHIR_HEAD;
}

/* "Type", "Type/id", "Type?query"; what stands behind the id is the reader's business. */
static enum error read_url(const struct planner *planner, struct fhir_entry *entry)
{
    struct slice rest = entry->url, path = slice_cut(&rest, '?');

    entry->query = rest;
    struct slice type = slice_cut(&path, '/');
    entry->id = slice_cut(&path, '/');
    entry->type = fhir_type(type);
    if (slice_find(entry->url, '$') < entry->url.length)
        return refuse(planner->fault, planner->index, ERROR_UNSUPPORTED, "asks for an operation");
    if (!entry->type && !(is_reading(entry->method) && type.length == 0))
        return refuse(planner->fault, planner->index, ERROR_UNKNOWN_TYPE, "is of a type that is not served");
    if (!is_reading(entry->method) && path.length)
        return refuse(planner->fault, planner->index, ERROR_VALUE, "has a URL that is not understood");
    return OK;
}

/* What the method needs and what it must not have (FHIR R4, http, "Batch/Transaction"). */
static enum error check_request(const struct planner *planner, const struct fhir_entry *entry)
{
    struct slice type = json_text(json_member(entry->resource, "resourceType"));
    struct slice id = json_text(json_member(entry->resource, "id"));
    bool writes = entry->method == FHIR_POST || entry->method == FHIR_PUT;

    if (writes && json_kind(entry->resource) != JSON_OBJECT)
        return refuse(planner->fault, planner->index, ERROR_REQUIRED, "has no resource");
    if (writes && !slice_equal(type, entry->type->name))
        return refuse(planner->fault, planner->index, ERROR_VALUE, "has a resource of another type than its URL");
    if (entry->method == FHIR_POST && (entry->id.length || entry->query.length))
        return refuse(planner->fault, planner->index, ERROR_VALUE, "posts to a URL with an id or a query");
    if (entry->method == FHIR_PUT && entry->id.length && !slice_equal(entry->id, id))
        return refuse(planner->fault, planner->index, ERROR_VALUE, "has another id in the resource than in its URL");
    if (!is_reading(entry->method) && entry->method != FHIR_POST && !entry->id.length && !entry->query.length)
        return refuse(planner->fault, planner->index, ERROR_VALUE, "does not say which resource");
    return OK;
}

/* Where an entry with an id in its URL leads, and that no other entry changes the same. */
static enum error note_target(struct planner *planner, struct fhir_entry *entry)
{
    if (entry->id.length == 0 || is_reading(entry->method))
        return OK;
    entry->assigned = arena_format(planner->arena, "%.*s/%.*s", SLICE_PRINT(entry->type->name), SLICE_PRINT(entry->id));
    if (!entry->assigned.data)
        return ERROR_MEMORY;
    if (planner->plan->transaction && !fhir_names_add(planner->changed, entry->assigned, planner->index))
        return refuse(planner->fault, planner->index, ERROR_CONFLICT, "changes what another one changes too");
    return OK;
}

static enum error note_full_url(struct planner *planner, const struct fhir_entry *entry)
{
    if (!planner->plan->transaction || entry->full_url.length == 0)
        return OK;
    if (!fhir_names_add(planner->names, entry->full_url, planner->index))
        return refuse(planner->fault, planner->index, ERROR_CONFLICT, "has the same fullUrl as another one");
    return OK;
}

static bool is_conditional(struct slice reference, struct slice *query, const struct fhir_type **type)
{
    *query = reference;
    *type = fhir_type(slice_cut(query, '?'));
    return *type && query->length;
}

/* Collects "Practitioner?identifier=…" wherever a reference says so; each once. */
static bool note_conditional(void *context, const struct json *value)
{
    struct planner *planner = context;
    struct fhir_plan *plan = planner->plan;
    struct fhir_conditional conditional = {.reference = json_text(value), .entry = planner->index};

    if (!is_conditional(conditional.reference, &conditional.query, &conditional.type) ||
        fhir_names_find(planner->names, conditional.reference) != SIZE_MAX)
        return true;
    if (plan->conditionals == CONDITIONALS_MAX ||
        !fhir_names_add(planner->names, conditional.reference, FHIR_BUNDLE_ENTRIES_MAX + plan->conditionals)) {
        planner->failed = ERROR_TOO_LARGE;
        return false;
    }
    plan->conditional[plan->conditionals++] = conditional;
    return true;
}

static enum error read_entry(struct planner *planner, const struct json *item, struct fhir_entry *entry)
{
    const struct json *request = json_member(item, "request");

    *entry = (struct fhir_entry){.index = planner->index,
                                 .url = json_text(json_member(request, "url")),
                                 .if_none_exist = json_text(json_member(request, "ifNoneExist")),
                                 .if_match = json_text(json_member(request, "ifMatch")),
                                 .if_none_match = json_text(json_member(request, "ifNoneMatch")),
                                 .full_url = json_text(json_member(item, "fullUrl")),
                                 .resource = json_member(item, "resource")};
    if (!read_method(json_member(request, "method"), &entry->method))
        return refuse(planner->fault, planner->index, ERROR_VALUE, "has no method that is known");
    TRY(read_url(planner, entry));
    TRY(check_request(planner, entry));
    TRY(note_target(planner, entry));
    TRY(note_full_url(planner, entry));
    (void)fhir_references(entry->resource, note_conditional, planner);
    return planner->failed;
}

/* Each group in the order of the bundle; `place` says where an entry of the bundle went. */
static void put_in_order(struct fhir_plan *plan, const struct fhir_entry *read)
{
    static const int rank[] = {
        [FHIR_DELETE] = 0, [FHIR_POST] = 1, [FHIR_PUT] = 2, [FHIR_PATCH] = 2, [FHIR_GET] = 3, [FHIR_HEAD] = 3};
    size_t count = 0;

    for (int group = 0; group <= 3; group++)
        for (size_t i = 0; i < plan->entries; i++)
            if (rank[read[i].method] == group) {
                plan->place[i] = count;
                plan->entry[count++] = read[i];
            }
}

static enum error plan_entries(struct planner *planner, const struct json *list, struct fhir_entry *read)
{
    for (struct json_items items = json_items(list); json_next(&items);) {
        planner->index = items.index;
        enum error failed = read_entry(planner, items.value, &read[items.index]);
        if (failed && (planner->plan->transaction || failed == ERROR_MEMORY || failed == ERROR_TOO_LARGE))
            return failed;
        read[items.index].failed = failed;
    }
    return OK;
}

static enum error make_room(struct planner *planner, size_t count, struct fhir_entry **read)
{
    struct fhir_plan *plan = planner->plan;

    *read = arena_array(planner->arena, count, sizeof **read);
    plan->entry = arena_array(planner->arena, count, sizeof *plan->entry);
    plan->place = arena_array(planner->arena, count, sizeof *plan->place);
    plan->conditional = arena_array(planner->arena, CONDITIONALS_MAX, sizeof *plan->conditional);
    planner->names = fhir_names_new(planner->arena, count + CONDITIONALS_MAX);
    planner->changed = fhir_names_new(planner->arena, count);
    bool all = *read && plan->entry && plan->place && plan->conditional && planner->names && planner->changed;
    return all ? OK : ERROR_MEMORY;
}

enum error fhir_bundle_plan(struct arena *arena, const struct json *bundle, struct fhir_plan *ret_plan,
                            struct fault *fault)
{
    const struct json *list = json_member(bundle, "entry"), *type = json_member(bundle, "type");
    struct fhir_plan plan = {.transaction = json_is(type, "transaction"), .entries = json_count(list)};
    struct planner planner = {.arena = arena, .plan = &plan, .fault = fault};
    struct fhir_entry *read;

    if (!json_is(json_member(bundle, "resourceType"), "Bundle") || (!plan.transaction && !json_is(type, "batch")))
        return fault_set(fault, ERROR_VALUE, "a Bundle of type transaction or batch is wanted");
    if (list && json_kind(list) != JSON_ARRAY)
        return fault_set(fault, ERROR_VALUE, "Bundle.entry is not a list");
    if (plan.entries > FHIR_BUNDLE_ENTRIES_MAX)
        return fault_set(fault, ERROR_TOO_LARGE, "more than %d entries", FHIR_BUNDLE_ENTRIES_MAX);
    TRY(make_room(&planner, plan.entries, &read));
    TRY(plan_entries(&planner, list, read));
    put_in_order(&plan, read);
    plan.names = planner.names;
    *ret_plan = plan;
    return OK;
}

/* ---- resolving ---- */

struct slice fhir_bundle_resolve(const struct fhir_plan *plan, struct slice reference)
{
    size_t number = fhir_names_find(plan->names, reference);

    if (number == SIZE_MAX)
        return slice_of("", 0);
    if (number >= FHIR_BUNDLE_ENTRIES_MAX)
        return plan->conditional[number - FHIR_BUNDLE_ENTRIES_MAX].target;
    return plan->entry[plan->place[number]].assigned;
}

struct resolver {
    const struct fhir_plan *plan;
    struct json_writer writer;
    bool lost; /* a reference leads nowhere */
};

/* Elements of type uri, url, oid and uuid are replaced too (FHIR R4, http, "Transaction Processing Rules"), but only
 * references have to lead somewhere. */
static bool may_point(struct slice key)
{
    static const char *const keys[] = {"url", "uri", "valueUri", "valueUrl", "valueUuid", "valueOid"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (slice_is(key, keys[i]))
            return true;
    return false;
}

static void write_text(struct resolver *resolver, struct slice key, struct slice text)
{
    struct slice query;
    const struct fhir_type *type;
    bool is_reference = slice_is(key, "reference");
    struct slice target = is_reference || may_point(key) ? fhir_bundle_resolve(resolver->plan, text) : slice_of("", 0);

    if (is_reference && target.length == 0 &&
        (slice_starts_with(text, SLICE("urn:")) || is_conditional(text, &query, &type)))
        resolver->lost = true;
    json_string(&resolver->writer, target.length ? target : text);
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static void write_resolved(struct resolver *resolver, struct slice key, const struct json *value)
{
    enum json_kind kind = json_kind(value);

    if (kind == JSON_STRING) {
        write_text(resolver, key, json_text(value));
    } else if (kind == JSON_ARRAY) {
        json_begin_array(&resolver->writer);
        for (struct json_items items = json_items(value); json_next(&items);)
            write_resolved(resolver, key, items.value);
        json_end_array(&resolver->writer);
    } else if (kind == JSON_OBJECT) {
        json_begin_object(&resolver->writer);
        for (struct json_items items = json_items(value); json_next(&items);) {
            json_key_slice(&resolver->writer, items.key);
            write_resolved(resolver, items.key, items.value);
        }
        json_end_object(&resolver->writer);
    } else {
        json_value(&resolver->writer, value);
    }
}

static void write_with_id(struct resolver *resolver, const struct json *resource, struct slice id)
{
    json_begin_object(&resolver->writer);
    json_member_value(&resolver->writer, "resourceType", json_member(resource, "resourceType"));
    if (id.length)
        json_member_string(&resolver->writer, "id", id);
    for (struct json_items items = json_items(resource); json_next(&items);) {
        if (slice_is(items.key, "resourceType") || (id.length && slice_is(items.key, "id")))
            continue;
        json_key_slice(&resolver->writer, items.key);
        write_resolved(resolver, items.key, items.value);
    }
    json_end_object(&resolver->writer);
}

enum error fhir_bundle_resource(const struct fhir_plan *plan, const struct fhir_entry *entry, struct slice id,
                                struct buffer *into, struct fault *fault)
{
    struct resolver resolver = {.plan = plan, .writer = json_writer(into)};

    write_with_id(&resolver, entry->resource, id);
    if (resolver.lost)
        return refuse(fault, entry->index, ERROR_VALUE, "has a reference that leads nowhere in this bundle");
    return buffer_check(into);
}
