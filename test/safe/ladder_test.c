/* SPDX-License-Identifier: Apache-2.0 */

/* Proves what the table of reviews does by itself: which looks one review covers and which glass is shut, to the second;
 * how many wait on each rung; that a verdict is given once; and that it refuses rather than forgets when it fails. */

#include "oversight_asks.h"

#include <stdio.h>

#include "safe/person_index.h"
#include "scratch.h"
#include "unlucky.h"

#define DAY 86400
#define HOUR 3600
#define NOW 1700000000

static const struct id reviewer = {{7, 7}};

struct table {
    struct scratch scratch;
    struct person_index *index;
    struct reviews *reviews;
    struct arena *arena;
    char path[128];
};

static void table_open(struct table *table)
{
    static const struct secret_key key = {{9}};
    struct fault fault;

    assert_int_equal(person_index_open(table->path, &key, &table->index, &fault), OK);
    table->reviews = person_index_reviews(table->index);
}

static void table_make(struct table *table)
{
    table->scratch = scratch_make();
    table->arena = arena_new(1u << 20);
    snprintf(table->path, sizeof table->path, "%s/index.db", table->scratch.directory);
    table_open(table);
}

static void table_remove(struct table *table)
{
    person_index_close(table->index);
    arena_free(table->arena);
    scratch_remove(&table->scratch);
}

static struct look look_of(uint64_t leaf, int64_t time_s, enum review_kind kind, uint8_t subject, uint8_t actor)
{
    struct look look = {.leaf = leaf, .time_s = time_s, .kind = kind};

    look.subject[0] = subject;
    look.actor[0] = actor;
    return look;
}

static void add(struct table *table, uint64_t leaf, int64_t time_s, enum review_kind kind, uint8_t subject,
                uint8_t actor)
{
    struct look look = look_of(leaf, time_s, kind, subject, actor);

    assert_int_equal(reviews_add(table->reviews, &look), OK);
}

static size_t listed(struct table *table, int64_t now_s, const struct review **ret)
{
    size_t count;

    assert_int_equal(reviews_list(table->reviews, table->arena, now_s, 100, ret, &count), OK);
    return count;
}

static bool is_shut(struct table *table, uint8_t actor, int64_t now_s)
{
    const uint8_t name[ID_BYTES] = {actor};
    bool shut;

    assert_int_equal(reviews_glass_is_shut(table->reviews, name, now_s, &shut), OK);
    return shut;
}

/* ---- words ---- */

static void a_verdict_is_one_of_two_words(void **state)
{
    static const struct {
        const char *word;
        enum review_verdict verdict;
    } cases[] = {
        {"justified", REVIEW_JUSTIFIED}, {"not justified", REVIEW_NOT_JUSTIFIED},
        {"open", REVIEW_OPEN},           {"", REVIEW_OPEN},
        {"Justified", REVIEW_OPEN},      {"justified ", REVIEW_OPEN},
        {"perhaps", REVIEW_OPEN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum review_verdict verdict = REVIEW_OPEN;
        bool is_one = review_verdict_read(slice_from_string(cases[i].word), &verdict);
        assert_int_equal(is_one, cases[i].verdict != REVIEW_OPEN);
        assert_int_equal(verdict, cases[i].verdict);
        if (is_one)
            assert_string_equal(review_verdict_word(verdict), cases[i].word);
    }
}

/* ---- which looks one review covers ---- */

static void a_review_covers_the_looks_of_its_subject_for_an_hour(void **state)
{
    const struct review *review;
    struct table table;

    (void)state;
    table_make(&table);
    add(&table, 10, NOW, REVIEW_GLASS, 1, 1);
    add(&table, 11, NOW + HOUR - 1, REVIEW_GLASS, 1, 1); /* covered */
    add(&table, 12, NOW + HOUR, REVIEW_GLASS, 1, 1);     /* not any more */
    add(&table, 13, NOW + HOUR + 1, REVIEW_GLASS, 1, 1); /* by the second */
    add(&table, 14, NOW + HOUR + 2, REVIEW_GLASS, 2, 1); /* of somebody else */
    assert_int_equal(listed(&table, NOW + DAY, &review), 3);
    static const struct review expected[] = {{10, NOW, NOW + 7 * DAY, 2, 0},
                                             {12, NOW + HOUR, NOW + HOUR + 7 * DAY, 2, 0},
                                             {14, NOW + HOUR + 2, NOW + HOUR + 2 + 7 * DAY, 1, 0}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(review[i].leaf, expected[i].leaf);
        assert_int_equal(review[i].opened_s, expected[i].opened_s);
        assert_int_equal(review[i].due_s, expected[i].due_s);
        assert_int_equal(review[i].looks, expected[i].looks);
        assert_int_equal(review[i].rung, 0);
    }
    for (uint64_t leaf = 10; leaf <= 14; leaf++) { /* each look says how its review stands */
        enum review_verdict verdict = REVIEW_VERDICTS;
        bool open;
        assert_int_equal(reviews_of(table.reviews, leaf, &verdict), OK);
        assert_int_equal(verdict, REVIEW_OPEN);
        assert_int_equal(reviews_is_open(table.reviews, leaf, &open), OK);
        assert_int_equal(open, leaf % 2 == 0);
    }
    table_remove(&table);
}

static void more_looks_than_are_kept_waiting_are_written_down(void **state)
{
    const struct review *review;
    struct table table;
    size_t count;

    (void)state;
    table_make(&table);
    for (uint64_t leaf = 1; leaf <= LOOKS_PENDING; leaf++) {
        add(&table, leaf, NOW, REVIEW_GLASS, 1, 1);
        assert_int_equal(table.reviews->count, leaf); /* an emergency waits for no table */
    }
    add(&table, LOOKS_PENDING + 1, NOW, REVIEW_GLASS, 1, 1);
    assert_int_equal(table.reviews->count, 1);
    assert_int_equal(listed(&table, NOW, &review), 1);
    assert_int_equal(review[0].looks, LOOKS_PENDING + 1);
    assert_int_equal(table.reviews->count, 0);
    for (uint64_t leaf = 1; leaf <= 5; leaf++)
        add(&table, 5000 + leaf, NOW, REVIEW_GLASS, (uint8_t)(leaf + 1), 1);
    assert_int_equal(reviews_list(table.reviews, table.arena, NOW, 4, &review, &count), OK);
    assert_int_equal(count, 4); /* no more than were asked for */
    add(&table, 6000, NOW, REVIEW_GLASS, 50, 1);
    person_index_close(table.index); /* what waits is written when it closes */
    table_open(&table);
    assert_int_equal(listed(&table, NOW, &review), 7);
    table_remove(&table);
}

/* ---- the ladder ---- */

static void the_ladder_is_climbed_to_the_second(void **state)
{
    static const struct {
        int64_t age_s;
        unsigned rung;
    } cases[] = {{0, 0}, {7 * DAY - 1, 0}, {7 * DAY, 1}, {14 * DAY - 1, 1}, {14 * DAY, 2}, {900 * DAY, 2}};
    const struct review *review;
    struct table table;

    (void)state;
    table_make(&table);
    assert_false(is_shut(&table, 1, NOW + 900 * DAY)); /* nobody has broken any */
    assert_int_equal(table.reviews->oldest_glass_s, INT64_MAX);
    add(&table, 10, NOW, REVIEW_GLASS, 1, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(listed(&table, NOW + cases[i].age_s, &review), 1);
        assert_int_equal(review[0].rung, cases[i].rung);
        assert_int_equal(is_shut(&table, 1, NOW + cases[i].age_s), cases[i].rung == 2);
        assert_false(is_shut(&table, 2, NOW + cases[i].age_s));
        for (unsigned rung = 0; rung <= 2; rung++) {
            uint64_t count;
            assert_int_equal(reviews_count(table.reviews, NOW + cases[i].age_s, rung, &count), OK);
            assert_int_equal(count, rung <= cases[i].rung);
        }
    }
    person_index_close(table.index);
    table_open(&table);
    assert_int_equal(table.reviews->oldest_glass_s, NOW);
    assert_true(is_shut(&table, 1, NOW + 14 * DAY));
    table_remove(&table);
}

/* Refused looks, erasures and the like close nobody's glass; orders are in no number that the public sees. */
static void what_is_no_glass_shuts_none_and_orders_are_not_counted(void **state)
{
    struct table table;

    (void)state;
    table_make(&table);
    add(&table, 20, NOW - DAY, REVIEW_GLASS, 9, 9); /* so that the table is asked at all */
    for (enum review_kind kind = REVIEW_REFUSED; kind <= REVIEW_ORDER; kind++)
        add(&table, 10 + kind, NOW, kind, (uint8_t)kind, (uint8_t)kind);
    for (enum review_kind kind = REVIEW_REFUSED; kind <= REVIEW_ORDER; kind++)
        assert_false(is_shut(&table, (uint8_t)kind, NOW + 20 * DAY));
    for (unsigned rung = 0; rung <= 2; rung++) {
        uint64_t count;
        assert_int_equal(reviews_count(table.reviews, NOW + 20 * DAY, rung, &count), OK);
        assert_int_equal(count, 4);
    }
    table_remove(&table);
}

struct telling {
    unsigned times, days[8];
    uint64_t count[8];
    const char *kind[8];
    enum error error;
};

static enum error tell(void *context, const char *kind, unsigned days, uint64_t count)
{
    struct telling *telling = context;

    if (telling->error != OK)
        return telling->error;
    telling->kind[telling->times] = kind;
    telling->days[telling->times] = days;
    telling->count[telling->times++] = count;
    return OK;
}

static void each_rung_is_told_once_and_again_only_when_it_could_not_be(void **state)
{
    struct telling telling = {.error = ERROR_IO};
    struct table table;

    (void)state;
    table_make(&table);
    add(&table, 10, NOW, REVIEW_GLASS, 1, 1);
    add(&table, 11, NOW, REVIEW_REFUSED, 2, 1);
    add(&table, 12, NOW, REVIEW_ORDER, 3, 1);
    add(&table, 13, NOW + 7 * DAY, REVIEW_GLASS, 4, 1);
    assert_int_equal(reviews_flush(table.reviews), OK);
    assert_int_equal(reviews_escalate(table.reviews, NOW + 7 * DAY - 1, tell, &telling), OK);
    assert_int_equal(reviews_escalate(table.reviews, NOW + 7 * DAY, tell, &telling), ERROR_IO);
    telling.error = OK;
    for (int again = 0; again < 2; again++)
        assert_int_equal(reviews_escalate(table.reviews, NOW + 7 * DAY, tell, &telling), OK);
    assert_int_equal(telling.times, 1);
    for (int again = 0; again < 2; again++)
        assert_int_equal(reviews_escalate(table.reviews, NOW + 14 * DAY, tell, &telling), OK);
    assert_int_equal(telling.times, 3);
    static const struct telling expected = {
        3, {7, 7, 14}, {2, 1, 2}, {"review.overdue", "review.overdue", "review.shut"}, OK};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(telling.days[i], expected.days[i]);
        assert_int_equal(telling.count[i], expected.count[i]);
        assert_string_equal(telling.kind[i], expected.kind[i]);
    }
    table_remove(&table);
}

/* ---- verdicts ---- */

static void a_verdict_is_given_once_and_stands(void **state)
{
    enum review_verdict verdict;
    struct table table;
    bool open;

    (void)state;
    table_make(&table);
    add(&table, 10, NOW, REVIEW_GLASS, 1, 1);
    add(&table, 11, NOW + 1, REVIEW_GLASS, 1, 1);
    add(&table, 12, NOW + DAY, REVIEW_GLASS, 2, 1);
    assert_int_equal(reviews_decide(table.reviews, 11, REVIEW_JUSTIFIED, &reviewer, NOW + 2),
                     ERROR_NOT_FOUND); /* no review */
    assert_int_equal(reviews_decide(table.reviews, 99, REVIEW_JUSTIFIED, &reviewer, NOW + 2), ERROR_NOT_FOUND);
    assert_int_equal(table.reviews->oldest_glass_s, NOW);
    assert_int_equal(reviews_decide(table.reviews, 10, REVIEW_NOT_JUSTIFIED, &reviewer, NOW + 2), OK);
    assert_int_equal(table.reviews->oldest_glass_s, NOW + DAY);
    assert_int_equal(reviews_decide(table.reviews, 10, REVIEW_JUSTIFIED, &reviewer, NOW + 3), ERROR_NOT_FOUND);
    for (uint64_t leaf = 10; leaf <= 11; leaf++) {
        assert_int_equal(reviews_of(table.reviews, leaf, &verdict), OK);
        assert_int_equal(verdict, REVIEW_NOT_JUSTIFIED);
        assert_int_equal(reviews_is_open(table.reviews, leaf, &open), OK);
        assert_false(open);
    }
    assert_int_equal(reviews_of(table.reviews, 12, &verdict), OK);
    assert_int_equal(verdict, REVIEW_OPEN);
    assert_int_equal(reviews_of(table.reviews, 99, &verdict), ERROR_NOT_FOUND);
    assert_int_equal(reviews_decide(table.reviews, 12, REVIEW_JUSTIFIED, &reviewer, NOW + DAY), OK);
    assert_int_equal(reviews_of(table.reviews, 12, &verdict), OK);
    assert_int_equal(verdict, REVIEW_JUSTIFIED);
    assert_int_equal(table.reviews->oldest_glass_s, INT64_MAX);
    table_remove(&table);
}

/* Somebody who can write the file, or a later program: what is no verdict of these is none. */
static void a_verdict_that_is_none_leaves_the_review_open(void **state)
{
    struct table table;

    (void)state;
    table_make(&table);
    for (int verdict = -1; verdict <= REVIEW_VERDICTS + 1; verdict++) {
        enum review_verdict said = REVIEW_VERDICTS;
        uint64_t leaf = (uint64_t)(100 + verdict);
        add(&table, leaf, NOW, REVIEW_GLASS, (uint8_t)leaf, 1);
        assert_int_equal(reviews_decide(table.reviews, leaf, (enum review_verdict)verdict, &reviewer, NOW), OK);
        assert_int_equal(reviews_of(table.reviews, leaf, &said), OK);
        assert_int_equal(said, verdict == 1 || verdict == 2 ? verdict : REVIEW_OPEN);
    }
    table_remove(&table);
}

/* ---- no memory ---- */

static void a_table_for_which_there_is_no_memory_does_not_open(void **state)
{
    const struct review *review;
    struct table table;
    struct reviews again;
    size_t count;

    (void)state;
    table_make(&table);
    unlucky_fail(UNLUCKY_calloc, 1, false, 0);
    assert_int_equal(reviews_open(person_index_store(table.index), &again), ERROR_MEMORY);
    assert_true(unlucky_end());
    reviews_close(&again);
    add(&table, 10, NOW, REVIEW_GLASS, 1, 1);
    unlucky_fail(UNLUCKY_arena, 1, false, 0);
    assert_int_equal(reviews_list(table.reviews, table.arena, NOW, 100, &review, &count), ERROR_MEMORY);
    assert_true(unlucky_end());
    assert_int_equal(listed(&table, NOW, &review), 1);
    table_remove(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_is_one_of_two_words),
        cmocka_unit_test(a_review_covers_the_looks_of_its_subject_for_an_hour),
        cmocka_unit_test(more_looks_than_are_kept_waiting_are_written_down),
        cmocka_unit_test(the_ladder_is_climbed_to_the_second),
        cmocka_unit_test(what_is_no_glass_shuts_none_and_orders_are_not_counted),
        cmocka_unit_test(each_rung_is_told_once_and_again_only_when_it_could_not_be),
        cmocka_unit_test(a_verdict_is_given_once_and_stands),
        cmocka_unit_test(a_verdict_that_is_none_leaves_the_review_open),
        cmocka_unit_test(a_table_for_which_there_is_no_memory_does_not_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
