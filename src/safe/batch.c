/* SPDX-License-Identifier: Apache-2.0 */

/* One message of the door from arrival to answer: prepare every request, make all entries durable with one fsync, then
 * what it does to keys, then answer. The order is the promise: nothing is answered that the log does not hold. */

#include "state.h"

#define ANSWER_MAX PROTOCOL_MESSAGE_MAX

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
    safe->now_ns = now > last ? now : last; /* same, now > last with >=: both are it */
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

static void complete(struct safe *safe, struct batch *batch, struct request *request)
{
    struct completion *completion = &batch->completion[batch->completions];

    request->error = completion_read(request->payload, completion);
    if (request->error != OK)
        return;
    batch->completions++;
    unconfirmed_confirm(safe, completion);
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
            complete(safe, batch, request);
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

/* What was returned could not be written down: whoever said it is told. With OK it could, and nothing changes. */
static void fail_completions(struct batch *batch, enum error error)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->request[i].kind == PROTOCOL_COMPLETE && batch->request[i].error == OK)
            batch->request[i].error = error;
}

/* On a full disk the reserve takes emergencies, one by one; everybody else is told, and what they did to keys is
 * undone. */
static void append_emergencies(struct safe *safe, struct batch *batch, enum error error)
{
    keystore_take_back(safe->keystore, 0);
    fail_completions(batch, error);
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
    enum error error = batch->completions > 0 ? seal_completions(safe, batch, &sealed, leaf) : OK;
    struct ledger_entry completions = {slice_of(leaf, sizeof leaf), buffer_view(&sealed)};

    fail_completions(batch, error);
    /* Entries first: what was done to keys has an entry, or was not done. */
    append_entries(safe, batch, batch->completions > 0 && error == OK ? &completions : NULL);
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
}

/* With an error only what it is about goes out: the rule that decided, what is wrong with an order. Never the half of
 * an answer that failed on its way. */
static struct slice said(const struct request *request)
{
    bool tells_why = request->kind == PROTOCOL_ACCESS || request->kind == PROTOCOL_ORDER;

    if (request->answer.failed || (request->error != OK && !tells_why))
        return slice_of("", 0);
    return buffer_view(&request->answer);
}

/* More than the largest answer finds no room in it, whatever its length says. */
static uint32_t length_of_answers(const struct batch *batch)
{
    size_t length = 2;

    for (size_t i = 0; i < batch->count; i++)
        length += 2 + 4 + said(&batch->request[i]).length;
    return (uint32_t)length;
}

static void write_answers(struct batch *batch, struct buffer *answer)
{
    buffer_u32(answer, length_of_answers(batch));
    buffer_u16(answer, (uint16_t)batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        struct request *request = &batch->request[i];
        if (request->answer.failed)
            request->error = buffer_check(&request->answer);
        buffer_u16(answer, (uint16_t)request->error);
        protocol_text_write(said(request), answer);
    }
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
        if (!safe->shut && !safe->index_behind) /* only now: answering writes rows too */
            person_index_reached(safe->index, ledger_size(safe->access_log));
        write_answers(&batch, answer);
        error = buffer_check(answer);
    }
    free_batch(&batch);
    return error == ERROR_MEMORY ? refuse_all(batch.count, error, answer) : error;
}
