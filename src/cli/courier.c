/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "courier.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "command.h"
#include "safe/node.h"

#define LOOK_MS 3000
#define NAME_BYTES 32

static void look_later(struct courier_child *child);

static void forget(struct courier_child *child)
{
    loop_unwatch(child->watch);
    child->watch = NULL;
    file_close(&child->descriptor);
    child->pid = 0;
}

static void ended(void *context, uint32_t events)
{
    struct courier_child *child = context;

    (void)events;
    waitpid(child->pid, NULL, 0);
    forget(child);
    LOG(WARNING, "courier.lost");
    look_later(child);
}

/* It lies beside this program. Runs in the child between fork and exec. */
static void become_courier(const char *program, const char *directory)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* the door takes its signals by a descriptor */
    close_range(3, ~0u, 0);
    execl(program, "hospitium-courier", directory, (char *)NULL);
    _exit(3);
}

static void run(struct courier_child *child)
{
    char program[PATH_MAX + NAME_BYTES];

    if (!command_program_path(program, PATH_MAX))
        return;
    snprintf(strrchr(program, '/') + 1, NAME_BYTES, "hospitium-courier");
    child->pid = fork();
    if (child->pid == 0)
        become_courier(program, child->directory);
    child->descriptor = child->pid > 0 ? (int)syscall(SYS_pidfd_open, child->pid, 0) : -1;
    if (child->descriptor >= 0)
        child->watch = loop_watch(child->loop, child->descriptor, EPOLLIN, ended, child);
    if (child->watch)
        return;
    LOG(ERROR, "courier.cannot_start", FIELD_ERROR(ERROR_IO));
    courier_child_stop(child); /* nobody would notice its end */
}

/* A node may come to have witnesses while it runs. */
static void look(void *context)
{
    struct courier_child *child = context;

    if (file_exists(node_path(child->directory, "witnesses").text))
        run(child);
    if (!child->watch)
        look_later(child);
}

static void look_later(struct courier_child *child)
{
    if (!loop_timer(child->loop, LOOK_MS, look, child))
        LOG(ERROR, "courier.cannot_start", FIELD_ERROR(ERROR_MEMORY));
}

void courier_child_start(struct courier_child *child, struct loop *loop, const char *directory)
{
    *child = (struct courier_child){.loop = loop, .directory = directory, .descriptor = -1};
    look(child);
}

void courier_child_stop(struct courier_child *child)
{
    if (child->pid <= 0)
        return;
    kill(child->pid, SIGTERM);
    waitpid(child->pid, NULL, 0);
    forget(child);
}
