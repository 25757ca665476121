/* SPDX-License-Identifier: Apache-2.0 */

/* Expressions that begin with a word: conditions, iterations, functions (rules 44 to 46, 55, 56), constants,
 * variables. */

#include "parser.h"

static enum error constant(struct parser *parser, size_t at, struct feel_value value, feel_tree *ret)
{
    struct feel_node node = {.kind = FEEL_LITERAL, .at = (uint32_t)at, .value = value};

    return parser_node(parser, &node, ret);
}

static enum error condition(struct parser *parser, size_t at, feel_tree *ret)
{
    struct feel_node node = {.kind = FEEL_IF, .at = (uint32_t)at};

    TRY(parser_expression(parser, &node.left));
    TRY(parser_need_word(parser, "then"));
    TRY(parser_expression(parser, &node.right));
    TRY(parser_need_word(parser, "else"));
    TRY(parser_expression(parser, &node.third));
    return parser_node(parser, &node, ret);
}

/* ---- iterations ---- */

/* `i in list`, and for `for` also `i in 1..n`. The variable is in scope from then on. */
static enum error iterator(struct parser *parser, enum feel_node_kind kind)
{
    struct feel_node_entry variable = {0};

    TRY(parser_read_new_name(parser, "in", "the name of a variable", &variable.name));
    TRY(parser_need_word(parser, "in"));
    TRY(parser_expression(parser, &variable.value));
    if (kind == FEEL_FOR && parser_take(parser, ".."))
        TRY(parser_expression(parser, &variable.to));
    TRY(parser_push(parser, &variable, sizeof variable));
    return parser_show(parser, variable.name);
}

static enum error iteration(struct parser *parser, size_t at, enum feel_node_kind kind, feel_tree *ret)
{
    struct feel_node node = {.kind = kind, .at = (uint32_t)at};
    size_t start = parser->pending.length, shown = parser->shown.length;
    const void *items;

    do {
        TRY(iterator(parser, kind));
    } while (parser_take(parser, ","));
    TRY(parser_pop(parser, start, sizeof(struct feel_node_entry), &items, &node.entry_count));
    node.entry = items;
    TRY(parser_need_word(parser, kind == FEEL_FOR ? "return" : "satisfies"));
    TRY(parser_expression(parser, &node.left));
    parser_leave(parser, shown);
    return parser_node(parser, &node, ret);
}

/* ---- functions ---- */

static enum error parameter(struct parser *parser)
{
    struct feel_parameter parameter = {0};

    TRY(parser_read_new_name(parser, NULL, "the name of a parameter", &parameter.name));
    if (parser_take(parser, ":"))
        TRY(parser_type(parser, &parameter.type));
    TRY(parser_push(parser, &parameter, sizeof parameter));
    return parser_show(parser, parameter.name);
}

static enum error parameters(struct parser *parser, struct feel_node *node)
{
    size_t start = parser->pending.length;
    const void *items;

    TRY(parser_need(parser, "("));
    if (!parser_at(parser, ")"))
        do {
            TRY(parameter(parser));
        } while (parser_take(parser, ","));
    TRY(parser_need(parser, ")"));
    TRY(parser_pop(parser, start, sizeof(struct feel_parameter), &items, &node->parameter_count));
    node->parameter = items;
    return OK;
}

/* What an external function is in Java or PMML is read, so that errors in it are found, and left out. */
static enum error function(struct parser *parser, size_t at, feel_tree *ret)
{
    struct feel_node node = {.kind = FEEL_LAMBDA_NODE, .at = (uint32_t)at};
    size_t shown = parser->shown.length;
    feel_tree mapping;

    TRY(parameters(parser, &node));
    if (parser_take_word(parser, "external"))
        TRY(parser_expression(parser, &mapping));
    else
        TRY(parser_expression(parser, &node.left));
    parser_leave(parser, shown);
    return parser_node(parser, &node, ret);
}

enum error parser_word(struct parser *parser, feel_tree *ret)
{
    parser_rest(parser);
    size_t at = parser->at;

    if (parser_take_word(parser, "if"))
        return condition(parser, at, ret);
    if (parser_take_word(parser, "for"))
        return iteration(parser, at, FEEL_FOR, ret);
    if (parser_take_word(parser, "some"))
        return iteration(parser, at, FEEL_SOME, ret);
    if (parser_take_word(parser, "every"))
        return iteration(parser, at, FEEL_EVERY, ret);
    if (parser_take_word(parser, "function"))
        return function(parser, at, ret);
    if (parser_take_word(parser, "true"))
        return constant(parser, at, feel_boolean(true), ret);
    if (parser_take_word(parser, "false"))
        return constant(parser, at, feel_boolean(false), ret);
    if (parser_take_word(parser, "null"))
        return constant(parser, at, feel_null(), ret);
    return parser_variable(parser, ret);
}
