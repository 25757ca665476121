/* SPDX-License-Identifier: Apache-2.0 */

/* Conversion functions (DMN 1.5, table 72). */

#include "builtins.h"

#define SECOND_NANOSECONDS 1000000000
#define OFFSET_MAX ((__int128)14 * 3600 * SECOND_NANOSECONDS)

static enum error date_value(struct feel_value *ret, struct temporal_date date)
{
    *ret = (struct feel_value){.kind = FEEL_DATE, .date = date};
    return OK;
}

/* ---- date ---- */

static bool as_int(const struct feel_value *argument, int64_t *ret)
{
    struct feel_value number;

    return feel_as(argument, FEEL_NUMBER, &number) && number_to_int(*number.number, ret);
}

static enum error date_of_parts(struct feel_run *run, const struct feel_value *argument, struct feel_value *ret)
{
    struct temporal_date date;
    int64_t year, month, day;

    if (!as_int(&argument[0], &year) || !as_int(&argument[1], &month) || !as_int(&argument[2], &day) ||
        temporal_date_of(year, month, day, &date) != OK)
        return feel_unfit(run, "date", ret);
    return date_value(ret, date);
}

FEEL_BUILTIN(date)
{
    struct feel_value from = feel_from_singleton(argument[0]);
    struct temporal_date date;

    if (count == 3)
        return date_of_parts(run, argument, ret);
    if (from.kind == FEEL_DATE)
        return date_value(ret, from.date);
    if (from.kind == FEEL_DATE_TIME)
        return date_value(ret, from.date_time->date);
    if (from.kind == FEEL_STRING && temporal_parse_date(from.string, &date) == OK)
        return date_value(ret, date);
    return feel_unfit(run, "date", ret);
}

/* ---- date and time ---- */

static enum error date_and_time_of_parts(struct feel_run *run, const struct feel_value *argument,
                                         struct feel_value *ret)
{
    struct feel_value day = feel_from_singleton(argument[0]), time;
    struct temporal_date_time result;

    if (!feel_as(&argument[1], FEEL_TIME, &time) || (day.kind != FEEL_DATE && day.kind != FEEL_DATE_TIME))
        return feel_unfit(run, "date and time", ret);
    result.date = day.kind == FEEL_DATE ? day.date : day.date_time->date;
    result.time = *time.time;
    return feel_date_time(run->arena, result, ret);
}

/* A text without a time is midnight of that day. */
FEEL_BUILTIN(date_and_time)
{
    struct temporal_date_time result = {0};
    struct feel_value from;

    if (count == 2)
        return date_and_time_of_parts(run, argument, ret);
    if (!feel_as(&argument[0], FEEL_STRING, &from))
        return feel_unfit(run, "date and time", ret);
    if (temporal_parse_date_time(from.string, &result) == OK || temporal_parse_date(from.string, &result.date) == OK)
        return feel_date_time(run->arena, result, ret);
    return feel_unfit(run, "date and time", ret);
}

/* ---- time ---- */

/* Seconds with a fraction, to the nanosecond. */
static bool as_second(const struct feel_value *argument, struct temporal_time *time)
{
    struct feel_value number;
    struct number scaled;
    int64_t nanoseconds;

    if (!feel_as(argument, FEEL_NUMBER, &number) ||
        number_multiply(*number.number, number_of(SECOND_NANOSECONDS), &scaled) != OK ||
        number_round(scaled, 0, NUMBER_DOWN, &scaled) != OK || !number_to_int(scaled, &nanoseconds) ||
        nanoseconds < 0 || nanoseconds >= (int64_t)60 * SECOND_NANOSECONDS)
        return false;
    time->second = (uint8_t)(nanoseconds / SECOND_NANOSECONDS);
    time->nanosecond = (uint32_t)(nanoseconds % SECOND_NANOSECONDS);
    return true;
}

static bool as_offset(const struct feel_value *argument, struct temporal_zone *ret)
{
    struct feel_value offset;

    if (argument->kind == FEEL_NULL)
        return true;
    if (!feel_as(argument, FEEL_DAYS_TIME, &offset) || *offset.nanoseconds > OFFSET_MAX ||
        *offset.nanoseconds < -OFFSET_MAX)
        return false;
    *ret = (struct temporal_zone){.kind = TEMPORAL_OFFSET,
                                  .offset = (int32_t)(*offset.nanoseconds / SECOND_NANOSECONDS)};
    return true;
}

static enum error time_of_parts(struct feel_run *run, const struct feel_value *argument, size_t count,
                                struct feel_value *ret)
{
    struct temporal_time time = {0};
    int64_t hour, minute;

    if (!as_int(&argument[0], &hour) || hour < 0 || hour > 23 || !as_int(&argument[1], &minute) || minute < 0 ||
        minute > 59 || !as_second(&argument[2], &time) || (count == 4 && !as_offset(&argument[3], &time.zone)))
        return feel_unfit(run, "time", ret);
    time.hour = (uint8_t)hour;
    time.minute = (uint8_t)minute;
    return feel_time(run->arena, time, ret);
}

/* Of a date it is midnight UTC (10.3.2.3.5). */
FEEL_BUILTIN(time)
{
    struct feel_value from = feel_from_singleton(argument[0]);
    struct temporal_time time = {.zone = {.kind = TEMPORAL_OFFSET}};

    if (count > 1)
        return time_of_parts(run, argument, count, ret);
    switch (from.kind) {
    case FEEL_TIME:
        *ret = from;
        return OK;
    case FEEL_DATE_TIME:
        return feel_time(run->arena, from.date_time->time, ret);
    case FEEL_DATE:
        return feel_time(run->arena, time, ret);
    case FEEL_STRING:
        if (temporal_parse_time(from.string, &time) == OK)
            return feel_time(run->arena, time, ret);
        break;
    default:
        break;
    }
    return feel_unfit(run, "time", ret);
}

/* ---- number ---- */

/* A separator: null (0) or one of `among`. False where it is neither. */
static bool separator(const struct feel_value *argument, const char *among, char *ret)
{
    struct feel_value text;

    *ret = 0;
    if (argument->kind == FEEL_NULL)
        return true;
    if (!feel_as(argument, FEEL_STRING, &text) || text.string.length != 1 || !strchr(among, text.string.data[0]))
        return false;
    *ret = text.string.data[0];
    return true;
}

/* Without the grouping separators and with a point for the decimal separator. False where a point stands that is
 * neither. */
static bool plain_digits(struct slice from, char grouping, char decimal, char *to, size_t *ret_length)
{
    size_t length = 0;

    for (size_t i = 0; i < from.length; i++) {
        char c = from.data[i];
        if (grouping && c == grouping)
            continue;
        if (decimal == ',' && (c == '.' || c == ','))
            c = c == ',' ? '.' : 0;
        if (!c)
            return false;
        to[length++] = c;
    }
    *ret_length = length;
    return true;
}

FEEL_BUILTIN(number)
{
    struct feel_value from;
    struct number number;
    char grouping, decimal, *digits;
    size_t length;

    if (!feel_as(&argument[0], FEEL_STRING, &from) || !separator(&argument[1], " ,.", &grouping) ||
        !separator(&argument[2], ",.", &decimal) || (grouping && grouping == decimal))
        return feel_unfit(run, "number", ret);
    TRY(feel_spend(run, from.string.length / 8));
    digits = arena_alloc(run->arena, from.string.length);
    if (!digits)
        return ERROR_MEMORY;
    if (!plain_digits(from.string, grouping, decimal, digits, &length) ||
        number_parse(slice_of(digits, length), &number) != OK)
        return feel_unfit(run, "number", ret);
    return feel_number(run->arena, number, ret);
}

/* ---- string ---- */

FEEL_BUILTIN(string)
{
    struct slice text;

    if (argument[0].kind == FEEL_NULL || argument[0].kind == FEEL_STRING) {
        *ret = argument[0];
        return OK;
    }
    TRY(feel_written(run, argument[0], &text));
    *ret = feel_string(text);
    return OK;
}

/* ---- durations ---- */

FEEL_BUILTIN(duration)
{
    struct feel_value from;
    __int128 nanoseconds;
    int64_t months;

    if (!feel_as(&argument[0], FEEL_STRING, &from))
        return feel_unfit(run, "duration", ret);
    if (temporal_parse_months(from.string, &months) == OK) {
        *ret = (struct feel_value){.kind = FEEL_YEARS_MONTHS, .months = months};
        return OK;
    }
    if (temporal_parse_nanoseconds(from.string, &nanoseconds) == OK)
        return feel_nanoseconds(run->arena, nanoseconds, ret);
    return feel_unfit(run, "duration", ret);
}

static bool as_moment(const struct feel_value *argument, struct temporal_date_time *ret)
{
    struct feel_value value = feel_from_singleton(*argument);

    if (value.kind == FEEL_DATE_TIME)
        *ret = *value.date_time;
    else if (value.kind == FEEL_DATE)
        *ret = (struct temporal_date_time){.date = value.date};
    return value.kind == FEEL_DATE_TIME || value.kind == FEEL_DATE;
}

FEEL_BUILTIN(years_and_months_duration)
{
    struct temporal_date_time from, to;

    if (!as_moment(&argument[0], &from) || !as_moment(&argument[1], &to))
        return feel_unfit(run, "years and months duration", ret);
    *ret = (struct feel_value){.kind = FEEL_YEARS_MONTHS, .months = temporal_months_between(&from, &to)};
    return OK;
}

/* ---- range ---- */

/* One of the functions that a literal of rule 62 may call, on a literal string. */
static bool is_literal_call(const struct feel_run *run, const struct feel_node *node)
{
    static const char *const allowed[] = {"date", "time", "date and time", "duration"};

    if (node->kind != FEEL_CALL || node->by_name || node->child_count != 1 || node->left->kind != FEEL_NAME ||
        node->child[0]->kind != FEEL_LITERAL || node->child[0]->value.kind != FEEL_STRING)
        return false;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (slice_is(feel_names_text(run->names, node->left->name), allowed[i]))
            return true;
    return false;
}

static bool is_end(const struct feel_run *run, const struct feel_node *node)
{
    if (node->kind == FEEL_NEGATE)
        node = node->left;
    return (node->kind == FEEL_LITERAL && node->value.kind != FEEL_NULL) || is_literal_call(run, node);
}

/* A text of a range with two ends that are literals; nothing else of FEEL is carried out. */
FEEL_BUILTIN(range)
{
    const struct feel_node *node;
    struct feel_value from;
    enum error error;

    if (!feel_as(&argument[0], FEEL_STRING, &from))
        return feel_unfit(run, "range", ret);
    TRY(feel_spend(run, from.string.length));
    error = feel_parse(run->arena, run->names, NULL, from.string, &node, NULL);
    if (error == ERROR_MEMORY)
        return error;
    if (error != OK || node->kind != FEEL_RANGE_NODE || !is_end(run, node->left) || !is_end(run, node->right))
        return feel_unfit(run, "range", ret);
    TRY(feel_evaluate(run, node, NULL, ret));
    if (ret->kind == FEEL_RANGE && (ret->range->low.kind == FEEL_NULL || ret->range->high.kind == FEEL_NULL))
        return feel_unfit(run, "range", ret);
    return OK;
}
