/* SPDX-License-Identifier: Apache-2.0 */

/* Index terms: what a resource is filed under, and what a query may ask the files for. The two must agree: whatever
 * matches a criterion has one of its terms (tested over all sample data). */

#include "search.h"

#include "text/fold.h"
#include "text/utf8.h"

struct collector {
    struct arena *arena;
    struct slice type;
    const struct fhir_parameter *parameter;
    struct slice *term;
    size_t count;
    size_t room;
    enum error failed;
};

static void collect(struct collector *collector, struct slice term)
{
    if (!term.data) {
        collector->failed = ERROR_MEMORY;
        return;
    }
    for (size_t i = 0; i < collector->count; i++)
        if (slice_equal(collector->term[i], term))
            return;
    if (collector->count == collector->room)
        collector->failed = ERROR_TOO_LARGE; /* never left out: what has no term is not found */
    else
        collector->term[collector->count++] = term;
}

static void collect_value(struct collector *collector, char sign, struct slice value)
{
    collect(collector, arena_format(collector->arena, "%.*s.%.*s%c%.*s", SLICE_PRINT(collector->type),
                                    SLICE_PRINT(collector->parameter->name), sign, SLICE_PRINT(value)));
}

static void collect_both(struct collector *collector, struct slice system, struct slice code)
{
    struct slice both = arena_format(collector->arena, "%.*s|%.*s", SLICE_PRINT(system), SLICE_PRINT(code));

    if (both.data)
        collect_value(collector, '=', both);
    else
        collector->failed = ERROR_MEMORY;
}

static void collect_token(struct collector *collector, struct slice system, struct slice code)
{
    if (code.length == 0)
        return;
    collect_value(collector, '=', code);
    if (system.length)
        collect_both(collector, system, code);
}

static void collect_coded(struct collector *collector, const struct json *value)
{
    const struct json *code = json_member(value, "code") ? json_member(value, "code") : json_member(value, "value");

    if (json_kind(value) == JSON_BOOL)
        collect_value(collector, '=', json_is_true(value) ? SLICE("true") : SLICE("false"));
    else if (json_kind(value) == JSON_STRING)
        collect_value(collector, '=', json_text(value));
    else if (!json_member(value, "coding"))
        collect_token(collector, json_text(json_member(value, "system")), json_text(code));
    for (struct json_items items = json_items(json_member(value, "coding")); json_next(&items);)
        collect_token(collector, json_text(json_member(items.value, "system")),
                      json_text(json_member(items.value, "code")));
}

static void collect_reference(struct collector *collector, const struct json *value)
{
    struct slice reference = json_text(json_member(value, "reference"));
    size_t version = slice_search(reference, SLICE("/_history/"));

    if (version != SIZE_MAX)
        reference.length = version;
    if (reference.length)
        collect_value(collector, '=', reference);
}

/* The year and the day on which it begins. */
static void collect_day(struct collector *collector, int64_t from_ms)
{
    CLEANUP_BUFFER struct buffer day = buffer_new(32);

    date_write_instant(&day, from_ms);
    collect_value(collector, '=', slice_of(day.data, 4));
    collect_value(collector, '=', slice_of(day.data, 10));
}

static void collect_date(struct collector *collector, const struct json *value)
{
    struct date date;
    const struct json *start = json_kind(value) == JSON_OBJECT ? json_member(value, "start") : value;

    if (date_parse(json_text(start), DATE_KIND_DATETIME, &date) == OK)
        collect_day(collector, date_interval(date).from);
}

#define PREFIX_LETTERS 3

/* The first letters; false when there are fewer. */
static bool first_letters(struct slice folded, struct slice *ret_prefix)
{
    struct slice rest = folded;
    uint32_t point;

    for (int i = 0; i < PREFIX_LETTERS; i++)
        if (!utf8_next(&rest, &point))
            return false;
    *ret_prefix = slice_of(folded.data, folded.length - rest.length);
    return true;
}

/* A name shorter than that is filed as it is; no query that is long enough can begin it. */
static void collect_string(struct collector *collector, const struct json *value)
{
    CLEANUP_BUFFER struct buffer folded = buffer_new(64 * 1024);
    struct slice prefix;

    fold(json_text(value), &folded);
    if (folded.length && first_letters(buffer_view(&folded), &prefix))
        collect_value(collector, '^', prefix);
}

static bool collect_any(void *context, const struct json *value)
{
    struct collector *collector = context;

    switch (collector->parameter->kind) {
    case FHIR_TOKEN:
    case FHIR_CODE:
        collect_coded(collector, value);
        break;
    case FHIR_REFERENCE:
        collect_reference(collector, value);
        break;
    case FHIR_DATE:
        collect_date(collector, value);
        break;
    case FHIR_STRING:
        collect_string(collector, value);
        break;
    default:
        break;
    }
    return true;
}

enum error fhir_search_terms(struct arena *arena, const struct json *resource, struct fhir_terms *ret_terms)
{
    const struct fhir_type *type = fhir_type_of(resource);
    struct collector collector = {.arena = arena, .room = FHIR_TERMS_MAX};

    if (!type)
        return ERROR_UNKNOWN_TYPE;
    collector.type = type->name;
    collector.term = arena_array(arena, FHIR_TERMS_MAX, sizeof *collector.term);
    if (!collector.term)
        return ERROR_MEMORY;
    while ((collector.parameter = fhir_parameter_next(type, collector.parameter)))
        for (struct slice paths = collector.parameter->paths; collector.parameter->indexed && paths.length;)
            (void)fhir_walk(resource, slice_cut(&paths, '|'), collect_any, &collector);
    *ret_terms = (struct fhir_terms){collector.term, collector.count};
    return collector.failed;
}

/* ---- what a query can ask for ---- */

static bool lookup_token(struct collector *collector, const struct fhir_value *value, enum fhir_search_kind kind)
{
    if (value->text.length == 0)
        return false;
    if (kind == FHIR_CODE || value->system.length == 0)
        collect_value(collector, '=', value->text);
    else
        collect_both(collector, value->system, value->text);
    return true;
}

/* eq is containment, so a match begins within what was asked for: in its year, and on its day if it names one. */
static bool lookup_date(struct collector *collector, const struct fhir_value *value)
{
    struct date_interval interval = date_interval(value->date);
    CLEANUP_BUFFER struct buffer day = buffer_new(32);

    if (value->prefix != FHIR_EQ || value->date.precision == DATE_MONTH)
        return false;
    date_write_instant(&day, interval.from);
    collect_value(collector, '=', slice_of(day.data, value->date.precision == DATE_YEAR ? 4 : 10));
    return true;
}

static bool lookup_string(struct collector *collector, const struct fhir_value *value, enum fhir_modifier modifier)
{
    CLEANUP_BUFFER struct buffer folded = buffer_new(4096);
    struct slice prefix;

    if (modifier == FHIR_CONTAINS)
        return false;
    fold(value->text, &folded);
    if (!first_letters(buffer_view(&folded), &prefix))
        return false;
    collect_value(collector, '^', prefix);
    return true;
}

static bool lookup_value(struct collector *collector, const struct fhir_criterion *criterion,
                         const struct fhir_value *value)
{
    switch (criterion->parameter->kind) {
    case FHIR_TOKEN:
    case FHIR_CODE:
        return lookup_token(collector, value, criterion->parameter->kind);
    case FHIR_DATE:
        return lookup_date(collector, value);
    case FHIR_STRING:
        return lookup_string(collector, value, criterion->modifier);
    case FHIR_REFERENCE:
        if (slice_find(value->text, '/') == value->text.length)
            return false; /* a bare id may be of any type */
        collect_value(collector, '=', value->text);
        return true;
    default:
        return false;
    }
}

static bool lookup_criterion(struct collector *collector, const struct fhir_criterion *criterion)
{
    if (!criterion->parameter->indexed || criterion->modifier == FHIR_NOT || criterion->modifier == FHIR_MISSING)
        return false;
    for (size_t i = 0; i < criterion->count; i++)
        if (!lookup_value(collector, criterion, &criterion->value[i]))
            return false;
    return true;
}

enum error fhir_search_lookups(struct arena *arena, const struct fhir_search *search, struct fhir_lookups *ret_lookups)
{
    struct fhir_terms *lookup = arena_array(arena, search->criteria, sizeof *lookup);
    size_t count = 0;

    if (!lookup)
        return ERROR_MEMORY;
    for (size_t i = 0; i < search->criteria; i++) {
        struct collector collector = {.arena = arena,
                                      .type = search->type->name,
                                      .parameter = search->criterion[i].parameter,
                                      .room = search->criterion[i].count,
                                      .term = arena_array(arena, search->criterion[i].count, sizeof(struct slice))};
        if (!collector.term)
            return ERROR_MEMORY;
        if (!lookup_criterion(&collector, &search->criterion[i]))
            continue;
        TRY(collector.failed);
        lookup[count++] = (struct fhir_terms){collector.term, collector.count};
    }
    *ret_lookups = (struct fhir_lookups){lookup, count};
    return OK;
}
