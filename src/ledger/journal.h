/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The durable part of the log: segment files of batches (record.h), each batch written once and synced once. Keeps
 * promise 9: what append confirmed is on the disk, and after a crash every batch is there as a whole or not at all.
 *
 * The first entry of each segment and, for segments that were read, the offset of every sixteenth record are kept in
 * memory: half a byte an entry. One thread; inside the ledger only. */

#include "io.h"
#include "record.h"

struct journal;

struct journal_settings {
    const char *directory; /* of the segments; borrowed */
    struct slice origin;   /* borrowed */
    struct ledger_io io;
    uint64_t segment_bytes; /* a new segment begins when one has reached this */
    uint64_t minimum;       /* entries before it may be missing: that they were let go was declared */
    uint64_t ahead_bytes;   /* how far zeros are written ahead of the end; 0: not at all */
};

/* Makes segment 0. ERROR_EXISTS when there is one; ERROR_DISK_FULL; ERROR_IO; ERROR_MEMORY. */
MUST_CHECK enum error journal_create(const struct journal_settings *settings, struct journal **ret_journal);

/* Reads the heads of all segments and all batch heads of the last one, and changes nothing. ERROR_FILE_MISSING,
 * ERROR_CORRUPT with where it is, ERROR_IO, ERROR_MEMORY. */
MUST_CHECK enum error journal_open(const struct journal_settings *settings, struct journal **ret_journal,
                                   struct fault *fault);

/* Cuts off what a crash left unfinished and makes the rest durable, before anything is appended or derived. Separate
 * from opening, so that who knows how long the log must be can refuse first. */
MUST_CHECK enum error journal_settle(struct journal *journal, uint64_t *ret_cut_bytes);

void journal_close(struct journal *journal); /* accepts NULL */

uint64_t journal_size(const struct journal *journal);
/* The first entry that is there. */
uint64_t journal_first(const struct journal *journal);
/* The first entry of the oldest segment that may hold one appended at `time_ns` or later: all before it are older. The
 * last segment is never given up. ERROR_IO, ERROR_CORRUPT. */
MUST_CHECK enum error journal_older_than(struct journal *journal, int64_t time_ns, uint64_t *ret_first);
/* Removes the oldest segment if it ends at or before `minimum`, durably; *ret_done when there is none such. */
MUST_CHECK enum error journal_drop_segment(struct journal *journal, uint64_t minimum, bool *ret_done);
int64_t journal_last_time_ns(const struct journal *journal);

/* Makes an encoded batch of `count` entries durable, in an `emergency` out of the reserve. Errors as ledger_append. */
MUST_CHECK enum error journal_append(struct journal *journal, struct slice batch, size_t count, int64_t time_ns,
                                     bool emergency);

typedef enum error journal_visit(void *context, uint64_t index, const struct record *record);

/* Visits entries [from, to), each checked; stops at the first error, the visitor's too. ERROR_CORRUPT names the place
 * in `fault` (may be NULL). The record is valid during the visit. */
MUST_CHECK enum error journal_scan(struct journal *journal, uint64_t from, uint64_t to, journal_visit *visit,
                                   void *context, struct fault *fault);
