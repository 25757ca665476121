/* SPDX-License-Identifier: Apache-2.0 */
#include "site.h"

#include <inttypes.h>

#include "crypto/encode.h"
#include "ledger/proof.h"
#include "ledger/tile.h"

#define ANSWER_MAX (256 * 1024)
#define HASH_DIGITS (2 * HASH_BYTES)

static void respond(struct exchange *exchange, int status, struct slice type, struct slice body)
{
    const struct http_header headers[] = {{SLICE("content-type"), type}, {SLICE("cache-control"), SLICE("no-store")}};

    exchange_respond(exchange, status, headers, 2, body);
}

static void respond_text(struct exchange *exchange, int status, struct slice body)
{
    respond(exchange, status, SLICE("text/plain; charset=utf-8"), body);
}

static void respond_error(struct exchange *exchange, int status, enum error error)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(2048);
    const struct error_entry *entry = error_entry(error);

    buffer_format(&body, "%s\nHint: %s\n", entry->sentence, entry->hint);
    respond_text(exchange, status, buffer_view(&body));
}

static void respond_unless(struct exchange *exchange, enum error error, const struct buffer *body)
{
    if (error == OK)
        error = buffer_check(body);
    if (error == OK)
        respond_text(exchange, 200, buffer_view(body));
    else
        respond_error(exchange, error_entry(error)->http_status, error);
}

/* ---- the protocol ---- */

/* What is said beside the status; the two answers with a body of their own are not here. */
static const char *const sentences[WITNESS_ANSWERS] = {
    [WITNESS_MALFORMED] =
        "This is no request for a cosignature.\nHint: It is a line `old N`, at most 63 hashes, an empty "
        "line and a checkpoint not smaller than N.\n",
    [WITNESS_UNSIGNED] = "The checkpoint has no valid signature of its log.\nHint: The witness may know the log by "
                         "another key.\n",
    [WITNESS_UNKNOWN] = "This witness does not know the log.\nHint: Who keeps the witness adds it with `hospitium "
                        "witness add`.\n",
    [WITNESS_INCONSISTENT] =
        "The checkpoint does not continue what this witness has seen of the log.\nHint: If the log "
        "was not changed, make the consistency proof from the old size anew.\n",
    [WITNESS_NOT_KEPT] =
        "The witness cannot write down what it would vouch for.\nHint: Try again later, and ask another "
        "witness meanwhile.\n",
};

static void add_checkpoint(struct site *site, struct exchange *exchange)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(COSIGNATURE_LINE_MAX);
    const struct http_request *request = exchange_request(exchange);
    enum witness_answer answer = witness_add_checkpoint(site->witness, request->body, &body);

    if (answer == WITNESS_COSIGNED)
        respond_text(exchange, 200, buffer_view(&body));
    else if (answer == WITNESS_STALE)
        respond(exchange, witness_status(answer), SLICE("text/x.tlog.size"), buffer_view(&body));
    else
        respond_text(exchange, witness_status(answer), slice_from_string(sentences[answer]));
}

static void add_order_counts(struct site *site, struct exchange *exchange)
{
    enum error error = region_take_counts(site->region, site->witness, exchange_request(exchange)->body);

    site->statements++;
    site->statements_refused += error != OK;
    if (error == OK)
        respond_text(exchange, 200, SLICE("Taken.\n"));
    else
        respond_error(exchange, error == ERROR_SIGNATURE ? 403 : error_entry(error)->http_status, error);
}

/* tlog-witness, "Monitor Retrieval Mechanism". */
static void log_checkpoint(struct site *site, struct exchange *exchange)
{
    struct slice digits = exchange_request(exchange)->segment[0];
    struct witness_seen seen;
    struct hash hash;

    if (decode_hex(digits, hash.byte, HASH_BYTES) != OK || !witness_log_by_hash(site->witness, &hash, &seen) ||
        seen.note.length == 0)
        respond_error(exchange, 404, ERROR_NOT_FOUND);
    else
        respond_text(exchange, 200, seen.note);
}

static void respond_key(struct exchange *exchange, const struct note_key *key)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(1024);

    note_key_write(key, &body);
    buffer_byte(&body, '\n');
    respond_unless(exchange, OK, &body);
}

static void witness_vkey(struct site *site, struct exchange *exchange)
{
    struct note_key key = witness_key(site->witness);

    respond_key(exchange, &key);
}

/* ---- a region's log ---- */

static void own_key(struct site *site, struct exchange *exchange)
{
    respond_key(exchange, &site->log_key);
}

static void own_checkpoint(struct site *site, struct exchange *exchange)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(NOTE_BYTES_MAX);

    respond_unless(exchange, ledger_checkpoint(region_ledger(site->region), &body), &body);
}

static void own_tile(struct site *site, struct exchange *exchange)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(TILE_WIDTH * (LEDGER_LEAF_MAX + 2));
    struct ledger *ledger = region_ledger(site->region);
    struct tile_name name;

    enum error error = tile_path_parse(slice_from(exchange_request(exchange)->path, 1), &name);
    if (error == OK && name.entries)
        error = ledger_bundle(ledger, name.index, name.width, &body);
    else if (error == OK)
        error = ledger_tile(ledger, name.level, name.index, name.width, &body);
    if (error == OK)
        respond(exchange, 200, SLICE("application/octet-stream"), buffer_view(&body));
    else
        respond_error(exchange, error == ERROR_SYNTAX ? 404 : error_entry(error)->http_status,
                      error == ERROR_SYNTAX ? ERROR_NOT_FOUND : error);
}

/* /proof/<index>, or /proof/<hash of an origin> for the last checkpoint of that log. */
static bool entry_of(struct site *site, struct slice word, uint64_t *ret_index)
{
    struct witness_seen seen;
    struct hash hash;

    if (word.length != HASH_DIGITS)
        return slice_to_u64(word, ret_index);
    return decode_hex(word, hash.byte, HASH_BYTES) == OK && witness_log_by_hash(site->witness, &hash, &seen) &&
           region_last_of(site->region, seen.origin, ret_index);
}

static void own_proof(struct site *site, struct exchange *exchange)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(PROOF_TEXT_MAX);
    uint64_t index;

    if (!entry_of(site, exchange_request(exchange)->segment[1], &index))
        respond_error(exchange, 404, ERROR_NOT_FOUND);
    else
        respond_unless(exchange, region_prove(site->region, index, &body), &body);
}

/* ---- how it is ---- */

static const char *const words[WITNESS_ANSWERS] = {
    [WITNESS_COSIGNED] = "cosigned",         [WITNESS_MALFORMED] = "malformed", [WITNESS_UNSIGNED] = "unsigned",
    [WITNESS_UNKNOWN] = "unknown",           [WITNESS_STALE] = "stale",         [WITNESS_NOT_KEPT] = "not_kept",
    [WITNESS_INCONSISTENT] = "inconsistent",
};

static void gauge(struct buffer *body, const char *name, const char *type, const char *help, uint64_t value)
{
    buffer_format(body,
                  "# HELP hospitium_witness_%s %s\n# TYPE hospitium_witness_%s %s\nhospitium_witness_%s %" PRIu64 "\n",
                  name, help, name, type, name, value);
}

static void metrics(struct site *site, struct exchange *exchange)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(ANSWER_MAX);
    const struct witness_counts *counts = witness_counts(site->witness);

    buffer_string(&body,
                  "# HELP hospitium_witness_answers_total Requests for a cosignature, by how they were answered.\n"
                  "# TYPE hospitium_witness_answers_total counter\n");
    for (size_t i = 0; i < WITNESS_ANSWERS; i++)
        buffer_format(&body, "hospitium_witness_answers_total{answer=\"%s\"} %" PRIu64 "\n", words[i],
                      counts->answers[i]);
    gauge(&body, "logs", "gauge", "Logs that are known.", witness_logs(site->witness));
    gauge(&body, "splits_total", "counter", "Times that a log showed two trees of one size.", counts->splits);
    gauge(&body, "clock_back_total", "counter", "Cosignatures whose time would have run back.", counts->clock_back);
    gauge(&body, "shut", "gauge", "Whether something could not be kept, so that nothing is cosigned.",
          witness_is_shut(site->witness));
    if (site->region) {
        gauge(&body, "entries", "gauge", "Entries of the region's log.", ledger_size(region_ledger(site->region)));
        gauge(&body, "statements_total", "counter", "Statements of order counts that came.", site->statements);
        gauge(&body, "statements_waiting", "gauge", "Statements that wait for a sum.",
              region_counts_waiting(site->region));
    }
    respond(exchange, 200, SLICE("text/plain; version=0.0.4"), buffer_view(&body));
}

static void status(struct site *site, struct exchange *exchange)
{
    CLEANUP_BUFFER struct buffer body = buffer_new(4096);
    const struct witness_counts *counts = witness_counts(site->witness);
    struct note_key key = witness_key(site->witness);

    buffer_format(&body,
                  "%s %.*s: %u logs known, %" PRIu64 " cosignatures given since %" PRId64 ", %" PRIu64
                  " refused as inconsistent, %" PRIu64 " split views%s.\n",
                  site->region ? "Region" : "Witness", SLICE_PRINT(key.name), witness_logs(site->witness),
                  counts->answers[WITNESS_COSIGNED], site->started_s, counts->answers[WITNESS_INCONSISTENT],
                  counts->splits, witness_is_shut(site->witness) ? "; it cannot write and cosigns nothing" : "");
    respond_unless(exchange, OK, &body);
}

static void live(struct site *site, struct exchange *exchange)
{
    if (witness_is_shut(site->witness))
        respond_error(exchange, 503, ERROR_IO);
    else
        respond_text(exchange, 200, SLICE("alive\n"));
}

/* ---- addresses ---- */

/* `*` is any segment, `**` whatever follows. */
static const struct {
    enum http_method method;
    const char *segment[2];
    bool of_region;
    void (*handle)(struct site *site, struct exchange *exchange);
    size_t body_bytes;
} routes[] = {
    {METHOD_POST, {"add-checkpoint"}, false, add_checkpoint, REQUEST_BYTES_MAX},
    {METHOD_POST, {"add-order-counts"}, true, add_order_counts, COUNTS_STATEMENT_MAX + NOTE_BYTES_MAX},
    {METHOD_GET, {NULL}, false, status, 0},
    {METHOD_GET, {"livez"}, false, live, 0},
    {METHOD_GET, {"metrics"}, false, metrics, 0},
    {METHOD_GET, {"key"}, false, witness_vkey, 0},
    {METHOD_GET, {"log-key"}, true, own_key, 0},
    {METHOD_GET, {"checkpoint"}, true, own_checkpoint, 0},
    {METHOD_GET, {"proof", "*"}, true, own_proof, 0},
    {METHOD_GET, {"tile", "**"}, true, own_tile, 0},
    {METHOD_GET, {"*", "checkpoint"}, false, log_checkpoint, 0},
};
#define ROUTES (sizeof routes / sizeof *routes)

static bool is_path(size_t route, const struct http_request *request)
{
    for (size_t i = 0; i < 2; i++) {
        const char *word = routes[route].segment[i];
        if (!word)
            return request->segments == i;
        if (request->segments <= i)
            return false;
        if (strcmp(word, "**") == 0)
            return true;
        if (strcmp(word, "*") != 0 && !slice_is(request->segment[i], word))
            return false;
    }
    return request->segments == 2;
}

/* ROUTES when there is none; then `ret_path` says whether another method would have one. */
static size_t route_of(const struct site *site, const struct http_request *request, bool *ret_path)
{
    enum http_method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;

    *ret_path = false;
    for (size_t i = 0; i < ROUTES; i++) {
        if ((routes[i].of_region && !site->region) || request->trailing_slash || !is_path(i, request))
            continue;
        *ret_path = true;
        if (routes[i].method == method)
            return i;
    }
    return ROUTES;
}

void site_handle(void *context, struct exchange *exchange)
{
    struct site *site = context;
    bool has_path;
    size_t route = route_of(site, exchange_request(exchange), &has_path);

    if (route < ROUTES)
        routes[route].handle(site, exchange);
    else
        respond_error(exchange, has_path ? 405 : 404, has_path ? ERROR_METHOD : ERROR_NOT_FOUND);
}

size_t site_body_limit(void *context, const struct http_request *request)
{
    bool has_path;
    size_t route = route_of(context, request, &has_path);

    return route < ROUTES ? routes[route].body_bytes : 0;
}
