/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a line to the safe on which something fails in the middle ends calls and never loses one: memory for one of
 * them, a send that takes nothing, a signal, more calls than a message takes, a safe that has shut itself. */

#include "line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unlucky.h"

static const char answer_of_two[] = "\0\0\0\x0e\0\2\0\0\0\0\0\0\0\0\0\0\0\0";
#define ANSWER slice_of(answer_of_two, sizeof answer_of_two - 1)

static void answer(struct line *line)
{
    assert_int_equal(write(line->other, ANSWER.data, ANSWER.length), ANSWER.length);
}

static size_t sent_so_far(struct line *line)
{
    char bytes[65536];
    size_t all = 0;

    for (ssize_t got; (got = recv(line->other, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
        all += (size_t)got;
    return all;
}

/* Two messages may be under way; what is called meanwhile goes out when the first is answered, without another call. */
static void calls_that_had_to_wait_go_out_by_themselves(void **state)
{
    struct line line;
    struct call call[6];

    (void)state;
    line_open(&line);
    line.expected = 6;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 2; i++) {
            call[2 * round + i] = (struct call){&line, i};
            safe_call(line.client, PROTOCOL_CHECKPOINT, SLICE("a"), ended, &call[2 * round + i]);
        }
        run_briefly(&line);
    }
    size_t two = sent_so_far(&line);
    answer(&line);
    run_briefly(&line);
    assert_int_equal(line.ended, 2);
    assert_int_equal(sent_so_far(&line), two / 2);
    answer(&line);
    answer(&line);
    run_briefly(&line);
    assert_int_equal(line.ended, 6);
    assert_true(safe_client_alive(line.client));
    line_close(&line);
}

static void calls_past_what_a_message_takes_are_refused_at_once(void **state)
{
    struct line line;
    static struct call call[PROTOCOL_BATCH_MAX + 1];
    static char large[PROTOCOL_MESSAGE_MAX];

    (void)state;
    line_open(&line);
    line.expected = PROTOCOL_BATCH_MAX + 3;
    for (unsigned i = 0; i <= PROTOCOL_BATCH_MAX; i++) {
        call[i] = (struct call){&line, i == PROTOCOL_BATCH_MAX};
        safe_call(line.client, PROTOCOL_CHECKPOINT, SLICE(""), ended, &call[i]);
    }
    assert_int_equal(line.ended, 1);
    assert_int_equal(line.error[1], ERROR_OVERLOADED);
    line.error[1] = OK;
    run_briefly(&line);
    safe_call(line.client, PROTOCOL_CHECKPOINT, slice_of(large, sizeof large), ended, &call[PROTOCOL_BATCH_MAX]);
    assert_int_equal(line.ended, 2);
    assert_int_equal(line.error[1], ERROR_OVERLOADED);
    assert_true(safe_client_alive(line.client));
    line_close(&line);
    assert_int_equal(line.ended, PROTOCOL_BATCH_MAX + 2);
}

static void a_safe_that_shut_itself_is_told_as_such(void **state)
{
    struct line line;
    struct call call[2];

    (void)state;
    line_open(&line);
    two_calls(&line, call);
    run_briefly(&line);
    safe_client_shut(line.client);
    assert_int_equal(shutdown(line.other, SHUT_RDWR), 0);
    run_briefly(&line);
    assert_int_equal(line.error[0], ERROR_SHUT);
    assert_int_equal(line.error[1], ERROR_SHUT);
    safe_call(line.client, PROTOCOL_CHECKPOINT, SLICE(""), ended, &call[0]);
    assert_int_equal(line.ended, 3);
    line_close(&line);
}

/* One kind of failure, and whether the line outlives it. */
static const struct {
    const char *name;
    enum unlucky_call call;
    int error;
    bool answering; /* it fails when the answer comes; else when the calls go */
    bool lives, answered;
} failures[] = {
    {"a send that a signal interrupts", UNLUCKY_send, EINTR, false, true, true},
    {"a send for which there is no room", UNLUCKY_send, EAGAIN, false, true, true},
    {"a send that fails", UNLUCKY_send, EPIPE, false, false, false},
    {"a read that a signal interrupts", UNLUCKY_recv, EINTR, true, true, true},
    {"a read that finds nothing", UNLUCKY_recv, EAGAIN, true, true, true},
    {"a read that fails", UNLUCKY_recv, EIO, true, false, false},
    {"no memory for what comes", UNLUCKY_malloc, ENOMEM, true, false, false},
    {"no memory for whom to tell", UNLUCKY_calloc, ENOMEM, false, true, true},
    {"no memory for the message", UNLUCKY_malloc, ENOMEM, false, true, true},
};

static void each_call_ends_once_whatever_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        for (size_t nth = 1; nth < 4; nth++) {
            struct line line;
            struct call call[2];
            line_open(&line);
            assert_non_null(loop_timer(line.loop, 10, stop, line.loop));
            if (!failures[i].answering)
                unlucky_fail(failures[i].call, nth, false, failures[i].error);
            two_calls(&line, call);
            assert_int_equal(loop_run(line.loop), OK);
            bool failed = !failures[i].answering && unlucky_end();
            bool refused = line.ended > 0;
            assert_non_null(loop_timer(line.loop, 10, stop, line.loop));
            if (failures[i].answering)
                unlucky_fail(failures[i].call, nth, false, failures[i].error);
            if (!refused)
                answer(&line);
            assert_int_equal(loop_run(line.loop), OK);
            failed = failed || unlucky_end();
            run_briefly(&line);
            if (failed && safe_client_alive(line.client) != failures[i].lives)
                fail_msg("%s, %zu: %s", failures[i].name, nth, failures[i].lives ? "the line is lost" : "it lives");
            if (!refused && failures[i].answered && line.ended != 2)
                fail_msg("%s, %zu: %u ended", failures[i].name, nth, line.ended);
            line_close(&line);
            if (line.ended != 2)
                fail_msg("%s, %zu: %u ended in all", failures[i].name, nth, line.ended);
        }
}

static void what_could_not_be_made_is_none(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_calloc, UNLUCKY_malloc};
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    for (size_t i = 0; i < 2; i++) {
        bool failed = true;
        for (size_t nth = 1; failed; nth++) {
            struct loop *loop = loop_new();
            struct safe_client *client = NULL, *local = NULL;
            unlucky_fail(calls[i], nth, true, ENOMEM);
            enum error error = safe_client_new(loop, dup(pair[0]), 0, &client);
            enum error of_local = safe_client_local(loop, NULL, &local);
            failed = unlucky_end();
            assert_true(error == OK || (error == ERROR_MEMORY && !client));
            assert_true(of_local == OK || (of_local == ERROR_MEMORY && !local));
            if (!failed)
                assert_int_equal(error, OK);
            safe_client_free(client);
            safe_client_free(local);
            loop_free(loop);
        }
    }
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_that_had_to_wait_go_out_by_themselves),
        cmocka_unit_test(calls_past_what_a_message_takes_are_refused_at_once),
        cmocka_unit_test(a_safe_that_shut_itself_is_told_as_such),
        cmocka_unit_test(each_call_ends_once_whatever_fails),
        cmocka_unit_test(what_could_not_be_made_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
