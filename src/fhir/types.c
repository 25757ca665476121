/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#define TYPE(name, kind, person, writable) {{name, sizeof name - 1}, kind, person, writable},
static const struct fhir_type types[] = {
#include "types.def"
};
#undef TYPE

#define TYPES (sizeof types / sizeof *types)

const struct fhir_type *fhir_type(struct slice name)
{
    size_t low = 0, high = TYPES;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = slice_compare(name, types[middle].name);
        if (order == 0)
            return &types[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct fhir_type *fhir_type_of(const struct json *resource)
{
    return fhir_type(json_text(json_member(resource, "resourceType")));
}

const struct fhir_type *fhir_type_at(size_t index)
{
    return index < TYPES ? &types[index] : NULL;
}

/* Recursion is bounded by the number of names in the path and JSON_DEPTH_MAX. */
bool fhir_walk(const struct json *resource, struct slice path, fhir_visit *visit, void *context)
{
    if (!resource)
        return true;
    if (json_kind(resource) == JSON_ARRAY) {
        for (struct json_items items = json_items(resource); json_next(&items);)
            if (!fhir_walk(items.value, path, visit, context))
                return false;
        return true;
    }
    if (path.length == 0)
        return visit(context, resource);
    struct slice name = slice_cut(&path, '.');
    return fhir_walk(json_member_slice(resource, name), path, visit, context);
}

bool fhir_references(const struct json *value, fhir_visit *visit, void *context)
{
    for (struct json_items items = json_items(value); json_next(&items);) {
        bool is_reference = slice_is(items.key, "reference") && json_kind(items.value) == JSON_STRING;
        if (is_reference && !visit(context, items.value))
            return false;
        if (!fhir_references(items.value, visit, context))
            return false;
    }
    return true;
}

/* Inside a bundle a person may still be a urn: or a question; what it means there is the bundle's business. */
static bool names_patient(struct slice reference)
{
    return slice_starts_with(reference, SLICE("Patient/")) || slice_starts_with(reference, SLICE("urn:")) ||
           slice_starts_with(reference, SLICE("Patient?"));
}

static bool take_person(void *context, const struct json *value)
{
    struct slice *found = context;
    struct slice reference = json_text(json_member(value, "reference"));

    if (!names_patient(reference))
        return true;
    *found = reference;
    return false;
}

enum error fhir_person(const struct json *resource, struct slice *ret_reference)
{
    const struct fhir_type *type = fhir_type_of(resource);
    struct slice found = {"", 0};

    if (!type)
        return ERROR_UNKNOWN_TYPE;
    struct slice paths = slice_from_string(type->person);
    while (paths.length && found.length == 0)
        (void)fhir_walk(resource, slice_cut(&paths, '|'), take_person, &found);
    if (found.length == 0 && type->person[0])
        return ERROR_REQUIRED;
    *ret_reference = found;
    return OK;
}
