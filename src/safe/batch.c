/* SPDX-License-Identifier: Apache-2.0 */

/* One message of the door from arrival to answer: prepare every request, make all entries durable with one fsync, then
 * what it does to keys, then answer. The order is the promise: nothing is answered that the log does not hold. */

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "state.h"

#define ANSWER_MAX PROTOCOL_MESSAGE_MAX
#define IDLE_MS 1000
#define REWRAP_MS 10 /* between steps of some milliseconds: a new root is not worth a slow answer */
#define QUIET_MS (3600 * 1000)
#define SETTLE_MS 60000 /* after a tick without any message */
#define INDEX_STEP 1024 /* entries: a few milliseconds */

struct batch {
    struct request *request;
    size_t count;
    struct completion *completion;
    size_t completions;
};

/* The clock of the batch never runs back behind the last entry; a step back of seconds is ironed out, more is an error
 * that only emergencies pass. */
#define CLOCK_TOLERANCE_NS (5 * INT64_C(1000000000))

static void read_clock(struct safe *safe)
{
    int64_t now = safe->world->now_ns(safe->world), last = ledger_last_time_ns(safe->access_log);

    safe->clock_behind = now < last - CLOCK_TOLERANCE_NS;
    safe->now_ns = now > last ? now : last;
    person_index_at(safe->index, safe->now_ns / 1000000000);
}

static enum error parse_message(struct safe *safe, struct slice message, struct batch *batch)
{
    struct reader reader = reader_of(message);

    batch->count = reader_u16(&reader);
    if (batch->count == 0 || batch->count > PROTOCOL_BATCH_MAX)
        return ERROR_SYNTAX;
    batch->request = arena_array(safe->arena, batch->count, sizeof *batch->request);
    batch->completion = arena_array(safe->arena, batch->count, sizeof *batch->completion);
    if (!batch->request || !batch->completion)
        return ERROR_MEMORY;
    for (size_t i = 0; i < batch->count; i++) {
        batch->request[i].kind = (enum protocol_kind)reader_byte(&reader);
        uint32_t length = reader_u32(&reader);
        batch->request[i].payload = reader_bytes(&reader, length);
        batch->request[i].answer = buffer_new(ANSWER_MAX);
        batch->request[i].plain = buffer_new(EVENT_BYTES_MAX);
        batch->request[i].sealed = buffer_new(2 * EVENT_BYTES_MAX + 1024);
    }
    return reader_done(&reader) ? OK : ERROR_SYNTAX;
}

static bool is_access(enum protocol_kind kind)
{
    return kind == PROTOCOL_ACCESS || kind == PROTOCOL_EVENTS || kind == PROTOCOL_PROOF;
}

/* The payload of EVENTS and PROOF is a number, then an access. */
static void strip_number(struct request *request)
{
    if (request->kind == PROTOCOL_ACCESS)
        return;
    struct reader reader = reader_of(request->payload);
    request->index = reader_u64(&reader);
    request->payload = reader.rest;
}

static void prepare(struct safe *safe, struct batch *batch)
{
    keystore_reads_begin(safe->keystore);
    for (size_t i = 0; i < batch->count; i++) {
        struct request *request = &batch->request[i];
        if (is_access(request->kind)) {
            strip_number(request);
            access_prepare(safe, request);
        } else if (oversight_is_deed(request->kind)) {
            oversight_prepare(safe, request);
        } else if (order_is_deed(request->kind)) {
            order_prepare(safe, request);
        } else if (request->kind == PROTOCOL_COMPLETE) {
            struct completion *completion = &batch->completion[batch->completions];
            request->error = completion_read(request->payload, completion);
            batch->completions += request->error == OK;
            if (request->error == OK)
                unconfirmed_confirm(safe, completion);
        }
    }
    keystore_reads_end(safe->keystore);
}

static void fail(struct request *request, enum error error)
{
    request->error = error;
    request->opened = 0;
    for (size_t i = 0; i < request->grant.targets; i++) {
        secret_wipe(request->grant.target[i].key, sizeof request->grant.target[i].key);
        request->grant.target[i].drawers = 0;
        request->grant.target[i].facts = slice_of("", 0);
    }
}

static void commit_keys(struct safe *safe, struct batch *batch)
{
    enum error error = keystore_commit(safe->keystore);

    if (error == OK)
        return;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->request[i].changes_keys && batch->request[i].error == OK)
            fail(&batch->request[i], error);
}

/* On a full disk the reserve takes emergencies, one by one; everybody else is told, and what they did to keys is
 * undone. */
static void append_emergencies(struct safe *safe, struct batch *batch, enum error error)
{
    keystore_take_back(safe->keystore, 0);
    for (size_t i = 0; i < batch->count; i++) {
        struct request *request = &batch->request[i];
        if (!request->has_entry)
            continue;
        struct ledger_entry entry = {slice_of(request->leaf, sizeof request->leaf), buffer_view(&request->sealed)};
        if (!request->emergency)
            fail(request, error);
        else if (padding_append(safe, &entry, 1, LEDGER_EMERGENCY, &request->grant.leaf) != OK)
            fail(request, ERROR_DISK_FULL);
        else
            request->durable = true;
    }
}

static void append_entries(struct safe *safe, struct batch *batch, const struct ledger_entry *completions)
{
    struct ledger_entry *entry = arena_array(safe->arena, batch->count + 1, sizeof *entry);
    size_t entries = 0;
    uint64_t first = 0;

    if (!entry) {
        append_emergencies(safe, batch, ERROR_MEMORY);
        return;
    }
    if (completions)
        entry[entries++] = *completions;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->request[i].has_entry)
            entry[entries++] = (struct ledger_entry){slice_of(batch->request[i].leaf, LEDGER_COMMITMENT_BYTES),
                                                     buffer_view(&batch->request[i].sealed)};
    enum error error = padding_append(safe, entry, entries, 0, &first);
    if (error != OK) {
        append_emergencies(safe, batch, error);
        return;
    }
    first += completions != NULL;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->request[i].has_entry) {
            batch->request[i].grant.leaf = first++;
            batch->request[i].durable = true;
        }
}

/* The completions of earlier accesses that came with this batch: one entry for all. */
static enum error seal_completions(struct safe *safe, const struct batch *batch, struct buffer *sealed, uint8_t *leaf)
{
    CLEANUP_BUFFER struct buffer plain = buffer_new(EVENT_BYTES_MAX * 4);
    CLEANUP_KEY struct secret_key hour_key;
    uint32_t hour = (uint32_t)(safe->now_ns / 3600000000000);
    struct hash event_hash;

    void *nonce = buffer_room(&plain, EVENT_NONCE_BYTES);
    if (!nonce)
        return ERROR_MEMORY;
    safe->world->random(safe->world, nonce, EVENT_NONCE_BYTES);
    event_write_completions(safe->now_ns, batch->completion, batch->completions, &plain);
    TRY(keystore_hour(safe->keystore, hour, safe->node.oversight, &hour_key));
    event_seal(&hour_key, hour, safe->world, buffer_view(&plain), slice_of("", 0), sealed, &event_hash);
    TRY(buffer_check(&plain));
    TRY(buffer_check(sealed));
    ledger_commitment(&event_hash, buffer_view(sealed), leaf);
    return OK;
}

static void make_durable(struct safe *safe, struct batch *batch)
{
    CLEANUP_BUFFER struct buffer sealed = buffer_new(EVENT_BYTES_MAX * 4 + 1024);
    uint8_t leaf[LEDGER_COMMITMENT_BYTES];
    struct ledger_entry completions;

    /* Entries first: what was done to keys has an entry, or was not done. */
    if (batch->completions > 0 && seal_completions(safe, batch, &sealed, leaf) == OK) {
        completions = (struct ledger_entry){slice_of(leaf, sizeof leaf), buffer_view(&sealed)};
        append_entries(safe, batch, &completions);
    } else {
        append_entries(safe, batch, NULL);
    }
    commit_keys(safe, batch);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->request[i].durable) {
            entry_index(safe, &batch->request[i]);
            enum error kept = order_keep(safe, &batch->request[i]);
            if (kept != OK) { /* what does not count against an order's limits opens nothing */
                fail(&batch->request[i], kept);
                safe->index_behind = true;
            }
        }
    if (!safe->index_behind)
        person_index_reached(safe->index, ledger_size(safe->access_log));
}

/* With an error only what it is about goes out: the rule that decided, what is wrong with an order. Never the half of
 * an answer that failed on its way. */
static bool is_said(const struct request *request)
{
    bool tells_why = request->kind == PROTOCOL_ACCESS || request->kind == PROTOCOL_ORDER;

    return !request->answer.failed && (request->error == OK || tells_why);
}

static void write_answers(struct batch *batch, struct buffer *answer)
{
    size_t start = answer->length;

    buffer_u32(answer, 0);
    buffer_u16(answer, (uint16_t)batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        struct request *request = &batch->request[i];
        if (request->answer.failed)
            request->error = buffer_check(&request->answer);
        buffer_u16(answer, (uint16_t)request->error);
        protocol_text_write(is_said(request) ? buffer_view(&request->answer) : slice_of("", 0), answer);
    }
    if (answer->failed)
        return;
    uint32_t length = (uint32_t)(answer->length - start - 4);
    struct buffer prefix = {.data = answer->data + start, .capacity = 4, .maximum = 4};
    buffer_u32(&prefix, length);
}

/* There was no memory to answer as it should be. */
static enum error refuse_all(size_t count, enum error error, struct buffer *answer)
{
    buffer_clear(answer);
    buffer_u32(answer, (uint32_t)(2 + 6 * count));
    buffer_u16(answer, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        buffer_u16(answer, (uint16_t)error);
        buffer_u32(answer, 0);
    }
    return buffer_check(answer);
}

static void free_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->count && batch->request; i++) {
        struct request *request = &batch->request[i];
        fail(request, request->error);
        buffer_wipe(&request->answer);
        buffer_wipe(&request->plain);
        buffer_free(&request->sealed);
    }
}

enum error safe_answer(struct safe *safe, struct slice message, struct buffer *answer)
{
    struct batch batch = {0};

    if (safe->shut)
        return ERROR_SHUT;
    arena_reset(safe->arena);
    read_clock(safe);
    enum error error = parse_message(safe, message, &batch);
    if (error == OK) {
        prepare(safe, &batch);
        make_durable(safe, &batch);
        for (size_t i = 0; i < batch.count; i++) {
            answer_request(safe, &batch.request[i]);
            unconfirmed_settle(safe, &batch.request[i]);
        }
        write_answers(&batch, answer);
        error = buffer_check(answer);
    }
    free_batch(&batch);
    return error == ERROR_MEMORY && batch.count > 0 ? refuse_all(batch.count, error, answer) : error;
}

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
