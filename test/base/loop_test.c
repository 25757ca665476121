/* SPDX-License-Identifier: Apache-2.0 */

/* Proves the order of a round (descriptors, timers, what was put off) and that anything may be taken away while it is
 * being served. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/loop.h"
#include "base/world.h"

struct story {
    struct loop *loop;
    struct loop_watch *watch[2];
    char told[64];
};

struct word {
    struct story *story;
    const char *text;
};

static void tell(void *context)
{
    struct word *word = context;

    strncat(word->story->told, word->text, sizeof word->story->told - strlen(word->story->told) - 1);
    if (word->text[0] == '.')
        loop_stop(word->story->loop);
}

static void timers_come_by_time_and_the_cancelled_not_at_all(void **state)
{
    struct story story = {.loop = loop_new()};
    struct word a = {&story, "a"}, b = {&story, "b"}, c = {&story, "c"}, end = {&story, "."};
    int64_t begin = world_stopwatch_ns();

    (void)state;
    assert_non_null(loop_timer(story.loop, 30, tell, &end));
    assert_non_null(loop_timer(story.loop, 20, tell, &c));
    struct loop_timer *cancelled = loop_timer(story.loop, 1, tell, &b);
    assert_non_null(loop_timer(story.loop, 5, tell, &a));
    loop_timer_cancel(story.loop, cancelled);
    loop_timer_cancel(story.loop, NULL);
    assert_int_equal(loop_run(story.loop), OK);
    assert_string_equal(story.told, "ac.");
    assert_true(world_stopwatch_ns() - begin >= 30000000); /* never before its time */
    loop_free(story.loop);
}

static void many_timers_keep_their_order(void **state)
{
    static struct word words[200];
    struct story story = {.loop = loop_new()};
    struct loop_timer *timer[200];
    struct word end = {&story, "."}, left = {&story, "x"};

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        words[i] = (struct word){&story, "never"};
        timer[i] = loop_timer(story.loop, (i * 7919) % 200, tell, i == 123 ? &left : &words[i]);
        assert_non_null(timer[i]);
    }
    for (unsigned i = 0; i < 200; i++)
        if (i != 123)
            loop_timer_cancel(story.loop, timer[i]);
    assert_non_null(loop_timer(story.loop, 201, tell, &end));
    assert_int_equal(loop_run(story.loop), OK);
    assert_string_equal(story.told, "x.");
    loop_free(story.loop);
}

static void put_off(void *context)
{
    struct word *word = context;
    static struct word end;

    tell(word);
    end = (struct word){word->story, "."};
    assert_int_equal(loop_defer(word->story->loop, tell, &end), OK);
}

static void what_is_put_off_runs_in_order_and_in_the_same_round(void **state)
{
    struct story story = {.loop = loop_new()};
    struct word a = {&story, "a"}, b = {&story, "b"}, c = {&story, "c"};

    (void)state;
    assert_int_equal(loop_defer(story.loop, tell, &a), OK);
    assert_int_equal(loop_defer(story.loop, tell, &b), OK);
    assert_int_equal(loop_defer(story.loop, put_off, &c), OK);
    loop_defer_cancel(story.loop, tell, &b);
    assert_int_equal(loop_run(story.loop), OK);
    assert_string_equal(story.told, "ac.");
    loop_free(story.loop);
}

/* Both descriptors are ready in one round; whoever is first takes both away. */
static void take_both_away(void *context, uint32_t events)
{
    struct story *story = context;

    assert_true(events & EPOLLIN);
    strcat(story->told, "r");
    loop_unwatch(story->watch[0]);
    loop_unwatch(story->watch[1]);
    loop_unwatch(NULL);
    static struct word end;
    end = (struct word){story, "."};
    assert_non_null(loop_timer(story->loop, 5, tell, &end));
}

static void a_watch_taken_away_in_a_callback_is_not_called_again(void **state)
{
    struct story story = {.loop = loop_new()};
    int pipes[2][2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        assert_int_equal(write(pipes[i][1], "x", 1), 1);
        story.watch[i] = loop_watch(story.loop, pipes[i][0], EPOLLIN, take_both_away, &story);
        assert_non_null(story.watch[i]);
    }
    assert_int_equal(loop_run(story.loop), OK);
    assert_string_equal(story.told, "r.");
    for (int i = 0; i < 2; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    loop_free(story.loop);
}

static void read_one(void *context, uint32_t events)
{
    struct story *story = context;

    (void)events;
    strcat(story->told, "r");
    loop_rearm(story->watch[0], 0);
    static struct word end;
    end = (struct word){story, "."};
    assert_non_null(loop_timer(story->loop, 10, tell, &end));
}

static void a_watch_that_asks_for_nothing_is_left_alone(void **state)
{
    struct story story = {.loop = loop_new()};
    int pair[2];

    (void)state;
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    story.watch[0] = loop_watch(story.loop, pair[0], EPOLLIN, read_one, &story);
    assert_int_equal(loop_run(story.loop), OK);
    assert_string_equal(story.told, "r.");
    loop_free(story.loop); /* with the watch still there */
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_come_by_time_and_the_cancelled_not_at_all),
        cmocka_unit_test(many_timers_keep_their_order),
        cmocka_unit_test(what_is_put_off_runs_in_order_and_in_the_same_round),
        cmocka_unit_test(a_watch_taken_away_in_a_callback_is_not_called_again),
        cmocka_unit_test(a_watch_that_asks_for_nothing_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
