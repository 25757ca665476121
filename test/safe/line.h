/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A line to a safe whose other end is played by the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "safe/client.h"

struct line {
    struct loop *loop;
    struct safe_client *client;
    int other; /* the safe's end */
    unsigned ended;
    unsigned expected;
    enum error error[4];
    char payload[4][16];
    unsigned lost;
};

struct call {
    struct line *line;
    unsigned number;
};

static inline void ended(void *context, enum error error, struct slice payload)
{
    struct call *call = context;
    struct line *line = call->line;

    line->error[call->number] = error;
    snprintf(line->payload[call->number], sizeof line->payload[0], "%.*s", SLICE_PRINT(payload));
    if (++line->ended == line->expected)
        loop_stop(line->loop);
}

static inline void lost(void *context)
{
    ((struct line *)context)->lost++;
}

static inline void stop(void *context)
{
    loop_stop(context);
}

static inline void line_open(struct line *line)
{
    int pair[2];

    *line = (struct line){.loop = loop_new(), .expected = 2};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    line->other = pair[1];
    assert_int_equal(safe_client_new(line->loop, pair[0], 0, &line->client), OK);
    safe_client_on_lost(line->client, lost, line);
}

static inline void line_close(struct line *line)
{
    safe_client_free(line->client);
    loop_free(line->loop);
    close(line->other);
}

/* Lets the loop run for a moment. */
static inline void run_briefly(struct line *line)
{
    assert_non_null(loop_timer(line->loop, 10, stop, line->loop));
    assert_int_equal(loop_run(line->loop), OK);
}

static inline void two_calls(struct line *line, struct call *call)
{
    for (unsigned i = 0; i < 2; i++) {
        call[i] = (struct call){line, i};
        safe_call(line->client, PROTOCOL_CHECKPOINT, i == 0 ? SLICE("a") : SLICE("bb"), ended, &call[i]);
    }
}
