/* SPDX-License-Identifier: Apache-2.0 */

/* Telling a person of an order that was released, when its term is over: an entry of the access log, which heads her
 * list until she has seen it. It is made by the clock and by nobody's will, also when the node was off on that day,
 * and is what the count of those who were told is made of. */

#include "order_inside.h"

#define TELLS_MAX 64 /* at once */

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

static struct credential asker_of(const struct order_text *asked)
{
    return (struct credential){.id = asked->credential,
                               .actor = asked->actor,
                               .role = asked->role,
                               .sector = asked->sector,
                               .organization = asked->organization};
}

static enum error write_told(struct safe *safe, const struct order_row *row, struct request *told)
{
    CLEANUP_BUFFER struct buffer beside = buffer_new(EVENT_BYTES_MAX);
    uint8_t nonce[EVENT_NONCE_BYTES], looker_nonce[EVENT_NONCE_BYTES];
    static const bool first[] = {true};
    struct order_release release;
    struct order_text asked;
    uint64_t reads;

    TRY(order_read(row->text, &asked));
    TRY(order_release_parse(row->release, &release));
    TRY(order_book_looks(&safe->orders, &row->id, ORDER_LOOK_READ, &reads));
    struct credential asker = asker_of(&asked);
    safe->world->random(safe->world, looker_nonce, sizeof looker_nonce);
    struct event_order event = {.time_ns = safe->now_ns,
                                .credential = &asker,
                                .action = "told",
                                .order = &row->id,
                                .words = slice_of("", 0),
                                .reads = &reads,
                                .looker_nonce = looker_nonce};
    struct event_looker looker = {.credential = &asker,
                                  .nonce = looker_nonce,
                                  .token = (const uint8_t(*)[ID_BYTES]) & row->person,
                                  .told = first,
                                  .tokens = 1,
                                  .order = &row->id};
    order_event_law(&asked, release.drawers, release.until_s, row->told_s, &event);
    event_write_looker(&looker, &beside);
    TRY(buffer_check(&beside));
    TRY(entry_begin(safe, told, nonce));
    event_write_order(&event, &told->plain);
    return entry_seal(safe, told, buffer_view(&beside));
}

/* The row of one that has its entry. Until it is written no other is told, since she is told once. */
static enum error keep_told(struct safe *safe)
{
    static const struct id nobody;

    if (id_is_zero(&safe->route.told))
        return OK;
    enum error error = order_book_was_told(&safe->orders, &safe->route.told, now_s(safe));
    if (error == OK)
        safe->route.told = nobody;
    else
        safe->index_behind = true; /* the next start writes it, if this one does not */
    return error;
}

static enum error tell(struct safe *safe, const struct order_row *row, struct request *told)
{
    uint64_t leaf;

    TRY(write_told(safe, row, told));
    struct ledger_entry entry = {slice_of(told->leaf, sizeof told->leaf), buffer_view(&told->sealed)};
    TRY(padding_append(safe, &entry, 1, 0, &leaf));
    safe->route.told = row->id;
    if (person_index_add(safe->index, row->person, leaf, true) != OK)
        safe->index_behind = true; /* the next start puts it on her list */
    TRY(keep_told(safe));
    if (!safe->index_behind)
        person_index_reached(safe->index, ledger_size(safe->access_log));
    return OK;
}

/* As a request of nobody's, since its entry is made like any other. */
static enum error tell_one(struct safe *safe, const struct id *id)
{
    struct request told = {.plain = buffer_new(EVENT_BYTES_MAX), .sealed = buffer_new(2 * EVENT_BYTES_MAX + 1024)};
    struct order_row row;

    enum error error = order_book_get(&safe->orders, safe->arena, id, &row);
    if (error == OK)
        error = tell(safe, &row, &told);
    buffer_wipe(&told.plain);
    buffer_free(&told.sealed);
    return error;
}

enum error order_tell_due(struct safe *safe)
{
    TRY(keep_told(safe));
    for (unsigned told = 0; told < TELLS_MAX; told++) {
        struct id id;
        enum error error = order_book_due(&safe->orders, now_s(safe), &id);
        if (error == ERROR_NOT_FOUND)
            return OK;
        TRY(error);
        TRY(tell_one(safe, &id));
    }
    return OK;
}
