/* SPDX-License-Identifier: Apache-2.0 */

/* The end of a year's audit keys. Its hours' keys go as well, those that are wrapped to the oversight body too: a term
 * that one body could outlive with a key of its own would be no term. What stays is a commitment, so that a restored
 * backup can be made to forget the same. */

#include "keystore_inside.h"
#include "store/writer.h"

struct destruction {
    uint32_t year;
    struct hash commitment;
    int64_t time_s;
};

static struct hash commitment_of(const struct keystore *keystore, uint32_t year)
{
    const uint8_t text[] = {
        'y', 'e', 'a', 'r', (uint8_t)(year >> 24), (uint8_t)(year >> 16), (uint8_t)(year >> 8), (uint8_t)year};

    return hash_keyed(secret_key_slice(ring_key(keystore->ring, RING_DESTROYED)), slice_of(text, sizeof text));
}

static enum error run(struct store *store, void *context)
{
    const struct destruction *destruction = context;
    int64_t first = (int64_t)destruction->year * KEYSTORE_YEAR_HOURS;

    TRY(store_run(store, &keystore_statement[HOURS_DELETE],
                  STORE_VALUES(store_integer(first), store_integer(first + KEYSTORE_YEAR_HOURS)), NULL));
    TRY(store_run(store, &keystore_statement[YEAR_DELETE], STORE_VALUES(store_integer(destruction->year)), NULL));
    return store_run(store, &keystore_statement[DESTROYED_ADD],
                     STORE_VALUES(store_blob(hash_slice(&destruction->commitment)), store_integer(destruction->time_s),
                                  store_integer(1)), /* it was told first */
                     NULL);
}

static enum error is_there(struct keystore *keystore, enum keystore_statement statement, struct store_value value)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    return store_one(keystore->store, &keystore_statement[statement], &value, 1, &cursor);
}

struct hash keystore_year_commitment(const struct keystore *keystore, uint32_t year)
{
    return commitment_of(keystore, year);
}

enum error keystore_destroy_year(struct keystore *keystore, uint32_t year, int64_t now_s)
{
    struct destruction destruction = {year, commitment_of(keystore, year), now_s};

    TRY(is_there(keystore, YEAR_GET, store_integer(year)));
    if (keystore->hour != HOUR_NONE && keystore->hour / KEYSTORE_YEAR_HOURS == year) {
        secret_wipe(&keystore->held->hour_key, sizeof keystore->held->hour_key);
        keystore->hour = HOUR_NONE;
    }
    return writer_run_now(keystore->store, &(struct writer_job){.run = run, .context = &destruction}, 1);
}

bool keystore_year_is_destroyed(struct keystore *keystore, uint32_t year)
{
    struct hash commitment = commitment_of(keystore, year);

    return is_there(keystore, DESTROYED_HAS, store_blob(hash_slice(&commitment))) == OK;
}

enum error keystore_oldest_year(struct keystore *keystore, uint32_t *ret_year)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(keystore->store, &keystore_statement[YEAR_OLDEST], NULL, 0, &cursor));
    *ret_year = (uint32_t)store_column_integer(&cursor, 0);
    return OK;
}

/* Years that are there and whose commitment this is. */
enum error keystore_replay_year(struct keystore *keystore, const struct hash *commitment, int64_t now_s,
                                bool *ret_found)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_query(keystore->store, &keystore_statement[YEAR_BEFORE], STORE_VALUES(store_integer(INT64_MAX)),
                    &cursor));
    while (store_next(&cursor)) {
        uint32_t year = (uint32_t)store_column_integer(&cursor, 0);
        struct hash own = commitment_of(keystore, year);
        if (!hash_equal(&own, commitment))
            continue;
        store_cursor_close(&cursor);
        *ret_found = true;
        return keystore_destroy_year(keystore, year, now_s);
    }
    return store_end(&cursor);
}
