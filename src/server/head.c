/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "head.h"

#include <llhttp.h>
#include <strings.h>

#include "target.h"

enum {
    STATUS_BAD_REQUEST = 400,
    STATUS_URI_TOO_LONG = 414,
    STATUS_EXPECTATION_FAILED = 417,
    STATUS_HEAD_TOO_LARGE = 431,
    STATUS_NOT_IMPLEMENTED = 501,
    STATUS_NO_MEMORY = 503,
    STATUS_VERSION = 505,
};

/* ---- finding the end ---- */

/* A method begins with a letter, so anything else (a TLS hello, say) is refused at its first byte instead of after ten
 * seconds. One empty line in front is skipped (RFC 9112, 2.2). A line that begins with white space would
 * continue the one before: obs-fold, which 5.2 tells us to refuse. */
static bool may_begin_line(const struct head_scan *scan, char first)
{
    if (scan->lines > 0)
        return first != ' ' && first != '\t';
    return (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z') || (first == '\r' && !scan->blank_line);
}

/* Called behind a line feed. True when that was the line that ends the head. */
static bool end_line(struct head_scan *scan)
{
    bool empty = scan->line_bytes == sizeof "\r\n" - 1;

    scan->line_bytes = 0;
    if (empty && scan->lines > 0)
        return true;
    if (empty)
        scan->blank_line = true;
    else
        scan->lines++;
    return false;
}

int head_scan(struct head_scan *scan, const struct head_limits *limits, struct slice input, size_t *ret_taken,
              bool *ret_complete)
{
    size_t at = 0;

    *ret_complete = false;
    while (at < input.length && !*ret_complete) {
        if (scan->line_bytes == 0 && !may_begin_line(scan, input.data[at]))
            return STATUS_BAD_REQUEST;
        struct slice rest = slice_from(input, at);
        size_t line_feed = slice_find(rest, '\n');
        bool ends = line_feed < rest.length;
        size_t piece = ends ? line_feed + 1 : rest.length;
        char before = line_feed > 0 ? rest.data[line_feed - 1] : scan->last;
        scan->bytes += piece;
        scan->line_bytes += piece;
        scan->last = rest.data[piece - 1];
        at += piece;
        if (scan->lines == 0 && scan->line_bytes > limits->line_bytes)
            return STATUS_URI_TOO_LONG;
        if (scan->bytes > limits->head_bytes)
            return STATUS_HEAD_TOO_LARGE;
        if (ends && before != '\r') /* RFC 9112, 2.2 lets us take a bare LF; then two programs could differ */
            return STATUS_BAD_REQUEST;
        if (ends)
            *ret_complete = end_line(scan);
        if (scan->lines > limits->headers + 1)
            return STATUS_HEAD_TOO_LARGE;
    }
    *ret_taken = at;
    return 0;
}

static struct slice without_blank_line(struct slice head)
{
    return slice_starts_with(head, SLICE("\r\n")) ? slice_from(head, 2) : head;
}

/* "METHOD target HTTP/1.1" with one space at each place: llhttp lets more of them pass (RFC 9112, 3, allows that, and
 * says what may come of it). */
int head_check_line(struct slice head)
{
    struct slice rest = without_blank_line(head);
    struct slice line = slice_cut(&rest, '\n'), version = line;

    slice_cut(&version, ' ');
    slice_cut(&version, ' ');
    if (slice_is(version, "HTTP/1.1\r") || slice_is(version, "HTTP/1.0\r"))
        return 0;
    bool other = version.length == sizeof "HTTP/x.y\r" - 1 && slice_starts_with(version, SLICE("HTTP/"));
    return other ? STATUS_VERSION : STATUS_BAD_REQUEST; /* without a version it is HTTP/0.9, or nothing */
}

/* ---- reading the whole ---- */

/* What llhttp finds. It reports spans, which may come in several calls but lie together, as all bytes do here. */
struct reading {
    llhttp_t llhttp;
    struct slice target;
    struct http_header *header;
    size_t headers, room;
    bool complete;
};

static void extend(struct slice *span, const char *at, size_t length)
{
    if (span->data && span->data + span->length == at)
        span->length += length;
    else
        *span = slice_of(at, length);
}

static int on_target(llhttp_t *llhttp, const char *at, size_t length)
{
    struct reading *reading = llhttp->data;

    extend(&reading->target, at, length);
    return 0;
}

static int on_name(llhttp_t *llhttp, const char *at, size_t length)
{
    struct reading *reading = llhttp->data;
    struct http_header *last = reading->headers > 0 ? &reading->header[reading->headers - 1] : NULL;

    if (last && !last->value.data && last->name.data + last->name.length == at) {
        last->name.length += length;
        return 0;
    }
    if (reading->headers == reading->room) /* the scan counted fewer lines: the two disagree about the head */
        return -1;
    reading->header[reading->headers++] = (struct http_header){.name = slice_of(at, length)};
    return 0;
}

static int on_value(llhttp_t *llhttp, const char *at, size_t length)
{
    struct reading *reading = llhttp->data;

    if (reading->headers == 0)
        return -1;
    extend(&reading->header[reading->headers - 1].value, at, length);
    return 0;
}

static int on_complete(llhttp_t *llhttp)
{
    struct reading *reading = llhttp->data;

    reading->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_url = on_target, .on_header_field = on_name, .on_header_value = on_value, .on_headers_complete = on_complete};

static int refusal(llhttp_errno_t error)
{
    switch (error) {
    case HPE_INVALID_METHOD:
    case HPE_INVALID_TRANSFER_ENCODING:
        return STATUS_NOT_IMPLEMENTED;
    case HPE_INVALID_VERSION:
        return STATUS_VERSION;
    default:
        return STATUS_BAD_REQUEST;
    }
}

/* llhttp must come to the end at the very byte where the scan found it, or one of them is wrong. */
static int run_llhttp(struct reading *reading, struct slice head)
{
    llhttp_init(&reading->llhttp, HTTP_REQUEST, &callbacks);
    reading->llhttp.data = reading;
    llhttp_errno_t error = llhttp_execute(&reading->llhttp, head.data, head.length);
    if (error != HPE_PAUSED)
        return refusal(error);
    bool at_end = llhttp_get_error_pos(&reading->llhttp) == head.data + head.length;
    return reading->complete && at_end ? 0 : STATUS_BAD_REQUEST;
}

static int read_method(const llhttp_t *llhttp, enum http_method *ret_method)
{
    switch (llhttp->method) {
    case HTTP_GET:
        return *ret_method = METHOD_GET, 0;
    case HTTP_HEAD:
        return *ret_method = METHOD_HEAD, 0;
    case HTTP_POST:
        return *ret_method = METHOD_POST, 0;
    case HTTP_PUT:
        return *ret_method = METHOD_PUT, 0;
    case HTTP_PATCH:
        return *ret_method = METHOD_PATCH, 0;
    case HTTP_DELETE:
        return *ret_method = METHOD_DELETE, 0;
    case HTTP_OPTIONS:
        return *ret_method = METHOD_OPTIONS, 0;
    default:
        return STATUS_NOT_IMPLEMENTED;
    }
}

/* ---- what single headers say ---- */

static bool all_in(struct slice text, struct slice set)
{
    for (size_t i = 0; i < text.length; i++) {
        if (slice_find(set, text.data[i]) == set.length)
            return false;
    }
    return true;
}

static bool is_port(struct slice text)
{
    uint64_t port;

    return slice_to_u64(text, &port) && port > 0 && port <= 65535;
}

/* "host", "host:port", "[v6]", "[v6]:port"; RFC 9110, 7.2, without user information and without percent-encoding, which
 * no name that we are reached by needs. */
static int read_host(struct slice value, struct http_request *request, struct head *head)
{
    static const struct slice of_name = {"-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 66};
    static const struct slice of_address = {":.0123456789abcdefABCDEF", 24};
    struct slice rest = value, set = of_name, host;

    if (slice_starts_with(value, SLICE("["))) {
        set = of_address;
        rest = slice_from(value, 1);
        host = slice_cut(&rest, ']');
        if (host.length + 2 > value.length || (rest.length > 0 && rest.data[0] != ':'))
            return STATUS_BAD_REQUEST;
    } else {
        host = slice_of(value.data, slice_find(value, ':'));
        rest = slice_from(value, host.length);
    }
    if (host.length == 0 || !all_in(host, set) || (rest.length > 0 && !is_port(slice_from(rest, 1))))
        return STATUS_BAD_REQUEST;
    request->host = value;
    return 0;
}

/* RFC 9110, 8.6: 1*DIGIT. A zero in front is refused: it serves nobody, and some read it as octal. */
static int read_content_length(struct slice value, struct http_request *request, struct head *head)
{
    bool padded = value.length > 1 && value.data[0] == '0';

    return !padded && slice_to_u64(value, &head->content_length) ? 0 : STATUS_BAD_REQUEST;
}

/* Bodies come by Content-Length only: this closes the whole class of CL.TE and TE.CL smuggling (RFC 9112, 6.1). */
static int refuse_transfer_encoding(struct slice value, struct http_request *request, struct head *head)
{
    return STATUS_NOT_IMPLEMENTED;
}

static int read_expect(struct slice value, struct http_request *request, struct head *head)
{
    if (value.length != 12 || strncasecmp(value.data, "100-continue", 12) != 0)
        return STATUS_EXPECTATION_FAILED;
    head->expects_continue = true;
    return 0;
}

/* Headers of which a request has one at most: with two, one program would take the first and another the last. */
static const struct {
    struct slice name;
    int (*read)(struct slice value, struct http_request *request, struct head *head);
} single[] = {
    {{"host", 4}, read_host},
    {{"content-length", 14}, read_content_length},
    {{"transfer-encoding", 17}, refuse_transfer_encoding},
    {{"expect", 6}, read_expect},
    {{"authorization", 13}, NULL},
    {{"content-type", 12}, NULL},
    {{"content-encoding", 16}, NULL},
    {{"cookie", 6}, NULL},
    {{"origin", 6}, NULL},
    {{"if-modified-since", 17}, NULL},
    {{"if-unmodified-since", 19}, NULL},
};
enum { SINGLE_HOST, SINGLES = sizeof single / sizeof *single };

static struct slice trimmed(struct slice value)
{
    while (value.length > 0 && (value.data[value.length - 1] == ' ' || value.data[value.length - 1] == '\t'))
        value.length--;
    return value.data ? value : SLICE("");
}

static void lower_case(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] += 'a' - 'A';
    }
}

static int read_single(const struct http_header *header, unsigned *seen, struct http_request *request,
                       struct head *head)
{
    for (size_t i = 0; i < SINGLES; i++) {
        if (!slice_equal(header->name, single[i].name))
            continue;
        if (*seen & 1u << i)
            return STATUS_BAD_REQUEST;
        *seen |= 1u << i;
        return single[i].read ? single[i].read(header->value, request, head) : 0;
    }
    return 0;
}

static int read_headers(char *bytes, struct reading *reading, struct http_request *request, struct head *head)
{
    unsigned seen = 0;

    for (size_t i = 0; i < reading->headers; i++) {
        struct http_header *header = &reading->header[i];
        lower_case(bytes + (header->name.data - bytes), header->name.length);
        header->value = trimmed(header->value);
        int status = read_single(header, &seen, request, head);
        if (status != 0)
            return status;
    }
    request->header = reading->header;
    request->headers = reading->headers;
    return seen & 1u << SINGLE_HOST ? 0 : STATUS_BAD_REQUEST; /* RFC 9112, 3.2; from HTTP/1.0 too */
}

int head_parse(char *bytes, const struct head_scan *scan, struct http_request *request, struct head *ret_head)
{
    struct slice head = without_blank_line(slice_of(bytes, scan->bytes));
    struct reading reading = {.room = scan->lines - 1};
    struct head found = {0};

    reading.header = arena_array(request->arena, scan->lines, sizeof *reading.header);
    if (!reading.header)
        return STATUS_NO_MEMORY;
    int status = head_check_line(head);
    if (status == 0)
        status = run_llhttp(&reading, head);
    if (status == 0)
        status = read_method(&reading.llhttp, &request->method);
    if (status == 0)
        status = read_headers(bytes, &reading, request, &found);
    if (status != 0)
        return status;
    request->target = reading.target;
    bool old = llhttp_get_http_minor(&reading.llhttp) == 0;
    found.close = old || !llhttp_should_keep_alive(&reading.llhttp);
    found.expects_continue = found.expects_continue && !old; /* RFC 9110, 10.1.1 */
    *ret_head = found;
    return target_parse(request);
}
