/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the gate's own files share. */

#include "crypto/block.h"
#include "gate.h"
#include "splice.h"
#include "vault/part.h"
#include "vault/vault.h"

#define GATE_SCAN_MAX 20000 /* resources of one person read at once */
#define GATE_HISTORY_MAX 1000
#define GATE_CREDENTIALS 1024 /* remembered */

struct remembered_credential {
    struct slice token; /* points into the entry's room */
    char room[PROTOCOL_TOKEN_MAX];
    char actor[CREDENTIAL_ACTOR_MAX];
    struct credential credential;
    int64_t until_s;
};

struct gate {
    char directory[NODE_PATH_MAX];
    struct loop *loop;
    struct world *world;
    struct safe_client *client;
    struct vault *vault;
    struct session_keys *keys; /* in locked memory */
    struct secret_pool *pool;
    struct block_cipher *cipher[SECTOR_COUNT];
    bool ready;
    bool shut;
    int64_t order_from_s, order_until_s; /* when there is a route for orders */
    struct remembered_credential *remembered; /* direct-mapped by the token's hash */
};

/* Why nothing can be asked while the gate is not ready. */
enum error gate_unready(const struct gate *gate);

typedef void granted_done(void *context, enum error error, const struct grant *grant);

/* One access to the safe: encodes, calls, decodes into the arena; on refusal the grant still carries the reason. */
void gate_submit(struct gate *gate, struct arena *arena, const struct access *access, granted_done *done,
                 void *context);

/* Tells the safe what was returned or stored. */
void gate_complete(struct gate *gate, uint64_t leaf, enum error error, size_t returned);

/* Opens the granted parts of a stored version and joins them as the sector sees them. ERROR_NOT_FOUND when nothing of
 * it is granted. */
MUST_CHECK enum error gate_view_open(struct gate *gate, struct arena *arena, enum sector sector,
                                     const struct vault_version *version, const struct grant_target *grant,
                                     struct gate_view *ret_view);

/* The obligation redact_location: the resource without anything that says where or by whom she was seen. Into the
 * arena. */
MUST_CHECK enum error gate_redact_location(struct arena *arena, struct slice type, struct slice json,
                                           struct slice *ret_json);

/* The obligation minimum: name, birth date, sex, address and telephone of a Patient, and nothing else. Into the arena.
 * ERROR_NOT_FOUND for any other type. */
MUST_CHECK enum error gate_minimum(struct arena *arena, struct slice type, struct slice json, struct slice *ret_json);

/* The parts opened, for a write that carries on from them. */
MUST_CHECK enum error gate_open_parts(struct arena *arena, const struct vault_version *version,
                                      const struct grant_target *grant, struct splice_bodies *ret_bodies,
                                      unsigned *ret_stored);

/* Which drawers a resource has ever used; those of its type when it never was. */
MUST_CHECK enum error gate_mask_of(struct gate *gate, struct arena *arena, const struct id *person, struct slice type,
                                   const struct id *resource, unsigned *ret_mask);

struct slice gate_token_key(struct gate *gate);
void gate_posting_token(struct gate *gate, struct slice term, uint8_t ret_token[VAULT_TOKEN_BYTES]);

struct gate_reason gate_reason_of(const struct grant *grant);

/* The fact that a record states, if it states one: an Encounter a care relation, a Consent a permission or a denial. */
bool gate_fact_of(struct slice type, const struct json *resource, const struct id *source, bool deleted, int64_t now_s,
                  struct fact_change *ret_change);

/* Turns ids of a sector inward while splitting. */
struct gate_translation {
    struct gate *gate;
    enum sector sector;
};
bool gate_translate_inward(void *context, struct slice type, const struct id *wire, struct id *ret_inside);
