/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A node's files, opened for reading and nothing else: regular files, no links, never waiting. */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

/* A path below a directory; empty when it is too long, and then nothing opens. */
struct file_path {
    char text[PATH_MAX];
};
struct file_path file_below(const char *directory, const char *below);

/* -1 when it cannot be opened. */
int file_open(const char *directory, const char *below, uint64_t *ret_size) MUST_CHECK;
bool file_is_there(const char *directory, const char *below);

/* Whole, at most `maximum` bytes. ERROR_FILE_MISSING, ERROR_TOO_LARGE, ERROR_IO, ERROR_MEMORY. */
MUST_CHECK enum error file_take(struct arena *arena, const char *directory, const char *below, size_t maximum,
                                struct slice *ret_bytes);

/* Bytes of an open file, through EINTR and short reads. How many came. */
size_t file_pread(int descriptor, void *into, size_t length, uint64_t at);

/* Is a node, or what is left of one, writing in this directory? */
bool file_node_runs(const char *directory);

/* Copies one file. ERROR_FILE_MISSING when it is not there; ERROR_DISK_FULL; ERROR_IO. */
MUST_CHECK enum error file_copy(const char *directory, const char *below, const char *to);

/* Calls `each` with every name in a directory (at most `maximum`), with whether it is a directory itself. */
typedef void file_each(void *context, const char *name, bool is_directory);
MUST_CHECK enum error file_list(const char *directory, const char *below, unsigned maximum, file_each *each,
                                void *context);
