/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what the courier makes of each answer that a witness can give: it starts over from the size that it is told,
 * hands nothing on that is not an answer, tells loudly of a fork, and leaves who does not answer in peace for longer
 * each time, while the others are served. And when it asks: for what is new, not too often, all for the same, and nobody
 * later because somebody else is slow. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/log.h"
#include "courier/counts.h"
#include "courier/round.h"

#define WITNESSES 3
#define ASKS_MAX 64
#define INTERVAL 5000

struct ask {
    int64_t at;
    unsigned w, log;
    unsigned long long old, size;
};

/* A node and witnesses that a test plays: what was asked when, and who has not answered yet. */
struct play {
    struct courier courier;
    struct policy policy;
    int64_t now;
    uint64_t size[COURIER_LOGS]; /* of the node's logs */
    struct ask ask[ASKS_MAX];
    unsigned asks;
    bool waits[WITNESSES][COURIER_LOGS]; /* for its answer */
    char path[64];                       /* that the node was asked for last */
    char handed_path[64];                /* where an answer went last */
    unsigned handed, forks;
    unsigned handed_status; /* what the node says to it */
    unsigned begin_status;  /* and when a round begins, or is gone on with */
    unsigned cosign_status;
    bool node_gone;
};

static enum error play_node(void *context, const char *path, struct slice body, unsigned *ret_status,
                            struct buffer *answer)
{
    struct play *play = context;
    bool access = strstr(path, "access") != NULL;

    if (play->node_gone)
        return ERROR_IO;
    snprintf(play->path, sizeof play->path, "%s", path);
    if (strncmp(path, "/control/cosigned/", 18) == 0) {
        assert_non_null(body.data);
        snprintf(play->handed_path, sizeof play->handed_path, "%s", path);
        *ret_status = play->handed_status;
        play->handed += body.length > 0;
        play->forks += body.length == 0;
    } else if (strcmp(path, "/control/cosign/access") == 0 || strcmp(path, "/control/cosign/public") == 0) {
        *ret_status = play->begin_status;
        buffer_format(answer, "north/x\n%llu\nroot\n\nsignature\n", (unsigned long long)play->size[!access]);
    } else {
        assert_null(body.data);
        *ret_status = play->cosign_status;
        buffer_string(answer, "old … and a checkpoint");
    }
    return OK;
}

static enum error play_post(void *context, unsigned number, struct slice url, const char *below, struct slice body)
{
    struct play *play = context;
    struct ask *ask = &play->ask[play->asks++];

    assert_true(play->asks < ASKS_MAX);
    assert_string_equal(below, "add-checkpoint");
    assert_true(body.length > 0);
    *ask = (struct ask){.at = play->now, .w = number / COURIER_LOGS, .log = number % COURIER_LOGS};
    assert_int_equal(url.data[0], '0' + (int)ask->w);
    assert_int_equal(sscanf(play->path, "/control/cosign/%*[a-z]/%llu/%llu", &ask->old, &ask->size), 2);
    assert_false(play->waits[ask->w][ask->log]); /* one at a time */
    play->waits[ask->w][ask->log] = true;
    return OK;
}

/* The public log is empty at first, and known to be: only the access log is on its way. */
static struct play *opening(unsigned witnesses)
{
    static const struct slice url[WITNESSES] = {SLICE("0"), SLICE("1"), SLICE("2")};
    static struct play play;

    play = (struct play){
        .now = 1000, .size = {70, 0}, .handed_status = 204, .begin_status = 200, .cosign_status = 200};
    play.policy.members = witnesses;
    for (unsigned w = 0; w < witnesses; w++) {
        play.policy.member[w].url = url[w];
        play.policy.member[w].key.public_key[0] = (uint8_t)(1 + w);
    }
    play.courier.interval_ms = INTERVAL;
    play.courier.lines = (struct courier_lines){&play, play_node, play_post};
    courier_take_policy(&play.courier, &play.policy);
    for (unsigned w = 0; w < witnesses; w++)
        play.courier.errand[w][COURIER_PUBLIC].under_way = true;
    return &play;
}

static void round_at(struct play *play, int64_t now)
{
    play->now = now;
    assert_int_equal(courier_round(&play->courier, now), OK);
}

static void says(struct play *play, unsigned w, unsigned log, enum error error, unsigned status, const char *body)
{
    struct courier_answer answer = {COURIER_NUMBER(w, log), error, status, slice_from_string(body)};

    assert_true(play->waits[w][log]);
    play->waits[w][log] = false;
    assert_int_equal(courier_answered(&play->courier, &answer, play->now), OK);
}

static void cosigns(struct play *play, unsigned w)
{
    says(play, w, COURIER_ACCESS, OK, 200, "line\n");
}

static void is_silent(struct play *play, unsigned w)
{
    says(play, w, COURIER_ACCESS, ERROR_TIMEOUT, 0, "");
}

static const struct ask *last(const struct play *play)
{
    assert_true(play->asks > 0);
    return &play->ask[play->asks - 1];
}

static int64_t due(const struct play *play, unsigned w)
{
    return play->courier.errand[w][COURIER_ACCESS].due_ms;
}

static void who_cosigned_is_asked_again_only_when_the_log_has_grown_or_an_hour_has_passed(void **state)
{
    struct play *play = opening(1);

    (void)state;
    round_at(play, 1000);
    assert_int_equal(last(play)->old, 0);
    assert_int_equal(last(play)->size, 70);
    cosigns(play, 0);
    for (int64_t now = 2000; now <= 60000; now += 1000)
        round_at(play, now);
    assert_int_equal(play->asks, 1);
    play->size[COURIER_ACCESS] = 74;
    round_at(play, 61000);
    assert_int_equal(play->asks, 2);
    assert_int_equal(last(play)->old, 70);
    assert_int_equal(last(play)->size, 74);
    cosigns(play, 0);
    round_at(play, 61000 + 3599999);
    assert_int_equal(play->asks, 2);
    round_at(play, 61000 + 3600000);
    assert_int_equal(play->asks, 3);
    assert_int_equal(last(play)->old, 74);
    assert_int_equal(last(play)->size, 74);
}

/* The log grows all the time. */
static void nobody_is_asked_more_often_than_the_interval_and_all_for_the_same(void **state)
{
    static const int64_t intervals[] = {1000, 5000, 7000, 60000};

    (void)state;
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        struct play *play = opening(2);
        play->courier.interval_ms = intervals[i];
        for (int64_t now = 1000; play->asks < 20; now += 1003) {
            play->size[COURIER_ACCESS] += 2;
            round_at(play, now);
            for (unsigned w = 0; w < 2; w++)
                if (play->waits[w][COURIER_ACCESS])
                    cosigns(play, w);
        }
        for (unsigned a = 0; a < 20; a += 2) {
            const struct ask *one = &play->ask[a], *other = one + 1;
            assert_int_equal(one->w + other->w, 1);
            assert_int_equal(one->size, other->size);
            assert_true(a == 0 || one->at - one[-2].at >= intervals[i]);
            assert_true(a == 0 || one->at - one[-2].at < intervals[i] + 1003); /* and not less often */
        }
        assert_int_equal(play->handed, 20);
    }
}

static void a_conflict_is_proved_again_from_the_size_that_is_told(void **state)
{
    struct play *play = opening(2);

    (void)state;
    round_at(play, 1000);
    says(play, 0, COURIER_ACCESS, OK, 409, "31\n");
    assert_int_equal(last(play)->w, 0);
    assert_int_equal(last(play)->old, 31);
    assert_int_equal(last(play)->size, 70);
    cosigns(play, 0);
    cosigns(play, 1);
    assert_int_equal(play->handed, 2);
    assert_int_equal(play->forks, 0);
    assert_int_equal(play->asks, 3);
}

static void conflicts_without_end_are_given_up(void **state)
{
    struct play *play = opening(1);

    (void)state;
    round_at(play, 1000);
    for (unsigned i = 0; i < 3; i++)
        says(play, 0, COURIER_ACCESS, OK, 409, i % 2 ? "31\n" : "32\n");
    assert_int_equal(play->asks, 3);
    assert_true(due(play, 0) >= 1000 + INTERVAL);
    round_at(play, 2000);
    assert_int_equal(play->asks, 3);
}

static void a_witness_that_saw_more_and_one_that_cannot_follow_are_forks(void **state)
{
    struct play *play = opening(2);

    (void)state;
    round_at(play, 1000);
    says(play, 0, COURIER_ACCESS, OK, 409, "71\n");
    says(play, 1, COURIER_ACCESS, OK, 422, "");
    assert_int_equal(play->forks, 2);
    assert_string_equal(play->handed_path, "/control/cosigned/access/70");
    assert_int_equal(play->handed, 0);
    round_at(play, 2000); /* and not in a loop */
    assert_int_equal(play->asks, 2);
    assert_int_equal(play->forks, 2);
}

static void other_answers_are_refusals_and_nothing_of_them_is_handed_on(void **state)
{
    static const struct {
        unsigned status;
        const char *body;
    } rows[] = {{404, "line\n"}, {403, "line\n"}, {400, "line\n"}, {500, "line\n"}, {301, "line\n"},
                {200, ""},       {409, "many\n"}, {409, "31\n\n"}, {409, ""},       {204, ""},
                {409, "31"} /* cut short? */,     {409, "031\n"},  {409, "+31\n"},  {409, " 31\n"},
                {409, "\n"},     {409, "31\r\n"}, {409, "18446744073709551616\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct play *play = opening(2);
        round_at(play, 1000);
        says(play, 0, COURIER_ACCESS, OK, rows[i].status, rows[i].body);
        cosigns(play, 1);
        assert_int_equal(play->asks, 2);
        assert_int_equal(play->handed, 1); /* the other's */
        assert_int_equal(play->forks, 0);
        assert_true(due(play, 0) > 1000);
    }
}

static void who_does_not_answer_is_left_in_peace_for_longer_each_time_until_it_answers(void **state)
{
    struct play *play = opening(1);
    static const int64_t waits[] = {INTERVAL, INTERVAL, 8000,   16000,  32000,  64000,
                                    128000,   256000,   512000, 600000, 600000, 600000};
    int64_t now = 1000;

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        round_at(play, now);
        assert_int_equal(play->asks, i + 1);
        is_silent(play, 0);
        assert_int_equal(due(play, 0) - now, waits[i]);
        play->size[COURIER_ACCESS] += 2; /* that there is more to cosign changes nothing */
        round_at(play, due(play, 0) - 1);
        assert_int_equal(play->asks, i + 1);
        now = due(play, 0);
    }
    round_at(play, now);
    cosigns(play, 0);
    play->size[COURIER_ACCESS] += 2;
    round_at(play, now += 2 * INTERVAL);
    assert_int_equal(play->asks, 14);
    is_silent(play, 0);
    assert_int_equal(due(play, 0) - now, INTERVAL); /* from the beginning */
}

static void a_log_that_a_witness_does_not_know_says_nothing_of_the_other(void **state)
{
    struct play *play = opening(1);

    (void)state;
    play->courier.errand[0][COURIER_PUBLIC].under_way = false;
    play->size[COURIER_PUBLIC] = 9;
    round_at(play, 1000);
    says(play, 0, COURIER_ACCESS, OK, 404, "");
    says(play, 0, COURIER_PUBLIC, OK, 200, "line\n");
    for (unsigned i = 0; i < 4; i++) {
        play->size[COURIER_ACCESS] += 2;
        play->size[COURIER_PUBLIC] += 2;
        round_at(play, 1000 + (i + 1) * INTERVAL);
        if (play->waits[0][COURIER_ACCESS])
            says(play, 0, COURIER_ACCESS, OK, 404, "");
        says(play, 0, COURIER_PUBLIC, OK, 200, "line\n");
    }
    assert_int_equal(play->handed, 5);
}

/* One takes eleven seconds for each answer, one never answers, and the third is served as if it were alone. */
static void a_slow_witness_keeps_nobody_waiting_and_what_it_says_late_counts(void **state)
{
    struct play *play = opening(3);
    unsigned served = 0;
    int64_t asked = 0;

    (void)state;
    for (int64_t now = 1000; now < 62000; now += 1000) {
        play->size[COURIER_ACCESS] += 2;
        unsigned long long before = play->asks ? play->courier.errand[0][COURIER_ACCESS].size : 0;
        play->now = now;
        if (play->waits[0][COURIER_ACCESS] && now - asked >= 11000) {
            char expected[64];
            cosigns(play, 0);
            snprintf(expected, sizeof expected, "/control/cosigned/access/%llu", before); /* of a round long over */
            assert_string_equal(play->handed_path, expected);
        }
        bool waited = play->waits[0][COURIER_ACCESS];
        round_at(play, now);
        if (!waited && play->waits[0][COURIER_ACCESS])
            asked = now;
        if (play->waits[2][COURIER_ACCESS]) {
            assert_int_equal((now - 1000) % INTERVAL, 0);
            assert_int_equal(play->courier.errand[2][COURIER_ACCESS].size, play->size[COURIER_ACCESS]);
            cosigns(play, 2);
            served++;
        }
    }
    assert_int_equal(served, 13);
    assert_int_equal(play->handed, 13 + 5);
    assert_true(play->waits[1][COURIER_ACCESS]); /* asked once, and its line is still open */
}

/* It was silent and comes back in the middle of a round: it is asked for that round, and then with the others. */
static void who_comes_back_falls_into_step_with_the_others(void **state)
{
    struct play *play = opening(2);
    unsigned together = 0;
    int64_t back = 0;

    (void)state;
    round_at(play, 1000);
    is_silent(play, 0);
    play->now = 2500;
    cosigns(play, 1);
    play->courier.errand[0][COURIER_ACCESS].due_ms = 8000;
    for (int64_t now = 2000; now < 40000; now += 1000) {
        play->size[COURIER_ACCESS] += 2;
        round_at(play, now);
        bool each[] = {play->waits[0][COURIER_ACCESS], play->waits[1][COURIER_ACCESS]};
        if (each[0] && !back)
            back = now;
        else if (each[0])
            assert_true(each[1]);
        together += each[0] && each[1];
        for (unsigned w = 0; w < 2; w++)
            if (each[w])
                cosigns(play, w);
    }
    assert_int_equal(back, 8000);
    assert_true(together >= 5);
}

static void what_the_safe_does_not_believe_counts_as_a_failure_unless_the_round_is_forgotten(void **state)
{
    struct play *play = opening(1);

    (void)state;
    round_at(play, 1000);
    play->handed_status = 422;
    cosigns(play, 0);
    assert_true(due(play, 0) > 1000);
    assert_int_equal(play->courier.errand[0][COURIER_ACCESS].known, 0);
    play = opening(1);
    round_at(play, 1000);
    play->handed_status = 409;
    cosigns(play, 0);
    assert_int_equal(play->courier.errand[0][COURIER_ACCESS].failures, 0);
    assert_int_equal(play->courier.errand[0][COURIER_ACCESS].known, 0);
    play->handed_status = 204;
    for (int64_t now = 2000; now < 1000 + INTERVAL; now += 1000)
        round_at(play, now); /* the node has a new round at once; the witness is left in peace */
    assert_int_equal(play->asks, 1);
    round_at(play, 2000 + INTERVAL);
    round_at(play, 3000 + INTERVAL);
    assert_int_equal(play->asks, 2);
    cosigns(play, 0);
    assert_int_equal(play->courier.errand[0][COURIER_ACCESS].known, 70);
}

static void a_safe_that_is_away_costs_no_witness_a_question(void **state)
{
    struct play *play = opening(1);

    (void)state;
    play->begin_status = 503;
    round_at(play, 1000);
    play->begin_status = 200;
    play->cosign_status = 409;
    round_at(play, 2000);
    assert_int_equal(play->asks, 0);
    play->cosign_status = 200;
    round_at(play, 3000);
    assert_int_equal(play->asks, 1);
}

/* Two stay under other numbers, one is new, one is asked elsewhere, one is gone. */
static void another_policy_keeps_what_is_known_of_those_who_stay(void **state)
{
    static struct policy other;
    struct play *play = opening(3);

    (void)state;
    round_at(play, 1000);
    for (unsigned w = 0; w < 2; w++)
        cosigns(play, w);
    is_silent(play, 2);
    int64_t until = due(play, 2);
    other = (struct policy){.members = 3};
    other.member[0] = play->policy.member[2];
    other.member[1] = play->policy.member[0];
    other.member[2] = play->policy.member[1];
    other.member[2].url = SLICE("2 elsewhere");
    other.member[0].url = SLICE("2");
    courier_take_policy(&play->courier, &other);
    for (unsigned w = 0; w < 3; w++)
        for (unsigned log = 0; log < COURIER_LOGS; log++)
            play->waits[w][log] = false;
    assert_int_equal(due(play, 0), until);
    assert_int_equal(play->courier.errand[0][COURIER_ACCESS].failures, 1);
    assert_int_equal(play->courier.errand[1][COURIER_ACCESS].known, 70);
    assert_int_equal(play->courier.errand[2][COURIER_ACCESS].known, 0);
    other.member[0].url = SLICE("0");
    other.member[1].url = SLICE("1");
    unsigned before = play->asks;
    play->courier.errand[0][COURIER_PUBLIC].under_way = play->courier.errand[1][COURIER_PUBLIC].under_way =
        play->courier.errand[2][COURIER_PUBLIC].under_way = true;
    round_at(play, 2000);
    assert_int_equal(play->asks, before + 1); /* the one whom nobody has asked there; the others in their time */
    assert_int_equal(last(play)->w, 2);
    round_at(play, 1000 + INTERVAL);
    round_at(play, 3000 + INTERVAL); /* the log has not grown; still there are cosignatures to be had */
    assert_true(play->waits[1][COURIER_ACCESS]);
}

static void without_a_policy_nobody_is_asked(void **state)
{
    struct play *play = opening(1);

    (void)state;
    courier_take_policy(&play->courier, NULL);
    round_at(play, 1000);
    assert_int_equal(play->asks, 0);
}

static void without_a_node_there_is_nobody_to_work_for(void **state)
{
    struct play *play = opening(1);
    struct courier_answer answer = {COURIER_NUMBER(0, COURIER_ACCESS), OK, 200, SLICE("line\n")};

    (void)state;
    round_at(play, 1000);
    play->node_gone = true;
    assert_int_equal(courier_answered(&play->courier, &answer, 2000), ERROR_IO);
    assert_int_equal(courier_round(&play->courier, 1000 + INTERVAL), ERROR_IO);
}

static void the_quarter_that_is_over_is_named(void **state)
{
    static const struct {
        int64_t now_s;
        const char *period;
    } rows[] = {{1767225599, "2025-Q3"}, {1767225600, "2025-Q4"}, {1775001599, "2025-Q4"}, {1775001600, "2026-Q1"},
                {1796083200, "2026-Q3"}};
    char period[COURIER_PERIOD_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        courier_period(rows[i].now_s, period);
        assert_string_equal(period, rows[i].period);
    }
}

static enum error counts_node(void *context, const char *path, struct slice body, unsigned *ret_status,
                              struct buffer *answer)
{
    struct play *play = context;

    assert_string_equal(path, "/control/order-counts");
    assert_true(slice_is(body, "2026-Q3"));
    *ret_status = 200;
    buffer_string(answer, "a statement");
    return play->node_gone ? ERROR_IO : OK;
}

static enum error counts_post(void *context, unsigned number, struct slice url, const char *below, struct slice body)
{
    struct play *play = context;

    assert_int_equal(number, COURIER_NUMBER_COUNTS);
    assert_true(slice_is(url, "region"));
    assert_string_equal(below, "add-order-counts");
    assert_true(slice_is(body, "a statement"));
    play->asks++;
    return OK;
}

static void counts_go_to_the_region_once_a_day_and_again_soon_when_it_is_silent(void **state)
{
    struct play *play = opening(1);
    struct courier *courier = &play->courier;
    const int64_t now_s = 1796083200, day = INT64_C(86400000);
    const struct courier_answer silent = {COURIER_NUMBER_COUNTS, ERROR_TIMEOUT, 0, SLICE("")},
                                taken = {COURIER_NUMBER_COUNTS, OK, 200, SLICE("")};

    (void)state;
    courier->lines = (struct courier_lines){play, counts_node, counts_post};
    assert_int_equal(courier_counts(courier, SLICE(""), 10, now_s), OK);
    assert_int_equal(play->asks, 0);
    assert_int_equal(courier_counts(courier, SLICE("region"), 10, now_s), OK);
    courier_counts_answered(courier, &silent, 5010);
    assert_int_equal(courier_counts(courier, SLICE("region"), 6010, now_s), OK);
    assert_int_equal(play->asks, 1);
    assert_int_equal(courier_counts(courier, SLICE("region"), 605010, now_s), OK);
    assert_int_equal(courier_counts(courier, SLICE("region"), 605010 + 2 * day, now_s), OK); /* still under way */
    assert_int_equal(play->asks, 2);
    courier_counts_answered(courier, &taken, 605011);
    assert_int_equal(courier_counts(courier, SLICE("region"), 605009 + day, now_s), OK);
    assert_int_equal(play->asks, 2);
    assert_int_equal(courier_counts(courier, SLICE("region"), 605010 + day, now_s), OK);
    assert_int_equal(play->asks, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_cosigned_is_asked_again_only_when_the_log_has_grown_or_an_hour_has_passed),
        cmocka_unit_test(nobody_is_asked_more_often_than_the_interval_and_all_for_the_same),
        cmocka_unit_test(a_conflict_is_proved_again_from_the_size_that_is_told),
        cmocka_unit_test(conflicts_without_end_are_given_up),
        cmocka_unit_test(a_witness_that_saw_more_and_one_that_cannot_follow_are_forks),
        cmocka_unit_test(other_answers_are_refusals_and_nothing_of_them_is_handed_on),
        cmocka_unit_test(who_does_not_answer_is_left_in_peace_for_longer_each_time_until_it_answers),
        cmocka_unit_test(a_log_that_a_witness_does_not_know_says_nothing_of_the_other),
        cmocka_unit_test(a_slow_witness_keeps_nobody_waiting_and_what_it_says_late_counts),
        cmocka_unit_test(who_comes_back_falls_into_step_with_the_others),
        cmocka_unit_test(what_the_safe_does_not_believe_counts_as_a_failure_unless_the_round_is_forgotten),
        cmocka_unit_test(a_safe_that_is_away_costs_no_witness_a_question),
        cmocka_unit_test(another_policy_keeps_what_is_known_of_those_who_stay),
        cmocka_unit_test(without_a_policy_nobody_is_asked),
        cmocka_unit_test(without_a_node_there_is_nobody_to_work_for),
        cmocka_unit_test(the_quarter_that_is_over_is_named),
        cmocka_unit_test(counts_go_to_the_region_once_a_day_and_again_soon_when_it_is_silent),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
