/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "house.h"

#include <stdio.h>
#include <string.h>

static void answered(struct house *house)
{
    if (--house->waiting == 0)
        loop_stop(house->loop);
}

/* An answer that never comes is ended by the alarm of whoever runs this. */
static enum error wait_all(struct house *house, const enum error *error)
{
    enum error run = house->waiting > 0 ? loop_run(house->loop) : OK;

    return run != OK ? run : *error;
}

struct simple_call {
    struct house *house;
    enum error error;
    struct slice payload;
};

static void simple_done(void *context, enum error error)
{
    struct simple_call *call = context;

    call->error = error;
    answered(call->house);
}

static enum error open_gate(struct house *house)
{
    struct simple_call call = {.house = house};

    house->loop = loop_new();
    if (!house->loop)
        return ERROR_MEMORY;
    TRY(safe_client_local(house->loop, house->safe, &house->client));
    struct gate_options options = {house->directory, house->loop, &house->world, house->client};
    TRY(gate_open(&options, &house->gate, &house->fault));
    house->waiting = 1;
    gate_hello(house->gate, simple_done, &call);
    return wait_all(house, &call.error);
}

enum error house_open(struct house *house, const char *directory, uint64_t seed, int64_t now_s,
                      const struct safe_cadence *cadence)
{
    *house = (struct house){.world = world_driven(seed, now_s * 1000000000), .answer = buffer_new(2u << 20)};
    snprintf(house->directory, sizeof house->directory, "%s", directory);
    house->arena = arena_new(32u << 20);
    if (!house->arena)
        return ERROR_MEMORY;
    struct safe_options options = {.directory = house->directory, .passphrase = SLICE(""), .world = &house->world};
    if (cadence)
        options.cadence = *cadence;
    TRY(safe_open(&options, &house->safe, &house->fault));
    return open_gate(house);
}

void house_close(struct house *house)
{
    if (house->keeping)
        house->close_keeping(house->keeping);
    gate_close(house->gate);
    safe_client_free(house->client);
    loop_free(house->loop);
    safe_close(house->safe);
    buffer_wipe(&house->answer);
    arena_free(house->arena);
    *house = (struct house){0};
}

enum error house_ask(struct house *house, enum protocol_kind kind, struct slice payload, struct slice *ret_payload)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(1u << 20);

    buffer_u16(&message, 1);
    buffer_byte(&message, (uint8_t)kind);
    protocol_text_write(payload, &message);
    buffer_clear(&house->answer);
    TRY(buffer_check(&message));
    TRY(safe_answer(house->safe, buffer_view(&message), &house->answer));
    struct reader reader = reader_of(buffer_view(&house->answer));
    uint32_t length = reader_u32(&reader);
    uint16_t count = reader_u16(&reader), error = reader_u16(&reader);
    struct slice answered_with = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    if (!reader_done(&reader) || length != house->answer.length - 4 || count != 1)
        return ERROR_INTERNAL;
    if (ret_payload)
        *ret_payload = answered_with;
    return (enum error)error;
}

enum error house_issue(struct house *house, const struct whole_person *person, struct house_token *ret)
{
    CLEANUP_BUFFER struct buffer payload = buffer_new(1024);
    struct credential credential = {
        .actor = person->actor ? slice_from_string(person->actor)
                               : slice_from_string(vocabulary_word(VOCABULARY_ROLE, person->role)),
        .role = person->role,
        .sector = person->sector,
        .training = TRAINING_CURRENT,
        .organization = node_organization(slice_from_string(person->organization)),
        .person = person->person,
        .purposes = person->purposes,
        .expires_s = 3600,
    };
    struct slice token;

    credential_write(&credential, &payload);
    TRY(buffer_check(&payload));
    TRY(house_ask(house, PROTOCOL_ISSUE, buffer_view(&payload), &token));
    if (token.length > sizeof ret->byte)
        return ERROR_INTERNAL;
    ret->length = (uint16_t)token.length;
    memcpy(ret->byte, token.data, token.length);
    return OK;
}

enum error house_asker(struct house *house, const struct house_token *token, struct gate_asker *ret_asker)
{
    struct slice payload;

    *ret_asker = (struct gate_asker){.token = slice_of(token->byte, token->length)};
    TRY(house_ask(house, PROTOCOL_CREDENTIAL, ret_asker->token, &payload));
    struct slice kept = arena_copy(house->arena, payload);
    return kept.data ? credential_read(kept, &ret_asker->credential) : ERROR_MEMORY;
}

/* ---- through the gate ---- */

struct write_call {
    struct house *house;
    enum error error;
    uint64_t leaf;
};

static void write_done(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms)
{
    struct write_call *call = context;

    (void)time_ms;
    call->error = error;
    call->leaf = reason->leaf;
    answered(call->house);
}

enum error house_write(struct house *house, const struct house_token *as, const struct house_write *write, size_t count)
{
    struct gate_write_item item[8];
    struct write_call call = {.house = house};
    struct gate_asker asker;

    TRY(house_asker(house, as, &asker));
    for (size_t i = 0; i < count && i < 8; i++)
        item[i] = (struct gate_write_item){.method = write[i].method,
                                           .type = slice_from_string(write[i].type),
                                           .resource = write[i].resource,
                                           .person = write[i].person,
                                           .json = slice_from_string(write[i].json),
                                           .seen = write[i].seen,
                                           .expected = write[i].expected,
                                           .term = write[i].term,
                                           .terms = write[i].terms};
    house->waiting = 1;
    gate_write(house->gate, &(struct gate_write){&asker, house->arena, item, count, write_done, &call});
    return wait_all(house, &call.error);
}

struct read_call {
    struct house *house;
    enum error error;
    struct house_seen *seen;
};

static void read_done(void *context, enum error error, const struct gate_views *views)
{
    struct read_call *call = context;

    call->error = error;
    *call->seen = (struct house_seen){.count = views->count, .leaf = views->reason.leaf};
    if (views->count > 0) {
        call->seen->json = views->view[0].json;
        call->seen->version = views->view[0].version;
    }
    answered(call->house);
}

static enum error read_one(struct house *house, const struct house_token *as, struct gate_read *read,
                           struct house_seen *ret_seen)
{
    struct read_call call = {.house = house, .seen = ret_seen};
    struct gate_asker asker;

    TRY(house_asker(house, as, &asker));
    read->asker = &asker;
    read->arena = house->arena;
    read->done = read_done;
    read->context = &call;
    house->waiting = 1;
    gate_read(house->gate, read);
    return wait_all(house, &call.error);
}

enum error house_read(struct house *house, const struct house_token *as, const char *type, const struct id *resource,
                      uint64_t version, struct house_seen *ret_seen)
{
    struct gate_read read = {.type = slice_from_string(type), .resource = *resource, .version = version};

    return read_one(house, as, &read, ret_seen);
}

enum error house_read_under(struct house *house, const struct house_token *as, const struct id *order,
                            const struct id *person, struct house_seen *ret_seen)
{
    struct gate_read read = {.type = SLICE("Patient"), .resource = *person, .order = order};

    return read_one(house, as, &read, ret_seen);
}

static enum error search(struct house *house, const struct house_token *as, struct gate_search *search,
                         struct slice term, struct house_seen *ret_seen)
{
    struct read_call call = {.house = house, .seen = ret_seen};
    struct gate_term_set set = {&term, 1};
    struct gate_asker asker;

    TRY(house_asker(house, as, &asker));
    search->asker = &asker;
    search->arena = house->arena;
    search->set = &set;
    search->sets = 1;
    search->done = read_done;
    search->context = &call;
    house->waiting = 1;
    gate_search(house->gate, search);
    return wait_all(house, &call.error);
}

enum error house_search(struct house *house, const struct house_token *as, const char *type, struct slice term,
                        struct house_seen *ret_seen)
{
    struct gate_search across = {.type = slice_from_string(type)};

    return search(house, as, &across, term, ret_seen);
}

enum error house_match(struct house *house, const struct house_token *as, const struct id *order, struct slice term,
                       struct house_seen *ret_seen)
{
    struct gate_search match = {.type = SLICE("Patient"), .order = order};

    return search(house, as, &match, term, ret_seen);
}

enum error house_scan(struct house *house, const struct house_token *as, const struct id *person,
                      struct house_seen *ret_seen)
{
    struct read_call call = {.house = house, .seen = ret_seen};
    struct gate_asker asker;

    TRY(house_asker(house, as, &asker));
    house->waiting = 1;
    gate_scan(house->gate, &(struct gate_scan){.asker = &asker,
                                               .arena = house->arena,
                                               .person = *person,
                                               .needed = OUTCOME_FULL,
                                               .action = ACTION_READ,
                                               .done = read_done,
                                               .context = &call});
    return wait_all(house, &call.error);
}

static void audit_done(void *context, enum error error, struct slice payload)
{
    struct simple_call *call = context;

    call->error = error;
    call->payload = arena_copy(call->house->arena, payload);
    if (error == OK && !call->payload.data)
        call->error = ERROR_MEMORY;
    answered(call->house);
}

typedef void audit_call(struct gate *gate, const struct gate_audit *audit);

static enum error ask_audit(struct house *house, audit_call *ask, const struct house_token *as, const struct id *person,
                            uint64_t number, struct slice *ret)
{
    struct simple_call call = {.house = house};
    struct gate_asker asker;

    TRY(house_asker(house, as, &asker));
    house->waiting = 1;
    ask(house->gate, &(struct gate_audit){&asker, house->arena, *person, number, audit_done, &call});
    TRY(wait_all(house, &call.error));
    *ret = call.payload;
    return OK;
}

enum error house_events(struct house *house, const struct house_token *as, const struct id *person,
                        struct slice *ret_list)
{
    return ask_audit(house, gate_events, as, person, 0, ret_list);
}

enum error house_proof(struct house *house, const struct house_token *as, const struct id *person, uint64_t leaf,
                       struct slice *ret_text)
{
    return ask_audit(house, gate_proof, as, person, leaf, ret_text);
}

enum error house_break_glass(struct house *house, const struct house_token *as, const struct id *person,
                             struct slice reason, uint64_t *ret_leaf)
{
    struct write_call call = {.house = house};
    struct gate_asker asker;

    TRY(house_asker(house, as, &asker));
    house->waiting = 1;
    gate_break_glass(house->gate, &(struct gate_glass){&asker, house->arena, *person, reason, write_done, &call});
    TRY(wait_all(house, &call.error));
    *ret_leaf = call.leaf;
    return OK;
}

enum error house_erase(struct house *house, const struct house_token *as, const struct id *person)
{
    struct write_call call = {.house = house};
    struct gate_asker asker;

    TRY(house_asker(house, as, &asker));
    house->waiting = 1;
    gate_erase(house->gate, &(struct gate_erase){&asker, house->arena, *person, write_done, &call});
    return wait_all(house, &call.error);
}

enum error house_backup(struct house *house, const char *directory)
{
    struct simple_call call = {.house = house};

    house->waiting = 1;
    gate_backup(house->gate, &(struct gate_backup){directory, simple_done, &call}, house->arena);
    return wait_all(house, &call.error);
}

struct check_call {
    struct house *house;
    enum error error;
    char *finding;
};

static void first_finding(void *context, struct slice line)
{
    struct check_call *call = context;

    if (call->finding[0] == '\0')
        snprintf(call->finding, 160, "%.*s", SLICE_PRINT(line));
}

static void check_done(void *context, enum error error)
{
    struct check_call *call = context;

    call->error = error;
    answered(call->house);
}

enum error house_check(struct house *house, char finding[160])
{
    struct check_call call = {.house = house, .finding = finding};

    finding[0] = '\0';
    house->waiting = 1;
    gate_check(house->gate, &(struct gate_check){first_finding, check_done, &call}, house->arena);
    return wait_all(house, &call.error);
}

enum error house_checkpoint(struct house *house, uint8_t log, struct slice *ret_note)
{
    return house_ask(house, PROTOCOL_CHECKPOINT, slice_of((const char *)&log, 1), ret_note);
}
