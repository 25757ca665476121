/* SPDX-License-Identifier: Apache-2.0 */

#include "pattern_dialect.h"

#include "text/utf8.h"

enum error pattern_read_flags(struct slice text, struct pattern_flags *ret)
{
    struct pattern_flags flags = {0};

    for (size_t i = 0; i < text.length; i++) {
        switch (text.data[i]) {
        case 's':
            flags.dot_all = true;
            break;
        case 'm':
            flags.many_lines = true;
            break;
        case 'i':
            flags.ignore_case = true;
            break;
        case 'x':
            flags.free_space = true;
            break;
        case 'q':
            flags.literal = true;
            break;
        default:
            return ERROR_VALUE;
        }
    }
    *ret = flags;
    return OK;
}

bool pattern_take(struct translation *at, char wanted)
{
    if (!at->rest.length || at->rest.data[0] != wanted)
        return false;
    at->rest = slice_from(at->rest, 1);
    return true;
}

/* Leaves out white space, also behind a `\`, but not in classes (flag x). */
static void strip_space(struct slice pattern, struct buffer *into)
{
    unsigned depth = 0;
    bool escaped = false;

    for (size_t i = 0; i < pattern.length; i++) {
        char c = pattern.data[i];
        if (!depth && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        buffer_byte(into, (uint8_t)c);
        if (!escaped && c == '[')
            depth++;
        if (!escaped && c == ']' && depth)
            depth--;
        escaped = !escaped && c == '\\';
    }
}

static enum error open_group(struct translation *at)
{
    uint32_t number = 0;

    if (at->open_count == PATTERN_GROUPS_MAX)
        return ERROR_TOO_COSTLY;
    if (pattern_take(at, '?')) {
        if (!pattern_take(at, ':'))
            return ERROR_VALUE;
        buffer_string(at->into, "(?:");
    } else {
        if (at->group_count == PATTERN_GROUPS_MAX)
            return ERROR_TOO_COSTLY;
        number = ++at->group_count;
        buffer_byte(at->into, '(');
    }
    at->open[at->open_count++] = number;
    return OK;
}

static enum error close_group(struct translation *at)
{
    if (!at->open_count)
        return ERROR_VALUE;
    at->group_closed[at->open[--at->open_count]] = true;
    buffer_byte(at->into, ')');
    return OK;
}

static bool take_digit(struct translation *at, uint32_t *ret)
{
    if (!at->rest.length || at->rest.data[0] < '0' || at->rest.data[0] > '9')
        return false;
    *ret = (uint32_t)(at->rest.data[0] - '0');
    at->rest = slice_from(at->rest, 1);
    return true;
}

/* One digit or more, at most PATTERN_TIMES_MAX. */
static enum error take_times(struct translation *at, uint32_t *ret)
{
    uint32_t value = 0, digit = 0;

    if (!take_digit(at, &value))
        return ERROR_VALUE;
    while (take_digit(at, &digit)) {
        value = value * 10 + digit;
        if (value > PATTERN_TIMES_MAX)
            return ERROR_TOO_COSTLY;
    }
    *ret = value;
    return OK;
}

/* Behind a `{`: `2}`, `2,}` or `2,5}`. */
static enum error translate_times(struct translation *at)
{
    uint32_t least = 0, most = 0;

    TRY(take_times(at, &least));
    buffer_format(at->into, "{%u", least);
    if (pattern_take(at, ',')) {
        buffer_byte(at->into, ',');
        if (at->rest.length && at->rest.data[0] != '}') {
            TRY(take_times(at, &most));
            if (most < least)
                return ERROR_VALUE;
            buffer_format(at->into, "%u", most);
        }
    }
    buffer_byte(at->into, '}');
    return pattern_take(at, '}') ? OK : ERROR_VALUE;
}

static enum error translate_quantifier(struct translation *at, char sign)
{
    if (sign == '{')
        TRY(translate_times(at));
    else
        buffer_byte(at->into, (uint8_t)sign);
    if (pattern_take(at, '?'))
        buffer_byte(at->into, '?');
    return OK;
}

/* `\12` is group 12 where there is one, else group 1 and a `2`. The group must have ended. */
static enum error translate_back_reference(struct translation *at, uint32_t number)
{
    uint32_t digit = 0;

    for (;;) {
        struct slice before = at->rest;
        if (!take_digit(at, &digit))
            break;
        if (number * 10 + digit > at->group_count) {
            at->rest = before;
            break;
        }
        number = number * 10 + digit;
    }
    if (number > at->group_count || !at->group_closed[number])
        return ERROR_VALUE;
    buffer_format(at->into, at->flags.ignore_case ? "(?:(?i:\\%u))" : "(?:\\%u)", number);
    return OK;
}

static enum error translate_escape(struct translation *at)
{
    uint32_t character = 0;

    if (at->rest.length && at->rest.data[0] >= '1' && at->rest.data[0] <= '9') {
        (void)take_digit(at, &character);
        return translate_back_reference(at, character);
    }
    enum error error = pattern_class_escape(at);
    if (error != ERROR_NOT_FOUND)
        return error;
    TRY(pattern_character_escape(at, &character));
    return pattern_character(at, character);
}

/* The one newline of XPath is U+000A; `.` excludes U+000D too. */
static void translate_sign(struct translation *at, char sign)
{
    bool many = at->flags.many_lines;

    if (sign == '.')
        buffer_string(at->into, at->flags.dot_all ? "[\\x{0}-\\x{10FFFF}]" : "[^\\n\\r]");
    else if (sign == '^')
        buffer_string(at->into, many ? "(?:\\A|(?<=\\n)(?!\\z))" : "(?:\\A)");
    else
        buffer_string(at->into, many ? "(?:(?=\\n)|\\z)" : "(?:\\z)");
}

/* Whether a quantifier may follow is kept in `quantifiable`. */
static enum error translate_next(struct translation *at, bool *quantifiable)
{
    bool after_atom = *quantifiable;
    uint32_t next = 0;

    if (!utf8_next(&at->rest, &next))
        return ERROR_VALUE;
    *quantifiable = true;
    switch (next) {
    case '|':
        *quantifiable = false;
        buffer_byte(at->into, '|');
        return OK;
    case '(':
        *quantifiable = false;
        return open_group(at);
    case ')':
        return close_group(at);
    case '?':
    case '*':
    case '+':
    case '{':
        *quantifiable = false;
        return after_atom ? translate_quantifier(at, (char)next) : ERROR_VALUE;
    case '.':
    case '^':
    case '$':
        translate_sign(at, (char)next);
        return OK;
    case '[':
        return pattern_class(at, 0);
    case '\\':
        return translate_escape(at);
    case ']':
    case '}':
        return ERROR_VALUE;
    default:
        return pattern_character(at, next);
    }
}

static enum error translate_literally(struct translation *at)
{
    uint32_t next = 0;

    while (at->rest.length) {
        if (!utf8_next(&at->rest, &next))
            return ERROR_VALUE;
        TRY(pattern_character(at, next));
    }
    return OK;
}

static enum error translate_all(struct translation *at)
{
    bool quantifiable = false;

    while (at->rest.length)
        TRY(translate_next(at, &quantifiable));
    return at->open_count ? ERROR_VALUE : OK;
}

enum error pattern_translate(struct slice pattern, const struct pattern_flags *flags, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer stripped = buffer_new(PATTERN_BYTES_MAX);
    struct translation at = {.rest = pattern, .into = into, .flags = *flags};

    if (pattern.length > PATTERN_BYTES_MAX)
        return ERROR_TOO_COSTLY;
    if (flags->literal) {
        TRY(translate_literally(&at));
    } else {
        if (flags->free_space) {
            strip_space(pattern, &stripped);
            at.rest = buffer_view(&stripped);
        }
        TRY(translate_all(&at));
    }
    return buffer_check(into) == OK && buffer_check(&stripped) == OK ? OK : ERROR_TOO_COSTLY;
}
