/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The head of a request: request line and headers. Two steps, so that the costly one runs once and over bytes that lie
 * together: finding the end in input that comes in pieces, then reading the whole. Statuses are HTTP's; 0 means go on.
 *
 * RFC 9112 is followed where it is strict, and read strictly where it leaves a choice: what two programs could read in
 * two ways is refused. llhttp, with no leniency switched on, does the grammar; what it lets pass is checked here. */

#include "server/http.h"

struct head_scan {
    size_t bytes;      /* of the head so far */
    size_t line_bytes; /* of its present line */
    size_t lines;      /* complete ones, without a blank one in front */
    bool blank_line;   /* one was seen in front */
    char last;
};

struct head_limits {
    size_t line_bytes, head_bytes, headers;
};

/* Takes from `input` what belongs to the head: the rest is body, or the next request. Refuses what can be refused by
 * looking at line ends and first bytes alone. */
int head_scan(struct head_scan *scan, const struct head_limits *limits, struct slice input, size_t *ret_taken,
              bool *ret_complete) MUST_CHECK;

/* Once the first line is there: is it a request line of HTTP/1.0 or 1.1? `head` begins with it. */
int head_check_line(struct slice head) MUST_CHECK;

/* What the head says about the connection. */
struct head {
    uint64_t content_length;
    bool close; /* after the answer: the client asked for it, or it speaks HTTP/1.0 */
    bool expects_continue;
};

/* Reads a complete head of `scan->lines` lines. `bytes` is in request->arena and is written to: names become lower
 * case. Fills the request but for id, body and client. */
int head_parse(char *bytes, const struct head_scan *scan, struct http_request *request,
               struct head *ret_head) MUST_CHECK;
