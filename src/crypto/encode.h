/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Hexadecimal and Base64 (RFC 4648), strict: one text for each value, no white space, padding exactly as the alphabet
 * asks for. */

#include "base/buffer.h"

/* Writes 2 * bytes.length lower-case digits. */
void encode_hex(struct slice bytes, char *into);
/* Wants exactly 2 * length digits, the letters lower-case. ERROR_SYNTAX. */
MUST_CHECK enum error decode_hex(struct slice text, void *into, size_t length);

/* Standard alphabet with padding. */
void encode_base64(struct slice bytes, struct buffer *into);
/* URL alphabet without padding. */
void encode_base64url(struct slice bytes, struct buffer *into);
/* Decode to at most `maximum` bytes. ERROR_SYNTAX, also when the last digit carries bits that would be lost. */
MUST_CHECK enum error decode_base64(struct slice text, void *into, size_t maximum, size_t *ret_length);
MUST_CHECK enum error decode_base64url(struct slice text, void *into, size_t maximum, size_t *ret_length);
