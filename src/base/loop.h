/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One thread's event loop over epoll: descriptors, timers, and work put off to the end of the round. Callbacks never
 * block. Everything belongs to the thread that runs the loop. */

#include <stdint.h>
#include <sys/epoll.h>

#include "error.h"

struct loop;
struct loop_watch;
struct loop_timer;

typedef void loop_ready(void *context, uint32_t epoll_events);
typedef void loop_call(void *context);

struct loop *loop_new(void) MUST_CHECK; /* NULL when the machine has no room */
void loop_free(struct loop *loop);      /* accepts NULL; drops what is watched, closes no descriptor of the caller */

/* Level-triggered. The watch lives until loop_unwatch, which may be called inside any callback. NULL without memory. */
struct loop_watch *loop_watch(struct loop *loop, int descriptor, uint32_t epoll_events, loop_ready *ready,
                              void *context) MUST_CHECK;
void loop_rearm(struct loop_watch *watch, uint32_t epoll_events);
void loop_unwatch(struct loop_watch *watch); /* accepts NULL */

/* Calls once, not before `delay_ms`. The timer is gone after its call; cancel it before that, or never. */
struct loop_timer *loop_timer(struct loop *loop, int64_t delay_ms, loop_call *call, void *context) MUST_CHECK;
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer); /* accepts NULL */

/* Runs at the end of the present round, after every ready descriptor was served: where what came in together is sent
 * on together. The same call and context put off twice in a round run twice. ERROR_MEMORY. */
MUST_CHECK enum error loop_defer(struct loop *loop, loop_call *call, void *context);
/* Drops what was put off with this call and context and has not run: for a context that is about to go. */
void loop_defer_cancel(struct loop *loop, loop_call *call, void *context);

/* Runs until loop_stop. ERROR_IO when epoll fails. */
MUST_CHECK enum error loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
