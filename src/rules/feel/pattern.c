/* SPDX-License-Identifier: Apache-2.0 */

/* Runs translated patterns in ICU, and maps case. ICU works on UTF-16: texts are widened into buffers that end with the
 * call, and only results go to the arena. */

#include "pattern.h"

#include <unicode/ustring.h>

#include "pattern_compiled.h"

#define PIECES_MAX (1 << 20)

static enum error narrow(struct arena *arena, const UChar *text, int32_t length, struct slice *ret)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t bytes = 0;

    u_strToUTF8(NULL, 0, &bytes, text, length, &status);
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
        return pattern_error_of(status);
    char *room = arena_alloc(arena, (size_t)bytes + 1);
    if (!room)
        return ERROR_MEMORY;
    status = U_ZERO_ERROR;
    u_strToUTF8(room, bytes + 1, NULL, text, length, &status);
    *ret = slice_of(room, (size_t)bytes);
    return pattern_error_of(status);
}

/* Does it match anywhere in the text? */
static enum error finds(URegularExpression *regex, const struct wide_text *text, bool *ret)
{
    UErrorCode status = U_ZERO_ERROR;

    uregex_setText(regex, text->data, text->length, &status);
    bool found = uregex_find(regex, 0, &status);
    TRY(pattern_error_of(status));
    *ret = found;
    return OK;
}

/* A pattern that must not match the empty text, ready to find its matches in `text`. */
static enum error compiled_dividing(struct slice pattern, const struct pattern_flags *flags,
                                    const struct wide_text *text, URegularExpression **ret)
{
    static const struct wide_text empty = {.data = u""};
    UErrorCode status = U_ZERO_ERROR;
    bool of_nothing = false;

    TRY(pattern_compiled(pattern, flags, ret));
    TRY(finds(*ret, &empty, &of_nothing));
    if (of_nothing)
        return ERROR_VALUE;
    uregex_setText(*ret, text->data, text->length, &status);
    return pattern_error_of(status);
}

enum error pattern_matches(struct arena *arena, struct slice text, struct slice pattern, struct slice flags,
                           bool *ret_matches)
{
    CLEANUP_WIDE struct wide_text wide = {0};
    URegularExpression *regex = NULL;
    struct pattern_flags read = {0};

    (void)arena;
    TRY(pattern_read_flags(flags, &read));
    TRY(pattern_compiled(pattern, &read, &regex));
    TRY(wide_text(text, &wide));
    return finds(regex, &wide, ret_matches);
}

/* Appends UTF-16. */
static void append(struct buffer *into, const UChar *text, int32_t from, int32_t to)
{
    if (to > from)
        buffer_bytes(into, text + from, (size_t)(to - from) * sizeof *text);
}

/* Appends what group `number` matched, which may be nothing. */
static void append_group(URegularExpression *regex, const struct wide_text *text, int32_t number, struct buffer *into)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t from = uregex_start(regex, number, &status), to = uregex_end(regex, number, &status);

    if (U_SUCCESS(status) && from >= 0)
        append(into, text->data, from, to);
}

static bool is_digit(const struct wide_text *text, int32_t at)
{
    return at < text->length && text->data[at] >= '0' && text->data[at] <= '9';
}

/* The group behind a `$` at `*at`: as many digits as there are groups for, at least one. */
static int32_t read_group(const struct wide_text *replacement, int32_t group_count, int32_t *at)
{
    int32_t number = replacement->data[(*at)++] - '0';

    while (is_digit(replacement, *at) && number * 10 + (replacement->data[*at] - '0') <= group_count)
        number = number * 10 + (replacement->data[(*at)++] - '0');
    return number;
}

/* Appends a replacement (5.6.4). ERROR_VALUE: a `$` or `\` that means nothing. */
static enum error expand(URegularExpression *regex, const struct wide_text *text, const struct wide_text *replacement,
                         int32_t group_count, struct buffer *into)
{
    for (int32_t i = 0; i < replacement->length;) {
        UChar unit = replacement->data[i++];
        if (unit == '$') {
            if (!is_digit(replacement, i))
                return ERROR_VALUE;
            append_group(regex, text, read_group(replacement, group_count, &i), into);
            continue;
        }
        if (unit == '\\') {
            if (i == replacement->length || (replacement->data[i] != '\\' && replacement->data[i] != '$'))
                return ERROR_VALUE;
            unit = replacement->data[i++];
        }
        buffer_bytes(into, &unit, sizeof unit);
    }
    return OK;
}

static enum error replace_all(URegularExpression *regex, const struct wide_text *text,
                              const struct wide_text *replacement, bool literal, struct buffer *into)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t group_count = uregex_groupCount(regex, &status), last = 0;

    while (uregex_findNext(regex, &status)) {
        append(into, text->data, last, uregex_start(regex, 0, &status));
        if (literal)
            append(into, replacement->data, 0, replacement->length);
        else
            TRY(expand(regex, text, replacement, group_count, into));
        last = uregex_end(regex, 0, &status);
        if (into->failed)
            return ERROR_TOO_COSTLY;
    }
    append(into, text->data, last, text->length);
    if (buffer_check(into) != OK)
        return ERROR_TOO_COSTLY;
    return pattern_error_of(status);
}

enum error pattern_replace(struct arena *arena, struct slice text, struct slice pattern, struct slice replacement,
                           struct slice flags, struct slice *ret)
{
    CLEANUP_WIDE struct wide_text wide = {0}, with = {0};
    URegularExpression *regex = NULL;
    CLEANUP_BUFFER struct buffer checked = buffer_new(WIDE_BYTES_MAX), result = buffer_new(WIDE_BYTES_MAX);
    struct pattern_flags read = {0};

    TRY(pattern_read_flags(flags, &read));
    TRY(wide_text(text, &wide));
    TRY(wide_text(replacement, &with));
    TRY(compiled_dividing(pattern, &read, &wide, &regex));
    if (!read.literal) /* wrong replacements are refused where nothing matches, too */
        TRY(expand(regex, &wide, &with, 0, &checked));
    TRY(replace_all(regex, &wide, &with, read.literal, &result));
    return narrow(arena, (const UChar *)(const void *)result.data, (int32_t)(result.length / sizeof(UChar)), ret);
}

/* How many matches; the text is to be searched from the start again afterwards. */
static enum error count_matches(URegularExpression *regex, size_t *ret)
{
    UErrorCode status = U_ZERO_ERROR;
    size_t count = 0;

    while (uregex_findNext(regex, &status))
        if (++count == PIECES_MAX)
            return ERROR_TOO_COSTLY;
    TRY(pattern_error_of(status));
    uregex_reset(regex, 0, &status);
    *ret = count;
    return pattern_error_of(status);
}

enum error pattern_split(struct arena *arena, struct slice text, struct slice delimiter, struct slice **ret_pieces,
                         size_t *ret_count)
{
    CLEANUP_WIDE struct wide_text wide = {0};
    URegularExpression *regex = NULL;
    struct pattern_flags none = {0};
    UErrorCode status = U_ZERO_ERROR;
    size_t count = 0;
    int32_t last = 0;

    TRY(wide_text(text, &wide));
    TRY(compiled_dividing(delimiter, &none, &wide, &regex));
    TRY(count_matches(regex, &count));
    struct slice *pieces = arena_array(arena, count + 1, sizeof *pieces);
    if (!pieces)
        return ERROR_MEMORY;
    for (size_t i = 0; i < count && uregex_findNext(regex, &status); i++) {
        TRY(narrow(arena, wide.data + last, uregex_start(regex, 0, &status) - last, &pieces[i]));
        last = uregex_end(regex, 0, &status);
    }
    TRY(pattern_error_of(status));
    TRY(narrow(arena, wide.data + last, wide.length - last, &pieces[count]));
    *ret_pieces = pieces;
    *ret_count = count + 1;
    return OK;
}

typedef int32_t map_case(UChar *into, int32_t capacity, const UChar *text, int32_t length, const char *locale,
                         UErrorCode *status);

static enum error mapped(struct arena *arena, struct slice text, map_case *map, struct slice *ret)
{
    CLEANUP_WIDE struct wide_text wide = {0};
    CLEANUP_BUFFER struct buffer result = buffer_new(WIDE_BYTES_MAX);
    UErrorCode status = U_ZERO_ERROR;

    TRY(wide_text(text, &wide));
    int32_t length = map(NULL, 0, wide.data, wide.length, "", &status);
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
        return pattern_error_of(status);
    UChar *room = buffer_room(&result, ((size_t)length + 1) * sizeof *room);
    if (!room)
        return ERROR_MEMORY;
    status = U_ZERO_ERROR;
    map(room, length + 1, wide.data, wide.length, "", &status);
    TRY(pattern_error_of(status));
    return narrow(arena, room, length, ret);
}

enum error pattern_upper(struct arena *arena, struct slice text, struct slice *ret)
{
    return mapped(arena, text, u_strToUpper, ret);
}

enum error pattern_lower(struct arena *arena, struct slice text, struct slice *ret)
{
    return mapped(arena, text, u_strToLower, ret);
}
