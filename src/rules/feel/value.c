/* SPDX-License-Identifier: Apache-2.0 */

/* Values: made, compared, ordered (DMN 1.5, 10.3.2.13, tables 53 and 54). A value may be nested as deeply and be as
 * large as a run allowed, so comparing counts its steps and its depth. */

#include "run.h"

enum error feel_number(struct arena *arena, struct number number, struct feel_value *ret)
{
    struct number *room = arena_alloc(arena, sizeof *room);

    if (!room)
        return ERROR_MEMORY;
    *room = number;
    *ret = (struct feel_value){.kind = FEEL_NUMBER, .number = room};
    return OK;
}

enum error feel_time(struct arena *arena, struct temporal_time time, struct feel_value *ret)
{
    struct temporal_time *room = arena_alloc(arena, sizeof *room);

    if (!room)
        return ERROR_MEMORY;
    *room = time;
    *ret = (struct feel_value){.kind = FEEL_TIME, .time = room};
    return OK;
}

enum error feel_date_time(struct arena *arena, struct temporal_date_time date_time, struct feel_value *ret)
{
    struct temporal_date_time *room = arena_alloc(arena, sizeof *room);

    if (!room)
        return ERROR_MEMORY;
    *room = date_time;
    *ret = (struct feel_value){.kind = FEEL_DATE_TIME, .date_time = room};
    return OK;
}

enum error feel_nanoseconds(struct arena *arena, __int128 nanoseconds, struct feel_value *ret)
{
    __int128 *room = arena_alloc(arena, sizeof *room);

    if (!room)
        return ERROR_MEMORY;
    *room = nanoseconds;
    *ret = (struct feel_value){.kind = FEEL_DAYS_TIME, .nanoseconds = room};
    return OK;
}

enum error feel_list(struct arena *arena, const struct feel_value *item, size_t count, struct feel_value *ret)
{
    struct feel_list *list = arena_alloc(arena, sizeof *list);
    struct feel_value *copy = arena_array(arena, count, sizeof *copy);

    if (!list || !copy)
        return ERROR_MEMORY;
    if (count)
        memcpy(copy, item, count * sizeof *copy);
    *list = (struct feel_list){.count = count, .item = copy};
    *ret = (struct feel_value){.kind = FEEL_LIST, .list = list};
    return OK;
}

const struct feel_value *feel_context_get(const struct feel_context *context, feel_name name)
{
    for (size_t i = 0; i < context->count; i++)
        if (context->entry[i].name == name)
            return &context->entry[i].value;
    return NULL;
}

/* ---- truth ---- */

struct feel_value feel_truth_value(enum feel_truth truth)
{
    return truth == FEEL_NEITHER ? feel_null() : feel_boolean(truth == FEEL_TRUE);
}

enum feel_truth feel_truth_of(struct feel_value value)
{
    if (value.kind != FEEL_BOOLEAN)
        return FEEL_NEITHER;
    return value.boolean ? FEEL_TRUE : FEEL_FALSE;
}

/* Table 50. */
enum feel_truth feel_both(enum feel_truth a, enum feel_truth b)
{
    if (a == FEEL_FALSE || b == FEEL_FALSE)
        return FEEL_FALSE;
    return a == FEEL_TRUE && b == FEEL_TRUE ? FEEL_TRUE : FEEL_NEITHER;
}

enum feel_truth feel_either(enum feel_truth a, enum feel_truth b)
{
    if (a == FEEL_TRUE || b == FEEL_TRUE)
        return FEEL_TRUE;
    return a == FEEL_FALSE && b == FEEL_FALSE ? FEEL_FALSE : FEEL_NEITHER;
}

enum feel_truth feel_opposite(enum feel_truth a)
{
    if (a == FEEL_NEITHER)
        return FEEL_NEITHER;
    return a == FEEL_TRUE ? FEEL_FALSE : FEEL_TRUE;
}

/* ---- order ---- */

static int sign_of(__int128 difference)
{
    return (difference > 0) - (difference < 0);
}

static int number_order(const struct number *a, const struct number *b)
{
    if (a->exponent == b->exponent && !a->negative && !b->negative)
        return (a->coefficient > b->coefficient) - (a->coefficient < b->coefficient);
    return number_compare(*a, *b);
}

static int date_order(struct temporal_date a, struct temporal_date b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return (a.day > b.day) - (a.day < b.day);
}

/* One without an offset takes that of the other (table 54), so both are compared as local times. */
static int time_order(struct temporal_time a, struct temporal_time b)
{
    if (temporal_has_zone(&a.zone) != temporal_has_zone(&b.zone))
        a.zone = b.zone = (struct temporal_zone){.kind = TEMPORAL_LOCAL};
    return sign_of(temporal_time_instant(&a) - temporal_time_instant(&b));
}

static int date_time_order(struct temporal_date_time a, struct temporal_date_time b)
{
    if (temporal_has_zone(&a.time.zone) != temporal_has_zone(&b.time.zone))
        a.time.zone = b.time.zone = (struct temporal_zone){.kind = TEMPORAL_LOCAL};
    return sign_of(temporal_instant(&a) - temporal_instant(&b));
}

bool feel_order(struct feel_value a, struct feel_value b, int *ret_order)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case FEEL_NUMBER:
        *ret_order = number_order(a.number, b.number);
        return true;
    case FEEL_STRING:
        *ret_order = slice_compare(a.string, b.string);
        return true;
    case FEEL_DATE:
        *ret_order = date_order(a.date, b.date);
        return true;
    case FEEL_TIME:
        *ret_order = time_order(*a.time, *b.time);
        return true;
    case FEEL_DATE_TIME:
        *ret_order = date_time_order(*a.date_time, *b.date_time);
        return true;
    case FEEL_YEARS_MONTHS:
        *ret_order = (a.months > b.months) - (a.months < b.months);
        return true;
    case FEEL_DAYS_TIME:
        *ret_order = (*a.nanoseconds > *b.nanoseconds) - (*a.nanoseconds < *b.nanoseconds);
        return true;
    default:
        return false;
    }
}

/* ---- equality ---- */

/* How much comparing may still cost, and what stopped it. */
struct effort {
    uint64_t steps, most;
    uint32_t depth;
    enum error stopped;
};

static enum feel_truth equal(const struct feel_value *a, const struct feel_value *b, struct effort *effort);

static bool exhausted(struct effort *effort, uint64_t steps)
{
    effort->steps += steps;
    if (effort->steps > effort->most)
        effort->stopped = ERROR_TOO_COSTLY;
    return effort->stopped != OK;
}

static enum feel_truth lists_equal(const struct feel_list *a, const struct feel_list *b, struct effort *effort)
{
    enum feel_truth truth = FEEL_TRUE;

    if (a->count != b->count)
        return FEEL_FALSE;
    if (a->item == b->item)
        return FEEL_TRUE;
    for (size_t i = 0; i < a->count && truth != FEEL_FALSE && !exhausted(effort, 1); i++)
        truth = feel_both(truth, equal(&a->item[i], &b->item[i], effort));
    return truth;
}

static enum feel_truth contexts_equal(const struct feel_context *a, const struct feel_context *b, struct effort *effort)
{
    enum feel_truth truth = FEEL_TRUE;

    if (a->count != b->count)
        return FEEL_FALSE;
    for (size_t i = 0; i < a->count && truth != FEEL_FALSE && !exhausted(effort, 1); i++) {
        const struct feel_value *other = &b->entry[i].value;
        if (a->entry[i].name != b->entry[i].name) {
            other = feel_context_get(b, a->entry[i].name);
            if (!other || exhausted(effort, b->count))
                return FEEL_FALSE;
        }
        truth = feel_both(truth, equal(&a->entry[i].value, other, effort));
    }
    return truth;
}

static enum feel_truth ranges_equal(const struct feel_range *a, const struct feel_range *b, struct effort *effort)
{
    if (a->low_open != b->low_open || a->high_open != b->high_open || a->low_unbounded != b->low_unbounded ||
        a->high_unbounded != b->high_unbounded || a->is_test != b->is_test || a->negated != b->negated)
        return FEEL_FALSE;
    return feel_both(equal(&a->low, &b->low, effort), equal(&a->high, &b->high, effort));
}

/* The same body in the same scope. */
static bool functions_equal(const struct feel_function *a, const struct feel_function *b)
{
    return a->kind == b->kind && a->built_in == b->built_in && a->body == b->body && a->closure == b->closure &&
           a->call == b->call && a->context == b->context;
}

static enum feel_truth deep_equal(const struct feel_value *a, const struct feel_value *b, struct effort *effort)
{
    enum feel_truth truth;

    if (effort->depth >= FEEL_VALUE_DEPTH_MAX) {
        effort->stopped = ERROR_TOO_DEEP;
        return FEEL_NEITHER;
    }
    effort->depth++;
    if (a->kind == FEEL_LIST)
        truth = lists_equal(a->list, b->list, effort);
    else if (a->kind == FEEL_CONTEXT)
        truth = contexts_equal(a->context, b->context, effort);
    else
        truth = ranges_equal(a->range, b->range, effort);
    effort->depth--;
    return truth;
}

static enum feel_truth equal(const struct feel_value *a, const struct feel_value *b, struct effort *effort)
{
    bool same = false;
    int order = 0;

    if (a->kind == FEEL_NULL || b->kind == FEEL_NULL)
        return a->kind == b->kind ? FEEL_TRUE : FEEL_FALSE;
    if (a->kind != b->kind)
        return FEEL_NEITHER;
    switch (a->kind) {
    case FEEL_BOOLEAN:
        same = a->boolean == b->boolean;
        break;
    case FEEL_STRING:
        same = slice_equal(a->string, b->string);
        break;
    case FEEL_LIST:
    case FEEL_CONTEXT:
    case FEEL_RANGE:
        return deep_equal(a, b, effort);
    case FEEL_FUNCTION:
        same = functions_equal(a->function, b->function);
        break;
    default:
        same = feel_order(*a, *b, &order) && order == 0;
        break;
    }
    return same ? FEEL_TRUE : FEEL_FALSE;
}

enum feel_truth feel_equal(struct feel_value a, struct feel_value b)
{
    struct effort effort = {.most = FEEL_STEPS_MAX};
    enum feel_truth truth = equal(&a, &b, &effort);

    return effort.stopped == OK ? truth : FEEL_NEITHER;
}

enum error feel_equal_in_run(struct feel_run *run, const struct feel_value *a, const struct feel_value *b,
                             enum feel_truth *ret)
{
    struct effort effort = {.steps = run->steps, .most = run->steps_most};
    enum feel_truth truth = equal(a, b, &effort);

    run->steps = effort.steps + 1;
    TRY(effort.stopped);
    *ret = truth;
    return OK;
}

/* ---- ranges ---- */

/* Is `value` on the inner side of an end? */
static enum feel_truth inside(const struct feel_value *value, const struct feel_value *end, bool open, int side)
{
    int order;

    if (!feel_order(*value, *end, &order))
        return FEEL_NEITHER;
    return order * side > 0 || (order == 0 && !open) ? FEEL_TRUE : FEEL_FALSE;
}

enum error feel_in_range(struct feel_run *run, const struct feel_value *value, const struct feel_range *range,
                         enum feel_truth *ret)
{
    enum feel_truth above = FEEL_TRUE, below = FEEL_TRUE;

    if (range->is_test) {
        TRY(feel_equal_in_run(run, value, &range->low, ret));
        *ret = range->negated ? feel_opposite(*ret) : *ret;
        return OK;
    }
    if (!range->low_unbounded)
        above = inside(value, &range->low, range->low_open, 1);
    if (!range->high_unbounded)
        below = inside(value, &range->high, range->high_open, -1);
    *ret = feel_both(above, below);
    return OK;
}
