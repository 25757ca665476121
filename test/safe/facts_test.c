/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a block of facts is one person's in one version and cannot be touched, and that it answers the rules'
 * questions as facts.h says. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "safe/facts.h"

static const struct secret_key key = {{1}}, other_key = {{2}};
static const struct id anna = {{1}}, bela = {{2}}, clinic = {{10}}, hospital = {{11}}, everyone = {{0}};

static struct buffer sealed(uint64_t version)
{
    struct buffer block = buffer_new(UINT16_MAX);
    struct world world = world_driven(1, 0);
    struct facts facts = {.version = version, .count = 2};

    facts.fact[0] = (struct fact){FACT_RELATION, RELATION_OPEN_ENCOUNTER, clinic, {{7}}, 1000};
    facts.fact[1] = (struct fact){FACT_CONSENT, CONSENT_DENY, hospital, {{8}}, 0};
    facts_seal(&key, &world, &anna, &facts, &block);
    assert_int_equal(buffer_check(&block), OK);
    return block;
}

static void a_block_comes_back(void **state)
{
    CLEANUP_BUFFER struct buffer block = sealed(9);
    struct facts facts;

    (void)state;
    assert_int_equal(facts_open(&key, &anna, buffer_view(&block), &facts), OK);
    assert_int_equal(facts.version, 9);
    assert_int_equal(facts.count, 2);
    assert_int_equal(facts.fact[0].kind, FACT_RELATION);
    assert_int_equal(facts.fact[0].expires_s, 1000);
    assert_true(id_equal(&facts.fact[0].organization, &clinic));
    assert_int_equal(facts.fact[1].value, CONSENT_DENY);
    assert_true(id_equal(&facts.fact[1].source, &(struct id){{8}}));
}

static void an_empty_block_says_nothing(void **state)
{
    struct facts facts = {.version = 5, .count = 7};

    (void)state;
    assert_int_equal(facts_open(&key, &anna, SLICE(""), &facts), OK);
    assert_int_equal(facts.version, 0);
    assert_int_equal(facts.count, 0);
}

static void a_block_is_one_persons_under_one_key(void **state)
{
    CLEANUP_BUFFER struct buffer block = sealed(9);
    struct facts facts;

    (void)state;
    assert_int_equal(facts_open(&key, &bela, buffer_view(&block), &facts), ERROR_SEALED);
    assert_int_equal(facts_open(&other_key, &anna, buffer_view(&block), &facts), ERROR_SEALED);
}

static void a_touched_or_cut_block_does_not_open(void **state)
{
    CLEANUP_BUFFER struct buffer block = sealed(9);
    struct facts facts;

    (void)state;
    for (size_t i = 0; i < block.length; i++) { /* the first eight bytes are the version */
        block.data[i] ^= 1;
        assert_int_equal(facts_open(&key, &anna, buffer_view(&block), &facts), ERROR_SEALED);
        block.data[i] ^= 1;
    }
    for (size_t length = 1; length < block.length; length++)
        assert_int_equal(facts_open(&key, &anna, slice_of(block.data, length), &facts), ERROR_SEALED);
    assert_int_equal(facts_open(&key, &anna, buffer_view(&block), &facts), OK);
}

static void a_later_change_of_the_same_record_replaces_the_former(void **state)
{
    static struct facts facts;
    const struct id encounter = {{30}};

    (void)state;
    facts = (struct facts){0};
    struct fact_change change = {.kind = FACT_RELATION, .value = RELATION_OPEN_ENCOUNTER, .organization = clinic,
                                 .source = encounter};
    assert_int_equal(facts_change(&facts, &change, 0), OK);
    assert_int_equal(facts_relation(&facts, &clinic, 0), RELATION_OPEN_ENCOUNTER);
    change.value = RELATION_PAST;
    assert_int_equal(facts_change(&facts, &change, 0), OK);
    assert_int_equal(facts.count, 1);
    assert_int_equal(facts_relation(&facts, &clinic, 0), RELATION_PAST);
    change.kind = FACT_CONSENT; /* another kind from the same source stands beside it */
    assert_int_equal(facts_change(&facts, &change, 0), OK);
    assert_int_equal(facts.count, 2);
}

static void a_block_has_a_bound_and_drops_what_expired(void **state)
{
    static struct facts facts;

    (void)state;
    facts = (struct facts){0};
    for (unsigned i = 0; i < FACTS_MAX; i++) {
        struct fact_change change = {.kind = FACT_RELATION, .source = {{(uint8_t)i, (uint8_t)(i >> 8), 1}},
                                     .expires_s = 100};
        assert_int_equal(facts_change(&facts, &change, 0), OK);
    }
    struct fact_change more = {.kind = FACT_RELATION, .source = {{0, 0, 2}}};
    assert_int_equal(facts_change(&facts, &more, 99), ERROR_TOO_MANY);
    assert_int_equal(facts_change(&facts, &more, 100), OK);
    assert_int_equal(facts.count, 1);
}

static void a_long_life_does_not_fill_the_block(void **state)
{
    static struct facts facts;

    (void)state;
    facts = (struct facts){0};
    for (unsigned i = 0; i < 2 * FACTS_MAX; i++) {
        struct fact_change change = {.kind = FACT_RELATION, .value = RELATION_PAST, .organization = clinic,
                                     .source = {{(uint8_t)i, (uint8_t)(i >> 8), 1}}};
        assert_int_equal(facts_change(&facts, &change, 0), OK);
    }
    struct fact_change other = {.kind = FACT_RELATION, .value = RELATION_PAST, .organization = hospital,
                                .source = {{9, 9, 9}}};
    assert_int_equal(facts_change(&facts, &other, 0), OK);
    assert_int_equal(facts_relation(&facts, &clinic, 0), RELATION_PAST);
    assert_int_equal(facts_relation(&facts, &hospital, 0), RELATION_PAST);
    other.organization = clinic;
    other.value = RELATION_OPEN_ENCOUNTER;
    assert_int_equal(facts_change(&facts, &other, 0), OK);
    assert_int_equal(facts_relation(&facts, &clinic, 0), RELATION_OPEN_ENCOUNTER);
}

static void the_fullest_block_seals_and_opens(void **state)
{
    static struct facts facts, back;
    CLEANUP_BUFFER struct buffer block = buffer_new(UINT16_MAX);
    struct world world = world_driven(1, 0);

    (void)state;
    facts = (struct facts){.version = 1, .count = FACTS_MAX};
    facts.fact[FACTS_MAX - 1].expires_s = 12345;
    facts_seal(&key, &world, &anna, &facts, &block);
    assert_int_equal(buffer_check(&block), OK);
    assert_int_equal(facts_open(&key, &anna, buffer_view(&block), &back), OK);
    assert_int_equal(back.count, FACTS_MAX);
    assert_int_equal(back.fact[FACTS_MAX - 1].expires_s, 12345);
}

/* What is asked at time 50 for the clinic, with up to two facts known. */
struct question {
    struct fact fact[2];
    int expected;
};

#define RELATES(value, who, until) {FACT_RELATION, RELATION_##value, who, {{0}}, until}
#define CONSENTS(value, who, until) {FACT_CONSENT, CONSENT_##value, who, {{0}}, until}
#define CLINIC {{10}}
#define HOSPITAL {{11}}
#define EVERYONE {{0}}
#define NOTHING {0}

static void the_relation_is_the_closest_that_holds_now(void **state)
{
    static const struct question questions[] = {
        {{NOTHING, NOTHING}, RELATION_NONE},
        {{RELATES(OPEN_ENCOUNTER, CLINIC, 0), NOTHING}, RELATION_OPEN_ENCOUNTER},
        {{RELATES(OPEN_ENCOUNTER, CLINIC, 51), NOTHING}, RELATION_OPEN_ENCOUNTER},
        {{RELATES(OPEN_ENCOUNTER, CLINIC, 50), NOTHING}, RELATION_PAST},
        {{RELATES(OPEN_ENCOUNTER, HOSPITAL, 0), NOTHING}, RELATION_NONE},
        {{RELATES(PAST, CLINIC, 0), RELATES(OPEN_ENCOUNTER, CLINIC, 0)}, RELATION_OPEN_ENCOUNTER},
        {{RELATES(OPEN_ENCOUNTER, CLINIC, 0), RELATES(PAST, CLINIC, 0)}, RELATION_OPEN_ENCOUNTER},
        {{CONSENTS(PERMIT, CLINIC, 0), NOTHING}, RELATION_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct facts facts = {.count = 2};
        memcpy(facts.fact, questions[i].fact, sizeof questions[i].fact);
        assert_int_equal(facts_relation(&facts, &clinic, 50), questions[i].expected);
    }
}

static void a_denial_outweighs_and_the_own_word_comes_before_the_general(void **state)
{
    static const struct question questions[] = {
        {{NOTHING, NOTHING}, CONSENT_NONE},
        {{CONSENTS(PERMIT, CLINIC, 0), NOTHING}, CONSENT_PERMIT},
        {{CONSENTS(PERMIT, CLINIC, 50), NOTHING}, CONSENT_NONE},
        {{CONSENTS(PERMIT, HOSPITAL, 0), NOTHING}, CONSENT_NONE},
        {{CONSENTS(PERMIT, EVERYONE, 0), NOTHING}, CONSENT_PERMIT},
        {{CONSENTS(PERMIT, CLINIC, 0), CONSENTS(DENY, CLINIC, 0)}, CONSENT_DENY},
        {{CONSENTS(DENY, CLINIC, 0), CONSENTS(PERMIT, CLINIC, 0)}, CONSENT_DENY},
        {{CONSENTS(DENY, CLINIC, 49), CONSENTS(PERMIT, CLINIC, 0)}, CONSENT_PERMIT},
        {{CONSENTS(PERMIT, CLINIC, 0), CONSENTS(DENY, EVERYONE, 0)}, CONSENT_PERMIT},
        {{CONSENTS(DENY, CLINIC, 0), CONSENTS(PERMIT, EVERYONE, 0)}, CONSENT_DENY},
        {{CONSENTS(NONE, CLINIC, 0), CONSENTS(DENY, EVERYONE, 0)}, CONSENT_DENY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct facts facts = {.count = 2};
        memcpy(facts.fact, questions[i].fact, sizeof questions[i].fact);
        if (facts_consent(&facts, &clinic, 50) != (enum consent)questions[i].expected)
            fail_msg("question %zu", i);
    }
}

static void broken_glass_is_one_credentials_and_ends(void **state)
{
    struct facts facts = {.count = 1};

    (void)state;
    facts.fact[0] = (struct fact){FACT_BREAK_GLASS, BREAK_GLASS_ACTIVE, clinic, {{0}}, 50};
    assert_int_equal(facts_break_glass(&facts, &clinic, 49), BREAK_GLASS_ACTIVE);
    assert_int_equal(facts_break_glass(&facts, &clinic, 50), BREAK_GLASS_NO);
    assert_int_equal(facts_break_glass(&facts, &hospital, 49), BREAK_GLASS_NO);
    assert_int_equal(facts_break_glass(&facts, &everyone, 49), BREAK_GLASS_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_comes_back),
        cmocka_unit_test(an_empty_block_says_nothing),
        cmocka_unit_test(a_block_is_one_persons_under_one_key),
        cmocka_unit_test(a_touched_or_cut_block_does_not_open),
        cmocka_unit_test(a_later_change_of_the_same_record_replaces_the_former),
        cmocka_unit_test(a_block_has_a_bound_and_drops_what_expired),
        cmocka_unit_test(a_long_life_does_not_fill_the_block),
        cmocka_unit_test(the_fullest_block_seals_and_opens),
        cmocka_unit_test(the_relation_is_the_closest_that_holds_now),
        cmocka_unit_test(a_denial_outweighs_and_the_own_word_comes_before_the_general),
        cmocka_unit_test(broken_glass_is_one_credentials_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
