/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that what leaves under an order is a list of what may: name, birth date, sex, address and telephone, each
 * without what says when, where or by whom she was seen; and of a Patient alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "gate/internal.h"

#define TAG                                                                                                            \
    "\"meta\":{\"tag\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\",\"code\":"            \
    "\"SUBSETTED\"}]}"

static const struct {
    const char *json, *left;
} cases[] = {
    {"{\"resourceType\":\"Patient\",\"id\":\"1\",\"meta\":{\"versionId\":\"9\",\"lastUpdated\":\"2026-01-01T00:00:00Z\"},"
     "\"identifier\":[{\"value\":\"7\"}],\"active\":true,\"name\":[{\"use\":\"official\",\"family\":\"Hadad\",\"given\":[\"Samirah\"],"
     "\"period\":{\"start\":\"2026\"},\"extension\":[{\"url\":\"x\"}]}],\"gender\":\"female\",\"birthDate\":\"1991-05-17\"}",
     "{\"resourceType\":\"Patient\"," TAG ",\"name\":[{\"use\":\"official\",\"family\":\"Hadad\",\"given\":[\"Samirah\"]}],"
     "\"birthDate\":\"1991-05-17\",\"gender\":\"female\"}"},
    {"{\"resourceType\":\"Patient\",\"telecom\":[{\"system\":\"phone\",\"value\":\"5\",\"rank\":1,\"period\":{\"start\":\"2026\"}}],"
     "\"address\":[{\"line\":[\"Quay 4\"],\"city\":\"H\",\"period\":{\"start\":\"2026\"},\"_line\":[{}]}],"
     "\"contact\":[{\"name\":{\"family\":\"Sister\"}}],\"generalPractitioner\":[{\"reference\":\"Practitioner/1\"}],"
     "\"managingOrganization\":{\"reference\":\"Organization/1\"},\"link\":[{\"other\":{\"reference\":\"Patient/2\"}}],"
     "\"communication\":[{\"language\":{\"text\":\"ar\"}}],\"photo\":[{\"url\":\"x\"}],\"maritalStatus\":{\"text\":\"x\"},"
     "\"deceasedBoolean\":true,\"multipleBirthBoolean\":true,\"extension\":[{\"url\":\"x\"}],\"text\":{\"div\":\"x\"},"
     "\"contained\":[{\"resourceType\":\"Organization\"}],\"_birthDate\":{\"extension\":[{}]},\"comesLater\":\"x\"}",
     "{\"resourceType\":\"Patient\"," TAG ",\"address\":[{\"line\":[\"Quay 4\"],\"city\":\"H\"}],"
     "\"telecom\":[{\"system\":\"phone\",\"value\":\"5\"}]}"},
    {"{\"resourceType\":\"Patient\",\"name\":\"x\",\"gender\":[\"female\"],\"birthDate\":{\"a\":1}}",
     "{\"resourceType\":\"Patient\"," TAG "}"},
};

static void what_leaves_is_a_list_of_what_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct slice left;
        assert_int_equal(gate_minimum(arena, SLICE("Patient"), slice_from_string(cases[i].json), &left), OK);
        if (!slice_is(left, cases[i].left))
            fail_msg("%.*s", SLICE_PRINT(left));
    }
}

static void of_anything_but_a_patient_nothing_leaves(void **state)
{
    static const char *const types[] = {"Observation", "Appointment", "Encounter", "RelatedPerson", ""};
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct slice left;

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_int_equal(gate_minimum(arena, slice_from_string(types[i]), SLICE("{\"name\":[{}]}"), &left),
                         ERROR_NOT_FOUND);
    assert_int_equal(gate_minimum(arena, SLICE("Patient"), SLICE("{\"name\""), &left), ERROR_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_leaves_is_a_list_of_what_may),
        cmocka_unit_test(of_anything_but_a_patient_nothing_leaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
