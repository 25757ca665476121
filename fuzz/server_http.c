/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes into one connection: no crash, no bound passed, and whatever the handler sees keeps its promises (http.h).
 * Each input is fed twice, whole and in pieces, and must come out the same: a request that changes its meaning with the
 * packets it comes in is how requests are smuggled. The first byte says how to cut and when the handler answers. */

#include <stdlib.h>

#include "server/connection.h"
#include "text/utf8.h"

#define INPUT_MAX 20000
#define KEPT_MAX 64

struct run {
    struct service service;
    struct connection connection;
    struct world world;
    struct buffer output;
    bool late; /* answers when all input is in, the last request first */
    struct exchange *kept[KEPT_MAX];
    size_t kept_count;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_path(const struct http_request *request)
{
    for (size_t i = 0; i < request->segments; i++) {
        struct slice segment = request->segment[i];
        require(segment.length > 0 && utf8_valid(segment));
        require(!slice_is(segment, ".") && !slice_is(segment, ".."));
        for (size_t n = 0; n < segment.length; n++)
            require((unsigned char)segment.data[n] >= 0x20 && !strchr("/\\\x7F", segment.data[n]));
    }
}

static void check_headers(const struct http_request *request)
{
    bool host = false;

    for (size_t i = 0; i < request->headers; i++) {
        const struct http_header *header = &request->header[i];
        require(header->name.length > 0 && !slice_is(header->name, "transfer-encoding"));
        require(!(host && slice_is(header->name, "host")));
        host = host || slice_is(header->name, "host");
        for (size_t n = 0; n < header->name.length; n++)
            require(!strchr(" \t\r\n:", header->name.data[n]));
        for (size_t n = 0; n < header->value.length; n++)
            require((unsigned char)header->value.data[n] >= 0x20 || header->value.data[n] == '\t');
    }
    require(host);
}

static void answer(struct exchange *exchange)
{
    const struct http_request *request = exchange_request(exchange);
    struct slice parts[] = {request->path, SLICE(" "), request->query, SLICE(" "), request->body};

    exchange_respond_parts(exchange, 200, NULL, 0, parts, 5);
}

static void handle(void *context, struct exchange *exchange)
{
    struct run *run = context;
    const struct http_request *request = exchange_request(exchange);

    check_path(request);
    check_headers(request);
    require(request->body.length <= run->service.options.limits.body_bytes);
    if (run->late && run->kept_count < KEPT_MAX)
        run->kept[run->kept_count++] = exchange;
    else
        answer(exchange);
}

static void wake(struct connection *connection)
{
    (void)connection;
}

static void take_output(struct run *run)
{
    struct slice piece[3];
    size_t count;

    while ((count = connection_output(&run->connection, piece, 3)) > 0) {
        size_t bytes = 0;
        for (size_t i = 0; i < count; i++) {
            buffer_slice(&run->output, piece[i]);
            bytes += piece[i].length;
        }
        connection_sent(&run->connection, bytes, 0);
        connection_resume(&run->connection, 0);
    }
}

static void answer_kept(struct run *run)
{
    while (run->kept_count > 0)
        answer(run->kept[--run->kept_count]);
    take_output(run);
}

static void converse(struct run *run, struct slice input, size_t piece, bool late)
{
    const struct server_options options = {
        .limits = {.body_bytes = 5000, .head_bytes = 4000, .arena_bytes = 1 << 20, .pipelined = 8},
        .handler = handle, .context = run};
    const struct http_client client = {.address = SLICE("192.0.2.1")};

    *run = (struct run){.world = world_driven(1, 0), .output = buffer_new(64 << 20), .late = late};
    service_begin(&run->service, &options, &run->world);
    run->service.wake = wake;
    connection_begin(&run->connection, &run->service, &client, 0);
    while (input.length > 0 && run->connection.input != INPUT_CLOSED) {
        size_t length = piece < input.length ? piece : input.length;
        if (connection_wants_input(&run->connection)) {
            connection_feed(&run->connection, slice_of(input.data, length), 0);
            input = slice_from(input, length);
            take_output(run);
        } else {
            answer_kept(run);
        }
        require(run->connection.in_flight <= 8);
    }
    while (run->kept_count > 0)
        answer_kept(run);
    require(buffer_check(&run->output) == OK);
}

static void end(struct run *run)
{
    connection_end(&run->connection);
    require(run->service.handed == 0);
    service_end(&run->service);
    buffer_free(&run->output);
}

/* An interim response depends, rightly, on whether the body came with the head. */
static struct slice without_interim(struct buffer *output)
{
    struct slice interim = SLICE("HTTP/1.1 100 Continue\r\n\r\n");
    size_t at;

    while ((at = slice_search(buffer_view(output), interim)) != SIZE_MAX) {
        memmove(output->data + at, output->data + at + interim.length, output->length - at - interim.length);
        output->length -= interim.length;
    }
    return buffer_view(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    static struct run whole, pieces;

    if (length < 1 || length > INPUT_MAX)
        return 0;
    struct slice input = slice_of(data + 1, length - 1);
    bool late = data[0] & 1;
    converse(&whole, input, INPUT_MAX, late);
    converse(&pieces, input, 1 + (size_t)(data[0] >> 1), late);
    require(slice_equal(without_interim(&whole.output), without_interim(&pieces.output)));
    require(connection_is_finished(&whole.connection) == connection_is_finished(&pieces.connection));
    end(&whole);
    end(&pieces);
    return 0;
}
