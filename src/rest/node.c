/* SPDX-License-Identifier: Apache-2.0 */

/* What the node says of itself, and its logs for strangers. */

#include <stdio.h>

#include "base/file.h"
#include "handlers.h"
#include "reply.h"
#include "safe/node.h"
#include "text/json.h"

void node_live(struct call *call)
{
    reply_public(call, "text/plain", SLICE("alive\n"));
}

void node_ready(struct call *call)
{
    if (safe_client_alive(gate_client(call->app->gate)))
        reply_public(call, "text/plain", SLICE("ready\n"));
    else
        reply_error(call, ERROR_SAFE_UNREACHABLE, NULL);
}

/* Numbers that the safe gives, in the order of its answers; all ones: there is none. */
struct gauge {
    const char *name, *help;
};
static const struct gauge oversight_gauges[] = {
    {"hospitium_reviews_open", "Looks that wait for somebody else's review."},
    {"hospitium_reviews_overdue", "Of these, longer than 7 days."},
    {"hospitium_reviews_shut", "Of these, so long that their actors' broken glass is shut."},
    {"hospitium_suspensions", "What oversight has suspended."},
};
static const struct gauge witness_gauges[] = {
    {"hospitium_witnesses", "Witnesses that the node asks."},
    {"hospitium_witnesses_behind", "Of these, without a cosignature of the access log for a round and a minute."},
    {"hospitium_forks", "How often a witness said that a log is not the one it cosigned: above 0 is an alarm."},
    {"hospitium_access_cosigned_age_seconds", "Since enough witnesses cosigned a checkpoint of the access log."},
    {"hospitium_public_cosigned_age_seconds", "Since enough witnesses cosigned a checkpoint of the public log."},
    {"hospitium_witness_files_refused", "Of witnesses, region, witnesses.pem: not in force as it lies there."},
};

struct measuring {
    struct call *call;
    struct buffer text;
};

static void write_gauges(struct measuring *measuring, const struct gauge *gauge, size_t count, struct slice payload)
{
    struct reader reader = reader_of(payload);

    for (size_t i = 0; i < count; i++) {
        uint64_t value = reader_u64(&reader);
        if (!reader.failed && value != UINT64_MAX)
            buffer_format(&measuring->text, "# HELP %s %s\n# TYPE %s gauge\n%s %llu\n", gauge[i].name, gauge[i].help,
                          gauge[i].name, gauge[i].name, (unsigned long long)value);
    }
}

static void witnesses_measured(void *context, enum error error, struct slice payload)
{
    struct measuring *measuring = context;

    if (error == OK)
        write_gauges(measuring, witness_gauges, sizeof witness_gauges / sizeof *witness_gauges, payload);
    reply_public(measuring->call, "text/plain; version=0.0.4", buffer_view(&measuring->text));
    buffer_free(&measuring->text);
}

static void oversight_measured(void *context, enum error error, struct slice payload)
{
    struct measuring *measuring = context;

    buffer_format(&measuring->text,
                  "# HELP hospitium_safe_reachable Whether the safe answers.\n"
                  "# TYPE hospitium_safe_reachable gauge\n"
                  "hospitium_safe_reachable %d\n",
                  error == OK);
    if (error == OK)
        write_gauges(measuring, oversight_gauges, sizeof oversight_gauges / sizeof *oversight_gauges, payload);
    safe_call(gate_client(measuring->call->app->gate), PROTOCOL_WITNESSING, slice_of("", 0), witnesses_measured,
              measuring);
}

void node_metrics(struct call *call)
{
    struct measuring *measuring = arena_alloc(call->arena, sizeof *measuring);

    if (!measuring) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    *measuring = (struct measuring){call, buffer_new(16384)};
    buffer_format(&measuring->text,
                  "# HELP hospitium_answers_total Answers by class of status.\n"
                  "# TYPE hospitium_answers_total counter\n");
    for (unsigned class = 2; class <= 5; class++)
        buffer_format(&measuring->text, "hospitium_answers_total{class=\"%uxx\"} %llu\n", class,
                      (unsigned long long)call->app->answers[class]);
    safe_call(gate_client(call->app->gate), PROTOCOL_OVERSIGHT_COUNTS, slice_of("", 0), oversight_measured, measuring);
}

void node_smart(struct call *call)
{
    struct buffer body = buffer_new(4096);
    struct json_writer writer = json_writer(&body);

    json_begin_object(&writer);
    json_member_string(&writer, "issuer", call->app->base_url);
    json_key(&writer, "grant_types_supported");
    json_begin_array(&writer);
    json_end_array(&writer);
    json_key(&writer, "capabilities");
    json_begin_array(&writer);
    json_end_array(&writer);
    json_end_object(&writer);
    reply_json(call, 200, &body);
}

/* ---- OpenAPI, from the route table ---- */

static void write_operation(struct json_writer *writer, const struct route *route)
{
    static const char *const methods[METHOD_COUNT] = {
        [METHOD_GET] = "get",     [METHOD_HEAD] = "head",     [METHOD_POST] = "post",      [METHOD_PUT] = "put",
        [METHOD_PATCH] = "patch", [METHOD_DELETE] = "delete", [METHOD_OPTIONS] = "options"};
    struct slice rest = slice_from_string(route->path);

    json_key(writer, methods[route->method]);
    json_begin_object(writer);
    json_member_cstring(writer, "summary", route->help);
    json_key(writer, "parameters");
    json_begin_array(writer);
    while (rest.length > 0) {
        struct slice part = slice_cut(&rest, '/');
        if (part.length < 3 || part.data[0] != '{')
            continue;
        json_begin_object(writer);
        json_member_string(writer, "name", slice_of(part.data + 1, part.length - 2));
        json_member_cstring(writer, "in", "path");
        json_key(writer, "required");
        json_bool(writer, true);
        json_key(writer, "schema");
        json_raw(writer, SLICE("{\"type\":\"string\"}"));
        json_end_object(writer);
    }
    json_end_array(writer);
    if (route->permission == PERMIT_TOKEN || route->permission == PERMIT_ORDER) {
        json_key(writer, "security");
        json_raw(writer, SLICE("[{\"bearer\":[]}]"));
    }
    json_key(writer, "responses");
    json_raw(writer, SLICE("{\"default\":{\"description\":\"The answer, or an error with a sentence and a hint.\"}}"));
    json_end_object(writer);
}

static bool is_first_of_path(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(app_route_at(i)->path, app_route_at(index)->path) == 0)
            return false;
    return true;
}

static void write_paths(const struct app *app, struct json_writer *writer)
{
    for (size_t i = 0; app_route_at(i); i++) {
        if (app_route_at(i)->permission == PERMIT_CONTROL || !app_route_exists(app, app_route_at(i)) ||
            !is_first_of_path(i))
            continue;
        json_key(writer, app_route_at(i)->path);
        json_begin_object(writer);
        for (size_t j = i; app_route_at(j); j++)
            if (strcmp(app_route_at(j)->path, app_route_at(i)->path) == 0)
                write_operation(writer, app_route_at(j));
        json_end_object(writer);
    }
}

void node_openapi(struct call *call)
{
    struct buffer body = buffer_new(1u << 20);
    struct json_writer writer = json_writer(&body);

    json_begin_object(&writer);
    json_member_cstring(&writer, "openapi", "3.1.0");
    json_key(&writer, "info");
    json_begin_object(&writer);
    json_member_cstring(&writer, "title", "Hospitium");
    json_member_cstring(&writer, "version", HOSPITIUM_VERSION);
    json_end_object(&writer);
    json_key(&writer, "paths");
    json_begin_object(&writer);
    write_paths(call->app, &writer);
    json_end_object(&writer);
    json_key(&writer, "components");
    json_raw(&writer, SLICE("{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}}"));
    json_end_object(&writer);
    reply_json(call, 200, &body);
}

/* ---- the logs ---- */

/* 0 for the access log, 1 for the public one, -1 for none. */
static int log_number(struct call *call)
{
    if (slice_is(call->parameter[0], "access"))
        return 0;
    if (slice_is(call->parameter[0], "public"))
        return 1;
    reply_error(call, ERROR_NOT_FOUND, NULL);
    return -1;
}

/* A note or a proof: text. */
static void text_came(void *context, enum error error, struct slice payload)
{
    struct call *call = context;

    if (error != OK)
        reply_error(call, error, NULL);
    else
        reply_public(call, "text/plain; charset=utf-8", payload);
}

static void tile_came(void *context, enum error error, struct slice payload)
{
    struct call *call = context;

    if (error != OK)
        reply_error(call, error, NULL);
    else
        reply_public(call, "application/octet-stream", payload);
}

void log_checkpoint(struct call *call)
{
    int number = log_number(call);
    uint8_t payload = (uint8_t)number;

    if (number >= 0)
        safe_call(gate_client(call->app->gate), PROTOCOL_CHECKPOINT, slice_of(&payload, 1), text_came, call);
}

void log_key(struct call *call)
{
    int number = log_number(call);
    struct slice key;

    if (number < 0)
        return;
    const char *below = number == 0 ? "log/access.vkey" : "log/public.vkey";
    enum error error = file_read(call->arena, node_path(call->app->directory, below).text, 1024, &key, NULL);
    if (error != OK)
        reply_error(call, error, NULL);
    else
        reply_public(call, "text/plain; charset=utf-8", key);
}

/* C2SP tlog-tiles: L/N[.p/W] or entries/N[.p/W], N in groups of three digits, all but the last with an x before them.
 * */
static bool read_group(struct slice group, bool last, uint64_t *index)
{
    uint64_t value;

    if (!last && !slice_starts_with(group, SLICE("x")))
        return false;
    if (!last)
        group = slice_from(group, 1);
    if (group.length != 3 || !slice_to_u64(group, &value))
        return false;
    return !__builtin_mul_overflow(*index, 1000, index) && !__builtin_add_overflow(*index, value, index);
}

static bool read_tile_path(struct call *call, uint8_t *ret_level, uint64_t *ret_index, uint16_t *ret_width)
{
    const struct slice *segment = call->request->segment + call->rest;
    size_t count = call->request->segments - call->rest;
    uint64_t level = UINT8_MAX, width = 256;

    if (count < 2 || (!slice_is(segment[0], "entries") && (!slice_to_u64(segment[0], &level) || level > 63)))
        return false;
    if (count > 2 && slice_ends_with(segment[count - 2], SLICE(".p"))) {
        if (!slice_to_u64(segment[count - 1], &width) || width == 0 || width > 255)
            return false;
        count--;
    }
    *ret_index = 0;
    for (size_t i = 1; i < count; i++) {
        struct slice group = segment[i];
        if (i + 1 == count && slice_ends_with(group, SLICE(".p")))
            group.length -= 2;
        if (!read_group(group, i + 1 == count, ret_index))
            return false;
    }
    *ret_level = (uint8_t)level;
    *ret_width = (uint16_t)width;
    return true;
}

void log_tile(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    int number = log_number(call);
    uint8_t level;
    uint64_t index;
    uint16_t width;

    if (number < 0)
        return;
    if (!read_tile_path(call, &level, &index, &width)) {
        reply_error(call, ERROR_NOT_FOUND, NULL);
        return;
    }
    buffer_byte(&payload, (uint8_t)number);
    buffer_byte(&payload, level);
    buffer_u64(&payload, index);
    buffer_u16(&payload, width);
    safe_call(gate_client(call->app->gate), PROTOCOL_TILE, buffer_view(&payload), tile_came, call);
}

void log_public_proof(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(16);
    uint64_t index;

    if (!slice_to_u64(call->parameter[0], &index)) {
        reply_error(call, ERROR_NOT_FOUND, NULL);
        return;
    }
    buffer_u64(&payload, index);
    safe_call(gate_client(call->app->gate), PROTOCOL_PUBLIC_PROOF, buffer_view(&payload), text_came, call);
}

static void retention_came(void *context, enum error error, struct slice payload)
{
    struct call *call = context;

    if (error != OK)
        reply_error(call, error, NULL);
    else
        reply_public(call, "application/json", payload);
}

void log_retention(struct call *call)
{
    safe_call(gate_client(call->app->gate), PROTOCOL_RETENTION, slice_of("", 0), retention_came, call);
}
