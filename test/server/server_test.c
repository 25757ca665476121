/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

/* Proves over real sockets that the server stays usable whatever its clients do: slow, greedy, vanishing, many. Limits
 * are shortened so that waiting for them takes tenths of seconds. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "site.h"

#define GET(path) SLICE("GET " path " HTTP/1.1\r\nHost: a\r\n\r\n")

static const struct server_limits no_limits = {0};

static void await_connections(struct site *site, size_t wanted)
{
    for (int i = 0; i < 100 && site_connections(site) != wanted; i++)
        pause_ms(20);
    assert_int_equal(wanted, site_connections(site));
}

static void await_handled(struct site *site, unsigned wanted)
{
    for (int i = 0; i < 100 && atomic_load(&site->handled) < wanted; i++)
        pause_ms(20);
    assert_int_equal(wanted, atomic_load(&site->handled));
}

/* ---- ordinary service ---- */

static void a_connection_serves_many_requests(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, no_limits, NULL);
    int client = dial(site.port);
    for (int i = 0; i < 20; i++) {
        say(client, GET("/again"));
        listen_for(client, &heard, 1);
        assert_int_equal(200, status_of(&heard, 0));
        assert_true(slice_is(body_of(&heard, 0), "GET /again"));
    }
    assert_int_equal(1, site_connections(&site));
    close(client);
    await_connections(&site, 0);
    site_stop(&site);
}

static void handlers_that_finish_out_of_order_are_put_in_order(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, no_limits, NULL);
    int client = dial(site.port);
    say(client, SLICE("GET /after/120 HTTP/1.1\r\nHost: a\r\n\r\nGET /after/10 HTTP/1.1\r\nHost: a\r\n\r\n"
                      "GET /now HTTP/1.1\r\nHost: a\r\n\r\nGET /after/60 HTTP/1.1\r\nHost: a\r\n\r\n"));
    listen_for(client, &heard, 4);
    assert_true(slice_is(body_of(&heard, 0), "/after/120"));
    assert_true(slice_is(body_of(&heard, 1), "/after/10"));
    assert_true(slice_is(body_of(&heard, 2), "GET /now"));
    assert_true(slice_is(body_of(&heard, 3), "/after/60"));
    close(client);
    site_stop(&site);
}

static void a_client_that_asks_to_close_is_closed_after_its_answer(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, no_limits, NULL);
    int client = dial(site.port);
    say(client, SLICE("GET /after/30 HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"
                      "GET /unheard HTTP/1.1\r\nHost: a\r\n\r\n"));
    listen_to(client, &heard, 2000);
    assert_true(heard.ended);
    assert_int_equal(1, answers_in(&heard));
    assert_true(slice_search(head_of(&heard, 0), SLICE("Connection: close\r\n")) != SIZE_MAX);
    assert_int_equal(1, atomic_load(&site.handled));
    close(client);
    site_stop(&site);
}

static void a_body_sent_in_a_thousand_writes_arrives_whole(void **state)
{
    struct site site;
    struct transcript heard;
    char body[3000];

    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)('a' + i % 26);
    site_start(&site, no_limits, NULL);
    int client = dial(site.port);
    say_slowly(client, SLICE("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n"));
    say_slowly(client, slice_of(body, sizeof body));
    listen_for(client, &heard, 1);
    assert_true(slice_equal(body_of(&heard, 0), slice_of(body, sizeof body)));
    close(client);
    site_stop(&site);
}

static void who_closes_only_its_sending_half_gets_the_answer(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, no_limits, NULL);
    int client = dial(site.port);
    say(client, GET("/after/80"));
    shutdown(client, SHUT_WR);
    listen_to(client, &heard, 2000);
    assert_int_equal(200, status_of(&heard, 0));
    assert_true(heard.ended);
    close(client);
    site_stop(&site);
}

static void a_large_answer_reaches_a_slow_reader_whole(void **state)
{
    struct site site;
    static char all[(8 << 20) + 1024];
    size_t length = 0;
    ssize_t got;

    site_start(&site, no_limits, NULL);
    int client = dial(site.port);
    say(client, GET("/big/8388608"));
    shutdown(client, SHUT_WR);
    while ((got = recv(client, all + length, length < 100000 ? 1000 : sizeof all - length, 0)) > 0)
        length += (size_t)got;
    struct slice rest = slice_of(all, length);
    size_t head = slice_search(rest, SLICE("\r\n\r\n"));
    assert_true(head != SIZE_MAX);
    rest = slice_from(rest, head + 4);
    assert_int_equal(8388608, rest.length);
    for (size_t i = 0; i < rest.length; i++) {
        if (rest.data[i] != (char)('a' + i % 26))
            fail_msg("byte %zu is wrong", i);
    }
    close(client);
    site_stop(&site);
}

/* ---- limits ---- */

static void a_slow_head_is_given_up(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, (struct server_limits){.head_ms = 200}, NULL);
    int client = dial(site.port);
    say(client, SLICE("GET / HTTP/1.1\r\nHo"));
    listen_to(client, &heard, 2000);
    assert_int_equal(408, status_of(&heard, 0));
    assert_true(heard.ended);
    close(client);
    await_connections(&site, 0);
    site_stop(&site);
}

static void a_slow_body_is_given_up(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, (struct server_limits){.body_ms = 200}, NULL);
    int client = dial(site.port);
    say(client, SLICE("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"));
    listen_to(client, &heard, 2000);
    assert_int_equal(408, status_of(&heard, 0));
    assert_true(heard.ended);
    assert_int_equal(0, atomic_load(&site.handled));
    close(client);
    site_stop(&site);
}

static void silent_and_idle_connections_are_closed_without_a_word(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, (struct server_limits){.head_ms = 200, .idle_ms = 200}, NULL);
    int silent = dial(site.port), idle = dial(site.port);
    say(idle, GET("/"));
    listen_to(idle, &heard, 2000);
    assert_int_equal(1, answers_in(&heard));
    assert_true(heard.ended);
    listen_to(silent, &heard, 2000);
    assert_int_equal(0, heard.length);
    assert_true(heard.ended);
    close(silent);
    close(idle);
    site_stop(&site);
}

/* It asks for much and reads nothing: what is queued for it must not stay for ever. */
static void a_client_that_does_not_read_is_cut_off(void **state)
{
    struct site site;

    site_start(&site, (struct server_limits){.write_ms = 300}, NULL);
    int client = dial(site.port);
    say(client, GET("/big/33554432"));
    await_handled(&site, 1);
    await_connections(&site, 0);
    close(client);
    site_stop(&site);
}

static void a_body_beyond_the_limit_is_refused(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, (struct server_limits){.body_bytes = 1000}, NULL);
    int client = dial(site.port);
    say(client, SLICE("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"));
    listen_to(client, &heard, 2000);
    assert_int_equal(413, status_of(&heard, 0));
    assert_true(heard.ended);
    close(client);
    site_stop(&site);
}

/* The limit may depend on the route. And although the client goes on sending a megabyte, the connection ends with a
 * farewell: a reset could overtake the refusal (RFC 9112, 9.6). */
static void a_route_can_have_a_smaller_limit(void **state)
{
    struct site site;
    struct transcript heard;
    static char megabyte[1 << 20];

    site_start(&site, no_limits, NULL);
    int client = dial(site.port);
    say(client, SLICE("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n"));
    assert_true(say(client, slice_of(megabyte, sizeof megabyte)));
    listen_to(client, &heard, 2000);
    assert_int_equal(413, status_of(&heard, 0));
    assert_true(heard.ended);
    assert_false(heard.reset);
    close(client);
    await_connections(&site, 0);
    assert_int_equal(0, atomic_load(&site.handled));
    site_stop(&site);
}

static void an_address_can_have_only_so_many_connections(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, (struct server_limits){.connections_per_address = 2}, NULL);
    int first = dial(site.port), second = dial(site.port), third = dial(site.port);
    listen_to(third, &heard, 2000);
    assert_int_equal(429, status_of(&heard, 0));
    assert_true(heard.ended);
    int other = dial_from(site.port, "127.0.0.2");
    say(other, GET("/"));
    listen_for(other, &heard, 1);
    assert_int_equal(200, status_of(&heard, 0));
    close(first);
    await_connections(&site, 2);
    first = dial(site.port);
    say(first, GET("/"));
    listen_for(first, &heard, 1);
    assert_int_equal(200, status_of(&heard, 0));
    close(first);
    close(second);
    close(third);
    close(other);
    site_stop(&site);
}

static void the_server_can_have_only_so_many_connections(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, (struct server_limits){.connections = 1}, NULL);
    int first = dial(site.port);
    await_connections(&site, 1);
    int second = dial_from(site.port, "127.0.0.2");
    listen_to(second, &heard, 2000);
    assert_int_equal(503, status_of(&heard, 0));
    close(first);
    close(second);
    site_stop(&site);
}

/* ---- vanishing clients ---- */

static void say_farewell(int client)
{
    close(client);
}

/* With a reset: the server's end is dead at once. */
static void vanish(int client)
{
    setsockopt(client, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(client);
}

static void clients_that_vanish_leave_nothing_behind(void **state)
{
    struct site site;

    site_start(&site, no_limits, NULL);
    for (int i = 0; i < 10; i++) {
        int in_head = dial(site.port), in_body = dial(site.port), waiting = dial(site.port), reading = dial(site.port);
        say(in_head, SLICE("GET / HTTP/1.1\r\nHos"));
        say(in_body, SLICE("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"));
        say(waiting, GET("/after/50"));
        say(reading, GET("/big/8388608"));
        pause_ms(10);
        void (*leave)(int client) = i % 2 ? vanish : say_farewell;
        leave(in_head);
        leave(in_body);
        leave(waiting);
        leave(reading);
    }
    await_connections(&site, 0);
    assert_int_equal(20, atomic_load(&site.handled));
    site_stop(&site);
}

/* ---- stopping ---- */

static void a_stopping_server_answers_what_is_in_flight(void **state)
{
    struct site site;
    struct transcript heard;

    site_start(&site, no_limits, NULL);
    int busy = dial(site.port), idle = dial(site.port);
    say(busy, GET("/hold"));
    await_handled(&site, 1);
    site_begin_stop(&site);
    listen_to(idle, &heard, 2000);
    assert_true(heard.ended);
    assert_int_equal(0, heard.length);
    assert_int_equal(0, atomic_load(&site.stopped));
    site_release(&site);
    listen_to(busy, &heard, 2000);
    assert_true(slice_is(body_of(&heard, 0), "released"));
    assert_true(slice_search(head_of(&heard, 0), SLICE("Connection: close\r\n")) != SIZE_MAX);
    close(busy);
    close(idle);
    site_stop(&site);
    assert_int_equal(1, atomic_load(&site.stopped));
}

static void a_stopping_server_waits_for_the_handler_even_without_its_client(void **state)
{
    struct site site;

    site_start(&site, no_limits, NULL);
    int client = dial(site.port);
    say(client, GET("/hold"));
    await_handled(&site, 1);
    vanish(client);
    await_connections(&site, 0);
    site_begin_stop(&site);
    pause_ms(250);
    assert_int_equal(0, atomic_load(&site.stopped));
    site_release(&site);
    site_stop(&site);
    assert_int_equal(1, atomic_load(&site.stopped));
}

static void a_client_cannot_hold_up_a_stop_for_long(void **state)
{
    struct site site;

    site_start(&site, (struct server_limits){.stop_ms = 200}, NULL);
    int client = dial(site.port);
    say(client, SLICE("GET / HTTP/1.1\r\nHo"));
    await_connections(&site, 1);
    site_stop(&site);
    assert_int_equal(1, atomic_load(&site.stopped));
    close(client);
}

/* ---- Unix sockets ---- */

static char socket_path[64];

static void listen_on_unix(struct site *site)
{
    struct fault fault = {0};

    if (server_listen_unix(site->server, socket_path, 0600, &fault) != OK)
        fail_msg("%s", fault.detail);
}

static int dial_unix(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(to.sun_path, socket_path, strlen(socket_path));
    return connect(client, (struct sockaddr *)&to, sizeof to) == 0 ? client : -1;
}

static void over_a_unix_socket_the_kernel_says_who_it_is(void **state)
{
    struct site site;
    struct transcript heard;
    struct stat status;
    char expected[64];

    snprintf(socket_path, sizeof socket_path, "/tmp/hospitium-server-test.%d", (int)getpid());
    snprintf(expected, sizeof expected, " tls=0 unix=1 uid=%d", (int)getuid());
    site_start(&site, no_limits, listen_on_unix);
    assert_int_equal(0, stat(socket_path, &status));
    assert_int_equal(0600, status.st_mode & 0777);
    int client = dial_unix();
    say(client, GET("/who"));
    listen_for(client, &heard, 1);
    assert_true(slice_is(body_of(&heard, 0), expected));
    close(client);
    site_stop(&site);
    assert_int_equal(-1, stat(socket_path, &status));
}

static void a_dead_socket_file_is_replaced_and_a_living_one_is_not(void **state)
{
    struct site site;
    struct sockaddr_un dead = {.sun_family = AF_UNIX};
    struct fault fault = {0};

    snprintf(socket_path, sizeof socket_path, "/tmp/hospitium-server-test.%d", (int)getpid());
    memcpy(dead.sun_path, socket_path, strlen(socket_path));
    int corpse = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, bind(corpse, (struct sockaddr *)&dead, sizeof dead));
    close(corpse);
    site_start(&site, no_limits, listen_on_unix);
    struct loop *loop = loop_new();
    struct server *second = server_new(loop, &(struct server_options){0});
    assert_int_equal(ERROR_LOCKED, server_listen_unix(second, socket_path, 0600, &fault));
    server_free(second);
    loop_free(loop);
    int client = dial_unix();
    assert_true(client >= 0);
    close(client);
    site_stop(&site);
}

/* ---- addresses ---- */

static void only_plain_addresses_can_be_listened_on(void **state)
{
    static const char *const wrong[] = {"", "8080", "127.0.0.1", "localhost:80", "127.0.0.1:http", "::1:80",
                                        "[::1", "[::1]80", "127.0.0.1:65536", ":80", "[]:80"};
    struct loop *loop = loop_new();
    struct server *server = server_new(loop, &(struct server_options){0});
    uint16_t port = 0;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (server_listen(server, wrong[i], &port, NULL) != ERROR_VALUE)
            fail_msg("\"%s\" was taken", wrong[i]);
    }
    assert_int_equal(OK, server_listen(server, "127.0.0.1:0", &port, NULL));
    assert_true(port > 0);
    char taken[32];
    snprintf(taken, sizeof taken, "127.0.0.1:%u", port);
    assert_int_equal(ERROR_IO, server_listen(server, taken, NULL, NULL));
    server_free(server);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_serves_many_requests),
        cmocka_unit_test(handlers_that_finish_out_of_order_are_put_in_order),
        cmocka_unit_test(a_client_that_asks_to_close_is_closed_after_its_answer),
        cmocka_unit_test(a_body_sent_in_a_thousand_writes_arrives_whole),
        cmocka_unit_test(who_closes_only_its_sending_half_gets_the_answer),
        cmocka_unit_test(a_large_answer_reaches_a_slow_reader_whole),
        cmocka_unit_test(a_slow_head_is_given_up),
        cmocka_unit_test(a_slow_body_is_given_up),
        cmocka_unit_test(silent_and_idle_connections_are_closed_without_a_word),
        cmocka_unit_test(a_client_that_does_not_read_is_cut_off),
        cmocka_unit_test(a_body_beyond_the_limit_is_refused),
        cmocka_unit_test(a_route_can_have_a_smaller_limit),
        cmocka_unit_test(an_address_can_have_only_so_many_connections),
        cmocka_unit_test(the_server_can_have_only_so_many_connections),
        cmocka_unit_test(clients_that_vanish_leave_nothing_behind),
        cmocka_unit_test(a_stopping_server_answers_what_is_in_flight),
        cmocka_unit_test(a_stopping_server_waits_for_the_handler_even_without_its_client),
        cmocka_unit_test(a_client_cannot_hold_up_a_stop_for_long),
        cmocka_unit_test(over_a_unix_socket_the_kernel_says_who_it_is),
        cmocka_unit_test(a_dead_socket_file_is_replaced_and_a_living_one_is_not),
        cmocka_unit_test(only_plain_addresses_can_be_listened_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
