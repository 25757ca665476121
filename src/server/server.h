/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The HTTP/1.1 server: sockets, TLS, limits and strict reading of requests, on one thread's event loop.
 *
 * It serves promise 10 (it works on a bad day): whatever comes in, memory, time and connections stay bounded, and what
 * is not plainly a well-formed request never reaches a handler. It knows no routes, no actors and no records.
 *
 * A handler is called once for each request, when its body is complete, and answers its exchange at once or from any
 * later callback of the same loop. Several requests of one connection may be with the handler at the same time;
 * answers go out in the order in which the requests came. A handler that never answers holds its connection.
 *
 * Everything belongs to the thread that runs the loop. */

#include "base/loop.h"
#include "base/world.h"
#include "server/http.h"

struct server;
struct exchange;

typedef void server_handler(void *context, struct exchange *exchange);

/* How many bytes of body this request may have; asked when its headers are there and checked, before any of the body is
 * kept. 0: none. The request has no body yet. */
typedef size_t server_body_limit(void *context, const struct http_request *request);

/* What a client may take. A field left 0 has the default. What goes beyond is answered as stated, and the connection is
 * closed. */
struct server_limits {
    size_t request_line_bytes;      /* 8 KiB     414 */
    size_t head_bytes;              /* 16 KiB    431: request line and headers */
    size_t headers;                 /* 64        431 */
    size_t body_bytes;              /* 8 MiB     413: where there is no body_limit function */
    size_t arena_bytes;             /* 64 MiB    503: memory of one request, the handler's included, without the body */
    size_t connections;             /* 1024      503 */
    size_t connections_per_address; /* 256       429: IPv6 by /64; Unix sockets are not counted */
    size_t pipelined;               /* 64        reading stops until one is answered */
    size_t queued_bytes;            /* 1 MiB     reading stops until the client has taken some of its answers */
    int64_t head_ms;                /* 10 s      408: TLS handshake, and each head from its first byte */
    int64_t body_ms;                /* 30 s      408: plus a second for each `bytes_per_second` received */
    int64_t write_ms;               /* 30 s      closed: plus a second for each `bytes_per_second` taken */
    int64_t bytes_per_second;       /* 1024 */
    int64_t idle_ms;                /* 60 s      closed, between requests */
    int64_t stop_ms;                /* 30 s      closed, after server_stop */
};

struct server_options {
    struct server_limits limits;
    server_handler *handler;
    server_body_limit *body_limit; /* may be NULL */
    void *context;                 /* for both */
    struct world *world;           /* the clock of the Date header; NULL: the real one */
};

/* NULL without memory. Sets SIGPIPE to be ignored in this process: a client that hangs up must not end it. */
struct server *server_new(struct loop *loop, const struct server_options *options) MUST_CHECK;

/* Closes everything at once. Exchanges not yet answered die with it and must not be touched. Accepts NULL. */
void server_free(struct server *server);

/* TCP sockets opened from now on speak TLS 1.2 or 1.3 with this certificate chain and key (PEM); called again, new
 * connections get the new certificate. ERROR_FILE_MISSING, ERROR_SYNTAX (not PEM, or the key is not the certificate's),
 * ERROR_MEMORY. */
MUST_CHECK enum error server_tls(struct server *server, const char *certificate_file, const char *key_file,
                                 struct fault *fault);

/* Listens on "192.0.2.1:8080" or "[::1]:8080"; port 0 takes a free one. `ret_port` may be NULL. ERROR_VALUE for an
 * address that cannot be read, ERROR_IO when it cannot be had; `fault` (may be NULL) says why. */
MUST_CHECK enum error server_listen(struct server *server, const char *address, uint16_t *ret_port,
                                    struct fault *fault);

/* Listens on a Unix socket with these permissions, replacing a dead one at this path. ERROR_VALUE when the path is too
 * long, ERROR_LOCKED when another process listens there, ERROR_IO. server_stop and server_free remove it. */
MUST_CHECK enum error server_listen_unix(struct server *server, const char *path, mode_t mode, struct fault *fault);

/* Stops accepting, closes idle connections, finishes requests already begun, then calls `done` (may be NULL) from the
 * loop: no connection is left and every exchange has been answered. Connections are cut after stop_ms. */
void server_stop(struct server *server, loop_call *done, void *context);

struct server_counts {
    uint64_t requests;  /* given to the handler */
    uint64_t refused;   /* malformed or over a limit */
    size_t connections; /* open now */
    size_t exchanges;   /* with the handler now */
};
struct server_counts server_counts(const struct server *server);

/* ---- exchanges: one request and its answer ---- */

/* Valid until the exchange is answered. */
const struct http_request *exchange_request(const struct exchange *exchange);

/* False when the client has gone: the answer will be dropped, so costly work may be left out. Answer all the same. */
bool exchange_client_is_there(const struct exchange *exchange);

/* Each of the three answers the exchange, once; afterwards neither it nor its request may be touched. The server adds
 * Content-Length, Date, Connection and X-Request-Id, and leaves the body out for HEAD, 204 and 304. Header names are in
 * lower case; names and values are copied. A header that would break the message (a line end in its value, a name that
 * is not a token, one of the four that the server adds) turns the answer into an empty 500. */

/* Copies the body. */
void exchange_respond(struct exchange *exchange, int status, const struct http_header *headers, size_t header_count,
                      struct slice body);

/* Takes the buffer over and leaves the caller's empty; it is wiped once sent. A buffer that failed becomes 500. */
void exchange_respond_buffer(struct exchange *exchange, int status, const struct http_header *headers,
                             size_t header_count, struct buffer *body);

/* Sends the parts one after the other without a copy: they must be in the request's arena, in its body, or never
 * freed. The array itself is copied. */
void exchange_respond_parts(struct exchange *exchange, int status, const struct http_header *headers,
                            size_t header_count, const struct slice *parts, size_t part_count);
