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
    struct fact_change change = {
        .kind = FACT_RELATION, .value = RELATION_OPEN_ENCOUNTER, .organization = clinic, .source = encounter};
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
        struct fact_change change = {
            .kind = FACT_RELATION, .source = {{(uint8_t)i, (uint8_t)(i >> 8), 1}}, .expires_s = 100};
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
        struct fact_change change = {.kind = FACT_RELATION,
                                     .value = RELATION_PAST,
                                     .organization = clinic,
                                     .source = {{(uint8_t)i, (uint8_t)(i >> 8), 1}}};
        assert_int_equal(facts_change(&facts, &change, 0), OK);
    }
    struct fact_change other = {
        .kind = FACT_RELATION, .value = RELATION_PAST, .organization = hospital, .source = {{9, 9, 9}}};
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

#define RELATES(value, who, until)                                                                                     \
    {                                                                                                                  \
        FACT_RELATION, RELATION_##value, who, {{0}}, until                                                             \
    }
#define CONSENTS(value, who, until)                                                                                    \
    {                                                                                                                  \
        FACT_CONSENT, CONSENT_##value, who, {{0}}, until                                                               \
    }
#define CLINIC                                                                                                         \
    {                                                                                                                  \
        {                                                                                                              \
            10                                                                                                         \
        }                                                                                                              \
    }
#define HOSPITAL                                                                                                       \
    {                                                                                                                  \
        {                                                                                                              \
            11                                                                                                         \
        }                                                                                                              \
    }
#define EVERYONE                                                                                                       \
    {                                                                                                                  \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
#define NOTHING                                                                                                        \
    {                                                                                                                  \
        0                                                                                                              \
    }

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

/* A block as the safe would seal it, with any content. */
static enum error open_content(const void *bytes, size_t length, struct facts *ret)
{
    CLEANUP_BUFFER struct buffer binding = buffer_new(64), block = buffer_new(UINT16_MAX);
    struct world world = world_driven(1, 0);

    buffer_string(&binding, "facts");
    buffer_byte(&binding, 1);
    buffer_slice(&binding, id_slice(&anna));
    buffer_u64(&binding, 9);
    buffer_byte(&block, 1);
    buffer_u64(&block, 9);
    void *room = buffer_room(&block, length + SEAL_OVERHEAD);
    assert_non_null(room);
    seal(&key, &world, buffer_view(&binding), slice_of(bytes, length), room);
    return facts_open(&key, &anna, buffer_view(&block), ret);
}

#define FACT_BYTES 42

/* What was sealed rightly and does not hold together is not read in part. */
static void a_content_that_does_not_hold_together_is_refused(void **state)
{
    static uint8_t content[2 + (FACTS_MAX + 1) * FACT_BYTES];
    static struct facts facts;

    (void)state;
    content[1] = 2;
    assert_int_equal(open_content(content, 2 + 2 * FACT_BYTES, &facts), OK);
    for (size_t length = 0; length <= 2 + 3 * FACT_BYTES; length++)
        if (length != 2 + 2 * FACT_BYTES)
            assert_int_equal(open_content(content, length, &facts), ERROR_SEALED);
    content[0] = FACTS_MAX >> 8;
    content[1] = FACTS_MAX & 0xff;
    assert_int_equal(open_content(content, 2 + FACTS_MAX * FACT_BYTES, &facts), OK);
    assert_int_equal(facts.count, FACTS_MAX);
    assert_int_equal(open_content(content, 2 + FACTS_MAX * FACT_BYTES + 1, &facts), ERROR_SEALED);
    content[0] = (FACTS_MAX + 1) >> 8;
    content[1] = (FACTS_MAX + 1) & 0xff;
    assert_int_equal(open_content(content, 2 + FACTS_MAX * FACT_BYTES, &facts), ERROR_SEALED);
    assert_int_equal(open_content(content, 2 + (FACTS_MAX + 1) * FACT_BYTES, &facts), ERROR_SEALED);
}

/* The same number means something else in a fact of another kind; and what lies behind the count says nothing. */
static void each_kind_of_fact_speaks_for_itself(void **state)
{
    static const enum fact_kind kinds[] = {FACT_RELATION, FACT_CONSENT, FACT_BREAK_GLASS};
    struct facts facts = {.count = 1};

    (void)state;
    for (size_t k = 0; k < 3; k++)
        for (uint8_t value = 0; value < 4; value++) {
            facts.count = 1;
            facts.fact[0] = (struct fact){kinds[k], value, clinic, {{7}}, 0};
            bool open = kinds[k] == FACT_RELATION && value == RELATION_OPEN_ENCOUNTER;
            enum relation otherwise = kinds[k] == FACT_RELATION ? RELATION_PAST : RELATION_NONE;
            assert_int_equal(facts_relation(&facts, &clinic, 0), open ? RELATION_OPEN_ENCOUNTER : otherwise);
            bool says = kinds[k] == FACT_CONSENT && (value == CONSENT_DENY || value == CONSENT_PERMIT);
            assert_int_equal(facts_consent(&facts, &clinic, 0), says ? value : CONSENT_NONE);
            bool broken = kinds[k] == FACT_BREAK_GLASS && value == BREAK_GLASS_ACTIVE;
            assert_int_equal(facts_break_glass(&facts, &clinic, 0), broken ? BREAK_GLASS_ACTIVE : BREAK_GLASS_NO);
            facts.count = 0;
            assert_int_equal(facts_relation(&facts, &clinic, 0), RELATION_NONE);
            assert_int_equal(facts_consent(&facts, &clinic, 0), CONSENT_NONE);
            assert_int_equal(facts_break_glass(&facts, &clinic, 0), BREAK_GLASS_NO);
        }
}

/* Of an older block permissions go, and everything else stays. */
static void without_permissions_the_rest_stays(void **state)
{
    struct facts facts = {.count = 4};

    (void)state;
    facts.fact[0] = (struct fact){FACT_CONSENT, CONSENT_PERMIT, clinic, {{1}}, 0};
    facts.fact[1] = (struct fact){FACT_CONSENT, CONSENT_DENY, hospital, {{2}}, 0};
    facts.fact[2] = (struct fact){
        FACT_RELATION, RELATION_OPEN_ENCOUNTER, clinic, {{3}}, 0}; /* its number is that of permit */
    facts.fact[3] = (struct fact){FACT_CONSENT, CONSENT_PERMIT, hospital, {{4}}, 0};
    facts.fact[4] = (struct fact){FACT_RELATION, RELATION_OPEN_ENCOUNTER, hospital, {{5}}, 0}; /* behind the count */
    facts_drop_permissions(&facts);
    assert_int_equal(facts.count, 2);
    assert_int_equal(facts_consent(&facts, &clinic, 0), CONSENT_NONE);
    assert_int_equal(facts_consent(&facts, &hospital, 0), CONSENT_DENY);
    assert_int_equal(facts_relation(&facts, &clinic, 0), RELATION_OPEN_ENCOUNTER);
    assert_int_equal(facts_relation(&facts, &hospital, 0), RELATION_NONE);
}

/* A relation that is over takes the place of others that are over, with the same house, and of nothing else. */
static void what_is_over_replaces_only_what_is_over(void **state)
{
    struct facts facts = {.count = 3};
    struct fact_change over = {.kind = FACT_RELATION, .value = RELATION_PAST, .organization = clinic, .source = {{9}}};
    struct fact_change open = {
        .kind = FACT_RELATION, .value = RELATION_OPEN_ENCOUNTER, .organization = clinic, .source = {{8}}};

    (void)state;
    facts.fact[0] = (struct fact){FACT_RELATION, RELATION_OPEN_ENCOUNTER, clinic, {{1}}, 0};
    facts.fact[1] = (struct fact){FACT_CONSENT, CONSENT_DENY, clinic, {{2}}, 0}; /* its number is that of past */
    facts.fact[2] = (struct fact){FACT_RELATION, RELATION_PAST, clinic, {{3}}, 0};
    assert_int_equal(facts_change(&facts, &over, 0), OK);
    assert_int_equal(facts.count, 3);
    assert_int_equal(facts_relation(&facts, &clinic, 0), RELATION_OPEN_ENCOUNTER);
    assert_int_equal(facts_consent(&facts, &clinic, 0), CONSENT_DENY);
    assert_int_equal(facts_change(&facts, &open, 0), OK);
    assert_int_equal(facts.count, 4); /* that there was care before is still so */
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
        cmocka_unit_test(a_content_that_does_not_hold_together_is_refused),
        cmocka_unit_test(each_kind_of_fact_speaks_for_itself),
        cmocka_unit_test(without_permissions_the_rest_stays),
        cmocka_unit_test(what_is_over_replaces_only_what_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
