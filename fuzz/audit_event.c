/* SPDX-License-Identifier: Apache-2.0 */

/* What an owner of a node may seal as an event: the input is the JSON of an event, a zero byte, and the JSON beside it.
 * Reading it stays inside it and inside its own room, and time is read as a number or not at all. Sealed bytes are tried as they
 * are. */

#include <stdlib.h>

#include "audit/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char room[SEALED_EVENT_MAX];
    static const struct secret_key key;
    struct slice rest = slice_of(data, size);
    struct event event = {.json = slice_cut(&rest, '\0'), .looker_json = rest};
    uint32_t hour;

    if (event_read(&event) && (event.time_ms < 0 || event.persons > EVENT_PERSONS_MAX || event.opened > DRAWER_ALL))
        abort();
    event_free(&event);
    if (event_hour(slice_of(data, size), &hour) && size > SEALED_EVENT_MAX + SEAL_OVERHEAD + 5)
        abort();
    if (event_open(&key, slice_of(data, size < 65 ? size : 65), slice_of(data, size), room, &event) == EVENT_HOLDS)
        abort(); /* nobody sealed it */
    event_free(&event);
    return 0;
}
