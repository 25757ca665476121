/* SPDX-License-Identifier: Apache-2.0 */

/* The control socket, for the courier: what it is to carry to witnesses, and what they answered. It learns what
 * strangers may know of the logs and nothing else; the safe alone judges what it brings (safe/witnessing.h). */

#include "fhir.h"

static bool read_log(struct call *call, struct buffer *payload)
{
    bool access = slice_is(call->parameter[0], "access");

    if (!access && !slice_is(call->parameter[0], "public"))
        return false;
    buffer_byte(payload, access ? LOG_ACCESS : LOG_PUBLIC);
    return true;
}

static bool read_number(struct call *call, size_t parameter, struct buffer *payload)
{
    uint64_t number;

    if (!slice_to_u64(call->parameter[parameter], &number))
        return false;
    buffer_u64(payload, number);
    return true;
}

static void text_came(void *context, enum error error, struct slice payload)
{
    if (error != OK)
        reply_fault(context, error, "%s", error == ERROR_CONFLICT ? "a newer checkpoint is being cosigned" : "");
    else
        reply_public(context, "text/plain; charset=utf-8", payload);
}

static void witnesses_came(void *context, enum error error, struct slice payload)
{
    if (error != OK)
        reply_error(context, error, NULL);
    else
        reply_public(context, "application/octet-stream", payload);
}

void control_witnesses(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(32);

    if (!read_number(call, 0, &payload))
        reply_error(call, ERROR_NOT_FOUND, NULL);
    else
        safe_call(gate_client(call->app->gate), PROTOCOL_WITNESSES, buffer_view(&payload), witnesses_came, call);
}

void control_cosign_begin(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(32);

    if (!read_log(call, &payload))
        reply_error(call, ERROR_NOT_FOUND, NULL);
    else
        safe_call(gate_client(call->app->gate), PROTOCOL_COSIGN, buffer_view(&payload), text_came, call);
}

void control_cosign(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(32);

    if (!read_log(call, &payload) || !read_number(call, 1, &payload) || !read_number(call, 2, &payload))
        reply_error(call, ERROR_NOT_FOUND, NULL);
    else
        safe_call(gate_client(call->app->gate), PROTOCOL_COSIGN, buffer_view(&payload), text_came, call);
}

static void taken(void *context, enum error error, struct slice payload)
{
    (void)payload;
    if (error != OK)
        reply_fault(context, error, "%s", error == ERROR_CONFLICT ? "a newer checkpoint is being cosigned" : "");
    else
        reply_empty(context, 204);
}

void control_cosigned(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(COSIGNED_MAX);

    bool read = read_log(call, &payload) && read_number(call, 1, &payload);
    buffer_slice(&payload, call->request->body);
    if (!read)
        reply_error(call, ERROR_NOT_FOUND, NULL);
    else if (payload.failed)
        reply_error(call, ERROR_TOO_LARGE, NULL);
    else
        safe_call(gate_client(call->app->gate), PROTOCOL_COSIGNED, buffer_view(&payload), taken, call);
}
