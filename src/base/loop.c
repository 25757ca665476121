/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "world.h"

#define EVENTS_A_ROUND 256

struct loop_watch {
    struct loop *loop;
    int descriptor;
    loop_ready *ready;
    void *context;
    bool gone; /* unwatched during this round: freed at its end, since epoll may still have handed it to us */
    struct loop_watch *next, *previous;
};

struct loop_timer {
    int64_t due_ns;
    loop_call *call;
    void *context;
};

struct deferred {
    loop_call *call;
    void *context;
};

struct loop {
    int epoll;
    bool stopping;
    struct loop_watch *watches;
    struct loop_watch *gone;
    struct loop_timer **timer; /* binary heap, earliest first */
    size_t timers, timer_capacity;
    struct deferred *deferred;
    size_t deferred_count, deferred_capacity;
};

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (!loop)
        return NULL;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        free(loop);
        return NULL;
    }
    return loop;
}

static void free_list(struct loop_watch *watch)
{
    while (watch) {
        struct loop_watch *next = watch->next;
        free(watch);
        watch = next;
    }
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    free_list(loop->watches);
    free_list(loop->gone);
    for (size_t i = 0; i < loop->timers; i++)
        free(loop->timer[i]);
    free(loop->timer);
    free(loop->deferred);
    close(loop->epoll);
    free(loop);
}

struct loop_watch *loop_watch(struct loop *loop, int descriptor, uint32_t epoll_events, loop_ready *ready,
                              void *context)
{
    struct loop_watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return NULL;
    *watch = (struct loop_watch){
        .loop = loop, .descriptor = descriptor, .ready = ready, .context = context, .next = loop->watches};
    struct epoll_event event = {.events = epoll_events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0) {
        free(watch);
        return NULL;
    }
    if (loop->watches)
        loop->watches->previous = watch;
    loop->watches = watch;
    return watch;
}

void loop_rearm(struct loop_watch *watch, uint32_t epoll_events)
{
    struct epoll_event event = {.events = epoll_events, .data.ptr = watch};

    /* Cannot fail for a descriptor that is registered; if it is not, the caller has lost track of its own life. */
    if (epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->descriptor, &event) < 0)
        abort();
}

void loop_unwatch(struct loop_watch *watch)
{
    if (!watch || watch->gone)
        return;
    struct loop *loop = watch->loop;

    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->descriptor, NULL);
    if (watch->previous)
        watch->previous->next = watch->next;
    else
        loop->watches = watch->next;
    if (watch->next)
        watch->next->previous = watch->previous;
    watch->gone = true;
    watch->next = loop->gone;
    loop->gone = watch;
}

static void swap(struct loop_timer **a, struct loop_timer **b)
{
    struct loop_timer *kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(struct loop *loop, size_t at)
{
    while (at > 0 && loop->timer[at]->due_ns < loop->timer[(at - 1) / 2]->due_ns) {
        swap(&loop->timer[at], &loop->timer[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct loop *loop, size_t at)
{
    for (;;) {
        size_t least = at, left = 2 * at + 1, right = left + 1;
        if (left < loop->timers && loop->timer[left]->due_ns < loop->timer[least]->due_ns)
            least = left;
        if (right < loop->timers && loop->timer[right]->due_ns < loop->timer[least]->due_ns)
            least = right;
        if (least == at)
            return;
        swap(&loop->timer[at], &loop->timer[least]);
        at = least;
    }
}

struct loop_timer *loop_timer(struct loop *loop, int64_t delay_ms, loop_call *call, void *context)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        return NULL;
    if (loop->timers == loop->timer_capacity) {
        size_t capacity = loop->timer_capacity ? 2 * loop->timer_capacity : 64;
        struct loop_timer **grown = realloc(loop->timer, capacity * sizeof *grown);
        if (!grown) {
            free(timer);
            return NULL;
        }
        loop->timer = grown;
        loop->timer_capacity = capacity;
    }
    *timer = (struct loop_timer){world_stopwatch_ns() + delay_ms * 1000000, call, context};
    loop->timer[loop->timers] = timer;
    sift_up(loop, loop->timers++);
    return timer;
}

/* The slot is found by search: cancelling is rare, and timers are few (one a connection at most). */
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
    if (!timer)
        return;
    for (size_t i = 0; i < loop->timers; i++) {
        if (loop->timer[i] != timer)
            continue;
        loop->timer[i] = loop->timer[--loop->timers];
        if (i < loop->timers) {
            sift_up(loop, i);
            sift_down(loop, i);
        }
        free(timer);
        return;
    }
}

static void run_due_timers(struct loop *loop)
{
    int64_t now = world_stopwatch_ns();

    while (loop->timers > 0 && loop->timer[0]->due_ns <= now) {
        struct loop_timer *due = loop->timer[0];
        loop->timer[0] = loop->timer[--loop->timers];
        sift_down(loop, 0);
        due->call(due->context);
        free(due);
    }
}

enum error loop_defer(struct loop *loop, loop_call *call, void *context)
{
    if (loop->deferred_count == loop->deferred_capacity) {
        size_t capacity = loop->deferred_capacity ? 2 * loop->deferred_capacity : 64;
        struct deferred *grown = realloc(loop->deferred, capacity * sizeof *grown);
        if (!grown)
            return ERROR_MEMORY;
        loop->deferred = grown;
        loop->deferred_capacity = capacity;
    }
    loop->deferred[loop->deferred_count++] = (struct deferred){call, context};
    return OK;
}

void loop_defer_cancel(struct loop *loop, loop_call *call, void *context)
{
    for (size_t i = 0; i < loop->deferred_count; i++)
        if (loop->deferred[i].call == call && loop->deferred[i].context == context)
            loop->deferred[i].call = NULL;
}

/* What a deferred call defers runs in the same round; the list may grow while it is walked. */
static void run_deferred(struct loop *loop)
{
    for (size_t i = 0; i < loop->deferred_count; i++) {
        struct deferred now = loop->deferred[i];
        if (now.call)
            now.call(now.context);
    }
    loop->deferred_count = 0;
}

static int wait_ms(const struct loop *loop)
{
    if (loop->deferred_count > 0)
        return 0;
    if (loop->timers == 0)
        return -1;
    int64_t left_ns = loop->timer[0]->due_ns - world_stopwatch_ns();
    if (left_ns <= 0)
        return 0;
    return left_ns / 1000000 < INT_MAX ? (int)(left_ns / 1000000 + 1) : INT_MAX;
}

enum error loop_run(struct loop *loop)
{
    struct epoll_event event[EVENTS_A_ROUND];

    loop->stopping = false;
    while (!loop->stopping) {
        int count = epoll_wait(loop->epoll, event, EVENTS_A_ROUND, wait_ms(loop));
        if (count < 0 && errno != EINTR)
            return ERROR_IO;
        for (int i = 0; i < count; i++) {
            struct loop_watch *watch = event[i].data.ptr;
            if (!watch->gone)
                watch->ready(watch->context, event[i].events);
        }
        run_due_timers(loop);
        run_deferred(loop);
        free_list(loop->gone);
        loop->gone = NULL;
    }
    return OK;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}
