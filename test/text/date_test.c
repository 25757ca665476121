/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a date means the span that was stated, no more and no less. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "text/date.h"

#define DAY INT64_C(86400000)

static void dates_span_what_was_stated(void **state)
{
    static const struct {
        const char *text;
        int64_t from, to;
    } rows[] = {
        {"1970", 0, 365 * DAY},
        {"1972", 730 * DAY, 1096 * DAY},
        {"1970-02", 31 * DAY, 59 * DAY},
        {"1970-01-02", DAY, 2 * DAY},
        {"1969-12-31", -DAY, 0},
        {"1970-01-01T00:00:01Z", 1000, 2000},
        {"1970-01-01T01:00:00+01:00", 0, 1000},
        {"1969-12-31T23:00:00-01:00", 0, 1000},
        {"1970-01-01T00:00:00.5Z", 500, 501},
        {"1970-01-01T00:00:00.1239Z", 123, 124},
        {"1970-01-01T00:00:60Z", 60000, 61000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct date date;
        if (date_parse(slice_from_string(rows[i].text), DATE_KIND_DATETIME, &date) != OK)
            fail_msg("%s is not read", rows[i].text);
        struct date_interval span = date_interval(date);
        if (span.from != rows[i].from || span.to != rows[i].to)
            fail_msg("%s spans %lld to %lld", rows[i].text, (long long)span.from, (long long)span.to);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "19", "0000", "1970-", "1970-1", "1970-13", "1970-00", "1970-02-29", "1900-02-29", "1970-04-31",
        "1970-01-01T", "1970-01-01T10:00Z", "1970-01-01T10:00:00", "1970-01-01T24:00:00Z", "1970-01-01T10:60:00Z",
        "1970-01-01T10:00:61Z", "1970-01-01T10:00:00.Z", "1970-01-01T10:00:00+14:01", "1970-01-01T10:00:00+1:00",
        "1970-01-01 ", " 1970",
        "1970-01T10:00:00Z", "1970-01-01T10:00:00z", "-1970", "1970-01-01T10:00:00Zx",
    };
    struct date date;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (date_parse(slice_from_string(bad[i]), DATE_KIND_DATETIME, &date) != ERROR_VALUE)
            fail_msg("'%s' was read", bad[i]);
}

static void each_kind_has_its_grammar(void **state)
{
    struct date date;

    (void)state;
    assert_int_equal(ERROR_VALUE, date_parse(SLICE("2024-01-01T10:00:00Z"), DATE_KIND_DATE, &date));
    assert_int_equal(ERROR_VALUE, date_parse(SLICE("2024-01-01"), DATE_KIND_INSTANT, &date));
    assert_int_equal(OK, date_parse(SLICE("2024-01-01T10:00:00.000+02:00"), DATE_KIND_INSTANT, &date));
    assert_int_equal(120, date.offset_minutes);
    assert_int_equal(OK, date_parse_search(SLICE("2024-01-01T10:00"), &date));
    assert_int_equal(60000, date_interval(date).to - date_interval(date).from);
    assert_int_equal(OK, date_parse_search(SLICE("2024-01-01T10:00:00"), &date));
    assert_int_equal(ERROR_VALUE, date_parse_search(SLICE("2024-01-01T10"), &date));
}

/* Every day of 700 years, counted one by one, against both directions of the arithmetic. */
static void days_are_counted_without_gap(void **state)
{
    int32_t number = date_day_number(1600, 1, 1);
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    (void)state;
    for (int year = 1600; year < 2300; year++)
        for (int month = 1; month <= 12; month++) {
            int leap = month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
            for (int day = 1; day <= days[month - 1] + leap; day++, number++) {
                struct date back = date_from_day(number);
                if (number != date_day_number(year, month, day) || back.year != year || back.month != month ||
                    back.day != day)
                    fail_msg("%d-%d-%d", year, month, day);
            }
        }
    assert_int_equal(0, date_day_number(1970, 1, 1));
}

static void instants_are_written_as_fhir_reads_them(void **state)
{
    static const int64_t moments[] = {0, 1, -1, 999, 1715076672123, -86400000, 253402300799999};
    struct date date;

    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_new(64);
        date_write_instant(&text, moments[i]);
        assert_int_equal(OK, date_parse(buffer_view(&text), DATE_KIND_INSTANT, &date));
        assert_true(moments[i] == date_interval(date).from);
    }
}

static void an_age_is_as_uncertain_as_the_birth_date(void **state)
{
    int32_t today = date_day_number(2024, 5, 7);
    struct date birth;

    (void)state;
    assert_int_equal(OK, date_parse(SLICE("2006"), DATE_KIND_DATE, &birth));
    assert_int_equal(17, date_age(birth, today).least);
    assert_int_equal(18, date_age(birth, today).most);
    assert_int_equal(OK, date_parse(SLICE("2006-05-07"), DATE_KIND_DATE, &birth));
    assert_int_equal(18, date_age(birth, today).least);
    assert_int_equal(18, date_age(birth, today).most);
    assert_int_equal(OK, date_parse(SLICE("2006-05-08"), DATE_KIND_DATE, &birth));
    assert_int_equal(17, date_age(birth, today).most);
}

static void origins_have_codes(void **state)
{
    enum date_calendar calendar;
    enum date_provenance provenance;

    (void)state;
    for (unsigned i = 0; i < DATE_CALENDAR_COUNT; i++) {
        assert_true(date_calendar_from_code(slice_from_string(date_calendar_code(i)), &calendar));
        assert_int_equal(i, calendar);
    }
    assert_true(date_provenance_from_code(SLICE("defaulted"), &provenance));
    assert_int_equal(DATE_DEFAULTED, provenance);
    assert_false(date_calendar_from_code(SLICE("julian"), &calendar));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_span_what_was_stated),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(each_kind_has_its_grammar),
        cmocka_unit_test(days_are_counted_without_gap),
        cmocka_unit_test(instants_are_written_as_fhir_reads_them),
        cmocka_unit_test(an_age_is_as_uncertain_as_the_birth_date),
        cmocka_unit_test(origins_have_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
