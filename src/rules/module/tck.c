/* SPDX-License-Identifier: Apache-2.0 */
#include "tck.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "rules/drg/evaluate.h"
#include "tck_value.h"

#define RUN_BYTES_MAX ((size_t)256 << 20) /* of one case */
#define REPORT_BYTES_MAX (1 << 20)
#define VALUE_BYTES_MAX 160 /* of a value in a reason */

struct run {
    struct arena *arena;           /* of the file: what is reported */
    struct arena *scratch;         /* of the case */
    const struct drg_model *model; /* NULL: it could not be read */
    int64_t now_ms;
    struct drg_run drg;
    const xmlNode *test_case;
    const struct drg_node *asked; /* a service or a knowledge model; NULL: decisions, by name */
    struct tck_case *result;
};

static void fail(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);

static void fail(struct run *run, const char *format, ...)
{
    char sentence[FAULT_DETAIL_MAX * 3];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    run->result->passed = false;
    run->result->reason = arena_copy(run->arena, slice_from_string(sentence));
}

/* ---- inputs ---- */

static enum error node_of(struct run *run, const xmlNode *xml, enum drg_kind kind, const struct drg_node **ret)
{
    struct slice name, namespace;

    TRY(xml_attribute(run->scratch, xml, "name", &name));
    TRY(xml_attribute(run->scratch, xml, "namespace", &namespace));
    *ret = drg_find(run->model, kind, namespace, name);
    return OK;
}

static enum error give_inputs(struct run *run)
{
    for (const xmlNode *n = xml_child(run->test_case, "inputNode"); n; n = xml_next(n, "inputNode")) {
        const struct drg_node *node;
        struct feel_value value;
        bool fits;
        TRY(node_of(run, n, DRG_INPUT, &node));
        if (!node)
            TRY(node_of(run, n, DRG_DECISION, &node));
        if (!node)
            return ERROR_NOT_FOUND;
        TRY(tck_value(&run->drg.feel, n, &value));
        TRY(drg_give(&run->drg, node, value, &fits));
    }
    return OK;
}

/* A knowledge model's inputs are its arguments, by name. */
static enum error call_knowledge(struct run *run, struct feel_value *ret)
{
    size_t count = 0;
    struct feel_entry *argument = arena_array(run->scratch, xml_count(run->test_case, "inputNode"), sizeof *argument);

    if (!argument)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(run->test_case, "inputNode"); n; n = xml_next(n, "inputNode")) {
        struct slice name;
        TRY(xml_attribute(run->scratch, n, "name", &name));
        TRY(feel_names_introduce(run->model->names, name, &argument[count].name));
        TRY(tck_value(&run->drg.feel, n, &argument[count++].value));
    }
    return drg_call_knowledge(&run->drg, run->asked, argument, count, ret);
}

/* ---- results ---- */

/* A service with several outputs gives a context, of which the result node names one. */
static struct feel_value output_named(struct run *run, struct feel_value value, struct slice name)
{
    const struct feel_value *entry = NULL;

    if (run->asked->output_count > 1 && value.kind == FEEL_CONTEXT)
        entry = feel_context_get(value.context, feel_names_find(run->model->names, name));
    return entry ? *entry : value;
}

static enum error value_of(struct run *run, const xmlNode *result, struct feel_value *ret)
{
    const struct drg_node *decision;
    struct slice name;

    if (!run->asked) {
        TRY(node_of(run, result, DRG_DECISION, &decision));
        return decision ? drg_decide(&run->drg, decision, ret) : ERROR_NOT_FOUND;
    }
    if (run->asked->kind == DRG_KNOWLEDGE)
        return call_knowledge(run, ret);
    TRY(xml_attribute(run->scratch, result, "name", &name));
    TRY(drg_call_service(&run->drg, run->asked, ret));
    *ret = output_named(run, *ret, name);
    return OK;
}

/* Strings in quotes, so that "1" is not taken for 1. */
static void write_value(struct run *run, struct feel_value value, struct buffer *into)
{
    if (value.kind == FEEL_STRING)
        feel_write_json(into, run->model->names, value);
    else
        feel_write(into, run->model->names, value);
}

static void report_difference(struct run *run, struct feel_value expected, struct feel_value given)
{
    CLEANUP_BUFFER struct buffer left = buffer_new(VALUE_BYTES_MAX), right = buffer_new(VALUE_BYTES_MAX);
    const struct feel_run *feel = &run->drg.feel;
    struct slice note = feel->note_count ? feel->note[0] : slice_of("", 0);

    write_value(run, expected, &left);
    write_value(run, given, &right);
    fail(run, "expected %.*s, given %.*s%s%.*s", SLICE_PRINT(buffer_view(&left)), SLICE_PRINT(buffer_view(&right)),
         note.length ? ": " : "", SLICE_PRINT(note));
}

/* Without <expected> the result is to be null. */
static enum error check_result(struct run *run, const xmlNode *result)
{
    const xmlNode *holder = xml_child(result, "expected");
    struct feel_value expected = feel_null(), given;

    if (holder)
        TRY(tck_value(&run->drg.feel, holder, &expected));
    TRY(value_of(run, result, &given));
    if (!tck_same(expected, given))
        report_difference(run, expected, given);
    return OK;
}

/* ---- cases ---- */

static bool find_asked(struct run *run)
{
    struct slice type, name;

    run->asked = NULL;
    if (xml_attribute(run->scratch, run->test_case, "type", &type) != OK ||
        xml_attribute(run->scratch, run->test_case, "invocableName", &name) != OK)
        return false;
    if (!slice_is(type, "bkm") && !slice_is(type, "decisionService"))
        return true;
    run->asked = drg_find(run->model, slice_is(type, "bkm") ? DRG_KNOWLEDGE : DRG_SERVICE, slice_of("", 0), name);
    return run->asked != NULL;
}

static enum error run_case(struct run *run)
{
    arena_reset(run->scratch);
    TRY(drg_run_start(&run->drg, run->scratch, run->model, run->now_ms));
    if (!find_asked(run))
        return ERROR_NOT_FOUND;
    if (!run->asked || run->asked->kind != DRG_KNOWLEDGE)
        TRY(give_inputs(run));
    for (const xmlNode *n = xml_child(run->test_case, "resultNode"); n; n = xml_next(n, "resultNode"))
        TRY(check_result(run, n));
    return OK;
}

/* Limits, inputs that are not there, values that are not supported: never a null. */
static void run_or_fail(struct run *run)
{
    enum error error = run_case(run);

    if (error == ERROR_NOT_FOUND)
        fail(run, "the model has no input, decision, service or knowledge model that the case names");
    else if (error != OK)
        fail(run, "%s", error_entry(error)->sentence);
}

static bool expects_value(const xmlNode *test_case)
{
    for (const xmlNode *n = xml_child(test_case, "resultNode"); n; n = xml_next(n, "resultNode")) {
        const xmlNode *expected = xml_child(n, "expected");
        if (expected && !tck_is_null(expected))
            return true;
    }
    return false;
}

/* The kit has comments with `--` in them, which XML forbids: comments become spaces before the XML is read. */
static void blank_comments(char *text, size_t length)
{
    bool inside = false;

    for (size_t i = 0; i < length; i++) {
        struct slice rest = slice_of(text + i, length - i);
        if (!inside && slice_starts_with(rest, SLICE("<!--"))) {
            inside = true;
        } else if (inside && slice_starts_with(rest, SLICE("-->"))) {
            memset(text + i, ' ', 3);
            inside = false;
        }
        if (inside && text[i] != '\n')
            text[i] = ' ';
    }
}

static enum error read_cases(struct arena *arena, const char *path, xmlDoc **ret_document, struct fault *fault)
{
    struct slice bytes;

    TRY(file_read(arena, path, XML_BYTES_MAX, &bytes, fault));
    char *text = arena_alloc(arena, bytes.length + 1);
    if (!text)
        return ERROR_MEMORY;
    memcpy(text, bytes.data, bytes.length);
    blank_comments(text, bytes.length);
    return xml_parse(slice_of(text, bytes.length), ret_document, fault);
}

/* A model that cannot be read leaves run->model NULL, with the reason in `fault`: then its cases fail. */
static enum error load_model(struct run *run, const char *path, const xmlNode *root, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(REPORT_BYTES_MAX);
    struct report report = {.into = &lines};
    struct slice name, folder = slice_from_string(path);

    while (folder.length > 0 && folder.data[folder.length - 1] != '/')
        folder.length--;
    TRY(xml_child_content(run->arena, root, "modelName", &name));
    struct slice model = arena_format(run->arena, "%.*s%.*s", SLICE_PRINT(folder), SLICE_PRINT(name));
    if (!model.data)
        return ERROR_MEMORY;
    enum error error = drg_load(run->arena, model.data, &report, &run->model, fault);
    return error == ERROR_MEMORY ? error : OK;
}

static enum error run_cases(struct run *run, const xmlNode *root, const struct fault *unread, struct tck_case *into)
{
    for (const xmlNode *n = xml_child(root, "testCase"); n; n = xml_next(n, "testCase")) {
        run->result = into++;
        run->test_case = n;
        TRY(xml_attribute(run->arena, n, "id", &run->result->id));
        run->result->passed = true;
        run->result->expects_value = expects_value(n);
        if (!run->model)
            fail(run, "the model cannot be read: %s", unread->detail);
        else if (!xml_child(n, "resultNode"))
            fail(run, "the case expects nothing");
        else
            run_or_fail(run);
    }
    return OK;
}

enum error tck_run(struct arena *arena, const char *path, int64_t now_ms, struct tck_file *ret_file,
                   struct fault *fault)
{
    CLEANUP_ARENA struct arena *scratch = arena_new(RUN_BYTES_MAX);
    CLEANUP_XML xmlDoc *document = NULL;
    struct run run = {.arena = arena, .scratch = scratch, .now_ms = now_ms};
    struct fault unread = {0};

    if (!scratch)
        return ERROR_MEMORY;
    TRY(read_cases(arena, path, &document, fault));
    const xmlNode *root = xmlDocGetRootElement(document);
    size_t count = xml_count(root, "testCase");
    struct tck_case *cases = arena_array(arena, count, sizeof *cases);
    if (!cases)
        return ERROR_MEMORY;
    TRY(load_model(&run, path, root, &unread));
    TRY(run_cases(&run, root, &unread, cases));
    *ret_file = (struct tck_file){count, cases};
    return OK;
}
