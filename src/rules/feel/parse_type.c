/* SPDX-License-Identifier: Apache-2.0 */

/* Types (rule 52). `list`, `range`, `context` and `function` are no reserved words: only the `<` behind them makes them
 * special. */

#include "parser.h"

#define TYPE_NAME_TOKENS_MAX 64

static enum error new_type(struct parser *parser, const struct feel_type *shape, const struct feel_type **ret)
{
    struct feel_type *type = arena_alloc(parser->arena, sizeof *type);

    if (!type)
        return ERROR_MEMORY;
    *type = *shape;
    *ret = type;
    return OK;
}

/* ---- by name ---- */

static const struct feel_type *look_up(const struct parser *parser, struct slice name)
{
    const struct feel_type *type = feel_type_named(name);

    return !type && parser->types ? parser->types->find(parser->types->context, name) : type;
}

/* Where each token of a name at the front ends. */
static size_t token_ends(struct slice text, size_t *end)
{
    size_t at = 0, count = 0;

    while (count < TYPE_NAME_TOKENS_MAX) {
        struct slice rest = slice_from(text, at);
        size_t word = lex_word(rest), length = word > 0 || lex_at_comment(rest) ? word : lex_name_sign(rest);
        if (length == 0)
            break;
        end[count++] = at + length;
        at += length;
        at += lex_space(slice_from(text, at));
    }
    return count;
}

/* Bytes of what reads as a type's name though there is no such type: words and points, up to a reserved word. */
static size_t unknown_name(struct slice text)
{
    size_t at = 0, end = 0;

    for (;;) {
        struct slice rest = slice_from(text, at);
        size_t word = lex_word(rest);
        if (word == 0 || parser_is_reserved(slice_of(rest.data, word)))
            return end;
        end = at + word;
        rest = slice_from(text, end);
        size_t space = lex_space(rest);
        at = end + (slice_starts_with(slice_from(rest, space), SLICE(".")) ? space + 1 : space);
    }
}

/* The longest name of a type that stands here. */
static enum error named(struct parser *parser, const struct feel_type **ret)
{
    struct slice rest = parser_rest(parser);
    const struct feel_type *type = NULL;
    size_t end[TYPE_NAME_TOKENS_MAX], count = token_ends(rest, end), length = 0;

    if (!lex_at_name(rest))
        return parser_expected(parser, "a type");
    for (size_t i = count; i > 0 && !type; i--) {
        type = look_up(parser, slice_of(rest.data, end[i - 1]));
        length = end[i - 1];
    }
    if (!type)
        length = unknown_name(rest);
    if (length == 0)
        return parser_expected(parser, "a type");
    parser->at += length;
    *ret = type;
    return OK;
}

/* ---- with types in them ---- */

/* `list<…>`, `range<…>`: the `<` has been taken. */
static enum error of_element(struct parser *parser, enum feel_type_kind kind, const struct feel_type **ret)
{
    struct feel_type type = {.kind = kind};

    TRY(parser_type(parser, &type.element));
    TRY(parser_need(parser, ">"));
    *ret = NULL;
    return type.element ? new_type(parser, &type, ret) : OK;
}

/* Members read so far; false in *known when one of their types does not exist. */
static enum error member(struct parser *parser, bool with_name, bool *known)
{
    struct feel_member member = {0};

    if (with_name) {
        TRY(parser_read_new_name(parser, NULL, "the name of a member", &member.name));
        TRY(parser_need(parser, ":"));
    }
    TRY(parser_type(parser, &member.type));
    *known = *known && member.type;
    return parser_push(parser, &member, sizeof member);
}

static enum error members(struct parser *parser, struct feel_type *type, bool *known)
{
    size_t start = parser->pending.length;
    bool is_function = type->kind == FEEL_TYPE_FUNCTION;
    const void *items;

    if (!is_function || !parser_at(parser, ">"))
        do {
            TRY(member(parser, !is_function, known));
        } while (parser_take(parser, ","));
    TRY(parser_need(parser, ">"));
    TRY(parser_pop(parser, start, sizeof(struct feel_member), &items, &type->member_count));
    type->member = items;
    return OK;
}

static enum error of_members(struct parser *parser, enum feel_type_kind kind, const struct feel_type **ret)
{
    struct feel_type type = {.kind = kind};
    bool known = true;

    TRY(members(parser, &type, &known));
    if (kind == FEEL_TYPE_FUNCTION) {
        TRY(parser_need(parser, "->"));
        TRY(parser_type(parser, &type.element));
        known = known && type.element;
    }
    *ret = NULL;
    return known ? new_type(parser, &type, ret) : OK;
}

/* Takes `word <`, and nothing when it does not stand here. */
static bool take_generic(struct parser *parser, const char *word)
{
    size_t start = parser->at;

    if (parser_take_word(parser, word) && parser_take(parser, "<"))
        return true;
    parser->at = start;
    return false;
}

static enum error type_here(struct parser *parser, const struct feel_type **ret)
{
    if (take_generic(parser, "list"))
        return of_element(parser, FEEL_TYPE_LIST, ret);
    if (take_generic(parser, "range"))
        return of_element(parser, FEEL_TYPE_RANGE, ret);
    if (take_generic(parser, "context"))
        return of_members(parser, FEEL_TYPE_CONTEXT, ret);
    if (take_generic(parser, "function"))
        return of_members(parser, FEEL_TYPE_FUNCTION, ret);
    return named(parser, ret);
}

enum error parser_type(struct parser *parser, const struct feel_type **ret)
{
    TRY(parser_deeper(parser));
    TRY(type_here(parser, ret));
    parser->depth--;
    return OK;
}
