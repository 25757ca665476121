/* SPDX-License-Identifier: Apache-2.0 */

/* A whole safe on a real node. Proves promises 2 and 3: no entry, no key; a refusal is written down; whoever comes to
 * enforce gets nothing; and what was withdrawn, replayed, expired or erased opens nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "whole_node.h"

static const struct id anna = {{0xA1, 1}}, bela = {{0xB1, 2}}, stranger = {{0xEE, 3}};

#define BIT(drawer) (1u << DRAWER_##drawer)

/* One access to one person. */
struct ask {
    struct access access;
    struct access_target target;
};

static struct access *asking(struct ask *ask, struct slice token, const struct id *person, struct slice facts,
                             enum action action, unsigned drawers)
{
    ask->target = (struct access_target){.person = *person, .facts = facts};
    ask->access = (struct access){.token = token,
                                  .action = action,
                                  .drawers = drawers,
                                  .needed = OUTCOME_FULL,
                                  .type = SLICE("Patient"),
                                  .resource = *person,
                                  .target = &ask->target,
                                  .targets = 1};
    return &ask->access;
}

static enum error read_as(struct whole *whole, struct slice token, const struct id *person, struct slice facts,
                          struct grant *ret_grant)
{
    struct ask ask;

    return whole_access(whole, asking(&ask, token, person, facts, ACTION_READ, BIT(IDENTITY) | BIT(CLINICAL)),
                        ret_grant);
}

/* A write that states one more fact about the person; gives her new block. */
static enum error state_fact(struct whole *whole, struct slice token, struct slice facts, struct fact_change change,
                             struct grant *ret_grant)
{
    struct ask ask;
    struct access *access = asking(&ask, token, &anna, facts, ACTION_WRITE, BIT(AUDIT));

    access->change = &change;
    access->changes = 1;
    return whole_access(whole, access, ret_grant);
}

static void stored(struct whole *whole, const struct grant *grant, enum error error)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);

    completion_write(&(struct completion){grant->leaf, error, 1}, &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_COMPLETE, buffer_view(&payload), NULL), OK);
}

/* Her will about one organisation, said by one Consent. */
static struct fact_change consent(enum consent value, const char *organization)
{
    return (struct fact_change){.kind = FACT_CONSENT,
                                .value = (uint8_t)value,
                                .source = {{0xC0}},
                                .organization = node_organization(slice_from_string(organization))};
}

static bool has_key(const struct grant *grant)
{
    static const struct secret_key none;

    for (size_t i = 0; i < grant->targets; i++)
        for (unsigned d = 0; d < DRAWER_COUNT; d++)
            if (memcmp(&grant->target[i].key[d], &none, sizeof none) != 0)
                return true;
    return false;
}

/* The keys of a registered person, to look for in answers. */
static struct grant_target keys_of(struct whole *whole, const struct id *person, struct slice facts)
{
    struct grant grant;

    assert_int_equal(read_as(whole, whole_token(whole, &NURSE), person, facts, &grant), OK);
    return grant.target[0];
}

static bool answer_holds_a_key(const struct whole *whole, const struct grant_target *keys)
{
    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        if (keys->drawers & 1u << d &&
            slice_search(buffer_view(&whole->answer), secret_key_slice(&keys->key[d])) != SIZE_MAX)
            return true;
    return false;
}

static void who_registers_a_person_can_read_what_was_sealed(void **state)
{
    struct whole whole;
    struct grant first, second;

    (void)state;
    whole_open(&whole);
    uint64_t before = whole_entries(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    assert_int_equal(whole_entries(&whole), before + 1);
    assert_int_equal(read_as(&whole, nurse, &anna, facts, &first), OK);
    assert_int_equal(first.leaf, before + 1);
    assert_int_equal(first.target[0].drawers, BIT(IDENTITY) | BIT(CLINICAL));
    whole_reopen(&whole);
    assert_int_equal(read_as(&whole, nurse, &anna, facts, &second), OK);
    assert_memory_equal(first.target[0].key, second.target[0].key, sizeof first.target[0].key);
    assert_true(answer_holds_a_key(&whole, &first.target[0])); /* so that the tests below can find one */
    whole_close(&whole);
}

static void a_refused_access_leaves_an_entry_and_gives_no_key(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    struct grant_target keys = keys_of(&whole, &anna, facts);
    uint64_t before = whole_entries(&whole);
    assert_int_equal(read_as(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &anna, facts, &grant), ERROR_REFUSED);
    assert_int_equal(whole_entries(&whole), before + 1);
    assert_false(has_key(&grant));
    assert_int_equal(grant.target[0].drawers, 0);
    assert_int_equal(read_as(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &anna, facts, &grant), ERROR_REFUSED);
    assert_false(answer_holds_a_key(&whole, &keys));
    whole_close(&whole);
}

static void a_refusal_does_not_tell_who_is_known(void **state)
{
    struct whole whole;
    struct grant known, unknown;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), token = whole_token(&whole, &PHYSICIAN_ELSEWHERE);
    assert_int_equal(read_as(&whole, token, &anna, facts, &known), ERROR_REFUSED);
    assert_int_equal(read_as(&whole, token, &stranger, SLICE(""), &unknown), ERROR_REFUSED);
    assert_true(slice_equal(known.row, unknown.row));
    assert_true(slice_equal(known.citation, unknown.citation));
    assert_memory_equal(known.target[0].outcome, unknown.target[0].outcome, DRAWER_COUNT);
    whole_close(&whole);
}

static void who_is_not_known_leaves_no_entry_and_gets_nothing(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), token = whole_token(&whole, &NURSE);
    uint64_t before = whole_entries(&whole);
    assert_int_equal(read_as(&whole, SLICE("hsp_nonsense"), &anna, facts, &grant), ERROR_UNAUTHENTICATED);
    assert_int_equal(read_as(&whole, SLICE(""), &anna, facts, &grant), ERROR_UNAUTHENTICATED);
    world_advance(&whole.world, INT64_C(3600) * 1000000000);
    assert_int_equal(read_as(&whole, token, &anna, facts, &grant), ERROR_TOKEN_EXPIRED);
    assert_false(has_key(&grant));
    assert_int_equal(whole_entries(&whole), before);
    whole_close(&whole);
}

static void a_revoked_credential_opens_nothing_for_good(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), token = whole_token(&whole, &NURSE);
    assert_int_equal(read_as(&whole, token, &anna, facts, &grant), OK);
    assert_int_equal(whole_ask(&whole, PROTOCOL_REVOKE, SLICE("hsp1_forged"), NULL), ERROR_UNAUTHENTICATED);
    assert_int_equal(whole_ask(&whole, PROTOCOL_REVOKE, token, NULL), OK);
    assert_int_equal(read_as(&whole, token, &anna, facts, &grant), ERROR_UNAUTHENTICATED);
    whole_reopen(&whole);
    assert_int_equal(read_as(&whole, token, &anna, facts, &grant), ERROR_UNAUTHENTICATED);
    assert_int_equal(whole_ask(&whole, PROTOCOL_CREDENTIAL, token, NULL), ERROR_UNAUTHENTICATED);
    assert_int_equal(read_as(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    whole_close(&whole);
}

static void a_purpose_is_never_widened(void **state)
{
    struct whole_person several = NURSE;
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    struct access *access = asking(&ask, whole_token(&whole, &NURSE), &anna, facts, ACTION_READ, BIT(IDENTITY));
    uint64_t before = whole_entries(&whole);
    access->purpose = PURPOSE_ETREAT;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_PURPOSE);
    assert_false(has_key(&grant));
    assert_int_equal(whole_entries(&whole), before + 1);
    several.purposes = 1u << PURPOSE_TREAT | 1u << PURPOSE_CAREMGT;
    access->token = whole_token(&whole, &several);
    access->purpose = PURPOSE_UNKNOWN; /* of several, one must be named */
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_PURPOSE);
    access->purpose = PURPOSE_TREAT;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    whole_close(&whole);
}

static void without_an_entry_there_is_no_key(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), token = whole_token(&whole, &NURSE);
    struct grant_target keys = keys_of(&whole, &anna, facts);
    uint64_t before = whole_entries(&whole);

    whole_files_may_grow_to(1);
    enum error error = read_as(&whole, token, &anna, facts, &grant);
    whole_files_may_grow_to(RLIM_INFINITY);
    assert_int_not_equal(error, OK);
    assert_false(has_key(&grant));
    assert_false(answer_holds_a_key(&whole, &keys));
    assert_int_equal(whole_entries(&whole), before);

    assert_int_equal(read_as(&whole, token, &anna, facts, &grant), OK);
    assert_true(answer_holds_a_key(&whole, &keys));
    assert_int_equal(whole_entries(&whole), before + 1);
    whole_reopen(&whole);
    assert_int_equal(whole_entries(&whole), before + 1);
    whole_close(&whole);
}

static enum error break_glass(struct whole *whole, struct slice token, struct slice facts, struct grant *ret_grant)
{
    struct ask ask;
    struct access *access = asking(&ask, token, &anna, facts, ACTION_READ, BIT(IDENTITY) | BIT(CLINICAL));

    access->open_glass = true;
    access->reason = SLICE("unconscious, nobody with her");
    return whole_access(whole, access, ret_grant);
}

static size_t reviews(struct whole *whole)
{
    struct slice list;
    size_t count = 0;

    assert_int_equal(whole_list(whole, PROTOCOL_REVIEWS, whole_token(whole, &OVERSEER), NULL), OK);
    assert_int_equal(whole_list(whole, PROTOCOL_REVIEWS, whole_token(whole, &OVERSEER), &list), OK);
    for (size_t at; (at = slice_search(list, SLICE("\"overdue\""))) != SIZE_MAX; list = slice_from(list, at + 1))
        count++;
    return count;
}

static void broken_glass_opens_for_its_breaker_for_an_hour_and_is_reviewed(void **state)
{
    struct whole whole;
    struct grant grant, again;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    struct slice colleague = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    assert_int_equal(read_as(&whole, physician, &anna, facts, &grant), ERROR_REFUSED);
    assert_int_equal(reviews(&whole), 0);
    assert_int_equal(break_glass(&whole, physician, facts, &grant), OK);
    assert_true(grant.review);
    assert_int_equal(reviews(&whole), 1);

    facts = grant.target[0].facts;
    assert_int_equal(read_as(&whole, physician, &anna, facts, &again), OK);
    assert_int_equal(again.target[0].drawers, BIT(IDENTITY) | BIT(CLINICAL));
    assert_int_equal(read_as(&whole, colleague, &anna, facts, &again), ERROR_REFUSED);
    world_advance(&whole.world, INT64_C(3599) * 1000000000);
    assert_int_equal(read_as(&whole, physician, &anna, facts, &again), OK);
    world_advance(&whole.world, INT64_C(1) * 1000000000);
    assert_int_not_equal(read_as(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, &again), OK);
    whole_reopen(&whole);
    assert_int_equal(reviews(&whole), 1);
    whole_close(&whole);
}

static void glass_that_is_not_written_down_is_not_broken(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    whole_files_may_grow_to(1);
    enum error error = break_glass(&whole, physician, facts, &grant);
    whole_files_may_grow_to(RLIM_INFINITY);
    assert_int_not_equal(error, OK);
    assert_false(has_key(&grant));
    for (size_t i = 0; i < grant.targets; i++)
        assert_int_equal(grant.target[i].facts.length, 0); /* with it the next read would be permitted */
    assert_int_equal(reviews(&whole), 0);
    assert_int_equal(read_as(&whole, physician, &anna, facts, &grant), ERROR_REFUSED);
    whole_close(&whole);
}

static void only_an_emergency_breaks_the_glass(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(break_glass(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), facts, &grant), ERROR_REFUSED);
    assert_int_equal(break_glass(&whole, whole_token(&whole, &OFFICER), facts, &grant), ERROR_REFUSED);
    assert_false(has_key(&grant));
    assert_int_equal(grant.target[0].facts.length, 0);
    assert_int_equal(reviews(&whole), 2); /* trying is reviewed too */
    whole_close(&whole);
}

/* The door cannot state by itself that somebody's glass is broken. */
static void a_fact_of_broken_glass_is_not_taken_from_the_door(void **state)
{
    struct whole whole;
    struct credential credential;
    struct slice payload;
    struct grant grant;
    struct ask ask;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    assert_int_equal(whole_ask(&whole, PROTOCOL_CREDENTIAL, physician, &payload), OK);
    assert_int_equal(credential_read(payload, &credential), OK);
    struct fact_change change = {
        .kind = FACT_BREAK_GLASS, .value = BREAK_GLASS_ACTIVE, .organization = credential.id, .source = credential.id};
    struct access *access = asking(&ask, whole_token(&whole, &NURSE), &anna, facts, ACTION_WRITE, BIT(IDENTITY));
    access->change = &change;
    access->changes = 1;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    if (grant.target[0].facts.length > 0)
        facts = grant.target[0].facts;
    assert_int_equal(read_as(&whole, physician, &anna, facts, &grant), ERROR_REFUSED);
    whole_close(&whole);
}

static void enforcement_is_refused_whatever_it_asks(void **state)
{
    static const enum sector sectors[] = {SECTOR_IMMIGRATION, SECTOR_LAWENFORCEMENT};
    struct whole whole;
    size_t asked = 0;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    uint64_t before = whole_entries(&whole);
    for (size_t s = 0; s < 2; s++) {
        /* Of the very house that cares for her, with every purpose there is. */
        struct whole_person officer = {ROLE_OFFICER, sectors[s], (1u << PURPOSE_COUNT) - 2, "harbour-clinic", {{0}}};
        struct slice token = whole_token(&whole, &officer);
        for (unsigned purpose = 1; purpose < PURPOSE_COUNT; purpose++) {
            for (unsigned action = 1; action < ACTION_COUNT; action++) {
                for (unsigned drawer = 0; drawer < DRAWER_COUNT; drawer++) {
                    struct grant grant;
                    struct ask ask;
                    struct access *access = asking(&ask, token, &anna, facts, (enum action)action, 1u << drawer);
                    access->purpose = (enum purpose)purpose;
                    access->needed = OUTCOME_EXISTENCE;
                    access->open_glass = drawer % 2;
                    access->reason = SLICE("a raid is under way");
                    enum error error = whole_access(&whole, access, &grant);
                    if (error != ERROR_REFUSED || has_key(&grant) || grant.target[0].drawers)
                        fail_msg("%s may %s %s for %s: %s", vocabulary_word(VOCABULARY_SECTOR, sectors[s]),
                                 vocabulary_word(VOCABULARY_ACTION, action), vocabulary_word(VOCABULARY_DRAWER, drawer),
                                 vocabulary_word(VOCABULARY_PURPOSE, purpose), error_entry(error)->name);
                    asked++;
                }
            }
        }
    }
    assert_int_equal(whole_entries(&whole), before + asked); /* and each is written down */
    assert_int_equal(reviews(&whole), 2); /* and reviewed, as one question an hour for each credential */
    whole_close(&whole);
}

static void whoever_comes_to_enforce_is_refused_in_any_role(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        struct whole_person person = {(enum role)role, SECTOR_HEALTH, 1u << PURPOSE_ENFORCE, "harbour-clinic", anna};
        assert_int_equal(read_as(&whole, whole_token(&whole, &person), &anna, facts, &grant), ERROR_REFUSED);
        assert_false(has_key(&grant));
    }
    whole_close(&whole);
}

static void a_withdrawn_consent_cannot_be_brought_back(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct grant grant, seen;
    struct ask ask;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), self = whole_token(&whole, &patient);
    struct slice elsewhere = whole_token(&whole, &PHYSICIAN_ELSEWHERE);
    struct access *access = asking(&ask, elsewhere, &anna, facts, ACTION_READ, BIT(IDENTITY));
    assert_int_equal(whole_access(&whole, access, &seen), ERROR_REFUSED);

    assert_int_equal(state_fact(&whole, self, facts, consent(CONSENT_PERMIT, "other-clinic"), &grant), OK);
    struct slice permitted = grant.target[0].facts;
    stored(&whole, &grant, OK);
    ask.target.facts = permitted;
    assert_int_equal(whole_access(&whole, access, &seen), OK);
    ask.target.facts = facts; /* from before she said anything */
    assert_int_equal(whole_access(&whole, access, &seen), ERROR_REFUSED);

    assert_int_equal(state_fact(&whole, self, permitted, consent(CONSENT_DENY, "other-clinic"), &grant), OK);
    struct slice denied = grant.target[0].facts;
    stored(&whole, &grant, OK);
    ask.target.facts = denied;
    assert_int_equal(whole_access(&whole, access, &seen), ERROR_REFUSED);
    ask.target.facts = permitted; /* the door brings the old block back */
    assert_int_equal(whole_access(&whole, access, &seen), ERROR_REFUSED);
    assert_false(has_key(&seen));
    ask.target.facts = SLICE(""); /* or none at all */
    assert_int_equal(whole_access(&whole, access, &seen), ERROR_REFUSED);
    whole_reopen(&whole);
    ask.target.facts = permitted;
    assert_int_equal(whole_access(&whole, access, &seen), ERROR_REFUSED);
    whole_close(&whole);
}

static void an_old_block_counts_as_unknown(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice first = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    struct whole_person patient = whole_patient(&anna);
    struct slice self = whole_token(&whole, &patient), facts = first;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(state_fact(&whole, self, facts, consent(CONSENT_PERMIT, "other-clinic"), &grant), OK);
        facts = grant.target[0].facts;
        stored(&whole, &grant, OK);
    }
    assert_int_equal(read_as(&whole, nurse, &anna, facts, &grant), OK);
    assert_int_equal(read_as(&whole, nurse, &anna, first, &grant), ERROR_REFUSED);
    assert_int_equal(read_as(&whole, self, &anna, first, &grant), OK); /* she needs no relation to herself */
    whole_close(&whole);
}

/* The door stores a block with the record that changed it; when that fails, the vault still has the block before. */
static void writes_that_fail_do_not_lock_a_record(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), self = whole_token(&whole, &patient);
    struct slice nurse = whole_token(&whole, &NURSE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(state_fact(&whole, self, facts, consent(CONSENT_PERMIT, "other-clinic"), &grant), OK);
        stored(&whole, &grant, ERROR_PRECONDITION);
        assert_int_equal(read_as(&whole, nurse, &anna, facts, &grant), OK);
    }
    whole_close(&whole);
}

/* Two of her Consents under way at once start from the same block; neither may be lost. */
static void two_changes_at_once_are_both_kept(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct grant denied, permitted, seen;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), self = whole_token(&whole, &patient);
    struct fact_change second = consent(CONSENT_PERMIT, "other-clinic");
    second.source.byte[1] = 1;
    assert_int_equal(state_fact(&whole, self, facts, consent(CONSENT_DENY, "harbour-clinic"), &denied), OK);
    assert_int_equal(state_fact(&whole, self, facts, second, &permitted), OK); /* shows the block before the first */
    stored(&whole, &denied, OK);
    stored(&whole, &permitted, OK);
    struct slice newest = permitted.target[0].facts;
    assert_int_equal(read_as(&whole, whole_token(&whole, &NURSE), &anna, newest, &seen), OK);
    assert_int_equal(seen.target[0].drawers & BIT(CLINICAL), 0); /* her denial holds */
    assert_int_equal(read_as(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &anna, newest, &seen), OK);
    assert_true(has_key(&seen)); /* and so does her permission */
    whole_close(&whole);
}

static void anothers_or_a_touched_block_opens_nothing(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), others = whole_register(&whole, &bela);
    struct slice nurse = whole_token(&whole, &NURSE);
    whole_reopen(&whole); /* so that the safe has no newer block of its own */
    assert_int_equal(read_as(&whole, nurse, &anna, others, &grant), ERROR_SEALED);
    assert_false(has_key(&grant));
    struct slice touched = arena_copy(whole.arena, facts);
    ((char *)(uintptr_t)touched.data)[touched.length - 1] ^= 1;
    assert_int_equal(read_as(&whole, nurse, &anna, touched, &grant), ERROR_SEALED);
    assert_false(has_key(&grant));
    whole_close(&whole);
}

static void a_refused_registration_leaves_no_keys_behind(void **state)
{
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)state;
    whole_open(&whole);
    struct access *access = asking(&ask, whole_token(&whole, &OFFICER), &anna, SLICE(""), ACTION_WRITE, BIT(IDENTITY));
    ask.target.fresh = true;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    whole_register(&whole, &anna); /* ERROR_EXISTS if there were any */
    access->token = whole_token(&whole, &NURSE);
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_EXISTS);
    whole_close(&whole);
}

static void an_erased_person_is_gone_for_everybody(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), self = whole_token(&whole, &patient);
    struct slice nurse = whole_token(&whole, &NURSE), others = whole_register(&whole, &bela);
    struct access *access = asking(&ask, nurse, &anna, facts, ACTION_ERASE, DRAWER_ALL);
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    assert_int_equal(read_as(&whole, nurse, &anna, facts, &grant), OK);
    uint64_t public_before = whole_public_entries(&whole), before = whole_entries(&whole);
    access->token = self;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_false(has_key(&grant));
    assert_int_equal(whole_public_entries(&whole), public_before + 1);
    assert_int_equal(whole_entries(&whole), before + 1);
    for (int i = 0; i < 2; i++) {
        assert_int_not_equal(read_as(&whole, nurse, &anna, facts, &grant), OK);
        assert_int_not_equal(read_as(&whole, self, &anna, facts, &grant), OK);
        assert_false(has_key(&grant));
        assert_int_equal(read_as(&whole, nurse, &bela, others, &grant), OK);
        whole_reopen(&whole);
    }
    whole_close(&whole);
}

/* Of a write to several persons all is done or nothing. */
static void a_refused_part_refuses_the_whole(void **state)
{
    struct access_target targets[2] = {{.person = bela, .fresh = true}, {.person = anna}};
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)state;
    whole_open(&whole);
    whole_register(&whole, &anna);
    struct access *access = asking(&ask, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &bela, SLICE(""), ACTION_WRITE,
                                   BIT(IDENTITY));
    access->target = targets;
    access->targets = 2;
    access->all_or_nothing = true;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    assert_false(has_key(&grant));
    whole_register(&whole, &bela); /* ERROR_EXISTS if the first part had been done */
    whole_close(&whole);
}

static void a_clock_set_back_stops_all_but_emergencies(void **state)
{
    struct whole whole;
    struct grant grant, glass, late;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    struct slice physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    assert_int_equal(break_glass(&whole, physician, facts, &glass), OK);
    facts = glass.target[0].facts;
    world_advance(&whole.world, INT64_C(-3) * 1000000000); /* ironed out */
    assert_int_equal(read_as(&whole, nurse, &anna, facts, &grant), OK);
    assert_int_equal(grant.time_s, glass.time_s);

    world_advance(&whole.world, INT64_C(-60) * 1000000000);
    assert_int_equal(read_as(&whole, nurse, &anna, facts, &grant), ERROR_CLOCK);
    assert_false(has_key(&grant));
    struct ask ask;
    struct access *access = asking(&ask, physician, &anna, facts, ACTION_READ, BIT(CLINICAL));
    access->purpose = PURPOSE_ETREAT;
    assert_int_equal(whole_access(&whole, access, &late), OK);
    assert_true(late.time_s >= glass.time_s);
    access->action = ACTION_WRITE;
    assert_int_equal(whole_access(&whole, access, &late), ERROR_CLOCK);
    world_advance(&whole.world, INT64_C(70) * 1000000000);
    assert_int_equal(read_as(&whole, nurse, &anna, facts, &grant), OK);
    whole_close(&whole);
}

static void a_clock_a_day_behind_opens_no_safe(void **state)
{
    struct safe_options options;
    struct fault fault = {0};
    struct whole whole;

    (void)state;
    whole_open(&whole);
    whole_register(&whole, &anna);
    safe_close(whole.safe);
    whole.safe = NULL;
    options = (struct safe_options){whole.directory, SLICE(""), &whole.world};
    world_advance(&whole.world, INT64_C(-86401) * 1000000000);
    assert_int_equal(safe_open(&options, &whole.safe, &fault), ERROR_CLOCK);
    assert_null(whole.safe);
    world_advance(&whole.world, INT64_C(2) * 1000000000);
    assert_int_equal(safe_open(&options, &whole.safe, &fault), OK);
    whole_close(&whole);
}

static struct slice events_of(struct whole *whole, struct slice token, struct slice facts, enum error expected)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct slice events = SLICE("");
    struct ask ask;

    buffer_u64(&payload, 0);
    access_write(asking(&ask, token, &anna, facts, ACTION_READ, BIT(AUDIT)), &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_EVENTS, buffer_view(&payload), &events), expected);
    return events;
}

static void a_person_sees_who_looked_by_role_and_not_by_name(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), self = whole_token(&whole, &patient);
    struct slice others = whole_register(&whole, &bela), nurse = whole_token(&whole, &NURSE);
    assert_int_equal(read_as(&whole, nurse, &bela, others, &grant), OK);
    assert_int_equal(read_as(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &anna, facts, &grant), ERROR_REFUSED);
    events_of(&whole, nurse, facts, ERROR_REFUSED);
    struct slice events = events_of(&whole, self, facts, OK);
    struct reader reader = reader_of(events);
    assert_int_equal(reader_u16(&reader), 4); /* registered, refused, the nurse's question, her own */
    assert_true(slice_search(events, SLICE("\"role\":\"physician\"")) != SIZE_MAX);
    assert_true(slice_search(events, SLICE("\"decision\":\"deny\"")) != SIZE_MAX);
    assert_true(slice_search(events, SLICE("somebody")) == SIZE_MAX); /* the actor of every token here */
    whole_close(&whole);
}

static void no_proof_is_given_of_anothers_entry(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct grant hers, others;
    struct slice proof;
    struct ask ask;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), bela_facts = whole_register(&whole, &bela);
    struct slice nurse = whole_token(&whole, &NURSE), self = whole_token(&whole, &patient);
    assert_int_equal(read_as(&whole, nurse, &anna, facts, &hers), OK);
    assert_int_equal(read_as(&whole, nurse, &bela, bela_facts, &others), OK);
    for (int i = 0; i < 2; i++) {
        buffer_clear(&payload);
        buffer_u64(&payload, i == 0 ? hers.leaf : others.leaf);
        access_write(asking(&ask, self, &anna, facts, ACTION_READ, BIT(AUDIT)), &payload);
        assert_int_equal(whole_ask(&whole, PROTOCOL_PROOF, buffer_view(&payload), &proof),
                         i == 0 ? OK : ERROR_NOT_FOUND);
        assert_int_equal(proof.length > 0, i == 0);
    }
    whole_close(&whole);
}

static void the_systems_own_token_reads_nothing(void **state)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    struct credential asked = {.actor = SLICE("import"),
                               .role = ROLE_NURSE,
                               .sector = SECTOR_HEALTH,
                               .organization = node_organization(SLICE("harbour-clinic")),
                               .person = anna,
                               .purposes = 1u << PURPOSE_TREAT,
                               .expires_s = INT64_MAX};
    struct whole whole;
    struct grant grant;
    struct slice token;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    credential_write(&asked, &payload); /* what is asked for beside the name does not count */
    assert_int_equal(whole_ask(&whole, PROTOCOL_ISSUE_SYSTEM, buffer_view(&payload), &token), OK);
    token = arena_copy(whole.arena, token);
    assert_int_equal(read_as(&whole, token, &anna, facts, &grant), ERROR_REFUSED);
    world_advance(&whole.world, INT64_C(600) * 1000000000);
    assert_int_equal(read_as(&whole, token, &anna, facts, &grant), ERROR_TOKEN_EXPIRED);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_registers_a_person_can_read_what_was_sealed),
        cmocka_unit_test(a_refused_access_leaves_an_entry_and_gives_no_key),
        cmocka_unit_test(a_refusal_does_not_tell_who_is_known),
        cmocka_unit_test(who_is_not_known_leaves_no_entry_and_gets_nothing),
        cmocka_unit_test(a_revoked_credential_opens_nothing_for_good),
        cmocka_unit_test(a_purpose_is_never_widened),
        cmocka_unit_test(without_an_entry_there_is_no_key),
        cmocka_unit_test(broken_glass_opens_for_its_breaker_for_an_hour_and_is_reviewed),
        cmocka_unit_test(glass_that_is_not_written_down_is_not_broken),
        cmocka_unit_test(only_an_emergency_breaks_the_glass),
        cmocka_unit_test(a_fact_of_broken_glass_is_not_taken_from_the_door),
        cmocka_unit_test(enforcement_is_refused_whatever_it_asks),
        cmocka_unit_test(whoever_comes_to_enforce_is_refused_in_any_role),
        cmocka_unit_test(a_withdrawn_consent_cannot_be_brought_back),
        cmocka_unit_test(an_old_block_counts_as_unknown),
        cmocka_unit_test(writes_that_fail_do_not_lock_a_record),
        cmocka_unit_test(two_changes_at_once_are_both_kept),
        cmocka_unit_test(anothers_or_a_touched_block_opens_nothing),
        cmocka_unit_test(a_refused_registration_leaves_no_keys_behind),
        cmocka_unit_test(an_erased_person_is_gone_for_everybody),
        cmocka_unit_test(a_refused_part_refuses_the_whole),
        cmocka_unit_test(a_clock_set_back_stops_all_but_emergencies),
        cmocka_unit_test(a_clock_a_day_behind_opens_no_safe),
        cmocka_unit_test(a_person_sees_who_looked_by_role_and_not_by_name),
        cmocka_unit_test(no_proof_is_given_of_anothers_entry),
        cmocka_unit_test(the_systems_own_token_reads_nothing),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
