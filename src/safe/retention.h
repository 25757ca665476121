/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How long the access log is kept. The term (setting log.retention_years) is declared in the public log; when it is
 * over, whole segments of the journal are let go (ledger.h) after that was declared too, and the audit keys of a whole
 * year are destroyed with those of its hours, the oversight body's included, with a commitment in the public log.
 * Hash tiles stay, so what was proved stays provable.
 *
 * Work goes in steps of some milliseconds between batches, and a crash between two of them loses nothing: what was
 * declared is finished, what was not is as if it had not begun.
 *
 *     log/access.retention  the term that was declared last, and its number in the public log
 *     log/access.pruned     the declaration of what is gone: its number in the public log, and its text
 *
 * What it must never do: let go of anything without a term and a declaration; believe a clock that has just jumped. */

#include "base/buffer.h"
#include "base/error.h"
#include "ledger/ledger.h"

struct safe;

enum retention_step { RETENTION_REST, RETENTION_PREPARE, RETENTION_DECLARE, RETENTION_DROP, RETENTION_YEARS };

struct retention {
    unsigned years; /* the setting; 0: everything is kept */
    unsigned declared_years;
    struct ledger_pruned pruned; /* as declared */
    uint64_t declaration;        /* its number in the public log */
    int64_t before_s;            /* nothing that was appended later is gone */

    enum retention_step step;
    uint64_t minimum; /* of the work under way */
    struct ledger_pruning pruning;
    uint64_t let_go;    /* entries, by the work under way or the last */
    unsigned destroyed; /* years, likewise */
    int64_t look_ns;    /* by the stopwatch: when to look by itself */
};

/* After the public log was opened and before the access log is. ERROR_CORRUPT when the public log has no such
 * declaration as the node claims. */
MUST_CHECK enum error retention_open(struct safe *safe, struct fault *fault);
/* Tells a new term in the public log, and takes up what was declared and not finished. For a safe that serves. */
MUST_CHECK enum error retention_begin(struct safe *safe);

/* Begins the work, unless it is under way. */
void retention_start(struct safe *safe);
bool retention_is_working(const struct safe *safe);
MUST_CHECK enum error retention_work(struct safe *safe);
/* Looks once a day whether something is due, the first time when the safe has run for a day. */
void retention_idle(struct safe *safe);

/* Nothing that was appended since is gone; 0 when nothing is. */
int64_t retention_kept_since(struct safe *safe);
