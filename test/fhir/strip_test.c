/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that nationality, citizenship, religion, immigration status and place of birth do not come in, that nothing
 * else is lost, and that the sender is told how much was taken out. Also: views and patches. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "fhir/patch.h"
#include "fhir/strip.h"
#include "fhir/view.h"

static const struct json *parse(struct arena *arena, struct slice text)
{
    const struct json *root = NULL;
    if (json_parse(arena, text, &root, NULL) != OK)
        fail_msg("not JSON: %.*s", SLICE_PRINT(text));
    return root;
}

#define NATIONALITY                                                                                                    \
    "{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-nationality\",\"extension\":[{\"url\":\"code\","       \
    "\"valueCodeableConcept\":{\"text\":\"CANARY\"}}]}"
#define RELIGION                                                                                                       \
    "{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-religion\",\"valueCodeableConcept\":{\"coding\":"      \
    "[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ReligiousAffiliation\",\"code\":\"CANARY\"}]}}"
#define OTHER "{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired\",\"valueBoolean\":true}"

struct row {
    const char *before;
    const char *after; /* NULL: dropped */
    enum fhir_strip_kind kind;
    unsigned count;
};

static const struct row rows[] = {
    {"{\"resourceType\":\"Patient\",\"active\":true}", "{\"resourceType\":\"Patient\",\"active\":true}", 0, 0},
    {"{\"resourceType\":\"Patient\",\"extension\":[" NATIONALITY "," OTHER "]}",
     "{\"resourceType\":\"Patient\",\"extension\":[" OTHER "]}", FHIR_STRIP_NATIONALITY, 1},
    {"{\"resourceType\":\"Patient\",\"extension\":[" NATIONALITY "," NATIONALITY "]}", "{\"resourceType\":\"Patient\"}",
     FHIR_STRIP_NATIONALITY, 2},
    {"{\"resourceType\":\"Patient\",\"extension\":[" RELIGION "]}", "{\"resourceType\":\"Patient\""
     "}", FHIR_STRIP_RELIGION, 1},
    {"{\"resourceType\":\"Patient\",\"_birthDate\":{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/"
     "patient-birthPlace\",\"valueAddress\":{\"country\":\"CANARY\"}}]},\"birthDate\":\"1990\"}",
     "{\"resourceType\":\"Patient\",\"birthDate\":\"1990\"}", FHIR_STRIP_BIRTH_PLACE, 1},
    {"{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"c\",\"extension\":["
     "{\"url\":\"https://example.org/Extension-Citizenship-1\",\"valueString\":\"CANARY\"}]}]}",
     "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"c\""
      "}]}", FHIR_STRIP_CITIZENSHIP, 1},
    {"{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"http://x/outer\",\"extension\":[" NATIONALITY "]}]}",
     "{\"resourceType\":\"Patient\"}", FHIR_STRIP_NATIONALITY, 1},
    {"{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div>CANARY</div>\"}}",
     "{\"resourceType\":\"Patient\"}", FHIR_STRIP_NARRATIVE, 1},
    {"{\"resourceType\":\"Observation\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"93027-1\"}]},"
     "\"valueString\":\"CANARY\"}", NULL, FHIR_STRIP_IMMIGRATION_STATUS, 1},
    {"{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\""
     "446654005\","
     "\"display\":\"CANARY\"}]}}", NULL, FHIR_STRIP_IMMIGRATION_STATUS, 1},
    {"{\"resourceType\":\"Observation\",\"status\":\"final\",\"component\":[{\"code\":{\"coding\":[{\"system\":"
     "\"http://loinc.org\",\"code\":\"93027-1\"}]},\"valueString\":\"CANARY\"},{\"valueDecimal\":37.80}]}",
     "{\"resourceType\":\"Observation\",\"status\":\"final\",\"component\":[{\"valueDecimal\":37.80}]}",
     FHIR_STRIP_IMMIGRATION_STATUS, 1},
    {"{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"completed\",\"item\":[{\"linkId\":\"/93025-5\",\""
     "item\":["
     "{\"linkId\":\"/93025-5/93027-1\",\"answer\":[{\"valueString\":\"CANARY\"}]},{\"linkId\":\"/93025-5/71802-3\""
      "}]}]}",
     "{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"completed\",\"item\":[{\"linkId\":\"/93025-5\",\""
      "item\":["
     "{\"linkId\":\"/93025-5/71802-3\"}]}]}", FHIR_STRIP_IMMIGRATION_STATUS, 1},
    /* documents that state it */
    {"{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/passport-SYR\",\"value\":\"CANARY\"},"
     "{\"system\":\"urn:house\",\"value\":\"1\"}]}",
     "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:house\",\"value\":\"1\"}]}", FHIR_STRIP_DOCUMENT, 1},
    {"{\"resourceType\":\"Patient\",\"identifier\":[{\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
     "v2-0203\",\"code\":\"PPN\"}]},\"value\":\"CANARY\"}]}", "{\"resourceType\":\"Patient\"}", FHIR_STRIP_DOCUMENT, 1},
    {"{\"resourceType\":\"Patient\",\"identifier\":[{\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
     "v2-0203\",\"code\":\"PRC\"}]},\"value\":\"CANARY\"}]}", "{\"resourceType\":\"Patient\"}", FHIR_STRIP_DOCUMENT, 1},
    {"{\"resourceType\":\"Patient\",\"identifier\":[{\"type\":{\"text\":\"Visa number\"},\"value\":\"CANARY\"},"
     "{\"type\":{\"text\":\"residence permit\"},\"value\":\"CANARY\"},{\"system\":\"urn:x/AsylumSeekerNumber\",\"value\":"
     "\"CANARY\"}]}", "{\"resourceType\":\"Patient\"}", FHIR_STRIP_DOCUMENT, 3},
    {"{\"resourceType\":\"Encounter\",\"status\":\"planned\",\"subject\":{\"identifier\":{\"system\":\"urn:x/entry-visa\",\"value\":"
     "\"CANARY\"},\"display\":\"n\"}}",
     "{\"resourceType\":\"Encounter\",\"status\":\"planned\",\"subject\":{\"display\":\"n\"}}", FHIR_STRIP_DOCUMENT, 1},
    /* detention, work that says it */
    {"{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"Z65.1\","
     "\"display\":\"CANARY\"}]}}", NULL, FHIR_STRIP_DETENTION, 1},
    {"{\"resourceType\":\"Encounter\",\"status\":\"planned\",\"reasonCode\":[{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/"
     "icd-10\",\"code\":\"Z65.2\"}],\"text\":\"CANARY\"}]}", "{\"resourceType\":\"Encounter\",\"status\":\"planned\"}",
     FHIR_STRIP_DETENTION, 1},
    {"{\"resourceType\":\"Observation\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"93028-9\"}]},"
     "\"valueString\":\"CANARY\"}", NULL, FHIR_STRIP_DETENTION, 1},
    {"{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"completed\",\"item\":[{\"linkId\":\"/93025-5/93035-4\",\"answer\":"
     "[{\"valueString\":\"CANARY\"}]}]}", "{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"completed\"}",
     FHIR_STRIP_IMMIGRATION_STATUS, 1},
    {"{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"160702009\"}]}}",
     NULL, FHIR_STRIP_IMMIGRATION_STATUS, 1},
    {"{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"http://x/visaStatus\",\"valueString\":\"CANARY\"},"
     "{\"url\":\"http://x/migrant-since\",\"valueDate\":\"CANARY\"}]}", "{\"resourceType\":\"Patient\"}",
     FHIR_STRIP_IMMIGRATION_STATUS, 2},
    {"{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"http://x/detention-centre\",\"valueString\":\"CANARY\"}]}",
     "{\"resourceType\":\"Patient\"}", FHIR_STRIP_DETENTION, 1},
    /* what only looks like it */
    {"{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:x/supervisal-number\",\"value\":\"1\"}],"
     "\"telecom\":[{\"system\":\"phone\",\"value\":\"visa\"}]}",
     "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:x/supervisal-number\",\"value\":\"1\"}],"
     "\"telecom\":[{\"system\":\"phone\",\"value\":\"visa\"}]}", 0, 0},
    {"{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10\",\"code\":\"Z65.4\"}]}}",
     "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10\",\"code\":\"Z65.4\""
     "}]}}", 0, 0},
    {"{\"resourceType\":\"Observation\",\"code\":{\"coding\":[{\"system\":\"http://other\",\"code\":\"93027-1\"}]}}",
     "{\"resourceType\":\"Observation\",\"code\":{\"coding\":[{\"system\":\"http://other\",\"code\":\"93027-1\""
      "}]}}", 0, 0},
    {"{\"resourceType\":\"DocumentReference\",\"content\":[{\"attachment\":{\"url\":\"http://x/nationality/1.pdf\"}}]}",
     "{\"resourceType\":\"DocumentReference\",\"content\":[{\"attachment\":{\"url\":\"http://x/nationality/1.pdf\""
      "}}]}", 0, 0},
};

static void every_row_of_the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        CLEANUP_BUFFER struct buffer out = buffer_new(8192);
        struct fhir_strip_counts counts = {0};
        unsigned total = 0;
        bool dropped;

        assert_int_equal(OK, fhir_strip(parse(arena, slice_from_string(rows[i].before)), &out, &counts, &dropped));
        for (unsigned kind = 0; kind < FHIR_STRIP_KINDS; kind++)
            total += counts.count[kind];
        if (total != rows[i].count || counts.count[rows[i].kind] != rows[i].count)
            fail_msg("%s: %u taken out", rows[i].before, total);
        assert_int_equal(rows[i].after == NULL, dropped);
        if (rows[i].after && !slice_is(buffer_view(&out), rows[i].after))
            fail_msg("%s became %.*s", rows[i].before, SLICE_PRINT(buffer_view(&out)));
        assert_int_equal(SIZE_MAX, slice_search(buffer_view(&out), SLICE("CANARY")));
    }
}

/* What was taken out of the resource may stand in its narrative in words. */
static void a_narrative_goes_with_what_it_repeats(void **state)
{
    static const char before[] =
        "{\"resourceType\":\"Observation\",\"text\":{\"status\":\"generated\",\"div\":\"<div>CANARY</div>\"},\"status\":"
        "\"final\",\"component\":[{\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"93027-1\"}]}},"
        "{\"valueInteger\":1}]}";
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(8192);
    struct fhir_strip_counts counts = {0};
    bool dropped;

    (void)state;
    assert_int_equal(OK, fhir_strip(parse(arena, slice_from_string(before)), &out, &counts, &dropped));
    assert_false(dropped);
    assert_int_equal(counts.count[FHIR_STRIP_NARRATIVE], 1);
    assert_true(slice_is(buffer_view(&out), "{\"resourceType\":\"Observation\",\"status\":\"final\",\"component\":["
                                            "{\"valueInteger\":1}]}"));
}

static bool keep_names(void *context, struct slice type, struct slice element)
{
    (void)context;
    assert_true(slice_is(type, "Patient"));
    return slice_is(element, "name") || slice_is(element, "birthDate");
}

static bool keep_all(void *context, struct slice type, struct slice element)
{
    (void)context, (void)type, (void)element;
    return true;
}

static void a_partial_view_is_marked(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(4096);
    const struct json *patient =
        parse(arena, SLICE("{\"resourceType\":\"Patient\",\"id\":\"1\",\"meta\":{\"tag\":[{\"code\":\"x\"}]},\""
         "name\":[{\"text\":"
                           "\"n\"}],\"_birthDate\":{\"id\":\"b\"},\"address\":[{\"city\":\"SECRET\"}]}"));

    (void)state;
    fhir_narrow(patient, keep_names, NULL, &out);
    const struct json *view = parse(arena, buffer_view(&out));
    assert_true(fhir_is_subsetted(view));
    assert_false(fhir_is_subsetted(patient));
    assert_int_equal(2, json_count(json_member(json_member(view, "meta"), "tag")));
    assert_non_null(json_member(view, "_birthDate"));
    assert_int_equal(SIZE_MAX, slice_search(buffer_view(&out), SLICE("SECRET")));

    buffer_clear(&out);
    fhir_narrow(patient, keep_all, NULL, &out);
    assert_true(json_equal(patient, parse(arena, buffer_view(&out))));
}

static void a_patch_leaves_a_valid_resource_of_the_same_name(void **state)
{
    static const struct {
        const char *patch;
        enum error error;
    } patches[] = {
        {"[{\"op\":\"replace\",\"path\":\"/gender\",\"value\":\"male\"}]", OK},
        {"[{\"op\":\"replace\",\"path\":\"/gender\",\"value\":\"m\"}]", ERROR_VALUE},
        {"[{\"op\":\"replace\",\"path\":\"/id\",\"value\":\"2\"}]", ERROR_VALUE},
        {"[{\"op\":\"remove\",\"path\":\"/id\"}]", ERROR_VALUE},
        {"[{\"op\":\"replace\",\"path\":\"/resourceType\",\"value\":\"Person\"}]", ERROR_VALUE},
        {"[{\"op\":\"add\",\"path\":\"/nickname\",\"value\":\"x\"}]", ERROR_VALUE},
        {"[{\"op\":\"test\",\"path\":\"/gender\",\"value\":\"male\"}]", ERROR_CONFLICT},
        {"[{\"op\":\"replace\",\"path\":\"\",\"value\":5}]", ERROR_VALUE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof patches / sizeof *patches; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        CLEANUP_BUFFER struct buffer out = buffer_new(4096);
        const struct json *patient = parse(arena, SLICE("{\"resourceType\":\"Patient\",\"id\":\"1\",\"gender\":\""
         "female\"}"));
        enum error error = fhir_patch(arena, patient, parse(arena, slice_from_string(patches[i].patch)), &out, NULL);
        if (error != patches[i].error || (error && out.length))
            fail_msg("%s gave %s", patches[i].patch, error_entry(error)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_holds),
        cmocka_unit_test(a_narrative_goes_with_what_it_repeats),
        cmocka_unit_test(a_partial_view_is_marked),
        cmocka_unit_test(a_patch_leaves_a_valid_resource_of_the_same_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
