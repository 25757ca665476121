/* SPDX-License-Identifier: Apache-2.0 */

/* String functions (DMN 1.5, table 74). Positions and lengths are code points. */

#include "builtins.h"

#include "pattern.h"

#define PATTERN_STEPS 256 /* of making one ready */
#define WORK_STEPS 4096   /* of one unit of pattern_work */

static bool is_first_byte(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

static int64_t characters(struct slice text)
{
    int64_t count = 0;

    for (size_t i = 0; i < text.length; i++)
        count += is_first_byte(text.data[i]);
    return count;
}

/* The byte where character `index`, from 0, begins; the length behind the last. */
static size_t byte_of(struct slice text, int64_t index)
{
    size_t i = 0;

    for (; i < text.length; i++)
        if (is_first_byte(text.data[i]) && index-- == 0)
            break;
    return i;
}

FEEL_BUILTIN(substring)
{
    struct feel_value text;
    int64_t from, length;

    if (!feel_as(&argument[0], FEEL_STRING, &text))
        return feel_unfit(run, "substring", ret);
    TRY(feel_spend(run, text.string.length / 16));
    if (!feel_portion(argument, count, characters(text.string), &from, &length))
        return feel_unfit(run, "substring", ret);
    struct slice rest = slice_from(text.string, byte_of(text.string, from));
    *ret = feel_string(slice_of(rest.data, byte_of(rest, length)));
    return OK;
}

FEEL_BUILTIN(string_length)
{
    struct feel_value text;

    if (!feel_as(&argument[0], FEEL_STRING, &text))
        return feel_unfit(run, "string length", ret);
    TRY(feel_spend(run, text.string.length / 16));
    return feel_whole(run, characters(text.string), ret);
}

static enum error in_case(struct feel_run *run, const char *function, const struct feel_value *argument,
                          enum error (*change)(struct arena *arena, struct slice text, struct slice *ret),
                          struct feel_value *ret)
{
    struct feel_value text;
    struct slice changed;
    enum error error;

    if (!feel_as(argument, FEEL_STRING, &text))
        return feel_unfit(run, function, ret);
    TRY(feel_spend(run, text.string.length / 4));
    error = change(run->arena, text.string, &changed);
    if (error == ERROR_VALUE)
        return feel_unfit(run, function, ret);
    TRY(error);
    *ret = feel_string(changed);
    return OK;
}

FEEL_BUILTIN(upper_case)
{
    return in_case(run, "upper case", argument, pattern_upper, ret);
}

FEEL_BUILTIN(lower_case)
{
    return in_case(run, "lower case", argument, pattern_lower, ret);
}

/* ---- one text in another ---- */

static bool two_texts(const struct feel_value *argument, struct slice *ret_text, struct slice *ret_match)
{
    struct feel_value text, match;

    if (!feel_as(&argument[0], FEEL_STRING, &text) || !feel_as(&argument[1], FEEL_STRING, &match))
        return false;
    *ret_text = text.string;
    *ret_match = match.string;
    return true;
}

/* SIZE_MAX where it is not. */
static enum error search(struct feel_run *run, struct slice text, struct slice match, size_t *ret)
{
    TRY(feel_spend(run, text.length / 16 + match.length / 16));
    *ret = match.length ? slice_search(text, match) : 0;
    return OK;
}

FEEL_BUILTIN(substring_before)
{
    struct slice text, match;
    size_t at;

    if (!two_texts(argument, &text, &match))
        return feel_unfit(run, "substring before", ret);
    TRY(search(run, text, match, &at));
    *ret = feel_string(slice_of(text.data, at == SIZE_MAX ? 0 : at));
    return OK;
}

FEEL_BUILTIN(substring_after)
{
    struct slice text, match;
    size_t at;

    if (!two_texts(argument, &text, &match))
        return feel_unfit(run, "substring after", ret);
    TRY(search(run, text, match, &at));
    *ret = feel_string(slice_from(text, at == SIZE_MAX ? text.length : at + match.length));
    return OK;
}

FEEL_BUILTIN(contains)
{
    struct slice text, match;
    size_t at;

    if (!two_texts(argument, &text, &match))
        return feel_unfit(run, "contains", ret);
    TRY(search(run, text, match, &at));
    *ret = feel_boolean(at != SIZE_MAX);
    return OK;
}

FEEL_BUILTIN(starts_with)
{
    struct slice text, match;

    if (!two_texts(argument, &text, &match))
        return feel_unfit(run, "starts with", ret);
    *ret = feel_boolean(slice_starts_with(text, match));
    return OK;
}

FEEL_BUILTIN(ends_with)
{
    struct slice text, match;

    if (!two_texts(argument, &text, &match))
        return feel_unfit(run, "ends with", ret);
    *ret = feel_boolean(slice_ends_with(text, match));
    return OK;
}

/* ---- patterns ---- */

/* Flags may be left out or null. */
static bool flags_of(const struct feel_value *argument, size_t count, size_t index, struct slice *ret)
{
    struct feel_value flags;

    *ret = SLICE("");
    if (count <= index || argument[index].kind == FEEL_NULL)
        return true;
    if (!feel_as(&argument[index], FEEL_STRING, &flags))
        return false;
    *ret = flags.string;
    return true;
}

/* A pattern that takes too long is null with a note, like one that is none: the run goes on. */
static enum error pattern_failed(struct feel_run *run, const char *function, enum error error, struct feel_value *ret)
{
    if (error == ERROR_TOO_COSTLY)
        return feel_null_because(run, ret, "%s: the pattern takes too long", function);
    return error == ERROR_MEMORY ? error : feel_unfit(run, function, ret);
}

FEEL_BUILTIN(matches)
{
    struct slice text, pattern, flags;
    uint64_t work;
    bool does;
    enum error error;

    if (!two_texts(argument, &text, &pattern) || !flags_of(argument, count, 2, &flags))
        return feel_unfit(run, "matches", ret);
    TRY(feel_spend(run, PATTERN_STEPS + text.length));
    work = pattern_work();
    error = pattern_matches(run->arena, text, pattern, flags, &does);
    TRY(feel_spend(run, WORK_STEPS * (pattern_work() - work)));
    if (error != OK)
        return pattern_failed(run, "matches", error, ret);
    *ret = feel_boolean(does);
    return OK;
}

FEEL_BUILTIN(replace)
{
    struct slice text, pattern, flags, result;
    struct feel_value replacement;
    uint64_t work;
    enum error error;

    if (!two_texts(argument, &text, &pattern) || !feel_as(&argument[2], FEEL_STRING, &replacement) ||
        !flags_of(argument, count, 3, &flags))
        return feel_unfit(run, "replace", ret);
    TRY(feel_spend(run, PATTERN_STEPS + text.length));
    work = pattern_work();
    error = pattern_replace(run->arena, text, pattern, replacement.string, flags, &result);
    TRY(feel_spend(run, WORK_STEPS * (pattern_work() - work)));
    if (error != OK)
        return pattern_failed(run, "replace", error, ret);
    *ret = feel_string(result);
    return feel_spend(run, result.length / 4);
}

FEEL_BUILTIN(split)
{
    struct feel_items items = {0};
    struct slice text, pattern, *piece;
    size_t pieces;
    uint64_t work;
    enum error error;

    if (!two_texts(argument, &text, &pattern))
        return feel_unfit(run, "split", ret);
    TRY(feel_spend(run, PATTERN_STEPS + text.length));
    work = pattern_work();
    error = pattern_split(run->arena, text, pattern, &piece, &pieces);
    TRY(feel_spend(run, WORK_STEPS * (pattern_work() - work)));
    if (error != OK)
        return pattern_failed(run, "split", error, ret);
    for (size_t i = 0; i < pieces; i++)
        TRY(feel_items_add(run, &items, feel_string(piece[i])));
    return feel_items_list(run, &items, ret);
}

/* ---- join ---- */

/* The bytes of the whole; false where an item is neither a string nor null. */
static bool joined_length(const struct feel_list *list, size_t delimiter, size_t *ret_length)
{
    size_t length = 0, strings = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].kind == FEEL_STRING) {
            length += list->item[i].string.length + (strings++ ? delimiter : 0);
        } else if (list->item[i].kind != FEEL_NULL) {
            return false;
        }
    }
    *ret_length = length;
    return true;
}

static char *put(char *at, struct slice text)
{
    if (text.length)
        memcpy(at, text.data, text.length);
    return at + text.length;
}

FEEL_BUILTIN(string_join)
{
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    struct slice delimiter;
    size_t length;

    if (!list || !flags_of(argument, count, 1, &delimiter) || !joined_length(list, delimiter.length, &length))
        return feel_unfit(run, "string join", ret);
    TRY(feel_spend(run, list->count + length / 64));
    char *text = arena_alloc(run->arena, length), *at = text;
    if (!text)
        return ERROR_MEMORY;
    for (size_t i = 0, strings = 0; i < list->count; i++) {
        if (list->item[i].kind != FEEL_STRING)
            continue;
        if (strings++)
            at = put(at, delimiter);
        at = put(at, list->item[i].string);
    }
    *ret = feel_string(slice_of(text, length));
    return OK;
}
