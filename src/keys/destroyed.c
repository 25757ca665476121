/* SPDX-License-Identifier: Apache-2.0 */

/* What was destroyed, by commitment: for the public log, for whoever asks again, and for restored backups. */

#include "keystore_inside.h"
#include "store/writer.h"

static enum error read_commitment(const struct store_cursor *cursor, struct hash *ret_commitment)
{
    struct slice bytes = store_column_bytes(cursor, 0);

    if (bytes.length != HASH_BYTES)
        return ERROR_CORRUPT;
    memcpy(ret_commitment->byte, bytes.data, HASH_BYTES);
    return OK;
}

enum error keystore_destroyed(struct keystore *keystore, keystore_commitment *each, void *context)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_query(keystore->store, &keystore_statement[DESTROYED_ALL], NULL, 0, &cursor));
    while (store_next(&cursor)) {
        struct hash commitment;
        TRY(read_commitment(&cursor, &commitment));
        each(context, &commitment);
    }
    return store_end(&cursor);
}

/* Commitments are keyed, so that whoever reads the public log learns nothing of who was erased; finding the person is
 * therefore a walk over all of them, which only a restore does. */
enum error keystore_replay(struct keystore *keystore, const struct hash *commitment, int64_t now_s, bool *ret_found)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    struct hash replayed;

    *ret_found = false;
    TRY(store_query(keystore->store, &keystore_statement[PERSON_ALL], NULL, 0, &cursor));
    while (store_next(&cursor)) {
        struct id person;
        memcpy(person.byte, store_column_bytes(&cursor, 0).data, ID_BYTES);
        struct hash own = keystore_commitment_of(keystore, &person);
        if (!hash_equal(&own, commitment))
            continue;
        store_cursor_close(&cursor);
        *ret_found = true;
        return keystore_destroy(keystore, &person, now_s, &replayed);
    }
    TRY(store_end(&cursor));
    return keystore_replay_year(keystore, commitment, now_s, ret_found);
}

enum error keystore_is_destroyed(struct keystore *keystore, const struct id *person, bool *ret_destroyed)
{
    struct hash commitment = keystore_commitment_of(keystore, person);
    CLEANUP_CURSOR struct store_cursor cursor = {0};
    enum error error = store_one(keystore->store, &keystore_statement[DESTROYED_HAS],
                                 STORE_VALUES(store_blob(hash_slice(&commitment))), &cursor);

    *ret_destroyed = error == OK;
    return error == ERROR_NOT_FOUND ? OK : error;
}

static enum error mark_told(struct store *store, void *context)
{
    const struct hash *commitment = context;

    return store_run(store, &keystore_statement[DESTROYED_TOLD], STORE_VALUES(store_blob(hash_slice(commitment))),
                     NULL);
}

static enum error next_untold(struct keystore *keystore, struct hash *ret_commitment)
{
    CLEANUP_CURSOR struct store_cursor cursor = {0};

    TRY(store_one(keystore->store, &keystore_statement[DESTROYED_UNTOLD], NULL, 0, &cursor));
    return read_commitment(&cursor, ret_commitment);
}

enum error keystore_tell_destroyed(struct keystore *keystore, keystore_tell *tell, void *context)
{
    struct hash commitment;
    enum error error;

    while ((error = next_untold(keystore, &commitment)) == OK) {
        struct writer_job job = {.run = mark_told, .context = &commitment};
        TRY(tell(context, &commitment));
        TRY(writer_run_now(keystore->store, &job, 1));
    }
    return error == ERROR_NOT_FOUND ? OK : error;
}
