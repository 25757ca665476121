/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that dates, times and durations are read and written as XML Schema and DMN have them, and that the calendar is
 * the C library's. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rules/feel/temporal.h"

#define SECOND ((__int128)1000000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

typedef enum error rewrite(struct slice text, struct buffer *into);

static enum error rewrite_date(struct slice text, struct buffer *into)
{
    struct temporal_date date = {0};

    TRY(temporal_parse_date(text, &date));
    temporal_write_date(into, date);
    return OK;
}

static enum error rewrite_time(struct slice text, struct buffer *into)
{
    struct temporal_time time = {0};

    TRY(temporal_parse_time(text, &time));
    temporal_write_time(into, time);
    return OK;
}

static enum error rewrite_date_time(struct slice text, struct buffer *into)
{
    struct temporal_date_time date_time = {0};

    TRY(temporal_parse_date_time(text, &date_time));
    temporal_write_date_time(into, date_time);
    return OK;
}

static enum error rewrite_months(struct slice text, struct buffer *into)
{
    int64_t months = 0;

    TRY(temporal_parse_months(text, &months));
    temporal_write_months(into, months);
    return OK;
}

static enum error rewrite_nanoseconds(struct slice text, struct buffer *into)
{
    __int128 nanoseconds = 0;

    TRY(temporal_parse_nanoseconds(text, &nanoseconds));
    temporal_write_nanoseconds(into, nanoseconds);
    return OK;
}

/* A text and what it is written as; NULL: it is refused. */
struct text_case {
    const char *text, *written;
};

static void check(rewrite *run, const struct text_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUFFER struct buffer written = buffer_new(1 << 10);
        enum error error = run(slice_from_string(cases[i].text), &written);
        if (!cases[i].written && error != ERROR_VALUE)
            fail_msg("\"%s\" was read as %.*s", cases[i].text, SLICE_PRINT(buffer_view(&written)));
        if (cases[i].written && (error != OK || !slice_is(buffer_view(&written), cases[i].written)))
            fail_msg("\"%s\" gave \"%.*s\"", cases[i].text, SLICE_PRINT(buffer_view(&written)));
    }
}

#define CHECK(run, cases) check(run, cases, sizeof cases / sizeof cases[0])

static void dates_are_read_as_xml_schema_has_them(void **state)
{
    static const struct text_case cases[] = {
        {"2017-12-31", "2017-12-31"},
        {"-2017-12-31", "-2017-12-31"},
        {"0000-02-29", "0000-02-29"},
        {"0001-01-01", "0001-01-01"},
        {"-0004-02-29", "-0004-02-29"},
        {"999999999-12-31", "999999999-12-31"},
        {"-999999999-12-31", "-999999999-12-31"},
        {"2020-02-29", "2020-02-29"},
        {"2000-02-29", "2000-02-29"},
        {"1900-02-29", NULL},
        {"2019-02-29", NULL},
        {"2017-04-31", NULL},
        {"2017-13-10", NULL},
        {"2017-00-10", NULL},
        {"2017-12-00", NULL},
        {"2017-12-32", NULL},
        {"01211-12-31", NULL},
        {"998-12-31", NULL},
        {"9999999999-12-25", NULL},
        {"+99999-12-01", NULL},
        {"2012-12-25T", NULL},
        {"2012-12-25Z", NULL},
        {"2012/12/25", NULL},
        {"2012-1-25", NULL},
        {"2012-12-5", NULL},
        {" 2012-12-25", NULL},
        {"2012-12-25 ", NULL},
        {"--12-25", NULL},
        {"", NULL},
    };

    (void)state;
    CHECK(rewrite_date, cases);
}

static void times_are_read_as_xml_schema_and_feel_have_them(void **state)
{
    static const struct text_case cases[] = {
        {"01:02:03", "01:02:03"},
        {"11:22:33.444", "11:22:33.444"},
        {"11:22:33.100", "11:22:33.1"},
        {"11:22:33.000000001", "11:22:33.000000001"},
        {"11:22:33.1234567899", "11:22:33.123456789"},
        {"11:00:00Z", "11:00:00Z"},
        {"11:22:33-00:00", "11:22:33Z"},
        {"11:22:33+01:35", "11:22:33+01:35"},
        {"11:22:33-02:01", "11:22:33-02:01"},
        {"11:59:45+02:45:55", "11:59:45+02:45:55"},
        {"13:20:00+14:00", "13:20:00+14:00"},
        {"24:00:00", "00:00:00"},
        {"24:00:00.000Z", "00:00:00Z"},
        {"00:01:00@Etc/UTC", "00:01:00@Etc/UTC"},
        {"10:15:00@Australia/Melbourne", "10:15:00@Australia/Melbourne"},
        {"24:00:01", NULL},
        {"24:01:00", NULL},
        {"24:00:00.1", NULL},
        {"25:00:00", NULL},
        {"00:60:00", NULL},
        {"00:00:60", NULL},
        {"7:00:00", NULL},
        {"07:1:00", NULL},
        {"07:01:2", NULL},
        {"07:01", NULL},
        {"07:01:02.", NULL},
        {"13:20:00+14:01", NULL},
        {"13:20:00+14:00:01", NULL},
        {"13:20:00-19:00", NULL},
        {"13:20:00+5:00", NULL},
        {"13:20:00+05:0", NULL},
        {"13:20:00+0500", NULL},
        {"13:20:00+05:60", NULL},
        {"13:20:00z", NULL},
        {"13:20:00@", NULL},
        {"13:20:00@xyz/abc", NULL},
        {"13:20:00@europe/paris", NULL},
        {"13:20:00@GMT+5", NULL},
        {"13:20:00@Etc/Unknown", NULL},
        {"13:20:00@Europe/Paris ", NULL},
        {"13:20:00@Europe/Par\xc3\xads", NULL},
        {"13:20:00+02:00@Europe/Paris", NULL},
        {"13:20:00Z@Europe/Paris", NULL},
        {"13:20:00@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
        {"", NULL},
    };

    (void)state;
    CHECK(rewrite_time, cases);
}

static void date_times_join_both(void **state)
{
    static const struct text_case cases[] = {
        {"2017-12-31T00:00:00", "2017-12-31T00:00:00"},
        {"-2017-12-31T11:22:33.456+01:35", "-2017-12-31T11:22:33.456+01:35"},
        {"99999-12-31T11:22:33", "99999-12-31T11:22:33"},
        {"2011-12-31T10:15:30.123456789@Europe/Paris", "2011-12-31T10:15:30.123456789@Europe/Paris"},
        {"-999999999-12-31T23:59:59.999999999+02:00", "-999999999-12-31T23:59:59.999999999+02:00"},
        {"2021-12-31T24:00:00", "2022-01-01T00:00:00"},
        {"2020-02-28T24:00:00Z", "2020-02-29T00:00:00Z"},
        {"999999999-12-31T24:00:00", NULL},
        {"2017-12-31", NULL},
        {"11:00:00", NULL},
        {"2017-12-31 11:22:33", NULL},
        {"2017-12-31t11:22:33", NULL},
        {"2017-12-31T", NULL},
        {"2017-02-29T11:22:33", NULL},
        {"2017-12-31T24:00:01", NULL},
        {"2011-12-03T10:15:30+01:00@Europe/Paris", NULL},
        {"2012T-12-2511:00:00Z", NULL},
    };

    (void)state;
    CHECK(rewrite_date_time, cases);
}

static void durations_are_written_in_their_largest_units(void **state)
{
    static const struct text_case months[] = {
        {"P1Y", "P1Y"},
        {"P0Y", "P0M"},
        {"-P0M", "P0M"},
        {"P26M", "P2Y2M"},
        {"P1Y27M", "P3Y3M"},
        {"-P100M", "-P8Y4M"},
        {"P1Y0M", "P1Y"},
        {"P999999999M", "P83333333Y3M"},
        {"-P99999999Y", "-P99999999Y"},
        {"P99999999999999999Y", "P99999999999999999Y"},
        {"P999999999999999999Y", NULL},
        {"P", NULL},
        {"P0", NULL},
        {"1Y", NULL},
        {"P1M1Y", NULL},
        {"P1YT", NULL},
        {"P1Y1D", NULL},
        {"P-1Y", NULL},
        {"+P1Y", NULL},
        {"P1.5Y", NULL},
        {"P1D", NULL},
        {"", NULL},
    };
    static const struct text_case days[] = {
        {"P1D", "P1D"},
        {"PT0.000S", "PT0S"},
        {"PT0.S", "PT0S"},
        {"-P0D", "PT0S"},
        {"-PT1H2M", "-PT1H2M"},
        {"PT555M", "PT9H15M"},
        {"PT240H", "P10D"},
        {"P2DT274M", "P2DT4H34M"},
        {"PT3600S", "PT1H"},
        {"PT36000.01S", "PT10H0.01S"},
        {"P1DT2H3M4.5S", "P1DT2H3M4.5S"},
        {"PT0.000000001S", "PT0.000000001S"},
        {"-PT0.0000000019S", "-PT0.000000001S"},
        {"P99999999999999999DT23H", "P99999999999999999DT23H"},
        {"P999999999999999999D", NULL},
        {"P", NULL},
        {"PT", NULL},
        {"P1DT", NULL},
        {"P1H", NULL},
        {"P1S", NULL},
        {"PT1D", NULL},
        {"PT.5S", NULL},
        {"PT1.5M", NULL},
        {"PT1S1M", NULL},
        {"P1Y", NULL},
        {"P1M", NULL},
        {"pt1s", NULL},
        {"P1D ", NULL},
        {"", NULL},
    };

    (void)state;
    CHECK(rewrite_months, months);
    CHECK(rewrite_nanoseconds, days);
}

static struct temporal_date_time at(const char *text)
{
    struct temporal_date_time read = {0};

    if (temporal_parse_date_time(slice_from_string(text), &read) != OK)
        fail_msg("%s was not read", text);
    return read;
}

static void assert_at(const struct temporal_date_time *date_time, const char *expected)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(1 << 10);

    temporal_write_date_time(&written, *date_time);
    if (!slice_is(buffer_view(&written), expected))
        fail_msg("%.*s instead of %s", SLICE_PRINT(buffer_view(&written)), expected);
}

/* gmtime_r reckons with every year that an int holds. */
static void the_calendar_is_the_c_library_s(void **state)
{
    (void)state;
    srandom(5);
    for (int i = 0; i < 200000; i++) {
        int64_t span = i % 2 ? 365000000000 : 800000, day = (((int64_t)random() << 24) ^ random()) % (2 * span) - span;
        time_t second = day * 86400;
        struct temporal_date date = {0};
        struct tm tm = {0};
        char week[8];

        assert_non_null(gmtime_r(&second, &tm));
        strftime(week, sizeof week, "%V", &tm);
        assert_int_equal(temporal_date_from_day(day, &date), OK);
        assert_true(date.year == tm.tm_year + 1900 && date.month == tm.tm_mon + 1 && date.day == tm.tm_mday);
        assert_true(temporal_day_number(date) == day);
        assert_int_equal(temporal_weekday(date) % 7, tm.tm_wday);
        assert_int_equal(temporal_day_of_year(date), tm.tm_yday + 1);
        assert_int_equal(temporal_week_of_year(date), (week[0] - '0') * 10 + week[1] - '0');
    }
}

static void years_have_an_end(void **state)
{
    struct temporal_date last = {TEMPORAL_YEAR_MAX, 12, 31}, first = {-TEMPORAL_YEAR_MAX, 1, 1}, date = {1, 1, 1};
    struct temporal_date_time end = {last, {.hour = 23}}, later = {0};

    (void)state;
    assert_int_equal(temporal_date_from_day(temporal_day_number(last) + 1, &date), ERROR_VALUE);
    assert_int_equal(temporal_date_from_day(temporal_day_number(first) - 1, &date), ERROR_VALUE);
    assert_int_equal(temporal_date_from_day(INT64_MAX, &date), ERROR_VALUE);
    assert_int_equal(temporal_date_from_day(INT64_MIN, &date), ERROR_VALUE);
    assert_int_equal(temporal_add_months(last, 1, &date), ERROR_VALUE);
    assert_int_equal(temporal_add_months(first, INT64_MIN, &date), ERROR_VALUE);
    assert_int_equal(temporal_add_months(first, INT64_MAX, &date), ERROR_VALUE);
    assert_int_equal(temporal_date_of(INT64_MAX, 1, 1, &date), ERROR_VALUE);
    assert_int_equal(temporal_date_of(2017, -8, 2, &date), ERROR_VALUE);
    assert_int_equal(temporal_date_of(2017, 8, INT64_MIN, &date), ERROR_VALUE);
    assert_int_equal(date.year, 1);
    assert_int_equal(temporal_add_nanoseconds(&end, HOUR, &later), ERROR_VALUE);
    assert_int_equal(temporal_add_nanoseconds(&end, (__int128)1 << 126, &later), ERROR_VALUE);
    assert_int_equal(temporal_add_nanoseconds(&end, -((__int128)1 << 126), &later), ERROR_VALUE);
    assert_int_equal(temporal_add_nanoseconds(&end, HOUR - 1, &later), OK);
    assert_at(&later, "999999999-12-31T23:59:59.999999999");
    assert_int_equal(temporal_week_of_year(last), 52);
}

static void a_zone_has_the_offset_of_its_day(void **state)
{
    static const struct {
        const char *at;
        int32_t offset;
    } cases[] = {
        {"2017-12-31T11:22:33", 0},
        {"2017-12-31T11:22:33-02:00", -7200},
        {"2017-12-31T11:22:33@Europe/Paris", 3600},
        {"2017-07-31T11:22:33@Europe/Paris", 7200},
        {"1890-01-01T00:00:00@Europe/Paris", 561},  /* local mean time */
        {"-5000-07-01T00:00:00@Europe/Paris", 561}, /* and before */
        {"2019-03-31T01:59:59@Europe/Paris", 3600}, /* the clock goes from 02:00 */
        {"2019-03-31T02:30:00@Europe/Paris", 3600}, /* past what there is not */
        {"2019-03-31T03:00:00@Europe/Paris", 7200}, /* to 03:00 */
        {"2019-10-27T02:30:00@Europe/Paris", 7200}, /* the first of two */
        {"2019-10-27T03:00:00@Europe/Paris", 3600},
        {"2018-12-08T10:30:11@Australia/Melbourne", 39600},
        {"2018-06-08T10:30:11@Australia/Melbourne", 36000},
        {"2021-01-01T10:10:10@Asia/Dhaka", 21600},
        {"999999999-07-01T00:00:00@Australia/Melbourne", 36000},
        {"999999999-01-01T00:00:00@Australia/Melbourne", 39600},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct temporal_date_time read = at(cases[i].at);
        if (temporal_offset(&read.time.zone, read.date, &read.time) != cases[i].offset)
            fail_msg("%s: %d", cases[i].at, temporal_offset(&read.time.zone, read.date, &read.time));
        assert_int_equal(temporal_has_zone(&read.time.zone), i > 0);
    }
}

static __int128 between(const char *from, const char *to)
{
    struct temporal_date_time first = at(from), second = at(to);

    return temporal_instant(&second) - temporal_instant(&first);
}

static void instants_are_in_utc(void **state)
{
    struct temporal_time night = {.hour = 1, .zone = {.kind = TEMPORAL_OFFSET, .offset = 7200}}, paris = {0};

    (void)state;
    assert_true(between("1970-01-01T00:00:00", "1970-01-02T00:00:00.5") == DAY + SECOND / 2);
    assert_true(between("2021-01-01T10:10:10@Asia/Dhaka", "2021-01-02T10:10:10@Europe/Paris") == DAY + 5 * HOUR);
    assert_true(between("1995-01-01T10:10:10@Asia/Dhaka", "2021-01-02T10:10:10@Europe/Paris") == 9498 * DAY + 5 * HOUR);
    assert_true(between("2021-01-01T10:10:10@Europe/Paris", "2021-01-02T10:10:10+01:00") == DAY);
    assert_true(between("1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z") == HOUR);
    assert_true(temporal_time_instant(&night) == -HOUR);
    assert_int_equal(temporal_parse_time(SLICE("01:00:00@Europe/Paris"), &paris), OK);
    assert_true(temporal_time_instant(&paris) == 0);
}

static void durations_are_added(void **state)
{
    static const struct {
        const char *from;
        __int128 nanoseconds;
        const char *to;
    } cases[] = {
        {"2021-01-12T10:10:10+11:00", DAY + HOUR, "2021-01-13T11:10:10+11:00"},
        {"2021-01-02T00:00:00", -SECOND, "2021-01-01T23:59:59"},
        {"-2021-01-01T10:10:10@Australia/Melbourne", -DAY, "-2022-12-31T10:10:10@Australia/Melbourne"},
        {"2021-01-12T10:10:10@Australia/Melbourne", DAY + HOUR, "2021-01-13T11:10:10@Australia/Melbourne"},
        {"2019-03-31T01:30:00@Europe/Paris", HOUR, "2019-03-31T03:30:00@Europe/Paris"},
        {"2019-03-31T03:30:00@Europe/Paris", -HOUR, "2019-03-31T01:30:00@Europe/Paris"},
        {"1969-12-31T23:59:59.999999999Z", 1, "1970-01-01T00:00:00Z"},
        {"1970-01-01T00:00:00Z", -1, "1969-12-31T23:59:59.999999999Z"},
    };
    static const struct {
        struct temporal_date from;
        int64_t months;
        struct temporal_date to;
    } months[] = {
        {{2020, 1, 31}, 1, {2020, 2, 29}},   {{2021, 1, 31}, 1, {2021, 2, 28}},   {{2020, 2, 29}, 12, {2021, 2, 28}},
        {{2020, 2, 29}, -48, {2016, 2, 29}}, {{2021, 1, 15}, -1, {2020, 12, 15}}, {{0, 1, 1}, -1, {-1, 12, 1}},
        {{-2021, 1, 1}, -1, {-2022, 12, 1}}, {{2021, 12, 31}, 0, {2021, 12, 31}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct temporal_date_time from = at(cases[i].from), to = {0};
        assert_int_equal(temporal_add_nanoseconds(&from, cases[i].nanoseconds, &to), OK);
        assert_at(&to, cases[i].to);
    }
    for (size_t i = 0; i < sizeof months / sizeof months[0]; i++) {
        struct temporal_date to = {0};
        assert_int_equal(temporal_add_months(months[i].from, months[i].months, &to), OK);
        assert_true(to.year == months[i].to.year && to.month == months[i].to.month && to.day == months[i].to.day);
    }
}

static void a_time_goes_round_at_midnight(void **state)
{
    struct temporal_time late = {.hour = 23, .minute = 30, .zone = {.kind = TEMPORAL_OFFSET, .offset = 3600}};
    struct temporal_time later = temporal_time_add(&late, HOUR), early = temporal_time_add(&later, -HOUR - 5 * DAY);

    (void)state;
    assert_true(later.hour == 0 && later.minute == 30 && later.zone.offset == 3600);
    assert_true(early.hour == 23 && early.minute == 30);
    later = temporal_time_add(&late, ((__int128)1 << 120) / DAY * DAY + SECOND);
    assert_true(later.hour == 23 && later.minute == 30 && later.second == 1);
}

/* From the compatibility kit, 1121. */
static void months_between_count_whole_months_of_dates(void **state)
{
    static const struct {
        const char *from, *to;
        int64_t months;
    } cases[] = {
        {"2011-12-22T00:00:00", "2013-08-24T00:00:00", 20},
        {"2013-08-24T00:00:00", "2011-12-22T00:00:00", -20},
        {"2015-01-21T00:00:00", "2016-01-21T00:00:00", 12},
        {"2017-12-31T13:00:00", "2017-12-31T12:00:00", 0},
        {"2016-09-30T23:25:00", "2017-12-28T12:12:12", 14},
        {"2010-05-30T03:55:58", "2017-12-15T00:59:59", 90},
        {"-2016-01-30T09:05:00", "-2017-02-28T02:02:02", -11},
        {"2014-12-31T23:59:59", "-2019-10-01T12:32:59", -(4033 * 12 + 2)},
        {"2014-12-31T23:59:59", "2016-12-31T00:00:01", 24},
        {"2011-12-31T10:15:30@Etc/UTC", "2017-08-10T10:20:00@Europe/Paris", 67},
        {"2020-01-31T00:00:00", "2020-02-29T00:00:00", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct temporal_date_time from = at(cases[i].from), to = at(cases[i].to);
        if (temporal_months_between(&from, &to) != cases[i].months)
            fail_msg("%s to %s: %lld", cases[i].from, cases[i].to, (long long)temporal_months_between(&from, &to));
    }
}

static void now_is_written_in_utc(void **state)
{
    struct temporal_date_time now = temporal_from_instant((__int128)1715076672 * SECOND + 123000000);
    struct temporal_date_time before = temporal_from_instant(-1), never = temporal_from_instant((__int128)1 << 126);

    (void)state;
    assert_at(&now, "2024-05-07T10:11:12.123Z");
    assert_at(&before, "1969-12-31T23:59:59.999999999Z");
    assert_at(&never, "1970-01-01T00:00:00Z");
}

/* More zones than stay open, in several threads at once: each gets its own. */
static void *ask_zones(void *unused)
{
    static const char *const zones[] = {
        "2021-07-01T00:00:00@Europe/Paris",    "2021-07-01T00:00:00@Asia/Dhaka",
        "2021-07-01T00:00:00@Etc/UTC",         "2021-07-01T00:00:00@Asia/Kabul",
        "2021-07-01T00:00:00@Africa/Tripoli",  "2021-07-01T00:00:00@Asia/Tehran",
        "2021-07-01T00:00:00@Africa/Khartoum", "2021-07-01T00:00:00@America/New_York",
        "2021-07-01T00:00:00@Asia/Kolkata",    "2021-07-01T00:00:00@Australia/Melbourne",
    };
    static const int32_t offsets[] = {7200, 21600, 0, 16200, 7200, 16200, 7200, -14400, 19800, 36000};
    struct temporal_date_time read = {0};
    intptr_t wrong = 0;

    (void)unused;
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
            wrong += temporal_parse_date_time(slice_from_string(zones[i]), &read) != OK ||
                     temporal_offset(&read.time.zone, read.date, &read.time) != offsets[i];
    return (void *)wrong;
}

static void zones_do_not_mix_between_threads(void **state)
{
    pthread_t thread[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, ask_zones, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong = thread;
        assert_int_equal(pthread_join(thread[i], &wrong), 0);
        assert_null(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_as_xml_schema_has_them),
        cmocka_unit_test(times_are_read_as_xml_schema_and_feel_have_them),
        cmocka_unit_test(date_times_join_both),
        cmocka_unit_test(durations_are_written_in_their_largest_units),
        cmocka_unit_test(the_calendar_is_the_c_library_s),
        cmocka_unit_test(years_have_an_end),
        cmocka_unit_test(a_zone_has_the_offset_of_its_day),
        cmocka_unit_test(instants_are_in_utc),
        cmocka_unit_test(durations_are_added),
        cmocka_unit_test(a_time_goes_round_at_midnight),
        cmocka_unit_test(months_between_count_whole_months_of_dates),
        cmocka_unit_test(now_is_written_in_utc),
        cmocka_unit_test(zones_do_not_mix_between_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
