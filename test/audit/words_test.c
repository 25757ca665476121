/* SPDX-License-Identifier: Apache-2.0 */

/* Names that tell of somebody's status are found however they are written, and ordinary ones are not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit/words.h"

static void names_of_status_are_found_in_every_spelling(void **state)
{
    static const char *const names[] = {"nationality",
                                        "homeNationality",
                                        "HOME_NATIONALITY",
                                        "us-core-citizenship",
                                        "residencePermit",
                                        "visa",
                                        "visa2",
                                        "in_detention",
                                        "AsylumSeeker",
                                        "http://x.example/fhir/immigration-status",
                                        "isUndocumented"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!word_is_forbidden(slice_from_string(names[i])))
            fail_msg("%s", names[i]);
}

static void ordinary_names_are_not(void **state)
{
    static const char *const names[] = {"person",  "supervisa_",    "advisable",    "leaf", "to_oversight", "resident",
                                        "version", "international", "permeability", "",     "locator"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (word_is_forbidden(slice_from_string(names[i])))
            fail_msg("%s", names[i]);
}

static void json_is_looked_through_to_its_depth(void **state)
{
    (void)state;
    assert_true(word_in_json(SLICE("{\"a\":[{\"b\":{\"visaNumber\":1}}]}")));
    assert_true(word_in_json(SLICE("{\"extension\":[{\"url\":\"http://x.example/citizenship\"}]}")));
    assert_true(word_in_json(SLICE("{\"coding\":[{\"system\":\"http://x.example/nationality\"}]}")));
    assert_false(word_in_json(SLICE("{\"name\":\"Migrant Health Centre\"}"))); /* a house may be called so */
    assert_false(word_in_json(SLICE("not JSON: visa")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_status_are_found_in_every_spelling),
        cmocka_unit_test(ordinary_names_are_not),
        cmocka_unit_test(json_is_looked_through_to_its_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
