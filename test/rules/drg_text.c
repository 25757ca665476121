/* SPDX-License-Identifier: Apache-2.0 */
#include "drg_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define BYTES_MAX ((size_t)64 << 20)
#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

void drg_text_read_files(struct drg_text *text, const char *const *file, size_t count)
{
    struct slice content[8];

    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        content[i] = slice_from_string(file[i]);
    *text = (struct drg_text){
        .arena = arena_new(BYTES_MAX), .scratch = arena_new(BYTES_MAX), .lines = buffer_new(1 << 20)};
    text->report.into = &text->lines;
    text->error = drg_read(text->arena, content, count, &text->report, &text->model, &text->fault);
}

void drg_text_read(struct drg_text *text, const char *body)
{
    CLEANUP_BUFFER struct buffer file = buffer_new(BYTES_MAX);

    buffer_string(&file, "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:test' "
                         "name='test'>");
    buffer_string(&file, body);
    buffer_string(&file, "</definitions>");
    buffer_byte(&file, 0);
    drg_text_read_files(text, (const char *const[]){file.data}, 1);
}

void drg_text_free(struct drg_text *text)
{
    arena_free(text->arena);
    arena_free(text->scratch);
    buffer_free(&text->lines);
}

const char *drg_text_ask(struct drg_text *text, const char *decision, const char *inputs)
{
    CLEANUP_BUFFER struct buffer answer = buffer_new(1 << 20);
    struct drg_question question;
    struct slice notes;
    bool null;

    arena_reset(text->scratch);
    enum error error = drg_ask(text->arena, text->model, slice_from_string(decision), &question, &text->fault);
    if (error == OK)
        error = drg_answer(text->scratch, &question, slice_from_string(inputs), NOW_MS, &answer, &null, &notes,
                           &text->fault);
    if (error != OK)
        return error_entry(error)->name;
    struct slice copy = arena_format(text->scratch, "%.*s", SLICE_PRINT(buffer_view(&answer)));
    assert_int_equal(null, slice_is(copy, "null"));
    return copy.data;
}

void drg_text_check(const char *body, const char *decision, const char *inputs, const char *expected)
{
    struct drg_text text;

    drg_text_read(&text, body);
    if (text.error != OK)
        fail_msg("%s\n%s %s", body, error_entry(text.error)->name, text.fault.detail);
    const char *given = drg_text_ask(&text, decision, inputs);
    if (strcmp(given, expected) != 0)
        fail_msg("%s\n%s: expected %s, given %s %s\n%.*s", body, inputs, expected, given, text.fault.detail,
                 SLICE_PRINT(buffer_view(&text.lines)));
    drg_text_free(&text);
}
