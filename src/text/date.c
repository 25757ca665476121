/* SPDX-License-Identifier: Apache-2.0 */
#include "date.h"

#define DAY_MS INT64_C(86400000)

/* Reads the front of a text; once something is missing it stays failed, so that a grammar reads in one line. */
struct scanner {
    struct slice rest;
    bool failed;
};

static int number(struct scanner *scanner, size_t digits, int least, int most)
{
    int value = 0;

    if (scanner->rest.length < digits)
        return scanner->failed = true, least;
    for (size_t i = 0; i < digits; i++) {
        char digit = scanner->rest.data[i];
        if (digit < '0' || digit > '9')
            return scanner->failed = true, least;
        value = value * 10 + (digit - '0');
    }
    scanner->rest = slice_from(scanner->rest, digits);
    if (value < least || value > most)
        return scanner->failed = true, least;
    return value;
}

static bool take(struct scanner *scanner, char byte)
{
    if (scanner->failed || scanner->rest.length == 0 || scanner->rest.data[0] != byte)
        return false;
    scanner->rest = slice_from(scanner->rest, 1);
    return true;
}

static void expect(struct scanner *scanner, char byte)
{
    if (!take(scanner, byte))
        scanner->failed = true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static void read_day(struct scanner *scanner, struct date *date)
{
    *date = (struct date){.precision = DATE_YEAR, .month = 1, .day = 1};
    date->year = number(scanner, 4, 1, 9999);
    if (!take(scanner, '-'))
        return;
    date->month = number(scanner, 2, 1, 12);
    date->precision = DATE_MONTH;
    if (!take(scanner, '-'))
        return;
    date->day = number(scanner, 2, 1, days_in_month(date->year, date->month));
    date->precision = DATE_DAY;
}

/* Digits past the third are read and dropped: no clock of ours is finer. */
static void read_fraction(struct scanner *scanner, struct date *date)
{
    int scale = 100;

    date->millisecond = number(scanner, 1, 0, 9) * scale;
    while (!scanner->failed && scanner->rest.length && scanner->rest.data[0] >= '0' && scanner->rest.data[0] <= '9') {
        scale /= 10;
        date->millisecond += number(scanner, 1, 0, 9) * scale;
    }
    date->precision = DATE_MILLISECOND;
}

static void read_time(struct scanner *scanner, struct date *date, bool seconds_required)
{
    int hour = number(scanner, 2, 0, 23);
    expect(scanner, ':');
    int minute = number(scanner, 2, 0, 59);

    date->second = hour * 3600 + minute * 60;
    date->precision = DATE_MINUTE;
    if (!seconds_required && !(scanner->rest.length && scanner->rest.data[0] == ':'))
        return;
    expect(scanner, ':');
    date->second += number(scanner, 2, 0, 60);
    date->precision = DATE_SECOND;
    if (take(scanner, '.'))
        read_fraction(scanner, date);
}

static void read_zone(struct scanner *scanner, struct date *date)
{
    if (take(scanner, 'Z'))
        return;
    int direction = take(scanner, '-') ? -1 : 1;
    if (direction == 1)
        expect(scanner, '+');
    int hours = number(scanner, 2, 0, 14);
    expect(scanner, ':');
    int minutes = number(scanner, 2, 0, hours == 14 ? 0 : 59);
    date->offset_minutes = direction * (hours * 60 + minutes);
}

static enum error finish(const struct scanner *scanner, const struct date *date, struct date *ret_date)
{
    if (scanner->failed || scanner->rest.length)
        return ERROR_VALUE;
    *ret_date = *date;
    return OK;
}

enum error date_parse(struct slice text, enum date_kind kind, struct date *ret_date)
{
    struct scanner scanner = {.rest = text};
    struct date date;

    read_day(&scanner, &date);
    if (kind != DATE_KIND_DATE && date.precision == DATE_DAY && take(&scanner, 'T')) {
        read_time(&scanner, &date, true);
        read_zone(&scanner, &date);
    } else if (kind == DATE_KIND_INSTANT) {
        return ERROR_VALUE;
    }
    return finish(&scanner, &date, ret_date);
}

enum error date_parse_search(struct slice text, struct date *ret_date)
{
    struct scanner scanner = {.rest = text};
    struct date date;

    read_day(&scanner, &date);
    if (date.precision == DATE_DAY && take(&scanner, 'T')) {
        read_time(&scanner, &date, false);
        if (scanner.rest.length)
            read_zone(&scanner, &date);
    }
    return finish(&scanner, &date, ret_date);
}

/* Days since 1970 from a civil date. Years are counted from March, so that the leap day is the last of its year
 * (Richards, "Calendars", in the Explanatory Supplement to the Astronomical Almanac, 2013, ch. 15). */
int32_t date_day_number(int year, int month, int day)
{
    int shifted = month <= 2 ? year - 1 : year;
    int era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int year_of_era = shifted - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

struct date date_from_day(int32_t day_number)
{
    int64_t shifted = (int64_t)day_number + 719468;
    int era = (int)((shifted >= 0 ? shifted : shifted - 146096) / 146097);
    int day_of_era = (int)(shifted - (int64_t)era * 146097);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

    return (struct date){.precision = DATE_DAY,
                         .year = year_of_era + era * 400 + (month <= 2),
                         .month = month,
                         .day = day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

struct date_days date_days(struct date date)
{
    int32_t from = date_day_number(date.year, date.month, date.day);

    switch (date.precision) {
    case DATE_YEAR:
        return (struct date_days){from, date_day_number(date.year + 1, 1, 1)};
    case DATE_MONTH:
        return (struct date_days){from, from + days_in_month(date.year, date.month)};
    default:
        return (struct date_days){from, from + 1};
    }
}

struct date_interval date_interval(struct date date)
{
    struct date_days days = date_days(date);

    if (date.precision <= DATE_DAY)
        return (struct date_interval){days.from * DAY_MS, days.to * DAY_MS};
    int64_t from = days.from * DAY_MS + (date.second - date.offset_minutes * 60) * INT64_C(1000) + date.millisecond;
    int64_t length = date.precision == DATE_MINUTE ? 60000 : date.precision == DATE_SECOND ? 1000 : 1;
    return (struct date_interval){from, from + length};
}

static void put_digits(char *at, int value, size_t digits)
{
    while (digits--) {
        at[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Years of four digits are what FHIR can say; a day outside them is a fault of the caller and shows as year 0000. */
static void put_day(char text[10], int32_t day_number)
{
    struct date date = date_from_day(day_number);

    memcpy(text, "0000-00-00", 10);
    put_digits(text, date.year < 0 || date.year > 9999 ? 0 : date.year, 4);
    put_digits(text + 5, date.month, 2);
    put_digits(text + 8, date.day, 2);
}

void date_write_day(struct buffer *into, int32_t day_number)
{
    char text[10];

    put_day(text, day_number);
    buffer_bytes(into, text, sizeof text);
}

void date_write_instant(struct buffer *into, int64_t ms)
{
    int64_t day = (ms >= 0 ? ms : ms - DAY_MS + 1) / DAY_MS;
    int of_day = (int)(ms - day * DAY_MS);
    char text[24] = "0000-00-00T00:00:00.000Z";

    put_day(text, (int32_t)day);
    put_digits(text + 11, of_day / 3600000, 2);
    put_digits(text + 14, of_day / 60000 % 60, 2);
    put_digits(text + 17, of_day / 1000 % 60, 2);
    put_digits(text + 20, of_day % 1000, 3);
    buffer_bytes(into, text, of_day % 1000 ? 23 : 19);
    buffer_byte(into, 'Z');
}

static const char *const calendar_codes[DATE_CALENDAR_COUNT] = {"gregorian", "ethiopic", "persian", "islamic",
                                                                "hebrew"};
static const char *const provenance_codes[DATE_PROVENANCE_COUNT] = {"stated", "document", "estimated", "defaulted"};

const char *date_calendar_code(enum date_calendar calendar)
{
    return calendar_codes[calendar];
}

const char *date_provenance_code(enum date_provenance provenance)
{
    return provenance_codes[provenance];
}

bool date_calendar_from_code(struct slice code, enum date_calendar *ret_calendar)
{
    for (unsigned i = 0; i < DATE_CALENDAR_COUNT; i++)
        if (slice_is(code, calendar_codes[i]))
            return *ret_calendar = (enum date_calendar)i, true;
    return false;
}

bool date_provenance_from_code(struct slice code, enum date_provenance *ret_provenance)
{
    for (unsigned i = 0; i < DATE_PROVENANCE_COUNT; i++)
        if (slice_is(code, provenance_codes[i]))
            return *ret_provenance = (enum date_provenance)i, true;
    return false;
}

/* Birthdays passed since that day of birth; somebody born on 29 February comes of age on 1 March. */
static int whole_years(int32_t born, int32_t on_day)
{
    struct date from = date_from_day(born), to = date_from_day(on_day);
    bool had_birthday = to.month > from.month || (to.month == from.month && to.day >= from.day);
    return to.year - from.year - !had_birthday;
}

struct date_age date_age(struct date birth, int32_t on_day)
{
    struct date_days days = date_days(birth);
    return (struct date_age){whole_years(days.to - 1, on_day), whole_years(days.from, on_day)};
}
