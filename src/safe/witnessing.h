/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The safe's side of being witnessed. DIRECTORY/witnesses (C2SP tlog-policy) says who is asked and how many are enough.
 * The courier, a process without keys, carries checkpoints out and cosignatures in; here they are verified, put below
 * the checkpoint that they belong to, and kept. What the courier says is believed of nothing: a cosignature that does
 * not hold changes nothing, and a courier or a witness that is silent holds up nobody.
 *
 * All witnesses are asked for the same checkpoint: a round begins with the newest that strangers may see, and the log
 * goes on meanwhile. Keeps promise 5. */

#include "base/arena.h"
#include "base/buffer.h"
#include "ledger/policy.h"
#include "publishing.h"

struct safe;

struct witnessed {
    struct buffer note;    /* of the round: as the log signed it */
    struct tree_head head; /* of that */
    struct buffer lines;   /* its cosignatures so far */
    bool cosigned[POLICY_MEMBERS_MAX];
    struct buffer enough; /* the newest checkpoint that enough witnesses have cosigned, with their lines; or empty */
    struct tree_head enough_head;
    int64_t enough_ns; /* by the stopwatch: when that came about; 0 when it was read from the disk */
    int64_t enough_s;  /* by the clock */
};

struct witnessing {
    struct arena *arena;
    const struct policy *policy; /* NULL: nobody is asked */
    struct witnessed log[LOGS];
    int64_t heard_ns[POLICY_MEMBERS_MAX]; /* when the witness last cosigned the access log, by the stopwatch */
    uint64_t forks;                       /* that witnesses have told of since the start */
};

/* Reads DIRECTORY/witnesses, if it is there, and what was cosigned last. Errors of policy_parse. */
MUST_CHECK enum error witnessing_open(struct safe *safe, struct fault *fault);
void witnessing_close(struct safe *safe);
/* The log's key has changed: what was cosigned does not carry the new one's signature. */
void witnessing_forget(struct safe *safe);

/* The newest checkpoint that enough witnesses have cosigned, unless it has fallen behind `size`, what strangers could
 * see, for more than a minute: then witnesses are down, and a fresh checkpoint says more than an old one. Empty when
 * there is none. */
struct slice witnessing_enough(const struct safe *safe, unsigned log, uint64_t size, struct tree_head *ret_head);
/* The cosignatures that the checkpoint of `size` has so far. */
struct slice witnessing_lines(const struct safe *safe, unsigned log, uint64_t size);
