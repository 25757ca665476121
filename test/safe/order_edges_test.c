/* SPDX-License-Identifier: Apache-2.0 */

/* Proves of the route for lawful orders what a door can try that is no order: payloads that are none, a look or a match
 * that asks for a little more than an order opens, files that are changed behind it, a stop between an entry and its
 * commitment. Nothing opens, and what was taken in is published once. */

#include "order_asks.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "safe/state.h"
#include "unlucky.h"

#define CANDIDATES 65 /* one more than an order is matched with */

static enum error say(struct whole *whole, enum protocol_kind kind, const char *bytes, size_t length)
{
    return whole_ask(whole, kind, slice_of(bytes, length), NULL);
}

static void payloads_that_are_none_are_refused_and_leave_no_entry(void **state)
{
    static const struct {
        enum protocol_kind kind;
        const char *bytes;
        size_t length;
    } cases[] = {
        {PROTOCOL_ORDER, "", 0},           {PROTOCOL_ORDER, "\0\0\0\0\0", 5},       {PROTOCOL_ORDER, "\x05\0\0\0\0", 5},
        {PROTOCOL_ORDER, "\1\0\0\0\0", 5}, {PROTOCOL_ORDER, "\2\0\0\0\0", 5},       {PROTOCOL_ORDER, "\2\0\0\0\x09", 5},
        {PROTOCOL_ORDER_PERSON, "", 0},    {PROTOCOL_ORDER_PERSON, "\0\0\0\0x", 5}, {PROTOCOL_ORDER_SETUP, "", 0},
        {PROTOCOL_ORDER_SETUP, "\0", 1},   {PROTOCOL_ORDER_SETUP, "\5", 1},         {PROTOCOL_ORDER_SETUP, "\3x", 2},
    };
    struct whole whole;

    (void)state;
    whole_open(&whole);
    open_route(&whole);
    uint64_t entries = whole_entries(&whole), public = whole_public_entries(&whole);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (say(&whole, cases[i].kind, cases[i].bytes, cases[i].length) != ERROR_SYNTAX)
            fail_msg("case %zu", i);
    assert_int_equal(whole_entries(&whole), entries);
    assert_int_equal(whole_public_entries(&whole), public);
    assert_true(route_is_there(&whole));
    whole_close(&whole);
}

static void words_that_are_no_text_are_refused_and_written_down(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    open_route(&whole);
    struct id id = ask(&whole);
    uint64_t entries = whole_entries(&whole);
    assert_int_equal(decide(&whole, ORDER_REFUSE, &id, SLICE("\xff\xfe")), ERROR_UTF8);
    assert_int_equal(whole_entries(&whole), entries + 1);
    assert_non_null(listed(&whole, &id)); /* still open */
    whole_close(&whole);
}

static void without_a_route_there_is_nothing_to_list(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    struct slice counsel = whole_token(&whole, &COUNSEL);
    assert_int_equal(whole_list(&whole, PROTOCOL_ORDERS, counsel, NULL), ERROR_NOT_FOUND);
    assert_int_equal(set_up(&whole, ORDER_SETUP_CLOSE, SLICE(""), NULL), OK); /* closing what is closed is no error */
    assert_int_equal(set_up(&whole, ORDER_SETUP_COUNTS, SLICE("2099"), NULL), ERROR_VALUE);
    assert_int_equal(set_up(&whole, ORDER_SETUP_COUNTS, SLICE("soon"), NULL), ERROR_VALUE);
    whole_close(&whole);
}

/* Signed now and in force later: the route opens by itself when its time has come, and not before. */
static void a_law_of_later_opens_the_route_then(void **state)
{
    struct whole whole;
    struct law_said later = LAW;

    (void)state;
    later.from_s = START + DAYS(5);
    whole_open(&whole);
    open_route_by(&whole, &later);
    assert_false(route_is_there(&whole));
    assert_int_equal(ask_as(&whole, whole_token(&whole, &INSPECTOR), &ASKING, NULL, NULL), ERROR_NOT_FOUND);
    safe_idle(whole.safe);
    pass(&whole, DAYS(6));
    assert_true(route_is_there(&whole));
    assert_int_equal(ask_as(&whole, whole_token(&whole, &INSPECTOR), &ASKING, NULL, NULL), OK);
    whole_close(&whole);
}

/* Nobody is known to have asked: an entry would let strangers fill the log. */
static void a_token_that_is_over_asks_for_nothing(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    open_route(&whole);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    world_advance(&whole.world, INT64_C(3700) * 1000000000);
    uint64_t entries = whole_entries(&whole);
    assert_int_equal(ask_as(&whole, officer, &ASKING, NULL, NULL), ERROR_TOKEN_EXPIRED);
    assert_int_equal(whole_entries(&whole), entries);
    whole_close(&whole);
}

/* ---- a little more than an order opens ---- */

static void a_reading_that_asks_for_more_opens_nothing(void **state)
{
    const struct fact_change change = {.kind = FACT_CONSENT};
    struct whole whole;
    struct grant grant;
    struct look_asked look;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    struct id id = ask(&whole);
    release(&whole, &id, &anna);
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), OK);
#define REFUSED(change)                                                                                                \
    do {                                                                                                               \
        struct access *access = reading_under(&look, officer, &id, &anna, facts);                                      \
        change;                                                                                                        \
        uint64_t entries = whole_entries(&whole);                                                                      \
        assert_int_not_equal(whole_access(&whole, access, &grant), OK);                                                \
        for (size_t i = 0; i < grant.targets; i++)                                                                     \
            assert_int_equal(grant.target[i].drawers, 0);                                                              \
        assert_int_equal(whole_entries(&whole), entries + 1);                                                          \
    } while (0)
    REFUSED(access->replaces = true);
    REFUSED(access->needed = OUTCOME_EXISTENCE);
    REFUSED(access->needed = OUTCOME_SUMMARY);
    REFUSED(look.target.fresh = true);
    REFUSED((access->change = &change, access->changes = 1));
    REFUSED(access->action = ACTION_MATCH);
    REFUSED((access->action = ACTION_MATCH, access->drawers = BIT(IDENTITY), access->needed = OUTCOME_EXISTENCE));
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), OK);
    whole_close(&whole);
}

static void a_match_that_asks_for_more_opens_nothing(void **state)
{
    const struct fact_change change = {.kind = FACT_CONSENT};
    struct access_target target[CANDIDATES] = {{.person = {{1}}}};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct id id = ask(&whole);
    struct slice counsel = whole_token(&whole, &COUNSEL);
    for (size_t i = 0; i < CANDIDATES; i++)
        target[i] = (struct access_target){.person = anna, .facts = facts};
    const struct access right = {.token = counsel,
                                 .action = ACTION_MATCH,
                                 .drawers = BIT(IDENTITY),
                                 .needed = OUTCOME_EXISTENCE,
                                 .type = SLICE("Patient"),
                                 .order = id,
                                 .target = target,
                                 .targets = 2,
                                 .purpose = PURPOSE_UNKNOWN};
    assert_int_equal(whole_access(&whole, &right, &grant), OK);
#define NONE(change)                                                                                                   \
    do {                                                                                                               \
        struct access access = right;                                                                                  \
        change;                                                                                                        \
        assert_int_not_equal(whole_access(&whole, &access, &grant), OK);                                               \
        for (size_t i = 0; i < grant.targets; i++)                                                                     \
            assert_int_equal(grant.target[i].drawers, 0);                                                              \
    } while (0)
    NONE(access.action = ACTION_READ);
    NONE(access.drawers = BIT(IDENTITY) | BIT(CONTACT));
    NONE((access.change = &change, access.changes = 1));
    NONE((access.open_glass = true, access.reason = REASON));
    NONE(access.replaces = true);
    NONE(access.needed = OUTCOME_FULL);
    NONE(access.targets = CANDIDATES);
    target[1].fresh = true;
    target[1].person = bela;
    NONE(access.targets = 2);
    target[1] = target[0];
    assert_int_equal(set_up(&whole, ORDER_SETUP_CLOSE, SLICE(""), NULL), OK);
    NONE(access.targets = 2);
    whole_close(&whole);
}

/* ---- who can write the book ---- */

/* A release is two signatures on this very order of this node, each time that it is used. */
static void rows_that_were_written_into_the_book_release_nothing(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct slice officer = whole_token(&whole, &INSPECTOR);
    for (int wrong = 0; wrong < 4; wrong++) {
        struct id id;
        assert_int_equal(ask_as(&whole, officer, &ASKING, &id, NULL), OK);
        struct order_release said = release_of(&whole, &id, &anna);
        said.hash.byte[3] ^= wrong == 1;
        said.node.byte[3] ^= wrong == 2;
        struct order_row row = {.id = id, .state = ORDER_STATE_RELEASED, .decided_s = world_now_s(&whole.world)};
        row.release = note_of(&whole, &said, wrong == 3 ? 1u << OVERSIGHT : BOTH);
        assert_int_equal(order_book_decide(&whole.safe->orders, &row), OK);
        assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant), wrong ? ERROR_REFUSED : OK);
    }
    whole_close(&whole);
}

/* ---- a book made anew from the log ---- */

static void what_was_looked_up_before_the_book_was_lost_still_counts(void **state)
{
    struct access_target target[2] = {{.person = anna}, {.person = anna}};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    open_route(&whole);
    struct slice officer = whole_token(&whole, &INSPECTOR), counsel = whole_token(&whole, &COUNSEL);
    struct id id = ask(&whole), other = ask(&whole);
    struct access match = {.token = counsel,
                           .action = ACTION_MATCH,
                           .drawers = BIT(IDENTITY),
                           .needed = OUTCOME_EXISTENCE,
                           .type = SLICE("Patient"),
                           .order = id,
                           .target = target,
                           .targets = 2,
                           .purpose = PURPOSE_UNKNOWN};
    unsigned matches = 0;
    for (; matches < 3; matches++)
        assert_int_equal(whole_access(&whole, &match, &grant), OK);
    assert_int_equal(read_under(&whole, officer, &id, &anna, facts, &grant),
                     ERROR_REFUSED); /* and this is in the log too */
    assert_int_equal(decide(&whole, ORDER_RELEASE, &id, SLICE("no note")), ERROR_SYNTAX);
    release(&whole, &other, &anna);
    assert_int_equal(read_under(&whole, officer, &other, &anna, facts, &grant), OK);
    safe_close(whole.safe);
    whole.safe = NULL;
    static const char *const files[] = {"log/index.db", "log/index.db-wal", "log/index.db-shm"};
    for (size_t i = 0; i < 3; i++)
        (void)unlink(node_path(whole.directory, files[i]).text);
    whole_reopen(&whole);
    safe_idle(whole.safe);
    officer = whole_token(&whole, &INSPECTOR);
    match.token = whole_token(&whole, &COUNSEL);
    assert_int_equal(read_under(&whole, officer, &other, &anna, facts, &grant), OK);
    assert_non_null(listed(&whole, &id));
    while (whole_access(&whole, &match, &grant) == OK)
        matches++;
    assert_int_equal(matches, 8); /* as many as if nothing had been lost */
    whole_close(&whole);
}

/* ---- a stop in the middle ---- */

static size_t commitments(struct whole *whole)
{
    return times(public_log(whole), "{\"kind\":\"commitment\"");
}

/* Whichever write fails: an order that is in the log and in the book is seen by strangers, once. */
static void a_commitment_that_was_not_published_is_made_up_for_once(void **state)
{
    unsigned made_up = 0;
    bool failed = true;

    (void)state;
    for (size_t nth = 1; failed; nth++) {
        struct whole whole;
        struct id id;
        whole_open(&whole);
        open_route(&whole);
        struct slice officer = whole_token(&whole, &INSPECTOR);
        size_t before = commitments(&whole);
        unlucky_fail(UNLUCKY_pwrite, nth, false, EIO);
        enum error error = ask_as(&whole, officer, &ASKING, &id, NULL);
        failed = unlucky_end();
        assert_true(error == OK || (failed && error == ERROR_IO));
        size_t taken_in = json_count(open_orders(&whole));
        made_up += taken_in > 0 && commitments(&whole) == before;
        for (int i = 0; i < 3; i++) {
            whole_reopen(&whole);
            safe_idle(whole.safe);
            assert_int_equal(commitments(&whole), before + taken_in);
        }
        whole_close(&whole);
    }
    assert_true(made_up > 0);
}

static void a_law_that_cannot_be_removed_is_not_said_to_be_gone(void **state)
{
    struct whole whole;

    (void)state;
    whole_open(&whole);
    open_route(&whole);
    unlucky_fail(UNLUCKY_unlink, 1, true, EIO);
    assert_int_equal(set_up(&whole, ORDER_SETUP_CLOSE, SLICE(""), NULL), ERROR_IO);
    assert_int_equal(set_up(&whole, ORDER_SETUP_KEYS, keys_text(&whole, STRANGER, COMMUNITY, HEALTH), NULL), ERROR_IO);
    assert_true(unlucky_end());
    assert_true(route_is_there(&whole));
    assert_int_equal(times(public_log(&whole), "\"why\":\"withdrawn\""), 0);
    assert_int_equal(set_up(&whole, ORDER_SETUP_CLOSE, SLICE(""), NULL), OK);
    assert_false(route_is_there(&whole));
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_that_are_none_are_refused_and_leave_no_entry),
        cmocka_unit_test(words_that_are_no_text_are_refused_and_written_down),
        cmocka_unit_test(without_a_route_there_is_nothing_to_list),
        cmocka_unit_test(a_law_of_later_opens_the_route_then),
        cmocka_unit_test(a_token_that_is_over_asks_for_nothing),
        cmocka_unit_test(a_reading_that_asks_for_more_opens_nothing),
        cmocka_unit_test(a_match_that_asks_for_more_opens_nothing),
        cmocka_unit_test(rows_that_were_written_into_the_book_release_nothing),
        cmocka_unit_test(what_was_looked_up_before_the_book_was_lost_still_counts),
        cmocka_unit_test(a_commitment_that_was_not_published_is_made_up_for_once),
        cmocka_unit_test(a_law_that_cannot_be_removed_is_not_said_to_be_gone),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
