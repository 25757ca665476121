/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium key and hospitium panic. Whatever opens or seals a root happens in this process, which has no network; the
 * door is told only that something lies ready. */

#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "command.h"
#include "control.h"
#include "keys/ring.h"
#include "keys/shares.h"
#include "ledger/succession.h"
#include "safe/node.h"
#include "safe/safe.h"
#include "recover.h"
#include "sealing.h"

#define ARENA_MAX (4u << 20)
#define SHARE_FILE_MAX 4096
#define POSITIONS_MAX (2 + SHARES_MAX)

/* ---- rotate ---- */

struct rotate_options {
    const char *directory, *secret_file;
    struct sealing_options sealing;
};

/* As the root lies there now, with what opened it, unless something else was asked for. */
static enum error new_sealing(struct arena *arena, const struct rotate_options *options, struct slice secret,
                              struct sealing_given *ret_given, struct fault *fault)
{
    struct node_path path = node_path(options->directory, "keys/root");
    struct root_about about;

    TRY(root_about(arena, path.text, &about));
    if (options->sealing.kind || options->sealing.secret_file || about.kind == ROOT_SHARE) {
        struct sealing_options asked = options->sealing;
        if (!asked.kind)
            asked.kind = root_kind_word(about.kind);
        TRY(sealing_check(&asked, about.kind == ROOT_PLAIN, fault));
        return sealing_read(&asked, about.kind, ret_given, fault);
    }
    *ret_given = (struct sealing_given){.share = buffer_new(SHARE_FILE_MAX)};
    if (secret.length > 0)
        memcpy(ret_given->room, secret.data, secret.length);
    ret_given->sealing = (struct root_sealing){.kind = about.kind,
                                               .secret = slice_of(ret_given->room, secret.length),
                                               .module = about.module,
                                               .token = about.token,
                                               .key = about.key};
    return OK;
}

/* Leaves keys/root.next and keys/ring.offer (safe/rotation.c). */
static enum error lay_ready(const struct rotate_options *options, const struct root_sealing *sealing,
                            struct slice secret, struct fault *fault)
{
    CLEANUP_KEY struct secret_key root, new_root;
    struct world world = world_real();
    const char *directory = options->directory;

    TRY(root_open(node_path(directory, "keys/root").text, secret, &root, fault));
    world.random(&world, new_root.byte, sizeof new_root.byte);
    TRY(root_seal(node_path(directory, "keys/root.next").text, sealing, &new_root, &world, fault));
    return ring_offer(node_path(directory, "keys/ring.offer").text, &root, &new_root, &world);
}

static enum error ask_node(struct arena *arena, struct control *control, const char *what, struct fault *fault)
{
    struct slice answer, body = arena_format(arena, "{\"what\":\"%s\"}", what);

    return body.data ? control_post(control, arena, "/control/rotate", body, &answer, fault) : ERROR_MEMORY;
}

/* The node first: one that opens tidies away what an earlier attempt left. */
static enum error rotate_root(struct arena *arena, const struct rotate_options *options, struct fault *fault)
{
    char room[ROOT_SECRET_MAX];
    struct sealing_given given = {.share = buffer_new(0)};
    struct control *control = NULL;
    struct slice secret;

    enum error error = root_ask_secret(options->directory, options->secret_file, room, &secret, fault);
    if (error == OK)
        error = new_sealing(arena, options, secret, &given, fault);
    if (error == OK)
        error = control_open(options->directory, &control, fault);
    if (error == OK)
        error = lay_ready(options, &given.sealing, secret, fault);
    if (error == OK)
        error = sealing_keep_share(&options->sealing, &given, fault);
    if (error == OK)
        error = ask_node(arena, control, "root", fault);
    control_close(control);
    sealing_wipe(&given);
    secret_wipe(room, sizeof room);
    return error;
}

static enum error rotate_log(struct arena *arena, const struct rotate_options *options, const char *log,
                             struct fault *fault)
{
    struct control *control = NULL;

    TRY(control_open(options->directory, &control, fault));
    enum error error = ask_node(arena, control, log, fault);
    control_close(control);
    return error;
}

static int rotate(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct rotate_options options = {0};
    const struct option_spec specs[] = {{"new-secret-file", &options.sealing.secret_file, NULL},
                                        {"secret-file", &options.secret_file, NULL},
                                        SEALING_OPTIONS(options.sealing)};
    const char *position[3];
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, sizeof specs / sizeof *specs, position, 3, &positions) || positions != 3)
        return command_usage("key");
    options.directory = position[1];
    control_start_with(options.secret_file);
    bool root = strcmp(position[2], "root") == 0;
    if (!root && strcmp(position[2], "access") != 0 && strcmp(position[2], "public") != 0)
        return command_usage("key");
    enum error error = !arena ? ERROR_MEMORY
                       : root ? rotate_root(arena, &options, &fault)
                              : rotate_log(arena, &options, position[2], &fault);
    if (error != OK)
        return command_error(error, &fault);
    if (root)
        printf("The root key is a new one. Shares of the old one open nothing any more: split the new one.\n");
    else
        printf("The %s log has a new key, which the old one has named in both logs; log/%s.vkey has it.\n", position[2],
               position[2]);
    return EXIT_DONE;
}

/* ---- split ---- */

static enum error write_shares(const char *out, const struct share *share, struct fault *fault)
{
    for (unsigned i = 0; i < share->count; i++) {
        CLEANUP_BUFFER_WIPE struct buffer line = buffer_new(SHARE_LINE_MAX);
        char name[16];
        snprintf(name, sizeof name, "share-%u", i + 1);
        share_write(&share[i], &line);
        TRY(buffer_check(&line));
        struct node_path path = node_path(out, name);
        if (file_replace(path.text, buffer_view(&line), 0600) != OK)
            return fault_set(fault, ERROR_IO, "%.200s", path.text);
    }
    return OK;
}

static enum error split_root(const char *directory, const char *secret_file, const char *out, unsigned of,
                             unsigned need, struct fault *fault)
{
    CLEANUP_KEY struct secret_key root;
    struct share share[SHARES_MAX];
    struct world world = world_real();

    if (file_exists(out))
        return fault_set(fault, ERROR_EXISTS, "%.200s", out);
    TRY(root_ask(directory, secret_file, &root, fault));
    enum error error = shares_split(&root, of, need, &world, share);
    if (error != OK)
        return fault_set(fault, error, "2 to 16 shares, of which 2 or more are needed");
    error = file_make_directory(out);
    if (error == OK)
        error = write_shares(out, share, fault);
    secret_wipe(share, sizeof share);
    return error;
}

static int split(int argc, char **argv)
{
    const char *position[2], *of = NULL, *need = NULL, *out = NULL, *secret_file = NULL;
    const struct option_spec specs[] = {
        {"of", &of, NULL}, {"need", &need, NULL}, {"out", &out, NULL}, {"secret-file", &secret_file, NULL}};
    struct fault fault = {0};
    uint64_t count, needed;
    size_t positions;

    if (!command_arguments(argc, argv, specs, 4, position, 2, &positions) || positions != 2 || !out ||
        !slice_to_u64(slice_from_string(of), &count) || !slice_to_u64(slice_from_string(need), &needed) ||
        count > SHARES_MAX || needed > SHARES_MAX)
        return command_usage("key");
    enum error error = split_root(position[1], secret_file, out, (unsigned)count, (unsigned)needed, &fault);
    if (error != OK)
        return command_error(error, &fault);
    printf("Wrote %u shares to %s; any %u of them give the root key back. Each goes to somebody else; then destroy the "
           "files.\n",
           (unsigned)count, out, (unsigned)needed);
    return EXIT_DONE;
}

/* ---- recover ---- */

static int recover(int argc, char **argv)
{
    struct sealing_options options = {0};
    const struct option_spec specs[] = {SEALING_OPTIONS(options)};
    const char *position[POSITIONS_MAX];
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, sizeof specs / sizeof *specs, position, POSITIONS_MAX, &positions) ||
        positions < 3)
        return command_usage("key");
    enum error error = recover_root(position[1], &options, position + 2, positions - 2, &fault);
    if (error != OK)
        return command_error(error, &fault);
    printf("The root key is back, sealed anew in %s/keys/root.\n", position[1]);
    return EXIT_DONE;
}

/* Before they are needed: nothing is changed, and the root is in memory for a moment only. */
static int rehearse(int argc, char **argv)
{
    const char *position[POSITIONS_MAX];
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, NULL, 0, position, POSITIONS_MAX, &positions) || positions < 3)
        return command_usage("key");
    enum error error = recover_rehearse(position[1], position + 2, positions - 2, &fault);
    if (error != OK)
        return command_error(error, &fault);
    printf("These %zu shares give the root key of %s back. Nothing was changed.\n", positions - 2, position[1]);
    return EXIT_DONE;
}

/* ---- successor ---- */

static void trim(struct slice *text)
{
    while (text->length > 0 && text->data[text->length - 1] == '\n')
        text->length--;
}

/* A file of one change or of many, a line each: the chain is followed from the key that is trusted. */
static enum error find_successor(const char *path, const char *key_path, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP_BUFFER struct buffer line = buffer_new(1024);
    struct slice text, vkey;
    struct note_key key, next;
    unsigned changes = 0;

    if (!arena)
        return ERROR_MEMORY;
    TRY(file_read(arena, key_path, 4096, &vkey, fault));
    TRY(file_read(arena, path, ARENA_MAX / 4, &text, fault));
    trim(&vkey);
    TRY(note_key_parse(vkey, &key));
    while (text.length > 0)
        if (succession_open(arena, slice_cut(&text, '\n'), &key, &next) == OK) {
            key = next;
            changes++;
        }
    if (changes == 0)
        return fault_set(fault, ERROR_SIGNATURE, "that key named nobody here");
    note_key_write(&key, &line);
    printf("%.*s\n", SLICE_PRINT(buffer_view(&line)));
    return OK;
}

static int successor(int argc, char **argv)
{
    const char *position[2], *key = NULL;
    const struct option_spec specs[] = {{"key", &key, NULL}};
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, 1, position, 2, &positions) || positions != 2 || !key)
        return command_usage("key");
    enum error error = find_successor(position[1], key, &fault);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}

int command_key(int argc, char **argv)
{
    static const struct {
        const char *name;
        command_function *function;
    } what[] = {
        {"rotate", rotate}, {"split", split}, {"recover", recover}, {"rehearse", rehearse}, {"successor", successor}};

    sealing_guard();
    for (size_t i = 0; argc > 1 && i < sizeof what / sizeof *what; i++)
        if (strcmp(argv[1], what[i].name) == 0)
            return what[i].function(argc, argv);
    return command_usage(argv[0]);
}

/* ---- panic ---- */

/* A node that is not running has no key in memory; it is marked all the same. */
static enum error shut(const char *directory, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    struct control *control = NULL;
    struct slice answer;
    struct node node;

    if (!arena)
        return ERROR_MEMORY;
    TRY(node_load(directory, &node, fault));
    if (!control_is_running(directory))
        return file_replace(node_path(directory, SAFE_LOCKED_FILE).text, SLICE("panic\n"), 0600);
    TRY(control_open(directory, &control, fault));
    enum error error = control_post(control, arena, "/control/panic", SLICE("{}"), &answer, fault);
    control_close(control);
    return error;
}

int command_panic(int argc, char **argv)
{
    struct fault fault = {0};
    const char *directory;
    size_t positions;

    if (!command_arguments(argc, argv, NULL, 0, &directory, 1, &positions) || positions != 1)
        return command_usage(argv[0]);
    enum error error = shut(directory, &fault);
    if (error != OK)
        return command_error(error, &fault);
    printf("Shut. No key is in memory; advice on care goes on. Only `hospitium serve %s --unlock` opens it again.\n",
           directory);
    return EXIT_DONE;
}
