/* SPDX-License-Identifier: Apache-2.0 */

/* The control socket, about keys: changing them, and shutting the node. No key and nothing that opens one comes by
 * here. */

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
