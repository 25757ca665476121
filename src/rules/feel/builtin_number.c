/* SPDX-License-Identifier: Apache-2.0 */

/* Numeric functions (DMN 1.5, table 76). */

#include "builtins.h"

#define SCALE_MIN (-6111)
#define SCALE_MAX 6176

/* A scale with digits behind its point is cut; one that is finer than the number leaves it as it is. */
static enum error rounded(struct feel_run *run, const char *function, const struct feel_value *argument, size_t count,
                          enum number_rounding rounding, struct feel_value *ret)
{
    struct feel_value number;
    struct number result;
    int64_t scale = 0;

    if (!feel_as(&argument[0], FEEL_NUMBER, &number) || (count == 2 && !feel_as_whole(&argument[1], &scale)))
        return feel_unfit(run, function, ret);
    if (scale < SCALE_MIN || scale > SCALE_MAX)
        return feel_unfit(run, function, ret);
    if (scale >= -(int64_t)number.number->exponent) {
        *ret = number;
        return OK;
    }
    if (number_round(*number.number, scale, rounding, &result) != OK)
        return feel_unfit(run, function, ret);
    return feel_number(run->arena, result, ret);
}

FEEL_BUILTIN(decimal)
{
    return rounded(run, "decimal", argument, count, NUMBER_HALF_EVEN, ret);
}

FEEL_BUILTIN(floor)
{
    return rounded(run, "floor", argument, count, NUMBER_FLOOR, ret);
}

FEEL_BUILTIN(ceiling)
{
    return rounded(run, "ceiling", argument, count, NUMBER_CEILING, ret);
}

FEEL_BUILTIN(round_up)
{
    return rounded(run, "round up", argument, count, NUMBER_UP, ret);
}

FEEL_BUILTIN(round_down)
{
    return rounded(run, "round down", argument, count, NUMBER_DOWN, ret);
}

FEEL_BUILTIN(round_half_up)
{
    return rounded(run, "round half up", argument, count, NUMBER_HALF_UP, ret);
}

FEEL_BUILTIN(round_half_down)
{
    return rounded(run, "round half down", argument, count, NUMBER_HALF_DOWN, ret);
}

FEEL_BUILTIN(abs)
{
    struct feel_value value = feel_from_singleton(argument[0]);

    if (value.kind == FEEL_NUMBER)
        return feel_number(run->arena, number_absolute(*value.number), ret);
    if (value.kind != FEEL_YEARS_MONTHS && value.kind != FEEL_DAYS_TIME)
        return feel_unfit(run, "abs", ret);
    if (value.kind == FEEL_YEARS_MONTHS ? value.months < 0 : *value.nanoseconds < 0)
        return feel_negate(run, &value, ret);
    *ret = value;
    return OK;
}

FEEL_BUILTIN(modulo)
{
    struct feel_value dividend, divisor;
    struct number result;

    if (!feel_as(&argument[0], FEEL_NUMBER, &dividend) || !feel_as(&argument[1], FEEL_NUMBER, &divisor) ||
        number_modulo(*dividend.number, *divisor.number, &result) != OK)
        return feel_unfit(run, "modulo", ret);
    return feel_number(run->arena, result, ret);
}

/* A function of one number that may have no result. */
static enum error of_number(struct feel_run *run, const char *function, const struct feel_value *argument,
                            enum error (*calculate)(struct number a, struct number *ret), struct feel_value *ret)
{
    struct feel_value number;
    struct number result;

    TRY(feel_spend(run, 64));
    if (!feel_as(argument, FEEL_NUMBER, &number) || calculate(*number.number, &result) != OK)
        return feel_unfit(run, function, ret);
    return feel_number(run->arena, result, ret);
}

FEEL_BUILTIN(sqrt)
{
    return of_number(run, "sqrt", argument, number_square_root, ret);
}

FEEL_BUILTIN(log)
{
    return of_number(run, "log", argument, number_logarithm, ret);
}

FEEL_BUILTIN(exp)
{
    return of_number(run, "exp", argument, number_exponential, ret);
}

static enum error remainder_by_two(struct feel_run *run, const char *function, const struct feel_value *argument,
                                   bool wanted, struct feel_value *ret)
{
    struct feel_value number;
    struct number remainder;

    if (!feel_as(argument, FEEL_NUMBER, &number) || !number_is_whole(*number.number) ||
        number_modulo(*number.number, number_of(2), &remainder) != OK)
        return feel_unfit(run, function, ret);
    *ret = feel_boolean(number_is_zero(remainder) != wanted);
    return OK;
}

FEEL_BUILTIN(odd)
{
    return remainder_by_two(run, "odd", argument, true, ret);
}

FEEL_BUILTIN(even)
{
    return remainder_by_two(run, "even", argument, false, ret);
}
