/* SPDX-License-Identifier: Apache-2.0 */

/* Proves which records state a fact, and what it says: an Encounter that somebody cares for the person now or did, a
 * Consent whom she lets in or keeps out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "gate/internal.h"

#define CLINIC "Organization/0000000000000000000000000000000a"
#define ZEROS "Organization/00000000000000000000000000000000"

#define NOW_S 1000000

static const struct id source = {{77}}, nobody = {{0}};
static const struct id clinic = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10}};

static bool fact_of(const char *type, const char *text, bool deleted, struct fact_change *ret_change)
{
    CLEANUP_ARENA struct arena *arena = arena_new(1u << 20);
    const struct json *resource = NULL;

    if (text && json_parse(arena, slice_from_string(text), &resource, NULL) != OK)
        fail_msg("not JSON: %s", text);
    return gate_fact_of(slice_from_string(type), resource, &source, deleted, NOW_S, ret_change);
}

static void an_encounter_is_a_relation_as_its_status_says(void **state)
{
    static const struct {
        const char *status;
        enum relation relation;
    } cases[] = {
        {"arrived", RELATION_OPEN_ENCOUNTER},
        {"triaged", RELATION_OPEN_ENCOUNTER},
        {"in-progress", RELATION_OPEN_ENCOUNTER},
        {"onleave", RELATION_OPEN_ENCOUNTER},
        {"planned", RELATION_PAST},
        {"finished", RELATION_PAST},
        {"cancelled", RELATION_PAST},
        {"entered-in-error", RELATION_PAST},
        {"unknown", RELATION_PAST},
        {"", RELATION_PAST},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fact_change change;
        snprintf(text, sizeof text, "{\"status\":\"%s\",\"serviceProvider\":{\"reference\":\"" CLINIC "\"}}",
                 cases[i].status);
        assert_true(fact_of("Encounter", text, false, &change));
        assert_int_equal(change.kind, FACT_RELATION);
        assert_int_equal(change.value, cases[i].relation);
        assert_true(id_equal(&change.organization, &clinic));
        assert_true(id_equal(&change.source, &source));
        /* One that nobody closes ends by itself, in months and not in years. */
        if (change.value != RELATION_OPEN_ENCOUNTER)
            assert_int_equal(change.expires_s, 0);
        else
            assert_in_range(change.expires_s, NOW_S + 30 * 86400, NOW_S + 365 * 86400);
        assert_true(fact_of("Encounter", text, true, &change));
        assert_int_equal(change.value, RELATION_PAST); /* a deleted one holds nothing open */
    }
}

static void an_encounter_of_nobody_holds_nothing_open(void **state)
{
    static const char *const texts[] = {
        "{\"status\":\"in-progress\"}",
        "{\"status\":\"in-progress\",\"serviceProvider\":{\"display\":\"the clinic\"}}",
        "{\"status\":\"in-progress\",\"serviceProvider\":{\"reference\":\"Organization/short\"}}",
        "{\"status\":\"in-progress\",\"serviceProvider\":{\"reference\":\"Patient/0000000000000000000000000000000a\"}}",
        "{\"status\":\"in-progress\",\"serviceProvider\":{\"reference\":\"" CLINIC "0\"}}",
        "{\"status\":\"in-progress\",\"serviceProvider\":{\"reference\":\"" ZEROS "\"}}",
    };
    struct fact_change change;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!fact_of("Encounter", texts[i], false, &change) || change.value != RELATION_PAST ||
            !id_is_zero(&change.organization))
            fail_msg("%s", texts[i]);
}

#define PROVISION(type) "\"provision\":{\"type\":\"" type "\"}"
#define PROVISION_FOR(type, who)                                                                                       \
    "\"provision\":{\"type\":\"" type "\",\"actor\":[{\"reference\":{\"reference\":\"" who "\"}}]}"

static void a_consent_says_whom_she_lets_in(void **state)
{
    static const struct {
        const char *text;
        enum consent consent;
        const struct id *organization;
    } cases[] = {
        {"{\"status\":\"active\"," PROVISION_FOR("permit", CLINIC) "}", CONSENT_PERMIT, &clinic},
        {"{\"status\":\"active\"," PROVISION_FOR("deny", CLINIC) "}", CONSENT_DENY, &clinic},
        {"{\"status\":\"active\"," PROVISION("permit") "}", CONSENT_PERMIT, &nobody},
        {"{\"status\":\"active\"," PROVISION("deny") "}", CONSENT_DENY, &nobody},
        {"{\"status\":\"inactive\"," PROVISION_FOR("permit", CLINIC) "}", CONSENT_NONE, &clinic},
        {"{\"status\":\"draft\"," PROVISION_FOR("deny", CLINIC) "}", CONSENT_NONE, &clinic},
        {"{\"status\":\"entered-in-error\"," PROVISION_FOR("permit", CLINIC) "}", CONSENT_NONE, &clinic},
        {"{\"status\":\"rejected\"," PROVISION_FOR("permit", CLINIC) "}", CONSENT_NONE, &clinic},
        {"{\"status\":\"active\"}", CONSENT_NONE, &nobody},
        {"{" PROVISION_FOR("permit", CLINIC) "}", CONSENT_NONE, &clinic},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fact_change change;
        if (!fact_of("Consent", cases[i].text, false, &change) || change.kind != FACT_CONSENT ||
            change.value != cases[i].consent || !id_equal(&change.organization, cases[i].organization))
            fail_msg("%s", cases[i].text);
        assert_int_equal(change.expires_s, 0);
        assert_true(fact_of("Consent", cases[i].text, true, &change));
        assert_int_equal(change.value, CONSENT_NONE);
    }
}

/* A permission in the plainest words opens; one that says less, later, something else, or what cannot be read, opens
 * nothing. The same as a denial keeps out: what is not understood protects her. */
static void what_is_said_in_part_or_not_understood_protects_her(void **state)
{
#define SAID "{\"status\":\"active\",%s\"provision\":{\"type\":\"%s\"%s}}"
    static const struct {
        const char *consent, *provision;
        bool opens;
    } cases[] = {
        {"", "", true},
        {"\"scope\":{\"coding\":[{\"code\":\"patient-privacy\"}]},", "", true},
        {"\"scope\":{\"coding\":[{\"code\":\"research\"}]},", "", false},
        {"\"scope\":{\"coding\":[{\"code\":\"treatment\"}]},", "", false},
        {"\"scope\":{\"text\":\"everything\"},", "", false},
        {"\"modifierExtension\":[{\"url\":\"urn:not\",\"valueBoolean\":true}],", "", false},
        {"\"implicitRules\":\"urn:other-rules\",", "", false},
        {"", ",\"period\":{\"start\":\"1970-01-02\",\"end\":\"2030-01-01\"}", true},
        {"", ",\"period\":{\"start\":\"1970-01-12T13:46:40Z\"}", true},  /* from now on: NOW_S */
        {"", ",\"period\":{\"start\":\"1970-01-12T13:46:41Z\"}", false}, /* from later on */
        {"", ",\"period\":{\"start\":\"1970-02-01\"}", false},
        {"", ",\"period\":{\"start\":\"soon\"}", false},
        {"", ",\"period\":{\"end\":\"when I say so\"}", false}, /* it would never end */
        {"", ",\"period\":{\"end\":\"\"}", false},
        {"", ",\"provision\":[{\"type\":\"deny\"}]", false},
        {"", ",\"purpose\":[{\"code\":\"TREAT\"}]", false},
        {"", ",\"class\":[{\"code\":\"Observation\"}]", false},
        {"", ",\"code\":[{\"text\":\"x\"}]", false},
        {"", ",\"action\":[{\"text\":\"access\"}]", false},
        {"", ",\"securityLabel\":[{\"code\":\"R\"}]", false},
        {"", ",\"dataPeriod\":{\"start\":\"2020\"}", false},
        {"", ",\"data\":[{\"meaning\":\"instance\"}]", false},
        {"", ",\"modifierExtension\":[{\"url\":\"urn:not\"}]", false},
        {"",
         ",\"actor\":[{\"reference\":{\"reference\":\"" CLINIC "\"}},{\"reference\":{\"reference\":\"" CLINIC "\"}}]",
         false},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int denies = 0; denies < 2; denies++) {
            struct fact_change change;
            snprintf(text, sizeof text, SAID, cases[i].consent, denies ? "deny" : "permit", cases[i].provision);
            assert_true(fact_of("Consent", text, false, &change));
            if (change.value != (denies ? CONSENT_DENY : cases[i].opens ? CONSENT_PERMIT : CONSENT_NONE))
                fail_msg("%s", text);
        }
}

static void a_consent_ends_with_its_period(void **state)
{
    struct fact_change change;

    (void)state;
    assert_true(fact_of("Consent",
                        "{\"status\":\"active\",\"provision\":{\"type\":\"permit\",\"period\":"
                        "{\"end\":\"2024-01-01T00:00:00Z\"}}}",
                        false, &change));
    assert_in_range(change.expires_s, 1704067200, 1704067201); /* the second itself still counts */
}

/* What names somebody who is not known here must not turn into a word about everyone, and takes back what an earlier
 * version of the same Consent said. */
static void a_consent_about_somebody_unknown_says_nothing(void **state)
{
    static const char *const texts[] = {
        "{\"status\":\"active\"," PROVISION_FOR("permit", "Organization/elsewhere") "}",
        "{\"status\":\"active\"," PROVISION_FOR("permit", ZEROS) "}", /* not "everyone" */
        "{\"status\":\"active\"," PROVISION_FOR("permit", "Practitioner/0000000000000000000000000000000a") "}",
        "{\"status\":\"active\"," PROVISION_FOR("permit", "") "}",
        "{\"status\":\"active\",\"provision\":{\"type\":\"permit\",\"actor\":[{\"reference\":{\"display\":\"Dr "
        "X\"}}]}}",
        "{\"status\":\"active\",\"provision\":{\"type\":\"permit\",\"actor\":"
        "[{\"reference\":{\"identifier\":{\"value\":\"17\"}}}]}}",
        "{\"status\":\"active\",\"provision\":{}}",
        "{\"status\":\"active\"," PROVISION("perhaps") "}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fact_change change;
        if (!fact_of("Consent", texts[i], false, &change) || change.value != CONSENT_NONE)
            fail_msg("%s", texts[i]);
    }
}

/* What is deleted comes without its text. */
static void a_deleted_record_takes_back_what_it_said(void **state)
{
    struct fact_change change;

    (void)state;
    assert_true(fact_of("Encounter", NULL, true, &change));
    assert_int_equal(change.kind, FACT_RELATION);
    assert_int_equal(change.value, RELATION_PAST);
    assert_true(id_equal(&change.source, &source));
    assert_true(fact_of("Consent", NULL, true, &change));
    assert_int_equal(change.kind, FACT_CONSENT);
    assert_int_equal(change.value, CONSENT_NONE);
}

static void other_records_state_nothing(void **state)
{
    struct fact_change change;

    (void)state;
    assert_false(fact_of("Observation",
                         "{\"status\":\"active\",\"serviceProvider\":{\"reference\":\"" CLINIC
                         "\"}," PROVISION("permit") "}",
                         false, &change));
    assert_false(fact_of("Patient", "{}", false, &change));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_encounter_is_a_relation_as_its_status_says),
        cmocka_unit_test(an_encounter_of_nobody_holds_nothing_open),
        cmocka_unit_test(a_consent_says_whom_she_lets_in),
        cmocka_unit_test(what_is_said_in_part_or_not_understood_protects_her),
        cmocka_unit_test(a_consent_ends_with_its_period),
        cmocka_unit_test(a_consent_about_somebody_unknown_says_nothing),
        cmocka_unit_test(a_deleted_record_takes_back_what_it_said),
        cmocka_unit_test(other_records_state_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
