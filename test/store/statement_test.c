/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that statements do what their table says and nothing else: parameters go where they are numbered, bytes come
 * back as they went in, and no statement reaches beyond rows. */

#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/world.h"

static void bytes_and_numbers_come_back_as_they_went_in(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    (void)state;
    assert_int_equal(OK, sample_insert(store, INT64_MAX));
    assert_int_equal(OK, store_one(store, &SAMPLE[ITEM_GET], STORE_VALUES(store_integer(INT64_MAX)), &cursor));
    struct store_value body = store_column(&cursor, 0);
    assert_int_equal(STORE_BLOB, body.kind);
    assert_int_equal(2048, body.bytes.length);
    assert_true(INT64_MAX == store_column_integer(&cursor, 1));
    store_cursor_close(&cursor);
    store_close(store);
}

struct part {
    int64_t id;
    struct store_value note;
};

static enum error part_run(struct store *store, void *context)
{
    const struct part *part = context;

    return store_run(store, &SAMPLE[PART_INSERT], STORE_VALUES(store_integer(part->id), store_integer(1), part->note),
                     NULL);
}

static enum error insert_part(struct store *store, int64_t id, struct store_value note)
{
    struct part part = {id, note};

    return writer_run_now(store, &(struct writer_job){part_run, NULL, &part}, 1);
}

static void an_empty_text_is_not_null(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    static const struct store_statement NOTE[] = {
        {"note", STORE_ROUTE_PERSON, STORE_READ, "SELECT note FROM part WHERE id = $1"}};
    const struct store_schema notes = {"notes", NULL, 0, NOTE, 1};
    const struct store_schema *const both[] = {&SAMPLE_SCHEMA, &notes};
    struct store *store = NULL;
    struct store_cursor cursor = {0};

    (void)state;
    assert_int_equal(OK, store_open(fixture.path, both, 2, &store, NULL));
    assert_int_equal(OK, sample_insert(store, 1));
    assert_int_equal(OK, insert_part(store, 1, store_text(slice_of(NULL, 0))));
    assert_int_equal(OK, insert_part(store, 2, store_null()));
    assert_int_equal(OK, store_one(store, &NOTE[0], STORE_VALUES(store_integer(1)), &cursor));
    assert_int_equal(STORE_TEXT, store_column(&cursor, 0).kind);
    assert_int_equal(0, store_column_bytes(&cursor, 0).length);
    store_cursor_close(&cursor);
    assert_int_equal(OK, store_one(store, &NOTE[0], STORE_VALUES(store_integer(2)), &cursor));
    assert_int_equal(STORE_NULL, store_column(&cursor, 0).kind);
    store_cursor_close(&cursor);
    store_close(store);
}

static void parameters_go_where_they_are_numbered(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    CLEANUP_CURSOR struct store_cursor rows = {0};
    int64_t seen = 0;

    (void)state;
    for (int64_t id = 1; id <= 9; id++)
        assert_int_equal(OK, sample_insert(store, id));
    assert_int_equal(OK,
                     store_query(store, &SAMPLE[ITEM_ALL], STORE_VALUES(store_integer(3), store_integer(5)), &rows));
    while (store_next(&rows))
        seen = seen * 10 + store_column_integer(&rows, 0);
    assert_int_equal(OK, store_end(&rows));
    assert_int_equal(345, seen);
    store_close(store);
}

static void a_missing_row_is_not_found(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct store_cursor cursor = {0};

    (void)state;
    assert_int_equal(ERROR_NOT_FOUND, store_one(store, &SAMPLE[ITEM_GET], STORE_VALUES(store_integer(1)), &cursor));
    assert_int_equal(OK, sample_insert(store, 1));
    assert_int_equal(OK, store_one(store, &SAMPLE[ITEM_GET], STORE_VALUES(store_integer(1)), &cursor));
    store_cursor_close(&cursor);
    store_close(store);
}

static void misuse_is_told_apart(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct store_cursor cursor = {0}, second = {0};
    static const struct store_statement STRANGER = {"stranger", STORE_ROUTE_LOCAL, STORE_READ, "SELECT 1"};

    (void)state;
    assert_int_equal(ERROR_INTERNAL, store_query(store, &STRANGER, NULL, 0, &cursor));
    assert_int_equal(ERROR_INTERNAL, store_query(store, &SAMPLE[ITEM_GET], NULL, 0, &cursor));
    assert_int_equal(OK, store_query(store, &SAMPLE[ITEM_COUNT], NULL, 0, &cursor));
    assert_int_equal(ERROR_INTERNAL, store_query(store, &SAMPLE[ITEM_COUNT], NULL, 0, &second));
    assert_non_null(strstr(store_fault(store)->detail, "item_count"));
    store_cursor_close(&cursor);
    store_close(store);
}

static void nothing_is_written_outside_a_transaction(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct insert insert = {1, OK};

    (void)state;
    assert_int_equal(ERROR_INTERNAL, insert_run(store, &insert));
    assert_int_equal(0, sample_count(store));
    store_close(store);
}

static enum error renumber(struct store *store, void *context)
{
    const int64_t *number = context;
    int64_t changes = -1;

    TRY(store_run(store, &SAMPLE[ITEM_RENUMBER], STORE_VALUES(store_integer(2), store_integer(*number)), &changes));
    assert_int_equal(2, changes);
    return OK;
}

static void what_the_tables_forbid_has_an_error_of_its_own(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    int64_t number = 5, negative = -1;

    (void)state;
    for (int64_t id = 1; id <= 3; id++)
        assert_int_equal(OK, sample_insert(store, id));
    assert_int_equal(ERROR_EXISTS, sample_insert(store, 1));
    assert_int_equal(OK, writer_run_now(store, &(struct writer_job){renumber, NULL, &number}, 1));
    assert_int_equal(ERROR_VALUE, writer_run_now(store, &(struct writer_job){renumber, NULL, &negative}, 1));
    assert_int_equal(OK, insert_part(store, 1, store_null()));
    assert_int_equal(ERROR_VALUE, insert_part(store, 2, store_blob(SLICE("not text"))));
    assert_int_equal(3, sample_count(store));
    store_close(store);
}

static void a_part_of_nothing_is_refused(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);

    (void)state;
    assert_int_equal(ERROR_CONFLICT, insert_part(store, 1, store_null()));
    store_close(store);
}

static enum error run_statement(struct store *store, void *statement)
{
    return store_run(store, statement, NULL, 0, NULL);
}

/* Opens the store with this statement in a schema of its own, beside the sample, and runs it. */
static enum error try_statement(const struct fixture *fixture, bool reader, enum store_mode mode, const char *sql)
{
    struct store_statement statement = {"tried", STORE_ROUTE_LOCAL, mode, sql};
    const struct store_schema tried = {"tried", NULL, 0, &statement, 1};
    const struct store_schema *const both[] = {&SAMPLE_SCHEMA, &tried};
    struct store *store = NULL;

    assert_int_equal(OK, (reader ? store_open_reader : store_open)(fixture->path, both, 2, &store, NULL));
    enum error error = mode == STORE_READ || reader
                           ? run_statement(store, &statement)
                           : writer_run_now(store, &(struct writer_job){run_statement, NULL, &statement}, 1);
    store_close(store);
    return error;
}

static void a_statement_reaches_rows_and_nothing_else(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    static const char *const FORBIDDEN[] = {
        "ATTACH '/tmp/other' AS other",
        "DETACH main",
        "PRAGMA synchronous = OFF",
        "PRAGMA user_version",
        "SELECT * FROM pragma_database_list",
        "SELECT sql FROM sqlite_schema",
        "SELECT * FROM dbstat",
        "CREATE TABLE mine (id INTEGER)",
        "CREATE TEMP TABLE mine (id INTEGER)",
        "CREATE VIRTUAL TABLE mine USING fts5(text)",
        "DROP TABLE item",
        "DROP INDEX item_number",
        "ALTER TABLE item RENAME TO thing",
        "SELECT load_extension('other')",
        "BEGIN",
        "COMMIT",
        "SAVEPOINT mine",
        "VACUUM",
        "VACUUM INTO '/tmp/other'",
        "ANALYZE",
        "REINDEX",
        "INSERT INTO migration VALUES ('sample', 3, 'x', x'00')",
        "DELETE FROM migration",
        "DELETE FROM sqlite_schema",
        "UPDATE sqlite_schema SET sql = ''",
    };

    (void)state;
    store_close(sample_open(&fixture));
    for (size_t i = 0; i < sizeof FORBIDDEN / sizeof *FORBIDDEN; i++)
        if (try_statement(&fixture, false, STORE_WRITE, FORBIDDEN[i]) != ERROR_INTERNAL)
            fail_msg("allowed: %s", FORBIDDEN[i]);
    assert_int_equal(OK, try_statement(&fixture, false, STORE_WRITE, "DELETE FROM item"));
}

static void a_statement_is_what_it_says(void **state)
{
    WITH_FIXTURE fixture = fixture_make();

    (void)state;
    store_close(sample_open(&fixture));
    assert_int_equal(ERROR_INTERNAL, try_statement(&fixture, false, STORE_READ, "DELETE FROM item"));
    assert_int_equal(ERROR_INTERNAL, try_statement(&fixture, false, STORE_READ, "SELECT 1; SELECT 2"));
    assert_int_equal(ERROR_INTERNAL, try_statement(&fixture, false, STORE_READ, "SELECT ?1"));
    assert_int_equal(ERROR_INTERNAL, try_statement(&fixture, false, STORE_READ, "SELECT $1, $3"));
    assert_int_equal(ERROR_INTERNAL, try_statement(&fixture, false, STORE_READ, "SELECT $x"));
    /* A name in double quotes is a name: SQLite would otherwise take a misspelt one for text. */
    assert_int_equal(ERROR_INTERNAL, try_statement(&fixture, false, STORE_READ, "SELECT \"ide\" FROM item"));
    assert_int_equal(OK, try_statement(&fixture, false, STORE_READ, "SELECT \"id\" FROM item;"));
}

static void a_wrong_statement_is_found_at_the_start(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    static const struct store_statement WRONG[] = {
        {"right", STORE_ROUTE_PERSON, STORE_READ, "SELECT body FROM item WHERE id = $1"},
        {"wrong", STORE_ROUTE_PERSON, STORE_READ, "SELECT bode FROM item WHERE id = $1"},
    };
    const struct store_schema room = {"room", NULL, 0, WRONG, 2};
    const struct store_schema *const both[] = {&SAMPLE_SCHEMA, &room};
    struct store *store = NULL;
    struct fault fault;

    (void)state;
    assert_int_equal(OK, store_open(fixture.path, both, 2, &store, NULL));
    assert_int_equal(ERROR_INTERNAL, store_prepare_all(store, &fault));
    assert_non_null(strstr(fault.detail, "wrong: no such column: bode"));
    store_close(store);

    store = sample_open(&fixture);
    assert_int_equal(OK, store_prepare_all(store, NULL));
    store_close(store);
}

static void a_reader_cannot_write(void **state)
{
    WITH_FIXTURE fixture = fixture_make();

    (void)state;
    store_close(sample_open(&fixture));
    assert_int_equal(ERROR_INTERNAL, try_statement(&fixture, true, STORE_WRITE, "DELETE FROM item"));
    struct store *reader = sample_open_reader(&fixture);
    assert_int_not_equal(OK, sample_insert(reader, 1));
    assert_int_equal(0, sample_count(reader));
    store_close(reader);
}

static void a_snapshot_sees_one_state(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct store *reader = sample_open_reader(&fixture);

    (void)state;
    assert_int_equal(OK, store_snapshot_begin(reader));
    assert_int_equal(0, sample_count(reader));
    assert_int_equal(OK, sample_insert(store, 1));
    assert_int_equal(0, sample_count(reader));
    store_snapshot_end(reader);
    assert_int_equal(1, sample_count(reader));
    store_close(reader);
    store_close(store);
}

static void a_stores_own_write_ends_its_snapshot(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);

    (void)state;
    assert_int_equal(OK, store_snapshot_begin(store));
    assert_int_equal(ERROR_INTERNAL, store_snapshot_begin(store));
    assert_int_equal(ERROR_INTERNAL, store_run(store, &SAMPLE[ITEM_INSERT],
                                               STORE_VALUES(store_integer(1), store_null(), store_null()), NULL));
    assert_int_equal(OK, sample_insert(store, 1));
    assert_int_equal(1, sample_count(store));
    store_snapshot_end(store);
    assert_int_equal(1, sample_count(store));
    store_close(store);
}

/* An error that nobody asked for would make half a record look whole. */
static void an_error_cannot_be_overlooked(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        struct store_cursor cursor = {.error = ERROR_CORRUPT};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        store_cursor_close(&cursor);
        _exit(0);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(SIGABRT, WTERMSIG(status));
}

static void read_all(struct store *reader, int64_t items, int64_t reads)
{
    for (int64_t i = 0; i < reads; i++) {
        CLEANUP_CURSOR struct store_cursor cursor = {0};
        int64_t id = i * 7919 % items;

        assert_int_equal(OK, store_one(reader, &SAMPLE[ITEM_GET], STORE_VALUES(store_integer(id)), &cursor));
        assert_int_equal(2048, store_column_bytes(&cursor, 0).length);
    }
}

/* Not timed, only told: the design counts on about 6 µs. */
static void point_reads_are_told(void **state)
{
    enum { ITEMS = 2000, READS = 50000 };
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct insert insert[ITEMS];
    struct writer_job job[ITEMS];

    (void)state;
    for (int i = 0; i < ITEMS; i++) {
        insert[i] = (struct insert){i, ERROR_COUNT};
        job[i] = (struct writer_job){insert_run, NULL, &insert[i]};
    }
    assert_int_equal(OK, writer_run_now(store, job, ITEMS));
    struct store *reader = sample_open_reader(&fixture);
    int64_t start = world_stopwatch_ns();
    read_all(reader, ITEMS, READS);
    int64_t alone = world_stopwatch_ns();
    assert_int_equal(OK, store_snapshot_begin(reader));
    read_all(reader, ITEMS, READS);
    store_snapshot_end(reader);
    int64_t end = world_stopwatch_ns();
    print_message("point read of 2 KB: %.2f us, in a snapshot %.2f us\n", (double)(alone - start) / READS / 1000,
                  (double)(end - alone) / READS / 1000);
    store_close(reader);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_numbers_come_back_as_they_went_in),
        cmocka_unit_test(an_empty_text_is_not_null),
        cmocka_unit_test(parameters_go_where_they_are_numbered),
        cmocka_unit_test(a_missing_row_is_not_found),
        cmocka_unit_test(misuse_is_told_apart),
        cmocka_unit_test(nothing_is_written_outside_a_transaction),
        cmocka_unit_test(what_the_tables_forbid_has_an_error_of_its_own),
        cmocka_unit_test(a_part_of_nothing_is_refused),
        cmocka_unit_test(a_statement_reaches_rows_and_nothing_else),
        cmocka_unit_test(a_statement_is_what_it_says),
        cmocka_unit_test(a_wrong_statement_is_found_at_the_start),
        cmocka_unit_test(a_reader_cannot_write),
        cmocka_unit_test(a_snapshot_sees_one_state),
        cmocka_unit_test(a_stores_own_write_ends_its_snapshot),
        cmocka_unit_test(an_error_cannot_be_overlooked),
        cmocka_unit_test(point_reads_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
