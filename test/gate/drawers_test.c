/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that drawers.def and the FHIR tables speak of the same types and elements: a slip of the pen there would
 * leave an element in a drawer that shows it to too many. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fhir/elements.h"
#include "fhir/types.h"
#include "gate/splice.h"

struct row {
    const char *type, *element;
};

#define DRAWER_TYPE(type, drawer, moves)
#define DRAWER_ELEMENT(type, element, drawer) {type, element},
#define SENSITIVE_CODE(system, code)
#define SENSITIVE_PREFIX(system, prefix)
static const struct row elements[] = {
#include "gate/drawers.def"
};
#undef DRAWER_ELEMENT
#undef SENSITIVE_CODE
#undef SENSITIVE_PREFIX

#define DRAWER_ELEMENT(type, element, drawer)
#define SENSITIVE_CODE(system, code) {system, code},
#define SENSITIVE_PREFIX(system, prefix) {system, prefix},
static const struct row codes[] = {
#include "gate/drawers.def"
};

static void every_personal_type_has_drawers_and_no_other(void **state)
{
    const struct fhir_type *type;

    (void)state;
    for (size_t i = 0; (type = fhir_type_at(i)); i++)
        if ((splice_type_mask(type->name) != 0) != (type->kind == FHIR_PERSONAL))
            fail_msg("%.*s", SLICE_PRINT(type->name));
}

static void every_element_is_one_of_its_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        int number = fhir_struct_number(slice_from_string(elements[i].type));
        assert_true(number >= 0);
        struct fhir_members members = fhir_struct_members((unsigned)number);
        bool found = false;
        for (size_t j = 0; j < members.count; j++)
            found |= slice_is(members.element[j].name, elements[i].element);
        if (!found)
            fail_msg("%s has no %s", elements[i].type, elements[i].element);
    }
}

static void no_code_stands_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        for (size_t j = 0; j < i; j++)
            if (slice_is(slice_from_string(codes[i].type), codes[j].type) &&
                slice_is(slice_from_string(codes[i].element), codes[j].element))
                fail_msg("%s|%s", codes[i].type, codes[i].element);
}

/* What says where she was seen is never in the drawer that says what was found. */
static void places_and_findings_are_kept_apart(void **state)
{
    static const struct row places[] = {{"Encounter", "location"},          {"Encounter", "serviceProvider"},
                                        {"Encounter", "participant"},       {"Encounter", "hospitalization"},
                                        {"Procedure", "location"},          {"Immunization", "location"},
                                        {"ImagingStudy", "location"},       {"DocumentReference", "custodian"},
                                        {"CareTeam", "participant"},        {"Observation", "performer"},
                                        {"MedicationRequest", "requester"}, {"Patient", "managingOrganization"},
                                        {"Patient", "generalPractitioner"}, {"Task", "owner"}};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        enum drawer drawer = DRAWER_COUNT;
        assert_true(splice_drawer(slice_from_string(places[i].type), slice_from_string(places[i].element), &drawer));
        if (drawer != DRAWER_CONTACT)
            fail_msg("%s.%s", places[i].type, places[i].element);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_personal_type_has_drawers_and_no_other),
        cmocka_unit_test(every_element_is_one_of_its_type),
        cmocka_unit_test(no_code_stands_twice),
        cmocka_unit_test(places_and_findings_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
