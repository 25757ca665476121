/* SPDX-License-Identifier: Apache-2.0 */
#include "feel_tree.h"

#include "rules/feel/lex.h"

static const char *const heads[FEEL_NODE_KIND_COUNT] = {
    [FEEL_PATH] = ".",
    [FEEL_NEGATE] = "neg",
    [FEEL_ADD] = "+",
    [FEEL_SUBTRACT] = "-",
    [FEEL_MULTIPLY] = "*",
    [FEEL_DIVIDE] = "/",
    [FEEL_POWER] = "**",
    [FEEL_EQUAL] = "=",
    [FEEL_UNEQUAL] = "!=",
    [FEEL_LESS] = "<",
    [FEEL_AT_MOST] = "<=",
    [FEEL_GREATER] = ">",
    [FEEL_AT_LEAST] = ">=",
    [FEEL_AND] = "and",
    [FEEL_OR] = "or",
    [FEEL_BETWEEN] = "between",
    [FEEL_IN] = "in",
    [FEEL_INSTANCE_OF] = "instance",
    [FEEL_IF] = "if",
    [FEEL_FOR] = "for",
    [FEEL_SOME] = "some",
    [FEEL_EVERY] = "every",
    [FEEL_FILTER] = "filter",
    [FEEL_CALL] = "call",
    [FEEL_LAMBDA_NODE] = "function",
    [FEEL_LIST_NODE] = "list",
    [FEEL_CONTEXT_NODE] = "context",
    [FEEL_RANGE_NODE] = "range",
    [FEEL_TEST] = "test",
    [FEEL_TESTS] = "tests",
};

/* As it is when it is one word, else between bars. */
static void write_name(struct buffer *into, const struct feel_names *names, feel_name name)
{
    struct slice text = feel_names_text(names, name);

    if (text.length > 0 && lex_word(text) == text.length)
        buffer_slice(into, text);
    else
        buffer_format(into, "|%.*s|", SLICE_PRINT(text));
}

static void write_value(struct buffer *into, struct feel_value value)
{
    switch (value.kind) {
    case FEEL_NULL:
        buffer_string(into, "null");
        break;
    case FEEL_BOOLEAN:
        buffer_string(into, value.boolean ? "true" : "false");
        break;
    case FEEL_NUMBER:
        number_write(into, *value.number);
        break;
    case FEEL_STRING:
        buffer_format(into, "\"%.*s\"", SLICE_PRINT(value.string));
        break;
    case FEEL_DATE:
        buffer_string(into, "date:");
        temporal_write_date(into, value.date);
        break;
    case FEEL_TIME:
        buffer_string(into, "time:");
        temporal_write_time(into, *value.time);
        break;
    case FEEL_DATE_TIME:
        buffer_string(into, "date_time:");
        temporal_write_date_time(into, *value.date_time);
        break;
    case FEEL_YEARS_MONTHS:
        buffer_string(into, "months:");
        temporal_write_months(into, value.months);
        break;
    case FEEL_DAYS_TIME:
        buffer_string(into, "days:");
        temporal_write_nanoseconds(into, *value.nanoseconds);
        break;
    default:
        buffer_string(into, "no literal");
    }
}

static void write_members(struct buffer *into, const struct feel_names *names, const struct feel_type *type)
{
    buffer_byte(into, '<');
    for (size_t i = 0; i < type->member_count; i++) {
        buffer_string(into, i > 0 ? "," : "");
        if (type->member[i].name != 0) {
            write_name(into, names, type->member[i].name);
            buffer_byte(into, ':');
        }
        feel_tree_write_type(into, names, type->member[i].type);
    }
    buffer_byte(into, '>');
}

void feel_tree_write_type(struct buffer *into, const struct feel_names *names, const struct feel_type *type)
{
    static const char *const kinds[] = {"any",  "null",  "boolean",   "number",   "string",
                                        "date", "time",  "date_time", "months",   "days",
                                        "list", "range", "context",   "function", "alias"};

    buffer_string(into, type ? kinds[type->kind] : "unknown");
    if (!type)
        return;
    if (type->kind == FEEL_TYPE_LIST || type->kind == FEEL_TYPE_RANGE) {
        buffer_byte(into, '<');
        feel_tree_write_type(into, names, type->element);
        buffer_byte(into, '>');
    } else if (type->kind == FEEL_TYPE_CONTEXT || type->kind == FEEL_TYPE_FUNCTION) {
        write_members(into, names, type);
    }
    if (type->kind == FEEL_TYPE_FUNCTION) {
        buffer_string(into, "->");
        feel_tree_write_type(into, names, type->element);
    }
}

static void write_below(struct buffer *into, const struct feel_names *names, const struct feel_node *node)
{
    if (!node)
        return;
    buffer_byte(into, ' ');
    feel_tree_write(into, names, node);
}

static void write_entries(struct buffer *into, const struct feel_names *names, const struct feel_node *node)
{
    for (size_t i = 0; i < node->entry_count; i++) {
        buffer_string(into, " (");
        write_name(into, names, node->entry[i].name);
        write_below(into, names, node->entry[i].value);
        write_below(into, names, node->entry[i].to);
        buffer_byte(into, ')');
    }
}

static void write_parameters(struct buffer *into, const struct feel_names *names, const struct feel_node *node)
{
    buffer_string(into, " (");
    for (size_t i = 0; i < node->parameter_count; i++) {
        buffer_string(into, i > 0 ? " " : "");
        write_name(into, names, node->parameter[i].name);
        if (node->parameter[i].type) {
            buffer_byte(into, ':');
            feel_tree_write_type(into, names, node->parameter[i].type);
        }
    }
    buffer_string(into, node->left ? ")" : ") external");
}

/* What stands only in some kinds of nodes, behind the head. */
static void write_details(struct buffer *into, const struct feel_names *names, const struct feel_node *node)
{
    if (node->kind == FEEL_RANGE_NODE)
        buffer_format(into, " %s%s", node->low_open ? "(" : "[", node->high_open ? ")" : "]");
    if (node->kind == FEEL_TEST)
        buffer_format(into, " %s", heads[node->test]);
    if (node->negated)
        buffer_string(into, " not");
    if (node->kind == FEEL_LAMBDA_NODE)
        write_parameters(into, names, node);
    if (node->kind == FEEL_FOR || node->kind == FEEL_SOME || node->kind == FEEL_EVERY)
        write_entries(into, names, node);
}

void feel_tree_write(struct buffer *into, const struct feel_names *names, const struct feel_node *node)
{
    if (node->kind == FEEL_LITERAL) {
        write_value(into, node->value);
        return;
    }
    if (node->kind == FEEL_NAME) {
        write_name(into, names, node->name);
        return;
    }
    buffer_format(into, "(%s", heads[node->kind]);
    write_details(into, names, node);
    write_below(into, names, node->left);
    write_below(into, names, node->right);
    write_below(into, names, node->third);
    for (size_t i = 0; i < node->child_count; i++)
        write_below(into, names, node->child[i]);
    if (node->kind == FEEL_CONTEXT_NODE || node->by_name)
        write_entries(into, names, node);
    if (node->kind == FEEL_PATH) {
        buffer_byte(into, ' ');
        write_name(into, names, node->name);
    }
    if (node->kind == FEEL_INSTANCE_OF) {
        buffer_byte(into, ' ');
        feel_tree_write_type(into, names, node->type);
    }
    buffer_byte(into, ')');
}
