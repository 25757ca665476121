/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that what is not plainly one well-formed request is refused: answered once with the stated status, the
 * connection closed, and the handler never called. Over a real socket, each row once in one piece and once a byte at a
 * time, because a request must not change its meaning with the packets it comes in. The first rows are the seventeen
 * kinds that research on embeddable servers tried; the best library let eight of them pass. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "site.h"

#define ROW(title, status, bytes)                                                                                     \
    {                                                                                                                  \
        title, status, { bytes, sizeof(bytes) - 1 }                                                                    \
    }
#define GET_WITH(header) "GET / HTTP/1.1\r\nHost: a\r\n" header "\r\n\r\n"
#define POST_WITH(header) "POST /echo HTTP/1.1\r\nHost: a\r\n" header "\r\n\r\nhello"
#define GET_PATH(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_HOST(host) "GET / HTTP/1.1\r\nHost: " host "\r\n\r\n"

struct row {
    const char *title;
    int status;
    struct slice bytes;
};

static const struct row malformed[] = {
    ROW("length and chunks", 501,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ROW("chunks and length", 400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
    ROW("two lengths", 400, POST_WITH("Content-Length: 5\r\nContent-Length: 6")),
    ROW("the same length twice", 400, POST_WITH("Content-Length: 5\r\nContent-Length: 5")),
    ROW("space before the colon of the length", 400, POST_WITH("Content-Length : 5")),
    ROW("length with plus", 400, POST_WITH("Content-Length: +5")),
    ROW("length with minus", 400, POST_WITH("Content-Length: -5")),
    ROW("hexadecimal length", 400, POST_WITH("Content-Length: 0x5")),
    ROW("empty length", 400, POST_WITH("Content-Length:")),
    ROW("length of spaces", 400, POST_WITH("Content-Length:   ")),
    ROW("length beyond 64 bits", 400, POST_WITH("Content-Length: 18446744073709551621")),
    ROW("list of lengths", 400, POST_WITH("Content-Length: 5, 5")),
    ROW("length with a space inside", 400, POST_WITH("Content-Length: 5 5")),
    ROW("length with a letter", 400, POST_WITH("Content-Length: 5a")),
    ROW("length with zeros in front", 400, POST_WITH("Content-Length: 005")),
    ROW("length with a fraction", 400, POST_WITH("Content-Length: 5.0")),
    ROW("length in other digits", 400, POST_WITH("Content-Length: \xD9\xA5")),
    ROW("chunked", 501, POST_WITH("Transfer-Encoding: chunked")),
    ROW("chunked in capitals", 501, POST_WITH("Transfer-Encoding: CHUNKED")),
    ROW("chunked, name in capitals", 501, POST_WITH("TRANSFER-ENCODING: chunked")),
    ROW("chunked after a tab", 501, POST_WITH("Transfer-Encoding:\tchunked")),
    ROW("almost chunked", 501, POST_WITH("Transfer-Encoding: xchunked")),
    ROW("identity", 501, POST_WITH("Transfer-Encoding: identity")),
    ROW("list of codings", 501, POST_WITH("Transfer-Encoding: gzip, chunked")),
    ROW("chunked not last", 501, POST_WITH("Transfer-Encoding: chunked, gzip")),
    ROW("chunked twice", 501, POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")),
    ROW("chunked, then something else", 501, POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: x")),
    ROW("chunked with a parameter", 501, POST_WITH("Transfer-Encoding: chunked;q=1")),
    ROW("empty transfer encoding", 501, GET_WITH("Transfer-Encoding:")),
    ROW("chunked with a vertical tab", 400, POST_WITH("Transfer-Encoding: \x0B" "chunked")),
    ROW("chunked, space before the colon", 400, POST_WITH("Transfer-Encoding : chunked")),
    ROW("chunked from HTTP/1.0", 501, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ROW("oversized chunk", 501, POST_WITH("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF")),
    ROW("no host", 400, "GET / HTTP/1.1\r\n\r\n"),
    ROW("no host, other headers", 400, "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"),
    ROW("two hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ROW("the same host twice", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    ROW("empty host", 400, GET_HOST("")),
    ROW("host with a space", 400, GET_HOST("a b")),
    ROW("host with user information", 400, GET_HOST("u@a")),
    ROW("host with a path", 400, GET_HOST("a/b")),
    ROW("host with percent-encoding", 400, GET_HOST("a%2eb")),
    ROW("host list", 400, GET_HOST("a,b")),
    ROW("host with an empty port", 400, GET_HOST("a:")),
    ROW("host with port 0", 400, GET_HOST("a:0")),
    ROW("host with too high a port", 400, GET_HOST("a:65536")),
    ROW("host with a named port", 400, GET_HOST("a:http")),
    ROW("host with two ports", 400, GET_HOST("a:1:2")),
    ROW("host with an open bracket", 400, GET_HOST("[::1")),
    ROW("host with text behind the bracket", 400, GET_HOST("[::1]a")),
    ROW("host with an empty bracket", 400, GET_HOST("[]")),
    ROW("host beyond ASCII", 400, GET_HOST("\xC3\xA4")),
    ROW("NUL in a value", 400, GET_WITH("X: a\0b")),
    ROW("NUL in a name", 400, GET_WITH("X\0Y: a")),
    ROW("bell in a value", 400, GET_WITH("X: a\ab")),
    ROW("delete in a value", 400, GET_WITH("X: a\x7F" "b")),
    ROW("escape in a value", 400, GET_WITH("X: \x1B[1m")),
    ROW("LF alone after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    ROW("LF alone after a header", 400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    ROW("LF alone at the end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    ROW("LF alone everywhere", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    ROW("CR alone in a value", 400, GET_WITH("X: a\rb")),
    ROW("CR alone smuggling a header", 400, GET_WITH("X: a\rContent-Length: 5")),
    ROW("CR alone in the request line", 400, "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("CR CR LF", 400, "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"),
    ROW("folded header", 400, GET_WITH("X: a\r\n b")),
    ROW("folded with a tab", 400, GET_WITH("X: a\r\n\tb")),
    ROW("folded length", 400, POST_WITH("Content-Length:\r\n 5")),
    ROW("space before the first header", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    ROW("space before a colon", 400, GET_WITH("X : a")),
    ROW("tab before a colon", 400, GET_WITH("X\t: a")),
    ROW("space in a name", 400, GET_WITH("X Y: a")),
    ROW("empty name", 400, GET_WITH(": a")),
    ROW("no colon", 400, GET_WITH("Xa")),
    ROW("parenthesis in a name", 400, GET_WITH("X(: a")),
    ROW("slash in a name", 400, GET_WITH("X/Y: a")),
    ROW("name beyond ASCII", 400, GET_WITH("X\xC3\xA4: a")),
    ROW("two authorizations", 400, GET_WITH("Authorization: Bearer a\r\nAuthorization: Bearer b")),
    ROW("two content types", 400, GET_WITH("Content-Type: text/plain\r\nContent-Type: text/html")),
    ROW("two cookies headers", 400, GET_WITH("Cookie: a=1\r\nCookie: a=2")),
    ROW("unknown expectation", 417, POST_WITH("Expect: miracles\r\nContent-Length: 5")),
    ROW("%00 in the path", 400, GET_PATH("/a%00b")),
    ROW("control character in the path", 400, GET_PATH("/a%1fb")),
    ROW("encoded line end in the path", 400, GET_PATH("/a%0d%0aX:b")),
    ROW("encoded delete in the path", 400, GET_PATH("/a%7f")),
    ROW("C1 control character in the path", 400, GET_PATH("/a%c2%85")),
    ROW("half an encoding", 400, GET_PATH("/a%4")),
    ROW("a percent sign alone", 400, GET_PATH("/a%")),
    ROW("encoding with other letters", 400, GET_PATH("/a%zz")),
    ROW("encoding with a sign", 400, GET_PATH("/a%+1")),
    ROW("overlong encoding", 400, GET_PATH("/%c0%af")),
    ROW("overlong dot", 400, GET_PATH("/%c0%ae%c0%ae/")),
    ROW("broken UTF-8", 400, GET_PATH("/%ff")),
    ROW("cut UTF-8", 400, GET_PATH("/%e2%82")),
    ROW("surrogate", 400, GET_PATH("/%ed%a0%80")),
    ROW("above Unicode", 400, GET_PATH("/%f4%90%80%80")),
    ROW("raw UTF-8 in the path", 400, GET_PATH("/\xC3\xA4")),
    ROW("raw NUL in the path", 400, GET_PATH("/a\0b")),
    ROW("dot segment", 400, GET_PATH("/a/./b")),
    ROW("two dots", 400, GET_PATH("/a/../b")),
    ROW("two dots at the end", 400, GET_PATH("/a/..")),
    ROW("encoded dots", 400, GET_PATH("/%2e%2e/b")),
    ROW("half encoded dots", 400, GET_PATH("/.%2E/b")),
    ROW("encoded slash", 400, GET_PATH("/a%2fb")),
    ROW("encoded slash in capitals", 400, GET_PATH("/a%2Fb")),
    ROW("encoded backslash", 400, GET_PATH("/a%5cb")),
    ROW("backslash", 400, GET_PATH("/a\\b")),
    ROW("empty segment", 400, GET_PATH("/a//b")),
    ROW("empty first segment", 400, GET_PATH("//a")),
    ROW("two slashes at the end", 400, GET_PATH("/a//")),
    ROW("angle bracket in the path", 400, GET_PATH("/<a>")),
    ROW("quote in the query", 400, GET_PATH("/?a=\"")),
    ROW("raw UTF-8 in the query", 400, GET_PATH("/?a=\xC3\xA4")),
    ROW("fragment", 400, GET_PATH("/a#b")),
    ROW("fragment in the query", 400, GET_PATH("/a?b#c")),
    ROW("no slash in front", 400, GET_PATH("a")),
    ROW("asterisk for GET", 400, GET_PATH("*")),
    ROW("absolute form, another host", 400, GET_PATH("http://b/")),
    ROW("absolute form, another port", 400, GET_PATH("http://a:81/")),
    ROW("absolute form, user information", 400, GET_PATH("http://u@a/")),
    ROW("absolute form, another scheme", 400, GET_PATH("ftp://a/")),
    ROW("absolute form, no authority", 400, GET_PATH("http:///a")),
    ROW("absolute form, no slashes", 400, GET_PATH("http:a")),
    ROW("authority form", 400, GET_PATH("a:80")),
    ROW("CONNECT", 501, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
    ROW("TRACE", 501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("method in lower case", 501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("method in mixed case", 501, "Get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("unknown method", 501, "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("method with more behind", 501, "GETX / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("no method", 400, " / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("space before the method", 400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("two spaces before the target", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("two spaces behind the target", 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("tab in the request line", 400, "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("space behind the version", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    ROW("space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("HTTP/0.9", 400, "GET /\r\n"),
    ROW("no version", 400, "GET /\r\nHost: a\r\n\r\n"),
    ROW("HTTP/0.9 by name", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
    ROW("HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    ROW("HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ROW("HTTP/1.10", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    ROW("HTTP/01.1", 400, "GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
    ROW("version in lower case", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    ROW("another protocol", 400, "GET / ICY/1.1\r\nHost: a\r\n\r\n"),
    ROW("HTTP/1.0 without a host", 400, "GET / HTTP/1.0\r\n\r\n"),
    ROW("preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ROW("TLS hello", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"),
    ROW("two empty lines in front", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("LF in front", 400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("digits", 400, "12345\r\n\r\n"),
    ROW("an answer", 400, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
};

static const struct row well_formed[] = {
    ROW("plain", 200, GET_PATH("/")),
    ROW("query", 200, GET_PATH("/a?b=c&d")),
    ROW("empty query", 200, GET_PATH("/a?")),
    ROW("bare pipe in the query", 200, GET_PATH("/fhir/Patient?identifier=urn:x|1")),
    ROW("slash and question mark in the query", 200, GET_PATH("/a?b=/../?c")),
    ROW("encoded text", 200, GET_PATH("/%D8%A3%D9%85%D9%8A%D9%86%D8%A9")),
    ROW("encoded space and percent sign", 200, GET_PATH("/a%20b%25")),
    ROW("every mark a segment may have", 200, GET_PATH("/-._~!$&'()*+,;=:@")),
    ROW("three dots", 200, GET_PATH("/...")),
    ROW("slash at the end", 200, GET_PATH("/fhir/")),
    ROW("absolute form", 200, GET_PATH("http://A/b")),
    ROW("absolute form without a path", 200, GET_PATH("http://a")),
    ROW("absolute form, only a query", 200, GET_PATH("https://a?b")),
    ROW("host with a port", 200, GET_HOST("a:8080")),
    ROW("host of IPv6", 200, GET_HOST("[2001:db8::1]:80")),
    ROW("no space behind the colon", 200, "GET / HTTP/1.1\r\nHost:a\r\n\r\n"),
    ROW("spaces and tabs around values", 200, "GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n"),
    ROW("headers in capitals", 200, "GET / HTTP/1.1\r\nHOST: a\r\n\r\n"),
    ROW("empty value", 200, GET_WITH("X:")),
    ROW("value beyond ASCII", 200, GET_WITH("X: \xC3\xA4")),
    ROW("the same other header twice", 200, GET_WITH("Accept: a\r\nAccept: b")),
    ROW("body", 200, POST_WITH("Content-Length: 5")),
    ROW("spaces around the length", 200, POST_WITH("Content-Length:  5  ")),
    ROW("no body", 200, "POST /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("empty body", 200, "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
    ROW("body of GET", 200, "GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
    ROW("PATCH", 200, "PATCH /a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("DELETE", 200, "DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("OPTIONS", 200, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("upgrade that we do not follow", 200, GET_WITH("Connection: upgrade\r\nUpgrade: h2c")),
    ROW("empty line in front", 200, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
};

static struct site site;

static int start(void **state)
{
    site_start(&site, (struct server_limits){.head_ms = 3000}, NULL);
    return 0;
}

static int stop(void **state)
{
    site_stop(&site);
    return 0;
}

typedef bool speak(int client, struct slice bytes);

/* Counts what went wrong in one row, and says it. */
static int complain(const struct row *row, const char *what, int seen)
{
    print_error("%s: %s %d\n", row->title, what, seen);
    return 1;
}

static int check_refused(const struct row *row, speak *speak_to)
{
    struct transcript heard;
    unsigned before = atomic_load(&site.handled);
    int faults = 0, client = dial(site.port);

    speak_to(client, row->bytes);
    listen_to(client, &heard, 1500);
    close(client);
    if (status_of(&heard, 0) != row->status)
        faults += complain(row, "status", status_of(&heard, 0));
    if (answers_in(&heard) != 1)
        faults += complain(row, "answers", (int)answers_in(&heard));
    if (!heard.ended)
        faults += complain(row, "the connection stays open", 0);
    if (atomic_load(&site.handled) != before)
        faults += complain(row, "reached the handler", 1);
    return faults;
}

static int check_accepted(const struct row *row, speak *speak_to)
{
    struct transcript heard;
    int faults = 0, client = dial(site.port);

    speak_to(client, row->bytes);
    listen_for(client, &heard, 1);
    close(client);
    if (status_of(&heard, 0) != 200)
        faults += complain(row, "status", status_of(&heard, 0));
    if (heard.ended)
        faults += complain(row, "the connection was closed", 0);
    return faults;
}

static void malformed_requests_are_refused_and_reach_no_handler(void **state)
{
    int faults = 0;

    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        faults += check_refused(&malformed[i], say) + check_refused(&malformed[i], say_slowly);
    assert_int_equal(0, faults);
    print_message("%zu malformed requests refused\n", sizeof malformed / sizeof *malformed);
}

static void well_formed_requests_are_answered(void **state)
{
    int faults = 0;

    for (size_t i = 0; i < sizeof well_formed / sizeof *well_formed; i++)
        faults += check_accepted(&well_formed[i], say) + check_accepted(&well_formed[i], say_slowly);
    assert_int_equal(0, faults);
}

static void garbage_behind_a_request_is_refused_after_its_answer(void **state)
{
    struct transcript heard;
    int client = dial(site.port);

    say(client, SLICE("GET /a HTTP/1.1\r\nHost: a\r\n\r\n\x01garbage"));
    listen_to(client, &heard, 1500);
    close(client);
    assert_int_equal(2, answers_in(&heard));
    assert_int_equal(200, status_of(&heard, 0));
    assert_int_equal(400, status_of(&heard, 1));
    assert_true(heard.ended);
}

/* What stands behind the body of a request that was refused must not be read as a request. */
static void nothing_behind_a_refused_request_is_served(void **state)
{
    struct transcript heard;
    unsigned before = atomic_load(&site.handled);
    int client = dial(site.port);

    say(client, SLICE("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n"));
    listen_to(client, &heard, 1500);
    close(client);
    assert_int_equal(1, answers_in(&heard));
    assert_true(heard.ended);
    assert_int_equal(before, atomic_load(&site.handled));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_requests_are_refused_and_reach_no_handler),
        cmocka_unit_test(well_formed_requests_are_answered),
        cmocka_unit_test(garbage_behind_a_request_is_refused_after_its_answer),
        cmocka_unit_test(nothing_behind_a_refused_request_is_served),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
