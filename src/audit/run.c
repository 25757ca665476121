/* SPDX-License-Identifier: Apache-2.0 */

/* One audit from beginning to end. */

#define _GNU_SOURCE
#include <ftw.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/encode.h"
#include "files.h"
#include "story.h"

#define ARENA_MAX (32u << 20)
#define DATABASES_MAX 64

/* ---- what is handed in ---- */

/* Files that Ines names stand where she is, not below the node. */
static enum error take_own(struct audit *audit, const char *path, struct slice *ret_text, struct fault *fault)
{
    return file_read(audit->arena, path, NOTE_MAX, ret_text, fault);
}

static enum error take_oversight_key(struct audit *audit, struct fault *fault)
{
    struct slice text;

    if (!audit->options->oversight_key)
        return OK;
    TRY(take_own(audit, audit->options->oversight_key, &text, fault));
    enum error error = oversight_key_read(text, &audit->oversight);
    secret_wipe((void *)(uintptr_t)text.data, text.length);
    if (error != OK)
        return fault_set(fault, ERROR_SYNTAX, "%s is no X25519 private key", audit->options->oversight_key);
    audit->has_key = true;
    return OK;
}

static enum error take_keys(struct audit *audit, struct fault *fault)
{
    for (size_t i = 0; i < audit->options->keys; i++) {
        struct slice text;
        TRY(take_own(audit, audit->options->key[i], &text, fault));
        if (!vkey_read(text, &audit->remembered_key[audit->keys_remembered++]))
            return fault_set(fault, ERROR_SYNTAX, "%s is no verifier key", audit->options->key[i]);
    }
    return OK;
}

static enum error take_remembered(struct audit *audit, struct fault *fault)
{
    for (size_t i = 0; i < audit->options->remembers; i++) {
        struct log_mark mark = {.met = false};
        TRY(take_own(audit, audit->options->remembered[i], &mark.note, fault));
        if (!checkpoint_read(mark.note, &mark.checkpoint))
            return fault_set(fault, ERROR_SYNTAX, "%s is no checkpoint", audit->options->remembered[i]);
        struct log *log = slice_equal(mark.checkpoint.origin, audit->public.origin) ? &audit->public : &audit->access;
        if (!slice_equal(mark.checkpoint.origin, log->origin))
            return fault_set(fault, ERROR_VALUE, "%s is of another log", audit->options->remembered[i]);
        log->remembered[log->remembered_count++] = mark;
    }
    return OK;
}

/* ---- the node ---- */

/* "hospitium-node 1", name, demo or real, id, the oversight body's public key. */
static enum error take_node(struct audit *audit, struct fault *fault)
{
    struct slice text;

    if (file_take(audit->arena, audit->directory, "node", 1024, &text) != OK)
        return fault_set(fault, ERROR_FILE_MISSING, "%s/node: this is no node's directory", audit->directory);
    struct slice version = slice_cut(&text, '\n'), name = slice_cut(&text, '\n'), kind = slice_cut(&text, '\n'),
                 id = slice_cut(&text, '\n'), oversight = slice_cut(&text, '\n');
    if (!slice_is(version, "hospitium-node 1") || name.length == 0 || name.length > 128 ||
        decode_hex(id, audit->node.id.byte, ID_BYTES) != OK ||
        decode_hex(oversight, audit->node.oversight, SEAL_PUBLIC_BYTES) != OK)
        return fault_set(fault, ERROR_SYNTAX, "%s/node", audit->directory);
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == '+')
            return fault_set(fault, ERROR_SYNTAX, "%s/node", audit->directory);
    audit->node.name = name;
    audit->node.demo = slice_is(kind, "demo");
    return OK;
}

static enum error take_log(struct audit *audit, struct log *log, const char *name, log_visit *visit)
{
    char file[64];
    struct slice text;

    *log = (struct log){.report = &audit->report, .directory = audit->directory, .name = name};
    log->origin = arena_format(audit->arena, "%.*s/%s", SLICE_PRINT(audit->node.name), name);
    log->visit = visit;
    log->context = audit;
    snprintf(file, sizeof file, "log/%s.vkey", name);
    log->has_vkey = file_take(audit->arena, audit->directory, file, VKEY_MAX, &text) == OK &&
                    vkey_read(text, &log->vkey) && slice_equal(log->vkey.name, log->origin);
    if (!log->has_vkey)
        report_add(&audit->report, FINDING_KEY_MISSING, PLACE_FILE(file), NULL);
    snprintf(file, sizeof file, "log/%s/checkpoint", name);
    log->has_checkpoint = file_take(audit->arena, audit->directory, file, NOTE_MAX, &log->checkpoint.note) == OK &&
                          checkpoint_read(log->checkpoint.note, &log->checkpoint.checkpoint) &&
                          slice_equal(log->checkpoint.checkpoint.origin, log->origin);
    if (!log->has_checkpoint)
        report_add(&audit->report, FINDING_CHECKPOINT_MISSING, PLACE_FILE(file), NULL);
    return log->origin.data ? OK : ERROR_MEMORY;
}

/* ---- databases ---- */

static bool take_database(struct audit *audit, struct database *database, const char *file)
{
    return database_open(database, audit->directory, file, audit->scratch, &audit->report) == OK;
}

/* Names that end in .db and are not one of the three that are known. */
static void each_other(void *context, const char *name, bool is_directory)
{
    static const char *const known[] = {"vault.db", "keys.db", "index.db"};
    struct audit *audit = context;
    struct database other;
    char file[160];

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i]) == 0)
            return;
    if (is_directory || !slice_ends_with(slice_from_string(name), SLICE(".db")) ||
        snprintf(file, sizeof file, "%s/%s", audit->others_in, name) >= (int)sizeof file)
        return;
    if (take_database(audit, &other, file))
        database_scan(&other, NULL, NULL);
    database_close(&other);
}

static void judge_databases(struct audit *audit)
{
    static const char *const folders[] = {"vault", "keys", "log", "."};

    if (audit->vault_open)
        vault_judge(audit);
    if (audit->keys_open)
        keystore_judge(audit);
    if (audit->index_open)
        database_scan(&audit->index, NULL, NULL);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        audit->others_in = folders[i];
        if (file_list(audit->directory, folders[i], DATABASES_MAX, each_other, audit) != OK)
            continue; /* what must be there was told when it was opened */
    }
}

/* Those of the node's own commands nobody asks for: they last minutes and read nothing. */
static uint64_t issued_to_people(const struct audit *audit)
{
    uint64_t count = 0;

    for (size_t i = 0; i < audit->told.issued.count; i++) {
        const struct issued *issued = list_at(&audit->told.issued, i);
        count += issued->role != ROLE_SYSTEM || issued->sector != SECTOR_SYSTEM;
    }
    return count;
}

/* On a real node each credential uses up one request of two approvers, whose mark is kept with the withdrawn ones. */
static void judge_approvals(struct audit *audit)
{
    if (audit->node.demo || audit->told.restored || !audit->index_open)
        return;
    uint64_t used = (uint64_t)database_number(&audit->index, "SELECT count(*) FROM revoked"),
             issued = issued_to_people(audit);
    if (issued > used)
        report_add(&audit->report, FINDING_CREDENTIAL_UNAPPROVED, PLACE_FILE("log/public/journal"),
                   "%llu issued, %llu requests used", (unsigned long long)issued, (unsigned long long)used);
}

/* Versions that came with a backup name entries of the old log; only a restored node has such. */
static void judge_restored(struct audit *audit)
{
    if (audit->report.count[COUNT_VERSIONS_OLD] > 0 && audit->access.first.length == 0)
        report_add(&audit->report, FINDING_VERSION_NO_ENTRY, PLACE_FILE("vault/vault.db"),
                   "%llu name an old log, and the log is not a restored one",
                   (unsigned long long)audit->report.count[COUNT_VERSIONS_OLD]);
}

bool audit_is_partial(const struct audit *audit)
{
    return audit->access.let_go > 0 || audit->report.count[COUNT_CLOSED] > 0;
}

/* ---- from beginning to end ---- */

static enum error read_logs(struct audit *audit)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    audit->judged_until_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
    TRY(log_walk(&audit->public));
    approvers_judge(audit);
    ruleset_judge(audit);
    judge_databases(audit);
    TRY(story_begin(audit));
    vault_walk_begin(audit);
    TRY(log_walk(&audit->access));
    vault_walk_end(audit);
    return OK;
}

enum error audit_run(struct audit *audit)
{
    audit->vault_open = take_database(audit, &audit->vault, "vault/vault.db");
    audit->keys_open = take_database(audit, &audit->keys, "keys/keys.db");
    audit->index_open = take_database(audit, &audit->index, "log/index.db");
    TRY(read_logs(audit));
    story_judge(audit);
    signing_judge(audit);
    judge_restored(audit);
    judge_approvals(audit);
    return OK;
}

static void begin_lists(struct public_story *told)
{
    *told = (struct public_story){
        .activations = list_new(sizeof(struct activation), 4096),
        .issued = list_new(sizeof(struct issued), CREDENTIALS_MAX),
        .destroyed = list_new(HASH_BYTES, DESTROYED_MAX),
        .successions = list_new(sizeof(struct succession), 4 * KEYS_MAX),
        .approvers = list_new(16, KEYS_MAX),
        .routes = list_new(sizeof(struct route), 4096),
        .years = list_new(sizeof(int64_t), 4096),
        .commitments = list_new(HASH_BYTES, CREDENTIALS_MAX),
    };
}

static enum error begin_scratch(struct audit *audit)
{
    const char *temporary = getenv("TMPDIR");
    int length = snprintf(audit->scratch, sizeof audit->scratch, "%s/hospitium-audit-XXXXXX",
                          temporary && *temporary ? temporary : "/tmp");

    return length < (int)sizeof audit->scratch && mkdtemp(audit->scratch) ? OK : ERROR_IO;
}

enum error audit_begin(struct audit *audit, const struct audit_options *options, struct fault *fault)
{
    *audit = (struct audit){.options = options, .directory = options->directory};
    audit->arena = arena_new(ARENA_MAX);
    if (!audit->arena || report_init(&audit->report) != OK)
        return ERROR_MEMORY;
    begin_lists(&audit->told);
    audit->rules = list_new(sizeof(struct rules_kept), RULES_SET_MAX);
    TRY(take_node(audit, fault));
    TRY(begin_scratch(audit));
    audit->running = file_node_runs(audit->directory);
    TRY(take_log(audit, &audit->public, "public", public_entry));
    TRY(take_log(audit, &audit->access, "access", story_entry));
    TRY(take_oversight_key(audit, fault));
    TRY(take_keys(audit, fault));
    return take_remembered(audit, fault);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void audit_end(struct audit *audit)
{
    story_end(audit);
    for (size_t i = 0; i < audit->rules.count; i++)
        rules_free(((struct rules_kept *)list_at(&audit->rules, i))->rules);
    list_free(&audit->rules);
    list_free(&audit->told.activations);
    list_free(&audit->told.issued);
    list_free(&audit->told.destroyed);
    list_free(&audit->told.successions);
    list_free(&audit->told.approvers);
    list_free(&audit->told.routes);
    list_free(&audit->told.commitments);
    list_free(&audit->told.years);
    log_free(&audit->public);
    log_free(&audit->access);
    statement_close(&audit->by_entry);
    statement_close(&audit->by_row);
    database_close(&audit->vault);
    database_close(&audit->keys);
    database_close(&audit->index);
    if (audit->scratch[0])
        nftw(audit->scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    secret_key_wipe(&audit->oversight);
    report_free(&audit->report);
    arena_free(audit->arena);
}
