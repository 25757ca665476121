/* SPDX-License-Identifier: Apache-2.0 */

/* What stands in brackets: lists, ranges, contexts, parentheses, arguments, filters (rules 8 to 12, 38 to 42, 50, 54,
 * 57 to 59). A bracket resets what the text around it meant. */

#include "parser.h"

static struct surroundings open_bracket(struct parser *parser)
{
    struct surroundings around = parser->around;

    parser->around.before_range_end = false;
    return around;
}

static enum error close_bracket(struct parser *parser, struct surroundings around, const char *sign)
{
    TRY(parser_need(parser, sign));
    parser->around = around;
    return OK;
}

/* ---- ranges ---- */

static bool takes_range_end(struct parser *parser, bool *ret_open)
{
    *ret_open = parser_take(parser, ")") || parser_take(parser, "[");
    return *ret_open || parser_take(parser, "]");
}

/* What follows the low end: `..`, the high end and a bracket. */
static enum error finish_range(struct parser *parser, struct feel_node *range, struct surroundings around,
                               feel_tree *ret)
{
    TRY(parser_need(parser, ".."));
    parser->around.before_range_end = true;
    TRY(parser_expression(parser, &range->right));
    if (!takes_range_end(parser, &range->high_open))
        return parser_expected(parser, "`]`, `)` or `[`");
    parser->around = around;
    return parser_node(parser, range, ret);
}

enum error parser_outward_range(struct parser *parser, size_t at, feel_tree *ret)
{
    struct feel_node range = {.kind = FEEL_RANGE_NODE, .at = (uint32_t)at, .low_open = true};
    struct surroundings around = open_bracket(parser);

    TRY(parser_expression(parser, &range.left));
    return finish_range(parser, &range, around, ret);
}

/* ---- lists ---- */

static enum error children(struct parser *parser, size_t start, struct feel_node *node)
{
    const void *items;

    TRY(parser_pop(parser, start, sizeof(feel_tree), &items, &node->child_count));
    node->child = items;
    return OK;
}

/* Expressions from the second on, behind their commas. */
static enum error more_expressions(struct parser *parser, feel_tree first)
{
    TRY(parser_push(parser, &first, sizeof first));
    return parser_take(parser, ",") ? parser_expressions(parser) : OK;
}

/* `[]`, unless something follows that cannot follow a list: then the list begins with a range, `[]1..2[, …]`. */
static bool at_empty_list(struct parser *parser)
{
    if (!parser_at(parser, "]"))
        return false;
    struct slice after = slice_from(parser->text, parser->at + 1);
    after = slice_from(after, lex_blank(after));
    if (lex_at_name(after))
        return parser_is_reserved(slice_of(after.data, lex_word(after)));
    return lex_number(after) == 0 && !slice_starts_with(after, SLICE("\"")) && !slice_starts_with(after, SLICE("@"));
}

enum error parser_list_or_range(struct parser *parser, size_t at, feel_tree *ret)
{
    struct feel_node range = {.kind = FEEL_RANGE_NODE, .at = (uint32_t)at};
    struct feel_node list = {.kind = FEEL_LIST_NODE, .at = (uint32_t)at};
    struct surroundings around = open_bracket(parser);
    size_t start = parser->pending.length;

    if (!at_empty_list(parser)) {
        TRY(parser_expression(parser, &range.left));
        if (parser_at(parser, ".."))
            return finish_range(parser, &range, around, ret);
        TRY(more_expressions(parser, range.left));
    }
    TRY(close_bracket(parser, around, "]"));
    TRY(children(parser, start, &list));
    return parser_node(parser, &list, ret);
}

enum error parser_parenthesis(struct parser *parser, size_t at, struct feel_node *list, feel_tree *ret)
{
    struct feel_node range = {.kind = FEEL_RANGE_NODE, .at = (uint32_t)at, .low_open = true};
    struct surroundings around = open_bracket(parser);
    size_t start = parser->pending.length;

    TRY(parser_expression(parser, &range.left));
    if (parser_at(parser, ".."))
        return finish_range(parser, &range, around, ret);
    if (list && parser_at(parser, ",")) {
        TRY(more_expressions(parser, range.left));
        TRY(children(parser, start, list));
        *ret = NULL;
    } else {
        *ret = range.left;
    }
    return close_bracket(parser, around, ")");
}

/* ---- contexts ---- */

static enum error key(struct parser *parser, feel_name *ret)
{
    size_t at = parser->at;
    struct slice text;
    enum error error;

    if (!parser_at(parser, "\""))
        return parser_read_new_name(parser, NULL, "a key", ret);
    TRY(parser_quoted(parser, &text));
    error = feel_names_introduce(parser->names, text, ret);
    return error == ERROR_VALUE ? parser_refuse(parser, at, "this key is too long") : error;
}

static enum error entry(struct parser *parser)
{
    struct feel_node_entry entry = {0};

    TRY(key(parser, &entry.name));
    TRY(parser_need(parser, ":"));
    TRY(parser_expression(parser, &entry.value));
    TRY(parser_push(parser, &entry, sizeof entry));
    return parser_show(parser, entry.name);
}

static enum error entries(struct parser *parser, size_t start, struct feel_node *node)
{
    const void *items;

    TRY(parser_pop(parser, start, sizeof(struct feel_node_entry), &items, &node->entry_count));
    node->entry = items;
    return OK;
}

/* Each key is in scope in the entries after it (10.3.2.6). */
enum error parser_context(struct parser *parser, size_t at, feel_tree *ret)
{
    struct feel_node context = {.kind = FEEL_CONTEXT_NODE, .at = (uint32_t)at};
    struct surroundings around = open_bracket(parser);
    size_t start = parser->pending.length, shown = parser->shown.length;

    if (!parser_at(parser, "}"))
        do {
            TRY(entry(parser));
        } while (parser_take(parser, ","));
    TRY(close_bracket(parser, around, "}"));
    parser_leave(parser, shown);
    TRY(entries(parser, start, &context));
    return parser_node(parser, &context, ret);
}

/* ---- arguments and filters ---- */

/* Does `name :` stand next? No expression begins like that. */
static bool at_named_argument(struct parser *parser)
{
    struct slice rest = parser_rest(parser);
    size_t name = parser_new_name(rest, NULL);
    struct slice after = slice_from(rest, name);

    return name > 0 && slice_starts_with(slice_from(after, lex_blank(after)), SLICE(":"));
}

static enum error named_arguments(struct parser *parser)
{
    do {
        struct feel_node_entry argument = {0};
        TRY(parser_read_new_name(parser, NULL, "the name of a parameter", &argument.name));
        TRY(parser_need(parser, ":"));
        TRY(parser_expression(parser, &argument.value));
        TRY(parser_push(parser, &argument, sizeof argument));
    } while (parser_take(parser, ","));
    return OK;
}

enum error parser_arguments(struct parser *parser, size_t at, feel_tree function, feel_tree *ret)
{
    struct feel_node call = {.kind = FEEL_CALL, .at = (uint32_t)at, .left = function};
    struct surroundings around = open_bracket(parser);
    size_t start = parser->pending.length;

    call.by_name = at_named_argument(parser);
    if (call.by_name)
        TRY(named_arguments(parser));
    else if (!parser_at(parser, ")"))
        TRY(parser_expressions(parser));
    TRY(close_bracket(parser, around, ")"));
    TRY(call.by_name ? entries(parser, start, &call) : children(parser, start, &call));
    return parser_node(parser, &call, ret);
}

enum error parser_filter(struct parser *parser, size_t at, feel_tree list, feel_tree *ret)
{
    struct feel_node filter = {.kind = FEEL_FILTER, .at = (uint32_t)at, .left = list};
    struct surroundings around = open_bracket(parser);

    parser->around.in_filter = true;
    TRY(parser_expression(parser, &filter.right));
    TRY(close_bracket(parser, around, "]"));
    return parser_node(parser, &filter, ret);
}
