/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A server on a thread of its own, for tests that talk to it over real sockets. What its handler does is chosen by the
 * path of the request:
 *
 *     /echo         the body comes back        /after/MS     answered after so many milliseconds
 *     /who          what is known of the client   /big/BYTES    that many bytes
 *     /hold         answered when the site is told to release
 *     anything else "METHOD path" */

#include <pthread.h>
#include <stdatomic.h>

#include "server/server.h"

struct site {
    pthread_t thread;
    struct loop *loop;
    struct server *server;
    struct loop_watch *control;
    int control_descriptor;
    uint16_t port;
    atomic_uint handled;       /* requests that reached the handler */
    atomic_uint stopped;       /* the server said that it has stopped */
    atomic_uint counted;       /* how often `connections` was brought up to date */
    atomic_size_t connections;
    struct exchange *held[64]; /* the server's thread only */
    size_t held_count;
    size_t body_limit;
};

/* Options but for handler and context may be set. With `prepare` the server can be given TLS or another socket. */
void site_start(struct site *site, struct server_limits limits, void (*prepare)(struct site *site));
size_t site_connections(struct site *site); /* open now */
void site_release(struct site *site);    /* answers what is held */
void site_begin_stop(struct site *site); /* server_stop; the thread ends when it is done */
void site_stop(struct site *site);       /* the same, waits for the thread, frees everything */

/* A connected client whose reads give up after five seconds. */
int dial(uint16_t port);
int dial_from(uint16_t port, const char *source);
/* Sends as much as goes; true when that is all. */
bool say(int client, struct slice bytes);
bool say_slowly(int client, struct slice bytes); /* a byte in each packet */

#define TRANSCRIPT_BYTES (64 * 1024)
struct transcript {
    char data[TRANSCRIPT_BYTES];
    size_t length;
    bool ended; /* by the server; else there was nothing more for the time given */
    bool reset; /* ended without a farewell */
};

/* Reads until the server closes, or nothing comes for `quiet_ms`. */
void listen_to(int client, struct transcript *transcript, int quiet_ms);
/* Reads until `count` answers with a body of known length are there. */
void listen_for(int client, struct transcript *transcript, size_t count);

/* Status of the n-th answer (from 0), 0 when there is none. Answers follow their Content-Length. */
int status_of(const struct transcript *transcript, size_t n);
struct slice body_of(const struct transcript *transcript, size_t n);
struct slice head_of(const struct transcript *transcript, size_t n);
size_t answers_in(const struct transcript *transcript);

void pause_ms(int ms);
