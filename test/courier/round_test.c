/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what the courier makes of each answer that a witness can give: it starts over from the size that it is told,
 * hands nothing on that is not an answer, tells loudly of a fork, and leaves who does not answer in peace for longer
 * each time, while the others are served. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/log.h"
#include "courier/counts.h"
#include "courier/round.h"

#define WITNESSES 2

/* A node and two witnesses, played by a table: what a witness answers, in order. */
struct play {
    struct courier courier;
    struct policy policy;
    uint64_t size[COURIER_LOGS]; /* of the node's logs */
    struct {
        unsigned status;
        const char *body;
        enum error error;
    } answer[WITNESSES][4];
    unsigned asked[WITNESSES];
    char sent[WITNESSES][4][64]; /* the paths that gave what was sent */
    char path[64];               /* that the node was asked for last */
    unsigned handed, forks;
    unsigned handed_status; /* what the node says to it */
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
    *ret_status = 200;
    if (strncmp(path, "/control/cosigned/", 18) == 0) {
        assert_non_null(body.data);
        *ret_status = play->handed_status;
        play->handed += body.length > 0;
        play->forks += body.length == 0;
    } else if (strcmp(path, "/control/cosign/access") == 0 || strcmp(path, "/control/cosign/public") == 0) {
        buffer_format(answer, "north/x\n%llu\nroot\n\nsignature\n", (unsigned long long)play->size[!access]);
    } else {
        assert_null(body.data);
        buffer_string(answer, "old … and a checkpoint");
    }
    return OK;
}

static enum error play_witness(void *context, struct slice url, const char *below, struct slice body,
                               unsigned *ret_status, struct buffer *answer)
{
    struct play *play = context;
    unsigned w = (unsigned)(url.data[0] - '0'), i = play->asked[w]++;

    assert_string_equal(below, "add-checkpoint");
    assert_true(body.length > 0);
    assert_true(i < 4);
    snprintf(play->sent[w][i], sizeof play->sent[w][i], "%s", play->path);
    if (play->answer[w][i].error != OK)
        return play->answer[w][i].error;
    *ret_status = play->answer[w][i].status;
    if (play->answer[w][i].body)
        buffer_string(answer, play->answer[w][i].body);
    return OK;
}

/* The public log is empty at first, and known to be: only the access log is on its way. */
static struct play *opening(void)
{
    static struct play play;

    play = (struct play){.size = {70, 0}, .handed_status = 204};
    play.policy.members = WITNESSES;
    play.policy.member[0].url = SLICE("0");
    play.policy.member[1].url = SLICE("1");
    play.courier.policy = &play.policy;
    play.courier.lines = (struct courier_lines){&play, play_node, play_witness};
    for (unsigned w = 0; w < WITNESSES; w++)
        play.courier.witness[w].cosigned_ms[COURIER_PUBLIC] = 1;
    for (unsigned w = 0; w < WITNESSES; w++)
        for (unsigned i = 0; i < 4; i++)
            play.answer[w][i].error = ERROR_TIMEOUT;
    return &play;
}

static void answers(struct play *play, unsigned w, unsigned i, unsigned status, const char *body)
{
    play->answer[w][i].error = OK;
    play->answer[w][i].status = status;
    play->answer[w][i].body = body;
}

static void who_cosigned_is_asked_again_only_when_the_log_has_grown_or_an_hour_has_passed(void **state)
{
    struct play *play = opening();

    (void)state;
    answers(play, 0, 0, 200, "line\n");
    answers(play, 1, 0, 200, "line\n");
    assert_int_equal(courier_round(&play->courier, 10), OK);
    assert_string_equal(play->sent[0][0], "/control/cosign/access/0/70");
    assert_int_equal(courier_round(&play->courier, 1010), OK);
    assert_int_equal(play->asked[0], 1);
    play->size[COURIER_ACCESS] = 74;
    answers(play, 0, 1, 200, "line\n");
    answers(play, 1, 1, 200, "line\n");
    assert_int_equal(courier_round(&play->courier, 2010), OK);
    assert_string_equal(play->sent[0][1], "/control/cosign/access/70/74");
    answers(play, 0, 2, 200, "line\n");
    answers(play, 1, 2, 200, "line\n");
    play->courier.witness[0].cosigned_ms[COURIER_PUBLIC] = play->courier.witness[1].cosigned_ms[COURIER_PUBLIC] =
        3600000;
    assert_int_equal(courier_round(&play->courier, 3602010), OK);
    assert_string_equal(play->sent[0][2], "/control/cosign/access/74/74");
    assert_int_equal(play->handed, 6);
}

static void a_conflict_is_proved_again_from_the_size_that_is_told(void **state)
{
    struct play *play = opening();

    (void)state;
    answers(play, 0, 0, 409, "31\n");
    answers(play, 0, 1, 200, "line\n");
    answers(play, 1, 0, 200, "line\n");
    assert_int_equal(courier_round(&play->courier, 10), OK);
    assert_string_equal(play->sent[0][1], "/control/cosign/access/31/70");
    assert_int_equal(play->handed, 2);
    assert_int_equal(play->forks, 0);
}

static void conflicts_without_end_are_given_up(void **state)
{
    struct play *play = opening();

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        answers(play, 0, i, 409, i % 2 ? "31\n" : "32\n");
    answers(play, 1, 0, 200, "line\n");
    assert_int_equal(courier_round(&play->courier, 10), OK);
    assert_int_equal(play->asked[0], 3);
    assert_true(play->courier.witness[0].due_ms > 10);
    assert_int_equal(play->asked[1], 1);
}

static void a_witness_that_saw_more_and_one_that_cannot_follow_are_forks(void **state)
{
    struct play *play = opening();

    (void)state;
    answers(play, 0, 0, 409, "71\n");
    answers(play, 1, 0, 422, NULL);
    assert_int_equal(courier_round(&play->courier, 10), OK);
    assert_int_equal(play->forks, 2);
    assert_int_equal(play->handed, 0);
    assert_int_equal(play->asked[0], 1);
    assert_int_equal(courier_round(&play->courier, 20), OK); /* and not in a loop */
    assert_int_equal(play->forks, 2);
}

static void other_answers_are_refusals_and_nothing_of_them_is_handed_on(void **state)
{
    static const struct {
        unsigned status;
        const char *body;
    } rows[] = {{404, "line\n"}, {403, "line\n"}, {400, "line\n"}, {500, "line\n"}, {301, "line\n"},
                {200, ""},       {409, "many\n"}, {409, "31\n\n"}, {409, ""},       {204, ""}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct play *play = opening();
        answers(play, 0, 0, rows[i].status, rows[i].body);
        answers(play, 1, 0, 200, "line\n");
        assert_int_equal(courier_round(&play->courier, 10), OK);
        assert_int_equal(play->asked[0], 1);
        assert_int_equal(play->handed, 1); /* the other's */
        assert_int_equal(play->forks, 0);
        assert_true(play->courier.witness[0].due_ms > 10);
    }
}

static void who_does_not_answer_is_left_in_peace_for_longer_each_time(void **state)
{
    struct play *play = opening();
    int64_t now = 10, waited = 0;

    (void)state;
    play->policy.members = 1;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(courier_round(&play->courier, now), OK);
        assert_int_equal(play->asked[0], i + 1);
        int64_t due = play->courier.witness[0].due_ms;
        assert_true(due - now >= 2 * waited);
        waited = due - now;
        assert_int_equal(courier_round(&play->courier, due - 1), OK);
        assert_int_equal(play->asked[0], i + 1);
        now = due;
    }
    play->asked[0] = 0;
    play->courier.witness[0].failures = 60;
    assert_int_equal(courier_round(&play->courier, now), OK);
    assert_int_equal(play->courier.witness[0].due_ms - now, 600000); /* never longer */
}

static void what_the_safe_does_not_believe_counts_as_a_failure_unless_the_round_was_over(void **state)
{
    struct play *play = opening();

    (void)state;
    answers(play, 0, 0, 200, "line\n");
    answers(play, 1, 0, 200, "line\n");
    play->handed_status = 422;
    assert_int_equal(courier_round(&play->courier, 10), OK);
    assert_true(play->courier.witness[0].due_ms > 10);
    play = opening();
    answers(play, 0, 0, 200, "line\n");
    answers(play, 1, 0, 200, "line\n");
    play->handed_status = 409;
    assert_int_equal(courier_round(&play->courier, 10), OK);
    assert_int_equal(play->courier.witness[0].due_ms, 0);
    assert_int_equal(play->courier.witness[0].cosigned_ms[COURIER_ACCESS], 0);
}

static void without_a_node_there_is_nobody_to_work_for(void **state)
{
    struct play *play = opening();

    (void)state;
    play->node_gone = true;
    assert_int_equal(courier_round(&play->courier, 10), ERROR_IO);
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

static enum error counts_region(void *context, struct slice url, const char *below, struct slice body,
                                unsigned *ret_status, struct buffer *answer)
{
    struct play *play = context;

    (void)answer;
    assert_true(slice_is(url, "region"));
    assert_string_equal(below, "add-order-counts");
    assert_true(slice_is(body, "a statement"));
    *ret_status = play->handed_status;
    return play->asked[0]++ == 0 ? ERROR_TIMEOUT : OK;
}

static void counts_go_to_the_region_once_a_day_and_again_soon_when_it_is_silent(void **state)
{
    struct play *play = opening();
    const int64_t now_s = 1796083200, day = INT64_C(86400000);

    (void)state;
    play->courier.lines = (struct courier_lines){play, counts_node, counts_region};
    play->handed_status = 200;
    assert_int_equal(courier_counts(&play->courier, SLICE(""), 10, now_s), OK);
    assert_int_equal(play->asked[0], 0);
    assert_int_equal(courier_counts(&play->courier, SLICE("region"), 10, now_s), OK); /* silent */
    assert_int_equal(courier_counts(&play->courier, SLICE("region"), 1010, now_s), OK);
    assert_int_equal(play->asked[0], 1);
    assert_int_equal(courier_counts(&play->courier, SLICE("region"), 600010, now_s), OK);
    assert_int_equal(courier_counts(&play->courier, SLICE("region"), 600011, now_s), OK);
    assert_int_equal(play->asked[0], 2);
    assert_int_equal(courier_counts(&play->courier, SLICE("region"), 600010 + day, now_s), OK);
    assert_int_equal(play->asked[0], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_cosigned_is_asked_again_only_when_the_log_has_grown_or_an_hour_has_passed),
        cmocka_unit_test(a_conflict_is_proved_again_from_the_size_that_is_told),
        cmocka_unit_test(conflicts_without_end_are_given_up),
        cmocka_unit_test(a_witness_that_saw_more_and_one_that_cannot_follow_are_forks),
        cmocka_unit_test(other_answers_are_refusals_and_nothing_of_them_is_handed_on),
        cmocka_unit_test(who_does_not_answer_is_left_in_peace_for_longer_each_time),
        cmocka_unit_test(what_the_safe_does_not_believe_counts_as_a_failure_unless_the_round_was_over),
        cmocka_unit_test(without_a_node_there_is_nobody_to_work_for),
        cmocka_unit_test(the_quarter_that_is_over_is_named),
        cmocka_unit_test(counts_go_to_the_region_once_a_day_and_again_soon_when_it_is_silent),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
