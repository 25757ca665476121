/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <curl/curl.h>
#include <stdlib.h>

#define CONNECT_MS 3000L

/* One of many. */
struct post {
    CURL *curl;
    struct buffer answer;
    unsigned number;
    struct post *next;
};

struct exchange {
    CURL *curl; /* of those that are waited for */
    CURLM *multi;
    struct post *posts; /* under way */
    struct post *told;  /* the last that was over */
    struct curl_slist *headers;
    struct slice authorities;
};

enum error exchange_new(struct exchange **ret_exchange)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return ERROR_MEMORY;
    exchange->curl = curl_easy_init();
    exchange->multi = curl_multi_init();
    /* No waiting for a 100: bodies are small. */
    exchange->headers = curl_slist_append(curl_slist_append(NULL, "Expect:"),
                                          "Content-Type: text/plain; charset=utf-8");
    if (!exchange->curl || !exchange->multi || !exchange->headers) {
        exchange_free(exchange);
        return ERROR_MEMORY;
    }
    *ret_exchange = exchange;
    return OK;
}

static void post_free(struct exchange *exchange, struct post *post)
{
    if (!post)
        return;
    if (post->curl) {
        curl_multi_remove_handle(exchange->multi, post->curl);
        curl_easy_cleanup(post->curl);
    }
    buffer_free(&post->answer);
    free(post);
}

void exchange_forget(struct exchange *exchange)
{
    while (exchange->posts) {
        struct post *post = exchange->posts;
        exchange->posts = post->next;
        post_free(exchange, post);
    }
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    exchange_forget(exchange);
    post_free(exchange, exchange->told);
    curl_slist_free_all(exchange->headers);
    curl_easy_cleanup(exchange->curl);
    curl_multi_cleanup(exchange->multi);
    free(exchange);
}

void exchange_trust(struct exchange *exchange, struct slice authorities)
{
    exchange->authorities = authorities;
}

/* libcurl's own type; less than what came stops the exchange. */
static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct buffer *answer = context;

    buffer_bytes(answer, data, size * count);
    return answer->failed ? 0 : size * count;
}

static void set_authorities(const struct exchange *exchange, CURL *curl)
{
    struct curl_blob blob = {(void *)(uintptr_t)exchange->authorities.data, exchange->authorities.length,
                             CURL_BLOB_COPY};

    if (exchange->authorities.length > 0) {
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* instead of the system's, not beside them */
    }
}

static void set_request(const struct exchange *exchange, CURL *curl, const struct exchange_request *request,
                        struct buffer *answer)
{
    curl_easy_reset(curl); /* connections are kept */
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    set_authorities(exchange, curl);
    if (request->socket) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->socket);
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    }
    if (request->body.data) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.length);
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, request->body.data);
    }
}

static enum error error_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return OK;
    case CURLE_WRITE_ERROR:
        return ERROR_TOO_LARGE;
    case CURLE_OPERATION_TIMEDOUT:
        return ERROR_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return ERROR_SIGNATURE;
    default:
        return ERROR_IO;
    }
}

static enum error outcome_of(CURL *curl, CURLcode code, unsigned *ret_status)
{
    long status = 0;

    TRY(error_of(code));
    TRY(error_of(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status)));
    *ret_status = (unsigned)status;
    return OK;
}

enum error exchange_run(struct exchange *exchange, const struct exchange_request *request, unsigned *ret_status,
                        struct buffer *ret_answer)
{
    set_request(exchange, exchange->curl, request, ret_answer);
    return outcome_of(exchange->curl, curl_easy_perform(exchange->curl), ret_status);
}

/* ---- many at once ---- */

enum error exchange_begin(struct exchange *exchange, unsigned number, const struct exchange_request *request,
                          size_t answer_max)
{
    struct post *post = calloc(1, sizeof *post);

    if (!post)
        return ERROR_MEMORY;
    *post = (struct post){.curl = curl_easy_init(), .answer = buffer_new(answer_max), .number = number};
    if (post->curl)
        set_request(exchange, post->curl, request, &post->answer);
    if (!post->curl || curl_multi_add_handle(exchange->multi, post->curl) != CURLM_OK) {
        post_free(exchange, post);
        return ERROR_MEMORY;
    }
    post->next = exchange->posts;
    exchange->posts = post;
    return OK;
}

void exchange_wait(struct exchange *exchange, int timeout_ms)
{
    int running;

    curl_multi_perform(exchange->multi, &running);
    curl_multi_poll(exchange->multi, NULL, 0, timeout_ms, NULL);
    curl_multi_perform(exchange->multi, &running);
}

static struct post *take_out(struct exchange *exchange, const CURL *curl)
{
    struct post **link = &exchange->posts;

    while (*link && (*link)->curl != curl)
        link = &(*link)->next;
    struct post *post = *link;
    if (post)
        *link = post->next;
    return post;
}

bool exchange_over(struct exchange *exchange, struct exchange_over *ret_over)
{
    int left;

    post_free(exchange, exchange->told);
    exchange->told = NULL;
    for (const CURLMsg *message; (message = curl_multi_info_read(exchange->multi, &left));) {
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE || !(exchange->told = take_out(exchange, message->easy_handle)))
            continue;
        struct post *post = exchange->told;
        *ret_over = (struct exchange_over){.number = post->number, .body = buffer_view(&post->answer)};
        ret_over->error = outcome_of(post->curl, code, &ret_over->status);
        return true;
    }
    return false;
}
