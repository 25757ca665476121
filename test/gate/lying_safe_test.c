/* SPDX-License-Identifier: Apache-2.0 */

/* The safe is taken over: between the gate and a true safe stands one who changes its answers, in bits, lengths, counts,
 * errors and kinds, says nothing, or hangs up. Proves that each call ends once, that nothing crashes, that what is shown
 * is what was stored, and that nothing is stored under a key that was not given. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "gate/gate.h"
#include "whole_node.h"

#define ROUNDS 1500
#define ROUNDS_ALL 60000
#define FAMILY "Hadadcanary"
#define PATIENT                                                                                                        \
    "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"" FAMILY "\"}],\"telecom\":[{\"value\":\"0470\"}]}"

static const struct id anna = {{0xA1, 7}};

enum lie {
    TRUTH,
    BITS,    /* some bits of the answer */
    SHORT,   /* cut, with a length that fits */
    LONG,    /* bytes more, with a length that fits */
    CUT,     /* cut, with the length of before: then hangs up */
    COUNT,   /* says that it answers more or fewer */
    ERRORS,  /* another error before the same payload */
    OTHERS,  /* random bytes as every payload */
    NO_KEYS, /* a grant that opens nothing, or others than were named */
    UNASKED, /* a second answer to the same */
    HANGS_UP,
    LIES
};

struct line {
    struct whole whole;
    struct loop *loop;
    struct safe_client *client;
    struct gate *gate;
    struct loop_watch *watch;
    int safe_end;
    struct buffer in;
    enum lie lie;
    unsigned waiting, calls;
};

static uint64_t draw(struct line *line, uint64_t below)
{
    uint64_t number;

    line->whole.world.random(&line->whole.world, &number, sizeof number);
    return number % below;
}

static void hang_up(struct line *line)
{
    loop_unwatch(line->watch);
    line->watch = NULL;
    if (line->safe_end >= 0)
        close(line->safe_end);
    line->safe_end = -1;
}

static void put_length(struct buffer *answer)
{
    uint32_t length = (uint32_t)(answer->length - 4);

    for (int i = 0; i < 4; i++)
        answer->data[i] = (char)(length >> (24 - 8 * i));
}

/* Rewrites every item: (u16 error ‖ u32 length ‖ payload). */
static void rewrite_items(struct line *line, struct buffer *answer)
{
    CLEANUP_BUFFER struct buffer made = buffer_new(4u << 20);
    struct reader reader = reader_of(slice_from(buffer_view(answer), 4));
    uint16_t count = reader_u16(&reader);

    buffer_u32(&made, 0);
    buffer_u16(&made, count);
    for (unsigned i = 0; i < count; i++) {
        uint16_t error = reader_u16(&reader);
        struct slice payload = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
        struct grant grant;
        buffer_u16(&made, line->lie == ERRORS ? (uint16_t)draw(line, ERROR_COUNT) : line->lie == OTHERS ? 0 : error);
        if (line->lie == OTHERS) {
            char bytes[200];
            size_t length = draw(line, sizeof bytes);
            line->whole.world.random(&line->whole.world, bytes, sizeof bytes);
            protocol_text_write(slice_of(bytes, length), &made);
        } else if (line->lie == NO_KEYS && grant_read(line->whole.arena, payload, &grant) == OK) {
            CLEANUP_BUFFER struct buffer lied = buffer_new(1u << 20);
            static struct grant_target targets[4];
            unsigned how = (unsigned)draw(line, 3);
            for (unsigned t = 0; t < 4; t++)
                targets[t] = (struct grant_target){.facts = SLICE("")};
            grant.target = targets;
            grant.targets = how == 0 ? 0 : how == 1 ? 4 : grant.targets < 4 ? grant.targets : 4;
            grant_write(&grant, &lied);
            protocol_text_write(buffer_view(&lied), &made);
        } else {
            protocol_text_write(payload, &made);
        }
    }
    put_length(&made);
    buffer_clear(answer);
    buffer_slice(answer, buffer_view(&made));
}

static void change(struct line *line, struct buffer *answer)
{
    size_t body = answer->length - 4;

    switch (line->lie) {
    case BITS:
        for (uint64_t n = 1 + draw(line, 4); n > 0; n--)
            answer->data[4 + draw(line, body)] ^= (char)(1 << draw(line, 8));
        break;
    case SHORT:
        answer->length = 4 + draw(line, body);
        put_length(answer);
        break;
    case LONG:
        buffer_bytes(answer, "\0\0\0\0\0\0\0\1", 1 + draw(line, 8));
        put_length(answer);
        break;
    case CUT:
        answer->length = draw(line, answer->length);
        break;
    case COUNT:
        answer->data[5] = (char)draw(line, 256);
        break;
    case ERRORS:
    case OTHERS:
    case NO_KEYS:
        rewrite_items(line, answer);
        break;
    default:
        break;
    }
}

static void say(struct line *line, struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = send(line->safe_end, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes = slice_from(bytes, (size_t)sent);
    }
}

static void answer_message(struct line *line, struct slice message)
{
    CLEANUP_BUFFER struct buffer answer = buffer_new(8u << 20);

    assert_int_equal(safe_answer(line->whole.safe, message, &answer), OK);
    if (line->lie == HANGS_UP) {
        hang_up(line);
        return;
    }
    change(line, &answer);
    say(line, buffer_view(&answer));
    if (line->lie == UNASKED)
        say(line, buffer_view(&answer));
    if (line->lie == CUT)
        hang_up(line);
}

/* Its answers stand in for those of the safe. */
static void lying(void *context, uint32_t events)
{
    struct line *line = context;
    char bytes[65536];

    (void)events;
    ssize_t got = recv(line->safe_end, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got <= 0) {
        hang_up(line);
        return;
    }
    buffer_bytes(&line->in, bytes, (size_t)got);
    while (line->in.length >= 4) {
        struct reader reader = reader_of(buffer_view(&line->in));
        uint32_t length = reader_u32(&reader);
        struct slice message = reader_bytes(&reader, length);
        if (reader.failed)
            return;
        answer_message(line, message);
        memmove(line->in.data, line->in.data + 4 + length, line->in.length - 4 - length);
        line->in.length -= 4 + (size_t)length;
    }
}

static void stop(void *context)
{
    loop_stop(context);
}

/* Lets the loop run until every call has ended; a lie that leaves the line half read ends when it hangs up. */
static void wait_all(struct line *line)
{
    for (int i = 0; i < 200 && line->waiting > 0; i++) {
        if (i == 20)
            hang_up(line);
        assert_non_null(loop_timer(line->loop, 1, stop, line->loop));
        assert_int_equal(loop_run(line->loop), OK);
    }
    assert_int_equal(line->waiting, 0);
}

static void ended(struct line *line)
{
    assert_true(line->waiting > 0); /* not twice */
    line->calls++;
    if (--line->waiting == 0)
        loop_stop(line->loop);
}

static void greeted(void *context, enum error error)
{
    (void)error;
    ended(context);
}

static void connect_line(struct line *line)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    line->safe_end = pair[1];
    buffer_clear(&line->in);
    assert_int_equal(safe_client_new(line->loop, pair[0], 0, &line->client), OK);
    line->watch = loop_watch(line->loop, pair[1], EPOLLIN, lying, line);
    assert_non_null(line->watch);
}

static void greet(struct line *line)
{
    line->waiting++;
    gate_hello(line->gate, greeted, line);
    wait_all(line);
}

static void reconnect(struct line *line)
{
    struct safe_client *before = line->client;

    connect_line(line);
    gate_reconnect(line->gate, line->client);
    safe_client_free(before);
    line->lie = TRUTH;
    greet(line);
}

static void line_open(struct line *line)
{
    *line = (struct line){.in = buffer_new(8u << 20), .safe_end = -1};
    whole_open(&line->whole);
    line->loop = loop_new();
    connect_line(line);
    struct gate_options options = {line->whole.directory, line->loop, &line->whole.world, line->client};
    assert_int_equal(gate_open(&options, &line->gate, NULL), OK);
    greet(line);
}

static void line_close(struct line *line)
{
    gate_close(line->gate);
    safe_client_free(line->client);
    hang_up(line);
    loop_free(line->loop);
    buffer_free(&line->in);
    whole_close(&line->whole);
}

/* ---- what is asked of it ---- */

static struct gate_asker asker_of(struct line *line, const struct whole_person *person)
{
    struct gate_asker asker = {.token = whole_token(&line->whole, person)};
    struct slice payload;

    assert_int_equal(whole_ask(&line->whole, PROTOCOL_CREDENTIAL, asker.token, &payload), OK);
    struct slice kept = arena_copy(line->whole.arena, payload);
    assert_int_equal(credential_read(kept, &asker.credential), OK);
    return asker;
}

static void read_done(void *context, enum error error, const struct gate_views *views)
{
    struct line *line = context;

    /* What is shown was stored so: a lie opens nothing else and makes nothing up. */
    for (size_t i = 0; error == OK && i < views->count; i++)
        if (slice_search(views->view[i].json, SLICE("family")) != SIZE_MAX)
            assert_true(slice_search(views->view[i].json, SLICE(FAMILY)) != SIZE_MAX);
    ended(line);
}

static void write_done(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    (void)error;
    (void)reason;
    (void)time_ms;
    ended(context);
}

static void said(void *context, enum error error, struct slice payload)
{
    (void)error;
    (void)payload;
    ended(context);
}

static void identified(void *context, enum error error, const struct credential *credential)
{
    (void)error;
    (void)credential;
    ended(context);
}

static void finding(void *context, struct slice text)
{
    (void)context;
    (void)text;
}

static void ask_everything(struct line *line, const struct gate_asker *nurse, struct gate_write_item *item)
{
    struct gate *gate = line->gate;
    struct arena *arena = line->whole.arena;

    line->waiting = 8;
    gate_read(gate, &(struct gate_read){.asker = nurse,
                                        .arena = arena,
                                        .type = SLICE("Patient"),
                                        .resource = anna,
                                        .done = read_done,
                                        .context = line});
    gate_scan(gate, &(struct gate_scan){.asker = nurse,
                                        .arena = arena,
                                        .person = anna,
                                        .needed = OUTCOME_FULL,
                                        .action = ACTION_SEARCH,
                                        .done = read_done,
                                        .context = line});
    gate_write(gate, &(struct gate_write){nurse, arena, item, 1, write_done, line});
    gate_events(gate,
                &(struct gate_audit){.asker = nurse, .arena = arena, .person = anna, .done = said, .context = line});
    gate_proof(gate,
               &(struct gate_audit){.asker = nurse, .arena = arena, .person = anna, .done = said, .context = line});
    gate_break_glass(gate, &(struct gate_glass){.asker = nurse,
                                                .arena = arena,
                                                .person = anna,
                                                .done = write_done,
                                                .reason = SLICE("unconscious, nobody with her"),
                                                .context = line});
    gate_check(gate, &(struct gate_check){finding, greeted, line}, arena);
    gate_forget_askers(gate);
    gate_identify(gate, arena, nurse->token, identified, line);
    wait_all(line);
}

static struct gate_write_item patient(enum gate_method method, uint64_t expected)
{
    return (struct gate_write_item){.method = method,
                                    .type = SLICE("Patient"),
                                    .resource = anna,
                                    .person = anna,
                                    .json = SLICE(PATIENT),
                                    .expected = expected};
}

/* Is there a version in the vault whose parts open under no key at all? The true safe must open what is stored. */
static void everything_stored_opens_with_the_true_keys(struct line *line, const struct gate_asker *nurse)
{
    reconnect(line);
    line->waiting = 1;
    gate_read(line->gate, &(struct gate_read){.asker = nurse,
                                              .arena = line->whole.arena,
                                              .type = SLICE("Patient"),
                                              .resource = anna,
                                              .history = true,
                                              .done = read_done,
                                              .context = line});
    wait_all(line);
}

static void a_safe_that_lies_is_survived_and_shows_nothing_else(void **state)
{
    const char *fire = getenv("HOSPITIUM_FIRE");
    unsigned rounds = fire && fire[0] == 'a' ? ROUNDS_ALL : ROUNDS;
    struct line line;

    (void)state;
    line_open(&line);
    struct gate_asker nurse = asker_of(&line, &NURSE);
    struct gate_write_item item = patient(GATE_CREATE, 0);
    line.waiting = 1;
    gate_write(line.gate, &(struct gate_write){&nurse, line.whole.arena, &item, 1, write_done, &line});
    wait_all(&line);
    for (unsigned round = 0; round < rounds; round++) {
        struct arena *kept = line.whole.arena;
        line.whole.arena = arena_new(64u << 20);
        assert_non_null(line.whole.arena);
        item = patient(GATE_UPDATE, 0);
        line.lie = (enum lie)draw(&line, LIES);
        ask_everything(&line, &nurse, &item);
        if (!safe_client_alive(line.client) || line.safe_end < 0 || round % 16 == 0)
            reconnect(&line);
        arena_free(line.whole.arena);
        line.whole.arena = kept;
    }
    everything_stored_opens_with_the_true_keys(&line, &nurse);
    line_close(&line);
}

static enum error written;

static void keep_error(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    written = error;
    write_done(context, error, reason, time_ms);
}

static void nothing_is_stored_under_a_key_that_was_not_given(void **state)
{
    struct line line;

    (void)state;
    line_open(&line);
    struct gate_asker nurse = asker_of(&line, &NURSE);
    for (int i = 0; i < 12; i++) { /* each of the three forms of this lie, more than once */
        struct gate_write_item item = patient(GATE_CREATE, 0);
        item.resource.byte[2] = item.person.byte[2] = (uint8_t)(i + 1);
        line.lie = NO_KEYS;
        line.waiting = 1;
        gate_write(line.gate, &(struct gate_write){&nurse, line.whole.arena, &item, 1, keep_error, &line});
        wait_all(&line);
        assert_int_not_equal(written, OK);
    }
    line_close(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_safe_that_lies_is_survived_and_shows_nothing_else),
        cmocka_unit_test(nothing_is_stored_under_a_key_that_was_not_given),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
