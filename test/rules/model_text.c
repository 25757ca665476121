/* SPDX-License-Identifier: Apache-2.0 */
#include "model_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/file.h"
#include "rules/dmn/compile.h"

#define BYTES_MAX (16 << 20)

static struct slice trimmed(struct slice text)
{
    while (text.length && (text.data[0] == ' ' || text.data[0] == '\n'))
        text = slice_from(text, 1);
    while (text.length && text.data[text.length - 1] == ' ')
        text.length--;
    return text;
}

static void escaped(struct buffer *into, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        buffer_string(into, c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : (char[]){c, '\0'});
    }
}

static void input(struct buffer *into, struct slice rest)
{
    struct slice name = slice_cut(&rest, ' '), type = slice_cut(&rest, ' ');

    buffer_format(into, "<input><inputExpression typeRef=\"%.*s\"><text>%.*s</text></inputExpression>",
                  SLICE_PRINT(type), SLICE_PRINT(name));
    if (rest.length) {
        buffer_string(into, "<inputValues><text>");
        escaped(into, rest);
        buffer_string(into, "</text></inputValues>");
    }
    buffer_string(into, "</input>\n");
}

static void output(struct buffer *into, struct slice rest)
{
    struct slice name = slice_cut(&rest, ' ');

    buffer_format(into, "<output name=\"%.*s\">", SLICE_PRINT(name));
    if (rest.length) {
        buffer_string(into, "<outputValues><text>");
        escaped(into, rest);
        buffer_string(into, "</text></outputValues>");
    }
    buffer_string(into, "</output>\n");
}

static void row(struct buffer *into, struct slice rest, size_t inputs)
{
    struct slice id = trimmed(slice_cut(&rest, '|'));

    buffer_format(into, "<rule id=\"%.*s\">", SLICE_PRINT(id));
    for (size_t i = 0; rest.length > 0; i++) {
        const char *element = i < inputs ? "inputEntry" : "outputEntry";
        buffer_format(into, "<%s><text>", element);
        escaped(into, trimmed(slice_cut(&rest, '|')));
        buffer_format(into, "</text></%s>", element);
    }
    buffer_string(into, "</rule>\n");
}

void model_write(struct buffer *into, const char *text)
{
    struct slice rest = slice_from_string(text);
    size_t inputs = 0;
    bool inside = false;

    buffer_string(into, "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"test\">\n");
    while (rest.length > 0) {
        struct slice line = trimmed(slice_cut(&rest, '\n'));
        struct slice word = slice_cut(&line, ' ');
        if (slice_is(word, "decision")) {
            struct slice name = slice_cut(&line, ' ');
            buffer_format(into, "%s<decision name=\"%.*s\"><decisionTable hitPolicy=\"%.*s\">\n",
                          inside ? "</decisionTable></decision>\n" : "", SLICE_PRINT(name), SLICE_PRINT(line));
            inside = true;
            inputs = 0;
        } else if (slice_is(word, "in")) {
            input(into, line);
            inputs++;
        } else if (slice_is(word, "out")) {
            output(into, line);
        } else if (slice_is(word, "row")) {
            row(into, line, inputs);
        }
    }
    buffer_string(into, "</decisionTable></decision>\n</definitions>\n");
}

/* The next line that begins with `word`, without it; false when there is none. */
static bool next_line(struct slice *rest, const char *word, struct slice *ret_line)
{
    while (rest->length > 0) {
        *ret_line = trimmed(slice_cut(rest, '\n'));
        if (slice_is(slice_cut(ret_line, ' '), word))
            return true;
    }
    return false;
}

/* `2026-01-01 -` as members valid_from and valid_to. */
static void write_term(struct buffer *into, struct slice line)
{
    struct slice from = slice_cut(&line, ' ');

    if (!slice_is(from, "-"))
        buffer_format(into, ",\"valid_from\":\"%.*s\"", SLICE_PRINT(from));
    if (line.length && !slice_is(line, "-"))
        buffer_format(into, ",\"valid_to\":\"%.*s\"", SLICE_PRINT(line));
}

static void write_row_term(struct buffer *into, const char *text, struct slice id)
{
    struct slice rest = slice_from_string(text), line;

    while (next_line(&rest, "valid", &line))
        if (slice_equal(slice_cut(&line, ' '), id))
            write_term(into, line);
}

void model_write_pack(struct buffer *into, const char *text)
{
    struct slice rest = slice_from_string(text), line;
    const char *comma = "";

    buffer_string(into, "{\"format\":\"hospitium-pack/1\",\"id\":\"test\",\"version\":\"1\"");
    write_term(into, next_line(&rest, "term", &line) ? line : SLICE("2026-01-01 -"));
    buffer_string(into, ",\"sources\":{\"t\":{\"title\":\"A law\",\"language\":\"en\"}},\"known\":[\"\"");
    for (rest = slice_from_string(text); next_line(&rest, "known", &line);)
        buffer_format(into, ",\"%.*s\"", SLICE_PRINT(line));
    buffer_string(into, "],\"rows\":{");
    for (rest = slice_from_string(text); next_line(&rest, "row", &line);) {
        struct slice id = trimmed(slice_cut(&line, '|'));
        buffer_format(into, "%s\"%.*s\":{\"source\":\"t\",\"article\":\"1\",\"text\":\"so\"", comma, SLICE_PRINT(id));
        write_row_term(into, text, id);
        buffer_byte(into, '}');
        comma = ",";
    }
    buffer_string(into, "},\"warnings\":{");
    comma = "";
    for (rest = slice_from_string(text); next_line(&rest, "warns", &line); comma = ",")
        buffer_format(into, "%s\"%.*s\":{\"tell\":\"So.\",\"source\":\"t\",\"article\":\"1\",\"since\":\"2026-01-01\"}",
                      comma, SLICE_PRINT(line));
    buffer_string(into, "}}");
}

static const struct rule_set *load(struct arena *arena, const struct buffer *compiled)
{
    const struct rule_set *set = NULL;
    struct fault fault = {0};

    if (rule_set_load(arena, buffer_view(compiled), &set, &fault) != OK)
        fail_msg("%s", fault.detail);
    return set;
}

static void must_compile(enum error error, const struct fault *fault, const struct buffer *lines)
{
    if (error != OK)
        fail_msg("%s: %s\n%.*s", error_entry(error)->name, fault->detail, SLICE_PRINT(buffer_view(lines)));
}

const struct rule_set *model_verified(struct arena *arena, const char *text)
{
    CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX), pack = buffer_new(BYTES_MAX);
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX), lines = buffer_new(BYTES_MAX);
    struct report report = {.into = &lines};
    struct fault fault = {0};

    model_write(&dmn, text);
    model_write_pack(&pack, text);
    must_compile(compile_pack(arena, buffer_view(&dmn), buffer_view(&pack), &report, &compiled, &fault), &fault,
                 &lines);
    return load(arena, &compiled);
}

const struct rule_set *model_open(struct arena *arena, const char *text)
{
    CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX), compiled = buffer_new(BYTES_MAX),
                                 lines = buffer_new(BYTES_MAX);
    struct report report = {.into = &lines};
    struct fault fault = {0};

    model_write(&dmn, text);
    must_compile(compile_model(arena, buffer_view(&dmn), &report, &compiled, &fault), &fault, &lines);
    return load(arena, &compiled);
}

struct slice model_file(struct arena *arena, const char *path)
{
    char full[1024];
    struct slice content = {0};
    struct fault fault = {0};

    snprintf(full, sizeof full, "%s/%s", SOURCE_ROOT, path);
    if (file_read(arena, full, BYTES_MAX, &content, &fault) != OK)
        fail_msg("%s: %s", full, fault.detail);
    return content;
}

const struct rule_set *model_policy(struct arena *arena, const char *name)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX), lines = buffer_new(BYTES_MAX);
    struct report report = {.into = &lines};
    struct fault fault = {0};
    char path[256];

    snprintf(path, sizeof path, "policy/%s/rules.dmn", name);
    struct slice dmn = model_file(arena, path);
    snprintf(path, sizeof path, "policy/%s/pack.json", name);
    must_compile(compile_pack(arena, dmn, model_file(arena, path), &report, &compiled, &fault), &fault, &lines);
    return load(arena, &compiled);
}
