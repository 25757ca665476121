/* SPDX-License-Identifier: Apache-2.0 */

/* The index of persons is written behind the log, so a crash may leave it short. The log is whole: from where the index
 * had got to, each entry is opened and its persons are put back, before anything is served. */

#include "crypto/encode.h"
#include "state.h"
#include "text/json.h"

static enum error add_tokens(struct safe *safe, struct slice looker, uint64_t leaf)
{
    const struct json *root;

    if (looker.length == 0) /* an entry of completions: nobody's */
        return OK;
    TRY(json_parse(safe->arena, looker, &root, NULL));
    for (struct json_items i = json_items(json_member(root, "index")); json_next(&i);) {
        uint8_t token[PERSON_TOKEN_BYTES];
        TRY(decode_hex(json_text(i.value), token, sizeof token));
        TRY(person_index_add(safe->index, token, leaf));
    }
    return OK;
}

static enum error index_again(struct safe *safe, uint64_t leaf)
{
    CLEANUP_KEY struct secret_key hour_key;
    struct slice commitment, sealed;
    struct event_opened event;
    uint32_t hour;

    arena_reset(safe->arena);
    TRY(ledger_read(safe->access_log, leaf, safe->arena, &commitment, &sealed));
    if (sealed.length == 0) /* an old log's checkpoint */
        return OK;
    TRY(event_hour(sealed, &hour));
    TRY(keystore_hour_find(safe->keystore, hour, &hour_key));
    TRY(event_open(&hour_key, sealed, safe->arena, &event));
    return add_tokens(safe, event.looker, leaf);
}

enum error reindex(struct safe *safe)
{
    uint64_t size = ledger_size(safe->access_log);

    for (uint64_t leaf = person_index_next(safe->index); leaf < size; leaf++)
        TRY(index_again(safe, leaf));
    person_index_reached(safe->index, size);
    return person_index_flush(safe->index);
}
