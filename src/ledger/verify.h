/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The auditor of a log's directory: reads the raw files, believes none, derives everything again from the journal and
 * says where each thing differs. It shares no state with an open ledger and writes nothing.
 *
 * Keeps promise 5. What it cannot see alone: a log cut back together with its checkpoint, or written anew by who has
 * the signing key. Only somebody who remembers an older checkpoint sees that: hand it in. */

#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "ledger.h"
#include "note.h"

#define VERIFY_NO_INDEX UINT64_MAX

struct verify_fault {
    const char *file; /* relative to the directory; valid during the call */
    uint64_t begin;   /* bytes [begin, end) of the file; 0, 0 for the file as a whole */
    uint64_t end;
    uint64_t index;   /* the entry, or VERIFY_NO_INDEX */
    const char *what; /* a literal sentence */
};

struct verify_summary {
    struct tree_head head; /* as derived from the journal */
    uint64_t padding;      /* of its entries */
    uint64_t minimum;      /* entries before it are gone */
    uint64_t checkpoint_size;
    uint64_t files;
    uint64_t bytes;
    uint64_t faults;
};

typedef void verify_report(void *context, const struct verify_fault *fault);

/* Checks everything, reports each fault and goes on. `remembered` (may be empty) is an older signed checkpoint of this
 * log. OK when there is no fault, ERROR_CORRUPT when there is one; ERROR_FILE_MISSING when no log is there;
 * ERROR_SYNTAX, ERROR_SIGNATURE when `remembered` cannot be used; ERROR_IO, ERROR_MEMORY. Memory: about 1 MiB and 32
 * bytes for each 256 entries. */
MUST_CHECK enum error ledger_verify(const char *directory, const struct note_key *key, struct slice remembered,
                                    verify_report *report, void *context, struct verify_summary *ret_summary);

/* The same of a log of which entries may be missing that were declared to be let go (ledger.h); the caller has found
 * the declaration where the log's owner cannot take it back. The tree must have gone through its head. */
MUST_CHECK enum error ledger_verify_pruned(const char *directory, const struct note_key *key, struct slice remembered,
                                           const struct ledger_pruned *pruned, verify_report *report, void *context,
                                           struct verify_summary *ret_summary);

/* Entry `index` of a log that gives out its entries, as its bundles have it: to be believed of a log in which
 * ledger_verify found no fault. ERROR_NOT_FOUND, ERROR_CORRUPT, ERROR_MEMORY. */
MUST_CHECK enum error ledger_verify_entry(const char *directory, uint64_t index, struct arena *arena,
                                          struct slice *ret_entry);
