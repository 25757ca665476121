/* SPDX-License-Identifier: Apache-2.0 */

/* Blocks of facts between the safe that made them and the vault that stores them. Proves that what was refused, failed, or
 * was never stored counts for nothing, that what was stored ends what stood before, in whatever order the door says so, and
 * that a door cannot confirm what is still on its way. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "whole_node.h"

#define BIT(drawer) (1u << DRAWER_##drawer)

static const struct id anna = {{0xA1, 1}}, bela = {{0xB1, 2}};
static const struct whole_person SELF = {ROLE_PATIENT, SECTOR_PATIENT, 1u << PURPOSE_PATRQT, "none", {{0xA1, 1}}};

struct story {
    struct whole whole;
    struct slice first; /* the block from her registration */
};

static void begin(struct story *story)
{
    whole_open(&story->whole);
    story->first = arena_copy(story->whole.arena, whole_register(&story->whole, &anna));
}

static enum error read_as(struct story *story, const struct whole_person *who, struct slice facts)
{
    struct access_target target = {.person = anna, .facts = facts};
    struct access access = {.token = whole_token(&story->whole, who),
                            .action = ACTION_READ,
                            .drawers = BIT(IDENTITY),
                            .needed = OUTCOME_FULL,
                            .type = SLICE("Patient"),
                            .target = &target,
                            .targets = 1};
    struct grant grant;

    return whole_access(&story->whole, &access, &grant);
}

/* She says whether another clinic may read. With `beside`, the same write is of somebody else too, who is not hers. */
static struct access saying(struct story *story, struct slice facts, enum consent value, bool beside)
{
    struct arena *arena = story->whole.arena;
    struct access_target *target = arena_array(arena, 2, sizeof *target);
    struct fact_change *change = arena_alloc(arena, sizeof *change);

    assert_true(target && change);
    target[0] = (struct access_target){.person = anna, .facts = facts};
    target[1] = (struct access_target){.person = bela, .facts = SLICE("")};
    *change = (struct fact_change){.kind = FACT_CONSENT,
                                   .value = (uint8_t)value,
                                   .source = {{0xC0}},
                                   .organization = node_organization(SLICE("other-clinic"))};
    return (struct access){.token = whole_token(&story->whole, &SELF),
                           .action = ACTION_WRITE,
                           .drawers = BIT(AUDIT),
                           .needed = OUTCOME_FULL,
                           .type = SLICE("Consent"),
                           .resources = 1,
                           .target = target,
                           .targets = beside ? 2 : 1,
                           .change = change,
                           .changes = 1};
}

static struct grant says(struct story *story, struct slice facts, enum consent value)
{
    struct access access = saying(story, facts, value, false);
    struct grant grant;

    assert_int_equal(whole_access(&story->whole, &access, &grant), OK);
    assert_true(grant.target[0].facts.length > 0);
    return grant;
}

static void complete(struct story *story, uint64_t leaf, enum error error)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);

    completion_write(&(struct completion){leaf, error, 1}, &payload);
    assert_int_equal(whole_ask(&story->whole, PROTOCOL_COMPLETE, buffer_view(&payload), NULL), OK);
}

static void what_was_stored_ends_what_stood_before(void **state)
{
    struct story story;

    (void)state;
    begin(&story);
    struct grant second = says(&story, story.first, CONSENT_PERMIT);
    assert_int_equal(read_as(&story, &NURSE, story.first), OK); /* may be all that the vault has */
    complete(&story, second.leaf, OK);
    assert_int_equal(read_as(&story, &NURSE, second.target[0].facts), OK);
    assert_int_equal(read_as(&story, &NURSE, story.first), ERROR_REFUSED);
    whole_close(&story.whole);
}

static void what_was_not_stored_ends_nothing(void **state)
{
    struct story story;

    (void)state;
    begin(&story);
    struct grant second = says(&story, story.first, CONSENT_PERMIT);
    complete(&story, second.leaf + 1, OK);                                    /* of another entry */
    assert_int_equal(read_as(&story, &PHYSICIAN_ELSEWHERE, story.first), OK); /* the safe's own copy counts */
    complete(&story, second.leaf, ERROR_PRECONDITION);
    assert_int_equal(read_as(&story, &NURSE, story.first), OK);
    assert_int_equal(read_as(&story, &PHYSICIAN_ELSEWHERE, story.first), ERROR_REFUSED);
    whole_close(&story.whole);
}

/* Words of storing may overtake each other; the newest stays. */
static void an_older_word_of_storing_brings_nothing_back(void **state)
{
    struct story story;

    (void)state;
    begin(&story);
    struct grant second = says(&story, story.first, CONSENT_PERMIT);
    struct grant third = says(&story, second.target[0].facts, CONSENT_DENY);
    complete(&story, third.leaf, OK);
    complete(&story, second.leaf, OK);
    assert_int_equal(read_as(&story, &NURSE, third.target[0].facts), OK);
    assert_int_equal(read_as(&story, &NURSE, second.target[0].facts), ERROR_REFUSED);
    whole_close(&story.whole);
}

/* What was said in a request that was refused as a whole is forgotten: the next thing she says is what counts. */
static void what_was_refused_does_not_count_later(void **state)
{
    struct story story;
    struct grant grant;

    (void)state;
    begin(&story);
    struct access refused = saying(&story, story.first, CONSENT_PERMIT, true);
    assert_int_not_equal(whole_access(&story.whole, &refused, &grant), OK);
    says(&story, story.first, CONSENT_DENY);
    assert_int_equal(read_as(&story, &PHYSICIAN_ELSEWHERE, story.first), ERROR_REFUSED);
    whole_close(&story.whole);
}

static void what_has_no_entry_does_not_count_later(void **state)
{
    struct story story;
    struct grant grant;

    (void)state;
    begin(&story);
    struct access lost = saying(&story, story.first, CONSENT_PERMIT, false);
    whole_files_may_grow_to(1);
    assert_int_not_equal(whole_access(&story.whole, &lost, &grant), OK);
    whole_files_may_grow_to(RLIM_INFINITY);
    says(&story, story.first, CONSENT_DENY);
    assert_int_equal(read_as(&story, &PHYSICIAN_ELSEWHERE, story.first), ERROR_REFUSED);
    whole_close(&story.whole);
}

/* One message: her word, and a door that says at once that it stored what it cannot have yet. */
static void what_is_on_its_way_cannot_be_confirmed(void **state)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(1u << 20), payload = buffer_new(65536);
    struct story story;

    (void)state;
    begin(&story);
    struct access access = saying(&story, story.first, CONSENT_PERMIT, false);
    access_write(&access, &payload);
    buffer_u16(&message, 2);
    buffer_byte(&message, PROTOCOL_ACCESS);
    protocol_text_write(buffer_view(&payload), &message);
    buffer_clear(&payload);
    completion_write(&(struct completion){UINT64_MAX, OK, 1}, &payload);
    buffer_byte(&message, PROTOCOL_COMPLETE);
    protocol_text_write(buffer_view(&payload), &message);
    buffer_clear(&story.whole.answer);
    assert_int_equal(safe_answer(story.whole.safe, buffer_view(&message), &story.whole.answer), OK);
    whole_reopen(&story.whole); /* so that the block itself counts, and not the safe's copy of a newer one */
    assert_int_equal(read_as(&story, &NURSE, story.first), OK);
    whole_close(&story.whole);
}

/* She speaks while the door shows a block that is too old: what she says counts, and the old one does not come to life. */
static void a_word_over_an_old_block_brings_nothing_back(void **state)
{
    struct story story;

    (void)state;
    begin(&story);
    struct grant second = says(&story, story.first, CONSENT_PERMIT);
    complete(&story, second.leaf, OK);
    assert_int_equal(read_as(&story, &NURSE, story.first), ERROR_REFUSED);
    says(&story, story.first, CONSENT_DENY);
    whole_reopen(&story.whole);
    assert_int_equal(read_as(&story, &NURSE, story.first), ERROR_REFUSED);
    assert_int_equal(read_as(&story, &NURSE, second.target[0].facts), OK);
    whole_close(&story.whole);
}

/* A refusal that comes with it in one message takes back its own blocks and nobody else's. */
static void a_refusal_beside_it_takes_nothing_from_what_she_said(void **state)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(65536), payload = buffer_new(65536);
    struct story story;

    (void)state;
    begin(&story);
    struct whole *whole = &story.whole;
    const struct access both[] = {saying(&story, story.first, CONSENT_PERMIT, false),
                                  saying(&story, story.first, CONSENT_DENY, true)};
    buffer_u16(&message, 2);
    for (size_t i = 0; i < 2; i++) {
        buffer_clear(&payload);
        access_write(&both[i], &payload);
        buffer_byte(&message, PROTOCOL_ACCESS);
        protocol_text_write(buffer_view(&payload), &message);
    }
    buffer_clear(&whole->answer);
    assert_int_equal(safe_answer(whole->safe, buffer_view(&message), &whole->answer), OK);
    struct reader reader = reader_of(slice_from(buffer_view(&whole->answer), 6));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(reader_u16(&reader), i == 0 ? OK : ERROR_REFUSED);
        protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    }
    assert_int_equal(read_as(&story, &PHYSICIAN_ELSEWHERE, story.first), OK);
    whole_close(whole);
}

static void a_safe_that_closes_keeps_no_block(void **state)
{
    struct whole whole;
    size_t before = 0;

    (void)state;
    whole_open(&whole);
    for (unsigned round = 0; round < 6; round++) {
        for (unsigned i = 0; i < 40; i++)
            whole_register(&whole, &(struct id){{0xD0, (uint8_t)round, (uint8_t)i, 1}});
        safe_close(whole.safe);
        whole.safe = NULL;
        arena_reset(whole.arena);
        if (round == 2)
            before = whole_memory();
        if (round == 5 && whole_memory() > before + 3 * 40 * 50) /* a block is more than 50 B */
            fail_msg("%zu bytes more", whole_memory() - before);
        whole_reopen(&whole);
    }
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_stored_ends_what_stood_before),
        cmocka_unit_test(what_was_not_stored_ends_nothing),
        cmocka_unit_test(an_older_word_of_storing_brings_nothing_back),
        cmocka_unit_test(what_was_refused_does_not_count_later),
        cmocka_unit_test(what_has_no_entry_does_not_count_later),
        cmocka_unit_test(what_is_on_its_way_cannot_be_confirmed),
        cmocka_unit_test(a_refusal_beside_it_takes_nothing_from_what_she_said),
        cmocka_unit_test(a_safe_that_closes_keeps_no_block),
        cmocka_unit_test(a_word_over_an_old_block_brings_nothing_back),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
