/* SPDX-License-Identifier: Apache-2.0 */

/* Making, opening and closing a safe: root, derived keys, key store, logs, index, rules. */

#include "safe.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "keys/root.h"
#include "ledger/note.h"
#include "rules/rule_set.h"
#include "rulesets.h"
#include "state.h"
#include "text/json.h"
#include "token.h"

#define BATCH_ARENA_MAX (64u << 20)
#define RULES_ARENA_MAX (256u << 20)
#define ROOT_ARENA_MAX 65536
#define CLOCK_ERROR_NS (24 * INT64_C(3600000000000))

struct origin {
    char text[NODE_NAME_MAX + 16];
};

static struct origin origin_of(const struct node *node, const char *log)
{
    struct origin origin;

    snprintf(origin.text, sizeof origin.text, "%s/%s", node->name, log);
    return origin;
}

static enum error open_keys(struct safe *safe, const struct safe_options *options, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ROOT_ARENA_MAX);
    CLEANUP_KEY struct secret_key root;
    struct root_about about;

    safe->pool = secret_pool_new(1, sizeof *safe->keys);
    safe->keys = safe->pool ? secret_take(safe->pool) : NULL;
    if (!safe->keys || !arena)
        return ERROR_MEMORY;
    struct fault why = {0};
    struct node_path path = node_path(options->directory, "keys/root");
    enum error error = root_about(arena, path.text, &about);
    if (error == OK)
        error = root_open(path.text, options->passphrase, &root, &why);
    if (error != OK)
        return fault_set(fault, error, "the root key cannot be opened%s%s", why.detail[0] ? ": " : "", why.detail);
    TRY(ring_open(node_path(options->directory, "keys/ring").text, &root, !about.has_ring, safe->world, &safe->ring,
                  fault));
    safe_take_keys(safe);
    return keystore_open(node_path(options->directory, "keys/keys.db").text, safe->ring, safe->world, &safe->keystore,
                         fault);
}

/* The safe of a door that was killed ends when it notices, with what it had begun written down: a new one that comes
 * meanwhile waits for it. */
#define PREDECESSOR_MS 5000
#define PREDECESSOR_STEP_MS 20

static enum error open_log(struct safe *safe, const char *below, const struct ledger_settings *settings,
                           struct ledger **ret_ledger, struct fault *fault)
{
    const struct timespec step = {.tv_nsec = PREDECESSOR_STEP_MS * 1000000};
    struct node_path path = node_path(safe->node.directory, below);
    enum error error = ledger_open(path.text, settings, ret_ledger, NULL, fault);

    for (int waited = 0; error == ERROR_LOCKED && waited < PREDECESSOR_MS; waited += PREDECESSOR_STEP_MS) {
        nanosleep(&step, NULL);
        error = ledger_open(path.text, settings, ret_ledger, NULL, fault);
    }
    return error;
}

/* The public log first: it says what may be missing in the other. */
static enum error open_logs(struct safe *safe, struct fault *fault)
{
    struct origin access = origin_of(&safe->node, "access"), public = origin_of(&safe->node, "public");
    struct ledger_settings settings = {slice_from_string(public.text), &safe->keys->sign_public, safe->world, NULL};

    settings.seed_before = safe_sign_before(safe, RING_SIGN_PUBLIC);
    TRY(open_log(safe, "log/public", &settings, &safe->public_log, fault));
    TRY(retention_open(safe, fault));
    settings.origin = slice_from_string(access.text);
    settings.seed = &safe->keys->sign_access;
    settings.seed_before = safe_sign_before(safe, RING_SIGN_ACCESS);
    settings.ahead_bytes = LEDGER_AHEAD_MAX / 2;
    settings.on_demand = safe->padding.least > 0;
    settings.pruned = safe->retention.pruned;
    settings.segment_bytes = safe->cadence.segment_bytes;
    TRY(open_log(safe, "log/access", &settings, &safe->access_log, fault));
    padding_open(safe);
    return OK;
}

struct pack_check {
    struct safe *safe;
    const struct rule_set *joint;
    struct fault *fault;
};

static enum error check_pack(void *context, const char *name)
{
    struct pack_check *check = context;
    const struct rule_set *set;

    return rulesets_load(check->safe->rules_arena, check->safe->node.directory, name, check->joint, &set, check->fault);
}

/* Every active set must carry its proof, also those that only the desk uses. */
static enum error open_rules(struct safe *safe, struct fault *fault)
{
    const struct rule_set *joint;

    TRY(rulesets_load(safe->rules_arena, safe->node.directory, RULESETS_JOINT, NULL, &joint, fault));
    struct pack_check check = {safe, joint, fault};
    TRY(rulesets_packs(safe->node.directory, check_pack, &check));
    encode_hex(hash_slice(&joint->rules_hash), safe->rules_hash);
    return decider_new(safe->rules_arena, joint, &safe->decider, fault);
}

static struct safe *safe_new(struct world *world)
{
    struct safe *safe = calloc(1, sizeof *safe);

    if (!safe)
        return NULL;
    safe->world = world;
    safe->arena = arena_new(BATCH_ARENA_MAX);
    safe->rules_arena = arena_new(RULES_ARENA_MAX);
    safe->tokens = token_cache_new();
    if (safe->arena && safe->rules_arena && safe->tokens)
        return safe;
    safe_close(safe);
    return NULL;
}

/* Who may write the node's directory must not be able to appoint approvers: the seal is made once, by safe_create. */
static void approvers_seal(const struct secret_key *key, struct slice text, char ret_hex[2 * HASH_BYTES])
{
    struct hash seal = hash_keyed(secret_key_slice(key), text);

    encode_hex(hash_slice(&seal), ret_hex);
}

static enum error read_approvers(struct safe *safe, struct slice *ret_text)
{
    enum error error = file_read(safe->rules_arena, node_path(safe->node.directory, "approvers").text, 65536, ret_text,
                                 NULL);

    if (error != ERROR_FILE_MISSING)
        return error;
    *ret_text = slice_of("", 0); /* a demo node has none and needs none */
    return OK;
}

enum error approvers_seal_again(struct safe *safe)
{
    struct slice text;
    char hex[2 * HASH_BYTES];

    TRY(read_approvers(safe, &text));
    approvers_seal(&safe->keys->approvers, text, hex);
    return file_replace(node_path(safe->node.directory, "keys/approvers").text, slice_of(hex, sizeof hex), 0600);
}

/* Sealed by the present key, or by the one before it when a change of the root was cut off there. */
static bool approvers_sealed(const struct safe *safe, struct slice text, struct slice seal)
{
    const struct secret_key *before = ring_before(safe->ring, RING_APPROVERS);
    char hex[2 * HASH_BYTES];

    approvers_seal(&safe->keys->approvers, text, hex);
    if (slice_equal(seal, slice_of(hex, sizeof hex)))
        return true;
    if (before)
        approvers_seal(before, text, hex);
    return before && slice_equal(seal, slice_of(hex, sizeof hex));
}

static enum error open_approvers(struct safe *safe, struct fault *fault)
{
    struct slice text, seal;

    TRY(read_approvers(safe, &text));
    TRY(file_read(safe->rules_arena, node_path(safe->node.directory, "keys/approvers").text, 256, &seal, fault));
    if (!approvers_sealed(safe, text, seal))
        return fault_set(fault, ERROR_SEALED, "the file approvers was changed");
    enum error error = approvers_read(text, &safe->approvers);
    return error == OK ? OK : fault_set(fault, error, "the file approvers");
}

static enum error seal_approvers(const struct safe_options *options, struct fault *fault)
{
    struct safe *safe = safe_new(options->world);

    if (!safe)
        return ERROR_MEMORY;
    enum error error = node_load(options->directory, &safe->node, fault);
    if (error == OK)
        error = open_keys(safe, options, fault);
    if (error == OK)
        error = approvers_seal_again(safe);
    safe_close(safe);
    return error;
}

/* Only where nobody's day is betrayed by it may the log grow as it happens. */
static enum error set_cadence(struct safe *safe, struct safe_cadence cadence, struct fault *fault)
{
    if (cadence.serving && cadence.pad == 0 && !safe->node.demo)
        return fault_set(fault, ERROR_VALUE, "log.tick: only a demo node may leave the access log unpadded");
    safe->cadence = cadence;
    safe->padding.least = cadence.pad;
    safe->retention.years = cadence.retention_years;
    return OK;
}

static enum error open_all(struct safe *safe, const struct safe_options *options, struct fault *fault)
{
    TRY(node_load(options->directory, &safe->node, fault));
    TRY(set_cadence(safe, options->cadence, fault));
    TRY(open_keys(safe, options, fault));
    TRY(open_rules(safe, fault));
    TRY(open_approvers(safe, fault));
    TRY(open_logs(safe, fault));
    TRY(witnessing_open(safe, fault));
    TRY(person_index_open(node_path(options->directory, "log/index.db").text, &safe->keys->index, &safe->index, fault));
    safe->reviews = person_index_reviews(safe->index);
    TRY(suspensions_open(person_index_store(safe->index), &safe->keys->oversight, safe->arena, &safe->suspensions));
    safe->route.cover_per_day = options->cadence.cover;
    TRY(order_route_load(safe));
    TRY(reindex(safe, fault));
    /* Once more: what is in force may have been put back, and numbers go on behind it. */
    TRY(suspensions_open(person_index_store(safe->index), &safe->keys->oversight, safe->arena, &safe->suspensions));
    oversight_close_rows(safe);
    TRY(rotation_resume(safe));
    (void)!destroyed_tell(safe); /* a full disk must not keep the node from opening: safe_idle tries again */
    if (safe->world->now_ns(safe->world) < ledger_last_time_ns(safe->access_log) - CLOCK_ERROR_NS)
        return fault_set(fault, ERROR_CLOCK, "it is more than a day behind");
    return OK;
}

enum error safe_open(const struct safe_options *options, struct safe **ret_safe, struct fault *fault)
{
    struct safe *safe = safe_new(options->world);

    if (!safe)
        return ERROR_MEMORY;
    enum error error = open_all(safe, options, fault);
    if (error != OK) {
        safe_close(safe);
        return error;
    }
    *ret_safe = safe;
    return OK;
}

void safe_close(struct safe *safe)
{
    if (!safe)
        return;
    unconfirmed_free(safe);
    witnessing_close(safe);
    token_cache_free(safe->tokens);
    person_index_close(safe->index);
    ledger_close(safe->access_log);
    ledger_close(safe->public_log);
    keystore_close(safe->keystore);
    ring_close(safe->ring);
    secret_pool_free(safe->pool);
    arena_free(safe->rules_arena);
    arena_free(safe->route.arena);
    arena_free(safe->again_arena);
    arena_free(safe->arena);
    free(safe);
}

enum error safe_begin(struct safe *safe)
{
    return retention_begin(safe);
}

enum error safe_publish(struct safe *safe, struct slice text, uint64_t *ret_index)
{
    struct ledger_entry entry = {.leaf = text};

    return ledger_append(safe->public_log, &entry, 1, 0, ret_index);
}

/* The verifier's key, for strangers: log/NAME.vkey. */
enum error log_write_vkey(const struct node *node, const char *name, const struct secret_key *seed)
{
    CLEANUP_BUFFER struct buffer vkey = buffer_new(512);
    struct origin origin = origin_of(node, name);
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    char below[32];

    sign_public(seed, public_key);
    struct note_key key = note_key_make(slice_from_string(origin.text), public_key);
    note_key_write(&key, &vkey);
    buffer_byte(&vkey, '\n');
    TRY(buffer_check(&vkey));
    snprintf(below, sizeof below, "log/%s.vkey", name);
    return file_replace(node_path(node->directory, below).text, buffer_view(&vkey), 0644);
}

/* A log begins with the old one's checkpoint, or with nothing. */
static enum error create_log(const struct node *node, const char *name, const struct secret_key *seed,
                             struct world *world, struct slice first, struct fault *fault)
{
    struct origin origin = origin_of(node, name);
    struct ledger_settings settings = {slice_from_string(origin.text), seed, world, NULL};
    CLEANUP_LEDGER struct ledger *ledger = NULL;
    char below[32];
    uint64_t index;

    snprintf(below, sizeof below, "log/%s", name);
    TRY(ledger_create(node_path(node->directory, below).text, &settings, &ledger, fault));
    if (first.length > 0) {
        struct ledger_entry entry = {.leaf = first};
        TRY(ledger_append(ledger, &entry, 1, 0, &index));
    }

    return log_write_vkey(node, name, seed);
}

enum error safe_create_logs(const struct safe_options *options, struct slice old_access, struct slice old_public,
                            struct fault *fault)
{
    struct safe *safe = safe_new(options->world);

    if (!safe)
        return ERROR_MEMORY;
    enum error error = node_load(options->directory, &safe->node, fault);
    if (error == OK)
        error = open_keys(safe, options, fault);
    if (error == OK)
        error = create_log(&safe->node, "access", &safe->keys->sign_access, safe->world, old_access, fault);
    if (error == OK)
        error = create_log(&safe->node, "public", &safe->keys->sign_public, safe->world, old_public, fault);
    safe_close(safe);
    return error;
}

static enum error publish_approvers(struct safe *safe)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(LEDGER_LEAF_MAX);
    struct json_writer writer = json_writer(&text);
    uint64_t index;

    if (safe->approvers.count == 0)
        return OK;
    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "approvers");
    json_key(&writer, "keys");
    json_begin_array(&writer);
    for (size_t i = 0; i < safe->approvers.count; i++) {
        struct hash hash = hash_sha256(slice_of(safe->approvers.key[i].public_key, SIGN_PUBLIC_BYTES));
        char hex[16];
        encode_hex(slice_of(hash.byte, sizeof hex / 2), hex);
        json_string(&writer, slice_of(hex, sizeof hex));
    }
    json_end_array(&writer);
    json_end_object(&writer);
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

static enum error publish_beginning(const struct safe_options *options, struct fault *fault)
{
    struct safe *safe = NULL;

    TRY(safe_open(options, &safe, fault));
    enum error error = publish_approvers(safe);
    if (error == OK)
        error = safe_tell_rules(safe, fault);
    safe_idle(safe);
    safe_close(safe);
    return error;
}

static enum error create_root(const struct safe_options *options, struct fault *fault)
{
    const struct root_sealing usual = {.kind = options->passphrase.length == 0 ? ROOT_PLAIN : ROOT_PASSPHRASE,
                                       .secret = options->passphrase};
    const struct root_sealing *sealing = options->sealing ? options->sealing : &usual;
    struct node_path path = node_path(options->directory, "keys/root");
    CLEANUP_KEY struct secret_key root;

    if (file_exists(path.text))
        return ERROR_EXISTS;
    options->world->random(options->world, root.byte, sizeof root.byte);
    TRY(root_seal(path.text, sealing, &root, options->world, fault));
    return ring_create(node_path(options->directory, "keys/ring").text, &root, options->world);
}

enum error safe_create(const struct safe_options *options, struct fault *fault)
{
    struct node node;

    TRY(node_load(options->directory, &node, fault));
    TRY(file_make_directory(node_path(options->directory, "keys").text));
    TRY(file_make_directory(node_path(options->directory, "log").text));
    TRY(create_root(options, fault));
    struct safe_options opening = *options;
    if (options->sealing && options->sealing->share) /* what was just made is what opens it */
        opening.passphrase = buffer_view(options->sealing->share);
    TRY(seal_approvers(&opening, fault));
    TRY(safe_create_logs(&opening, slice_of("", 0), slice_of("", 0), fault));
    return publish_beginning(&opening, fault);
}
