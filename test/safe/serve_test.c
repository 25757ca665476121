/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the safe's own loop answers what came whole and nothing else, goes on after what interrupts it, and ends
 * when the line does: played over a real socket pair, with everything that the door ever says already in it. */

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "oversight_asks.h"
#include "safe/state.h"
#include "unlucky.h"

struct door {
    struct whole whole;
    int line[2];
};

static void door_open(struct door *door, unsigned years)
{
    whole_open(&door->whole);
    door->whole.cadence = (struct safe_cadence){
        .pad = 16, .segment_bytes = 8000, .retention_years = years, .tick_s = 1};
    whole_reopen(&door->whole);
    assert_int_equal(safe_begin(door->whole.safe), OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, door->line), 0);
}

static void say(struct door *door, struct slice bytes)
{
    assert_int_equal(write(door->line[0], bytes.data, bytes.length), bytes.length);
}

static void ask(struct door *door, enum protocol_kind kind, struct slice payload)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(65536);

    buffer_u32(&message, (uint32_t)(2 + 1 + 4 + payload.length));
    buffer_u16(&message, 1);
    buffer_byte(&message, (uint8_t)kind);
    protocol_text_write(payload, &message);
    say(door, buffer_view(&message));
}

/* Everything was said: how the loop ended. */
static enum error served(struct door *door)
{
    assert_int_equal(shutdown(door->line[0], SHUT_WR), 0);
    return safe_serve(door->whole.safe, door->line[1]);
}

/* How many whole answers of one request came, each without an error. */
static unsigned answers(struct door *door)
{
    char bytes[65536];
    size_t length = 0;
    unsigned count = 0;

    for (ssize_t got; (got = recv(door->line[0], bytes + length, sizeof bytes - length, MSG_DONTWAIT)) > 0;)
        length += (size_t)got;
    struct reader reader = reader_of(slice_of(bytes, length));
    while (!reader_done(&reader)) {
        struct slice answer = reader_bytes(&reader, reader_u32(&reader));
        assert_false(reader.failed);
        struct reader inside = reader_of(answer);
        assert_int_equal(reader_u16(&inside), 1);
        count += reader_u16(&inside) == OK;
    }
    return count;
}

static void door_close(struct door *door)
{
    close(door->line[0]);
    close(door->line[1]);
    whole_close(&door->whole);
}

static void each_message_is_answered_and_the_end_of_the_line_is_the_end(void **state)
{
    struct door door;

    (void)state;
    door_open(&door, 0);
    for (int i = 0; i < 5; i++)
        ask(&door, PROTOCOL_HELLO, SLICE(""));
    assert_int_equal(served(&door), OK);
    assert_int_equal(answers(&door), 5);
    door_close(&door);
}

static const struct {
    const char *name;
    enum unlucky_call call;
    int error;
    enum error ends;
} failures[] = {
    {"waiting is interrupted", UNLUCKY_poll, EINTR, OK}, {"waiting fails", UNLUCKY_poll, EBADF, ERROR_IO},
    {"nothing comes for a while", UNLUCKY_poll, 0, OK},  {"reading is interrupted", UNLUCKY_recv, EINTR, OK},
    {"reading fails", UNLUCKY_recv, EIO, ERROR_IO},      {"answering is interrupted", UNLUCKY_send, EINTR, OK},
    {"answering fails", UNLUCKY_send, EPIPE, ERROR_IO},
};

static void what_interrupts_the_loop_does_not_end_it_and_what_fails_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        for (size_t nth = 1; nth <= 3; nth++) {
            struct door door;
            door_open(&door, 0);
            for (int j = 0; j < 3; j++)
                ask(&door, PROTOCOL_HELLO, SLICE(""));
            unlucky_fail(failures[i].call, nth, false, failures[i].error);
            enum error error = served(&door);
            assert_true(unlucky_end());
            if (error != failures[i].ends)
                fail_msg("%s, %zu: %s", failures[i].name, nth, error_entry(error)->name);
            unsigned count = answers(&door);
            if (error == OK ? count != 3 : count >= 3)
                fail_msg("%s, %zu: %u answers", failures[i].name, nth, count);
            door_close(&door);
        }
}

static void half_a_message_is_not_answered(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        enum error ends;
    } cases[] = {
        {"\0\0", 2, OK},
        {"\0\0\0\7\0\1", 6, OK},
        {"\0\0\0\0", 4, ERROR_SYNTAX},
        {"\xff\xff\xff\xff", 4, ERROR_TOO_LARGE},
        {"\0\0\0\2\0\0", 6, ERROR_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct door door;
        door_open(&door, 0);
        ask(&door, PROTOCOL_HELLO, SLICE(""));
        say(&door, slice_of(cases[i].bytes, cases[i].length));
        assert_int_equal(served(&door), cases[i].ends);
        assert_int_equal(answers(&door), 1);
        door_close(&door);
    }
}

/* Old entries are let go between messages, a step at a time, and a step that fails ends nothing. */
static void work_goes_on_between_messages(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        struct door door;
        door_open(&door, 3);
        for (int i = 0; i < 40; i++)
            safe_tick(door.whole.safe);
        world_advance(&door.whole.world, INT64_C(8766) * 3600 * 1000000000 * 5);
        (void)whole_token(&door.whole, &NURSE);
        for (int i = 0; i < 40; i++)
            safe_tick(door.whole.safe);
        ask(&door, PROTOCOL_PRUNE, SLICE("begin"));
        for (int i = 0; i < 200; i++)
            ask(&door, PROTOCOL_WITNESSING, SLICE(""));
        if (fails)
            unlucky_fail(UNLUCKY_open, 1, true, EIO);
        assert_int_equal(served(&door), OK);
        assert_int_equal(unlucky_end(), fails);
        assert_true(answers(&door) >= 200);
        assert_false(retention_is_working(door.whole.safe));
        assert_int_equal(ledger_minimum(door.whole.safe->access_log) > 0, !fails);
        door_close(&door);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_answered_and_the_end_of_the_line_is_the_end),
        cmocka_unit_test(what_interrupts_the_loop_does_not_end_it_and_what_fails_does),
        cmocka_unit_test(half_a_message_is_not_answered),
        cmocka_unit_test(work_goes_on_between_messages),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
