/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what one connection promises whatever its socket does: order of answers, independence from the pieces in which
 * input comes, and bounds in memory and time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "memory.h"

#define HEAD(rest) "GET " rest " HTTP/1.1\r\nHost: a\r\n\r\n"

static const struct server_limits no_limits = {0};

static bool output_has(const struct memory *memory, const char *text)
{
    return slice_search(memory_output(memory), slice_from_string(text)) != SIZE_MAX;
}

static size_t count_of(struct slice text, struct slice wanted)
{
    size_t count = 0, at;

    while ((at = slice_search(text, wanted)) != SIZE_MAX) {
        text = slice_from(text, at + wanted.length);
        count++;
    }
    return count;
}

/* ---- order ---- */

static void answers_leave_in_the_order_of_the_requests(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE(HEAD("/1") HEAD("/2") HEAD("/3")), 4096);
    assert_int_equal(3, memory.kept_count);
    memory_answer(&memory, 2, "third");
    memory_answer(&memory, 1, "second");
    assert_int_equal(0, memory_output(&memory).length);
    memory_answer(&memory, 0, "first");
    size_t first = slice_search(memory_output(&memory), SLICE("first"));
    size_t second = slice_search(memory_output(&memory), SLICE("second"));
    size_t third = slice_search(memory_output(&memory), SLICE("third"));
    assert_true(first < second && second < third && third != SIZE_MAX);
    memory_end(&memory);
}

static void a_refusal_waits_for_the_answers_before_it(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE(HEAD("/1") "GET /../ HTTP/1.1\r\nHost: a\r\n\r\n" HEAD("/3")), 4096);
    assert_int_equal(1, memory.kept_count);
    assert_false(connection_is_finished(&memory.connection));
    memory_answer(&memory, 0, "first");
    assert_true(slice_search(memory_output(&memory), SLICE("first")) <
                slice_search(memory_output(&memory), SLICE("400 Bad Request")));
    assert_true(connection_is_finished(&memory.connection));
    memory_end(&memory);
}

/* ---- pieces ---- */

static const char conversation[] =
    HEAD("/a") "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world" HEAD("/c?d=e")
    "\r\nPUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
    "DELETE /g HTTP/1.0\r\nHost: a\r\n\r\n" HEAD("/never");

static void the_pieces_in_which_input_comes_change_nothing(void **state)
{
    struct memory whole, pieces;
    struct slice input = slice_of(conversation, sizeof conversation - 1);

    memory_begin(&whole, no_limits, true);
    memory_feed(&whole, input, input.length);
    assert_int_equal(5, count_of(memory_output(&whole), SLICE("HTTP/1.1 200 OK")));
    for (size_t piece = 1; piece < input.length; piece++) {
        memory_begin(&pieces, no_limits, true);
        memory_feed(&pieces, input, piece);
        assert_true(slice_equal(memory_output(&whole), memory_output(&pieces)));
        assert_true(connection_is_finished(&pieces.connection));
        memory_end(&pieces);
    }
    memory_end(&whole);
}

/* Each is wrong in two ways; which of them is answered must not depend on the packets. */
static void a_refusal_is_the_same_in_any_pieces(void **state)
{
    static const struct {
        struct slice input;
        const char *status;
    } rows[] = {
        {SLICE("GET /a HTTP/1.-\r\nHost: a\n\r\n"), "HTTP/1.1 505 "},
        {SLICE("GET /a\r\n folded\r\n\r\n"), "HTTP/1.1 400 "},
        {SLICE("GET /a HTTP/3.0\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"), "HTTP/1.1 505 "},
        {SLICE("GET /a HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\n\r\n"), "HTTP/1.1 431 "},
        {SLICE("GET /a HTTP/1.1\r\nA: 1234567890123456789012345678901234567890123456789012345\n"), "HTTP/1.1 431 "},
    };
    const struct server_limits limits = {.head_bytes = 60, .headers = 3};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t piece = 1; piece <= rows[i].input.length; piece++) {
            struct memory memory;
            memory_begin(&memory, limits, true);
            memory_feed(&memory, rows[i].input, piece);
            if (!slice_starts_with(memory_output(&memory), slice_from_string(rows[i].status)))
                fail_msg("row %zu in pieces of %zu: %.*s", i, piece, SLICE_PRINT(memory_output(&memory)));
            memory_end(&memory);
        }
    }
}

/* ---- what an answer looks like ---- */

static void an_answer_has_length_and_date_and_no_name_of_the_server(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE(HEAD("/a")), 4096);
    /* The clock stands at the time that RFC 9110, 5.6.7 uses as its example. */
    struct slice answer = memory_output(&memory);
    assert_true(slice_starts_with(answer, SLICE("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                                "Content-Length: 7\r\nX-Request-Id: ")));
    assert_true(slice_starts_with(slice_from(answer, slice_search(answer, SLICE("Id: ")) + 4 + 16),
                                  SLICE("\r\n\r\nGET /a ")));
    memory_end(&memory);
}

/* The number of an answer, as its request's entries in the access log have it. */
static uint64_t number_of(struct slice answer)
{
    char text[17] = {0};

    memcpy(text, slice_from(answer, slice_search(answer, SLICE("X-Request-Id: ")) + 14).data, 16);
    return strtoull(text, NULL, 16);
}

static void the_number_of_an_answer_does_not_tell_how_many_were_answered(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE(HEAD("/a") HEAD("/b")), 4096);
    struct slice first = memory_output(&memory), second = slice_from(first, slice_search(first, SLICE("GET /a ")));
    uint64_t apart = number_of(second) - number_of(first);
    assert_true(apart > UINT64_C(1) << 32 && apart < UINT64_MAX - (UINT64_C(1) << 32));
    memory_end(&memory);
}

static void an_answer_to_head_has_the_length_and_no_body(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n"), 4096);
    assert_true(output_has(&memory, "Content-Length: 8\r\n"));
    assert_true(slice_ends_with(memory_output(&memory), SLICE("\r\n\r\n")));
    memory_end(&memory);
}

static void answers_without_content_have_no_length(void **state)
{
    static const int statuses[] = {204, 304};
    struct memory memory;

    for (size_t i = 0; i < 2; i++) {
        memory_begin(&memory, no_limits, false);
        memory_feed(&memory, SLICE(HEAD("/a")), 4096);
        exchange_respond(memory.kept[0], statuses[i], NULL, 0, SLICE("left out"));
        memory_take_output(&memory);
        assert_false(output_has(&memory, "Content-Length"));
        assert_false(output_has(&memory, "left out"));
        assert_true(output_has(&memory, i == 0 ? " 204 No Content\r\n" : " 304 Not Modified\r\n"));
        memory_end(&memory);
    }
}

/* Somebody who chooses part of a header's value must not be able to write a header, or an answer, of their own. */
static void a_header_that_would_break_the_answer_turns_it_into_an_error(void **state)
{
    static const struct http_header bad[] = {
        {SLICE("location"), SLICE("/a\r\nset-cookie: b=c")}, {SLICE("location"), SLICE("/a\nb")},
        {SLICE("x y"), SLICE("a")},                          {SLICE(""), SLICE("a")},
        {SLICE("x:"), SLICE("a")},                           {SLICE("x"), {"a\0b", 3}},
        {SLICE("content-length"), SLICE("3")},               {SLICE("transfer-encoding"), SLICE("chunked")},
        {SLICE("Content-Length"), SLICE("3")},               {SLICE("connection"), SLICE("close")},
    };
    struct memory memory;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memory_begin(&memory, no_limits, false);
        memory_feed(&memory, SLICE(HEAD("/a")), 4096);
        exchange_respond(memory.kept[0], 200, &bad[i], 1, SLICE("body"));
        memory_take_output(&memory);
        assert_true(slice_starts_with(memory_output(&memory), SLICE("HTTP/1.1 500 ")));
        assert_false(output_has(&memory, "set-cookie"));
        assert_true(output_has(&memory, "Content-Length: 0\r\n"));
        memory_end(&memory);
    }
}

static void a_moved_buffer_is_sent_and_left_empty(void **state)
{
    struct memory memory;
    struct buffer body = buffer_new(100);

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE(HEAD("/a") HEAD("/b")), 4096);
    buffer_string(&body, "moved");
    exchange_respond_buffer(memory.kept[0], 200, NULL, 0, &body);
    assert_null(body.data);
    buffer_bytes(&body, conversation, 101); /* more than its maximum: it fails */
    exchange_respond_buffer(memory.kept[1], 200, NULL, 0, &body);
    memory_take_output(&memory);
    assert_true(output_has(&memory, "moved"));
    assert_true(output_has(&memory, "HTTP/1.1 500 "));
    buffer_free(&body);
    memory_end(&memory);
}

/* ---- 100-continue ---- */

#define EXPECTING "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"

static void a_client_that_waits_to_be_encouraged_is(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE(EXPECTING), 4096);
    assert_true(slice_is(memory_output(&memory), "HTTP/1.1 100 Continue\r\n\r\n"));
    memory_feed(&memory, SLICE("hello"), 2);
    assert_int_equal(1, count_of(memory_output(&memory), SLICE("100 Continue")));
    assert_true(slice_ends_with(memory_output(&memory), SLICE("\r\n\r\nPOST /a hello")));
    memory_end(&memory);
}

static void nobody_is_encouraged_before_the_answers_in_front_are_out(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE(HEAD("/1") EXPECTING), 4096);
    assert_int_equal(0, memory_output(&memory).length);
    memory_answer(&memory, 0, "first");
    assert_true(slice_ends_with(memory_output(&memory), SLICE("firstHTTP/1.1 100 Continue\r\n\r\n")));
    memory_end(&memory);
}

static void a_body_that_comes_unasked_needs_no_encouragement(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE(EXPECTING "hello"), 4096);
    assert_false(output_has(&memory, "100 Continue"));
    assert_true(output_has(&memory, "POST /a hello"));
    memory_end(&memory);
}

static void a_body_too_large_is_refused_before_it_is_sent(void **state)
{
    struct memory memory;

    memory_begin(&memory, (struct server_limits){.body_bytes = 4}, true);
    memory_feed(&memory, SLICE(EXPECTING), 4096);
    assert_true(slice_starts_with(memory_output(&memory), SLICE("HTTP/1.1 413 ")));
    assert_true(connection_is_finished(&memory.connection));
    memory_end(&memory);
}

/* ---- bounds ---- */

static void too_many_requests_in_flight_stop_reading_until_one_is_answered(void **state)
{
    struct memory memory;
    char input[100 * sizeof HEAD("/a")] = "";

    for (int i = 0; i < 100; i++)
        memcpy(input + strlen(input), HEAD("/a"), sizeof HEAD("/a"));
    memory_begin(&memory, (struct server_limits){.pipelined = 8}, false);
    memory_feed(&memory, slice_from_string(input), 4096);
    assert_int_equal(8, memory.kept_count);
    assert_false(connection_wants_input(&memory.connection));
    for (size_t i = 0; i < 100; i++) {
        assert_true(memory.kept_count <= i + 8);
        memory_answer(&memory, i, "x");
    }
    assert_int_equal(100, memory.kept_count);
    assert_int_equal(100, count_of(memory_output(&memory), SLICE("HTTP/1.1 200 OK")));
    memory_end(&memory);
}

static void answers_not_taken_stop_reading(void **state)
{
    struct memory memory;
    char large[2000];

    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    memory_begin(&memory, (struct server_limits){.queued_bytes = 1000}, false);
    memory_feed(&memory, SLICE(HEAD("/1") HEAD("/2")), 4096);
    exchange_respond(memory.kept[1], 200, NULL, 0, slice_from_string(large));
    assert_false(connection_wants_input(&memory.connection));
    memory_answer(&memory, 0, "first");
    assert_true(connection_wants_input(&memory.connection));
    memory_end(&memory);
}

/* Whoever announces eight megabytes and sends none must not cost us eight. */
static void a_body_takes_memory_only_as_it_comes(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n0123456789"), 4096);
    assert_non_null(memory.connection.reading);
    assert_int_equal(10, memory.connection.reading->body.length);
    assert_true(memory.connection.reading->body.capacity <= 4096);
    memory_end(&memory);
}

struct too_large {
    const char *title;
    size_t line, header, headers; /* bytes of target, bytes of one value, number of headers */
    const char *status;
};

static void heads_beyond_a_limit_are_refused(void **state)
{
    static const struct too_large rows[] = {
        {"target", 200, 0, 0, "HTTP/1.1 414 "},
        {"value", 0, 500, 0, "HTTP/1.1 431 "},
        {"number", 0, 0, 9, "HTTP/1.1 431 "},
        {"just allowed", 50, 200, 7, "HTTP/1.1 200 "},
    };
    const struct server_limits limits = {.request_line_bytes = 100, .head_bytes = 400, .headers = 8};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer input = buffer_new(4096);
        struct memory memory;
        buffer_string(&input, "GET /");
        for (size_t n = 0; n < rows[i].line; n++)
            buffer_byte(&input, 'a');
        buffer_string(&input, " HTTP/1.1\r\nHost: ");
        for (size_t n = 0; n < rows[i].header + 1; n++)
            buffer_byte(&input, 'a');
        for (size_t n = 0; n < rows[i].headers; n++)
            buffer_string(&input, "\r\nX: y");
        buffer_string(&input, "\r\n\r\n");
        for (size_t piece = 1; piece <= input.length; piece += 37) {
            memory_begin(&memory, limits, true);
            memory_feed(&memory, buffer_view(&input), piece);
            if (!slice_starts_with(memory_output(&memory), slice_from_string(rows[i].status)))
                fail_msg("%s in pieces of %zu: %.*s", rows[i].title, piece, SLICE_PRINT(memory_output(&memory)));
            memory_end(&memory);
        }
        buffer_free(&input);
    }
}

static void a_request_takes_no_more_memory_than_the_arena_may_have(void **state)
{
    struct memory memory;

    memory_begin(&memory, (struct server_limits){.arena_bytes = 256}, true);
    memory_feed(&memory, SLICE("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nZ: 3\r\nU: 4\r\nV: 5\r\n\r\n"), 4096);
    assert_true(slice_starts_with(memory_output(&memory), SLICE("HTTP/1.1 503 ")));
    memory_end(&memory);
}

/* Promise 4: what somebody said to the server does not stay in its memory. */
__attribute__((no_sanitize("address"))) static void what_was_said_is_wiped_when_it_is_answered(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE("POST /undocumented HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 7);
    const char *path = exchange_request(memory.kept[0])->path.data;
    assert_memory_equal("/undocumented", path, 13);
    memory_answer(&memory, 0, "done");
    for (size_t i = 0; i < 13; i++) /* the arena is kept for the next request, so this may be read */
        assert_int_equal(0, path[i]);
    assert_int_equal(0, memory.connection.head.capacity);
    memory_end(&memory);
}

/* ---- time ---- */

static bool overdue_after(struct memory *memory, int64_t ms)
{
    memory_advance(memory, ms);
    bool overdue = connection_is_overdue(&memory->connection, memory->now_ns);
    memory_take_output(memory);
    return overdue;
}

static void a_head_has_ten_seconds_however_slowly_it_drips(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE("GET / HT"), 1);
    assert_false(overdue_after(&memory, 6000));
    memory_feed(&memory, SLICE("TP/1.1\r\nHos"), 1);
    assert_false(overdue_after(&memory, 3900));
    assert_int_equal(0, memory_output(&memory).length);
    assert_false(overdue_after(&memory, 200));
    assert_true(slice_starts_with(memory_output(&memory), SLICE("HTTP/1.1 408 ")));
    assert_true(connection_is_finished(&memory.connection));
    memory_end(&memory);
}

static void a_body_gets_more_time_for_what_has_come(void **state)
{
    struct memory memory;
    char kilobyte[1024] = {0};

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"), 4096);
    assert_false(overdue_after(&memory, 29000));
    for (int i = 0; i < 10; i++)
        memory_feed(&memory, slice_of(kilobyte, sizeof kilobyte), sizeof kilobyte);
    assert_false(overdue_after(&memory, 10900)); /* 39.9 s: 30 and ten for ten kilobytes */
    assert_int_equal(0, memory_output(&memory).length);
    assert_false(overdue_after(&memory, 200));
    assert_true(slice_starts_with(memory_output(&memory), SLICE("HTTP/1.1 408 ")));
    memory_end(&memory);
}

static void an_idle_connection_ends_after_a_minute(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE(HEAD("/")), 4096);
    assert_false(overdue_after(&memory, 59000));
    memory_feed(&memory, SLICE(HEAD("/")), 4096);
    assert_false(overdue_after(&memory, 59000));
    assert_true(overdue_after(&memory, 2000));
    memory_end(&memory);
}

static void a_connection_that_never_speaks_ends_after_ten_seconds(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    assert_false(overdue_after(&memory, 9000));
    assert_true(overdue_after(&memory, 2000));
    memory_end(&memory);
}

/* The client is not to blame for the time that our own handler takes. */
static void a_slow_handler_costs_the_client_nothing(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE(HEAD("/")), 4096);
    assert_false(overdue_after(&memory, 3600000));
    memory_answer(&memory, 0, "at last");
    assert_false(overdue_after(&memory, 59000));
    assert_true(overdue_after(&memory, 2000));
    memory_end(&memory);
}

/* ---- the end of a connection ---- */

static void an_exchange_outlives_its_client(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE(HEAD("/a")), 4096);
    assert_true(exchange_client_is_there(memory.kept[0]));
    connection_end(&memory.connection);
    assert_false(exchange_client_is_there(memory.kept[0]));
    assert_true(slice_is(exchange_request(memory.kept[0])->path, "/a"));
    assert_true(slice_is(exchange_request(memory.kept[0])->client->address, "192.0.2.1"));
    assert_int_equal(1, memory.service.handed);
    exchange_respond(memory.kept[0], 200, NULL, 0, SLICE("into the void"));
    assert_int_equal(0, memory.service.handed);
    memory_end(&memory);
}

static void who_only_stops_sending_still_gets_the_answer(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE(HEAD("/a") "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"), 4096);
    connection_input_ended(&memory.connection);
    assert_false(connection_is_finished(&memory.connection));
    memory_answer(&memory, 0, "first");
    assert_true(output_has(&memory, "first"));
    assert_true(connection_is_finished(&memory.connection));
    assert_int_equal(1, memory.kept_count); /* half a body never reaches the handler */
    memory_end(&memory);
}

static void a_stopping_connection_finishes_what_has_begun(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    memory_feed(&memory, SLICE(HEAD("/a") "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"), 4096);
    memory.service.stopping = true;
    connection_stop(&memory.connection);
    memory_feed(&memory, SLICE("llo" HEAD("/c")), 4096);
    assert_int_equal(2, memory.kept_count);
    memory_answer(&memory, 0, "first");
    memory_answer(&memory, 1, "second");
    assert_int_equal(1, count_of(memory_output(&memory), SLICE("Connection: close\r\n")));
    assert_true(connection_is_finished(&memory.connection));
    memory_end(&memory);
}

static void a_stopping_connection_still_takes_the_head_that_has_begun(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, true);
    memory_feed(&memory, SLICE("GET /a HT"), 4096);
    memory.service.stopping = true;
    connection_stop(&memory.connection);
    memory_feed(&memory, SLICE("TP/1.1\r\nHost: a\r\n\r\n" HEAD("/b")), 4096);
    assert_true(output_has(&memory, "GET /a"));
    assert_false(output_has(&memory, "GET /b"));
    assert_true(output_has(&memory, "Connection: close\r\n"));
    assert_true(connection_is_finished(&memory.connection));
    memory_end(&memory);
}

static void an_idle_connection_stops_at_once(void **state)
{
    struct memory memory;

    memory_begin(&memory, no_limits, false);
    connection_stop(&memory.connection);
    assert_true(connection_is_finished(&memory.connection));
    memory_end(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_leave_in_the_order_of_the_requests),
        cmocka_unit_test(a_refusal_waits_for_the_answers_before_it),
        cmocka_unit_test(the_pieces_in_which_input_comes_change_nothing),
        cmocka_unit_test(a_refusal_is_the_same_in_any_pieces),
        cmocka_unit_test(an_answer_has_length_and_date_and_no_name_of_the_server),
        cmocka_unit_test(the_number_of_an_answer_does_not_tell_how_many_were_answered),
        cmocka_unit_test(an_answer_to_head_has_the_length_and_no_body),
        cmocka_unit_test(answers_without_content_have_no_length),
        cmocka_unit_test(a_header_that_would_break_the_answer_turns_it_into_an_error),
        cmocka_unit_test(a_moved_buffer_is_sent_and_left_empty),
        cmocka_unit_test(a_client_that_waits_to_be_encouraged_is),
        cmocka_unit_test(nobody_is_encouraged_before_the_answers_in_front_are_out),
        cmocka_unit_test(a_body_that_comes_unasked_needs_no_encouragement),
        cmocka_unit_test(a_body_too_large_is_refused_before_it_is_sent),
        cmocka_unit_test(too_many_requests_in_flight_stop_reading_until_one_is_answered),
        cmocka_unit_test(answers_not_taken_stop_reading),
        cmocka_unit_test(a_body_takes_memory_only_as_it_comes),
        cmocka_unit_test(heads_beyond_a_limit_are_refused),
        cmocka_unit_test(a_request_takes_no_more_memory_than_the_arena_may_have),
        cmocka_unit_test(what_was_said_is_wiped_when_it_is_answered),
        cmocka_unit_test(a_head_has_ten_seconds_however_slowly_it_drips),
        cmocka_unit_test(a_body_gets_more_time_for_what_has_come),
        cmocka_unit_test(an_idle_connection_ends_after_a_minute),
        cmocka_unit_test(a_connection_that_never_speaks_ends_after_ten_seconds),
        cmocka_unit_test(a_slow_handler_costs_the_client_nothing),
        cmocka_unit_test(an_exchange_outlives_its_client),
        cmocka_unit_test(who_only_stops_sending_still_gets_the_answer),
        cmocka_unit_test(a_stopping_connection_finishes_what_has_begun),
        cmocka_unit_test(a_stopping_connection_still_takes_the_head_that_has_begun),
        cmocka_unit_test(an_idle_connection_stops_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
