/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How the access log grows, as strangers see it: by steps of a fixed ladder at a fixed cadence, so that its size does
 * not betray a clinic's day. At a tick the log is filled with padding leaves (ledger.h) up to the next step, and only
 * then is a checkpoint published; between ticks it grows as it must, and nobody outside is shown how far.
 *
 * Entries that come while a tick is being filled count towards its step; what would pass it waits for a few
 * microseconds until the step is full. So every size that is ever published is the one before plus a step, exactly.
 *
 * What it must never do: publish a size that is not a step, hold up care (a full disk skips the padding and publishes
 * nothing), or carry the clock into the log. Keeps promise 5 from betraying anybody. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/ledger.h"

struct safe;

struct padding {
    uint64_t least;  /* leaves a tick; 0: no padding, the log is published as it grows */
    uint64_t base;   /* the size that was published last */
    uint64_t target; /* of the tick that is being filled; 0: none is */
};

/* The step for `happened` entries: `least`, or the next power of two when that is not enough. */
uint64_t padding_step(uint64_t happened, uint64_t least);

/* The steps go on from what was published last. */
void padding_open(struct safe *safe);

/* Begins a tick, unless one is still being filled. */
void padding_begin(struct safe *safe);
/* Fills some more; true when that published a checkpoint. Some milliseconds at most. */
bool padding_fill(struct safe *safe);
bool padding_is_filling(const struct safe *safe);

/* Appends entries to the access log, after filling a step that they would pass. Errors as ledger_append. */
MUST_CHECK enum error padding_append(struct safe *safe, const struct ledger_entry *entry, size_t count, unsigned flags,
                                     uint64_t *ret_first);
