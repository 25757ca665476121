/* SPDX-License-Identifier: Apache-2.0 */

/* The entry of a request: sealing it, opening one again, and what a durable entry leaves in the tables that are derived
 * from the log. What is owed for a look (telling the person, a review) is taken from the decision here and nowhere
 * else, so that no door and no handler can forget it. */

#include "base/log.h"
#include "state.h"

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

enum error entry_begin(struct safe *safe, struct request *request, uint8_t ret_nonce[EVENT_NONCE_BYTES])
{
    uint8_t *nonce = buffer_room(&request->plain, EVENT_NONCE_BYTES);

    if (!nonce)
        return ERROR_MEMORY;
    safe->world->random(safe->world, nonce, EVENT_NONCE_BYTES);
    memcpy(ret_nonce, nonce, EVENT_NONCE_BYTES);
    return OK;
}

enum error entry_seal(struct safe *safe, struct request *request, struct slice looker)
{
    CLEANUP_KEY struct secret_key hour_key;
    uint32_t hour = (uint32_t)(now_s(safe) / 3600);
    struct hash event_hash;

    TRY(keystore_hour(safe->keystore, hour, safe->node.oversight, &hour_key));
    event_seal(&hour_key, hour, safe->world, buffer_view(&request->plain), looker, &request->sealed, &event_hash);
    TRY(buffer_check(&request->plain));
    TRY(buffer_check(&request->sealed));
    ledger_commitment(&event_hash, buffer_view(&request->sealed), request->leaf);
    request->has_entry = true;
    return OK;
}

enum error entry_hour_key(struct safe *safe, uint32_t hour, struct secret_key *ret_key)
{
    enum error error = keystore_hour_find(safe->keystore, hour, ret_key);

    if (error != ERROR_NOT_FOUND)
        return error;
    return keystore_year_is_destroyed(safe->keystore, hour / KEYSTORE_YEAR_HOURS) ? ERROR_TERM_OVER : ERROR_SEALED;
}

enum error entry_open(struct safe *safe, uint64_t leaf, struct slice *ret_sealed, struct event_opened *ret_event)
{
    CLEANUP_KEY struct secret_key hour_key;
    struct slice sealed;
    uint32_t hour;

    TRY(ledger_read(safe->access_log, leaf, safe->arena, NULL, &sealed));
    if (sealed.length == 0) /* padding, or an old log's checkpoint */
        return ERROR_NOT_FOUND;
    TRY(event_hour(sealed, &hour));
    TRY(entry_hour_key(safe, hour, &hour_key));
    if (ret_sealed)
        *ret_sealed = sealed;
    return event_open(&hour_key, sealed, safe->arena, ret_event);
}

enum error entry_proof(struct safe *safe, uint64_t leaf, struct slice sealed, const struct event_opened *event,
                       struct buffer *ret_text)
{
    CLEANUP_BUFFER struct buffer extra = buffer_new(EVENT_BYTES_MAX);
    struct hash sealed_hash = hash_sha256(sealed);

    buffer_slice(&extra, hash_slice(&sealed_hash));
    buffer_slice(&extra, event->plain);
    TRY(buffer_check(&extra));
    return publishing_proof(safe, LOG_ACCESS, leaf, buffer_view(&extra), ret_text);
}

static void keyed(const struct safe *safe, const char *use, const struct slice *part, size_t parts,
                  uint8_t ret_keyed[ID_BYTES])
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1024);

    buffer_string(&text, use);
    for (size_t i = 0; i < parts; i++)
        buffer_slice(&text, part[i]);
    struct hash hash = hash_keyed(secret_key_slice(&safe->keys->index), buffer_view(&text));
    memcpy(ret_keyed, hash.byte, ID_BYTES);
}

void entry_actor(const struct safe *safe, struct slice actor, uint8_t ret_keyed[ID_BYTES])
{
    keyed(safe, "actor:", &actor, 1, ret_keyed);
}

static enum review_kind kind_of(const struct request *request)
{
    if (request->access.action == ACTION_ERASE)
        return REVIEW_ERASURE;
    if (request->error != OK)
        return REVIEW_REFUSED;
    if (request->use.until_s)
        return REVIEW_ORDER;
    return request->broken_glass ? REVIEW_GLASS : REVIEW_OTHER;
}

/* Whose record a permitted look is reviewed for; a refused one is of whoever was refused. */
static struct slice person_of_look(const struct request *request)
{
    for (size_t i = 0; i < request->grant.targets; i++)
        if (request->grant.target[i].obligations & OBLIGATION_REVIEW)
            return slice_of(request->token[i], ID_BYTES);
    return SLICE("refused");
}

void entry_owes(struct safe *safe, struct request *request)
{
    /* Rules speak of what opens and of broken glass; here no glass was broken, and that was tried. */
    if (request->access.open_glass && request->error != OK && request->error != ERROR_REASON)
        request->decision.obligations |= OBLIGATION_REVIEW;
    for (size_t i = 0; i < request->grant.targets; i++) /* a refused look binds nobody (access.c) */
        request->told[i] = request->grant.target[i].obligations & OBLIGATION_NOTIFY;
    if (!(request->decision.obligations & OBLIGATION_REVIEW))
        return;
    request->look.kind = kind_of(request);
    request->look.time_s = now_s(safe);
    struct slice part[] = {id_slice(&request->credential.id), person_of_look(request)};
    keyed(safe, "look:", part, 2, request->look.subject);
    entry_actor(safe, request->credential.actor, request->look.actor);
}

static enum error index_entry(struct safe *safe, const struct request *request)
{
    for (size_t i = 0; i < request->access.targets; i++)
        if (request->use.until_s)
            TRY(person_index_add_sealed(safe->index, request->token[i], request->grant.leaf, &request->access.order,
                                        request->use.until_s));
        else
            TRY(person_index_add(safe->index, request->token[i], request->grant.leaf, request->told[i]));
    if (!request->look.kind)
        return OK;
    struct look look = request->look;
    look.leaf = request->grant.leaf;
    return reviews_add(safe->reviews, &look);
}

void entry_index(struct safe *safe, const struct request *request)
{
    if (index_entry(safe, request) != OK) {
        safe->index_behind = true; /* the next start puts it back from the log */
        LOG(WARNING, "safe.index_behind");
    }
}
