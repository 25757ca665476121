/* SPDX-License-Identifier: Apache-2.0 */

/* POST [base]: a transaction is one write; a batch runs its entries one after the other, each as a call of its own, so
 * that an entry is permitted and logged exactly as the same request alone would be. */

#include "bundle.h"
#include "fhir.h"
#include "fhir/bundle.h"

#define BODY_MAX (128u << 20)

static void transaction_done(void *context, const struct bundle_done *done)
{
    struct call *call = context;

    if (done->error != OK)
        reply_error(call, done->error, done->reason);
    else
        reply_fhir(call, 200, &(struct reply_resource){.json = done->response});
}

/* ---- batch ---- */

#define SEGMENTS_MAX 8

struct batch {
    struct call *call;
    struct fhir_plan plan;
    size_t next;
    struct call entry;
    struct http_request request;
    struct capture capture;
    struct slice segment[SEGMENTS_MAX];
    struct fhir_response *response; /* by place in the bundle */
};

static enum http_method method_of(enum fhir_method method)
{
    static const enum http_method methods[] = {
        [FHIR_DELETE] = METHOD_DELETE, [FHIR_POST] = METHOD_POST, [FHIR_PUT] = METHOD_PUT,
        [FHIR_PATCH] = METHOD_PATCH,   [FHIR_GET] = METHOD_GET,   [FHIR_HEAD] = METHOD_HEAD};
    return methods[method];
}

static void reply_batch(struct batch *batch)
{
    struct buffer body = buffer_new(BODY_MAX);
    struct call *call = batch->call;
    struct fhir_bundle_head head = {
        .type = FHIR_BATCH_RESPONSE, .total = -1, .timestamp_ms = call->app->world->now_ns(call->app->world) / 1000000};
    struct fhir_bundle_writer writer = fhir_bundle_begin(&body, &head);

    for (size_t i = 0; i < batch->plan.entries; i++)
        fhir_bundle_response(&writer, &batch->response[i]);
    fhir_bundle_end(&writer);
    enum error error = buffer_check(&body);
    struct slice json = arena_copy(call->arena, buffer_view(&body));
    buffer_wipe(&body);
    if (error != OK || !json.data)
        reply_error(call, error != OK ? error : ERROR_MEMORY, NULL);
    else
        reply_fhir(call, 200, &(struct reply_resource){.json = json});
}

static void run_next(void *context);

static void entry_done(struct call *entry)
{
    struct batch *batch = entry->state;
    const struct capture *capture = entry->capture;
    bool failed = capture->status >= 400;

    batch->response[batch->plan.entry[batch->next].index] = (struct fhir_response){
        .status = capture->status,
        .location = capture->location,
        .version = capture->version,
        .last_modified_ms = capture->time_ms,
        .outcome = failed ? capture->json : slice_of("", 0),
        .resource = failed || capture->status == 204 ? slice_of("", 0) : capture->json,
    };
    batch->next++;
    if (loop_defer(batch->call->app->loop, run_next, batch) != OK)
        reply_error(batch->call, ERROR_MEMORY, NULL);
}

static enum error body_of(struct batch *batch, const struct fhir_entry *entry, struct slice *ret_body)
{
    CLEANUP_BUFFER_WIPE struct buffer body = buffer_new(BODY_MAX);

    *ret_body = slice_of("", 0);
    if (!entry->resource)
        return OK;
    TRY(fhir_bundle_resource(&batch->plan, entry, slice_of("", 0), &body, &batch->entry.fault));
    *ret_body = arena_copy(batch->call->arena, buffer_view(&body));
    return ret_body->data ? OK : ERROR_MEMORY;
}

static void run_next(void *context)
{
    struct batch *batch = context;
    struct call *call = batch->call;

    if (batch->next == batch->plan.entries) {
        reply_batch(batch);
        return;
    }
    const struct fhir_entry *entry = &batch->plan.entry[batch->next];
    struct slice path = entry->url;
    size_t segments = 1;

    batch->capture = (struct capture){.done = entry_done};
    batch->entry = (struct call){.app = call->app,
                                 .exchange = call->exchange,
                                 .request = &batch->request,
                                 .arena = call->arena,
                                 .asker = call->asker,
                                 .capture = &batch->capture,
                                 .state = batch};
    batch->segment[0] = SLICE("fhir");
    path.length = slice_find(path, '?');
    while (path.length > 0 && segments < SEGMENTS_MAX)
        batch->segment[segments++] = slice_cut(&path, '/');
    batch->request = (struct http_request){.method = method_of(entry->method),
                                           .segment = batch->segment,
                                           .segments = segments,
                                           .query = entry->query,
                                           .arena = call->arena,
                                           .client = call->request->client};
    enum error error = body_of(batch, entry, &batch->request.body);
    batch->entry.route = call->route;
    if (error != OK)
        reply_error(&batch->entry, error, NULL);
    else
        app_dispatch_entry(&batch->entry);
}

static void run_batch(struct call *call, const struct fhir_plan *plan)
{
    struct batch *batch = arena_alloc(call->arena, sizeof *batch);

    if (batch)
        *batch = (struct batch){.call = call, .plan = *plan};
    if (batch)
        batch->response = arena_array(call->arena, plan->entries, sizeof *batch->response);
    if (!batch || !batch->response)
        reply_error(call, ERROR_MEMORY, NULL);
    else
        run_next(batch);
}

void fhir_bundle(struct call *call)
{
    const struct json *bundle = NULL;
    struct fhir_plan plan = {0};

    enum error error = json_parse(call->arena, call->request->body, &bundle, &call->fault);
    if (error == OK && json_is(json_member(bundle, "type"), "batch"))
        error = fhir_bundle_plan(call->arena, bundle, &plan, &call->fault);
    if (error != OK)
        reply_error(call, error, NULL);
    else if (json_is(json_member(bundle, "type"), "batch"))
        run_batch(call, &plan);
    else
        bundle_execute(call, bundle, transaction_done, call);
}
