/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Writes the head of an answer (RFC 9112, 4). */

#include "exchange.h"

/* Appends status line, headers and blank line. Each answer names its request (X-Request-Id; FHIR R4, http.html, "Custom
 * Headers") by the number that stands in the access log. ERROR_VALUE when a header would break the message. */
MUST_CHECK enum error message_write_head(struct buffer *into, const struct exchange *exchange, int status,
                                         size_t content_length, const struct http_header *headers, size_t count);

/* Does an answer with this status have a body and a Content-Length? Not 1xx, 204 and 304 (RFC 9110, 8.6). */
bool message_has_length(int status);

/* "Bad Request"; empty for a status that we do not send ourselves. */
struct slice message_reason(int status);
