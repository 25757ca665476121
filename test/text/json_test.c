/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that JSON is read without loss and without a second meaning: digits survive, and whatever two readers could
 * understand differently is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "text/json.h"

#define ARENA_MAX (8u << 20)

static int new_arena(void **state)
{
    *state = arena_new(ARENA_MAX);
    return *state ? 0 : -1;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static const struct json *parse(struct arena *arena, const char *text)
{
    const struct json *root = NULL;
    struct fault fault = {0};

    if (json_parse(arena, slice_from_string(text), &root, &fault) != OK)
        fail_msg("%s: %s", text, fault.detail);
    return root;
}

static void what_is_written_is_what_was_read(void **state)
{
    static const char *const same[] = {
        "1.00", "-0", "0.10e+5", "12345678901234567890", "123456789012345678901234567890.000",
        "\"\"", "\"\\u0000\\n\\t\\\\\\\"\"", "\"\xd8\xb3\xd9\x85\xd9\x8a\xd8\xb1\xd8\xa9\"", "[]", "{}", "[[],{},[{}]]",
        "{\"a\":{\"b\":[1.0,true,false,null,\"x\"]},\"b\":[]}", "true", "null",
    };

    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(1024);
        json_write(&out, parse(*state, same[i]));
        assert_int_equal(OK, buffer_check(&out));
        if (!slice_is(buffer_view(&out), same[i]))
            fail_msg("%s became %.*s", same[i], SLICE_PRINT(buffer_view(&out)));
    }
}

static void ambiguous_json_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum error error;
    } bad[] = {
        {"", ERROR_JSON},
        {"{\"a\":1,\"a\":2}", ERROR_JSON},
        {"{\"a\":1,\"\\u0061\":2}", ERROR_JSON},
        {"[{\"x\":{\"k\":1,\"l\":2,\"k\":3}}]", ERROR_JSON},
        {"\"\xff\"", ERROR_JSON},
        {"\"\xc0\x80\"", ERROR_JSON},
        {"\"\xed\xa0\x80\"", ERROR_JSON},
        {"\"\\ud800\"", ERROR_JSON},
        {"{} x", ERROR_JSON},
        {"{}{}", ERROR_JSON},
        {"[1,]", ERROR_JSON},
        {"{\"a\":1,}", ERROR_JSON},
        {"01", ERROR_JSON},
        {"1.", ERROR_JSON},
        {".5", ERROR_JSON},
        {"+1", ERROR_JSON},
        {"NaN", ERROR_JSON},
        {"// c\n1", ERROR_JSON},
        {"\xef\xbb\xbf{}", ERROR_JSON},
        {"\"a\nb\"", ERROR_JSON},
        {"'a'", ERROR_JSON},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct json *root = NULL;
        struct fault fault = {0};
        enum error error = json_parse(*state, slice_from_string(bad[i].text), &root, &fault);
        if (error != bad[i].error || fault.code != error || root)
            fail_msg("%s gave %s", bad[i].text, error_entry(error)->name);
    }
}

static void the_place_of_a_twin_key_is_told(void **state)
{
    const struct json *root;
    struct fault fault = {0};

    assert_int_equal(ERROR_JSON, json_parse(*state, SLICE("{\"a\":1,\"b\":2, \"a\":3}"), &root, &fault));
    assert_non_null(strstr(fault.detail, "byte 15"));
}

static void a_twin_among_many_keys_is_found(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1u << 20);
    const struct json *root;

    buffer_byte(&text, '{');
    for (int i = 0; i < 3000; i++)
        buffer_format(&text, "\"key%d\":%d,", i, i);
    size_t good_length = text.length;
    buffer_string(&text, "\"last\":0}");
    assert_int_equal(OK, json_parse(*state, buffer_view(&text), &root, NULL));
    assert_true(slice_is(json_text(json_member(root, "key2999")), "2999"));

    text.length = good_length;
    buffer_string(&text, "\"key1234\":0}");
    assert_int_equal(ERROR_JSON, json_parse(*state, buffer_view(&text), &root, NULL));
}

static void nesting_stops_at_sixty_four(void **state)
{
    char text[2 * (JSON_DEPTH_MAX + 1)];
    const struct json *root;

    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(depth == JSON_DEPTH_MAX ? OK : ERROR_TOO_DEEP,
                         json_parse(*state, slice_of(text, 2 * depth), &root, NULL));
    }
}

/* A flat list of small containers is wide, not deep: the stack of open containers must shrink again. */
static void siblings_do_not_count_as_depth(void **state)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1u << 16);
    const struct json *root;

    buffer_string(&text, "[[]");
    for (int i = 0; i < 500; i++)
        buffer_string(&text, ",{\"a\":[]}");
    buffer_string(&text, "]");
    assert_int_equal(OK, json_parse(*state, buffer_view(&text), &root, NULL));
    assert_int_equal(501, json_count(root));
}

static void an_arena_too_small_is_said(void **state)
{
    CLEANUP_ARENA struct arena *small = arena_new(256);
    const struct json *root;

    (void)state;
    assert_int_equal(ERROR_MEMORY, json_parse(small, SLICE("[1,2,3,4,5,6,7,8,9,10,11,12,13]"), &root, NULL));
}

static void lookups_chain_through_what_is_not_there(void **state)
{
    const struct json *root = parse(*state, "{\"a\":[{\"b\":\"x\"},{\"b\":\"y\"}],\"n\":1.50,\"t\":true,\"z\":null}");

    assert_true(json_is(json_path(root, "a.b"), "x"));
    assert_null(json_path(root, "a.c.d"));
    assert_int_equal(JSON_ABSENT, json_kind(json_member(json_member(root, "q"), "r")));
    assert_int_equal(JSON_NULL, json_kind(json_member(root, "z")));
    assert_true(slice_is(json_text(json_member(root, "n")), "1.50"));
    assert_true(json_is_true(json_member(root, "t")));
    assert_false(json_is_true(json_member(root, "n")));
    assert_int_equal(0, json_count(json_member(root, "n")));
    assert_int_equal(0, json_text(NULL).length);
    assert_false(json_is(json_member(root, "n"), "1.50"));
}

static void items_come_in_the_order_of_the_text(void **state)
{
    const struct json *root = parse(*state, "{\"z\":[1],\"a\":{\"q\":2},\"m\":3}");
    char order[16] = "";
    size_t index = 0;

    for (struct json_items items = json_items(root); json_next(&items); index++) {
        assert_int_equal(index, items.index);
        strncat(order, items.key.data, items.key.length);
    }
    assert_string_equal("zam", order);
    assert_int_equal(3, index);
}

static void values_are_equal_in_any_order_but_to_the_digit(void **state)
{
    assert_true(json_equal(parse(*state, "{\"a\":1.0,\"b\":[2]}"), parse(*state, "{\"b\":[2],\"a\":1.0}")));
    assert_false(json_equal(parse(*state, "{\"a\":1.0}"), parse(*state, "{\"a\":1.00}")));
    assert_false(json_equal(parse(*state, "[1,2]"), parse(*state, "[2,1]")));
}

static void edits_replace_add_and_remove_top_members(void **state)
{
    const struct json *root = parse(*state, "{\"a\":1.0,\"b\":{\"a\":2},\"c\":3}");
    const struct json_edit edit[] = {{SLICE("a"), SLICE("\"new\"")}, {SLICE("c"), SLICE("")}, {SLICE("d"), SLICE(""
     "[4]")}};
    CLEANUP_BUFFER struct buffer out = buffer_new(256);

    json_write_edited(&out, root, edit, 3);
    assert_true(slice_is(buffer_view(&out), "{\"a\":\"new\",\"b\":{\"a\":2},\"d\":[4]}"));
}

static void a_full_buffer_is_said_once(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(8);

    json_write(&out, parse(*state, "{\"a\":\"long enough\"}"));
    assert_int_equal(ERROR_TOO_LARGE, buffer_check(&out));
}

static void a_writer_sets_its_own_commas(void **state)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(256);
    struct json_writer writer = json_writer(&out);

    (void)state;
    json_begin_object(&writer);
    json_member_cstring(&writer, "a", "x\"y");
    json_key(&writer, "b");
    json_begin_array(&writer);
    json_integer(&writer, -5);
    json_bool(&writer, true);
    json_null(&writer);
    json_begin_object(&writer);
    json_end_object(&writer);
    json_raw(&writer, SLICE("1.00"));
    json_end_array(&writer);
    json_member_cstring(&writer, "c", "");
    json_end_object(&writer);
    assert_true(slice_is(buffer_view(&out), "{\"a\":\"x\\\"y\",\"b\":[-5,true,null,{},1.00],\"c\":\"\"}"));
}

/* RFC 8259, 7: what must be escaped is, at every place of a text of every length, and nothing else. */
static void every_byte_is_escaped_where_it_must_be_and_left_where_not(void **state)
{
    static const char filling[] = {' ', '!', '#', '[', ']', '\x7f', (char)0x80, (char)0xff};
    char text[20];

    (void)state;
    for (unsigned fill = 0; fill < sizeof filling; fill++)
        for (size_t length = 1; length <= sizeof text; length++)
            for (size_t place = 0; place < length; place++)
                for (unsigned byte = 0; byte < 256; byte++) {
                    CLEANUP_BUFFER struct buffer into = buffer_new(64);
                    bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
                    memset(text, filling[fill], length);
                    text[place] = (char)byte;
                    json_escape(&into, slice_of(text, length));
                    struct slice written = buffer_view(&into);
                    assert_memory_equal(written.data, text, place);
                    assert_int_equal(written.data[place] == '\\', escaped);
                    assert_true(escaped ? written.length > length : written.length == length);
                    assert_memory_equal(written.data + written.length - (length - place - 1), text + place + 1,
                                        length - place - 1);
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_what_was_read),
        cmocka_unit_test(ambiguous_json_is_refused),
        cmocka_unit_test(the_place_of_a_twin_key_is_told),
        cmocka_unit_test(a_twin_among_many_keys_is_found),
        cmocka_unit_test(nesting_stops_at_sixty_four),
        cmocka_unit_test(siblings_do_not_count_as_depth),
        cmocka_unit_test(an_arena_too_small_is_said),
        cmocka_unit_test(lookups_chain_through_what_is_not_there),
        cmocka_unit_test(items_come_in_the_order_of_the_text),
        cmocka_unit_test(values_are_equal_in_any_order_but_to_the_digit),
        cmocka_unit_test(edits_replace_add_and_remove_top_members),
        cmocka_unit_test(a_full_buffer_is_said_once),
        cmocka_unit_test(a_writer_sets_its_own_commas),
        cmocka_unit_test(every_byte_is_escaped_where_it_must_be_and_left_where_not),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
