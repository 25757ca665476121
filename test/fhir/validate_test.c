/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that what is FHIR R4 is taken and what is not is refused, with the place and without the value. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "fhir/elements.h"
#include "fhir/types.h"
#include "fhir/validate.h"
#include "synthea.h"

#define ARENA_MAX (256u << 20)

static const struct json *parse(struct arena *arena, struct slice text)
{
    const struct json *root = NULL;
    struct fault fault = {0};

    if (json_parse(arena, text, &root, &fault) != OK)
        fail_msg("%s", fault.detail);
    return root;
}

struct row {
    const char *resource;
    enum error error;
    const char *detail; /* part of it */
};

#define OBSERVATION "\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"t\"}"

static const struct row rows[] = {
    {"{\"resourceType\":\"Patient\",\"birthDate\":\"1990\",\"active\":true}", OK, NULL},
    {"{" OBSERVATION ",\"valueQuantity\":{\"value\":37.80,\"unit\":\"Cel\"}}", OK, NULL},
    {"{\"resourceType\":\"Patient\",\"_birthDate\":{\"extension\":[{\"url\":\"u\",\"valueCode\":\"unknown\""
     "}]}}", OK, NULL},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"a\",null],\"_given\":[null,{\"id\":\"x\"}]}]}", OK, NULL},
    {"{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Organization\",\"id\":\"o\",\"name\":\"n\""
     "}]}", OK, NULL},
    {"{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div>x</div>\"}}", OK, NULL},

    {"[]", ERROR_VALUE, "JSON object"},
    {"{}", ERROR_UNKNOWN_TYPE, "not served"},
    {"{\"resourceType\":\"Spaceship\"}", ERROR_UNKNOWN_TYPE, "not served"},
    {"{\"resourceType\":5}", ERROR_UNKNOWN_TYPE, "not served"},
    {"{\"resourceType\":\"Patient\",\"nickname\":\"x\"}", ERROR_VALUE, "Patient.nickname is not an element"},
    {"{\"resourceType\":\"Patient\",\"_name\":{\"id\":\"x\"}}", ERROR_VALUE, "Patient._name is not an element"},
    {"{\"resourceType\":\"Patient\",\"name\":{\"family\":\"x\"}}", ERROR_VALUE, "Patient.name is not a list"},
    {"{\"resourceType\":\"Patient\",\"name\":[]}", ERROR_VALUE, "Patient.name is not a list"},
    {"{\"resourceType\":\"Patient\",\"name\":[{}]}", ERROR_VALUE, "Patient.name[0] is empty"},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"a\"},{\"family\":5}]}", ERROR_VALUE, "Patient.name"
     "[1].family"},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\"}]}", ERROR_VALUE, "is empty"},
    {"{\"resourceType\":\"Patient\",\"name\":[{\"given\":[null]}]}", ERROR_VALUE, "Patient.name[0].given[0]"},
    {"{\"resourceType\":\"Patient\",\"gender\":\"F\"}", ERROR_VALUE, "Patient.gender is not one of the codes"},
    {"{\"resourceType\":\"Patient\",\"gender\":null}", ERROR_VALUE, "Patient.gender"},
    {"{\"resourceType\":\"Patient\",\"birthDate\":\"1990-02-30\"}", ERROR_VALUE, "Patient.birthDate is not a date"},
    {"{\"resourceType\":\"Patient\",\"birthDate\":\"1990-01-01T00:00:00Z\"}", ERROR_VALUE, "is not a date"},
    {"{\"resourceType\":\"Patient\",\"active\":\"true\"}", ERROR_VALUE, "Patient.active is not true or false"},
    {"{\"resourceType\":\"Patient\",\"id\":\"a_b\"}", ERROR_VALUE, "Patient.id is not an id"},
    {"{\"resourceType\":\"Patient\",\"deceasedBoolean\":true,\"deceasedDateTime\":\"2020\"}", ERROR_VALUE, "choice"},
    {"{\"resourceType\":\"Patient\",\"multipleBirthInteger\":1.0}", ERROR_VALUE, "is not an integer"},
    {"{\"resourceType\":\"Patient\",\"multipleBirthInteger\":2147483648}", ERROR_VALUE, "is not an integer"},
    {"{\"resourceType\":\"Patient\",\"telecom\":[{\"rank\":0}]}", ERROR_VALUE, "Patient.telecom[0].rank"},
    {"{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"a b\"}]}", ERROR_VALUE, "is not a URI"},
    {"{\"resourceType\":\"Patient\",\"photo\":[{\"data\":\"AAA\"}]}", ERROR_VALUE, "is not Base64"},
    {"{\"resourceType\":\"Patient\",\"language\":\"a  b\"}", ERROR_VALUE, "is not a code"},
    {"{\"resourceType\":\"Patient\",\"meta\":{\"lastUpdated\":\"2020-01-01\""
     "}}", ERROR_VALUE, "Patient.meta.lastUpdated is not an instant"},
    {"{\"resourceType\":\"Patient\",\"extension\":[{\"valueString\":\"x\"}]}", ERROR_REQUIRED, "Patient.extension"
     "[0].url is missing"},
    {"{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Organization\",\"nam\":\"n\"}]}", ERROR_VALUE,
     "Patient.contained[0].nam"},
    {"{\"resourceType\":\"Patient\",\"contact\":[{\"name\":{\"familie\":\"x\"}}]}", ERROR_VALUE, "Patient.contact"
     "[0].name.familie"},
    {"{\"resourceType\":\"Observation\",\"code\":{\"text\":\"t\"}}", ERROR_REQUIRED, "Observation.status is missing"},
    {"{" OBSERVATION ",\"valueQuantity\":{\"value\":\"37.8\"}}", ERROR_VALUE, "Observation.valueQuantity.value is"
     " not a number"},
    {"{" OBSERVATION ",\"valueTime\":\"24:00:00\"}", ERROR_VALUE, "is not a time"},
    {"{" OBSERVATION ",\"component\":[{\"code\":{\"text\":\"t\"},\"referenceRange\":[{\"lowest\":1}]}]}", ERROR_VALUE,
     "Observation.component[0].referenceRange[0].lowest"},
    {"{\"resourceType\":\"MedicationRequest\",\"status\":\"active\",\"intent\":\"order\",\"subject\":{\"reference\""
     ":\"Patient/1\"}}",
     ERROR_REQUIRED, "medication"},
};

static void every_row_of_the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct fault fault = {0};
        enum error error = fhir_validate(parse(arena, slice_from_string(rows[i].resource)), &fault);

        if (error != rows[i].error)
            fail_msg("%s gave %s (%s)", rows[i].resource, error_entry(error)->name, fault.detail);
        if (rows[i].detail && !strstr(fault.detail, rows[i].detail))
            fail_msg("%s gave \"%s\"", rows[i].resource, fault.detail);
    }
}

static void a_fault_never_repeats_what_was_sent(void **state)
{
    static const char *const secrets[] = {
        "{\"resourceType\":\"Patient\",\"birthDate\":\"SECRET\"}",
        "{\"resourceType\":\"Patient\",\"Mrs SECRET\":1}",
        "{\"resourceType\":\"Patient\",\"gender\":\"SECRET\"}",
        "{\"resourceType\":\"Mrs SECRET\"}",
        "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Mrs SECRET\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct fault fault = {0};
        assert_int_not_equal(OK, fhir_validate(parse(arena, slice_from_string(secrets[i])), &fault));
        assert_null(strstr(fault.detail, "SECRET"));
        assert_true(strlen(fault.detail) > 0);
    }
}

static void every_served_type_has_its_elements(void **state)
{
    (void)state;
    for (size_t i = 0; fhir_type_at(i); i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct fault fault = {0};
        struct slice type = fhir_type_at(i)->name;
        struct slice text = arena_format(arena, "{\"resourceType\":\"%.*s\",\"zz\":1}", SLICE_PRINT(type));
        assert_int_equal(ERROR_VALUE, fhir_validate(parse(arena, text), &fault));
        assert_ptr_equal(fhir_type_at(i), fhir_type(type));
        assert_in_range(fhir_struct_members((unsigned)fhir_struct_number(type)).count, 3, FHIR_STRUCT_ELEMENTS_MAX);
        if (i)
            assert_true(slice_compare(fhir_type_at(i - 1)->name, type) < 0);
    }
}

static void a_resource_says_whose_it_is(void **state)
{
    static const struct {
        const char *resource;
        enum error error;
        const char *person;
    } persons[] = {
        {"{\"resourceType\":\"Patient\"}", OK, ""},
        {"{\"resourceType\":\"Organization\"}", OK, ""},
        {"{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"Patient/1\"}}", OK, "Patient/1"},
        {"{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"Group/1\"}}", ERROR_REQUIRED, ""},
        {"{\"resourceType\":\"Condition\"}", ERROR_REQUIRED, ""},
        {"{\"resourceType\":\"Appointment\",\"participant\":[{\"actor\":{\"reference\":\"Practitioner/2\"}},{},"
         "{\"actor\":{\"reference\":\"Patient/3\"}}]}", OK, "Patient/3"},
        {"{\"resourceType\":\"Task\",\"for\":{\"reference\":\"urn:uuid:x\"}}", OK, "urn:uuid:x"},
        {"{\"resourceType\":\"AuditEvent\",\"entity\":[{\"what\":{\"reference\":\"Observation/1\"}}],\"agent\":"
         "[{\"who\":{\"reference\":\"Patient/9\"}}]}", OK, "Patient/9"},
        {"{\"resourceType\":\"Spaceship\"}", ERROR_UNKNOWN_TYPE, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof persons / sizeof *persons; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct slice person = {"", 0};
        enum error error = fhir_person(parse(arena, slice_from_string(persons[i].resource)), &person);
        if (error != persons[i].error || !slice_is(person, persons[i].person))
            fail_msg("%s gave %.*s", persons[i].resource, SLICE_PRINT(person));
    }
}

static size_t validate_bundle(struct slice text)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    size_t count = 0;

    for (struct json_items entries = json_items(json_member(parse(arena, text), "entry")); json_next(&entries);) {
        const struct json *resource = json_member(entries.value, "resource");
        struct fault fault = {0};
        struct slice person;
        if (fhir_validate(resource, &fault) != OK)
            fail_msg("%s: %s", error_entry(fault.code)->name, fault.detail);
        assert_int_equal(OK, fhir_person(resource, &person));
        count++;
    }
    return count;
}

static void every_synthea_resource_is_valid(void **state)
{
    struct arena *arena = arena_new(ARENA_MAX);
    const char *path[SYNTHEA_MAX];
    size_t bundles = synthea_list(arena, path), resources = 0;

    (void)state;
    if (bundles == 0) {
        arena_free(arena);
        skip();
    }
    for (size_t i = 0; i < bundles; i++) {
        CLEANUP_ARENA struct arena *own = arena_new(ARENA_MAX);
        struct slice text = synthea_read(own, path[i]);
        assert_non_null(text.data);
        resources += validate_bundle(text);
    }
    printf("%zu resources of %zu bundles are valid\n", resources, bundles);
    assert_true(resources > 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_holds),
        cmocka_unit_test(a_fault_never_repeats_what_was_sent),
        cmocka_unit_test(every_served_type_has_its_elements),
        cmocka_unit_test(a_resource_says_whose_it_is),
        cmocka_unit_test(every_synthea_resource_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
