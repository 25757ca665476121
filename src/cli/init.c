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
#include "crypto/hash.h"
#include "rules/module.h"
#include "rules/rule_set.h"
#include "safe/approval.h"
#include "safe/node.h"
#include "safe/rulesets.h"
#include "safe/safe.h"
#include "sealing.h"
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

/* What an activated set consists of, below DIR/rules: NAME and one of these. The sources stay beside what was made of
 * them, since a pack is proved together with the cells of the joint standard. */
#define COMPILED ".rules.json"
#define RECORD ".proof.json"
#define SOURCE_DMN ".dmn"
#define SOURCE_PACK ".pack.json"

static struct node_path rules_path(const char *directory, struct slice name, const char *suffix)
{
    char below[NODE_NAME_MAX + 64];

    snprintf(below, sizeof below, "rules/%.*s%s", SLICE_PRINT(name), suffix);
    return node_path(directory, below);
}

/* What was active once stays for ever, each file under its own hash: so that a look of any day can be held against the
 * rules of that day (hospitium-audit), also after the set was replaced or taken away. */
static enum error archive(const char *directory, const char *suffix, struct slice content)
{
    struct hash hash = hash_sha256(content);
    char hex[2 * HASH_BYTES], below[sizeof hex + 64];

    encode_hex(hash_slice(&hash), hex);
    snprintf(below, sizeof below, "rules/archive/%.*s%s", (int)sizeof hex, hex, suffix);
    struct node_path path = node_path(directory, below);
    return file_exists(path.text) ? OK : file_replace(path.text, content, 0644);
}

static enum error keep(const char *directory, const struct rule_set *set, const struct rules_bytes *bytes,
                       struct slice record)
{
    const struct {
        const char *suffix;
        struct slice content;
    } files[] = {{SOURCE_DMN, bytes->dmn}, {SOURCE_PACK, bytes->pack}, {COMPILED, bytes->compiled}, {RECORD, record}};

    TRY(file_make_directory(node_path(directory, "rules/archive").text));
    TRY(archive(directory, COMPILED, bytes->compiled));
    TRY(archive(directory, RECORD, record));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        TRY(file_replace(rules_path(directory, set->pack, files[i].suffix).text, files[i].content, 0644));
    return OK;
}

static enum error compile(struct arena *arena, const char *folder, struct rules_bytes *ret_bytes,
                          const struct rule_set **ret_set, struct fault *fault)
{
    const struct rules_module *module = command_rules_module();
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX), report = buffer_new(65536);
    struct pack_files files = {0};

    if (!module)
        return ERROR_FILE_MISSING;
    TRY(read_pack(arena, folder, &files, fault));
    enum error error = module->compile(files.dmn, files.pack, &compiled, &report, fault);
    fprintf(stderr, "%.*s", SLICE_PRINT(buffer_view(&report)));
    TRY(error);
    *ret_bytes = (struct rules_bytes){arena_copy(arena, buffer_view(&compiled)), files.dmn, files.pack};
    return ret_bytes->compiled.data ? rule_set_load(arena, ret_bytes->compiled, ret_set, fault) : ERROR_MEMORY;
}

/* The joint standard as it was activated. */
static enum error read_standard(struct arena *arena, const char *directory, struct rules_bytes *ret_bytes,
                                struct fault *fault)
{
    struct slice name = SLICE(RULESETS_JOINT);

    TRY(file_read(arena, rules_path(directory, name, COMPILED).text, RULE_SET_BYTES_MAX, &ret_bytes->compiled, fault));
    TRY(file_read(arena, rules_path(directory, name, SOURCE_DMN).text, PACK_FILE_MAX, &ret_bytes->dmn, fault));
    return file_read(arena, rules_path(directory, name, SOURCE_PACK).text, PACK_FILE_MAX, &ret_bytes->pack, fault);
}

/* Compiles, proves twice, and keeps the set if and only if everything that blocks is proved: a pack together with the
 * node's joint standard. */
static enum error activate(struct arena *arena, const char *directory, const char *folder, struct fault *fault)
{
    const struct rules_module *module = command_rules_module();
    CLEANUP_BUFFER struct buffer record = buffer_new(RECORD_MAX);
    struct rules_bytes bytes, standard;
    const struct rule_set *set;

    if (!module)
        return ERROR_FILE_MISSING;
    TRY(compile(arena, folder, &bytes, &set, fault));
    if (!node_name_allowed(set->pack)) /* it becomes the name of a file */
        return fault_set(fault, ERROR_VALUE, "a pack's id has lower-case letters, digits, dots and hyphens");
    bool is_standard = slice_is(set->pack, RULESETS_JOINT);
    if (!is_standard)
        TRY(read_standard(arena, directory, &standard, fault));
    TRY(module->prove(&bytes, is_standard ? NULL : &standard, &record, fault));
    return keep(directory, set, &bytes, buffer_view(&record));
}

static enum error activate_shipped(struct arena *arena, const char *directory, const char *pack, struct fault *fault)
{
    char folder[PATH_MAX], below[128];

    snprintf(below, sizeof below, "policy/%s", pack);
    if (!command_share_path(below, folder, sizeof folder))
        return fault_set(fault, ERROR_FILE_MISSING, "there is no pack %s", pack);
    return activate(arena, directory, folder, fault);
}

/* ---- init ---- */

struct init_options {
    const char *directory, *name, *pack, *oversight, *approvers;
    struct sealing_options sealing;
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

/* After the prover, whose workers are forks of this process and hold what it held. */
static enum error make_safe(const struct init_options *options, struct world *world, struct fault *fault)
{
    struct sealing_given given;
    enum error error = sealing_read(&options->sealing, ROOT_PLAIN, &given, fault);

    if (error == OK) {
        struct safe_options safe = {options->directory, given.sealing.secret, world, &given.sealing};
        error = safe_create(&safe, fault);
    }
    if (error == OK)
        error = sealing_keep_share(&options->sealing, &given, fault);
    sealing_wipe(&given);
    return error;
}

static enum error make_node(const struct init_options *options, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct node node = {.demo = options->demo};
    struct world world;

    if (!arena)
        return ERROR_MEMORY;
    if (!node_name_allowed(slice_from_string(options->name)) || strlen(options->directory) >= sizeof node.directory)
        return fault_set(fault, ERROR_VALUE, "a name has lower-case letters, digits, dots and hyphens");
    if (file_exists(node_path(options->directory, "node").text))
        return fault_set(fault, ERROR_EXISTS, "%s", options->directory);
    TRY(sealing_check(&options->sealing, options->demo, fault));
    TRY(command_world(options->demo, 0, &world));
    snprintf(node.directory, sizeof node.directory, "%s", options->directory);
    snprintf(node.name, sizeof node.name, "%s", options->name);
    world.random(&world, node.id.byte, ID_BYTES);
    TRY(file_make_directory(options->directory));
    TRY(file_make_directory(node_path(options->directory, "rules").text));
    TRY(file_make_directory(node_path(options->directory, "vault").text));
    TRY(oversight_key(options, &world, &node, fault));
    TRY(take_approvers(arena, options, fault));
    TRY(activate_shipped(arena, options->directory, RULESETS_JOINT, fault));
    if (options->pack)
        TRY(activate_shipped(arena, options->directory, options->pack, fault));
    TRY(settings_write_defaults(node_path(options->directory, "settings").text));
    /* Last, since it is what makes the directory a node. */
    TRY(node_save(&node));
    return make_safe(options, &world, fault);
}

int command_init(int argc, char **argv)
{
    struct init_options options = {0};
    const struct option_spec specs[] = {
        {"name", &options.name, NULL},           {"pack", &options.pack, NULL},
        SEALING_OPTIONS(options.sealing),        {"oversight-key", &options.oversight, NULL},
        {"approvers", &options.approvers, NULL}, {"demo", NULL, &options.demo}};
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, sizeof specs / sizeof *specs, &options.directory, 1, &positions) ||
        positions != 1 || !options.name)
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

static enum error deactivate(const char *directory, const char *name, struct fault *fault)
{
    static const char *const rest[] = {RECORD, SOURCE_DMN, SOURCE_PACK};
    struct slice pack = slice_from_string(name);

    if (slice_is(pack, RULESETS_JOINT))
        return fault_set(fault, ERROR_REFUSED, "the joint standard is the floor and cannot be taken away");
    if (unlink(rules_path(directory, pack, COMPILED).text) < 0)
        return fault_set(fault, ERROR_FILE_MISSING, "%s", rules_path(directory, pack, COMPILED).text);
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        unlink(rules_path(directory, pack, rest[i]).text);
    return OK;
}

static enum error change_rules(const char *directory, const char *what, const char *name, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_DESCRIPTOR int lock = -1;

    if (!arena)
        return ERROR_MEMORY;
    TRY(file_lock(node_path(directory, "lock").text, &lock));
    if (strcmp(what, "deactivate") == 0)
        return deactivate(directory, name, fault);
    return activate(arena, directory, name, fault);
}

/* For whoever wants the bytes without a node: an auditor, a page that proves again. */
static enum error compile_rules(const char *folder, const char *path, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    const struct rule_set *set;
    struct rules_bytes bytes;

    if (!arena)
        return ERROR_MEMORY;
    TRY(compile(arena, folder, &bytes, &set, fault));
    return file_replace(path, bytes.compiled, 0644);
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
