/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a transaction is understood as a whole, done in the order that FHIR asks for, and that every reference
 * in it leads somewhere or is an error. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "fhir/bundle.h"
#include "fhir/outcome.h"
#include "fhir/validate.h"
#include "synthea.h"

#define ARENA_MAX (256u << 20)

static const struct json *parse(struct arena *arena, struct slice text)
{
    const struct json *root = NULL;
    struct fault fault = {0};
    if (json_parse(arena, text, &root, &fault) != OK)
        fail_msg("%s: %.*s", fault.detail, (int)(text.length < 300 ? text.length : 300), text.data);
    return root;
}

#define ENTRY(method, url, more) "{\"request\":{\"method\":\"" method "\",\"url\":\"" url "\"}" more "}"
#define TRANSACTION(entries) "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" entries "]}"
#define BATCH(entries) "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[" entries "]}"
#define PATIENT(more) ",\"resource\":{\"resourceType\":\"Patient\"" more "}"

static enum error plan(struct arena *arena, const char *text, struct fhir_plan *plan, struct fault *fault)
{
    return fhir_bundle_plan(arena, parse(arena, slice_from_string(text)), plan, fault);
}

static void entries_are_done_in_the_order_of_their_methods(void **state)
{
    static const char text[] = TRANSACTION(
        ENTRY("GET", "Patient/1", "") "," ENTRY("PUT", "Patient/2", PATIENT(",\"id\":\"2\"")) "," ENTRY(
            "POST", "Patient", PATIENT("")) "," ENTRY("DELETE", "Patient/3", "") ""
             "," ENTRY("POST", "Patient", PATIENT("")));
    static const size_t expected[] = {3, 2, 4, 1, 0};
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    struct fhir_plan result;

    (void)state;
    assert_int_equal(OK, plan(arena, text, &result, NULL));
    assert_true(result.transaction);
    assert_int_equal(5, result.entries);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(expected[i], result.entry[i].index);
        assert_int_equal(i, result.place[expected[i]]);
    }
    assert_true(slice_is(result.entry[0].assigned, "Patient/3"));
    assert_int_equal(0, result.entry[1].assigned.length);
}

static void what_cannot_be_done_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        enum error error;
        const char *detail;
    } bad[] = {
        {"{\"resourceType\":\"Patient\"}", ERROR_VALUE, "Bundle"},
        {"{\"resourceType\":\"Bundle\",\"type\":\"document\"}", ERROR_VALUE, "transaction or batch"},
        {"{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":{}}", ERROR_VALUE, "not a list"},
        {TRANSACTION("{}"), ERROR_VALUE, "entry 0"},
        {TRANSACTION("7"), ERROR_VALUE, "entry 0"},
        {TRANSACTION(ENTRY("GET", "Patient", "") "," ENTRY("STEAL", "Patient", "")), ERROR_VALUE, "entry 1"},
        {TRANSACTION(ENTRY("POST", "Spaceship", PATIENT(""))), ERROR_UNKNOWN_TYPE, "entry 0"},
        {TRANSACTION(ENTRY("POST", "Patient", "")), ERROR_REQUIRED, "no resource"},
        {TRANSACTION(ENTRY("POST", "Observation", PATIENT(""))), ERROR_VALUE, "another type"},
        {TRANSACTION(ENTRY("POST", "Patient/1", PATIENT(""))), ERROR_VALUE, "posts to"},
        {TRANSACTION(ENTRY("PUT", "Patient", PATIENT(""))), ERROR_VALUE, "which resource"},
        {TRANSACTION(ENTRY("PUT", "Patient/1", PATIENT(",\"id\":\"2\""))), ERROR_VALUE, "another id"},
        {TRANSACTION(ENTRY("PUT", "Patient/1", PATIENT(""))), ERROR_VALUE, "another id"},
        {TRANSACTION(ENTRY("DELETE", "Patient", "")), ERROR_VALUE, "which resource"},
        {TRANSACTION(ENTRY("DELETE", "Patient/1/x", "")), ERROR_VALUE, "URL"},
        {TRANSACTION(ENTRY("POST", "Patient/$match", PATIENT(""))), ERROR_UNSUPPORTED, "operation"},
        {TRANSACTION(ENTRY("DELETE", "Patient/1", "") "," ENTRY("PUT", "Patient/1", PATIENT(",\"id\":\"1\""
         ""))), ERROR_CONFLICT,
         "entry 1"},
        {TRANSACTION(ENTRY("POST", "Patient", PATIENT("") ",\"fullUrl\":\"urn:uuid:a\"") "," ENTRY(
             "POST", "Patient", PATIENT("") ",\"fullUrl\":\"urn:uuid:a\"")),
         ERROR_CONFLICT, "fullUrl"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
        struct fhir_plan result;
        struct fault fault = {0};
        enum error error = plan(arena, bad[i].text, &result, &fault);
        if (error != bad[i].error || !strstr(fault.detail, bad[i].detail))
            fail_msg("%s gave %s (%s)", bad[i].text, error_entry(error)->name, fault.detail);
    }
}

static void a_batch_keeps_its_good_entries(void **state)
{
    static const char text[] =
        BATCH(ENTRY("POST", "Spaceship", "") "," ENTRY("GET", "Patient/1", "") "," ENTRY("PUT", "Patient/1", ""));
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    struct fhir_plan result;

    (void)state;
    assert_int_equal(OK, plan(arena, text, &result, NULL));
    assert_int_equal(ERROR_UNKNOWN_TYPE, result.entry[result.place[0]].failed);
    assert_int_equal(OK, result.entry[result.place[1]].failed);
    assert_int_equal(ERROR_REQUIRED, result.entry[result.place[2]].failed);
}

static void too_many_entries_are_refused(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64u << 20);
    CLEANUP_BUFFER struct buffer text = buffer_new(8u << 20);
    struct fhir_plan result;

    (void)state;
    buffer_string(&text, "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{}");
    for (int i = 0; i < FHIR_BUNDLE_ENTRIES_MAX; i++)
        buffer_string(&text, ",{}");
    buffer_string(&text, "]}");
    assert_int_equal(ERROR_TOO_LARGE, fhir_bundle_plan(arena, parse(arena, buffer_view(&text)), &result, NULL));
}

static void references_are_replaced_where_they_are_meant(void **state)
{
    static const char text[] = TRANSACTION(
        ENTRY("POST", "Patient", PATIENT("") ",\"fullUrl\":\"urn:uuid:p\"") "," ENTRY(
            "POST", "Observation",
            ",\"fullUrl\":\"urn:uuid:o\",\"resource\":{\"resourceType\":\"Observation\",\"id\":\"old\",\"status\":\""
             "final\","
            "\"subject\":{\"reference\":\"urn:uuid:p\",\"display\":\"urn:uuid:p\"},\"performer\":[{\"reference\":"
            "\"Practitioner?identifier=s|1\"}],\"encounter\":{\"reference\":\"#e\"},\"valueQuantity\":{\"value\""
             ":37.80}}"));
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(4096);
    struct fhir_plan result;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(OK, plan(arena, text, &result, &fault));
    assert_int_equal(1, result.conditionals);
    assert_true(slice_is(result.conditional[0].query, "identifier=s|1"));
    assert_true(slice_is(result.conditional[0].type->name, "Practitioner"));
    assert_int_equal(1, result.conditional[0].entry);

    /* before the caller has said where they lead */
    assert_int_equal(ERROR_VALUE, fhir_bundle_resource(&result, &result.entry[1], SLICE("new"), &out, &fault));
    assert_non_null(strstr(fault.detail, "entry 1"));

    buffer_clear(&out);
    result.entry[0].assigned = SLICE("Patient/123");
    result.conditional[0].target = SLICE("Practitioner/9");
    assert_int_equal(OK, fhir_bundle_resource(&result, &result.entry[1], SLICE("new"), &out, &fault));
    assert_true(slice_is(buffer_view(&out),
                         "{\"resourceType\":\"Observation\",\"id\":\"new\",\"status\":\"final\",\"subject\":{\""
                          "reference\":"
                         "\"Patient/123\",\"display\":\"urn:uuid:p\"},\"performer\":[{\"reference\":\""
                          "Practitioner/9\"}],"
                         "\"encounter\":{\"reference\":\"#e\"},\"valueQuantity\":{\"value\":37.80}}"));
}

static void a_reference_to_nowhere_is_an_error(void **state)
{
    static const char text[] = TRANSACTION(ENTRY(
        "POST", "Patient", PATIENT(",\"link\":[{\"other\":{\"reference\":\"urn:uuid:nobody\"},\"type\":\"seealso\""
         "}]")));
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(4096);
    struct fhir_plan result;

    (void)state;
    assert_int_equal(OK, plan(arena, text, &result, NULL));
    assert_int_equal(ERROR_VALUE, fhir_bundle_resource(&result, &result.entry[0], SLICE("1"), &out, NULL));
}

static void answers_are_bundles(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(8192);
    struct fhir_bundle_head head = {.type = FHIR_SEARCHSET, .total = 0, .self = SLICE("http://x/Patient?a")};
    struct fhir_bundle_writer writer = fhir_bundle_begin(&out, &head);

    (void)state;
    fhir_bundle_end(&writer);
    const struct json *empty = parse(arena, buffer_view(&out));
    assert_null(json_member(empty, "entry"));
    assert_true(slice_is(json_text(json_member(empty, "total")), "0"));

    buffer_clear(&out);
    head = (struct fhir_bundle_head){.type = FHIR_HISTORY, .total = -1};
    writer = fhir_bundle_begin(&out, &head);
    fhir_bundle_hit(&writer, SLICE("u"), SLICE("{\"resourceType\":\"Patient\"}"), "match");
    fhir_bundle_response(&writer, &(struct fhir_response){.status = 204, .method = "DELETE", .url = SLICE("Patient/1"),
                                                          .version = 3, .last_modified_ms = 1000});
    fhir_bundle_end(&writer);
    const struct json *history = parse(arena, buffer_view(&out));
    assert_null(json_member(history, "total"));
    assert_null(json_member(history, "link"));
    assert_int_equal(2, json_count(json_member(history, "entry")));
    assert_true(slice_search(buffer_view(&out), SLICE("\"etag\":\"W/\\\"3\\\"\"")) != SIZE_MAX);
    assert_true(slice_search(buffer_view(&out), SLICE("\"lastModified\":\"1970-01-01T00:00:01Z\"")) != SIZE_MAX);
}

/* As the caller does it, with made-up ids: afterwards every resource is valid and no urn: is left in a reference. */
static size_t execute(struct arena *arena, struct fhir_plan *result)
{
    CLEANUP_ARENA struct arena *scratch = arena_new(ARENA_MAX);
    struct fault fault = {0};

    for (size_t i = 0; i < result->entries; i++)
        result->entry[i].assigned = arena_format(arena, "%.*s/%032zx", SLICE_PRINT(result->entry[i].type->name), i);
    for (size_t i = 0; i < result->conditionals; i++)
        result->conditional[i].target =
            arena_format(arena, "%.*s/%032zx", SLICE_PRINT(result->conditional[i].type->name), i);
    for (size_t i = 0; i < result->entries; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(16u << 20);
        arena_reset(scratch);
        if (fhir_bundle_resource(result, &result->entry[i], SLICE("id"), &out, &fault) != OK)
            fail_msg("%s", fault.detail);
        if (fhir_validate(parse(scratch, buffer_view(&out)), &fault) != OK)
            fail_msg("%s", fault.detail);
        assert_int_equal(SIZE_MAX, slice_search(buffer_view(&out), SLICE("\"reference\":\"urn:")));
        assert_int_equal(SIZE_MAX, slice_search(buffer_view(&out), SLICE("?identifier=")));
    }
    return result->entries;
}

static void every_synthea_bundle_resolves(void **state)
{
    struct arena *arena = arena_new(ARENA_MAX);
    const char *path[SYNTHEA_MAX];
    size_t bundles = synthea_list(arena, path), entries = 0, conditionals = 0;

    (void)state;
    if (bundles == 0) {
        arena_free(arena);
        skip();
    }
    for (size_t i = 0; i < bundles; i++) {
        CLEANUP_ARENA struct arena *own = arena_new(ARENA_MAX);
        struct fhir_plan result;
        struct fault fault = {0};
        if (fhir_bundle_plan(own, parse(own, synthea_read(own, path[i])), &result, &fault) != OK)
            fail_msg("%s", fault.detail);
        conditionals += result.conditionals;
        entries += execute(own, &result);
    }
    printf("%zu entries with %zu conditional references resolved\n", entries, conditionals);
    assert_true(entries > 1000);
    arena_free(arena);
}

static void an_outcome_says_what_and_what_to_do(void **state)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);

    (void)state;
    for (int code = 0; code < ERROR_COUNT; code++) {
        CLEANUP_BUFFER struct buffer out = buffer_new(8192);
        struct fault fault = {.code = code, .detail = "at \"x\""};
        fhir_outcome_write(&fault, &out);
        const struct json *outcome = parse(arena, buffer_view(&out));
        assert_true(json_is(json_path(outcome, "issue.code"), error_entry(code)->fhir_issue));
        assert_true(json_is(json_path(outcome, "issue.details.text"), error_entry(code)->sentence));
        assert_true(slice_search(json_text(json_path(outcome, "issue.diagnostics")), SLICE("at \"x\"")) == 0);
        assert_true(slice_ends_with(json_text(json_path(outcome, "issue.diagnostics")),
                                    slice_from_string(error_entry(code)->hint)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_done_in_the_order_of_their_methods),
        cmocka_unit_test(what_cannot_be_done_is_refused_with_its_place),
        cmocka_unit_test(a_batch_keeps_its_good_entries),
        cmocka_unit_test(too_many_entries_are_refused),
        cmocka_unit_test(references_are_replaced_where_they_are_meant),
        cmocka_unit_test(a_reference_to_nowhere_is_an_error),
        cmocka_unit_test(answers_are_bundles),
        cmocka_unit_test(every_synthea_bundle_resolves),
        cmocka_unit_test(an_outcome_says_what_and_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
