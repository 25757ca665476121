/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#define NS_A_MS 1000000
#define MS_A_SECOND 1000

void connection_begin(struct connection *connection, struct service *service, const struct http_client *client,
                      int64_t now_ns)
{
    *connection = (struct connection){
        .service = service, .client = *client, .input = INPUT_HEAD, .first_request = true, .since_ns = now_ns};
    connection->head = buffer_new(service->options.limits.head_bytes);
    connection->held = buffer_new(CONNECTION_READ_BYTES);
}

/* ---- the queue ---- */

static void append(struct connection *connection, struct exchange *exchange)
{
    if (connection->last)
        connection->last->next = exchange;
    else
        connection->first = exchange;
    connection->last = exchange;
    connection->in_flight++;
}

/* The handler keeps what it has; everything else is dropped. */
static void let_go(struct exchange *exchange)
{
    exchange->connection = NULL;
    if (exchange->state != EXCHANGE_HANDED)
        exchange_give_back(exchange);
}

void connection_end(struct connection *connection)
{
    struct exchange *exchange = connection->first;

    while (exchange) {
        struct exchange *next = exchange->next;
        let_go(exchange);
        exchange = next;
    }
    connection->first = connection->last = connection->reading = NULL;
    buffer_wipe(&connection->head);
    buffer_wipe(&connection->held);
}

static void drop_last(struct connection *connection)
{
    struct exchange *last = connection->last, *before = connection->first;

    if (before == last) {
        connection->first = before = NULL;
    } else {
        while (before->next != last)
            before = before->next;
        before->next = NULL;
    }
    connection->last = before;
    connection->in_flight--;
    let_go(last);
}

void connection_answered(struct connection *connection, struct exchange *exchange)
{
    connection->queued_bytes += exchange->answer_bytes;
    connection->broken = connection->broken || exchange->answer_bytes == 0;
    if (exchange == connection->first || connection->broken)
        connection->service->wake(connection);
}

/* ---- input ---- */

static void close_input(struct connection *connection)
{
    connection->input = INPUT_CLOSED;
    connection->reading = NULL;
    buffer_wipe(&connection->head);
    buffer_wipe(&connection->held);
}

/* Answers what could not be read. When there is no memory even for that, the connection just ends. */
static void refuse(struct connection *connection, int status)
{
    struct exchange *exchange = connection->reading;

    if (!exchange) {
        exchange = exchange_take(connection->service, connection);
        if (exchange)
            append(connection, exchange);
    }
    close_input(connection);
    if (exchange)
        exchange_refuse(exchange, status);
    else
        connection->service->wake(connection);
}

static uint64_t body_limit(const struct service *service, const struct http_request *request)
{
    const struct server_options *options = &service->options;

    return options->body_limit ? options->body_limit(options->context, request) : options->limits.body_bytes;
}

static void hand_over(struct connection *connection, struct exchange *exchange)
{
    connection->reading = NULL;
    connection->input = exchange->head.close ? INPUT_CLOSED : INPUT_HEAD;
    exchange_hand_over(exchange);
}

/* The head is whole and in the exchange's arena. */
static void begin_request(struct connection *connection, struct exchange *exchange, char *head, int64_t now_ns)
{
    struct service *service = connection->service;

    append(connection, exchange);
    connection->reading = exchange;
    int status = head_parse(head, &connection->scan, &exchange->request, &exchange->head);
    connection->scan = (struct head_scan){0};
    connection->first_request = false;
    connection->since_ns = now_ns;
    exchange->head.close = exchange->head.close || service->stopping;
    uint64_t maximum = status == 0 ? body_limit(service, &exchange->request) : 0;
    if (status == 0 && exchange->head.content_length > maximum)
        status = 413;
    if (status != 0) {
        refuse(connection, status);
        return;
    }
    exchange->body = buffer_new(maximum);
    if (exchange->head.content_length == 0)
        hand_over(connection, exchange);
    else
        connection->input = INPUT_BODY;
}

/* Puts the head together, in the arena of a new exchange. The last of it is `end`; what came before is kept in
 * connection->head. */
static void complete_head(struct connection *connection, struct slice end, int64_t now_ns)
{
    struct exchange *exchange = exchange_take(connection->service, connection);
    struct slice before = buffer_view(&connection->head);

    if (!exchange) {
        close_input(connection);
        connection->service->wake(connection);
        return;
    }
    char *whole = arena_alloc(exchange->arena, before.length + end.length);
    if (!whole) {
        exchange_give_back(exchange);
        refuse(connection, 503);
        return;
    }
    if (before.length > 0)
        memcpy(whole, before.data, before.length);
    memcpy(whole + before.length, end.data, end.length);
    buffer_wipe(&connection->head);
    begin_request(connection, exchange, whole, now_ns);
}

/* Keeps a part of a head. Its first line is looked at as soon as it is there: a client of HTTP/0.9 sends no more. */
static void keep_head(struct connection *connection, struct slice part, size_t lines_before)
{
    buffer_slice(&connection->head, part);
    int status = buffer_check(&connection->head) == OK ? 0 : 503;

    if (status == 0 && lines_before == 0 && connection->scan.lines > 0)
        status = head_check_line(buffer_view(&connection->head));
    if (status != 0)
        refuse(connection, status);
}

/* When the first line came whole with what was refused behind it, the line has its say first: else the status would
 * depend on the pieces in which the head came. */
static int refusal_of_head(struct connection *connection, struct slice input, size_t lines_before, int status)
{
    struct buffer *head = &connection->head;
    size_t room = head->maximum - head->length;

    if (lines_before > 0 || connection->scan.lines == 0)
        return status;
    buffer_slice(head, slice_of(input.data, input.length < room ? input.length : room));
    int status_of_line = head_check_line(buffer_view(head));
    return status_of_line != 0 ? status_of_line : status;
}

static size_t feed_head(struct connection *connection, struct slice input, int64_t now_ns)
{
    const struct server_limits *limits = &connection->service->options.limits;
    const struct head_limits head_limits = {limits->request_line_bytes, limits->head_bytes, limits->headers};
    size_t taken, lines_before = connection->scan.lines;
    bool complete;

    if (connection->scan.bytes == 0)
        connection->since_ns = now_ns;
    int status = head_scan(&connection->scan, &head_limits, input, &taken, &complete);
    if (status != 0) {
        refuse(connection, refusal_of_head(connection, input, lines_before, status));
        return input.length;
    }
    if (complete)
        complete_head(connection, slice_of(input.data, taken), now_ns);
    else
        keep_head(connection, slice_of(input.data, taken), lines_before);
    return taken;
}

static size_t feed_body(struct connection *connection, struct slice input)
{
    struct exchange *exchange = connection->reading;
    uint64_t missing = exchange->head.content_length - exchange->body.length;
    size_t taken = missing < input.length ? (size_t)missing : input.length;

    buffer_bytes(&exchange->body, input.data, taken);
    if (buffer_check(&exchange->body) != OK)
        refuse(connection, 503); /* within the limit, so it is memory that is short */
    else if (taken == missing)
        hand_over(connection, exchange);
    return taken;
}

/* A body that has begun is always read on: the answers before it may wait for nothing. */
bool connection_wants_input(const struct connection *connection)
{
    const struct server_limits *limits = &connection->service->options.limits;

    if (connection->input == INPUT_HEAD)
        return connection->in_flight < limits->pipelined && connection->queued_bytes < limits->queued_bytes;
    return connection->input == INPUT_BODY;
}

void connection_feed(struct connection *connection, struct slice input, int64_t now_ns)
{
    while (input.length > 0 && connection_wants_input(connection)) {
        size_t taken = connection->input == INPUT_HEAD ? feed_head(connection, input, now_ns)
                                                       : feed_body(connection, input);
        input = slice_from(input, taken);
    }
    if (input.length == 0 || connection->input == INPUT_CLOSED)
        return;
    buffer_slice(&connection->held, input);
    if (buffer_check(&connection->held) != OK)
        refuse(connection, 503);
}

void connection_resume(struct connection *connection, int64_t now_ns)
{
    if (connection->held.length == 0 || !connection_wants_input(connection))
        return;
    struct buffer held = connection->held;
    connection->held = buffer_new(held.maximum);
    connection_feed(connection, buffer_view(&held), now_ns);
    buffer_wipe(&held);
}

void connection_input_ended(struct connection *connection)
{
    if (connection->reading)
        drop_last(connection);
    close_input(connection);
}

/* ---- output ---- */

/* RFC 9110, 10.1.1: said once, when every earlier answer is on its way and none of the body has come unasked. */
static void encourage(struct connection *connection)
{
    struct exchange *first = connection->first;

    if (first && first == connection->reading && first->head.expects_continue && first->body.length == 0)
        first->interim = SLICE("HTTP/1.1 100 Continue\r\n\r\n");
}

size_t connection_output(struct connection *connection, struct slice *piece, size_t maximum)
{
    size_t count = 0, skip = connection->sent;

    if (connection->broken)
        return 0;
    encourage(connection);
    for (struct exchange *exchange = connection->first; exchange && count < maximum; exchange = exchange->next) {
        count += exchange_output(exchange, skip, piece + count, maximum - count);
        if (exchange->state != EXCHANGE_ANSWERED)
            break;
        skip = 0;
    }
    return count;
}

void connection_sent(struct connection *connection, size_t bytes, int64_t now_ns)
{
    connection->sent += bytes;
    while (connection->first && connection->first->state == EXCHANGE_ANSWERED) {
        struct exchange *first = connection->first;
        size_t whole = exchange_output_bytes(first);
        if (connection->sent < whole)
            return;
        connection->sent -= whole;
        connection->queued_bytes -= first->answer_bytes;
        connection->in_flight--;
        connection->first = first->next;
        if (!first->next) {
            connection->last = NULL;
            connection->since_ns = now_ns;
        }
        exchange_give_back(first);
    }
}

bool connection_is_finished(const struct connection *connection)
{
    return connection->broken || (connection->input == INPUT_CLOSED && !connection->first);
}

/* ---- time ---- */

/* When the client must have done what is awaited of it; INT64_MAX while we wait for our own handler. */
static int64_t deadline_ns(const struct connection *connection)
{
    const struct server_limits *limits = &connection->service->options.limits;
    int64_t ms = limits->head_ms;

    if (!connection_wants_input(connection))
        return INT64_MAX;
    if (connection->input == INPUT_BODY)
        ms = limits->body_ms + (int64_t)connection->reading->body.length * MS_A_SECOND / limits->bytes_per_second;
    else if (connection->scan.bytes == 0 && connection->first)
        return INT64_MAX;
    else if (connection->scan.bytes == 0 && !connection->first_request)
        ms = limits->idle_ms;
    return connection->since_ns + ms * NS_A_MS;
}

bool connection_is_overdue(struct connection *connection, int64_t now_ns)
{
    if (deadline_ns(connection) > now_ns) {
        /* Time in which we did not read is not the client's. */
        if (!connection_wants_input(connection))
            connection->since_ns = now_ns;
        return false;
    }
    if (connection->input == INPUT_HEAD && connection->scan.bytes == 0)
        return true;
    refuse(connection, 408);
    return false;
}

void connection_stop(struct connection *connection)
{
    if (connection->reading) {
        connection->reading->head.close = true;
        return;
    }
    if (connection->scan.bytes > 0 && connection->input == INPUT_HEAD)
        return; /* begin_request sees that the service is stopping */
    if (connection->last && connection->last->state != EXCHANGE_ANSWERED)
        connection->last->head.close = true;
    close_input(connection);
}
