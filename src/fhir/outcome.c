/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome.h"

static void write_outcome(struct buffer *into, const char *severity, const char *code, const char *sentence,
                          struct slice diagnostics)
{
    struct json_writer writer = json_writer(into);

    json_begin_object(&writer);
    json_member_cstring(&writer, "resourceType", "OperationOutcome");
    json_key(&writer, "issue");
    json_begin_array(&writer);
    json_begin_object(&writer);
    json_member_cstring(&writer, "severity", severity);
    json_member_cstring(&writer, "code", code);
    json_key(&writer, "details");
    json_begin_object(&writer);
    json_member_cstring(&writer, "text", sentence);
    json_end_object(&writer);
    if (diagnostics.length)
        json_member_string(&writer, "diagnostics", diagnostics);
    json_end_object(&writer);
    json_end_array(&writer);
    json_end_object(&writer);
}

void fhir_outcome_write(const struct fault *fault, struct buffer *into)
{
    const struct error_entry *entry = error_entry(fault->code);
    CLEANUP_BUFFER struct buffer diagnostics = buffer_new(2 * FAULT_DETAIL_MAX + 1024);

    if (fault->detail[0])
        buffer_format(&diagnostics, "%s%s", fault->detail, entry->hint[0] ? ". " : "");
    buffer_string(&diagnostics, entry->hint);
    write_outcome(into, fault->code == OK ? "information" : "error", entry->fhir_issue, entry->sentence,
                  buffer_view(&diagnostics));
}

void fhir_outcome_warning(const char *code, const char *sentence, const char *hint, struct buffer *into)
{
    write_outcome(into, "warning", code, sentence, slice_from_string(hint));
}
