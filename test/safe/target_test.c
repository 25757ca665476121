/* SPDX-License-Identifier: Apache-2.0 */

/* One access to one or several persons, at its edges: who is meant by "herself", which block of facts is believed, how long
 * what a record states holds, what a reason is, and what is left of a request when part of it is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "oversight_asks.h"

#define DAY_S 86400
#define OTHER "other-clinic"

static const struct id cleo = {{0xC1, 3}}, stranger = {{0xEE, 4}};

static const struct whole_person BILLING = {ROLE_BILLING, SECTOR_HEALTH, 1u << PURPOSE_HPAYMT, OTHER, {{0}}};

struct ask {
    struct access access;
    struct access_target target[3];
};

static struct access *asking(struct ask *ask, struct slice token, enum action action, unsigned drawers,
                             const struct id *person, struct slice facts)
{
    *ask = (struct ask){.target = {{.person = *person, .facts = facts}}};
    ask->access = (struct access){.token = token,
                                  .action = action,
                                  .drawers = drawers,
                                  .needed = OUTCOME_FULL,
                                  .type = SLICE("Patient"),
                                  .target = ask->target,
                                  .targets = 1};
    return &ask->access;
}

static enum error read_as(struct whole *whole, const struct whole_person *who, const struct id *person,
                          struct slice facts)
{
    struct grant grant;
    struct ask ask;

    return whole_access(
        whole, asking(&ask, whole_token(whole, who), ACTION_READ, BIT(IDENTITY) | BIT(CLINICAL), person, facts),
        &grant);
}

static void pass(struct whole *whole, int64_t seconds)
{
    world_advance(&whole->world, seconds * 1000000000);
}

static void stored(struct whole *whole, const struct grant *grant)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);

    completion_write(&(struct completion){grant->leaf, OK, 1}, &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_COMPLETE, buffer_view(&payload), NULL), OK);
}

/* What a record of anna's states, written by a nurse who cares for her. */
static struct grant state(struct whole *whole, struct slice facts, struct fact_change change)
{
    struct grant grant;
    struct ask ask;
    struct access *access = asking(&ask, whole_token(whole, &NURSE), ACTION_WRITE,
                                   change.kind == FACT_CONSENT ? BIT(AUDIT) : BIT(CLINICAL), &anna, facts);

    access->change = &change;
    access->changes = 1;
    assert_int_equal(whole_access(whole, access, &grant), OK);
    assert_true(grant.target[0].facts.length > 0);
    return grant;
}

static struct fact_change relation(enum relation value, int64_t expires_s)
{
    return (struct fact_change){.kind = FACT_RELATION,
                                .value = (uint8_t)value,
                                .source = {{0xE0}},
                                .organization = node_organization(SLICE(OTHER)),
                                .expires_s = expires_s};
}

/* ---- who asks ---- */

static void a_purpose_that_is_none_permits_nothing(void **context)
{
    struct whole_person nurse = NURSE;
    struct whole whole;

    (void)context;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    nurse.purposes = 1u << PURPOSE_UNKNOWN;
    assert_int_equal(read_as(&whole, &nurse, &anna, facts), ERROR_PURPOSE);
    nurse.purposes = 0;
    assert_int_equal(read_as(&whole, &nurse, &anna, facts), ERROR_PURPOSE);
    whole_close(&whole);
}

/* Staff have no person of their own, and a person whose id is nought is nobody. */
static void nobody_is_not_herself(void **context)
{
    static const struct id nobody;
    const struct whole_person patient_of_nobody = whole_patient(&nobody);
    struct whole whole;

    (void)context;
    whole_open(&whole);
    assert_int_equal(read_as(&whole, &PHYSICIAN_ELSEWHERE, &nobody, SLICE("")), ERROR_REFUSED);
    assert_int_equal(read_as(&whole, &patient_of_nobody, &nobody, SLICE("")), ERROR_REFUSED);
    whole_close(&whole);
}

static void only_health_services_care_for_whom_they_register(void **context)
{
    struct whole_person system = {
        ROLE_SYSTEM, SECTOR_SYSTEM, 1u << PURPOSE_TREAT | 1u << PURPOSE_HOPERAT, "harbour-clinic", {{0}}};
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct access *access = asking(&ask, whole_token(&whole, &system), ACTION_WRITE, BIT(IDENTITY) | BIT(CLINICAL),
                                   &anna, SLICE(""));
    access->purpose = PURPOSE_HOPERAT;
    ask.target[0].fresh = true;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_int_equal(grant.target[0].facts.length, 0);
    assert_int_equal(read_as(&whole, &NURSE, &anna, SLICE("")), ERROR_REFUSED);
    whole_close(&whole);
}

static void a_command_can_erase_whom_it_cannot_read(void **context)
{
    static const struct secret_key none[DRAWER_COUNT];
    struct whole_person system = {ROLE_SYSTEM, SECTOR_SYSTEM, 1u << PURPOSE_HOPERAT, "none", {{0}}};
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(read_as(&whole, &system, &anna, facts), ERROR_REFUSED);
    struct access *access = asking(&ask, whole_token(&whole, &system), ACTION_ERASE, DRAWER_ALL, &anna, facts);
    access->replaces = true;                  /* that asks for the right to read of a write alone */
    for (int again = 0; again < 2; again++) { /* so that a door can finish what a crash cut off */
        assert_int_equal(whole_access(&whole, access, &grant), OK);
        assert_memory_equal(grant.target[0].key, none, sizeof none);
    }
    assert_int_not_equal(read_as(&whole, &NURSE, &anna, facts), OK);
    access = asking(&ask, whole_token(&whole, &system), ACTION_ERASE, DRAWER_ALL, &stranger, SLICE(""));
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_NOT_FOUND);
    whole_close(&whole);
}

/* An asker who may not register is not told that she is here already. */
static void a_refused_registration_does_not_tell_who_is_known(void **context)
{
    const struct id *const persons[] = {&anna, &stranger};
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    whole_register(&whole, &anna);
    for (size_t i = 0; i < 2; i++) {
        struct access *access = asking(&ask, whole_token(&whole, &OFFICER), ACTION_WRITE, BIT(IDENTITY), persons[i],
                                       SLICE(""));
        ask.target[0].fresh = true;
        assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
        access->token = whole_token(&whole, &NURSE);
        assert_int_equal(whole_access(&whole, access, &grant), i == 0 ? ERROR_EXISTS : OK);
    }
    whole_close(&whole);
}

static void only_a_write_registers(void **context)
{
    const struct whole_person self = whole_patient(&stranger);
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct access *access = asking(&ask, whole_token(&whole, &self), ACTION_READ, BIT(IDENTITY), &stranger, SLICE(""));
    ask.target[0].fresh = true;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_NOT_FOUND);
    access->token = whole_token(&whole, &NURSE);
    assert_int_not_equal(whole_access(&whole, access, &grant), OK);
    whole_register(&whole, &stranger); /* ERROR_EXISTS if it had made keys */
    whole_close(&whole);
}

/* ---- which facts are believed ---- */

/* The door stored a block and the word of it was lost; once another was made from it, the ones before are too old. */
static void what_the_vault_has_moved_past_is_not_believed(void **context)
{
    struct whole whole;

    (void)context;
    whole_open(&whole);
    struct slice first = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct slice second = state(&whole, first, relation(RELATION_PAST, 0)).target[0].facts;
    whole_reopen(&whole);
    assert_int_equal(read_as(&whole, &NURSE, &anna, first), OK); /* either may be what the vault holds */
    assert_int_equal(read_as(&whole, &NURSE, &anna, second), OK);
    state(&whole, second, relation(RELATION_PAST, 0));
    whole_reopen(&whole);
    assert_int_equal(read_as(&whole, &NURSE, &anna, second), OK);
    assert_int_equal(read_as(&whole, &NURSE, &anna, first), ERROR_REFUSED);
    whole_close(&whole);
}

static void copy(const char *from, const char *to)
{
    char command[600];

    snprintf(command, sizeof command, "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
    assert_int_equal(system(command), 0);
}

/* Keys from a backup beside a newer vault: a block from the future is not one that the safe made. */
static void a_block_newer_than_the_keys_is_not_believed(void **context)
{
    struct whole whole;
    char keys[160], kept[160];

    (void)context;
    whole_open(&whole);
    snprintf(keys, sizeof keys, "%s/keys", whole.directory);
    snprintf(kept, sizeof kept, "%s.kept", whole.directory);
    struct slice first = arena_copy(whole.arena, whole_register(&whole, &anna));
    safe_close(whole.safe);
    whole.safe = NULL;
    copy(keys, kept);
    whole_reopen(&whole);
    struct grant grant = state(&whole, first, relation(RELATION_PAST, 0));
    struct slice second = grant.target[0].facts;
    stored(&whole, &grant);
    safe_close(whole.safe);
    whole.safe = NULL;
    copy(kept, keys);
    whole_reopen(&whole);
    assert_int_equal(read_as(&whole, &NURSE, &anna, second), ERROR_REFUSED);
    assert_int_equal(read_as(&whole, &NURSE, &anna, first), OK);
    whole_close(&whole);
}

/* Every wrapped key, or those of one person. */
static void damage_keys(struct whole *whole, const char *where)
{
    char path[160], sql[160];
    sqlite3 *database;

    safe_close(whole->safe);
    whole->safe = NULL;
    snprintf(path, sizeof path, "%s/keys/keys.db", whole->directory);
    snprintf(sql, sizeof sql, "UPDATE person_key SET wrapped = zeroblob(length(wrapped)) WHERE %s", where);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(database), 1);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    whole_reopen(whole);
}

/* What is damaged is not taken for somebody who is not known. */
static void damaged_keys_are_said_to_be_damaged(void **context)
{
    struct whole whole;

    (void)context;
    whole_open(&whole);
    struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna));
    damage_keys(&whole, "1");
    assert_int_equal(read_as(&whole, &NURSE, &anna, facts), ERROR_SEALED);
    assert_int_equal(read_as(&whole, &PHYSICIAN_ELSEWHERE, &anna, facts), ERROR_SEALED);
    whole_close(&whole);
}

/* ---- how long what a record states holds ---- */

static void a_relation_ends_when_it_says_and_never_later_than_ninety_days(void **context)
{
    static const int64_t longest = RELATION_SECONDS_MAX;
    static const struct {
        int64_t said, held; /* seconds from now; said 0: without an end */
    } cases[] = {
        {0, longest},           {60, 60}, {longest - 60, longest - 60}, {longest, longest}, {longest + 1, longest},
        {10 * longest, longest}};

    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct whole whole;
        whole_open(&whole);
        struct slice facts = whole_register(&whole, &anna);
        int64_t end = cases[i].said ? WHOLE_OPENED_S + cases[i].said : 0;
        facts = state(&whole, facts, relation(RELATION_OPEN_ENCOUNTER, end)).target[0].facts;
        pass(&whole, cases[i].held - 1);
        assert_int_equal(read_as(&whole, &PHYSICIAN_ELSEWHERE, &anna, facts), OK);
        pass(&whole, 1);
        assert_int_equal(read_as(&whole, &PHYSICIAN_ELSEWHERE, &anna, facts), ERROR_REFUSED);
        whole_close(&whole);
    }
}

/* Whoever cared for her once is paid for it later, and what she said about others holds until she says something else. */
static void a_past_relation_and_a_consent_have_no_end_of_their_own(void **context)
{
    struct fact_change consent = {.kind = FACT_CONSENT,
                                  .value = CONSENT_PERMIT,
                                  .source = {{0xC0}},
                                  .organization = node_organization(SLICE(OTHER))};
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    struct grant first = state(&whole, facts, relation(RELATION_PAST, 0));
    stored(&whole, &first);
    struct grant second = state(&whole, first.target[0].facts, consent);
    stored(&whole, &second);
    facts = second.target[0].facts;
    pass(&whole, RELATION_SECONDS_MAX + 10 * DAY_S);
    /* Whatever is stated later drops what has ended by then: these two have not. */
    const struct whole_person self = whole_patient(&anna);
    struct fact_change other = {.kind = FACT_CONSENT,
                                .value = CONSENT_DENY,
                                .source = {{0xC9}},
                                .organization = node_organization(SLICE("third-clinic"))};
    struct access *later = asking(&ask, whole_token(&whole, &self), ACTION_WRITE, BIT(AUDIT), &anna, facts);
    later->change = &other;
    later->changes = 1;
    assert_int_equal(whole_access(&whole, later, &second), OK);
    facts = second.target[0].facts;
    struct access *access = asking(&ask, whole_token(&whole, &BILLING), ACTION_READ, BIT(COVERAGE), &anna, facts);
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    access = asking(&ask, whole_token(&whole, &PHYSICIAN_ELSEWHERE), ACTION_READ, BIT(IDENTITY), &anna, facts);
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    whole_close(&whole);
}

/* Only a write states anything, and only of whom it names. */
static void what_is_stated_is_stated_by_a_write_of_one_person(void **context)
{
    struct fact_change change = relation(RELATION_OPEN_ENCOUNTER, 0);
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct slice hers = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct slice others = arena_copy(whole.arena, whole_register(&whole, &bela));
    static const enum action actions[] = {ACTION_READ, ACTION_SEARCH, ACTION_WRITE};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        struct access *access = asking(&ask, whole_token(&whole, &NURSE), actions[i], BIT(CLINICAL), &anna, hers);
        ask.target[1] = (struct access_target){.person = bela, .facts = others};
        access->targets = 2;
        access->change = &change;
        access->changes = 1;
        change.target = 1;
        assert_int_equal(whole_access(&whole, access, &grant), OK);
        assert_int_equal(grant.target[0].facts.length, 0);
        assert_int_equal(grant.target[1].facts.length > 0, actions[i] == ACTION_WRITE);
    }
    whole_close(&whole);
}

/* ---- broken glass ---- */

static enum error break_glass(struct whole *whole, const struct whole_person *who, struct slice facts,
                              const char *reason, struct grant *ret_grant)
{
    struct ask ask;
    struct access *access = asking(&ask, whole_token(whole, who), ACTION_READ, BIT(IDENTITY) | BIT(CLINICAL), &anna,
                                   facts);

    access->open_glass = true;
    access->reason = slice_from_string(reason);
    return whole_access(whole, access, ret_grant);
}

static void a_reason_is_words_and_not_a_key_held_down(void **context)
{
    static const struct {
        const char *reason;
        bool suffices;
    } cases[] = {
        {"", false},
        {"unconscious, nobody with her", true},
        {"abc def", true},
        {"abc de", false},   /* five letters */
        {"abcdef", false},   /* one word */
        {"abca abc", false}, /* three letters that differ */
        {"abcd abc", true},  /* four */
        {"abcdef..", false}, /* and make no words */
        {"aaa,bbb.", false}, /* signs are no letters */
        {"9012 01", true},   /* digits are */
        {"bcd ef/", false},  /* what stands beside them is not */
        {"bcd ef:", false},
        {"az AZ bb", true},
        {"bcd ef`", false},
        {"bcd ef@", false},
        {"bcd ef{", false},
        {"bcd ef[", false},
        {"abcde\xc2\x80", true}, /* the first that is not ASCII: one word is enough */
        {"\xc3\xa9"
         "bcdef",
         true},                                              /* and at the front */
        {"\xd9\x81\xd8\xa7\xd9\x82\xd8\xaf\xd8\xa9", false}, /* five letters of Arabic */
        {"\xd8\xba\xd9\x8a\xd8\xb1\xd9\x88\xd8\xa7\xd8\xb9\xd9\x8a", true},
        {"abcde f\xff", false}, /* no text */
    };
    struct whole whole;
    struct grant grant;

    (void)context;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum error error = break_glass(&whole, &PHYSICIAN_EMERGENCY, facts, cases[i].reason, &grant);
        if (cases[i].suffices ? error != OK : error == OK)
            fail_msg("`%s`: %s", cases[i].reason, error_entry(error)->name);
    }
    whole_close(&whole);
}

/* Whoever broke the glass in an emergency looks for another reason later: that is not an emergency, and opens nothing. */
static void broken_glass_serves_the_emergency_alone(void **context)
{
    struct whole_person both = PHYSICIAN_EMERGENCY;
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    both.purposes |= 1u << PURPOSE_TREAT;
    struct slice facts = whole_register(&whole, &anna), token = whole_token(&whole, &both);
    struct access *access = asking(&ask, token, ACTION_READ, BIT(IDENTITY) | BIT(CLINICAL), &anna, facts);
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_PURPOSE); /* which of the two? */
    access->purpose = PURPOSE_ETREAT;
    access->open_glass = true;
    access->reason = REASON;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_true(grant.review);
    ask.target[0].facts = grant.target[0].facts;
    access->open_glass = false;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_true(grant.review);
    access->purpose = PURPOSE_TREAT;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    assert_false(grant.review);
    ask.target[0].facts = state(&whole, ask.target[0].facts, relation(RELATION_OPEN_ENCOUNTER, 0)).target[0].facts;
    assert_int_equal(whole_access(&whole, access, &grant), OK); /* now she is hers to treat */
    assert_false(grant.review);
    whole_close(&whole);
}

static struct slice evidence_of(struct whole *whole)
{
    return evidence_page(whole, whole_token(whole, &INES), (struct evidence_wanted){.next = 0}, OK);
}

/* The entry says that glass was broken where it opened something, and of nothing else. */
static void an_entry_says_that_glass_was_broken_where_it_opened(void **context)
{
    struct whole_person both = PHYSICIAN_EMERGENCY;
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna)), token = whole_token(&whole, &both);
    struct access *access = asking(&ask, token, ACTION_READ, BIT(IDENTITY), &anna, facts);
    access->open_glass = true;
    access->reason = REASON;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_int_equal(times(evidence_of(&whole), "\"breakGlass\":true"), 1);
    ask.target[0].facts = arena_copy(whole.arena, grant.target[0].facts);
    access->open_glass = false;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_int_equal(times(evidence_of(&whole), "\"breakGlass\":true"), 2);
    access->drawers = BIT(AUDIT); /* glass or not */
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    assert_int_equal(times(evidence_of(&whole), "\"breakGlass\":true"), 2);
    whole_close(&whole);
}

/* A search that finds nobody was permitted; one that may show nobody was not. */
static void a_search_without_a_result_is_an_entry_that_permits(void **context)
{
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct access *access = asking(&ask, whole_token(&whole, &NURSE), ACTION_SEARCH, BIT(IDENTITY), &anna, SLICE(""));
    access->targets = 0;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    struct slice evidence = evidence_of(&whole);
    assert_int_equal(times(evidence, "\"action\":\"search\""), 1);
    assert_int_equal(times(evidence, "\"decision\":\"deny\""), 0);
    access->token = whole_token(&whole, &OFFICER);
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    assert_int_equal(times(evidence_of(&whole), "\"decision\":\"deny\""), 1);
    whole_close(&whole);
}

/* ---- several persons ---- */

static struct slice register_elsewhere(struct whole *whole, const struct id *person)
{
    struct whole_person nurse = NURSE;
    struct grant grant;
    struct ask ask;

    nurse.organization = OTHER;
    struct access *access = asking(&ask, whole_token(whole, &nurse), ACTION_WRITE, BIT(IDENTITY) | BIT(CLINICAL),
                                   person, SLICE(""));
    ask.target[0].fresh = true;
    assert_int_equal(whole_access(whole, access, &grant), OK);
    return grant.target[0].facts;
}

static void a_search_hides_whom_it_may_not_show_and_nothing_else_does(void **context)
{
    static const struct {
        enum action action;
        bool hide;
        enum error error;
    } cases[] = {{ACTION_SEARCH, true, OK}, {ACTION_SEARCH, false, ERROR_REFUSED}, {ACTION_READ, true, ERROR_REFUSED}};
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct slice hers = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct slice others = arena_copy(whole.arena, register_elsewhere(&whole, &bela));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct access *access = asking(&ask, whole_token(&whole, &NURSE), cases[i].action, BIT(IDENTITY), &anna, hers);
        ask.target[1] = (struct access_target){.person = bela, .facts = others};
        ask.target[2] = (struct access_target){.person = stranger, .facts = SLICE("")};
        access->targets = 3;
        access->hide_refused = cases[i].hide;
        assert_int_equal(whole_access(&whole, access, &grant), cases[i].error);
        assert_int_equal(grant.target[0].drawers, cases[i].error == OK ? BIT(IDENTITY) : 0);
        assert_int_equal(grant.target[1].drawers, 0);
        assert_int_equal(grant.target[2].drawers, 0);
    }
    /* Keys that do not open are not somebody who may not be seen, but something wrong. */
    damage_keys(&whole, "hex(person) LIKE 'B1%'");
    struct access *access = asking(&ask, whole_token(&whole, &NURSE), ACTION_SEARCH, BIT(IDENTITY), &anna, hers);
    ask.target[1] = (struct access_target){.person = bela, .facts = others};
    access->targets = 2;
    access->hide_refused = true;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_SEALED);
    assert_int_equal(grant.target[0].drawers, 0);
    whole_close(&whole);
}

/* Whoever cares for the one may compare the others with her, and learns no more of them than who they are. */
static void a_match_stands_on_the_relation_with_the_first(void **context)
{
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    struct slice hers = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct slice others = arena_copy(whole.arena, register_elsewhere(&whole, &bela));
    struct slice nurse = whole_token(&whole, &NURSE);
    struct access *access = asking(&ask, nurse, ACTION_MATCH, BIT(IDENTITY), &anna, hers);
    access->needed = OUTCOME_EXISTENCE;
    ask.target[1] = (struct access_target){.person = bela, .facts = others};
    access->targets = 2;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    assert_int_equal(grant.target[1].drawers, BIT(IDENTITY));
    access = asking(&ask, nurse, ACTION_MATCH, BIT(IDENTITY), &bela, others);
    access->needed = OUTCOME_EXISTENCE;
    ask.target[1] = (struct access_target){.person = anna, .facts = hers};
    access->targets = 2;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_REFUSED);
    access->targets = 0;
    assert_int_equal(whole_access(&whole, access, &grant), ERROR_VALUE);
    whole_close(&whole);
}

/* The list of whoever is not named stays empty. */
static void each_who_was_named_has_the_look_on_her_list_and_nobody_else(void **context)
{
    const struct id *const persons[] = {&anna, &bela, &cleo};
    struct slice facts[3];
    struct whole whole;
    struct grant grant;
    struct ask ask;

    (void)context;
    whole_open(&whole);
    for (size_t i = 0; i < 3; i++)
        facts[i] = arena_copy(whole.arena, whole_register(&whole, persons[i]));
    struct access *access = asking(&ask, whole_token(&whole, &NURSE), ACTION_READ, BIT(IDENTITY), &anna, facts[0]);
    ask.target[1] = (struct access_target){.person = bela, .facts = facts[1]};
    access->targets = 2;
    assert_int_equal(whole_access(&whole, access, &grant), OK);
    for (size_t i = 0; i < 3; i++) {
        CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
        struct whole_person self = whole_patient(persons[i]);
        struct slice events;
        buffer_u64(&payload, 0);
        access_write(asking(&ask, whole_token(&whole, &self), ACTION_READ, BIT(AUDIT), persons[i], facts[i]), &payload);
        assert_int_equal(whole_ask(&whole, PROTOCOL_EVENTS, buffer_view(&payload), &events), OK);
        struct reader reader = reader_of(events);
        assert_int_equal(reader_u16(&reader), i < 2 ? 3 : 2); /* registered, looked at, and this question */
    }
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_purpose_that_is_none_permits_nothing),
        cmocka_unit_test(nobody_is_not_herself),
        cmocka_unit_test(only_health_services_care_for_whom_they_register),
        cmocka_unit_test(a_command_can_erase_whom_it_cannot_read),
        cmocka_unit_test(a_refused_registration_does_not_tell_who_is_known),
        cmocka_unit_test(only_a_write_registers),
        cmocka_unit_test(what_the_vault_has_moved_past_is_not_believed),
        cmocka_unit_test(a_block_newer_than_the_keys_is_not_believed),
        cmocka_unit_test(damaged_keys_are_said_to_be_damaged),
        cmocka_unit_test(a_relation_ends_when_it_says_and_never_later_than_ninety_days),
        cmocka_unit_test(a_past_relation_and_a_consent_have_no_end_of_their_own),
        cmocka_unit_test(a_reason_is_words_and_not_a_key_held_down),
        cmocka_unit_test(broken_glass_serves_the_emergency_alone),
        cmocka_unit_test(an_entry_says_that_glass_was_broken_where_it_opened),
        cmocka_unit_test(a_search_without_a_result_is_an_entry_that_permits),
        cmocka_unit_test(what_is_stated_is_stated_by_a_write_of_one_person),
        cmocka_unit_test(a_search_hides_whom_it_may_not_show_and_nothing_else_does),
        cmocka_unit_test(a_match_stands_on_the_relation_with_the_first),
        cmocka_unit_test(each_who_was_named_has_the_look_on_her_list_and_nobody_else),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
