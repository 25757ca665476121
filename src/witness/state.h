/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a witness remembers of one log, as the bytes that it keeps:
 *
 *     hospitium-witness-state 1\n
 *     origin <origin>\n
 *     size <decimal>\n
 *     root <base64>\n
 *     time <seconds of the last cosignature; 0 before the first>\n
 *     \n
 *     <the checkpoint as it was cosigned: text, the log's signatures, the cosignature; nothing before the first>
 *     check <SHA-256 of all above, hexadecimal>\n
 *
 * Pure. Parsing believes nothing that the check does not cover, so bytes that were damaged are found, and an empty or
 * shortened file is not mistaken for a log that was never seen. */

#include "base/buffer.h"
#include "ledger/tree.h"

#define STATE_BYTES_MAX (70 * 1024)

struct state {
    struct slice origin;
    struct tree_head head; /* of the empty tree before the first cosignature */
    uint64_t time_s;
    struct slice note; /* empty before the first cosignature */
};

MUST_CHECK enum error state_write(const struct state *state, struct buffer *into);
/* Borrows `bytes`. ERROR_CORRUPT unless they are exactly what state_write wrote. */
MUST_CHECK enum error state_parse(struct slice bytes, struct state *ret_state);
