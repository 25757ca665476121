/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A borrowed range of bytes: never freed, never terminated by a zero. Whoever made the bytes keeps them alive. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data;
    size_t length;
};

/* A person's name, birth date, identifier or free text. It has a type of its own so that the log macro, which has no
 * case for it, refuses to compile. Open it only to show it to somebody whom the gate let through. */
struct personal {
    struct slice text;
};

#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})
#define SLICE_PRINT(s) (int)(s).length, (s).data /* for "%.*s" */

static inline struct slice slice_of(const void *data, size_t length)
{
    return (struct slice){data, length};
}

static inline struct slice slice_from_string(const char *string)
{
    return (struct slice){string, string ? strlen(string) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_is(struct slice a, const char *string)
{
    return slice_equal(a, slice_from_string(string));
}

static inline bool slice_starts_with(struct slice a, struct slice prefix)
{
    return a.length >= prefix.length && slice_equal(slice_of(a.data, prefix.length), prefix);
}

static inline bool slice_ends_with(struct slice a, struct slice suffix)
{
    return a.length >= suffix.length && slice_equal(slice_of(a.data + a.length - suffix.length, suffix.length), suffix);
}

/* The rest from `start` on; empty when there is none. */
static inline struct slice slice_from(struct slice a, size_t start)
{
    return start >= a.length ? slice_of(a.data + a.length, 0) : slice_of(a.data + start, a.length - start);
}

/* Compares like memcmp, a prefix first. */
int slice_compare(struct slice a, struct slice b);

/* Index of the first `byte`, or a.length. */
size_t slice_find(struct slice a, char byte);

/* Index of the first occurrence of `needle`, or SIZE_MAX. */
size_t slice_search(struct slice haystack, struct slice needle);

/* Splits at the first `separator`: returns what stands before it and moves `rest` behind it. Without one, returns all.
 * */
struct slice slice_cut(struct slice *rest, char separator);

/* Decimal digits only, no sign, no space, at most UINT64_MAX. False when it is anything else. */
bool slice_to_u64(struct slice a, uint64_t *ret_value);
