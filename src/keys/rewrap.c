/* SPDX-License-Identifier: Apache-2.0 */

/* After a change of the root: the rows that the epoch before wrapped are wrapped anew, some at a time, in
 * transactions of their own. A crash between two steps loses nothing: each row says which epoch's key it wants. */

#include "keystore_inside.h"
#include "store/writer.h"

struct rewrap {
    struct keystore *keystore;
    size_t rows;
};

/* Only the person's own key hangs from the ring; her drawers hang from it and stay as they are. */
static enum error rewrap_person(struct store *store, struct keystore *keystore, const struct store_cursor *cursor,
                                struct id *ret_person)
{
    const struct secret_key *under = keystore_key_of(keystore, RING_PERSONS, store_column_integer(cursor, 2));
    struct slice row = store_column_bytes(cursor, 1);
    CLEANUP_KEY struct secret_key person_key;
    uint8_t wrapped[ROW_BYTES];

    memcpy(ret_person->byte, store_column_bytes(cursor, 0).data, ID_BYTES);
    if (!under || row.length != ROW_BYTES)
        return ERROR_SEALED;
    TRY(keystore_unwrap(under, ret_person, 0, row, &person_key));
    memcpy(wrapped, row.data, ROW_BYTES);
    keystore_wrap(keystore, ring_key(keystore->ring, RING_PERSONS), ret_person, 0, &person_key, wrapped);
    return store_run(store, &keystore_statement[PERSON_REWRAP],
                     STORE_VALUES(store_blob(id_slice(ret_person)), store_blob(slice_of(wrapped, ROW_BYTES)),
                                  store_integer(ring_epoch(keystore->ring))),
                     NULL);
}

static enum error rewrap_persons(struct store *store, void *context)
{
    struct rewrap *rewrap = context;
    struct keystore *keystore = rewrap->keystore;
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_query(store, &keystore_statement[PERSON_BEFORE],
                    STORE_VALUES(store_blob(id_slice(&keystore->rewrapped)), store_integer(ring_epoch(keystore->ring))),
                    &cursor));
    for (; store_next(&cursor); rewrap->rows++)
        TRY(rewrap_person(store, keystore, &cursor, &keystore->rewrapped));
    return store_end(&cursor);
}

static enum error rewrap_years(struct store *store, void *context)
{
    struct rewrap *rewrap = context;
    struct keystore *keystore = rewrap->keystore;
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    uint8_t wrapped[WRAPPED_BYTES];

    TRY(store_query(store, &keystore_statement[YEAR_BEFORE], STORE_VALUES(store_integer(ring_epoch(keystore->ring))),
                    &cursor));
    for (; store_next(&cursor); rewrap->rows++) {
        CLEANUP_KEY struct secret_key key;
        uint32_t year = (uint32_t)store_column_integer(&cursor, 0);
        TRY(keystore_year_find(keystore, year, &key));
        keystore_year_wrap(keystore, year, &key, wrapped);
        TRY(store_run(store, &keystore_statement[YEAR_REWRAP],
                      STORE_VALUES(store_integer(year), store_blob(slice_of(wrapped, sizeof wrapped)),
                                   store_integer(ring_epoch(keystore->ring))),
                      NULL));
    }
    return store_end(&cursor);
}

/* After a step that failed, or another change of the root, it begins at the first person again. */
enum error keystore_rewrap(struct keystore *keystore, bool *ret_done)
{
    struct rewrap rewrap = {.keystore = keystore};

    *ret_done = false;
    if (keystore->changes > 0)
        return ERROR_CONFLICT;
    if (keystore->rewrap_epoch != ring_epoch(keystore->ring))
        keystore->rewrapped = (struct id){{0}};
    keystore->rewrap_epoch = ring_epoch(keystore->ring);
    const struct writer_job job[] = {{.run = rewrap_persons, .context = &rewrap},
                                     {.run = rewrap_years, .context = &rewrap}};
    enum error error = writer_run_now(keystore->store, job, 2);
    if (error != OK)
        keystore->rewrapped = (struct id){{0}};
    else
        *ret_done = rewrap.rows == 0;
    return error;
}
