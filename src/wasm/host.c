/* SPDX-License-Identifier: Apache-2.0 */

/* What comes from libsodium and OpenSSL elsewhere. The page has hashed the bytes that it hands over with the browser's
 * own SHA-256 and says so before; a hash of anything else is not asked for here. */

#include "host.h"

#include "crypto/encode.h"
#include "crypto/secret.h"

static struct slice hashed;
static struct hash hash_of_hashed;

void host_set_hash(struct slice bytes, const uint8_t hash[HASH_BYTES])
{
    hashed = bytes;
    memcpy(hash_of_hashed.byte, hash, HASH_BYTES);
}

struct hash hash_sha256(struct slice message)
{
    struct hash none = {0};

    return message.data == hashed.data && message.length == hashed.length ? hash_of_hashed : none;
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->byte, b->byte, HASH_BYTES) == 0;
}

void secret_wipe(void *memory, size_t length)
{
    volatile uint8_t *byte = memory;

    for (size_t i = 0; i < length; i++)
        byte[i] = 0;
}
