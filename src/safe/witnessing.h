/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The safe's side of being witnessed. The owner's files (witness_files.h) say who is asked and how many are enough. The
 * courier, a process without keys, carries checkpoints out and cosignatures in; here they are verified, put below
 * the checkpoint that they belong to, and kept. What the courier says is believed of nothing: a cosignature that does
 * not hold changes nothing, and a courier or a witness that is silent holds up nobody.
 *
 * All witnesses are asked for the same checkpoint: a round begins with the newest that strangers may see, and the log
 * goes on meanwhile. Keeps promise 5. */

#include "base/buffer.h"
#include "publishing.h"
#include "witness_files.h"

struct safe;

/* A checkpoint that all witnesses are asked for. */
struct round {
    struct buffer note;    /* as the log signed it; empty: there was no such round */
    struct tree_head head; /* of that */
    struct buffer lines;   /* its cosignatures so far */
    bool cosigned[POLICY_MEMBERS_MAX];
};
/* A witness that takes seconds to answer answers for a round that is over, and counts all the same. */
#define WITNESSING_ROUNDS 8

struct witnessed {
    struct round round[WITNESSING_ROUNDS];
    unsigned newest;
    struct buffer enough; /* the newest checkpoint that enough witnesses have cosigned, with their lines; or empty */
    struct tree_head enough_head;
    int64_t enough_ns; /* by the stopwatch: when that came about; 0 when it was read from the disk */
    int64_t enough_s;  /* by the clock */
};

struct witnessing {
    struct witness_files files;
    struct witnessed log[LOGS];
    int64_t heard_ns[POLICY_MEMBERS_MAX]; /* when the witness last cosigned the access log, by the stopwatch */
    uint64_t forks;                       /* that witnesses have told of since the start */
};

/* Reads what the owner says of witnesses, if anything, and what was cosigned last. Errors of policy_parse. */
MUST_CHECK enum error witnessing_open(struct safe *safe, struct fault *fault);
void witnessing_close(struct safe *safe);
/* The log's key has changed: what was cosigned does not carry the new one's signature. */
void witnessing_forget(struct safe *safe);

/* The newest checkpoint that enough witnesses have cosigned, unless it has fallen behind `size`, what strangers could
 * see, for more than a minute beyond the time between two rounds: then witnesses are down, and a fresh checkpoint says
 * more than an old one. Empty when there is none. */
struct slice witnessing_enough(const struct safe *safe, unsigned log, uint64_t size, struct tree_head *ret_head);
/* The cosignatures that the checkpoint of `size` has so far. */
struct slice witnessing_lines(const struct safe *safe, unsigned log, uint64_t size);
