/* SPDX-License-Identifier: Apache-2.0 */

/* Lawful orders, at the gate: whether there is a route, and what leaves under one. What leaves is a list of what may,
 * and not of what may not: an element that FHIR adds one day stays in the house. No house, no relative, no number, no
 * date of a visit, no id. */

#include <stdlib.h>

#include "internal.h"

bool gate_has_order_route(const struct gate *gate)
{
    int64_t now = world_now_s(gate->world);

    return gate->ready && gate->order_from_s <= now && now < gate->order_until_s;
}

struct asking {
    struct gate *gate;
    gate_done *done;
    void *context;
};

static void route_came(void *context, enum error error, struct slice payload)
{
    struct asking asking = *(struct asking *)context;
    struct reader reader = reader_of(payload);
    int64_t from_s = (int64_t)reader_u64(&reader), until_s = (int64_t)reader_u64(&reader);

    free(context);
    if (error != OK || !reader_done(&reader))
        from_s = until_s = 0;
    asking.gate->order_from_s = from_s;
    asking.gate->order_until_s = until_s;
    asking.done(asking.context, OK);
}

void gate_ask_order_route(struct gate *gate, gate_done *done, void *context)
{
    struct asking *asking = malloc(sizeof *asking);

    gate->order_from_s = gate->order_until_s = 0;
    if (!asking) {
        done(context, OK); /* without a route */
        return;
    }
    *asking = (struct asking){gate, done, context};
    safe_call(gate->client, PROTOCOL_ORDER_ROUTE, slice_of("", 0), route_came, asking);
}

/* ---- the obligation minimum ---- */

/* clang-format off */
static const struct {
    const char *element;
    const char *members; /* of its values; "": it is one value */
} minimum[] = {
    {"name", "use text family given prefix suffix"},
    {"birthDate", ""},
    {"gender", ""},
    {"address", "use type text line city district state postalCode country"},
    {"telecom", "system value use"},
};
/* clang-format on */

static bool is_member(const char *members, struct slice name)
{
    struct slice rest = slice_from_string(members);

    while (rest.length > 0)
        if (slice_equal(slice_cut(&rest, ' '), name))
            return true;
    return false;
}

static void write_values(struct json_writer *writer, const struct json *values, const char *members)
{
    json_begin_array(writer);
    for (struct json_items i = json_items(values); json_next(&i);) {
        json_begin_object(writer);
        for (struct json_items j = json_items(i.value); json_next(&j);)
            if (is_member(members, j.key)) {
                json_key_slice(writer, j.key);
                json_value(writer, j.value);
            }
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_element(struct json_writer *writer, const struct json *resource, size_t number)
{
    const struct json *value = json_member(resource, minimum[number].element);
    enum json_kind wanted = minimum[number].members[0] ? JSON_ARRAY : JSON_STRING;

    if (json_kind(value) != wanted)
        return;
    json_key(writer, minimum[number].element);
    if (wanted == JSON_STRING)
        json_value(writer, value);
    else
        write_values(writer, value, minimum[number].members);
}

enum error gate_minimum(struct arena *arena, struct slice type, struct slice json, struct slice *ret_json)
{
    CLEANUP_BUFFER_WIPE struct buffer text = buffer_new(SPLICE_TEXT_MAX * 2);
    struct json_writer writer = json_writer(&text);
    const struct json *resource;

    if (!slice_is(type, "Patient"))
        return ERROR_NOT_FOUND;
    TRY(json_parse(arena, json, &resource, NULL));
    json_begin_object(&writer);
    json_member_cstring(&writer, "resourceType", "Patient");
    json_key(&writer, "meta"); /* a part is marked as a part */
    json_raw(&writer, SLICE("{\"tag\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\","
                            "\"code\":\"SUBSETTED\"}]}"));
    for (size_t i = 0; i < sizeof minimum / sizeof *minimum; i++)
        write_element(&writer, resource, i);
    json_end_object(&writer);
    TRY(buffer_check(&text));
    *ret_json = arena_copy(arena, buffer_view(&text));
    return ret_json->data ? OK : ERROR_MEMORY;
}
