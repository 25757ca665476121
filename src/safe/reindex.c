/* SPDX-License-Identifier: Apache-2.0 */

/* The index of persons is written behind the log, so a crash may leave it short, and whoever deletes it must not lift
 * what it holds. The logs are whole: from where the index had got to, each entry is opened and what it did is put back,
 * before anything is served. Table by table (docs/formats.md):
 *
 *     person_entry, review, review_look    tokens and reviews beside the events; verdicts
 *     suspension                           permitted entries "suspend" and "lift" (oversight_again.c)
 *     revoked                              marks in the public log: withdrawn credentials, used requests
 *     lawful_order, order_look             entries of orders (order_again.c)
 *
 * Must never: serve with less than the logs once said. Where entries that the index does not cover are gone by their
 * term, or belong to a log before a restore, the safe does not open. */

#include "crypto/encode.h"
#include "state.h"
#include "text/date.h"
#include "text/json.h"

static bool is_told(const struct json *looker, struct slice token)
{
    for (struct json_items i = json_items(json_member(looker, "told")); json_next(&i);)
        if (slice_equal(json_text(i.value), token))
            return true;
    return false;
}

static enum error add_tokens(struct safe *safe, const struct json *looker, uint64_t leaf)
{
    uint64_t until_s = 0;
    struct id order;

    bool is_sealed = slice_to_u64(json_text(json_member(looker, "until")), &until_s);
    if (is_sealed)
        TRY(decode_hex(json_text(json_member(looker, "order")), order.byte, ID_BYTES));
    for (struct json_items i = json_items(json_member(looker, "index")); json_next(&i);) {
        uint8_t token[PERSON_TOKEN_BYTES];
        TRY(decode_hex(json_text(i.value), token, sizeof token));
        if (is_sealed)
            TRY(person_index_add_sealed(safe->index, token, leaf, &order, (int64_t)until_s));
        else
            TRY(person_index_add(safe->index, token, leaf, is_told(looker, json_text(i.value))));
    }
    return OK;
}

static enum error time_of(const struct json *event, int64_t *ret_time_s)
{
    struct date date;

    TRY(date_parse(json_text(json_member(event, "time")), DATE_KIND_INSTANT, &date));
    *ret_time_s = date_interval(date).from / 1000;
    return OK;
}

static enum error add_look(struct safe *safe, const struct json *event, const struct json *looker, uint64_t leaf)
{
    const struct json *review = json_member(looker, "review");
    struct look look = {.leaf = leaf};
    uint64_t kind = 0;

    if (!review || !slice_to_u64(json_text(json_member(review, "kind")), &kind))
        return OK;
    look.kind = (enum review_kind)kind;
    TRY(decode_hex(json_text(json_member(review, "subject")), look.subject, sizeof look.subject));
    entry_actor(safe, json_text(json_member(looker, "actor")), look.actor);
    TRY(time_of(event, &look.time_s));
    return reviews_add(safe->reviews, &look);
}

/* A verdict that is in the log stands, also when the crash came before its row was written. */
static enum error add_verdict(struct safe *safe, const struct json *event, const struct json *looker)
{
    enum review_verdict verdict;
    struct id reviewer;
    uint64_t entry = 0;
    int64_t time_s = 0;

    if (!json_is(json_member(event, "action"), "review") || !json_is(json_member(event, "decision"), "permit") ||
        !review_verdict_read(json_text(json_member(event, "verdict")), &verdict) ||
        !slice_to_u64(json_text(json_member(event, "number")), &entry))
        return OK;
    TRY(decode_hex(json_text(json_member(looker, "credential")), reviewer.byte, ID_BYTES));
    TRY(time_of(event, &time_s));
    enum error error = reviews_decide(safe->reviews, entry, verdict, &reviewer, time_s);
    return error == ERROR_NOT_FOUND ? OK : error;
}

static enum error add_entry(struct safe *safe, const struct event_opened *opened, uint64_t leaf)
{
    const struct json *event, *looker;

    if (opened->looker.length == 0) /* an entry of completions: nobody's */
        return OK;
    TRY(json_parse(safe->arena, opened->json, &event, NULL));
    TRY(json_parse(safe->arena, opened->looker, &looker, NULL));
    TRY(add_tokens(safe, looker, leaf));
    TRY(add_look(safe, event, looker, leaf));
    TRY(add_verdict(safe, event, looker));
    TRY(oversight_keep_again(safe, event, looker));
    return order_keep_again(safe, event, looker, leaf);
}

static enum error index_again(struct safe *safe, uint64_t leaf)
{
    CLEANUP_KEY struct secret_key hour_key;
    struct slice commitment, sealed;
    struct event_opened event;
    uint32_t hour;

    arena_reset(safe->arena);
    TRY(ledger_read(safe->access_log, leaf, safe->arena, &commitment, &sealed));
    if (sealed.length == 0) /* padding, or an old log's checkpoint */
        return OK;
    TRY(event_hour(sealed, &hour));
    TRY(entry_hour_key(safe, hour, &hour_key)); /* ERROR_TERM_OVER: what it did cannot be known */
    TRY(event_open(&hour_key, sealed, safe->arena, &event));
    return add_entry(safe, &event, leaf);
}

static const struct {
    const char *kind, *mark, *time;
} marks[] = {
    {"credential.issued", "request", "issued"},
    {"credential.revoked", "credential", "time"},
};

static enum error add_mark(struct safe *safe, const struct json *leaf, size_t m)
{
    const struct json *text = json_member(leaf, marks[m].mark);
    uint8_t mark[ID_BYTES];
    uint64_t time_s;

    if (!text || !json_is(json_member(leaf, "kind"), marks[m].kind)) /* a demo's has none, nor an older program's */
        return OK;
    TRY(decode_hex(json_text(text), mark, sizeof mark));
    if (!slice_to_u64(json_text(json_member(leaf, marks[m].time)), &time_s))
        return ERROR_CORRUPT;
    return person_index_revoke(safe->index, mark, (int64_t)time_s);
}

static enum error marks_again(struct safe *safe, uint64_t index)
{
    const struct json *json;
    struct slice leaf;

    arena_reset(safe->arena);
    TRY(ledger_read(safe->public_log, index, safe->arena, &leaf, NULL));
    if (leaf.length == 0 || leaf.data[0] != '{') /* an old log's checkpoint */
        return OK;
    TRY(json_parse(safe->arena, leaf, &json, NULL));
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        TRY(add_mark(safe, json, m));
    return OK;
}

/* The logs of a restored node begin with the old one's checkpoint: what was before is in the index alone. */
static enum error is_restored(struct safe *safe, bool *ret_restored)
{
    struct slice leaf;

    *ret_restored = false;
    if (ledger_size(safe->public_log) == 0)
        return OK;
    TRY(ledger_read(safe->public_log, 0, safe->arena, &leaf, NULL));
    *ret_restored = leaf.length > 0 && leaf.data[0] != '{';
    return OK;
}

static enum error is_lost(struct fault *fault)
{
    return fault_set(fault, ERROR_INDEX_LOST, "log/index.db");
}

enum error reindex(struct safe *safe, struct fault *fault)
{
    uint64_t size = ledger_size(safe->access_log), told = ledger_size(safe->public_log);
    bool restored = false;

    if (person_index_next(safe->index) < ledger_minimum(safe->access_log))
        return is_lost(fault);
    TRY(is_restored(safe, &restored));
    if (restored && person_index_is_new(safe->index))
        return is_lost(fault);
    for (uint64_t leaf = person_index_next(safe->index); leaf < size; leaf++) {
        enum error error = index_again(safe, leaf);
        if (error == ERROR_TERM_OVER)
            return is_lost(fault);
        TRY(error);
    }
    for (uint64_t leaf = person_index_next_public(safe->index); leaf < told; leaf++)
        TRY(marks_again(safe, leaf));
    if (oversight_tell_again(safe) == OK) /* a full disk must not keep the node from opening: the next start tells */
        person_index_reached(safe->index, size);
    else
        safe->index_behind = true;
    person_index_reached_public(safe->index, told);
    return person_index_flush(safe->index);
}
