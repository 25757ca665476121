/* SPDX-License-Identifier: Apache-2.0 */

/* The control socket, about lawful orders: the keys and the law that make a route, its end, and counts for a region.
 * The notes travel as they are: the safe alone reads them. */

#include "handlers.h"
#include "reply.h"

static void replied(void *context, enum error error)
{
    (void)error;
    reply_empty(context, 204);
}

/* The door asks anew what the route is before it says that it is done. */
static void set_up(void *context, enum error error, struct slice payload)
{
    struct call *call = context;

    (void)payload;
    if (error != OK)
        reply_fault(call, error, "%s",
                    error == ERROR_REQUIRED        ? "the node has no keys for orders yet"
                    : error == ERROR_SIGNATURE     ? "not everybody has signed whose key the node has"
                    : error == ERROR_TOKEN_EXPIRED ? "the law's time is over"
                                                   : "");
    else
        gate_ask_order_route(call->app->gate, replied, call);
}

static void counted(void *context, enum error error, struct slice payload)
{
    struct call *call = context;

    if (error != OK)
        reply_fault(call, error, "%s", error == ERROR_VALUE ? "a period that is over: 2026-Q4, or 2026" : "");
    else
        reply_public(call, "text/plain; charset=utf-8", payload);
}

static void send(struct call *call, enum order_setup what, struct slice text, safe_done *done)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(128u << 10);

    buffer_byte(&payload, (uint8_t)what);
    buffer_slice(&payload, text);
    if (buffer_check(&payload) != OK)
        reply_error(call, ERROR_TOO_LARGE, NULL);
    else
        safe_call(gate_client(call->app->gate), PROTOCOL_ORDER_SETUP, buffer_view(&payload), done, call);
}

void control_order_keys(struct call *call)
{
    send(call, ORDER_SETUP_KEYS, call->request->body, set_up);
}

void control_order_law(struct call *call)
{
    send(call, ORDER_SETUP_LAW, call->request->body, set_up);
}

void control_order_close(struct call *call)
{
    send(call, ORDER_SETUP_CLOSE, slice_of("", 0), set_up);
}

void control_order_counts(struct call *call)
{
    send(call, ORDER_SETUP_COUNTS, call->request->body, counted);
}
