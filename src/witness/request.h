/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The body of `add-checkpoint` (C2SP tlog-witness):
 *
 *     old <size>\n
 *     <base64 of a hash>\n   at most 63 times
 *     \n
 *     <checkpoint, a signed note>
 *
 * Pure; any thread. All of it may come from an enemy; what is parsed borrows it. */

#include "ledger/note.h"
#include "ledger/tree.h"

#define REQUEST_PROOF_MAX 63
#define REQUEST_BYTES_MAX (NOTE_BYTES_MAX + 4096)

struct request {
    uint64_t old_size;
    struct tree_proof proof;
    struct slice checkpoint;
};

/* ERROR_SYNTAX. */
MUST_CHECK enum error request_parse(struct slice body, struct request *ret_request);

/* What a log sends. ERROR_TOO_LARGE. */
MUST_CHECK enum error request_write(uint64_t old_size, const struct tree_proof *proof, struct slice checkpoint,
                                    struct buffer *into);
