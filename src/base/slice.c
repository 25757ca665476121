/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "slice.h"

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common ? memcmp(a.data, b.data, common) : 0;

    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

size_t slice_find(struct slice a, char byte)
{
    const char *found = a.length ? memchr(a.data, byte, a.length) : NULL;
    return found ? (size_t)(found - a.data) : a.length;
}

size_t slice_search(struct slice haystack, struct slice needle)
{
    if (needle.length == 0)
        return 0;
    const char *found = haystack.length ? memmem(haystack.data, haystack.length, needle.data, needle.length) : NULL;
    return found ? (size_t)(found - haystack.data) : SIZE_MAX;
}

struct slice slice_cut(struct slice *rest, char separator)
{
    size_t at = slice_find(*rest, separator);
    struct slice head = slice_of(rest->data, at);

    *rest = slice_from(*rest, at + 1);
    return head;
}

bool slice_to_u64(struct slice a, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (a.length == 0 || a.length > 20)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        if (a.data[i] < '0' || a.data[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(a.data[i] - '0'), &value))
            return false;
    }
    *ret_value = value;
    return true;
}
