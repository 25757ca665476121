/* SPDX-License-Identifier: Apache-2.0 */

/* Relations of points and ranges (DMN 1.5, table 78). Each function says its condition as the table does; a comparison
 * that is not possible is neither true nor false. An end that a range does not have lies beyond every point. */

#include "builtins.h"

struct end {
    struct feel_value value;
    int infinite; /* -1, 1: beyond every point on that side */
    bool included;
};

struct span {
    struct end start, end;
    bool point;
};

/* ---- what is compared ---- */

static enum feel_truth truth(bool is)
{
    return is ? FEEL_TRUE : FEEL_FALSE;
}

static enum feel_truth less(const struct end *a, const struct end *b)
{
    int order;

    if (a->infinite || b->infinite)
        return truth(a->infinite < b->infinite);
    return feel_order(a->value, b->value, &order) ? truth(order < 0) : FEEL_NEITHER;
}

static enum feel_truth same(const struct end *a, const struct end *b)
{
    int order;

    if (a->infinite || b->infinite)
        return truth(a->infinite == b->infinite);
    return feel_order(a->value, b->value, &order) ? truth(order == 0) : FEEL_NEITHER;
}

/* a < b, or a = b where `touching` lets that count. */
static enum feel_truth less_or(const struct end *a, const struct end *b, bool touching)
{
    return feel_either(less(a, b), feel_both(same(a, b), truth(touching)));
}

/* A point, or the ends of a range. False for what cannot lie in an order. */
static bool span_of(const struct feel_value *argument, struct span *ret)
{
    struct feel_value value = feel_from_singleton(*argument);
    int order;

    if (value.kind == FEEL_RANGE) {
        const struct feel_range *range = value.range;
        *ret = (struct span){
            .start = {range->low, range->low_unbounded ? -1 : 0, !range->low_open && !range->low_unbounded},
            .end = {range->high, range->high_unbounded ? 1 : 0, !range->high_open && !range->high_unbounded},
        };
        return !range->negated;
    }
    struct end point = {.value = value, .included = true};
    *ret = (struct span){.start = point, .end = point, .point = true};
    return feel_order(value, value, &order);
}

/* ---- the relations ---- */

typedef enum feel_truth relation(const struct span *a, const struct span *b);

static enum feel_truth before(const struct span *a, const struct span *b)
{
    return less_or(&a->end, &b->start, !a->end.included || !b->start.included);
}

static enum feel_truth after(const struct span *a, const struct span *b)
{
    return before(b, a);
}

static enum feel_truth meets(const struct span *a, const struct span *b)
{
    return feel_both(truth(a->end.included && b->start.included), same(&a->end, &b->start));
}

static enum feel_truth met_by(const struct span *a, const struct span *b)
{
    return meets(b, a);
}

static enum feel_truth overlaps(const struct span *a, const struct span *b)
{
    return feel_both(less_or(&b->start, &a->end, a->end.included && b->start.included),
                     less_or(&a->start, &b->end, a->start.included && b->end.included));
}

static enum feel_truth overlaps_before(const struct span *a, const struct span *b)
{
    enum feel_truth starts = less_or(&a->start, &b->start, a->start.included && !b->start.included);
    enum feel_truth reaches = less_or(&b->start, &a->end, a->end.included && b->start.included);
    enum feel_truth ends = less_or(&a->end, &b->end, !a->end.included || b->end.included);

    return feel_both(starts, feel_both(reaches, ends));
}

static enum feel_truth overlaps_after(const struct span *a, const struct span *b)
{
    return overlaps_before(b, a);
}

static enum feel_truth finishes(const struct span *a, const struct span *b)
{
    if (a->point)
        return feel_both(truth(b->end.included), same(&b->end, &a->end));
    return feel_both(feel_both(truth(a->end.included == b->end.included), same(&a->end, &b->end)),
                     less_or(&b->start, &a->start, !a->start.included || b->start.included));
}

static enum feel_truth finished_by(const struct span *a, const struct span *b)
{
    return finishes(b, a);
}

static enum feel_truth includes(const struct span *a, const struct span *b)
{
    if (b->point)
        return feel_either(feel_both(less(&a->start, &b->start), less(&b->end, &a->end)),
                           feel_either(feel_both(same(&a->start, &b->start), truth(a->start.included)),
                                       feel_both(same(&a->end, &b->end), truth(a->end.included))));
    return feel_both(less_or(&a->start, &b->start, a->start.included || !b->start.included),
                     less_or(&b->end, &a->end, a->end.included || !b->end.included));
}

static enum feel_truth during(const struct span *a, const struct span *b)
{
    return includes(b, a);
}

static enum feel_truth starts(const struct span *a, const struct span *b)
{
    if (a->point)
        return feel_both(same(&b->start, &a->start), truth(b->start.included));
    return feel_both(feel_both(same(&a->start, &b->start), truth(a->start.included == b->start.included)),
                     less_or(&a->end, &b->end, !a->end.included || b->end.included));
}

static enum feel_truth started_by(const struct span *a, const struct span *b)
{
    return starts(b, a);
}

static enum feel_truth coincides(const struct span *a, const struct span *b)
{
    return feel_both(feel_both(same(&a->start, &b->start), truth(a->start.included == b->start.included)),
                     feel_both(same(&a->end, &b->end), truth(a->end.included == b->end.included)));
}

/* ---- the functions ---- */

/* Which of the two arguments may be points. */
enum shape { BOTH_RANGES, FIRST_MAY_BE_POINT, SECOND_MAY_BE_POINT, ANY_SHAPE, SAME_SHAPE };

static bool has_shape(enum shape shape, const struct span *a, const struct span *b)
{
    switch (shape) {
    case BOTH_RANGES:
        return !a->point && !b->point;
    case FIRST_MAY_BE_POINT:
        return !b->point;
    case SECOND_MAY_BE_POINT:
        return !a->point;
    case SAME_SHAPE:
        return a->point == b->point;
    case ANY_SHAPE:
        break;
    }
    return true;
}

static enum error related(struct feel_run *run, const char *function, const struct feel_value *argument,
                          relation *holds, enum shape shape, struct feel_value *ret)
{
    struct span a, b;

    if (!span_of(&argument[0], &a) || !span_of(&argument[1], &b) || !has_shape(shape, &a, &b))
        return feel_unfit(run, function, ret);
    *ret = feel_truth_value(holds(&a, &b));
    if (ret->kind == FEEL_NULL)
        return feel_unfit(run, function, ret);
    return OK;
}

#define RELATION(name, text, shape)                                                                                    \
    FEEL_BUILTIN(name)                                                                                                 \
    {                                                                                                                  \
        return related(run, text, argument, name, shape, ret);                                                         \
    }

RELATION(before, "before", ANY_SHAPE)
RELATION(after, "after", ANY_SHAPE)
RELATION(meets, "meets", BOTH_RANGES)
RELATION(met_by, "met by", BOTH_RANGES)
RELATION(overlaps, "overlaps", BOTH_RANGES)
RELATION(overlaps_before, "overlaps before", BOTH_RANGES)
RELATION(overlaps_after, "overlaps after", BOTH_RANGES)
RELATION(finishes, "finishes", FIRST_MAY_BE_POINT)
RELATION(finished_by, "finished by", SECOND_MAY_BE_POINT)
RELATION(includes, "includes", SECOND_MAY_BE_POINT)
RELATION(during, "during", FIRST_MAY_BE_POINT)
RELATION(starts, "starts", FIRST_MAY_BE_POINT)
RELATION(started_by, "started by", SECOND_MAY_BE_POINT)
RELATION(coincides, "coincides", SAME_SHAPE)
