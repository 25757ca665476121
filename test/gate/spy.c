/* SPDX-License-Identifier: Apache-2.0 */
#include "spy.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX (8u << 20)

static void write_down(struct spy *spy, enum protocol_kind kind, struct slice payload)
{
    struct arena *arena = spy->house->whole.arena;

    assert_true(spy->count < SPIED_MAX);
    struct spied *now = &spy->said[spy->count++];
    *now = (struct spied){.kind = kind, .payload = arena_copy(arena, payload)};
    struct slice access = kind == PROTOCOL_EVENTS || kind == PROTOCOL_PROOF ? slice_from(now->payload, 8)
                                                                            : now->payload;
    if (kind == PROTOCOL_ACCESS || kind == PROTOCOL_EVENTS || kind == PROTOCOL_PROOF)
        assert_int_equal(access_read(arena, access, &now->access), OK);
    if (kind == PROTOCOL_COMPLETE)
        assert_int_equal(completion_read(now->payload, &now->completion), OK);
}

static void say(struct spy *spy, struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = send(spy->safe_end, bytes.data, bytes.length, MSG_NOSIGNAL);
        assert_true(sent > 0);
        bytes = slice_from(bytes, (size_t)sent);
    }
}

/* The items of the safe's answer, u16 error ‖ u32 length ‖ payload, each as the test wants it. */
static void say_changed(struct spy *spy, size_t first, struct slice answer)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(MESSAGE_MAX), framed = buffer_new(MESSAGE_MAX);
    struct reader reader = reader_of(slice_from(answer, 4));
    uint16_t count = reader_u16(&reader);

    buffer_u16(&body, count);
    for (size_t i = 0; i < count; i++) {
        enum error error = (enum error)reader_u16(&reader);
        struct slice payload = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
        if (spy->answer)
            spy->answer(spy->context, &spy->said[first + i], &error, &payload);
        buffer_u16(&body, (uint16_t)error);
        protocol_text_write(payload, &body);
    }
    protocol_text_write(buffer_view(&body), &framed);
    assert_int_equal(buffer_check(&framed), OK);
    say(spy, buffer_view(&framed));
}

static void answer_message(struct spy *spy, struct slice message)
{
    CLEANUP_BUFFER struct buffer answer = buffer_new(MESSAGE_MAX);
    struct reader reader = reader_of(message);
    size_t first = spy->count;

    for (uint16_t count = reader_u16(&reader); count > 0; count--) {
        enum protocol_kind kind = (enum protocol_kind)reader_byte(&reader);
        write_down(spy, kind, protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX));
    }
    assert_true(reader_done(&reader));
    assert_int_equal(safe_answer(spy->house->whole.safe, message, &answer), OK);
    say_changed(spy, first, buffer_view(&answer));
}

static void hear(void *context, uint32_t events)
{
    struct spy *spy = context;
    char bytes[65536];

    (void)events;
    ssize_t got = recv(spy->safe_end, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got <= 0) {
        spy_hang_up(spy);
        return;
    }
    buffer_bytes(&spy->in, bytes, (size_t)got);
    for (;;) {
        struct reader reader = reader_of(buffer_view(&spy->in));
        struct slice message = protocol_text_read(&reader, MESSAGE_MAX);
        if (reader.failed || spy->safe_end < 0)
            return;
        answer_message(spy, message);
        memmove(spy->in.data, spy->in.data + 4 + message.length, spy->in.length - 4 - message.length);
        spy->in.length -= 4 + message.length;
    }
}

void spy_begin(struct spy *spy, struct house *house)
{
    int pair[2];

    *spy = (struct spy){.house = house, .in = buffer_new(MESSAGE_MAX)};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    spy->safe_end = pair[1];
    assert_int_equal(safe_client_new(house->loop, pair[0], 0, &spy->client), OK);
    spy->watch = loop_watch(house->loop, pair[1], EPOLLIN, hear, spy);
    assert_non_null(spy->watch);
    gate_reconnect(house->gate, spy->client);
}

void spy_hang_up(struct spy *spy)
{
    loop_unwatch(spy->watch);
    spy->watch = NULL;
    if (spy->safe_end >= 0)
        close(spy->safe_end);
    spy->safe_end = -1;
}

void spy_end(struct spy *spy)
{
    gate_reconnect(spy->house->gate, spy->house->client);
    safe_client_free(spy->client);
    spy_hang_up(spy);
    buffer_free(&spy->in);
}

size_t spied_count(const struct spy *spy, enum protocol_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < spy->count; i++)
        count += spy->said[i].kind == kind;
    return count;
}

const struct spied *spied(struct spy *spy, enum protocol_kind kind, size_t n)
{
    for (size_t i = 0; i < spy->count; i++)
        if (spy->said[i].kind == kind && n-- == 0)
            return &spy->said[i];
    fail_msg("nothing of kind %d was asked so often", (int)kind);
    return NULL;
}
