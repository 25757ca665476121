/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "target.h"

#include <strings.h>

#include "percent.h"
#include "text/utf8.h"

#define BAD_REQUEST 400
#define NO_MEMORY 503

static bool is_same_name(struct slice a, struct slice b)
{
    return a.length == b.length && strncasecmp(a.data, b.data, a.length) == 0;
}

/* RFC 9112, 3.2.2: a server MUST accept the absolute form. When its authority and Host differ we refuse instead of
 * choosing, because something before us may have chosen the other. False when it is not this form. */
static bool cut_absolute(struct http_request *request, struct slice *rest)
{
    static const struct slice schemes[] = {{"http://", 7}, {"https://", 8}};

    for (size_t i = 0; i < 2; i++) {
        struct slice scheme = schemes[i];
        if (rest->length < scheme.length || !is_same_name(slice_of(rest->data, scheme.length), scheme))
            continue;
        struct slice behind = slice_from(*rest, scheme.length);
        size_t end = 0;
        while (end < behind.length && behind.data[end] != '/' && behind.data[end] != '?')
            end++;
        if (!is_same_name(slice_of(behind.data, end), request->host))
            return false;
        *rest = slice_from(behind, end);
        return true;
    }
    return false;
}

/* An encoded '/' or '\' is refused: whoever decodes before splitting would see another path. */
static bool is_plain_segment(struct slice decoded)
{
    if (decoded.length == 0 || slice_is(decoded, ".") || slice_is(decoded, ".."))
        return false;
    if (slice_find(decoded, '/') < decoded.length || slice_find(decoded, '\\') < decoded.length)
        return false;
    return percent_is_text(decoded, false) && utf8_valid(decoded);
}

static int decode_segment(struct arena *arena, struct slice raw, struct slice *ret_segment)
{
    struct slice decoded = raw;

    if (slice_find(raw, '%') < raw.length) {
        char *into = arena_alloc(arena, raw.length);
        if (!into)
            return NO_MEMORY;
        if (!percent_decode(raw, false, into, &decoded.length))
            return BAD_REQUEST;
        decoded.data = into;
    }
    if (!is_plain_segment(decoded))
        return BAD_REQUEST;
    *ret_segment = decoded;
    return 0;
}

static size_t count(struct slice text, char byte)
{
    size_t found = 0;

    for (size_t i = 0; i < text.length; i++)
        found += text.data[i] == byte;
    return found;
}

/* `path` begins with '/'. */
static int split_path(struct http_request *request)
{
    struct slice rest = slice_from(request->path, 1);
    struct slice *segment = arena_array(request->arena, count(request->path, '/'), sizeof *segment);
    size_t segments = 0;

    if (!segment)
        return NO_MEMORY;
    request->trailing_slash = rest.length > 0 && rest.data[rest.length - 1] == '/';
    if (request->trailing_slash)
        rest.length--;
    bool more = rest.length > 0 || request->trailing_slash;
    while (more) {
        more = slice_find(rest, '/') < rest.length;
        int status = decode_segment(request->arena, slice_cut(&rest, '/'), &segment[segments++]);
        if (status != 0)
            return status;
    }
    request->segment = segment;
    request->segments = segments;
    return 0;
}

int target_parse(struct http_request *request)
{
    struct slice rest = request->target;

    if (slice_is(rest, "*")) {
        request->path = rest;
        return request->method == METHOD_OPTIONS ? 0 : BAD_REQUEST; /* RFC 9112, 3.2.4 */
    }
    if (rest.length == 0)
        return BAD_REQUEST;
    bool origin_form = rest.data[0] == '/';
    if (!origin_form && !cut_absolute(request, &rest))
        return BAD_REQUEST;

    request->path = slice_cut(&rest, '?');
    request->query = rest;
    if (request->path.length == 0)
        request->path = SLICE("/"); /* "http://host" means its root (RFC 9110, 4.2.3) */
    if (!percent_is_path(request->path) || !percent_is_query(request->query))
        return BAD_REQUEST;
    return split_path(request);
}
