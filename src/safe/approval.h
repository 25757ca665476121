/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Credentials outside a demo are issued by two persons: a request as text, signed as a C2SP note by two different
 * approvers whose public keys the node was made with. Nobody who runs the machine can mint one alone.
 *
 *     hospitium credential request 1
 *     node <hex>            the node that it is for
 *     request <hex>         used once
 *     until <seconds>       approved in time or not at all
 *     actor, role, sector, organization, purpose, training, ttl, person: one a line, `name value`
 *
 * Approvers stand in DIR/approvers, one verifier key a line, under a seal that only the root key makes
 * (keys/approvers); the public log begins with a hash of each key. */

#include "base/arena.h"
#include "ledger/note.h"
#include "protocol.h"

#define APPROVERS_MAX 64
#define APPROVERS_NEEDED 2

struct approvers {
    struct note_key key[APPROVERS_MAX];
    size_t count;
};

/* From the text of the file, which must outlive it. ERROR_SYNTAX. */
MUST_CHECK enum error approvers_read(struct slice text, struct approvers *ret_approvers);

/* How many different keys: one approver listed twice is still one. */
size_t approvers_distinct(const struct approvers *approvers);

/* Have two of them signed it? ERROR_SIGNATURE. */
MUST_CHECK enum error approvers_signed(const struct note *note, const struct approvers *approvers);

/* Checks the signatures and reads the credential; `wire_person` is the person's id as health sees it, zero for none,
 * and `ret_request` the id that makes the request good for once. ERROR_SYNTAX, ERROR_SIGNATURE with fewer than two
 * approvers, ERROR_VALUE, ERROR_TOKEN_EXPIRED past `until`. The actor borrows from `note`. */
MUST_CHECK enum error approval_read(struct slice note, const struct approvers *approvers, const struct id *node,
                                    int64_t now_s, struct credential *ret_credential, struct id *ret_wire_person,
                                    struct id *ret_request);
