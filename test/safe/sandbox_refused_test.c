/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that the safe asks each kernel for as much as it knows and says truly what it got: on a kernel that refuses a
 * part, that part is said to be missing and the others stand. The kernel is played by the test, so that one machine
 * shows all. */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "safe/sandbox.h"

#ifdef __SANITIZE_ADDRESS__
#define FILTERED 0u /* no filter under a sanitizer */
#else
#define FILTERED SANDBOX_SECCOMP
#endif
#define ALL (SANDBOX_LOCKED | SANDBOX_NETWORK | SANDBOX_LANDLOCK | FILTERED)

enum part { NOTHING, MLOCK, NETWORK, RULESET, RULE_OF_DIRECTORY, RULE_OF_RANDOM, RESTRICT, FILTER };

static struct {
    long landlock; /* its version; 0: a kernel without it */
    enum part refuses;
    uint64_t fs, net, scoped; /* what was asked for */
    size_t known;
    unsigned rules;
    uint64_t allowed[2];
} kernel;

static long answer(enum part part)
{
    errno = EPERM;
    return kernel.refuses == part ? -1 : 0;
}

static long create_ruleset(const void *attributes, size_t size)
{
    uint64_t asked[3] = {0};

    if (!attributes)
        return kernel.landlock ? kernel.landlock : -1;
    memcpy(asked, attributes, size);
    kernel.fs = asked[0];
    kernel.net = asked[1];
    kernel.scoped = asked[2];
    kernel.known = size;
    return answer(RULESET) == 0 ? dup(0) : -1;
}

static long add_rule(const struct landlock_path_beneath_attr *rule)
{
    kernel.allowed[kernel.rules] = rule->allowed_access;
    return answer(kernel.rules++ == 0 ? RULE_OF_DIRECTORY : RULE_OF_RANDOM);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list list;
    long argument[4];

    va_start(list, number);
    for (size_t i = 0; i < 4; i++)
        argument[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_landlock_create_ruleset)
        return create_ruleset((const void *)(uintptr_t)argument[0], (size_t)argument[1]);
    if (number == SYS_landlock_add_rule)
        return add_rule((const struct landlock_path_beneath_attr *)(uintptr_t)argument[2]);
    if (number == SYS_landlock_restrict_self)
        return answer(RESTRICT);
    return __real_syscall(number, argument[0], argument[1], argument[2], argument[3]);
}

int __wrap_unshare(int flags);
int __wrap_unshare(int flags)
{
    return (int)answer(NETWORK);
}

int __wrap_mlockall(int flags);
int __wrap_mlockall(int flags)
{
    return (int)answer(MLOCK);
}

int __wrap_prctl(int option, ...);
int __wrap_prctl(int option, ...)
{
    return option == PR_SET_SECCOMP ? (int)answer(FILTER) : 0;
}

static unsigned entered(long landlock, enum part refuses, const char *directory)
{
    memset(&kernel, 0, sizeof kernel);
    kernel.landlock = landlock;
    kernel.refuses = refuses;
    log_set_level(LOG_ERROR);
    return sandbox_enter(directory);
}

static void each_version_of_landlock_is_asked_for_what_it_knows(void **state)
{
    const uint64_t refer = UINT64_C(1) << 13, truncate = UINT64_C(1) << 14, ioctl = UINT64_C(1) << 15;

    (void)state;
    for (long version = 1; version <= 7; version++) {
        assert_int_equal(entered(version, NOTHING, "/tmp"), ALL);
        assert_int_equal(kernel.known, version >= 6 ? 24 : version >= 4 ? 16 : 8);
        assert_int_equal((kernel.fs & refer) != 0, version >= 2);
        assert_int_equal((kernel.fs & truncate) != 0, version >= 3);
        assert_int_equal(kernel.net != 0, version >= 4);
        assert_int_equal((kernel.fs & ioctl) != 0, version >= 5);
        assert_int_equal(kernel.scoped != 0, version >= 6);
        assert_int_equal(kernel.rules, 2); /* the directory, and /dev/urandom to read alone */
        assert_int_equal(kernel.allowed[0] & ~kernel.fs, 0);
        assert_int_equal(kernel.allowed[0] & LANDLOCK_ACCESS_FS_EXECUTE, 0);
        assert_int_equal(kernel.allowed[1], LANDLOCK_ACCESS_FS_READ_FILE);
    }
}

static void a_part_that_the_kernel_refuses_is_said_to_be_missing_and_no_other(void **state)
{
    static const struct {
        enum part part;
        unsigned missing;
    } cases[] = {
        {MLOCK, SANDBOX_LOCKED},
        {NETWORK, SANDBOX_NETWORK},
        {FILTER, FILTERED},
        {RULESET, SANDBOX_LANDLOCK},
        {RULE_OF_DIRECTORY, SANDBOX_LANDLOCK},
        {RULE_OF_RANDOM, SANDBOX_LANDLOCK},
        {RESTRICT, SANDBOX_LANDLOCK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(entered(3, cases[i].part, "/tmp"), ALL & ~cases[i].missing);
    assert_int_equal(entered(0, NOTHING, "/tmp"), ALL & ~SANDBOX_LANDLOCK);
    assert_int_equal(entered(6, NOTHING, "/nowhere/at/all"), ALL & ~SANDBOX_LANDLOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_version_of_landlock_is_asked_for_what_it_knows),
        cmocka_unit_test(a_part_that_the_kernel_refuses_is_said_to_be_missing_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
