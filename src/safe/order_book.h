/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The lawful orders that a node was given, and how far each has got: a table beside the index of persons. What names
 * anybody is sealed; the rest are times and states, which the counts are made of. Every row can be made anew from the
 * access log (reindex.c), so a crash between an entry and its row loses nothing.
 *
 * An order is open until it is released, refused or lapsed; a decision is made once. When she is told can be made
 * earlier and never later: there is no statement that could. */

#include "base/arena.h"
#include "base/world.h"
#include "crypto/secret.h"
#include "person_index.h"
#include "store/store.h"

enum order_state { ORDER_STATE_OPEN, ORDER_STATE_RELEASED, ORDER_STATE_REFUSED };
enum order_look { ORDER_LOOK_MATCH = 1, ORDER_LOOK_READ };

struct order_book {
    struct store *store;          /* borrowed */
    const struct secret_key *key; /* borrowed */
    struct world *world;
};

struct order_row {
    struct id id;
    uint64_t leaf; /* the entry of its intake */
    int64_t received_s;
    int64_t lapses_s; /* without a decision; a route that closes brings it forward */
    int64_t told_s;   /* when she is told */
    enum order_state state;
    int64_t decided_s;                                 /* 0: not yet */
    int64_t was_told_s;                                /* 0: not yet */
    bool committed;                                    /* the public log has its commitment */
    uint8_t person[PERSON_TOKEN_BYTES];                /* in the index; of a released one */
    uint8_t credential[ID_BYTES], authority[ID_BYTES]; /* keyed: who brought it, for the limits */
    struct slice nonce;                                /* ID_BYTES: opens the commitment */
    struct slice text;
    struct slice release; /* the note; of a released one */
};

extern const struct store_schema order_schema;

/* All of these are durable on return. Adding and marking what is there already changes nothing. */
MUST_CHECK enum error order_book_add(struct order_book *book, const struct order_row *row);
MUST_CHECK enum error order_book_committed(struct order_book *book, const struct id *id);
/* `person` and `release` of a released one. ERROR_CONFLICT: it is decided already. */
MUST_CHECK enum error order_book_decide(struct order_book *book, const struct order_row *row);
MUST_CHECK enum error order_book_tell(struct order_book *book, const struct id *id, int64_t now_s);
MUST_CHECK enum error order_book_was_told(struct order_book *book, const struct id *id, int64_t now_s);
MUST_CHECK enum error order_book_lapse(struct order_book *book, int64_t now_s); /* all that are open */
MUST_CHECK enum error order_book_look(struct order_book *book, const struct id *id, uint64_t leaf,
                                      enum order_look kind);

/* Into the arena. ERROR_NOT_FOUND, ERROR_SEALED. */
MUST_CHECK enum error order_book_get(struct order_book *book, struct arena *arena, const struct id *id,
                                     struct order_row *ret_row);
bool order_row_is_open(const struct order_row *row, int64_t now_s);
/* Ids of those that are open, oldest first. */
MUST_CHECK enum error order_book_open(struct order_book *book, struct arena *arena, int64_t now_s, size_t maximum,
                                      const struct id **ret_id, size_t *ret_count);
/* Ids of those whose commitment the public log may lack. */
MUST_CHECK enum error order_book_uncommitted(struct order_book *book, struct arena *arena, size_t maximum,
                                             const struct id **ret_id, size_t *ret_count);
/* A released one of whom she must be told now. ERROR_NOT_FOUND: none. */
MUST_CHECK enum error order_book_due(struct order_book *book, int64_t now_s, struct id *ret_id);
/* When the next one must be told; INT64_MAX: none. */
MUST_CHECK enum error order_book_next_due(struct order_book *book, int64_t *ret_told_s);

/* How many came since then from this credential, and from this authority. */
MUST_CHECK enum error order_book_recent(struct order_book *book, const struct order_row *row, int64_t since_s,
                                        uint64_t *ret_credential, uint64_t *ret_authority);
MUST_CHECK enum error order_book_looks(struct order_book *book, const struct id *id, enum order_look kind,
                                       uint64_t *ret_count);

enum order_count { ORDER_ASKED, ORDER_RELEASED, ORDER_REFUSED, ORDER_LAPSED, ORDER_TOLD, ORDER_COUNTS };
const char *order_count_word(enum order_count count);
/* from ≤ t < until. */
MUST_CHECK enum error order_book_counts(struct order_book *book, int64_t from_s, int64_t until_s,
                                        uint64_t ret_count[ORDER_COUNTS]);

/* What the public log was last told of the route: under which law it is open. Zero: it is closed. */
MUST_CHECK enum error order_book_route(struct order_book *book, uint8_t ret_statute[32]);
MUST_CHECK enum error order_book_set_route(struct order_book *book, const uint8_t statute[32]);
