/* SPDX-License-Identifier: Apache-2.0 */

/* {"document": …, "patch": […]}: a patch ends in an error and nothing written, or in JSON that can be read again. */

#include <stdlib.h>

#include "text/json_patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_new(16u << 20);
    CLEANUP_BUFFER struct buffer out = buffer_new(8u << 20);
    const struct json *root, *patched;

    if (!arena || json_parse(arena, slice_of(data, size), &root, NULL) != OK || !json_member(root, "document"))
        return 0;
    enum error error = json_patch(arena, json_member(root, "document"), json_member(root, "patch"), &out, NULL);
    if (error != OK && out.length)
        abort();
    if (error == OK) {
        error = json_parse(arena, buffer_view(&out), &patched, NULL);
        if (error != OK && error != ERROR_MEMORY)
            abort();
    }
    return 0;
}
