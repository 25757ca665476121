/* SPDX-License-Identifier: Apache-2.0 */

/* A new block of facts is handed to the door, which stores it with the record that changed it. Until the door says that it
 * did, both the old and the new version are taken: a crash in between must not lock a person's record. Once it did, an
 * old block that is brought back counts for nothing, so that a consent that was withdrawn stays withdrawn. */

#include "facts.h"
#include "state.h"


void confirm_later(struct safe *safe, const struct request *request)
{
    if (request->kind != PROTOCOL_ACCESS || request->error != OK)
        return;
    for (size_t i = 0; i < request->grant.targets; i++) {
        if (request->grant.target[i].facts.length == 0)
            continue;
        safe->unconfirmed[safe->next_unconfirmed++ % UNCONFIRMED_MAX] = (struct unconfirmed){
            request->grant.leaf, request->access.target[i].person, facts_version(request->grant.target[i].facts)};
    }
}

/* Only if no newer block has been handed out since: that one's own completion will confirm it. */
static void confirm(struct safe *safe, struct unconfirmed *waiting)
{
    struct keystore_person keys;

    if (keystore_person(safe->keystore, &waiting->person, 0, &keys, NULL) == OK &&
        keys.facts_version == waiting->version) {
        keys.facts_confirmed = waiting->version;
        /* If the batch is full it stays as it is: both versions are taken until the next change. */
        if (keystore_set_facts(safe->keystore, &waiting->person, &keys) == OK)
            waiting->version = 0;
    }
}

void confirm_now(struct safe *safe, const struct completion *completion)
{
    if (completion->error != OK)
        return;
    for (size_t i = 0; i < UNCONFIRMED_MAX; i++)
        if (safe->unconfirmed[i].version != 0 && safe->unconfirmed[i].leaf == completion->leaf)
            confirm(safe, &safe->unconfirmed[i]);
}
