/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `hospitium token` was asked for, and the request that two approvers sign (safe/approval.h). */

struct token_options {
    const char *directory, *actor, *role, *sector, *organization, *purpose, *ttl, *person, *training;
    const char *request, *approved;
};

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

/* Adds a signature with the private key in file `key` below a text, or below the signatures that are there, and writes
 * it to `path`. */
MUST_CHECK enum error approve_sign(struct arena *arena, const char *key, struct slice request, const char *path,
                                   struct slice *ret_name, struct fault *fault);

/* Writes the request to options->request; returns the exit code. */
int approval_request_write(const struct token_options *options, unsigned long ttl_s);
