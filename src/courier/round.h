/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One round of the courier: each witness is shown the newest checkpoint of either log, with the proof that it continues
 * what that witness signed last, and what it answers is handed to the node (C2SP tlog-witness, add-checkpoint).
 *
 * Waits for whatever the lines wait for. Answers come from an enemy as well as from a friend. */

#include "base/buffer.h"
#include "base/error.h"
#include "ledger/policy.h"

#define COURIER_ANSWER_MAX 65536

enum { COURIER_ACCESS, COURIER_PUBLIC, COURIER_LOGS };

/* The ways out. Both give the HTTP status and append the answer's body, at most COURIER_ANSWER_MAX bytes; an error is
 * that no whole answer came. */
struct courier_lines {
    void *context;
    /* The node: GET when `body` has no data, else POST. */
    enum error (*node)(void *context, const char *path, struct slice body, unsigned *ret_status, struct buffer *answer);
    /* POST to a witness. */
    enum error (*witness)(void *context, struct slice url, const char *below, struct slice body, unsigned *ret_status,
                          struct buffer *answer);
};

/* What is remembered of a witness; lost with the process, and found again by asking. */
struct courier_witness {
    uint64_t known[COURIER_LOGS];      /* the size that it signed last, as far as is known */
    int64_t cosigned_ms[COURIER_LOGS]; /* when that was; 0: never */
    int64_t due_ms;                    /* not before then */
    unsigned failures;                 /* in a row */
};

struct courier {
    const struct policy *policy;
    struct courier_lines lines;
    struct courier_witness witness[POLICY_MEMBERS_MAX]; /* by member number */
    int64_t counts_due_ms;                              /* counts.h */
};

/* ERROR_IO when the node does not answer: then there is nobody to work for. */
MUST_CHECK enum error courier_round(struct courier *courier, int64_t now_ms);
