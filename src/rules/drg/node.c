/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

/* The nodes of the graph: input data, decisions, knowledge models, services; what each requires; then their logic. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "evaluate.h"
#include "reader.h"

static const struct {
    const char *element;
    enum drg_kind kind;
} kinds[] = {
    {"inputData", DRG_INPUT},
    {"decision", DRG_DECISION},
    {"businessKnowledgeModel", DRG_KNOWLEDGE},
    {"decisionService", DRG_SERVICE},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

void drg_report(struct drg_reader *reader, const xmlNode *at, const char *format, ...)
{
    struct report_place place = {.line = xml_line(at), .row = reader->row, .clause = reader->clause};
    char sentence[FAULT_DETAIL_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (reader->reading) {
        reader->reading->broken = true;
        place.decision = reader->reading->name;
    }
    report_add(reader->report, &place, "%s", sentence);
}

/* ---- nodes ---- */

static enum error read_node(struct drg_reader *reader, const xmlNode *xml, enum drg_kind kind)
{
    const xmlNode *variable = xml_child(xml, "variable");
    struct drg_node *node = &reader->node[reader->node_count];

    node->kind = kind;
    node->number = (uint32_t)reader->node_count;
    node->unit = (uint32_t)(reader->here - reader->source);
    node->line = xml_line(xml);
    reader->xml[reader->node_count++] = xml;
    reader->reading = node;
    TRY(xml_attribute(reader->arena, xml, "id", &node->id));
    TRY(xml_attribute(reader->arena, xml, "name", &node->name));
    if (variable) {
        TRY(drg_name(reader, variable, &node->variable));
        TRY(drg_type_of(reader, variable, &node->type));
    }
    if (!node->variable)
        TRY(drg_name(reader, xml, &node->variable));
    if (!node->variable)
        drg_report(reader, xml, "The element has no name.");
    return OK;
}

static int compare_ids(const struct drg_node *a, const struct drg_node *b)
{
    return a->unit != b->unit ? (a->unit < b->unit ? -1 : 1) : slice_compare(a->id, b->id);
}

static int by_id(const void *a, const void *b, void *nodes)
{
    const struct drg_node *node = nodes;

    return compare_ids(&node[*(const uint32_t *)a], &node[*(const uint32_t *)b]);
}

static enum error sort_ids(struct drg_reader *reader)
{
    reader->by_id = arena_array(reader->arena, reader->node_count, sizeof *reader->by_id);
    if (!reader->by_id)
        return ERROR_MEMORY;
    for (uint32_t i = 0; i < reader->node_count; i++)
        reader->by_id[i] = i;
    qsort_r(reader->by_id, reader->node_count, sizeof *reader->by_id, by_id, reader->node);
    return OK;
}

static enum error read_nodes_here(struct drg_reader *reader)
{
    const xmlNode *root = xmlDocGetRootElement(reader->here->document);

    for (size_t k = 0; k < KINDS; k++)
        for (const xmlNode *n = xml_child(root, kinds[k].element); n; n = xml_next(n, kinds[k].element))
            TRY(read_node(reader, n, kinds[k].kind));
    reader->reading = NULL;
    return OK;
}

enum error drg_read_nodes(struct drg_reader *reader)
{
    size_t count = 0, inputs = 0;

    for (size_t i = 0; i < reader->source_count; i++) {
        const xmlNode *root = xmlDocGetRootElement(reader->source[i].document);
        for (size_t k = 0; k < KINDS; k++)
            count += xml_count(root, kinds[k].element);
        inputs += xml_count(root, kinds[DRG_INPUT].element);
    }
    if (inputs > DRG_INPUTS_MAX)
        return fault_set(reader->fault, ERROR_TOO_LARGE, "A model has at most %d input data.", DRG_INPUTS_MAX);
    reader->node = arena_array(reader->arena, count, sizeof *reader->node);
    reader->xml = arena_array(reader->arena, count, sizeof(xmlNode *));
    if (!reader->node || !reader->xml)
        return ERROR_MEMORY;
    for (size_t i = 0; i < reader->source_count; i++) {
        reader->here = &reader->source[i];
        TRY(read_nodes_here(reader));
    }
    return sort_ids(reader);
}

/* ---- requirements ---- */

static const struct drg_node *find_by_id(const struct drg_reader *reader, uint32_t unit, struct slice id)
{
    const struct drg_node key = {.unit = unit, .id = id};
    size_t low = 0, high = reader->node_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_ids(&reader->node[reader->by_id[middle]], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == reader->node_count || compare_ids(&reader->node[reader->by_id[low]], &key) != 0)
        return NULL;
    return &reader->node[reader->by_id[low]];
}

/* Which file a namespace means here: this one, or one that it imports. */
static bool find_unit(const struct drg_reader *reader, struct slice namespace, struct drg_need *need, uint32_t *ret)
{
    if (namespace.length == 0 || slice_equal(namespace, reader->here->namespace)) {
        *ret = (uint32_t)(reader->here - reader->source);
        return true;
    }
    for (size_t i = 0; i < reader->here->import_count; i++) {
        const struct drg_import *import = &reader->here->import[i];
        if (slice_equal(reader->source[import->unit].namespace, namespace)) {
            need->import = import->name;
            *ret = import->unit;
            return true;
        }
    }
    return false;
}

/* `#id` or `namespace#id`. What it does not find is reported and left out. */
static enum error read_reference(struct drg_reader *reader, const xmlNode *at, struct drg_need *into, bool *ret_found)
{
    struct slice href;
    uint32_t unit;

    *ret_found = false;
    *into = (struct drg_need){0};
    TRY(xml_attribute(reader->arena, at, "href", &href));
    size_t mark = slice_find(href, '#');
    struct slice namespace = mark < href.length ? slice_of(href.data, mark) : slice_of("", 0);
    struct slice id = mark < href.length ? slice_from(href, mark + 1) : href;
    if (find_unit(reader, namespace, into, &unit))
        into->node = find_by_id(reader, unit, id);
    *ret_found = into->node != NULL;
    if (!into->node)
        drg_report(reader, at, "There is no element `%.*s`.", SLICE_PRINT(href));
    return OK;
}

static int by_import(const void *a, const void *b)
{
    const struct drg_need *left = a, *right = b;

    if (left->import != right->import)
        return left->import < right->import ? -1 : 1;
    return left->node->number < right->node->number ? -1 : left->node->number > right->node->number;
}

/* Sorted, so that what is required twice stands side by side. */
static size_t drop_doubles(struct drg_need *need, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (kept == 0 || by_import(&need[kept - 1], &need[i]) != 0)
            need[kept++] = need[i];
    return kept;
}

static enum error read_requirements(struct drg_reader *reader, const xmlNode *xml, struct drg_node *node)
{
    static const char *const outer[] = {"informationRequirement", "informationRequirement", "knowledgeRequirement"};
    static const char *const inner[] = {"requiredDecision", "requiredInput", "requiredKnowledge"};
    struct drg_need *need;
    bool found;

    need = arena_array(reader->arena, xml_count(xml, outer[0]) * 2 + xml_count(xml, outer[2]), sizeof *need);
    if (!need)
        return ERROR_MEMORY;
    for (int k = 0; k < 3; k++)
        for (const xmlNode *n = xml_child(xml, outer[k]); n; n = xml_next(n, outer[k])) {
            const xmlNode *reference = xml_child(n, inner[k]);
            if (!reference)
                continue;
            TRY(read_reference(reader, reference, &need[node->need_count], &found));
            node->need_count += found;
        }
    qsort(need, node->need_count, sizeof *need, by_import);
    node->need_count = drop_doubles(need, node->need_count);
    node->need = need;
    return OK;
}

/* ---- decision services ---- */

static enum error read_outputs(struct drg_reader *reader, const xmlNode *xml, struct drg_node *node)
{
    struct drg_need *output = arena_array(reader->arena, xml_count(xml, "outputDecision"), sizeof *output);
    bool found;

    if (!output)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(xml, "outputDecision"); n; n = xml_next(n, "outputDecision")) {
        TRY(read_reference(reader, n, &output[node->output_count], &found));
        if (found && output[node->output_count].node->kind != DRG_DECISION)
            drg_report(reader, n, "The output of a decision service is not a decision.");
        else
            node->output_count += found;
    }
    node->output = output;
    return OK;
}

/* Parameters: the input data, then the input decisions (DMN 1.5, 10.4). */
static enum error read_arguments(struct drg_reader *reader, const xmlNode *xml, struct drg_node *node)
{
    static const char *const element[] = {"inputData", "inputDecision"};
    size_t count = xml_count(xml, element[0]) + xml_count(xml, element[1]), filled = 0;
    const struct drg_node **argument = arena_array(reader->arena, count, sizeof *argument);
    struct feel_parameter *parameter = arena_array(reader->arena, count, sizeof *parameter);
    struct drg_need need;
    bool found;

    if (!argument || !parameter)
        return ERROR_MEMORY;
    for (int k = 0; k < 2; k++)
        for (const xmlNode *n = xml_child(xml, element[k]); n; n = xml_next(n, element[k])) {
            TRY(read_reference(reader, n, &need, &found));
            if (!found)
                continue;
            argument[filled] = need.node;
            parameter[filled++] = (struct feel_parameter){need.node->variable, need.node->type};
        }
    node->argument = argument;
    node->function.parameter = parameter;
    node->function.parameter_count = filled;
    return OK;
}

enum error drg_read_needs(struct drg_reader *reader)
{
    for (size_t i = 0; i < reader->node_count; i++) {
        struct drg_node *node = &reader->node[i];
        reader->reading = node;
        reader->here = &reader->source[node->unit];
        TRY(read_requirements(reader, reader->xml[i], node));
        if (node->kind != DRG_SERVICE)
            continue;
        TRY(read_outputs(reader, reader->xml[i], node));
        TRY(read_arguments(reader, reader->xml[i], node));
    }
    reader->reading = NULL;
    return OK;
}

/* ---- logic ---- */

/* What a function's variable is typed with is the function's type, or (as many write it) that of its result. */
static void set_result_type(struct drg_node *node)
{
    const struct feel_type *type = node->type;

    while (type && type->kind == FEEL_TYPE_ALIAS && !type->allowed)
        type = type->element;
    if (type && type->kind == FEEL_TYPE_FUNCTION)
        node->type = type->element;
    node->function.result = node->type;
}

static enum error read_knowledge(struct drg_reader *reader, const xmlNode *xml, struct drg_node *node)
{
    const xmlNode *logic = xml_child(xml, "encapsulatedLogic");

    if (logic)
        TRY(drg_read_function(reader, logic, &node->function, &node->logic));
    set_result_type(node);
    return OK;
}

static enum error read_logic(struct drg_reader *reader, struct drg_node *node)
{
    const xmlNode *xml = reader->xml[node->number];

    reader->reading = node;
    reader->here = &reader->source[node->unit];
    drg_show_needs(reader, node, true);
    if (node->kind == DRG_KNOWLEDGE)
        TRY(read_knowledge(reader, xml, node));
    if (node->kind == DRG_SERVICE)
        set_result_type(node);
    if (node->kind == DRG_DECISION)
        TRY(drg_read_expression(reader, xml, &node->logic));
    if (node->kind == DRG_KNOWLEDGE || node->kind == DRG_SERVICE)
        drg_make_function(node);
    drg_show_needs(reader, node, false);
    reader->reading = NULL;
    return OK;
}

static int by_level(const void *a, const void *b, void *nodes)
{
    const struct drg_node *left = (struct drg_node *)nodes + *(const uint32_t *)a;
    const struct drg_node *right = (struct drg_node *)nodes + *(const uint32_t *)b;

    if (left->level != right->level)
        return left->level < right->level ? -1 : 1;
    if ((left->kind == DRG_KNOWLEDGE) != (right->kind == DRG_KNOWLEDGE))
        return left->kind == DRG_KNOWLEDGE ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* What is required comes first: keys that a text introduces are names in the texts that use its value. */
enum error drg_read_logic(struct drg_reader *reader)
{
    uint32_t *order = arena_array(reader->arena, reader->node_count, sizeof *order);

    if (!order)
        return ERROR_MEMORY;
    for (uint32_t i = 0; i < reader->node_count; i++)
        order[i] = i;
    qsort_r(order, reader->node_count, sizeof *order, by_level, reader->node);
    for (size_t i = 0; i < reader->node_count; i++)
        TRY(read_logic(reader, &reader->node[order[i]]));
    return OK;
}
