/* SPDX-License-Identifier: Apache-2.0 */

/* One access where something beside it is not as it should be: the index cannot be read or written, her facts have no room
 * left, a candidate is not there. Proves that what cannot be known permits nothing, and that what was not kept is made up
 * for. */

#include <sqlite3.h>

#include "requests.h"
#include "safe/facts.h"
#include "safe/state.h"

static const struct id stranger = {{0xEE, 4}};

/* What another program does to the index, while the safe has it open. */
static void to_the_index(struct whole *whole, const char *sql)
{
    char path[160];
    sqlite3 *database;

    snprintf(path, sizeof path, "%s/log/index.db", whole->directory);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(database, 5000), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static bool is_failure(enum error error)
{
    return error != OK && error != ERROR_REFUSED && error != ERROR_UNAUTHENTICATED;
}

static void assert_nothing_opened(const struct grant *grant)
{
    for (size_t i = 0; i < grant->targets; i++) {
        assert_int_equal(grant->target[i].drawers, 0);
        assert_int_equal(grant->target[i].facts.length, 0);
    }
}

static void who_cannot_be_known_not_to_be_withdrawn_sees_nothing(void **state)
{
    struct whole whole;
    struct grant grant = {0};

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna), nurse = whole_token(&whole, &NURSE);
    assert_int_equal(whole_ask(&whole, PROTOCOL_REVOKE, whole_token(&whole, &CLERK), NULL), OK);
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    to_the_index(&whole, "ALTER TABLE revoked RENAME TO elsewhere");
    assert_true(is_failure(look_at(&whole, nurse, &anna, facts, &grant)));
    assert_nothing_opened(&grant);
    to_the_index(&whole, "ALTER TABLE elsewhere RENAME TO revoked");
    assert_int_equal(look_at(&whole, nurse, &anna, facts, &grant), OK);
    whole_close(&whole);
}

static void glass_that_cannot_be_known_to_be_open_is_shut(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, REASON, &grant),
                     OK);
    safe_idle(whole.safe);
    world_advance(&whole.world, 15 * DAY_NS); /* nobody has reviewed it */
    struct slice others = whole_register(&whole, &bela), physician = whole_token(&whole, &PHYSICIAN_EMERGENCY);
    safe_idle(whole.safe);
    to_the_index(&whole, "ALTER TABLE review RENAME TO elsewhere");
    assert_true(is_failure(break_glass_of(&whole, physician, &bela, others, REASON, &grant)));
    assert_nothing_opened(&grant);
    to_the_index(&whole, "ALTER TABLE elsewhere RENAME TO review");
    assert_int_equal(break_glass_of(&whole, physician, &bela, others, REASON, &grant), ERROR_GLASS_SHUT);
    whole_close(&whole);
}

static size_t rows_of(struct whole *whole, const char *table)
{
    sqlite3_stmt *statement;
    char text[160];
    sqlite3 *database;

    snprintf(text, sizeof text, "%s/log/index.db", whole->directory);
    assert_int_equal(sqlite3_open(text, &database), SQLITE_OK);
    snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_prepare_v2(database, text, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    size_t rows = (size_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    return rows;
}

/* A reading under an order that could not be counted opens nothing; the next start counts it from the log. */
static void a_reading_that_could_not_be_counted_is_counted_at_the_next_start(void **state)
{
    struct bench bench;
    struct grant grant;
    struct look_asked look;

    (void)state;
    bench_open(&bench);
    released_order(&bench);
    struct access *access = reading_under(&look, bench.officer, &bench.order, &anna, bench.facts);
    to_the_index(&bench.whole, "CREATE TRIGGER never BEFORE INSERT ON order_look BEGIN SELECT RAISE(ABORT, 'no'); END");
    assert_true(is_failure(whole_access(&bench.whole, access, &grant)));
    assert_nothing_opened(&grant);
    to_the_index(&bench.whole, "DROP TRIGGER never");
    whole_register(&bench.whole, &bela); /* care goes on */
    assert_int_equal(rows_of(&bench.whole, "order_look"), 0);
    whole_reopen(&bench.whole);
    assert_int_equal(rows_of(&bench.whole, "order_look"), 1);
    assert_int_equal(whole_access(&bench.whole, access, &grant), OK);
    assert_int_equal(rows_of(&bench.whole, "order_look"), 2);
    bench_close(&bench);
}

static void a_candidate_who_is_not_there_ends_a_match_under_an_order(void **state)
{
    struct access_target target[2] = {{.person = anna}, {.person = stranger}};
    struct bench bench;
    struct grant grant;

    (void)state;
    bench_open(&bench);
    new_order(&bench);
    struct access access = {.token = bench.counsel,
                            .action = ACTION_MATCH,
                            .drawers = BIT(IDENTITY),
                            .needed = OUTCOME_EXISTENCE,
                            .type = SLICE("Patient"),
                            .order = bench.order,
                            .target = target,
                            .targets = 1};
    assert_int_equal(whole_access(&bench.whole, &access, &grant), OK);
    access.targets = 2;
    assert_int_equal(whole_access(&bench.whole, &access, &grant), ERROR_NOT_FOUND);
    assert_nothing_opened(&grant);
    bench_close(&bench);
}

/* Of somebody who is not known no block is looked at: what is wrong with it would tell that she is not. */
static void what_is_shown_of_somebody_unknown_does_not_matter(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    const struct slice shown[] = {SLICE(""), whole_register(&whole, &anna), SLICE("no block at all")};
    struct slice nurse = whole_token(&whole, &NURSE);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_int_equal(look_at(&whole, nurse, &stranger, shown[i], &grant), ERROR_REFUSED);
    whole_close(&whole);
}

/* The rules of the node, but that a relation of which nothing is known opens what an open encounter does, and the other way
 * round. */
static struct decider *upside_down(struct whole *whole)
{
    const struct slice values = SLICE("\"open_encounter\",\"past\",\"none\",\"unknown\"");
    const struct slice swapped = SLICE("\"unknown\",\"past\",\"none\",\"open_encounter\"");
    const struct rule_set *set;
    struct decider *decider;
    struct slice text;

    assert_int_equal(file_read(whole->arena, node_path(whole->directory, "rules/joint-standard.rules.json").text,
                               RULE_SET_BYTES_MAX, &text, NULL),
                     OK);
    size_t at = slice_search(text, values);
    assert_true(at < text.length);
    char *edited = arena_alloc(whole->arena, text.length);
    assert_non_null(edited);
    memcpy(edited, text.data, text.length);
    memcpy(edited + at, swapped.data, swapped.length);
    assert_int_equal(rule_set_load(whole->arena, slice_of(edited, text.length), &set, NULL), OK);
    assert_int_equal(decider_new(whole->arena, set, &decider, NULL), OK);
    return decider;
}

/* A newer block is made, and stored. */
static void state_something(struct whole *whole, struct slice facts)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(64);
    struct fact_change change = {.kind = FACT_RELATION,
                                 .value = RELATION_PAST,
                                 .organization = node_organization(SLICE("third-clinic")),
                                 .source = {{0xE0}}};
    struct look_asked look;
    struct access *access = looking(&look, whole_token(whole, &NURSE), &anna, facts, BIT(CLINICAL));
    struct grant grant;

    access->action = ACTION_WRITE;
    access->change = &change;
    access->changes = 1;
    assert_int_equal(whole_access(whole, access, &grant), OK);
    completion_write(&(struct completion){grant.leaf, OK, 1}, &payload);
    assert_int_equal(whole_ask(whole, PROTOCOL_COMPLETE, buffer_view(&payload), NULL), OK);
}

/* That there is nothing is something else than that nobody knows: rules may tell the two apart, and a stranger is refused
 * like anybody of whom there is nothing. */
static void of_a_stranger_the_rules_hear_that_there_is_nothing(void **state)
{
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice old = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct slice elsewhere = whole_token(&whole, &PHYSICIAN_ELSEWHERE);
    state_something(&whole, old);
    assert_int_equal(look_at(&whole, elsewhere, &anna, old, &grant), ERROR_REFUSED);
    whole.safe->decider = upside_down(&whole);
    assert_int_equal(look_at(&whole, elsewhere, &anna, old, &grant), OK); /* her block is too old: nobody knows */
    assert_int_equal(look_at(&whole, elsewhere, &stranger, SLICE(""), &grant), ERROR_REFUSED);
    whole_close(&whole);
}

/* Her block holds so much and no more, to the last place: then glass is not broken without a word of it. */
static void glass_breaks_while_her_facts_have_room_for_it(void **state)
{
    static struct fact_change change[FACTS_MAX];
    struct look_asked look;
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct whole_person herself = whole_patient(&anna);
    struct slice facts = arena_copy(whole.arena, whole_register(&whole, &anna));
    struct access *access = looking(&look, whole_token(&whole, &herself), &anna, facts, BIT(AUDIT));
    access->action = ACTION_WRITE;
    access->type = SLICE("Consent");
    access->change = change;
    for (size_t said = 1; said < FACTS_MAX - 1; said += access->changes) { /* one was said by who registered her */
        size_t left = FACTS_MAX - 1 - said;
        access->changes = left < PROTOCOL_CHANGES_MAX ? left : PROTOCOL_CHANGES_MAX;
        for (size_t i = 0; i < access->changes; i++)
            change[i] = (struct fact_change){.kind = FACT_CONSENT,
                                             .value = CONSENT_DENY,
                                             .organization = node_organization(SLICE("third-clinic")),
                                             .source = {{0xC0, (uint8_t)(said + i), (uint8_t)((said + i) >> 8)}}};
        assert_int_equal(whole_access(&whole, access, &grant), OK);
        look.target.facts = arena_copy(whole.arena, grant.target[0].facts);
    }
    facts = look.target.facts;
    struct whole_person second = PHYSICIAN_EMERGENCY;
    second.actor = "a second physician";
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &PHYSICIAN_EMERGENCY), &anna, facts, REASON, &grant),
                     OK);
    facts = arena_copy(whole.arena, grant.target[0].facts);
    assert_int_equal(break_glass_of(&whole, whole_token(&whole, &second), &anna, facts, REASON, &grant),
                     ERROR_TOO_MANY);
    assert_nothing_opened(&grant);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_cannot_be_known_not_to_be_withdrawn_sees_nothing),
        cmocka_unit_test(glass_that_cannot_be_known_to_be_open_is_shut),
        cmocka_unit_test(a_reading_that_could_not_be_counted_is_counted_at_the_next_start),
        cmocka_unit_test(a_candidate_who_is_not_there_ends_a_match_under_an_order),
        cmocka_unit_test(what_is_shown_of_somebody_unknown_does_not_matter),
        cmocka_unit_test(of_a_stranger_the_rules_hear_that_there_is_nothing),
        cmocka_unit_test(glass_breaks_while_her_facts_have_room_for_it),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
