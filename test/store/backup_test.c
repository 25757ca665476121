/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a backup is one state of the store, whole or not there, and that damage is found and never brings the
 * process down. */

#include "fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static void count_finding(void *context, struct slice line)
{
    int *findings = context;

    assert_true(line.length > 0);
    ++*findings;
}

static struct store *open_at(const char *path)
{
    struct store *store = NULL;

    assert_int_equal(OK, store_open(path, SAMPLE_SCHEMAS, 1, &store, NULL));
    return store;
}

static void a_backup_is_whole_and_private(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct stat status;
    int findings = 0;

    (void)state;
    for (int64_t id = 0; id < 200; id++)
        assert_int_equal(OK, sample_insert(store, id));
    const char *path = fixture_beside(&fixture, "backup");
    assert_int_equal(OK, store_backup(store, path));
    assert_int_equal(0, stat(path, &status));
    assert_int_equal(0600, status.st_mode & 0777);
    assert_false(file_exists(fixture_beside(&fixture, "backup.part")));
    assert_int_equal(ERROR_EXISTS, store_backup(store, fixture_beside(&fixture, "backup")));
    store_close(store);

    struct store *copy = open_at(fixture_beside(&fixture, "backup"));
    assert_int_equal(200, sample_count(copy));
    assert_int_equal(OK, store_check(copy, count_finding, &findings));
    assert_int_equal(OK, sample_insert(copy, 1000)); /* it is a store like any other */
    store_close(copy);
}

/* Between two changes that belong together the copy must not fall: every item has the number of its group. */
struct renumbering {
    int64_t number;
};

static enum error renumber(struct store *store, void *context)
{
    const struct renumbering *to = context;

    return store_run(store, &SAMPLE[ITEM_RENUMBER], STORE_VALUES(store_integer(0), store_integer(to->number)), NULL);
}

static int64_t different_numbers(const char *path)
{
    sqlite3 *database;
    sqlite3_stmt *statement;

    assert_int_equal(SQLITE_OK, sqlite3_open(path, &database));
    assert_int_equal(SQLITE_OK,
                     sqlite3_prepare_v2(database, "SELECT count(DISTINCT number) FROM item", -1, &statement, NULL));
    assert_int_equal(SQLITE_ROW, sqlite3_step(statement));
    int64_t different = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return different;
}

static void a_backup_while_others_write_is_one_state(void **state)
{
    enum { BACKUPS = 10 };
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct renumbering to = {0};
    struct loop *loop = loop_new();
    struct writer *writer;

    (void)state;
    for (int64_t id = 0; id < 300; id++)
        assert_int_equal(OK, sample_insert(store, id));
    assert_int_equal(OK, writer_run_now(store, &(struct writer_job){renumber, NULL, &to}, 1));
    assert_int_equal(OK, writer_new(store, loop, 8, &writer));
    struct store *reader = sample_open_reader(&fixture);
    for (int i = 0; i < BACKUPS; i++) {
        char name[32];
        struct renumbering next = {i + 1};
        snprintf(name, sizeof name, "backup%d", i);
        assert_int_equal(OK, writer_submit(writer, (struct writer_job){renumber, NULL, &next}));
        assert_int_equal(OK, store_backup(reader, fixture_beside(&fixture, name)));
        writer_flush(writer);
        assert_int_equal(1, different_numbers(fixture_beside(&fixture, name)));
    }
    store_close(reader);
    writer_free(writer);
    loop_free(loop);
}

static void a_reference_to_nothing_is_found(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    sqlite3 *other;
    int findings = 0;

    (void)state;
    store_close(sample_open(&fixture));
    assert_int_equal(SQLITE_OK, sqlite3_open(fixture.path, &other));
    assert_int_equal(SQLITE_OK, sqlite3_exec(other, "INSERT INTO part VALUES (1, 77, NULL)", NULL, NULL, NULL));
    sqlite3_close(other);
    struct store *store = sample_open(&fixture);
    assert_int_equal(ERROR_CORRUPT, store_check(store, count_finding, &findings));
    assert_int_equal(1, findings);
    store_close(store);
}

enum { PAGE = 4096 };

static void fill(const struct fixture *fixture)
{
    enum { ITEMS = 100 };
    struct store *store = sample_open(fixture);
    struct insert insert[ITEMS];
    struct writer_job job[ITEMS];

    for (int i = 0; i < ITEMS; i++) {
        insert[i] = (struct insert){i, OK};
        job[i] = (struct writer_job){insert_run, NULL, &insert[i]};
    }
    assert_int_equal(OK, writer_run_now(store, job, ITEMS));
    store_close(store); /* the last one out moves the log into the file */
}

static void overwrite(const char *path, off_t at, const void *bytes, size_t length)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);

    assert_true(file >= 0);
    assert_int_equal(length, pwrite(file, bytes, length, at));
    close(file);
}

static off_t size_of(const char *path)
{
    struct stat status;

    assert_int_equal(0, stat(path, &status));
    return status.st_size;
}

/* Uses everything; returns the first error. */
static enum error use(const struct fixture *fixture)
{
    struct store *store = NULL;
    struct store_cursor rows = {0};
    int findings = 0;

    TRY(store_open(fixture->path, SAMPLE_SCHEMAS, 1, &store, NULL));
    enum error read = store_query(store, &SAMPLE[ITEM_SUM], NULL, 0, &rows);
    if (read == OK) {
        while (store_next(&rows))
            continue;
        read = store_end(&rows);
    }
    enum error written = sample_insert(store, 5000);
    enum error checked = store_check(store, count_finding, &findings);
    store_close(store);
    return read != OK ? read : written != OK ? written : checked;
}

static void damaged_pages_are_called_corrupt(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    static const char GARBAGE[16] = "garbagegarbage!";

    (void)state;
    fill(&fixture);
    for (off_t page = 1; page < size_of(fixture.path) / PAGE; page++)
        overwrite(fixture.path, page * PAGE, GARBAGE, sizeof GARBAGE);
    assert_int_equal(ERROR_CORRUPT, use(&fixture));
}

static void a_file_cut_short_is_called_corrupt(void **state)
{
    WITH_FIXTURE fixture = fixture_make();

    (void)state;
    fill(&fixture);
    assert_int_equal(0, truncate(fixture.path, size_of(fixture.path) / PAGE / 2 * PAGE));
    assert_int_equal(ERROR_CORRUPT, use(&fixture));
}

/* Any byte may be the one. What a flip does to a value is not ours to see (the rooms above seal their values); but it
 * must never crash, and it must not be told as anything else than damage. */
static void a_flipped_byte_anywhere_never_crashes(void **state)
{
    enum { ROUNDS = 150 };
    int corrupt = 0;

    (void)state;
    srand(7);
    for (int round = 0; round < ROUNDS; round++) {
        WITH_FIXTURE fixture = fixture_make();
        fill(&fixture);
        for (int flips = 0; flips < 8; flips++) {
            uint8_t byte = (uint8_t)rand();
            off_t page = rand() % (size_of(fixture.path) / PAGE);
            /* Half of them into the first bytes of a page, where its structure stands. */
            overwrite(fixture.path, page * PAGE + rand() % (flips % 2 ? 64 : PAGE), &byte, 1);
        }
        enum error error = use(&fixture);
        assert_true(error == OK || error == ERROR_CORRUPT || error == ERROR_VERSION || error == ERROR_IO ||
                    error == ERROR_INTERNAL || error == ERROR_EXISTS);
        corrupt += error == ERROR_CORRUPT;
    }
    print_message("of %d damaged files %d were called corrupt\n", ROUNDS, corrupt);
    assert_true(corrupt > ROUNDS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_is_whole_and_private),
        cmocka_unit_test(a_backup_while_others_write_is_one_state),
        cmocka_unit_test(a_reference_to_nothing_is_found),
        cmocka_unit_test(damaged_pages_are_called_corrupt),
        cmocka_unit_test(a_file_cut_short_is_called_corrupt),
        cmocka_unit_test(a_flipped_byte_anywhere_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
