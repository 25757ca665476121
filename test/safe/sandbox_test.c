/* SPDX-License-Identifier: Apache-2.0 */

/* Proves from inside what the safe cannot do any more: each attempt is made by a child that has entered the sandbox, and
 * beside it by one that has not, so that a refusal is the sandbox's and nobody else's. That the safe still does its work
 * in it, every system test shows. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "safe/sandbox.h"
#include "scratch.h"

/* In a child: true when it could be done. */
typedef bool something(const char *directory);

enum { COULD = 10, COULD_NOT = 11, WITHOUT = 12 };

/* `needed`: parts of the sandbox without which the attempt proves nothing here. */
static int tried(something *attempt, bool inside, unsigned needed)
{
    WITH_SCRATCH scratch = scratch_make();
    int status;

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        log_set_level(LOG_ERROR);
        if (inside && (sandbox_enter(scratch.directory) & needed) != needed)
            _exit(WITHOUT);
        _exit(attempt(scratch.directory) ? COULD : COULD_NOT);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void assert_only_outside(something *attempt, unsigned needed)
{
    int inside = tried(attempt, true, needed);

    if (inside == WITHOUT)
        skip();
    assert_int_equal(tried(attempt, false, 0), COULD);
    assert_int_equal(inside, COULD_NOT);
}

static bool make_socket(const char *directory)
{
    (void)directory;
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool make_local_socket(const char *directory)
{
    (void)directory;
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool make_pair(const char *directory)
{
    int pair[2];

    (void)directory;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
}

static bool run_program(const char *directory)
{
    char *const arguments[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"exit 10"}, NULL};

    (void)directory;
    execv("/bin/sh", arguments);
    return false;
}

static bool fork_child(const char *directory)
{
    (void)directory;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child > 0;
}

static bool trace(const char *directory)
{
    (void)directory;
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool read_other_memory(const char *directory)
{
    static char there[4] = "abc";
    char here[4];
    struct iovec local = {here, 4}, remote = {there, 4};

    (void)directory;
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 4;
}

static bool run_made_code(const char *directory)
{
    (void)directory;
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool make_memory_runnable(const char *directory)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)directory;
    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool send_signal(const char *directory)
{
    (void)directory;
    return kill(getppid(), 0) == 0;
}

static void no_call_that_the_safe_does_not_need(void **state)
{
    static something *const attempts[] = {make_socket,   make_local_socket, make_pair,     run_program,
                                        fork_child,    trace,             run_made_code, read_other_memory,
                                        make_memory_runnable, send_signal};

    (void)state;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        assert_only_outside(attempts[i], SANDBOX_SECCOMP);
}

static bool read_elsewhere(const char *directory)
{
    (void)directory;
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool list_elsewhere(const char *directory)
{
    (void)directory;
    return open("/etc", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool write_elsewhere(const char *directory)
{
    char path[160];

    snprintf(path, sizeof path, "%s.beside", directory);
    int made = open(path, O_WRONLY | O_CREAT, 0600);
    unlink(path);
    return made >= 0;
}

static bool move_out(const char *directory)
{
    char inside[160], outside[160];

    snprintf(inside, sizeof inside, "%s/file", directory);
    snprintf(outside, sizeof outside, "%s.moved", directory);
    int made = open(inside, O_WRONLY | O_CREAT, 0600);
    bool moved = made >= 0 && rename(inside, outside) == 0;
    unlink(outside);
    return moved;
}

static bool read_another_process(const char *directory)
{
    char path[64];

    (void)directory;
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)getppid());
    return open(path, O_RDONLY) >= 0;
}

static void no_file_outside_the_directory(void **state)
{
    static something *const attempts[] = {read_elsewhere, list_elsewhere, write_elsewhere, move_out,
                                        read_another_process};

    (void)state;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        assert_only_outside(attempts[i], SANDBOX_LANDLOCK);
}

/* What the safe does with files, inside. */
static bool work_inside(const char *directory)
{
    char path[160], other[200];
    struct stat status;

    snprintf(path, sizeof path, "%s/a", directory);
    snprintf(other, sizeof other, "%s/below/b", directory);
    if (file_replace(path, SLICE("text"), 0600) != OK)
        return false;
    snprintf(other, sizeof other, "%s/below", directory);
    if (file_make_directory(other) != OK)
        return false;
    snprintf(other, sizeof other, "%s/below/b", directory);
    int descriptor = open(path, O_RDWR);
    return descriptor >= 0 && ftruncate(descriptor, 2) == 0 && fallocate(descriptor, 0, 0, 4096) == 0 &&
           fdatasync(descriptor) == 0 && rename(path, other) == 0 && stat(other, &status) == 0 && unlink(other) == 0;
}

static void everything_that_it_needs_inside(void **state)
{
    (void)state;
    assert_int_equal(tried(work_inside, true, 0), COULD);
}

static bool is_closed_to_others(const char *directory)
{
    struct rlimit core;

    (void)directory;
    return prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
           getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0;
}

/* getrlimit and prctl are not among its calls: asked after the first half of entering. */
static bool begun(const char *directory)
{
    sandbox_begin();
    return is_closed_to_others(directory);
}

static void no_core_and_no_new_privileges(void **state)
{
    (void)state;
    assert_int_equal(tried(is_closed_to_others, false, 0), COULD_NOT);
    assert_int_equal(tried(begun, false, 0), COULD);
}

/* Calls of another architecture, which have other numbers, end the process. */
static bool call_as_i386(const char *directory)
{
    (void)directory;
#ifdef __x86_64__
    long number = 20; /* getpid there; writev here */
    __asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
    return number > 0;
#else
    return false;
#endif
}

static void another_architectures_calls_kill(void **state)
{
    (void)state;
#ifdef __x86_64__
    int outside = tried(call_as_i386, false, 0), inside = tried(call_as_i386, true, SANDBOX_SECCOMP);
    if (outside != COULD || inside == WITHOUT) /* a kernel without them */
        skip();
    assert_int_equal(inside, -SIGSYS);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_that_the_safe_does_not_need),
        cmocka_unit_test(no_file_outside_the_directory),
        cmocka_unit_test(everything_that_it_needs_inside),
        cmocka_unit_test(no_core_and_no_new_privileges),
        cmocka_unit_test(another_architectures_calls_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
