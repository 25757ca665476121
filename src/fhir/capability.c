/* SPDX-License-Identifier: Apache-2.0 */
#include "capability.h"

#include "search.h"
#include "text/date.h"

static void write_codes(struct json_writer *writer, const char *list, const char *const *codes, size_t count)
{
    json_key(writer, list);
    json_begin_array(writer);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(writer);
        json_member_cstring(writer, "code", codes[i]);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_interactions(struct json_writer *writer, const struct fhir_type *type)
{
    static const char *const codes[] = {"read",  "vread", "history-instance", "search-type", "create", "update",
                                        "patch", "delete"};
    size_t reading = 4;

    write_codes(writer, "interaction", codes, type->writable ? sizeof codes / sizeof *codes : reading);
}

static const char *kind_code(enum fhir_search_kind kind)
{
    static const char *const codes[] = {
        [FHIR_TOKEN] = "token",   [FHIR_CODE] = "token",        [FHIR_STRING] = "string",       [FHIR_DATE] = "date",
        [FHIR_NUMBER] = "number", [FHIR_QUANTITY] = "quantity", [FHIR_REFERENCE] = "reference", [FHIR_URI] = "uri",
    };
    return codes[kind];
}

static void write_parameters(struct json_writer *writer, const struct fhir_type *type)
{
    const struct fhir_parameter *parameter = NULL;

    json_key(writer, "searchParam");
    json_begin_array(writer);
    while ((parameter = fhir_parameter_next(type, parameter))) {
        json_begin_object(writer);
        json_member_string(writer, "name", parameter->name);
        json_member_cstring(writer, "type", kind_code(parameter->kind));
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_type(struct json_writer *writer, const struct fhir_type *type)
{
    json_begin_object(writer);
    json_member_string(writer, "type", type->name);
    write_interactions(writer, type);
    json_member_cstring(writer, "versioning", type->writable ? "versioned-update" : "versioned");
    json_key(writer, "readHistory");
    json_bool(writer, true);
    json_key(writer, "updateCreate");
    json_bool(writer, false);
    json_member_cstring(writer, "conditionalDelete", "not-supported");
    write_parameters(writer, type);
    json_end_object(writer);
}

static void write_security(struct json_writer *writer)
{
    json_key(writer, "security");
    json_begin_object(writer);
    json_member_cstring(writer, "description",
                        "Every request needs a bearer token that says who asks, in which role, for which sector and "
                        "purpose. Every access is written to a log that anyone can verify.");
    json_end_object(writer);
}

static void write_rest(struct json_writer *writer)
{
    static const char *const system[] = {"transaction", "batch"};
    const struct fhir_type *type;

    json_key(writer, "rest");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_cstring(writer, "mode", "server");
    write_security(writer);
    json_key(writer, "resource");
    json_begin_array(writer);
    for (size_t i = 0; (type = fhir_type_at(i)); i++)
        write_type(writer, type);
    json_end_array(writer);
    write_codes(writer, "interaction", system, 2);
    json_end_object(writer);
    json_end_array(writer);
}

static void write_software(struct json_writer *writer, const struct fhir_capability *capability)
{
    json_key(writer, "software");
    json_begin_object(writer);
    json_member_cstring(writer, "name", "Hospitium");
    json_member_string(writer, "version", capability->version);
    json_end_object(writer);
    json_key(writer, "implementation");
    json_begin_object(writer);
    json_member_string(writer, "description", capability->name);
    json_member_string(writer, "url", capability->url);
    json_end_object(writer);
}

void fhir_capability_write(const struct fhir_capability *capability, struct buffer *into)
{
    struct json_writer writer = json_writer(into);
    CLEANUP_BUFFER struct buffer date = buffer_new(64);

    date_write_instant(&date, capability->date_ms);
    json_begin_object(&writer);
    json_member_cstring(&writer, "resourceType", "CapabilityStatement");
    json_member_cstring(&writer, "status", "active");
    json_member_string(&writer, "date", buffer_view(&date));
    json_member_cstring(&writer, "kind", "instance");
    write_software(&writer, capability);
    json_member_cstring(&writer, "fhirVersion", "4.0.1");
    json_key(&writer, "format");
    json_begin_array(&writer);
    json_cstring(&writer, "application/fhir+json");
    json_end_array(&writer);
    json_key(&writer, "patchFormat");
    json_begin_array(&writer);
    json_cstring(&writer, "application/json-patch+json");
    json_end_array(&writer);
    write_rest(&writer);
    json_end_object(&writer);
}
