/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Patterns compiled by ICU. A decision asks the same few patterns again and again, and compiling one takes up to a
 * hundred times as long as matching it, so each thread keeps the last ones. For pattern.c alone. */

#include <unicode/uregex.h>

#include "pattern_dialect.h"

/* Compiled, with the limits on time and memory set. Owned by this thread's kept patterns: valid until the next call.
 * ERROR_VALUE, ERROR_TOO_COSTLY, ERROR_MEMORY. */
MUST_CHECK enum error pattern_compiled(struct slice pattern, const struct pattern_flags *flags,
                                       URegularExpression **ret);

/* UTF-16 in a buffer that wide_text_free frees. */
struct wide_text {
    struct buffer bytes;
    const UChar *data;
    int32_t length;
};

#define WIDE_BYTES_MAX (64 << 20)

/* ERROR_VALUE: no UTF-8. ERROR_TOO_COSTLY: over 4 MiB. */
MUST_CHECK enum error wide_text(struct slice text, struct wide_text *ret);
void wide_text_free(struct wide_text *text);
#define CLEANUP_WIDE __attribute__((cleanup(wide_text_free)))

/* What ICU's status is here. */
enum error pattern_error_of(UErrorCode status);
