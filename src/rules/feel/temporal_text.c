/* SPDX-License-Identifier: Apache-2.0 */

/* Reading and writing temporal values: XML Schema 1.1 part 2, 3.3.6 to 3.3.9 and 3.4.26 to 3.4.27, with years of up to
 * nine digits, seconds in offsets and names of zones behind an `@` (DMN 1.5, 10.3.2.3.4 and table 58). */

#include "temporal_zone.h"

#define YEAR_DIGITS_MAX 9
#define COUNT_DIGITS_MAX 17 /* of a duration's part: 12 times that fits 63 bits */
#define FRACTION_DIGITS 9   /* nanoseconds; what is finer is cut off */

static bool take(struct slice *rest, char wanted)
{
    if (!rest->length || rest->data[0] != wanted)
        return false;
    *rest = slice_from(*rest, 1);
    return true;
}

/* The digits at the front. */
static struct slice take_digits(struct slice *rest)
{
    struct slice digits = {rest->data, 0};

    while (digits.length < rest->length && rest->data[digits.length] >= '0' && rest->data[digits.length] <= '9')
        digits.length++;
    *rest = slice_from(*rest, digits.length);
    return digits;
}

static int64_t value_of(struct slice digits)
{
    int64_t value = 0;

    for (size_t i = 0; i < digits.length; i++)
        value = value * 10 + (digits.data[i] - '0');
    return value;
}

/* Exactly two digits, at most `most`. */
static bool take_two(struct slice *rest, unsigned most, uint8_t *ret)
{
    if (rest->length < 2)
        return false;
    struct slice two = slice_of(rest->data, 2), digits = take_digits(&two);
    int64_t value = value_of(digits);
    if (digits.length != 2 || value > most)
        return false;
    *rest = slice_from(*rest, 2);
    *ret = (uint8_t)value;
    return true;
}

/* Digits behind a point, of which the first nine count. */
static uint32_t take_fraction(struct slice *rest, size_t *ret_digits)
{
    struct slice digits = take_digits(rest);
    uint32_t value = 0;

    for (size_t i = 0; i < FRACTION_DIGITS; i++)
        value = value * 10 + (i < digits.length ? (uint32_t)(digits.data[i] - '0') : 0);
    *ret_digits = digits.length;
    return value;
}

/* Four digits or more; more than four do not begin with a zero. */
static enum error read_date(struct slice *rest, struct temporal_date *ret)
{
    bool before = take(rest, '-');
    struct slice year = take_digits(rest);
    uint8_t month = 0, day = 0;

    if (year.length < 4 || year.length > YEAR_DIGITS_MAX || (year.length > 4 && year.data[0] == '0'))
        return ERROR_VALUE;
    if (!take(rest, '-') || !take_two(rest, 12, &month) || !take(rest, '-') || !take_two(rest, 31, &day))
        return ERROR_VALUE;
    return temporal_date_of(before ? -value_of(year) : value_of(year), month, day, ret);
}

/* What stands behind the sign. */
static enum error read_offset(struct slice *rest, bool west, struct temporal_zone *ret)
{
    uint8_t hours = 0, minutes = 0, seconds = 0;

    if (!take_two(rest, 14, &hours) || !take(rest, ':') || !take_two(rest, 59, &minutes))
        return ERROR_VALUE;
    if (take(rest, ':') && !take_two(rest, 59, &seconds))
        return ERROR_VALUE;
    int32_t offset = hours * 3600 + minutes * 60 + seconds;
    if (offset > ZONE_OFFSET_MAX)
        return ERROR_VALUE;
    *ret = (struct temporal_zone){.kind = TEMPORAL_OFFSET, .offset = west ? -offset : offset};
    return OK;
}

/* To the end of the text. */
static enum error read_zone(struct slice rest, struct temporal_zone *ret)
{
    struct temporal_zone zone = {0};

    if (take(&rest, '@')) {
        if (!zone_known(rest))
            return ERROR_VALUE;
        *ret = (struct temporal_zone){.kind = TEMPORAL_NAMED, .name = rest};
        return OK;
    }
    if (take(&rest, 'Z'))
        zone.kind = TEMPORAL_OFFSET;
    else if (rest.length && (rest.data[0] == '+' || rest.data[0] == '-')) {
        bool west = rest.data[0] == '-';
        rest = slice_from(rest, 1);
        TRY(read_offset(&rest, west, &zone));
    }
    if (rest.length)
        return ERROR_VALUE;
    *ret = zone;
    return OK;
}

/* 24:00:00 is read as such; the caller makes of it what it is. */
static enum error read_time(struct slice rest, struct temporal_time *ret)
{
    struct temporal_time time = {0};
    size_t digits = 1;

    if (!take_two(&rest, 24, &time.hour) || !take(&rest, ':') || !take_two(&rest, 59, &time.minute) ||
        !take(&rest, ':') || !take_two(&rest, 59, &time.second))
        return ERROR_VALUE;
    if (take(&rest, '.'))
        time.nanosecond = take_fraction(&rest, &digits);
    if (!digits || (time.hour == 24 && (time.minute || time.second || time.nanosecond)))
        return ERROR_VALUE;
    TRY(read_zone(rest, &time.zone));
    *ret = time;
    return OK;
}

enum error temporal_parse_date(struct slice text, struct temporal_date *ret)
{
    struct temporal_date date = {0};

    TRY(read_date(&text, &date));
    if (text.length)
        return ERROR_VALUE;
    *ret = date;
    return OK;
}

enum error temporal_parse_time(struct slice text, struct temporal_time *ret)
{
    struct temporal_time time = {0};

    TRY(read_time(text, &time));
    time.hour %= 24;
    *ret = time;
    return OK;
}

enum error temporal_parse_date_time(struct slice text, struct temporal_date_time *ret)
{
    struct temporal_date_time read = {0};

    TRY(read_date(&text, &read.date));
    if (!take(&text, 'T'))
        return ERROR_VALUE;
    TRY(read_time(text, &read.time));
    if (read.time.hour == 24) { /* the first moment of the next day */
        TRY(temporal_date_from_day(temporal_day_number(read.date) + 1, &read.date));
        read.time.hour = 0;
    }
    *ret = read;
    return OK;
}

/* A number and its letter, where they stand next. False where not; `*ret` is set when they do. */
static bool take_count(struct slice *rest, char unit, int64_t *ret)
{
    struct slice ahead = *rest, digits = take_digits(&ahead);

    if (!digits.length || digits.length > COUNT_DIGITS_MAX || !take(&ahead, unit))
        return false;
    *ret = value_of(digits);
    *rest = ahead;
    return true;
}

/* `4.5S`, where it stands next. */
static bool take_seconds(struct slice *rest, __int128 *ret_nanoseconds)
{
    struct slice ahead = *rest, digits = take_digits(&ahead);
    uint32_t nanosecond = 0;
    size_t fraction = 0;

    if (!digits.length || digits.length > COUNT_DIGITS_MAX)
        return false;
    if (take(&ahead, '.')) /* `PT0.S` is read too, as the compatibility kit wants it */
        nanosecond = take_fraction(&ahead, &fraction);
    if (!take(&ahead, 'S'))
        return false;
    *ret_nanoseconds = (__int128)value_of(digits) * NANOSECONDS_PER_SECOND + nanosecond;
    *rest = ahead;
    return true;
}

enum error temporal_parse_months(struct slice text, int64_t *ret_months)
{
    bool negative = take(&text, '-');
    int64_t years = 0, months = 0;

    if (!take(&text, 'P'))
        return ERROR_VALUE;
    bool has_years = take_count(&text, 'Y', &years), has_months = take_count(&text, 'M', &months);
    if (text.length || (!has_years && !has_months))
        return ERROR_VALUE;
    months += years * 12;
    *ret_months = negative ? -months : months;
    return OK;
}

enum error temporal_parse_nanoseconds(struct slice text, __int128 *ret_nanoseconds)
{
    bool negative = take(&text, '-'), some_time = true;
    int64_t days = 0, hours = 0, minutes = 0;
    __int128 nanoseconds = 0;

    if (!take(&text, 'P'))
        return ERROR_VALUE;
    bool some_days = take_count(&text, 'D', &days), has_time = take(&text, 'T');
    if (has_time) {
        some_time = take_count(&text, 'H', &hours);
        some_time = take_count(&text, 'M', &minutes) || some_time;
        some_time = take_seconds(&text, &nanoseconds) || some_time;
    }
    if (text.length || !some_time || (!some_days && !has_time))
        return ERROR_VALUE;
    nanoseconds += days * NANOSECONDS_PER_DAY +
                   ((__int128)hours * 3600 + (__int128)minutes * 60) * NANOSECONDS_PER_SECOND;
    *ret_nanoseconds = negative ? -nanoseconds : nanoseconds;
    return OK;
}

void temporal_write_date(struct buffer *into, struct temporal_date date)
{
    buffer_format(into, "%s%04d-%02d-%02d", date.year < 0 ? "-" : "", date.year < 0 ? -date.year : date.year,
                  date.month, date.day);
}

static void write_fraction(struct buffer *into, uint32_t nanosecond)
{
    int digits = FRACTION_DIGITS;

    if (!nanosecond)
        return;
    for (; nanosecond % 10 == 0; digits--)
        nanosecond /= 10;
    buffer_format(into, ".%0*u", digits, nanosecond);
}

static void write_zone(struct buffer *into, const struct temporal_zone *zone)
{
    int32_t size = zone->offset < 0 ? -zone->offset : zone->offset;

    switch (zone->kind) {
    case TEMPORAL_LOCAL:
        return;
    case TEMPORAL_NAMED:
        buffer_byte(into, '@');
        buffer_slice(into, zone->name);
        return;
    case TEMPORAL_OFFSET:
        if (!size) {
            buffer_byte(into, 'Z');
            return;
        }
        buffer_format(into, "%c%02d:%02d", zone->offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
        if (size % 60)
            buffer_format(into, ":%02d", size % 60);
    }
}

void temporal_write_time(struct buffer *into, struct temporal_time time)
{
    buffer_format(into, "%02u:%02u:%02u", time.hour, time.minute, time.second);
    write_fraction(into, time.nanosecond);
    write_zone(into, &time.zone);
}

void temporal_write_date_time(struct buffer *into, struct temporal_date_time date_time)
{
    temporal_write_date(into, date_time.date);
    buffer_byte(into, 'T');
    temporal_write_time(into, date_time.time);
}

/* A whole number of up to 39 digits and its unit; nothing for zero. */
static void write_count(struct buffer *into, unsigned __int128 count, char unit)
{
    char digit[40], *at = digit + sizeof digit;

    if (!count)
        return;
    *--at = unit;
    for (; count; count /= 10)
        *--at = (char)('0' + (int)(count % 10));
    buffer_bytes(into, at, (size_t)(digit + sizeof digit - at));
}

void temporal_write_months(struct buffer *into, int64_t months)
{
    uint64_t size = months < 0 ? -(uint64_t)months : (uint64_t)months;

    buffer_string(into, months < 0 ? "-P" : "P");
    write_count(into, size / 12, 'Y');
    write_count(into, size % 12, 'M');
    if (!size)
        buffer_string(into, "0M");
}

void temporal_write_nanoseconds(struct buffer *into, __int128 nanoseconds)
{
    unsigned __int128 size = nanoseconds < 0 ? -(unsigned __int128)nanoseconds : (unsigned __int128)nanoseconds;
    uint64_t of_day = (uint64_t)(size % (unsigned __int128)NANOSECONDS_PER_DAY),
             second = of_day / NANOSECONDS_PER_SECOND;
    uint32_t nanosecond = (uint32_t)(of_day % NANOSECONDS_PER_SECOND);

    if (!size) {
        buffer_string(into, "PT0S");
        return;
    }
    buffer_string(into, nanoseconds < 0 ? "-P" : "P");
    write_count(into, size / (unsigned __int128)NANOSECONDS_PER_DAY, 'D');
    if (!of_day)
        return;
    buffer_byte(into, 'T');
    write_count(into, second / 3600, 'H');
    write_count(into, second / 60 % 60, 'M');
    if (second % 60 || nanosecond) {
        buffer_format(into, "%u", (unsigned)(second % 60));
        write_fraction(into, nanosecond);
        buffer_byte(into, 'S');
    }
}
