/* SPDX-License-Identifier: Apache-2.0 */

/* What the safe grants and what it writes down, held against a second reading of the rules: every kind of asker, action,
 * drawer and want, of a person who is not known, is cared for, lets somebody in, keeps everybody out, or whose facts are not
 * the ones that the safe knows. The rules are asked here once more, drawer by drawer, and put together as ARCHITECTURE.md
 * says; then each grant, and each event as oversight gets it, must say the same. */

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "safe/decider.h"
#include "safe/rulesets.h"
#include "text/json.h"
#include "oversight_asks.h"

#define EVERY ((1u << DRAWER_COUNT) - 1)
#define EXPECTED_MAX 20000

static const struct whole_person BILLING = {ROLE_BILLING, SECTOR_HEALTH, 1u << PURPOSE_HPAYMT, "harbour-clinic", {{0}}};
static const struct whole_person SOCIAL = {
    ROLE_SOCIALWORKER, SECTOR_SOCIAL, 1u << PURPOSE_CAREMGT, "social-office", {{0}}};

/* What is known of her. */
enum known { STRANGER, CARED_FOR, LETS_IN, KEEPS_OUT, OLD_FACTS, KNOWNS };

struct expected {
    enum error error;
    unsigned opened, obligations;
    struct decision decision;
    struct slice basis, told_row;
    uint8_t outcome[DRAWER_COUNT];
};

struct story {
    struct whole whole;
    struct decider *decider;
    struct slice block[KNOWNS];      /* her sealed facts in each state */
    struct expected *expected;       /* by entry */
    const struct access **asked;     /* by entry; NULL: not of this test */
    const struct whole_person **who; /* by entry */
};

static struct grant write_fact(struct whole *whole, struct slice facts, enum consent value)
{
    struct access_target target = {.person = anna, .facts = facts};
    struct fact_change change = {.kind = FACT_CONSENT,
                                 .value = (uint8_t)value,
                                 .source = {{0xC0}},
                                 .organization = node_organization(SLICE("other-clinic"))};
    struct access access = {.token = whole_token(whole, &NURSE),
                            .action = ACTION_WRITE,
                            .drawers = BIT(AUDIT),
                            .needed = OUTCOME_FULL,
                            .type = SLICE("Consent"),
                            .resources = 1,
                            .target = &target,
                            .targets = 1,
                            .change = &change,
                            .changes = 1};
    struct grant grant;

    assert_int_equal(whole_access(whole, &access, &grant), OK);
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    completion_write(&(struct completion){grant.leaf, OK, 1}, &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_COMPLETE, buffer_view(&payload), NULL), OK);
    return grant;
}

static void story_begin(struct story *story)
{
    const struct rule_set *joint;

    *story = (struct story){.decider = NULL};
    whole_open(&story->whole);
    assert_int_equal(rulesets_load(story->whole.arena, story->whole.directory, RULESETS_JOINT, NULL, &joint, NULL), OK);
    assert_int_equal(decider_new(story->whole.arena, joint, &story->decider, NULL), OK);
    story->expected = calloc(EXPECTED_MAX, sizeof *story->expected);
    story->asked = calloc(EXPECTED_MAX, sizeof *story->asked);
    story->who = calloc(EXPECTED_MAX, sizeof *story->who);
    assert_true(story->expected && story->asked && story->who);
}

static void story_end(struct story *story)
{
    free(story->expected);
    free((void *)(uintptr_t)story->asked);
    free((void *)(uintptr_t)story->who);
    whole_close(&story->whole);
}

/* ---- the second reading ---- */

static struct decider_facts facts_of(const struct whole_person *who, const struct access *access, enum known known)
{
    struct decider_facts facts = {.sector = who->sector,
                                  .role = who->role,
                                  .training = TRAINING_CURRENT,
                                  .purpose = (enum purpose)__builtin_ctz(who->purposes),
                                  .action = access->action,
                                  .order = ORDER_NONE,
                                  .relation = RELATION_NONE,
                                  .consent = CONSENT_NONE,
                                  .break_glass = BREAK_GLASS_NO,
                                  .self = SELF_NO};
    bool elsewhere = slice_is(SLICE("other-clinic"), who->organization);

    if (id_equal(&who->person, &anna))
        facts.self = SELF_YES;
    if (known == STRANGER)
        return facts;
    if (known == OLD_FACTS) {
        facts.relation = RELATION_UNKNOWN;
        facts.consent = CONSENT_UNKNOWN;
        facts.break_glass = BREAK_GLASS_UNKNOWN;
        return facts;
    }
    if (slice_is(SLICE("harbour-clinic"), who->organization))
        facts.relation = RELATION_OPEN_ENCOUNTER;
    if (elsewhere && known != CARED_FOR)
        facts.consent = known == LETS_IN ? CONSENT_PERMIT : CONSENT_DENY;
    return facts;
}

static struct decision decide_one(const struct story *story, const struct access *access, struct decider_facts facts,
                                  enum drawer drawer)
{
    facts.drawer = drawer;
    struct decision write = decider_decide(story->decider, &facts);

    if (access->action != ACTION_WRITE || !access->replaces)
        return write;
    facts.action = ACTION_READ;
    struct decision read = decider_decide(story->decider, &facts);
    return read.outcome < write.outcome ? read : write;
}

/* Could she be shown anything of anybody? */
static bool may_hope(const struct story *story, const struct access *access, struct decider_facts facts)
{
    facts.relation = RELATION_OPEN_ENCOUNTER;
    facts.consent = CONSENT_PERMIT;
    facts.break_glass = BREAK_GLASS_ACTIVE;
    facts.self = SELF_YES;
    for (unsigned d = 0; d < DRAWER_COUNT; d++) {
        facts.drawer = (enum drawer)d;
        if (access->drawers & 1u << d && decider_decide(story->decider, &facts).outcome > OUTCOME_NONE)
            return true;
    }
    return false;
}

static struct expected expect(const struct story *story, const struct whole_person *who, const struct access *access,
                              enum known known)
{
    struct decider_facts facts = facts_of(who, access, known);
    struct decider_facts of_nobody = facts_of(who, access, STRANGER);
    struct expected expected = {.error = ERROR_REFUSED, .basis = SLICE("")};
    bool first = true;

    of_nobody.self = SELF_NO;
    for (unsigned d = 0; d < DRAWER_COUNT; d++) {
        if (!(access->drawers & 1u << d))
            continue;
        struct decision decision = decide_one(story, access, facts, (enum drawer)d);
        expected.outcome[d] = (uint8_t)decision.outcome;
        unsigned obligations = expected.decision.obligations | decision.obligations;
        if (first || decision.outcome > expected.decision.outcome)
            expected.decision = decision;
        expected.decision.obligations = obligations;
        first = false;
        if (decision.outcome != OUTCOME_NONE && decision.outcome >= access->needed)
            expected.error = OK;
        if (known == STRANGER || decision.outcome < OUTCOME_SUMMARY || decision.outcome < access->needed)
            continue;
        expected.opened |= 1u << d;
        expected.obligations |= decision.obligations;
    }
    facts.drawer = DRAWER_IDENTITY;
    expected.basis = decider_basis(&facts);
    if (expected.error == OK && access->all_or_nothing && expected.opened != access->drawers)
        expected.error = ERROR_REFUSED;
    if (expected.error == OK && known == STRANGER)
        expected.error = ERROR_NOT_FOUND;
    if (who->role == ROLE_SYSTEM && access->action == ACTION_WRITE)
        expected.error = ERROR_REFUSED; /* a command brings new persons in, and opens nobody else */
    bool hidden = access->hide_refused && access->action == ACTION_SEARCH;
    if (hidden && (expected.error == ERROR_REFUSED || expected.error == ERROR_NOT_FOUND))
        expected.error = OK;
    if (expected.error == OK && access->action == ACTION_SEARCH && !may_hope(story, access, of_nobody))
        expected.error = ERROR_REFUSED;
    of_nobody.drawer = access->drawers ? (enum drawer)__builtin_ctz(access->drawers) : DRAWER_IDENTITY;
    expected.told_row = decider_decide(story->decider, &of_nobody).row;
    if (expected.error == OK)
        expected.told_row = expected.decision.row;
    else
        expected.opened = expected.obligations = 0;
    return expected;
}

/* ---- asking ---- */

static void complain(const struct whole_person *who, const struct access *access, enum known known, const char *what)
{
    fail_msg("%s: role %d, known %d, action %s, drawers %x, needed %d, all %d, replaces %d, hides %d", what, who->role,
             known, vocabulary_word(VOCABULARY_ACTION, access->action), access->drawers, access->needed,
             access->all_or_nothing, access->replaces, access->hide_refused);
}

static void ask(struct story *story, const struct whole_person *who, struct slice token, enum known known,
                struct access access)
{
    struct arena *arena = story->whole.arena;
    struct access *kept = arena_alloc(arena, sizeof *kept);
    struct access_target target = {.person = anna, .facts = story->block[known]};
    struct grant grant;

    assert_non_null(kept);
    access.token = token;
    access.target = &target;
    access.targets = 1;
    access.type = SLICE("Observation");
    *kept = access;
    struct expected expected = expect(story, who, &access, known);
    enum error error = whole_access(&story->whole, &access, &grant);
    if (error != expected.error)
        complain(who, &access, known, "another end");
    if (!slice_equal(grant.row, expected.told_row))
        complain(who, &access, known, "another row is told");
    assert_int_equal(grant.targets, 1);
    assert_int_equal(grant.target[0].facts.length, 0); /* nothing was stated */
    assert_false(grant.review);
    if (grant.target[0].drawers != expected.opened)
        complain(who, &access, known, "other drawers open");
    if (grant.target[0].obligations != expected.obligations)
        complain(who, &access, known, "other obligations");
    for (unsigned d = 0; error == OK && d < DRAWER_COUNT; d++)
        if (grant.target[0].outcome[d] != expected.outcome[d])
            complain(who, &access, known, "another outcome");
    assert_true(grant.leaf < EXPECTED_MAX);
    story->expected[grant.leaf] = expected;
    story->asked[grant.leaf] = kept;
    story->who[grant.leaf] = who;
}

static void ask_in_every_way(struct story *story, const struct whole_person *who, enum known known)
{
    static const enum action actions[] = {ACTION_READ, ACTION_SEARCH, ACTION_WRITE, ACTION_MATCH};
    struct slice token = whole_token(&story->whole, who);
    unsigned sets[DRAWER_COUNT + 4] = {BIT(IDENTITY) | BIT(CLINICAL), BIT(SOCIAL) | BIT(COVERAGE) | BIT(AUDIT), EVERY,
                                       0};

    for (unsigned d = 0; d < DRAWER_COUNT; d++)
        sets[4 + d] = 1u << d;
    for (size_t a = 0; a < sizeof actions / sizeof *actions; a++)
        for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
            for (unsigned way = 0; way < 6; way++)
                ask(story, who, token, known,
                    (struct access){.action = actions[a],
                                    .drawers = sets[s],
                                    .needed = way == 1   ? OUTCOME_SUMMARY
                                              : way == 2 ? OUTCOME_EXISTENCE
                                              : way == 5 ? OUTCOME_NONE
                                                         : OUTCOME_FULL,
                                    .all_or_nothing = way == 3,
                                    .hide_refused = way == 4 || way == 1,
                                    .replaces = way >= 3,
                                    .resources = 1});
}

/* ---- the events ---- */

static void same_word(const struct json *event, const char *name, struct slice word)
{
    if (!slice_equal(json_text(json_member(event, name)), word))
        fail_msg("%s: %.*s is not %.*s", name, SLICE_PRINT(json_text(json_member(event, name))), SLICE_PRINT(word));
}

static unsigned drawers_in(const struct json *list)
{
    unsigned drawers = 0;

    for (struct json_items items = json_items(list); json_next(&items);)
        for (unsigned d = 0; d < DRAWER_COUNT; d++)
            if (json_is(items.value, vocabulary_word(VOCABULARY_DRAWER, d)))
                drawers |= 1u << d;
    return drawers;
}

/* A search that showed nothing is answered with an empty list, and the entry says what it was. */
static enum error error_in_event(const struct access *asked, const struct expected *expected)
{
    bool nothing = expected->error == OK && expected->opened == 0 && asked->action == ACTION_SEARCH;

    return nothing ? ERROR_REFUSED : expected->error;
}

static void check_event(struct story *story, uint64_t leaf, const struct json *event)
{
    const struct expected *expected = &story->expected[leaf];
    const struct access *asked = story->asked[leaf];
    const struct whole_person *who = story->who[leaf];
    CLEANUP_BUFFER struct buffer obligations = buffer_new(1024);
    enum error error = error_in_event(asked, expected);

    decider_obligations_write(expected->decision.obligations, &obligations);
    same_word(event, "decision", error == OK ? SLICE("permit") : SLICE("deny"));
    same_word(event, "error", error == OK ? SLICE("") : slice_from_string(error_entry(error)->name));
    same_word(event, "outcome", slice_from_string(vocabulary_outcome(expected->decision.outcome)));
    same_word(event, "row", expected->decision.row);
    same_word(event, "citation", expected->decision.citation);
    same_word(event, "obligations", buffer_view(&obligations));
    same_word(event, "basis", error == OK ? expected->basis : SLICE(""));
    same_word(event, "action", slice_from_string(vocabulary_word(VOCABULARY_ACTION, asked->action)));
    same_word(event, "role", slice_from_string(vocabulary_word(VOCABULARY_ROLE, who->role)));
    same_word(event, "sector", slice_from_string(vocabulary_word(VOCABULARY_SECTOR, who->sector)));
    same_word(event, "purpose",
              slice_from_string(vocabulary_word(VOCABULARY_PURPOSE, (unsigned)__builtin_ctz(who->purposes))));
    assert_int_equal(drawers_in(json_member(event, "asked")), asked->drawers);
    assert_int_equal(drawers_in(json_member(event, "opened")), expected->opened);
    assert_int_equal(json_member(event, "replaces") != NULL, asked->replaces);
    assert_null(json_member(event, "breakGlass"));
}

static void check_every_event(struct story *story, size_t wanted)
{
    struct slice ines = whole_token(&story->whole, &INES);
    uint64_t next = 0;
    size_t seen = 0;

    for (bool more = true; more;) {
        CLEANUP_ARENA struct arena *arena = arena_new(32u << 20);
        const struct json *page;
        struct slice answer = evidence_page(&story->whole, ines, (struct evidence_wanted){.next = next}, OK);
        assert_int_equal(json_parse(arena, answer, &page, NULL), OK);
        for (struct json_items i = json_items(json_member(page, "entries")); json_next(&i);) {
            uint64_t leaf = 0;
            assert_true(slice_to_u64(json_text(json_member(i.value, "entry")), &leaf));
            if (leaf >= EXPECTED_MAX || !story->asked[leaf])
                continue;
            check_event(story, leaf, json_member(i.value, "event"));
            seen++;
        }
        uint64_t before = next;
        more = slice_to_u64(json_text(json_member(page, "next")), &next) && next > before && seen < wanted;
    }
    assert_int_equal(seen, wanted);
}

static void every_grant_and_every_event_say_what_the_rules_say(void **state)
{
    const struct whole_person self = whole_patient(&anna), other = whole_patient(&bela);
    const struct whole_person *const askers[] = {
        &NURSE, &PHYSICIAN_ELSEWHERE, &PHYSICIAN_EMERGENCY, &CLERK, &OFFICER, &BILLING, &SOCIAL, &self, &other, &INES};
    struct story story;
    size_t count = 0;

    (void)state;
    story_begin(&story);
    story.block[STRANGER] = SLICE("what a door may say of somebody who is not known");
    for (enum known known = STRANGER; known < KNOWNS; known++) {
        if (known == CARED_FOR) {
            story.block[CARED_FOR] = arena_copy(story.whole.arena, whole_register(&story.whole, &anna));
            story.block[OLD_FACTS] = story.block[CARED_FOR];
        } else if (known == LETS_IN || known == KEEPS_OUT) {
            struct grant grant = write_fact(&story.whole, story.block[known - 1],
                                            known == LETS_IN ? CONSENT_PERMIT : CONSENT_DENY);
            story.block[known] = grant.target[0].facts;
        }
        for (size_t i = 0; i < sizeof askers / sizeof *askers; i++)
            ask_in_every_way(&story, askers[i], known);
    }
    for (uint64_t leaf = 0; leaf < EXPECTED_MAX; leaf++)
        count += story.asked[leaf] != NULL;
    assert_int_equal(count, KNOWNS * (sizeof askers / sizeof *askers) * 4 * (DRAWER_COUNT + 4) * 6);
    check_every_event(&story, count);
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_grant_and_every_event_say_what_the_rules_say),
    };

    /* Twelve thousand accesses, of which none need outlive this test. */
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
