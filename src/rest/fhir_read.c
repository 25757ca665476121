/* SPDX-License-Identifier: Apache-2.0 */

/* Reading: one resource, a version, a history, a search, a summary. */

#include "fhir.h"

#include <stdlib.h>

#include "fhir/bundle.h"
#include "fhir/capability.h"
#include "fhir/summary.h"

#define BUNDLE_MAX (128u << 20)

void fhir_metadata(struct call *call)
{
    struct buffer body = buffer_new(4u << 20);
    struct fhir_capability capability = {.url = reply_fhir_base(call),
                                         .name = call->app->name,
                                         .version = SLICE(HOSPITIUM_VERSION),
                                         .date_ms = call->app->started_ns / 1000000};

    fhir_capability_write(&capability, &body);
    struct slice json = arena_copy(call->arena, buffer_view(&body));
    buffer_free(&body);
    reply_fhir(call, 200, &(struct reply_resource){.json = json});
}

/* ---- one resource ---- */

static struct slice location_of(struct call *call, const struct gate_view *view)
{
    const struct fhir_type *type = fhir_type(view->type);
    struct slice id = call_wire(call, type, &view->inside);

    return arena_format(call->arena, "%.*s/%.*s", SLICE_PRINT(view->type), SLICE_PRINT(id));
}

static void reply_view(struct call *call, const struct gate_view *view, bool review)
{
    struct reply_resource resource = {
        .json = view->json, .version = view->version, .time_ms = view->time_ms, .review = review};

    /* A representation that the client has already. */
    struct slice known = http_request_header(call->request, SLICE("if-none-match"));
    struct slice etag = arena_format(call->arena, "W/\"%llu\"", (unsigned long long)view->version);
    if (known.data && slice_equal(known, etag))
        reply_empty(call, 304);
    else
        reply_fhir(call, 200, &resource);
}

static void was_read(void *context, enum error error, const struct gate_views *views)
{
    struct call *call = context;

    if (error != OK)
        reply_error(call, error, &views->reason);
    else
        reply_view(call, &views->view[0], views->reason.review);
}

static void read_common(struct call *call, const struct fhir_type *type, const struct id *id)
{
    struct gate_view view;
    enum error error = gate_common(call->app->gate, call->arena, type->name, id, &view);

    if (error != OK)
        reply_error(call, error, NULL);
    else
        reply_view(call, &view, false);
}

static void read_resource(struct call *call, uint64_t version, bool history, gate_read_done *done)
{
    const struct fhir_type *type = call_type(call);
    struct id id;

    if (!type || !call_id(call, type, 1, &id))
        return;
    if (type->kind == FHIR_COMMON) {
        read_common(call, type, &id);
        return;
    }
    struct gate_read read = {.asker = &call->asker,
                             .arena = call->arena,
                             .type = type->name,
                             .resource = id,
                             .version = version,
                             .history = history,
                             .done = done,
                             .context = call};
    gate_read(call->app->gate, &read);
}

void fhir_read(struct call *call)
{
    read_resource(call, 0, false, was_read);
}

void fhir_vread(struct call *call)
{
    uint64_t version;

    if (!slice_to_u64(call->parameter[2], &version) || version == 0)
        reply_error(call, ERROR_NOT_FOUND, NULL);
    else
        read_resource(call, version, false, was_read);
}

static void write_history_entry(struct call *call, struct fhir_bundle_writer *writer, const struct gate_view *view)
{
    struct slice location = location_of(call, view);
    struct slice url = arena_format(call->arena, "%.*s/fhir/%.*s", SLICE_PRINT(call->app->base_url),
                                    SLICE_PRINT(location));
    struct fhir_response response = {.status = view->deleted        ? 204
                                               : view->version == 1 ? 201
                                                                    : 200,
                                     .version = view->version,
                                     .last_modified_ms = view->time_ms,
                                     .resource = view->deleted ? slice_of("", 0) : view->json,
                                     .full_url = url,
                                     .method = view->deleted        ? "DELETE"
                                               : view->version == 1 ? "POST"
                                                                    : "PUT",
                                     .url = location};

    fhir_bundle_response(writer, &response);
}

static void reply_bundle(struct call *call, struct buffer *body, int status)
{
    enum error error = buffer_check(body);
    struct slice json = error == OK ? arena_copy(call->arena, buffer_view(body)) : slice_of(NULL, 0);

    buffer_wipe(body);
    if (!json.data)
        reply_error(call, error == OK ? ERROR_MEMORY : error, NULL);
    else
        reply_fhir(call, status, &(struct reply_resource){.json = json});
}

static void history_was_read(void *context, enum error error, const struct gate_views *views)
{
    struct call *call = context;
    struct buffer body = buffer_new(BUNDLE_MAX);

    if (error != OK && error != ERROR_GONE) {
        reply_error(call, error, &views->reason);
        return;
    }
    struct fhir_bundle_head head = {.type = FHIR_HISTORY,
                                    .total = (int64_t)views->count,
                                    .timestamp_ms = call->app->world->now_ns(call->app->world) / 1000000};
    struct fhir_bundle_writer writer = fhir_bundle_begin(&body, &head);
    for (size_t i = 0; i < views->count; i++)
        write_history_entry(call, &writer, &views->view[i]);
    fhir_bundle_end(&writer);
    reply_bundle(call, &body, 200);
}

void fhir_history(struct call *call)
{
    read_resource(call, 0, true, history_was_read);
}

/* ---- search ---- */

struct searching {
    struct call *call;
    struct fhir_search search;
    struct slice query;
};

struct hit {
    const struct gate_view *view;
    const struct json *resource;
};

static _Thread_local const struct fhir_search *sorting; /* qsort has no context */

static int by_sort(const void *a, const void *b)
{
    const struct hit *left = a, *right = b;
    int order = fhir_search_compare(sorting, left->resource, right->resource);

    return order != 0 ? order : memcmp(left->view->inside.byte, right->view->inside.byte, ID_BYTES);
}

/* The exact filter, on what the asker may see and nothing else. */
static enum error filter(struct searching *searching, const struct gate_views *views, struct hit **ret_hit,
                         size_t *ret_count)
{
    struct hit *hit = arena_array(searching->call->arena, views->count, sizeof *hit);
    size_t count = 0;

    if (!hit)
        return ERROR_MEMORY;
    for (size_t i = 0; i < views->count; i++) {
        const struct json *resource;
        TRY(json_parse(searching->call->arena, views->view[i].json, &resource, NULL));
        if (fhir_search_matches(&searching->search, resource))
            hit[count++] = (struct hit){&views->view[i], resource};
    }
    sorting = &searching->search;
    qsort(hit, count, sizeof *hit, by_sort);
    *ret_hit = hit;
    *ret_count = count;
    return OK;
}

/* The page cursor is the number of hits before it. It holds nothing but a number: what is seen is decided anew for each
 * page. */
static size_t page_start(const struct fhir_search *search, size_t count)
{
    uint64_t start = 0;

    if (search->page.length == 0 || !slice_to_u64(search->page, &start))
        return 0;
    return start < count ? (size_t)start : count;
}

static struct slice page_url(struct searching *searching, size_t start)
{
    CLEANUP_BUFFER struct buffer query = buffer_new(16384);
    struct call *call = searching->call;
    struct slice none = slice_of("", 0);

    fhir_search_write(&searching->search, searching->query, &query);
    if (buffer_check(&query) != OK)
        return none;
    struct slice url = arena_format(call->arena, "%.*s/fhir/%.*s?%.*s", SLICE_PRINT(call->app->base_url),
                                    SLICE_PRINT(searching->search.type->name), SLICE_PRINT(buffer_view(&query)));
    if (start == 0 || !url.data)
        return url.data ? url : none;
    url = arena_format(call->arena, "%.*s%s_page=%zu", SLICE_PRINT(url), query.length ? "&" : "", start);
    return url.data ? url : none;
}

static void reply_hits(struct searching *searching, const struct hit *hit, size_t count)
{
    struct call *call = searching->call;
    struct buffer body = buffer_new(BUNDLE_MAX);
    size_t start = page_start(&searching->search, count), end = start;

    if (!searching->search.total_only)
        end = count - start > searching->search.count ? start + searching->search.count : count;
    struct fhir_bundle_head head = {.type = FHIR_SEARCHSET,
                                    .timestamp_ms = call->app->world->now_ns(call->app->world) / 1000000,
                                    .total = (int64_t)count,
                                    .self = page_url(searching, start)};
    if (end < count && !searching->search.total_only)
        head.next = page_url(searching, end);
    struct fhir_bundle_writer writer = fhir_bundle_begin(&body, &head);
    for (size_t i = start; i < end; i++) {
        struct slice url = arena_format(call->arena, "%.*s/fhir/%.*s", SLICE_PRINT(call->app->base_url),
                                        SLICE_PRINT(location_of(call, hit[i].view)));
        fhir_bundle_hit(&writer, url, hit[i].view->json, "match");
    }
    fhir_bundle_end(&writer);
    reply_bundle(call, &body, 200);
}

static void searched(void *context, enum error error, const struct gate_views *views)
{
    struct searching *searching = context;
    struct hit *hit = NULL;
    size_t count = 0;

    if (error == OK && views->cut)
        error = ERROR_TOO_COSTLY;
    if (error == OK)
        error = filter(searching, views, &hit, &count);
    if (error != OK)
        reply_error(searching->call, error, &views->reason);
    else
        reply_hits(searching, hit, count);
}

static void search_common(struct searching *searching)
{
    struct gate_views views = {0};
    enum error error = gate_common_all(searching->call->app->gate, searching->call->arena, searching->search.type->name,
                                       &views);

    searched(searching, error, &views);
}

/* A reference to an organisation stands in index terms as it stands in resources. One to a person's resource carries
 * the id that one sector sees, so it is not looked up, only filtered. */
static bool names_personal(struct slice term)
{
    struct slice value = slice_from(term, slice_find(term, '=') + 1);
    const struct fhir_type *type = fhir_type(slice_cut(&value, '/'));

    return type && type->kind == FHIR_PERSONAL;
}

static void search_across(struct searching *searching)
{
    struct call *call = searching->call;
    struct fhir_lookups lookups;
    enum error error = fhir_search_lookups(call->arena, &searching->search, &lookups);
    struct gate_term_set *set = error == OK ? arena_array(call->arena, lookups.count, sizeof *set) : NULL;

    size_t sets = 0;

    for (size_t i = 0; set && i < lookups.count; i++)
        if (lookups.lookup[i].count > 0 && !names_personal(lookups.lookup[i].term[0]))
            set[sets++] = (struct gate_term_set){lookups.lookup[i].term, lookups.lookup[i].count};
    if (sets == 0) {
        reply_fault(call, set ? ERROR_TOO_COSTLY : ERROR_MEMORY, "name a patient, or a parameter that is indexed");
        return;
    }
    struct gate_search search = {.asker = &call->asker,
                                 .arena = call->arena,
                                 .type = searching->search.type->name,
                                 .set = set,
                                 .sets = sets,
                                 .done = searched,
                                 .context = searching};
    gate_search(call->app->gate, &search);
}

static void search_person(struct searching *searching, const struct id *person)
{
    struct call *call = searching->call;
    struct gate_scan scan = {.asker = &call->asker,
                             .arena = call->arena,
                             .person = *person,
                             .type = searching->search.type->name,
                             .needed = OUTCOME_FULL,
                             .action = ACTION_SEARCH,
                             .done = searched,
                             .context = searching};

    gate_scan(call->app->gate, &scan);
}

static void search(struct call *call, struct slice query)
{
    const struct fhir_type *type = call_type(call);
    struct searching *searching = arena_alloc(call->arena, sizeof *searching);
    struct id person;

    if (!type)
        return;
    if (!searching) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    searching->call = call;
    searching->query = query;
    enum error error = fhir_search_parse(call->arena, type, query, &searching->search, &call->fault);
    if (error != OK)
        reply_error(call, error, NULL);
    else if (type->kind == FHIR_COMMON)
        search_common(searching);
    else if (searching->search.person.length == 0)
        search_across(searching);
    else if (reference_inside(call, searching->search.person, &person))
        search_person(searching, &person);
    else
        reply_fault(call, ERROR_VALUE, "the patient is not one of this server");
}

void fhir_search_get(struct call *call)
{
    search(call, call->request->query);
}

void fhir_search_post(struct call *call)
{
    search(call, call->request->body);
}

/* ---- summary ---- */

static enum error write_summary(struct call *call, const struct gate_views *views, struct buffer *body)
{
    struct fhir_summary summary = {.base = reply_fhir_base(call), .author = call->app->name, .world = call->app->world};
    const struct json **resource = arena_array(call->arena, views->count, sizeof *resource);

    if (!resource)
        return ERROR_MEMORY;
    for (size_t i = 0; i < views->count; i++) {
        const struct json *parsed;
        TRY(json_parse(call->arena, views->view[i].json, &parsed, NULL));
        if (slice_is(views->view[i].type, "Patient"))
            summary.patient = parsed;
        else
            resource[summary.count++] = parsed;
    }
    summary.resource = resource;
    return fhir_summary_write(call->arena, &summary, body);
}

static void summary_was_read(void *context, enum error error, const struct gate_views *views)
{
    struct call *call = context;
    struct buffer body = buffer_new(BUNDLE_MAX);

    if (error == OK)
        error = write_summary(call, views, &body);
    if (error == OK) {
        reply_bundle(call, &body, 200);
        return;
    }
    buffer_wipe(&body);
    reply_error(call, error, &views->reason);
}

void fhir_summary_operation(struct call *call)
{
    struct id person;
    const struct fhir_type *type = fhir_type(SLICE("Patient"));

    if (!call_id(call, type, 0, &person))
        return;
    struct gate_scan scan = {.asker = &call->asker,
                             .arena = call->arena,
                             .person = person,
                             .needed = OUTCOME_SUMMARY,
                             .action = ACTION_READ,
                             .done = summary_was_read,
                             .context = call};
    gate_scan(call->app->gate, &scan);
}
