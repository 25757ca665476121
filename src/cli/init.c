/* SPDX-License-Identifier: Apache-2.0 */

/* Making a node, and its rule sets: compile, prove, and only then activate. */

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "command.h"
#include "crypto/encode.h"
#include "rules/module.h"
#include "rules/rule_set.h"
#include "safe/approval.h"
#include "safe/node.h"
#include "safe/rulesets.h"
#include "safe/safe.h"
#include "settings.h"

#define ARENA_MAX (512u << 20)
#define PACK_FILE_MAX (16u << 20)
#define RECORD_MAX (1u << 20)

struct pack_files {
    struct slice dmn, pack;
};

static enum error read_pack(struct arena *arena, const char *folder, struct pack_files *ret_files, struct fault *fault)
{
    TRY(file_read(arena, node_path(folder, "rules.dmn").text, PACK_FILE_MAX, &ret_files->dmn, fault));
    return file_read(arena, node_path(folder, "pack.json").text, PACK_FILE_MAX, &ret_files->pack, fault);
}

/* Writes NAME.rules.json and NAME.proof.json, if and only if everything that blocks is proved. */
static enum error activate(struct arena *arena, const char *directory, const char *folder, struct slice base,
                           struct slice *ret_compiled, struct fault *fault)
{
    const struct rules_module *module = command_rules_module();
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX), report = buffer_new(65536),
                                 record = buffer_new(RECORD_MAX);
    const struct rule_set *set;
    struct pack_files files = {0};
    bool proved = false;
    char below[128];

    if (!module)
        return ERROR_FILE_MISSING;
    TRY(read_pack(arena, folder, &files, fault));
    enum error error = module->compile(files.dmn, files.pack, &compiled, &report, fault);
    fprintf(stderr, "%.*s", SLICE_PRINT(buffer_view(&report)));
    TRY(error);
    TRY(module->prove(buffer_view(&compiled), base, &record, &proved, fault));
    if (!proved)
        return fault_set(fault, ERROR_REFUTED, "`hospitium prove %s` shows a counterexample", folder);
    TRY(rule_set_load(arena, buffer_view(&compiled), &set, fault));
    snprintf(below, sizeof below, "rules/%.*s.rules.json", SLICE_PRINT(set->pack));
    TRY(file_replace(node_path(directory, below).text, buffer_view(&compiled), 0644));
    snprintf(below, sizeof below, "rules/%.*s.proof.json", SLICE_PRINT(set->pack));
    TRY(file_replace(node_path(directory, below).text, buffer_view(&record), 0644));
    *ret_compiled = arena_copy(arena, buffer_view(&compiled));
    return ret_compiled->data ? OK : ERROR_MEMORY;
}

static enum error activate_standard(struct arena *arena, const char *directory, const char *pack, struct fault *fault)
{
    char folder[PATH_MAX], below[128];
    struct slice base, compiled;

    if (!command_share_path("policy/joint-standard", folder, sizeof folder))
        return fault_set(fault, ERROR_FILE_MISSING, "the joint standard");
    TRY(activate(arena, directory, folder, slice_of("", 0), &base, fault));
    if (!pack)
        return OK;
    snprintf(below, sizeof below, "policy/%s", pack);
    if (!command_share_path(below, folder, sizeof folder))
        return fault_set(fault, ERROR_FILE_MISSING, "there is no pack %s", pack);
    return activate(arena, directory, folder, base, &compiled, fault);
}

/* ---- init ---- */

struct init_options {
    const char *directory, *name, *pack, *passphrase_file, *oversight, *approvers;
    bool demo;
};

/* The oversight body's key: given as hexadecimal; a demo node makes a pair and keeps the private half beside it. */
static enum error oversight_key(const struct init_options *options, struct world *world, struct node *node,
                                struct fault *fault)
{
    CLEANUP_KEY struct secret_key private_key;
    char hex[2 * SECRET_KEY_BYTES];

    if (options->oversight) {
        if (decode_hex(slice_from_string(options->oversight), node->oversight, sizeof node->oversight) != OK)
            return fault_set(fault, ERROR_VALUE, "the oversight key has 64 hexadecimal digits");
        return OK;
    }
    if (!options->demo)
        return fault_set(fault, ERROR_REQUIRED, "--oversight-key, the oversight body's public key");
    world->random(world, private_key.byte, sizeof private_key.byte);
    seal_box_public(&private_key, node->oversight);
    encode_hex(secret_key_slice(&private_key), hex);
    return file_replace(node_path(node->directory, "demo-oversight.key").text, slice_of(hex, sizeof hex), 0600);
}

/* Two different persons must be able to approve a credential, or nobody ever could. */
static enum error take_approvers(struct arena *arena, const struct init_options *options, struct fault *fault)
{
    struct approvers *approvers = arena_alloc(arena, sizeof *approvers);
    struct slice text;

    if (!approvers)
        return ERROR_MEMORY;
    if (!options->approvers)
        return options->demo ? OK
                             : fault_set(fault, ERROR_REQUIRED, "--approvers, a file with two or more public keys");
    TRY(file_read(arena, options->approvers, 65536, &text, fault));
    if (approvers_read(text, approvers) != OK || approvers_distinct(approvers) < APPROVERS_NEEDED)
        return fault_set(fault, ERROR_VALUE,
                         "the approvers' file has a public key a line, two different ones at least");
    return file_replace(node_path(options->directory, "approvers").text, text, 0644);
}

static enum error read_passphrase(struct arena *arena, const struct init_options *options, struct slice *ret,
                                  struct fault *fault)
{
    *ret = slice_of("", 0);
    if (!options->passphrase_file)
        return options->demo ? OK : fault_set(fault, ERROR_REQUIRED, "--passphrase-file; only a demo goes without");
    TRY(file_read(arena, options->passphrase_file, 1024, ret, fault));
    while (ret->length > 0 && ret->data[ret->length - 1] == '\n')
        ret->length--;
    return ret->length > 0 ? OK : fault_set(fault, ERROR_VALUE, "the passphrase is empty");
}

static enum error make_node(const struct init_options *options, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct slice passphrase;
    struct node node = {.demo = options->demo};
    struct world world;

    if (!arena)
        return ERROR_MEMORY;
    if (!node_name_allowed(slice_from_string(options->name)) || strlen(options->directory) >= sizeof node.directory)
        return fault_set(fault, ERROR_VALUE, "a name has lower-case letters, digits, dots and hyphens");
    if (file_exists(node_path(options->directory, "node").text))
        return fault_set(fault, ERROR_EXISTS, "%s", options->directory);
    TRY(command_world(options->demo, 0, &world));
    TRY(read_passphrase(arena, options, &passphrase, fault));
    snprintf(node.directory, sizeof node.directory, "%s", options->directory);
    snprintf(node.name, sizeof node.name, "%s", options->name);
    world.random(&world, node.id.byte, ID_BYTES);
    TRY(file_make_directory(options->directory));
    TRY(file_make_directory(node_path(options->directory, "rules").text));
    TRY(file_make_directory(node_path(options->directory, "vault").text));
    TRY(oversight_key(options, &world, &node, fault));
    TRY(take_approvers(arena, options, fault));
    TRY(activate_standard(arena, options->directory, options->pack, fault));
    TRY(settings_write_defaults(node_path(options->directory, "settings").text));
    /* Last, since it is what makes the directory a node. */
    TRY(node_save(&node));
    struct safe_options safe = {options->directory, passphrase, &world};
    return safe_create(&safe, fault);
}

int command_init(int argc, char **argv)
{
    struct init_options options = {0};
    const struct option_spec specs[] = {{"name", &options.name, NULL},
                                        {"pack", &options.pack, NULL},
                                        {"passphrase-file", &options.passphrase_file, NULL},
                                        {"oversight-key", &options.oversight, NULL},
                                        {"approvers", &options.approvers, NULL},
                                        {"demo", NULL, &options.demo}};
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, 6, &options.directory, 1, &positions) || positions != 1 || !options.name)
        return command_usage(argv[0]);
    enum error error = make_node(&options, &fault);
    if (error != OK)
        return command_error(error, &fault);
    printf("Made the node %s in %s.\n", options.name, options.directory);
    return EXIT_DONE;
}

/* ---- rules ---- */

static enum error list_one(void *context, const char *name)
{
    const char *directory = context;
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    const struct rule_set *joint = NULL, *set;
    struct fault fault = {0};

    if (!arena)
        return ERROR_MEMORY;
    bool is_joint = strcmp(name, RULESETS_JOINT) == 0;
    enum error error = is_joint ? OK : rulesets_load(arena, directory, RULESETS_JOINT, NULL, &joint, &fault);
    if (error == OK)
        error = rulesets_load(arena, directory, name, joint, &set, &fault);
    if (error != OK)
        printf("%-20s NOT VALID: %s\n", name, fault.detail);
    else
        printf("%-20s version %.*s%s, proved\n", name, SLICE_PRINT(set->version), set->draft ? " (draft)" : "");
    return OK;
}

static enum error list_rules(const char *directory)
{
    TRY(list_one((void *)(uintptr_t)directory, RULESETS_JOINT));
    return rulesets_packs(directory, list_one, (void *)(uintptr_t)directory);
}

static enum error change_rules(const char *directory, const char *what, const char *name, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_DESCRIPTOR int lock = -1;
    struct slice base, compiled;
    char below[256];

    if (!arena)
        return ERROR_MEMORY;
    TRY(file_lock(node_path(directory, "lock").text, &lock));
    snprintf(below, sizeof below, "rules/%s.rules.json", RULESETS_JOINT);
    TRY(file_read(arena, node_path(directory, below).text, RULE_SET_BYTES_MAX, &base, fault));
    if (strcmp(what, "activate") == 0)
        return activate(arena, directory, name, base, &compiled, fault);
    if (strcmp(name, RULESETS_JOINT) == 0)
        return fault_set(fault, ERROR_REFUSED, "the joint standard is the floor and cannot be taken away");
    snprintf(below, sizeof below, "rules/%.100s.rules.json", name);
    if (unlink(node_path(directory, below).text) < 0)
        return fault_set(fault, ERROR_FILE_MISSING, "%s", below);
    return OK;
}

/* For whoever wants the bytes without a node: an auditor, a page that proves again. */
static enum error compile_rules(const char *folder, const char *path, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX), report = buffer_new(65536);
    const struct rules_module *module = command_rules_module();
    struct pack_files files = {0};

    if (!module)
        return ERROR_FILE_MISSING;
    if (!arena)
        return ERROR_MEMORY;
    TRY(read_pack(arena, folder, &files, fault));
    enum error error = module->compile(files.dmn, files.pack, &compiled, &report, fault);
    fprintf(stderr, "%.*s", SLICE_PRINT(buffer_view(&report)));
    return error == OK ? file_replace(path, buffer_view(&compiled), 0644) : error;
}

int command_rules(int argc, char **argv)
{
    const char *position[3];
    struct fault fault = {0};
    size_t positions;
    enum error error;

    if (!command_arguments(argc, argv, NULL, 0, position, 3, &positions) || positions < 2)
        return command_usage(argv[0]);
    if (strcmp(position[0], "list") == 0)
        error = list_rules(position[1]);
    else if (positions == 3 && (strcmp(position[0], "activate") == 0 || strcmp(position[0], "deactivate") == 0))
        error = change_rules(position[1], position[0], position[2], &fault);
    else if (positions == 3 && strcmp(position[0], "compile") == 0)
        error = compile_rules(position[1], position[2], &fault);
    else
        return command_usage(argv[0]);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}
