/* SPDX-License-Identifier: Apache-2.0 */
#include "recover.h"

#include "base/file.h"
#include "keys/ring.h"
#include "keys/shares.h"
#include "safe/node.h"

#define ARENA_MAX (4u << 20)
#define SHARE_FILE_MAX 4096

static enum error read_shares(struct arena *arena, const char *const *file, size_t files, struct share *share,
                              struct fault *fault)
{
    for (size_t i = 0; i < files; i++) {
        struct slice text;
        TRY(file_read(arena, file[i], SHARE_FILE_MAX, &text, fault));
        enum error error = share_read(text, &share[i]);
        secret_wipe((void *)(uintptr_t)text.data, text.length);
        if (error == ERROR_CORRUPT)
            return fault_set(fault, ERROR_VALUE, "%.150s: a character is wrong, or missing", file[i]);
        if (error != OK)
            return fault_set(fault, error, "%.150s is no share", file[i]);
    }
    return OK;
}

/* The ring is what tells whether it is this node's root. */
static enum error check_root(const char *directory, const struct secret_key *root, struct fault *fault)
{
    struct world world = world_real();
    struct ring *ring = NULL;
    enum error error = ring_open(node_path(directory, "keys/ring").text, root, false, &world, &ring, fault);

    ring_close(ring);
    if (error == ERROR_SEALED)
        return fault_set(fault, error, "these shares are of another node's root, or of one before the last change");
    return error;
}

static enum error combine(struct arena *arena, const char *directory, const char *const *file, size_t files,
                          struct secret_key *ret_root, struct fault *fault)
{
    struct share share[SHARES_MAX];

    if (files > SHARES_MAX)
        return fault_set(fault, ERROR_TOO_MANY, "no splitting has more than %d shares", SHARES_MAX);
    enum error error = read_shares(arena, file, files, share, fault);
    if (error == OK)
        error = shares_combine(share, files, ret_root, fault);
    secret_wipe(share, sizeof share);
    return error == OK ? check_root(directory, ret_root, fault) : error;
}

static enum error reseal(const char *directory, const struct sealing_options *options, const struct secret_key *root,
                         struct fault *fault)
{
    struct sealing_given given = {.share = buffer_new(0)};
    struct world world = world_real();

    enum error error = sealing_read(options, ROOT_PLAIN, &given, fault);
    if (error == OK)
        error = root_seal(node_path(directory, "keys/root").text, &given.sealing, root, &world, fault);
    if (error == OK)
        error = sealing_keep_share(options, &given, fault);
    sealing_wipe(&given);
    return error;
}

enum error recover_root(const char *directory, const struct sealing_options *options, const char *const *file,
                        size_t files, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_KEY struct secret_key root;
    CLEANUP_DESCRIPTOR int lock = -1;
    struct node node;

    if (!arena)
        return ERROR_MEMORY;
    TRY(node_load(directory, &node, fault));
    TRY(file_lock(node_path(directory, "lock").text, &lock));
    TRY(sealing_check(options, node.demo, fault));
    TRY(combine(arena, directory, file, files, &root, fault));
    return reseal(directory, options, &root, fault);
}

enum error recover_rehearse(const char *directory, const char *const *file, size_t files, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_KEY struct secret_key root;
    CLEANUP_DESCRIPTOR int lock = -1;
    struct node node;

    if (!arena)
        return ERROR_MEMORY;
    TRY(node_load(directory, &node, fault));
    TRY(file_lock(node_path(directory, "lock").text, &lock));
    return combine(arena, directory, file, files, &root, fault);
}
