/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP tlog-proof (https://c2sp.org/tlog-proof): one text file that shows, offline and to anybody who has the log's
 * public key, that an entry is in the log. Keeps promise 6: each line of a person's own view carries one.
 *
 * Pure; any thread. The text may come from an enemy; what is parsed borrows it, except for hashes and extra data. */

#include "base/arena.h"
#include "checkpoint.h"
#include "tree.h"

#define PROOF_EXTRA_MAX (64 * 1024)
/* The most bytes of a proof file. */
#define PROOF_TEXT_MAX (256 * 1024)

struct proof {
    struct slice extra; /* base64 as it stands in the file; empty when there is none. Nobody vouches for it. */
    uint64_t index;
    struct tree_proof path;
    struct slice checkpoint; /* the signed note */
};

/* `extra` is given as bytes here. ERROR_TOO_LARGE. */
MUST_CHECK enum error proof_write(struct slice extra, uint64_t index, const struct tree_proof *path,
                                  struct slice checkpoint, struct buffer *into);

/* ERROR_SYNTAX, ERROR_TOO_LARGE. Checks form only. */
MUST_CHECK enum error proof_parse(struct slice text, struct proof *ret_proof);

/* Is an entry with this leaf hash at proof->index of the log that `key` signs for? ERROR_SYNTAX, ERROR_SIGNATURE,
 * ERROR_PROOF. */
MUST_CHECK enum error proof_verify(const struct proof *proof, const struct note_key *key, const struct hash *leaf);

/* What a whole proof file shows. */
struct proof_shown {
    uint64_t index;
    struct tree_head head;
    bool commitment;      /* the entry only commits to the event; otherwise it is the entry itself */
    struct slice content; /* nonce ‖ event, or the entry; in the arena */
};

/* What a proof shows, whose checkpoint the caller has verified and whose head it is. Errors as proof_open. */
MUST_CHECK enum error proof_show(const struct proof *proof, const struct tree_head *head, struct arena *arena,
                                 struct proof_shown *ret_shown);

/* Checks a file whose extra data leads to its entry: for a plain entry the entry itself, for a commitment (ledger.h)
 * H(sealed event) ‖ nonce ‖ event, from which the leaf is built again. Nothing else is needed but the log's public key.
 * ERROR_SYNTAX, ERROR_SIGNATURE, ERROR_PROOF, ERROR_TOO_LARGE, ERROR_MEMORY. */
MUST_CHECK enum error proof_open(struct slice text, const struct note_key *key, struct arena *arena,
                                 struct proof_shown *ret_shown);
