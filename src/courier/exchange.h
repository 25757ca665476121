/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* HTTP by libcurl: time-outs on everything, certificates and names checked, no redirects, no credentials, and no more
 * of an answer than a buffer takes. One at a time, waited for; or many at once, each by itself, so that one that hangs
 * keeps nobody else waiting. One thread. */

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct exchange;

/* ERROR_MEMORY. */
MUST_CHECK enum error exchange_new(struct exchange **ret_exchange);
void exchange_free(struct exchange *exchange); /* accepts NULL */

/* Certificates in PEM to be trusted from now on instead of the system's; empty: the system's. Borrowed, until
 * the next call. */
void exchange_trust(struct exchange *exchange, struct slice authorities);

struct exchange_request {
    const char *url;    /* http or https */
    const char *socket; /* path of a Unix socket to speak to instead of the host; NULL for none */
    struct slice body;  /* posted when it has data; else it is a GET */
    long timeout_ms;
};

/* ERROR_TIMEOUT; ERROR_SIGNATURE when the certificate is not to be trusted; ERROR_TOO_LARGE; ERROR_IO when for another
 * reason no whole answer came. */
MUST_CHECK enum error exchange_run(struct exchange *exchange, const struct exchange_request *request,
                                   unsigned *ret_status, struct buffer *ret_answer);

/* Begins one of many; `number` is the caller's. Nothing of the request need outlive the call. ERROR_MEMORY. */
MUST_CHECK enum error exchange_begin(struct exchange *exchange, unsigned number, const struct exchange_request *request,
                                     size_t answer_max);
/* Goes on with all that were begun, until something happens or the time is over. */
void exchange_wait(struct exchange *exchange, int timeout_ms);
/* One that is over: its number, its error as of exchange_run, status and body, which last until the next call. False
 * when there is none. */
struct exchange_over {
    unsigned number;
    enum error error;
    unsigned status;
    struct slice body;
};
bool exchange_over(struct exchange *exchange, struct exchange_over *ret_over);
/* All that are under way are given up. */
void exchange_forget(struct exchange *exchange);
