/* SPDX-License-Identifier: Apache-2.0 */

/* The calendar, the line of time and arithmetic on both. */

#include "temporal_zone.h"

#define DAYS_PER_YEAR 365
#define DAYS_PER_400_YEARS 146097
#define DAYS_0000_TO_1970 719468    /* from 0000-03-01 */
#define DAY_NUMBER_MAX 365242500000 /* beyond every year allowed */
#define MONTHS_MAX (24LL * TEMPORAL_YEAR_MAX)

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int32_t year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Towards minus infinity; the rest is not negative. */
static __int128 floor_divide(__int128 value, __int128 divisor, __int128 *ret_rest)
{
    __int128 whole = value / divisor, rest = value % divisor;

    if (rest < 0) {
        rest += divisor;
        whole--;
    }
    *ret_rest = rest;
    return whole;
}

enum error temporal_date_of(int64_t year, int64_t month, int64_t day, struct temporal_date *ret)
{
    if (year < -TEMPORAL_YEAR_MAX || year > TEMPORAL_YEAR_MAX || month < 1 || month > 12)
        return ERROR_VALUE;
    if (day < 1 || day > month_days((int32_t)year, (int)month))
        return ERROR_VALUE;
    *ret = (struct temporal_date){(int32_t)year, (uint8_t)month, (uint8_t)day};
    return OK;
}

/* Years are counted from March, so that the leap day is the last of its year and months have a regular length: five
 * have 153 days. */
int64_t temporal_day_number(struct temporal_date date)
{
    int64_t year = (int64_t)date.year - (date.month <= 2), month = (date.month + 9) % 12;
    int64_t cycle = (year >= 0 ? year : year - 399) / 400, of_cycle = year - cycle * 400;
    int64_t day = of_cycle * DAYS_PER_YEAR + of_cycle / 4 - of_cycle / 100 + (153 * month + 2) / 5 + date.day - 1;

    return cycle * DAYS_PER_400_YEARS + day - DAYS_0000_TO_1970;
}

enum error temporal_date_from_day(int64_t day_number, struct temporal_date *ret)
{
    if (day_number < -DAY_NUMBER_MAX || day_number > DAY_NUMBER_MAX)
        return ERROR_VALUE;
    __int128 rest = 0;
    int64_t cycle = (int64_t)floor_divide(day_number + DAYS_0000_TO_1970, DAYS_PER_400_YEARS, &rest);
    int64_t day = (int64_t)rest;
    int64_t year = (day - day / 1460 + day / 36524 - day / (DAYS_PER_400_YEARS - 1)) / DAYS_PER_YEAR;
    day -= year * DAYS_PER_YEAR + year / 4 - year / 100;
    int64_t month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    return temporal_date_of(cycle * 400 + year + (month >= 10), month < 10 ? month + 3 : month - 9, day + 1, ret);
}

int temporal_weekday(struct temporal_date date)
{
    int64_t of_week = (temporal_day_number(date) + 3) % 7; /* 1970-01-01 was a Thursday */

    return (int)(of_week < 0 ? of_week + 7 : of_week) + 1;
}

int temporal_day_of_year(struct temporal_date date)
{
    int day = date.day;

    for (int month = 1; month < date.month; month++)
        day += month_days(date.year, month);
    return day;
}

/* A year has 53 weeks when it begins on a Thursday, or a leap year on a Wednesday. */
static int weeks_of_year(int32_t year)
{
    int first = temporal_weekday((struct temporal_date){year, 1, 1});

    return first == 4 || (first == 3 && is_leap(year)) ? 53 : 52;
}

int temporal_week_of_year(struct temporal_date date)
{
    int week = (temporal_day_of_year(date) - temporal_weekday(date) + 10) / 7;

    if (week < 1)
        return weeks_of_year(date.year - 1);
    return week > weeks_of_year(date.year) ? 1 : week;
}

bool temporal_has_zone(const struct temporal_zone *zone)
{
    return zone->kind != TEMPORAL_LOCAL;
}

static int64_t second_of_day(const struct temporal_time *time)
{
    return time->hour * 3600 + time->minute * 60 + time->second;
}

int32_t temporal_offset(const struct temporal_zone *zone, struct temporal_date date, const struct temporal_time *time)
{
    if (zone->kind == TEMPORAL_NAMED)
        return zone_offset(zone->name, temporal_day_number(date) * SECONDS_PER_DAY + second_of_day(time), true);
    return zone->kind == TEMPORAL_OFFSET ? zone->offset : 0;
}

__int128 temporal_instant(const struct temporal_date_time *date_time)
{
    const struct temporal_time *time = &date_time->time;
    int64_t second = temporal_day_number(date_time->date) * SECONDS_PER_DAY + second_of_day(time) -
                     temporal_offset(&time->zone, date_time->date, time);

    return (__int128)second * NANOSECONDS_PER_SECOND + time->nanosecond;
}

__int128 temporal_time_instant(const struct temporal_time *time)
{
    return temporal_instant(&(struct temporal_date_time){{1970, 1, 1}, *time});
}

static struct temporal_time time_of(__int128 nanosecond_of_day, struct temporal_zone zone)
{
    int64_t nanoseconds = (int64_t)nanosecond_of_day, second = nanoseconds / NANOSECONDS_PER_SECOND;

    return (struct temporal_time){(uint8_t)(second / 3600), (uint8_t)(second / 60 % 60), (uint8_t)(second % 60),
                                  (uint32_t)(nanoseconds % NANOSECONDS_PER_SECOND), zone};
}

/* The date and time so many nanoseconds after 1970-01-01T00:00:00, both local. */
static enum error from_local(__int128 nanoseconds, struct temporal_zone zone, struct temporal_date_time *ret)
{
    __int128 rest = 0, day = floor_divide(nanoseconds, NANOSECONDS_PER_DAY, &rest);
    struct temporal_date date = {0};

    if (day < -DAY_NUMBER_MAX || day > DAY_NUMBER_MAX)
        return ERROR_VALUE;
    TRY(temporal_date_from_day((int64_t)day, &date));
    *ret = (struct temporal_date_time){date, time_of(rest, zone)};
    return OK;
}

enum error temporal_add_months(struct temporal_date date, int64_t months, struct temporal_date *ret)
{
    if (months < -MONTHS_MAX || months > MONTHS_MAX)
        return ERROR_VALUE;
    __int128 month = 0, year = floor_divide((__int128)date.year * 12 + date.month - 1 + months, 12, &month);
    if (year < -TEMPORAL_YEAR_MAX || year > TEMPORAL_YEAR_MAX)
        return ERROR_VALUE;
    int last = month_days((int32_t)year, (int)month + 1);
    return temporal_date_of((int64_t)year, (int64_t)month + 1, date.day < last ? date.day : last, ret);
}

/* In a named zone the line of time is UTC's: an hour after 01:30 may be 03:30 (DMN 1.5, table 50). */
enum error temporal_add_nanoseconds(const struct temporal_date_time *from, __int128 nanoseconds,
                                    struct temporal_date_time *ret)
{
    const struct temporal_zone *zone = &from->time.zone;
    __int128 instant = temporal_instant(from), limit = NANOSECONDS_PER_DAY * 2 * DAY_NUMBER_MAX, rest = 0;

    if (nanoseconds < -limit || nanoseconds > limit)
        return ERROR_VALUE;
    instant += nanoseconds;
    int64_t offset = zone->kind == TEMPORAL_OFFSET ? zone->offset : 0;
    if (zone->kind == TEMPORAL_NAMED)
        offset = zone_offset(zone->name, (int64_t)floor_divide(instant, NANOSECONDS_PER_SECOND, &rest), false);
    return from_local(instant + (__int128)offset * NANOSECONDS_PER_SECOND, *zone, ret);
}

struct temporal_time temporal_time_add(const struct temporal_time *from, __int128 nanoseconds)
{
    __int128 of_day = (__int128)second_of_day(from) * NANOSECONDS_PER_SECOND + from->nanosecond, rest = 0;

    floor_divide(of_day + nanoseconds % NANOSECONDS_PER_DAY, NANOSECONDS_PER_DAY, &rest);
    return time_of(rest, from->zone);
}

int64_t temporal_months_between(const struct temporal_date_time *from, const struct temporal_date_time *to)
{
    int64_t months = ((int64_t)to->date.year - from->date.year) * 12 + to->date.month - from->date.month;

    if (months > 0 && to->date.day < from->date.day)
        return months - 1;
    return months < 0 && to->date.day > from->date.day ? months + 1 : months;
}

struct temporal_date_time temporal_from_instant(__int128 nanoseconds)
{
    static const struct temporal_zone utc = {.kind = TEMPORAL_OFFSET};
    struct temporal_date_time at = {0};

    if (from_local(nanoseconds, utc, &at) != OK) /* a clock beyond all years */
        return (struct temporal_date_time){{1970, 1, 1}, {.zone = utc}};
    return at;
}
