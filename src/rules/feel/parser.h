/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parser's files share: where it stands in the text, and one function for each group of rules (DMN 1.5,
 * 10.3.1.2). A recursive descent without going back: whatever is read is read once, and what it is (a list or a range,
 * a name of an argument or an expression) is decided at the next token. Private to the folder. */

#include "lex.h"
#include "parse.h"

/* What brackets change about the text in them. */
struct surroundings {
    bool before_range_end; /* the high end of a range, where `[` may close it */
    bool in_filter;        /* keys of items are in scope here, and nobody knows which */
};

struct parser {
    struct arena *arena;
    struct feel_names *names;
    const struct feel_types *types;
    struct slice text;
    size_t at;
    uint32_t depth;
    struct surroundings around;
    struct buffer pending; /* children read so far of the lists not yet closed: a stack of bytes */
    struct buffer shown;   /* names shown and not yet hidden: a stack */
    struct fault *fault;
};

typedef const struct feel_node *feel_tree;

/* ---- parser.c: the text ---- */

/* Skips white space and comments; what is left, from there on. */
struct slice parser_rest(struct parser *parser);
/* Takes this sign or this word if it stands next. */
bool parser_take(struct parser *parser, const char *sign);
bool parser_take_word(struct parser *parser, const char *word);
bool parser_at(struct parser *parser, const char *sign);
MUST_CHECK enum error parser_need(struct parser *parser, const char *sign);
MUST_CHECK enum error parser_need_word(struct parser *parser, const char *word);
/* ERROR_SYNTAX: where it stands, what it expected, what it found. */
MUST_CHECK enum error parser_expected(struct parser *parser, const char *what);
/* The same, for a text from `at` on that is wrong in itself. */
MUST_CHECK enum error parser_refuse(struct parser *parser, size_t at, const char *why);
MUST_CHECK enum error parser_end(struct parser *parser);
MUST_CHECK enum error parser_deeper(struct parser *parser);

/* Words that no name begins with (10.3.1.4) and that end an expression. */
bool parser_is_reserved(struct slice word);

/* ---- parser.c: the tree ---- */

/* A node like `shape`, with its height. */
MUST_CHECK enum error parser_node(struct parser *parser, const struct feel_node *shape, feel_tree *ret);
/* Puts an item on the stack of pending ones; takes those above `start` off it, into the arena. */
MUST_CHECK enum error parser_push(struct parser *parser, const void *item, size_t size);
MUST_CHECK enum error parser_pop(struct parser *parser, size_t start, size_t size, const void **ret_items,
                                 size_t *ret_count);

/* A name that the text introduces: in scope from here to parser_leave. */
MUST_CHECK enum error parser_show(struct parser *parser, feel_name name);
void parser_leave(struct parser *parser, size_t shown);

/* ---- parse_name.c ---- */

/* Bytes of a new name at the front (rule 25), up to the word `before` or to what belongs to no name; 0 where there is
 * none. */
size_t parser_new_name(struct slice text, const char *before);
/* The new name itself; `what` is for the message. */
MUST_CHECK enum error parser_read_new_name(struct parser *parser, const char *before, const char *what, feel_name *ret);
/* The name of a variable, the longest that is in scope. */
MUST_CHECK enum error parser_variable(struct parser *parser, feel_tree *ret);
/* The name behind a point. */
MUST_CHECK enum error parser_property(struct parser *parser, feel_name *ret);

/* ---- parse_literal.c ---- */

/* A quoted text, its escapes resolved, in the arena. */
MUST_CHECK enum error parser_quoted(struct parser *parser, struct slice *ret);
/* A string, a number, `@"…"`. *ret_found false: none stands here. */
MUST_CHECK enum error parser_literal(struct parser *parser, bool *ret_found, feel_tree *ret);
MUST_CHECK enum error parser_number(struct parser *parser, bool negative, feel_tree *ret);

/* ---- parse_boxed.c: what stands in brackets ---- */

/* The bracket before it has been taken. */
MUST_CHECK enum error parser_list_or_range(struct parser *parser, size_t at, feel_tree *ret);
MUST_CHECK enum error parser_outward_range(struct parser *parser, size_t at, feel_tree *ret); /* `]1..2[` */
MUST_CHECK enum error parser_context(struct parser *parser, size_t at, feel_tree *ret);
/* An expression, a range, or, where `list` is not NULL, several tests, then in *list and *ret is NULL. */
MUST_CHECK enum error parser_parenthesis(struct parser *parser, size_t at, struct feel_node *list, feel_tree *ret);
MUST_CHECK enum error parser_arguments(struct parser *parser, size_t at, feel_tree function, feel_tree *ret);
MUST_CHECK enum error parser_filter(struct parser *parser, size_t at, feel_tree list, feel_tree *ret);

/* ---- parse_word.c: `if`, `for`, `some`, `every`, `function`, true, false, null, or a name ---- */

MUST_CHECK enum error parser_word(struct parser *parser, feel_tree *ret);

/* ---- parse_expression.c ---- */

MUST_CHECK enum error parser_expression(struct parser *parser, feel_tree *ret);
/* Expressions parted by commas, on the stack of pending ones. */
MUST_CHECK enum error parser_expressions(struct parser *parser);

/* ---- parse_type.c ---- */

/* NULL in *ret: well formed, but no such type. */
MUST_CHECK enum error parser_type(struct parser *parser, const struct feel_type **ret);
