/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that a safe that cannot be started, opened or begun says so and leaves nothing: no process, no descriptor, and
 * not what opens the root. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oversight_asks.h"
#include "safe/client.h"
#include "unlucky.h"

static bool is_closed(int descriptor)
{
    return fcntl(descriptor, F_GETFD) < 0;
}

static void a_safe_that_cannot_be_started_keeps_no_secret(void **state)
{
    static const enum unlucky_call calls[] = {UNLUCKY_socketpair, UNLUCKY_fork};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int secret = open("/dev/null", O_RDONLY | O_CLOEXEC), before = dup(secret), socket = -1, pid = -1;
        close(before);
        unlucky_fail(calls[i], 1, false, EMFILE);
        assert_int_equal(safe_spawn("/bin/true", "/tmp", secret, &socket, &pid), ERROR_IO);
        assert_true(unlucky_end());
        assert_true(is_closed(secret));
        assert_int_equal(socket, -1);
        assert_int_equal(pid, -1);
        int after = dup(0);
        assert_true(after <= before); /* nor anything else */
        close(after);
    }
}

static int ended(int pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void what_is_no_program_ends_and_the_line_with_it(void **state)
{
    int socket = -1, pid = -1;
    char byte;

    (void)state;
    assert_int_equal(safe_spawn("/nowhere/at/all", "/tmp", -1, &socket, &pid), OK);
    assert_int_equal(recv(socket, &byte, 1, 0), 0);
    close(socket);
    assert_int_equal(ended(pid), 3);
}

/* In a process that may not have more descriptors: the two that the safe is to have cannot be put in their place. */
static void a_safe_without_its_two_descriptors_does_not_run(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit few = {9, 9};
        int socket, pid;
        close_range(3, ~0u, 0);
        setrlimit(RLIMIT_NOFILE, &few);
        if (safe_spawn("/bin/true", "/tmp", -1, &socket, &pid) != OK)
            _exit(20);
        _exit(ended(pid));
    }
    assert_int_equal(ended(child), 3);
}

/* ---- the safe's own process, with the door at once gone ---- */

/* What safe_main says in a child whose call fails; 100 more: it was told what opens the root. */
static int safe_says(const char *directory, struct world *world, enum unlucky_call call, size_t nth, int error,
                     struct safe_cadence cadence)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid_t child = fork();
    if (child == 0) {
        struct fault fault = {0};
        dup2(fcntl(pair[1], F_DUPFD_CLOEXEC, 20), SAFE_SOCKET);
        dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), SAFE_SECRET);
        shutdown(SAFE_SOCKET, SHUT_RDWR);
        if (nth > 0)
            unlucky_fail(call, nth, true, error);
        _exit((int)safe_main(directory, world, cadence, &fault));
    }
    close(pair[0]);
    close(pair[1]);
    return ended(child);
}

static void a_safe_that_cannot_begin_says_why_and_loses_nothing(void **state)
{
    const struct safe_cadence none = {.pad = 0}, term = {.retention_years = 3};
    struct whole whole;
    struct grant grant;

    (void)state;
    whole_open(&whole);
    struct slice facts = whole_register(&whole, &anna);
    safe_close(whole.safe);
    whole.safe = NULL;
    assert_int_equal(safe_says("/nowhere/at/all", &whole.world, 0, 0, 0, none), ERROR_FILE_MISSING);
    assert_int_equal(safe_says(whole.directory, &whole.world, UNLUCKY_calloc, 1, ENOMEM, none), ERROR_MEMORY);
    assert_int_equal(safe_says(whole.directory, &whole.world, UNLUCKY_read, 1, EIO, none), ERROR_IO);
    /* The public log is told of rules, then of the term, both while it begins: it does not go on without. */
    assert_int_equal(safe_says(whole.directory, &whole.world, UNLUCKY_pwrite, 1, EIO, term), ERROR_IO);
    assert_int_equal(safe_says(whole.directory, &whole.world, UNLUCKY_rename, 1, EIO, term), ERROR_IO);
    assert_int_equal(safe_says(whole.directory, &whole.world, 0, 0, 0, none), OK);
    whole_reopen(&whole);
    assert_int_equal(look_at(&whole, whole_token(&whole, &NURSE), &anna, facts, &grant), OK);
    whole_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_safe_that_cannot_be_started_keeps_no_secret),
        cmocka_unit_test(what_is_no_program_ends_and_the_line_with_it),
        cmocka_unit_test(a_safe_without_its_two_descriptors_does_not_run),
        cmocka_unit_test(a_safe_that_cannot_begin_says_why_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, whole_template_make, whole_template_remove);
}
