/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what is left behind when a call inside the safe fails: a suspension that could not be written down is not in
 * force and one that was is not lifted; a look whose row was not written is put back at the next start; what was due and
 * could not be told is told later, and once. */

#include "entries.h"

#include <stdio.h>

#include "inner_calls.h"

static const struct {
    enum suspended what;
    const char *subject;
} subjects[] = {{SUSPENDED_ACTOR, "physician@other-clinic"}, {SUSPENDED_RULE, "D-28"}};
#define SUBJECTS (sizeof subjects / sizeof *subjects)

static enum error in_an_emergency(struct whole *whole, struct slice *facts)
{
    struct grant grant;
    enum error error = break_glass_of(whole, whole_token(whole, &PHYSICIAN_EMERGENCY), &anna, *facts, REASON, &grant);

    if (error == OK)
        *facts = arena_copy(whole->arena, grant.target[0].facts);
    return error;
}

static size_t suspensions_in_force(struct whole *whole)
{
    struct slice list;

    assert_int_equal(whole_list(whole, PROTOCOL_SUSPENSIONS, whole_token(whole, &INES), &list), OK);
    return times(list, "\"number\"");
}

/* ---- suspensions ---- */

static const struct {
    enum inner_call call;
    bool durable; /* its entry is in the log by then: the next start carries it out */
} on_the_way[] = {
    {INNER_entry_begin, false}, {INNER_entry_seal, false},      {INNER_padding_append, false},
    {INNER_safe_publish, true}, {INNER_suspensions_keep, true},
};

/* What is in the log is in force; what is not never was. */
static void a_suspension_is_in_force_when_the_log_says_so_and_only_then(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof on_the_way / sizeof *on_the_way; i++)
        for (size_t s = 0; s < SUBJECTS; s++) {
            bool durable = on_the_way[i].durable;
            struct whole whole;
            uint64_t number = 0;
            whole_open(&whole);
            struct slice facts = whole_register(&whole, &anna), ines = whole_token(&whole, &INES);
            inner_fail(on_the_way[i].call, 1, INNER_ERROR);
            assert_int_equal(suspend_as(&whole, ines, subjects[s].what, subjects[s].subject, NULL), INNER_ERROR);
            assert_true(inner_end());
            assert_int_equal(in_an_emergency(&whole, &facts) != OK, durable);
            assert_int_equal(suspensions_in_force(&whole), durable);
            assert_int_equal(times(public_log(&whole), "\"suspended\""), on_the_way[i].call == INNER_suspensions_keep);
            assert_int_equal(whole.safe->index_behind, durable);
            whole_reopen(&whole);
            assert_int_equal(in_an_emergency(&whole, &facts) != OK, durable);
            assert_int_equal(suspensions_in_force(&whole), durable);
            assert_int_equal(times(public_log(&whole), "\"suspended\""), durable); /* told at the start, once */
            assert_int_equal(suspend_as(&whole, ines, subjects[s].what, subjects[s].subject, &number), OK);
            assert_int_equal(number, 1);
            assert_int_equal(times(public_log(&whole), "\"suspended\""), 1);
            whole_reopen(&whole); /* and not again */
            assert_int_equal(times(public_log(&whole), "\"suspended\""), 1);
            assert_int_not_equal(in_an_emergency(&whole, &facts), OK);
            whole_close(&whole);
            exact_free();
        }
}

/* A disk that was full for a moment: asked for once more it is the same suspension, and lifting it lifts it for good. */
static void a_suspension_that_is_asked_for_again_is_the_same_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof on_the_way / sizeof *on_the_way; i++)
        for (size_t s = 0; s < SUBJECTS; s++)
            for (size_t j = 0; j < sizeof on_the_way / sizeof *on_the_way; j++) {
                struct whole whole;
                uint64_t number = 0;
                whole_open(&whole);
                struct slice facts = whole_register(&whole, &anna), ines = whole_token(&whole, &INES);
                inner_fail(on_the_way[i].call, 1, INNER_ERROR);
                assert_int_equal(suspend_as(&whole, ines, subjects[s].what, subjects[s].subject, NULL), INNER_ERROR);
                inner_fail(on_the_way[j].call, 1, INNER_ERROR); /* in vain a second time */
                enum error again = suspend_as(&whole, ines, subjects[s].what, subjects[s].subject, NULL);
                bool failed = inner_end(); /* what was told in public is not told again */
                assert_int_equal(again, failed ? INNER_ERROR : OK);
                assert_int_equal(failed, on_the_way[i].call != INNER_suspensions_keep ||
                                             on_the_way[j].call != INNER_safe_publish);
                bool durable = on_the_way[i].durable || on_the_way[j].durable;
                assert_int_equal(in_an_emergency(&whole, &facts) != OK, durable);
                assert_int_equal(suspend_as(&whole, ines, subjects[s].what, subjects[s].subject, &number), OK);
                assert_int_not_equal(in_an_emergency(&whole, &facts), OK);
                assert_int_equal(suspensions_in_force(&whole), 1);
                assert_int_equal(times(public_log(&whole), "\"suspended\""), 1);
                assert_int_equal(lift_as(&whole, ines, number), OK);
                assert_int_equal(in_an_emergency(&whole, &facts), OK);
                whole_reopen(&whole);
                assert_int_equal(suspensions_in_force(&whole), 0);
                assert_int_equal(in_an_emergency(&whole, &facts), OK);
                whole_close(&whole);
                exact_free();
            }
}

/* Whoever is refused is not a reason to write the index anew. */
static void a_refused_suspension_leaves_nothing_behind(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    assert_int_equal(suspend_as(&whole, whole_token(&whole, &NURSE), SUSPENDED_ACTOR, "karla", NULL), ERROR_REFUSED);
    assert_int_equal(suspend_as(&whole, whole_token(&whole, &INES), SUSPENDED_RULE, "D-77", NULL), ERROR_NOT_FOUND);
    assert_int_equal(lift_as(&whole, whole_token(&whole, &INES), 77), ERROR_NOT_FOUND);
    assert_false(whole.safe->index_behind);
    assert_int_equal(person_index_next(whole.safe->index), whole_entries(&whole));
    whole_close(&whole);
    exact_free();
}

static void asking_again_for_a_suspension_in_vain_does_not_end_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof on_the_way / sizeof *on_the_way; i++)
        for (size_t s = 0; s < SUBJECTS; s++) {
            struct whole whole;
            whole_open(&whole);
            struct slice facts = whole_register(&whole, &anna), ines = whole_token(&whole, &INES);
            assert_int_equal(suspend_as(&whole, ines, subjects[s].what, subjects[s].subject, NULL), OK);
            inner_fail(on_the_way[i].call, 1, INNER_ERROR);
            enum error error = suspend_as(&whole, ines, subjects[s].what, subjects[s].subject, NULL);
            assert_int_equal(error, inner_end() ? INNER_ERROR : OK);
            assert_int_not_equal(in_an_emergency(&whole, &facts), OK);
            assert_int_equal(suspensions_in_force(&whole), 1);
            assert_int_equal(times(public_log(&whole), "\"suspended\""), 1); /* it was told of before */
            assert_false(whole.safe->index_behind);
            whole_close(&whole);
            exact_free();
        }
}

static void a_lift_that_fails_leaves_it_in_force_until_the_next_start_says_what_the_log_says(void **state)
{
    static const struct {
        enum inner_call call;
        bool durable;
        enum error error;
    } cases[] = {
        {INNER_entry_seal, false, INNER_ERROR},
        {INNER_padding_append, false, INNER_ERROR},
        {INNER_safe_publish, true, ERROR_IO},
        {INNER_safe_publish, true, ERROR_DISK_FULL},
        {INNER_safe_publish, true, ERROR_MEMORY},
        {INNER_suspensions_lift, true, ERROR_IO},
        {INNER_suspensions_lift, true, ERROR_DISK_FULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t s = 0; s < SUBJECTS; s++) {
            struct whole whole;
            uint64_t number;
            whole_open(&whole);
            struct slice facts = whole_register(&whole, &anna), ines = whole_token(&whole, &INES);
            assert_int_equal(suspend_as(&whole, ines, subjects[s].what, subjects[s].subject, &number), OK);
            inner_fail(cases[i].call, 1, cases[i].error);
            assert_int_equal(lift_as(&whole, ines, number), cases[i].error);
            assert_true(inner_end());
            assert_int_not_equal(in_an_emergency(&whole, &facts), OK);
            assert_int_equal(whole.safe->index_behind, cases[i].durable);
            whole_reopen(&whole);
            assert_int_equal(times(public_log(&whole), "\"suspension.lifted\""), cases[i].durable);
            assert_int_equal(in_an_emergency(&whole, &facts) == OK, cases[i].durable);
            whole_close(&whole);
            exact_free();
        }
}

/* Two lifts in one message, both permitted: the second finds nothing, and nothing is behind by that. */
static void a_lift_of_what_was_lifted_meanwhile_is_not_found(void **state)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(65536), lift = buffer_new(4096);
    struct whole whole;
    uint64_t number;

    (void)state;
    whole_open(&whole);
    struct slice ines = whole_token(&whole, &INES);
    assert_int_equal(suspend_as(&whole, ines, SUSPENDED_ACTOR, "karla", &number), OK);
    protocol_asker_write(ines, WHOLE_REQUEST, &lift);
    buffer_u64(&lift, number);
    protocol_text_write(SLICE("cleared after inquiry"), &lift);
    buffer_u16(&message, 2);
    for (int i = 0; i < 2; i++) {
        buffer_byte(&message, PROTOCOL_LIFT);
        protocol_text_write(buffer_view(&lift), &message);
    }
    buffer_clear(&whole.answer);
    assert_int_equal(safe_answer(whole.safe, buffer_view(&message), &whole.answer), OK);
    struct reader reader = reader_of(buffer_view(&whole.answer));
    reader_u32(&reader);
    reader_u16(&reader);
    assert_int_equal(reader_u16(&reader), OK);
    protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    assert_int_equal(reader_u16(&reader), ERROR_NOT_FOUND);
    assert_false(whole.safe->index_behind);
    whole_close(&whole);
    exact_free();
}

/* ---- rows that were not written ---- */

static size_t lines_of_hers(struct whole *whole, struct slice facts)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct whole_person patient = whole_patient(&anna);
    struct look_asked look;
    struct slice events;

    buffer_u64(&payload, 0);
    access_write(looking(&look, whole_token(whole, &patient), &anna, facts, BIT(AUDIT)), &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_EVENTS, buffer_view(&payload), &events), OK);
    struct reader reader = reader_of(events);
    return reader_u16(&reader);
}

static void a_look_whose_row_was_not_written_is_put_back_at_the_next_start(void **state)
{
    static const enum inner_call calls[] = {INNER_person_index_add, INNER_reviews_add};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct whole whole;
        whole_open(&whole);
        struct slice facts = whole_register(&whole, &anna);
        size_t before = lines_of_hers(&whole, facts);
        inner_fail(calls[i], 1, ERROR_IO);
        assert_int_equal(in_an_emergency(&whole, &facts), OK); /* its entry is durable */
        assert_true(inner_end());
        assert_int_equal(open_reviews(&whole), 0);
        assert_true(whole.safe->index_behind);
        whole_reopen(&whole);
        assert_false(whole.safe->index_behind);
        assert_int_equal(open_reviews(&whole), 1);
        assert_int_equal(lines_of_hers(&whole, facts), before + 2); /* it, and asking for the list itself */
        whole_close(&whole);
        exact_free();
    }
}

static void looks_that_wait_are_kept_when_they_cannot_be_written(void **state)
{
    struct whole whole;
    struct look look = {.leaf = 1, .time_s = WHOLE_OPENED_S, .kind = REVIEW_GLASS};

    (void)state;
    whole_open(&whole);
    struct reviews *reviews = whole.safe->reviews;
    for (size_t i = 0; i < LOOKS_PENDING; i++)
        assert_int_equal(reviews_add(reviews, &look), OK);
    static const enum inner_call calls[] = {INNER_store_derived, INNER_writer_run_now, INNER_store_one,
                                            INNER_store_run};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        inner_fail(calls[i], 1, INNER_ERROR);
        assert_int_equal(reviews_add(reviews, &look), INNER_ERROR);
        assert_true(inner_end());
        assert_int_equal(reviews->count, LOOKS_PENDING);
    }
    assert_int_equal(reviews_add(reviews, &look), OK);
    assert_int_equal(reviews->count, 1);
    whole_close(&whole);
    exact_free();
}

/* ---- what is due ---- */

static void what_could_not_be_told_in_public_is_told_later_and_once(void **state)
{
    static const enum inner_call calls[] = {INNER_reviews_escalate, INNER_store_one,      INNER_safe_publish,
                                            INNER_buffer_check,     INNER_writer_run_now, INNER_store_run};
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (size_t nth = 1; nth <= 4; nth++) {
            struct whole whole;
            whole_open(&whole);
            struct slice facts = whole_register(&whole, &anna);
            assert_int_equal(in_an_emergency(&whole, &facts), OK);
            safe_idle(whole.safe);
            world_advance(&whole.world, 8 * DAY_NS);
            inner_fail(calls[i], nth, INNER_ERROR);
            safe_idle(whole.safe);
            failures += inner_end();
            size_t told = times(public_log(&whole), "review.overdue");
            assert_true(told <= 1);
            for (int again = 0; again < 3; again++) {
                world_advance(&whole.world, INT64_C(600) * 1000000000);
                safe_idle(whole.safe);
            }
            /* Told and not marked as told is told again: better than not at all. */
            bool unmarked = calls[i] == INNER_writer_run_now || calls[i] == INNER_store_run;
            size_t in_the_end = times(public_log(&whole), "\"days\":7,\"count\":1");
            assert_true(in_the_end == 1 || (unmarked && in_the_end == 2));
            whole_close(&whole);
            exact_free();
        }
    assert_true(failures >= sizeof calls / sizeof *calls);
}

/* What is found damaged is an answer; what could not be looked at is none. */
static void damage_that_was_found_is_told_and_an_error_is_not_taken_for_it(void **state)
{
    static const struct {
        enum inner_call call;
        enum error error, answer;
    } cases[] = {
        {INNER_keystore_check, ERROR_CORRUPT, OK},          {INNER_person_index_check, ERROR_CORRUPT, OK},
        {INNER_keystore_check, ERROR_IO, ERROR_IO},         {INNER_person_index_check, ERROR_IO, ERROR_IO},
        {INNER_keystore_check, ERROR_MEMORY, ERROR_MEMORY}, {INNER_person_index_check, ERROR_MEMORY, ERROR_MEMORY},
    };
    struct whole whole;

    (void)state;
    whole_open(&whole);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        inner_fail(cases[i].call, 1, cases[i].error);
        assert_int_equal(whole_ask(&whole, PROTOCOL_CHECK_KEYS, SLICE(""), NULL), cases[i].answer);
        assert_true(inner_end());
    }
    whole_close(&whole);
    exact_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suspension_is_in_force_when_the_log_says_so_and_only_then),
        cmocka_unit_test(a_suspension_that_is_asked_for_again_is_the_same_one),
        cmocka_unit_test(a_refused_suspension_leaves_nothing_behind),
        cmocka_unit_test(asking_again_for_a_suspension_in_vain_does_not_end_it),
        cmocka_unit_test(a_lift_that_fails_leaves_it_in_force_until_the_next_start_says_what_the_log_says),
        cmocka_unit_test(a_lift_of_what_was_lifted_meanwhile_is_not_found),
        cmocka_unit_test(a_look_whose_row_was_not_written_is_put_back_at_the_next_start),
        cmocka_unit_test(looks_that_wait_are_kept_when_they_cannot_be_written),
        cmocka_unit_test(what_could_not_be_told_in_public_is_told_later_and_once),
        cmocka_unit_test(damage_that_was_found_is_told_and_an_error_is_not_taken_for_it),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
