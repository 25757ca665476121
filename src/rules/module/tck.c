/* SPDX-License-Identifier: Apache-2.0 */
#include "tck.h"

#include <string.h>

#include "base/file.h"
#include "rules/dmn/answer.h"
#include "rules/dmn/compile.h"
#include "rules/dmn/cell.h"
#include "rules/dmn/xml.h"
#include "text/json.h"

#define TEXT_BYTES_MAX (1 << 20)

static const char NAMESPACE_INSTANCE[] = "http://www.w3.org/2001/XMLSchema-instance";
static const char UNSUPPORTED_VALUE[] = "a value that is not supported";

struct run {
    struct arena *arena;
    const struct rule_set *set; /* NULL: the model could not be compiled */
};

/* Which kind of value `xsi:type` names, without its prefix; text where it names none. */
static enum cell_kind value_kind(const xmlNode *value)
{
    xmlChar *type = xmlGetNsProp(value, (const xmlChar *)"type", (const xmlChar *)NAMESPACE_INSTANCE);
    struct slice name = slice_from_string((const char *)type);
    enum cell_kind kind = CELL_STRING;

    slice_cut(&name, ':');
    if (slice_is(name, "decimal") || slice_is(name, "double") || slice_is(name, "integer"))
        kind = CELL_NUMBER;
    else if (slice_is(name, "boolean"))
        kind = CELL_BOOLEAN;
    else if (name.length > 0 && !slice_is(name, "string"))
        kind = CELL_NULL; /* dates and the like */
    xmlFree(type);
    return kind;
}

static bool is_nil(const xmlNode *value)
{
    xmlChar *nil = xmlGetNsProp(value, (const xmlChar *)"nil", (const xmlChar *)NAMESPACE_INSTANCE);
    bool yes = nil && strcmp((const char *)nil, "true") == 0;

    xmlFree(nil);
    return yes;
}

/* Numbers are written as our results write them, so that equal numbers are equal texts. */
static bool write_simple(struct run *run, struct json_writer *json, const xmlNode *value)
{
    struct slice text;
    struct cell_value number;
    enum cell_kind kind = value_kind(value);

    if (is_nil(value)) {
        json_null(json);
        return true;
    }
    if (kind == CELL_NULL || xml_content(run->arena, value, &text) != OK)
        return false;
    if (kind == CELL_STRING)
        json_string(json, text);
    else if (kind == CELL_BOOLEAN)
        json_bool(json, slice_is(text, "true"));
    else if (cell_parse_value(run->arena, text, &number, NULL) == OK && number.kind == CELL_NUMBER)
        json_raw(json, number.text);
    else
        return false;
    return true;
}

/* A structure of simple values; deeper ones are not supported by tables. */
static bool write_components(struct run *run, struct json_writer *json, const xmlNode *holder)
{
    json_begin_object(json);
    for (const xmlNode *n = xml_child(holder, "component"); n; n = xml_next(n, "component")) {
        const xmlNode *value = xml_child(n, "value");
        struct slice name;
        if (!value || xml_attribute(run->arena, n, "name", &name) != OK)
            return false;
        json_key_slice(json, name);
        if (!write_simple(run, json, value))
            return false;
    }
    json_end_object(json);
    return true;
}

static bool write_item(struct run *run, struct json_writer *json, const xmlNode *holder)
{
    const xmlNode *value = xml_child(holder, "value");

    if (value)
        return write_simple(run, json, value);
    return xml_child(holder, "component") && write_components(run, json, holder);
}

static bool write_value(struct run *run, struct json_writer *json, const xmlNode *holder)
{
    const xmlNode *list = xml_child(holder, "list");

    if (!list)
        return write_item(run, json, holder);
    json_begin_array(json);
    for (const xmlNode *n = xml_child(list, "item"); n; n = xml_next(n, "item"))
        if (!write_item(run, json, n))
            return false;
    json_end_array(json);
    return true;
}

/* The inputs that the model's tables ask for, as one JSON object. */
static bool write_inputs(struct run *run, const xmlNode *test_case, struct buffer *into)
{
    struct json_writer json = json_writer(into);
    struct slice name;

    json_begin_object(&json);
    for (const xmlNode *n = xml_child(test_case, "inputNode"); n; n = xml_next(n, "inputNode")) {
        if (xml_attribute(run->arena, n, "name", &name) != OK)
            return false;
        if (rule_set_fact(run->set, name) < 0)
            continue;
        json_key_slice(&json, name);
        if (!write_item(run, &json, n))
            return false;
    }
    json_end_object(&json);
    return buffer_check(into) == OK;
}

static bool same_json(struct run *run, const struct buffer *a, const struct buffer *b)
{
    const struct json *left, *right;

    return json_parse(run->arena, buffer_view(a), &left, NULL) == OK &&
           json_parse(run->arena, buffer_view(b), &right, NULL) == OK && json_equal(left, right);
}

/* Without <expected> the result is to be null. */
static bool write_expected(struct run *run, const xmlNode *result, struct buffer *into)
{
    const xmlNode *expected = xml_child(result, "expected");
    struct json_writer json = json_writer(into);

    if (expected)
        return write_value(run, &json, expected);
    json_null(&json);
    return true;
}

static const char *check_result(struct run *run, const xmlNode *result, struct slice inputs)
{
    CLEANUP_BUFFER struct buffer expected = buffer_new(TEXT_BYTES_MAX), given = buffer_new(TEXT_BYTES_MAX);
    const struct rule_decision *decision;
    enum error verdict;
    struct slice name;

    if (xml_attribute(run->arena, result, "name", &name) != OK || name.length == 0)
        return "the case names no decision";
    decision = rule_set_decision(run->set, name);
    if (!decision)
        return "the decision is not supported";
    if (!write_expected(run, result, &expected))
        return UNSUPPORTED_VALUE;
    if (answer_json(run->arena, decision, inputs, false, &given, &verdict, NULL) != OK)
        return "the inputs were refused";
    return same_json(run, &expected, &given) ? NULL : "another result";
}

static const char *run_case(struct run *run, const xmlNode *test_case)
{
    CLEANUP_BUFFER struct buffer inputs = buffer_new(TEXT_BYTES_MAX);

    if (!run->set)
        return "the model is not supported";
    if (!xml_child(test_case, "resultNode"))
        return "the case expects nothing";
    if (!write_inputs(run, test_case, &inputs))
        return UNSUPPORTED_VALUE;
    for (const xmlNode *n = xml_child(test_case, "resultNode"); n; n = xml_next(n, "resultNode")) {
        const char *reason = check_result(run, n, buffer_view(&inputs));
        if (reason)
            return reason;
    }
    return NULL;
}

static enum error read_file(struct arena *arena, const char *path, struct slice *ret, struct fault *fault)
{
    return file_read(arena, path, XML_BYTES_MAX, ret, fault);
}

/* A model that cannot be compiled leaves run->set NULL: then its cases fail. */
static enum error load_model(struct run *run, const char *path, const xmlNode *root, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX), lines = buffer_new(TEXT_BYTES_MAX);
    struct report report = {.into = &lines};
    struct slice name, dmn, folder = slice_from_string(path);

    while (folder.length > 0 && folder.data[folder.length - 1] != '/')
        folder.length--;
    TRY(xml_child_content(run->arena, root, "modelName", &name));
    struct slice model = arena_format(run->arena, "%.*s%.*s", SLICE_PRINT(folder), SLICE_PRINT(name));
    if (!model.data)
        return ERROR_MEMORY;
    TRY(read_file(run->arena, model.data, &dmn, fault));
    if (compile_model(run->arena, dmn, &report, &compiled, NULL) != OK)
        return OK;
    return rule_set_load(run->arena, buffer_view(&compiled), &run->set, fault);
}

enum error tck_run(struct arena *arena, const char *path, struct tck_file *ret_file, struct fault *fault)
{
    CLEANUP_XML xmlDoc *document = NULL;
    struct run run = {.arena = arena};
    struct slice bytes;

    TRY(read_file(arena, path, &bytes, fault));
    TRY(xml_parse(bytes, &document, fault));
    const xmlNode *root = xmlDocGetRootElement(document);
    size_t count = 0;
    struct tck_case *cases = arena_array(arena, xml_count(root, "testCase"), sizeof *cases);
    if (!cases)
        return ERROR_MEMORY;
    TRY(load_model(&run, path, root, fault));
    for (const xmlNode *n = xml_child(root, "testCase"); n; n = xml_next(n, "testCase")) {
        struct tck_case *one = &cases[count++];
        TRY(xml_attribute(arena, n, "id", &one->id));
        one->reason = run_case(&run, n);
        one->passed = !one->reason;
    }
    *ret_file = (struct tck_file){count, cases};
    return OK;
}
