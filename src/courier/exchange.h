/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* HTTP by libcurl, one exchange at a time: time-outs on everything, certificates and names checked, no redirects, no
 * credentials, and no more of an answer than the buffer takes. One thread. */

#include "base/buffer.h"
#include "base/error.h"

struct exchange;

/* `authorities`: certificates in PEM to be trusted instead of the system's; empty for those. ERROR_MEMORY. */
MUST_CHECK enum error exchange_new(struct slice authorities, struct exchange **ret_exchange);
void exchange_free(struct exchange *exchange); /* accepts NULL */

struct exchange_request {
    const char *url;    /* http or https */
    const char *socket; /* path of a Unix socket to speak to instead of the host; NULL for none */
    struct slice body;  /* posted when it has data; else it is a GET */
    long timeout_ms;
};

/* ERROR_TIMEOUT; ERROR_IO when no whole answer came; ERROR_TOO_LARGE. */
MUST_CHECK enum error exchange_run(struct exchange *exchange, const struct exchange_request *request,
                                   unsigned *ret_status, struct buffer *ret_answer);
