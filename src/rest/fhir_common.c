/* SPDX-License-Identifier: Apache-2.0 */

/* What the FHIR handlers share: types, ids and bodies. */

#include "crypto/encode.h"
#include "fhir.h"
#include "fhir/strip.h"
#include "fhir/validate.h"
#include "identity/blocking.h"
#include "safe/node.h"

#define RESOURCE_MAX (16u << 20)
#define ORGANIZATION_SYSTEM "urn:hospitium:organization"

const struct fhir_type *call_type(struct call *call)
{
    const struct fhir_type *type = fhir_type(call->parameter[0]);

    if (!type)
        reply_fault(call, ERROR_UNKNOWN_TYPE, "%s", "");
    return type;
}

static struct id inward(struct call *call, const struct fhir_type *type, const struct id *wire)
{
    if (type->kind == FHIR_COMMON)
        return *wire;
    return gate_inside_id(call->app->gate, call->asker.credential.sector, wire);
}

bool call_id(struct call *call, const struct fhir_type *type, size_t parameter, struct id *ret_inside)
{
    struct id wire;

    if (decode_hex(call->parameter[parameter], wire.byte, ID_BYTES) != OK) {
        reply_error(call, ERROR_NOT_FOUND, NULL);
        return false;
    }
    *ret_inside = inward(call, type, &wire);
    return true;
}

struct slice call_wire(struct call *call, const struct fhir_type *type, const struct id *inside)
{
    struct id wire = type->kind == FHIR_COMMON ? *inside
                                               : gate_wire_id(call->app->gate, call->asker.credential.sector, inside);
    char *text = arena_alloc(call->arena, ID_TEXT_BYTES + 1);

    if (!text)
        return slice_of("", 0);
    encode_hex(id_slice(&wire), text);
    return slice_of(text, ID_TEXT_BYTES);
}

bool reference_inside(struct call *call, struct slice reference, struct id *ret_inside)
{
    struct slice name = slice_cut(&reference, '/');
    const struct fhir_type *type = fhir_type(name);
    struct id wire;

    if (!type || decode_hex(reference, wire.byte, ID_BYTES) != OK)
        return false;
    *ret_inside = inward(call, type, &wire);
    return true;
}

enum error clean_resource(struct call *call, const struct json *sent, const struct json **ret_resource)
{
    struct buffer stripped = buffer_new(RESOURCE_MAX);
    struct fhir_strip_counts counts = {0};
    bool dropped = false;

    enum error error = fhir_strip(sent, &stripped, &counts, &dropped);
    if (error == OK && dropped)
        error = fault_set(&call->fault, ERROR_VALUE, "it says only what must not be stored");
    if (error == OK)
        error = json_parse(call->arena, buffer_view(&stripped), ret_resource, &call->fault);
    buffer_wipe(&stripped);
    TRY(error);
    return fhir_validate(*ret_resource, &call->fault);
}

static enum error read_resource(struct call *call, const struct fhir_type *type, const struct json **ret_resource)
{
    const struct json *sent;

    TRY(json_parse(call->arena, call->request->body, &sent, &call->fault));
    if (type && !slice_equal(json_text(json_member(sent, "resourceType")), type->name))
        return fault_set(&call->fault, ERROR_VALUE, "resourceType is not that of the address");
    return clean_resource(call, sent, ret_resource);
}

const struct json *call_resource(struct call *call, const struct fhir_type *type)
{
    const struct json *resource = NULL;
    enum error error = read_resource(call, type, &resource);

    if (error == OK)
        return resource;
    reply_error(call, error, NULL);
    return NULL;
}

/* A Patient can also be found by what another record of the same person is likely to share. */
static enum error blocking_terms(struct arena *arena, const struct json *patient, struct slice *term, size_t maximum,
                                 size_t *ret_count)
{
    struct identity_person *person = arena_alloc(arena, sizeof *person);
    struct identity_terms *blocking = arena_alloc(arena, sizeof *blocking);

    if (!person || !blocking)
        return ERROR_MEMORY;
    TRY(identity_person_from_patient(patient, arena, person, NULL));
    TRY(identity_blocking_terms(person, arena, blocking));
    for (size_t i = 0; i < blocking->count && *ret_count < maximum; i++) {
        term[*ret_count] = arena_format(arena, "match^%.*s", SLICE_PRINT(blocking->term[i].text));
        if (!term[(*ret_count)++].data)
            return ERROR_MEMORY;
    }
    return OK;
}

enum error match_terms(struct arena *arena, const struct json *patient, struct fhir_terms *ret_terms)
{
    struct slice *term = arena_array(arena, IDENTITY_TERMS_MAX, sizeof *term);

    if (!term)
        return ERROR_MEMORY;
    *ret_terms = (struct fhir_terms){.term = term};
    return blocking_terms(arena, patient, term, IDENTITY_TERMS_MAX, &ret_terms->count);
}

enum error item_terms(struct arena *arena, const struct json *resource, struct gate_write_item *item)
{
    struct fhir_terms terms;

    TRY(fhir_search_terms(arena, resource, &terms));
    item->term = terms.term;
    item->terms = terms.count;
    if (!slice_is(item->type, "Patient"))
        return OK;

    size_t maximum = terms.count + IDENTITY_TERMS_MAX;
    struct slice *all = arena_array(arena, maximum, sizeof *all);
    if (!all)
        return ERROR_MEMORY;
    memcpy(all, terms.term, terms.count * sizeof *all);
    item->term = all;
    return blocking_terms(arena, resource, all, maximum, &item->terms);
}

enum error item_person(struct call *call, const struct fhir_type *type, const struct json *resource,
                       struct gate_write_item *item)
{
    struct slice reference;

    if (type->kind == FHIR_COMMON) {
        item->person = (struct id){{0}};
        return OK;
    }
    if (slice_is(type->name, "Patient")) {
        item->person = item->resource;
        return OK;
    }
    TRY(fhir_person(resource, &reference));
    if (!reference_inside(call, reference, &item->person))
        return fault_set(&call->fault, ERROR_VALUE, "the reference to the patient is not one of this server");
    return OK;
}

enum error item_owner(struct call *call, struct gate_write_item *item)
{
    enum error error = gate_person_of(call->app->gate, call->arena, &item->resource, &item->person);

    if (error != ERROR_NOT_FOUND)
        return error;
    item->person = item->resource;
    return OK;
}

struct id common_id(struct call *call, const struct json *resource)
{
    struct json_items identifiers = json_items(json_member(resource, "identifier"));

    while (json_next(&identifiers))
        if (json_is(json_member(identifiers.value, "system"), ORGANIZATION_SYSTEM))
            return node_organization(json_text(json_member(identifiers.value, "value")));
    return gate_new_id(call->app->gate);
}
