/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "server/http.h"

#include <strings.h>

struct slice http_method_name(enum http_method method)
{
    static const struct slice names[METHOD_COUNT] = {
        [METHOD_GET] = SLICE("GET"),         [METHOD_HEAD] = SLICE("HEAD"),   [METHOD_POST] = SLICE("POST"),
        [METHOD_PUT] = SLICE("PUT"),         [METHOD_PATCH] = SLICE("PATCH"), [METHOD_DELETE] = SLICE("DELETE"),
        [METHOD_OPTIONS] = SLICE("OPTIONS"),
    };
    return names[method];
}

struct slice http_request_header(const struct http_request *request, struct slice name)
{
    for (size_t i = 0; i < request->headers; i++) {
        if (slice_equal(request->header[i].name, name))
            return request->header[i].value;
    }
    return slice_of(NULL, 0);
}

static struct slice trim(struct slice text)
{
    while (text.length > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_from(text, 1);
    while (text.length > 0 && (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

struct slice http_request_cookie(const struct http_request *request, struct slice name)
{
    struct slice rest = http_request_header(request, SLICE("cookie")), found = {0};

    while (rest.length > 0) {
        struct slice value = trim(slice_cut(&rest, ';'));
        struct slice key = slice_cut(&value, '=');
        if (!slice_equal(key, name))
            continue;
        if (found.data)
            return slice_of(NULL, 0);
        found = value;
    }
    return found;
}

/* RFC 9110, 12.4.2: a weight of 0 means "not acceptable". */
static bool is_weightless(struct slice parameters)
{
    struct slice weight = trim(parameters);

    if (weight.length < 3 || strncasecmp(weight.data, "q=0", 3) != 0)
        return false;
    for (size_t i = 3; i < weight.length; i++) {
        if (weight.data[i] >= '1' && weight.data[i] <= '9')
            return false;
    }
    return true;
}

bool http_accepts_gzip(const struct http_request *request)
{
    struct slice rest = http_request_header(request, SLICE("accept-encoding"));

    while (rest.length > 0) {
        struct slice parameters = slice_cut(&rest, ',');
        struct slice coding = trim(slice_cut(&parameters, ';'));
        if (coding.length == 4 && strncasecmp(coding.data, "gzip", 4) == 0)
            return !is_weightless(parameters);
    }
    return false;
}
