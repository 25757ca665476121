/* SPDX-License-Identifier: Apache-2.0 */

/* The bundles that are answered. */

#include "bundle.h"

#include <inttypes.h>
#include <stdio.h>

#include "text/date.h"

static const char *const type_codes[] = {
    [FHIR_SEARCHSET] = "searchset",
    [FHIR_HISTORY] = "history",
    [FHIR_TRANSACTION_RESPONSE] = "transaction-response",
    [FHIR_BATCH_RESPONSE] = "batch-response",
    [FHIR_COLLECTION] = "collection",
};

static void write_instant(struct json_writer *writer, const char *name, int64_t ms)
{
    CLEANUP_BUFFER struct buffer instant = buffer_new(64);

    date_write_instant(&instant, ms);
    json_member_string(writer, name, buffer_view(&instant));
}

static void write_link(struct json_writer *writer, const char *relation, struct slice url)
{
    if (url.length == 0)
        return;
    json_begin_object(writer);
    json_member_cstring(writer, "relation", relation);
    json_member_string(writer, "url", url);
    json_end_object(writer);
}

static void write_links(struct json_writer *writer, const struct fhir_bundle_head *head)
{
    if (head->self.length == 0 && head->next.length == 0)
        return;
    json_key(writer, "link");
    json_begin_array(writer);
    write_link(writer, "self", head->self);
    write_link(writer, "next", head->next);
    json_end_array(writer);
}

struct fhir_bundle_writer fhir_bundle_begin(struct buffer *into, const struct fhir_bundle_head *head)
{
    struct fhir_bundle_writer writer = {.json = json_writer(into)};

    json_begin_object(&writer.json);
    json_member_cstring(&writer.json, "resourceType", "Bundle");
    json_member_cstring(&writer.json, "type", type_codes[head->type]);
    write_instant(&writer.json, "timestamp", head->timestamp_ms);
    if (head->total >= 0) {
        json_key(&writer.json, "total");
        json_integer(&writer.json, head->total);
    }
    write_links(&writer.json, head);
    return writer;
}

void fhir_bundle_end(struct fhir_bundle_writer *writer)
{
    if (writer->has_entries)
        json_end_array(&writer->json);
    json_end_object(&writer->json);
}

static void begin_entry(struct fhir_bundle_writer *writer, struct slice full_url, struct slice resource)
{
    if (!writer->has_entries) {
        json_key(&writer->json, "entry");
        json_begin_array(&writer->json);
        writer->has_entries = true;
    }
    json_begin_object(&writer->json);
    if (full_url.length)
        json_member_string(&writer->json, "fullUrl", full_url);
    if (resource.length) {
        json_key(&writer->json, "resource");
        json_raw(&writer->json, resource);
    }
}

void fhir_bundle_hit(struct fhir_bundle_writer *writer, struct slice full_url, struct slice resource, const char *mode)
{
    begin_entry(writer, full_url, resource);
    json_key(&writer->json, "search");
    json_begin_object(&writer->json);
    json_member_cstring(&writer->json, "mode", mode);
    json_end_object(&writer->json);
    json_end_object(&writer->json);
}

void fhir_bundle_match(struct fhir_bundle_writer *writer, struct slice full_url, struct slice resource, double score,
                       const char *grade)
{
    char text[16];
    int length = snprintf(text, sizeof text, "%.4f", score);

    begin_entry(writer, full_url, resource);
    json_key(&writer->json, "search");
    json_begin_object(&writer->json);
    json_key(&writer->json, "extension");
    json_begin_array(&writer->json);
    json_begin_object(&writer->json);
    json_member_cstring(&writer->json, "url", "http://hl7.org/fhir/StructureDefinition/match-grade");
    json_member_cstring(&writer->json, "valueCode", grade);
    json_end_object(&writer->json);
    json_end_array(&writer->json);
    json_member_cstring(&writer->json, "mode", "match");
    json_key(&writer->json, "score");
    json_raw(&writer->json, slice_of(text, (size_t)length));
    json_end_object(&writer->json);
    json_end_object(&writer->json);
}

static void write_request(struct json_writer *json, const struct fhir_response *response)
{
    json_key(json, "request");
    json_begin_object(json);
    json_member_cstring(json, "method", response->method);
    json_member_string(json, "url", response->url);
    json_end_object(json);
}

static void write_response(struct json_writer *json, const struct fhir_response *response)
{
    char text[40];

    json_key(json, "response");
    json_begin_object(json);
    snprintf(text, sizeof text, "%d", response->status);
    json_member_cstring(json, "status", text);
    if (response->location.length)
        json_member_string(json, "location", response->location);
    if (response->version) {
        snprintf(text, sizeof text, "W/\"%" PRIu64 "\"", response->version);
        json_member_cstring(json, "etag", text);
    }
    if (response->last_modified_ms)
        write_instant(json, "lastModified", response->last_modified_ms);
    if (response->outcome.length) {
        json_key(json, "outcome");
        json_raw(json, response->outcome);
    }
    json_end_object(json);
}

void fhir_bundle_response(struct fhir_bundle_writer *writer, const struct fhir_response *response)
{
    begin_entry(writer, response->full_url, response->resource);
    if (response->method)
        write_request(&writer->json, response);
    write_response(&writer->json, response);
    json_end_object(&writer->json);
}
