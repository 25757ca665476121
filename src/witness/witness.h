/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A witness (C2SP tlog-witness): it remembers of each log the largest tree that it has vouched for, and vouches for
 * another only when that one has the remembered one in it. So nobody who asks it for its cosignature can be shown two
 * histories of one log, be the log's own key in whose hands it may.
 *
 * Keeps promise 5. It never gives a cosignature before what it says is kept, never vouches for less than before, and
 * its time never runs back. What it keeps and where is handed in, and so are time and what else happens with a
 * checkpoint, so that tests drive a witness through years and crashes.
 *
 * One thread. Requests may come from an enemy. */

#include "base/world.h"
#include "crypto/secret.h"
#include "ledger/cosignature.h"
#include "request.h"
#include "state.h"

#define WITNESS_LOGS_MAX 4096
#define WITNESS_KEYS_MAX 4 /* of one log, at once */

struct witness;

struct witness_settings {
    struct slice name;             /* copied */
    const struct secret_key *seed; /* borrowed; signs for this witness and nothing else */
    struct world *world;           /* borrowed */
    void *context;                 /* for the calls below */

    /* Keeps the bytes of a log's state durably, all of them or none: when it returns OK, whatever happens to the
     * machine, witness_recall will be given these bytes or later ones. ERROR_DISK_FULL may pass; after any other error
     * the witness cosigns no more until it is started anew, since nobody knows what is on the disk. */
    enum error (*keep)(void *context, struct slice origin, struct slice state);

    /* The checkpoint is kept and about to be cosigned: `note` is its text with the log's signatures. Unless this
     * returns OK no cosignature is given. May be NULL. */
    enum error (*record)(void *context, struct slice origin, struct slice note);

    /* The longest `note` that is recorded, or 0: a longer one is not cosigned. */
    size_t record_bytes_max;

    /* A log signed two trees of one size: here is the proof, two notes. May be NULL. */
    void (*split)(void *context, struct slice origin, struct slice kept, struct slice other);
};

/* ERROR_VALUE for a bad name, ERROR_MEMORY. */
MUST_CHECK enum error witness_new(const struct witness_settings *settings, struct witness **ret_witness);
void witness_free(struct witness *witness); /* accepts NULL */

/* From now on the log named in `key` is known by this key too. A log that is new was never seen, unless witness_recall
 * says otherwise. ERROR_UNSUPPORTED for a key that cannot be verified by, ERROR_TOO_MANY, ERROR_MEMORY. */
MUST_CHECK enum error witness_know(struct witness *witness, const struct note_key *key);

/* What was kept of a known log. ERROR_CORRUPT; ERROR_NOT_FOUND for a log that is not known. */
MUST_CHECK enum error witness_recall(struct witness *witness, struct slice state);

/* Did a known log sign this note? ERROR_NOT_FOUND for a log that is not known, ERROR_SIGNATURE. */
MUST_CHECK enum error witness_verify_by_log(const struct witness *witness, struct slice origin,
                                            const struct note *note);

/* ---- add-checkpoint ---- */

enum witness_answer {
    WITNESS_COSIGNED,
    WITNESS_MALFORMED,    /* the body is not as it should be, or its old size is larger than the checkpoint's */
    WITNESS_UNSIGNED,     /* no signature of a key of this log, or one that does not hold */
    WITNESS_UNKNOWN,      /* no log of this origin */
    WITNESS_STALE,        /* the old size is not the one remembered */
    WITNESS_INCONSISTENT, /* the proof does not hold, or the same size has another root */
    WITNESS_NOT_KEPT,     /* it could not be written down, so nothing is said */
    WITNESS_ANSWERS
};
int witness_status(enum witness_answer answer); /* of HTTP */

/* A request that may be cosigned, if meanwhile no other was. Borrows the request's body. */
struct witness_offer {
    unsigned log;
    struct tree_head expected; /* what was remembered when it was checked */
    struct note note;
    struct tree_head head;
};

/* Checks a request and changes nothing. For WITNESS_STALE `ret_body` gets the remembered size and a newline. */
MUST_CHECK enum witness_answer witness_consider(struct witness *witness, struct slice body,
                                                struct witness_offer *ret_offer, struct buffer *ret_body);

/* Cosigns what was considered: compares with what is remembered now, keeps, records, and only then appends the line of
 * the cosignature to `ret_body`. WITNESS_COSIGNED, WITNESS_STALE, WITNESS_NOT_KEPT. */
MUST_CHECK enum witness_answer witness_cosign(struct witness *witness, const struct witness_offer *offer,
                                              struct buffer *ret_body);

/* Both, one after the other. */
MUST_CHECK enum witness_answer witness_add_checkpoint(struct witness *witness, struct slice body,
                                                      struct buffer *ret_body);

/* ---- looking ---- */

struct witness_seen {
    struct slice origin;
    struct tree_head head;
    uint64_t time_s;   /* 0 before the first cosignature */
    struct slice note; /* the checkpoint as it was cosigned; empty before */
};
unsigned witness_logs(const struct witness *witness);
struct witness_seen witness_log_at(const struct witness *witness, unsigned log);
/* By SHA-256 of its origin, as the monitoring addresses have it. False when there is none. */
bool witness_log_by_hash(const struct witness *witness, const struct hash *hash, struct witness_seen *ret_seen);
struct note_key witness_key(const struct witness *witness);
bool witness_is_shut(const struct witness *witness); /* something could not be kept */

struct witness_counts {
    uint64_t answers[WITNESS_ANSWERS];
    uint64_t splits;     /* proofs that a log showed two trees */
    uint64_t clock_back; /* cosignatures whose time would have run back */
};
const struct witness_counts *witness_counts(const struct witness *witness);
