/* SPDX-License-Identifier: Apache-2.0 */

#include "pattern_compiled.h"

#include <unicode/ustring.h>

#include "kept.h"
#include "pattern.h"

#define TRANSLATED_BYTES_MAX (1 << 20)
#define TEXT_BYTES_MAX (4 << 20)
#define STEPS_MAX 1000            /* for ICU: of 10,000 steps each, over all matches in a text */
#define STACK_BYTES_MAX (4 << 20) /* for ICU: what it remembers to come back to */
#define COMPILED_MAX 8            /* kept a thread */

enum error pattern_error_of(UErrorCode status)
{
    switch (status) {
    case U_MEMORY_ALLOCATION_ERROR:
        return ERROR_MEMORY;
    case U_REGEX_TIME_OUT:
    case U_REGEX_STACK_OVERFLOW:
    case U_REGEX_PATTERN_TOO_BIG:
    case U_BUFFER_OVERFLOW_ERROR:
        return ERROR_TOO_COSTLY;
    default:
        return U_SUCCESS(status) ? OK : ERROR_VALUE;
    }
}

void wide_text_free(struct wide_text *text)
{
    buffer_free(&text->bytes);
}

enum error wide_text(struct slice text, struct wide_text *ret)
{
    UErrorCode status = U_ZERO_ERROR;

    if (text.length > TEXT_BYTES_MAX)
        return ERROR_TOO_COSTLY;
    struct wide_text wide = {.bytes = buffer_new(WIDE_BYTES_MAX)};
    size_t units = text.length + 1; /* UTF-16 never has more units than UTF-8 has bytes */
    UChar *room = buffer_room(&wide.bytes, units * sizeof *room);
    if (!room)
        return ERROR_MEMORY;
    u_strFromUTF8(room, (int32_t)units, &wide.length, text.length ? text.data : "", (int32_t)text.length, &status);
    if (U_FAILURE(status)) {
        wide_text_free(&wide);
        return pattern_error_of(status);
    }
    wide.data = room;
    *ret = wide;
    return OK;
}

/* ICU calls it after every 10,000 of its steps. */
static UBool U_CALLCONV count_work(const void *work, int32_t steps)
{
    ++*(uint64_t *)(uintptr_t)work;
    return true;
}

static enum error compile(struct slice pattern, const struct pattern_flags *flags, const uint64_t *work,
                          URegularExpression **ret)
{
    CLEANUP_BUFFER struct buffer translated = buffer_new(TRANSLATED_BYTES_MAX);
    CLEANUP_WIDE struct wide_text wide = {0};
    UErrorCode status = U_ZERO_ERROR;

    TRY(pattern_translate(pattern, flags, &translated));
    if (!translated.length)
        buffer_string(&translated, "(?:)"); /* ICU refuses the empty pattern */
    TRY(wide_text(buffer_view(&translated), &wide));
    URegularExpression *regex = uregex_open(wide.data, wide.length, 0, NULL, &status);
    if (U_FAILURE(status))
        return pattern_error_of(status);
    uregex_setTimeLimit(regex, STEPS_MAX, &status);
    uregex_setStackLimit(regex, STACK_BYTES_MAX, &status);
    uregex_setMatchCallback(regex, count_work, work, &status);
    if (U_FAILURE(status)) {
        uregex_close(regex);
        return pattern_error_of(status);
    }
    *ret = regex;
    return OK;
}

struct compiled_cache {
    struct {
        struct buffer pattern;
        struct pattern_flags flags;
        URegularExpression *regex;
    } kept[COMPILED_MAX];
    unsigned next; /* to be replaced */
    uint64_t work; /* done so far, in ten thousands of ICU's steps */
};

static void cache_close(void *block)
{
    struct compiled_cache *cache = block;

    for (size_t i = 0; i < COMPILED_MAX; i++) {
        if (cache->kept[i].regex)
            uregex_close(cache->kept[i].regex);
        buffer_free(&cache->kept[i].pattern);
    }
}

static bool same_flags(const struct pattern_flags *a, const struct pattern_flags *b)
{
    return a->dot_all == b->dot_all && a->many_lines == b->many_lines && a->ignore_case == b->ignore_case &&
           a->free_space == b->free_space && a->literal == b->literal;
}

enum error pattern_compiled(struct slice pattern, const struct pattern_flags *flags, URegularExpression **ret)
{
    struct compiled_cache *cache = kept_get(KEPT_PATTERNS, sizeof *cache, cache_close);
    URegularExpression *regex = NULL;

    if (!cache)
        return ERROR_MEMORY;
    for (size_t i = 0; i < COMPILED_MAX; i++)
        if (cache->kept[i].regex && slice_equal(buffer_view(&cache->kept[i].pattern), pattern) &&
            same_flags(&cache->kept[i].flags, flags)) {
            *ret = cache->kept[i].regex;
            return OK;
        }
    TRY(compile(pattern, flags, &cache->work, &regex));
    unsigned place = cache->next++ % COMPILED_MAX;
    if (cache->kept[place].regex)
        uregex_close(cache->kept[place].regex);
    buffer_free(&cache->kept[place].pattern);
    cache->kept[place].pattern = buffer_new(PATTERN_BYTES_MAX);
    buffer_slice(&cache->kept[place].pattern, pattern);
    cache->kept[place].flags = *flags;
    cache->kept[place].regex = regex;
    if (buffer_check(&cache->kept[place].pattern) != OK) { /* no memory to know it by */
        cache->kept[place].regex = NULL;
        uregex_close(regex);
        return ERROR_MEMORY;
    }
    *ret = regex;
    return OK;
}

uint64_t pattern_work(void)
{
    const struct compiled_cache *cache = kept_get(KEPT_PATTERNS, sizeof *cache, cache_close);

    return cache ? cache->work : 0;
}
