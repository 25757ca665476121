/* SPDX-License-Identifier: Apache-2.0 */
#include "summary.h"

#include <stdio.h>
#include <stdlib.h>

#include "text/date.h"
#include "types.h"

#define SUMMARY_MAX (8u << 20)
#define LOINC "http://loinc.org"
#define ABSENT_SYSTEM "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"

enum section {
    SECTION_ALLERGIES,
    SECTION_PROBLEMS,
    SECTION_MEDICATIONS,
    SECTION_IMMUNIZATIONS,
    SECTION_RESULTS,
    SECTION_VITAL_SIGNS,
    SECTION_PREGNANCY,
    SECTION_PROCEDURES,
    SECTIONS
};

/* IPS 2.0.0, Composition: section codes; the first three are required, and `absent` says there that nothing is known.
 * */
static const struct {
    const char *loinc, *title;
    const char *absent_type, *absent_code, *absent_text;
} sections[SECTIONS] = {
    [SECTION_ALLERGIES] = {"48765-2", "Allergies and intolerances", "AllergyIntolerance", "no-allergy-info",
                           "No information about allergies"},
    [SECTION_PROBLEMS] = {"11450-4", "Problems", "Condition", "no-problem-info", "No information about problems"},
    [SECTION_MEDICATIONS] = {"10160-0", "Medications", "MedicationStatement", "no-medication-info",
                             "No information about medications"},
    [SECTION_IMMUNIZATIONS] = {"11369-6", "Immunizations", NULL, NULL, NULL},
    [SECTION_RESULTS] = {"30954-2", "Results", NULL, NULL, NULL},
    [SECTION_VITAL_SIGNS] = {"8716-3", "Vital signs", NULL, NULL, NULL},
    [SECTION_PREGNANCY] = {"10162-6", "Pregnancy", NULL, NULL, NULL},
    [SECTION_PROCEDURES] = {"47519-4", "Procedures", NULL, NULL, NULL},
};

struct item {
    const struct json *resource;
    int section; /* -1: only referred to (a medication) */
    int64_t when;
    size_t order; /* as given, so that equal moments stay in it */
    bool chosen;
};

struct writing {
    const struct fhir_summary *summary;
    struct item *item;
    size_t count;
    struct json_writer writer;
    struct slice uuid;
    struct slice now;
};

/* ---- what is relevant ---- */

static bool has_code(const struct json *concept, const char *const *wanted, size_t count)
{
    for (struct json_items items = json_items(json_member(concept, "coding")); json_next(&items);)
        for (size_t i = 0; i < count; i++)
            if (json_is(json_member(items.value, "code"), wanted[i]))
                return true;
    return false;
}

#define HAS_CODE(concept, ...)                                                                                         \
    has_code(concept, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool is_status(const struct json *resource, const char *a, const char *b, const char *c, const char *d)
{
    const struct json *status = json_member(resource, "status");
    return json_is(status, a) || (b && json_is(status, b)) || (c && json_is(status, c)) || (d && json_is(status, d));
}

static bool is_believed(const struct json *resource)
{
    return !HAS_CODE(json_member(resource, "verificationStatus"), "refuted", "entered-in-error");
}

static bool has_category(const struct json *resource, const char *code)
{
    for (struct json_items items = json_items(json_member(resource, "category")); json_next(&items);)
        if (has_code(items.value, &code, 1))
            return true;
    return false;
}

/* LOINC: pregnancy status, estimated date of delivery by three methods, numbers of births. */
static bool is_pregnancy(const struct json *resource)
{
    return HAS_CODE(json_member(resource, "code"), "82810-3", "11778-8", "11779-6", "11780-4", "11636-8", "11637-6",
                    "11638-4", "11639-2", "11640-0", "11612-9", "11613-7", "11614-5", "33065-4");
}

static int observation_section(const struct json *resource)
{
    if (!is_status(resource, "final", "amended", "corrected", "preliminary"))
        return -1;
    if (is_pregnancy(resource))
        return SECTION_PREGNANCY;
    if (has_category(resource, "vital-signs"))
        return SECTION_VITAL_SIGNS;
    return has_category(resource, "laboratory") ? SECTION_RESULTS : -1;
}

static int problem_section(const struct json *resource)
{
    const struct json *status = json_member(resource, "clinicalStatus");
    bool open = !status || HAS_CODE(status, "active", "recurrence", "relapse");
    return open && is_believed(resource) ? SECTION_PROBLEMS : -1;
}

static int allergy_section(const struct json *resource)
{
    bool over = HAS_CODE(json_member(resource, "clinicalStatus"), "resolved");
    return !over && is_believed(resource) ? SECTION_ALLERGIES : -1;
}

/* The relevance rules of summary.h; -1 leaves it out. */
static int section_of(const struct json *resource)
{
    struct slice type = json_text(json_member(resource, "resourceType"));

    if (slice_is(type, "AllergyIntolerance"))
        return allergy_section(resource);
    if (slice_is(type, "Condition"))
        return problem_section(resource);
    if (slice_is(type, "Observation"))
        return observation_section(resource);
    if (slice_is(type, "MedicationRequest"))
        return is_status(resource, "active", "on-hold", NULL, NULL) ? SECTION_MEDICATIONS : -1;
    if (slice_is(type, "MedicationStatement"))
        return is_status(resource, "active", "intended", NULL, NULL) ? SECTION_MEDICATIONS : -1;
    if (slice_is(type, "Immunization"))
        return is_status(resource, "completed", NULL, NULL, NULL) ? SECTION_IMMUNIZATIONS : -1;
    if (slice_is(type, "Procedure"))
        return is_status(resource, "completed", NULL, NULL, NULL) ? SECTION_PROCEDURES : -1;
    return -1;
}

static int64_t moment_of(const struct json *resource)
{
    static const char *const paths[] = {"effectiveDateTime", "effectivePeriod.start", "effectiveInstant",
                                        "performedDateTime", "performedPeriod.start", "issued"};
    struct date date;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (date_parse(json_text(json_path(resource, paths[i])), DATE_KIND_DATETIME, &date) == OK)
            return date_interval(date).from;
    return INT64_MIN;
}

/* Section by section, the latest first. */
static int by_section_and_time(const void *left, const void *right)
{
    const struct item *a = left, *b = right;

    if (a->section != b->section)
        return a->section < b->section ? -1 : 1;
    if (a->when != b->when)
        return a->when > b->when ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static struct slice code_of(const struct json *resource)
{
    const struct json *code = json_path(resource, "code.coding.code");
    return json_text(code ? code : json_path(resource, "code.text"));
}

/* Of what is measured again and again only the latest of each code is told. */
static bool is_repeated(const struct writing *writing, size_t index)
{
    const struct item *item = &writing->item[index];
    bool measured = item->section == SECTION_RESULTS || item->section == SECTION_VITAL_SIGNS ||
                    item->section == SECTION_PREGNANCY;

    for (size_t i = index; measured && i-- > 0 && writing->item[i].section == item->section;)
        if (writing->item[i].chosen && slice_equal(code_of(writing->item[i].resource), code_of(item->resource)))
            return true;
    return false;
}

static bool is_one_too_many(const struct writing *writing, size_t index)
{
    size_t before = 0;

    for (size_t i = index; i-- > 0 && writing->item[i].section == writing->item[index].section;)
        before += writing->item[i].chosen;
    return writing->item[index].section == SECTION_PROCEDURES && before >= FHIR_SUMMARY_PROCEDURES_MAX;
}

/* ---- references ---- */

static struct slice id_of(const struct json *resource)
{
    return json_text(json_member(resource, "id"));
}

static bool is_reference_to(struct slice reference, const struct json *resource)
{
    struct slice id = reference, type = slice_cut(&id, '/');

    return id.length && slice_equal(id, id_of(resource)) &&
           slice_equal(type, json_text(json_member(resource, "resourceType")));
}

static const struct json *find_resource(const struct fhir_summary *summary, struct slice reference)
{
    for (size_t i = 0; i < summary->count; i++)
        if (is_reference_to(reference, summary->resource[i]))
            return summary->resource[i];
    return NULL;
}

static bool leads_inside(const struct writing *writing, struct slice reference)
{
    if (is_reference_to(reference, writing->summary->patient) || slice_starts_with(reference, SLICE("#")))
        return true;
    for (size_t i = 0; i < writing->count; i++)
        if (writing->item[i].chosen && is_reference_to(reference, writing->item[i].resource))
            return true;
    return false;
}

static bool reference_is_inside(void *context, const struct json *value)
{
    return leads_inside(context, json_text(value));
}

/* A medication that is prescribed by reference comes along; when it cannot, the prescription stays out. */
static bool choose_medication(struct writing *writing, const struct json *resource)
{
    struct slice reference = json_text(json_path(resource, "medicationReference.reference"));

    if (reference.length == 0 || slice_starts_with(reference, SLICE("#")))
        return true;
    if (!find_resource(writing->summary, reference))
        return false;
    for (size_t i = 0; i < writing->count; i++)
        if (is_reference_to(reference, writing->item[i].resource))
            writing->item[i].chosen = true;
    return true;
}

static void choose(struct writing *writing)
{
    for (size_t i = 0; i < writing->count; i++) {
        struct item *item = &writing->item[i];
        if (item->section >= 0 && !is_repeated(writing, i) && !is_one_too_many(writing, i))
            item->chosen = choose_medication(writing, item->resource);
    }
}

/* ---- writing ---- */

static struct slice label_of(const struct json *resource)
{
    static const char *const paths[] = {
        "code.text",
        "code.coding.display",
        "vaccineCode.text",
        "vaccineCode.coding.display",
        "medicationCodeableConcept.text",
        "medicationCodeableConcept.coding.display",
        "code.coding.code",
        "vaccineCode.coding.code",
        "medicationCodeableConcept.coding.code",
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (json_text(json_path(resource, paths[i])).length)
            return json_text(json_path(resource, paths[i]));
    return json_text(json_member(resource, "resourceType"));
}

static void escape_xml(struct buffer *into, struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        switch (text.data[i]) {
        case '<':
            buffer_string(into, "&lt;");
            break;
        case '>':
            buffer_string(into, "&gt;");
            break;
        case '&':
            buffer_string(into, "&amp;");
            break;
        default:
            buffer_byte(into, (uint8_t)text.data[i]);
        }
}

static void write_coding(struct json_writer *writer, const char *name, const char *system, const char *code,
                         const char *text)
{
    json_key(writer, name);
    json_begin_object(writer);
    json_key(writer, "coding");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_cstring(writer, "system", system);
    json_member_cstring(writer, "code", code);
    json_end_object(writer);
    json_end_array(writer);
    if (text)
        json_member_cstring(writer, "text", text);
    json_end_object(writer);
}

static void write_reference(struct json_writer *writer, struct slice type, struct slice id)
{
    CLEANUP_BUFFER struct buffer reference = buffer_new(512);

    buffer_format(&reference, "%.*s/%.*s", SLICE_PRINT(type), SLICE_PRINT(id));
    json_begin_object(writer);
    json_member_string(writer, "reference", buffer_view(&reference));
    json_end_object(writer);
}

/* The id of the entry that says "no information": the bundle's own with the section's number at the end. */
static void absent_id(const struct writing *writing, int section, char id[64])
{
    snprintf(id, 64, "%.*s-%d", SLICE_PRINT(writing->uuid), section);
}

static bool has_items(const struct writing *writing, int section)
{
    for (size_t i = 0; i < writing->count; i++)
        if (writing->item[i].chosen && writing->item[i].section == section)
            return true;
    return false;
}

static void write_narrative(struct writing *writing, int section)
{
    CLEANUP_BUFFER struct buffer div = buffer_new(SUMMARY_MAX);
    bool any = false;

    buffer_string(&div, "<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul>");
    for (size_t i = 0; i < writing->count; i++) {
        const struct item *item = &writing->item[i];
        if (!item->chosen || item->section != section)
            continue;
        buffer_string(&div, "<li>");
        escape_xml(&div, label_of(item->resource));
        buffer_string(&div, "</li>");
        any = true;
    }
    if (!any)
        buffer_format(&div, "<li>%s</li>", sections[section].absent_text);
    buffer_string(&div, "</ul></div>");
    json_key(&writing->writer, "text");
    json_begin_object(&writing->writer);
    json_member_cstring(&writing->writer, "status", "generated");
    json_member_string(&writing->writer, "div", buffer_view(&div));
    json_end_object(&writing->writer);
}

static void write_section_entries(struct writing *writing, int section)
{
    struct json_writer *writer = &writing->writer;
    char id[64];

    json_key(writer, "entry");
    json_begin_array(writer);
    for (size_t i = 0; i < writing->count; i++) {
        const struct json *resource = writing->item[i].resource;
        if (writing->item[i].chosen && writing->item[i].section == section)
            write_reference(writer, json_text(json_member(resource, "resourceType")), id_of(resource));
    }
    if (!has_items(writing, section)) {
        absent_id(writing, section, id);
        write_reference(writer, slice_from_string(sections[section].absent_type), slice_from_string(id));
    }
    json_end_array(writer);
}

static void write_section(struct writing *writing, int section)
{
    json_begin_object(&writing->writer);
    json_member_cstring(&writing->writer, "title", sections[section].title);
    write_coding(&writing->writer, "code", LOINC, sections[section].loinc, NULL);
    write_narrative(writing, section);
    write_section_entries(writing, section);
    json_end_object(&writing->writer);
}

static void begin_entry(struct writing *writing, struct slice type, struct slice id)
{
    CLEANUP_BUFFER struct buffer url = buffer_new(4096);

    buffer_format(&url, "%.*s/%.*s/%.*s", SLICE_PRINT(writing->summary->base), SLICE_PRINT(type), SLICE_PRINT(id));
    json_begin_object(&writing->writer);
    json_member_string(&writing->writer, "fullUrl", buffer_view(&url));
    json_key(&writing->writer, "resource");
}

static void write_author(struct json_writer *writer, struct slice author)
{
    json_key(writer, "author");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_string(writer, "display", author);
    json_end_object(writer);
    json_end_array(writer);
}

static void write_composition(struct writing *writing)
{
    struct json_writer *writer = &writing->writer;

    begin_entry(writing, SLICE("Composition"), writing->uuid);
    json_begin_object(writer);
    json_member_cstring(writer, "resourceType", "Composition");
    json_member_string(writer, "id", writing->uuid);
    json_member_cstring(writer, "status", "final");
    write_coding(writer, "type", LOINC, "60591-5", "Patient summary");
    json_key(writer, "subject");
    write_reference(writer, SLICE("Patient"), id_of(writing->summary->patient));
    json_member_string(writer, "date", writing->now);
    write_author(writer, writing->summary->author);
    json_member_cstring(writer, "title", "International Patient Summary");
    json_key(writer, "section");
    json_begin_array(writer);
    for (int section = 0; section < SECTIONS; section++)
        if (sections[section].absent_type || has_items(writing, section))
            write_section(writing, section);
    json_end_array(writer);
    json_end_object(writer);
    json_end_object(writer);
}

/* The resource without its narrative and without elements whose references lead outside the summary. */
static void write_resource(struct writing *writing, const struct json *resource)
{
    struct json_writer *writer = &writing->writer;

    begin_entry(writing, json_text(json_member(resource, "resourceType")), id_of(resource));
    json_begin_object(writer);
    for (struct json_items items = json_items(resource); json_next(&items);) {
        if (slice_is(items.key, "text") || !fhir_references(items.value, reference_is_inside, writing))
            continue;
        json_key_slice(writer, items.key);
        json_value(writer, items.value);
    }
    json_end_object(writer);
    json_end_object(writer);
}

static void write_absent(struct writing *writing, int section)
{
    struct json_writer *writer = &writing->writer;
    bool medication = section == SECTION_MEDICATIONS;
    char id[64];

    absent_id(writing, section, id);
    begin_entry(writing, slice_from_string(sections[section].absent_type), slice_from_string(id));
    json_begin_object(writer);
    json_member_cstring(writer, "resourceType", sections[section].absent_type);
    json_member_cstring(writer, "id", id);
    if (medication)
        json_member_cstring(writer, "status", "unknown");
    else
        write_coding(writer, "clinicalStatus",
                     section == SECTION_PROBLEMS ? "http://terminology.hl7.org/CodeSystem/condition-clinical"
                                                 : "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                     "active", NULL);
    write_coding(writer, medication ? "medicationCodeableConcept" : "code", ABSENT_SYSTEM,
                 sections[section].absent_code, sections[section].absent_text);
    json_key(writer, section == SECTION_ALLERGIES ? "patient" : "subject");
    write_reference(writer, SLICE("Patient"), id_of(writing->summary->patient));
    json_end_object(writer);
    json_end_object(writer);
}

static void write_entries(struct writing *writing)
{
    write_composition(writing);
    write_resource(writing, writing->summary->patient);
    for (size_t i = 0; i < writing->count; i++)
        if (writing->item[i].chosen)
            write_resource(writing, writing->item[i].resource);
    for (int section = 0; section < SECTIONS; section++)
        if (sections[section].absent_type && !has_items(writing, section))
            write_absent(writing, section);
}

static void write_bundle(struct writing *writing)
{
    struct json_writer *writer = &writing->writer;
    CLEANUP_BUFFER struct buffer urn = buffer_new(64);

    buffer_format(&urn, "urn:uuid:%.*s", SLICE_PRINT(writing->uuid));
    json_begin_object(writer);
    json_member_cstring(writer, "resourceType", "Bundle");
    json_key(writer, "identifier");
    json_begin_object(writer);
    json_member_cstring(writer, "system", "urn:ietf:rfc:3986");
    json_member_string(writer, "value", buffer_view(&urn));
    json_end_object(writer);
    json_member_cstring(writer, "type", "document");
    json_member_string(writer, "timestamp", writing->now);
    json_key(writer, "entry");
    json_begin_array(writer);
    write_entries(writing);
    json_end_array(writer);
    json_end_object(writer);
}

/* A random UUID (RFC 9562, version 4). */
static struct slice make_uuid(struct arena *arena, struct world *world)
{
    uint8_t b[16];

    world->random(world, b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    return arena_format(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
                        b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static enum error collect(struct arena *arena, struct writing *writing)
{
    const struct fhir_summary *summary = writing->summary;

    writing->item = arena_array(arena, summary->count, sizeof *writing->item);
    writing->uuid = make_uuid(arena, summary->world);
    if (!writing->item || !writing->uuid.data)
        return ERROR_MEMORY;
    for (size_t i = 0; i < summary->count; i++) {
        const struct json *resource = summary->resource[i];
        if (id_of(resource).length)
            writing->item[writing->count++] = (struct item){
                .resource = resource, .section = section_of(resource), .when = moment_of(resource), .order = i};
    }
    qsort(writing->item, writing->count, sizeof *writing->item, by_section_and_time);
    choose(writing);
    return OK;
}

enum error fhir_summary_write(struct arena *arena, const struct fhir_summary *summary, struct buffer *into)
{
    struct writing writing = {.summary = summary, .writer = json_writer(into)};
    CLEANUP_BUFFER struct buffer now = buffer_new(64);

    if (!json_is(json_member(summary->patient, "resourceType"), "Patient") || id_of(summary->patient).length == 0)
        return ERROR_REQUIRED;
    TRY(collect(arena, &writing));
    date_write_instant(&now, summary->world->now_ns(summary->world) / 1000000);
    writing.now = buffer_view(&now);
    write_bundle(&writing);
    return buffer_check(into);
}
