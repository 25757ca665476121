/* SPDX-License-Identifier: Apache-2.0 */

/* Backup and restore. A backup holds vault, keys, rules, settings and the checkpoints of the logs at that moment. A
 * restored node has new logs, whose first leaf is the old checkpoint, so that nobody can pass off a restored log as the
 * whole of it; and what was destroyed since the backup is destroyed in it again. */

#define _GNU_SOURCE
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "base/file.h"
#include "command.h"
#include "control.h"
#include "gate/gate.h"
#include "keys/keystore.h"
#include "keys/ring.h"
#include "keys/root.h"
#include "keys/shares.h"
#include "recover.h"
#include "safe/node.h"
#include "safe/person_index.h"
#include "safe/safe.h"
#include "sealing.h"

#define ARENA_MAX (64u << 20)

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_tree(const char *directory)
{
    nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Small files that the safe does not copy itself. */
static const char *const plain_files[] = {"node",      "settings",        "demo-oversight.key",
                                          "approvers", "log/access.vkey", "log/public.vkey"};

static enum error copy_file(const char *from, const char *to)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct slice bytes;

    if (!arena)
        return ERROR_MEMORY;
    TRY(file_read(arena, from, ARENA_MAX / 2, &bytes, NULL));
    return file_replace(to, bytes, 0600);
}

static bool is_archive(const char *name)
{
    return strcmp(name, "archive") == 0;
}

static enum error copy_folder(const char *directory, const char *staging, const char *below)
{
    struct node_path from = node_path(directory, below), to = node_path(staging, below);
    DIR *list = opendir(from.text);
    enum error error = list ? file_make_directory(to.text) : ERROR_IO;

    for (struct dirent *entry; error == OK && (entry = readdir(list));)
        if (entry->d_name[0] != '.' && !is_archive(entry->d_name))
            error = copy_file(node_path(from.text, entry->d_name).text, node_path(to.text, entry->d_name).text);
    if (list)
        closedir(list);
    return error;
}

/* What is active, and what ever was. */
static enum error copy_rules(const char *directory, const char *staging)
{
    TRY(copy_folder(directory, staging, "rules"));
    return file_exists(node_path(directory, "rules/archive").text) ? copy_folder(directory, staging, "rules/archive")
                                                                   : OK;
}

static enum error collect(const char *directory, const char *staging, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct control *control = NULL;
    struct slice answer;

    if (!arena)
        return ERROR_MEMORY;
    TRY(control_open(directory, &control, fault));
    struct slice body = arena_format(arena, "{\"directory\":\"%s\"}", staging);
    enum error error = control_post(control, arena, "/control/backup", body, &answer, fault);
    control_close(control);
    TRY(error);
    TRY(file_make_directory(node_path(staging, "keys").text));
    TRY(file_make_directory(node_path(staging, "log").text));
    for (size_t i = 0; i < sizeof plain_files / sizeof *plain_files; i++)
        if (file_exists(node_path(directory, plain_files[i]).text))
            TRY(copy_file(node_path(directory, plain_files[i]).text, node_path(staging, plain_files[i]).text));
    return copy_rules(directory, staging);
}

int command_backup(int argc, char **argv)
{
    const char *position[2];
    char absolute[PATH_MAX];
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, NULL, 0, position, 2, &positions) || positions != 2)
        return command_usage(argv[0]);
    if (file_exists(position[1]))
        return command_error(fault_set(&fault, ERROR_EXISTS, "%s", position[1]), &fault);
    /* Inside the node's directory: the safe can write nowhere else. */
    struct node_path staging = node_path(position[0], "backup.partial");
    enum error error = file_make_directory(staging.text);
    if (error == OK && !realpath(staging.text, absolute))
        error = ERROR_IO;
    if (error == OK)
        error = collect(position[0], absolute, &fault);
    if (error == OK)
        error = archive_write(position[1], absolute, &fault);
    remove_tree(staging.text);
    if (error != OK)
        return command_error(error, &fault);
    printf("Backed up to %s.\n", position[1]);
    return EXIT_DONE;
}

/* ---- restore ---- */

static enum error move_into_place(const char *directory)
{
    static const char *const moves[][2] = {
        {"vault.db", "vault/vault.db"}, {"keys.db", "keys/keys.db"}, {"index.db", "log/index.db"}};

    TRY(file_make_directory(node_path(directory, "vault").text));
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (rename(node_path(directory, moves[i][0]).text, node_path(directory, moves[i][1]).text) < 0)
            return ERROR_CORRUPT;
    return OK;
}

static enum error begin_logs(struct arena *arena, const char *directory, struct slice passphrase, struct world *world,
                             struct fault *fault)
{
    struct safe_options options = {directory, passphrase, world, NULL};
    struct slice access, public;

    TRY(file_read(arena, node_path(directory, "access.checkpoint").text, 65536, &access, fault));
    TRY(file_read(arena, node_path(directory, "public.checkpoint").text, 65536, &public, fault));
    return safe_create_logs(&options, access, public, fault);
}

struct replay {
    struct keystore *restored;
    int64_t now_s;
    unsigned again;
    enum error error;
};

static void destroy_again(void *context, const struct hash *commitment)
{
    struct replay *replay = context;
    bool found = false;

    if (replay->error == OK)
        replay->error = keystore_replay(replay->restored, commitment, replay->now_s, &found);
    replay->again += found;
}

/* Both stores are of the same node at two times. Commitments are made with a key that never changes, and of the older
 * store nothing else is read, so that it does not matter whether its root was another. */
static enum error replay_destructions(const char *directory, const char *old, struct slice passphrase,
                                      struct world *world, unsigned *ret_again, struct fault *fault)
{
    CLEANUP_KEY struct secret_key root;
    struct ring *ring = NULL;
    struct keystore *restored = NULL, *before = NULL;
    struct replay replay = {.now_s = world_now_s(world)};

    TRY(root_open(node_path(directory, "keys/root").text, passphrase, &root, fault));
    enum error error = ring_open(node_path(directory, "keys/ring").text, &root, false, world, &ring, fault);
    if (error == OK)
        error = keystore_open(node_path(directory, "keys/keys.db").text, ring, world, &restored, fault);
    if (error == OK)
        error = keystore_open(node_path(old, "keys/keys.db").text, ring, world, &before, fault);
    replay.restored = restored;
    if (error == OK)
        error = keystore_destroyed(before, destroy_again, &replay);
    if (error == OK)
        error = replay.error;
    if (error == OK)
        error = keystore_commit(restored);
    keystore_close(before);
    keystore_close(restored);
    ring_close(ring);
    *ret_again = replay.again;
    return error;
}

struct restore_options {
    const char *file, *directory, *destroyed_by;
    struct sealing_options sealing; /* with shares: how the root is sealed from now on */
    const char *const *share;
    size_t shares;
};

static enum error rebuild(const struct restore_options *options, struct slice secret, unsigned *ret_again,
                          struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct world world = world_real();

    if (!arena)
        return ERROR_MEMORY;
    TRY(begin_logs(arena, options->directory, secret, &world, fault));
    TRY(gate_mark_restored(options->directory, fault));
    TRY(person_index_restored(node_path(options->directory, "log/index.db").text, fault));
    if (!options->destroyed_by)
        return OK;
    return replay_destructions(options->directory, options->destroyed_by, secret, &world, ret_again, fault);
}

/* What opens the root now. Who has shares needs nothing of what opened it when the backup was made. */
static enum error open_root(const struct restore_options *options, char *room, struct slice *ret_secret,
                            struct fault *fault)
{
    const char *secret_file = options->sealing.secret_file;

    if (options->shares > 0) {
        TRY(recover_root(options->directory, &options->sealing, options->share, options->shares, fault));
        if (options->sealing.share_file)
            secret_file = options->sealing.share_file;
    }
    return root_ask_secret(options->directory, secret_file, room, ret_secret, fault);
}

static enum error restore(const struct restore_options *options, unsigned *ret_again, struct fault *fault)
{
    char room[ROOT_SECRET_MAX];
    struct slice secret;

    if (file_exists(options->directory))
        return fault_set(fault, ERROR_EXISTS, "%s", options->directory);
    TRY(file_make_directory(options->directory));
    enum error error = archive_read(options->file, options->directory, fault);
    if (error == OK)
        error = move_into_place(options->directory);
    if (error == OK)
        error = open_root(options, room, &secret, fault);
    if (error == OK)
        error = rebuild(options, secret, ret_again, fault);
    secret_wipe(room, sizeof room);
    if (error != OK) /* half a node is none, and the next attempt wants the place */
        remove_tree(options->directory);
    return error;
}

int command_restore(int argc, char **argv)
{
    struct restore_options options = {0};
    const struct option_spec specs[] = {{"destroyed-by", &options.destroyed_by, NULL},
                                        SEALING_OPTIONS(options.sealing)};
    const char *position[2 + SHARES_MAX];
    struct fault fault = {0};
    unsigned again = 0;
    size_t positions;

    sealing_guard();
    if (!command_arguments(argc, argv, specs, sizeof specs / sizeof *specs, position, 2 + SHARES_MAX, &positions) ||
        positions < 2)
        return command_usage(argv[0]);
    options.file = position[0];
    options.directory = position[1];
    options.share = position + 2;
    options.shares = positions - 2;
    enum error error = restore(&options, &again, &fault);
    if (error != OK)
        return command_error(error, &fault);
    printf("Restored to %s. Its logs begin anew with the old checkpoints.\n", options.directory);
    if (options.destroyed_by)
        printf("Destroyed again what had been destroyed since: %u.\n", again);
    else
        printf("Hint: with --destroyed-by OLD-DIR, what was erased since the backup is erased here too.\n");
    return EXIT_DONE;
}
