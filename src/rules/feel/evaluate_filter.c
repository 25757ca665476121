/* SPDX-License-Identifier: Apache-2.0 */

/* `list[3]`, `list[-1]`, `list[price > 10]` (DMN 1.5, 10.3.2.5 and table 68). What stands in the brackets is a position
 * when it is a number, else a condition on each item, in whose scope `item` and, of a context, its entries are. */

#include "run.h"

struct filter {
    const struct feel_frame *outer;
    feel_name item; /* 0: no text speaks of `item` */
    struct feel_frame *frame, *entries;
    uint64_t closures;
};

/* The scope of one item: its entries, then `item`, then what was in scope before. */
static enum error scope_of(struct feel_run *run, struct filter *filter, const struct feel_value *item,
                           const struct feel_frame **ret)
{
    struct feel_entry *entry;

    if (!filter->frame || filter->closures != run->closures) {
        filter->frame = arena_alloc(run->arena, sizeof *filter->frame);
        filter->entries = arena_alloc(run->arena, sizeof *filter->entries);
        entry = arena_alloc(run->arena, sizeof *entry);
        if (!filter->frame || !filter->entries || !entry)
            return ERROR_MEMORY;
        *filter->frame = (struct feel_frame){.outer = filter->outer, .count = filter->item != 0, .entry = entry};
        *filter->entries = (struct feel_frame){.outer = filter->frame};
        filter->closures = run->closures;
    }
    entry = (struct feel_entry *)(uintptr_t)filter->frame->entry; /* ours, and nothing has closed over it */
    *entry = (struct feel_entry){.name = filter->item, .value = *item};
    *ret = filter->frame;
    if (item->kind == FEEL_CONTEXT) {
        filter->entries->count = item->context->count;
        filter->entries->entry = item->context->entry;
        *ret = filter->entries;
    }
    return OK;
}

static enum error at_position(struct feel_run *run, const struct feel_list *list, const struct number *position,
                              struct feel_value *ret)
{
    int64_t index, count = (int64_t)list->count;

    if (!number_to_int(*position, &index))
        return feel_null_because(run, ret, "a position in a list is no whole number");
    if (index == 0 || index > count || index < -count)
        return feel_null_because(run, ret, "a list has nothing at that position");
    *ret = list->item[index > 0 ? index - 1 : count + index];
    return OK;
}

/* What the brackets say outside of any item, without leaving notes: a name in them may be an item's alone. */
static enum error outside(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                          struct feel_value *ret)
{
    size_t notes = run->note_count;
    enum error error = feel_evaluate(run, node, frame, ret);

    run->note_count = notes;
    return error;
}

static enum error matching(struct feel_run *run, const struct feel_node *condition, struct filter *filter,
                           const struct feel_list *list, bool *ret_position, struct feel_value *ret)
{
    struct feel_items items = {0};
    const struct feel_frame *scope;
    struct feel_value says;

    for (size_t i = 0; i < list->count; i++) {
        TRY(scope_of(run, filter, &list->item[i], &scope));
        TRY(feel_evaluate(run, condition, scope, &says));
        if (i == 0 && says.kind == FEEL_NUMBER) {
            *ret_position = true;
            return OK;
        }
        if (feel_is_true(says))
            TRY(feel_items_add(run, &items, list->item[i]));
    }
    return feel_items_list(run, &items, ret);
}

enum error feel_evaluate_filter(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                struct feel_value *ret)
{
    struct filter filter = {.outer = frame};
    struct feel_value value, position;
    struct feel_list room;
    bool is_position;

    TRY(feel_evaluate(run, node->left, frame, &value));
    const struct feel_list *list = feel_to_list(&value, &room);
    if (!list)
        return feel_null_because(run, ret, "null cannot be filtered (byte %u)", node->at);
    if (node->right->kind == FEEL_LITERAL && node->right->value.kind == FEEL_NUMBER)
        return at_position(run, list, node->right->value.number, ret);
    filter.item = feel_names_find(run->names, SLICE("item"));
    is_position = list->count == 0 || node->right->kind == FEEL_NEGATE;
    if (!is_position)
        TRY(matching(run, node->right, &filter, list, &is_position, ret));
    if (!is_position)
        return OK;
    TRY(outside(run, node->right, frame, &position));
    if (position.kind == FEEL_NUMBER)
        return at_position(run, list, position.number, ret);
    return feel_items_list(run, &(struct feel_items){0}, ret);
}
