/* SPDX-License-Identifier: Apache-2.0 */

/* + - * / ** and the sign (DMN 1.5, 10.3.2.15, tables 56 to 62). Whole numbers that fit a machine word take a short
 * way. */

#include "run.h"

#define SMALL_MAX ((unsigned __int128)1 << 62)
#define EXACT_MAX ((__int128)1000000000000000000 * 10000000000000000) /* 10^34 */
#define MONTHS_MAX ((int64_t)1 << 61)
#define DAYS_MAX ((int64_t)1 << 61)
#define DAY_NANOSECONDS ((__int128)86400 * 1000000000)

/* ---- numbers ---- */

static bool is_small(const struct number *number)
{
    return number->exponent == 0 && number->coefficient < SMALL_MAX;
}

static int64_t small_value(const struct number *number)
{
    int64_t size = (int64_t)number->coefficient;

    return number->negative ? -size : size;
}

static struct number small_number(__int128 value)
{
    return (struct number){.coefficient = value < 0 ? (unsigned __int128)-value : (unsigned __int128)value,
                           .negative = value < 0};
}

/* Add, subtract and multiply as machine words. False where that is not exact. */
static bool quickly(enum feel_node_kind kind, const struct number *a, const struct number *b, struct number *ret)
{
    __int128 result;

    if (!is_small(a) || !is_small(b))
        return false;
    if (kind == FEEL_ADD)
        result = (__int128)small_value(a) + small_value(b);
    else if (kind == FEEL_SUBTRACT)
        result = (__int128)small_value(a) - small_value(b);
    else if (kind == FEEL_MULTIPLY)
        result = (__int128)small_value(a) * small_value(b);
    else
        return false;
    if (result >= EXACT_MAX || result <= -EXACT_MAX)
        return false;
    *ret = small_number(result);
    return true;
}

static enum error slowly(enum feel_node_kind kind, const struct number *a, const struct number *b, struct number *ret)
{
    switch (kind) {
    case FEEL_ADD:
        return number_add(*a, *b, ret);
    case FEEL_SUBTRACT:
        return number_subtract(*a, *b, ret);
    case FEEL_MULTIPLY:
        return number_multiply(*a, *b, ret);
    case FEEL_DIVIDE:
        return number_divide(*a, *b, ret);
    default:
        return number_power(*a, *b, ret);
    }
}

static enum error numbers(struct feel_run *run, enum feel_node_kind kind, const struct number *a,
                          const struct number *b, struct feel_value *ret)
{
    struct number result;

    if (quickly(kind, a, b, &result))
        return feel_number(run->arena, result, ret);
    TRY(feel_spend(run, kind == FEEL_POWER ? 64 : 1));
    if (slowly(kind, a, b, &result) != OK)
        return feel_null_because(run, ret,
                                 kind == FEEL_DIVIDE && number_is_zero(*b) ? "a division by zero"
                                                                           : "a number beyond what can be written");
    return feel_number(run->arena, result, ret);
}

/* ---- durations ---- */

/* The whole number that is left when the digits behind the point are cut off. False when it is too large. */
static bool whole_of(struct number number, __int128 *ret)
{
    struct number cut;
    __int128 value;

    if (number_round(number, 0, NUMBER_DOWN, &cut) != OK)
        return false;
    value = (__int128)cut.coefficient;
    for (; cut.exponent < 0 && value; cut.exponent++)
        value /= 10;
    for (; cut.exponent > 0 && value; cut.exponent--) {
        if (value >= EXACT_MAX / 10)
            return false;
        value *= 10;
    }
    *ret = cut.negative ? -value : value;
    return true;
}

static enum error out_of_range(struct feel_run *run, struct feel_value *ret)
{
    return feel_null_because(run, ret, "a date or a duration beyond what can be written");
}

static enum error months_of(struct feel_run *run, __int128 months, struct feel_value *ret)
{
    if (months > MONTHS_MAX || months < -MONTHS_MAX)
        return out_of_range(run, ret);
    *ret = (struct feel_value){.kind = FEEL_YEARS_MONTHS, .months = (int64_t)months};
    return OK;
}

static enum error nanoseconds_of(struct feel_run *run, __int128 nanoseconds, struct feel_value *ret)
{
    if (nanoseconds >= EXACT_MAX || nanoseconds <= -EXACT_MAX)
        return out_of_range(run, ret);
    return feel_nanoseconds(run->arena, nanoseconds, ret);
}

static __int128 duration_value(const struct feel_value *duration)
{
    return duration->kind == FEEL_YEARS_MONTHS ? duration->months : *duration->nanoseconds;
}

/* One that is larger than arithmetic can carry counts as none. */
static bool is_duration(const struct feel_value *value)
{
    if (value->kind == FEEL_YEARS_MONTHS)
        return value->months <= MONTHS_MAX && value->months >= -MONTHS_MAX;
    return value->kind == FEEL_DAYS_TIME && *value->nanoseconds<EXACT_MAX && * value->nanoseconds> - EXACT_MAX;
}

static enum error duration_of(struct feel_run *run, enum feel_kind kind, __int128 value, struct feel_value *ret)
{
    return kind == FEEL_YEARS_MONTHS ? months_of(run, value, ret) : nanoseconds_of(run, value, ret);
}

/* A duration times or by a number; what is smaller than a month or a nanosecond is cut off. */
static enum error scaled(struct feel_run *run, enum feel_node_kind kind, const struct feel_value *duration,
                         const struct number *by, struct feel_value *ret)
{
    struct number result;
    __int128 whole;

    if (kind == FEEL_DIVIDE && number_is_zero(*by))
        return feel_null_because(run, ret, "a division by zero");
    struct number size = small_number(duration_value(duration));
    if (slowly(kind, &size, by, &result) != OK || !whole_of(result, &whole))
        return out_of_range(run, ret);
    return duration_of(run, duration->kind, whole, ret);
}

static enum error ratio(struct feel_run *run, const struct feel_value *a, const struct feel_value *b,
                        struct feel_value *ret)
{
    struct number dividend = small_number(duration_value(a)), divisor = small_number(duration_value(b));

    return numbers(run, FEEL_DIVIDE, &dividend, &divisor, ret);
}

/* ---- dates and times ---- */

static int64_t days_floor(__int128 nanoseconds)
{
    __int128 days = nanoseconds / DAY_NANOSECONDS;

    if (nanoseconds % DAY_NANOSECONDS < 0)
        days--;
    if (days > DAYS_MAX || days < -DAYS_MAX)
        return days < 0 ? -DAYS_MAX : DAYS_MAX;
    return (int64_t)days;
}

static enum error date_plus(struct feel_run *run, struct temporal_date date, const struct feel_value *duration,
                            int sign, struct feel_value *ret)
{
    struct temporal_date result;
    enum error error;

    if (duration->kind == FEEL_YEARS_MONTHS)
        error = temporal_add_months(date, sign * duration->months, &result);
    else
        error = temporal_date_from_day(temporal_day_number(date) + days_floor(sign * *duration->nanoseconds), &result);
    if (error != OK)
        return out_of_range(run, ret);
    *ret = (struct feel_value){.kind = FEEL_DATE, .date = result};
    return OK;
}

static enum error date_time_plus(struct feel_run *run, const struct temporal_date_time *from,
                                 const struct feel_value *duration, int sign, struct feel_value *ret)
{
    struct temporal_date_time result = *from;
    enum error error;

    if (duration->kind == FEEL_YEARS_MONTHS)
        error = temporal_add_months(from->date, sign * duration->months, &result.date);
    else
        error = temporal_add_nanoseconds(from, sign * *duration->nanoseconds, &result);
    return error == OK ? feel_date_time(run->arena, result, ret) : out_of_range(run, ret);
}

/* Null kind where a duration cannot be added to it. */
static enum error moment_plus(struct feel_run *run, const struct feel_value *moment, const struct feel_value *duration,
                              int sign, bool *ret_defined, struct feel_value *ret)
{
    *ret_defined = true;
    if (moment->kind == FEEL_DATE)
        return date_plus(run, moment->date, duration, sign, ret);
    if (moment->kind == FEEL_DATE_TIME)
        return date_time_plus(run, moment->date_time, duration, sign, ret);
    if (moment->kind == FEEL_TIME && duration->kind == FEEL_DAYS_TIME)
        return feel_time(run->arena, temporal_time_add(moment->time, sign * *duration->nanoseconds), ret);
    *ret_defined = false;
    return OK;
}

/* A date is a date and time at midnight UTC (10.3.2.3.5). */
static struct temporal_date_time as_date_time(const struct feel_value *value)
{
    if (value->kind == FEEL_DATE_TIME)
        return *value->date_time;
    return (struct temporal_date_time){.date = value->date, .time = {.zone = {.kind = TEMPORAL_OFFSET}}};
}

/* Both must have a zone, or neither. */
static enum error moments_apart(struct feel_run *run, const struct feel_value *a, const struct feel_value *b,
                                struct feel_value *ret)
{
    struct temporal_date_time from = as_date_time(b), to = as_date_time(a);

    if (temporal_has_zone(&from.time.zone) != temporal_has_zone(&to.time.zone))
        return feel_null_because(run, ret, "a difference of times of which one alone has a time zone");
    return nanoseconds_of(run, temporal_instant(&to) - temporal_instant(&from), ret);
}

static enum error times_apart(struct feel_run *run, const struct temporal_time *a, const struct temporal_time *b,
                              struct feel_value *ret)
{
    if (temporal_has_zone(&a->zone) != temporal_has_zone(&b->zone))
        return feel_null_because(run, ret, "a difference of times of which one alone has a time zone");
    return nanoseconds_of(run, temporal_time_instant(a) - temporal_time_instant(b), ret);
}

/* ---- the operators ---- */

static enum error joined(struct feel_run *run, struct slice a, struct slice b, struct feel_value *ret)
{
    char *text;

    TRY(feel_spend(run, (a.length + b.length) / 64));
    text = arena_alloc(run->arena, a.length + b.length);
    if (!text)
        return ERROR_MEMORY;
    memcpy(text, a.data, a.length);
    memcpy(text + a.length, b.data, b.length);
    *ret = feel_string(slice_of(text, a.length + b.length));
    return OK;
}

static bool is_day(const struct feel_value *value)
{
    return value->kind == FEEL_DATE || value->kind == FEEL_DATE_TIME;
}

static enum error sum(struct feel_run *run, int sign, const struct feel_value *a, const struct feel_value *b,
                      bool *ret_defined, struct feel_value *ret)
{
    *ret_defined = true;
    if (is_duration(a) && a->kind == b->kind)
        return duration_of(run, a->kind, duration_value(a) + sign * duration_value(b), ret);
    if (is_duration(b))
        return moment_plus(run, a, b, sign, ret_defined, ret);
    if (is_duration(a) && sign > 0)
        return moment_plus(run, b, a, sign, ret_defined, ret);
    if (a->kind == FEEL_STRING && b->kind == FEEL_STRING && sign > 0)
        return joined(run, a->string, b->string, ret);
    if (is_day(a) && is_day(b) && sign < 0)
        return moments_apart(run, a, b, ret);
    if (a->kind == FEEL_TIME && b->kind == FEEL_TIME && sign < 0)
        return times_apart(run, a->time, b->time, ret);
    *ret_defined = false;
    return OK;
}

static enum error product(struct feel_run *run, enum feel_node_kind kind, const struct feel_value *a,
                          const struct feel_value *b, bool *ret_defined, struct feel_value *ret)
{
    *ret_defined = true;
    if (is_duration(a) && b->kind == FEEL_NUMBER)
        return scaled(run, kind, a, b->number, ret);
    if (kind == FEEL_MULTIPLY && a->kind == FEEL_NUMBER && is_duration(b))
        return scaled(run, kind, b, a->number, ret);
    if (kind == FEEL_DIVIDE && is_duration(a) && a->kind == b->kind)
        return ratio(run, a, b, ret);
    *ret_defined = false;
    return OK;
}

enum error feel_evaluate_arithmetic(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                    struct feel_value *ret)
{
    static const char sign[] = {
        [FEEL_ADD] = '+', [FEEL_SUBTRACT] = '-', [FEEL_MULTIPLY] = '*', [FEEL_DIVIDE] = '/', [FEEL_POWER] = '^'};
    struct feel_value a, b;
    bool defined = false;

    TRY(feel_evaluate(run, node->left, frame, &a));
    TRY(feel_evaluate(run, node->right, frame, &b));
    if (a.kind == FEEL_NUMBER && b.kind == FEEL_NUMBER)
        return numbers(run, node->kind, a.number, b.number, ret);
    if (node->kind == FEEL_ADD || node->kind == FEEL_SUBTRACT)
        TRY(sum(run, node->kind == FEEL_ADD ? 1 : -1, &a, &b, &defined, ret));
    else if (node->kind == FEEL_MULTIPLY || node->kind == FEEL_DIVIDE)
        TRY(product(run, node->kind, &a, &b, &defined, ret));
    if (!defined)
        return feel_null_because(run, ret, "%c is not defined for a %s and a %s (byte %u)", sign[node->kind],
                                 feel_kind_name(a.kind), feel_kind_name(b.kind), node->at);
    return OK;
}

enum error feel_negate(struct feel_run *run, const struct feel_value *value, struct feel_value *ret)
{
    if (value->kind == FEEL_NUMBER)
        return feel_number(run->arena, number_negate(*value->number), ret);
    if (is_duration(value))
        return duration_of(run, value->kind, -duration_value(value), ret);
    return feel_null_because(run, ret, "a %s has no sign", feel_kind_name(value->kind));
}
