/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#define TAG_SYSTEM "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
#define TAG_CODE "SUBSETTED"

bool fhir_is_subsetted(const struct json *resource)
{
    const struct json *tags = json_member(json_member(resource, "meta"), "tag");

    for (struct json_items items = json_items(tags); json_next(&items);)
        if (json_is(json_member(items.value, "code"), TAG_CODE))
            return true;
    return false;
}

static bool stays(const struct json *resource, struct slice member, fhir_keep *keep, void *context)
{
    struct slice element = member.length && member.data[0] == '_' ? slice_from(member, 1) : member;

    if (slice_is(element, "resourceType") || slice_is(element, "id") || slice_is(element, "meta"))
        return true;
    return keep(context, json_text(json_member(resource, "resourceType")), element);
}

static void write_tags(struct json_writer *writer, const struct json *tags)
{
    json_begin_array(writer);
    for (struct json_items items = json_items(tags); json_next(&items);)
        if (!json_is(json_member(items.value, "code"), TAG_CODE))
            json_value(writer, items.value);
    json_begin_object(writer);
    json_member_cstring(writer, "system", TAG_SYSTEM);
    json_member_cstring(writer, "code", TAG_CODE);
    json_end_object(writer);
    json_end_array(writer);
}

static void write_marked_meta(struct json_writer *writer, const struct json *meta)
{
    json_begin_object(writer);
    for (struct json_items items = json_items(meta); json_next(&items);)
        if (!slice_is(items.key, "tag")) {
            json_key_slice(writer, items.key);
            json_value(writer, items.value);
        }
    json_key(writer, "tag");
    write_tags(writer, json_member(meta, "tag"));
    json_end_object(writer);
}

static bool keeps_all(const struct json *resource, fhir_keep *keep, void *context)
{
    for (struct json_items items = json_items(resource); json_next(&items);)
        if (!stays(resource, items.key, keep, context))
            return false;
    return true;
}

void fhir_narrow(const struct json *resource, fhir_keep *keep, void *context, struct buffer *into)
{
    struct json_writer writer = json_writer(into);

    if (keeps_all(resource, keep, context)) {
        json_value(&writer, resource);
        return;
    }
    json_begin_object(&writer);
    for (struct json_items items = json_items(resource); json_next(&items);) {
        if (slice_is(items.key, "meta") || !stays(resource, items.key, keep, context))
            continue;
        json_key_slice(&writer, items.key);
        json_value(&writer, items.value);
    }
    json_key(&writer, "meta");
    write_marked_meta(&writer, json_member(resource, "meta"));
    json_end_object(&writer);
}
