/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the program does to the disk, seen from below: this test program's own open, write, fsync, rename … stand in
 * front of the C library's, so that every operation on a file below one directory is counted, kept with its bytes, and
 * fails when it is told to: the product's, SQLite's and any other library's alike.
 *
 * Locks and SQLite's shared memory (`lock`, `-shm`) are left alone: they mean nothing after a crash. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_NAME_MAX 120

enum disk_kind {
    DISK_CREATE,
    DISK_WRITE,
    DISK_TRUNCATE,
    DISK_ALLOCATE, /* room promised, size unchanged */
    DISK_SYNC,
    DISK_SYNC_FOLDER,
    DISK_RENAME,
    DISK_LINK,
    DISK_UNLINK,
    DISK_MAKE_FOLDER,
    DISK_REMOVE_FOLDER,
};
const char *disk_word(enum disk_kind kind);

struct disk_operation {
    enum disk_kind kind;
    uint32_t file;   /* which one, whatever its name; of folders 0 */
    uint64_t offset; /* of a truncation its new length */
    size_t length;
    unsigned char *data;       /* of a write */
    char name[DISK_NAME_MAX];  /* relative to the directory; empty: the directory itself */
    char other[DISK_NAME_MAX]; /* new name */
};

/* ---- keeping ---- */

/* From now on operations below `directory` are counted, and with `keep` kept. Files that are there have no number until
 * they are touched: disk_file_of gives one to those that a test wants to know. */
void disk_watch(const char *directory, bool keep);
void disk_rest(void); /* nothing is watched; what was kept stays until the next disk_watch */
size_t disk_count(void);
const struct disk_operation *disk_operation(size_t index);
/* The number of a file of the watched directory that is there before anything happens. */
uint32_t disk_file_of(const char *name);

/* ---- failing ---- */

enum disk_fault_kind { FAULT_NONE, FAULT_ONCE, FAULT_FOR_EVER, FAULT_SHORT_WRITE };

/* Operation `count` (from 1) on files whose name is `name` fails with `error`; for ever: so does everything after it
 * that this error can mean (a full disk still syncs, renames, cuts and removes). */
struct disk_fault {
    enum disk_fault_kind kind;
    int error;
    char name[DISK_NAME_MAX];
    unsigned count;
};
void disk_fail(const struct disk_fault *fault); /* NULL: a good disk again */
/* Asked before each open; true: it fails with EMFILE. */
extern bool (*disk_open_fails)(void);
/* What failed first, or NULL. */
const struct disk_operation *disk_failed(void);
