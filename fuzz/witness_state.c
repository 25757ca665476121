/* SPDX-License-Identifier: Apache-2.0 */

/* What a witness kept, from a damaged disk: the bytes as they are, and with a check that fits, so that what stands
 * behind the check is reached. What is accepted writes back to the same bytes. */

#include <stdlib.h>

#include "witness/checked.h"
#include "witness/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_state(struct slice bytes)
{
    CLEANUP_BUFFER struct buffer written = buffer_new(2 * STATE_BYTES_MAX);
    struct state state;

    if (state_parse(bytes, &state) != OK)
        return;
    if (state_write(&state, &written) != OK || !slice_equal(buffer_view(&written), bytes))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUFFER struct buffer checked = buffer_new(2 * STATE_BYTES_MAX);
    struct slice input = slice_of(data, size);

    try_state(input);
    if (checked_write(input, &checked) == OK)
        try_state(buffer_view(&checked));
    return 0;
}
