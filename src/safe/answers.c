/* SPDX-License-Identifier: Apache-2.0 */

/* What each kind of request is answered, after its entry is durable. */

#include "crypto/block.h"
#include "crypto/encode.h"
#include "facts.h"
#include "ledger/tile.h"
#include "state.h"
#include "text/json.h"
#include "token.h"

#define PUBLISH_MAX LEDGER_LEAF_MAX

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

static enum error answer_access(struct safe *safe, struct request *request)
{
    struct grant *grant = &request->grant;
    bool permitted = request->error == OK;

    if (request->access.action == ACTION_ERASE) /* same, is true: of another access there is nothing to tell */
        TRY(destroyed_tell(safe));
    grant->time_s = now_s(safe);
    grant->row = permitted ? request->decision.row : request->uninformed.row;
    grant->citation = permitted ? request->decision.citation : request->uninformed.citation;
    grant->review = permitted && request->broken_glass;
    grant_write(grant, &request->answer);
    return request->error;
}

/* The tlog-proof text of one of the person's entries. */
static enum error answer_proof(struct safe *safe, struct request *request)
{
    struct event_opened event;
    struct slice sealed;
    bool hers = false;

    if (request->error != OK)
        return request->error;
    if (request->access.targets != 1 || request->opened != 1u << DRAWER_AUDIT)
        return ERROR_REFUSED;
    TRY(person_index_has(safe->index, &request->access.target[0].person, request->index, &hers));
    if (!hers)
        return ERROR_NOT_FOUND;
    TRY(entry_open(safe, request->index, &sealed, &event));
    return entry_proof(safe, request->index, sealed, &event, &request->answer);
}

static enum error answer_credential(struct safe *safe, struct request *request)
{
    bool revoked = false;

    TRY(token_open(&safe->keys->token, request->payload, now_s(safe), request->credential_room, &request->credential));
    TRY(person_index_revoked(safe->index, &request->credential.id, &revoked));
    if (revoked)
        return ERROR_UNAUTHENTICATED;
    if (suspensions_hold(&safe->suspensions, &request->credential))
        return ERROR_SUSPENDED;
    credential_write(&request->credential, &request->answer);
    return OK;
}

static void member_mark(struct json_writer *writer, const char *name, const uint8_t mark[ID_BYTES])
{
    char text[ID_TEXT_BYTES];

    encode_hex(slice_of(mark, ID_BYTES), text);
    json_member_string(writer, name, slice_of(text, sizeof text));
}

/* What the public may know of a credential: that one was issued, for which role and sector, until when. The mark of the
 * request that was used up (may be NULL) tells nobody anything; the index is made anew from it. */
static enum error publish_credential(struct safe *safe, const struct credential *credential, const uint8_t *mark)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(PUBLISH_MAX);
    struct json_writer writer = json_writer(&text);
    uint64_t index;

    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "credential.issued");
    json_member_cstring(&writer, "role", vocabulary_word(VOCABULARY_ROLE, credential->role));
    json_member_cstring(&writer, "sector", vocabulary_word(VOCABULARY_SECTOR, credential->sector));
    json_key(&writer, "issued");
    json_integer(&writer, credential->issued_s);
    json_key(&writer, "expires");
    json_integer(&writer, credential->expires_s);
    if (mark)
        member_mark(&writer, "request", mark);
    json_end_object(&writer);
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

/* Freely on a demo node only. */
static enum error answer_issue(struct safe *safe, struct request *request)
{
    struct credential credential;

    TRY(credential_read(request->payload, &credential));
    if (!safe->node.demo)
        return ERROR_REFUSED;
    safe->world->random(safe->world, credential.id.byte, ID_BYTES);
    credential.expires_s += now_s(safe) - credential.issued_s;
    credential.issued_s = now_s(safe);
    TRY(publish_credential(safe, &credential, NULL));
    token_seal(&safe->keys->token, safe->world, &credential, &request->answer);
    return OK;
}

static enum error inside_of(struct safe *safe, const struct id *wire, struct id *ret_inside)
{
    struct block_cipher *cipher = block_cipher_new(&safe->keys->session.sector[SECTOR_HEALTH]);

    if (!cipher)
        return ERROR_MEMORY;
    block_decrypt(cipher, wire->byte, ret_inside->byte);
    block_cipher_free(cipher);
    return OK;
}

/* A request is good for once: the public log has its mark, and the index with those of the revoked ones, before the
 * token leaves. */
static enum error answer_issue_approved(struct safe *safe, struct request *request)
{
    uint8_t mark[ID_BYTES];
    struct id wire_person, used;
    bool was_used = false;

    TRY(approval_read(request->payload, &safe->approvers, &safe->node.id, now_s(safe), &request->credential,
                      &wire_person, &used));
    TRY(person_index_revoked(safe->index, &used, &was_used));
    if (was_used)
        return ERROR_CONFLICT;
    person_index_mark(safe->index, &used, mark);
    if (!id_is_zero(&wire_person))
        TRY(inside_of(safe, &wire_person, &request->credential.person));
    safe->world->random(safe->world, request->credential.id.byte, ID_BYTES);
    TRY(publish_credential(safe, &request->credential, mark));
    TRY(person_index_revoke(safe->index, mark, now_s(safe)));
    token_seal(&safe->keys->token, safe->world, &request->credential, &request->answer);
    return OK;
}

/* For the node's own commands (import, erase): a credential of minutes that no person holds. It can be nothing but the
 * system's, so whoever takes over the door gains by it what the rules give to an import: writing, and no reading. */
#define SYSTEM_SECONDS 600

static enum error answer_issue_system(struct safe *safe, struct request *request)
{
    struct credential asked;

    TRY(credential_read(request->payload, &asked));
    struct credential credential = {.actor = asked.actor,
                                    .role = ROLE_SYSTEM,
                                    .sector = SECTOR_SYSTEM,
                                    .training = TRAINING_CURRENT,
                                    .purposes = 1u << PURPOSE_HOPERAT,
                                    .issued_s = now_s(safe),
                                    .expires_s = now_s(safe) + SYSTEM_SECONDS};
    safe->world->random(safe->world, credential.id.byte, ID_BYTES);
    TRY(publish_credential(safe, &credential, NULL));
    token_seal(&safe->keys->token, safe->world, &credential, &request->answer);
    return OK;
}

static enum error publish_revoked(struct safe *safe, const uint8_t mark[ID_BYTES])
{
    CLEANUP_BUFFER struct buffer text = buffer_new(PUBLISH_MAX);
    struct json_writer writer = json_writer(&text);
    uint64_t index;

    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "credential.revoked");
    json_key(&writer, "time");
    json_integer(&writer, now_s(safe));
    member_mark(&writer, "credential", mark);
    json_end_object(&writer);
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

/* The log first: what it says is put back at each start. Works on an expired token too: whoever holds it should not
 * have to be waited for. */
static enum error answer_revoke(struct safe *safe, struct request *request)
{
    uint8_t mark[ID_BYTES];
    enum error error = token_open(&safe->keys->token, request->payload, now_s(safe), request->credential_room,
                                  &request->credential);

    if (error != OK && error != ERROR_TOKEN_EXPIRED)
        return error;
    person_index_mark(safe->index, &request->credential.id, mark);
    TRY(publish_revoked(safe, mark));
    return person_index_revoke(safe->index, mark, now_s(safe));
}

static struct ledger *log_numbered(struct safe *safe, uint8_t number)
{
    return number == LOG_ACCESS ? safe->access_log : safe->public_log;
}

/* log u8 ‖ level u8 (255: entry bundle) ‖ index u64 ‖ width u16. Bundles of the access log never leave the house, nor
 * do tiles that are wider than what is published. */
static enum error answer_tile(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    uint8_t log = reader_byte(&reader), level = reader_byte(&reader);
    uint64_t index = reader_u64(&reader);
    unsigned width = reader_u16(&reader);

    if (!reader_done(&reader) || log > LOG_PUBLIC)
        return ERROR_SYNTAX;
    if (level != UINT8_MAX && (level >= TILE_LEVELS || width > tile_width(publishing_size(safe, log), level, index)))
        return ERROR_NOT_FOUND;
    if (level != UINT8_MAX)
        return ledger_tile(log_numbered(safe, log), level, index, width, &request->answer);
    if (log == LOG_ACCESS)
        return ERROR_NOT_FOUND;
    return ledger_bundle(safe->public_log, index, width, &request->answer);
}

static enum error answer_checkpoint(struct safe *safe, struct request *request)
{
    if (request->payload.length != 1 || (uint8_t)request->payload.data[0] > LOG_PUBLIC)
        return ERROR_SYNTAX;
    return publishing_checkpoint(safe, (uint8_t)request->payload.data[0], &request->answer);
}

static enum error answer_public_proof(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    uint64_t index = reader_u64(&reader);
    struct slice leaf;

    if (!reader_done(&reader))
        return ERROR_SYNTAX;
    TRY(ledger_read(safe->public_log, index, safe->arena, &leaf, NULL));
    return publishing_proof(safe, LOG_PUBLIC, index, leaf, &request->answer);
}

static enum error answer_backup(struct safe *safe, struct request *request)
{
    struct slice directory = arena_copy(safe->arena, request->payload);

    if (!directory.data)
        return ERROR_MEMORY;
    safe_idle(safe);
    TRY(rotation_backup(safe, directory.data));
    TRY(keystore_backup(safe->keystore, node_path(directory.data, "keys.db").text));
    TRY(person_index_backup(safe->index, node_path(directory.data, "index.db").text));
    /* For the restored node: the checkpoints that its new logs begin with. */
    CLEANUP_BUFFER struct buffer note = buffer_new(NODE_PATH_MAX);
    TRY(ledger_checkpoint(safe->access_log, &note));
    protocol_text_write(buffer_view(&note), &request->answer);
    buffer_clear(&note);
    TRY(ledger_checkpoint(safe->public_log, &note));
    protocol_text_write(buffer_view(&note), &request->answer);
    return OK;
}

/* leaf u64 -> permitted u8, for `check`: is there an entry behind a stored version, and did it permit it? No more of
 * it: whoever has the door must not read the log through this. */
static enum error answer_check(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    uint64_t leaf = reader_u64(&reader);
    struct event_opened event;
    const struct json *json;

    if (!reader_done(&reader))
        return ERROR_SYNTAX;
    TRY(entry_open(safe, leaf, NULL, &event));
    TRY(json_parse(safe->arena, event.json, &json, NULL));
    buffer_byte(&request->answer, json_is(json_member(json, "decision"), "permit"));
    return OK;
}

static void write_finding(void *context, struct slice line)
{
    protocol_text_write(line, context);
}

static enum error answer_check_keys(struct safe *safe, struct request *request)
{
    enum error keys = keystore_check(safe->keystore, write_finding, &request->answer);
    enum error index = person_index_check(safe->index, write_finding, &request->answer);

    if (keys != OK && keys != ERROR_CORRUPT)
        return keys;
    return index == ERROR_CORRUPT ? OK : index;
}

static enum error answer_hello(struct safe *safe, struct request *request)
{
    session_keys_write(&safe->keys->session, &request->answer);
    return OK;
}

/* Answered by the entry of its batch (batch.c). */
static enum error answer_complete(struct safe *safe, struct request *request)
{
    (void)safe;
    return request->error;
}

static answer_function *const answer_to[] = {
    [PROTOCOL_HELLO] = answer_hello,
    [PROTOCOL_ACCESS] = answer_access,
    [PROTOCOL_COMPLETE] = answer_complete,
    [PROTOCOL_CREDENTIAL] = answer_credential,
    [PROTOCOL_ISSUE] = answer_issue,
    [PROTOCOL_ISSUE_APPROVED] = answer_issue_approved,
    [PROTOCOL_ISSUE_SYSTEM] = answer_issue_system,
    [PROTOCOL_REVOKE] = answer_revoke,
    [PROTOCOL_EVENTS] = answer_events,
    [PROTOCOL_REVIEWS] = answer_reviews,
    [PROTOCOL_REVIEW_DONE] = answer_review_done,
    [PROTOCOL_TILE] = answer_tile,
    [PROTOCOL_CHECKPOINT] = answer_checkpoint,
    [PROTOCOL_PROOF] = answer_proof,
    [PROTOCOL_PUBLIC_PROOF] = answer_public_proof,
    [PROTOCOL_BACKUP] = answer_backup,
    [PROTOCOL_CHECK] = answer_check,
    [PROTOCOL_CHECK_KEYS] = answer_check_keys,
    [PROTOCOL_ROTATE] = answer_rotate,
    [PROTOCOL_PANIC] = answer_panic,
    [PROTOCOL_SUSPEND] = answer_suspend,
    [PROTOCOL_LIFT] = answer_lift,
    [PROTOCOL_SUSPENSIONS] = answer_suspensions,
    [PROTOCOL_EVIDENCE] = answer_evidence,
    [PROTOCOL_OVERSIGHT_COUNTS] = answer_oversight_counts,
    [PROTOCOL_ORDER] = answer_order,
    [PROTOCOL_ORDERS] = answer_orders,
    [PROTOCOL_ORDER_PERSON] = answer_order_person,
    [PROTOCOL_ORDER_ROUTE] = answer_order_route,
    [PROTOCOL_ORDER_SETUP] = answer_order_setup,
    [PROTOCOL_COSIGN] = answer_cosign,
    [PROTOCOL_COSIGNED] = answer_cosigned,
    [PROTOCOL_WITNESSES] = answer_witnesses,
    [PROTOCOL_WITNESSING] = answer_witnessing,
    [PROTOCOL_PRUNE] = answer_prune,
    [PROTOCOL_RETENTION] = answer_retention,
};

void answer_request(struct safe *safe, struct request *request)
{
    size_t kind = (size_t)request->kind;
    answer_function *answer = kind < sizeof answer_to / sizeof *answer_to ? answer_to[kind] : NULL;

    if (safe->shut)
        request->error = ERROR_SHUT;
    else
        request->error = answer ? answer(safe, request) : ERROR_UNSUPPORTED;
}
