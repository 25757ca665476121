/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES_UNDER_WAY 2
#define WAITING_MAX 65536
#define READ_BYTES 65536

struct waiting {
    safe_done *done;
    void *context;
};

/* First in, first out; grows to WAITING_MAX. */
struct queue {
    struct waiting *item;
    size_t head, count, capacity;
};

struct safe_client {
    struct loop *loop;
    struct safe *local;
    int socket;
    struct loop_watch *watch;
    int lazy_ms;
    struct loop_timer *lazy_timer;
    bool flush_put_off;
    bool alive;
    bool shut;
    loop_call *lost;
    void *lost_context;

    struct buffer next; /* items not yet sent, without the prefix */
    size_t next_count;
    bool next_is_waited_for;
    struct buffer out; /* bytes on their way */
    size_t out_sent;
    struct buffer in;
    unsigned under_way;              /* messages */
    size_t sent[MESSAGES_UNDER_WAY]; /* how many items each of them has, the oldest first */
    struct queue queue;              /* whom to tell, in the order of the items */
};

static bool queue_push(struct queue *queue, struct waiting waiting)
{
    if (queue->count == queue->capacity) {
        size_t capacity = queue->capacity ? 2 * queue->capacity : 256;
        if (capacity > WAITING_MAX)
            return false;
        struct waiting *item = calloc(capacity, sizeof *item);
        if (!item)
            return false;
        for (size_t i = 0; i < queue->count; i++)
            item[i] = queue->item[(queue->head + i) % queue->capacity];
        free(queue->item);
        *queue = (struct queue){item, 0, queue->count, capacity};
    }
    queue->item[(queue->head + queue->count++) % queue->capacity] = waiting;
    return true;
}

static struct waiting queue_pop(struct queue *queue)
{
    struct waiting waiting = queue->item[queue->head];

    queue->head = (queue->head + 1) % queue->capacity;
    queue->count--;
    return waiting;
}

/* The one that was pushed last. */
static struct waiting queue_take_back(struct queue *queue)
{
    return queue->item[(queue->head + --queue->count) % queue->capacity];
}

static enum error lost_error(const struct safe_client *client)
{
    return client->shut ? ERROR_SHUT : ERROR_SAFE_UNREACHABLE;
}

static void tell(struct waiting waiting, enum error error, struct slice payload)
{
    if (waiting.done)
        waiting.done(waiting.context, error, payload);
}

static void lose(struct safe_client *client)
{
    if (!client->alive)
        return;
    client->alive = false;
    loop_unwatch(client->watch);
    client->watch = NULL;
    if (client->socket >= 0)
        close(client->socket);
    client->socket = -1;
    client->next_count = 0;
    buffer_wipe(&client->next);
    buffer_wipe(&client->out);
    buffer_wipe(&client->in);
    while (client->queue.count > 0)
        tell(queue_pop(&client->queue), lost_error(client), slice_of("", 0));
    if (client->lost)
        client->lost(client->lost_context);
}

/* What was to be sent and was not, for want of memory: that is no reason to lose the safe. */
static void refuse_next(struct safe_client *client, size_t count, enum error error)
{
    while (count-- > 0 && client->queue.count > 0)
        tell(queue_take_back(&client->queue), error, slice_of("", 0));
}

/* Hands each item of an answer to whoever waits for it. */
static enum error take_answer(struct safe_client *client, struct slice message)
{
    struct reader reader = reader_of(message);
    size_t count = reader_u16(&reader);

    /* An answer nobody asked for, or to more or fewer than were asked, would reach the wrong caller. */
    if (client->under_way == 0 || count != client->sent[0])
        return ERROR_SYNTAX;
    for (size_t i = 0; i < count; i++) {
        unsigned error = reader_u16(&reader);
        struct slice payload = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
        if (reader.failed || error >= ERROR_COUNT)
            return ERROR_SYNTAX;
        tell(queue_pop(&client->queue), (enum error)error, payload);
    }
    client->under_way--;
    client->sent[0] = client->sent[1];
    return reader_done(&reader) ? OK : ERROR_SYNTAX;
}

static void flush(struct safe_client *client);

static void take_answers(struct safe_client *client)
{
    size_t taken = 0;

    for (;;) {
        struct reader reader = reader_of(slice_of(client->in.data + taken, client->in.length - taken));
        uint32_t length = reader_u32(&reader);
        struct slice message = reader_bytes(&reader, length);
        if (reader.failed)
            break;
        taken += 4 + (size_t)length;
        if (take_answer(client, message) != OK) {
            lose(client);
            return;
        }
        if (!client->alive)
            return;
    }
    if (taken == 0)
        return;
    memmove(client->in.data, client->in.data + taken, client->in.length - taken);
    client->in.length -= taken;
    secret_wipe(client->in.data + client->in.length, taken); /* keys were in there */
}

static void receive(struct safe_client *client)
{
    for (;;) {
        char *room = buffer_room(&client->in, READ_BYTES);
        if (!room) {
            lose(client);
            return;
        }
        ssize_t got = recv(client->socket, room, READ_BYTES, MSG_DONTWAIT);
        client->in.length -= READ_BYTES - (got > 0 ? (size_t)got : 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            lose(client);
            return;
        }
        if (got < READ_BYTES)
            break;
    }
    take_answers(client);
}

static void transmit(struct safe_client *client)
{
    while (client->out_sent < client->out.length) {
        ssize_t sent = send(client->socket, client->out.data + client->out_sent, client->out.length - client->out_sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN) {
            loop_rearm(client->watch, EPOLLIN | EPOLLOUT);
            return;
        }
        if (sent < 0) {
            lose(client);
            return;
        }
        client->out_sent += (size_t)sent;
    }
    if (client->out.length > 0)
        loop_rearm(client->watch, EPOLLIN);
    buffer_clear(&client->out);
    client->out_sent = 0;
}

static void answer_locally(struct safe_client *client)
{
    struct buffer message = client->next, answer = buffer_new(2u * PROTOCOL_MESSAGE_MAX);
    CLEANUP_BUFFER_WIPE struct buffer whole = buffer_new(PROTOCOL_MESSAGE_MAX);
    size_t count = client->next_count;

    client->next = buffer_new(PROTOCOL_MESSAGE_MAX);
    buffer_u16(&whole, (uint16_t)count);
    buffer_slice(&whole, buffer_view(&message));
    client->sent[client->under_way++] = count;
    client->next_count = 0;
    enum error error = buffer_check(&whole);
    if (error == OK)
        error = safe_answer(client->local, buffer_view(&whole), &answer);
    if (error == ERROR_MEMORY) {
        client->under_way--;
        refuse_next(client, count, error);
    } else if (error == OK) {
        error = take_answer(client, slice_from(buffer_view(&answer), 4));
    }
    buffer_wipe(&message);
    buffer_wipe(&answer);
    if (error != OK && error != ERROR_MEMORY)
        lose(client);
}

static void flush(struct safe_client *client)
{
    if (!client->alive || client->next_count == 0)
        return;
    client->next_is_waited_for = false;
    if (client->local) {
        answer_locally(client);
        return;
    }
    if (client->under_way == MESSAGES_UNDER_WAY) {
        client->next_is_waited_for = true; /* it goes when one of them is answered (ready) */
        return;
    }
    size_t before = client->out.length, count = client->next_count;
    buffer_u32(&client->out, (uint32_t)(client->next.length + 2));
    buffer_u16(&client->out, (uint16_t)count);
    buffer_slice(&client->out, buffer_view(&client->next));
    buffer_clear(&client->next);
    client->next_count = 0;
    enum error error = buffer_check(&client->out);
    if (error != OK) {
        client->out.length = before;
        client->out.failed = client->out.starved = false;
        refuse_next(client, count, error);
        return;
    }
    client->sent[client->under_way++] = count;
    transmit(client);
}

static void flush_deferred(void *context)
{
    struct safe_client *client = context;

    client->flush_put_off = false;
    flush(client);
}

static void flush_lazy(void *context)
{
    struct safe_client *client = context;

    client->lazy_timer = NULL;
    flush(client);
}

static void ready(void *context, uint32_t events)
{
    struct safe_client *client = context;

    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        receive(client);
    if (client->alive && events & EPOLLOUT)
        transmit(client);
    if (client->alive && client->next_is_waited_for && !client->flush_put_off)
        flush(client);
}

static void put_off_flush(struct safe_client *client, bool waited_for)
{
    if (waited_for) {
        client->next_is_waited_for = true;
        if (client->flush_put_off)
            return;
        client->flush_put_off = loop_defer(client->loop, flush_deferred, client) == OK;
        if (!client->flush_put_off) /* there is no memory to put it off */
            flush(client);
    } else if (client->lazy_ms > 0 && !client->lazy_timer) {
        client->lazy_timer = loop_timer(client->loop, client->lazy_ms, flush_lazy, client);
    }
}

void safe_call(struct safe_client *client, enum protocol_kind kind, struct slice payload, safe_done *done,
               void *context)
{
    struct waiting waiting = {done, context};

    if (!client->alive) {
        tell(waiting, lost_error(client), slice_of("", 0));
        return;
    }
    if (client->next_count == PROTOCOL_BATCH_MAX || payload.length + 64 > client->next.maximum - client->next.length ||
        !queue_push(&client->queue, waiting)) {
        tell(waiting, ERROR_OVERLOADED, slice_of("", 0));
        return;
    }
    size_t before = client->next.length;
    buffer_byte(&client->next, (uint8_t)kind);
    protocol_text_write(payload, &client->next);
    if (client->next.failed) {
        client->next.length = before;
        client->next.failed = client->next.starved = false;
        tell(queue_take_back(&client->queue), ERROR_MEMORY, slice_of("", 0));
        return;
    }
    client->next_count++;
    put_off_flush(client, done != NULL);
}

static struct safe_client *client_new(struct loop *loop)
{
    struct safe_client *client = calloc(1, sizeof *client);

    if (!client)
        return NULL;
    *client = (struct safe_client){.loop = loop,
                                   .socket = -1,
                                   .alive = true,
                                   .next = buffer_new(PROTOCOL_MESSAGE_MAX),
                                   .out = buffer_new(4u * PROTOCOL_MESSAGE_MAX),
                                   .in = buffer_new(4u * PROTOCOL_MESSAGE_MAX)};
    return client;
}

enum error safe_client_new(struct loop *loop, int socket, int lazy_ms, struct safe_client **ret_client)
{
    struct safe_client *client = client_new(loop);

    if (!client)
        return ERROR_MEMORY;
    client->socket = socket;
    client->lazy_ms = lazy_ms;
    client->watch = loop_watch(loop, socket, EPOLLIN, ready, client);
    if (!client->watch) {
        client->socket = -1;
        safe_client_free(client);
        return ERROR_MEMORY;
    }
    *ret_client = client;
    return OK;
}

enum error safe_client_local(struct loop *loop, struct safe *safe, struct safe_client **ret_client)
{
    struct safe_client *client = client_new(loop);

    if (!client)
        return ERROR_MEMORY;
    client->local = safe;
    *ret_client = client;
    return OK;
}

/* What nobody waits for is still sent: it says what was given out. */
void safe_client_free(struct safe_client *client)
{
    if (!client)
        return;
    client->lost = NULL;
    flush(client);
    loop_timer_cancel(client->loop, client->lazy_timer);
    loop_defer_cancel(client->loop, flush_deferred, client);
    if (client->alive && client->socket >= 0)
        shutdown(client->socket, SHUT_WR);
    lose(client);
    free(client->queue.item);
    free(client);
}

bool safe_client_alive(const struct safe_client *client)
{
    return client->alive;
}

void safe_client_on_lost(struct safe_client *client, loop_call *lost, void *context)
{
    client->lost = lost;
    client->lost_context = context;
}

void safe_client_shut(struct safe_client *client)
{
    client->shut = true;
}
