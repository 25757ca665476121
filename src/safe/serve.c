/* SPDX-License-Identifier: Apache-2.0 */

/* The safe's process between its start and its end: messages from the door's socket, each answered whole (batch.c), and
 * what is due in between by the stopwatch. Nothing here decides anything about anybody. */

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "state.h"

#define ANSWER_MAX PROTOCOL_MESSAGE_MAX
#define IDLE_MS 1000
#define REWRAP_MS 10 /* between steps of some milliseconds: a new root is not worth a slow answer */
#define QUIET_MS (3600 * 1000)
#define SETTLE_MS 60000 /* after a tick without any message */
#define INDEX_STEP 1024 /* entries: a few milliseconds */

void safe_idle(struct safe *safe)
{
    if (safe->shut)
        return;
    rotation_idle(safe);
    destroyed_idle(safe);
    retention_idle(safe);
    if (person_index_flush(safe->index) != OK)
        LOG(WARNING, "safe.index_not_written");
    if (oversight_escalate(safe) != OK)
        LOG(WARNING, "safe.reviews_not_told");
    order_idle(safe);
    if ((safe->padding.least == 0 && ledger_publish(safe->access_log) != OK) || ledger_publish(safe->public_log) != OK)
        LOG(WARNING, "safe.checkpoint_not_written");
}

/* Many small steps between batches instead of one a second, which would hold up everybody for as long as it takes.
 * When a step fails, the next is tried with the work of the second. */
static void tidy_index(struct safe *safe)
{
    size_t pending = person_index_pending(safe->index);

    if (pending >= INDEX_STEP && pending < INDEX_STEP + PROTOCOL_BATCH_MAX && person_index_flush(safe->index) != OK)
        LOG(WARNING, "safe.index_not_written");
}

static enum error receive(int socket, void *into, size_t length, bool *ret_closed)
{
    char *at = into;

    while (length > 0) {
        ssize_t got = recv(socket, at, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERROR_IO;
        if (got == 0) {
            *ret_closed = true;
            return OK;
        }
        at += got;
        length -= (size_t)got;
    }
    return OK;
}

static enum error transmit(int socket, struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = send(socket, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return ERROR_IO;
        bytes = slice_from(bytes, (size_t)sent);
    }
    return OK;
}

static enum error serve_message(struct safe *safe, int socket, struct buffer *message, struct buffer *answer,
                                bool *ret_closed)
{
    uint8_t prefix[4];

    TRY(receive(socket, prefix, sizeof prefix, ret_closed));
    if (*ret_closed)
        return OK;
    struct reader reader = reader_of(slice_of(prefix, sizeof prefix));
    uint32_t length = reader_u32(&reader);
    buffer_clear(message);
    void *room = buffer_room(message, length);
    if (!room)
        return ERROR_TOO_LARGE;
    TRY(receive(socket, room, length, ret_closed));
    if (*ret_closed)
        return OK;
    buffer_clear(answer);
    TRY(safe_answer(safe, buffer_view(message), answer));
    enum error error = transmit(socket, buffer_view(answer));
    secret_wipe(answer->data, answer->length);
    return error;
}

/* What the loop has to do besides answering, each by the stopwatch: no clock that jumps moves it. */
struct schedule {
    int64_t idle_due; /* INT64_MAX: nothing waits to be written */
    int64_t rewrap_due;
    int64_t tick_due; /* INT64_MAX: no cadence */
};

#define MS INT64_C(1000000)

/* Ticks keep their distance from each other; those that a suspended machine slept through are not made up for. */
static void tick_if_due(struct safe *safe, struct schedule *schedule, int64_t now)
{
    int64_t interval = safe->cadence.tick_s * 1000 * MS;

    if (now >= schedule->tick_due) {
        padding_begin(safe);
        schedule->tick_due += (1 + (now - schedule->tick_due) / interval) * interval;
        if (schedule->idle_due == INT64_MAX) /* or the next start would look at years of padding */
            schedule->idle_due = now + SETTLE_MS * MS;
    }
    (void)padding_fill(safe);
}

static int wait_ms(const struct safe *safe, const struct schedule *schedule, int64_t now)
{
    int64_t until = schedule->idle_due < schedule->tick_due ? schedule->idle_due : schedule->tick_due;

    if (padding_is_filling(safe))
        return 0;
    if (safe->rewrapping || retention_is_working(safe))
        return REWRAP_MS;
    int most = until == INT64_MAX ? QUIET_MS : until <= now ? 0 : (int)((until - now) / MS + 1);
    int order = order_wait_ms(safe, most);
    return order > 0 ? order : most;
}

static void hurry_idle(struct schedule *schedule)
{
    int64_t soon = world_stopwatch_ns() + IDLE_MS * MS;

    if (soon < schedule->idle_due)
        schedule->idle_due = soon;
}

/* Does what is due and gives how long the next message may be waited for. Idle work is due a second after the first
 * message since it was last done, so that under load it is done once a second and not never. */
static int do_what_is_due(struct safe *safe, struct schedule *schedule)
{
    int64_t now = world_stopwatch_ns();

    if (now >= schedule->idle_due) {
        safe_idle(safe);
        schedule->idle_due = INT64_MAX;
    }
    tick_if_due(safe, schedule, now);
    if (retention_is_working(safe) && retention_work(safe) != OK)
        LOG(WARNING, "safe.not_pruned");
    if (order_wait_ms(safe, QUIET_MS) == 0)
        hurry_idle(schedule); /* as if a message had come: what is due is seen outside no sooner and no later */
    if (safe->rewrapping && now >= schedule->rewrap_due) {
        rotation_step(safe);
        schedule->rewrap_due = world_stopwatch_ns() + REWRAP_MS * MS;
    }
    return wait_ms(safe, schedule, now);
}

enum error safe_serve(struct safe *safe, int socket)
{
    CLEANUP_BUFFER_WIPE struct buffer message = buffer_new(PROTOCOL_MESSAGE_MAX);
    CLEANUP_BUFFER_WIPE struct buffer answer = buffer_new(2 * ANSWER_MAX);
    struct schedule schedule = {INT64_MAX, 0, INT64_MAX};
    bool closed = false;

    if (safe->cadence.tick_s > 0)
        schedule.tick_due = world_stopwatch_ns() + safe->cadence.tick_s * 1000 * MS;
    while (!closed && !safe->shut) {
        struct pollfd ready = {.fd = socket, .events = POLLIN};
        int wait = do_what_is_due(safe, &schedule);
        int count = poll(&ready, 1, wait);
        if (count < 0 && errno != EINTR)
            return ERROR_IO;
        if (count == 0 && schedule.idle_due == INT64_MAX && schedule.tick_due == INT64_MAX)
            schedule.idle_due = 0; /* a node that nobody asks still tells of reviews that wait */
        if (count <= 0)
            continue;
        TRY(serve_message(safe, socket, &message, &answer, &closed));
        tidy_index(safe);
        hurry_idle(&schedule);
    }
    return OK;
}
