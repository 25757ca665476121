/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A log that may tell two stories: branch 0 is one history, branch f the same up to entry f and another from there on.
 * It signs whatever it is asked to, as a log's owner can. Heads, proofs and notes are what the real code makes of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "witness/request.h"
#include "witness/witness.h"

#define LOGBOOK_SIZE_MAX 40
#define LOGBOOK_BRANCHES 8

struct logbook {
    char origin[64];
    struct secret_key seed;
    struct note_key key;
    struct hash leaf[LOGBOOK_BRANCHES][LOGBOOK_SIZE_MAX];
};

/* The same number gives the same log. */
void logbook_make(struct logbook *logbook, const char *origin, uint8_t number);

struct tree_head logbook_head(const struct logbook *logbook, unsigned branch, uint64_t size);
/* One story as far as both go? */
bool logbook_agree(const struct logbook *logbook, unsigned branch_a, uint64_t size_a, unsigned branch_b,
                   uint64_t size_b);
struct tree_proof logbook_consistency(const struct logbook *logbook, unsigned branch, uint64_t older, uint64_t size);

/* Both append. */
void logbook_sign(const struct logbook *logbook, unsigned branch, uint64_t size, struct buffer *into);
void logbook_request(const struct logbook *logbook, unsigned branch, uint64_t older, uint64_t size,
                     struct buffer *into);
