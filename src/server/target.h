/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The request target (RFC 9112, 3.2): its form, path, segments and query. Refuses every spelling that another program
 * on the way could read differently: what remains has one meaning only. */

#include "server/http.h"

/* Reads request->target, given request->method, host and arena; sets path, query, segments and trailing_slash. Returns
 * 0, or the status to refuse with. */
int target_parse(struct http_request *request) MUST_CHECK;
