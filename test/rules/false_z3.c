/* SPDX-License-Identifier: Apache-2.0 */

/* A solver that misbehaves as the text says, in the place of Z3: what a crash, a hang or an attack would do. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/z3_module.h"

static void version(char *out, size_t capacity)
{
    snprintf(out, capacity, "False 1");
}

static void limit_memory(unsigned megabytes)
{
    (void)megabytes;
}

static volatile char *taken;

/* More than the worker may have: then there is none, and what wants it anyway crashes. */
static void take_memory(void)
{
    for (;;) {
        taken = malloc((size_t)64 << 20);
        for (size_t i = 0; i < (size_t)64 << 20; i += 4096)
            taken[i] = 1;
    }
}

static int open_files(void)
{
    int count = 0;

    for (int file = 0; file < 1024; file++)
        count += fcntl(file, F_GETFD) >= 0;
    return count;
}

static enum z3_answer solve(const char *text, unsigned timeout_ms, char *out, size_t capacity, size_t *ret_length)
{
    (void)timeout_ms;
    *ret_length = 0;
    if (strstr(text, "crash"))
        raise(SIGSEGV);
    if (strstr(text, "leave"))
        _exit(0);
    if (strstr(text, "hang"))
        for (;;)
            pause();
    if (strstr(text, "memory"))
        take_memory();
    if (strstr(text, "files"))
        *ret_length = (size_t)snprintf(out, capacity, "%d", open_files());
    if (strstr(text, "noise"))
        return (enum z3_answer)'!';
    return strstr(text, "true") ? Z3_ANSWER_UNSAT : Z3_ANSWER_SAT;
}

extern const struct z3_module hospitium_z3_1;

__attribute__((visibility("default"))) const struct z3_module hospitium_z3_1 = {version, limit_memory, solve};
