/* SPDX-License-Identifier: Apache-2.0 */

/* Sets of characters: classes in brackets and their subtraction, and escapes. Where case is ignored, characters and
 * ranges are widened here, because ICU would widen categories and negated classes too, which XPath does not (5.6.1.1,
 * flag i). */

#include "pattern_dialect.h"

#include <unicode/uchar.h>
#include <unicode/uset.h>

#include "text/utf8.h"

/* XML 1.0, fifth edition, 2.3: NameStartChar and what NameChar adds. */
#define NAME_START                                                                                                     \
    ":A-Z_a-z\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{2FF}\\x{370}-\\x{37D}\\x{37F}-\\x{1FFF}\\x{200C}-\\x{200D}"     \
    "\\x{2070}-\\x{218F}\\x{2C00}-\\x{2FEF}\\x{3001}-\\x{D7FF}\\x{F900}-\\x{FDCF}\\x{FDF0}-\\x{FFFD}"                  \
    "\\x{10000}-\\x{EFFFF}"
#define NAME_MORE "\\-.0-9\\x{B7}\\x{300}-\\x{36F}\\x{203F}-\\x{2040}"

static const struct {
    char letter;
    const char *set;
} class_escapes[] = {
    {'s', "[\\x{20}\\t\\n\\r]"},
    {'S', "[^\\x{20}\\t\\n\\r]"},
    {'d', "\\d"},
    {'D', "\\D"},
    {'w', "[^\\p{P}\\p{Z}\\p{C}]"},
    {'W', "[\\p{P}\\p{Z}\\p{C}]"},
    {'i', "[" NAME_START "]"},
    {'I', "[^" NAME_START "]"},
    {'c', "[" NAME_START NAME_MORE "]"},
    {'C', "[^" NAME_START NAME_MORE "]"},
};

/* XML Schema 1.1 part 2, G.4.2.2. */
static const char *const categories[] = {
    "L",  "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "Mn", "Mc", "Me", "N",  "Nd", "Nl", "No", "P",  "Pc", "Pd", "Ps",
    "Pe", "Pi", "Pf", "Po", "Z",  "Zs", "Zl", "Zp", "S",  "Sm", "Sc", "Sk", "So", "C",  "Cc", "Cf", "Co", "Cn",
};

#define BLOCK_NAME_MAX 60

/* `IsGreek`: a block, if Unicode has one of that name. */
static bool is_block(struct slice name)
{
    char text[BLOCK_NAME_MAX + 1];

    if (name.length < 3 || name.length > BLOCK_NAME_MAX || !slice_starts_with(name, SLICE("Is")))
        return false;
    for (size_t i = 2; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    memcpy(text, name.data + 2, name.length - 2);
    text[name.length - 2] = 0;
    return u_getPropertyValueEnum(UCHAR_BLOCK, text) > UBLOCK_NO_BLOCK;
}

static bool is_category(struct slice name)
{
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++)
        if (slice_is(name, categories[i]))
            return true;
    return false;
}

/* Behind `\p` or `\P`. */
static enum error translate_property(struct translation *at, char sign)
{
    if (!pattern_take(at, '{'))
        return ERROR_VALUE;
    size_t end = slice_find(at->rest, '}');
    if (end == at->rest.length)
        return ERROR_VALUE;
    struct slice name = slice_of(at->rest.data, end);
    at->rest = slice_from(at->rest, end + 1);
    if (is_category(name))
        buffer_format(at->into, "\\%c{%.*s}", sign, SLICE_PRINT(name));
    else if (is_block(name))
        buffer_format(at->into, "\\%c{blk=%.*s}", sign, SLICE_PRINT(slice_from(name, 2)));
    else
        return ERROR_VALUE;
    return OK;
}

static enum error translate_set(struct translation *at)
{
    if (pattern_take(at, 'p'))
        return translate_property(at, 'p');
    if (pattern_take(at, 'P'))
        return translate_property(at, 'P');
    for (size_t i = 0; i < sizeof class_escapes / sizeof class_escapes[0]; i++)
        if (pattern_take(at, class_escapes[i].letter)) {
            buffer_string(at->into, class_escapes[i].set);
            return OK;
        }
    return ERROR_NOT_FOUND;
}

enum error pattern_class_escape(struct translation *at)
{
    TRY(translate_set(at));
    return ++at->set_count > PATTERN_SETS_MAX ? ERROR_TOO_COSTLY : OK;
}

enum error pattern_character_escape(struct translation *at, uint32_t *ret)
{
    static const char signs[] = "\\|.?*+(){}-[]^$";

    if (!at->rest.length)
        return ERROR_VALUE;
    char next = at->rest.data[0];
    at->rest = slice_from(at->rest, 1);
    switch (next) {
    case 'n':
        *ret = '\n';
        return OK;
    case 'r':
        *ret = '\r';
        return OK;
    case 't':
        *ret = '\t';
        return OK;
    default:
        *ret = (uint32_t)next;
        return next && memchr(signs, next, sizeof signs - 1) ? OK : ERROR_VALUE;
    }
}

static void write_range(struct buffer *into, uint32_t first, uint32_t last)
{
    buffer_format(into, "\\x{%X}", first);
    if (last > first)
        buffer_format(into, "-\\x{%X}", last);
}

/* The characters of a set; texts of more than one, which closing over case may add, are left out. */
static void write_set(struct buffer *into, const USet *set)
{
    int32_t count = uset_getItemCount(set);

    for (int32_t i = 0; i < count; i++) {
        UErrorCode status = U_ZERO_ERROR;
        UChar32 first = 0, last = 0;
        if (uset_getItem(set, i, &first, &last, NULL, 0, &status) == 0 && U_SUCCESS(status))
            write_range(into, (uint32_t)first, (uint32_t)last);
    }
}

enum error pattern_character(struct translation *at, uint32_t character)
{
    if (!at->flags.ignore_case) {
        write_range(at->into, character, character);
        return OK;
    }
    USet *variants = uset_open((UChar32)character, (UChar32)character);
    if (!variants)
        return ERROR_MEMORY;
    uset_closeOver(variants, USET_CASE_INSENSITIVE);
    buffer_byte(at->into, '[');
    write_set(at->into, variants);
    buffer_byte(at->into, ']');
    uset_close(variants);
    return OK;
}

/* What stands next, without taking it; 0 at the end. */
static char ahead(const struct translation *at, size_t distance)
{
    return at->rest.length > distance ? at->rest.data[distance] : 0;
}

/* A hyphen stands for itself first and last in its class, before `]` or a subtraction. */
static bool hyphen_is_literal(const struct translation *at, bool first)
{
    return first || ahead(at, 1) == ']' || (ahead(at, 1) == '-' && ahead(at, 2) == '[');
}

/* One end of a range. */
static enum error read_character(struct translation *at, uint32_t *ret)
{
    if (pattern_take(at, '\\'))
        return pattern_character_escape(at, ret);
    if (!utf8_next(&at->rest, ret) || *ret == '[' || *ret == ']')
        return ERROR_VALUE;
    return OK;
}

/* A character, or a range of them, into `set`. */
static enum error read_range(struct translation *at, USet *set, bool first)
{
    uint32_t low = 0, high = 0;

    if (ahead(at, 0) == '-') {
        if (!hyphen_is_literal(at, first))
            return ERROR_VALUE;
        at->rest = slice_from(at->rest, 1);
        uset_add(set, '-');
        return OK;
    }
    TRY(read_character(at, &low));
    high = low;
    if (ahead(at, 0) == '-' && ahead(at, 1) != '[' && !hyphen_is_literal(at, false)) {
        at->rest = slice_from(at->rest, 1);
        if (ahead(at, 0) == '-')
            return ERROR_VALUE;
        TRY(read_character(at, &high));
    }
    if (high < low)
        return ERROR_VALUE;
    uset_addRange(set, (UChar32)low, (UChar32)high);
    return OK;
}

/* Escapes for sets are written as they come, characters gathered in `set`. */
static enum error read_part(struct translation *at, USet *set, bool first)
{
    if (ahead(at, 0) == '\\') {
        struct slice before = at->rest;
        at->rest = slice_from(at->rest, 1);
        enum error error = pattern_class_escape(at);
        if (error != ERROR_NOT_FOUND)
            return error;
        at->rest = before;
    }
    return read_range(at, set, first);
}

/* Up to the `]` or the `-[` of a subtraction, neither of which is taken. */
static enum error read_parts(struct translation *at, USet *set)
{
    for (bool first = true;; first = false) {
        bool end = ahead(at, 0) == ']' || (ahead(at, 0) == '-' && ahead(at, 1) == '[');
        if (end || !at->rest.length)
            return end && !first ? OK : ERROR_VALUE;
        TRY(read_part(at, set, first));
    }
}

static enum error translate_parts(struct translation *at)
{
    USet *set = uset_openEmpty();

    if (!set)
        return ERROR_MEMORY;
    enum error error = read_parts(at, set);
    if (error == OK && at->flags.ignore_case)
        uset_closeOver(set, USET_CASE_INSENSITIVE);
    if (error == OK)
        write_set(at->into, set);
    uset_close(set);
    return error;
}

enum error pattern_class(struct translation *at, unsigned depth)
{
    if (depth == PATTERN_CLASSES_MAX)
        return ERROR_TOO_COSTLY;
    buffer_string(at->into, pattern_take(at, '^') ? "[[^" : "[[");
    TRY(translate_parts(at));
    buffer_byte(at->into, ']');
    if (pattern_take(at, '-')) {
        if (!pattern_take(at, '['))
            return ERROR_VALUE;
        buffer_string(at->into, "--");
        TRY(pattern_class(at, depth + 1));
    }
    buffer_byte(at->into, ']');
    return pattern_take(at, ']') ? OK : ERROR_VALUE;
}
