/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One file in memory for targets whose readers take a path: made once, written anew for each input. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/slice.h"

static char scratch_name[64];
static int scratch_file = -1;

static inline const char *scratch_write(struct slice text)
{
    if (scratch_file < 0) {
        scratch_file = memfd_create("fuzz", 0);
        snprintf(scratch_name, sizeof scratch_name, "/proc/self/fd/%d", scratch_file);
    }
    if (scratch_file < 0 || ftruncate(scratch_file, 0) < 0 ||
        pwrite(scratch_file, text.data, text.length, 0) != (ssize_t)text.length)
        abort();
    return scratch_name;
}

/* A path of its own for what has to be a file with a name, in memory where there is such a place; gone at the end, with
 * what SQLite lays beside it. */
static char scratch_named[96];

static inline void scratch_remove_named(void)
{
    static const char *const beside[] = {"", "-wal", "-shm", "-journal"};
    char path[128];

    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(path, sizeof path, "%s%s", scratch_named, beside[i]);
        unlink(path);
    }
}

static inline const char *scratch_path(void)
{
    if (scratch_named[0] == '\0') {
        snprintf(scratch_named, sizeof scratch_named, "%s/hospitium-fuzz-%d",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
        scratch_remove_named();
        atexit(scratch_remove_named);
    }
    return scratch_named;
}
