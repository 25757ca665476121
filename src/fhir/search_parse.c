/* SPDX-License-Identifier: Apache-2.0 */

/* From the query string to criteria. Everything that is not understood is an error here, so that nothing later has to
 * guess. Faults name the parameter and never its value, which may be a person's name. */

#include "search.h"

#include "text/decimal.h"
#include "text/fold.h"
#include "text/utf8.h"

#define SEARCH(type, name, kind, paths, indexed)                                                                       \
    {{type, sizeof type - 1}, {name, sizeof name - 1}, kind, {paths, sizeof paths - 1}, indexed},
static const struct fhir_parameter parameters[] = {
#include "searches.def"
};
#undef SEARCH

#define PARAMETERS (sizeof parameters / sizeof *parameters)

static bool is_for(const struct fhir_parameter *parameter, const struct fhir_type *type)
{
    return parameter->type.data[0] == '*' || slice_equal(parameter->type, type->name);
}

const struct fhir_parameter *fhir_parameter_next(const struct fhir_type *type, const struct fhir_parameter *previous)
{
    const struct fhir_parameter *parameter = previous ? previous + 1 : parameters;

    while (parameter < parameters + PARAMETERS && !is_for(parameter, type))
        parameter++;
    return parameter < parameters + PARAMETERS ? parameter : NULL;
}

static const struct fhir_parameter *find_parameter(const struct fhir_type *type, struct slice name)
{
    const struct fhir_parameter *parameter = NULL;

    while ((parameter = fhir_parameter_next(type, parameter)))
        if (slice_equal(parameter->name, name))
            break;
    return parameter;
}

struct parser {
    struct arena *arena;
    struct fhir_search *search;
    struct fault *fault;
    struct slice name; /* of the parameter at hand, for faults */
};

#define NAME_SHOWN_MAX 48

/* Only what looks like a parameter's name is repeated. */
static enum error refuse(const struct parser *parser, enum error code, const char *why)
{
    struct slice name = utf8_cut(parser->name, NAME_SHOWN_MAX);

    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == ':' || c == '.'))
            return fault_set(parser->fault, code, "a parameter %s", why);
    }
    return fault_set(parser->fault, code, "%.*s %s", SLICE_PRINT(name), why);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* application/x-www-form-urlencoded (WHATWG URL, 5.1), with a broken escape or broken UTF-8 refused. */
static enum error decode_percent(struct arena *arena, struct slice encoded, struct slice *ret_text)
{
    char *text = arena_alloc(arena, encoded.length + 1);
    size_t length = 0;

    if (!text)
        return ERROR_MEMORY;
    for (size_t i = 0; i < encoded.length; i++) {
        char c = encoded.data[i] == '+' ? ' ' : encoded.data[i];
        if (c == '%') {
            int high = i + 2 < encoded.length ? hex_digit(encoded.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(encoded.data[i + 2]) : -1;
            if (low < 0)
                return ERROR_VALUE;
            c = (char)(high << 4 | low);
            i += 2;
        }
        text[length++] = c;
    }
    *ret_text = slice_of(text, length);
    return utf8_valid(*ret_text) ? OK : ERROR_VALUE;
}

/* Cuts at the first separator that has no backslash before it (FHIR R4, search, "Escaping Search Parameters"). */
static struct slice cut_unescaped(struct slice *rest, char separator)
{
    size_t at = 0;

    while (at < rest->length && rest->data[at] != separator)
        at += rest->data[at] == '\\' ? 2 : 1;
    if (at > rest->length)
        at = rest->length;
    struct slice head = slice_of(rest->data, at);
    *rest = slice_from(*rest, at + 1);
    return head;
}

static bool has_unescaped(struct slice text, char separator)
{
    struct slice rest = text;
    return cut_unescaped(&rest, separator).length < text.length;
}

static enum error unescape(struct arena *arena, struct slice text, struct slice *ret_text)
{
    if (slice_find(text, '\\') == text.length)
        return *ret_text = text, OK;
    char *plain = arena_alloc(arena, text.length + 1);
    size_t length = 0;

    if (!plain)
        return ERROR_MEMORY;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\\' && ++i == text.length)
            return ERROR_VALUE;
        plain[length++] = text.data[i];
    }
    *ret_text = slice_of(plain, length);
    return OK;
}

static enum error read_token(const struct parser *parser, struct slice text, struct fhir_value *value)
{
    struct slice rest = text;

    value->any_system = !has_unescaped(text, '|');
    if (!value->any_system)
        TRY(unescape(parser->arena, cut_unescaped(&rest, '|'), &value->system));
    TRY(unescape(parser->arena, rest, &value->text));
    return value->text.length || value->system.length ? OK : ERROR_VALUE;
}

static enum error read_string(const struct parser *parser, enum fhir_modifier modifier, struct slice text,
                              struct fhir_value *value)
{
    CLEANUP_BUFFER struct buffer folded = buffer_new(4096);

    TRY(unescape(parser->arena, text, &value->text));
    if (modifier != FHIR_EXACT) {
        fold(value->text, &folded);
        TRY(buffer_check(&folded));
        value->text = arena_copy(parser->arena, buffer_view(&folded));
    }
    if (!value->text.data)
        return ERROR_MEMORY;
    return value->text.length ? OK : ERROR_VALUE;
}

static enum fhir_prefix read_prefix(struct slice *text)
{
    static const char *const prefixes[] = {"eq", "ne", "lt", "gt", "ge", "le", "sa", "eb"};

    for (unsigned i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (slice_starts_with(*text, slice_from_string(prefixes[i]))) {
            *text = slice_from(*text, 2);
            return (enum fhir_prefix)i;
        }
    return FHIR_EQ;
}

static enum error read_date(struct slice text, struct fhir_value *value)
{
    value->prefix = read_prefix(&text);
    return date_parse_search(text, &value->date);
}

/* number, or number|system|unit */
static enum error read_quantity(const struct parser *parser, struct slice text, struct fhir_value *value)
{
    struct decimal decimal;

    value->prefix = read_prefix(&text);
    value->any_system = true;
    value->number = cut_unescaped(&text, '|');
    TRY(decimal_parse(value->number, &decimal));
    if (text.length == 0)
        return OK;
    TRY(unescape(parser->arena, cut_unescaped(&text, '|'), &value->system));
    value->any_system = value->system.length == 0;
    return unescape(parser->arena, text, &value->text);
}

/* `patient=1` and `subject:Patient=1` say the type elsewhere: it is put before the id. */
static enum error read_reference(const struct parser *parser, const struct fhir_criterion *criterion, struct slice text,
                                 struct fhir_value *value)
{
    struct slice target = slice_is(criterion->parameter->name, "patient") ? SLICE("Patient") : criterion->target;

    TRY(unescape(parser->arena, text, &value->text));
    if (value->text.length == 0)
        return ERROR_VALUE;
    if (target.length == 0 || slice_find(value->text, '/') < value->text.length)
        return OK;
    value->text = arena_format(parser->arena, "%.*s/%.*s", SLICE_PRINT(target), SLICE_PRINT(value->text));
    return value->text.data ? OK : ERROR_MEMORY;
}

static enum error read_value(const struct parser *parser, const struct fhir_criterion *criterion, struct slice text,
                             struct fhir_value *value)
{
    switch (criterion->parameter->kind) {
    case FHIR_TOKEN:
    case FHIR_CODE:
        return read_token(parser, text, value);
    case FHIR_STRING:
        return read_string(parser, criterion->modifier, text, value);
    case FHIR_DATE:
        return read_date(text, value);
    case FHIR_NUMBER:
    case FHIR_QUANTITY:
        return read_quantity(parser, text, value);
    case FHIR_REFERENCE:
        return read_reference(parser, criterion, text, value);
    default:
        return unescape(parser->arena, text, &value->text);
    }
}

static enum error read_values(const struct parser *parser, struct fhir_criterion *criterion, struct slice text)
{
    size_t count = 0;

    for (struct slice rest = text; count == 0 || rest.length; count++)
        (void)cut_unescaped(&rest, ',');
    if (count > FHIR_SEARCH_VALUES_MAX)
        return refuse(parser, ERROR_TOO_COSTLY, "has too many values");
    struct fhir_value *values = arena_array(parser->arena, count, sizeof *values);
    if (!values)
        return ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        enum error failed = read_value(parser, criterion, cut_unescaped(&text, ','), &values[i]);
        if (failed)
            return refuse(parser, failed == ERROR_MEMORY ? failed : ERROR_VALUE, "has a value that cannot be read");
    }
    criterion->value = values;
    criterion->count = count;
    return OK;
}

static bool is_token(enum fhir_search_kind kind)
{
    return kind == FHIR_TOKEN || kind == FHIR_CODE;
}

/* Which modifiers go with which kind: FHIR R4, search, "Modifiers". */
static bool read_modifier(struct slice modifier, struct fhir_criterion *criterion)
{
    enum fhir_search_kind kind = criterion->parameter->kind;

    criterion->modifier = FHIR_PLAIN;
    if (modifier.length == 0)
        return true;
    if (slice_is(modifier, "missing"))
        return criterion->modifier = FHIR_MISSING, true;
    if (slice_is(modifier, "not") && is_token(kind))
        return criterion->modifier = FHIR_NOT, true;
    if (slice_is(modifier, "exact") && kind == FHIR_STRING)
        return criterion->modifier = FHIR_EXACT, true;
    if (slice_is(modifier, "contains") && kind == FHIR_STRING)
        return criterion->modifier = FHIR_CONTAINS, true;
    if (kind != FHIR_REFERENCE || !fhir_type(modifier))
        return false;
    criterion->modifier = FHIR_OF_TYPE;
    criterion->target = fhir_type(modifier)->name;
    return true;
}

static enum error read_missing(const struct parser *parser, struct fhir_criterion *criterion, struct slice text)
{
    criterion->missing = slice_is(text, "true");
    if (!criterion->missing && !slice_is(text, "false"))
        return refuse(parser, ERROR_VALUE, "is true or false");
    return OK;
}

static enum error read_criterion(const struct parser *parser, struct slice text)
{
    struct fhir_search *search = parser->search;
    struct fhir_criterion criterion = {0};
    struct slice modifier = parser->name, name = slice_cut(&modifier, ':');

    criterion.parameter = find_parameter(search->type, name);
    if (!criterion.parameter || !read_modifier(modifier, &criterion) ||
        (modifier.length == 0 && name.length != parser->name.length))
        return refuse(parser, ERROR_UNKNOWN_PARAMETER, "is not known for this type");
    if (search->criteria == FHIR_SEARCH_CRITERIA_MAX)
        return fault_set(parser->fault, ERROR_TOO_COSTLY, "more than %d parameters", FHIR_SEARCH_CRITERIA_MAX);
    if (criterion.modifier == FHIR_MISSING)
        TRY(read_missing(parser, &criterion, text));
    else
        TRY(read_values(parser, &criterion, text));
    search->criterion[search->criteria++] = criterion;
    return OK;
}

static enum error read_sort(const struct parser *parser, struct slice text)
{
    struct fhir_search *search = parser->search;

    while (text.length) {
        struct slice name = slice_cut(&text, ',');
        bool descending = name.length && name.data[0] == '-';
        const struct fhir_parameter *parameter = find_parameter(search->type, slice_from(name, descending));
        if (!parameter || search->sorts == FHIR_SEARCH_SORTS_MAX)
            return refuse(parser, ERROR_VALUE, "names a parameter that is not known, or too many");
        search->sort[search->sorts++] = (struct fhir_sort){parameter, descending};
    }
    return OK;
}

static enum error read_count(const struct parser *parser, struct slice text)
{
    uint64_t count;

    if (!slice_to_u64(text, &count))
        return refuse(parser, ERROR_VALUE, "is not a number");
    parser->search->count = count > FHIR_SEARCH_COUNT_MAX ? FHIR_SEARCH_COUNT_MAX : (uint32_t)count;
    parser->search->total_only |= count == 0;
    return OK;
}

static enum error read_format(const struct parser *parser, struct slice text)
{
    if (slice_is(text, "json") || slice_starts_with(text, SLICE("application/json")) ||
        slice_starts_with(text, SLICE("application/fhir+json")) || slice_is(text, "text/json"))
        return OK;
    return refuse(parser, ERROR_NOT_ACCEPTABLE, "names a format that is not given");
}

static enum error read_summary(const struct parser *parser, struct slice text)
{
    if (!slice_is(text, "count") && !slice_is(text, "false"))
        return refuse(parser, ERROR_VALUE, "is count or false");
    parser->search->total_only |= slice_is(text, "count");
    return OK;
}

static enum error read_total(const struct parser *parser, struct slice text)
{
    bool known = slice_is(text, "none") || slice_is(text, "estimate") || slice_is(text, "accurate");
    return known ? OK : refuse(parser, ERROR_VALUE, "is none, estimate or accurate");
}

/* What is about the answer and not about the resources. */
static enum error read_parameter(const struct parser *parser, struct slice text)
{
    struct slice name = parser->name;

    if (slice_is(name, "_count"))
        return read_count(parser, text);
    if (slice_is(name, "_sort"))
        return read_sort(parser, text);
    if (slice_is(name, "_summary"))
        return read_summary(parser, text);
    if (slice_is(name, "_total"))
        return read_total(parser, text);
    if (slice_is(name, "_format"))
        return read_format(parser, text);
    if (slice_is(name, "_page"))
        return parser->search->page = text, OK;
    return read_criterion(parser, text);
}

/* Does a reference at these paths say whose the resource is? The telling paths come first in a type's list, so a
 * parameter may have the first of them alone. */
static bool names_owner(struct slice paths, struct slice person_paths)
{
    return slice_starts_with(person_paths, paths) &&
           (person_paths.length == paths.length || person_paths.data[paths.length] == '|');
}

/* The one person whose compartment the query stays in, if it says so by itself. */
static struct slice find_person(const struct fhir_search *search)
{
    struct slice person_paths = slice_from_string(search->type->person);

    for (size_t i = 0; i < search->criteria; i++) {
        const struct fhir_criterion *criterion = &search->criterion[i];
        if (criterion->count != 1 || criterion->parameter->kind != FHIR_REFERENCE)
            continue;
        struct slice reference = criterion->value[0].text;
        bool positive = criterion->modifier == FHIR_PLAIN || criterion->modifier == FHIR_OF_TYPE;
        if (positive && names_owner(criterion->parameter->paths, person_paths) &&
            slice_starts_with(reference, SLICE("Patient/")))
            return reference;
    }
    return slice_of("", 0);
}

static enum error decode_pair(struct parser *parser, struct slice pair, struct slice *value)
{
    struct slice name = slice_cut(&pair, '=');

    TRY(decode_percent(parser->arena, name, &parser->name));
    return decode_percent(parser->arena, pair, value);
}

static enum error read_pair(struct parser *parser, struct slice pair)
{
    struct slice value;
    enum error failed = decode_pair(parser, pair, &value);

    if (failed)
        return fault_set(parser->fault, failed, "the query is not percent-encoded UTF-8");
    return read_parameter(parser, value);
}

enum error fhir_search_parse(struct arena *arena, const struct fhir_type *type, struct slice query,
                             struct fhir_search *ret_search, struct fault *fault)
{
    struct fhir_search search = {.type = type, .count = FHIR_SEARCH_COUNT_DEFAULT};
    struct parser parser = {.arena = arena, .search = &search, .fault = fault};

    while (query.length) {
        struct slice pair = slice_cut(&query, '&');
        if (pair.length)
            TRY(read_pair(&parser, pair));
    }
    search.person = find_person(&search);
    *ret_search = search;
    return OK;
}

void fhir_search_write(const struct fhir_search *search, struct slice query, struct buffer *into)
{
    while (query.length) {
        struct slice pair = slice_cut(&query, '&');
        if (pair.length == 0 || slice_starts_with(pair, SLICE("_page=")) || slice_starts_with(pair, SLICE("_count=")))
            continue;
        buffer_slice(into, pair);
        buffer_byte(into, '&');
    }
    buffer_format(into, "_count=%u", search->count);
}
