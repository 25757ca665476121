/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One HTTP request as a handler sees it, and the small readers that handlers share: headers, cookies, query strings,
 * forms, compression. Nothing here touches a socket.
 *
 * Every slice of a request points into the request's own memory and lives until its exchange is answered and the answer
 * is sent (server.h). All of it came from outside and was checked only as said below. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

/* The methods served; every other one is answered 501 before a handler sees it. */
enum http_method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_COUNT
};

struct slice http_method_name(enum http_method method);

struct http_header {
    struct slice name;
    struct slice value;
};

/* Who is at the other end of the connection: the nearest hop. Forwarding headers are not believed. */
struct http_client {
    bool over_tls;
    bool over_unix; /* then `uid` is the peer's, told by the kernel, and there is no address */
    uid_t uid;
    uint16_t port;
    struct slice address; /* "192.0.2.7", "2001:db8::1", empty over a Unix socket */
};

struct http_request {
    uint64_t id; /* unique in this run of the server; for logs and error answers */
    enum http_method method;
    struct slice target; /* as sent */
    struct slice path;   /* raw, begins with '/' ("*" for OPTIONS *): for signatures; route by the segments */
    struct slice query;  /* raw, without '?'; printable ASCII; read it with http_query_next */

    /* The path cut at '/' and percent-decoded once. Each is valid UTF-8, not empty, without control characters, '/' or
     * '\', and neither "." nor "..". The root has none. */
    const struct slice *segment;
    size_t segments;
    bool trailing_slash; /* "/fhir/" has one segment and this; false for the root */

    const struct http_header *header; /* names in lower case, values trimmed, without control characters but tab */
    size_t headers;
    struct slice host; /* lower or upper case as sent, "name", "name:port" or "[v6]:port" */
    struct slice body; /* complete; empty when there was none */

    const struct http_client *client;
    struct arena *arena; /* for the handler's use; wiped and reused when the answer has been sent */
};

/* The value of the header called `name` (lower case); data is NULL when there is none. The server has refused requests
 * in which a header that has one value by definition (host, content-length, content-type, authorization, cookie,
 * origin, the conditional dates) stands twice; of others this gives the first. */
struct slice http_request_header(const struct http_request *request, struct slice name);

/* The value of a cookie. Data is NULL when it is absent, or there twice: then somebody planted one of the two. */
struct slice http_request_cookie(const struct http_request *request, struct slice name);

/* Takes the next name and value off `rest`, a query string or an application/x-www-form-urlencoded body, and decodes
 * them into the arena. At the end ret_name->data is NULL:
 *
 *     for (;;) {
 *         TRY(http_query_next(&rest, arena, &name, &value));
 *         if (!name.data)
 *             break;
 *
 * ERROR_SYNTAX for bad percent-encoding, bytes that should have been encoded, and control characters other than tab and
 * line ends; ERROR_UTF8; ERROR_MEMORY. A name without '=' has an empty value. Names may come twice. */
MUST_CHECK enum error http_query_next(struct slice *rest, struct arena *arena, struct slice *ret_name,
                                      struct slice *ret_value);

/* Does Accept-Encoding allow gzip? */
bool http_accepts_gzip(const struct http_request *request);

/* Compresses text for a client that accepts it; send it with `content-encoding: gzip` and `vary: accept-encoding`.
 *
 * Only for pages and files that are the same for everybody. Never for an answer that holds something personal together
 * with something the asker could choose: its length would then tell, guess by guess, what the personal part says
 * (BREACH, 2013). ERROR_TOO_LARGE beyond the buffer's maximum, ERROR_MEMORY. */
MUST_CHECK enum error http_gzip(struct slice text, struct buffer *into);
