/* SPDX-License-Identifier: Apache-2.0 */
#include "parser.h"

#include <stdio.h>

#include "text/utf8.h"

#define FOUND_BYTES 20

struct slice parser_rest(struct parser *parser)
{
    parser->at += lex_blank(slice_from(parser->text, parser->at));
    return slice_from(parser->text, parser->at);
}

bool parser_at(struct parser *parser, const char *sign)
{
    return slice_starts_with(parser_rest(parser), slice_from_string(sign));
}

bool parser_take(struct parser *parser, const char *sign)
{
    if (!parser_at(parser, sign))
        return false;
    parser->at += strlen(sign);
    return true;
}

bool parser_take_word(struct parser *parser, const char *word)
{
    struct slice rest = parser_rest(parser);

    if (!slice_starts_with(rest, slice_from_string(word)) || lex_word(rest) != strlen(word))
        return false;
    parser->at += strlen(word);
    return true;
}

bool parser_is_reserved(struct slice word)
{
    static const char *const words[] = {"and",   "or",       "in",        "between", "instance", "then",
                                        "else",  "return",   "satisfies", "if",      "for",      "some",
                                        "every", "function", "true",      "false",   "null"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_is(word, words[i]))
            return true;
    return false;
}

/* ---- errors ---- */

struct place {
    size_t line, column;
};

static struct place place(struct slice text, size_t at)
{
    struct slice rest = slice_of(text.data, at);
    struct place place = {1, 1};
    uint32_t character;

    while (utf8_next(&rest, &character)) {
        place.column = character == '\n' ? 1 : place.column + 1;
        place.line += character == '\n';
    }
    return place;
}

enum error parser_refuse(struct parser *parser, size_t at, const char *why)
{
    struct place where = place(parser->text, at);

    return fault_set(parser->fault, ERROR_SYNTAX, "line %zu, column %zu: %s", where.line, where.column, why);
}

enum error parser_expected(struct parser *parser, const char *what)
{
    struct slice rest = parser_rest(parser);
    struct place where = place(parser->text, parser->at);
    struct slice found = utf8_cut(slice_of(rest.data, lex_token(rest)), FOUND_BYTES);

    if (lex_at_comment(rest))
        return parser_refuse(parser, parser->at, "this comment has no end");
    if (rest.length == 0)
        return fault_set(parser->fault, ERROR_SYNTAX, "line %zu, column %zu: %s expected, but the text ends",
                         where.line, where.column, what);
    return fault_set(parser->fault, ERROR_SYNTAX, "line %zu, column %zu: %s expected, not `%.*s`", where.line,
                     where.column, what, SLICE_PRINT(found));
}

enum error parser_need(struct parser *parser, const char *sign)
{
    char what[16];

    if (parser_take(parser, sign))
        return OK;
    snprintf(what, sizeof what, "`%s`", sign);
    return parser_expected(parser, what);
}

enum error parser_need_word(struct parser *parser, const char *word)
{
    char what[16];

    if (parser_take_word(parser, word))
        return OK;
    snprintf(what, sizeof what, "`%s`", word);
    return parser_expected(parser, what);
}

enum error parser_end(struct parser *parser)
{
    return parser_rest(parser).length == 0 ? OK : parser_expected(parser, "an operator or the end");
}

enum error parser_deeper(struct parser *parser)
{
    if (++parser->depth > FEEL_DEPTH_MAX)
        return fault_set(parser->fault, ERROR_TOO_DEEP, "nested more than %d deep", FEEL_DEPTH_MAX);
    return OK;
}

/* ---- the tree ---- */

static uint32_t higher(uint32_t height, const struct feel_node *below)
{
    return below && below->height > height ? below->height : height;
}

static uint32_t height(const struct feel_node *node)
{
    uint32_t height = higher(higher(higher(0, node->left), node->right), node->third);

    for (size_t i = 0; i < node->child_count; i++)
        height = higher(height, node->child[i]);
    for (size_t i = 0; i < node->entry_count; i++)
        height = higher(higher(height, node->entry[i].value), node->entry[i].to);
    return height + 1;
}

enum error parser_node(struct parser *parser, const struct feel_node *shape, feel_tree *ret)
{
    struct feel_node *node = arena_alloc(parser->arena, sizeof *node);

    if (!node)
        return ERROR_MEMORY;
    *node = *shape;
    node->height = height(shape);
    if (node->height > FEEL_HEIGHT_MAX)
        return fault_set(parser->fault, ERROR_TOO_DEEP, "more than %d operations within one another", FEEL_HEIGHT_MAX);
    *ret = node;
    return OK;
}

enum error parser_push(struct parser *parser, const void *item, size_t size)
{
    buffer_bytes(&parser->pending, item, size);
    return parser->pending.failed ? ERROR_MEMORY : OK;
}

enum error parser_pop(struct parser *parser, size_t start, size_t size, const void **ret_items, size_t *ret_count)
{
    size_t bytes = parser->pending.length - start;
    void *items = NULL;

    if (bytes > 0) {
        items = arena_alloc(parser->arena, bytes);
        if (!items)
            return ERROR_MEMORY;
        memcpy(items, parser->pending.data + start, bytes);
    }
    parser->pending.length = start;
    *ret_items = items;
    *ret_count = bytes / size;
    return OK;
}

enum error parser_show(struct parser *parser, feel_name name)
{
    buffer_bytes(&parser->shown, &name, sizeof name);
    if (parser->shown.failed)
        return ERROR_MEMORY;
    feel_names_show(parser->names, name);
    return OK;
}

void parser_leave(struct parser *parser, size_t shown)
{
    while (parser->shown.length > shown) {
        feel_name name;
        parser->shown.length -= sizeof name;
        memcpy(&name, parser->shown.data + parser->shown.length, sizeof name);
        feel_names_hide(parser->names, name);
    }
}
