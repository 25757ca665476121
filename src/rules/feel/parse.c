/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

#include "parser.h"
#include "text/utf8.h"

/* What is pending is never larger than this many bytes for each byte of text. */
#define PENDING_BYTES_PER_BYTE 32

static enum error start(struct parser *parser)
{
    if (parser->text.length > FEEL_TEXT_MAX)
        return fault_set(parser->fault, ERROR_TOO_LARGE, "an expression of %zu bytes; at most %d", parser->text.length,
                         FEEL_TEXT_MAX);
    if (!utf8_valid(parser->text))
        return fault_set(parser->fault, ERROR_SYNTAX, "the text is not UTF-8");
    parser->pending = buffer_new(PENDING_BYTES_PER_BYTE * (parser->text.length + 1));
    parser->shown = buffer_new(sizeof(feel_name) * (parser->text.length + 1));
    return OK;
}

/* Whatever happened: the names of this text are hidden again. A limit that had nothing to say of itself says so now. */
static enum error finish(struct parser *parser, enum error error)
{
    parser_leave(parser, 0);
    buffer_free(&parser->pending);
    buffer_free(&parser->shown);
    if (error == ERROR_MEMORY)
        return fault_set(parser->fault, error, "the expression takes too much memory");
    if (error == ERROR_TOO_LARGE && parser->text.length <= FEEL_TEXT_MAX)
        return fault_set(parser->fault, error, "more than %d different names", FEEL_NAMES_MAX);
    return error;
}

/* ---- expressions ---- */

static enum error whole_expression(struct parser *parser, feel_tree *ret)
{
    TRY(parser_expression(parser, ret));
    return parser_end(parser);
}

enum error feel_parse(struct arena *arena, struct feel_names *names, const struct feel_types *types, struct slice text,
                      const struct feel_node **ret, struct fault *fault)
{
    struct parser parser = {.arena = arena, .names = names, .types = types, .text = text, .fault = fault};
    enum error error = start(&parser);
    feel_tree tree;

    error = finish(&parser, error != OK ? error : whole_expression(&parser, &tree));
    if (error == OK)
        *ret = tree;
    return error;
}

/* ---- unary tests (rule 15) ---- */

static enum error tests_node(struct parser *parser, bool negated, feel_tree *ret)
{
    struct feel_node node = {.kind = FEEL_TESTS, .negated = negated};
    const void *items;

    TRY(parser_pop(parser, 0, sizeof(feel_tree), &items, &node.child_count));
    node.child = items;
    return parser_node(parser, &node, ret);
}

/* Tries `not( … )`. When it goes on otherwise, `not` was the function, and the text is read again. */
static enum error negated_tests(struct parser *parser, bool *ret_found, feel_tree *ret)
{
    *ret_found = parser_take_word(parser, "not") && parser_take(parser, "(");
    if (*ret_found) {
        TRY(parser_expressions(parser));
        *ret_found = parser_take(parser, ")") && parser_rest(parser).length == 0;
    }
    if (*ret_found)
        return tests_node(parser, true, ret);
    parser->at = 0;
    parser->pending.length = 0;
    return OK;
}

static enum error whole_tests(struct parser *parser, feel_tree *ret)
{
    bool found;

    TRY(negated_tests(parser, &found, ret));
    if (found)
        return OK;
    parser->at = parser_take(parser, "-") && parser_rest(parser).length == 0 ? parser->at : 0;
    if (parser_rest(parser).length > 0)
        TRY(parser_expressions(parser));
    TRY(parser_end(parser));
    return tests_node(parser, false, ret);
}

enum error feel_parse_tests(struct arena *arena, struct feel_names *names, const struct feel_types *types,
                            struct slice text, const struct feel_node **ret, struct fault *fault)
{
    struct parser parser = {.arena = arena, .names = names, .types = types, .text = text, .fault = fault};
    enum error error = start(&parser);
    feel_tree tree;

    error = finish(&parser, error != OK ? error : whole_tests(&parser, &tree));
    if (error == OK)
        *ret = tree;
    return error;
}

/* ---- types ---- */

static enum error whole_type(struct parser *parser, const struct feel_type **ret)
{
    TRY(parser_type(parser, ret));
    return parser_end(parser);
}

enum error feel_parse_type(struct arena *arena, struct feel_names *names, const struct feel_types *types,
                           struct slice text, const struct feel_type **ret, struct fault *fault)
{
    struct parser parser = {.arena = arena, .names = names, .types = types, .text = text, .fault = fault};
    enum error error = start(&parser);
    const struct feel_type *type;

    error = finish(&parser, error != OK ? error : whole_type(&parser, &type));
    if (error == OK)
        *ret = type;
    return error;
}
