/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that log/index.db is nothing but what the logs say: whoever deletes it, or puts an earlier copy in its place,
 * lifts no suspension, gives back no withdrawn credential and shortens no list. Where the logs no longer hold all of
 * it, the safe does not open. */

#include "oversight_asks.h"

#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "safe/node.h"

#define YEAR_NS (INT64_C(8766) * 3600 * 1000000000)

static const char *const files[] = {"log/index.db", "log/index.db-wal", "log/index.db-shm"};
#define FILES (sizeof files / sizeof *files)

static void stop(struct whole *whole)
{
    safe_close(whole->safe);
    whole->safe = NULL;
}

static void delete_index(struct whole *whole)
{
    stop(whole);
    for (size_t i = 0; i < FILES; i++)
        (void)unlink(node_path(whole->directory, files[i]).text);
}

static struct slice index_now(struct whole *whole)
{
    struct slice copy;

    assert_int_equal(file_read(whole->arena, node_path(whole->directory, files[0]).text, 1u << 24, &copy, NULL), OK);
    return copy;
}

static struct slice list_of(struct whole *whole, enum protocol_kind kind)
{
    struct slice list;

    assert_int_equal(whole_list(whole, kind, whole_token(whole, &INES), &list), OK);
    return arena_copy(whole->arena, list);
}

struct told {
    struct slice suspensions, reviews, entries;
};

/* What oversight and she herself are told. */
static void ask_all(struct whole *whole, struct slice facts, uint64_t before, struct told *ret)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(65536);
    struct whole_person patient = whole_patient(&anna);
    struct look_asked look;
    struct slice answer;

    ret->suspensions = list_of(whole, PROTOCOL_SUSPENSIONS);
    ret->reviews = list_of(whole, PROTOCOL_REVIEWS);
    buffer_u64(&payload, before);
    access_write(looking(&look, whole_token(whole, &patient), &anna, facts, BIT(AUDIT)), &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_EVENTS, buffer_view(&payload), &answer), OK);
    ret->entries = arena_copy(whole->arena, answer);
}

static void assert_told_alike(const struct told *a, const struct told *b)
{
    assert_true(slice_equal(a->suspensions, b->suspensions));
    assert_true(slice_equal(a->reviews, b->reviews));
    assert_true(slice_equal(a->entries, b->entries));
}

static struct id id_of(struct whole *whole, struct slice token)
{
    struct credential credential;
    struct slice payload;

    assert_int_equal(whole_ask(whole, PROTOCOL_CREDENTIAL, token, &payload), OK);
    assert_int_equal(credential_read(payload, &credential), OK);
    return credential.id;
}

struct story {
    struct slice facts, nurse, clerk, withdrawn, physician;
    uint64_t lifted, end;
};

static void suspend_and_withdraw(struct whole *whole, struct story *story)
{
    struct slice ines = whole_token(whole, &INES);
    char id[2 * ID_BYTES + 1] = {0};
    struct grant grant;

    story->nurse = whole_token(whole, &NURSE);
    story->clerk = whole_token(whole, &CLERK);
    story->withdrawn = whole_token(whole, &PHYSICIAN_ELSEWHERE);
    story->physician = whole_token(whole, &PHYSICIAN_EMERGENCY);
    struct id clerk = id_of(whole, story->clerk);
    for (size_t i = 0; i < ID_BYTES; i++)
        snprintf(id + 2 * i, 3, "%02x", clerk.byte[i]);
    assert_int_equal(break_glass_of(whole, story->physician, &anna, story->facts, REASON, &grant), OK);
    assert_int_equal(suspend_as(whole, ines, SUSPENDED_ACTOR, "nurse@harbour-clinic", NULL), OK);
    assert_int_equal(suspend_as(whole, ines, SUSPENDED_CREDENTIAL, id, NULL), OK);
    assert_int_equal(suspend_as(whole, ines, SUSPENDED_ACTOR, "karla", &story->lifted), OK);
    assert_int_equal(suspend_as(whole, ines, SUSPENDED_RULE, "D-28", NULL), OK);
    assert_int_equal(lift_as(whole, ines, story->lifted), OK);
    assert_int_equal(whole_ask(whole, PROTOCOL_REVOKE, story->withdrawn, NULL), OK);
    story->end = whole_entries(whole);
}

static void assert_all_is_shut(struct whole *whole, const struct story *story)
{
    struct grant grant;

    assert_int_equal(look_at(whole, story->nurse, &anna, story->facts, &grant), ERROR_SUSPENDED);
    assert_int_equal(look_at(whole, whole_token(whole, &NURSE), &anna, story->facts, &grant), ERROR_SUSPENDED);
    assert_int_equal(look_at(whole, story->clerk, &anna, story->facts, &grant), ERROR_SUSPENDED);
    assert_int_equal(whole_ask(whole, PROTOCOL_CREDENTIAL, story->withdrawn, NULL), ERROR_UNAUTHENTICATED);
    assert_int_equal(break_glass_of(whole, story->physician, &anna, story->facts, REASON, &grant), ERROR_REFUSED);
    assert_int_equal(lift_as(whole, whole_token(whole, &INES), story->lifted), ERROR_NOT_FOUND);
}

static void what_was_closed_stays_closed_when_the_index_is_deleted(void **state)
{
    struct whole whole;
    struct story story = {0};
    struct told before, after;

    (void)state;
    whole_open(&whole);
    story.facts = whole_register(&whole, &anna);
    suspend_and_withdraw(&whole, &story);
    ask_all(&whole, story.facts, story.end, &before);
    assert_int_equal(times(before.suspensions, "\"number\""), 3);
    delete_index(&whole);
    whole_reopen(&whole);
    ask_all(&whole, story.facts, story.end, &after);
    assert_told_alike(&before, &after);
    whole_reopen(&whole); /* and again, when nothing was missing */
    ask_all(&whole, story.facts, story.end, &after);
    assert_told_alike(&before, &after);
    assert_all_is_shut(&whole, &story);
    whole_close(&whole);
}

static void an_earlier_copy_of_the_index_forgets_nothing(void **state)
{
    struct whole whole;
    struct story story = {0};
    struct told before, after;

    (void)state;
    whole_open(&whole);
    story.facts = whole_register(&whole, &anna);
    stop(&whole);
    struct slice earlier = index_now(&whole);
    whole_reopen(&whole);
    suspend_and_withdraw(&whole, &story);
    ask_all(&whole, story.facts, story.end, &before);
    delete_index(&whole);
    assert_int_equal(file_replace(node_path(whole.directory, files[0]).text, earlier, 0600), OK);
    whole_reopen(&whole);
    ask_all(&whole, story.facts, story.end, &after);
    assert_told_alike(&before, &after);
    assert_all_is_shut(&whole, &story);
    whole_close(&whole);
}

static void numbers_of_suspensions_go_on_where_they_were(void **state)
{
    struct whole whole;
    struct story story = {0};
    uint64_t number;

    (void)state;
    whole_open(&whole);
    story.facts = whole_register(&whole, &anna);
    suspend_and_withdraw(&whole, &story);
    delete_index(&whole);
    whole_reopen(&whole);
    assert_int_equal(suspend_as(&whole, whole_token(&whole, &INES), SUSPENDED_ACTOR, "karla", &number), OK);
    assert_int_equal(number, 5);
    whole_close(&whole);
}

/* The old entries are gone: what they did is in the index alone, and without it nothing is served. */
static void a_pruned_node_without_its_index_does_not_open(void **state)
{
    struct whole whole;
    struct safe *safe = NULL;
    struct fault fault = {0};
    struct grant grant;
    bool done = false;

    (void)state;
    whole_open(&whole);
    whole.cadence = (struct safe_cadence){.pad = 128, .segment_bytes = 8000, .retention_years = 3};
    whole_reopen(&whole);
    assert_int_equal(safe_begin(whole.safe), OK);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(suspend_as(&whole, whole_token(&whole, &INES), SUSPENDED_ACTOR, "nurse@harbour-clinic", NULL), OK);
    for (int i = 0; i < 4; i++)
        safe_tick(whole.safe);
    world_advance(&whole.world, 5 * YEAR_NS);
    for (bool begins = true; !done; begins = false) {
        struct slice answer;
        assert_int_equal(whole_ask(&whole, PROTOCOL_PRUNE, begins ? SLICE("begin") : SLICE(""), &answer), OK);
        done = answer.data[0];
    }
    whole_reopen(&whole); /* with it, she is suspended still */
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), ERROR_SUSPENDED);
    delete_index(&whole);
    struct safe_options options = {.directory = whole.directory, .world = &whole.world, .cadence = whole.cadence};
    assert_int_equal(safe_open(&options, &safe, &fault), ERROR_INDEX_LOST);
    assert_null(safe);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_closed_stays_closed_when_the_index_is_deleted),
        cmocka_unit_test(an_earlier_copy_of_the_index_forgets_nothing),
        cmocka_unit_test(numbers_of_suspensions_go_on_where_they_were),
        cmocka_unit_test(a_pruned_node_without_its_index_does_not_open),
    };

    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
