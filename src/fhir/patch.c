/* SPDX-License-Identifier: Apache-2.0 */
#include "patch.h"

#include "validate.h"

static enum error check_same(const struct json *before, const struct json *after, struct fault *fault)
{
    static const char *const fixed[] = {"resourceType", "id"};

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        const struct json *was = json_member(before, fixed[i]), *is = json_member(after, fixed[i]);
        if (was != is && !json_equal(was, is))
            return fault_set(fault, ERROR_VALUE, "a patch cannot change %s", fixed[i]);
    }
    return fhir_validate(after, fault);
}

enum error fhir_patch(struct arena *arena, const struct json *resource, const struct json *patch, struct buffer *into,
                      struct fault *fault)
{
    const struct json *patched;
    size_t start = into->length;

    TRY(json_patch(arena, resource, patch, into, fault));
    TRY(json_parse(arena, slice_of(into->data + start, into->length - start), &patched, fault));
    enum error failed = check_same(resource, patched, fault);
    if (failed)
        into->length = start;
    return failed;
}
