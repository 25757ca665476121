/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Entry bundles of entries that are let go: removed from a log's directory, some at a time. Inside the ledger only. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Removes those that lie wholly before `minimum`, from bundle *next on; *ret_done when none is left. What is not there
 * is no error: a crash may have come in between. ERROR_IO. */
MUST_CHECK enum error bundles_drop(const char *directory, uint64_t minimum, uint64_t *next, bool *ret_done);
