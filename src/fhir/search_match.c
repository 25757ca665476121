/* SPDX-License-Identifier: Apache-2.0 */

/* One resource against the criteria: the exact filter that stands behind every index. */

#include "search.h"

#include "text/decimal.h"
#include "text/fold.h"

#define FOLDED_MAX (64 * 1024)

struct match {
    const struct fhir_criterion *criterion;
    bool found;
};

/* ---- token ---- */

static bool code_matches(const struct fhir_value *wanted, struct slice system, struct slice code)
{
    if (wanted->text.length && !slice_equal(wanted->text, code))
        return false;
    return wanted->any_system || slice_equal(wanted->system, system);
}

/* Coding, Identifier and ContactPoint say the same with different names. */
static bool coded_matches(const struct fhir_value *wanted, const struct json *coded)
{
    const struct json *code = json_member(coded, "code") ? json_member(coded, "code") : json_member(coded, "value");

    return code && code_matches(wanted, json_text(json_member(coded, "system")), json_text(code));
}

static bool token_matches(const struct fhir_value *wanted, const struct json *value)
{
    if (json_kind(value) == JSON_BOOL)
        return slice_is(wanted->text, json_is_true(value) ? "true" : "false");
    if (json_kind(value) == JSON_STRING)
        return slice_equal(wanted->text, json_text(value));
    const struct json *codings = json_member(value, "coding");
    if (!codings)
        return coded_matches(wanted, value);
    for (struct json_items items = json_items(codings); json_next(&items);)
        if (coded_matches(wanted, items.value))
            return true;
    return false;
}

/* ---- string ---- */

static bool text_matches(const struct fhir_value *wanted, enum fhir_modifier modifier, struct slice text)
{
    CLEANUP_BUFFER struct buffer folded = buffer_new(FOLDED_MAX);

    if (modifier == FHIR_EXACT)
        return slice_equal(wanted->text, text);
    fold(text, &folded);
    struct slice plain = buffer_view(&folded);
    if (modifier == FHIR_CONTAINS)
        return slice_search(plain, wanted->text) != SIZE_MAX;
    return slice_starts_with(plain, wanted->text);
}

static bool is_about_the_name(struct slice member)
{
    static const char *const kept[] = {"text", "family", "given",    "prefix", "suffix",                 /* HumanName */
                                       "line", "city",   "district", "state",  "postalCode", "country"}; /* Address */

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (slice_is(member, kept[i]))
            return true;
    return false;
}

/* A string, or any part of a HumanName or Address; lists inside them go one deeper. */
static bool string_matches(const struct fhir_value *wanted, enum fhir_modifier modifier, const struct json *value)
{
    if (json_kind(value) == JSON_STRING)
        return text_matches(wanted, modifier, json_text(value));
    for (struct json_items parts = json_items(value); json_next(&parts);) {
        if (json_kind(value) == JSON_OBJECT && !is_about_the_name(parts.key))
            continue;
        if (string_matches(wanted, modifier, parts.value))
            return true;
    }
    return false;
}

/* ---- date ---- */

static bool read_interval(const struct json *value, struct date_interval *interval)
{
    struct date date;

    if (date_parse(json_text(value), DATE_KIND_DATETIME, &date) != OK)
        return false;
    *interval = date_interval(date);
    return true;
}

/* date, dateTime, instant, or a Period, whose missing ends are open. */
static bool interval_of(const struct json *value, struct date_interval *interval)
{
    struct date_interval end;

    if (json_kind(value) == JSON_STRING)
        return read_interval(value, interval);
    const struct json *from = json_member(value, "start"), *to = json_member(value, "end");
    *interval = (struct date_interval){INT64_MIN, INT64_MAX};
    if (from && !read_interval(from, interval))
        return false;
    interval->to = INT64_MAX;
    if (to && !read_interval(to, &end))
        return false;
    if (to)
        interval->to = end.to;
    return from || to;
}

/* FHIR R4, search, "Prefixes": eq is containment, the others compare the ends. */
static bool interval_matches(enum fhir_prefix prefix, struct date_interval wanted, struct date_interval stated)
{
    bool contained = wanted.from <= stated.from && stated.to <= wanted.to;

    switch (prefix) {
    case FHIR_EQ:
        return contained;
    case FHIR_NE:
        return !contained;
    case FHIR_LT:
        return stated.from < wanted.from;
    case FHIR_GT:
        return stated.to > wanted.to;
    case FHIR_LE:
        return stated.from < wanted.from || contained;
    case FHIR_GE:
        return stated.to > wanted.to || contained;
    case FHIR_SA:
        return stated.from >= wanted.to;
    default:
        return stated.to <= wanted.from;
    }
}

static bool date_matches(const struct fhir_value *wanted, const struct json *value)
{
    struct date_interval stated;
    return interval_of(value, &stated) && interval_matches(wanted->prefix, date_interval(wanted->date), stated);
}

/* ---- number and quantity ---- */

/* FHIR R4, search, "Number": eq and ne reach as far as the precision of what was asked; the others are exact. */
static bool decimal_matches(enum fhir_prefix prefix, struct decimal wanted, struct decimal stated)
{
    int order = decimal_compare(stated, wanted);
    bool near = decimal_compare(decimal_lower(wanted), stated) <= 0 &&
                decimal_compare(stated, decimal_upper(wanted)) < 0;

    switch (prefix) {
    case FHIR_EQ:
        return near;
    case FHIR_NE:
        return !near;
    case FHIR_LT:
    case FHIR_EB:
        return order < 0;
    case FHIR_GT:
    case FHIR_SA:
        return order > 0;
    case FHIR_LE:
        return order <= 0;
    default:
        return order >= 0;
    }
}

static bool unit_matches(const struct fhir_value *wanted, const struct json *quantity)
{
    if (!wanted->any_system && !slice_equal(wanted->system, json_text(json_member(quantity, "system"))))
        return false;
    return wanted->text.length == 0 || slice_equal(wanted->text, json_text(json_member(quantity, "code"))) ||
           slice_equal(wanted->text, json_text(json_member(quantity, "unit")));
}

static bool quantity_matches(const struct fhir_value *wanted, const struct json *value)
{
    const struct json *number = json_kind(value) == JSON_OBJECT ? json_member(value, "value") : value;
    struct decimal asked, stated;

    if (decimal_parse(wanted->number, &asked) != OK || decimal_parse(json_text(number), &stated) != OK)
        return false;
    return unit_matches(wanted, value) && decimal_matches(wanted->prefix, asked, stated);
}

/* ---- reference ---- */

static struct slice without_version(struct slice reference)
{
    size_t at = slice_search(reference, SLICE("/_history/"));
    return at == SIZE_MAX ? reference : slice_of(reference.data, at);
}

/* "Type/id" as it stands, or a bare id of any type. */
static bool reference_matches(const struct fhir_criterion *criterion, const struct fhir_value *wanted,
                              const struct json *value)
{
    const struct json *member = json_kind(value) == JSON_OBJECT ? json_member(value, "reference") : value;
    struct slice stated = without_version(json_text(member)), id = stated;

    if (stated.length == 0)
        return false;
    struct slice type = slice_cut(&id, '/');
    if (criterion->target.length && !slice_equal(type, criterion->target))
        return false;
    return slice_equal(stated, wanted->text) || (id.length && slice_equal(id, wanted->text));
}

/* ---- all together ---- */

static bool value_matches(const struct fhir_criterion *criterion, const struct fhir_value *wanted,
                          const struct json *value)
{
    switch (criterion->parameter->kind) {
    case FHIR_TOKEN:
    case FHIR_CODE:
        return token_matches(wanted, value);
    case FHIR_STRING:
        return string_matches(wanted, criterion->modifier, value);
    case FHIR_DATE:
        return date_matches(wanted, value);
    case FHIR_NUMBER:
    case FHIR_QUANTITY:
        return quantity_matches(wanted, value);
    case FHIR_REFERENCE:
        return reference_matches(criterion, wanted, value);
    default:
        return slice_equal(wanted->text, json_text(value));
    }
}

static bool visit_value(void *context, const struct json *value)
{
    struct match *match = context;
    const struct fhir_criterion *criterion = match->criterion;

    if (criterion->modifier == FHIR_MISSING)
        match->found = true;
    for (size_t i = 0; i < criterion->count && !match->found; i++)
        match->found = value_matches(criterion, &criterion->value[i], value);
    return !match->found;
}

static bool criterion_matches(const struct fhir_criterion *criterion, const struct json *resource)
{
    struct match match = {criterion, false};

    for (struct slice paths = criterion->parameter->paths; paths.length && !match.found;)
        (void)fhir_walk(resource, slice_cut(&paths, '|'), visit_value, &match);
    if (criterion->modifier == FHIR_MISSING)
        return match.found != criterion->missing;
    return criterion->modifier == FHIR_NOT ? !match.found : match.found;
}

bool fhir_search_matches(const struct fhir_search *search, const struct json *resource)
{
    if (!slice_equal(json_text(json_member(resource, "resourceType")), search->type->name))
        return false;
    for (size_t i = 0; i < search->criteria; i++)
        if (!criterion_matches(&search->criterion[i], resource))
            return false;
    return true;
}

/* ---- order ---- */

struct sort_key {
    const struct fhir_parameter *parameter;
    bool found;
    int64_t date;
    struct slice text;
};

static struct slice sort_text(const struct json *value)
{
    static const char *const inner[] = {"coding", "code", "value", "family", "text", "reference"};

    for (size_t i = 0; i < sizeof inner / sizeof *inner && json_kind(value) == JSON_OBJECT; i++)
        if (json_path(value, inner[i]))
            value = json_path(value, inner[i]);
    return json_text(value);
}

/* The first value that the resource has, or the earliest date. */
static bool take_sort_key(void *context, const struct json *value)
{
    struct sort_key *key = context;
    struct date_interval interval;

    if (key->parameter->kind != FHIR_DATE) {
        key->text = sort_text(value);
        key->found = true;
        return false;
    }
    if (interval_of(value, &interval) && (!key->found || interval.from < key->date)) {
        key->date = interval.from;
        key->found = true;
    }
    return true;
}

static struct sort_key sort_key_of(const struct fhir_parameter *parameter, const struct json *resource)
{
    struct sort_key key = {.parameter = parameter, .text = {"", 0}};

    for (struct slice paths = parameter->paths; paths.length && !(key.found && parameter->kind != FHIR_DATE);)
        (void)fhir_walk(resource, slice_cut(&paths, '|'), take_sort_key, &key);
    return key;
}

static int compare_folded(struct slice a, struct slice b)
{
    CLEANUP_BUFFER struct buffer folded_a = buffer_new(FOLDED_MAX), folded_b = buffer_new(FOLDED_MAX);

    fold(a, &folded_a);
    fold(b, &folded_b);
    return slice_compare(buffer_view(&folded_a), buffer_view(&folded_b));
}

/* What has no value comes last, whichever way the order runs. */
static int compare_by(const struct fhir_sort *sort, const struct json *a, const struct json *b)
{
    struct sort_key left = sort_key_of(sort->parameter, a), right = sort_key_of(sort->parameter, b);
    int order;

    if (!left.found || !right.found)
        return right.found - left.found;
    if (sort->parameter->kind == FHIR_DATE)
        order = (left.date > right.date) - (left.date < right.date);
    else
        order = compare_folded(left.text, right.text);
    return sort->descending ? -order : order;
}

int fhir_search_compare(const struct fhir_search *search, const struct json *a, const struct json *b)
{
    for (size_t i = 0; i < search->sorts; i++) {
        int order = compare_by(&search->sort[i], a, b);
        if (order)
            return order;
    }
    return 0;
}
