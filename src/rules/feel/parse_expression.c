/* SPDX-License-Identifier: Apache-2.0 */

/* Operators by precedence (rules 2, 4, 47 to 51 and what 10.3.1.2 says below them: the later an alternative stands in
 * the grammar, the tighter it binds; all infix operators are left associative). */

#include "parser.h"

enum level { DISJUNCTION = 1, CONJUNCTION, COMPARISON, ADDITION, MULTIPLICATION, EXPONENTIATION, OPERAND };

struct infix {
    const char *sign; /* a word, if it begins with a letter */
    enum level level;
    enum feel_node_kind kind;
};

/* A longer sign stands before those it begins with. */
static const struct infix operators[] = {
    {"or", DISJUNCTION, FEEL_OR},
    {"and", CONJUNCTION, FEEL_AND},
    {"between", COMPARISON, FEEL_BETWEEN},
    {"in", COMPARISON, FEEL_IN},
    {"!=", COMPARISON, FEEL_UNEQUAL},
    {"<=", COMPARISON, FEEL_AT_MOST},
    {">=", COMPARISON, FEEL_AT_LEAST},
    {"=", COMPARISON, FEEL_EQUAL},
    {"<", COMPARISON, FEEL_LESS},
    {">", COMPARISON, FEEL_GREATER},
    {"+", ADDITION, FEEL_ADD},
    {"-", ADDITION, FEEL_SUBTRACT},
    {"**", EXPONENTIATION, FEEL_POWER},
    {"*", MULTIPLICATION, FEEL_MULTIPLY},
    {"/", MULTIPLICATION, FEEL_DIVIDE},
};

static bool is_word(const char *sign)
{
    return lex_at_name(slice_from_string(sign));
}

static const struct infix *next_operator(struct parser *parser)
{
    struct slice rest = parser_rest(parser);
    struct slice word = slice_of(rest.data, lex_word(rest));

    if (lex_at_comment(rest))
        return NULL;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        const char *sign = operators[i].sign;
        if (is_word(sign) ? slice_is(word, sign) : slice_starts_with(rest, slice_from_string(sign)))
            return &operators[i];
    }
    return NULL;
}

static enum error from_level(struct parser *parser, enum level level, feel_tree *ret);

/* ---- operands ---- */

/* `[` after the high end of a range closes it, unless an expression follows, which makes it a filter: `[1..n[`,
 * `[1..list[1]]`. */
static bool opens_filter(struct parser *parser)
{
    struct slice after;

    if (!parser_at(parser, "["))
        return false;
    if (!parser->around.before_range_end)
        return true;
    after = slice_from(parser->text, parser->at + 1);
    after = slice_from(after, lex_blank(after));
    return after.length > 0 && !memchr(")]},.*/+=!<>", after.data[0], 12) &&
           (!lex_at_name(after) || !parser_is_reserved(slice_of(after.data, lex_word(after))));
}

/* A point that is not the first of `..`. */
static bool take_point(struct parser *parser)
{
    return !parser_at(parser, "..") && parser_take(parser, ".");
}

static enum error path(struct parser *parser, size_t at, feel_tree left, feel_tree *ret)
{
    struct feel_node node = {.kind = FEEL_PATH, .at = (uint32_t)at, .left = left};

    TRY(parser_property(parser, &node.name));
    return parser_node(parser, &node, ret);
}

static enum error postfixes(struct parser *parser, feel_tree left, feel_tree *ret)
{
    for (;;) {
        parser_rest(parser);
        size_t at = parser->at;
        if (take_point(parser)) {
            TRY(path(parser, at, left, &left));
        } else if (opens_filter(parser)) {
            parser->at++;
            TRY(parser_filter(parser, at, left, &left));
        } else if (parser_take(parser, "(")) {
            TRY(parser_arguments(parser, at, left, &left));
        } else {
            *ret = left;
            return OK;
        }
    }
}

static enum error instances(struct parser *parser, feel_tree left, feel_tree *ret)
{
    for (;;) {
        struct feel_node node = {.kind = FEEL_INSTANCE_OF, .left = left};
        parser_rest(parser);
        node.at = (uint32_t)parser->at;
        if (!parser_take_word(parser, "instance"))
            break;
        TRY(parser_need_word(parser, "of"));
        TRY(parser_type(parser, &node.type));
        if (feel_type_is_bare(node.type))
            node.type = NULL;
        TRY(parser_node(parser, &node, &left));
    }
    *ret = left;
    return OK;
}

static enum error primary(struct parser *parser, feel_tree *ret)
{
    bool found;

    parser_rest(parser);
    size_t at = parser->at;
    TRY(parser_literal(parser, &found, ret));
    if (found)
        return OK;
    if (parser_take(parser, "("))
        return parser_parenthesis(parser, at, NULL, ret);
    if (parser_take(parser, "["))
        return parser_list_or_range(parser, at, ret);
    if (parser_take(parser, "]"))
        return parser_outward_range(parser, at, ret);
    if (parser_take(parser, "{"))
        return parser_context(parser, at, ret);
    return parser_word(parser, ret);
}

static bool at_negative_number(struct parser *parser)
{
    return parser_at(parser, "-") && lex_number(slice_from(parser->text, parser->at + 1)) > 0;
}

/* Rule 35 has the sign in the literal: `-1 instance of number` asks about -1. Every other sign is a negation, which
 * binds looser than all that may follow an operand (rule 2). */
static enum error operand(struct parser *parser, feel_tree *ret)
{
    struct feel_node negation = {.kind = FEEL_NEGATE};
    size_t signs = 0;

    parser_rest(parser);
    negation.at = (uint32_t)parser->at;
    while (!at_negative_number(parser) && parser_take(parser, "-"))
        signs++;
    if (parser_take(parser, "-"))
        TRY(parser_number(parser, true, ret));
    else
        TRY(primary(parser, ret));
    TRY(postfixes(parser, *ret, ret));
    TRY(instances(parser, *ret, ret));
    for (; signs > 0; signs--) {
        negation.left = *ret;
        TRY(parser_node(parser, &negation, ret));
    }
    return OK;
}

/* ---- comparisons ---- */

static const struct infix *take_comparison(struct parser *parser)
{
    const struct infix *infix = next_operator(parser);

    if (!infix || infix->level != COMPARISON || is_word(infix->sign))
        return NULL;
    parser->at += strlen(infix->sign);
    return infix;
}

/* Rule 7a: `< 5`. */
static enum error test(struct parser *parser, bool *ret_found, feel_tree *ret)
{
    struct feel_node node = {.kind = FEEL_TEST};

    parser_rest(parser);
    node.at = (uint32_t)parser->at;
    const struct infix *infix = take_comparison(parser);
    *ret_found = infix != NULL;
    if (!infix)
        return OK;
    node.test = infix->kind;
    TRY(from_level(parser, ADDITION, &node.left));
    return parser_node(parser, &node, ret);
}

static enum error rest_of_level(struct parser *parser, feel_tree left, enum level level, feel_tree *ret);

/* Rule 49c and d: one test, or several in parentheses. What stands in parentheses alone may go on: `x in (a)[1]`. */
static enum error membership(struct parser *parser, struct feel_node *node)
{
    feel_tree child = NULL;
    const void *items;
    size_t start = parser->pending.length;
    bool found;

    TRY(test(parser, &found, &child));
    parser_rest(parser);
    size_t at = parser->at;
    if (!found && parser_take(parser, "(")) {
        TRY(parser_parenthesis(parser, at, node, &child));
        if (!child)
            return OK;
        TRY(postfixes(parser, child, &child));
        TRY(instances(parser, child, &child));
        TRY(rest_of_level(parser, child, ADDITION, &child));
    } else if (!found) {
        TRY(from_level(parser, ADDITION, &child));
    }
    TRY(parser_push(parser, &child, sizeof child));
    TRY(parser_pop(parser, start, sizeof child, &items, &node->child_count));
    node->child = items;
    return OK;
}

static enum error between(struct parser *parser, struct feel_node *node)
{
    TRY(from_level(parser, ADDITION, &node->right));
    TRY(parser_need_word(parser, "and"));
    return from_level(parser, ADDITION, &node->third);
}

/* ---- all levels ---- */

/* Operators of this level and of tighter ones that follow `left`. */
static enum error rest_of_level(struct parser *parser, feel_tree left, enum level level, feel_tree *ret)
{
    const struct infix *infix;

    while ((infix = next_operator(parser)) && infix->level >= level) {
        struct feel_node node = {.kind = infix->kind, .at = (uint32_t)parser->at, .left = left};
        parser->at += strlen(infix->sign);
        if (infix->kind == FEEL_IN)
            TRY(membership(parser, &node));
        else if (infix->kind == FEEL_BETWEEN)
            TRY(between(parser, &node));
        else
            TRY(from_level(parser, infix->level + 1, &node.right));
        TRY(parser_node(parser, &node, &left));
    }
    *ret = left;
    return OK;
}

static enum error from_level(struct parser *parser, enum level level, feel_tree *ret)
{
    feel_tree left;

    TRY(operand(parser, &left));
    return rest_of_level(parser, left, level, ret);
}

enum error parser_expression(struct parser *parser, feel_tree *ret)
{
    bool found;

    TRY(parser_deeper(parser));
    TRY(test(parser, &found, ret));
    if (!found)
        TRY(from_level(parser, DISJUNCTION, ret));
    parser->depth--;
    return OK;
}

enum error parser_expressions(struct parser *parser)
{
    do {
        feel_tree child;
        TRY(parser_expression(parser, &child));
        TRY(parser_push(parser, &child, sizeof child));
    } while (parser_take(parser, ","));
    return OK;
}
