/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* System calls that fail, or end the world, at a chosen operation; and a disk that forgets what was not synced. */

#include "fixture.h"
#include "ledger/io.h"

enum shaky_end {
    SHAKY_NEVER,
    SHAKY_FAIL,  /* the operation fails once with `fail_errno`; a write after half of its bytes */
    SHAKY_KILL,  /* the process is gone; the page cache stays */
    SHAKY_POWER, /* the machine is gone: unsynced sectors are there or not, as `world` decides */
};

#define SHAKY_FILES_MAX 64

struct shaky_file {
    unsigned long inode;
    struct slice synced;
};

struct shaky {
    struct ledger_io io; /* points back here: do not copy */
    struct fixture *fixture;
    enum shaky_end end;
    size_t end_at; /* operations are counted from 1 */
    int fail_errno;
    size_t operations;
    uint64_t capacity; /* of the file system in bytes of one file; 0 for no bound */
    bool no_fallocate;
    struct world world;
    struct shaky_file file[SHAKY_FILES_MAX];
    size_t file_count;
    bool directory_synced; /* since the last segment was made */
};

void shaky_make(struct shaky *shaky, struct fixture *fixture);
