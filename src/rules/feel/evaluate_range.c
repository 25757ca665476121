/* SPDX-License-Identifier: Apache-2.0 */

/* Ranges, `in` and unary tests (DMN 1.5, 10.3.2.7 and table 55). */

#include "run.h"

static enum error range_value(struct feel_run *run, const struct feel_range *range, struct feel_value *ret)
{
    struct feel_range *room = arena_alloc(run->arena, sizeof *room);

    if (!room)
        return ERROR_MEMORY;
    *room = *range;
    *ret = (struct feel_value){.kind = FEEL_RANGE, .range = room};
    return OK;
}

/* `(< 5)` as a value. */
static enum error test_value(struct feel_run *run, const struct feel_node *node, const struct feel_value *end,
                             struct feel_value *ret)
{
    struct feel_range range = {0};

    switch (node->test) {
    case FEEL_LESS:
    case FEEL_AT_MOST:
        range.low_unbounded = range.low_open = true;
        range.high = *end;
        range.high_open = node->test == FEEL_LESS;
        break;
    case FEEL_GREATER:
    case FEEL_AT_LEAST:
        range.high_unbounded = range.high_open = true;
        range.low = *end;
        range.low_open = node->test == FEEL_GREATER;
        break;
    default:
        range.is_test = true;
        range.negated = node->test == FEEL_UNEQUAL;
        range.low = range.high = *end;
        break;
    }
    return range_value(run, &range, ret);
}

enum error feel_evaluate_range(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                               struct feel_value *ret)
{
    struct feel_range range = {.low_open = node->low_open, .high_open = node->high_open};
    int order;

    TRY(feel_evaluate(run, node->left, frame, &range.low));
    if (node->kind == FEEL_TEST)
        return test_value(run, node, &range.low, ret);
    TRY(feel_evaluate(run, node->right, frame, &range.high));
    if (range.low.kind == FEEL_NULL || range.high.kind == FEEL_NULL)
        return range_value(run, &range, ret);
    if (!feel_order(range.low, range.high, &order))
        return feel_null_because(run, ret, "no range goes from a %s to a %s (byte %u)", feel_kind_name(range.low.kind),
                                 feel_kind_name(range.high.kind), node->at);
    if (order > 0)
        return feel_null_because(run, ret, "a range whose start is behind its end (byte %u)", node->at);
    return range_value(run, &range, ret);
}

/* ---- in ---- */

/* Among the items of a list: one that equals it, or a range that holds it. */
static enum error among(struct feel_run *run, const struct feel_value *value, const struct feel_list *list,
                        enum feel_truth *ret)
{
    enum feel_truth truth = FEEL_FALSE;

    TRY(feel_spend(run, list->count));
    for (size_t i = 0; i < list->count && truth != FEEL_TRUE; i++) {
        const struct feel_value *item = &list->item[i];
        if (item->kind == FEEL_RANGE && value->kind != FEEL_RANGE)
            TRY(feel_in_range(run, value, item->range, &truth));
        else
            TRY(feel_equal_in_run(run, value, item, &truth));
    }
    *ret = truth == FEEL_TRUE ? FEEL_TRUE : FEEL_FALSE;
    return OK;
}

static enum error in_value(struct feel_run *run, const struct feel_value *value, const struct feel_value *where,
                           enum feel_truth *ret)
{
    if (where->kind == FEEL_RANGE && value->kind != FEEL_RANGE)
        return feel_in_range(run, value, where->range, ret);
    if (where->kind == FEEL_LIST) {
        if (value->kind == FEEL_LIST)
            TRY(feel_equal_in_run(run, value, where, ret));
        if (value->kind == FEEL_LIST && *ret == FEEL_TRUE)
            return OK;
        return among(run, value, where->list, ret);
    }
    return feel_equal_in_run(run, value, where, ret);
}

/* Does an expression speak of the value tested? Looked at only for a boolean that tests a boolean, where `? = false`
 * and `false` must not be mistaken for each other. */
static bool mentions(struct feel_run *run, const struct feel_node *node, feel_name name)
{
    if (!node || run->steps++ >= run->steps_most)
        return false;
    if (node->kind == FEEL_NAME)
        return node->name == name;
    if (mentions(run, node->left, name) || mentions(run, node->right, name) || mentions(run, node->third, name))
        return true;
    for (size_t i = 0; i < node->child_count; i++)
        if (mentions(run, node->child[i], name))
            return true;
    for (size_t i = 0; i < node->entry_count; i++)
        if (mentions(run, node->entry[i].value, name) || mentions(run, node->entry[i].to, name))
            return true;
    return false;
}

/* `?` is the value where an expression could ask for it. The frame is made once, when first needed. */
struct subject {
    const struct feel_value *value;
    const struct feel_frame *frame;
    feel_name name;
    bool bound;
};

static enum error bind_subject(struct feel_run *run, struct subject *subject)
{
    struct feel_frame *frame;
    struct feel_entry *entry;

    if (subject->bound)
        return OK;
    subject->bound = true;
    subject->name = feel_names_find(run->names, SLICE("?"));
    if (!subject->name)
        return OK;
    frame = arena_alloc(run->arena, sizeof *frame);
    entry = arena_alloc(run->arena, sizeof *entry);
    if (!frame || !entry)
        return ERROR_MEMORY;
    *entry = (struct feel_entry){.name = subject->name, .value = *subject->value};
    *frame = (struct feel_frame){.outer = subject->frame, .count = 1, .entry = entry};
    subject->frame = frame;
    return OK;
}

/* What an expression among unary tests says: a boolean speaks for itself, anything else is compared. */
static enum error expression_test(struct feel_run *run, const struct feel_node *node, struct subject *subject,
                                  enum feel_truth *ret)
{
    struct feel_value where;

    if (node->kind != FEEL_LITERAL)
        TRY(bind_subject(run, subject));
    TRY(feel_evaluate(run, node, subject->frame, &where));
    if (where.kind == FEEL_BOOLEAN && node->kind != FEEL_LITERAL) {
        bool says = subject->value->kind != FEEL_BOOLEAN || (subject->name && mentions(run, node, subject->name));
        if (says) {
            *ret = feel_truth_of(where);
            return OK;
        }
    }
    return in_value(run, subject->value, &where, ret);
}

/* A range written as one: each end is compared, so that a null end is null and never an empty range. */
static enum error range_test(struct feel_run *run, const struct feel_node *node, struct subject *subject,
                             enum feel_truth *ret)
{
    struct feel_range range = {.low_open = node->low_open, .high_open = node->high_open};

    TRY(feel_evaluate(run, node->left, subject->frame, &range.low));
    TRY(feel_evaluate(run, node->right, subject->frame, &range.high));
    return feel_in_range(run, subject->value, &range, ret);
}

static enum error one_test(struct feel_run *run, const struct feel_node *node, struct subject *subject,
                           enum feel_truth *ret);

static enum error all_tests(struct feel_run *run, const struct feel_node *const *child, size_t count,
                            struct subject *subject, enum feel_truth *ret)
{
    enum feel_truth any = FEEL_FALSE, one;

    for (size_t i = 0; i < count && any != FEEL_TRUE; i++) {
        TRY(one_test(run, child[i], subject, &one));
        any = feel_either(any, one);
    }
    *ret = any;
    return OK;
}

static enum error nested_tests(struct feel_run *run, const struct feel_node *node, struct subject *subject,
                               enum feel_truth *ret)
{
    enum feel_truth any = FEEL_TRUE;

    if (node->child_count)
        TRY(all_tests(run, node->child, node->child_count, subject, &any));
    *ret = node->negated ? feel_opposite(any) : any;
    return OK;
}

static enum error one_test(struct feel_run *run, const struct feel_node *node, struct subject *subject,
                           enum feel_truth *ret)
{
    struct feel_value end;

    TRY(feel_spend(run, 1));
    switch (node->kind) {
    case FEEL_TEST:
        TRY(feel_evaluate(run, node->left, subject->frame, &end));
        return feel_compared(run, node->test, subject->value, &end, ret);
    case FEEL_RANGE_NODE:
        if (subject->value->kind == FEEL_RANGE)
            return expression_test(run, node, subject, ret);
        return range_test(run, node, subject, ret);
    case FEEL_TESTS:
        return nested_tests(run, node, subject, ret);
    default:
        return expression_test(run, node, subject, ret);
    }
}

enum error feel_evaluate_in(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                            struct feel_value *ret)
{
    struct feel_value value;
    struct subject subject = {.value = &value, .frame = frame};
    enum feel_truth truth;

    TRY(feel_evaluate(run, node->left, frame, &value));
    TRY(all_tests(run, node->child, node->child_count, &subject, &truth));
    *ret = feel_truth_value(truth);
    if (truth == FEEL_NEITHER)
        feel_note(run, "a %s cannot be compared with what stands behind `in` (byte %u)", feel_kind_name(value.kind),
                  node->at);
    return OK;
}

enum error feel_passes(struct feel_run *run, const struct feel_node *tests, struct feel_value value,
                       const struct feel_frame *frame, enum feel_truth *ret)
{
    struct subject subject = {.value = &value, .frame = frame};
    enum error error;

    if (run->depth >= FEEL_NESTING_MAX)
        return ERROR_TOO_DEEP;
    run->depth++;
    error = nested_tests(run, tests, &subject, ret);
    run->depth--;
    return error;
}
