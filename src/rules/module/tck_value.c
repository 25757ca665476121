/* SPDX-License-Identifier: Apache-2.0 */
#include "tck_value.h"

#include <string.h>

static const char NAMESPACE_INSTANCE[] = "http://www.w3.org/2001/XMLSchema-instance";

/* ---- reading ---- */

typedef enum error read_text(struct feel_run *run, struct slice text, struct feel_value *ret);

static enum error read_string(struct feel_run *run, struct slice text, struct feel_value *ret)
{
    (void)run;
    *ret = feel_string(text);
    return OK;
}

static enum error read_number(struct feel_run *run, struct slice text, struct feel_value *ret)
{
    struct number number;

    TRY(number_parse(text, &number));
    return feel_number(run->arena, number, ret);
}

static enum error read_boolean(struct feel_run *run, struct slice text, struct feel_value *ret)
{
    (void)run;
    *ret = feel_boolean(slice_is(text, "true"));
    return slice_is(text, "true") || slice_is(text, "false") ? OK : ERROR_VALUE;
}

static enum error read_date(struct feel_run *run, struct slice text, struct feel_value *ret)
{
    (void)run;
    ret->kind = FEEL_DATE;
    return temporal_parse_date(text, &ret->date);
}

static enum error read_time(struct feel_run *run, struct slice text, struct feel_value *ret)
{
    struct temporal_time time;

    TRY(temporal_parse_time(text, &time));
    return feel_time(run->arena, time, ret);
}

static enum error read_date_time(struct feel_run *run, struct slice text, struct feel_value *ret)
{
    struct temporal_date_time date_time;

    TRY(temporal_parse_date_time(text, &date_time));
    return feel_date_time(run->arena, date_time, ret);
}

static enum error read_duration(struct feel_run *run, struct slice text, struct feel_value *ret)
{
    __int128 nanoseconds;

    ret->kind = FEEL_YEARS_MONTHS;
    if (temporal_parse_months(text, &ret->months) == OK)
        return OK;
    TRY(temporal_parse_nanoseconds(text, &nanoseconds));
    return feel_nanoseconds(run->arena, nanoseconds, ret);
}

static const struct {
    const char *name;
    read_text *read;
} types[] = {
    {"", read_string},
    {"string", read_string},
    {"decimal", read_number},
    {"double", read_number},
    {"float", read_number},
    {"integer", read_number},
    {"int", read_number},
    {"long", read_number},
    {"boolean", read_boolean},
    {"date", read_date},
    {"time", read_time},
    {"dateTime", read_date_time},
    {"duration", read_duration},
    {"dayTimeDuration", read_duration},
    {"yearMonthDuration", read_duration},
};

/* Which kind of value `xsi:type` names, without its prefix; NULL: one that is not supported. */
static read_text *reader_for(const xmlNode *value)
{
    xmlChar *type = xmlGetNsProp(value, (const xmlChar *)"type", (const xmlChar *)NAMESPACE_INSTANCE);
    struct slice name = slice_from_string((const char *)type);
    size_t colon = slice_find(name, ':');
    read_text *read = NULL;

    name = colon < name.length ? slice_from(name, colon + 1) : name;
    for (size_t i = 0; i < sizeof types / sizeof types[0] && !read; i++)
        if (slice_is(name, types[i].name))
            read = types[i].read;
    xmlFree(type);
    return read;
}

static bool is_nil(const xmlNode *value)
{
    xmlChar *nil = xmlGetNsProp(value, (const xmlChar *)"nil", (const xmlChar *)NAMESPACE_INSTANCE);
    bool yes = nil && strcmp((const char *)nil, "true") == 0;

    xmlFree(nil);
    return yes;
}

/* A string's white space counts, so it is not xml_content. */
static enum error read_simple(struct feel_run *run, const xmlNode *value, struct feel_value *ret)
{
    read_text *read = reader_for(value);
    struct slice text;

    if (read != read_string) {
        TRY(xml_content(run->arena, value, &text));
    } else {
        xmlChar *content = xmlNodeGetContent(value);
        text = arena_copy(run->arena, slice_from_string((const char *)content));
        xmlFree(content);
    }
    if (!text.data)
        return ERROR_MEMORY;
    enum error error = read ? read(run, text, ret) : ERROR_VALUE;
    return error == OK || error == ERROR_MEMORY ? error : ERROR_UNSUPPORTED;
}

static enum error read_list(struct feel_run *run, const xmlNode *list, struct feel_value *ret)
{
    struct feel_value *item = arena_array(run->arena, xml_count(list, "item"), sizeof *item);
    size_t count = 0;

    if (!item)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(list, "item"); n; n = xml_next(n, "item"))
        TRY(tck_value(run, n, &item[count++]));
    return feel_list(run->arena, item, count, ret);
}

static enum error read_components(struct feel_run *run, const xmlNode *holder, struct feel_value *ret)
{
    struct feel_entry *entry = arena_array(run->arena, xml_count(holder, "component"), sizeof *entry);
    struct feel_context *context = arena_alloc(run->arena, sizeof *context);

    if (!entry || !context)
        return ERROR_MEMORY;
    for (const xmlNode *n = xml_child(holder, "component"); n; n = xml_next(n, "component")) {
        struct slice name;
        TRY(xml_attribute(run->arena, n, "name", &name));
        TRY(feel_names_introduce(run->names, name, &entry[context->count].name));
        TRY(tck_value(run, n, &entry[context->count++].value));
    }
    context->entry = entry;
    *ret = (struct feel_value){.kind = FEEL_CONTEXT, .context = context};
    return OK;
}

bool tck_is_null(const xmlNode *holder)
{
    const xmlNode *list = xml_child(holder, "list"), *value = xml_child(holder, "value");

    if (is_nil(holder) || (list && is_nil(list)) || (value && is_nil(value)))
        return true;
    return !list && !value && !xml_child(holder, "component");
}

enum error tck_value(struct feel_run *run, const xmlNode *holder, struct feel_value *ret)
{
    const xmlNode *list = xml_child(holder, "list"), *value = xml_child(holder, "value");

    *ret = feel_null();
    if (tck_is_null(holder))
        return OK;
    if (list)
        return read_list(run, list, ret);
    return value ? read_simple(run, value, ret) : read_components(run, holder, ret);
}

/* ---- comparing ---- */

static bool same_number(struct number a, struct number b)
{
    const struct number tolerance = {.coefficient = 1, .exponent = -8};
    struct number difference;

    return number_subtract(a, b, &difference) == OK && number_compare(number_absolute(difference), tolerance) < 0;
}

static bool same_lists(const struct feel_list *a, const struct feel_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!tck_same(a->item[i], b->item[i]))
            return false;
    return true;
}

static bool same_contexts(const struct feel_context *a, const struct feel_context *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct feel_value *other = feel_context_get(b, a->entry[i].name);
        if (!other || !tck_same(a->entry[i].value, *other))
            return false;
    }
    return true;
}

bool tck_same(struct feel_value a, struct feel_value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case FEEL_NULL:
        return true;
    case FEEL_NUMBER:
        return same_number(*a.number, *b.number);
    case FEEL_LIST:
        return same_lists(a.list, b.list);
    case FEEL_CONTEXT:
        return same_contexts(a.context, b.context);
    default:
        return feel_equal(a, b) == FEEL_TRUE;
    }
}
