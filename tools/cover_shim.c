/* SPDX-License-Identifier: Apache-2.0 */

/* Linked into every program of the coverage build (tools/cover) and into no other: what a process has counted is
 * written also when it ends by _exit or abort or becomes another program, and from inside the safe's sandbox, where
 * nothing outside its directory can be opened any more. So each process opens its file when it begins, and each child
 * of a fork one of its own. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HIGH 200

void __llvm_profile_set_file_object(FILE *file, int merge);
int __llvm_profile_write_file(void);
void __llvm_profile_reset_counters(void);
void __real__exit(int status);
void __wrap__exit(int status);
void __real_abort(void) __attribute__((noreturn));
void __wrap_abort(void) __attribute__((noreturn));
int __real_close_range(unsigned first, unsigned last, int flags);
int __wrap_close_range(unsigned first, unsigned last, int flags);

static void begin(void)
{
    const char *directory = getenv("HOSPITIUM_COVER");
    struct timespec now;
    char name[512];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(name, sizeof name, "%s/%d-%lld-%p.profraw", directory ? directory : "/tmp", (int)getpid(),
             (long long)now.tv_sec * 1000000000 + now.tv_nsec, (void *)begin);
    int low = directory ? open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    int high = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, HIGH); /* out of the way of who counts on a number */
    FILE *file = fdopen(high < 0 ? low : high, "w+");
    if (high >= 0)
        close(low);
    if (file)
        __llvm_profile_set_file_object(file, 0);
}

static void begin_again(void)
{
    __llvm_profile_reset_counters();
    begin();
}

__attribute__((constructor)) static void begin_first(void)
{
    begin();
    pthread_atfork(NULL, NULL, begin_again);
}

void __wrap__exit(int status)
{
    __llvm_profile_write_file();
    __real__exit(status);
}

void __wrap_abort(void)
{
    __llvm_profile_write_file();
    __real_abort();
}

/* What a child did before it closed everything and became another program. */
int __wrap_close_range(unsigned first, unsigned last, int flags)
{
    __llvm_profile_write_file();
    return __real_close_range(first, last, flags);
}
