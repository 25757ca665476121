/* SPDX-License-Identifier: Apache-2.0 */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "fhir/outcome.h"
#include "site.h"
#include "text/json.h"

#define ERROR_BODY_MAX 4096

static const struct http_header fhir_headers[] = {
    {SLICE("content-type"), SLICE("application/fhir+json; charset=utf-8")},
    {SLICE("cache-control"), SLICE("no-store")},
    {SLICE("x-content-type-options"), SLICE("nosniff")},
};
#define FHIR_HEADERS (sizeof fhir_headers / sizeof *fhir_headers)

static void count(struct call *call, int status)
{
    call->app->answers[status / 100 % 6]++;
}

static void describe(struct call *call, enum error error, const struct gate_reason *reason)
{
    if (call->fault.code == error && call->fault.detail[0])
        return;
    call->fault = (struct fault){.code = error};
    if (reason && reason->row.length > 0)
        snprintf(call->fault.detail, sizeof call->fault.detail, "rule %.*s (%.*s)", SLICE_PRINT(reason->row),
                 SLICE_PRINT(reason->citation));
}

static void reply_problem(struct call *call, int status, const struct error_entry *entry)
{
    const struct http_header headers[] = {
        {SLICE("content-type"), SLICE("application/problem+json")},
        {SLICE("cache-control"), SLICE("no-store")},
        {SLICE("allow"), call->allow},
    };
    struct buffer body = buffer_new(ERROR_BODY_MAX);
    struct json_writer writer = json_writer(&body);

    json_begin_object(&writer);
    json_member_cstring(&writer, "title", entry->sentence);
    json_key(&writer, "status");
    json_integer(&writer, status);
    json_member_cstring(&writer, "detail", call->fault.detail);
    json_member_cstring(&writer, "hint", entry->hint);
    json_member_cstring(&writer, "code", entry->name);
    json_end_object(&writer);
    exchange_respond_buffer(call->exchange, status, headers, status == 405 ? 3 : 2, &body);
}

static void capture_outcome(struct call *call, int status)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(ERROR_BODY_MAX);

    fhir_outcome_write(&call->fault, &body);
    call->capture->status = status;
    call->capture->json = arena_copy(call->arena, buffer_view(&body));
    call->capture->done(call);
}

static void reply_outcome(struct call *call, int status)
{
    struct http_header headers[FHIR_HEADERS + 2];
    struct buffer body = buffer_new(ERROR_BODY_MAX);
    size_t count_headers = FHIR_HEADERS;

    memcpy(headers, fhir_headers, sizeof fhir_headers);
    if (status == 401)
        headers[count_headers++] = (struct http_header){SLICE("www-authenticate"), SLICE("Bearer")};
    if (status == 405)
        headers[count_headers++] = (struct http_header){SLICE("allow"), call->allow};
    fhir_outcome_write(&call->fault, &body);
    exchange_respond_buffer(call->exchange, status, headers, count_headers, &body);
}

void reply_error(struct call *call, enum error error, const struct gate_reason *reason)
{
    const struct error_entry *entry = error_entry(error);

    describe(call, error, reason);
    if (call->capture) {
        capture_outcome(call, entry->http_status);
        return;
    }
    count(call, entry->http_status);
    switch (call->route ? call->route->manner : MANNER_API) {
    case MANNER_FHIR:
        reply_outcome(call, entry->http_status);
        break;
    case MANNER_API:
        reply_problem(call, entry->http_status, entry);
        break;
    case MANNER_PAGE:
        site_reply_error(call, error);
        break;
    }
}

void reply_fault(struct call *call, enum error error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(call->fault.detail, sizeof call->fault.detail, format, arguments);
    va_end(arguments);
    call->fault.code = error;
    reply_error(call, error, NULL);
}

/* RFC 9110, 5.6.7: IMF-fixdate. */
static struct slice http_date(struct arena *arena, int64_t time_ms)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    return arena_format(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday,
                        months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void reply_fhir(struct call *call, int status, const struct reply_resource *resource)
{
    struct http_header headers[FHIR_HEADERS + 4];
    size_t headers_count = FHIR_HEADERS;

    if (call->capture) {
        call->capture->status = status;
        call->capture->json = resource->json;
        call->capture->location = resource->location;
        call->capture->version = resource->version;
        call->capture->time_ms = resource->time_ms;
        call->capture->done(call);
        return;
    }
    memcpy(headers, fhir_headers, sizeof fhir_headers);
    if (resource->version > 0) {
        headers[headers_count++] = (struct http_header){
            SLICE("etag"), arena_format(call->arena, "W/\"%llu\"", (unsigned long long)resource->version)};
        headers[headers_count++] = (struct http_header){SLICE("last-modified"),
                                                        http_date(call->arena, resource->time_ms)};
    }
    if (resource->location.length > 0)
        headers[headers_count++] = (struct http_header){
            SLICE("location"), arena_format(call->arena, "%.*s/fhir/%.*s", SLICE_PRINT(call->app->base_url),
                                            SLICE_PRINT(resource->location))};
    if (resource->review)
        headers[headers_count++] = (struct http_header){SLICE("warning"),
                                                        SLICE("199 - \"emergency access: it will be reviewed\"")};
    count(call, status);
    exchange_respond_parts(call->exchange, status, headers, headers_count, &resource->json,
                           resource->json.length > 0 ? 1 : 0);
}

void reply_json(struct call *call, int status, struct buffer *body)
{
    static const struct http_header headers[] = {
        {SLICE("content-type"), SLICE("application/json")},
        {SLICE("cache-control"), SLICE("no-store")},
        {SLICE("x-content-type-options"), SLICE("nosniff")},
    };

    count(call, status);
    exchange_respond_buffer(call->exchange, status, headers, 3, body);
}

void reply_public(struct call *call, const char *type, struct slice body)
{
    const struct http_header headers[] = {
        {SLICE("content-type"), slice_from_string(type)},
        {SLICE("x-content-type-options"), SLICE("nosniff")},
        {SLICE("cache-control"), SLICE("no-cache")},
    };

    count(call, 200);
    exchange_respond(call->exchange, 200, headers, 3, body);
}

void reply_empty(struct call *call, int status)
{
    if (call->capture) {
        call->capture->status = status;
        call->capture->done(call);
        return;
    }
    count(call, status);
    exchange_respond(call->exchange, status, fhir_headers + 1, 2, slice_of("", 0));
}

struct slice reply_fhir_base(struct call *call)
{
    return arena_format(call->arena, "%.*s/fhir", SLICE_PRINT(call->app->base_url));
}
