/* SPDX-License-Identifier: Apache-2.0 */

/* Proves JSON Patch against the examples of RFC 6902, appendix A, and that a patch cannot grow a document without end.
 * */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "text/json_patch.h"

struct row {
    const char *document;
    const char *patch;
    const char *result; /* NULL: error */
    enum error error;
};

static const struct row rows[] = {
    /* A.1 to A.10 */
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]", "{\"foo\":\"bar\",\"baz\":\""
     "qux\"}", OK},
    {"{\"foo\":[\"bar\",\"baz\"]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
     "{\"foo\":[\"bar\",\"qux\",\"baz\"]}", OK},
    {"{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]", "{\"foo\":\"bar\"}", OK},
    {"{\"foo\":[1,2,3]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]", "{\"foo\":[1,3]}", OK},
    {"{\"baz\":\"qux\"}", "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]", "{\"baz\":\"boo\"}", OK},
    {"{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":{}}",
     "[{\"op\":\"move\",\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\"}]",
     "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"thud\":\"fred\"}}", OK},
    {"{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}", "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]",
     "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}", OK},
    {"{\"baz\":\"qux\",\"foo\":[\"a\",2]}",
     "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},{\"op\":\"test\",\"path\":\"/foo/1\",\"value\":2}]",
     "{\"baz\":\"qux\",\"foo\":[\"a\",2]}", OK},
    {"{\"baz\":\"qux\"}", "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"bar\"}]", NULL, ERROR_CONFLICT},
    /* A.12, A.14 to A.16 */
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz/bat\",\"value\":\"qux\"}]", NULL, ERROR_VALUE},
    {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]", "{\"/\":9,\"~1\":10}", OK},
    {"{\"a\":10}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":\"10\"}]", NULL, ERROR_CONFLICT},
    {"{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\"]}]", "{\"foo\":[\"bar\",[\""
     "abc\"]]}", OK},
    /* digits that nobody touches stay */
    {"{\"a\":1.00,\"b\":2}", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":3.50}]", "{\"a\":1.00,\"b\":3.50}", OK},
    {"{\"a\":1.00}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}]", "{\"a\":1.00,\"b\":1.00}", OK},
    {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":2}]", "{\"a\":2}", OK},
    {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"b\":2}}]", "{\"b\":2}", OK},
    /* refused */
    {"{\"a\":{\"b\":1}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/c\"}]", NULL, ERROR_VALUE},
    {"{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/b\"}]", NULL, ERROR_VALUE},
    {"{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/5\",\"value\":1}]", NULL, ERROR_VALUE},
    {"{\"a\":[1]}", "[{\"op\":\"remove\",\"path\":\"/a/-1\"}]", NULL, ERROR_VALUE},
    {"{\"a\":[1,2]}", "[{\"op\":\"remove\",\"path\":\"/a/01\"}]", NULL, ERROR_VALUE},
    {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":1}]", NULL, ERROR_VALUE},
    {"{\"a\":1}", "[{\"op\":\"explode\",\"path\":\"/a\"}]", NULL, ERROR_SYNTAX},
    {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\"}]", NULL, ERROR_SYNTAX},
    {"{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"a\"}]", NULL, ERROR_SYNTAX},
    {"{\"a\":1}", "[7]", NULL, ERROR_SYNTAX},
    {"{\"a\":1}", "{\"op\":\"remove\",\"path\":\"/a\"}", NULL, ERROR_SYNTAX},
};

static const struct json *parse(struct arena *arena, const char *text)
{
    const struct json *root = NULL;
    assert_int_equal(OK, json_parse(arena, slice_from_string(text), &root, NULL));
    return root;
}

static void every_row_of_the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        CLEANUP_BUFFER struct buffer out = buffer_new(4096);
        const struct row *row = &rows[i];
        enum error error = json_patch(arena, parse(arena, row->document), parse(arena, row->patch), &out, NULL);

        if (error != row->error)
            fail_msg("%s on %s gave %s", row->patch, row->document, error_entry(error)->name);
        if (!row->result) {
            assert_int_equal(0, out.length);
            continue;
        }
        buffer_byte(&out, 0);
        if (!json_equal(parse(arena, row->result), parse(arena, out.data)))
            fail_msg("%s on %s gave %s", row->patch, row->document, out.data);
    }
}

/* Each operation copies the whole into itself: without a bound the size would be 2^60. */
static void a_patch_cannot_grow_without_end(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    CLEANUP_BUFFER struct buffer patch = buffer_new(1u << 16), out = buffer_new(1u << 20);
    const struct json *operations;

    (void)state;
    for (int i = 0; i < 60; i++)
        buffer_format(&patch, "%c{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/x%d\"}", i ? ',' : '[', i);
    buffer_byte(&patch, ']');
    assert_int_equal(OK, json_parse(arena, buffer_view(&patch), &operations, NULL));
    enum error error = json_patch(arena, parse(arena, "{\"a\":{\"b\":{}}}"), operations, &out, NULL);
    assert_true(error == ERROR_TOO_DEEP || error == ERROR_MEMORY);
    assert_int_equal(0, out.length);
}

static void the_operation_that_failed_is_named(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(64);
    struct fault fault = {0};
    const struct json *patch =
        parse(arena, "[{\"op\":\"add\",\"path\":\"/b\",\"value\":1},{\"op\":\"remove\",\"path\":\"/q\"}]");

    (void)state;
    assert_int_equal(ERROR_VALUE, json_patch(arena, parse(arena, "{}"), patch, &out, &fault));
    assert_string_equal("operation 1", fault.detail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_holds),
        cmocka_unit_test(a_patch_cannot_grow_without_end),
        cmocka_unit_test(the_operation_that_failed_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
