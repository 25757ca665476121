/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* FEEL's dates, times and durations (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.9; lexical forms of XML Schema 1.1 part 2, with
 * zones as `@Europe/Paris`). Years run from -999,999,999 to 999,999,999 on the proleptic Gregorian calendar. Named
 * zones come from ICU, which knows what their offset was on a day. Pure but for ICU's zone data; any thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

#define TEMPORAL_YEAR_MAX 999999999

struct temporal_date {
    int32_t year;
    uint8_t month, day;
};

enum temporal_zone_kind { TEMPORAL_LOCAL, TEMPORAL_OFFSET, TEMPORAL_NAMED };

struct temporal_zone {
    enum temporal_zone_kind kind;
    int32_t offset;    /* OFFSET: seconds east of UTC, within 14 hours */
    struct slice name; /* NAMED: an IANA name; points into the text that was read */
};

struct temporal_time {
    uint8_t hour, minute, second;
    uint32_t nanosecond;
    struct temporal_zone zone;
};

struct temporal_date_time {
    struct temporal_date date;
    struct temporal_time time;
};

/* Whole texts only. ERROR_VALUE for anything else: no such day, an unknown zone name, a zone and an offset at once.
 * 24:00:00 is the first moment of the next day. Of a fraction nine digits count, the rest is cut off. */
MUST_CHECK enum error temporal_parse_date(struct slice text, struct temporal_date *ret);
MUST_CHECK enum error temporal_parse_time(struct slice text, struct temporal_time *ret);
MUST_CHECK enum error temporal_parse_date_time(struct slice text, struct temporal_date_time *ret); /* needs the `T` */
/* `P1Y2M`: months. At most 17 digits a part, in both kinds of durations. */
MUST_CHECK enum error temporal_parse_months(struct slice text, int64_t *ret_months);
/* `-P1DT2H3M4.5S`: nanoseconds. */
MUST_CHECK enum error temporal_parse_nanoseconds(struct slice text, __int128 *ret_nanoseconds);

/* Checked construction, for date(y, m, d) and the like. ERROR_VALUE. */
MUST_CHECK enum error temporal_date_of(int64_t year, int64_t month, int64_t day, struct temporal_date *ret);

void temporal_write_date(struct buffer *into, struct temporal_date date);
void temporal_write_time(struct buffer *into, struct temporal_time time);
void temporal_write_date_time(struct buffer *into, struct temporal_date_time date_time);
void temporal_write_months(struct buffer *into, int64_t months);            /* `P1Y2M`, `P0M` */
void temporal_write_nanoseconds(struct buffer *into, __int128 nanoseconds); /* `P1DT2H`, `PT0S` */

int64_t temporal_day_number(struct temporal_date date); /* since 1970-01-01 */
/* ERROR_VALUE beyond the years allowed. */
MUST_CHECK enum error temporal_date_from_day(int64_t day_number, struct temporal_date *ret);
int temporal_weekday(struct temporal_date date); /* 1 Monday … 7 Sunday */
int temporal_day_of_year(struct temporal_date date);
int temporal_week_of_year(struct temporal_date date); /* ISO 8601 */

/* Does it have an offset or a zone? The value compared: nanoseconds since 1970-01-01T00:00:00, in UTC where it has a
 * zone and as local time where not. */
bool temporal_has_zone(const struct temporal_zone *zone);
/* Seconds east of UTC on that local date and time; 0 for LOCAL. Of an hour that there is twice the first is meant; one
 * that was left out has the offset before the gap. */
int32_t temporal_offset(const struct temporal_zone *zone, struct temporal_date date, const struct temporal_time *time);
__int128 temporal_instant(const struct temporal_date_time *date_time);
/* Of the day, in UTC for one with a zone (named zones: the offset depends on a day that is not known, so that of
 * 1970-01-01). */
__int128 temporal_time_instant(const struct temporal_time *time);

/* Arithmetic. The zone stays as it is; nanoseconds are added on the line of time, so that in a named zone the clock may
 * jump. A month too short for the day takes its last day. ERROR_VALUE beyond the years. */
MUST_CHECK enum error temporal_add_months(struct temporal_date date, int64_t months, struct temporal_date *ret);
MUST_CHECK enum error temporal_add_nanoseconds(const struct temporal_date_time *from, __int128 nanoseconds,
                                               struct temporal_date_time *ret);
struct temporal_time temporal_time_add(const struct temporal_time *from, __int128 nanoseconds); /* wraps at midnight */
/* years and months duration(from, to): whole months between, towards zero. Only the dates count, as they stand (the
 * compatibility kit has 2014-12-31T23:59:59 to 2016-12-31T00:00:01 as P2Y). */
int64_t temporal_months_between(const struct temporal_date_time *from, const struct temporal_date_time *to);

/* Nanoseconds since 1970, UTC, for now() and today(). Beyond the years allowed: 1970. */
struct temporal_date_time temporal_from_instant(__int128 nanoseconds);
