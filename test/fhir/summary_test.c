/* SPDX-License-Identifier: Apache-2.0 */

/* Proves the relevance rules of the summary, that it says "no information" where there is none, and that every link in
 * it leads to something in it. Also: the CapabilityStatement holds what the tables hold. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "fhir/capability.h"
#include "fhir/search.h"
#include "fhir/summary.h"
#include "fhir/validate.h"
#include "synthea.h"

#define ARENA_MAX (256u << 20)
#define RESOURCES_MAX 8192

static const struct json *parse(struct arena *arena, struct slice text)
{
    const struct json *root = NULL;
    if (json_parse(arena, text, &root, NULL) != OK)
        fail_msg("not JSON: %.*s", (int)(text.length < 300 ? text.length : 300), text.data);
    return root;
}

struct told {
    struct arena *arena;
    struct slice text;
    const struct json *bundle;
};

static struct told tell(struct arena *arena, const struct json *patient, const struct json *const *resource,
                        size_t count)
{
    struct world world = world_driven(1, INT64_C(1715076672123000000));
    struct fhir_summary summary = {.patient = patient,
                                   .resource = resource,
                                   .count = count,
                                   .base = SLICE("https://node/fhir"),
                                   .author = SLICE("Hospitium"),
                                   .world = &world};
    CLEANUP_BUFFER struct buffer out = buffer_new(16u << 20);

    assert_int_equal(OK, fhir_summary_write(arena, &summary, &out));
    struct told told = {arena, arena_copy(arena, buffer_view(&out)), NULL};
    told.bundle = parse(arena, told.text);
    return told;
}

static const struct json *entry_of(const struct told *told, struct slice reference)
{
    for (struct json_items items = json_items(json_member(told->bundle, "entry")); json_next(&items);) {
        struct slice url = json_text(json_member(items.value, "fullUrl"));
        if (slice_ends_with(url, reference) && url.data[url.length - reference.length - 1] == '/')
            return json_member(items.value, "resource");
    }
    return NULL;
}

static bool leads_somewhere(void *context, const struct json *value)
{
    struct slice reference = json_text(value);

    if (reference.data[0] != '#' && !entry_of(context, reference))
        fail_msg("%.*s leads nowhere", SLICE_PRINT(reference));
    return true;
}

/* What holds for every summary, whatever is in it. */
static void assert_is_sound(struct told *told)
{
    static const char *const required[] = {"48765-2", "11450-4", "10160-0"};
    const struct json *composition = json_path(told->bundle, "entry.resource");
    size_t found = 0;
    struct fault fault = {0};

    assert_true(json_is(json_member(told->bundle, "type"), "document"));
    assert_true(json_is(json_member(composition, "resourceType"), "Composition"));
    for (struct json_items items = json_items(json_member(told->bundle, "entry")); json_next(&items);)
        if (fhir_validate(json_member(items.value, "resource"), &fault) != OK)
            fail_msg("entry %zu: %s", items.index, fault.detail);
    assert_true(fhir_references(told->bundle, leads_somewhere, told));
    for (struct json_items items = json_items(json_member(composition, "section")); json_next(&items);) {
        for (size_t i = 0; i < 3; i++)
            found += json_is(json_path(items.value, "code.coding.code"), required[i]);
        assert_true(json_count(json_member(items.value, "entry")) > 0);
        assert_non_null(json_path(items.value, "text.div"));
    }
    assert_int_equal(3, found);
}

#define PATIENT                                                                                                        \
    "{\"resourceType\":\"Patient\",\"id\":\"p\",\"name\":[{\"text\":\"N\"}],\"managingOrganization\":{\"reference\":"  \
    "\"Organization/SECRET\"}}"

static void where_nothing_is_known_it_says_so(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4u << 20);
    struct told told = tell(arena, parse(arena, SLICE(PATIENT)), NULL, 0);

    (void)state;
    assert_is_sound(&told);
    assert_int_equal(5, json_count(json_member(told.bundle, "entry")));
    assert_true(slice_search(told.text, SLICE("no-allergy-info")) != SIZE_MAX);
    assert_true(slice_search(told.text, SLICE("no-problem-info")) != SIZE_MAX);
    assert_true(slice_search(told.text, SLICE("no-medication-info")) != SIZE_MAX);
    assert_int_equal(SIZE_MAX, slice_search(told.text, SLICE("SECRET")));
}

#define SUBJECT ",\"subject\":{\"reference\":\"Patient/p\"}"
#define CODED(code) ",\"code\":{\"coding\":[{\"code\":\"" code "\"}],\"text\":\"<" code ">\"}"
#define STATUS(element, code) ",\"" element "\":{\"coding\":[{\"code\":\"" code "\"}]}"
#define CONDITION(id, more) "{\"resourceType\":\"Condition\",\"id\":\"" id "\"" CODED("c") SUBJECT more "}"
#define LAB(id, code, date, status)                                                                                    \
    "{\"resourceType\":\"Observation\",\"id\":\"" id "\",\"status\":\"" status "\"" CODED(code) SUBJECT                \
    ",\"category\":[{\"coding\":[{\"code\":\"laboratory\"}]}],\"effectiveDateTime\":\"" date "\"}"
#define REQUEST(id, status, medication)                                                                                \
    "{\"resourceType\":\"MedicationRequest\",\"id\":\"" id "\",\"status\":\"" status "\",\"intent\":\"order\"" SUBJECT \
    "," medication "}"

static const struct {
    const char *resource;
    const char *id; /* "Type/id" */
    bool told;
} relevance[] = {
    {CONDITION("c1", STATUS("clinicalStatus", "active")), "Condition/c1", true},
    {CONDITION("c2", STATUS("clinicalStatus", "resolved")), "Condition/c2", false},
    {CONDITION("c3", STATUS("clinicalStatus", "active") STATUS("verificationStatus", "refuted")), "Condition/c3",
     false},
    {CONDITION("c4", ""), "Condition/c4", true},
    {"{\"resourceType\":\"AllergyIntolerance\",\"id\":\"a1\",\"patient\":{\"reference\":\"Patient/p\"},\"recorder\":"
     "{\"reference\":\"Practitioner/SECRET\"}}", "AllergyIntolerance/a1", true},
    {"{\"resourceType\":\"AllergyIntolerance\",\"id\":\"a2\",\"patient\":{\"reference\":\"Patient/p\"}"
     STATUS("verificationStatus", "entered-in-error") "}", "AllergyIntolerance/a2", false},
    {REQUEST("m1", "active", "\"medicationCodeableConcept\":{\"text\":\"aspirin\"}"), "MedicationRequest/m1", true},
    {REQUEST("m2", "stopped", "\"medicationCodeableConcept\":{\"text\":\"aspirin\"}"), "MedicationRequest/m2", false},
    {REQUEST("m3", "active", "\"medicationReference\":{\"reference\":\"Medication/d1\""
     "}"), "MedicationRequest/m3", true},
    {REQUEST("m4", "active", "\"medicationReference\":{\"reference\":\"Medication/gone\""
     "}"), "MedicationRequest/m4", false},
    {"{\"resourceType\":\"Medication\",\"id\":\"d1\"" CODED("drug") "}", "Medication/d1", true},
    {"{\"resourceType\":\"Medication\",\"id\":\"d2\"" CODED("drug") "}", "Medication/d2", false},
    {LAB("o1", "x", "2020-01-01", "final"), "Observation/o1", false},
    {LAB("o2", "x", "2024-01-01", "final"), "Observation/o2", true},
    {LAB("o3", "x", "2025-01-01", "entered-in-error"), "Observation/o3", false},
    {LAB("o4", "y", "2019-01-01", "final"), "Observation/o4", true},
    {"{\"resourceType\":\"Immunization\",\"id\":\"i1\",\"status\":\"completed\",\"vaccineCode\":{\"text\":\"v\"},\""
     "patient\":"
     "{\"reference\":\"Patient/p\"},\"occurrenceDateTime\":\"2020\",\"encounter\":{\"reference\":\""
      "Encounter/SECRET\"}}",
     "Immunization/i1", true},
    {"{\"resourceType\":\"Encounter\",\"id\":\"e1\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"}" SUBJECT "}",
     "Encounter/e1", false},
};

static void the_relevance_rules_hold(void **state)
{
    enum { COUNT = sizeof relevance / sizeof *relevance };
    CLEANUP_ARENA struct arena *arena = arena_new(4u << 20);
    const struct json *resource[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        resource[i] = parse(arena, slice_from_string(relevance[i].resource));
    struct told told = tell(arena, parse(arena, SLICE(PATIENT)), resource, COUNT);
    assert_is_sound(&told);
    for (size_t i = 0; i < COUNT; i++)
        if ((entry_of(&told, slice_from_string(relevance[i].id)) != NULL) != relevance[i].told)
            fail_msg("%s", relevance[i].id);
    assert_int_equal(SIZE_MAX, slice_search(told.text, SLICE("SECRET")));
    assert_int_equal(SIZE_MAX, slice_search(told.text, SLICE("no-allergy-info")));
    assert_true(slice_search(told.text, SLICE("<li>&lt;c&gt;</li>")) != SIZE_MAX);
}

static void a_summary_needs_a_patient(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(1024);
    struct world world = world_driven(1, 0);
    struct fhir_summary summary = {.patient = parse(arena, SLICE("{\"resourceType\":\"Patient\"}")), .world = &world};

    (void)state;
    assert_int_equal(ERROR_REQUIRED, fhir_summary_write(arena, &summary, &out));
}

/* Synthea refers by urn:uuid; here each becomes Type/id in the text, which is what a stored record has. */
static struct slice relative(struct arena *arena, struct slice text)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(64u << 20);
    const struct slice urn = SLICE("\"reference\": \"urn:uuid:");

    for (size_t at; (at = slice_search(text, urn)) != SIZE_MAX; text = slice_from(text, at + urn.length)) {
        struct slice before = slice_of(text.data, at);
        buffer_slice(&out, before);
        size_t key = before.length;
        while (key > 0 && before.data[key - 1] != '{')
            key--;
        while (key > 0 && before.data[key - 1] != '"')
            key--;
        bool person = slice_ends_with(slice_of(before.data, key), SLICE("\"subject\"")) ||
                      slice_ends_with(slice_of(before.data, key), SLICE("\"patient\""));
        buffer_string(&out, person ? "\"reference\": \"Patient/" : "\"reference\": \"Encounter/");
    }
    buffer_slice(&out, text);
    return arena_copy(arena, buffer_view(&out));
}

static size_t summarize(struct slice text)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    const struct json **resource = arena_array(arena, RESOURCES_MAX, sizeof *resource);
    const struct json *patient = NULL;
    size_t count = 0;

    for (struct json_items items = json_items(json_member(parse(arena, relative(arena, text)), "entry"));
         json_next(&items) && count < RESOURCES_MAX;) {
        resource[count] = json_member(items.value, "resource");
        if (json_is(json_member(resource[count], "resourceType"), "Patient"))
            patient = resource[count];
        count++;
    }
    if (!patient)
        return 0;
    struct told told = tell(arena, patient, resource, count);
    assert_is_sound(&told);
    return json_count(json_member(told.bundle, "entry"));
}

static void every_synthea_person_has_a_sound_summary(void **state)
{
    struct arena *arena = arena_new(ARENA_MAX);
    const char *path[SYNTHEA_MAX];
    size_t bundles = synthea_list(arena, path), entries = 0;

    (void)state;
    if (bundles == 0) {
        arena_free(arena);
        skip();
    }
    for (size_t i = 0; i < bundles; i++) {
        CLEANUP_ARENA struct arena *own = arena_new(ARENA_MAX);
        entries += summarize(synthea_read(own, path[i]));
    }
    printf("%zu entries in the summaries of %zu bundles\n", entries, bundles);
    assert_true(entries > 30 * 5);
    arena_free(arena);
}

static const struct json *find_named(const struct json *list, const char *member, struct slice name)
{
    for (struct json_items items = json_items(list); json_next(&items);)
        if (slice_equal(json_text(json_member(items.value, member)), name))
            return items.value;
    return NULL;
}

static void the_capability_statement_holds_what_the_tables_hold(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(8u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(1u << 20);
    struct fhir_capability capability = {SLICE("https://node/fhir"), SLICE("a node"), SLICE("0.1"), 0};
    const struct fhir_type *type;
    size_t parameters = 0;

    (void)state;
    fhir_capability_write(&capability, &out);
    const struct json *resources = json_member(json_path(parse(arena, buffer_view(&out)), "rest"), "resource");
    for (size_t i = 0; (type = fhir_type_at(i)); i++) {
        const struct json *resource = find_named(resources, "type", type->name);
        const struct fhir_parameter *parameter = NULL;
        const struct json *create = find_named(json_member(resource, "interaction"), "code", SLICE("create"));
        assert_int_equal(type->writable, create != NULL);
        for (; (parameter = fhir_parameter_next(type, parameter)); parameters++)
            assert_non_null(find_named(json_member(resource, "searchParam"), "name", parameter->name));
        assert_int_equal(json_count(json_member(resource, "searchParam")) > 5, true);
    }
    assert_true(parameters > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_nothing_is_known_it_says_so),
        cmocka_unit_test(the_relevance_rules_hold),
        cmocka_unit_test(a_summary_needs_a_patient),
        cmocka_unit_test(every_synthea_person_has_a_sound_summary),
        cmocka_unit_test(the_capability_statement_holds_what_the_tables_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
