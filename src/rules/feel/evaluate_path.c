/* SPDX-License-Identifier: Apache-2.0 */

/* `e.name` (DMN 1.5, tables 64 to 67): an entry of a context, a property of a date, a time, a duration or a range; of a
 * list, a list of what its items have there. */

#include "run.h"

#define SECOND_NANOSECONDS ((__int128)1000000000)

enum property {
    NO_PROPERTY,
    YEAR,
    MONTH,
    DAY,
    WEEKDAY,
    HOUR,
    MINUTE,
    SECOND,
    TIME_OFFSET,
    TIMEZONE,
    YEARS,
    MONTHS,
    DAYS,
    HOURS,
    MINUTES,
    SECONDS,
    START,
    END,
    START_INCLUDED,
    END_INCLUDED
};

static enum property property_named(struct slice name)
{
    static const char *const names[] = {
        [YEAR] = "year",
        [MONTH] = "month",
        [DAY] = "day",
        [WEEKDAY] = "weekday",
        [HOUR] = "hour",
        [MINUTE] = "minute",
        [SECOND] = "second",
        [TIME_OFFSET] = "time offset",
        [TIMEZONE] = "timezone",
        [YEARS] = "years",
        [MONTHS] = "months",
        [DAYS] = "days",
        [HOURS] = "hours",
        [MINUTES] = "minutes",
        [SECONDS] = "seconds",
        [START] = "start",
        [END] = "end",
        [START_INCLUDED] = "start included",
        [END_INCLUDED] = "end included",
    };

    for (size_t i = 1; i < sizeof names / sizeof names[0]; i++)
        if (slice_is(name, names[i]))
            return (enum property)i;
    return NO_PROPERTY;
}

/* Whole seconds and a rest, exactly. */
static enum error seconds(struct feel_run *run, int64_t whole, int64_t nanoseconds, struct feel_value *ret)
{
    struct number number = number_of(whole * (int64_t)SECOND_NANOSECONDS + nanoseconds);

    if (nanoseconds == 0)
        return feel_whole(run, whole, ret);
    number.exponent -= 9;
    return feel_number(run->arena, number, ret);
}

/* `ret_found` false where the kind has no such property. */
static enum error date_property(struct feel_run *run, struct temporal_date date, enum property property,
                                bool *ret_found, struct feel_value *ret)
{
    *ret_found = true;
    switch (property) {
    case YEAR:
        return feel_whole(run, date.year, ret);
    case MONTH:
        return feel_whole(run, date.month, ret);
    case DAY:
        return feel_whole(run, date.day, ret);
    case WEEKDAY:
        return feel_whole(run, temporal_weekday(date), ret);
    default:
        *ret_found = false;
        return OK;
    }
}

static enum error zone_property(struct feel_run *run, const struct temporal_date *date,
                                const struct temporal_time *time, enum property property, struct feel_value *ret)
{
    const struct temporal_date epoch = {.year = 1970, .month = 1, .day = 1};

    *ret = feel_null();
    if (property == TIMEZONE) {
        if (time->zone.kind == TEMPORAL_NAMED)
            *ret = feel_string(time->zone.name);
        return OK;
    }
    if (!temporal_has_zone(&time->zone))
        return OK;
    return feel_nanoseconds(run->arena, temporal_offset(&time->zone, date ? *date : epoch, time) * SECOND_NANOSECONDS,
                            ret);
}

static enum error time_property(struct feel_run *run, const struct temporal_date *date,
                                const struct temporal_time *time, enum property property, bool *ret_found,
                                struct feel_value *ret)
{
    *ret_found = true;
    switch (property) {
    case HOUR:
        return feel_whole(run, time->hour, ret);
    case MINUTE:
        return feel_whole(run, time->minute, ret);
    case SECOND:
        return seconds(run, time->second, time->nanosecond, ret);
    case TIME_OFFSET:
    case TIMEZONE:
        return zone_property(run, date, time, property, ret);
    default:
        *ret_found = false;
        return OK;
    }
}

static enum error days_time_property(struct feel_run *run, __int128 nanoseconds, enum property property,
                                     bool *ret_found, struct feel_value *ret)
{
    __int128 whole = nanoseconds / SECOND_NANOSECONDS;

    *ret_found = true;
    switch (property) {
    case DAYS:
        return feel_whole(run, (int64_t)(whole / 86400), ret);
    case HOURS:
        return feel_whole(run, (int64_t)(whole / 3600 % 24), ret);
    case MINUTES:
        return feel_whole(run, (int64_t)(whole / 60 % 60), ret);
    case SECONDS:
        return seconds(run, (int64_t)(whole % 60), (int64_t)(nanoseconds % SECOND_NANOSECONDS), ret);
    default:
        *ret_found = false;
        return OK;
    }
}

static enum error months_property(struct feel_run *run, int64_t months, enum property property, bool *ret_found,
                                  struct feel_value *ret)
{
    *ret_found = property == YEARS || property == MONTHS;
    if (!*ret_found)
        return OK;
    return feel_whole(run, property == YEARS ? months / 12 : months % 12, ret);
}

static bool range_property(const struct feel_range *range, enum property property, struct feel_value *ret)
{
    switch (property) {
    case START:
        *ret = range->negated ? feel_null() : range->low;
        return true;
    case END:
        *ret = range->negated ? feel_null() : range->high;
        return true;
    case START_INCLUDED:
        *ret = feel_boolean(!range->low_open && !range->low_unbounded && !range->negated);
        return true;
    case END_INCLUDED:
        *ret = feel_boolean(!range->high_open && !range->high_unbounded && !range->negated);
        return true;
    default:
        return false;
    }
}

static enum error property_of(struct feel_run *run, const struct feel_value *value, enum property property,
                              bool *ret_found, struct feel_value *ret)
{
    *ret_found = false;
    switch (value->kind) {
    case FEEL_DATE:
        return date_property(run, value->date, property, ret_found, ret);
    case FEEL_TIME:
        return time_property(run, NULL, value->time, property, ret_found, ret);
    case FEEL_DATE_TIME:
        TRY(date_property(run, value->date_time->date, property, ret_found, ret));
        if (*ret_found)
            return OK;
        return time_property(run, &value->date_time->date, &value->date_time->time, property, ret_found, ret);
    case FEEL_YEARS_MONTHS:
        return months_property(run, value->months, property, ret_found, ret);
    case FEEL_DAYS_TIME:
        return days_time_property(run, *value->nanoseconds, property, ret_found, ret);
    case FEEL_RANGE:
        *ret_found = range_property(value->range, property, ret);
        return OK;
    default:
        return OK;
    }
}

static enum error member(struct feel_run *run, const struct feel_value *value, feel_name name, struct feel_value *ret);

static enum error project(struct feel_run *run, const struct feel_list *list, feel_name name, struct feel_value *ret)
{
    struct feel_items items = {0};
    enum error error = OK;

    if (run->depth >= FEEL_NESTING_MAX)
        return ERROR_TOO_DEEP;
    TRY(feel_spend(run, list->count));
    TRY(feel_items_reserve(run, &items, list->count));
    run->depth++;
    for (size_t i = 0; i < list->count && error == OK; i++)
        error = member(run, &list->item[i], name, &items.item[i]);
    run->depth--;
    TRY(error);
    items.count = list->count;
    return feel_items_list(run, &items, ret);
}

static enum error member(struct feel_run *run, const struct feel_value *value, feel_name name, struct feel_value *ret)
{
    bool found = false;

    if (value->kind == FEEL_CONTEXT) {
        feel_owe_names(run, value->context->count);
        const struct feel_value *entry = feel_context_get(value->context, name);
        if (entry) {
            *ret = *entry;
            return OK;
        }
    } else if (value->kind == FEEL_LIST) {
        return project(run, value->list, name, ret);
    } else if (value->kind >= FEEL_DATE) {
        TRY(property_of(run, value, property_named(feel_names_text(run->names, name)), &found, ret));
    }
    if (!found) {
        struct slice text = feel_names_text(run->names, name);
        return feel_null_because(run, ret, "a %s has no \"%.*s\"", feel_kind_name(value->kind), SLICE_PRINT(text));
    }
    return OK;
}

enum error feel_evaluate_path(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                              struct feel_value *ret)
{
    struct feel_value value;

    TRY(feel_evaluate(run, node->left, frame, &value));
    return member(run, &value, node->name, ret);
}
