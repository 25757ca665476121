/* SPDX-License-Identifier: Apache-2.0 */

/* List functions (DMN 1.5, table 75) but for those that make one value of many. Lists are never changed: each function
 * makes a new one. */

#include "builtins.h"

FEEL_BUILTIN(list_contains)
{
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    enum feel_truth same = FEEL_FALSE;

    if (!list)
        return feel_unfit(run, "list contains", ret);
    for (size_t i = 0; i < list->count && same != FEEL_TRUE; i++)
        TRY(feel_equal_in_run(run, &list->item[i], &argument[1], &same));
    *ret = feel_boolean(same == FEEL_TRUE);
    return OK;
}

FEEL_BUILTIN(count)
{
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);

    if (!list)
        return feel_unfit(run, "count", ret);
    return feel_whole(run, (int64_t)list->count, ret);
}

FEEL_BUILTIN(sublist)
{
    struct feel_items items = {0};
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    int64_t from, length;

    if (!list || !feel_portion(argument, count, (int64_t)list->count, &from, &length))
        return feel_unfit(run, "sublist", ret);
    room = (struct feel_list){.count = (size_t)length, .item = list->item + from};
    TRY(feel_items_add_all(run, &items, &room));
    return feel_items_list(run, &items, ret);
}

FEEL_BUILTIN(append)
{
    struct feel_items items = {0};
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);

    if (!list)
        return feel_unfit(run, "append", ret);
    TRY(feel_items_reserve(run, &items, list->count + count - 1));
    TRY(feel_items_add_all(run, &items, list));
    TRY(feel_items_add_all(run, &items, &(struct feel_list){.count = count - 1, .item = argument + 1}));
    return feel_items_list(run, &items, ret);
}

FEEL_BUILTIN(concatenate)
{
    struct feel_items items = {0};

    for (size_t i = 0; i < count; i++) {
        struct feel_list room;
        const struct feel_list *list = feel_to_list(&argument[i], &room);
        if (!list)
            return feel_unfit(run, "concatenate", ret);
        TRY(feel_items_add_all(run, &items, list));
    }
    return feel_items_list(run, &items, ret);
}

/* The index, from 0, of a position from 1 or, below 0, from the end. */
static bool index_of(const struct feel_value *position, size_t count, size_t *ret)
{
    int64_t at;

    if (!feel_as_whole(position, &at) || at == 0 || at > (int64_t)count || at < -(int64_t)count)
        return false;
    *ret = at > 0 ? (size_t)at - 1 : count - (size_t)-at;
    return true;
}

/* Copies a list with `left_out` items from `at` on replaced by `middle` (may be NULL: none). */
static enum error spliced(struct feel_run *run, const struct feel_list *list, size_t at, size_t left_out,
                          const struct feel_value *middle, struct feel_value *ret)
{
    struct feel_items items = {0};
    size_t behind = at + left_out;

    TRY(feel_items_reserve(run, &items, list->count + 1));
    TRY(feel_items_add_all(run, &items, &(struct feel_list){.count = at, .item = list->item}));
    if (middle)
        TRY(feel_items_add(run, &items, *middle));
    struct feel_list rest = {.count = list->count - behind, .item = list->item + behind};
    TRY(feel_items_add_all(run, &items, &rest));
    return feel_items_list(run, &items, ret);
}

FEEL_BUILTIN(insert_before)
{
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    size_t at;

    if (!list || !index_of(&argument[1], list->count, &at))
        return feel_unfit(run, "insert before", ret);
    return spliced(run, list, at, 0, &argument[2], ret);
}

FEEL_BUILTIN(remove)
{
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    size_t at;

    if (!list || !index_of(&argument[1], list->count, &at))
        return feel_unfit(run, "remove", ret);
    return spliced(run, list, at, 1, NULL, ret);
}

/* Every item of which the function says so. It must say yes or no of each. */
static enum error replace_matching(struct feel_run *run, const struct feel_list *list,
                                   const struct feel_function *match, const struct feel_value *new_item,
                                   struct feel_value *ret)
{
    struct feel_items items = {0};
    struct feel_value says;

    for (size_t i = 0; i < list->count; i++) {
        struct feel_value pair[] = {list->item[i], *new_item};
        TRY(feel_call(run, match, pair, 2, &says));
        if (says.kind != FEEL_BOOLEAN)
            return feel_null_because(run, ret, "list replace: the function does not answer with a boolean");
        TRY(feel_items_add(run, &items, says.boolean ? *new_item : list->item[i]));
    }
    return feel_items_list(run, &items, ret);
}

FEEL_BUILTIN(list_replace)
{
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    struct feel_value match;
    size_t at;

    if (list && feel_as(&argument[1], FEEL_FUNCTION, &match))
        return replace_matching(run, list, match.function, &argument[2], ret);
    if (!list || !index_of(&argument[1], list->count, &at))
        return feel_unfit(run, "list replace", ret);
    return spliced(run, list, at, 1, &argument[2], ret);
}

FEEL_BUILTIN(reverse)
{
    struct feel_items items = {0};
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);

    if (!list)
        return feel_unfit(run, "reverse", ret);
    TRY(feel_items_reserve(run, &items, list->count));
    for (size_t i = list->count; i > 0; i--)
        TRY(feel_items_add(run, &items, list->item[i - 1]));
    return feel_items_list(run, &items, ret);
}

FEEL_BUILTIN(index_of)
{
    struct feel_items items = {0};
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);
    struct feel_value position;
    enum feel_truth same;

    if (!list)
        return feel_unfit(run, "index of", ret);
    for (size_t i = 0; i < list->count; i++) {
        TRY(feel_equal_in_run(run, &list->item[i], &argument[1], &same));
        if (same != FEEL_TRUE)
            continue;
        TRY(feel_whole(run, (int64_t)i + 1, &position));
        TRY(feel_items_add(run, &items, position));
    }
    return feel_items_list(run, &items, ret);
}

static enum error add_new(struct feel_run *run, struct feel_items *items, const struct feel_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        enum feel_truth known = FEEL_FALSE;
        for (size_t j = 0; j < items->count && known != FEEL_TRUE; j++)
            TRY(feel_equal_in_run(run, &items->item[j], &list->item[i], &known));
        if (known != FEEL_TRUE)
            TRY(feel_items_add(run, items, list->item[i]));
    }
    return OK;
}

FEEL_BUILTIN(union)
{
    struct feel_items items = {0};

    for (size_t i = 0; i < count; i++) {
        struct feel_list room;
        const struct feel_list *list = feel_to_list(&argument[i], &room);
        if (!list)
            return feel_unfit(run, "union", ret);
        TRY(add_new(run, &items, list));
    }
    return feel_items_list(run, &items, ret);
}

FEEL_BUILTIN(distinct_values)
{
    struct feel_items items = {0};
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);

    if (!list)
        return feel_unfit(run, "distinct values", ret);
    TRY(add_new(run, &items, list));
    return feel_items_list(run, &items, ret);
}

static enum error add_flat(struct feel_run *run, struct feel_items *items, const struct feel_list *list, uint32_t depth)
{
    if (depth == FEEL_VALUE_DEPTH_MAX)
        return ERROR_TOO_DEEP;
    TRY(feel_spend(run, 1));
    for (size_t i = 0; i < list->count; i++)
        TRY(list->item[i].kind == FEEL_LIST ? add_flat(run, items, list->item[i].list, depth + 1)
                                            : feel_items_add(run, items, list->item[i]));
    return OK;
}

FEEL_BUILTIN(flatten)
{
    struct feel_items items = {0};
    struct feel_list room;
    const struct feel_list *list = feel_to_list(&argument[0], &room);

    if (!list)
        return feel_unfit(run, "flatten", ret);
    TRY(add_flat(run, &items, list, 0));
    return feel_items_list(run, &items, ret);
}
