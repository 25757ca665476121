/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_event.h"

#include "crypto/encode.h"
#include "text/json.h"

#define PROFILES "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
#define ENTITY_TYPES "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
#define AUTHZ_TYPES "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"
#define DCM "http://dicom.nema.org/resources/ontology/DCM"
#define HL7 "http://terminology.hl7.org/CodeSystem/"
#define INTERACTION "http://hl7.org/fhir/restful-interaction"
#define OURS "urn:hospitium:"

struct coding {
    const char *system, *code, *display;
};

#define REST                                                                                                           \
    {                                                                                                                  \
        HL7 "audit-event-type", "rest", "Restful Operation"                                                            \
    }
#define SOURCE_ROLE                                                                                                    \
    {                                                                                                                  \
        DCM, "110153", "Source Role ID"                                                                                \
    }
#define DESTINATION_ROLE                                                                                               \
    {                                                                                                                  \
        DCM, "110152", "Destination Role ID"                                                                           \
    }
#define RECIPIENT                                                                                                      \
    {                                                                                                                  \
        HL7 "v3-ParticipationType", "IRCP", "information recipient"                                                    \
    }
#define AUTHOR                                                                                                         \
    {                                                                                                                  \
        HL7 "v3-ParticipationType", "AUT", "author (originator)"                                                       \
    }

/* What a profile adds to the patient. */
enum shape { SHAPE_DATA, SHAPE_QUERY, SHAPE_DECISION };

/* The profiles, as far as they differ: the codes that each fixes (BALP, content of the profiles). */
enum profile_number { READ, QUERY, CREATE, UPDATE, DELETE, DISCLOSURE, DECISION, PROFILE_COUNT };
static const struct profile {
    const char *name;
    struct coding type, subtype;
    const char *action;
    struct coding client, server, user;
    enum shape shape;
} profiles[PROFILE_COUNT] = {
    [READ] = {"PatientRead", REST, {INTERACTION, "read", "read"}, "R", DESTINATION_ROLE, SOURCE_ROLE, RECIPIENT,
              SHAPE_DATA},
    [QUERY] = {"PatientQuery", REST, {INTERACTION, "search", "search"}, "E", SOURCE_ROLE, DESTINATION_ROLE, RECIPIENT,
               SHAPE_QUERY},
    [CREATE] = {"PatientCreate", REST, {INTERACTION, "create", "create"}, "C", SOURCE_ROLE, DESTINATION_ROLE, AUTHOR,
                SHAPE_DATA},
    [UPDATE] = {"PatientUpdate", REST, {INTERACTION, "update", "update"}, "U", SOURCE_ROLE, DESTINATION_ROLE, AUTHOR,
                SHAPE_DATA},
    [DELETE] = {"PatientDelete", REST, {INTERACTION, "delete", "delete"}, "D", {DCM, "110150", "Application"},
                {HL7 "provenance-participant-type", "custodian", "Custodian"}, AUTHOR, SHAPE_DATA},
    [DISCLOSURE] = {"PrivacyDisclosure.Source", {DCM, "110106", "Export"},
                    {HL7 "iso-21089-lifecycle", "disclose", "Disclose Record Lifecycle Event"}, "R", DESTINATION_ROLE,
                    SOURCE_ROLE, RECIPIENT, SHAPE_DATA},
    [DECISION] = {"AuthZconsent", {DCM, "110113", "Security Alert"},
                  {AUTHZ_TYPES, "AuthZ-Consent", "Authorization Decision using Roles and Consent"}, "E",
                  {DCM, "110150", "Application"},
                  {HL7 "extra-security-role-type", "authserver", "authorization server"}, RECIPIENT, SHAPE_DECISION},
};

/* Which profile a line takes: the first that fits; NULL fits all. */
static const struct {
    const char *action, *basis;
    bool replaces;
    enum profile_number profile;
} choices[] = {
    {"break-glass", NULL, false, DECISION}, /* it opens, and shows nothing yet */
    {"erase", NULL, false, DELETE},
    {"register", NULL, false, CREATE},
    {"write", NULL, true, UPDATE},
    {"write", NULL, false, CREATE},
    {"match", NULL, false, QUERY},
    {"search", NULL, false, QUERY},
    {NULL, "consent", false, DISCLOSURE},
    {NULL, NULL, false, READ},
};

static const struct profile *profile_of(const struct fhir_audit_event *event)
{
    size_t i = 0;

    if (!event->permitted)
        return &profiles[DECISION];
    while ((choices[i].action && !slice_is(event->action, choices[i].action)) ||
           (choices[i].basis && !slice_is(event->basis, choices[i].basis)) || (choices[i].replaces && !event->replaces))
        i++;
    return &profiles[choices[i].profile];
}

/* ---- pieces ---- */

static void write_coding(struct json_writer *writer, const struct coding *coding)
{
    json_begin_object(writer);
    json_member_cstring(writer, "system", coding->system);
    json_member_cstring(writer, "code", coding->code);
    if (coding->display)
        json_member_cstring(writer, "display", coding->display);
    json_end_object(writer);
}

static void member_coding(struct json_writer *writer, const char *name, const struct coding *coding)
{
    json_key(writer, name);
    write_coding(writer, coding);
}

static void write_concept(struct json_writer *writer, const char *system, struct slice code, const char *display)
{
    json_begin_object(writer);
    json_key(writer, "coding");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_cstring(writer, "system", system);
    json_member_string(writer, "code", code);
    if (display)
        json_member_cstring(writer, "display", display);
    json_end_object(writer);
    json_end_array(writer);
    json_end_object(writer);
}

static void member_type(struct json_writer *writer, const struct coding *type)
{
    json_key(writer, "type");
    write_concept(writer, type->system, slice_from_string(type->code), type->display);
}

/* A Reference by an identifier, since what it refers to has no address. */
static void member_named(struct json_writer *writer, const char *name, const char *type, const char *system,
                         struct slice value, struct slice display)
{
    json_key(writer, name);
    json_begin_object(writer);
    if (type)
        json_member_cstring(writer, "type", type);
    json_key(writer, "identifier");
    json_begin_object(writer);
    json_member_cstring(writer, "system", system);
    json_member_string(writer, "value", value);
    json_end_object(writer);
    if (display.length > 0)
        json_member_string(writer, "display", display);
    json_end_object(writer);
}

static void member_observer(struct json_writer *writer, const char *name, const struct fhir_audit_event *event)
{
    member_named(writer, name, "Device", OURS "node", event->node, event->node);
}

/* HL7 has no code for enforcement; ours says so. */
static void member_purpose(struct json_writer *writer, const char *name, const struct fhir_audit_event *event)
{
    bool ours = slice_is(event->purpose, "ENFORCE") || slice_is(event->purpose, "unknown");

    json_key(writer, name);
    json_begin_array(writer);
    write_concept(writer, ours ? OURS "purpose" : HL7 "v3-ActReason", event->purpose, NULL);
    json_end_array(writer);
}

static void member_requestor(struct json_writer *writer, bool requestor)
{
    json_key(writer, "requestor");
    json_bool(writer, requestor);
}

/* ---- agents ---- */

static void write_client(struct json_writer *writer, const struct fhir_audit_event *event,
                         const struct profile *profile)
{
    json_begin_object(writer);
    member_type(writer, &profile->client);
    member_named(writer, "who", "Organization", OURS "organization", event->organization, event->place);
    member_requestor(writer, false);
    json_key(writer, "network"); /* addresses are not recorded */
    json_raw(writer, SLICE("{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\","
                           "\"valueCode\":\"masked\"}]}"));
    json_end_object(writer);
}

static void write_server(struct json_writer *writer, const struct fhir_audit_event *event,
                         const struct profile *profile)
{
    json_begin_object(writer);
    member_type(writer, &profile->server);
    member_observer(writer, "who", event);
    member_requestor(writer, false);
    if (profile->shape != SHAPE_DECISION) {
        json_key(writer, "network");
        json_begin_object(writer);
        json_member_string(writer, "address", event->base);
        json_member_cstring(writer, "type", "5");
        json_end_object(writer);
    }
    json_end_object(writer);
}

static void write_user(struct json_writer *writer, const struct fhir_audit_event *event, const struct profile *profile)
{
    json_begin_object(writer);
    member_type(writer, &profile->user);
    json_key(writer, "role");
    json_begin_array(writer);
    write_concept(writer, OURS "role", event->role, NULL);
    write_concept(writer, OURS "sector", event->sector, NULL);
    json_end_array(writer);
    member_named(writer, "who", NULL, OURS "looker-commitment", event->looker, slice_of("", 0));
    member_requestor(writer, true);
    if (event->row.length > 0 && slice_find(event->row, ' ') == event->row.length) {
        CLEANUP_BUFFER struct buffer policy = buffer_new(256);
        buffer_string(&policy, OURS "rule:");
        buffer_slice(&policy, event->row);
        json_key(writer, "policy");
        json_begin_array(writer);
        json_string(writer, buffer_view(&policy));
        json_end_array(writer);
    }
    member_purpose(writer, "purposeOfUse", event);
    json_end_object(writer);
}

static void write_house(struct json_writer *writer, const struct fhir_audit_event *event)
{
    static const struct coding provider = {HL7 "v3-RoleClass", "PROV", "healthcare provider"};

    json_begin_object(writer);
    member_type(writer, &provider);
    member_named(writer, "who", "Organization", OURS "organization", event->organization, event->place);
    member_requestor(writer, false);
    json_end_object(writer);
}

static void write_agents(struct json_writer *writer, const struct fhir_audit_event *event,
                         const struct profile *profile)
{
    json_key(writer, "agent");
    json_begin_array(writer);
    write_client(writer, event, profile);
    write_server(writer, event, profile);
    write_user(writer, event, profile);
    if (profile->shape == SHAPE_DECISION)
        write_house(writer, event);
    json_end_array(writer);
}

/* ---- entities ---- */

static void write_patient(struct json_writer *writer, const struct fhir_audit_event *event)
{
    static const struct coding person = {HL7 "audit-entity-type", "1", "Person"},
                               patient = {HL7 "object-role", "1", "Patient"};
    CLEANUP_BUFFER struct buffer reference = buffer_new(256);

    buffer_string(&reference, "Patient/");
    buffer_slice(&reference, event->patient);
    json_begin_object(writer);
    json_key(writer, "what");
    json_begin_object(writer);
    json_member_string(writer, "reference", buffer_view(&reference));
    json_end_object(writer);
    member_coding(writer, "type", &person);
    member_coding(writer, "role", &patient);
    json_end_object(writer);
}

static void write_data(struct json_writer *writer, const struct fhir_audit_event *event)
{
    static const struct coding object = {HL7 "audit-entity-type", "2", "System Object"},
                               domain = {HL7 "object-role", "4", "Domain Resource"};

    json_begin_object(writer);
    json_key(writer, "what");
    json_begin_object(writer);
    if (event->type.length > 0)
        json_member_string(writer, "type", event->type);
    if (event->resource.length > 0) {
        json_key(writer, "identifier");
        json_begin_object(writer);
        json_member_cstring(writer, "system", OURS "resource-commitment");
        json_member_string(writer, "value", event->resource);
        json_end_object(writer);
    }
    json_member_cstring(writer, "display", event->resource.length > 0 ? "one resource" : "several resources");
    json_end_object(writer);
    member_coding(writer, "type", &object);
    member_coding(writer, "role", &domain);
    json_end_object(writer);
}

/* Which type of whose record; what else was searched for is not kept. */
static void write_query(struct json_writer *writer, const struct fhir_audit_event *event)
{
    static const struct coding object = {HL7 "audit-entity-type", "2", "System Object"},
                               query = {HL7 "object-role", "24", "Query"};
    CLEANUP_BUFFER struct buffer text = buffer_new(512), encoded = buffer_new(1024);

    buffer_slice(&text, event->type.length > 0 ? event->type : SLICE("Patient"));
    buffer_string(&text, slice_is(event->action, "match") ? "/$match" : "?patient=");
    if (!slice_is(event->action, "match"))
        buffer_slice(&text, event->patient);
    encode_base64(buffer_view(&text), &encoded);
    json_begin_object(writer);
    member_coding(writer, "type", &object);
    member_coding(writer, "role", &query);
    json_member_string(writer, "query", buffer_view(&encoded));
    json_end_object(writer);
}

/* What was decided by: the row, and what it cites. */
static void write_consent(struct json_writer *writer, const struct fhir_audit_event *event)
{
    static const struct coding consent = {"http://hl7.org/fhir/resource-types", "Consent", "Consent"};

    json_begin_object(writer);
    member_named(writer, "what", "Consent", OURS "rule", event->row, event->citation);
    member_coding(writer, "type", &consent);
    json_end_object(writer);
}

static void write_transaction(struct json_writer *writer, const struct fhir_audit_event *event)
{
    static const struct coding transaction = {ENTITY_TYPES, "XrequestId", NULL};

    if (event->request.length == 0)
        return;
    json_begin_object(writer);
    member_named(writer, "what", NULL, OURS "request", event->request, slice_of("", 0));
    member_coding(writer, "type", &transaction);
    json_end_object(writer);
}

static void write_entities(struct json_writer *writer, const struct fhir_audit_event *event,
                           const struct profile *profile)
{
    json_key(writer, "entity");
    json_begin_array(writer);
    write_patient(writer, event);
    switch (profile->shape) {
    case SHAPE_DATA:
        write_data(writer, event);
        write_transaction(writer, event);
        break;
    case SHAPE_QUERY:
        write_query(writer, event);
        write_transaction(writer, event);
        break;
    case SHAPE_DECISION: /* closed: nothing else may stand here */
        write_consent(writer, event);
        break;
    }
    json_end_array(writer);
}

/* ---- the whole ---- */

static void write_outcome(struct json_writer *writer, const struct fhir_audit_event *event)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1024);

    json_member_cstring(writer, "outcome", event->permitted ? "0" : "4");
    buffer_slice(&text, event->permitted ? event->outcome : event->error);
    buffer_string(&text, "; rule ");
    buffer_slice(&text, event->row);
    buffer_string(&text, "; obligations ");
    buffer_slice(&text, event->obligations);
    json_member_string(writer, "outcomeDesc", buffer_view(&text));
}

static void write_head(struct json_writer *writer, const struct fhir_audit_event *event, const struct profile *profile)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(256);

    json_member_cstring(writer, "resourceType", "AuditEvent");
    buffer_format(&text, "%llu", (unsigned long long)event->entry);
    json_member_string(writer, "id", buffer_view(&text));
    buffer_clear(&text);
    buffer_string(&text, PROFILES);
    buffer_string(&text, profile->name);
    json_key(writer, "meta");
    json_begin_object(writer);
    json_key(writer, "profile");
    json_begin_array(writer);
    json_string(writer, buffer_view(&text));
    json_end_array(writer);
    json_end_object(writer);
    member_coding(writer, "type", &profile->type);
    json_key(writer, "subtype");
    json_begin_array(writer);
    write_coding(writer, &profile->subtype);
    json_end_array(writer);
    json_member_cstring(writer, "action", profile->action);
    json_member_string(writer, "recorded", event->time);
}

static void write_source(struct json_writer *writer, const struct fhir_audit_event *event)
{
    static const struct coding server = {HL7 "security-source-type", "4", "Application Server"};

    json_key(writer, "source");
    json_begin_object(writer);
    json_member_string(writer, "site", event->base);
    member_observer(writer, "observer", event);
    json_key(writer, "type");
    json_begin_array(writer);
    write_coding(writer, &server);
    json_end_array(writer);
    json_end_object(writer);
}

void fhir_audit_event_write(const struct fhir_audit_event *event, struct buffer *into)
{
    struct json_writer writer = json_writer(into);
    const struct profile *profile = profile_of(event);

    json_begin_object(&writer);
    write_head(&writer, event, profile);
    write_outcome(&writer, event);
    member_purpose(&writer, "purposeOfEvent", event);
    write_agents(&writer, event, profile);
    write_source(&writer, event);
    write_entities(&writer, event, profile);
    json_end_object(&writer);
}
