/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Dates as people state them: with the precision, the calendar and the reason that they came with. "1990" is not
 * "1 January 1990"; it is some day of that year, and everything that compares dates compares intervals.
 *
 * Grammar: FHIR R4 date, dateTime and instant. Arithmetic is the proleptic Gregorian calendar; other calendars are kept
 * as data (struct date_origin) beside the Gregorian value. Pure; any thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum date_precision { DATE_YEAR, DATE_MONTH, DATE_DAY, DATE_MINUTE, DATE_SECOND, DATE_MILLISECOND };

struct date {
    enum date_precision precision;
    int year;   /* 1 to 9999 */
    int month;  /* 1 to 12, 1 when not stated */
    int day;    /* 1 to 31, 1 when not stated */
    int second; /* of the day, 0 to 86400 */
    int millisecond;
    int offset_minutes; /* east of UTC; 0 when there is no time */
};

/* Milliseconds since 1970-01-01T00:00Z: from ≤ t < to. A date without time spans its days in UTC. */
struct date_interval {
    int64_t from;
    int64_t to;
};

/* Days since 1970-01-01: from ≤ d < to. */
struct date_days {
    int32_t from;
    int32_t to;
};

enum date_kind { DATE_KIND_DATE, DATE_KIND_DATETIME, DATE_KIND_INSTANT };

/* Reads exactly the grammar of that kind and refuses days that do not exist. A leap second becomes the first of the
 * next minute. ERROR_VALUE. */
MUST_CHECK enum error date_parse(struct slice text, enum date_kind kind, struct date *ret_date);

/* As a search parameter gives it: a dateTime whose time may also lack seconds or a zone (then UTC). ERROR_VALUE. */
MUST_CHECK enum error date_parse_search(struct slice text, struct date *ret_date);

struct date_interval date_interval(struct date date);
struct date_days date_days(struct date date); /* the days it names; the time is left out */

/* Days since 1970-01-01 of a Gregorian day, and back. */
int32_t date_day_number(int year, int month, int day);
struct date date_from_day(int32_t day_number);

/* "2024-05-07T10:11:12.123Z", or without the fraction. `ms` since 1970. */
void date_write_instant(struct buffer *into, int64_t ms);
void date_write_day(struct buffer *into, int32_t day_number);

/* How a date came to be known. Recorded, never guessed: a clerk's default of 1 January is not a birthday. */
enum date_calendar { DATE_GREGORIAN, DATE_ETHIOPIC, DATE_PERSIAN, DATE_ISLAMIC, DATE_HEBREW, DATE_CALENDAR_COUNT };
enum date_provenance { DATE_STATED, DATE_DOCUMENT, DATE_ESTIMATED, DATE_DEFAULTED, DATE_PROVENANCE_COUNT };

struct date_origin {
    enum date_calendar calendar;
    enum date_precision precision; /* in that calendar */
    enum date_provenance provenance;
    struct slice as_stated; /* the person's or the document's own words; borrowed */
};

/* The codes that stand in records ("gregorian", "stated"). *_from_code: false for an unknown one. */
const char *date_calendar_code(enum date_calendar calendar);
const char *date_provenance_code(enum date_provenance provenance);
bool date_calendar_from_code(struct slice code, enum date_calendar *ret_calendar);
bool date_provenance_from_code(struct slice code, enum date_provenance *ret_provenance);

/* Whole years between a birth date and a day: the least and the most that the stated precision allows. */
struct date_age {
    int least;
    int most;
};
struct date_age date_age(struct date birth, int32_t on_day);
