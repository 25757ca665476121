/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which bytes may stand in the parts of a request target, and percent-decoding (RFC 3986, 2.1), strict. Pure. */

#include <stdbool.h>

#include "base/slice.h"

/* Only pchar, '%' and '/' (RFC 3986, 3.3). */
bool percent_is_path(struct slice raw);

/* Printable ASCII without '"', '#', '<' and '>': what browsers leave as it is in a query (WHATWG URL, query set). It is
 * wider than RFC 3986, because FHIR searches with a bare '|' are typed and sent every day; nothing here or above gives
 * the additional characters a meaning. */
bool percent_is_query(struct slice raw);

/* Decodes into `into`, which has room for raw.length bytes; in a form '+' is a space. False when a '%' is not followed
 * by two hexadecimal digits. */
bool percent_decode(struct slice raw, bool form, char *into, size_t *ret_length);

/* True when the decoded text is fit to be worked with: no control characters (C0, DEL, C1), except that `line_ends`
 * allows tab, carriage return and line feed. */
bool percent_is_text(struct slice decoded, bool line_ends);
