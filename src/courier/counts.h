/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How often authorities asked: the node's signed statement of the quarter that is over goes to its region, which
 * publishes sums of many houses. Once a day while the courier runs; a region takes the same statement again. */

#include "round.h"

#define COURIER_PERIOD_BYTES 8 /* 2026-Q4, and the end of the text */

/* The quarter that was over last at `now_s`. */
void courier_period(int64_t now_s, char ret_period[COURIER_PERIOD_BYTES]);

/* `region` is a URL; empty: there is none. An error is that the node does not answer. */
MUST_CHECK enum error courier_counts(struct courier *courier, struct slice region, int64_t now_ms, int64_t now_s);
/* What the region says is logged. */
void courier_counts_answered(struct courier *courier, const struct courier_answer *answer, int64_t now_ms);
