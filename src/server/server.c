/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>

#include "state.h"
#include "tls.h"

#define NS_A_MS 1000000

struct server *server_new(struct loop *loop, const struct server_options *options)
{
    struct server *server = calloc(1, sizeof *server);

    if (!server)
        return NULL;
    server->loop = loop;
    server->own_world = world_real();
    service_begin(&server->service, options, options->world ? options->world : &server->own_world);
    server->service.wake = peer_wake;
    server->addresses = addresses_new(server->service.options.limits.connections, server->service.world);
    if (!server->addresses) {
        free(server);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes with write(2), which has no flag to leave it out */
    return server;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    server->stopped = NULL;
    listeners_close(server);
    peers_drop_all(server);
    loop_timer_cancel(server->loop, server->tick);
    service_end(&server->service);
    addresses_free(server->addresses);
    SSL_CTX_free(server->tls);
    free(server);
}

enum error server_tls(struct server *server, const char *certificate_file, const char *key_file, struct fault *fault)
{
    SSL_CTX *context;

    TRY(tls_context_new(certificate_file, key_file, &context, fault));
    SSL_CTX_free(server->tls); /* connections that use it hold it alive */
    server->tls = context;
    return OK;
}

struct server_counts server_counts(const struct server *server)
{
    return (struct server_counts){.requests = server->service.requests,
                                  .refused = server->service.refused,
                                  .connections = server->peer_count,
                                  .exchanges = server->service.handed};
}

/* ---- time ---- */

static void call_when_stopped(struct server *server)
{
    if (!server->service.stopping || server->stopped_called || server->peer_count > 0 || server->service.handed > 0)
        return;
    if (server->stopped && loop_defer(server->loop, server->stopped, server->stopped_context) != OK)
        return; /* the next tick tries again */
    server->stopped_called = true;
}

static void tick(void *context)
{
    struct server *server = context;
    int64_t now_ns = world_stopwatch_ns();

    server->tick = NULL;
    if (server->accepting_paused)
        listeners_resume(server);
    peers_check_time(server, now_ns);
    if (server->service.stopping && now_ns >= server->stop_by_ns)
        peers_drop_all(server);
    call_when_stopped(server);
    bool awaited = server->peer_count > 0 || (server->service.stopping && !server->stopped_called);
    if (awaited && !server_keep_ticking(server))
        peers_drop_all(server); /* rather than serve without any limit of time */
}

bool server_keep_ticking(struct server *server)
{
    if (!server->tick)
        server->tick = loop_timer(server->loop, TICK_MS, tick, server);
    return server->tick != NULL;
}

void server_peer_left(struct server *server)
{
    call_when_stopped(server);
}

/* ---- stopping ---- */

void server_stop(struct server *server, loop_call *done, void *context)
{
    if (server->service.stopping)
        return;
    server->service.stopping = true;
    server->stopped = done;
    server->stopped_context = context;
    server->stop_by_ns = world_stopwatch_ns() + server->service.options.limits.stop_ms * NS_A_MS;
    listeners_close(server);
    peers_stop(server);
    /* With a peer it ticks already; without one this is for exchanges whose clients have gone. */
    bool ticking = server_keep_ticking(server);
    (void)ticking;
    call_when_stopped(server);
}
