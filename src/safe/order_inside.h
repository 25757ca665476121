/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files about orders share. Private to order_*.c. */

#include "state.h"

/* What of a row stands in the order's text. */
void order_row_fill(const struct safe *safe, const struct order_text *asked, struct order_row *row);
/* Authority, law and scope, as an event tells them to the person. */
void order_event_law(const struct order_text *asked, uint32_t drawers, int64_t until_s, int64_t told_s,
                     struct event_order *event);
/* She is told from this moment. */
MUST_CHECK enum error order_keep_told_early(struct safe *safe, const struct id *id, int64_t time_s);
