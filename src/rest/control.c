/* SPDX-License-Identifier: Apache-2.0 */

/* The control socket: what commands on the node's own machine ask of the running node. The socket's permissions and the
 * kernel's word for who connected are what guards it; what it does to a person's data goes through the gate like
 * everything else. */

#include "bundle.h"
#include "crypto/encode.h"
#include "fhir.h"
#include "safe/node.h"

#define ANSWER_MAX (8u << 20)

/* ---- tokens ---- */

static bool read_word(const struct json *body, const char *name, enum vocabulary_list list, int *ret_number)
{
    *ret_number = vocabulary_number(list, json_text(json_member(body, name)));
    return *ret_number > 0;
}

static enum error read_purposes(const struct json *body, uint32_t *ret_purposes)
{
    struct slice rest = json_text(json_member(body, "purpose"));

    *ret_purposes = 0;
    while (rest.length > 0) {
        int purpose = vocabulary_number(VOCABULARY_PURPOSE, slice_cut(&rest, ','));
        if (purpose <= 0)
            return ERROR_VALUE;
        *ret_purposes |= 1u << purpose;
    }
    return *ret_purposes ? OK : ERROR_VALUE;
}

/* `person` is a Patient's id as health sees it. */
static enum error read_person(struct call *call, const struct json *body, struct id *ret_person)
{
    struct slice text = json_text(json_member(body, "person"));
    struct id wire;

    if (text.length == 0)
        return OK;
    if (decode_hex(text, wire.byte, ID_BYTES) != OK)
        return ERROR_VALUE;
    *ret_person = gate_inside_id(call->app->gate, SECTOR_HEALTH, &wire);
    return OK;
}

static enum error read_credential(struct call *call, const struct json *body, struct credential *credential)
{
    int role, sector, training = TRAINING_CURRENT;
    uint64_t ttl;

    if (!read_word(body, "role", VOCABULARY_ROLE, &role))
        return fault_set(&call->fault, ERROR_VALUE, "the role is not known");
    if (!read_word(body, "sector", VOCABULARY_SECTOR, &sector))
        return fault_set(&call->fault, ERROR_VALUE, "the sector is not known");
    if (read_purposes(body, &credential->purposes) != OK)
        return fault_set(&call->fault, ERROR_VALUE, "a purpose is not known");
    if (json_member(body, "training") && !read_word(body, "training", VOCABULARY_TRAINING, &training))
        return fault_set(&call->fault, ERROR_VALUE, "the training is not known");
    if (!slice_to_u64(json_text(json_member(body, "ttl")), &ttl) || ttl == 0 || ttl > 366u * 86400)
        return fault_set(&call->fault, ERROR_VALUE, "the time to live is 1 second to 366 days");
    if (read_person(call, body, &credential->person) != OK)
        return fault_set(&call->fault, ERROR_VALUE, "the person is not an id of this node");
    credential->role = (enum role)role;
    credential->sector = (enum sector)sector;
    credential->training = (enum training)training;
    credential->actor = json_text(json_member(body, "actor"));
    credential->organization = node_organization(json_text(json_member(body, "organization")));
    credential->issued_s = world_now_s(call->app->world);
    credential->expires_s = credential->issued_s + (int64_t)ttl;
    if (credential->actor.length == 0 || credential->actor.length > CREDENTIAL_ACTOR_MAX)
        return fault_set(&call->fault, ERROR_VALUE, "the actor has 1 to %d bytes", CREDENTIAL_ACTOR_MAX);
    return OK;
}

static void token_came(void *context, enum error error, struct slice payload)
{
    struct call *call = context;
    struct buffer body = buffer_new(ANSWER_MAX);

    if (error != OK) {
        reply_fault(call, error, "%s",
                    error == ERROR_REFUSED    ? "outside a demo, two persons must approve a credential"
                    : error == ERROR_CONFLICT ? "this request was used already"
                                              : "");
        return;
    }
    struct json_writer writer = json_writer(&body);
    json_begin_object(&writer);
    json_member_string(&writer, "token", payload);
    json_end_object(&writer);
    reply_json(call, 200, &body);
}

/* A request that two approvers have signed travels as it is: the safe alone reads it. */
void control_approved(struct call *call)
{
    safe_call(gate_client(call->app->gate), PROTOCOL_ISSUE_APPROVED, call->request->body, token_came, call);
}

void control_token(struct call *call)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    struct credential credential = {0};
    const struct json *body = NULL;

    enum error error = json_parse(call->arena, call->request->body, &body, &call->fault);
    if (error == OK)
        error = read_credential(call, body, &credential);
    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    credential_write(&credential, &payload);
    safe_call(gate_client(call->app->gate), PROTOCOL_ISSUE, buffer_view(&payload), token_came, call);
}

static void token_revoked(void *context, enum error error, struct slice payload)
{
    (void)payload;
    if (error != OK)
        reply_error(context, error, NULL);
    else
        reply_empty(context, 204);
}

void control_revoke(struct call *call)
{
    safe_call(gate_client(call->app->gate), PROTOCOL_REVOKE, call->request->body, token_revoked, call);
}

/* ---- import: with a credential of the system's own, for this call only ---- */

struct system_call {
    struct call *call;
    void (*then)(struct call *call);
};

static void system_token_came(void *context, enum error error, struct slice payload)
{
    struct system_call *system = context;
    struct call *call = system->call;

    if (error == OK) {
        call->asker.token = arena_copy(call->arena, payload);
        if (!call->asker.token.data)
            error = ERROR_MEMORY;
    }
    if (error != OK)
        reply_error(call, error, NULL);
    else
        system->then(call);
}

static void as_system(struct call *call, void (*then)(struct call *call))
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    struct system_call *system = arena_alloc(call->arena, sizeof *system);

    if (!system) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    *system = (struct system_call){call, then};
    call->asker.credential = (struct credential){.actor = SLICE("import"),
                                                 .role = ROLE_SYSTEM,
                                                 .sector = SECTOR_SYSTEM,
                                                 .training = TRAINING_CURRENT,
                                                 .purposes = 1u << PURPOSE_HOPERAT,
                                                 .issued_s = world_now_s(call->app->world)};
    call->asker.credential.expires_s = call->asker.credential.issued_s + 600;
    call->asker.purpose = PURPOSE_HOPERAT;
    credential_write(&call->asker.credential, &payload);
    safe_call(gate_client(call->app->gate), PROTOCOL_ISSUE_SYSTEM, buffer_view(&payload), system_token_came, system);
}

static void imported(void *context, const struct bundle_done *done)
{
    struct call *call = context;
    struct buffer body = buffer_new(ANSWER_MAX);
    struct json_writer writer = json_writer(&body);

    if (done->error != OK) {
        reply_error(call, done->error, done->reason);
        return;
    }
    json_begin_object(&writer);
    json_key(&writer, "stored");
    json_integer(&writer, (int64_t)done->stored);
    json_key(&writer, "persons");
    json_integer(&writer, (int64_t)done->persons);
    json_key(&writer, "dropped");
    json_integer(&writer, (int64_t)done->dropped);
    json_key(&writer, "stripped");
    json_begin_object(&writer);
    for (unsigned k = 0; k < FHIR_STRIP_KINDS; k++) {
        json_key(&writer, fhir_strip_word((enum fhir_strip_kind)k));
        json_integer(&writer, done->stripped.count[k]);
    }
    json_end_object(&writer);
    json_end_object(&writer);
    reply_json(call, 200, &body);
}

static void import_bundle(struct call *call)
{
    const struct json *bundle = NULL;
    enum error error = json_parse(call->arena, call->request->body, &bundle, &call->fault);

    if (error != OK)
        reply_error(call, error, NULL);
    else
        bundle_execute(call, bundle, imported, call);
}

void control_import(struct call *call)
{
    as_system(call, import_bundle);
}

/* ---- erase, backup, check, stop ---- */

static void erased(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    (void)time_ms;
    if (error != OK)
        reply_error(context, error, reason);
    else
        reply_empty(context, 204);
}

static void erase_now(struct call *call)
{
    struct gate_erase erase = {.asker = &call->asker, .arena = call->arena, .done = erased, .context = call};
    const struct json *body = NULL;
    enum error error = json_parse(call->arena, call->request->body, &body, &call->fault);

    if (error == OK)
        error = read_person(call, body, &erase.person);
    if (error == OK && id_is_zero(&erase.person))
        error = ERROR_REQUIRED;
    if (error != OK)
        reply_error(call, error, NULL);
    else
        gate_erase(call->app->gate, &erase);
}

void control_erase(struct call *call)
{
    as_system(call, erase_now);
}

static void done_empty(void *context, enum error error)
{
    if (error != OK)
        reply_error(context, error, NULL);
    else
        reply_empty(context, 204);
}

void control_backup(struct call *call)
{
    const struct json *body = NULL;
    enum error error = json_parse(call->arena, call->request->body, &body, &call->fault);
    struct slice directory = arena_copy(call->arena, json_text(json_member(body, "directory")));

    if (error == OK && (directory.length == 0 || directory.data[0] != '/'))
        error = fault_set(&call->fault, ERROR_VALUE, "the directory must be an absolute path");
    if (error != OK) {
        reply_error(call, error, NULL);
        return;
    }
    struct gate_backup backup = {directory.data, done_empty, call};
    gate_backup(call->app->gate, &backup, call->arena);
}

struct checking {
    struct call *call;
    struct buffer lines;
};

static void finding(void *context, struct slice line)
{
    struct checking *checking = context;

    buffer_slice(&checking->lines, line);
    buffer_byte(&checking->lines, '\n');
}

static void checked(void *context, enum error error)
{
    struct checking *checking = context;

    if (error != OK && error != ERROR_CORRUPT)
        reply_error(checking->call, error, NULL);
    else
        reply_public(checking->call, "text/plain; charset=utf-8", buffer_view(&checking->lines));
    buffer_free(&checking->lines);
}

void control_check(struct call *call)
{
    struct checking *checking = arena_alloc(call->arena, sizeof *checking);

    if (!checking) {
        reply_error(call, ERROR_MEMORY, NULL);
        return;
    }
    *checking = (struct checking){call, buffer_new(ANSWER_MAX)};
    struct gate_check check = {finding, checked, checking};
    gate_check(call->app->gate, &check, call->arena);
}

void control_stop(struct call *call)
{
    loop_call *stop = call->app->stop;
    void *context = call->app->stop_context;

    reply_empty(call, 204);
    stop(context);
}
