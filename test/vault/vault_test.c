/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the vault keeps every version, takes one only where it is expected, keeps the ways to find a resource in
 * step with what it holds, and that erasing a person leaves no row of hers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>

#include "scratch.h"
#include "vault/vault.h"

static const struct id anna = {{0xA1}}, bela = {{0xB1}}, one = {{1}}, two = {{2}}, three = {{3}};
static const uint8_t red[VAULT_TOKEN_BYTES] = {1}, blue[VAULT_TOKEN_BYTES] = {2};

struct opened {
    struct scratch scratch;
    struct vault *vault;
    struct arena *arena;
};

static void open_again(struct opened *opened)
{
    vault_close(opened->vault);
    opened->vault = NULL;
    assert_int_equal(vault_open(scratch_path(&opened->scratch, "vault.db"), NULL, &opened->vault, NULL), OK);
}

static struct opened opened_new(void)
{
    struct opened opened = {.scratch = scratch_make(), .arena = arena_new(16u << 20)};

    open_again(&opened);
    return opened;
}

static void close_all(struct opened *opened)
{
    vault_close(opened->vault);
    arena_free(opened->arena);
    scratch_remove(&opened->scratch);
}

#define WITH_VAULT __attribute__((cleanup(close_all))) struct opened

static void note_error(void *context, enum error error)
{
    *(enum error *)context = error;
}

static enum error submit(struct opened *opened, struct vault_transaction transaction)
{
    enum error error = ERROR_COUNT;

    transaction.done = note_error;
    transaction.context = &error;
    assert_int_equal(vault_submit(opened->vault, &transaction), OK);
    assert_int_not_equal(error, ERROR_COUNT); /* `done` is always called */
    return error;
}

static struct vault_write writing(const struct id *person, const struct id *resource, uint64_t expected,
                                  struct slice body)
{
    return (struct vault_write){.person = *person,
                                .resource = *resource,
                                .type = SLICE("Observation"),
                                .expected = expected,
                                .version = expected + 1,
                                .time_ms = 1000 + (int64_t)expected,
                                .leaf = 50 + expected,
                                .body = body};
}

static enum error put(struct opened *opened, const struct id *person, const struct id *resource, uint64_t expected,
                      struct slice body)
{
    struct vault_write write = writing(person, resource, expected, body);

    return submit(opened, (struct vault_transaction){.write = &write, .writes = 1});
}

static struct vault_version current(struct opened *opened, const struct id *person, const struct id *resource)
{
    struct vault_version version = {0};

    assert_int_equal(vault_read(opened->vault, opened->arena, person, SLICE("Observation"), resource, &version), OK);
    return version;
}

static void every_version_is_kept(void **state)
{
    WITH_VAULT opened = opened_new();
    struct vault_version version;
    struct vault_list list;

    (void)state;
    assert_int_equal(put(&opened, &anna, &one, 0, SLICE("first")), OK);
    assert_int_equal(put(&opened, &anna, &one, 1, SLICE("second")), OK);
    open_again(&opened);
    version = current(&opened, &anna, &one);
    assert_int_equal(version.version, 2);
    assert_true(slice_is(version.body, "second"));
    assert_int_equal(version.leaf, 51);
    assert_int_equal(version.time_ms, 1001);
    assert_int_equal(vault_read_version(opened.vault, opened.arena, &anna, SLICE("Observation"), &one, 1, &version),
                     OK);
    assert_true(slice_is(version.body, "first"));
    assert_int_equal(vault_read_version(opened.vault, opened.arena, &anna, SLICE("Observation"), &one, 3, &version),
                     ERROR_NOT_FOUND);
    assert_int_equal(vault_history(opened.vault, opened.arena, &anna, SLICE("Observation"), &one, 10, &list), OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.version[0].version, 2);
    assert_false(list.cut);
    assert_int_equal(vault_history(opened.vault, opened.arena, &anna, SLICE("Observation"), &one, 1, &list), OK);
    assert_int_equal(list.count, 1);
    assert_true(list.cut);
}

static void a_version_is_taken_only_where_it_is_expected(void **state)
{
    WITH_VAULT opened = opened_new();

    (void)state;
    assert_int_equal(put(&opened, &anna, &one, 1, SLICE("too early")), ERROR_PRECONDITION);
    assert_int_equal(put(&opened, &anna, &one, 0, SLICE("first")), OK);
    assert_int_equal(put(&opened, &anna, &one, 0, SLICE("again")), ERROR_PRECONDITION);
    assert_int_equal(put(&opened, &anna, &one, 1, SLICE("second")), OK);
    assert_int_equal(put(&opened, &anna, &one, 1, SLICE("late")), ERROR_PRECONDITION);
    assert_true(slice_is(current(&opened, &anna, &one).body, "second"));
}

static void a_transaction_is_all_or_nothing(void **state)
{
    WITH_VAULT opened = opened_new();
    struct vault_write writes[] = {writing(&anna, &one, 0, SLICE("good")), writing(&anna, &two, 5, SLICE("bad"))};
    struct vault_facts_write facts = {anna, SLICE("facts")};
    struct vault_version version;
    struct slice kept;

    (void)state;
    assert_int_equal(
        submit(&opened, (struct vault_transaction){.write = writes, .writes = 2, .facts = &facts, .facts_writes = 1}),
        ERROR_PRECONDITION);
    assert_int_equal(vault_read(opened.vault, opened.arena, &anna, SLICE("Observation"), &one, &version),
                     ERROR_NOT_FOUND);
    assert_int_equal(vault_facts(opened.vault, opened.arena, &anna, &kept), OK);
    assert_int_equal(kept.length, 0);
}

static void anothers_resource_is_not_found(void **state)
{
    WITH_VAULT opened = opened_new();
    struct vault_version version;

    (void)state;
    assert_int_equal(put(&opened, &anna, &one, 0, SLICE("hers")), OK);
    assert_int_equal(vault_read(opened.vault, opened.arena, &bela, SLICE("Observation"), &one, &version),
                     ERROR_NOT_FOUND);
    assert_int_equal(vault_read(opened.vault, opened.arena, &anna, SLICE("Condition"), &one, &version),
                     ERROR_NOT_FOUND);
}

static void a_scan_shows_what_is_current_and_not_deleted(void **state)
{
    WITH_VAULT opened = opened_new();
    struct vault_write deletion = writing(&anna, &two, 1, SLICE(""));
    struct vault_write condition = writing(&anna, &three, 0, SLICE("c"));
    struct vault_list list;

    (void)state;
    deletion.deleted = true;
    condition.type = SLICE("Condition");
    assert_int_equal(put(&opened, &anna, &one, 0, SLICE("old")), OK);
    assert_int_equal(put(&opened, &anna, &one, 1, SLICE("new")), OK);
    assert_int_equal(put(&opened, &anna, &two, 0, SLICE("gone")), OK);
    assert_int_equal(put(&opened, &bela, &((struct id){{9}}), 0, SLICE("others")), OK);
    assert_int_equal(submit(&opened, (struct vault_transaction){.write = &deletion, .writes = 1}), OK);
    assert_int_equal(submit(&opened, (struct vault_transaction){.write = &condition, .writes = 1}), OK);

    assert_int_equal(vault_scan(opened.vault, opened.arena, &anna, SLICE("Observation"), 10, &list), OK);
    assert_int_equal(list.count, 1);
    assert_true(slice_is(list.version[0].body, "new"));
    assert_int_equal(vault_scan(opened.vault, opened.arena, &anna, SLICE(""), 10, &list), OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(vault_scan(opened.vault, opened.arena, &anna, SLICE(""), 1, &list), OK);
    assert_int_equal(list.count, 1);
    assert_true(list.cut);
    assert_true(current(&opened, &anna, &two).deleted);
}

static void a_long_scan_keeps_every_row_in_order(void **state)
{
    WITH_VAULT opened = opened_new();
    struct vault_list list;

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        struct id id = {{(uint8_t)(i >> 8), (uint8_t)i, 1}};
        char body[8];
        snprintf(body, sizeof body, "%u", i);
        assert_int_equal(put(&opened, &anna, &id, 0, slice_from_string(body)), OK);
    }
    assert_int_equal(vault_scan(opened.vault, opened.arena, &anna, SLICE("Observation"), 1000, &list), OK);
    assert_int_equal(list.count, 300);
    for (unsigned i = 0; i < 300; i++) {
        uint64_t number = UINT64_MAX;
        assert_true(slice_to_u64(list.version[i].body, &number));
        assert_int_equal(number, i);
    }
}

static size_t postings(struct opened *opened, const uint8_t *token, struct id *ret_first)
{
    const struct vault_posting *posting;
    size_t count;
    bool cut;

    assert_int_equal(
        vault_postings(opened->vault, opened->arena, token, SLICE("Observation"), 10, &posting, &count, &cut), OK);
    if (count > 0 && ret_first)
        *ret_first = posting[0].resource;
    return count;
}

static enum error put_posted(struct opened *opened, const struct id *resource, uint64_t expected, const uint8_t *token,
                             bool keep)
{
    uint8_t tokens[1][VAULT_TOKEN_BYTES];
    struct vault_write write = writing(&anna, resource, expected, SLICE("body"));

    memcpy(tokens[0], token, VAULT_TOKEN_BYTES);
    write.token = (const uint8_t(*)[VAULT_TOKEN_BYTES])tokens;
    write.tokens = 1;
    write.keep_postings = keep;
    return submit(opened, (struct vault_transaction){.write = &write, .writes = 1});
}

static void postings_follow_the_current_version(void **state)
{
    WITH_VAULT opened = opened_new();
    struct id found = {{0}};

    (void)state;
    assert_int_equal(put_posted(&opened, &one, 0, red, false), OK);
    assert_int_equal(postings(&opened, red, &found), 1);
    assert_true(id_equal(&found, &one));
    assert_int_equal(put_posted(&opened, &one, 1, blue, false), OK);
    assert_int_equal(postings(&opened, red, NULL), 0);
    assert_int_equal(postings(&opened, blue, NULL), 1);
    assert_int_equal(put_posted(&opened, &one, 2, red, true), OK); /* by somebody who saw only a part */
    assert_int_equal(postings(&opened, red, NULL), 1);
    assert_int_equal(postings(&opened, blue, NULL), 1);
    assert_int_equal(put(&opened, &anna, &one, 3, SLICE("plain")), OK);
    assert_int_equal(postings(&opened, red, NULL) + postings(&opened, blue, NULL), 0);
}

static void too_many_postings_are_said_to_be_cut(void **state)
{
    WITH_VAULT opened = opened_new();
    const struct vault_posting *posting;
    size_t count;
    bool cut;

    (void)state;
    assert_int_equal(put_posted(&opened, &one, 0, red, false), OK);
    assert_int_equal(put_posted(&opened, &two, 0, red, false), OK);
    assert_int_equal(vault_postings(opened.vault, opened.arena, red, SLICE("Observation"), 1, &posting, &count, &cut),
                     OK);
    assert_int_equal(count, 1);
    assert_true(cut);
    assert_int_equal(vault_postings(opened.vault, opened.arena, red, SLICE("Observation"), 2, &posting, &count, &cut),
                     OK);
    assert_false(cut);
}

static void facts_are_replaced(void **state)
{
    WITH_VAULT opened = opened_new();
    struct vault_facts_write facts = {anna, SLICE("old")};
    struct slice kept;

    (void)state;
    assert_int_equal(submit(&opened, (struct vault_transaction){.facts = &facts, .facts_writes = 1}), OK);
    facts.facts = SLICE("new");
    assert_int_equal(submit(&opened, (struct vault_transaction){.facts = &facts, .facts_writes = 1}), OK);
    assert_int_equal(vault_facts(opened.vault, opened.arena, &anna, &kept), OK);
    assert_true(slice_is(kept, "new"));
    assert_int_equal(vault_facts(opened.vault, opened.arena, &bela, &kept), OK);
    assert_int_equal(kept.length, 0);
}

/* Rows of any table that have the person's id in any column. */
static int rows_of(struct opened *opened, const char *person)
{
    static const char *const tables[] = {"version", "locator", "posting", "posted", "facts"};
    sqlite3 *database = NULL;
    int rows = 0;

    assert_int_equal(sqlite3_open(scratch_path(&opened->scratch, "vault.db"), &database), SQLITE_OK);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        sqlite3_stmt *statement = NULL;
        char sql[160];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE hex(person) LIKE '%s%%'", tables[i], person);
        assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        rows += sqlite3_column_int(statement, 0);
        sqlite3_finalize(statement);
    }
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    return rows;
}

static void erasing_leaves_no_row_of_hers_and_all_of_others(void **state)
{
    WITH_VAULT opened = opened_new();
    struct vault_facts_write facts[] = {{anna, SLICE("f")}, {bela, SLICE("f")}};
    struct id person;
    struct slice type;

    (void)state;
    assert_int_equal(put_posted(&opened, &one, 0, red, false), OK);
    assert_int_equal(put(&opened, &anna, &two, 0, SLICE("x")), OK);
    assert_int_equal(put(&opened, &bela, &three, 0, SLICE("y")), OK);
    assert_int_equal(submit(&opened, (struct vault_transaction){.facts = facts, .facts_writes = 2}), OK);
    assert_int_equal(vault_locate(opened.vault, opened.arena, &one, &person, &type), OK);
    assert_true(id_equal(&person, &anna));
    assert_true(slice_is(type, "Observation"));
    assert_true(rows_of(&opened, "A1") >= 7);
    int others = rows_of(&opened, "B1");

    assert_int_equal(submit(&opened, (struct vault_transaction){.erase = &anna}), OK);
    assert_int_equal(rows_of(&opened, "A1"), 0);
    assert_int_equal(rows_of(&opened, "B1"), others);
    assert_int_equal(vault_locate(opened.vault, opened.arena, &one, &person, &type), ERROR_NOT_FOUND);
    assert_int_equal(postings(&opened, red, NULL), 0);
}

/* ---- rounds of the loop ---- */

struct rounds {
    struct opened *opened;
    struct loop *loop;
    struct vault *served; /* the same vault, with the loop */
    struct vault_write write;
    struct vault_transaction transaction;
    uint64_t first, second, next_round, answered; /* versions that were read */
};

static uint64_t version_of(struct rounds *rounds)
{
    struct vault_version version = {0};

    assert_int_equal(vault_snapshot_begin(rounds->served), OK);
    assert_int_equal(vault_read(rounds->served, rounds->opened->arena, &anna, SLICE("Observation"), &one, &version),
                     OK);
    vault_snapshot_end(rounds->served);
    return version.version;
}

/* Between two reads of a round another writes. */
static void first_round(void *context)
{
    struct rounds *rounds = context;

    rounds->first = version_of(rounds);
    assert_int_equal(put(rounds->opened, &anna, &one, 1, SLICE("b")), OK);
    rounds->second = version_of(rounds);
}

static void was_written(void *context, enum error error)
{
    struct rounds *rounds = context;

    assert_int_equal(error, OK);
    rounds->answered = version_of(rounds);
    loop_stop(rounds->loop);
}

/* The reads here open a round's snapshot that is older than the write that is told of after them. */
static void second_round(void *context)
{
    struct rounds *rounds = context;

    rounds->next_round = version_of(rounds);
    assert_int_equal(vault_submit(rounds->served, &rounds->transaction), OK);
}

static void keep_reading(void *context)
{
    struct rounds *rounds = context;

    (void)version_of(rounds);
    if (rounds->answered == 0)
        assert_non_null(loop_timer(rounds->loop, 0, keep_reading, rounds));
}

static void calls_of_a_round_read_one_state_but_none_older_than_an_answer(void **state)
{
    WITH_VAULT opened = opened_new();
    struct rounds rounds = {&opened, loop_new(), .write = writing(&anna, &one, 2, SLICE("c"))};

    (void)state;
    rounds.transaction = (struct vault_transaction){
        .write = &rounds.write, .writes = 1, .done = was_written, .context = &rounds};
    assert_int_equal(put(&opened, &anna, &one, 0, SLICE("a")), OK);
    assert_int_equal(vault_open(scratch_path(&opened.scratch, "vault.db"), rounds.loop, &rounds.served, NULL), OK);
    assert_non_null(loop_timer(rounds.loop, 0, first_round, &rounds));
    assert_non_null(loop_timer(rounds.loop, 2, second_round, &rounds));
    assert_non_null(loop_timer(rounds.loop, 3, keep_reading, &rounds));
    assert_int_equal(loop_run(rounds.loop), OK);
    assert_int_equal(rounds.first, 1);
    assert_int_equal(rounds.second, 1);
    assert_int_equal(rounds.next_round, 2);
    assert_int_equal(rounds.answered, 3);
    assert_int_equal(vault_snapshot_begin(rounds.served), OK);
    vault_close(rounds.served); /* also in the middle of one */
    loop_free(rounds.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_is_kept),
        cmocka_unit_test(a_version_is_taken_only_where_it_is_expected),
        cmocka_unit_test(a_transaction_is_all_or_nothing),
        cmocka_unit_test(anothers_resource_is_not_found),
        cmocka_unit_test(a_scan_shows_what_is_current_and_not_deleted),
        cmocka_unit_test(a_long_scan_keeps_every_row_in_order),
        cmocka_unit_test(postings_follow_the_current_version),
        cmocka_unit_test(too_many_postings_are_said_to_be_cut),
        cmocka_unit_test(facts_are_replaced),
        cmocka_unit_test(erasing_leaves_no_row_of_hers_and_all_of_others),
        cmocka_unit_test(calls_of_a_round_read_one_state_but_none_older_than_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
