/* SPDX-License-Identifier: Apache-2.0 */

/* What door and safe read of each other: refused, or it writes back to the same bytes. The first byte chooses. */

#include <stdlib.h>

#include "safe/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum error again(uint8_t kind, struct arena *arena, struct slice bytes, struct buffer *back)
{
    struct session_keys keys;
    struct credential credential;
    struct completion completion;
    struct access access;
    struct grant grant;

    switch (kind % 5) {
    case 0:
        TRY(access_read(arena, bytes, &access));
        access_write(&access, back);
        return OK;
    case 1:
        TRY(grant_read(arena, bytes, &grant));
        grant_write(&grant, back);
        return OK;
    case 2:
        TRY(credential_read(bytes, &credential));
        credential_write(&credential, back);
        return OK;
    case 3:
        TRY(completion_read(bytes, &completion));
        completion_write(&completion, back);
        return OK;
    default:
        TRY(session_keys_read(bytes, &keys));
        session_keys_write(&keys, back);
        return OK;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(64u << 20);
    CLEANUP_BUFFER struct buffer back = buffer_new(64u << 20);

    if (size == 0 || !arena)
        return 0;
    struct slice bytes = slice_of(data + 1, size - 1);
    if (again(data[0], arena, bytes, &back) == OK && (back.failed || !slice_equal(buffer_view(&back), bytes)))
        abort();
    return 0;
}
