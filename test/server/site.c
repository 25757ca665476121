/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Orders add up in an eventfd, so each has a byte of its own. */
enum { ORDER_RELEASE = 1, ORDER_COUNT = 1 << 8, ORDER_STOP = 1 << 16 };

/* ---- the handler ---- */

static const struct http_header text_type = {SLICE("content-type"), SLICE("text/plain")};

static void respond_path(void *context)
{
    struct exchange *exchange = context;

    exchange_respond(exchange, 200, &text_type, 1, exchange_request(exchange)->path);
}

static void respond_later(struct site *site, struct exchange *exchange)
{
    uint64_t ms;

    if (!slice_to_u64(exchange_request(exchange)->segment[1], &ms) ||
        !loop_timer(site->loop, (int64_t)ms, respond_path, exchange))
        abort();
}

static void respond_big(struct exchange *exchange)
{
    struct buffer body = buffer_new((size_t)64 << 20);
    uint64_t bytes;

    if (!slice_to_u64(exchange_request(exchange)->segment[1], &bytes))
        abort();
    char *room = buffer_room(&body, bytes);
    for (size_t i = 0; room && i < bytes; i++)
        room[i] = (char)('a' + i % 26);
    exchange_respond_buffer(exchange, 200, &text_type, 1, &body);
}

static void respond_who(struct exchange *exchange)
{
    const struct http_client *client = exchange_request(exchange)->client;
    struct slice answer =
        arena_format(exchange_request(exchange)->arena, "%.*s tls=%d unix=%d uid=%d", SLICE_PRINT(client->address),
                     client->over_tls, client->over_unix, client->over_unix ? (int)client->uid : -1);

    exchange_respond_parts(exchange, 200, &text_type, 1, &answer, 1);
}

static void handle(void *context, struct exchange *exchange)
{
    struct site *site = context;
    const struct http_request *request = exchange_request(exchange);
    struct slice route = request->segments > 0 ? request->segment[0] : SLICE("");

    atomic_fetch_add(&site->handled, 1);
    if (slice_is(route, "echo")) {
        exchange_respond_parts(exchange, 200, &text_type, 1, &request->body, 1);
    } else if (slice_is(route, "after")) {
        respond_later(site, exchange);
    } else if (slice_is(route, "big")) {
        respond_big(exchange);
    } else if (slice_is(route, "who")) {
        respond_who(exchange);
    } else if (slice_is(route, "hold")) {
        site->held[site->held_count++] = exchange;
    } else {
        struct slice answer = arena_format(request->arena, "%.*s %.*s", SLICE_PRINT(http_method_name(request->method)),
                                           SLICE_PRINT(request->path));
        exchange_respond(exchange, 200, &text_type, 1, answer);
    }
}

static size_t limit_body(void *context, const struct http_request *request)
{
    struct site *site = context;

    return slice_is(request->path, "/small") ? 10 : site->body_limit;
}

/* ---- the thread ---- */

static void has_stopped(void *context)
{
    struct site *site = context;

    atomic_store(&site->stopped, 1);
    loop_stop(site->loop);
}

static void release(struct site *site)
{
    while (site->held_count > 0)
        exchange_respond(site->held[--site->held_count], 200, &text_type, 1, SLICE("released"));
}

static void controlled(void *context, uint32_t events)
{
    struct site *site = context;
    uint64_t orders = 0;

    if (read(site->control_descriptor, &orders, sizeof orders) != sizeof orders)
        abort();
    if (orders & 0xFF)
        release(site);
    if (orders >> 16)
        server_stop(site->server, has_stopped, site);
    atomic_store(&site->connections, server_counts(site->server).connections);
    atomic_fetch_add(&site->counted, 1);
}

static void *run(void *context)
{
    struct site *site = context;

    if (loop_run(site->loop) != OK)
        abort();
    return NULL;
}

void site_start(struct site *site, struct server_limits limits, void (*prepare)(struct site *site))
{
    const struct server_options options = {
        .limits = limits, .handler = handle, .body_limit = limit_body, .context = site};
    size_t body_limit = limits.body_bytes ? limits.body_bytes : 1 << 20;

    *site = (struct site){.body_limit = body_limit};
    site->loop = loop_new();
    site->server = server_new(site->loop, &options);
    site->control_descriptor = eventfd(0, EFD_CLOEXEC);
    site->control = loop_watch(site->loop, site->control_descriptor, EPOLLIN, controlled, site);
    if (prepare)
        prepare(site);
    else if (server_listen(site->server, "127.0.0.1:0", &site->port, NULL) != OK)
        abort();
    if (!site->control || pthread_create(&site->thread, NULL, run, site) != 0)
        abort();
}

static void order(struct site *site, uint64_t what)
{
    if (write(site->control_descriptor, &what, sizeof what) != sizeof what)
        abort();
}

size_t site_connections(struct site *site)
{
    unsigned before = atomic_load(&site->counted);

    order(site, ORDER_COUNT);
    while (atomic_load(&site->counted) == before)
        pause_ms(1);
    return atomic_load(&site->connections);
}

void site_release(struct site *site)
{
    order(site, ORDER_RELEASE);
}

void site_begin_stop(struct site *site)
{
    order(site, ORDER_STOP);
}

void site_stop(struct site *site)
{
    site_begin_stop(site);
    pthread_join(site->thread, NULL);
    server_free(site->server);
    loop_unwatch(site->control);
    loop_free(site->loop);
    close(site->control_descriptor);
}

/* ---- the client ---- */

int dial_from(uint16_t port, const char *source)
{
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(source)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr("127.0.0.1")};

    if (bind(client, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(client, (struct sockaddr *)&to, sizeof to) < 0)
        abort();
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return client;
}

int dial(uint16_t port)
{
    return dial_from(port, "127.0.0.1");
}

bool say(int client, struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = send(client, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        bytes = slice_from(bytes, (size_t)sent);
    }
    return true;
}

bool say_slowly(int client, struct slice bytes)
{
    bool all = true;

    for (size_t i = 0; i < bytes.length && all; i++)
        all = say(client, slice_of(bytes.data + i, 1));
    return all;
}

static bool hear(int client, struct transcript *transcript, int quiet_ms)
{
    struct pollfd poll_for = {.fd = client, .events = POLLIN};

    if (poll(&poll_for, 1, quiet_ms) <= 0)
        return false;
    ssize_t got = recv(client, transcript->data + transcript->length, TRANSCRIPT_BYTES - transcript->length, 0);
    transcript->ended = got <= 0;
    transcript->reset = got < 0;
    transcript->length += got > 0 ? (size_t)got : 0;
    return got > 0;
}

void listen_to(int client, struct transcript *transcript, int quiet_ms)
{
    transcript->length = 0;
    transcript->ended = transcript->reset = false;
    while (transcript->length < TRANSCRIPT_BYTES && hear(client, transcript, quiet_ms))
        ;
}

void listen_for(int client, struct transcript *transcript, size_t count)
{
    transcript->length = 0;
    transcript->ended = transcript->reset = false;
    while (answers_in(transcript) < count && hear(client, transcript, 5000))
        ;
}

/* Takes one whole answer off `rest`. */
static bool cut_answer(struct slice *rest, struct slice *ret_head, struct slice *ret_body)
{
    size_t end = slice_search(*rest, SLICE("\r\n\r\n")), length_at;
    uint64_t length = 0;

    if (end == SIZE_MAX)
        return false;
    struct slice head = slice_of(rest->data, end + 4), body = slice_from(*rest, end + 4);
    length_at = slice_search(head, SLICE("Content-Length: "));
    if (length_at != SIZE_MAX) {
        struct slice number = slice_from(head, length_at + 16);
        if (!slice_to_u64(slice_cut(&number, '\r'), &length) || body.length < length)
            return false;
    }
    *ret_head = head;
    *ret_body = slice_of(body.data, length);
    *rest = slice_from(body, length);
    return true;
}

static bool find_answer(const struct transcript *transcript, size_t n, struct slice *ret_head, struct slice *ret_body)
{
    struct slice rest = slice_of(transcript->data, transcript->length);

    for (size_t i = 0; i <= n; i++) {
        if (!cut_answer(&rest, ret_head, ret_body))
            return false;
    }
    return true;
}

size_t answers_in(const struct transcript *transcript)
{
    struct slice head, body;
    size_t count = 0;

    while (find_answer(transcript, count, &head, &body))
        count++;
    return count;
}

int status_of(const struct transcript *transcript, size_t n)
{
    struct slice head, body;
    uint64_t status;

    if (!find_answer(transcript, n, &head, &body) || !slice_starts_with(head, SLICE("HTTP/1.1 ")))
        return 0;
    return slice_to_u64(slice_of(head.data + 9, 3), &status) ? (int)status : 0;
}

struct slice body_of(const struct transcript *transcript, size_t n)
{
    struct slice head, body;

    return find_answer(transcript, n, &head, &body) ? body : slice_of(NULL, 0);
}

struct slice head_of(const struct transcript *transcript, size_t n)
{
    struct slice head, body;

    return find_answer(transcript, n, &head, &body) ? head : slice_of(NULL, 0);
}

void pause_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}
