/* SPDX-License-Identifier: Apache-2.0 */

/* Proves, message by message, what a door that lies does not gain: a registration of somebody known, a key where the
 * rules tell only that she is here, facts stated beside a write that could not hold them, a system's credential, the
 * older of two blocks. The same from outside, against a process, is test/system/lying_door_test.py. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "whole_node.h"

#define BIT(drawer) (1u << DRAWER_##drawer)

static const struct id anna = {{0xA1, 1}}, bela = {{0xB1, 2}};

struct lie {
    struct access access;
    struct access_target target;
};

static struct access *lying(struct lie *lie, struct slice token, struct slice facts, enum action action,
                            unsigned drawers)
{
    lie->target = (struct access_target){.person = anna, .facts = facts};
    lie->access = (struct access){.token = token,
                                  .action = action,
                                  .drawers = drawers,
                                  .needed = OUTCOME_FULL,
                                  .type = SLICE("Patient"),
                                  .resource = anna,
                                  .target = &lie->target,
                                  .targets = 1};
    return &lie->access;
}

static bool opens(struct whole *whole, const struct access *access)
{
    static const struct secret_key none;
    struct grant grant;

    (void)!whole_access(whole, access, &grant);
    for (unsigned d = 0; grant.targets > 0 && d < DRAWER_COUNT; d++)
        if (memcmp(&grant.target[0].key[d], &none, sizeof none) != 0)
            return true;
    return false;
}

static void somebody_known_is_not_registered_again(void **state)
{
    struct whole whole;
    struct lie lie;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), elsewhere = whole_token(&whole, &PHYSICIAN_ELSEWHERE);
    uint64_t before = whole_entries(&whole);
    assert_false(opens(&whole, lying(&lie, elsewhere, facts, ACTION_REGISTER, DRAWER_ALL)));
    lie.target.fresh = true;
    assert_false(opens(&whole, &lie.access));
    assert_int_equal(whole_entries(&whole), before + 2);
    whole_close(&whole);
}

static void that_somebody_is_here_comes_without_a_key(void **state)
{
    static const struct whole_person mediator = {
        ROLE_MEDIATOR, SECTOR_COMMUNITY, 1u << PURPOSE_TREAT, "harbour-clinic", {{0}}, NULL};
    struct whole whole;
    struct grant grant;
    struct lie lie;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    struct access *access = lying(&lie, whole_token(&whole, &mediator), facts, ACTION_READ, BIT(IDENTITY));
    access->needed = OUTCOME_EXISTENCE;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_int_equal(grant.target[0].outcome[DRAWER_IDENTITY], OUTCOME_EXISTENCE);
    assert_false(opens(&whole, access));
    whole_close(&whole);
}

/* A Consent lies in `audit`, an Encounter in `clinical`: who may write to the one drawer states no fact of the other. */
static void a_fact_is_stated_where_its_record_lies(void **state)
{
    static const struct {
        enum fact_kind kind;
        unsigned drawers;
        enum error error;
    } rows[] = {
        {FACT_CONSENT, BIT(CONTACT), ERROR_REFUSED},
        {FACT_CONSENT, BIT(CLINICAL), ERROR_REFUSED},
        {FACT_CONSENT, BIT(AUDIT), OK},
        {FACT_RELATION, BIT(CONTACT), ERROR_REFUSED},
        {FACT_RELATION, BIT(AUDIT), ERROR_REFUSED},
        {FACT_RELATION, BIT(CLINICAL), OK},
        {FACT_RELATION, BIT(SENSITIVE), OK},
    };
    struct whole whole;
    struct grant grant;
    struct lie lie;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fact_change change = {.kind = rows[i].kind,
                                     .value = 1,
                                     .source = {{0xC0, (uint8_t)i}},
                                     .organization = node_organization(SLICE("other-clinic"))};
        struct access *access = lying(&lie, nurse, facts, ACTION_WRITE, rows[i].drawers);
        access->change = &change;
        access->changes = 1;
        assert_int_equal(whole_access(&whole, access, &grant), rows[i].error);
        if (rows[i].error == OK)
            facts = grant.target[0].facts;
    }
    whole_close(&whole);
}

static void an_encounter_without_an_end_ends(void **state)
{
    struct fact_change change = {.kind = FACT_RELATION,
                                 .value = RELATION_OPEN_ENCOUNTER,
                                 .source = {{0xE0}},
                                 .organization = node_organization(SLICE("other-clinic"))};
    struct whole whole;
    struct grant grant;
    struct lie lie;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    struct access *access = lying(&lie, whole_token(&whole, &NURSE), facts, ACTION_WRITE, BIT(CLINICAL));
    access->change = &change;
    access->changes = 1;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    struct slice stated = grant.target[0].facts;
    struct slice other = whole_token(&whole, &PHYSICIAN_ELSEWHERE);
    assert_true(opens(&whole, lying(&lie, other, stated, ACTION_READ, BIT(CLINICAL))));
    world_advance(&whole.world, ((int64_t)RELATION_SECONDS_MAX + 1) * 1000000000);
    other = whole_token(&whole, &PHYSICIAN_ELSEWHERE);
    assert_false(opens(&whole, lying(&lie, other, stated, ACTION_READ, BIT(CLINICAL))));
    whole_close(&whole);
}

static void a_systems_credential_writes_to_new_persons_alone(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    const struct credential asked = {.actor = SLICE("import"), .role = ROLE_SYSTEM, .sector = SECTOR_SYSTEM};
    struct whole whole;
    struct slice token;
    struct lie lie;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    credential_write(&asked, &payload);
    assert_int_equal(whole_ask(&whole, PROTOCOL_ISSUE_SYSTEM, buffer_view(&payload), &token), OK);
    token = arena_copy(whole.arena, token);
    assert_false(opens(&whole, lying(&lie, token, facts, ACTION_WRITE, DRAWER_ALL)));
    lying(&lie, token, SLICE(""), ACTION_WRITE, DRAWER_ALL);
    lie.target = (struct access_target){.person = bela, .fresh = true};
    assert_true(opens(&whole, &lie.access));
    whole_close(&whole);
}

/* The door says that the block with her withdrawal was not stored, and shows the one before. */
static void a_permission_does_not_come_back_by_a_lie_about_storing(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    struct whole_person patient = whole_patient(&anna);
    struct fact_change change = {.kind = FACT_CONSENT,
                                 .value = CONSENT_PERMIT,
                                 .source = {{0xC0}},
                                 .organization = node_organization(SLICE("other-clinic"))};
    struct whole whole;
    struct grant grant;
    struct lie lie;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), self = whole_token(&whole, &patient);
    struct slice other = whole_token(&whole, &PHYSICIAN_ELSEWHERE);
    struct access *access = lying(&lie, self, facts, ACTION_WRITE, BIT(AUDIT));
    access->change = &change;
    access->changes = 1;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    struct slice permitted = grant.target[0].facts;
    struct lie look;
    assert_true(opens(&whole, lying(&look, other, permitted, ACTION_READ, BIT(IDENTITY))));
    change.value = CONSENT_NONE;
    lie.target.facts = permitted;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    completion_write(&(struct completion){grant.leaf, ERROR_DISK_FULL, 0}, &payload);
    assert_int_equal(whole_ask(&whole, PROTOCOL_COMPLETE, buffer_view(&payload), NULL), OK);
    assert_false(opens(&whole, &look.access));
    /* Who cares for her now is not shut out by it. */
    assert_true(opens(&whole, lying(&look, whole_token(&whole, &NURSE), permitted, ACTION_READ, BIT(CLINICAL))));
    whole_close(&whole);
}

static void words_that_are_no_text_reach_no_entry(void **state)
{
    struct whole whole;
    struct grant grant;
    struct lie lie;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), token = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    uint64_t before = whole_entries(&whole);
    struct access *access = lying(&lie, token, facts, ACTION_READ, BIT(IDENTITY));
    access->reason = SLICE("now \xff please");
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_SYNTAX);
    access->reason = SLICE("");
    access->type = SLICE("Pat\xfe");
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_SYNTAX);
    assert_int_equal(whole_entries(&whole), before);
    whole_close(&whole);
}

static void checking_an_entry_tells_whether_it_permitted_and_no_more(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(16);
    struct whole whole;
    struct slice told;

    (void)state;
    whole_open(&whole);
    whole_register(&whole, &anna);
    buffer_u64(&payload, whole_entries(&whole) - 1);
    assert_int_equal(whole_ask(&whole, PROTOCOL_CHECK, buffer_view(&payload), &told), OK);
    assert_true(slice_equal(told, SLICE("\1")));
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(somebody_known_is_not_registered_again),
        cmocka_unit_test(that_somebody_is_here_comes_without_a_key),
        cmocka_unit_test(a_fact_is_stated_where_its_record_lies),
        cmocka_unit_test(an_encounter_without_an_end_ends),
        cmocka_unit_test(a_systems_credential_writes_to_new_persons_alone),
        cmocka_unit_test(a_permission_does_not_come_back_by_a_lie_about_storing),
        cmocka_unit_test(words_that_are_no_text_reach_no_entry),
        cmocka_unit_test(checking_an_entry_tells_whether_it_permitted_and_no_more),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
