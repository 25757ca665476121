/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* UTF-8 (RFC 3629): the strict form only, so no overlong sequences, no surrogates, nothing above U+10FFFF. Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

bool utf8_valid(struct slice text);

/* Takes one code point off the front. False at the end and where the bytes are not UTF-8. */
bool utf8_next(struct slice *rest, uint32_t *ret_code_point);

/* Appends one code point; U+FFFD for what is none. */
void utf8_put(struct buffer *into, uint32_t code_point);

/* The longest part of the front with at most `bytes` bytes that does not split a code point. */
struct slice utf8_cut(struct slice text, size_t bytes);
