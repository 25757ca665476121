/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/encode.h"

#define ABOUT_MAX 4096
#define LOGS_BYTES_MAX (2u << 20)
#define ARENA_MAX (8u << 20)
#define EVIDENCE_MAX 16 /* of one log: one is enough, and a log must not fill the disk */
#define MEMBERS_MAX 1000

struct path {
    char text[PATH_MAX];
};

static struct path path_of(const char *folder, const char *below)
{
    struct path path;

    if (snprintf(path.text, sizeof path.text, "%s/%s", folder, below) >= (int)sizeof path.text)
        path.text[0] = '\0'; /* no such file */
    return path;
}

/* "state/" and the hash of the origin. */
static void state_name(struct slice origin, char into[static 2 * HASH_BYTES + 1])
{
    struct hash hash = hash_sha256(origin);

    encode_hex(hash_slice(&hash), into);
    into[2 * HASH_BYTES] = '\0';
}

/* ---- making ---- */

enum error folder_make(const char *path, const struct folder_about *about)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(ABOUT_MAX);

    if (!note_name_allowed(about->name))
        return ERROR_VALUE;
    if (file_exists(path_of(path, "witness").text))
        return ERROR_EXISTS;
    TRY(file_make_directory(path_of(path, "state").text));
    TRY(file_make_directory(path_of(path, "evidence").text));
    TRY(file_replace(path_of(path, "logs").text, SLICE(""), 0600));
    buffer_format(&text, "hospitium-witness 1\nname %.*s\nkind %s\nmembers %u\n", SLICE_PRINT(about->name),
                  about->region ? "region" : "witness", about->members);
    TRY(buffer_check(&text));
    return file_replace(path_of(path, "witness").text, buffer_view(&text), 0600);
}

static bool take(struct slice *rest, struct slice word, struct slice *ret_value)
{
    if (!slice_starts_with(*rest, word))
        return false;
    *ret_value = slice_from(slice_cut(rest, '\n'), word.length);
    return true;
}

enum error folder_about_read(struct arena *arena, const char *path, struct folder_about *ret_about, struct fault *fault)
{
    struct slice rest, nothing, name, kind, number;
    uint64_t members;

    TRY(file_read(arena, path_of(path, "witness").text, ABOUT_MAX, &rest, fault));
    if (!take(&rest, SLICE("hospitium-witness 1"), &nothing) || nothing.length > 0 ||
        !take(&rest, SLICE("name "), &name) || !take(&rest, SLICE("kind "), &kind) ||
        !take(&rest, SLICE("members "), &number) || rest.length > 0 || !note_name_allowed(name) ||
        !slice_to_u64(number, &members) || members < 1 || members > MEMBERS_MAX ||
        (!slice_is(kind, "witness") && !slice_is(kind, "region")))
        return fault_set(fault, ERROR_CORRUPT, "%.200s/witness", path);
    *ret_about = (struct folder_about){name, slice_is(kind, "region"), (unsigned)members};
    return OK;
}

/* ---- the list of logs ---- */

typedef enum error key_visit(void *context, const struct note_key *key);

static enum error visit_keys(struct slice text, key_visit *visit, void *context, struct fault *fault)
{
    struct note_key key;

    for (unsigned line = 1; text.length > 0; line++) {
        struct slice vkey = slice_cut(&text, '\n');
        if (vkey.length == 0)
            continue;
        if (note_key_parse_any(vkey, &key) != OK)
            return fault_set(fault, ERROR_CORRUPT, "logs, line %u, is no public key", line);
        TRY(visit(context, &key));
    }
    return OK;
}

static enum error refuse_same(void *context, const struct note_key *key)
{
    const struct note_key *wanted = context;

    return key->id == wanted->id && slice_equal(key->name, wanted->name) ? ERROR_EXISTS : OK;
}

/* A state in which the log was never seen. One that is there stays: it is what the witness vouched for. */
static enum error begin_state(const struct keeper_io *io, const char *path, struct slice origin)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_new(STATE_BYTES_MAX);
    const struct state state = {origin, {0, tree_hash_empty()}, 0, slice_of("", 0)};
    char name[2 * HASH_BYTES + 1];
    struct path folder = path_of(path, "state");

    state_name(origin, name);
    if (file_exists(path_of(folder.text, name).text))
        return OK;
    TRY(state_write(&state, &bytes));
    return keeper_replace(io, folder.text, name, buffer_view(&bytes));
}

enum error folder_add_log(const char *path, const struct note_key *key, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_BUFFER struct buffer text = buffer_new(LOGS_BYTES_MAX);
    CLEANUP_DESCRIPTOR int lock = -1;
    struct keeper_io io = keeper_io_system();
    struct note_key wanted = *key;
    struct slice logs;

    if (!arena)
        return ERROR_MEMORY;
    if (key->algorithm == NOTE_ML_DSA_44)
        return fault_set(fault, ERROR_UNSUPPORTED, "a key of ML-DSA-44");
    TRY(file_lock(path_of(path, "logs.lock").text, &lock));
    TRY(file_read(arena, path_of(path, "logs").text, LOGS_BYTES_MAX, &logs, fault));
    TRY(visit_keys(logs, refuse_same, &wanted, fault));
    TRY(begin_state(&io, path, key->name));
    buffer_slice(&text, logs);
    note_key_write(key, &text);
    buffer_byte(&text, '\n');
    TRY(buffer_check(&text));
    return keeper_replace(&io, path, "logs", buffer_view(&text));
}

/* ---- looking ---- */

static enum error damaged(struct fault *fault, const char *name, struct slice origin)
{
    return fault_set(fault, ERROR_CORRUPT, "state/%.12s…, what was vouched for of %.*s, is missing or damaged", name,
                     (int)(origin.length > 80 ? 80 : origin.length), origin.data);
}

struct looking {
    struct arena *arena;
    const char *path;
    struct witness_seen *seen;
    size_t count;
    struct fault *fault;
};

static enum error look_at(void *context, const struct note_key *key)
{
    struct looking *looking = context;
    char name[2 * HASH_BYTES + 1];
    struct slice bytes;
    struct state state;

    for (size_t i = 0; i < looking->count; i++)
        if (slice_equal(looking->seen[i].origin, key->name))
            return OK;
    if (looking->count == WITNESS_LOGS_MAX)
        return ERROR_TOO_MANY;
    state_name(key->name, name);
    if (file_read(looking->arena, path_of(path_of(looking->path, "state").text, name).text, 2 * STATE_BYTES_MAX, &bytes,
                  NULL) != OK ||
        state_parse(bytes, &state) != OK || !slice_equal(state.origin, key->name))
        return damaged(looking->fault, name, key->name);
    looking->seen[looking->count++] = (struct witness_seen){key->name, state.head, state.time_s, state.note};
    return OK;
}

enum error folder_look(struct arena *arena, const char *path, const struct witness_seen **ret_seen, size_t *ret_count,
                       struct fault *fault)
{
    struct looking looking = {arena, path, arena_array(arena, WITNESS_LOGS_MAX, sizeof *looking.seen), 0, fault};
    struct slice text;

    if (!looking.seen)
        return ERROR_MEMORY;
    TRY(file_read(arena, path_of(path, "logs").text, LOGS_BYTES_MAX, &text, fault));
    TRY(visit_keys(text, look_at, &looking, fault));
    *ret_seen = looking.seen;
    *ret_count = looking.count;
    return OK;
}

/* ---- an open one ---- */

struct folder {
    struct path path, state;
    struct keeper_io io;
    int lock;
    struct stat taught; /* the list of logs when it was last read */
};

enum error folder_open(const char *path, const struct keeper_io *io, struct folder **ret_folder)
{
    int lock = -1;

    TRY(file_lock(path_of(path, "lock").text, &lock));
    struct folder *folder = calloc(1, sizeof *folder);
    if (!folder) {
        file_close(&lock);
        return ERROR_MEMORY;
    }
    *folder = (struct folder){.path = path_of(path, ""), .state = path_of(path, "state"), .io = *io, .lock = lock};
    *ret_folder = folder;
    return OK;
}

void folder_close(struct folder *folder)
{
    if (!folder)
        return;
    file_close(&folder->lock);
    free(folder);
}

struct teaching {
    struct folder *folder;
    struct witness *witness;
    struct arena *arena;
    struct fault *fault;
};

static enum error recall(const struct teaching *teaching, struct slice origin)
{
    char name[2 * HASH_BYTES + 1];
    struct slice bytes;

    state_name(origin, name);
    enum error error = file_read(teaching->arena, path_of(teaching->folder->state.text, name).text, 2 * STATE_BYTES_MAX,
                                 &bytes, teaching->fault);
    if (error == OK)
        error = witness_recall(teaching->witness, bytes);
    arena_reset(teaching->arena);
    if (error == OK || error == ERROR_MEMORY)
        return error;
    return damaged(teaching->fault, name, origin);
}

static enum error teach_key(void *context, const struct note_key *key)
{
    const struct teaching *teaching = context;
    struct hash hash = hash_sha256(key->name);
    struct witness_seen seen;
    bool is_known = witness_log_by_hash(teaching->witness, &hash, &seen);

    TRY(witness_know(teaching->witness, key));
    return is_known ? OK : recall(teaching, key->name);
}

enum error folder_teach(struct folder *folder, struct witness *witness, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX), *scratch = arena_new(ARENA_MAX);
    struct teaching teaching = {folder, witness, scratch, fault};
    struct path logs = path_of(folder->path.text, "logs");
    struct slice text;

    if (!arena || !scratch)
        return ERROR_MEMORY;
    if (stat(logs.text, &folder->taught) < 0) /* before it is read: a change meanwhile is news again */
        return fault_set(fault, ERROR_CORRUPT, "the list of logs is missing");
    TRY(file_read(arena, logs.text, LOGS_BYTES_MAX, &text, fault));
    return visit_keys(text, teach_key, &teaching, fault);
}

bool folder_has_news(const struct folder *folder)
{
    struct stat now;

    return stat(path_of(folder->path.text, "logs").text, &now) == 0 &&
           (now.st_ino != folder->taught.st_ino || now.st_size != folder->taught.st_size ||
            now.st_mtim.tv_sec != folder->taught.st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != folder->taught.st_mtim.tv_nsec);
}

enum error folder_keep(void *context, struct slice origin, struct slice state)
{
    const struct folder *folder = context;
    char name[2 * HASH_BYTES + 1];

    state_name(origin, name);
    return keeper_replace(&folder->io, folder->state.text, name, state);
}

/* As much as can be kept of it: a witness goes on when the evidence has no room. */
void folder_split(void *context, struct slice origin, struct slice kept, struct slice other)
{
    const struct folder *folder = context;
    CLEANUP_BUFFER struct buffer text = buffer_new(4 * NOTE_BYTES_MAX);
    char hash[2 * HASH_BYTES + 1], name[2 * HASH_BYTES + 32];

    state_name(origin, hash);
    buffer_string(&text, "One log, one size, two roots, each signed by the log.\n\n");
    buffer_slice(&text, kept);
    buffer_byte(&text, '\n');
    buffer_slice(&text, other);
    for (int i = 0; i < EVIDENCE_MAX && buffer_check(&text) == OK; i++) {
        snprintf(name, sizeof name, "evidence/%s.%d", hash, i);
        if (file_exists(path_of(folder->path.text, name).text))
            continue;
        enum error ignored = keeper_replace(&folder->io, folder->path.text, name, buffer_view(&text));
        (void)ignored;
        return;
    }
}
