/* SPDX-License-Identifier: Apache-2.0 */

/* Opening the gate, who asks, and ids on the wire. */

#include "gate.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "internal.h"

#define REMEMBER_SECONDS 60

enum error gate_open(const struct gate_options *options, struct gate **ret_gate, struct fault *fault)
{
    struct gate *gate = calloc(1, sizeof *gate);

    if (!gate)
        return ERROR_MEMORY;
    *gate = (struct gate){.loop = options->loop, .world = options->world, .client = options->client};
    snprintf(gate->directory, sizeof gate->directory, "%s", options->directory);
    gate->pool = secret_pool_new(1, sizeof *gate->keys);
    gate->keys = gate->pool ? secret_take(gate->pool) : NULL;
    gate->remembered = calloc(GATE_CREDENTIALS, sizeof *gate->remembered);
    enum error error = gate->keys && gate->remembered ? OK : ERROR_MEMORY;
    if (error == OK)
        error = vault_open(node_path(options->directory, "vault/vault.db").text, options->loop, &gate->vault, fault);
    if (error != OK) {
        gate_close(gate);
        return error;
    }
    *ret_gate = gate;
    return OK;
}

void gate_close(struct gate *gate)
{
    if (!gate)
        return;
    vault_close(gate->vault);
    for (unsigned s = 0; s < SECTOR_COUNT; s++)
        block_cipher_free(gate->cipher[s]);
    secret_pool_free(gate->pool);
    free(gate->remembered);
    free(gate);
}

void gate_reconnect(struct gate *gate, struct safe_client *client)
{
    gate->client = client;
}

struct safe_client *gate_client(struct gate *gate)
{
    return gate->client;
}

static enum error make_ciphers(struct gate *gate)
{
    for (unsigned s = 0; s < SECTOR_COUNT; s++) {
        block_cipher_free(gate->cipher[s]);
        gate->cipher[s] = block_cipher_new(&gate->keys->sector[s]);
        if (!gate->cipher[s])
            return ERROR_MEMORY;
    }
    return OK;
}

/* What is under way still asks for ids: it gets noise, and no way around an answer. */
void gate_shut(struct gate *gate)
{
    gate->ready = false;
    gate->shut = true;
    safe_client_shut(gate->client);
    gate->world->random(gate->world, gate->keys, sizeof *gate->keys);
    if (make_ciphers(gate) != OK) /* cover: without memory the process ends */
        abort(); /* rather than keep a key */
    secret_wipe(gate->remembered, GATE_CREDENTIALS * sizeof *gate->remembered);
}

enum error gate_unready(const struct gate *gate)
{
    return gate->shut ? ERROR_SHUT : ERROR_SAFE_UNREACHABLE;
}

static enum error take_session(struct gate *gate, struct slice payload)
{
    TRY(session_keys_read(payload, gate->keys));
    TRY(make_ciphers(gate));
    gate->ready = true;
    return OK;
}

struct hello {
    struct gate *gate;
    gate_done *done;
    void *context;
};

static void hello_answered(void *context, enum error error, struct slice payload)
{
    struct hello hello = *(struct hello *)context;

    free(context);
    if (error == OK)
        error = take_session(hello.gate, payload);
    if (error == OK)
        gate_ask_order_route(hello.gate, hello.done, hello.context);
    else
        hello.done(hello.context, error);
}

void gate_hello(struct gate *gate, gate_done *done, void *context)
{
    struct hello *hello = malloc(sizeof *hello);

    if (!hello) {
        done(context, ERROR_MEMORY);
        return;
    }
    *hello = (struct hello){gate, done, context};
    safe_call(gate->client, PROTOCOL_HELLO, slice_of("", 0), hello_answered, hello);
}

/* ---- who asks ---- */

static struct remembered_credential *slot_of(struct gate *gate, struct slice token)
{
    struct hash hash = hash_keyed(gate_token_key(gate), token);
    size_t slot = (size_t)hash.byte[0] << 8 | hash.byte[1];

    return &gate->remembered[slot % GATE_CREDENTIALS];
}

static void remember(struct gate *gate, struct slice token, const struct credential *credential)
{
    struct remembered_credential *slot = slot_of(gate, token);

    if (token.length > sizeof slot->room)
        return;
    memcpy(slot->room, token.data, token.length);
    memcpy(slot->actor, credential->actor.data, credential->actor.length); /* bounded by credential_read */
    slot->token = slice_of(slot->room, token.length);
    slot->credential = *credential;
    slot->credential.actor = slice_of(slot->actor, credential->actor.length);
    slot->until_s = world_now_s(gate->world) + REMEMBER_SECONDS;
}

struct identify {
    struct gate *gate;
    struct slice token;
    gate_identified *done;
    void *context;
};

static void identified(void *context, enum error error, struct slice payload)
{
    struct identify *identify = context;
    struct credential credential = {0};

    if (error == OK)
        error = credential_read(payload, &credential);
    if (error == OK)
        remember(identify->gate, identify->token, &credential);
    identify->done(identify->context, error, &credential);
}

void gate_identify(struct gate *gate, struct arena *arena, struct slice token, gate_identified *done, void *context)
{
    static const struct credential nobody;
    struct remembered_credential *slot;
    struct identify *identify;

    if (!gate->ready) {
        done(context, gate_unready(gate), &nobody);
        return;
    }
    slot = slot_of(gate, token);
    int64_t now = world_now_s(gate->world);
    if (slice_equal(slot->token, token) && slot->until_s > now && slot->credential.expires_s > now) {
        done(context, OK, &slot->credential);
        return;
    }
    identify = arena_alloc(arena, sizeof *identify);
    if (!identify) {
        done(context, ERROR_MEMORY, &nobody);
        return;
    }
    *identify = (struct identify){gate, token, done, context};
    safe_call(gate->client, PROTOCOL_CREDENTIAL, token, identified, identify);
}

void gate_forget_askers(struct gate *gate)
{
    memset(gate->remembered, 0, GATE_CREDENTIALS * sizeof *gate->remembered);
}

/* ---- ids and tokens ---- */

struct id gate_wire_id(struct gate *gate, enum sector sector, const struct id *inside)
{
    struct id wire;

    block_encrypt(gate->cipher[sector], inside->byte, wire.byte);
    return wire;
}

struct id gate_inside_id(struct gate *gate, enum sector sector, const struct id *wire)
{
    struct id inside;

    block_decrypt(gate->cipher[sector], wire->byte, inside.byte);
    return inside;
}

struct id gate_new_id(struct gate *gate)
{
    struct id id;

    gate->world->random(gate->world, id.byte, ID_BYTES);
    return id;
}

struct slice gate_token_key(struct gate *gate)
{
    return secret_key_slice(&gate->keys->posting);
}

void gate_posting_token(struct gate *gate, struct slice term, uint8_t ret_token[VAULT_TOKEN_BYTES])
{
    struct hash hash = hash_keyed(gate_token_key(gate), term);

    memcpy(ret_token, hash.byte, VAULT_TOKEN_BYTES);
}

bool gate_translate_inward(void *context, struct slice type, const struct id *wire, struct id *ret_inside)
{
    struct gate_translation *translation = context;

    if (splice_type_mask(type) == 0)
        return false;
    *ret_inside = gate_inside_id(translation->gate, translation->sector, wire);
    return true;
}

enum error gate_person_of(struct gate *gate, struct arena *arena, const struct id *resource, struct id *ret_person)
{
    struct slice type;

    return vault_locate(gate->vault, arena, resource, ret_person, &type);
}
