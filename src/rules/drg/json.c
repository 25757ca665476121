/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

struct step {
    struct slice member; /* data NULL: an item */
    size_t index;
};

struct reading {
    struct feel_run *run;
    struct slice name;
    size_t depth;
    struct step step[JSON_DEPTH_MAX + 1];
    struct fault *fault;
};

/* ---- messages ---- */

static enum error refuse(struct reading *reading, const char *what)
{
    CLEANUP_BUFFER struct buffer place = buffer_new(FAULT_DETAIL_MAX);

    buffer_slice(&place, reading->name);
    for (size_t i = 0; i < reading->depth; i++) {
        if (reading->step[i].member.data)
            buffer_format(&place, ".%.*s", SLICE_PRINT(reading->step[i].member));
        else
            buffer_format(&place, "[%zu]", reading->step[i].index + 1);
    }
    return fault_set(reading->fault, ERROR_VALUE, "The input `%.*s` does not fit: %s is expected.",
                     SLICE_PRINT(buffer_view(&place)), what);
}

/* ---- texts ---- */

static enum error read_date(struct reading *reading, struct slice text, struct feel_value *ret)
{
    ret->kind = FEEL_DATE;
    return temporal_parse_date(text, &ret->date) == OK ? OK : refuse(reading, "a date such as \"2026-05-01\"");
}

static enum error read_time(struct reading *reading, struct slice text, struct feel_value *ret)
{
    struct temporal_time time;

    if (temporal_parse_time(text, &time) != OK)
        return refuse(reading, "a time such as \"09:30:00\"");
    return feel_time(reading->run->arena, time, ret);
}

static enum error read_date_time(struct reading *reading, struct slice text, struct feel_value *ret)
{
    struct temporal_date_time date_time;

    if (temporal_parse_date_time(text, &date_time) != OK)
        return refuse(reading, "a date and time such as \"2026-05-01T09:30:00Z\"");
    return feel_date_time(reading->run->arena, date_time, ret);
}

static enum error read_months(struct reading *reading, struct slice text, struct feel_value *ret)
{
    ret->kind = FEEL_YEARS_MONTHS;
    return temporal_parse_months(text, &ret->months) == OK ? OK : refuse(reading, "a duration such as \"P1Y6M\"");
}

static enum error read_nanoseconds(struct reading *reading, struct slice text, struct feel_value *ret)
{
    __int128 nanoseconds;

    if (temporal_parse_nanoseconds(text, &nanoseconds) != OK)
        return refuse(reading, "a duration such as \"P2DT3H\"");
    return feel_nanoseconds(reading->run->arena, nanoseconds, ret);
}

static enum error read_string(struct reading *reading, struct slice text, struct feel_value *ret)
{
    (void)reading;
    *ret = feel_string(text);
    return OK;
}

/* ---- numbers, booleans ---- */

static enum error read_number(struct reading *reading, const struct json *json, struct feel_value *ret)
{
    struct number number;

    if (json_kind(json) != JSON_NUMBER || number_parse(json_text(json), &number) != OK)
        return refuse(reading, "a number");
    return feel_number(reading->run->arena, number, ret);
}

static enum error read_boolean(struct reading *reading, const struct json *json, struct feel_value *ret)
{
    if (json_kind(json) != JSON_BOOL)
        return refuse(reading, "true or false");
    *ret = feel_boolean(json_is_true(json));
    return OK;
}

/* ---- lists and contexts ---- */

static enum error read_value(struct reading *reading, const struct feel_type *type, const struct json *json,
                             struct feel_value *ret);

static enum error read_within(struct reading *reading, struct step step, const struct feel_type *type,
                              const struct json *json, struct feel_value *ret)
{
    reading->step[reading->depth++] = step;
    TRY(read_value(reading, type, json, ret));
    reading->depth--;
    return OK;
}

static enum error read_list(struct reading *reading, const struct feel_type *element, const struct json *json,
                            struct feel_value *ret)
{
    struct feel_value *item = arena_array(reading->run->arena, json_count(json), sizeof *item);

    if (!item)
        return ERROR_MEMORY;
    for (struct json_items i = json_items(json); json_next(&i);)
        TRY(read_within(reading, (struct step){.index = i.index}, element, i.value, &item[i.index]));
    return feel_list(reading->run->arena, item, json_count(json), ret);
}

static const struct feel_type *member_type(const struct feel_type *type, feel_name name)
{
    for (size_t i = 0; type && i < type->member_count; i++)
        if (type->member[i].name == name)
            return type->member[i].type;
    return NULL;
}

static enum error refuse_missing(struct reading *reading, const struct feel_type *type, const struct json *json)
{
    for (size_t i = 0; type && i < type->member_count; i++) {
        struct slice name = feel_names_text(reading->run->names, type->member[i].name);
        if (json_kind(json_member_slice(json, name)) == JSON_ABSENT) {
            reading->step[reading->depth++] = (struct step){.member = name};
            return refuse(reading, "a value, or null,");
        }
    }
    return OK;
}

static enum error read_context(struct reading *reading, const struct feel_type *type, const struct json *json,
                               struct feel_value *ret)
{
    struct feel_context *context = arena_alloc(reading->run->arena, sizeof *context);
    struct feel_entry *entry = arena_array(reading->run->arena, json_count(json), sizeof *entry);

    if (json_kind(json) != JSON_OBJECT)
        return refuse(reading, "an object");
    TRY(refuse_missing(reading, type, json));
    if (!context || !entry)
        return ERROR_MEMORY;
    *context = (struct feel_context){json_count(json), entry};
    for (struct json_items i = json_items(json); json_next(&i); entry++) {
        if (feel_names_introduce(reading->run->names, i.key, &entry->name) != OK)
            return refuse(reading, "an object with shorter names");
        TRY(read_within(reading, (struct step){.member = i.key}, member_type(type, entry->name), i.value,
                        &entry->value));
    }
    *ret = (struct feel_value){.kind = FEEL_CONTEXT, .context = context};
    return OK;
}

/* ---- by type ---- */

static enum error read_untyped(struct reading *reading, const struct json *json, struct feel_value *ret)
{
    switch (json_kind(json)) {
    case JSON_BOOL:
        return read_boolean(reading, json, ret);
    case JSON_NUMBER:
        return read_number(reading, json, ret);
    case JSON_STRING:
        return read_string(reading, json_text(json), ret);
    case JSON_ARRAY:
        return read_list(reading, NULL, json, ret);
    case JSON_OBJECT:
        return read_context(reading, NULL, json, ret);
    default:
        *ret = feel_null();
        return OK;
    }
}

static enum error read_text(struct reading *reading, const struct feel_type *type, const struct json *json,
                            struct feel_value *ret)
{
    static enum error (*const read[])(struct reading *, struct slice, struct feel_value *) = {
        [FEEL_TYPE_STRING] = read_string,       [FEEL_TYPE_DATE] = read_date,
        [FEEL_TYPE_TIME] = read_time,           [FEEL_TYPE_DATE_TIME] = read_date_time,
        [FEEL_TYPE_YEARS_MONTHS] = read_months, [FEEL_TYPE_DAYS_TIME] = read_nanoseconds,
    };

    if (json_kind(json) != JSON_STRING)
        return refuse(reading, "a string");
    return read[type->kind](reading, json_text(json), ret);
}

static enum error read_value(struct reading *reading, const struct feel_type *type, const struct json *json,
                             struct feel_value *ret)
{
    while (type && type->kind == FEEL_TYPE_ALIAS)
        type = type->element;
    *ret = feel_null();
    if (json_kind(json) == JSON_NULL)
        return OK;
    switch (type ? type->kind : FEEL_TYPE_ANY) {
    case FEEL_TYPE_BOOLEAN:
        return read_boolean(reading, json, ret);
    case FEEL_TYPE_NUMBER:
        return read_number(reading, json, ret);
    case FEEL_TYPE_STRING:
    case FEEL_TYPE_DATE:
    case FEEL_TYPE_TIME:
    case FEEL_TYPE_DATE_TIME:
    case FEEL_TYPE_YEARS_MONTHS:
    case FEEL_TYPE_DAYS_TIME:
        return read_text(reading, type, json, ret);
    case FEEL_TYPE_LIST:
        return json_kind(json) == JSON_ARRAY ? read_list(reading, type->element, json, ret)
                                             : read_value(reading, type->element, json, ret);
    case FEEL_TYPE_CONTEXT:
        return read_context(reading, type, json, ret);
    case FEEL_TYPE_NULL:
        return refuse(reading, "null");
    case FEEL_TYPE_RANGE:
    case FEEL_TYPE_FUNCTION:
        return refuse(reading, "a range or a function, which JSON does not have,");
    default:
        return read_untyped(reading, json, ret);
    }
}

enum error drg_from_json(struct feel_run *run, struct slice name, const struct feel_type *type, const struct json *json,
                         struct feel_value *ret, struct fault *fault)
{
    struct reading reading = {.run = run, .name = name, .fault = fault};
    struct feel_value value;

    TRY(read_value(&reading, type, json, &value));
    TRY(feel_coerce(run, value, type, ret));
    if (ret->kind == FEEL_NULL && value.kind != FEEL_NULL)
        return refuse(&reading, "a value that its type allows");
    return OK;
}
