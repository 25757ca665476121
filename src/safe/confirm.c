/* SPDX-License-Identifier: Apache-2.0 */

/* A new block of facts is handed to the door, which stores it with the record that changed it. Until the door says
 * that it did, the safe keeps the block itself: two changes of one person that are under way at once build on each
 * other and none is lost, and what was just withdrawn counts no more although the door still shows the block before.
 *
 * When the door dies in between, so does this memory, and the version that the vault is known to hold is taken, and any
 * that was made since: a crash must not lock a record, nor must changes of which some failed. Once the door has said
 * that it stored one, an older one that is brought back counts for nothing. */

#include <stdlib.h>

#include "state.h"

static void clear(struct safe *safe, struct unconfirmed *place)
{
    safe->held_unconfirmed -= place->version != 0; /* same, is false: one counted too many costs a walk */
    free((void *)(uintptr_t)place->block.data);
    *place = (struct unconfirmed){.version = 0};
}

/* The ring's oldest gives way: for it, both versions are taken until the person's next change. */
void unconfirmed_add(struct safe *safe, const struct request *request, const struct id *person, uint64_t version,
                     struct slice block)
{
    struct unconfirmed *place = &safe->unconfirmed[safe->next_unconfirmed++ % UNCONFIRMED_MAX];
    char *copy = malloc(block.length);

    clear(safe, place);
    if (!copy)
        return;
    memcpy(copy, block.data, block.length);
    *place = (struct unconfirmed){request, UINT64_MAX, *person, version, slice_of(copy, block.length)};
    safe->held_unconfirmed++;
}

/* The next block that is held, from *at on; NULL after the last. */
static struct unconfirmed *next_held(struct safe *safe, size_t *at)
{
    if (safe->held_unconfirmed == 0) /* same, is false: it spares a walk with each request */
        return NULL;
    while (*at < UNCONFIRMED_MAX)
        if (safe->unconfirmed[(*at)++].version != 0)
            return &safe->unconfirmed[*at - 1];
    return NULL;
}

struct slice unconfirmed_block(const struct safe *safe, const struct id *person, uint64_t version)
{
    if (safe->held_unconfirmed == 0) /* same, is false: it spares a walk with each request */
        return slice_of(NULL, 0);
    for (size_t i = 0; i < UNCONFIRMED_MAX; i++)
        if (safe->unconfirmed[i].version == version && id_equal(&safe->unconfirmed[i].person, person))
            return safe->unconfirmed[i].block;
    return slice_of(NULL, 0);
}

void unconfirmed_drop(struct safe *safe, const struct request *request)
{
    struct unconfirmed *place;

    for (size_t at = 0; (place = next_held(safe, &at)) != NULL;)
        if (place->request == request)
            clear(safe, place);
}

void unconfirmed_settle(struct safe *safe, const struct request *request)
{
    struct unconfirmed *place;

    if (request->error != OK) {
        unconfirmed_drop(safe, request);
        return;
    }
    for (size_t at = 0; (place = next_held(safe, &at)) != NULL;) {
        if (place->request != request)
            continue;
        place->request = NULL;
        place->leaf = request->grant.leaf;
    }
}

/* A newer block may have been made since, and may yet fail. If the keys' batch is full it stays unconfirmed, and the
 * one before is taken too. */
static void confirm(struct safe *safe, const struct unconfirmed *place)
{
    struct keystore_person keys;

    /* same, with <: what stands there would be written again */
    if (keystore_person(safe->keystore, &place->person, 0, &keys, NULL) != OK || place->version <= keys.facts_confirmed)
        return;
    keys.facts_confirmed = place->version;
    (void)!keystore_set_facts(safe->keystore, &place->person, &keys);
}

/* A completion with an error: the door did not store the block, and goes on with the one before. */
void unconfirmed_confirm(struct safe *safe, const struct completion *completion)
{
    struct unconfirmed *place;

    for (size_t at = 0; (place = next_held(safe, &at)) != NULL;) {
        if (place->request || place->leaf != completion->leaf)
            continue;
        if (completion->error == OK)
            confirm(safe, place);
        clear(safe, place);
    }
}

void unconfirmed_free(struct safe *safe)
{
    struct unconfirmed *place;

    for (size_t at = 0; (place = next_held(safe, &at)) != NULL;)
        clear(safe, place);
}
