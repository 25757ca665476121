/* SPDX-License-Identifier: Apache-2.0 */

/* Functions of dates (DMN 1.5, tables 79 and 82), and `is` (table 77), which tells values apart that are equal but not
 * the same: 10:00Z and 11:00+01:00. */

#include "builtins.h"

#define MILLISECOND_NANOSECONDS 1000000

static bool as_day(const struct feel_value *argument, struct temporal_date *ret)
{
    struct feel_value value = feel_from_singleton(*argument);

    if (value.kind == FEEL_DATE)
        *ret = value.date;
    else if (value.kind == FEEL_DATE_TIME)
        *ret = value.date_time->date;
    return value.kind == FEEL_DATE || value.kind == FEEL_DATE_TIME;
}

static enum error day_number(struct feel_run *run, const char *function, const struct feel_value *argument,
                             int (*number)(struct temporal_date date), struct feel_value *ret)
{
    struct temporal_date date;

    if (!as_day(argument, &date))
        return feel_unfit(run, function, ret);
    return feel_whole(run, number(date), ret);
}

FEEL_BUILTIN(day_of_year)
{
    return day_number(run, "day of year", argument, temporal_day_of_year, ret);
}

FEEL_BUILTIN(week_of_year)
{
    return day_number(run, "week of year", argument, temporal_week_of_year, ret);
}

FEEL_BUILTIN(day_of_week)
{
    static const char *const day[] = {"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    struct temporal_date date;

    if (!as_day(argument, &date))
        return feel_unfit(run, "day of week", ret);
    *ret = feel_string(slice_from_string(day[temporal_weekday(date)]));
    return OK;
}

FEEL_BUILTIN(month_of_year)
{
    static const char *const month[] = {"",     "January", "February",  "March",   "April",    "May",     "June",
                                        "July", "August",  "September", "October", "November", "December"};
    struct temporal_date date;

    if (!as_day(argument, &date))
        return feel_unfit(run, "month of year", ret);
    *ret = feel_string(slice_from_string(month[date.month]));
    return OK;
}

FEEL_BUILTIN(now)
{
    return feel_date_time(run->arena, temporal_from_instant((__int128)run->now_ms * MILLISECOND_NANOSECONDS), ret);
}

FEEL_BUILTIN(today)
{
    struct temporal_date_time now = temporal_from_instant((__int128)run->now_ms * MILLISECOND_NANOSECONDS);

    *ret = (struct feel_value){.kind = FEEL_DATE, .date = now.date};
    return OK;
}

/* ---- is ---- */

static bool same_zone(const struct temporal_zone *a, const struct temporal_zone *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == TEMPORAL_NAMED ? slice_equal(a->name, b->name)
                                     : a->kind == TEMPORAL_LOCAL || a->offset == b->offset;
}

static bool same_time(const struct temporal_time *a, const struct temporal_time *b)
{
    return a->hour == b->hour && a->minute == b->minute && a->second == b->second && a->nanosecond == b->nanosecond &&
           same_zone(&a->zone, &b->zone);
}

static bool same_date(struct temporal_date a, struct temporal_date b)
{
    return a.year == b.year && a.month == b.month && a.day == b.day;
}

FEEL_BUILTIN(is)
{
    const struct feel_value *a = &argument[0], *b = &argument[1];
    enum feel_truth same = FEEL_FALSE;

    if (a->kind != b->kind) {
        *ret = feel_boolean(false);
        return OK;
    }
    if (a->kind == FEEL_TIME) {
        *ret = feel_boolean(same_time(a->time, b->time));
    } else if (a->kind == FEEL_DATE_TIME) {
        *ret = feel_boolean(same_date(a->date_time->date, b->date_time->date) &&
                            same_time(&a->date_time->time, &b->date_time->time));
    } else {
        TRY(feel_equal_in_run(run, a, b, &same));
        *ret = feel_boolean(same == FEEL_TRUE);
    }
    return OK;
}

FEEL_BUILTIN(not )
{
    struct feel_value value;

    if (!feel_as(&argument[0], FEEL_BOOLEAN, &value))
        return feel_unfit(run, "not", ret);
    *ret = feel_boolean(!value.boolean);
    return OK;
}
