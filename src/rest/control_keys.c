/* SPDX-License-Identifier: Apache-2.0 */

/* The control socket, about keys and what they hold: changing them, shutting the node, letting go of old entries.
 * No key and nothing that opens one comes by here. */

#include "app.h"
#include "fhir.h"
#include "text/json.h"

static void done(void *context, enum error error, struct slice payload)
{
    (void)payload;
    if (error != OK)
        reply_fault(context, error, "%s",
                    error == ERROR_CONFLICT ? "the last change of this key is not finished yet" : "");
    else
        reply_empty(context, 204);
}

/* {"what": "root" | "access" | "public"}; what a new root needs lies ready in the node's directory. */
void control_rotate(struct call *call)
{
    static const char *const words[] = {
        [ROTATION_ROOT] = "root", [ROTATION_ACCESS] = "access", [ROTATION_PUBLIC] = "public"};
    const struct json *body;

    enum error error = json_parse(call->arena, call->request->body, &body, &call->fault);
    for (uint8_t w = 0; error == OK && w < sizeof words / sizeof *words; w++)
        if (slice_is(json_text(json_member(body, "what")), words[w])) {
            safe_call(gate_client(call->app->gate), PROTOCOL_ROTATE, slice_of(&w, 1), done, call);
            return;
        }
    reply_error(call, error == OK ? ERROR_VALUE : error, NULL);
}

static void shut(void *context, enum error error, struct slice payload)
{
    struct call *call = context;

    gate_shut(call->app->gate);
    done(call, error, payload);
}

void control_panic(struct call *call)
{
    safe_call(gate_client(call->app->gate), PROTOCOL_PANIC, slice_of("", 0), shut, call);
}

/* ---- letting go of what the access log's term is over for ---- */

/* The safe does it in steps, so that care goes on between them: asked again until it is done. */
static void pruned(void *context, enum error error, struct slice payload)
{
    struct call *call = context;
    struct reader reader = reader_of(payload);
    struct buffer body = buffer_new(512);
    struct json_writer writer = json_writer(&body);

    if (error != OK) {
        buffer_free(&body);
        reply_fault(call, error, "%s", error == ERROR_VALUE ? "no term is declared: set log.retention_years" : "");
        return;
    }
    if (!reader_byte(&reader)) {
        buffer_free(&body);
        safe_call(gate_client(call->app->gate), PROTOCOL_PRUNE, slice_of("", 0), pruned, call);
        return;
    }
    json_begin_object(&writer);
    json_key(&writer, "minimum");
    json_integer(&writer, (int64_t)reader_u64(&reader));
    json_key(&writer, "entries");
    json_integer(&writer, (int64_t)reader_u64(&reader));
    json_key(&writer, "years");
    json_integer(&writer, reader_u32(&reader));
    json_end_object(&writer);
    reply_json(call, 200, &body);
}

void control_prune(struct call *call)
{
    safe_call(gate_client(call->app->gate), PROTOCOL_PRUNE, SLICE("begin"), pruned, call);
}
