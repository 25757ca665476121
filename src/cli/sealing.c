/* SPDX-License-Identifier: Apache-2.0 */
#include "sealing.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/file.h"
#include "keys/ask.h"
#include "safe/node.h"

#define SHARE_FILE_MAX 2048

void sealing_guard(void)
{
    const struct rlimit none = {0, 0};

    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &none);
}

static bool is_given(const struct sealing_options *options)
{
    return options->kind || options->secret_file;
}

static enum error kind_of(const struct sealing_options *options, enum root_kind usual, enum root_kind *ret_kind,
                          struct fault *fault)
{
    *ret_kind = is_given(options) ? ROOT_PASSPHRASE : usual;
    if (options->kind && root_kind_named(slice_from_string(options->kind), ret_kind) != OK)
        return fault_set(fault, ERROR_VALUE, "--root is passphrase, credential, pkcs11 or share");
    return OK;
}

enum error sealing_check(const struct sealing_options *options, bool demo, struct fault *fault)
{
    enum root_kind kind;

    TRY(kind_of(options, ROOT_PLAIN, &kind, fault));
    if (kind == ROOT_PLAIN && !demo)
        return fault_set(fault, ERROR_REQUIRED, "--secret-file or --root; only a demo goes without");
    if (kind == ROOT_PKCS11 && (!options->module || !options->token || !options->key))
        return fault_set(fault, ERROR_REQUIRED, "--pkcs11-module, --pkcs11-token and --pkcs11-key");
    if (kind == ROOT_SHARE && !options->share_file)
        return fault_set(fault, ERROR_REQUIRED, "--share-file, where the share that goes elsewhere is written");
    if (options->share_file && file_exists(options->share_file))
        return fault_set(fault, ERROR_EXISTS, "%.200s", options->share_file);
    return OK;
}

enum error sealing_read(const struct sealing_options *options, enum root_kind usual, struct sealing_given *ret_given,
                        struct fault *fault)
{
    enum root_kind kind;
    int place = -1;

    *ret_given = (struct sealing_given){.share = buffer_new(SHARE_FILE_MAX)};
    TRY(kind_of(options, usual, &kind, fault));
    ret_given->sealing = (struct root_sealing){.kind = kind,
                                               .secret = slice_of("", 0),
                                               .module = slice_from_string(options->module),
                                               .token = slice_from_string(options->token),
                                               .key = slice_from_string(options->key),
                                               .share = kind == ROOT_SHARE ? &ret_given->share : NULL};
    if (kind == ROOT_SHARE) /* nothing is asked for: both shares are made here */
        return OK;
    TRY(ask_place(kind, options->secret_file, true, &place, fault));
    return ask_read(kind, place, ret_given->room, &ret_given->sealing.secret);
}

enum error sealing_keep_share(const struct sealing_options *options, const struct sealing_given *given,
                              struct fault *fault)
{
    if (given->share.length == 0)
        return OK;
    enum error error = file_replace(options->share_file, buffer_view(&given->share), 0600);
    return error == OK ? OK : fault_set(fault, error, "%.200s", options->share_file);
}

void sealing_wipe(struct sealing_given *given)
{
    buffer_wipe(&given->share);
    secret_wipe(given->room, sizeof given->room);
}

enum error root_ask_secret(const char *directory, const char *secret_file, char *room, struct slice *ret_secret,
                           struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(65536);
    struct root_about about;
    int place = -1;

    *ret_secret = slice_of("", 0);
    if (!arena)
        return ERROR_MEMORY;
    enum error error = root_about(arena, node_path(directory, "keys/root").text, &about);
    if (error != OK)
        return fault_set(fault, error, "%.150s/keys/root", directory);
    TRY(ask_place(about.kind, secret_file, true, &place, fault));
    return ask_read(about.kind, place, room, ret_secret);
}

enum error root_ask(const char *directory, const char *secret_file, struct secret_key *ret_root, struct fault *fault)
{
    char room[ROOT_SECRET_MAX];
    struct slice secret;

    enum error error = root_ask_secret(directory, secret_file, room, &secret, fault);
    if (error == OK)
        error = root_open(node_path(directory, "keys/root").text, secret, ret_root, fault);
    secret_wipe(room, sizeof room);
    return error;
}
