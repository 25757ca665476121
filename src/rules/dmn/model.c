/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "rules/rule_set.h"
#include "xml.h"

/* The namespaces of DMN 1.2, 1.3, 1.4 and 1.5; tables look the same in all of them. */
static const char *const namespaces[] = {
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
};

struct dmn_item {
    struct slice name;
    enum dmn_type type;
    struct cell_tests allowed;
};

struct reading {
    struct arena *arena;
    struct report *report;
    const xmlNode *root;
    struct dmn_item *item;
    size_t item_count;
    struct dmn_decision *decision; /* being read */
};

static struct report_place place_of(const struct reading *reading, const xmlNode *node)
{
    return (struct report_place){.line = xml_line(node),
                                 .decision = reading->decision ? reading->decision->name : slice_of("", 0)};
}

static void broken(struct reading *reading, const struct report_place *place, const char *why)
{
    if (reading->decision)
        reading->decision->broken = true;
    report_add(reading->report, place, "%s", why);
}

/* `feel:string`, `tns:tAge` and the like: the prefix says nothing here. */
static struct slice without_prefix(struct slice name)
{
    size_t colon = slice_find(name, ':');

    return colon < name.length ? slice_from(name, colon + 1) : name;
}

static enum dmn_type built_in_type(struct slice name)
{
    static const struct {
        const char *name;
        enum dmn_type type;
    } types[] = {{"", DMN_UNTYPED},      {"Any", DMN_UNTYPED},     {"string", DMN_STRING},
                 {"number", DMN_NUMBER}, {"boolean", DMN_BOOLEAN}, {"date", DMN_DATE}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (slice_is(name, types[i].name))
            return types[i].type;
    return DMN_OTHER;
}

static const struct dmn_item *find_item(const struct reading *reading, struct slice name)
{
    for (size_t i = 0; i < reading->item_count; i++)
        if (slice_equal(reading->item[i].name, name))
            return &reading->item[i];
    return NULL;
}

/* Parses the list inside <allowedValues> or <inputValues>, when there is one. */
static enum error read_allowed(struct reading *reading, const xmlNode *holder, const char *name, struct cell_tests *ret)
{
    const xmlNode *list = xml_child(holder, name);
    struct slice text;
    struct fault fault = {0};

    if (!list)
        return OK;
    TRY(xml_child_content(reading->arena, list, "text", &text));
    enum error error = cell_parse_tests(reading->arena, text, ret, &fault);
    if (error != ERROR_SYNTAX)
        return error;
    struct report_place place = place_of(reading, list);
    broken(reading, &place, fault.detail);
    return OK;
}

static enum error read_items(struct reading *reading)
{
    reading->item = arena_array(reading->arena, xml_count(reading->root, "itemDefinition"), sizeof *reading->item);
    if (!reading->item)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(reading->root, "itemDefinition"); n; n = xml_next(n, "itemDefinition")) {
        struct dmn_item *item = &reading->item[reading->item_count++];
        struct slice type;
        TRY(xml_attribute(reading->arena, n, "name", &item->name));
        TRY(xml_child_content(reading->arena, n, "typeRef", &type));
        item->type = xml_child(n, "itemComponent") ? DMN_OTHER : built_in_type(without_prefix(type));
        size_t reported = reading->report->count;
        TRY(read_allowed(reading, n, "allowedValues", &item->allowed));
        /* A type whose list cannot be read must not become a type without a list. */
        if (reading->report->count != reported)
            item->type = DMN_OTHER;
    }
    return OK;
}

/* The type and allowed values behind a typeRef. */
static void resolve_type(const struct reading *reading, struct slice type_name, struct dmn_clause *clause)
{
    const struct dmn_item *item = find_item(reading, without_prefix(type_name));

    clause->type_name = type_name;
    clause->type = item ? item->type : built_in_type(without_prefix(type_name));
    if (item)
        clause->allowed = item->allowed;
}

/* Where an input expression has no type, the input data or decision of that name has one. */
static enum error type_of_name(struct reading *reading, struct slice name, struct slice *ret_type)
{
    static const char *const holders[] = {"inputData", "decision"};

    *ret_type = slice_of("", 0);
    for (size_t i = 0; i < 2; i++) {
        for (const xmlNode *n = xml_child(reading->root, holders[i]); n; n = xml_next(n, holders[i])) {
            const xmlNode *variable = xml_child(n, "variable");
            struct slice its_name;
            TRY(xml_attribute(reading->arena, n, "name", &its_name));
            if (variable && slice_equal(its_name, name))
                return xml_attribute(reading->arena, variable, "typeRef", ret_type);
        }
    }
    return OK;
}

static enum error read_input(struct reading *reading, const xmlNode *node, struct dmn_clause *clause)
{
    const xmlNode *expression = xml_child(node, "inputExpression");
    struct slice type = slice_of("", 0);

    clause->line = xml_line(node);
    if (!expression) {
        struct report_place place = place_of(reading, node);
        broken(reading, &place, "an input has no expression");
        return OK;
    }
    TRY(xml_child_content(reading->arena, expression, "text", &clause->name));
    TRY(xml_attribute(reading->arena, expression, "typeRef", &type));
    if (type.length == 0)
        TRY(type_of_name(reading, clause->name, &type));
    resolve_type(reading, type, clause);
    /* The column's own list is narrower than its type's (DMN 1.5, 8.3.2). */
    return read_allowed(reading, node, "inputValues", &clause->allowed);
}

static enum error read_output(struct reading *reading, const xmlNode *node, struct dmn_clause *clause)
{
    struct slice type;

    clause->line = xml_line(node);
    TRY(xml_attribute(reading->arena, node, "name", &clause->name));
    TRY(xml_attribute(reading->arena, node, "typeRef", &type));
    if (clause->name.length == 0)
        clause->name = reading->decision->name;
    if (type.length == 0 && reading->decision->output_count == 1)
        TRY(type_of_name(reading, reading->decision->name, &type));
    resolve_type(reading, type, clause);
    if (xml_child(node, "defaultOutputEntry")) {
        struct report_place place = place_of(reading, node);
        broken(reading, &place, "a default output is not supported: write a last row");
    }
    return read_allowed(reading, node, "outputValues", &clause->allowed);
}

static enum error read_clauses(struct reading *reading, const xmlNode *table)
{
    struct dmn_decision *decision = reading->decision;
    struct dmn_clause *input = arena_array(reading->arena, decision->input_count, sizeof *input);
    struct dmn_clause *output = arena_array(reading->arena, decision->output_count, sizeof *output);

    if (!input || !output)
        return ERROR_MEMORY;
    decision->input = input;
    decision->output = output;
    for (const xmlNode *n = xml_child(table, "input"); n; n = xml_next(n, "input"))
        TRY(read_input(reading, n, input++));
    for (const xmlNode *n = xml_child(table, "output"); n; n = xml_next(n, "output"))
        TRY(read_output(reading, n, output++));
    return OK;
}

static struct report_place cell_place(const struct reading *reading, const xmlNode *cell, const struct dmn_rule *rule,
                                      struct slice clause)
{
    struct report_place place = place_of(reading, cell);

    place.row = (uint32_t)(rule - reading->decision->rule) + 1;
    place.row_id = rule->id;
    place.clause = clause;
    return place;
}

static enum error read_test_cell(struct reading *reading, const xmlNode *cell, const struct dmn_rule *rule,
                                 struct slice clause, struct cell_tests *ret)
{
    struct slice text;
    struct fault fault = {0};

    TRY(xml_child_content(reading->arena, cell, "text", &text));
    enum error error = cell_parse_tests(reading->arena, text, ret, &fault);
    if (error != ERROR_SYNTAX)
        return error;
    struct report_place place = cell_place(reading, cell, rule, clause);
    broken(reading, &place, fault.detail);
    return OK;
}

static enum error read_value_cell(struct reading *reading, const xmlNode *cell, const struct dmn_rule *rule,
                                  struct slice clause, struct cell_value *ret)
{
    struct slice text;
    struct fault fault = {0};

    TRY(xml_child_content(reading->arena, cell, "text", &text));
    enum error error = cell_parse_value(reading->arena, text, ret, &fault);
    if (error != ERROR_SYNTAX)
        return error;
    struct report_place place = cell_place(reading, cell, rule, clause);
    broken(reading, &place, fault.detail);
    return OK;
}

static enum error read_rule_cells(struct reading *reading, const xmlNode *node, struct dmn_rule *rule)
{
    const struct dmn_decision *decision = reading->decision;
    struct cell_tests *test = arena_array(reading->arena, decision->input_count, sizeof *test);
    struct cell_value *value = arena_array(reading->arena, decision->output_count, sizeof *value);
    const struct dmn_clause *clause = decision->input;

    if (!test || !value)
        return ERROR_MEMORY;
    rule->test = test;
    rule->value = value;
    for (const xmlNode *n = xml_child(node, "inputEntry"); n; n = xml_next(n, "inputEntry"))
        TRY(read_test_cell(reading, n, rule, (clause++)->name, test++));
    clause = decision->output;
    for (const xmlNode *n = xml_child(node, "outputEntry"); n; n = xml_next(n, "outputEntry"))
        TRY(read_value_cell(reading, n, rule, (clause++)->name, value++));
    return OK;
}

static enum error read_rules(struct reading *reading, const xmlNode *table)
{
    struct dmn_decision *decision = reading->decision;
    struct dmn_rule *rule = arena_array(reading->arena, decision->rule_count, sizeof *rule);

    if (!rule)
        return ERROR_MEMORY;
    decision->rule = rule;
    for (const xmlNode *n = xml_child(table, "rule"); n; n = xml_next(n, "rule"), rule++) {
        rule->line = xml_line(n);
        TRY(xml_attribute(reading->arena, n, "id", &rule->id));
        if (xml_count(n, "inputEntry") == decision->input_count &&
            xml_count(n, "outputEntry") == decision->output_count) {
            TRY(read_rule_cells(reading, n, rule));
            continue;
        }
        struct report_place place = cell_place(reading, n, rule, slice_of("", 0));
        broken(reading, &place, "the row has not one cell a column");
    }
    return OK;
}

static bool has_fair_size(struct reading *reading, const xmlNode *table)
{
    struct dmn_decision *decision = reading->decision;
    size_t inputs = xml_count(table, "input"), outputs = xml_count(table, "output"), rules = xml_count(table, "rule");

    if (inputs >= 1 && inputs <= RULE_INPUTS_MAX && outputs >= 1 && outputs <= RULE_OUTPUTS_MAX && rules >= 1 &&
        rules <= RULE_ROWS_MAX) {
        decision->input_count = (uint32_t)inputs;
        decision->output_count = (uint32_t)outputs;
        decision->rule_count = (uint32_t)rules;
        return true;
    }
    struct report_place place = place_of(reading, table);
    broken(reading, &place, "a table has 1 to 32 inputs, 1 to 8 outputs and 1 to 32768 rows");
    return false;
}

static enum error read_table(struct reading *reading, const xmlNode *table)
{
    struct dmn_decision *decision = reading->decision;
    struct slice aggregation;

    TRY(xml_attribute(reading->arena, table, "hitPolicy", &decision->hit_policy));
    TRY(xml_attribute(reading->arena, table, "aggregation", &aggregation));
    if (decision->hit_policy.length == 0)
        decision->hit_policy = SLICE("UNIQUE");
    if (aggregation.length) {
        struct report_place place = place_of(reading, table);
        broken(reading, &place, "aggregation is not supported: collect a list");
    }
    if (!has_fair_size(reading, table))
        return OK;
    decision->has_table = true;
    TRY(read_clauses(reading, table));
    return read_rules(reading, table);
}

static enum error read_decision(struct reading *reading, const xmlNode *node)
{
    const xmlNode *table = xml_child(node, "decisionTable");

    reading->decision->line = xml_line(node);
    TRY(xml_attribute(reading->arena, node, "id", &reading->decision->id));
    TRY(xml_attribute(reading->arena, node, "name", &reading->decision->name));
    if (table)
        return read_table(reading, table);
    struct report_place place = place_of(reading, node);
    broken(reading, &place, "only decision tables are supported");
    return OK;
}

static bool is_dmn(const xmlNode *root)
{
    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++)
        if (xml_is(root, "definitions") && root->ns && strcmp((const char *)root->ns->href, namespaces[i]) == 0)
            return true;
    return false;
}

static enum error read_model(struct reading *reading, struct dmn_model *model, struct fault *fault)
{
    size_t count = xml_count(reading->root, "decision");

    if (count == 0 || count > RULE_DECISIONS_MAX)
        return fault_set(fault, ERROR_SYNTAX, "A model has 1 to %d decisions, this one has %zu.", RULE_DECISIONS_MAX,
                         count);
    struct dmn_decision *decision = arena_array(reading->arena, count, sizeof *decision);
    if (!decision)
        return ERROR_MEMORY;
    TRY(read_items(reading));
    model->decision = decision;
    for (const xmlNode *n = xml_child(reading->root, "decision"); n; n = xml_next(n, "decision")) {
        reading->decision = &decision[model->decision_count++];
        TRY(read_decision(reading, n));
    }
    return OK;
}

enum error dmn_read(struct arena *arena, struct slice bytes, struct report *report, const struct dmn_model **ret_model,
                    struct fault *fault)
{
    CLEANUP_XML xmlDoc *document = NULL;
    struct dmn_model *model = arena_alloc(arena, sizeof *model);

    if (!model)
        return ERROR_MEMORY;
    TRY(xml_parse(bytes, &document, fault));
    struct reading reading = {.arena = arena, .report = report, .root = xmlDocGetRootElement(document)};
    if (!is_dmn(reading.root))
        return fault_set(fault, ERROR_SYNTAX, "This is no DMN 1.2 to 1.5 model.");
    TRY(read_model(&reading, model, fault));
    *ret_model = model;
    return OK;
}

const struct dmn_decision *dmn_decision(const struct dmn_model *model, struct slice name)
{
    for (uint32_t i = 0; i < model->decision_count; i++)
        if (slice_equal(model->decision[i].name, name))
            return &model->decision[i];
    return NULL;
}

static bool names_output(struct slice name, const struct dmn_decision *decision, const struct dmn_clause *output)
{
    size_t length = decision->name.length;

    return name.length == length + 1 + output->name.length && slice_starts_with(name, decision->name) &&
           name.data[length] == '.' && slice_equal(slice_from(name, length + 1), output->name);
}

bool dmn_feeder(const struct dmn_model *model, struct slice name, struct dmn_feed *ret_feed)
{
    for (uint32_t d = 0; d < model->decision_count; d++) {
        const struct dmn_decision *decision = &model->decision[d];
        for (uint32_t o = 0; o < decision->output_count; o++) {
            if ((decision->output_count == 1 && slice_equal(decision->name, name)) ||
                names_output(name, decision, &decision->output[o])) {
                *ret_feed = (struct dmn_feed){d, o};
                return true;
            }
        }
        if (slice_equal(decision->name, name) && decision->output_count != 1) {
            *ret_feed = (struct dmn_feed){d, DMN_NO_OUTPUT};
            return true;
        }
    }
    return false;
}
