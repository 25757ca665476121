/* SPDX-License-Identifier: Apache-2.0 */

/* GET /fhir/AuditEvent: a person's list of who looked, for programs, in the profiles of IHE BALP (fhir/audit_event.h).
 * The same access to the drawer `audit` as her list, so the same rules decide, and asking is an entry. */

#include "fhir/audit_event.h"
#include "accesses.h"
#include "fhir.h"
#include "fhir/bundle.h"
#include "handlers.h"
#include "reply.h"
#include "text/date.h"

#define BODY_MAX (8u << 20)
#define DATES_MAX 4

struct auditing {
    struct call *call;
    struct id person;
    struct slice patient; /* on the wire */
    uint64_t entry;       /* of a read */
    bool one;
    struct slice date[DATES_MAX]; /* "ge2026-01-01" */
    size_t dates;
};

static struct fhir_audit_event event_of(const struct auditing *auditing, const struct access_line *line)
{
    return (struct fhir_audit_event){
        .entry = line->entry,
        .base = reply_fhir_base(auditing->call),
        .node = auditing->call->app->name,
        .patient = auditing->patient,
        .time = line->time,
        .role = line->role,
        .sector = line->sector,
        .purpose = line->purpose,
        .action = line->action,
        .basis = line->basis,
        .row = line->row,
        .citation = line->citation,
        .error = line->error,
        .organization = line->organization,
        .place = line->place,
        .looker = line->looker,
        .resource = line->resource,
        .type = line->type,
        .request = line->request,
        .obligations = line->obligations,
        .outcome = line->outcome,
        .permitted = line->permitted,
        .replaces = line->replaces,
    };
}

/* ---- date ---- */

static const struct {
    const char *prefix;
    bool before, within, after;
} comparisons[] = {
    {"eq", false, true, false}, {"ge", false, true, true}, {"gt", false, false, true},
    {"le", true, true, false},  {"lt", true, false, false},
};
#define COMPARISONS (sizeof comparisons / sizeof *comparisons)

/* 0 to COMPARISONS - 1; eq without a prefix. COMPARISONS: not one of ours. */
static size_t comparison_of(struct slice *value)
{
    size_t c = 0;

    if (value->length < 2 || (value->data[0] >= '0' && value->data[0] <= '9'))
        return 0;
    while (c < COMPARISONS && !slice_starts_with(*value, slice_from_string(comparisons[c].prefix)))
        c++;
    *value = slice_from(*value, 2);
    return c;
}

static enum error check_date(struct slice value)
{
    struct date date;

    if (comparison_of(&value) == COMPARISONS)
        return ERROR_VALUE;
    return date_parse_search(value, &date);
}

/* What became of an order is no look, and BALP has no profile for it; what was read under one is. */
static bool in_time(const struct auditing *auditing, const struct access_line *line)
{
    struct date date, when;

    if (line->of_order)
        return false;
    if (date_parse(line->time, DATE_KIND_INSTANT, &when) != OK)
        return true;
    for (size_t i = 0; i < auditing->dates; i++) {
        struct slice value = auditing->date[i];
        size_t c = comparison_of(&value);
        if (date_parse_search(value, &date) != OK)
            return false;
        struct date_interval asked = date_interval(date);
        int64_t at = date_interval(when).from;
        if (!(at < asked.from ? comparisons[c].before : at < asked.to ? comparisons[c].within : comparisons[c].after))
            return false;
    }
    return true;
}

/* ---- answers ---- */

static void reply_one(struct auditing *auditing, const struct access_line *line, size_t count)
{
    struct buffer body = buffer_new(BODY_MAX);
    size_t i = 0;

    while (i < count && (line[i].entry != auditing->entry || line[i].of_order))
        i++;
    if (i == count) {
        reply_error(auditing->call, ERROR_NOT_FOUND, NULL);
        return;
    }
    struct fhir_audit_event event = event_of(auditing, &line[i]);
    fhir_audit_event_write(&event, &body);
    struct slice json = arena_copy(auditing->call->arena, buffer_view(&body));
    buffer_free(&body);
    reply_fhir(auditing->call, 200, &(struct reply_resource){.json = json});
}

static void write_entry(struct auditing *auditing, struct fhir_bundle_writer *writer, const struct access_line *line)
{
    CLEANUP_BUFFER struct buffer json = buffer_new(65536);
    struct fhir_audit_event event = event_of(auditing, line);

    fhir_audit_event_write(&event, &json);
    struct slice url = arena_format(auditing->call->arena, "%.*s/AuditEvent/%llu", SLICE_PRINT(event.base),
                                    (unsigned long long)line->entry);
    fhir_bundle_hit(writer, url, buffer_view(&json), "match");
}

static void reply_all(struct auditing *auditing, const struct access_line *line, size_t count)
{
    struct buffer body = buffer_new(BODY_MAX);
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += in_time(auditing, &line[i]);
    struct fhir_bundle_head head = {.type = FHIR_SEARCHSET,
                                    .total = (int64_t)total,
                                    .timestamp_ms = auditing->call->app->world->now_ns(auditing->call->app->world) /
                                                    1000000};
    struct fhir_bundle_writer writer = fhir_bundle_begin(&body, &head);
    for (size_t i = 0; i < count; i++)
        if (in_time(auditing, &line[i]))
            write_entry(auditing, &writer, &line[i]);
    fhir_bundle_end(&writer);
    enum error error = buffer_check(&body);
    struct slice json = arena_copy(auditing->call->arena, buffer_view(&body));
    buffer_free(&body);
    if (error != OK || !json.data)
        reply_error(auditing->call, error != OK ? error : ERROR_MEMORY, NULL);
    else
        reply_fhir(auditing->call, 200, &(struct reply_resource){.json = json});
}

static void lines_came(void *context, enum error error, const struct access_line *line, size_t count)
{
    struct auditing *auditing = context;

    if (error != OK)
        reply_error(auditing->call, error, NULL);
    else if (auditing->one)
        reply_one(auditing, line, count);
    else
        reply_all(auditing, line, count);
}

/* ---- questions ---- */

static enum error read_parameter(struct auditing *auditing, struct slice name, struct slice value)
{
    struct call *call = auditing->call;

    if (slice_is(name, "patient")) {
        struct slice id = slice_starts_with(value, SLICE("Patient/")) ? slice_from(value, 8) : value;
        struct slice reference = arena_format(call->arena, "Patient/%.*s", SLICE_PRINT(id));
        return reference_inside(call, reference, &auditing->person) ? OK : ERROR_VALUE;
    }
    if (!slice_is(name, "date") || auditing->one)
        return ERROR_UNKNOWN_PARAMETER;
    if (auditing->dates == DATES_MAX || check_date(value) != OK)
        return ERROR_VALUE;
    auditing->date[auditing->dates++] = value;
    return OK;
}

static enum error read_parameters(struct auditing *auditing)
{
    struct slice rest = auditing->call->request->query, name, value;

    while (rest.length > 0) {
        TRY(http_query_next(&rest, auditing->call->arena, &name, &value));
        enum error error = read_parameter(auditing, name, value);
        if (error != OK)
            return fault_set(&auditing->call->fault, error, "%.*s", (int)(name.length < 32 ? name.length : 32),
                             name.data);
    }
    /* A person asks for herself; others say whose record they mean. */
    if (id_is_zero(&auditing->person))
        return fault_set(&auditing->call->fault, ERROR_REQUIRED, "patient");
    return OK;
}

static void list(struct call *call, bool one, uint64_t entry)
{
    struct auditing *auditing = arena_alloc(call->arena, sizeof *auditing);

    if (!auditing) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    *auditing = (struct auditing){
        .call = call, .person = call->asker.credential.person, .one = one, .entry = entry};
    enum error error = read_parameters(auditing);
    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    auditing->patient = call_wire(call, fhir_type(SLICE("Patient")), &auditing->person);
    accesses_list(call, &auditing->person, lines_came, auditing);
}

void fhir_audit_search(struct call *call)
{
    list(call, false, 0);
}

void fhir_audit_read(struct call *call)
{
    uint64_t entry;

    if (!slice_to_u64(call->parameter[0], &entry))
        reply_error(call, ERROR_NOT_FOUND, NULL);
    else
        list(call, true, entry);
}
