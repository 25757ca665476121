/* SPDX-License-Identifier: Apache-2.0 */
#include "validate.h"

#include "primitive.h"
#include "types.h"

/* Where we are, as a chain through the stack; written out only when something is wrong. */
struct place {
    const struct place *above;
    struct slice name;
    size_t index; /* SIZE_MAX: not in an array */
};

struct check {
    struct fault *fault;
};

static enum error check_struct(const struct check *check, struct fhir_members members, const struct json *object,
                               bool is_resource, const struct place *place);
static enum error check_resource(const struct check *check, const struct json *resource, const struct place *above);

/* What an enemy sends as a name is shown only if it looks like one. */
static bool is_plain_name(struct slice name)
{
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return name.length > 0 && name.length <= 64;
}

static void write_place(struct buffer *into, const struct place *place)
{
    if (!place)
        return;
    write_place(into, place->above); /* as deep as the document: JSON_DEPTH_MAX */
    if (into->length)
        buffer_byte(into, '.');
    if (is_plain_name(place->name))
        buffer_slice(into, place->name);
    else
        buffer_byte(into, '?');
    if (place->index != SIZE_MAX)
        buffer_format(into, "[%zu]", place->index);
}

static enum error refuse(const struct check *check, enum error code, const struct place *place, const char *why)
{
    CLEANUP_BUFFER struct buffer path = buffer_new(1024);

    if (!check->fault)
        return code;
    write_place(&path, place);
    return fault_set(check->fault, code, "%.*s %s", SLICE_PRINT(buffer_view(&path)), why);
}

static struct place below(const struct place *above, struct slice name)
{
    return (struct place){above, name, SIZE_MAX};
}

static bool is_listed(const char *codes, struct slice code)
{
    for (struct slice rest = slice_from_string(codes); rest.length;)
        if (slice_equal(slice_cut(&rest, ' '), code))
            return true;
    return false;
}

static enum error check_primitive(const struct check *check, const struct fhir_element *element,
                                  const struct json *value, const struct place *place)
{
    const char *wrong = fhir_primitive_fault((enum fhir_primitive)element->target, value);

    if (wrong)
        return refuse(check, ERROR_VALUE, place, wrong);
    if (element->codes[0] && !is_listed(element->codes, json_text(value)))
        return refuse(check, ERROR_VALUE, place, "is not one of the codes that are required here");
    return OK;
}

static enum error check_one(const struct check *check, const struct fhir_element *element, const struct json *value,
                            const struct place *place)
{
    if (element->kind == FHIR_IS_PRIMITIVE)
        return check_primitive(check, element, value, place);
    if (json_kind(value) != JSON_OBJECT)
        return refuse(check, ERROR_VALUE, place, "is not an object");
    if (element->kind == FHIR_IS_RESOURCE)
        return check_resource(check, value, place);
    return check_struct(check, fhir_struct_members(element->target), value, false, place);
}

/* An item of a list of primitives may be null when its companion says why (R4, "JSON representation of primitives"). */
static enum error check_list(const struct check *check, const struct fhir_element *element, const struct json *list,
                             const struct json *companions, struct place *place)
{
    if (json_kind(list) != JSON_ARRAY || json_count(list) == 0)
        return refuse(check, ERROR_VALUE, place, "is not a list with items");
    for (struct json_items items = json_items(list); json_next(&items);) {
        place->index = items.index;
        if (json_kind(items.value) == JSON_NULL && companions)
            continue;
        TRY(check_one(check, element, items.value, place));
    }
    return OK;
}

static enum error check_companion(const struct check *check, const struct fhir_element *element,
                                  const struct json *companion, struct place *place)
{
    if (!element->many)
        return json_kind(companion) == JSON_OBJECT
                   ? check_struct(check, fhir_struct_companion(), companion, false, place)
                   : refuse(check, ERROR_VALUE, place, "is not an object");
    if (json_kind(companion) != JSON_ARRAY || json_count(companion) == 0)
        return refuse(check, ERROR_VALUE, place, "is not a list with items");
    for (struct json_items items = json_items(companion); json_next(&items);) {
        place->index = items.index;
        if (json_kind(items.value) == JSON_NULL)
            continue;
        if (json_kind(items.value) != JSON_OBJECT)
            return refuse(check, ERROR_VALUE, place, "is not an object");
        TRY(check_struct(check, fhir_struct_companion(), items.value, false, place));
    }
    return OK;
}

static const struct fhir_element *find_element(struct fhir_members members, struct slice name)
{
    for (size_t i = 0; i < members.count; i++)
        if (slice_equal(members.element[i].name, name))
            return &members.element[i];
    return NULL;
}

/* Finds the element that a member stands for; `_name` only for primitives. */
static const struct fhir_element *element_of(struct fhir_members members, struct slice name, bool *is_companion)
{
    *is_companion = name.length > 1 && name.data[0] == '_';
    const struct fhir_element *element = find_element(members, slice_from(name, *is_companion));
    return element && *is_companion && element->kind != FHIR_IS_PRIMITIVE ? NULL : element;
}

/* Elements seen in one object. */
struct seen {
    uint64_t bit[FHIR_STRUCT_ELEMENTS_MAX / 64];
};

static bool is_seen(const struct seen *seen, size_t number)
{
    return seen->bit[number / 64] >> number % 64 & 1;
}

static void see(struct seen *seen, size_t number)
{
    seen->bit[number / 64] |= UINT64_C(1) << number % 64;
}

static bool choice_is_seen(struct fhir_members members, const struct seen *seen, uint8_t choice, size_t but_not)
{
    for (size_t i = 0; i < members.count; i++)
        if (members.element[i].choice == choice && i != but_not && is_seen(seen, i))
            return true;
    return false;
}

static enum error check_required(const struct check *check, struct fhir_members members, const struct seen *seen,
                                 const struct place *place)
{
    for (size_t i = 0; i < members.count; i++) {
        const struct fhir_element *element = &members.element[i];
        if (!element->required || is_seen(seen, i))
            continue;
        if (element->choice && choice_is_seen(members, seen, element->choice, i))
            continue;
        struct place missing = below(place, element->name);
        return refuse(check, ERROR_REQUIRED, &missing, "is missing");
    }
    return OK;
}

static enum error check_member(const struct check *check, struct fhir_members members, const struct json *object,
                               const struct json_items *member, struct seen *seen, const struct place *above)
{
    bool is_companion;
    struct place place = below(above, member->key);
    const struct fhir_element *element = element_of(members, member->key, &is_companion);

    if (!element)
        return refuse(check, ERROR_VALUE, &place, "is not an element of this type");
    size_t number = (size_t)(element - members.element);
    see(seen, number);
    if (element->choice && choice_is_seen(members, seen, element->choice, number))
        return refuse(check, ERROR_VALUE, &place, "stands beside another choice of the same element");
    if (is_companion)
        return check_companion(check, element, member->value, &place);
    if (!element->many)
        return check_one(check, element, member->value, &place);

    char companion[64 + 1] = "_";
    memcpy(companion + 1, element->name.data, element->name.length);
    const struct json *companions = element->kind == FHIR_IS_PRIMITIVE
                                        ? json_member_slice(object, slice_of(companion, element->name.length + 1))
                                        : NULL;
    return check_list(check, element, member->value, companions, &place);
}

/* Recursion goes as deep as the document, which json_parse bounds by JSON_DEPTH_MAX. */
static enum error check_struct(const struct check *check, struct fhir_members members, const struct json *object,
                               bool is_resource, const struct place *place)
{
    struct seen seen = {0};

    if (json_count(object) == 0)
        return refuse(check, ERROR_VALUE, place, "is empty");
    for (struct json_items items = json_items(object); json_next(&items);) {
        if (is_resource && slice_is(items.key, "resourceType"))
            continue;
        TRY(check_member(check, members, object, &items, &seen, place));
    }
    return check_required(check, members, &seen, place);
}

static enum error check_resource(const struct check *check, const struct json *resource, const struct place *above)
{
    struct slice type = json_text(json_member(resource, "resourceType"));
    const struct json *id = json_member(resource, "id");
    struct place place = below(above, type), id_place = below(&place, SLICE("id"));

    if (!fhir_type(type))
        return refuse(check, ERROR_UNKNOWN_TYPE, above, "is of a type that is not served");
    if (id && fhir_primitive_fault(PRIMITIVE_ID, id))
        return refuse(check, ERROR_VALUE, &id_place, "is not an id");
    return check_struct(check, fhir_struct_members((unsigned)fhir_struct_number(type)), resource, true,
                        above ? above : &place);
}

enum error fhir_validate(const struct json *resource, struct fault *fault)
{
    struct check check = {fault};

    if (json_kind(resource) != JSON_OBJECT)
        return fault_set(fault, ERROR_VALUE, "a resource is a JSON object");
    return check_resource(&check, resource, NULL);
}

bool fhir_is_local_id(struct slice id)
{
    for (size_t i = 0; i < id.length; i++)
        if (!((id.data[i] >= '0' && id.data[i] <= '9') || (id.data[i] >= 'a' && id.data[i] <= 'f')))
            return false;
    return id.length == 32;
}
