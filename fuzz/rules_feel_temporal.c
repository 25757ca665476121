/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a date, a time or a duration: what is read is written so that the same is read back, and the calendar
 * goes there and back. */

#include <stdlib.h>

#include "rules/feel/temporal.h"

#define INPUT_MAX 4096

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_date(struct slice text)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(INPUT_MAX);
    struct temporal_date date = {0}, back = {0};

    if (temporal_parse_date(text, &date) != OK)
        return;
    temporal_write_date(&written, date);
    require(temporal_parse_date(buffer_view(&written), &back) == OK);
    require(temporal_day_number(date) == temporal_day_number(back));
    require(temporal_date_from_day(temporal_day_number(date), &back) == OK);
    require(back.year == date.year && back.month == date.month && back.day == date.day);
    require(temporal_weekday(date) >= 1 && temporal_weekday(date) <= 7);
    require(temporal_week_of_year(date) >= 1 && temporal_week_of_year(date) <= 53);
}

static void check_time(struct slice text)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(INPUT_MAX);
    struct temporal_time time = {0}, back = {0};

    if (temporal_parse_time(text, &time) != OK)
        return;
    temporal_write_time(&written, time);
    require(temporal_parse_time(buffer_view(&written), &back) == OK);
    require(temporal_time_instant(&time) == temporal_time_instant(&back));
}

static void check_date_time(struct slice text)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(INPUT_MAX);
    struct temporal_date_time at = {0}, back = {0};

    if (temporal_parse_date_time(text, &at) != OK)
        return;
    temporal_write_date_time(&written, at);
    require(temporal_parse_date_time(buffer_view(&written), &back) == OK);
    require(temporal_instant(&at) == temporal_instant(&back));
    if (temporal_add_nanoseconds(&at, 1, &back) == OK) /* a time that a zone left out moves out of its gap */
        require(temporal_instant(&back) == temporal_instant(&at) + 1 || at.time.zone.kind == TEMPORAL_NAMED);
}

static void check_durations(struct slice text)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(INPUT_MAX);
    int64_t months = 0, months_back = 0;
    __int128 nanoseconds = 0, nanoseconds_back = 0;

    if (temporal_parse_months(text, &months) == OK) {
        temporal_write_months(&written, months);
        require(temporal_parse_months(buffer_view(&written), &months_back) == OK && months == months_back);
    }
    buffer_clear(&written);
    if (temporal_parse_nanoseconds(text, &nanoseconds) == OK) {
        temporal_write_nanoseconds(&written, nanoseconds);
        /* The sum of the largest parts has a digit more than a part may have. */
        if (temporal_parse_nanoseconds(buffer_view(&written), &nanoseconds_back) == OK)
            require(nanoseconds == nanoseconds_back);
        else
            require(text.length > 17);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct slice text = slice_of(data, length);

    if (length > INPUT_MAX)
        return 0;
    check_date(text);
    check_time(text);
    check_date_time(text);
    check_durations(text);
    return 0;
}
