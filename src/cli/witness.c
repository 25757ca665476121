/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium witness: makes a witness of other people's logs, or a region, tells it the logs, and runs it
 * (witness_serve.c). */

#include "witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/file.h"
#include "command.h"
#include "crypto/seal.h"
#include "ledger/policy.h"
#include "safe/node.h"
#include "sealing.h"
#include "witness/region.h"

#define ARENA_MAX (16u << 20)
#define MEMBERS_LEAST 3
#define MEMBERS_MOST 1000
#define ORIGIN_SUFFIX "/log"

void witness_keys_wipe(struct witness_keys *keys)
{
    secret_wipe(keys, sizeof *keys);
}

void witness_keys_derive(const struct secret_key *root, struct witness_keys *ret_keys)
{
    ret_keys->cosigning = seal_derive(root, "witness cosignatures", 0);
    ret_keys->log = seal_derive(root, "witness log", 0);
}

struct slice witness_log_origin(struct arena *arena, struct slice name)
{
    return arena_format(arena, "%.*s" ORIGIN_SUFFIX, SLICE_PRINT(name));
}

/* ---- init ---- */

struct making {
    const char *directory, *name, *members_text;
    uint64_t members;
    bool region;
    struct sealing_options sealing;
};

static enum error keep_key(const char *directory, const char *below, const struct note_key *key, bool shown)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(1024);

    note_key_write(key, &text);
    buffer_byte(&text, '\n');
    TRY(buffer_check(&text));
    if (shown)
        printf("%.*s", SLICE_PRINT(buffer_view(&text)));
    return file_replace(node_path(directory, below).text, buffer_view(&text), 0644);
}

static enum error make_root(const struct making *making, struct world *world, struct secret_key *ret_root,
                            struct fault *fault)
{
    struct sealing_given given;
    struct node_path path = node_path(making->directory, "keys/root");

    TRY(file_make_directory(node_path(making->directory, "keys").text));
    enum error error = sealing_read(&making->sealing, ROOT_PLAIN, &given, fault);
    if (error == OK)
        error = root_create(path.text, &given.sealing, world, fault);
    if (error == OK)
        error = sealing_keep_share(&making->sealing, &given, fault);
    /* What it was sealed with opens it again, so the keys are those that serving will have. */
    if (error == OK)
        error = root_open(path.text,
                          given.sealing.kind == ROOT_SHARE ? buffer_view(&given.share) : given.sealing.secret, ret_root,
                          fault);
    sealing_wipe(&given);
    return error;
}

static enum error make_log(const struct making *making, struct world *world, const struct witness_keys *keys,
                           struct slice origin, struct fault *fault)
{
    const struct region_settings settings = {
        .directory = making->directory, .origin = origin, .seed = &keys->log, .world = world};
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    TRY(region_create(&settings, fault));
    sign_public(&keys->log, public_key);
    struct note_key key = note_key_make(origin, public_key);
    return keep_key(making->directory, "log.key", &key, true);
}

static enum error make(const struct making *making, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_KEY struct secret_key root;
    CLEANUP_WITNESS_KEYS struct witness_keys keys;
    struct folder_about about = {slice_from_string(making->name), making->region, (unsigned)making->members};
    struct world world = world_real();
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    if (!arena)
        return ERROR_MEMORY;
    struct slice origin = witness_log_origin(arena, about.name);
    if (!note_name_allowed(origin))
        return fault_set(fault, ERROR_VALUE, "a name has no space, no '+' and at most 196 bytes");
    TRY(sealing_check(&making->sealing, true, fault));
    if (file_exists(node_path(making->directory, "witness").text))
        return fault_set(fault, ERROR_EXISTS, "%.200s", making->directory);
    TRY(make_root(making, &world, &root, fault));
    witness_keys_derive(&root, &keys);
    sign_public(&keys.cosigning, public_key);
    struct note_key key = cosignature_key_make(about.name, public_key);
    TRY(keep_key(making->directory, "key", &key, true));
    if (making->region)
        TRY(make_log(making, &world, &keys, origin, fault));
    return folder_make(making->directory, &about); /* last: until then it is no witness */
}

static bool members_are_right(struct making *making)
{
    return !making->members_text ||
           (making->region && slice_to_u64(slice_from_string(making->members_text), &making->members) &&
            making->members >= 1 && making->members <= MEMBERS_MOST);
}

static int init(int argc, char **argv)
{
    struct making making = {.members = MEMBERS_LEAST};
    const struct option_spec specs[] = {{"name", &making.name, NULL},
                                        {"members", &making.members_text, NULL},
                                        {"region", NULL, &making.region},
                                        SEALING_OPTIONS(making.sealing)};
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, sizeof specs / sizeof *specs, &making.directory, 1, &positions) ||
        positions != 1 || !making.name || !members_are_right(&making))
        return command_usage("witness");
    enum error error = make(&making, &fault);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}

/* ---- add ---- */

/* The logs of a policy; its witnesses are others. */
static enum error add_policy(struct arena *arena, const char *directory, const char *file, struct fault *fault)
{
    const struct policy *policy;
    struct slice text;

    TRY(file_read(arena, file, POLICY_BYTES_MAX, &text, fault));
    TRY(policy_parse(text, arena, &policy, fault));
    for (unsigned i = 0; i < policy->logs; i++) {
        const struct note_key *key = &policy->log[i].key;
        enum error error = folder_add_log(directory, key, fault);
        if (error != OK && error != ERROR_EXISTS)
            return error;
        printf("%s %.*s.\n", error == OK ? "Added" : "Already known:", SLICE_PRINT(key->name));
    }
    return OK;
}

static enum error add_key(const char *directory, const char *vkey, struct fault *fault)
{
    struct note_key key;

    enum error error = note_key_parse_any(slice_from_string(vkey), &key);
    if (error != OK)
        return fault_set(fault, error, "a log's public key is name+id+key");
    TRY(folder_add_log(directory, &key, fault));
    printf("Added %.*s.\n", SLICE_PRINT(key.name));
    return OK;
}

static int add(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    const char *position[2], *policy = NULL;
    const struct option_spec specs[] = {{"policy", &policy, NULL}};
    struct folder_about about;
    struct fault fault = {0};
    size_t positions;

    if (!arena || !command_arguments(argc, argv, specs, 1, position, 2, &positions) || positions < 1 ||
        (positions == 1) != (policy != NULL))
        return command_usage("witness");
    enum error error = folder_about_read(arena, position[0], &about, &fault);
    if (error == OK)
        error = policy ? add_policy(arena, position[0], policy, &fault) : add_key(position[0], position[1], &fault);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}

/* ---- list ---- */

static void print_seen(const struct witness_seen *seen)
{
    char when[32] = "never";
    time_t time_s = (time_t)seen->time_s;
    struct tm tm;

    if (seen->time_s > 0 && gmtime_r(&time_s, &tm))
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
    printf("%-20s %12" PRIu64 "  %.*s\n", when, seen->head.size, SLICE_PRINT(seen->origin));
}

static enum error print_logs(struct arena *arena, const char *directory, struct fault *fault)
{
    struct folder_about about;
    const struct witness_seen *log;
    size_t count;

    TRY(folder_about_read(arena, directory, &about, fault));
    TRY(folder_look(arena, directory, &log, &count, fault));
    printf("%s %.*s. Last cosigned, entries, log:\n", about.region ? "Region" : "Witness", SLICE_PRINT(about.name));
    for (size_t i = 0; i < count; i++)
        print_seen(&log[i]);
    return OK;
}

static int list(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new(512u << 20);
    struct fault fault = {0};
    const char *directory;
    size_t positions;

    if (!arena || !command_arguments(argc, argv, NULL, 0, &directory, 1, &positions) || positions != 1)
        return command_usage("witness");
    enum error error = print_logs(arena, directory, &fault);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}

int command_witness(int argc, char **argv)
{
    static const struct {
        const char *word;
        int (*function)(int argc, char **argv);
    } words[] = {{"init", init}, {"add", add}, {"list", list}, {"serve", witness_serve}};

    for (size_t i = 0; argc > 1 && i < sizeof words / sizeof *words; i++)
        if (strcmp(argv[1], words[i].word) == 0)
            return words[i].function(argc - 1, argv + 1);
    return command_usage(argv[0]);
}
