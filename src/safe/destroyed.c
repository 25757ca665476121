/* SPDX-License-Identifier: Apache-2.0 */

/* Destroying a person's keys, and telling of it in the public log by commitment: each time that something is destroyed,
 * and for what a crash or a full disk kept from being told, when the safe opens and once a second. */

#include "base/log.h"
#include "crypto/encode.h"
#include "state.h"

static enum error publish(void *context, const struct hash *commitment)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(512);
    char hex[2 * HASH_BYTES];
    uint64_t index;

    encode_hex(hash_slice(commitment), hex);
    buffer_format(&text, "{\"kind\":\"keys.destroyed\",\"commitment\":\"%.*s\"}", (int)sizeof hex, hex);
    TRY(buffer_check(&text));
    return safe_publish(context, buffer_view(&text), &index);
}

enum error destroyed_tell(struct safe *safe)
{
    enum error error = keystore_tell_destroyed(safe->keystore, publish, safe);

    safe->untold = error != OK;
    return error;
}

void destroyed_idle(struct safe *safe)
{
    if (safe->untold && destroyed_tell(safe) != OK)
        LOG(WARNING, "safe.destruction_not_told");
}

/* Asked for again by somebody whom the rules permit it, it is no error: so the door can finish what was cut off. */
enum error destroyed_person(struct safe *safe, struct request *request, const struct id *person,
                            struct grant_target *grant)
{
    bool before = false;

    TRY(keystore_is_destroyed(safe->keystore, person, &before));
    if (before) {
        grant->drawers = 0; /* there is no key to give */
        return OK;
    }
    request->changes_keys = true;
    return keystore_destroy(safe->keystore, person, safe->now_ns / 1000000000, &request->destroyed);
}
