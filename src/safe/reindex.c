/* SPDX-License-Identifier: Apache-2.0 */

/* The index of persons is written behind the log, so a crash may leave it short. The log is whole: from where the index
 * had got to, each entry is opened and its persons, its review and its verdict are put back, before anything is
 * served. */

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
    enum error error = entry_hour_key(safe, hour, &hour_key);
    if (error == ERROR_TERM_OVER)
        return OK;
    TRY(error);
    TRY(event_open(&hour_key, sealed, safe->arena, &event));
    return add_entry(safe, &event, leaf);
}

enum error reindex(struct safe *safe)
{
    uint64_t size = ledger_size(safe->access_log), minimum = ledger_minimum(safe->access_log);
    uint64_t next = person_index_next(safe->index);

    for (uint64_t leaf = next > minimum ? next : minimum; leaf < size; leaf++)
        TRY(index_again(safe, leaf));
    person_index_reached(safe->index, size);
    return person_index_flush(safe->index);
}
