/* SPDX-License-Identifier: Apache-2.0 */

/* One client: socket, watch, and the connection that reads it. Input is served when epoll tells of it; output waits
 * for the end of the loop's round, so that all answers of a round leave in one call, and so that answering an exchange
 * never frees the ground under its caller's feet. */

#include <stdlib.h>

#include "state.h"

#define PIECES_MAX 64
#define NS_A_MS 1000000
#define MS_A_SECOND 1000
/* After the last answer we read on for a while and throw it away: closing at once would send a reset, which can destroy
 * the answer before the client has read it (RFC 9112, 9.6). */
#define LINGER_MS 2000
#define LINGER_BYTES ((size_t)4 << 20)

struct peer {
    struct connection connection; /* first: peer_wake gets from it to the peer */
    struct server *server;
    struct transport transport;
    struct loop_watch *watch;
    uint32_t interest;
    struct peer *next, *before;
    struct peer *next_waiting;
    bool waiting;
    bool dropped; /* and freed when its turn among the waiting comes */
    bool input_ended;
    bool blocked; /* the socket takes no more for now: the client is slow to read */
    int64_t blocked_since_ns;
    size_t taken_bytes; /* by the client since then */
    bool lingering;
    int64_t linger_since_ns;
    size_t linger_bytes;
    uint32_t address_slot;
    char address[ADDRESS_BYTES];
};

static void link_peer(struct server *server, struct peer *peer)
{
    peer->next = server->peers;
    if (server->peers)
        server->peers->before = peer;
    server->peers = peer;
    server->peer_count++;
}

static void unlink_peer(struct server *server, struct peer *peer)
{
    if (peer->before)
        peer->before->next = peer->next;
    else
        server->peers = peer->next;
    if (peer->next)
        peer->next->before = peer->before;
    server->peer_count--;
}

void peer_drop(struct peer *peer)
{
    struct server *server = peer->server;

    loop_unwatch(peer->watch);
    transport_close(&peer->transport);
    connection_end(&peer->connection);
    addresses_leave(server->addresses, peer->address_slot);
    unlink_peer(server, peer);
    if (peer->waiting)
        peer->dropped = true;
    else
        free(peer);
    server_peer_left(server);
}

/* ---- output ---- */

/* False when the client has gone. */
static bool send_output(struct peer *peer, int64_t now_ns)
{
    struct slice piece[PIECES_MAX];
    size_t count;

    while ((count = connection_output(&peer->connection, piece, PIECES_MAX)) > 0) {
        ssize_t sent = transport_write(&peer->transport, piece, count);
        if (sent == TRANSPORT_GONE)
            return false;
        if (sent == TRANSPORT_WAIT) {
            if (!peer->blocked)
                peer->blocked_since_ns = now_ns, peer->taken_bytes = 0;
            return peer->blocked = true;
        }
        peer->taken_bytes += (size_t)sent;
        connection_sent(&peer->connection, (size_t)sent, now_ns);
    }
    peer->blocked = false;
    return true;
}

static void set_interest(struct peer *peer)
{
    bool reads = peer->lingering || connection_wants_input(&peer->connection);
    bool writes = peer->blocked || peer->transport.awaits_write;
    uint32_t interest = (reads ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);

    if (interest != peer->interest)
        loop_rearm(peer->watch, interest);
    peer->interest = interest;
}

/* With a farewell: without one the client could not tell the end from a cut, and OpenSSL would forget its session. */
static void part_from(struct peer *peer)
{
    transport_shut_down(&peer->transport);
    peer_drop(peer);
}

static void linger(struct peer *peer, int64_t now_ns)
{
    peer->lingering = true;
    peer->linger_since_ns = now_ns;
    peer->transport.awaits_write = false;
    transport_shut_down(&peer->transport);
    set_interest(peer);
}

/* Sends what can be sent and goes on with what had to wait for that, until nothing moves any more. */
static void serve_output(struct peer *peer)
{
    struct connection *connection = &peer->connection;
    struct slice piece;
    int64_t now_ns = world_stopwatch_ns();

    do {
        if (!send_output(peer, now_ns)) {
            peer_drop(peer);
            return;
        }
        connection_resume(connection, now_ns);
    } while (!peer->blocked && connection_output(connection, &piece, 1) > 0);

    if (!connection_is_finished(connection))
        set_interest(peer);
    else if (peer->input_ended || connection->broken)
        part_from(peer);
    else if (!peer->lingering)
        linger(peer, now_ns);
}

static void serve_waiting(void *context)
{
    struct server *server = context;
    struct peer *peer;

    server->flush_deferred = false;
    while ((peer = server->waiting)) {
        server->waiting = peer->next_waiting;
        peer->waiting = false;
        if (peer->dropped)
            free(peer);
        else
            serve_output(peer);
    }
}

static void await_output(struct peer *peer)
{
    struct server *server = peer->server;

    if (!peer->waiting) {
        peer->waiting = true;
        peer->next_waiting = server->waiting;
        server->waiting = peer;
    }
    /* Without memory to put it off, the next tick does it. */
    if (!server->flush_deferred)
        server->flush_deferred = loop_defer(server->loop, serve_waiting, server) == OK;
}

void peer_wake(struct connection *connection)
{
    await_output((struct peer *)connection);
}

/* ---- input ---- */

/* False when the peer is no more. */
static bool read_input(struct peer *peer, int64_t now_ns)
{
    char *input = peer->server->input;
    ssize_t got = transport_read(&peer->transport, input, CONNECTION_READ_BYTES);

    if (got == TRANSPORT_GONE) {
        peer_drop(peer);
        return false;
    }
    if (got == TRANSPORT_ENDED) {
        peer->input_ended = true;
        connection_input_ended(&peer->connection);
    } else if (got > 0) {
        connection_feed(&peer->connection, slice_of(input, (size_t)got), now_ns);
        explicit_bzero(input, (size_t)got);
    }
    return true;
}

/* Below TLS: what comes now is not looked at. */
static void discard_input(struct peer *peer)
{
    struct transport plain = {.descriptor = peer->transport.descriptor};
    ssize_t got = transport_read(&plain, peer->server->input, CONNECTION_READ_BYTES);

    if (got > 0)
        peer->linger_bytes += (size_t)got;
    if (got == TRANSPORT_GONE || got == TRANSPORT_ENDED || peer->linger_bytes > LINGER_BYTES)
        peer_drop(peer);
}

static void peer_ready(void *context, uint32_t events)
{
    struct peer *peer = context;
    bool reads = peer->interest & EPOLLIN || peer->transport.awaits_write;

    if (peer->lingering) {
        discard_input(peer);
        return;
    }
    if (events & (EPOLLHUP | EPOLLERR) && !reads) {
        peer_drop(peer);
        return;
    }
    if (reads && !read_input(peer, world_stopwatch_ns()))
        return;
    /* The common case, a request to be answered later or at the end of this round, needs nothing more here. */
    if (events & EPOLLOUT || peer->transport.tls || !connection_wants_input(&peer->connection) ||
        peer->connection.reading)
        await_output(peer);
}

/* ---- life ---- */

static bool watch(struct peer *peer, SSL_CTX *tls)
{
    if (tls) {
        peer->transport.tls = SSL_new(tls);
        if (!peer->transport.tls || SSL_set_fd(peer->transport.tls, peer->transport.descriptor) != 1)
            return false;
        SSL_set_accept_state(peer->transport.tls);
    }
    peer->interest = EPOLLIN;
    peer->watch = loop_watch(peer->server->loop, peer->transport.descriptor, EPOLLIN, peer_ready, peer);
    return peer->watch != NULL;
}

bool peer_begin(struct server *server, int descriptor, SSL_CTX *tls, const struct http_client *client,
                uint32_t address_slot)
{
    struct peer *peer = calloc(1, sizeof *peer);
    struct transport transport = {.descriptor = descriptor, .gather = server->gather};

    if (!peer || !server_keep_ticking(server)) {
        free(peer);
        transport_close(&transport);
        return false;
    }
    peer->server = server;
    peer->transport = transport;
    peer->address_slot = address_slot;
    if (!watch(peer, tls)) {
        transport_close(&peer->transport);
        free(peer);
        return false;
    }
    struct http_client named = *client;
    memcpy(peer->address, client->address.data, client->address.length);
    named.address.data = peer->address;
    connection_begin(&peer->connection, &server->service, &named, world_stopwatch_ns());
    link_peer(server, peer);
    return true;
}

static bool is_overdue(struct peer *peer, int64_t now_ns)
{
    const struct server_limits *limits = &peer->server->service.options.limits;

    if (peer->lingering)
        return now_ns - peer->linger_since_ns > (int64_t)LINGER_MS * NS_A_MS;
    int64_t write_ms = limits->write_ms + (int64_t)peer->taken_bytes * MS_A_SECOND / limits->bytes_per_second;
    if (peer->blocked && now_ns - peer->blocked_since_ns > write_ms * NS_A_MS)
        return true;
    return connection_is_overdue(&peer->connection, now_ns);
}

void peers_check_time(struct server *server, int64_t now_ns)
{
    struct peer *peer = server->peers;

    while (peer) {
        struct peer *next = peer->next;
        if (is_overdue(peer, now_ns))
            part_from(peer);
        peer = next;
    }
    if (server->waiting && !server->flush_deferred)
        serve_waiting(server);
}

void peers_stop(struct server *server)
{
    for (struct peer *peer = server->peers; peer; peer = peer->next) {
        connection_stop(&peer->connection);
        await_output(peer);
    }
}

void peers_drop_all(struct server *server)
{
    struct peer *peer;

    while (server->peers)
        peer_drop(server->peers);
    while ((peer = server->waiting)) {
        server->waiting = peer->next_waiting;
        free(peer);
    }
}
