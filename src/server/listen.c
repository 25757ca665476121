/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

/* Listening sockets: opening them, and letting clients in or not. */

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "state.h"

#define ACCEPTS_A_ROUND 64
#define BACKLOG 1024
#define ADDRESS_TEXT_MAX 64

struct listener {
    struct server *server;
    struct listener *next;
    int descriptor;
    struct loop_watch *watch;
    bool over_tls;
    char *unix_path; /* NULL for TCP */
};

/* ---- letting in ---- */

/* Said without reading the request: cheap is what counts when there is too much. Over TLS it would need a handshake,
 * so there the connection is just closed. */
static void turn_away(const struct listener *listener, int descriptor, const char *answer)
{
    char unread[1024];

    listener->server->service.refused++;
    if (!listener->over_tls && send(descriptor, answer, strlen(answer), MSG_NOSIGNAL) > 0) {
        shutdown(descriptor, SHUT_WR);
        /* What was read cannot make close() send a reset that overtakes the answer. */
        ssize_t ignored = recv(descriptor, unread, sizeof unread, 0);
        (void)ignored;
    }
    close(descriptor);
}

#define TURNED_AWAY(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"

static void name_client(struct http_client *client, const struct sockaddr_storage *address, char *into, size_t room)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    bool is_v6 = address->ss_family == AF_INET6;

    if (!inet_ntop(address->ss_family, is_v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr, into, (socklen_t)room))
        into[0] = '\0';
    client->address = slice_from_string(into);
    client->port = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
}

static void let_in_unix(struct listener *listener, int descriptor)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    struct http_client client = {.over_unix = true, .address = SLICE("")};

    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) {
        close(descriptor);
        return;
    }
    client.uid = credentials.uid;
    if (!peer_begin(listener->server, descriptor, NULL, &client, ADDRESSES_NONE))
        listener->server->service.refused++;
}

static void let_in_tcp(struct listener *listener, int descriptor, const struct sockaddr_storage *address)
{
    struct server *server = listener->server;
    struct http_client client = {.over_tls = listener->over_tls};
    char text[ADDRESS_BYTES];
    int yes = 1;
    uint32_t slot = addresses_enter(server->addresses, (const struct sockaddr *)address,
                                    server->service.options.limits.connections_per_address);

    if (slot == ADDRESSES_NONE) {
        turn_away(listener, descriptor, TURNED_AWAY("429 Too Many Requests"));
        return;
    }
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    name_client(&client, address, text, sizeof text);
    if (!peer_begin(server, descriptor, listener->over_tls ? server->tls : NULL, &client, slot)) {
        addresses_leave(server->addresses, slot);
        server->service.refused++;
    }
}

static void let_in(struct listener *listener, int descriptor, const struct sockaddr_storage *address)
{
    struct server *server = listener->server;

    if (server->peer_count >= server->service.options.limits.connections)
        turn_away(listener, descriptor, TURNED_AWAY("503 Service Unavailable"));
    else if (listener->unix_path)
        let_in_unix(listener, descriptor);
    else
        let_in_tcp(listener, descriptor, address);
}

static void listener_ready(void *context, uint32_t events)
{
    struct listener *listener = context;
    struct sockaddr_storage address;

    for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
        socklen_t length = sizeof address;
        int descriptor = accept4(listener->descriptor, (struct sockaddr *)&address, &length,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            let_in(listener, descriptor, &address);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            listeners_pause(listener->server);
        else if (errno == ECONNABORTED || errno == EINTR)
            continue;
        return;
    }
}

void listeners_pause(struct server *server)
{
    if (!server_keep_ticking(server))
        return; /* then nothing would wake them again; epoll will come back at once, and so will we */
    server->accepting_paused = true;
    for (struct listener *listener = server->listeners; listener; listener = listener->next)
        loop_rearm(listener->watch, 0);
}

void listeners_resume(struct server *server)
{
    server->accepting_paused = false;
    for (struct listener *listener = server->listeners; listener; listener = listener->next)
        loop_rearm(listener->watch, EPOLLIN);
}

static void free_listener(struct listener *listener)
{
    loop_unwatch(listener->watch);
    if (listener->descriptor >= 0)
        close(listener->descriptor);
    if (listener->unix_path && listener->watch)
        unlink(listener->unix_path);
    free(listener->unix_path);
    free(listener);
}

void listeners_close(struct server *server)
{
    while (server->listeners) {
        struct listener *listener = server->listeners;
        server->listeners = listener->next;
        free_listener(listener);
    }
}

/* ---- opening ---- */

static enum error begin_listening(struct listener *listener, struct fault *fault)
{
    struct server *server = listener->server;

    if (listen(listener->descriptor, BACKLOG) < 0)
        return fault_set(fault, ERROR_IO, "listen: %s", strerror(errno));
    listener->watch = loop_watch(server->loop, listener->descriptor, EPOLLIN, listener_ready, listener);
    if (!listener->watch)
        return ERROR_MEMORY;
    listener->next = server->listeners;
    server->listeners = listener;
    return OK;
}

/* "address:port" or "[address]:port", numbers only: a name could resolve to more than was meant. */
static enum error read_address(const char *text, struct addrinfo **ret_address, struct fault *fault)
{
    char host[ADDRESS_TEXT_MAX];
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(text, ':');
    bool bracket = text[0] == '[';
    size_t length = colon ? (size_t)(colon - text) : 0;
    uint64_t port;

    if (bracket && (length < 2 || text[length - 1] != ']'))
        length = 0;
    if (length > 0 && (!slice_to_u64(slice_from_string(colon + 1), &port) || port > UINT16_MAX))
        length = 0; /* getaddrinfo would take 65536 for 0 */
    if (length == 0 || length >= sizeof host)
        return fault_set(fault, ERROR_VALUE, "%s is not an address and a port, as in 127.0.0.1:8080", text);
    if (bracket)
        text++, length -= 2;
    memcpy(host, text, length);
    host[length] = '\0';
    if ((!bracket && strchr(host, ':')) || getaddrinfo(host, colon + 1, &hints, ret_address) != 0)
        return fault_set(fault, ERROR_VALUE, "%s is not an address and a port, as in 127.0.0.1:8080", text);
    return OK;
}

static enum error bind_tcp(int descriptor, const struct addrinfo *address, struct fault *fault)
{
    int yes = 1;

    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (address->ai_family == AF_INET6)
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (descriptor < 0 || bind(descriptor, address->ai_addr, address->ai_addrlen) < 0)
        return fault_set(fault, ERROR_IO, "%s", strerror(errno));
    return OK;
}

static uint16_t port_of(int descriptor)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;

    if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

enum error server_listen(struct server *server, const char *address, uint16_t *ret_port, struct fault *fault)
{
    struct addrinfo *found;
    struct listener *listener;

    TRY(read_address(address, &found, fault));
    listener = calloc(1, sizeof *listener);
    if (!listener) {
        freeaddrinfo(found);
        return ERROR_MEMORY;
    }
    listener->server = server;
    listener->over_tls = server->tls != NULL;
    listener->descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    enum error error = bind_tcp(listener->descriptor, found, fault);
    freeaddrinfo(found);
    if (error == OK)
        error = begin_listening(listener, fault);
    if (error != OK) {
        free_listener(listener);
        return error;
    }
    if (ret_port)
        *ret_port = port_of(listener->descriptor);
    return OK;
}

/* A socket file that outlived its process must go; one that somebody answers at must stay. */
static enum error clear_path(const struct sockaddr_un *address, struct fault *fault)
{
    CLEANUP_DESCRIPTOR int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct stat status;

    if (lstat(address->sun_path, &status) < 0)
        return OK;
    if (!S_ISSOCK(status.st_mode))
        return fault_set(fault, ERROR_IO, "%s is not a socket", address->sun_path);
    if (probe < 0 || connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 || errno != ECONNREFUSED)
        return fault_set(fault, ERROR_LOCKED, "somebody listens at %s", address->sun_path);
    return unlink(address->sun_path) == 0 ? OK : fault_set(fault, ERROR_IO, "%s", strerror(errno));
}

/* The mode is set before anybody can connect, since that takes listen(). */
static enum error bind_unix(struct listener *listener, const struct sockaddr_un *address, mode_t mode,
                            struct fault *fault)
{
    listener->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->descriptor < 0 || bind(listener->descriptor, (const struct sockaddr *)address, sizeof *address) < 0 ||
        chmod(address->sun_path, mode) < 0)
        return fault_set(fault, ERROR_IO, "%s", strerror(errno));
    return begin_listening(listener, fault);
}

enum error server_listen_unix(struct server *server, const char *path, mode_t mode, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return fault_set(fault, ERROR_VALUE, "the path of a socket has at most %zu bytes", sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    TRY(clear_path(&address, fault));
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return ERROR_MEMORY;
    listener->server = server;
    listener->descriptor = -1;
    listener->unix_path = strdup(path);
    enum error error = listener->unix_path ? bind_unix(listener, &address, mode, fault) : ERROR_MEMORY;
    if (error != OK)
        free_listener(listener);
    return error;
}
