/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How a log's derived files are written: beside their name and then in its place, so that a reader sees the old one or
 * the new one. There is one temporary name for all of a log's, so that a crash leaves at most that one behind. Inside
 * the ledger only. `directory` is the log's, which leaves room for every name that it has (ledger.c). */

#include "base/error.h"
#include "base/slice.h"

/* Makes the folders of `name` when they are missing. Without sync. ERROR_DISK_FULL, ERROR_IO. */
MUST_CHECK enum error derived_file_write(const char *directory, const char *name, struct slice content);
/* After a crash it is the old or the new one; after OK the new one. */
MUST_CHECK enum error derived_file_write_durably(const char *directory, const char *name, struct slice content);
/* `flags`: 0, or O_DIRECTORY for the names in a folder. */
MUST_CHECK enum error derived_file_sync(const char *path, int flags);
