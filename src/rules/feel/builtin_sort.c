/* SPDX-License-Identifier: Apache-2.0 */

/* sort(list, precedes) (DMN 1.5, table 80): merges runs that double, so the order of equals is kept and the function is
 * asked no more than n log n times. */

#include "builtins.h"

struct sorting {
    const struct feel_function *precedes;
    bool undefined; /* it did not answer with a boolean */
};

/* Does b belong before a? */
static enum error must_swap(struct feel_run *run, struct sorting *sorting, const struct feel_value *a,
                            const struct feel_value *b, bool *ret)
{
    struct feel_value pair[] = {*b, *a}, says;

    TRY(feel_call(run, sorting->precedes, pair, 2, &says));
    sorting->undefined = sorting->undefined || says.kind != FEEL_BOOLEAN;
    *ret = feel_is_true(says);
    return OK;
}

/* from[start, middle) and from[middle, end), each in order, into `to`. */
static enum error merge(struct feel_run *run, struct sorting *sorting, const struct feel_value *from, size_t start,
                        size_t middle, size_t end, struct feel_value *to)
{
    size_t left = start, right = middle;

    for (size_t i = start; i < end; i++) {
        bool take_right = left == middle;
        if (left < middle && right < end && !sorting->undefined)
            TRY(must_swap(run, sorting, &from[left], &from[right], &take_right));
        else if (left < middle)
            take_right = false;
        to[i] = take_right ? from[right++] : from[left++];
    }
    return OK;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

FEEL_BUILTIN(sort)
{
    struct feel_items items = {0}, other = {0};
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    struct feel_value precedes;

    if (!list || !feel_as(&argument[1], FEEL_FUNCTION, &precedes))
        return feel_unfit(run, "sort", ret);
    struct sorting sorting = {.precedes = precedes.function};
    TRY(feel_items_add_all(run, &items, list));
    TRY(feel_items_add_all(run, &other, list));
    for (size_t width = 1; width < items.count && !sorting.undefined; width *= 2) {
        for (size_t start = 0; start < items.count; start += 2 * width)
            TRY(merge(run, &sorting, items.item, start, least(start + width, items.count),
                      least(start + 2 * width, items.count), other.item));
        struct feel_items swapped = items;
        items = other;
        other = swapped;
    }
    if (sorting.undefined)
        return feel_null_because(run, ret, "sort: the function does not answer with a boolean");
    return feel_items_list(run, &items, ret);
}
