/* SPDX-License-Identifier: Apache-2.0 */

/* The book of orders from the access log: what a crash took between an entry and its row is put back before anything is
 * served (reindex.c). The log is the truth; signatures were checked before the entry was made. */

#include "crypto/encode.h"
#include "order_inside.h"
#include "text/date.h"

struct again {
    struct safe *safe;
    const struct json *event, *looker;
    struct id id;
    uint64_t leaf;
    int64_t time_s;
};

static enum error intake_again(const struct again *again)
{
    struct order_text asked;
    struct order_row row = {.leaf = again->leaf, .text = json_text(json_member(again->looker, "subject"))};
    uint8_t nonce[EVENT_NONCE_BYTES];

    TRY(order_read(row.text, &asked));
    TRY(decode_hex(json_text(json_member(again->looker, "nonce")), nonce, sizeof nonce));
    order_row_fill(again->safe, &asked, &row);
    row.nonce = slice_of(nonce, sizeof nonce);
    return order_book_add(&again->safe->orders, &row);
}

static enum error decide_again(const struct again *again, struct order_row *row)
{
    row->decided_s = again->time_s;
    enum error error = order_book_decide(&again->safe->orders, row);
    return error == ERROR_CONFLICT ? OK : error;
}

static enum error refuse_again(const struct again *again)
{
    struct order_row row = {.id = again->id, .state = ORDER_STATE_REFUSED};

    return decide_again(again, &row);
}

static enum error release_again(const struct again *again)
{
    struct order_row row = {
        .id = again->id, .state = ORDER_STATE_RELEASED, .release = json_text(json_member(again->looker, "subject"))};
    struct json_items tokens = json_items(json_member(again->looker, "index"));
    uint64_t until_s;

    if (!json_next(&tokens) || !slice_to_u64(json_text(json_member(again->looker, "intake")), &row.leaf) ||
        !slice_to_u64(json_text(json_member(again->looker, "until")), &until_s))
        return ERROR_CORRUPT;
    TRY(decode_hex(json_text(tokens.value), row.person, sizeof row.person));
    TRY(person_index_add_sealed(again->safe->index, row.person, row.leaf, &again->id, (int64_t)until_s));
    return decide_again(again, &row);
}

static enum error tell_again(const struct again *again)
{
    return order_keep_told_early(again->safe, &again->id, again->time_s);
}

static enum error told_again(const struct again *again)
{
    return order_book_was_told(&again->safe->orders, &again->id, again->time_s);
}

static enum error look_again(const struct again *again)
{
    bool match = json_is(json_member(again->event, "action"), "match");

    if (!json_member(again->looker, "until"))
        return OK;
    return order_book_look(&again->safe->orders, &again->id, again->leaf, match ? ORDER_LOOK_MATCH : ORDER_LOOK_READ);
}

static const struct {
    const char *action;
    enum error (*again)(const struct again *again);
} replays[] = {
    {"intake", intake_again}, {"refuse", refuse_again}, {"release", release_again}, {"tell", tell_again},
    {"told", told_again},     {"read", look_again},     {"match", look_again},
};

enum error order_keep_again(struct safe *safe, const struct json *event, const struct json *looker, uint64_t leaf)
{
    struct again again = {.safe = safe, .event = event, .looker = looker, .leaf = leaf};
    struct date date;

    if (!json_member(looker, "order") || !json_is(json_member(event, "decision"), "permit"))
        return OK;
    TRY(decode_hex(json_text(json_member(looker, "order")), again.id.byte, ID_BYTES));
    TRY(date_parse(json_text(json_member(event, "time")), DATE_KIND_INSTANT, &date));
    again.time_s = date_interval(date).from / 1000;
    for (size_t i = 0; i < sizeof replays / sizeof *replays; i++)
        if (json_is(json_member(event, "action"), replays[i].action))
            return replays[i].again(&again);
    return OK;
}
