/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include "crypto/encode.h"
#include "fhir.h"
#include "fhir/bundle.h"
#include "fhir/validate.h"

#define BUNDLE_TEXT_MAX (256u << 20)
#define RESOURCE_MAX (16u << 20)

struct executing {
    struct call *call;
    struct fhir_plan plan;
    struct gate_write_item *item;
    size_t *entry_of; /* item -> entry of the plan */
    size_t items;
    struct gate_write common; /* what belongs to nobody is written first */
    struct gate_write personal;
    struct bundle_done done;
    bundle_call *call_done;
    void *context;
};

static void finish(struct executing *executing, enum error error)
{
    executing->done.error = error;
    executing->call_done(executing->context, &executing->done);
}

static struct slice assigned_name(struct executing *executing, const struct fhir_type *type, const struct id *inside)
{
    struct call *call = executing->call;

    return arena_format(call->arena, "%.*s/%.*s", SLICE_PRINT(type->name), SLICE_PRINT(call_wire(call, type, inside)));
}

/* A resource of nobody's in the store that meets a query. ERROR_NOT_FOUND. */
static enum error find_common(struct executing *executing, const struct fhir_type *type, struct slice query,
                              struct slice *ret_name)
{
    struct call *call = executing->call;
    struct fhir_search *search = arena_alloc(call->arena, sizeof *search);
    struct gate_views views;

    if (!search)
        return ERROR_MEMORY;
    if (type->kind != FHIR_COMMON)
        return ERROR_UNSUPPORTED;
    TRY(fhir_search_parse(call->arena, type, query, search, &call->fault));
    TRY(gate_common_all(call->app->gate, call->arena, type->name, &views));
    for (size_t i = 0; i < views.count; i++) {
        const struct json *resource;
        TRY(json_parse(call->arena, views.view[i].json, &resource, NULL));
        if (!fhir_search_matches(search, resource))
            continue;
        *ret_name = assigned_name(executing, type, &views.view[i].inside);
        return ret_name->data ? OK : ERROR_MEMORY;
    }
    return ERROR_NOT_FOUND;
}

/* ifNoneExist: what is there already is taken, and nothing is created. */
static enum error assign_create(struct executing *executing, struct fhir_entry *entry, struct gate_write_item *item)
{
    struct call *call = executing->call;

    item->method = GATE_CREATE;
    if (entry->if_none_exist.length > 0 && entry->type->kind == FHIR_COMMON) {
        enum error error = find_common(executing, entry->type, entry->if_none_exist, &entry->assigned);
        if (error != ERROR_NOT_FOUND)
            return error;
    }
    item->resource = entry->type->kind == FHIR_COMMON ? common_id(call, entry->resource) : gate_new_id(call->app->gate);
    return OK;
}

static enum error assign_change(struct executing *executing, const struct fhir_entry *entry,
                                struct gate_write_item *item)
{
    struct slice reference = entry->url;

    item->method = entry->method == FHIR_PUT ? GATE_UPDATE : GATE_DELETE;
    reference.length = slice_find(reference, '?');
    if (!reference_inside(executing->call, reference, &item->resource))
        return fault_set(&executing->call->fault, ERROR_NOT_FOUND, "entry %zu: no such resource", entry->index);
    return OK;
}

/* Ids are drawn before anything is resolved, since entries name each other. */
static enum error assign(struct executing *executing, struct fhir_entry *entry, struct gate_write_item *item)
{
    if (!entry->type)
        return fault_set(&executing->call->fault, ERROR_UNSUPPORTED,
                         "entry %zu: nothing of the whole server in a bundle", entry->index);
    item->type = entry->type->name;
    switch (entry->method) {
    case FHIR_POST:
        TRY(assign_create(executing, entry, item));
        break;
    case FHIR_PUT:
    case FHIR_DELETE:
        TRY(assign_change(executing, entry, item));
        break;
    case FHIR_PATCH:
    case FHIR_GET:
    case FHIR_HEAD:
        return fault_set(&executing->call->fault, ERROR_UNSUPPORTED,
                         "entry %zu: only POST, PUT and DELETE in a transaction", entry->index);
    }
    if (entry->method == FHIR_DELETE || entry->assigned.length > 0)
        return OK;
    entry->assigned = assigned_name(executing, entry->type, &item->resource);
    return entry->assigned.data ? OK : ERROR_MEMORY;
}

/* Already there: an entry that creates, with a name but without a new id. */
static bool is_there(const struct fhir_entry *entry, const struct gate_write_item *item)
{
    return entry->method == FHIR_POST && id_is_zero(&item->resource);
}

/* A conditional reference leads to a resource that meets its query: in this very bundle, or a common one in the store.
 * */
static enum error resolve_in_bundle(struct executing *executing, struct fhir_conditional *conditional,
                                    const struct fhir_search *search)
{
    for (size_t i = 0; i < executing->plan.entries; i++) {
        const struct fhir_entry *entry = &executing->plan.entry[i];
        if (entry->type == conditional->type && entry->resource && fhir_search_matches(search, entry->resource)) {
            conditional->target = entry->assigned;
            return OK;
        }
    }
    return ERROR_NOT_FOUND;
}

static enum error resolve(struct executing *executing, struct fhir_conditional *conditional)
{
    struct call *call = executing->call;
    struct fhir_search *search = arena_alloc(call->arena, sizeof *search);

    if (!search)
        return ERROR_MEMORY;
    TRY(fhir_search_parse(call->arena, conditional->type, conditional->query, search, &call->fault));
    if (resolve_in_bundle(executing, conditional, search) == OK)
        return OK;
    enum error error = find_common(executing, conditional->type, conditional->query, &conditional->target);
    if (error != OK)
        return fault_set(&call->fault, error, "entry %zu: a conditional reference leads nowhere", conditional->entry);
    return OK;
}

static enum error take_resource(struct executing *executing, const struct fhir_entry *entry,
                                struct gate_write_item *item, bool *ret_dropped)
{
    CLEANUP_BUFFER_WIPE struct buffer resolved = buffer_new(RESOURCE_MAX), stripped = buffer_new(RESOURCE_MAX);
    struct call *call = executing->call;
    struct slice id = slice_from(entry->assigned, entry->type->name.length + 1);
    const struct json *resource;

    TRY(fhir_bundle_resource(&executing->plan, entry, id, &resolved, &call->fault));
    TRY(json_parse(call->arena, buffer_view(&resolved), &resource, &call->fault));
    TRY(fhir_strip(resource, &stripped, &executing->done.stripped, ret_dropped));
    if (*ret_dropped)
        return OK;
    item->json = arena_copy(call->arena, buffer_view(&stripped));
    if (!item->json.data)
        return ERROR_MEMORY;
    TRY(json_parse(call->arena, item->json, &resource, &call->fault));
    struct fault inner = {0};
    enum error error = fhir_validate(resource, &inner);
    if (error != OK)
        return fault_set(&call->fault, error, "entry %zu: %.200s", entry->index, inner.detail);
    TRY(item_person(call, entry->type, resource, item));
    return item_terms(call->arena, resource, item);
}

static enum error prepare_items(struct executing *executing)
{
    struct fhir_plan *plan = &executing->plan;
    struct gate_write_item *all = executing->item;

    for (size_t i = 0; i < plan->entries; i++)
        TRY(assign(executing, &plan->entry[i], &all[i]));
    for (size_t i = 0; i < plan->conditionals; i++)
        TRY(resolve(executing, &plan->conditional[i]));
    for (size_t i = 0; i < plan->entries; i++) {
        struct gate_write_item item = all[i];
        bool dropped = false;
        if (is_there(&plan->entry[i], &item))
            continue;
        if (plan->entry[i].method != FHIR_DELETE)
            TRY(take_resource(executing, &plan->entry[i], &item, &dropped));
        else if (plan->entry[i].type->kind == FHIR_PERSONAL)
            TRY(item_owner(executing->call, &item));
        executing->done.dropped += dropped;
        if (dropped)
            continue;
        executing->entry_of[executing->items] = i;
        all[executing->items++] = item;
        executing->done.persons += item.method == GATE_CREATE && id_equal(&item.person, &item.resource);
    }
    return OK;
}

/* Items of nobody to the front; both halves keep their order. */
static enum error divide(struct executing *executing)
{
    struct arena *arena = executing->call->arena;
    struct gate_write_item *sorted = arena_array(arena, executing->items, sizeof *sorted);
    size_t *entry_of = arena_array(arena, executing->items, sizeof *entry_of);
    size_t at = 0, common = 0;

    if (!sorted || !entry_of)
        return ERROR_MEMORY;
    for (int personal = 0; personal < 2; personal++) {
        for (size_t i = 0; i < executing->items; i++) {
            if (id_is_zero(&executing->item[i].person) == (personal == 1))
                continue;
            entry_of[at] = executing->entry_of[i];
            sorted[at++] = executing->item[i];
        }
        if (personal == 0)
            common = at;
    }
    executing->item = sorted;
    executing->entry_of = entry_of;
    executing->common = (struct gate_write){.item = sorted, .items = common};
    executing->personal = (struct gate_write){.item = sorted + common, .items = executing->items - common};
    return OK;
}

static void write_response(struct executing *executing, int64_t time_ms)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(BUNDLE_TEXT_MAX);
    struct call *call = executing->call;
    struct fhir_bundle_head head = {.type = FHIR_TRANSACTION_RESPONSE, .timestamp_ms = time_ms, .total = -1};
    struct fhir_bundle_writer writer = fhir_bundle_begin(&body, &head);
    const struct gate_write_item **of_entry = arena_array(call->arena, executing->plan.entries, sizeof *of_entry);
    const struct fhir_entry **in_order = arena_array(call->arena, executing->plan.entries, sizeof *in_order);

    if (!of_entry || !in_order)
        return;
    for (size_t i = 0; i < executing->items; i++)
        of_entry[executing->plan.entry[executing->entry_of[i]].index] = &executing->item[i];
    for (size_t i = 0; i < executing->plan.entries; i++)
        in_order[executing->plan.entry[i].index] = &executing->plan.entry[i];
    for (size_t i = 0; i < executing->plan.entries; i++) {
        const struct gate_write_item *item = of_entry[i];
        struct fhir_response response = {.status = item && item->method == GATE_CREATE ? 201 : item ? 200 : 204};
        if (item && item->method != GATE_DELETE) {
            response.location = arena_format(call->arena, "%.*s/_history/%llu", SLICE_PRINT(in_order[i]->assigned),
                                             (unsigned long long)item->version);
            response.version = item->version;
            response.last_modified_ms = time_ms;
        }
        fhir_bundle_response(&writer, &response);
    }
    fhir_bundle_end(&writer);
    if (buffer_check(&body) == OK)
        executing->done.response = arena_copy(call->arena, buffer_view(&body));
}

static void personal_written(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct executing *executing = context;

    executing->done.reason = reason;
    if (error == OK) {
        executing->done.stored = executing->items;
        write_response(executing, time_ms);
        if (!executing->done.response.data)
            error = ERROR_MEMORY;
    }
    finish(executing, error);
}

static void write_personal(struct executing *executing, int64_t time_ms)
{
    static const struct gate_reason no_reason;

    if (executing->personal.items == 0)
        personal_written(executing, OK, &no_reason, time_ms);
    else
        gate_write(executing->call->app->gate, &executing->personal);
}

static void common_written(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct executing *executing = context;

    if (error != OK)
        personal_written(executing, error, reason, time_ms);
    else
        write_personal(executing, time_ms);
}

static enum error begin(struct executing *executing, const struct json *bundle)
{
    struct call *call = executing->call;

    TRY(fhir_bundle_plan(call->arena, bundle, &executing->plan, &call->fault));
    executing->item = arena_array(call->arena, executing->plan.entries, sizeof *executing->item);
    executing->entry_of = arena_array(call->arena, executing->plan.entries, sizeof *executing->entry_of);
    if (!executing->item || !executing->entry_of)
        return ERROR_MEMORY;
    TRY(prepare_items(executing));
    return divide(executing);
}

void bundle_execute(struct call *call, const struct json *bundle, bundle_call *done, void *context)
{
    struct executing *executing = arena_alloc(call->arena, sizeof *executing);

    if (!executing) {
        done(context, &(struct bundle_done){.error = ERROR_MEMORY});
        return;
    }
    *executing = (struct executing){.call = call, .call_done = done, .context = context};
    enum error error = begin(executing, bundle);
    if (error != OK) {
        finish(executing, error);
        return;
    }
    executing->common.asker = executing->personal.asker = &call->asker;
    executing->common.arena = executing->personal.arena = call->arena;
    executing->common.context = executing->personal.context = executing;
    executing->common.done = common_written;
    executing->personal.done = personal_written;
    if (executing->common.items > 0)
        gate_write(call->app->gate, &executing->common);
    else
        write_personal(executing, call->app->world->now_ns(call->app->world) / 1000000);
}
