/* SPDX-License-Identifier: Apache-2.0 */

/* Boxed expressions (DMN 1.5, 10.2.1) into trees. XML is at most 256 deep, so this recursion is bounded. */

#include "reader.h"

/* ---- FEEL texts ---- */

/* A text that does not parse is a line in the report; only a lack of memory stops the reading. */
static enum error report_syntax(struct drg_reader *reader, const xmlNode *at, enum error error,
                                const struct fault *fault)
{
    if (error == OK || error == ERROR_MEMORY)
        return error;
    drg_report(reader, at, "%s", fault->detail[0] ? fault->detail : error_entry(error)->sentence);
    return OK;
}

static const xmlNode *text_of(const xmlNode *at)
{
    const xmlNode *text = xml_child(at, "text");

    return text ? text : at;
}

static enum error parse_text(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    struct fault fault = {0};
    struct slice text;

    TRY(xml_child_content(reader->arena, at, "text", &text));
    if (text.length == 0)
        return OK; /* nothing written: null, and no fault */
    enum error error = feel_parse(reader->arena, reader->names, &reader->types, text, &into->text, &fault);
    if (error == OK)
        into->kind = DRG_LITERAL;
    return report_syntax(reader, text_of(at), error, &fault);
}

static enum error new_expression(struct drg_reader *reader, const xmlNode *at, struct drg_expression **ret)
{
    *ret = arena_alloc(reader->arena, sizeof **ret);
    if (!*ret)
        return ERROR_MEMORY;
    (*ret)->line = xml_line(at);
    return drg_type_of(reader, at, &(*ret)->type);
}

enum error drg_read_literal(struct drg_reader *reader, const xmlNode *at, const struct drg_expression **ret)
{
    struct drg_expression *expression;

    TRY(new_expression(reader, at, &expression));
    *ret = expression;
    return parse_text(reader, at, expression);
}

enum error drg_read_tests(struct drg_reader *reader, const xmlNode *at, const struct feel_node **ret)
{
    struct fault fault = {0};
    struct slice text;

    *ret = NULL;
    if (!at)
        return OK;
    TRY(xml_child_content(reader->arena, at, "text", &text));
    if (text.length == 0)
        return OK;
    enum error error = feel_parse_tests(reader->arena, reader->names, &reader->types, text, ret, &fault);
    return report_syntax(reader, text_of(at), error, &fault);
}

/* ---- the kinds ---- */

typedef enum error read_kind(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into);

static enum error read_literal(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    return parse_text(reader, at, into);
}

static enum error read_table(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    TRY(drg_read_table(reader, at, &into->table));
    into->kind = into->table ? DRG_TABLE : DRG_NOTHING;
    return OK;
}

static enum error no_child(struct drg_reader *reader, const xmlNode *at, const char *what)
{
    drg_report(reader, at, "The boxed expression has no `%s`.", what);
    return OK;
}

/* The expression inside the child element `name`. */
static enum error read_part(struct drg_reader *reader, const xmlNode *at, const char *name,
                            const struct drg_expression **ret)
{
    const xmlNode *child = xml_child(at, name);

    *ret = NULL;
    if (child)
        TRY(drg_read_expression(reader, child, ret));
    return *ret ? OK : no_child(reader, at, name);
}

static enum error read_parts(struct drg_reader *reader, const xmlNode *at, const char *const *name,
                             enum drg_expression_kind kind, struct drg_expression *into)
{
    bool whole = true;

    for (int i = 0; i < 3 && name[i]; i++) {
        TRY(read_part(reader, at, name[i], &into->part[i]));
        whole = whole && into->part[i];
    }
    into->kind = whole ? kind : DRG_NOTHING;
    return OK;
}

static enum error read_conditional(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    static const char *const parts[] = {"if", "then", "else"};

    return read_parts(reader, at, parts, DRG_CONDITIONAL, into);
}

/* In a filter the entries of an item are in scope, so any component of a type may be. */
static enum error read_filter(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    static const char *const parts[] = {"in", "match", NULL};

    drg_show_components(reader, true);
    enum error error = read_parts(reader, at, parts, DRG_FILTER, into);
    drg_show_components(reader, false);
    return error;
}

static enum error read_iterator(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    static const char *const result[] = {"in", "return", NULL}, *const condition[] = {"in", "satisfies", NULL};
    struct slice variable;

    TRY(xml_attribute(reader->arena, at, "iteratorVariable", &variable));
    if (variable.length == 0 || feel_names_introduce(reader->names, variable, &into->variable) != OK)
        return no_child(reader, at, "iteratorVariable");
    feel_names_show(reader->names, into->variable);
    enum error error = xml_is(at, "for")
                           ? read_parts(reader, at, result, DRG_FOR, into)
                           : read_parts(reader, at, condition, xml_is(at, "some") ? DRG_SOME : DRG_EVERY, into);
    feel_names_hide(reader->names, into->variable);
    return error;
}

/* An entry named by its child `name`; without an expression it is null. */
static enum error read_entry(struct drg_reader *reader, const xmlNode *at, const char *name, struct drg_entry *into)
{
    const xmlNode *variable = xml_child(at, name);

    if (variable) {
        TRY(drg_name(reader, variable, &into->name));
        TRY(drg_type_of(reader, variable, &into->type));
    }
    return drg_read_expression(reader, at, &into->value);
}

static enum error read_entries(struct drg_reader *reader, const xmlNode *at, const char *element, const char *name,
                               struct drg_expression *into)
{
    struct drg_entry *entry = arena_array(reader->arena, xml_count(at, element), sizeof *entry);

    if (!entry)
        return ERROR_MEMORY;
    into->entry = entry;
    for (const xmlNode *n = xml_child(at, element); n; n = xml_next(n, element))
        TRY(read_entry(reader, n, name, &entry[into->entry_count++]));
    return OK;
}

/* Each entry is in scope for those behind it, and a function's own name for its body. */
static enum error read_context(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    struct drg_entry *entry = arena_array(reader->arena, xml_count(at, "contextEntry"), sizeof *entry);
    size_t shown = 0;

    if (!entry)
        return ERROR_MEMORY;
    into->kind = DRG_CONTEXT;
    into->entry = entry;
    for (const xmlNode *n = xml_child(at, "contextEntry"); n; n = xml_next(n, "contextEntry")) {
        const xmlNode *variable = xml_child(n, "variable");
        if (variable)
            TRY(drg_name(reader, variable, &entry[shown].name));
        feel_names_show(reader->names, entry[shown].name);
        TRY(read_entry(reader, n, "variable", &entry[shown++]));
    }
    into->entry_count = shown;
    while (shown > 0)
        feel_names_hide(reader->names, entry[--shown].name);
    return OK;
}

static enum error read_invocation(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    TRY(drg_read_expression(reader, at, &into->part[0]));
    if (!into->part[0])
        return no_child(reader, at, "literalExpression");
    into->kind = DRG_INVOCATION;
    return read_entries(reader, at, "binding", "parameter", into);
}

static enum error read_function(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    struct feel_function function = {0};

    TRY(drg_read_function(reader, at, &function, &into->part[0]));
    into->parameter = function.parameter;
    into->parameter_count = function.parameter_count;
    into->kind = DRG_FUNCTION;
    return OK;
}

static enum error read_list(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into);
static enum error read_relation(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into);

static const struct {
    const char *element;
    read_kind *read;
} expressions[] = {
    {"literalExpression", read_literal},
    {"decisionTable", read_table},
    {"invocation", read_invocation},
    {"context", read_context},
    {"list", read_list},
    {"relation", read_relation},
    {"functionDefinition", read_function},
    {"conditional", read_conditional},
    {"filter", read_filter},
    {"for", read_iterator},
    {"some", read_iterator},
    {"every", read_iterator},
};

static read_kind *reader_of_kind(const xmlNode *node, const xmlNode *holder)
{
    if (node->type != XML_ELEMENT_NODE || !node->ns || !holder->ns ||
        strcmp((const char *)node->ns->href, (const char *)holder->ns->href) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++)
        if (xml_is(node, expressions[i].element))
            return expressions[i].read;
    return NULL;
}

static enum error read_one(struct drg_reader *reader, const xmlNode *at, read_kind *read,
                           const struct drg_expression **ret)
{
    struct drg_expression *expression;

    TRY(new_expression(reader, at, &expression));
    *ret = expression;
    return read(reader, at, expression);
}

enum error drg_read_expression(struct drg_reader *reader, const xmlNode *holder, const struct drg_expression **ret)
{
    *ret = NULL;
    for (const xmlNode *n = holder->children; n; n = n->next) {
        read_kind *read = reader_of_kind(n, holder);
        if (read)
            return read_one(reader, n, read, ret);
    }
    return OK;
}

/* ---- lists and relations ---- */

static enum error read_items(struct drg_reader *reader, const xmlNode *at, struct drg_entry **ret, size_t *ret_count)
{
    size_t room = 0;

    for (const xmlNode *n = at->children; n; n = n->next)
        room += reader_of_kind(n, at) != NULL;
    *ret_count = 0;
    *ret = arena_array(reader->arena, room, sizeof **ret);
    if (!*ret)
        return ERROR_MEMORY;
    for (const xmlNode *n = at->children; n; n = n->next) {
        read_kind *read = reader_of_kind(n, at);
        if (read)
            TRY(read_one(reader, n, read, &(*ret)[(*ret_count)++].value));
    }
    return OK;
}

static enum error read_list(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    struct drg_entry *entry;

    TRY(read_items(reader, at, &entry, &into->entry_count));
    into->entry = entry;
    into->kind = DRG_LIST;
    return OK;
}

struct columns {
    size_t count;
    feel_name *name;
    const struct feel_type **type;
};

static enum error read_columns(struct drg_reader *reader, const xmlNode *at, struct columns *columns)
{
    size_t room = xml_count(at, "column");

    columns->name = arena_array(reader->arena, room, sizeof *columns->name);
    columns->type = arena_array(reader->arena, room, sizeof(struct feel_type *));
    if (!columns->name || !columns->type)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(at, "column"); n; n = xml_next(n, "column")) {
        TRY(drg_name(reader, n, &columns->name[columns->count]));
        TRY(drg_type_of(reader, n, &columns->type[columns->count]));
        columns->count++;
    }
    return OK;
}

/* A row is a context of its cells. */
static enum error read_row(struct drg_reader *reader, const xmlNode *at, const struct columns *columns,
                           const struct drg_expression **ret)
{
    struct drg_expression *row;
    struct drg_entry *entry;

    TRY(new_expression(reader, at, &row));
    TRY(read_items(reader, at, &entry, &row->entry_count));
    *ret = row;
    if (row->entry_count != columns->count) {
        drg_report(reader, at, "The row has %zu cells for %zu columns.", row->entry_count, columns->count);
        return OK;
    }
    for (size_t i = 0; i < columns->count; i++) {
        entry[i].name = columns->name[i];
        entry[i].type = columns->type[i];
    }
    row->entry = entry;
    row->kind = DRG_CONTEXT;
    return OK;
}

static enum error read_relation(struct drg_reader *reader, const xmlNode *at, struct drg_expression *into)
{
    struct drg_entry *row = arena_array(reader->arena, xml_count(at, "row"), sizeof *row);
    struct columns columns = {0};

    if (!row)
        return ERROR_MEMORY;
    TRY(read_columns(reader, at, &columns));
    into->entry = row;
    into->kind = DRG_LIST;
    for (const xmlNode *n = xml_child(at, "row"); n; n = xml_next(n, "row"))
        TRY(read_row(reader, n, &columns, &row[into->entry_count++].value));
    return OK;
}

/* ---- functions ---- */

static enum error read_parameters(struct drg_reader *reader, const xmlNode *at, struct feel_function *into)
{
    struct feel_parameter *parameter = arena_array(reader->arena, xml_count(at, "formalParameter"), sizeof *parameter);

    if (!parameter)
        return ERROR_MEMORY;
    into->parameter = parameter;
    for (const xmlNode *n = xml_child(at, "formalParameter"); n; n = xml_next(n, "formalParameter")) {
        TRY(drg_name(reader, n, &parameter->name));
        TRY(drg_type_of(reader, n, &parameter->type));
        parameter++;
        into->parameter_count++;
    }
    return OK;
}

enum error drg_read_function(struct drg_reader *reader, const xmlNode *at, struct feel_function *ret,
                             const struct drg_expression **ret_body)
{
    struct slice kind;

    *ret_body = NULL;
    TRY(read_parameters(reader, at, ret));
    TRY(xml_attribute(reader->arena, at, "kind", &kind));
    if (kind.length > 0 && !slice_is(kind, "FEEL"))
        return OK;
    for (size_t i = 0; i < ret->parameter_count; i++)
        feel_names_show(reader->names, ret->parameter[i].name);
    TRY(drg_read_expression(reader, at, ret_body));
    for (size_t i = 0; i < ret->parameter_count; i++)
        feel_names_hide(reader->names, ret->parameter[i].name);
    return OK;
}
