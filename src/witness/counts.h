/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How often authorities asked, in all houses of a region together. A node states its numbers of a quarter in a note
 * that its public log's key signs; what the region publishes is a sum over at least so many houses that none of them
 * can be told from it. Houses that are too few wait, and are added to the next sum.
 *
 *     hospitium order counts 1\n
 *     node <name>\n
 *     period <YYYY-Qn>\n
 *     asked <n>\n  released <n>\n  refused <n>\n  lapsed <n>\n  told <n>\n     (a line each)
 *
 * Pure but for memory; one thread. Statements may come from an enemy; who signed them is for the caller to check. */

#include "base/buffer.h"

#define COUNTS_FIELDS 5
#define COUNTS_STATEMENT_MAX 1024 /* bytes */
#define COUNTS_WAITING_MAX 4096
#define COUNTS_BYTES_MAX (2u << 20)
#define COUNTS_NAME_MAX 200
/* A house has as long after the end of a quarter to state its numbers. */
#define COUNTS_GRACE_S (14 * 86400)

/* Quarters since the year 0. */
typedef uint32_t counts_period;

struct counts_statement {
    struct slice node;
    counts_period period;
    uint64_t number[COUNTS_FIELDS]; /* asked, released, refused, lapsed, told; each at most 10^9 */
};

/* ERROR_SYNTAX unless the text is exactly of this form. */
MUST_CHECK enum error counts_statement_parse(struct slice text, struct counts_statement *ret_statement);

struct counts;
struct counts *counts_new(void) MUST_CHECK; /* NULL without memory */
void counts_free(struct counts *counts);    /* accepts NULL */

/* Takes a statement in; a later one of the same node and quarter takes its place. ERROR_CONFLICT when that quarter of
 * the node has been published; ERROR_VALUE for a quarter that has not ended or is long past; ERROR_TOO_MANY;
 * ERROR_OVERLOADED while a sum is being published. */
MUST_CHECK enum error counts_take(struct counts *counts, const struct counts_statement *statement, int64_t now_s);

/* Is a sum due: has a quarter ended long enough ago, of which none was published, and do at least `members` nodes wait?
 * Then writes the leaf, and what waits is `closing` until counts_closed. False: nothing is due. */
bool counts_close(struct counts *counts, int64_t now_s, unsigned members, uint64_t log_size);

/* The leaf that is being published, and the size of the log before it; empty when there is none. */
struct slice counts_closing(const struct counts *counts, uint64_t *ret_log_size);
/* It stands in the log: forgets what went into it. */
void counts_closed(struct counts *counts);

unsigned counts_waiting(const struct counts *counts);

/* All of it as a checked text, and back. ERROR_TOO_LARGE; ERROR_CORRUPT, ERROR_MEMORY. */
MUST_CHECK enum error counts_write(const struct counts *counts, struct buffer *into);
MUST_CHECK enum error counts_read(struct counts *counts, struct slice bytes);
