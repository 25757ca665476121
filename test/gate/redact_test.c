/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a view under the obligation redact_location names no place: no element that drawers.def seals as contact,
 * wherever the whole resource was sealed; no reference to a place or to who works there, however deep; and that what is
 * left is still the resource. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "gate/internal.h"

static const struct {
    const char *type, *json, *redacted;
} cases[] = {
    {"Patient",
     "{\"resourceType\":\"Patient\",\"id\":\"1\",\"name\":[{\"family\":\"Hadad\"}],\"identifier\":[{\"value\":\"7\"}]}",
     "{\"resourceType\":\"Patient\",\"id\":\"1\",\"name\":[{\"family\":\"Hadad\"}]}"},
    {"Patient",
     "{\"resourceType\":\"Patient\",\"address\":[{\"city\":\"X\"}],\"_address\":[{}],\"telecom\":[],\"gender\":"
     "\"female\"}",
     "{\"resourceType\":\"Patient\",\"gender\":\"female\"}"},
    {"Encounter",
     "{\"resourceType\":\"Encounter\",\"location\":[{\"location\":{\"display\":\"ward "
     "3\"}}],\"serviceProvider\":{\"display\":\"X\"},"
     "\"hospitalization\":{\"origin\":{\"reference\":\"Location/"
     "1\"}},\"status\":\"finished\",\"text\":{\"div\":\"X\"}}",
     "{\"resourceType\":\"Encounter\",\"status\":\"finished\"}"},
    {"Observation",
     "{\"resourceType\":\"Observation\",\"meta\":{\"versionId\":\"1\",\"source\":\"urn:x\"},\"valueInteger\":1.00,"
     "\"note\":[{\"text\":\"kept\",\"authorReference\":{\"reference\":\"https://x.org/fhir/Practitioner/7\"}}]}",
     "{\"resourceType\":\"Observation\",\"meta\":{\"versionId\":\"1\"},\"valueInteger\":1.00,\"note\":[{\"text\":"
     "\"kept\"}]}"},
    {"Observation", /* what held nothing but places is gone as a whole */
     "{\"resourceType\":\"Observation\",\"extension\":[{\"valueReference\":{\"reference\":\"#h\",\"type\":"
     "\"Organization\"}}],"
     "\"contained\":[{\"resourceType\":\"Organization\",\"id\":\"h\"}],\"focus\":[{\"reference\":\"Location/"
     "1\"},{\"reference\":\"Patient/1\"}]}",
     "{\"resourceType\":\"Observation\",\"focus\":[{\"reference\":\"Patient/1\"}]}"},
    {"Appointment", /* whose own drawer is contact */
     "{\"resourceType\":\"Appointment\",\"meta\":{\"source\":\"urn:x\",\"versionId\":\"2\"},\"id\":\"1\",\"_id\":\"kept\","
     "\"start\":\"2026\",\"_text\":{\"id\":\"x\"},\"text\":{},\"\":\"x\",\"reasonCode\":[{\"text\":\"r\"}]}",
     "{\"resourceType\":\"Appointment\",\"meta\":{\"versionId\":\"2\"},\"id\":\"1\",\"_id\":\"kept\",\"reasonCode\":"
     "[{\"text\":\"r\"}]}"},
    {"Nothing", "{\"resourceType\":\"Nothing\",\"where\":\"X\"}", "{\"resourceType\":\"Nothing\"}"},
};

static void a_redacted_view_names_no_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
        struct slice redacted;
        assert_int_equal(
            gate_redact_location(arena, slice_from_string(cases[i].type), slice_from_string(cases[i].json), &redacted),
            OK);
        if (!slice_is(redacted, cases[i].redacted))
            fail_msg("%.*s\nand not\n%s", SLICE_PRINT(redacted), cases[i].redacted);
    }
}

static void what_is_no_json_is_not_redacted(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    struct slice redacted;

    (void)state;
    assert_int_equal(gate_redact_location(arena, SLICE("Patient"), SLICE("{\"address\""), &redacted), ERROR_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_redacted_view_names_no_place),
                                       cmocka_unit_test(what_is_no_json_is_not_redacted)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
