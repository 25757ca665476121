/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The log of a region: a witness that also keeps what it cosigned where everybody can read it. Each entry is
 *
 *     a checkpoint as a signed note: text and the signatures of its log, without cosignatures; or
 *     {"kind":"order.counts",…}: a sum of what authorities asked for, over several houses (counts.h)
 *
 * so whoever has one region's log has, of each house, every history that this witness ever vouched for, signed by
 * the house. Entries are public. The log's own checkpoint may be cosigned by others, and an entry of a house is
 * proved to it in two steps: entry to the house's checkpoint, that checkpoint to the region's.
 *
 * Keeps promise 5. One thread. A log that cannot be synced ends the process, as everywhere (ledger/ledger.h). */

#include "counts.h"
#include "keeper.h"
#include "ledger/ledger.h"
#include "witness.h"

struct region;

struct region_settings {
    const char *directory;         /* of the witness; the log is in `log` below it. Borrowed */
    struct slice origin;           /* of the region's log */
    const struct secret_key *seed; /* signs its checkpoints; borrowed */
    struct world *world;
    struct keeper_io io;
    unsigned members; /* how many houses must be in a published sum */
};

/* Makes the log. Errors of ledger_create. */
MUST_CHECK enum error region_create(const struct region_settings *settings, struct fault *fault);
/* Errors of ledger_open; ERROR_CORRUPT for the counts. */
MUST_CHECK enum error region_open(const struct region_settings *settings, struct region **ret_region,
                                  struct fault *fault);
void region_close(struct region *region); /* accepts NULL */

/* witness_settings.record, with a region as its context. */
enum error region_record(void *context, struct slice origin, struct slice note);

/* A house's statement, whose signature `witness` knows the key of. ERROR_SYNTAX; ERROR_NOT_FOUND for a house that
 * is not known, ERROR_SIGNATURE; else as counts_take, and what keeping says. */
MUST_CHECK enum error region_take_counts(struct region *region, const struct witness *witness, struct slice note);

/* Call it now and then: publishes a sum that is due, and brings the log's files up to date. */
MUST_CHECK enum error region_tend(struct region *region);

/* The proof (C2SP tlog-proof) of entry `index`, against the present checkpoint; the entry is in it. Errors of
 * ledger_read. */
MUST_CHECK enum error region_prove(struct region *region, uint64_t index, struct buffer *ret_proof);
/* The entry of the last checkpoint of a log. False when there was none since long before the last start. */
bool region_last_of(const struct region *region, struct slice origin, uint64_t *ret_index);

struct ledger *region_ledger(struct region *region);
unsigned region_counts_waiting(const struct region *region);
