/* SPDX-License-Identifier: Apache-2.0 */

/* Proves promise 9 for a running node: jobs share commits, fail alone, are told in order on the loop's thread, and only
 * when their rows are on the disk (which disk_test.c watches from below). */

#include "fixture.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/world.h"

struct stage {
    struct fixture fixture;
    struct loop *loop;
    struct writer *writer;
};

static struct stage stage_make(size_t jobs_max)
{
    struct stage stage = {.fixture = fixture_make(), .loop = loop_new()};

    assert_non_null(stage.loop);
    assert_int_equal(OK, writer_new(sample_open(&stage.fixture), stage.loop, jobs_max, &stage.writer));
    return stage;
}

static int64_t stage_count(const struct stage *stage)
{
    struct store *reader = sample_open_reader(&stage->fixture);
    int64_t count = sample_count(reader);

    store_close(reader);
    return count;
}

static void stage_remove(struct stage *stage)
{
    writer_free(stage->writer);
    loop_free(stage->loop);
    fixture_remove(&stage->fixture);
}

/* SQLite counts commits of other connections for us. */
static int64_t data_version(sqlite3 *watcher)
{
    sqlite3_stmt *statement;

    assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(watcher, "PRAGMA data_version", -1, &statement, NULL));
    assert_int_equal(SQLITE_ROW, sqlite3_step(statement));
    int64_t version = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

static void submit_inserts(struct writer *writer, struct insert *insert, int count)
{
    for (int i = 0; i < count; i++) {
        insert[i] = (struct insert){i + 1, ERROR_COUNT};
        assert_int_equal(OK, writer_submit(writer, (struct writer_job){insert_run, insert_done, &insert[i]}));
    }
}

/* Each job looks how many commits others can see. Were there a commit between two jobs, they would see different
 * ones. */
struct spy {
    sqlite3 *watcher;
    struct insert insert;
    int64_t version;
};

static enum error spy_run(struct store *store, void *context)
{
    struct spy *spy = context;

    spy->version = data_version(spy->watcher);
    return insert_run(store, &spy->insert);
}

static void spy_done(void *context, enum error error)
{
    ((struct spy *)context)->insert.error = error;
}

static void jobs_submitted_together_share_one_commit(void **state)
{
    enum { JOBS = 64 };
    struct stage stage = stage_make(128);
    struct spy spy[JOBS];
    sqlite3 *watcher;

    (void)state;
    assert_int_equal(SQLITE_OK, sqlite3_open(stage.fixture.path, &watcher));
    for (int i = 0; i < JOBS; i++) {
        spy[i] = (struct spy){watcher, {i, ERROR_COUNT}, -1};
        assert_int_equal(OK, writer_submit(stage.writer, (struct writer_job){spy_run, spy_done, &spy[i]}));
        if (i == 0)
            usleep(20000); /* the first does not run ahead of the others of its round */
    }
    writer_flush(stage.writer);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(OK, spy[i].insert.error);
        assert_int_equal(spy[0].version, spy[i].version);
    }
    assert_int_not_equal(spy[0].version, data_version(watcher));
    assert_int_equal(JOBS, stage_count(&stage));
    sqlite3_close(watcher);
    stage_remove(&stage);
}

static enum error insert_then_fail(struct store *store, void *context)
{
    TRY(insert_run(store, context));
    return ERROR_REFUSED;
}

static void a_failing_job_takes_back_only_its_own_rows(void **state)
{
    struct stage stage = stage_make(8);
    struct insert first = {1, ERROR_COUNT}, failing = {2, ERROR_COUNT};
    struct insert twice = {1, ERROR_COUNT}, last = {3, ERROR_COUNT};

    (void)state;
    assert_int_equal(OK, writer_submit(stage.writer, (struct writer_job){insert_run, insert_done, &first}));
    assert_int_equal(OK, writer_submit(stage.writer, (struct writer_job){insert_then_fail, insert_done, &failing}));
    assert_int_equal(OK, writer_submit(stage.writer, (struct writer_job){insert_run, insert_done, &twice}));
    assert_int_equal(OK, writer_submit(stage.writer, (struct writer_job){insert_run, insert_done, &last}));
    writer_flush(stage.writer);
    assert_int_equal(OK, first.error);
    assert_int_equal(ERROR_REFUSED, failing.error);
    assert_int_equal(ERROR_EXISTS, twice.error);
    assert_int_equal(OK, last.error);
    assert_int_equal(2, stage_count(&stage));
    stage_remove(&stage);
}

static void a_full_queue_is_told_at_once(void **state)
{
    struct stage stage = stage_make(3);
    struct insert insert[3], refused = {9, ERROR_COUNT};

    (void)state;
    submit_inserts(stage.writer, insert, 3);
    assert_int_equal(ERROR_OVERLOADED,
                     writer_submit(stage.writer, (struct writer_job){insert_run, insert_done, &refused}));
    writer_flush(stage.writer);
    assert_int_equal(ERROR_COUNT, refused.error);
    assert_int_equal(3, stage_count(&stage));
    assert_int_equal(OK, writer_submit(stage.writer, (struct writer_job){insert_run, insert_done, &refused}));
    writer_flush(stage.writer);
    assert_int_equal(OK, refused.error);
    stage_remove(&stage);
}

/* Ten clients of a server, each submitting its next write when the last one is confirmed. */
struct client {
    struct stage *stage;
    struct insert insert;
    int left;
    int *running;
    int64_t *last_id;
    pthread_t loop_thread;
};

static enum error client_run(struct store *store, void *context)
{
    return insert_run(store, &((struct client *)context)->insert);
}

static void client_done(void *context, enum error error)
{
    struct client *client = context;

    assert_int_equal(OK, error);
    assert_true(pthread_equal(client->loop_thread, pthread_self()));
    assert_true(client->insert.id > *client->last_id); /* told in the order of submission */
    *client->last_id = client->insert.id;
    if (--client->left > 0) {
        client->insert.id += 10;
        assert_int_equal(OK,
                         writer_submit(client->stage->writer, (struct writer_job){client_run, client_done, client}));
    } else if (--*client->running == 0) {
        loop_stop(client->stage->loop);
    }
}

static void clients_on_the_loop_are_all_served(void **state)
{
    enum { CLIENTS = 10, EACH = 50 };
    struct stage stage = stage_make(CLIENTS);
    struct client client[CLIENTS];
    int running = CLIENTS;
    int64_t last_id[CLIENTS] = {0};

    (void)state;
    for (int i = 0; i < CLIENTS; i++) {
        client[i] = (struct client){&stage, {i + 1, OK}, EACH, &running, &last_id[i], pthread_self()};
        assert_int_equal(OK, writer_submit(stage.writer, (struct writer_job){client_run, client_done, &client[i]}));
    }
    assert_int_equal(OK, loop_run(stage.loop));
    assert_int_equal(CLIENTS * EACH, stage_count(&stage));
    stage_remove(&stage);
}

static void closing_loses_nothing(void **state)
{
    struct stage stage = stage_make(256);
    struct insert insert[200];

    (void)state;
    submit_inserts(stage.writer, insert, 200);
    writer_free(stage.writer);
    for (int i = 0; i < 200; i++)
        assert_int_equal(OK, insert[i].error);
    assert_int_equal(200, stage_count(&stage));
    stage.writer = NULL;
    stage_remove(&stage);
}

static void a_command_writes_without_a_loop(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct insert insert[] = {{1, ERROR_COUNT}, {1, ERROR_COUNT}, {2, ERROR_COUNT}};
    struct writer_job job[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        job[i] = (struct writer_job){insert_run, insert_done, &insert[i]};
    assert_int_equal(ERROR_EXISTS, writer_run_now(store, job, 3));
    assert_int_equal(OK, insert[0].error);
    assert_int_equal(ERROR_EXISTS, insert[1].error);
    assert_int_equal(OK, insert[2].error);
    assert_int_equal(2, sample_count(store));
    store_close(store);
}

/* Another process that writes holds the lock; ours waits a while, then says so, and nothing is half done. */
static void a_second_writer_waits_and_is_told(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    sqlite3 *other;

    (void)state;
    assert_int_equal(SQLITE_OK, sqlite3_open(fixture.path, &other));
    assert_int_equal(SQLITE_OK, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    assert_int_equal(ERROR_LOCKED, sample_insert(store, 1));
    assert_int_equal(0, sample_count(store));
    assert_int_equal(SQLITE_OK, sqlite3_exec(other, "COMMIT", NULL, NULL, NULL));
    assert_int_equal(OK, sample_insert(store, 1));
    sqlite3_close(other);
    store_close(store);
}

/* Not timed, only told: 64 clients, each waiting for its own write. */
static void grouped_writes_are_told(void **state)
{
    enum { CLIENTS = 64, EACH = 100 };
    struct stage stage = stage_make(CLIENTS);
    struct client client[CLIENTS];
    int running = CLIENTS;
    int64_t last_id[CLIENTS] = {0};
    int64_t start = world_stopwatch_ns();

    (void)state;
    for (int i = 0; i < CLIENTS; i++) {
        client[i] = (struct client){&stage, {i * 1000000 + 1, OK}, EACH, &running, &last_id[i], pthread_self()};
        assert_int_equal(OK, writer_submit(stage.writer, (struct writer_job){client_run, client_done, &client[i]}));
    }
    assert_int_equal(OK, loop_run(stage.loop));
    double seconds = (double)(world_stopwatch_ns() - start) / 1e9;
    print_message("writes of 2 KB, each durable, 64 waiting: %.0f/s\n", CLIENTS * EACH / seconds);
    stage_remove(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_submitted_together_share_one_commit),
        cmocka_unit_test(a_failing_job_takes_back_only_its_own_rows),
        cmocka_unit_test(a_full_queue_is_told_at_once),
        cmocka_unit_test(clients_on_the_loop_are_all_served),
        cmocka_unit_test(closing_loses_nothing),
        cmocka_unit_test(a_command_writes_without_a_loop),
        cmocka_unit_test(a_second_writer_waits_and_is_told),
        cmocka_unit_test(grouped_writes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
