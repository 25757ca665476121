/* SPDX-License-Identifier: Apache-2.0 */
#include "parser.h"

size_t parser_new_name(struct slice text, const char *before)
{
    size_t at = 0, end = 0;

    if (!lex_at_name(text))
        return 0;
    for (;;) {
        struct slice rest = slice_from(text, at);
        size_t word = lex_word(rest), sign = lex_at_comment(rest) ? 0 : lex_name_sign(rest);
        if (word + sign == 0 || (before && at > 0 && slice_is(slice_of(rest.data, word), before)))
            return end;
        end = at + (word > 0 ? word : sign);
        at = end + lex_space(slice_from(text, end));
    }
}

enum error parser_read_new_name(struct parser *parser, const char *before, const char *what, feel_name *ret)
{
    struct slice rest = parser_rest(parser);
    struct slice text = slice_of(rest.data, parser_new_name(rest, before));
    enum error error;

    if (text.length == 0 || parser_is_reserved(text))
        return parser_expected(parser, what);
    error = feel_names_introduce(parser->names, text, ret);
    if (error == ERROR_VALUE)
        return parser_refuse(parser, parser->at, "this name is too long");
    parser->at += text.length;
    return error;
}

/* The longest known name, else the word that stands here; a reserved word is a name only where one is known, and
 * behind a point. */
static enum error known_or_word(struct parser *parser, bool property, const char *what, feel_name *ret)
{
    struct slice rest = parser_rest(parser);
    struct slice word = slice_of(rest.data, lex_word(rest));
    bool any = property || parser->around.in_filter;
    enum error error = OK;
    size_t length;

    if (!lex_at_name(rest))
        return parser_expected(parser, what);
    length = any ? feel_names_match(parser->names, rest, ret) : feel_names_match_in_scope(parser->names, rest, ret);
    if (length == 0 && !property && parser_is_reserved(word))
        return parser_expected(parser, what);
    if (length == 0) {
        length = word.length;
        error = feel_names_introduce(parser->names, word, ret);
    }
    if (error == ERROR_VALUE)
        return parser_refuse(parser, parser->at, "this name is too long");
    parser->at += length;
    return error;
}

enum error parser_variable(struct parser *parser, feel_tree *ret)
{
    struct feel_node node = {.kind = FEEL_NAME};
    feel_name name = 0;

    parser_rest(parser);
    node.at = (uint32_t)parser->at;
    TRY(known_or_word(parser, false, "an expression", &name));
    node.name = name;
    return parser_node(parser, &node, ret);
}

enum error parser_property(struct parser *parser, feel_name *ret)
{
    return known_or_word(parser, true, "a name", ret);
}
