/* SPDX-License-Identifier: Apache-2.0 */

/* Literals (rules 31 to 37 and 64 to 66) become values while they are read. */

#include "parser.h"

#include "text/utf8.h"

/* ---- quoted texts ---- */

/* Bytes of the quoted text at the front with its quotes; 0 when it has no end. Vertical space may not stand in it (rule
 * 33). */
static size_t quoted_length(struct slice rest)
{
    for (size_t i = 1; i < rest.length; i++) {
        if (rest.data[i] == '"')
            return i + 1;
        if (rest.data[i] >= '\n' && rest.data[i] <= '\r')
            return 0;
        i += rest.data[i] == '\\';
    }
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `count` hexadecimal digits behind `\u` or `\U`. */
static bool hex(struct slice text, size_t count, uint32_t *ret)
{
    uint32_t value = 0;

    if (text.length < 2 + count)
        return false;
    for (size_t i = 0; i < count; i++) {
        int digit = hex_digit(text.data[2 + i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *ret = value;
    return true;
}

/* Bytes of the code point written at the front as `\uXXXX`, as two of them that are a surrogate pair, or `\UXXXXXX`. 0:
 * none is. */
static size_t code_point(struct slice text, uint32_t *ret)
{
    uint32_t low;

    if (slice_starts_with(text, SLICE("\\U")) && hex(text, 6, ret))
        return 8;
    if (!slice_starts_with(text, SLICE("\\u")) || !hex(text, 4, ret))
        return 0;
    struct slice next = slice_from(text, 6);
    if (*ret < 0xD800 || *ret > 0xDBFF || !slice_starts_with(next, SLICE("\\u")) || !hex(next, 4, &low) ||
        low < 0xDC00 || low > 0xDFFF)
        return 6;
    *ret = 0x10000 + ((*ret - 0xD800) << 10) + (low - 0xDC00);
    return 12;
}

static char simple_escape(char c)
{
    switch (c) {
    case '"':
    case '\'':
    case '\\':
        return c;
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

/* Rule 64. A backslash before anything else is an ordinary character (rule 33), as patterns need: "\d". Returns the
 * bytes read; 0 for what is no character (half of a surrogate pair, beyond U+10FFFF). */
static size_t unescape(struct slice text, struct buffer *into)
{
    uint32_t character;
    size_t length = code_point(text, &character);
    char simple = text.length > 1 ? simple_escape(text.data[1]) : '\0';

    if (length > 0) {
        if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
            return 0;
        utf8_put(into, character);
        return length;
    }
    buffer_byte(into, (uint8_t)(simple ? simple : '\\'));
    return simple ? 2 : 1;
}

enum error parser_quoted(struct parser *parser, struct slice *ret)
{
    struct slice rest = parser_rest(parser);
    size_t length = quoted_length(rest);
    CLEANUP_BUFFER struct buffer text = buffer_new(length + 1);

    if (length == 0)
        return parser_refuse(parser, parser->at, "this text has no closing quote on its line");
    for (size_t i = 1; i < length - 1;) {
        const char *escape = memchr(rest.data + i, '\\', length - 1 - i);
        size_t plain = escape ? (size_t)(escape - rest.data) - i : length - 1 - i;
        buffer_bytes(&text, rest.data + i, plain);
        i += plain;
        size_t read = escape ? unescape(slice_of(escape, length - 1 - i), &text) : 1;
        if (read == 0)
            return parser_refuse(parser, parser->at + i, "this escape is no character");
        i += escape ? read : 0;
    }
    struct slice copy = arena_copy(parser->arena, buffer_view(&text));
    if (!copy.data || buffer_check(&text) != OK)
        return ERROR_MEMORY;
    parser->at += length;
    *ret = copy;
    return OK;
}

/* ---- `@"…"` ---- */

/* Rule 65, in the order of 10.3.4.1. ERROR_VALUE when it is none of them. */
static enum error temporal(struct arena *arena, struct slice text, struct feel_value *ret)
{
    struct temporal_date date;
    struct temporal_time time;
    struct temporal_date_time date_time;
    int64_t months;
    __int128 nanoseconds;

    if (temporal_parse_date(text, &date) == OK) {
        *ret = (struct feel_value){.kind = FEEL_DATE, .date = date};
        return OK;
    }
    if (temporal_parse_time(text, &time) == OK)
        return feel_time(arena, time, ret);
    if (temporal_parse_date_time(text, &date_time) == OK)
        return feel_date_time(arena, date_time, ret);
    if (temporal_parse_months(text, &months) == OK) {
        *ret = (struct feel_value){.kind = FEEL_YEARS_MONTHS, .months = months};
        return OK;
    }
    if (temporal_parse_nanoseconds(text, &nanoseconds) == OK)
        return feel_nanoseconds(arena, nanoseconds, ret);
    return ERROR_VALUE;
}

static enum error at_literal(struct parser *parser, struct feel_value *ret)
{
    size_t at = parser->at++;
    struct slice text;

    if (!parser_at(parser, "\""))
        return parser_expected(parser, "a quoted text");
    TRY(parser_quoted(parser, &text));
    enum error error = temporal(parser->arena, text, ret);
    if (error == ERROR_VALUE)
        return parser_refuse(parser, at, "this is no date, time, date and time or duration");
    return error;
}

/* ---- numbers ---- */

enum error parser_number(struct parser *parser, bool negative, feel_tree *ret)
{
    struct slice rest = parser_rest(parser);
    struct feel_node node = {.kind = FEEL_LITERAL, .at = (uint32_t)parser->at};
    size_t length = lex_number(rest);
    struct number number;

    if (number_parse(slice_of(rest.data, length), &number) != OK)
        return parser_refuse(parser, parser->at, "this number is too large");
    TRY(feel_number(parser->arena, negative ? number_negate(number) : number, &node.value));
    parser->at += length;
    return parser_node(parser, &node, ret);
}

enum error parser_literal(struct parser *parser, bool *ret_found, feel_tree *ret)
{
    struct slice rest = parser_rest(parser);
    struct feel_node node = {.kind = FEEL_LITERAL, .at = (uint32_t)parser->at};
    struct slice text;

    *ret_found = true;
    if (lex_number(rest) > 0)
        return parser_number(parser, false, ret);
    if (slice_starts_with(rest, SLICE("\""))) {
        TRY(parser_quoted(parser, &text));
        node.value = feel_string(text);
    } else if (slice_starts_with(rest, SLICE("@"))) {
        TRY(at_literal(parser, &node.value));
    } else {
        *ret_found = false;
        return OK;
    }
    return parser_node(parser, &node, ret);
}
