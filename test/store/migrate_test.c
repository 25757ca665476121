/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a file and a program that do not belong together refuse each other, and that migrations are applied
 * whole, once, and never twice in different forms. */

#include "fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static enum error open_with(const struct fixture *fixture, const struct store_migration *migration, size_t migrations,
                            const char *name, struct fault *fault)
{
    const struct store_schema schema = {.name = name, .migration = migration, .migrations = migrations};
    const struct store_schema *const schemas[] = {&schema};
    struct store *store = NULL;
    enum error error = store_open(fixture->path, schemas, 1, &store, fault);

    store_close(store);
    return error;
}

static const struct store_migration TWO[] = {
    {1, "one", "CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT"},
    {2, "two", "CREATE TABLE two (id INTEGER PRIMARY KEY) STRICT; INSERT INTO one VALUES (7)"},
};

/* Asks the file itself, without the store. */
static int64_t ask(const struct fixture *fixture, const char *sql)
{
    sqlite3 *database;
    sqlite3_stmt *statement;

    assert_int_equal(SQLITE_OK, sqlite3_open(fixture->path, &database));
    assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(database, sql, -1, &statement, NULL));
    assert_int_equal(SQLITE_ROW, sqlite3_step(statement));
    int64_t answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return answer;
}

static void a_fresh_store_gets_every_migration_once(void **state)
{
    WITH_FIXTURE fixture = fixture_make();

    (void)state;
    assert_int_equal(OK, open_with(&fixture, TWO, 2, "room", NULL));
    assert_int_equal(OK, open_with(&fixture, TWO, 2, "room", NULL));
    assert_int_equal(1, ask(&fixture, "SELECT count(*) FROM one"));
    assert_int_equal(2, ask(&fixture, "SELECT count(*) FROM migration"));
}

static void an_older_store_is_brought_up(void **state)
{
    WITH_FIXTURE fixture = fixture_make();

    (void)state;
    assert_int_equal(OK, open_with(&fixture, TWO, 1, "room", NULL));
    assert_int_equal(0, ask(&fixture, "SELECT count(*) FROM one"));
    assert_int_equal(OK, open_with(&fixture, TWO, 2, "room", NULL));
    assert_int_equal(1, ask(&fixture, "SELECT count(*) FROM one"));
}

static void a_newer_store_is_refused(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct fault fault;

    (void)state;
    assert_int_equal(OK, open_with(&fixture, TWO, 2, "room", NULL));
    assert_int_equal(ERROR_VERSION, open_with(&fixture, TWO, 1, "room", &fault));
    assert_non_null(strstr(fault.detail, "room 2"));
    assert_int_equal(ERROR_VERSION, open_with(&fixture, TWO, 2, "another room", &fault));
    assert_int_equal(2, ask(&fixture, "SELECT count(*) FROM migration"));
}

static void a_changed_migration_is_refused(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    static const struct store_migration CHANGED[] = {
        {1, "one", "CREATE TABLE one (id INTEGER PRIMARY KEY, more TEXT) STRICT"},
        {2, "two", "CREATE TABLE two (id INTEGER PRIMARY KEY) STRICT"},
    };
    struct fault fault;

    (void)state;
    assert_int_equal(OK, open_with(&fixture, TWO, 1, "room", NULL));
    assert_int_equal(ERROR_CORRUPT, open_with(&fixture, CHANGED, 2, "room", &fault));
    assert_non_null(strstr(fault.detail, "room 1"));
    assert_int_equal(0, ask(&fixture, "SELECT count(*) FROM sqlite_schema WHERE name = 'two'"));
}

static void a_failing_migration_leaves_nothing(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    static const struct store_migration FAILING[] = {
        {1, "one", "CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT"},
        {2, "half", "CREATE TABLE two (id INTEGER PRIMARY KEY) STRICT; INSERT INTO three VALUES (1)"},
    };
    struct fault fault;

    (void)state;
    assert_int_equal(ERROR_INTERNAL, open_with(&fixture, FAILING, 2, "room", &fault));
    assert_non_null(strstr(fault.detail, "room 2"));
    assert_int_equal(1, ask(&fixture, "SELECT count(*) FROM migration"));
    assert_int_equal(0, ask(&fixture, "SELECT count(*) FROM sqlite_schema WHERE name = 'two'"));
}

static void a_migration_cannot_change_settings_or_transactions(void **state)
{
    static const char *const FORBIDDEN[] = {
        "COMMIT", "PRAGMA synchronous = OFF", "ATTACH '/tmp/other' AS other", "SELECT load_extension('x')",
        "DELETE FROM migration", "PRAGMA journal_mode = DELETE",
    };

    (void)state;
    for (size_t i = 0; i < sizeof FORBIDDEN / sizeof *FORBIDDEN; i++) {
        WITH_FIXTURE fixture = fixture_make();
        struct store_migration migration = {1, "forbidden", FORBIDDEN[i]};
        assert_int_equal(ERROR_INTERNAL, open_with(&fixture, &migration, 1, "room", NULL));
    }
}

static void numbers_with_a_gap_are_refused(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    static const struct store_migration GAP[] = {{1, "one", "SELECT 1"}, {3, "three", "SELECT 1"}};

    (void)state;
    assert_int_equal(ERROR_INTERNAL, open_with(&fixture, GAP, 2, "room", NULL));
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    assert_int_equal(length, write(file, bytes, length));
    close(file);
}

static void what_is_no_store_is_refused_and_left_alone(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    char text[4096];
    struct stat before, after;

    (void)state;
    memset(text, 'x', sizeof text);
    write_file(fixture.path, text, sizeof text);
    assert_int_equal(ERROR_CORRUPT, open_with(&fixture, TWO, 2, "room", NULL));

    unlink(fixture.path);
    sqlite3 *other;
    assert_int_equal(SQLITE_OK, sqlite3_open(fixture.path, &other));
    assert_int_equal(SQLITE_OK, sqlite3_exec(other, "CREATE TABLE theirs (id)", NULL, NULL, NULL));
    sqlite3_close(other);
    assert_int_equal(0, stat(fixture.path, &before));
    assert_int_equal(ERROR_CORRUPT, open_with(&fixture, TWO, 2, "room", NULL));
    assert_int_equal(0, stat(fixture.path, &after));
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void the_file_is_closed_to_others(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct stat status;

    (void)state;
    umask(0);
    assert_int_equal(OK, open_with(&fixture, TWO, 2, "room", NULL));
    assert_int_equal(0, stat(fixture.path, &status));
    assert_int_equal(0600, status.st_mode & 0777);
}

static void a_reader_wants_a_finished_store(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *reader = NULL;

    (void)state;
    assert_int_equal(ERROR_FILE_MISSING, store_open_reader(fixture.path, SAMPLE_SCHEMAS, 1, &reader, NULL));
    write_file(fixture.path, "", 0);
    assert_int_equal(ERROR_VERSION, store_open_reader(fixture.path, SAMPLE_SCHEMAS, 1, &reader, NULL));
    unlink(fixture.path);
    assert_int_equal(OK, open_with(&fixture, SAMPLE_SCHEMA.migration, 1, "sample", NULL));
    assert_int_equal(ERROR_VERSION, store_open_reader(fixture.path, SAMPLE_SCHEMAS, 1, &reader, NULL));
    assert_null(reader);
}

/* Several processes find no file and all make it: each may be told that it is locked, but the result is one store. */
static void openers_that_race_make_one_store(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        WITH_FIXTURE fixture = fixture_make();
        pid_t child[4];
        int made = 0;

        for (int i = 0; i < 4; i++) {
            child[i] = fork();
            if (child[i] == 0)
                _exit(open_with(&fixture, TWO, 2, "room", NULL));
        }
        for (int i = 0; i < 4; i++) {
            int status;
            assert_int_equal(child[i], waitpid(child[i], &status, 0));
            assert_true(WIFEXITED(status));
            if (WEXITSTATUS(status) != OK)
                assert_int_equal(ERROR_LOCKED, WEXITSTATUS(status));
            made += WEXITSTATUS(status) == OK;
        }
        assert_true(made > 0);
        assert_int_equal(1, ask(&fixture, "SELECT count(*) FROM one"));
        assert_int_equal(2, ask(&fixture, "SELECT count(*) FROM migration"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_store_gets_every_migration_once),
        cmocka_unit_test(an_older_store_is_brought_up),
        cmocka_unit_test(a_newer_store_is_refused),
        cmocka_unit_test(a_changed_migration_is_refused),
        cmocka_unit_test(a_failing_migration_leaves_nothing),
        cmocka_unit_test(a_migration_cannot_change_settings_or_transactions),
        cmocka_unit_test(numbers_with_a_gap_are_refused),
        cmocka_unit_test(what_is_no_store_is_refused_and_left_alone),
        cmocka_unit_test(the_file_is_closed_to_others),
        cmocka_unit_test(a_reader_wants_a_finished_store),
        cmocka_unit_test(openers_that_race_make_one_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
