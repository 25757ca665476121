/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One HTTP/1.1 connection without its socket: bytes go in, bytes come out, time is told to it. So it can be driven from
 * memory, by the fuzzer for one.
 *
 * Requests stand in a queue in the order in which they came; the handler may have several of them and answer in any
 * order; output is taken from the front of the queue only. Whatever cannot be read as a request is answered once and
 * ends the connection: after that nobody can know where the next request begins. */

#include "exchange.h"

#define CONNECTION_READ_BYTES (64 * 1024) /* the most that may be fed at once */

enum connection_input {
    INPUT_HEAD,
    INPUT_BODY,
    INPUT_CLOSED, /* nothing more is taken; the connection ends when the queue is empty */
};

struct connection {
    struct service *service;
    struct http_client client;
    enum connection_input input;
    bool first_request;
    bool broken; /* an answer could not be written for want of memory: nothing more is sent */
    struct head_scan scan;
    struct buffer head; /* the head as far as it came, when it comes in pieces */
    struct buffer held; /* what came in while too much was in flight */
    struct exchange *first, *last;
    struct exchange *reading; /* whose body is coming: the last of the queue */
    size_t in_flight;
    size_t sent;         /* of the first one's output */
    size_t queued_bytes; /* answered and not yet sent */
    int64_t since_ns;    /* when the connection became idle, the head or the body began */
};

void connection_begin(struct connection *connection, struct service *service, const struct http_client *client,
                      int64_t now_ns);
/* Answers still to come are dropped. */
void connection_end(struct connection *connection);

/* Takes at most CONNECTION_READ_BYTES; feed nothing while it wants nothing. */
void connection_feed(struct connection *connection, struct slice input, int64_t now_ns);
bool connection_wants_input(const struct connection *connection);
/* Goes on with what was held back; call when output was sent. */
void connection_resume(struct connection *connection, int64_t now_ns);
/* The other side will send no more; what is complete is still answered. */
void connection_input_ended(struct connection *connection);

/* The next pieces to send, at most `maximum`; tell how many bytes of them went. */
size_t connection_output(struct connection *connection, struct slice *piece, size_t maximum);
void connection_sent(struct connection *connection, size_t bytes, int64_t now_ns);

/* Everything is answered and sent and nothing more will come. */
bool connection_is_finished(const struct connection *connection);

/* Call now and then: refuses a request that takes too long. True when the connection has been idle too long. */
bool connection_is_overdue(struct connection *connection, int64_t now_ns);

/* Finishes what has begun, takes nothing new. */
void connection_stop(struct connection *connection);

/* From exchange.c: an exchange of this connection has its answer. */
void connection_answered(struct connection *connection, struct exchange *exchange);
