/* SPDX-License-Identifier: Apache-2.0 */
#include "birth.h"

#include <stdlib.h>

/* Bits for each way that two dates can agree, set by hand. A day of a known year is one of some 25,000 (14 bits), but
 * twins share it and typing errors exist. */
enum {
    BITS_SAME_DAY = 9,
    BITS_SAME_MONTH = 6, /* where no day is known */
    BITS_DAY_MONTH_SWAPPED = 6,
    BITS_ONE_PART_DIFFERS = 4,
    BITS_SAME_YEAR = 3, /* where no more is known, or one of the dates is a placeholder */
    BITS_SAME_YEAR_OTHER_DAY = -1,
    BITS_NEAR_ESTIMATE = 0,   /* within two years of a guess */
    BITS_OTHER_CALENDAR = -1, /* seven or eight years: Ethiopic taken for Gregorian */
    BITS_DIFFERENT = -5,
};

bool birth_is_placeholder(const struct identity_person *person)
{
    if (person->birth_provenance == DATE_ESTIMATED || person->birth_provenance == DATE_DEFAULTED)
        return true;
    return person->birth.precision >= DATE_DAY && person->birth.month == 1 && person->birth.day == 1;
}

/* Years before this were hardly meant in the Gregorian calendar: a Solar Hijri year typed as it stands on the paper,
 * which began 621 years after ours. */
#define OLDEST_GREGORIAN 1500
#define SOLAR_HIJRI_OFFSET 621

static int gregorian_year(const struct identity_person *person)
{
    return person->birth.year < OLDEST_GREGORIAN ? person->birth.year + SOLAR_HIJRI_OFFSET : person->birth.year;
}

static bool typed_in_another_calendar(const struct identity_person *person)
{
    return person->birth.year < OLDEST_GREGORIAN;
}

static double bits_by_year(const struct identity_person *a, const struct identity_person *b)
{
    int apart = abs(gregorian_year(a) - gregorian_year(b));
    bool converted = typed_in_another_calendar(a) != typed_in_another_calendar(b);

    if (apart == 0 || (converted && apart == 1))
        return BITS_SAME_YEAR;
    if (apart <= 2)
        return BITS_NEAR_ESTIMATE;
    return apart == 7 || apart == 8 ? BITS_OTHER_CALENDAR : BITS_DIFFERENT;
}

/* One digit mistyped, or two exchanged. */
static bool year_mistyped(int a, int b)
{
    int different = 0;

    for (int place = 0; place < 4; place++, a /= 10, b /= 10)
        different += a % 10 != b % 10;
    return different == 1;
}

static double bits_by_day(const struct date *a, const struct date *b)
{
    bool month = a->month == b->month, day = a->day == b->day;

    if (a->year != b->year)
        return month && day && year_mistyped(a->year, b->year) ? BITS_ONE_PART_DIFFERS : BITS_DIFFERENT;
    if (month && day)
        return BITS_SAME_DAY;
    if (a->month == b->day && a->day == b->month)
        return BITS_DAY_MONTH_SWAPPED;
    return month || day ? BITS_ONE_PART_DIFFERS : BITS_SAME_YEAR_OTHER_DAY;
}

static double bits_by_month(const struct date *a, const struct date *b)
{
    if (a->year == b->year && a->month == b->month)
        return BITS_SAME_MONTH;
    return a->year == b->year ? BITS_SAME_YEAR_OTHER_DAY : BITS_DIFFERENT;
}

struct birth_evidence birth_compare(const struct identity_person *a, const struct identity_person *b)
{
    if (!a->has_birth || !b->has_birth)
        return (struct birth_evidence){0};

    enum date_precision known = a->birth.precision < b->birth.precision ? a->birth.precision : b->birth.precision;
    double by_year = bits_by_year(a, b);
    if (known == DATE_YEAR || birth_is_placeholder(a) || birth_is_placeholder(b))
        return (struct birth_evidence){by_year, false};
    double bits = known == DATE_MONTH ? bits_by_month(&a->birth, &b->birth) : bits_by_day(&a->birth, &b->birth);
    /* Seven or eight years apart may be one day in two calendars, whatever its month says. */
    if (bits == BITS_DIFFERENT && by_year == BITS_OTHER_CALENDAR)
        bits = by_year;
    return (struct birth_evidence){bits, bits == BITS_SAME_DAY};
}
