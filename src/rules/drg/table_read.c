/* SPDX-License-Identifier: Apache-2.0 */

/* Decision tables (DMN 1.5, clause 8.3). With one cell that cannot be read the whole table is unreadable: a rule that
 * is left out could let another one win. */

#include "reader.h"

static const struct {
    const char *name, *aggregation;
    enum drg_hit_policy policy;
} policies[] = {
    {"", "", DRG_UNIQUE},
    {"UNIQUE", "", DRG_UNIQUE},
    {"ANY", "", DRG_ANY},
    {"PRIORITY", "", DRG_PRIORITY},
    {"FIRST", "", DRG_FIRST},
    {"RULE ORDER", "", DRG_RULE_ORDER},
    {"OUTPUT ORDER", "", DRG_OUTPUT_ORDER},
    {"COLLECT", "", DRG_COLLECT},
    {"COLLECT", "SUM", DRG_COLLECT_SUM},
    {"COLLECT", "MIN", DRG_COLLECT_MIN},
    {"COLLECT", "MAX", DRG_COLLECT_MAX},
    {"COLLECT", "COUNT", DRG_COLLECT_COUNT},
};

/* An aggregation counts for COLLECT alone. */
static enum error read_hit_policy(struct drg_reader *reader, const xmlNode *at, enum drg_hit_policy *ret)
{
    struct slice name, aggregation;

    TRY(xml_attribute(reader->arena, at, "hitPolicy", &name));
    TRY(xml_attribute(reader->arena, at, "aggregation", &aggregation));
    if (!slice_is(name, "COLLECT"))
        aggregation = slice_of("", 0);
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (slice_is(name, policies[i].name) && slice_is(aggregation, policies[i].aggregation)) {
            *ret = policies[i].policy;
            return OK;
        }
    drg_report(reader, at, "There is no hit policy `%.*s %.*s`.", SLICE_PRINT(name), SLICE_PRINT(aggregation));
    return OK;
}

/* ---- columns ---- */

/* The values that a type allows, where a clause of that type gives none of its own (DMN 1.5, 8.3.2 and 8.3.3). */
static const struct feel_node *allowed_by(const struct feel_type *type)
{
    while (type && type->kind == FEEL_TYPE_ALIAS && !type->allowed)
        type = type->element;
    return type && type->kind == FEEL_TYPE_ALIAS ? type->allowed : NULL;
}

static enum error read_input(struct drg_reader *reader, const xmlNode *at, struct drg_input *into)
{
    const xmlNode *expression = xml_child(at, "inputExpression");

    if (!expression) {
        drg_report(reader, at, "The input has no expression.");
        return OK;
    }
    TRY(xml_child_content(reader->arena, expression, "text", &reader->clause));
    TRY(drg_read_literal(reader, expression, &into->expression));
    return drg_read_tests(reader, xml_child(at, "inputValues"), &into->allowed);
}

/* Each value of the list by itself, so that a result's place in it can be found. */
static enum error split_priorities(struct drg_reader *reader, const struct feel_node *tests, struct drg_output *into)
{
    struct feel_node *one = arena_array(reader->arena, tests->child_count, sizeof *one);

    if (!one)
        return ERROR_MEMORY;
    for (size_t i = 0; i < tests->child_count; i++)
        one[i] = (struct feel_node){.kind = FEEL_TESTS, .child_count = 1, .child = &tests->child[i]};
    into->priority = one;
    into->priority_count = tests->child_count;
    return OK;
}

static enum error read_output(struct drg_reader *reader, const xmlNode *at, struct drg_output *into)
{
    const xmlNode *fallback = xml_child(at, "defaultOutputEntry");
    const struct feel_node *values;

    TRY(xml_attribute(reader->arena, at, "name", &reader->clause));
    TRY(drg_name(reader, at, &into->name));
    TRY(drg_type_of(reader, at, &into->type));
    TRY(drg_read_tests(reader, xml_child(at, "outputValues"), &values));
    if (!values)
        values = allowed_by(into->type);
    if (values)
        TRY(split_priorities(reader, values, into));
    return fallback ? drg_read_literal(reader, fallback, &into->fallback) : OK;
}

static enum error read_columns(struct drg_reader *reader, const xmlNode *at, struct drg_table *table)
{
    struct drg_input *input = arena_array(reader->arena, xml_count(at, "input"), sizeof *input);
    struct drg_output *output = arena_array(reader->arena, xml_count(at, "output"), sizeof *output);

    if (!input || !output)
        return ERROR_MEMORY;
    table->input = input;
    table->output = output;
    for (const xmlNode *n = xml_child(at, "input"); n; n = xml_next(n, "input"))
        TRY(read_input(reader, n, &input[table->input_count++]));
    for (const xmlNode *n = xml_child(at, "output"); n; n = xml_next(n, "output"))
        TRY(read_output(reader, n, &output[table->output_count++]));
    reader->clause = slice_of("", 0);
    if (table->output_count == 0)
        drg_report(reader, at, "The table has no output.");
    for (size_t i = 0; i < table->output_count && table->output_count > 1; i++)
        if (!output[i].name)
            drg_report(reader, at, "Output %zu of the table has no name.", i + 1);
    return OK;
}

/* ---- rules ---- */

static const struct feel_node anything = {.kind = FEEL_TESTS}; /* `-` */

static enum error read_cells(struct drg_reader *reader, const xmlNode *at, const struct drg_table *table,
                             const struct feel_node **test, const struct drg_expression **output)
{
    size_t i = 0, o = 0;

    for (const xmlNode *n = xml_child(at, "inputEntry"); n && i < table->input_count; n = xml_next(n, "inputEntry")) {
        TRY(drg_read_tests(reader, n, &test[i]));
        test[i] = test[i] ? test[i] : &anything;
        i++;
    }
    for (const xmlNode *n = xml_child(at, "outputEntry"); n && o < table->output_count; n = xml_next(n, "outputEntry"))
        TRY(drg_read_literal(reader, n, &output[o++]));
    return OK;
}

static enum error read_rule(struct drg_reader *reader, const xmlNode *at, const struct drg_table *table,
                            struct drg_rule *into)
{
    const struct feel_node **test = arena_array(reader->arena, table->input_count, sizeof(struct feel_node *));
    const struct drg_expression **output = arena_array(reader->arena, table->output_count,
                                                       sizeof(struct drg_expression *));
    size_t inputs = xml_count(at, "inputEntry"), outputs = xml_count(at, "outputEntry");

    if (!test || !output)
        return ERROR_MEMORY;
    into->line = xml_line(at);
    into->test = test;
    into->output = output;
    if (inputs == table->input_count && outputs == table->output_count)
        return read_cells(reader, at, table, test, output);
    drg_report(reader, at, "The rule has %zu input and %zu output cells for %zu inputs and %zu outputs.", inputs,
               outputs, table->input_count, table->output_count);
    return OK;
}

static enum error read_rules(struct drg_reader *reader, const xmlNode *at, struct drg_table *table)
{
    struct drg_rule *rule = arena_array(reader->arena, xml_count(at, "rule"), sizeof *rule);

    if (!rule)
        return ERROR_MEMORY;
    table->rule = rule;
    for (const xmlNode *n = xml_child(at, "rule"); n; n = xml_next(n, "rule")) {
        reader->row = (uint32_t)table->rule_count + 1;
        TRY(read_rule(reader, n, table, &rule[table->rule_count++]));
    }
    reader->row = 0;
    return OK;
}

enum error drg_read_table(struct drg_reader *reader, const xmlNode *at, const struct drg_table **ret)
{
    struct drg_table *table = arena_alloc(reader->arena, sizeof *table);
    size_t reported = reader->report->count;

    if (!table)
        return ERROR_MEMORY;
    TRY(read_hit_policy(reader, at, &table->hit_policy));
    TRY(read_columns(reader, at, table));
    TRY(read_rules(reader, at, table));
    *ret = reader->report->count == reported ? table : NULL;
    return OK;
}
