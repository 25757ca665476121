/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the readers handlers share give one meaning or none. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <zlib.h>

#include "server/http.h"
#include "server/target.h"

/* ---- query strings and forms ---- */

struct query {
    const char *raw;
    enum error error;
    const char *read; /* "name=value;" for each, after decoding */
};

static void queries_are_read_strictly(void **state)
{
    static const struct query rows[] = {
        {"", OK, ""},
        {"a=b", OK, "a=b;"},
        {"a=b&c=d", OK, "a=b;c=d;"},
        {"a=1&a=2", OK, "a=1;a=2;"},
        {"a", OK, "a=;"},
        {"a=", OK, "a=;"},
        {"=b", OK, "=b;"},
        {"a=b=c", OK, "a=b=c;"},
        {"&&a=b&&c&", OK, "a=b;c=;"},
        {"a=b+c%2Bd", OK, "a=b c+d;"},
        {"n%61me=%D8%A3%D9%85", OK, "name=\xD8\xA3\xD9\x85;"},
        {"identifier=urn:x|1,2", OK, "identifier=urn:x|1,2;"},
        {"a=x%0D%0Ay%09z", OK, "a=x\r\ny\tz;"},
        {"a=%26%3D", OK, "a=&=;"},
        {"a=%", ERROR_SYNTAX, NULL},
        {"a=%2", ERROR_SYNTAX, NULL},
        {"a=%g0", ERROR_SYNTAX, NULL},
        {"a=%u0041", ERROR_SYNTAX, NULL},
        {"%=a", ERROR_SYNTAX, NULL},
        {"a=%00", ERROR_SYNTAX, NULL},
        {"a=%1b", ERROR_SYNTAX, NULL},
        {"a=%7f", ERROR_SYNTAX, NULL},
        {"a=%c2%80", ERROR_SYNTAX, NULL},
        {"a=b c", ERROR_SYNTAX, NULL},
        {"a=\xC3\xA4", ERROR_SYNTAX, NULL},
        {"a=%ff", ERROR_UTF8, NULL},
        {"a=%c0%80", ERROR_UTF8, NULL},
        {"a=%ed%a0%80", ERROR_UTF8, NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(4096);
        CLEANUP_BUFFER struct buffer read = buffer_new(4096);
        struct slice rest = slice_from_string(rows[i].raw), name, value;
        enum error error;
        while ((error = http_query_next(&rest, arena, &name, &value)) == OK && name.data)
            buffer_format(&read, "%.*s=%.*s;", SLICE_PRINT(name), SLICE_PRINT(value));
        if (error != rows[i].error || (error == OK && !slice_is(buffer_view(&read), rows[i].read)))
            fail_msg("\"%s\": error %d, read \"%.*s\"", rows[i].raw, error, SLICE_PRINT(buffer_view(&read)));
    }
}

static void a_query_too_large_for_the_arena_is_an_error(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(32);
    struct slice rest = SLICE("name=this value is longer than the arena allows, and by far"), name, value;

    assert_int_equal(ERROR_MEMORY, http_query_next(&rest, arena, &name, &value));
}

/* ---- paths ---- */

static void a_path_is_cut_into_decoded_segments(void **state)
{
    static const struct {
        const char *target, *segments, *query;
        bool trailing_slash;
    } rows[] = {
        {"/", "", "", false},
        {"/a", "a|", "", false},
        {"/a/", "a|", "", true},
        {"/fhir/Patient/1?_format=json", "fhir|Patient|1|", "_format=json", false},
        {"/%61/b%20c", "a|b c|", "", false},
        {"/a?b?c/d", "a|", "b?c/d", false},
        {"/%D9%85", "\xD9\x85|", "", false},
        {"http://host", "", "", false},
        {"http://HOST/a?b", "a|", "b", false},
        {"https://host?b", "", "b", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(4096);
        CLEANUP_BUFFER struct buffer seen = buffer_new(4096);
        struct http_request request = {
            .target = slice_from_string(rows[i].target), .host = SLICE("host"), .arena = arena};
        assert_int_equal(0, target_parse(&request));
        for (size_t n = 0; n < request.segments; n++)
            buffer_format(&seen, "%.*s|", SLICE_PRINT(request.segment[n]));
        if (!slice_is(buffer_view(&seen), rows[i].segments) || !slice_is(request.query, rows[i].query) ||
            request.trailing_slash != rows[i].trailing_slash)
            fail_msg("%s: %.*s", rows[i].target, SLICE_PRINT(buffer_view(&seen)));
    }
}

/* ---- headers and cookies ---- */

static struct http_request with_header(const char *name, const char *value, struct http_header *header)
{
    *header = (struct http_header){slice_from_string(name), slice_from_string(value)};
    return (struct http_request){.header = header, .headers = 1};
}

static void cookies_are_found_and_doubtful_ones_are_not(void **state)
{
    struct http_header header;
    struct http_request request = with_header("cookie", "a=1; session=abc=;b=2 ; c=;session2=no", &header);

    assert_true(slice_is(http_request_cookie(&request, SLICE("session")), "abc="));
    assert_true(slice_is(http_request_cookie(&request, SLICE("a")), "1"));
    assert_true(slice_is(http_request_cookie(&request, SLICE("b")), "2"));
    assert_non_null(http_request_cookie(&request, SLICE("c")).data);
    assert_null(http_request_cookie(&request, SLICE("d")).data);
    assert_null(http_request_cookie(&request, SLICE("Session")).data);
    request = with_header("cookie", "session=mine; session=planted", &header);
    assert_null(http_request_cookie(&request, SLICE("session")).data);
    request = with_header("accept", "x", &header);
    assert_null(http_request_cookie(&request, SLICE("session")).data);
}

static void gzip_is_used_only_where_it_is_accepted(void **state)
{
    static const struct {
        const char *accept;
        bool accepts;
    } rows[] = {
        {"gzip", true},       {"deflate, gzip, br", true}, {"GZIP;q=0.5", true}, {"gzip; q=1.0", true},
        {"gzip;q=0", false},  {"gzip; q=0.000", false},    {"br", false},        {"", false},
        {"xgzip", false},     {"gzipx", false},            {"*", false},         {"gzip;q=0.001", true},
    };
    struct http_header header;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request request = with_header("accept-encoding", rows[i].accept, &header);
        if (http_accepts_gzip(&request) != rows[i].accepts)
            fail_msg("\"%s\"", rows[i].accept);
    }
}

static void compressed_text_comes_back_the_same(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1 << 20);
    CLEANUP_BUFFER struct buffer packed = buffer_new(1 << 20);
    static unsigned char back[1 << 17];
    z_stream stream = {.next_out = back, .avail_out = sizeof back};

    for (int i = 0; i < 5000; i++)
        buffer_format(&text, "line %d of a page\n", i);
    buffer_string(&packed, "kept");
    assert_int_equal(OK, http_gzip(buffer_view(&text), &packed));
    assert_true(packed.length < text.length / 4);
    assert_memory_equal("kept", packed.data, 4);
    stream.next_in = (unsigned char *)packed.data + 4;
    stream.avail_in = (unsigned)packed.length - 4;
    assert_int_equal(Z_OK, inflateInit2(&stream, 31));
    assert_int_equal(Z_STREAM_END, inflate(&stream, Z_FINISH));
    assert_int_equal(text.length, stream.total_out);
    assert_memory_equal(text.data, back, text.length);
    inflateEnd(&stream);
    CLEANUP_BUFFER struct buffer small = buffer_new(10);
    assert_int_equal(ERROR_TOO_LARGE, http_gzip(buffer_view(&text), &small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_read_strictly),
        cmocka_unit_test(a_query_too_large_for_the_arena_is_an_error),
        cmocka_unit_test(a_path_is_cut_into_decoded_segments),
        cmocka_unit_test(cookies_are_found_and_doubtful_ones_are_not),
        cmocka_unit_test(gzip_is_used_only_where_it_is_accepted),
        cmocka_unit_test(compressed_text_comes_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
