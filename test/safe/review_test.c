/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that broken glass is looked at by somebody else, whatever its door does: that trying is reviewed too, that a
 * verdict is an entry, that nobody judges herself, and that what nobody reviews climbs the ladder. */

#include "oversight_asks.h"

#include <stdio.h>
#include <stdlib.h>

static void a_glass_that_was_refused_is_reviewed_too(void **state)
{
    static const struct id stranger = {{0xEE, 3}};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &anna, facts, REASON, &grant),
                     ERROR_REFUSED);
    assert_int_equal(open_reviews(&whole), 1);
    assert_int_equal(
        break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &stranger, SLICE(""), REASON, &grant),
        ERROR_REFUSED);
    assert_int_equal(open_reviews(&whole), 2);
    assert_int_equal(times(reviews_json(&whole), "\"obligations\":\"log review\""), 2);
    whole_close(&whole);
}

/* A look through the broken glass at what it does not open: coverage. */
static void a_refused_look_through_broken_glass_is_reviewed(void **state)
{
    struct whole whole;
    struct grant grant;
    struct look_asked look;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    assert_int_equal(break_glass_of(&whole, physician, &anna, facts, REASON, &grant), OK);
    facts = grant.target[0].facts;
    assert_int_equal(open_reviews(&whole), 1);
    assert_int_equal(whole_access(&whole, looking(&look, physician, &anna, facts, BIT(COVERAGE)), &grant),
                     ERROR_REFUSED);
    assert_int_equal(open_reviews(&whole), 2);
    whole_close(&whole);
}

static void looks_through_one_glass_are_one_review_of_its_own_hour(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), others = whole_register(&whole, &bela);
    struct slice physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    assert_int_equal(break_glass_of(&whole, physician, &anna, facts, REASON, &grant), OK);
    uint64_t entry = grant.leaf;
    facts = grant.target[0].facts;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(look_at(&whole, physician, &anna, facts, &grant), OK);
    assert_int_equal(open_reviews(&whole), 1);
    assert_int_equal(times(reviews_json(&whole), "\"looks\":5"), 1);
    assert_int_equal(break_glass_of(&whole, physician, &bela, others, REASON, &grant), OK); /* another person */
    assert_int_equal(open_reviews(&whole), 2);
    /* What was judged covers nothing that comes after. */
    assert_int_equal(judge_as(&whole, whole_token(&whole, &INES), entry, REVIEW_JUSTIFIED, "seen the ward's log"), OK);
    assert_int_equal(look_at(&whole, physician, &anna, facts, &grant), OK);
    assert_int_equal(open_reviews(&whole), 2);
    whole_close(&whole);
}

static void a_crash_loses_no_review_and_no_verdict(void **state)
{
    struct whole whole, crashed;
    struct grant grant;
    char command[512];

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), ines = whole_token(&whole, &INES);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, REASON, &grant),
                     OK);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_ELSEWHERE), &anna, facts, REASON, &grant),
                     ERROR_REFUSED);
    /* Nothing of it has been written behind the log yet: the disk as a crash leaves it. */
    snprintf(command, sizeof command, "cp -r %s %s.crashed && rm -f %s.crashed/log/*/lock", whole.directory,
             whole.directory, whole.directory);
    assert_int_equal(system(command), 0);
    crashed = whole;
    snprintf(crashed.directory, sizeof crashed.directory, "%.70s.crashed", whole.directory);
    struct safe_options options = {crashed.directory, SLICE(""), &crashed.world};
    struct fault fault = {0};
    crashed.safe = NULL;
    assert_int_equal(safe_open(&options, &crashed.safe, &fault), OK);
    crashed.answer = buffer_new(PROTOCOL_MESSAGE_MAX);
    assert_int_equal(open_reviews(&crashed), 2);
    assert_int_equal(judge_as(&crashed, ines, grant.leaf, REVIEW_NOT_JUSTIFIED, "no emergency was known"), OK);
    assert_int_equal(open_reviews(&crashed), 1);
    safe_close(crashed.safe);
    buffer_free(&crashed.answer);
    snprintf(command, sizeof command, "rm -rf %s", crashed.directory);
    assert_int_equal(system(command), 0);
    whole_close(&whole);
}

static void a_review_is_closed_by_oversight_alone_and_once(void **state)
{
    const struct whole_person *const others[] = {&NURSE, &PHYSICIAN_EMERGENCY, &OFFICER};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), ines = whole_token(&whole, &INES);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, REASON, &grant),
                     OK);
    uint64_t entry = grant.leaf;
    for (size_t i = 0; i < 3; i++) {
        struct slice token = whole_token(&whole, others[i]);
        assert_int_equal(judge_as(&whole, token, entry, REVIEW_JUSTIFIED, "it was me"), ERROR_REFUSED);
        assert_int_equal(whole_list(&whole, PROTOCOL_REVIEWS, token, NULL), ERROR_REFUSED);
    }
    assert_int_equal(judge_as(&whole, ines, entry, REVIEW_JUSTIFIED, " "), ERROR_REQUIRED);
    assert_int_equal(judge_as(&whole, ines, entry, REVIEW_OPEN, "later perhaps"), ERROR_SYNTAX);
    assert_int_equal(judge_as(&whole, ines, entry + 100, REVIEW_JUSTIFIED, "no such entry"), ERROR_NOT_FOUND);
    uint64_t before = whole_entries(&whole);
    assert_int_equal(judge_as(&whole, ines, entry, REVIEW_NOT_JUSTIFIED, "she was awake"), OK);
    assert_int_equal(whole_entries(&whole), before + 1);
    assert_int_equal(judge_as(&whole, ines, entry, REVIEW_JUSTIFIED, "second thoughts"), ERROR_NOT_FOUND);
    assert_int_equal(open_reviews(&whole), 0);
    whole_close(&whole);
}

static void nobody_judges_her_own_look(void **state)
{
    /* The physician has a second credential, of oversight; a colleague of her house has one too. */
    static const struct whole_person herself = {ROLE_OVERSEER, SECTOR_OVERSIGHT,        1u << PURPOSE_HOPERAT, "ombud",
                                                {{0}},         "physician@other-clinic"};
    static const struct whole_person colleague = {
        ROLE_OVERSEER, SECTOR_OVERSIGHT, 1u << PURPOSE_HOPERAT, "other-clinic", {{0}}, "colleague"};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, REASON, &grant),
                     OK);
    assert_int_equal(judge_as(&whole, whole_token(&whole, &herself), grant.leaf, REVIEW_JUSTIFIED, "trust me"),
                     ERROR_OWN_LOOK);
    assert_int_equal(judge_as(&whole, whole_token(&whole, &colleague), grant.leaf, REVIEW_JUSTIFIED, "trust her"),
                     ERROR_OWN_LOOK);
    assert_int_equal(open_reviews(&whole), 1);
    assert_int_equal(judge_as(&whole, whole_token(&whole, &INES), grant.leaf, REVIEW_JUSTIFIED, "the ward agrees"), OK);
    whole_close(&whole);
}

static void a_reason_is_words_and_not_a_key_held_down(void **state)
{
    static const struct {
        const char *reason;
        bool suffices;
    } cases[] = {
        {"", false},          {"          ", false}, {"aaaaaaaaaaaaaa", false},  {"xx xx xx xx xx", false},
        {".........", false}, {"emergency", false},  {"a b c", false},           {"unconscious, no companion", true},
        {"she fell", true},   {"فاقدة الوعي", true}, {"昏迷不醒无人陪同", true}, {"昏昏昏昏昏昏昏", false},
    };
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum error error = break_glass_of(&whole, physician, &anna, facts, slice_from_string(cases[i].reason), &grant);
        if ((error == OK) != cases[i].suffices)
            fail_msg("\"%s\": %s", cases[i].reason, error_entry(error)->name);
        if (!cases[i].suffices)
            assert_int_equal(error, ERROR_REASON);
        else
            facts = grant.target[0].facts;
    }
    whole_close(&whole);
}

static void what_nobody_reviews_climbs_the_ladder(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), others = whole_register(&whole, &bela);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, REASON, &grant),
                     OK);
    uint64_t entry = grant.leaf;
    facts = grant.target[0].facts;
    world_advance(&whole.world, 7 * DAY_NS - INT64_C(10) * 1000000000);
    safe_idle(whole.safe);
    assert_int_equal(times(public_log(&whole), "review.overdue"), 0);
    world_advance(&whole.world, INT64_C(20) * 1000000000);
    safe_idle(whole.safe);
    safe_idle(whole.safe);
    assert_int_equal(times(public_log(&whole), "{\"kind\":\"review.overdue\""), 1); /* once */
    assert_int_equal(times(public_log(&whole), "\"days\":7,\"count\":1"), 1);
    assert_int_equal(times(reviews_json(&whole), "\"overdue\":true,\"rung\":1"), 1);
    /* Overdue and not yet shut. */
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &bela, others, REASON, &grant),
                     OK);
    others = grant.target[0].facts;
    struct slice list = reviews_json(&whole);
    assert_true(slice_search(list, SLICE("\"overdue\":true")) < slice_search(list, SLICE("\"overdue\":false")));
    world_advance(&whole.world, 7 * DAY_NS);
    safe_idle(whole.safe);
    assert_int_equal(times(public_log(&whole), "review.shut"), 1);
    struct slice physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    assert_int_equal(break_glass_of(&whole, physician, &bela, others, REASON, &grant), ERROR_GLASS_SHUT);
    assert_int_equal(grant.target[0].facts.length, 0);
    assert_int_equal(judge_as(&whole, whole_token(&whole, &INES), entry, REVIEW_JUSTIFIED, "late but fine"), OK);
    assert_int_equal(break_glass_of(&whole, physician, &bela, others, REASON, &grant), OK);
    whole_close(&whole);
}

/* Shut glass stops one way in, and of one person: a colleague breaks it, and an open encounter needs none. */
static void shut_glass_never_stops_urgent_care(void **state)
{
    static const struct whole_person colleague = {ROLE_PHYSICIAN, SECTOR_HEALTH, 1u << PURPOSE_ETREAT,
                                                  "other-clinic", {{0}},         "colleague"};
    static const struct whole_person at_harbour = {ROLE_PHYSICIAN,   SECTOR_HEALTH, 1u << PURPOSE_ETREAT,
                                                   "harbour-clinic", {{0}},         "physician@other-clinic"};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, REASON, &grant),
                     OK);
    safe_idle(whole.safe); /* a second later */
    world_advance(&whole.world, 15 * DAY_NS);
    struct slice others = whole_register(&whole, &bela);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &bela, others, REASON, &grant),
                     ERROR_GLASS_SHUT);
    /* Said to who breaks it in an emergency, and to nobody else. */
    struct whole_person treating = PHYSICIAN_EMERGENCY;
    treating.purposes = 1u << PURPOSE_TREAT;
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &treating), &bela, others, REASON, &grant),
                     ERROR_REFUSED);
    assert_int_equal(look_at(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &bela, others, &grant), ERROR_REFUSED);
    assert_int_equal(look_at(&whole, whole_token(&whole, &at_harbour), &bela, others, &grant), OK);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &at_harbour), &bela, others, REASON, &grant), OK);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &colleague), &bela, others, REASON, &grant), OK);
    whole_close(&whole);
}

/* ---- what she is told ---- */

static struct slice her_list(struct whole *whole, struct slice token, struct slice facts, uint16_t *ret_count)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct slice events = SLICE("");
    struct look_asked look;

    buffer_u64(&payload, 0);
    access_write(looking(&look, token, &anna, facts, BIT(AUDIT)), &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_EVENTS, buffer_view(&payload), &events), OK);
    struct reader reader = reader_of(events);
    *ret_count = reader_u16(&reader);
    return arena_copy(whole->arena, reader.rest);
}

static void broken_glass_heads_her_list_until_she_has_seen_it(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct grant grant;
    uint16_t count;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, REASON, &grant),
                     OK);
    uint64_t entry = grant.leaf;
    facts = grant.target[0].facts;
    for (size_t i = 0; i < 230; i++) /* more than a page has */
        assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    whole_reopen(&whole);
    her_list(&whole, whole_token(&whole, &INES), facts, &count); /* oversight looks: she has seen nothing yet */
    for (int again = 0; again < 2; again++) {
        struct slice list = her_list(&whole, whole_token(&whole, &patient), facts, &count);
        struct reader reader = reader_of(list);
        assert_int_equal(reader_u64(&reader) == entry, !again);
        assert_int_equal(reader_byte(&reader), again ? 0 : EVENT_LINE_NOTICE);
        assert_int_equal(reader_byte(&reader), again ? 0 : 1 + REVIEW_OPEN);
        assert_int_equal(count, again ? 200 : 201);
    }
    whole_close(&whole);
}

static void her_list_says_how_a_review_ended(void **state)
{
    struct whole_person patient = whole_patient(&anna);
    struct whole whole;
    struct grant grant, later;
    uint16_t count;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    assert_int_equal(break_glass_of(&whole, physician, &anna, facts, REASON, &grant), OK);
    facts = grant.target[0].facts;
    assert_int_equal(look_at(&whole, physician, &anna, facts, &later), OK);
    assert_int_equal(judge_as(&whole, whole_token(&whole, &INES), grant.leaf, REVIEW_NOT_JUSTIFIED, "no emergency"),
                     OK);
    struct slice list = her_list(&whole, whole_token(&whole, &patient), facts, &count);
    struct reader reader = reader_of(list);
    for (int i = 0; i < 2; i++) { /* both looks, covered by the one review */
        uint64_t entry = reader_u64(&reader);
        assert_true(entry == grant.leaf || entry == later.leaf);
        reader_byte(&reader);
        assert_int_equal(reader_byte(&reader), 1 + REVIEW_NOT_JUSTIFIED);
        assert_int_equal(reader_byte(&reader), BIT(IDENTITY) | BIT(CLINICAL)); /* opened of her */
        protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    }
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_glass_that_was_refused_is_reviewed_too),
        cmocka_unit_test(a_refused_look_through_broken_glass_is_reviewed),
        cmocka_unit_test(looks_through_one_glass_are_one_review_of_its_own_hour),
        cmocka_unit_test(a_crash_loses_no_review_and_no_verdict),
        cmocka_unit_test(a_review_is_closed_by_oversight_alone_and_once),
        cmocka_unit_test(nobody_judges_her_own_look),
        cmocka_unit_test(a_reason_is_words_and_not_a_key_held_down),
        cmocka_unit_test(what_nobody_reviews_climbs_the_ladder),
        cmocka_unit_test(shut_glass_never_stops_urgent_care),
        cmocka_unit_test(broken_glass_heads_her_list_until_she_has_seen_it),
        cmocka_unit_test(her_list_says_how_a_review_ended),
    };

    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
