/* SPDX-License-Identifier: Apache-2.0 */
#include "lex.h"

#include "text/utf8.h"

struct range {
    uint32_t first, last;
};

static bool is_in(const struct range *range, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++)
        if (character >= range[i].first && character <= range[i].last)
            return true;
    return false;
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '?';
}

/* Rule 28. */
bool lex_is_name_start(uint32_t character)
{
    static const struct range ranges[] = {
        {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},   {0x37F, 0x1FFF},  {0x200C, 0x200D},
        {0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
    };

    if (character < 0x80)
        return is_letter(character);
    /* U+1680 and U+180E are white space (rule 61) and U+FEFF too, though within the ranges of rule 28. */
    if (character == 0x1680 || character == 0x180E || character == 0xFEFF)
        return false;
    return is_in(ranges, sizeof ranges / sizeof ranges[0], character);
}

/* Rule 29. */
bool lex_is_name_part(uint32_t character)
{
    if (character < 0x80)
        return is_letter(character) || is_digit(character);
    return lex_is_name_start(character) || character == 0xB7 || (character >= 0x300 && character <= 0x36F) ||
           character == 0x203F || character == 0x2040;
}

/* Rules 61 and 62. U+200C and U+200D stand in rule 28 too, where scripts need them: they belong to names. */
static bool is_space(uint32_t character)
{
    static const struct range ranges[] = {
        {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200B},
        {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF},
    };

    if (character < 0x80)
        return character == ' ' || (character >= '\t' && character <= '\r');
    return is_in(ranges, sizeof ranges / sizeof ranges[0], character);
}

/* The character at the front and its bytes; 0 bytes at the end. A byte that is no UTF-8 is U+FFFF, which is nothing. */
static size_t character_at(struct slice text, uint32_t *ret)
{
    struct slice rest = text;

    if (text.length == 0)
        return 0;
    *ret = (unsigned char)text.data[0];
    if (*ret < 0x80)
        return 1;
    if (utf8_next(&rest, ret))
        return text.length - rest.length;
    *ret = 0xFFFF;
    return 1;
}

static size_t run(struct slice text, bool (*belongs)(uint32_t))
{
    uint32_t character;
    size_t at = 0, bytes;

    while ((bytes = character_at(slice_from(text, at), &character)) > 0 && belongs(character))
        at += bytes;
    return at;
}

size_t lex_space(struct slice text)
{
    return run(text, is_space);
}

bool lex_at_comment(struct slice text)
{
    return text.length >= 2 && text.data[0] == '/' && (text.data[1] == '/' || text.data[1] == '*');
}

/* Bytes of the comment at the front; 0 for one without an end. */
static size_t comment(struct slice text)
{
    if (text.data[1] == '/')
        return slice_find(text, '\n');
    size_t end = slice_search(slice_from(text, 2), SLICE("*/"));
    return end == SIZE_MAX ? 0 : 2 + end + 2;
}

size_t lex_blank(struct slice text)
{
    size_t at = lex_space(text), bytes;

    while (lex_at_comment(slice_from(text, at)) && (bytes = comment(slice_from(text, at))) > 0) {
        at += bytes;
        at += lex_space(slice_from(text, at));
    }
    return at;
}

size_t lex_word(struct slice text)
{
    return run(text, lex_is_name_part);
}

bool lex_at_name(struct slice text)
{
    uint32_t character;

    return character_at(text, &character) > 0 && lex_is_name_start(character);
}

/* Rule 30: both the typewriter's apostrophe and the one that the specification prints. */
size_t lex_name_sign(struct slice text)
{
    if (text.length > 0 && text.data[0] != '\0' && strchr("./-'+*", text.data[0]))
        return 1;
    return slice_starts_with(text, SLICE("\u2019")) ? strlen("\u2019") : 0;
}

size_t lex_token(struct slice text)
{
    uint32_t character;
    size_t word = lex_word(text);

    return word > 0 ? word : character_at(text, &character);
}

static size_t digits(struct slice text)
{
    size_t at = 0;

    while (at < text.length && is_digit((unsigned char)text.data[at]))
        at++;
    return at;
}

static size_t exponent(struct slice text)
{
    size_t at = 1;

    if (text.length == 0 || (text.data[0] != 'e' && text.data[0] != 'E'))
        return 0;
    if (text.length > 1 && (text.data[1] == '+' || text.data[1] == '-'))
        at++;
    size_t count = digits(slice_from(text, at));
    return count > 0 ? at + count : 0;
}

size_t lex_number(struct slice text)
{
    size_t whole = digits(text), fraction = 0;

    if (whole < text.length && text.data[whole] == '.')
        fraction = digits(slice_from(text, whole + 1));
    if (whole + fraction == 0)
        return 0;
    size_t at = whole + (fraction > 0 ? 1 + fraction : 0);
    return at + exponent(slice_from(text, at));
}

bool lex_same(struct slice a, struct slice b)
{
    for (;;) {
        a = slice_from(a, lex_space(a));
        b = slice_from(b, lex_space(b));
        size_t length = lex_token(a);
        if (!slice_equal(slice_of(a.data, length), slice_of(b.data, lex_token(b))))
            return false;
        if (length == 0)
            return true;
        a = slice_from(a, length);
        b = slice_from(b, length);
    }
}
