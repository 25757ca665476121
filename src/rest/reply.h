/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Answering a call: each way of doing so stands here once, with its headers. */

#include "app.h"

/* In the manner of the call's route: OperationOutcome, problem details, or a page. `reason` (may be NULL) names the
 * rule that refused. */
void reply_error(struct call *call, enum error error, const struct gate_reason *reason);

/* The same with what went wrong in words: sets call->fault. */
void reply_fault(struct call *call, enum error error, const char *format, ...) PRINTF_LIKE(3, 4);

struct reply_resource {
    struct slice json;
    uint64_t version; /* of the ETag; 0: none */
    int64_t time_ms;
    struct slice location; /* "Patient/…"; empty: none */
    bool review;           /* it was an emergency: says so in a Warning */
};
void reply_fhir(struct call *call, int status, const struct reply_resource *resource);

/* A body of JSON for /api. Takes the buffer over. */
void reply_json(struct call *call, int status, struct buffer *body);
/* Any bytes that are the same for everybody. */
void reply_public(struct call *call, const char *type, struct slice body);
void reply_empty(struct call *call, int status);

/* FHIR's base URL of this node, in the arena. */
struct slice reply_fhir_base(struct call *call);
