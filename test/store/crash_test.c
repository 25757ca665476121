/* SPDX-License-Identifier: Apache-2.0 */

/* Proves promise 9 by killing: a child writes as fast as it can and tells each confirmed id through a pipe; it is
 * killed at a random moment; whatever it told must be in the store, and the store must be whole. */

#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 25, UNDER_WAY = 16 };

struct teller {
    struct writer *writer;
    struct insert insert;
    int pipe;
    int64_t *next;
};

static enum error teller_run(struct store *store, void *context)
{
    return insert_run(store, &((struct teller *)context)->insert);
}

static void teller_done(void *context, enum error error)
{
    struct teller *teller = context;

    if (error != OK || write(teller->pipe, &teller->insert.id, sizeof teller->insert.id) < 0)
        _exit(1);
    teller->insert.id = (*teller->next)++;
    if (writer_submit(teller->writer, (struct writer_job){teller_run, teller_done, teller}) != OK)
        _exit(1);
}

static void write_until_killed(const struct fixture *fixture, int64_t first, int pipe)
{
    struct teller teller[UNDER_WAY];
    struct loop *loop = loop_new();
    struct writer *writer;

    if (writer_new(sample_open(fixture), loop, UNDER_WAY, &writer) != OK)
        _exit(1);
    for (int i = 0; i < UNDER_WAY; i++) {
        teller[i] = (struct teller){writer, {first++, OK}, pipe, &first};
        if (writer_submit(writer, (struct writer_job){teller_run, teller_done, &teller[i]}) != OK)
            _exit(1);
    }
    _exit(loop_run(loop));
}

static void kill_after(pid_t child, useconds_t microseconds)
{
    int status;

    usleep(microseconds);
    assert_int_equal(0, kill(child, SIGKILL));
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFSIGNALED(status)); /* it had not stopped by itself */
}

static bool is_there(struct store *store, int64_t id)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    return store_one(store, &SAMPLE[ITEM_GET], STORE_VALUES(store_integer(id)), &cursor) == OK;
}

static void no_finding(void *context, struct slice line)
{
    (void)context;
    fail_msg("%.*s", SLICE_PRINT(line));
}

/* Returns how many ids were told. */
static int64_t check_told(const struct fixture *fixture, int pipe)
{
    struct store *store = sample_open(fixture);
    int64_t id, told = 0;

    assert_int_equal(OK, store_check(store, no_finding, NULL));
    while (read(pipe, &id, sizeof id) == (ssize_t)sizeof id) {
        if (!is_there(store, id))
            fail_msg("confirmed and lost: %lld", (long long)id);
        told++;
    }
    store_close(store);
    return told;
}

static void what_was_confirmed_survives_a_kill_at_any_moment(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    int64_t told = 0;

    (void)state;
    srand(1);
    store_close(sample_open(&fixture));
    for (int round = 0; round < ROUNDS; round++) {
        int end[2];
        assert_int_equal(0, pipe(end));
        pid_t child = fork();
        if (child == 0) {
            close(end[0]);
            write_until_killed(&fixture, (int64_t)(round + 1) * 1000000, end[1]); /* ids of its own */
        }
        close(end[1]);
        /* The pipe holds 8192 ids: more than are written in this time. */
        kill_after(child, (useconds_t)(5000 + rand() % 95000));
        told += check_told(&fixture, end[0]);
        close(end[0]);
    }
    assert_true(told > ROUNDS);
    print_message("%d kills, %lld confirmed, none lost\n", ROUNDS, (long long)told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_confirmed_survives_a_kill_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
