/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the sample records that come with the program are what its generator writes, byte for byte, and that
 * they go the whole way of an import: planned, resolved, stripped and valid. */

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "fhir/bundle.h"
#include "fhir/strip.h"
#include "fhir/validate.h"

#define ARENA_MAX (32u << 20)

static const char *const names[] = {"0-clinics",   "1-haddad", "2-tesfay", "3-karimi",
                                    "4-kovalenko", "5-thant",  "6-nguyen", "7-unknown"};
#define NAMES (sizeof names / sizeof *names)

static struct slice read_sample(struct arena *arena, const char *folder, const char *name)
{
    struct slice path = arena_format(arena, "%s/%s.json", folder, name), content = {0};

    if (file_read(arena, path.data, 1u << 20, &content, NULL) != OK)
        fail_msg("%s cannot be read", path.data);
    return content;
}

static void the_samples_are_what_the_generator_writes(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    char folder[] = "/tmp/hospitium-samples-XXXXXX";
    size_t bytes = 0;

    (void)state;
    assert_non_null(mkdtemp(folder));
    struct slice command = arena_format(arena, "python3 '%s/tools/make-samples' '%s'", SOURCE_ROOT, folder);
    assert_int_equal(0, system(command.data));
    for (size_t i = 0; i < NAMES; i++) {
        struct slice made = read_sample(arena, folder, names[i]);
        assert_true(slice_equal(made, read_sample(arena, SOURCE_ROOT "/samples", names[i])));
        assert_int_equal(0, unlink(arena_format(arena, "%s/%s.json", folder, names[i]).data));
        bytes += made.length;
    }
    assert_int_equal(0, rmdir(folder)); /* nothing else was written */
    assert_in_range(bytes, 1, 300 * 1024);
}

struct totals {
    size_t people, related, organizations, decimals;
    struct fhir_strip_counts stripped;
};

static void import_entry(struct arena *arena, const struct fhir_plan *plan, const struct fhir_entry *entry,
                         struct totals *totals)
{
    CLEANUP_BUFFER struct buffer resolved = buffer_new(1u << 20), stripped = buffer_new(1u << 20);
    const struct json *resource;
    struct fault fault = {0};
    bool dropped;

    if (fhir_bundle_resource(plan, entry, SLICE("1"), &resolved, &fault) != OK)
        fail_msg("%s", fault.detail);
    assert_int_equal(OK, json_parse(arena, buffer_view(&resolved), &resource, NULL));
    if (fhir_validate(resource, &fault) != OK)
        fail_msg("before: %s", fault.detail);
    assert_int_equal(OK, fhir_strip(resource, &stripped, &totals->stripped, &dropped));
    assert_false(dropped);
    assert_int_equal(OK, json_parse(arena, buffer_view(&stripped), &resource, NULL));
    if (fhir_validate(resource, &fault) != OK)
        fail_msg("after: %s", fault.detail);
    totals->people += slice_is(entry->type->name, "Patient");
    totals->related += slice_is(entry->type->name, "RelatedPerson");
    totals->organizations += slice_is(entry->type->name, "Organization");
    totals->decimals += slice_search(buffer_view(&stripped), SLICE(":37.80,")) != SIZE_MAX;
}

static void import_sample(struct arena *arena, struct slice text, struct totals *totals)
{
    const struct json *bundle;
    struct fhir_plan plan;

    assert_int_equal(OK, json_parse(arena, text, &bundle, NULL));
    assert_int_equal(OK, fhir_bundle_plan(arena, bundle, &plan, NULL));
    assert_true(plan.transaction);
    for (size_t i = 0; i < plan.entries; i++)
        plan.entry[i].assigned = SLICE("Type/1");
    for (size_t i = 0; i < plan.conditionals; i++)
        plan.conditional[i].target = SLICE("Type/2");
    for (size_t i = 0; i < plan.entries; i++)
        import_entry(arena, &plan, &plan.entry[i], totals);
}

static void the_samples_go_the_whole_way_of_an_import(void **state)
{
    struct totals totals = {0};

    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
        import_sample(arena, read_sample(arena, SOURCE_ROOT "/samples", names[i]), &totals);
    }
    assert_in_range(totals.people, 12, 100);
    assert_int_equal(2, totals.organizations);
    assert_in_range(totals.related, 6, 100);
    assert_in_range(totals.decimals, 1, 100);
    assert_in_range(totals.stripped.count[FHIR_STRIP_NATIONALITY], 1, 100);
    assert_in_range(totals.stripped.count[FHIR_STRIP_CITIZENSHIP], 1, 100);
    assert_in_range(totals.stripped.count[FHIR_STRIP_RELIGION], 1, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_are_what_the_generator_writes),
        cmocka_unit_test(the_samples_go_the_whole_way_of_an_import),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
