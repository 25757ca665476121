/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What all connections of a server share, and one exchange: a request and, in time, its answer. An exchange belongs to
 * its connection's queue until the answer is sent; when the client goes first, it belongs to the handler alone until it
 * is answered. Used exchanges are kept for the next request, wiped. */

#include "head.h"
#include "server/server.h"

struct connection;

#define ADDRESS_BYTES 48 /* the longest IPv6 address as text, INET6_ADDRSTRLEN, rounded up */

enum exchange_state {
    EXCHANGE_READING,  /* the body is still coming */
    EXCHANGE_HANDED,   /* with the handler */
    EXCHANGE_ANSWERED, /* waits to be sent */
};

struct exchange {
    struct service *service;
    struct connection *connection; /* NULL when the client has gone */
    enum exchange_state state;
    struct exchange *next;                  /* in the connection's queue, or among the idle ones */
    struct exchange *all_next, *all_before; /* so that a server can free what was never answered */

    struct http_request request;
    struct http_client client;
    char address[ADDRESS_BYTES];
    struct head head;
    struct buffer body;
    struct arena *arena;

    /* The answer: an interim response where one was due, then the message, then its parts. */
    struct slice interim;
    struct buffer message; /* status line, headers, and the body where it was copied */
    struct buffer moved;   /* the body where it was moved */
    struct slice *part;
    size_t parts;
    size_t answer_bytes; /* all of it but the interim response */
};

#define DATE_BYTES 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

struct service {
    struct server_options options; /* the limits with their defaults put in */
    struct world *world;
    struct exchange *idle;
    size_t idle_count;
    struct exchange *all;
    uint64_t requests, refused;
    size_t handed;
    int64_t date_s;
    char date[DATE_BYTES];
    bool stopping;
    void (*wake)(struct connection *connection); /* something can be sent now */
};

/* Puts the defaults in and makes ready; frees what is left, answered or not. */
void service_begin(struct service *service, const struct server_options *options, struct world *world);
void service_end(struct service *service);

/* A fresh one, or NULL without memory. */
struct exchange *exchange_take(struct service *service, struct connection *connection) MUST_CHECK;
void exchange_give_back(struct exchange *exchange);

/* Gives the complete request to the handler. */
void exchange_hand_over(struct exchange *exchange);

/* Answers a request that the handler has not got, and will not get; the connection is closed behind it. */
void exchange_refuse(struct exchange *exchange, int status);

/* The pieces of the answer from `skip` bytes on, in order; returns how many of at most `maximum`. */
size_t exchange_output(const struct exchange *exchange, size_t skip, struct slice *piece, size_t maximum);

/* How many bytes there are to send for it now, the interim response included. */
size_t exchange_output_bytes(const struct exchange *exchange);
