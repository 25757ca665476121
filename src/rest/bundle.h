/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Doing what a Bundle asks: a transaction is one write, all or nothing; a batch is one write an entry. The same code
 * takes in records by `hospitium import`. */

#include "app.h"
#include "fhir/strip.h"
#include "text/json.h"

struct bundle_done {
    enum error error;
    size_t stored;  /* resources */
    size_t persons; /* new ones */
    struct fhir_strip_counts stripped;
    size_t dropped;        /* entries that said only what must not be stored */
    struct slice response; /* a Bundle, JSON */
    const struct gate_reason *reason;
};

typedef void bundle_call(void *context, const struct bundle_done *done);

/* `bundle` lives in call->arena. A batch that is imported is all or nothing too. */
void bundle_execute(struct call *call, const struct json *bundle, bundle_call *done, void *context);
