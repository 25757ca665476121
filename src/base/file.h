/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files, with the three things that the standard calls make easy to forget: bounded reads, durable replacement, and
 * O_CLOEXEC. Appending durably is the ledger's own business (ledger/journal.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "slice.h"

/* Reads a whole file of at most `maximum_bytes`. ERROR_FILE_MISSING, ERROR_TOO_LARGE, ERROR_IO, ERROR_MEMORY.
 * `fault` (may be NULL) says which file. */
MUST_CHECK enum error file_read(struct arena *arena, const char *path, size_t maximum_bytes, struct slice *ret_content,
                                struct fault *fault);

/* Replaces the file so that after a crash there is either the old or the new content, durably: temporary file, fsync,
 * rename, fsync of the directory. ERROR_DISK_FULL, ERROR_IO. */
MUST_CHECK enum error file_replace(const char *path, struct slice content, unsigned mode);

/* The same without fsync, for what can be made anew from elsewhere. */
MUST_CHECK enum error file_replace_derived(const char *path, struct slice content, unsigned mode);

/* Removes the file durably. It is no error if there is none; also then no crash brings one back. */
MUST_CHECK enum error file_remove(const char *path);

/* Makes a directory and its parents, mode 0700. It is no error if it is there. */
MUST_CHECK enum error file_make_directory(const char *path);

bool file_exists(const char *path);

/* Takes the lock file `path` for this process until the descriptor is closed. ERROR_LOCKED when another has it. */
MUST_CHECK enum error file_lock(const char *path, int *ret_descriptor);

/* Writes all bytes, through EINTR and short writes. ERROR_DISK_FULL, ERROR_IO. */
MUST_CHECK enum error file_write_all(int descriptor, const void *data, size_t length);

/* errno as an error: ENOSPC and EDQUOT are ERROR_DISK_FULL, ENOENT is ERROR_FILE_MISSING, the rest ERROR_IO. */
enum error file_error(int errno_value);

void file_close(int *descriptor); /* accepts -1, leaves -1 */
#define CLEANUP_DESCRIPTOR __attribute__((cleanup(file_close)))
