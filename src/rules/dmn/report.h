/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is wrong with a model, one line each, so that an author sees everything at once. */

#include "base/buffer.h"

struct report {
    struct buffer *into; /* bounded by its maker; what does not fit is dropped, the count stays right */
    size_t count;
};

/* Where in a table: any part may be left out (0 or empty). */
struct report_place {
    uint32_t line;
    struct slice decision;
    uint32_t row; /* from 1 */
    struct slice row_id;
    struct slice clause; /* name of the input or output */
};

void report_add(struct report *report, const struct report_place *place, const char *format, ...) PRINTF_LIKE(3, 4);
