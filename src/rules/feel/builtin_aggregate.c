/* SPDX-License-Identifier: Apache-2.0 */

/* List functions that make one value of many (DMN 1.5, table 75), called with a list or with its items. */

#include <stdlib.h>

#include "builtins.h"

/* The items: of the one list, or the arguments themselves. NULL for null. */
static const struct feel_list *items_of(const struct feel_value *argument, size_t count, struct feel_list *room)
{
    if (count == 1)
        return feel_to_list(argument, room);
    *room = (struct feel_list){.count = count, .item = argument};
    return room;
}

/* The same where each must be a number. */
static const struct feel_list *numbers_of(const struct feel_value *argument, size_t count, struct feel_list *room)
{
    const struct feel_list *list = items_of(argument, count, room);

    for (size_t i = 0; list && i < list->count; i++)
        if (list->item[i].kind != FEEL_NUMBER)
            return NULL;
    return list;
}

/* ---- the least, the greatest ---- */

static enum error extreme(struct feel_run *run, const char *function, const struct feel_value *argument, size_t count,
                          int sign, struct feel_value *ret)
{
    struct feel_list room;
    const struct feel_list *list = items_of(argument, count, &room);
    struct feel_value best;
    int order;

    if (!list || list->count == 0)
        return feel_unfit(run, function, ret);
    TRY(feel_spend(run, list->count));
    best = list->item[0];
    for (size_t i = 0; i < list->count; i++) {
        if (!feel_order(list->item[i], best, &order))
            return feel_unfit(run, function, ret);
        if (order * sign > 0)
            best = list->item[i];
    }
    *ret = best;
    return OK;
}

FEEL_BUILTIN(min)
{
    return extreme(run, "min", argument, count, -1, ret);
}

FEEL_BUILTIN(max)
{
    return extreme(run, "max", argument, count, 1, ret);
}

/* ---- sums ---- */

static enum error folded(struct feel_run *run, const struct feel_list *list,
                         enum error (*fold)(struct number a, struct number b, struct number *ret), struct number *ret)
{
    struct number result = *list->item[0].number;

    TRY(feel_spend(run, list->count));
    for (size_t i = 1; i < list->count; i++)
        TRY(fold(result, *list->item[i].number, &result));
    *ret = result;
    return OK;
}

static enum error calculated(struct feel_run *run, const char *function, enum error error, struct number number,
                             struct feel_value *ret)
{
    if (error == ERROR_VALUE)
        return feel_null_because(run, ret, "%s: a number beyond what can be written", function);
    TRY(error);
    return feel_number(run->arena, number, ret);
}

FEEL_BUILTIN(sum)
{
    struct feel_list room;
    const struct feel_list *list = numbers_of(argument, count, &room);
    struct number number = {0};

    if (!list || list->count == 0)
        return feel_unfit(run, "sum", ret);
    enum error error = folded(run, list, number_add, &number);
    return calculated(run, "sum", error, number, ret);
}

FEEL_BUILTIN(product)
{
    struct feel_list room;
    const struct feel_list *list = numbers_of(argument, count, &room);
    struct number number = {0};

    if (!list || list->count == 0)
        return feel_unfit(run, "product", ret);
    enum error error = folded(run, list, number_multiply, &number);
    return calculated(run, "product", error, number, ret);
}

static enum error mean_of(struct feel_run *run, const struct feel_list *list, struct number *ret)
{
    struct number sum;

    TRY(folded(run, list, number_add, &sum));
    return number_divide(sum, number_of((int64_t)list->count), ret);
}

FEEL_BUILTIN(mean)
{
    struct feel_list room;
    const struct feel_list *list = numbers_of(argument, count, &room);
    struct number number = {0};

    if (!list || list->count == 0)
        return feel_unfit(run, "mean", ret);
    enum error error = mean_of(run, list, &number);
    return calculated(run, "mean", error, number, ret);
}

/* The root of the mean square distance from the mean, of a sample: by one less than there are. */
static enum error deviation(struct feel_run *run, const struct feel_list *list, struct number *ret)
{
    struct number mean, apart, square, sum = number_of(0);

    TRY(mean_of(run, list, &mean));
    for (size_t i = 0; i < list->count; i++) {
        TRY(number_subtract(*list->item[i].number, mean, &apart));
        TRY(number_multiply(apart, apart, &square));
        TRY(number_add(sum, square, &sum));
    }
    TRY(number_divide(sum, number_of((int64_t)list->count - 1), &square));
    return number_square_root(square, ret);
}

FEEL_BUILTIN(stddev)
{
    struct feel_list room;
    const struct feel_list *list = numbers_of(argument, count, &room);
    struct number number = {0};

    if (!list || list->count < 2)
        return feel_unfit(run, "stddev", ret);
    enum error error = deviation(run, list, &number);
    return calculated(run, "stddev", error, number, ret);
}

/* ---- in order ---- */

static int by_number(const void *a, const void *b)
{
    const struct feel_value *left = a, *right = b;

    return number_compare(*left->number, *right->number);
}

static enum error sorted(struct feel_run *run, const struct feel_list *list, struct feel_items *ret)
{
    TRY(feel_spend(run, 8 * list->count));
    TRY(feel_items_add_all(run, ret, list));
    if (ret->count)
        qsort(ret->item, ret->count, sizeof *ret->item, by_number);
    return OK;
}

FEEL_BUILTIN(median)
{
    struct feel_items items = {0};
    struct feel_list room;
    const struct feel_list *list = numbers_of(argument, count, &room);
    struct number number = {0};

    if (!list || list->count == 0)
        return feel_unfit(run, "median", ret);
    TRY(sorted(run, list, &items));
    room = (struct feel_list){.count = 2 - items.count % 2, .item = items.item + (items.count - 1) / 2};
    if (room.count == 1) {
        *ret = room.item[0];
        return OK;
    }
    enum error error = mean_of(run, &room, &number);
    return calculated(run, "median", error, number, ret);
}

/* How many of the same number stand from `at` on. */
static size_t repeated(const struct feel_items *items, size_t at)
{
    size_t end = at + 1;

    while (end < items->count && by_number(&items->item[at], &items->item[end]) == 0)
        end++;
    return end - at;
}

FEEL_BUILTIN(mode)
{
    struct feel_items items = {0}, modes = {0};
    struct feel_list room;
    const struct feel_list *list = numbers_of(argument, count, &room);
    size_t most = 0, times;

    if (!list)
        return feel_unfit(run, "mode", ret);
    TRY(sorted(run, list, &items));
    for (size_t i = 0; i < items.count; i += times) {
        times = repeated(&items, i);
        if (times > most)
            modes.count = 0;
        if (times >= most)
            TRY(feel_items_add(run, &modes, items.item[i]));
        most = times > most ? times : most;
    }
    return feel_items_list(run, &modes, ret);
}

/* ---- truths ---- */

/* Whatever else stands in the list, one `settling` item settles it; all of them booleans, it is the opposite. */
static enum error all_or_any(struct feel_run *run, const char *function, const struct feel_value *argument,
                             size_t count, bool settling, struct feel_value *ret)
{
    struct feel_list room;
    const struct feel_list *list = items_of(argument, count, &room);
    bool booleans = true;

    if (!list)
        return feel_unfit(run, function, ret);
    TRY(feel_spend(run, list->count));
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].kind == FEEL_BOOLEAN && list->item[i].boolean == settling) {
            *ret = feel_boolean(settling);
            return OK;
        }
        booleans = booleans && list->item[i].kind == FEEL_BOOLEAN;
    }
    if (!booleans)
        return feel_unfit(run, function, ret);
    *ret = feel_boolean(!settling);
    return OK;
}

FEEL_BUILTIN(all)
{
    return all_or_any(run, "all", argument, count, false, ret);
}

FEEL_BUILTIN(any)
{
    return all_or_any(run, "any", argument, count, true, ret);
}
