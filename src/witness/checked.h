/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A text that ends in a line with its own hash, `check <SHA-256 of all above, hexadecimal>`: so that a file that
 * was damaged, cut short or emptied is not mistaken for one that says little. It finds accidents; who can write
 * the file can write the line. Pure. */

#include "base/buffer.h"

#define CHECKED_LINE_BYTES (6 + 64 + 1)

/* Appends text and line. ERROR_TOO_LARGE. */
MUST_CHECK enum error checked_write(struct slice text, struct buffer *into);
/* Gives the text. ERROR_CORRUPT. */
MUST_CHECK enum error checked_parse(struct slice bytes, struct slice *ret_text);
