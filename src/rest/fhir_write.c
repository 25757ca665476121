/* SPDX-License-Identifier: Apache-2.0 */

/* Writing one resource: create, update, patch, delete; and breaking the glass. */

#include "fhir.h"
#include "fhir/patch.h"
#include "fhir/view.h"

#define PATCHED_MAX (16u << 20)

struct write_call {
    struct call *call;
    struct gate_write_item item;
    const struct fhir_type *type;
    int status;
};

static void written(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct write_call *write = context;
    struct call *call = write->call;

    if (error != OK) {
        reply_error(call, error, reason);
        return;
    }
    struct slice id = call_wire(call, write->type, &write->item.resource);
    struct reply_resource resource = {
        .version = write->item.version,
        .time_ms = time_ms,
        .location = arena_format(call->arena, "%.*s/%.*s/_history/%llu", SLICE_PRINT(write->type->name),
                                 SLICE_PRINT(id), (unsigned long long)write->item.version),
    };
    reply_fhir(call, write->status, &resource);
}

void call_write(struct call *call, struct gate_write_item *item, int status)
{
    struct write_call *write = arena_alloc(call->arena, sizeof *write);

    if (!write) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    *write = (struct write_call){call, *item, fhir_type(item->type), status};
    struct gate_write gate = {.asker = &call->asker,
                              .arena = call->arena,
                              .item = &write->item,
                              .items = 1,
                              .done = written,
                              .context = write};
    gate_write(call->app->gate, &gate);
}

static enum error item_json(struct arena *arena, const struct json *resource, struct gate_write_item *item)
{
    CLEANUP_BUFFER_WIPE struct buffer text = buffer_new(PATCHED_MAX);

    json_write(&text, resource);
    TRY(buffer_check(&text));
    item->json = arena_copy(arena, buffer_view(&text));
    return item->json.data ? OK : ERROR_MEMORY;
}

static enum error complete_item(struct call *call, const struct fhir_type *type, const struct json *resource,
                                struct gate_write_item *item)
{
    if (!type->writable)
        return ERROR_METHOD;
    TRY(item_person(call, type, resource, item));
    TRY(item_terms(call->arena, resource, item));
    return item_json(call->arena, resource, item);
}

void fhir_create(struct call *call)
{
    const struct fhir_type *type = call_type(call);
    const struct json *resource = type ? call_resource(call, type) : NULL;
    struct gate_write_item item = {.method = GATE_CREATE};

    if (!resource)
        return;
    item.type = type->name;
    item.resource = type->kind == FHIR_COMMON ? common_id(call, resource) : gate_new_id(call->app->gate);
    enum error error = complete_item(call, type, resource, &item);
    if (error != OK)
        reply_error(call, error, NULL);
    else
        call_write(call, &item, 201);
}

/* W/"3" or "3"; 0 when there is none, or false. */
static bool read_if_match(struct call *call, uint64_t *ret_version)
{
    struct slice etag = http_request_header(call->request, SLICE("if-match"));

    *ret_version = 0;
    if (!etag.data)
        return true;
    if (slice_starts_with(etag, SLICE("W/")))
        etag = slice_from(etag, 2);
    if (etag.length < 3 || etag.data[0] != '"' || etag.data[etag.length - 1] != '"')
        return false;
    return slice_to_u64(slice_of(etag.data + 1, etag.length - 2), ret_version) && *ret_version > 0;
}

static bool begin_change(struct call *call, const struct fhir_type **ret_type, struct gate_write_item *item)
{
    *ret_type = call_type(call);
    if (!*ret_type || !call_id(call, *ret_type, 1, &item->resource))
        return false;
    item->type = (*ret_type)->name;
    if (!read_if_match(call, &item->expected)) {
        reply_fault(call, ERROR_SYNTAX, "If-Match is not an ETag of this server");
        return false;
    }
    return true;
}

void fhir_update(struct call *call)
{
    struct gate_write_item item = {.method = GATE_UPDATE};
    const struct fhir_type *type;

    if (!begin_change(call, &type, &item))
        return;
    const struct json *resource = call_resource(call, type);
    if (!resource)
        return;
    if (fhir_is_subsetted(resource)) {
        reply_error(call, ERROR_PARTIAL_VIEW, NULL);
        return;
    }
    if (!slice_equal(json_text(json_member(resource, "id")), call->parameter[1])) {
        reply_fault(call, ERROR_VALUE, "id is not that of the address");
        return;
    }
    enum error error = complete_item(call, type, resource, &item);
    if (error != OK)
        reply_error(call, error, NULL);
    else
        call_write(call, &item, 200);
}

void fhir_delete(struct call *call)
{
    struct gate_write_item item = {.method = GATE_DELETE};
    const struct fhir_type *type;

    if (!begin_change(call, &type, &item))
        return;
    enum error error = OK;
    if (type->kind == FHIR_PERSONAL)
        error = item_owner(call, &item);
    if (error != OK)
        reply_error(call, error, NULL);
    else
        call_write(call, &item, 204);
}

/* ---- patch: read what is open, change it, write it back; the rest stays as it is ---- */

struct patching {
    struct call *call;
    const struct fhir_type *type;
    const struct json *patch;
    struct gate_write_item item;
};

static enum error apply(struct patching *patching, const struct gate_view *view)
{
    CLEANUP_BUFFER_WIPE struct buffer patched = buffer_new(PATCHED_MAX);
    struct call *call = patching->call;
    const struct json *current, *resource;

    if (patching->item.expected != 0 && patching->item.expected != view->version)
        return ERROR_PRECONDITION;
    TRY(json_parse(call->arena, view->json, &current, NULL));
    TRY(fhir_patch(call->arena, current, patching->patch, &patched, &call->fault));
    TRY(json_parse(call->arena, buffer_view(&patched), &resource, NULL));
    TRY(clean_resource(call, resource, &resource)); /* a patch too may bring what must not be stored */
    patching->item.expected = view->version;
    patching->item.seen = view->drawers;
    patching->item.method = view->partial ? GATE_PATCH : GATE_UPDATE;
    TRY(complete_item(call, patching->type, resource, &patching->item));
    patching->item.person = view->person;
    return OK;
}

/* A partial view is tagged so; what is stored must not be. The tag stands alone or before others (gate/splice.c). */
#define TAG "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\",\"code\":\"SUBSETTED\"}"

static enum error without_tag(struct patching *patching, struct slice json, struct slice *ret_json)
{
    struct slice cut = SLICE(",\"tag\":[" TAG "]");
    size_t at = slice_search(json, cut);

    if (at == SIZE_MAX) {
        cut = SLICE(TAG ",");
        at = slice_search(json, cut);
    }
    *ret_json = json;
    if (at == SIZE_MAX)
        return OK;
    struct slice rest = slice_from(json, at + cut.length);
    *ret_json = arena_format(patching->call->arena, "%.*s%.*s", (int)at, json.data, SLICE_PRINT(rest));
    return ret_json->data ? OK : ERROR_MEMORY;
}

static void patch_was_read(void *context, enum error error, const struct gate_views *views)
{
    struct patching *patching = context;
    struct gate_view view;

    if (error == OK) {
        view = views->view[0];
        error = view.partial ? without_tag(patching, view.json, &view.json) : OK;
    }
    if (error == OK)
        error = apply(patching, &view);
    if (error != OK)
        reply_error(patching->call, error, &views->reason);
    else
        call_write(patching->call, &patching->item, 200);
}

void fhir_patch_resource(struct call *call)
{
    struct patching *patching = arena_alloc(call->arena, sizeof *patching);

    if (!patching) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    *patching = (struct patching){.call = call};
    if (!begin_change(call, &patching->type, &patching->item))
        return;
    if (patching->type->kind == FHIR_COMMON) {
        reply_error(call, ERROR_METHOD, NULL);
        return;
    }
    enum error error = json_parse(call->arena, call->request->body, &patching->patch, &call->fault);
    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    struct gate_read read = {.asker = &call->asker,
                             .arena = call->arena,
                             .type = patching->type->name,
                             .resource = patching->item.resource,
                             .done = patch_was_read,
                             .context = patching};
    gate_read(call->app->gate, &read);
}

/* ---- breaking the glass ---- */

static void glass_broken(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct call *call = context;
    struct slice body;

    (void)time_ms;
    if (error != OK) {
        reply_error(call, error, reason);
        return;
    }
    body = arena_format(call->arena,
                        "{\"resourceType\":\"Parameters\",\"parameter\":["
                        "{\"name\":\"entry\",\"valueInteger\":%llu},"
                        "{\"name\":\"expiresInSeconds\",\"valueInteger\":3600},"
                        "{\"name\":\"notice\",\"valueString\":\"The person is told, and somebody else reviews it.\"}]}",
                        (unsigned long long)reason->leaf);
    reply_fhir(call, 200, &(struct reply_resource){.json = body, .review = true});
}

/* Parameters with one `reason`. */
static struct slice reason_of(const struct json *parameters)
{
    struct json_items items = json_items(json_member(parameters, "parameter"));

    while (json_next(&items))
        if (json_is(json_member(items.value, "name"), "reason"))
            return json_text(json_member(items.value, "valueString"));
    return slice_of("", 0);
}

void fhir_break_glass(struct call *call)
{
    const struct json *parameters = NULL;
    struct id person;

    if (!call_id(call, fhir_type(SLICE("Patient")), 0, &person))
        return;
    enum error error = json_parse(call->arena, call->request->body, &parameters, &call->fault);
    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    struct slice reason = reason_of(parameters); /* whether it says enough is the safe's to judge */
    if (reason.length > PROTOCOL_TEXT_MAX) {
        reply_fault(call, ERROR_TOO_LARGE, "a parameter `reason` of at most %d bytes", PROTOCOL_TEXT_MAX);
        return;
    }
    struct gate_glass glass = {.asker = &call->asker,
                               .arena = call->arena,
                               .person = person,
                               .reason = reason,
                               .done = glass_broken,
                               .context = call};
    gate_break_glass(call->app->gate, &glass);
}
