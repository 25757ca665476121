/* SPDX-License-Identifier: Apache-2.0 */

/* Named zones, through ICU. Opening a calendar reads the zone's history and takes microseconds, and comparing
 * date-times in a loop asks for the same zones again and again, so each thread keeps the last few open. */

#include "temporal_zone.h"

#include <unicode/ucal.h>

#include "kept.h"

#define ZONES_OPEN_MAX 8
#define DAYS_PER_400_YEARS 146097

/* Years before the first railway and long after the last rule of the zone database are all alike, to 400 years. */
#define FIRST_SECOND (-11676096000) /* 1600-01-01T00:00:00 */
#define LAST_SECOND 32503680000     /* 3000-01-01T00:00:00 */

struct zone_cache {
    struct {
        char name[ZONE_NAME_MAX + 1];
        UCalendar *calendar;
    } open[ZONES_OPEN_MAX];
    unsigned next; /* to be replaced */
};

static void cache_close(void *block)
{
    struct zone_cache *cache = block;

    for (size_t i = 0; i < ZONES_OPEN_MAX; i++)
        if (cache->open[i].calendar)
            ucal_close(cache->open[i].calendar);
}

/* Names are of ASCII letters, digits and a few signs; what else there is cannot be one. */
static bool widen(struct slice name, UChar wide[static ZONE_NAME_MAX + 1])
{
    if (!name.length || name.length > ZONE_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~')
            return false;
        wide[i] = (UChar)name.data[i];
    }
    wide[name.length] = 0;
    return true;
}

static UCalendar *zone_open(struct slice name)
{
    UChar wide[ZONE_NAME_MAX + 1], canonical[ZONE_NAME_MAX + 1];
    UErrorCode status = U_ZERO_ERROR;
    UBool known = false;

    if (!widen(name, wide))
        return NULL;
    ucal_getCanonicalTimeZoneID(wide, (int32_t)name.length, canonical, ZONE_NAME_MAX, &known, &status);
    if (U_FAILURE(status) || !known)
        return NULL;
    UCalendar *calendar = ucal_open(wide, (int32_t)name.length, "", UCAL_GREGORIAN, &status);
    return U_SUCCESS(status) ? calendar : NULL;
}

/* The open calendar of a zone, owned by the cache; NULL when there is no such zone. */
static UCalendar *zone_find(struct slice name)
{
    struct zone_cache *cache = kept_get(KEPT_ZONES, sizeof *cache, cache_close);

    if (!cache)
        return NULL;
    for (size_t i = 0; i < ZONES_OPEN_MAX; i++)
        if (cache->open[i].calendar && slice_is(name, cache->open[i].name))
            return cache->open[i].calendar;
    UCalendar *calendar = zone_open(name);
    if (!calendar)
        return NULL;
    unsigned place = cache->next++ % ZONES_OPEN_MAX;
    if (cache->open[place].calendar)
        ucal_close(cache->open[place].calendar);
    cache->open[place].calendar = calendar;
    memcpy(cache->open[place].name, name.data, name.length);
    cache->open[place].name[name.length] = 0;
    return calendar;
}

bool zone_known(struct slice name)
{
    return zone_find(name);
}

/* A second of the years 1600 to 3399 with the same weekday, month and day. */
static int64_t into_history(int64_t second)
{
    int64_t cycle = (int64_t)DAYS_PER_400_YEARS * SECONDS_PER_DAY;

    if (second < FIRST_SECOND)
        return second + (FIRST_SECOND - second + cycle - 1) / cycle * cycle;
    if (second >= LAST_SECOND)
        return LAST_SECOND + (second - LAST_SECOND) % cycle;
    return second;
}

int32_t zone_offset(struct slice name, int64_t second, bool local)
{
    UCalendar *calendar = zone_find(name);
    UErrorCode status = U_ZERO_ERROR;
    int32_t raw = 0, saving = 0;

    if (!calendar)
        return 0;
    ucal_setMillis(calendar, (double)into_history(second) * 1000, &status);
    if (local) {
        ucal_getTimeZoneOffsetFromLocal(calendar, UCAL_TZ_LOCAL_FORMER, UCAL_TZ_LOCAL_FORMER, &raw, &saving, &status);
    } else {
        raw = ucal_get(calendar, UCAL_ZONE_OFFSET, &status);
        saving = ucal_get(calendar, UCAL_DST_OFFSET, &status);
    }
    return U_SUCCESS(status) ? (raw + saving) / 1000 : 0;
}
