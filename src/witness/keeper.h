/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Replaces a small file durably: written beside it, synced, renamed, and the folder synced. The system calls on which
 * that hangs come through a small table, so that tests can fail each of them. Each returns what the system call
 * returns. */

#include <sys/types.h>

#include "base/error.h"
#include "base/slice.h"

struct keeper_io {
    void *context;
    ssize_t (*write)(void *context, int descriptor, const void *data, size_t length);
    int (*fsync)(void *context, int descriptor);
    int (*rename)(void *context, const char *from, const char *to);
};

/* The real ones. */
struct keeper_io keeper_io_system(void);

/* After a crash the file has its old content or the new one; when this returned OK, the new one. ERROR_DISK_FULL: the
 * old one is there, and trying again may help. ERROR_IO: nobody knows which, until the folder is read anew. */
MUST_CHECK enum error keeper_replace(const struct keeper_io *io, const char *folder, const char *name,
                                     struct slice content);
