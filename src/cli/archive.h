/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A backup as one file: a list of files with their bytes, and a SHA-256 over all of it at the end.
 *
 *     "hospitium-backup 1\n" ‖ files of (u16 length of name ‖ name ‖ u64 length ‖ bytes) ‖ u16 0 ‖ SHA-256
 *
 * Read back only after the hash was found right. Names are relative and contain no "..". */

#include "base/error.h"

/* Packs every file below `directory` into `path`, which must not be there, durably. */
MUST_CHECK enum error archive_write(const char *path, const char *directory, struct fault *fault);

/* Checks the whole file, then unpacks it into `directory`. ERROR_CORRUPT, ERROR_SYNTAX, ERROR_VERSION. */
MUST_CHECK enum error archive_read(const char *path, const char *directory, struct fault *fault);
