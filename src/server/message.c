/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NS_A_SECOND 1000000000

struct slice message_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].status == status)
            return slice_from_string(known[i].reason);
    }
    return SLICE("");
}

bool message_has_length(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

/* RFC 9110, 5.6.7. By hand, because strftime follows the locale. Made anew once a second. */
static struct slice date_now(struct service *service)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(service->world->now_ns(service->world) / NS_A_SECOND);
    struct tm tm;
    char text[64];

    if (now != service->date_s && gmtime_r(&now, &tm)) {
        service->date_s = now;
        snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
                 months[tm.tm_mon], (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec);
        memcpy(service->date, text, DATE_BYTES);
    }
    return slice_of(service->date, DATE_BYTES);
}

/* tchar (RFC 9110, 5.6.2) without capitals. */
static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (!is_name_byte(name.data[i]))
            return false;
    }
    return name.length > 0;
}

/* A line end in a value would let whoever chose the value write headers, or a second answer. */
static bool is_value(struct slice value)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
            return false;
    }
    return true;
}

static bool is_ours(struct slice name)
{
    return slice_is(name, "content-length") || slice_is(name, "connection") || slice_is(name, "date") ||
           slice_is(name, "transfer-encoding") || slice_is(name, "x-request-id");
}

static void put_number(struct buffer *into, size_t number)
{
    char digit[20];
    size_t at = sizeof digit;

    do {
        digit[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buffer_bytes(into, digit + at, sizeof digit - at);
}

static enum error put_headers(struct buffer *into, const struct http_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_name(headers[i].name) || !is_value(headers[i].value) || is_ours(headers[i].name))
            return ERROR_VALUE;
        buffer_slice(into, headers[i].name);
        buffer_slice(into, SLICE(": "));
        buffer_slice(into, headers[i].value);
        buffer_slice(into, SLICE("\r\n"));
    }
    return OK;
}

static void put_request_id(struct buffer *into, uint64_t id)
{
    char text[sizeof "0123456789abcdef"];

    buffer_slice(into, SLICE("X-Request-Id: "));
    buffer_slice(into, slice_of(text, (size_t)snprintf(text, sizeof text, "%016" PRIx64, id)));
    buffer_slice(into, SLICE("\r\n"));
}

enum error message_write_head(struct buffer *into, const struct exchange *exchange, int status, size_t content_length,
                              const struct http_header *headers, size_t count)
{
    buffer_slice(into, SLICE("HTTP/1.1 "));
    put_number(into, (size_t)status);
    buffer_byte(into, ' ');
    buffer_slice(into, message_reason(status));
    buffer_slice(into, SLICE("\r\nDate: "));
    buffer_slice(into, date_now(exchange->service));
    buffer_slice(into, SLICE("\r\n"));
    if (message_has_length(status)) {
        buffer_slice(into, SLICE("Content-Length: "));
        put_number(into, content_length);
        buffer_slice(into, SLICE("\r\n"));
    }
    put_request_id(into, exchange->request.id);
    if (exchange->head.close)
        buffer_slice(into, SLICE("Connection: close\r\n"));
    TRY(put_headers(into, headers, count));
    buffer_slice(into, SLICE("\r\n"));
    return buffer_check(into);
}
