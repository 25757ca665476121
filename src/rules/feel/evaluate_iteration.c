/* SPDX-License-Identifier: Apache-2.0 */

/* `for`, `some` and `every` (DMN 1.5, 10.3.2.14 and table 49): a cross product of iterators, the last one fastest; a
 * later iterator sees the variables of the earlier ones. A range is walked, never made into a list. */

#include "run.h"

/* What one iterator goes over: items of a list, whole numbers or days. */
struct source {
    const struct feel_list *list; /* NULL: from `first` on, `count` of them, up or down */
    enum feel_kind kind;          /* FEEL_NUMBER or FEEL_DATE */
    int64_t first;
    int direction;
    size_t count;
};

enum answer { COLLECT, ANY, ALL };

struct iteration {
    const struct feel_node *node;
    const struct feel_frame *outer;
    enum answer answer;
    feel_name partial; /* 0: nobody asks for it */
    struct feel_items results;
    enum feel_truth truth;
    struct feel_frame *frame; /* of the variables; renewed when a function value has closed over it */
    uint64_t closures;
    bool undefined;
};

/* ---- what is gone over ---- */

/* False where the ends are no whole numbers and no dates. */
static bool walk_between(const struct feel_value *from, const struct feel_value *to, struct source *ret)
{
    int64_t first, last, apart;

    if (from->kind != to->kind)
        return false;
    if (from->kind == FEEL_NUMBER) {
        if (!number_to_int(*from->number, &first) || !number_to_int(*to->number, &last))
            return false;
    } else if (from->kind == FEEL_DATE) {
        first = temporal_day_number(from->date);
        last = temporal_day_number(to->date);
    } else {
        return false;
    }
    if (__builtin_sub_overflow(last, first, &apart) || apart == INT64_MIN || apart == INT64_MAX)
        apart = INT64_MAX - 1;
    *ret = (struct source){
        .kind = from->kind,
        .first = first,
        .direction = apart < 0 ? -1 : 1,
        .count = (size_t)(apart < 0 ? -apart : apart) + 1,
    };
    return true;
}

/* A range value, whose ends may be outside. */
static bool walk_range(const struct feel_range *range, struct source *ret)
{
    if (range->is_test || range->low_unbounded || range->high_unbounded ||
        !walk_between(&range->low, &range->high, ret) || ret->direction < 0)
        return false;
    if (range->low_open && ret->count) {
        ret->first++;
        ret->count--;
    }
    if (range->high_open && ret->count)
        ret->count--;
    return true;
}

static enum error source_of(struct feel_run *run, const struct feel_node_entry *iterator,
                            const struct feel_frame *frame, bool *ret_defined, struct source *ret)
{
    struct feel_value from, to;

    *ret_defined = true;
    TRY(feel_evaluate(run, iterator->value, frame, &from));
    if (iterator->to) {
        TRY(feel_evaluate(run, iterator->to, frame, &to));
        *ret_defined = walk_between(&from, &to, ret);
    } else if (from.kind == FEEL_LIST) {
        *ret = (struct source){.list = from.list, .count = from.list->count};
    } else {
        *ret_defined = from.kind == FEEL_RANGE && walk_range(from.range, ret);
    }
    if (!*ret_defined) {
        struct slice name = feel_names_text(run->names, iterator->name);
        feel_note(run, "\"%.*s\" has nothing to go over: no list, no range of whole numbers or dates",
                  SLICE_PRINT(name));
    } else if (ret->count > FEEL_LIST_MAX) {
        return ERROR_TOO_COSTLY;
    }
    return OK;
}

static enum error item_of(struct feel_run *run, const struct source *source, size_t i, struct feel_value *ret)
{
    int64_t at = source->first + source->direction * (int64_t)i;

    if (source->list) {
        *ret = source->list->item[i];
        return OK;
    }
    if (source->kind == FEEL_NUMBER)
        return feel_whole(run, at, ret);
    *ret = (struct feel_value){.kind = FEEL_DATE};
    return temporal_date_from_day(at, &ret->date);
}

/* ---- the frame of the variables ---- */

static enum error new_frame(struct feel_run *run, struct iteration *iteration, size_t known)
{
    size_t room = iteration->node->entry_count + 1;
    struct feel_frame *frame = arena_alloc(run->arena, sizeof *frame);
    struct feel_entry *entry = arena_array(run->arena, room, sizeof *entry);

    if (!frame || !entry)
        return ERROR_MEMORY;
    if (iteration->frame)
        memcpy(entry, iteration->frame->entry, known * sizeof *entry);
    *frame = (struct feel_frame){.outer = iteration->outer, .count = known, .entry = entry};
    iteration->frame = frame;
    iteration->closures = run->closures;
    return OK;
}

/* Gives variable `index` its value; those behind it are no longer in scope. */
static enum error bind(struct feel_run *run, struct iteration *iteration, size_t index, feel_name name,
                       struct feel_value value)
{
    if (!iteration->frame || iteration->closures != run->closures)
        TRY(new_frame(run, iteration, index));
    /* The frame is this iteration's own as long as nothing has closed over it. */
    struct feel_entry *entry = (struct feel_entry *)(uintptr_t)&iteration->frame->entry[index];
    *entry = (struct feel_entry){.name = name, .value = value};
    iteration->frame->count = index + 1;
    return OK;
}

/* ---- the body ---- */

static enum error collect(struct feel_run *run, struct iteration *iteration)
{
    struct feel_value result;

    if (iteration->partial) {
        TRY(feel_items_list(run, &iteration->results, &result));
        TRY(bind(run, iteration, iteration->node->entry_count, iteration->partial, result));
    }
    TRY(feel_evaluate(run, iteration->node->left, iteration->frame, &result));
    return feel_items_add(run, &iteration->results, result);
}

static enum error ask(struct feel_run *run, struct iteration *iteration)
{
    struct feel_value result;
    enum feel_truth truth;

    TRY(feel_evaluate(run, iteration->node->left, iteration->frame, &result));
    truth = feel_truth_of(result);
    iteration->truth = iteration->answer == ANY ? feel_either(iteration->truth, truth)
                                                : feel_both(iteration->truth, truth);
    return OK;
}

static bool settled(const struct iteration *iteration)
{
    return iteration->undefined || (iteration->answer == ANY && iteration->truth == FEEL_TRUE) ||
           (iteration->answer == ALL && iteration->truth == FEEL_FALSE);
}

/* Goes over iterator `index` and, for each of its items, over those behind it. */
static enum error iterate(struct feel_run *run, struct iteration *iteration, size_t index)
{
    const struct feel_node_entry *iterator = &iteration->node->entry[index];
    const struct feel_frame *scope = index ? iteration->frame : iteration->outer;
    struct source source = {0};
    struct feel_value item;
    bool defined;

    TRY(source_of(run, iterator, scope, &defined, &source));
    iteration->undefined = iteration->undefined || !defined;
    if (iteration->answer == COLLECT && iteration->node->entry_count == 1)
        TRY(feel_items_reserve(run, &iteration->results, source.count));
    for (size_t i = 0; i < source.count && !settled(iteration); i++) {
        TRY(feel_spend(run, 1));
        if (item_of(run, &source, i, &item) == ERROR_MEMORY)
            return ERROR_MEMORY;
        TRY(bind(run, iteration, index, iterator->name, item));
        if (index + 1 < iteration->node->entry_count)
            TRY(iterate(run, iteration, index + 1));
        else
            TRY(iteration->answer == COLLECT ? collect(run, iteration) : ask(run, iteration));
    }
    return OK;
}

enum error feel_evaluate_iteration(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                   struct feel_value *ret)
{
    struct iteration iteration = {.node = node, .outer = frame, .truth = FEEL_FALSE};

    if (node->entry_count > FEEL_NESTING_MAX - run->depth)
        return ERROR_TOO_DEEP;
    if (node->kind == FEEL_FOR) {
        iteration.partial = feel_names_find(run->names, SLICE("partial"));
    } else {
        iteration.answer = node->kind == FEEL_SOME ? ANY : ALL;
        iteration.truth = node->kind == FEEL_SOME ? FEEL_FALSE : FEEL_TRUE;
    }
    run->depth += (uint32_t)node->entry_count;
    enum error error = iterate(run, &iteration, 0);
    run->depth -= (uint32_t)node->entry_count;
    TRY(error);
    if (iteration.undefined) {
        *ret = feel_null();
        return OK;
    }
    if (iteration.answer == COLLECT)
        return feel_items_list(run, &iteration.results, ret);
    *ret = feel_truth_value(iteration.truth);
    if (iteration.truth == FEEL_NEITHER)
        feel_note(run, "what should be satisfied is no boolean (byte %u)", node->at);
    return OK;
}
