/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the key store's own files share. Private to src/keys. */

#include "keystore.h"

#define WRAPPED_BYTES (SECRET_KEY_BYTES + SEAL_OVERHEAD)
#define ROW_FORMAT 1
#define ROW_BYTES (1 + WRAPPED_BYTES * (1 + DRAWER_COUNT)) /* format, the person's key, then one a drawer */
#define BATCH_MAX 4096
#define HOUR_NONE UINT32_MAX

enum keystore_statement {
    PERSON_GET,
    PERSON_ADD,
    PERSON_FACTS,
    PERSON_DELETE,
    PERSON_ALL,
    PERSON_COUNT_ALL,
    PERSON_BEFORE,
    PERSON_REWRAP,
    HOUR_GET,
    HOUR_ADD,
    HOURS_DELETE,
    YEAR_GET,
    YEAR_ADD,
    YEAR_DELETE,
    YEAR_OLDEST,
    YEAR_BEFORE,
    YEAR_REWRAP,
    DESTROYED_ADD,
    DESTROYED_ALL,
    DESTROYED_HAS,
    DESTROYED_UNTOLD,
    DESTROYED_TOLD,
    KEYSTORE_STATEMENTS
};

extern const struct store_statement keystore_statement[KEYSTORE_STATEMENTS];

enum change_kind { CHANGE_ADD, CHANGE_FACTS, CHANGE_DESTROY };

struct change {
    enum change_kind kind;
    struct id person;
    struct keystore_person facts;
    struct hash commitment;
    int64_t time_s;
    uint32_t epoch;
    uint8_t wrapped[ROW_BYTES];
};

/* What it holds besides the ring's, in one locked slot. */
struct held {
    struct secret_key hour_key; /* the last one used */
};

struct keystore {
    struct store *store;
    const struct ring *ring;
    struct world *world;
    struct secret_pool *pool;
    struct held *held;
    uint32_t hour;           /* of held->hour_key */
    struct id rewrapped;     /* persons up to this one are done */
    uint32_t rewrap_epoch;   /* in this epoch */
    struct change *change;
    size_t changes;
};

/* The ring's key that wrapped a row of this epoch; NULL for one that was forgotten. */
const struct secret_key *keystore_key_of(const struct keystore *keystore, enum ring_use use, int64_t epoch);

struct hash keystore_commitment_of(const struct keystore *keystore, const struct id *person);

/* keystore.c: a person's row. `use` is 0 for her own key, 1 + drawer for a drawer's. */
void keystore_wrap(struct keystore *keystore, const struct secret_key *under, const struct id *person, unsigned use,
                   const struct secret_key *key, uint8_t *row);
MUST_CHECK enum error keystore_unwrap(const struct secret_key *under, const struct id *person, unsigned use,
                                      struct slice row, struct secret_key *ret_key);

/* year.c: destroys the year whose commitment this is, if its key is there. */
MUST_CHECK enum error keystore_replay_year(struct keystore *keystore, const struct hash *commitment, int64_t now_s,
                                           bool *ret_found);

/* A year's row: its key is opened, and wrapped under the present epoch. */
MUST_CHECK enum error keystore_year_find(struct keystore *keystore, uint32_t year, struct secret_key *ret_key);
void keystore_year_wrap(struct keystore *keystore, uint32_t year, const struct secret_key *key,
                        uint8_t wrapped[WRAPPED_BYTES]);
