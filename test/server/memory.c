/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>

static void handle(void *context, struct exchange *exchange)
{
    struct memory *memory = context;
    const struct http_request *request = exchange_request(exchange);

    if (!memory->answers_at_once) {
        memory->kept[memory->kept_count++] = exchange;
        return;
    }
    struct slice answer = arena_format(request->arena, "%.*s %.*s ", SLICE_PRINT(http_method_name(request->method)),
                                       SLICE_PRINT(request->path));
    struct slice parts[] = {answer, request->body};
    exchange_respond_parts(exchange, 200, NULL, 0, parts, 2);
}

static void wake(struct connection *connection)
{
    (void)connection;
}

void memory_begin(struct memory *memory, struct server_limits limits, bool answers_at_once)
{
    const struct server_options options = {.limits = limits, .handler = handle, .context = memory};
    const struct http_client client = {.address = SLICE("192.0.2.1")};

    *memory = (struct memory){.world = world_driven(1, 784111777000000000), .answers_at_once = answers_at_once};
    memory->output = buffer_new(64 << 20);
    service_begin(&memory->service, &options, &memory->world);
    memory->service.wake = wake;
    connection_begin(&memory->connection, &memory->service, &client, memory->now_ns);
}

void memory_end(struct memory *memory)
{
    connection_end(&memory->connection);
    service_end(&memory->service);
    buffer_free(&memory->output);
}

void memory_take_output(struct memory *memory)
{
    struct slice piece[4];
    size_t count;

    while ((count = connection_output(&memory->connection, piece, 4)) > 0) {
        size_t bytes = 0;
        for (size_t i = 0; i < count; i++) {
            buffer_slice(&memory->output, piece[i]);
            bytes += piece[i].length;
        }
        connection_sent(&memory->connection, bytes, memory->now_ns);
        connection_resume(&memory->connection, memory->now_ns);
    }
}

size_t memory_feed(struct memory *memory, struct slice input, size_t piece)
{
    size_t fed = 0;

    while (fed < input.length && connection_wants_input(&memory->connection)) {
        size_t left = input.length - fed, length = left < piece ? left : piece;
        connection_feed(&memory->connection, slice_of(input.data + fed, length), memory->now_ns);
        fed += length;
        memory_take_output(memory);
    }
    return fed;
}

void memory_advance(struct memory *memory, int64_t ms)
{
    memory->now_ns += ms * 1000000;
}

void memory_answer(struct memory *memory, size_t n, const char *text)
{
    exchange_respond(memory->kept[n], 200, NULL, 0, slice_from_string(text));
    memory_take_output(memory);
}

struct slice memory_output(const struct memory *memory)
{
    return buffer_view(&memory->output);
}
