/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The server's own state, for server.c, listen.c and peer.c. */

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "addresses.h"
#include "connection.h"
#include "transport.h"

_Static_assert(CONNECTION_READ_BYTES >= TRANSPORT_RECORD_BYTES, "a TLS record is read whole");

struct peer;
struct listener;

struct server {
    struct service service;
    struct loop *loop;
    struct world own_world; /* when the options gave none */
    SSL_CTX *tls;           /* NULL: sockets opened now speak plain HTTP */
    struct listener *listeners;
    bool accepting_paused; /* the process has no descriptors left: until the next tick */
    struct addresses *addresses;
    struct peer *peers;
    size_t peer_count;
    struct peer *waiting; /* to be served at the end of this round of the loop */
    bool flush_deferred;
    struct loop_timer *tick;
    int64_t stop_by_ns;
    loop_call *stopped;
    void *stopped_context;
    bool stopped_called;
    char input[CONNECTION_READ_BYTES]; /* read into and wiped at once, shared by all peers */
    char gather[TRANSPORT_RECORD_BYTES];
};

/* ---- peer.c: a connected socket and the connection on it ---- */

/* Takes over the descriptor. False, with the descriptor closed, when there is no memory. `tls` may be NULL. */
bool peer_begin(struct server *server, int descriptor, SSL_CTX *tls, const struct http_client *client,
                uint32_t address_slot);
void peer_drop(struct peer *peer);
void peer_wake(struct connection *connection);
void peers_check_time(struct server *server, int64_t now_ns);
void peers_stop(struct server *server);
void peers_drop_all(struct server *server);

/* ---- listen.c: sockets that are listened on ---- */

void listeners_pause(struct server *server);
void listeners_resume(struct server *server);
void listeners_close(struct server *server);

/* ---- server.c ---- */

/* Time limits are looked at in steps of this; no timer runs while there is nobody to time. */
#define TICK_MS 100
bool server_keep_ticking(struct server *server) MUST_CHECK; /* false without memory */
void server_peer_left(struct server *server);
