/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that each call to the safe ends once, whatever the other end of the line says or does, and that the calls of one
 * round travel as one message. The other end is played by the test. */

#include "line.h"

static void calls_of_a_round_travel_as_one_message(void **state)
{
    static const char sent[] = "\0\0\0\x0f\0\2\x0b\0\0\0\1a\x0b\0\0\0\2bb";
    static const char answer[] = "\0\0\0\x0f\0\2\0\0\0\0\0\1x\0\1\0\0\0\0";
    struct line line;
    struct call call[2];
    char got[64];

    (void)state;
    line_open(&line);
    two_calls(&line, call);
    run_briefly(&line);
    assert_int_equal(recv(line.other, got, sizeof got, 0), sizeof sent - 1);
    assert_memory_equal(got, sent, sizeof sent - 1);
    assert_int_equal(send(line.other, answer, sizeof answer - 1, 0), sizeof answer - 1);
    assert_int_equal(loop_run(line.loop), OK);
    assert_int_equal(line.error[0], OK);
    assert_string_equal(line.payload[0], "x");
    assert_int_equal(line.error[1], ERROR_SYNTAX);
    assert_true(safe_client_alive(line.client));
    line_close(&line);
}

static void an_answer_that_is_none_ends_every_call(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } wrong[] = {
        {"\0\0\0\2\0\3", 6},                                     /* more answers than questions */
        {"\0\0\0\x08\0\1\0\0\0\0\0\0", 12},                     /* fewer */
        {"\0\0\0\2\0\0", 6},                                     /* none */
        {"\0\0\0\x08\0\1\xff\xff\0\0\0\0", 12},                  /* an error that there is not */
        {"\0\0\0\x08\0\1\0\0\0\0\0\x09", 12},                    /* a payload past the end */
        {"\0\0\0\x0f\0\2\0\0\0\0\0\0\0\0\0\0\0\0y", 19},         /* one byte too many */
        {"\xff\xff\xff\xff", 4},                                 /* never whole: then the line is closed */
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct line line;
        struct call call[2];
        line_open(&line);
        two_calls(&line, call);
        run_briefly(&line);
        assert_int_equal(send(line.other, wrong[i].bytes, wrong[i].length, 0), wrong[i].length);
        assert_int_equal(shutdown(line.other, SHUT_RDWR), 0);
        run_briefly(&line);
        assert_int_equal(line.ended, 2);
        assert_int_equal(line.lost, 1);
        assert_false(safe_client_alive(line.client));
        if (i != 5) /* whose answers were whole */
            assert_int_equal(line.error[1], ERROR_SAFE_UNREACHABLE);
        struct call late = {&line, 2};
        safe_call(line.client, PROTOCOL_HELLO, SLICE(""), ended, &late);
        assert_int_equal(line.error[2], ERROR_SAFE_UNREACHABLE);
        line_close(&line);
    }
}

/* It would reach whoever asks next. */
static void an_answer_that_nobody_asked_for_ends_the_line(void **state)
{
    static const char answer[] = "\0\0\0\x08\0\1\0\0\0\0\0\0";
    struct line line;
    struct call call[2];

    (void)state;
    line_open(&line);
    assert_int_equal(send(line.other, answer, sizeof answer - 1, 0), sizeof answer - 1);
    run_briefly(&line);
    assert_false(safe_client_alive(line.client));
    two_calls(&line, call);
    assert_int_equal(line.error[0], ERROR_SAFE_UNREACHABLE);
    line_close(&line);
}

static void a_client_may_go_before_its_calls_were_sent(void **state)
{
    struct line line;
    struct call call[2];

    (void)state;
    line_open(&line);
    two_calls(&line, call);
    safe_client_free(line.client);
    line.client = NULL;
    assert_int_equal(line.ended, 2);
    run_briefly(&line); /* what was put off for it must not find it gone */
    assert_int_equal(line.ended, 2);
    line_close(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_a_round_travel_as_one_message),
        cmocka_unit_test(an_answer_that_is_none_ends_every_call),
        cmocka_unit_test(an_answer_that_nobody_asked_for_ends_the_line),
        cmocka_unit_test(a_client_may_go_before_its_calls_were_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
