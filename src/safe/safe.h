/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The safe: the process that holds the keys is the process that writes the log (promise 2). It takes a batch of
 * requests with their facts, decides each, makes all their entries durable with one fsync, and only then answers, with
 * drawer keys for what was permitted. No entry, no key. No key, no plaintext.
 *
 * It has no network, reads nothing of the vault, and trusts nothing that the door says: it opens tokens and facts
 * itself. One thread. What is here is also usable within one process, for commands on a node that is not running. */

#include "base/buffer.h"
#include "base/world.h"
#include "node.h"

struct safe;
struct root_sealing;

/* How the access log is padded (padding.h). */
struct safe_cadence {
    unsigned tick_s; /* seconds between ticks while the safe serves; 0: none but safe_tick's */
    unsigned pad;    /* the least a tick adds; 0: no padding, which only a demo node may serve with */
    bool serving;    /* strangers will look */
    uint64_t segment_bytes;   /* of the access log's journal, which is let go by whole segments; 0 for 64 MiB */
    unsigned retention_years; /* how long the access log is kept (retention.h); 0: for ever */
    unsigned witness_interval_s; /* a witness is asked for a log at most this often */
    unsigned cover;  /* commitments for nothing a day, while there is a route for orders; 0: as many as usual */
};

struct safe_options {
    const char *directory;
    struct slice passphrase; /* what opens the root: passphrase, credential, PIN or share; empty on a demo node */
    struct world *world;     /* must outlive the safe */
    const struct root_sealing
        *sealing; /* for safe_create: how the root is to lie there; NULL: by the passphrase or open */
    struct safe_cadence cadence;
};

/* Makes the keys and logs of a node whose directory has its `node` file and rules already; the public log begins with
 * the node's keys and its rule sets. ERROR_EXISTS. */
MUST_CHECK enum error safe_create(const struct safe_options *options, struct fault *fault);

/* Makes the logs alone, for a restored node: their first leaf is `old_access` or `old_public`, the checkpoints that the
 * backup was taken with. */
MUST_CHECK enum error safe_create_logs(const struct safe_options *options, struct slice old_access,
                                       struct slice old_public, struct fault *fault);

/* Opens keys, logs and rules. ERROR_UNPROVED when an active rule set has no valid proof record; ERROR_CLOCK when the
 * machine's clock is a day or more behind the last entry. */
MUST_CHECK enum error safe_open(const struct safe_options *options, struct safe **ret_safe, struct fault *fault);
void safe_close(struct safe *safe); /* accepts NULL */

/* Tells in the public log which rule sets are active, with their proof records' hashes: those that it has not told.
 * Called before the safe serves. */
MUST_CHECK enum error safe_tell_rules(struct safe *safe, struct fault *fault);

/* Answers one message of protocol.h (without its length) into `answer` (with its length), which is empty. ERROR_SYNTAX
 * when it is not one: then the door is broken and nothing more should be read from it. */
MUST_CHECK enum error safe_answer(struct safe *safe, struct slice message, struct buffer *answer);

/* What can wait: the index of persons, checkpoint files, confirmed facts. Call about once a second. */
void safe_idle(struct safe *safe);

/* What a safe that is about to serve tells in public and takes up again: the access log's term. */
MUST_CHECK enum error safe_begin(struct safe *safe);

/* One tick of the access log's cadence: padding, then a checkpoint for strangers. Nothing without padding. */
void safe_tick(struct safe *safe);

/* Reads messages from the socket and answers until the door closes it. */
MUST_CHECK enum error safe_serve(struct safe *safe, int socket);

/* Every key is wiped: there is nothing left to close. */
bool safe_is_shut(const struct safe *safe);

/* Stands in DIRECTORY from a panic until somebody unlocks the node. */
#define SAFE_LOCKED_FILE "locked"
