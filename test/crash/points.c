/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "points.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define A_CHILDS_POINTS 256
#define SECONDS 60
#define SHOWN 24

void *points_shared(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        abort();
    return memory;
}

const char *points_directory(void)
{
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

bool points_all(void)
{
    const char *wanted = getenv("HOSPITIUM_CRASH");

    return wanted && strcmp(wanted, "all") == 0;
}

size_t points_many(size_t in_ci)
{
#ifdef __SANITIZE_ADDRESS__
    in_ci /= 20;
#endif
    return points_all() ? SIZE_MAX : in_ci;
}

uint64_t points_seed(void)
{
    const char *seed = getenv("HOSPITIUM_CRASH_SEED");

    return seed ? strtoull(seed, NULL, 10) : 1;
}

/* cmocka's handlers would take a crash for a failed assertion of the parent's. */
static void be_a_child(void)
{
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    const struct rlimit no_core = {0, 0};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    setrlimit(RLIMIT_CORE, &no_core);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (!getenv("HOSPITIUM_CRASH_LOUD"))
        dup2(nowhere, STDERR_FILENO);
}

int points_fork(void (*run)(void *context), void *context)
{
    int status = -1;

    fflush(NULL);
    if (getenv("HOSPITIUM_CRASH_POINT")) { /* for a debugger */
        run(context);
        return 0;
    }
    pid_t child = fork();
    if (child == 0) {
        be_a_child();
        alarm(SECONDS);
        run(context);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        abort();
    return status;
}

struct progress {
    size_t next; /* of `chosen` */
    size_t failed;
    char why[256];
    bool bad;
};

struct children {
    const struct points *points;
    const size_t *chosen;
    size_t count;
    struct progress *progress;
};

static void say(const struct points *points, size_t index, const char *why, size_t failed)
{
    char name[200];

    if (failed >= SHOWN && !points_all())
        return;
    points->name(points->context, index, name);
    fprintf(stdout, "FAILED seed %llu, point %zu: %s\n    %s\n", (unsigned long long)points->seed, index, name, why);
    fflush(stdout);
}

static void take_some(void *context)
{
    struct children *children = context;
    struct progress *progress = children->progress;
    const struct points *points = children->points;

    for (size_t i = 0; i < A_CHILDS_POINTS && progress->next < children->count; i++) {
        size_t index = children->chosen[progress->next];
        char why[256] = {0};
        alarm(SECONDS);
        if (!points->run(points->context, index, why))
            say(points, index, why, progress->failed++);
        progress->next++;
    }
    fflush(stdout);
}

/* Algorithm S of Knuth's volume 2, 3.4.2: each choice of `taken` is as likely. */
static size_t choose(const struct points *points, size_t *chosen)
{
    const char *only = getenv("HOSPITIUM_CRASH_POINT");
    uint64_t state = points->seed;
    size_t taken = 0, wanted = points->taken < points->count ? points->taken : points->count;

    if (only) {
        chosen[0] = strtoull(only, NULL, 10);
        return 1;
    }
    for (size_t i = 0; i < points->count && taken < wanted; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        if ((state >> 33) % (points->count - i) < wanted - taken)
            chosen[taken++] = i;
    }
    return taken;
}

size_t points_run(const struct points *points, size_t *ret_ran)
{
    struct children children = {points, NULL, 0, points_shared(sizeof *children.progress)};
    size_t *chosen = calloc(points->count + 1, sizeof *chosen);
    char why[256];

    if (!chosen)
        abort();
    children.chosen = chosen;
    children.count = choose(points, chosen);
    while (children.progress->next < children.count) {
        int status = points_fork(take_some, &children);
        if (status == 0)
            continue;
        snprintf(why, sizeof why, WIFSIGNALED(status) ? "it died of signal %d" : "it left with %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        say(points, chosen[children.progress->next], why, children.progress->failed++);
        children.progress->next++;
    }
    size_t failed = children.progress->failed;
    *ret_ran = children.count;
    munmap(children.progress, sizeof *children.progress);
    free(chosen);
    return failed;
}
