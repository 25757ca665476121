/* SPDX-License-Identifier: Apache-2.0 */

/* What the log knows of a person, breaking the glass, erasing, and the node as a whole. */

#include <stdio.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "internal.h"

#define ACCESS_BYTES_MAX (1u << 20)
#define LEAVES_AT_FIRST 1024

/* EVENTS and PROOF carry a number before the access to the audit drawer. */
static void ask_log(struct gate *gate, enum protocol_kind kind, const struct gate_audit *audit)
{
    CLEANUP_BUFFER_WIPE struct buffer payload = buffer_new(ACCESS_BYTES_MAX);
    struct access_target target = {.person = audit->person};
    struct access access = {.token = audit->asker->token,
                            .request = audit->asker->request,
                            .purpose = audit->asker->purpose,
                            .action = ACTION_READ,
                            .drawers = 1u << DRAWER_AUDIT,
                            .needed = OUTCOME_FULL,
                            .type = SLICE("AuditEvent"),
                            .target = &target,
                            .targets = 1};

    enum error error = gate->ready ? vault_facts(gate->vault, audit->arena, &audit->person, &target.facts)
                                   : gate_unready(gate);
    buffer_u64(&payload, audit->number);
    access_write(&access, &payload);
    if (error == OK)
        error = buffer_check(&payload);
    if (error != OK)
        audit->done(audit->context, error, slice_of("", 0));
    else
        safe_call(gate->client, kind, buffer_view(&payload), audit->done, audit->context);
}

void gate_events(struct gate *gate, const struct gate_audit *audit)
{
    ask_log(gate, PROTOCOL_EVENTS, audit);
}

void gate_proof(struct gate *gate, const struct gate_audit *audit)
{
    ask_log(gate, PROTOCOL_PROOF, audit);
}

/* ---- breaking the glass, erasing: an access, then a small write of the vault ---- */

struct deed {
    struct gate *gate;
    struct id person;
    gate_write_done *done;
    void *context;
    struct gate_reason reason;
    int64_t time_ms;
    struct vault_facts_write facts;
    struct vault_transaction transaction;
};

static void deed_stored(void *context, enum error error)
{
    struct deed *deed = context;

    gate_complete(deed->gate, deed->reason.leaf, error, 1);
    deed->done(deed->context, error, &deed->reason, deed->time_ms);
}

static void deed_submit(struct deed *deed, enum error error)
{
    deed->transaction.done = deed_stored;
    deed->transaction.context = deed;
    if (error == OK)
        error = vault_submit(deed->gate->vault, &deed->transaction);
    if (error != OK)
        deed->done(deed->context, error, &deed->reason, deed->time_ms);
}

static void glass_granted(void *context, enum error error, const struct grant *grant)
{
    struct deed *deed = context;

    deed->reason = gate_reason_of(grant);
    deed->time_ms = grant->time_s * 1000;
    if (error == OK) {
        deed->facts = (struct vault_facts_write){deed->person, grant->target[0].facts};
        deed->transaction = (struct vault_transaction){.facts = &deed->facts, .facts_writes = 1};
    }
    deed_submit(deed, error);
}

static void erase_granted(void *context, enum error error, const struct grant *grant)
{
    struct deed *deed = context;

    deed->reason = gate_reason_of(grant);
    deed->time_ms = grant->time_s * 1000;
    deed->transaction = (struct vault_transaction){.erase = &deed->person};
    deed_submit(deed, error);
}

static void begin_deed(struct gate *gate, struct arena *arena, const struct gate_asker *asker, const struct id *person,
                       struct access *access, granted_done *granted, gate_write_done *done, void *context)
{
    static const struct gate_reason no_reason;
    struct deed *deed = arena_alloc(arena, sizeof *deed);
    struct access_target *target = arena_alloc(arena, sizeof *target);

    enum error error = deed && target ? vault_facts(gate->vault, arena, person, &target->facts) : ERROR_MEMORY;
    if (error != OK) {
        done(context, error, &no_reason, 0);
        return;
    }
    *deed = (struct deed){.gate = gate, .person = *person, .done = done, .context = context};
    target->person = *person;
    access->token = asker->token;
    access->request = asker->request;
    access->purpose = asker->purpose;
    access->target = target;
    access->targets = 1;
    access->type = SLICE("Patient");
    access->resource = *person;
    gate_submit(gate, arena, access, granted, deed);
}

void gate_break_glass(struct gate *gate, const struct gate_glass *glass)
{
    struct access access = {.action = ACTION_READ,
                            .drawers = 1u << DRAWER_IDENTITY | 1u << DRAWER_CLINICAL | 1u << DRAWER_SENSITIVE,
                            .needed = OUTCOME_FULL,
                            .reason = glass->reason,
                            .open_glass = true};

    begin_deed(gate, glass->arena, glass->asker, &glass->person, &access, glass_granted, glass->done, glass->context);
}

void gate_erase(struct gate *gate, const struct gate_erase *erase)
{
    struct access access = {.action = ACTION_ERASE, .drawers = DRAWER_ALL, .needed = OUTCOME_FULL};

    begin_deed(gate, erase->arena, erase->asker, &erase->person, &access, erase_granted, erase->done, erase->context);
}

/* ---- backup ---- */

struct backing_up {
    struct gate *gate;
    struct gate_backup backup;
};

static enum error write_checkpoints(const char *directory, struct slice payload)
{
    struct reader reader = reader_of(payload);
    struct slice access = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);
    struct slice public = protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX);

    if (!reader_done(&reader))
        return ERROR_INTERNAL;
    TRY(file_replace(node_path(directory, "access.checkpoint").text, access, 0600));
    return file_replace(node_path(directory, "public.checkpoint").text, public, 0600);
}

static void keys_backed_up(void *context, enum error error, struct slice payload)
{
    struct backing_up *backing_up = context;

    if (error == OK)
        error = write_checkpoints(backing_up->backup.directory, payload);
    backing_up->backup.done(backing_up->backup.context, error);
}

/* The vault first, then the keys: a person who is registered in between has keys without rows, never rows without keys.
 * Fact blocks may be one version behind their keys; the safe accepts the last two. */
void gate_backup(struct gate *gate, const struct gate_backup *backup, struct arena *arena)
{
    struct backing_up *backing_up = arena_alloc(arena, sizeof *backing_up);
    enum error error = backing_up ? file_make_directory(backup->directory) : ERROR_MEMORY;

    if (error == OK)
        error = vault_backup(gate->vault, node_path(backup->directory, "vault.db").text);
    if (error != OK) {
        backup->done(backup->context, error);
        return;
    }
    *backing_up = (struct backing_up){gate, *backup};
    safe_call(gate->client, PROTOCOL_BACKUP, slice_from_string(backup->directory), keys_backed_up, backing_up);
}

enum error gate_mark_restored(const char *directory, struct fault *fault)
{
    struct vault *vault = NULL;

    TRY(vault_open(node_path(directory, "vault/vault.db").text, NULL, &vault, fault));
    enum error error = vault_mark_restored(vault);
    vault_close(vault);
    return error;
}

/* ---- check ---- */

struct checking {
    struct gate *gate;
    struct gate_check check;
    struct arena *arena;
    uint64_t *leaf; /* distinct, of stored versions */
    size_t leaves, capacity;
    size_t answered;
    size_t findings;
};

static void find(struct checking *checking, struct slice line)
{
    checking->findings++;
    checking->check.finding(checking->check.context, line);
}

static void store_finds(void *context, struct slice line)
{
    find(context, line);
}

static enum error note_leaf(void *context, const struct vault_version *version)
{
    struct checking *checking = context;

    /* What belongs to nobody has no entry; what the log before a restore permitted is vouched for by that log. */
    if (id_is_zero(&version->person) || version->leaf & VAULT_OLD_LOG)
        return OK;
    if (checking->leaves > 0 && checking->leaf[checking->leaves - 1] == version->leaf)
        return OK;
    if (checking->leaves == checking->capacity) {
        uint64_t *more = arena_array(checking->arena, 2 * checking->capacity, sizeof *more);
        if (!more)
            return ERROR_MEMORY;
        memcpy(more, checking->leaf, checking->leaves * sizeof *more);
        checking->leaf = more;
        checking->capacity *= 2;
    }
    checking->leaf[checking->leaves++] = version->leaf;
    return OK;
}

static void check_next(struct checking *checking);

static void leaf_checked(void *context, enum error error, struct slice payload)
{
    struct checking *checking = context;
    struct reader reader = reader_of(payload);
    bool permitted = reader_byte(&reader) == 1;
    char line[128];
    int length = 0;

    /* What could not be looked at is not found damaged. */
    if (error == ERROR_SAFE_UNREACHABLE || error == ERROR_MEMORY || error == ERROR_IO || error == ERROR_OVERLOADED) {
        checking->check.done(checking->check.context, error);
        return;
    }
    /* One that was let go when its term was over is missing by the law, and declared so in the public log. */
    if (error != OK && error != ERROR_TERM_OVER)
        length = snprintf(line, sizeof line, "entry %llu, which permitted a stored version, is missing or damaged",
                          (unsigned long long)checking->leaf[checking->answered]);
    else if (error == OK && !permitted)
        length = snprintf(line, sizeof line, "entry %llu does not permit the version that names it",
                          (unsigned long long)checking->leaf[checking->answered]);
    if (length > 0)
        find(checking, slice_of(line, (size_t)length));
    checking->answered++;
    check_next(checking);
}

/* One entry after the other: a check may take its time and must not hold up care. */
static void check_next(struct checking *checking)
{
    char bytes[8];
    struct buffer payload = {.data = bytes, .capacity = sizeof bytes, .maximum = sizeof bytes};

    if (checking->answered == checking->leaves) {
        checking->check.done(checking->check.context, checking->findings ? ERROR_CORRUPT : OK);
        return;
    }
    buffer_u64(&payload, checking->leaf[checking->answered]);
    safe_call(checking->gate->client, PROTOCOL_CHECK, buffer_view(&payload), leaf_checked, checking);
}

static void keys_checked(void *context, enum error error, struct slice payload)
{
    struct checking *checking = context;
    struct reader reader = reader_of(payload);

    if (error != OK) {
        checking->check.done(checking->check.context, error);
        return;
    }
    while (reader.rest.length > 0 && !reader.failed)
        find(checking, protocol_text_read(&reader, PROTOCOL_MESSAGE_MAX));
    check_next(checking);
}

void gate_check(struct gate *gate, const struct gate_check *check, struct arena *arena)
{
    struct checking *checking = arena_alloc(arena, sizeof *checking);
    uint64_t *leaf = arena_array(arena, LEAVES_AT_FIRST, sizeof *leaf);

    if (!checking || !leaf) {
        check->done(check->context, ERROR_MEMORY);
        return;
    }
    *checking = (struct checking){
        .gate = gate, .check = *check, .arena = arena, .leaf = leaf, .capacity = LEAVES_AT_FIRST};
    enum error error = vault_check(gate->vault, store_finds, checking);
    if (error == OK || error == ERROR_CORRUPT)
        error = vault_walk(gate->vault, note_leaf, checking);
    if (error != OK) {
        check->done(check->context, error);
        return;
    }
    safe_call(gate->client, PROTOCOL_CHECK_KEYS, slice_of("", 0), keys_checked, checking);
}
