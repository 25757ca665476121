/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The five system calls on which durability hangs, behind one small table, so that tests can fail the n-th of them,
 * tear a write, or forget what was not synced. Everything else that the ledger does to the disk is reading, or writing
 * files that can be made anew.
 *
 * Each returns what the system call returns: -1 with errno set when it failed. */

#include <sys/types.h>

struct ledger_io {
    void *context;
    ssize_t (*pwrite)(void *context, int descriptor, const void *data, size_t length, off_t offset);
    int (*fdatasync)(void *context, int descriptor);
    int (*fsync)(void *context, int descriptor); /* of a directory, after a new segment */
    int (*fallocate)(void *context, int descriptor, off_t offset, off_t length); /* keeps the file's size */
    int (*ftruncate)(void *context, int descriptor, off_t length);
};

/* The real ones. */
struct ledger_io ledger_io_system(void);
