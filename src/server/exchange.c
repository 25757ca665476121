/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <stdlib.h>

#include "connection.h"
#include "message.h"

#define IDLE_MAX 64                    /* exchanges kept for reuse: a mebibyte with their first arena blocks */
#define MESSAGE_KEPT_BYTES (16 * 1024) /* a larger message gives its room back */
#define ANSWER_MAX ((size_t)256 << 20) /* of a copied body; our own handlers make it, so it is a safety net */
#define NO_DATE INT64_MIN

/* ---- what connections share ---- */

static void put_default(size_t *limit, size_t value)
{
    if (*limit == 0)
        *limit = value;
}

static void put_default_time(int64_t *limit, int64_t value)
{
    if (*limit == 0)
        *limit = value;
}

void service_begin(struct service *service, const struct server_options *options, struct world *world)
{
    *service = (struct service){.options = *options, .world = world, .date_s = NO_DATE};
    struct server_limits *limits = &service->options.limits;
    put_default(&limits->request_line_bytes, 8 << 10);
    put_default(&limits->head_bytes, 16 << 10);
    put_default(&limits->headers, 64);
    put_default(&limits->body_bytes, 8 << 20);
    put_default(&limits->arena_bytes, 64 << 20);
    put_default(&limits->connections, 1024);
    put_default(&limits->connections_per_address, 256);
    put_default(&limits->pipelined, 64);
    put_default(&limits->queued_bytes, 1 << 20);
    put_default_time(&limits->head_ms, 10000);
    put_default_time(&limits->body_ms, 30000);
    put_default_time(&limits->write_ms, 30000);
    put_default_time(&limits->bytes_per_second, 1024);
    put_default_time(&limits->idle_ms, 60000);
    put_default_time(&limits->stop_ms, 30000);
}

static void destroy(struct exchange *exchange)
{
    if (exchange->all_before)
        exchange->all_before->all_next = exchange->all_next;
    else
        exchange->service->all = exchange->all_next;
    if (exchange->all_next)
        exchange->all_next->all_before = exchange->all_before;
    buffer_wipe(&exchange->body);
    buffer_wipe(&exchange->message);
    buffer_wipe(&exchange->moved);
    arena_wipe(exchange->arena);
    arena_free(exchange->arena);
    free(exchange);
}

void service_end(struct service *service)
{
    while (service->all)
        destroy(service->all);
}

/* ---- one exchange ---- */

static struct exchange *make(struct service *service)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return NULL;
    exchange->arena = arena_new(service->options.limits.arena_bytes);
    if (!exchange->arena) {
        free(exchange);
        return NULL;
    }
    exchange->service = service;
    exchange->message = buffer_new(ANSWER_MAX);
    exchange->all_next = service->all;
    if (service->all)
        service->all->all_before = exchange;
    service->all = exchange;
    return exchange;
}

/* With the text of the address, because the connection may go before the exchange does. */
static void copy_client(struct exchange *exchange, const struct http_client *client)
{
    size_t length = client->address.length < ADDRESS_BYTES ? client->address.length : ADDRESS_BYTES;

    exchange->client = *client;
    if (length > 0)
        memcpy(exchange->address, client->address.data, length);
    exchange->client.address = slice_of(exchange->address, length);
}

/* Not a counter: whoever is answered twice would learn how many were answered in between. 0 is a command's. */
static uint64_t new_request_id(struct world *world)
{
    uint64_t id = 0;

    while (id == 0)
        world->random(world, &id, sizeof id);
    return id;
}

struct exchange *exchange_take(struct service *service, struct connection *connection)
{
    struct exchange *exchange = service->idle;

    if (exchange) {
        service->idle = exchange->next;
        service->idle_count--;
    } else if (!(exchange = make(service))) {
        return NULL;
    }
    exchange->next = NULL;
    exchange->connection = connection;
    exchange->state = EXCHANGE_READING;
    exchange->head = (struct head){0};
    copy_client(exchange, &connection->client);
    exchange->request = (struct http_request){
        .id = new_request_id(service->world), .client = &exchange->client, .arena = exchange->arena};
    return exchange;
}

static void clear_message(struct exchange *exchange)
{
    struct buffer *message = &exchange->message;

    if (message->capacity > MESSAGE_KEPT_BYTES)
        buffer_wipe(message);
    else if (message->length > 0)
        explicit_bzero(message->data, message->length);
    buffer_clear(message);
}

void exchange_give_back(struct exchange *exchange)
{
    struct service *service = exchange->service;

    if (service->idle_count == IDLE_MAX) {
        destroy(exchange);
        return;
    }
    buffer_wipe(&exchange->body);
    buffer_wipe(&exchange->moved);
    clear_message(exchange);
    arena_wipe(exchange->arena);
    exchange->connection = NULL;
    exchange->interim = slice_of(NULL, 0);
    exchange->part = NULL;
    exchange->parts = 0;
    exchange->answer_bytes = 0;
    exchange->next = service->idle;
    service->idle = exchange;
    service->idle_count++;
}

void exchange_hand_over(struct exchange *exchange)
{
    struct service *service = exchange->service;

    exchange->request.body = buffer_view(&exchange->body);
    exchange->state = EXCHANGE_HANDED;
    service->handed++;
    service->requests++;
    service->options.handler(service->options.context, exchange);
}

const struct http_request *exchange_request(const struct exchange *exchange)
{
    return &exchange->request;
}

bool exchange_client_is_there(const struct exchange *exchange)
{
    return exchange->connection != NULL;
}

/* ---- answering ---- */

/* Without memory even for this the message stays empty, and the connection breaks off (connection_answered). */
static void write_failure(struct exchange *exchange)
{
    clear_message(exchange);
    buffer_wipe(&exchange->moved);
    exchange->parts = 0;
    if (message_write_head(&exchange->message, exchange, 500, 0, NULL, 0) != OK)
        clear_message(exchange);
}

/* Writes the head. True when the body is to follow. */
static bool begin_answer(struct exchange *exchange, int status, const struct http_header *headers, size_t count,
                         size_t body_bytes)
{
    enum error error = ERROR_VALUE;

    if (status >= 200 && status <= 599)
        error = message_write_head(&exchange->message, exchange, status, body_bytes, headers, count);
    if (error != OK) {
        write_failure(exchange);
        return false;
    }
    return message_has_length(status) && exchange->request.method != METHOD_HEAD;
}

static void end_answer(struct exchange *exchange)
{
    exchange->answer_bytes = exchange->message.length;
    for (size_t i = 0; i < exchange->parts; i++)
        exchange->answer_bytes += exchange->part[i].length;
    if (exchange->state == EXCHANGE_HANDED)
        exchange->service->handed--;
    exchange->state = EXCHANGE_ANSWERED;
    if (exchange->connection)
        connection_answered(exchange->connection, exchange);
    else
        exchange_give_back(exchange);
}

/* Called with nothing answered yet and never twice: an exchange that is answered may already be another one. */
static void must_be_with_handler(const struct exchange *exchange)
{
    if (exchange->state != EXCHANGE_HANDED)
        abort();
}

void exchange_respond(struct exchange *exchange, int status, const struct http_header *headers, size_t header_count,
                      struct slice body)
{
    must_be_with_handler(exchange);
    if (begin_answer(exchange, status, headers, header_count, body.length)) {
        buffer_slice(&exchange->message, body);
        if (buffer_check(&exchange->message) != OK)
            write_failure(exchange);
    }
    end_answer(exchange);
}

/* Copies the array of parts. */
static bool keep_parts(struct exchange *exchange, const struct slice *parts, size_t count)
{
    exchange->part = arena_array(exchange->arena, count, sizeof *parts);
    if (!exchange->part)
        return false;
    if (count > 0)
        memcpy(exchange->part, parts, count * sizeof *parts);
    exchange->parts = count;
    return true;
}

void exchange_respond_parts(struct exchange *exchange, int status, const struct http_header *headers,
                            size_t header_count, const struct slice *parts, size_t part_count)
{
    size_t bytes = 0;

    must_be_with_handler(exchange);
    for (size_t i = 0; i < part_count; i++)
        bytes += parts[i].length;
    if (begin_answer(exchange, status, headers, header_count, bytes) && !keep_parts(exchange, parts, part_count))
        write_failure(exchange);
    end_answer(exchange);
}

void exchange_respond_buffer(struct exchange *exchange, int status, const struct http_header *headers,
                             size_t header_count, struct buffer *body)
{
    struct slice view = buffer_view(body);
    bool failed = buffer_check(body) != OK;

    must_be_with_handler(exchange);
    exchange->moved = *body;
    *body = buffer_new(body->maximum);
    if (failed)
        write_failure(exchange);
    else if (begin_answer(exchange, status, headers, header_count, view.length) && !keep_parts(exchange, &view, 1))
        write_failure(exchange);
    end_answer(exchange);
}

void exchange_refuse(struct exchange *exchange, int status)
{
    static const struct http_header type = {SLICE("content-type"), SLICE("text/plain; charset=utf-8")};
    struct slice reason = message_reason(status);

    exchange->service->refused++;
    exchange->head.close = true;
    if (begin_answer(exchange, status, &type, 1, reason.length + 1)) {
        buffer_slice(&exchange->message, reason);
        buffer_byte(&exchange->message, '\n');
        if (buffer_check(&exchange->message) != OK)
            write_failure(exchange);
    }
    end_answer(exchange);
}

/* ---- sending ---- */

size_t exchange_output_bytes(const struct exchange *exchange)
{
    return exchange->interim.length + (exchange->state == EXCHANGE_ANSWERED ? exchange->answer_bytes : 0);
}

/* Appends what is left of `bytes` after skipping. */
static void add_piece(struct slice bytes, size_t *skip, struct slice *piece, size_t maximum, size_t *count)
{
    if (*skip >= bytes.length) {
        *skip -= bytes.length;
        return;
    }
    if (*count < maximum)
        piece[(*count)++] = slice_from(bytes, *skip);
    *skip = 0;
}

size_t exchange_output(const struct exchange *exchange, size_t skip, struct slice *piece, size_t maximum)
{
    size_t count = 0;

    add_piece(exchange->interim, &skip, piece, maximum, &count);
    if (exchange->state != EXCHANGE_ANSWERED)
        return count;
    add_piece(buffer_view(&exchange->message), &skip, piece, maximum, &count);
    for (size_t i = 0; i < exchange->parts && count < maximum; i++)
        add_piece(exchange->part[i], &skip, piece, maximum, &count);
    return count;
}
