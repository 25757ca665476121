/* SPDX-License-Identifier: Apache-2.0 */

/* JSON is split and comes back the same; anything else is taken for a body and joined, or found corrupt. */

#include <stdlib.h>

#include "gate/splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum error join(const struct splice_bodies *bodies, struct slice type, struct buffer *out)
{
    struct splice_header header = {.type = type, .version = 1, .tags = SLICE("1"), .security = SLICE("2")};
    return splice_join(&header, bodies, NULL, NULL, out);
}

static void split_and_join(struct arena *arena, const struct json *resource)
{
    CLEANUP_BUFFER struct buffer out = buffer_new(8u << 20);
    struct slice type = json_text(json_member(resource, "resourceType"));
    struct splice_bodies bodies;
    const struct json *back;

    if (json_kind(resource) != JSON_OBJECT || splice_split(arena, resource, type, NULL, NULL, &bodies) != OK)
        return;
    if (join(&bodies, type, &out) != OK)
        abort();
    enum error error = json_parse(arena, buffer_view(&out), &back, NULL);
    if (error != OK && error != ERROR_MEMORY)
        abort();
    for (struct json_items items = json_items(resource); error == OK && json_next(&items);)
        if (!slice_is(items.key, "id") && !slice_is(items.key, "meta") && !slice_is(items.key, "resourceType") &&
            !json_equal(items.value, json_member_slice(back, items.key)))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(32u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(8u << 20);
    const struct json *resource;

    if (!arena)
        return 0;
    if (json_parse(arena, slice_of(data, size), &resource, NULL) == OK) {
        split_and_join(arena, resource);
        return 0;
    }
    struct splice_bodies bodies = {.body = {slice_of(data, size)}};
    (void)!join(&bodies, SLICE("Patient"), &out);
    return 0;
}
