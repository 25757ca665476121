/* SPDX-License-Identifier: Apache-2.0 */

/* The obligation redact_location. What is less than the whole never says where she was seen: who is told that she is
 * known, or gets her summary, must not learn from it at which door to wait for her. Done here, where views are made, so
 * that no handler can forget it; what is left out stands in redact.def and drawers.def. */

#include "internal.h"

#define REDACT_REFERENCE(type) type,
#define REDACT_ELEMENT(element)
#define REDACT_META(element)
static const char *const places[] = {
#include "redact.def"
};
#undef REDACT_REFERENCE
#undef REDACT_ELEMENT
#define REDACT_REFERENCE(type)
#define REDACT_ELEMENT(element) element,
static const char *const elements[] = {
#include "redact.def"
};
#undef REDACT_ELEMENT
#undef REDACT_META
#define REDACT_ELEMENT(element)
#define REDACT_META(element) element,
static const char *const metas[] = {
#include "redact.def"
};
#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool is_among(struct slice word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(word, list[i]))
            return true;
    return false;
}

/* "Organization/…", also behind a base URL; or a Reference that says its type. */
static bool refers_to_place(const struct json *value)
{
    struct slice reference = json_text(json_member(value, "reference"));
    bool is_place = is_among(json_text(json_member(value, "type")), places, COUNT(places));

    while (!is_place && reference.length > 0)
        is_place = is_among(slice_cut(&reference, '/'), places, COUNT(places));
    return is_place;
}

static void write_kept(struct json_writer *writer, const struct json *value);

/* Nothing is left of what held nothing but places: an empty object is no FHIR. Recursion is bounded by
 * JSON_DEPTH_MAX. */
static bool keeps_something(const struct json *value)
{
    enum json_kind kind = json_kind(value);

    if (kind != JSON_OBJECT && kind != JSON_ARRAY)
        return true;
    if (refers_to_place(value))
        return false;
    for (struct json_items items = json_items(value); json_next(&items);)
        if (keeps_something(items.value))
            return true;
    return false;
}

static void write_items(struct json_writer *writer, const struct json *value, bool named)
{
    for (struct json_items items = json_items(value); json_next(&items);) {
        if (!keeps_something(items.value))
            continue;
        if (named)
            json_key_slice(writer, items.key);
        write_kept(writer, items.value);
    }
}

static void write_kept(struct json_writer *writer, const struct json *value)
{
    switch (json_kind(value)) {
    case JSON_OBJECT:
        json_begin_object(writer);
        write_items(writer, value, true);
        json_end_object(writer);
        break;
    case JSON_ARRAY:
        json_begin_array(writer);
        write_items(writer, value, false);
        json_end_array(writer);
        break;
    default:
        json_value(writer, value);
    }
}

static void write_meta(struct json_writer *writer, const struct json *meta)
{
    json_begin_object(writer);
    for (struct json_items items = json_items(meta); json_next(&items);)
        if (!is_among(items.key, metas, COUNT(metas))) {
            json_key_slice(writer, items.key);
            json_value(writer, items.value);
        }
    json_end_object(writer);
}

/* `_address` says of `address`. */
static bool is_redacted(struct slice type, struct slice element)
{
    struct slice name = slice_starts_with(element, SLICE("_")) ? slice_from(element, 1) : element;
    enum drawer drawer = DRAWER_CONTACT;

    if (slice_is(name, "resourceType") || slice_is(name, "id"))
        return false;
    return is_among(name, elements, COUNT(elements)) || !splice_drawer(type, name, &drawer) ||
           drawer == DRAWER_CONTACT;
}

enum error gate_redact_location(struct arena *arena, struct slice type, struct slice json, struct slice *ret_json)
{
    CLEANUP_BUFFER_WIPE struct buffer text = buffer_new(SPLICE_TEXT_MAX * 2);
    struct json_writer writer = json_writer(&text);
    const struct json *resource;

    TRY(json_parse(arena, json, &resource, NULL));
    json_begin_object(&writer);
    for (struct json_items items = json_items(resource); json_next(&items);) {
        bool is_meta = slice_is(items.key, "meta");
        if (!is_meta && (is_redacted(type, items.key) || !keeps_something(items.value)))
            continue;
        json_key_slice(&writer, items.key);
        is_meta ? write_meta(&writer, items.value) : write_kept(&writer, items.value);
    }
    json_end_object(&writer);
    TRY(buffer_check(&text));
    *ret_json = arena_copy(arena, buffer_view(&text));
    return ret_json->data ? OK : ERROR_MEMORY;
}
