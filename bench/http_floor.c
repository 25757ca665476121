/* SPDX-License-Identifier: Apache-2.0 */

/* The floor of HTTP: what a request costs when there is nothing to do. Answers 13 bytes to everything on one thread,
 * for bench/http_floor.sh; on SIGTERM prints the requests served, CPU seconds and KiB that they took.
 *
 *     http_floor PORT [CERTIFICATE KEY] */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "server/server.h"

static void answer(void *context, struct exchange *exchange)
{
    static const struct http_header type = {SLICE("content-type"), SLICE("text/plain")};

    exchange_respond(exchange, 200, &type, 1, SLICE("Hello, world\n"));
}

static void stop(void *loop)
{
    loop_stop(loop);
}

struct run {
    struct loop *loop;
    struct server *server;
};

static void terminated(void *context, uint32_t events)
{
    struct run *run = context;

    server_stop(run->server, stop, run->loop);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void report(const struct server *server)
{
    struct rusage usage;
    struct server_counts counts = server_counts(server);

    getrusage(RUSAGE_SELF, &usage);
    printf("%llu %.6f %ld\n", (unsigned long long)counts.requests, seconds(usage.ru_utime) + seconds(usage.ru_stime),
           usage.ru_maxrss);
}

int main(int argc, char **argv)
{
    const struct server_options options = {.handler = answer};
    struct run run = {.loop = loop_new()};
    struct fault fault = {0};
    char address[32];
    sigset_t signals;

    if (argc != 2 && argc != 4)
        return fputs("http_floor PORT [CERTIFICATE KEY]\n", stderr), 2;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    snprintf(address, sizeof address, "127.0.0.1:%s", argv[1]);
    run.server = run.loop ? server_new(run.loop, &options) : NULL;
    struct loop_watch *watch =
        run.loop ? loop_watch(run.loop, signalfd(-1, &signals, SFD_CLOEXEC), EPOLLIN, terminated, &run) : NULL;
    if (!run.server || !watch || (argc == 4 && server_tls(run.server, argv[2], argv[3], &fault) != OK) ||
        server_listen(run.server, address, NULL, &fault) != OK || loop_run(run.loop) != OK)
        return fprintf(stderr, "cannot serve: %s\n", fault.detail), 3;
    report(run.server);
    server_free(run.server);
    loop_free(run.loop);
    return 0;
}
