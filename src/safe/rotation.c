/* SPDX-License-Identifier: Apache-2.0 */

/* Changing keys while the node runs. The new root never comes here: whoever holds both roots (`hospitium key rotate`)
 * leaves two files, keys/root.next, sealed as the root is to lie there, and keys/ring.offer, which only the holder of
 * the present ring can open. Here they are put in place, in an order in which a crash after any step leaves a node
 * that the old root opens or the new one (keys/README.md). */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/encode.h"
#include "ledger/succession.h"
#include "state.h"

#define ROOT_FILE_MAX 8192
#define SUCCESSIONS_MAX (256u << 10)
#define SIGNS_TOO_S (30 * INT64_C(86400)) /* how long the key before signs too */

static int64_t now_s(const struct safe *safe)
{
    return safe->now_ns / 1000000000;
}

/* ---- the ring's keys ---- */

static struct secret_key before_or_zero(const struct safe *safe, enum ring_use use)
{
    const struct secret_key *before = ring_before(safe->ring, use);

    return before ? *before : (struct secret_key){{0}};
}

void safe_take_keys(struct safe *safe)
{
    struct safe_keys *keys = safe->keys;

    keys->facts = *ring_key(safe->ring, RING_FACTS);
    keys->token.now = *ring_key(safe->ring, RING_TOKEN);
    keys->token.before = before_or_zero(safe, RING_TOKEN);
    keys->token.has_before = ring_before(safe->ring, RING_TOKEN) != NULL;
    token_cache_clear(safe->tokens);
    keys->index = *ring_key(safe->ring, RING_INDEX);
    keys->approvers = *ring_key(safe->ring, RING_APPROVERS);
    keys->activated = *ring_key(safe->ring, RING_ACTIVATED);
    keys->sign_access = *ring_key(safe->ring, RING_SIGN_ACCESS);
    keys->sign_public = *ring_key(safe->ring, RING_SIGN_PUBLIC);
    keys->sign_access_before = before_or_zero(safe, RING_SIGN_ACCESS);
    keys->sign_public_before = before_or_zero(safe, RING_SIGN_PUBLIC);
    keys->oversight = seal_derive(ring_key(safe->ring, RING_FURTHER), "oversight", 0);
    keys->order = seal_derive(ring_key(safe->ring, RING_FURTHER), "order", 0);
    keys->session.posting = *ring_key(safe->ring, RING_POSTING);
    for (unsigned s = 0; s < SECTOR_COUNT; s++)
        keys->session.sector[s] = *ring_key(safe->ring, RING_SECTOR + s);
    keys->session.node = safe->node.id;
    keys->session.demo = safe->node.demo;
}

const struct secret_key *safe_sign_before(const struct safe *safe, enum ring_use use)
{
    if (!ring_before(safe->ring, use))
        return NULL;
    return use == RING_SIGN_ACCESS ? &safe->keys->sign_access_before : &safe->keys->sign_public_before;
}

/* ---- the root ---- */

static struct node_path keys_path(const struct safe *safe, const char *below)
{
    return node_path(safe->node.directory, below);
}

/* The old file's bytes, as far as the disk lets anybody overwrite them. */
static void overwrite(int descriptor)
{
    static const char zeroes[ROOT_FILE_MAX];
    struct stat status;

    if (fstat(descriptor, &status) != 0 || (size_t)status.st_size > sizeof zeroes ||
        pwrite(descriptor, zeroes, (size_t)status.st_size, 0) != status.st_size || fsync(descriptor) != 0)
        LOG(WARNING, "safe.old_root_not_overwritten");
}

static enum error replace_root(struct safe *safe, struct slice text)
{
    struct node_path root = keys_path(safe, "keys/root");
    CLEANUP_DESCRIPTOR int old = open(root.text, O_WRONLY | O_CLOEXEC);

    TRY(file_replace(root.text, text, 0600));
    if (old >= 0)
        overwrite(old);
    unlink(keys_path(safe, "keys/root.next").text);
    return OK;
}

/* What can be done again at any opening: the file of approvers under its new seal, the offer gone. */
static enum error finish_root(struct safe *safe)
{
    if (ring_before(safe->ring, RING_APPROVERS)) {
        TRY(approvers_seal_again(safe));
        TRY(ring_forget(safe->ring, RING_APPROVERS));
    }
    safe->rewrapping = ring_before(safe->ring, RING_PERSONS) != NULL;
    unlink(keys_path(safe, "keys/ring.offer").text);
    unlink(keys_path(safe, "keys/root.next").text);
    return OK;
}

static enum error tell_root(struct safe *safe)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(256);
    uint64_t index;

    buffer_format(&text, "{\"kind\":\"root.changed\",\"count\":%u,\"time\":%lld}", ring_epoch(safe->ring),
                  (long long)now_s(safe));
    TRY(buffer_check(&text));
    return safe_publish(safe, buffer_view(&text), &index);
}

static enum error rotate_root(struct safe *safe)
{
    struct slice text;

    TRY(file_read(safe->arena, keys_path(safe, "keys/root.next").text, ROOT_FILE_MAX, &text, NULL));
    TRY(ring_accept(safe->ring, keys_path(safe, "keys/ring.offer").text, now_s(safe)));
    safe_take_keys(safe);
    enum error error = replace_root(safe, text);
    secret_wipe((void *)(uintptr_t)text.data, text.length);
    TRY(error);
    TRY(ring_settle(safe->ring));
    TRY(finish_root(safe));
    return tell_root(safe);
}

/* ---- the keys that sign the logs ---- */

static struct {
    const char *name;
    enum ring_use use;
} const logs[] = {[ROTATION_ACCESS] = {"access", RING_SIGN_ACCESS}, [ROTATION_PUBLIC] = {"public", RING_SIGN_PUBLIC}};

static struct ledger *ledger_of(struct safe *safe, enum rotation which)
{
    return which == ROTATION_ACCESS ? safe->access_log : safe->public_log;
}

/* Beside the log, for whoever has an older key or an older checkpoint: a line a change. */
static enum error remember_succession(struct safe *safe, enum rotation which, struct slice entry)
{
    CLEANUP_BUFFER struct buffer all = buffer_new(SUCCESSIONS_MAX);
    struct slice before = slice_of("", 0);
    char below[32];

    snprintf(below, sizeof below, "log/%s.keys", logs[which].name);
    enum error error = file_read(safe->rules_arena, keys_path(safe, below).text, SUCCESSIONS_MAX, &before, NULL);
    if (error != OK && error != ERROR_FILE_MISSING)
        return error;
    buffer_slice(&all, before);
    buffer_slice(&all, entry);
    buffer_byte(&all, '\n');
    TRY(buffer_check(&all));
    return file_replace(keys_path(safe, below).text, buffer_view(&all), 0644);
}

/* In both logs: the access log's bundles stay in the house. Telling twice does no harm, not telling would. */
static enum error tell_successor(struct safe *safe, enum rotation which)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(LEDGER_LEAF_MAX);
    enum ring_use use = logs[which].use;
    uint64_t index;

    TRY(succession_write(ledger_origin(ledger_of(safe, which)), ring_before(safe->ring, use), ring_key(safe->ring, use),
                         now_s(safe), &text));
    struct ledger_entry entry = {.leaf = buffer_view(&text)};
    TRY(padding_append(safe, &entry, 1, 0, &index));
    person_index_reached(safe->index, ledger_size(safe->access_log));
    TRY(safe_publish(safe, buffer_view(&text), &index));
    TRY(remember_succession(safe, which, buffer_view(&text)));
    TRY(log_write_vkey(&safe->node, logs[which].name, ring_key(safe->ring, use)));
    return ring_told(safe->ring, use);
}

static void rekey_logs(struct safe *safe)
{
    safe_take_keys(safe);
    witnessing_forget(safe);
    ledger_rekey(safe->access_log, safe_sign_before(safe, RING_SIGN_ACCESS));
    ledger_rekey(safe->public_log, safe_sign_before(safe, RING_SIGN_PUBLIC));
}

static enum error rotate_log(struct safe *safe, enum rotation which)
{
    /* A change that was cut off is finished first, and is what was asked for. */
    if (!ring_untold(safe->ring, logs[which].use))
        TRY(ring_renew(safe->ring, logs[which].use, now_s(safe) + SIGNS_TOO_S));
    rekey_logs(safe);
    TRY(tell_successor(safe, which));
    /* The key has changed: what cannot be written of it now, safe_idle tries again. */
    if (safe->padding.least == 0 && ledger_publish(safe->access_log) != OK)
        LOG(WARNING, "safe.checkpoint_not_written");
    safe_tick(safe);
    if (ledger_publish(safe->public_log) != OK)
        LOG(WARNING, "safe.checkpoint_not_written");
    return OK;
}

enum error answer_rotate(struct safe *safe, struct request *request)
{
    struct reader reader = reader_of(request->payload);
    uint8_t which = reader_byte(&reader);

    if (!reader_done(&reader) || which > ROTATION_PUBLIC)
        return ERROR_SYNTAX;
    return which == ROTATION_ROOT ? rotate_root(safe) : rotate_log(safe, (enum rotation)which);
}

/* ---- what is left to do ---- */

enum error rotation_resume(struct safe *safe)
{
    int64_t now = safe->world->now_ns(safe->world), last = ledger_last_time_ns(safe->access_log);

    safe->now_ns = now > last ? now : last;
    for (int which = ROTATION_ACCESS; which <= ROTATION_PUBLIC; which++)
        if (ring_untold(safe->ring, logs[which].use))
            TRY(tell_successor(safe, (enum rotation)which));
    return finish_root(safe);
}

void rotation_step(struct safe *safe)
{
    bool done = false;

    if (!safe->rewrapping)
        return;
    enum error error = keystore_rewrap(safe->keystore, &done);
    if (error == OK && done)
        error = ring_forget(safe->ring, RING_PERSONS);
    if (error == OK && done)
        error = ring_forget(safe->ring, RING_YEARS);
    if (error != OK)
        LOG(WARNING, "safe.rewrapping_put_off", FIELD_ERROR(error));
    else if (done)
        LOG(INFO, "safe.rewrapped");
    safe->rewrapping = !done || error != OK;
}

void rotation_idle(struct safe *safe)
{
    bool forgot = false;

    rotation_step(safe);
    if (ring_forget_expired(safe->ring, now_s(safe), &forgot) != OK)
        LOG(WARNING, "safe.expired_key_not_forgotten");
    if (forgot)
        rekey_logs(safe);
}

enum error rotation_backup(struct safe *safe, const char *directory)
{
    static const char *const files[] = {"keys/root", "keys/ring", "keys/approvers"};

    TRY(file_make_directory(node_path(directory, "keys").text));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct slice bytes;
        TRY(file_read(safe->arena, keys_path(safe, files[i]).text, 65536, &bytes, NULL));
        TRY(file_replace(node_path(directory, files[i]).text, bytes, 0600));
    }
    return OK;
}

/* ---- panic ---- */

/* The mark first, so that nothing opens the node by itself; the log while there is a key to sign with; then the keys,
 * whatever became of the others. */
enum error answer_panic(struct safe *safe, struct request *request)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(128);
    uint64_t index;

    (void)request;
    enum error marked = file_replace(keys_path(safe, SAFE_LOCKED_FILE).text, SLICE("panic\n"), 0600);
    buffer_format(&text, "{\"kind\":\"node.shut\",\"time\":%lld}", (long long)now_s(safe));
    enum error told = safe_publish(safe, buffer_view(&text), &index);
    safe_idle(safe);
    safe->shut = true;
    /* Closed while there is a key: a checkpoint that is written later would be signed by nobody's. */
    ledger_close(safe->access_log);
    ledger_close(safe->public_log);
    safe->access_log = safe->public_log = NULL;
    keystore_close(safe->keystore);
    ring_close(safe->ring);
    safe->keystore = NULL;
    safe->ring = NULL;
    secret_wipe(safe->keys, sizeof *safe->keys);
    return marked != OK ? marked : told;
}

bool safe_is_shut(const struct safe *safe)
{
    return safe->shut;
}
