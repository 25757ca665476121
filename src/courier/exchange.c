/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <curl/curl.h>
#include <stdlib.h>

#define CONNECT_MS 3000L

struct exchange {
    CURL *curl;
    struct curl_slist *headers;
    struct slice authorities;
};

enum error exchange_new(struct slice authorities, struct exchange **ret_exchange)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return ERROR_MEMORY;
    exchange->authorities = authorities;
    exchange->curl = curl_easy_init();
    /* No waiting for a 100: bodies are small. */
    exchange->headers = curl_slist_append(curl_slist_append(NULL, "Expect:"),
                                          "Content-Type: text/plain; charset=utf-8");
    if (!exchange->curl || !exchange->headers) {
        exchange_free(exchange);
        return ERROR_MEMORY;
    }
    *ret_exchange = exchange;
    return OK;
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    curl_slist_free_all(exchange->headers);
    curl_easy_cleanup(exchange->curl);
    free(exchange);
}

/* libcurl's own type; less than what came stops the exchange. */
static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct buffer *answer = context;

    buffer_bytes(answer, data, size * count);
    return answer->failed ? 0 : size * count;
}

static void set_authorities(struct exchange *exchange)
{
    struct curl_blob blob = {(void *)(uintptr_t)exchange->authorities.data, exchange->authorities.length,
                             CURL_BLOB_COPY};

    if (exchange->authorities.length > 0)
        curl_easy_setopt(exchange->curl, CURLOPT_CAINFO_BLOB, &blob);
}

static void set_request(struct exchange *exchange, const struct exchange_request *request, struct buffer *answer)
{
    CURL *curl = exchange->curl;

    curl_easy_reset(curl); /* connections are kept */
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    set_authorities(exchange);
    if (request->socket) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->socket);
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    }
    if (request->body.data) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.data);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.length);
    }
}

enum error exchange_run(struct exchange *exchange, const struct exchange_request *request, unsigned *ret_status,
                        struct buffer *ret_answer)
{
    long status = 0;

    set_request(exchange, request, ret_answer);
    CURLcode code = curl_easy_perform(exchange->curl);
    if (code == CURLE_WRITE_ERROR)
        return ERROR_TOO_LARGE;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return ERROR_TIMEOUT;
    if (code != CURLE_OK || curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        return ERROR_IO;
    *ret_status = (unsigned)status;
    return OK;
}
