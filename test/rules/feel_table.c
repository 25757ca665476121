/* SPDX-License-Identifier: Apache-2.0 */
#include "feel_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#define ARENA_MAX ((size_t)64 << 20)

static const struct feel_node *parsed(struct arena *arena, struct feel_names *names, struct slice text)
{
    const struct feel_node *node = NULL;
    struct fault fault = {0};

    if (feel_parse(arena, names, NULL, text, &node, &fault) != OK)
        fail_msg("%.*s cannot be read: %s", SLICE_PRINT(text), fault.detail);
    return node;
}

struct feel_value feel_table_value(struct feel_run *run, const struct feel_frame *frame, struct slice text)
{
    struct feel_value value = feel_null();
    enum error error = feel_evaluate(run, parsed(run->arena, run->names, text), frame, &value);

    if (error != OK)
        fail_msg("%.*s: %s", SLICE_PRINT(text), error_entry(error)->name);
    return value;
}

static struct slice trimmed(struct slice text)
{
    while (text.length && (text.data[0] == ' ' || text.data[0] == '\r'))
        text = slice_from(text, 1);
    while (text.length && (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\r'))
        text.length--;
    return text;
}

/* As string() of a list of it, without the brackets. */
static void write_in_list(struct buffer *into, const struct feel_names *names, struct feel_value value)
{
    struct feel_list list = {.count = 1, .item = &value};
    struct feel_value one = {.kind = FEEL_LIST, .list = &list};

    feel_write(into, names, one);
}

/* Names in scope must be known before a text is cut into words. */
static struct feel_frame scope_of(struct feel_run *run, struct slice given)
{
    struct feel_value scope;
    feel_name name;

    if (given.length == 0)
        return (struct feel_frame){0};
    scope = feel_table_value(run, NULL, given);
    assert_int_equal(scope.kind, FEEL_CONTEXT);
    for (size_t i = 0; i < scope.context->count; i++)
        assert_int_equal(feel_names_enter(run->names, feel_names_text(run->names, scope.context->entry[i].name), &name),
                         OK);
    return (struct feel_frame){.count = scope.context->count, .entry = scope.context->entry};
}

static bool line_holds(struct slice line, struct slice given)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_BUFFER struct buffer written = buffer_new(1 << 20), expected = buffer_new(1 << 20);
    struct feel_run run = feel_run(arena, feel_names_new(arena), FEEL_TABLE_NOW_MS);
    size_t at = slice_search(line, SLICE("==>"));

    if (at == SIZE_MAX)
        fail_msg("%.*s: a line without ==>", SLICE_PRINT(line));
    struct feel_frame scope = scope_of(&run, given);
    struct slice text = trimmed(slice_of(line.data, at)), value = trimmed(slice_from(line, at + 3));
    struct feel_value is = feel_table_value(&run, &scope, text);
    if (is.kind == FEEL_NULL && run.note_count)
        buffer_string(&written, "[null!]");
    else
        write_in_list(&written, run.names, is);
    buffer_format(&expected, "[%.*s]", SLICE_PRINT(value));
    if (slice_equal(buffer_view(&written), buffer_view(&expected)))
        return true;
    print_error("%.*s\n    is  %.*s\n    not %.*s\n", SLICE_PRINT(text), SLICE_PRINT(buffer_view(&written)),
                SLICE_PRINT(buffer_view(&expected)));
    for (size_t i = 0; i < run.note_count; i++)
        print_error("    %.*s\n", SLICE_PRINT(run.note[i]));
    return false;
}

static void read_file(const char *file, struct buffer *ret)
{
    char path[512], part[4096];
    size_t length;

    snprintf(path, sizeof path, SOURCE_ROOT "/test/rules/feel/%s", file);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        fail_msg("%s cannot be opened", path);
    while ((length = fread(part, 1, sizeof part, stream)) > 0)
        buffer_bytes(ret, part, length);
    fclose(stream);
}

void feel_table_holds(const char *file, size_t least)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1 << 20);
    struct slice given = SLICE("");
    size_t lines = 0, wrong = 0;

    read_file(file, &text);
    for (struct slice rest = buffer_view(&text); rest.length;) {
        struct slice line = trimmed(slice_cut(&rest, '\n'));
        if (line.length == 0 || line.data[0] == '#')
            continue;
        if (slice_starts_with(line, SLICE("given "))) {
            given = trimmed(slice_from(line, 6));
            continue;
        }
        lines++;
        wrong += !line_holds(line, given);
    }
    if (wrong || lines < least)
        fail_msg("%s: %zu of %zu lines are wrong, at least %zu expected", file, wrong, lines, least);
}
