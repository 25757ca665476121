/* SPDX-License-Identifier: Apache-2.0 */

/* Two persons for a credential: a request is written, shown to each of them, and signed. Their keys need not be on the
 * node's machine, and should not be. */

#include "approve.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "command.h"
#include "crypto/encode.h"
#include "crypto/secret.h"
#include "ledger/note.h"
#include "safe/node.h"

#define REQUEST_SECONDS (7 * 86400)
#define ARENA_MAX (1u << 20)

static void field(struct buffer *text, const char *name, const char *value)
{
    if (value)
        buffer_format(text, "%s %s\n", name, value);
}

static void hex_field(struct buffer *text, const char *name, const struct id *id)
{
    char hex[ID_TEXT_BYTES + 1] = {0};

    encode_hex(id_slice(id), hex);
    field(text, name, hex);
}

static void write_request(const struct token_options *options, const struct node *node, unsigned long ttl_s,
                          struct buffer *text)
{
    struct world world = world_real();
    struct id request;

    world.random(&world, request.byte, ID_BYTES);
    buffer_string(text, "hospitium credential request 1\n");
    hex_field(text, "node", &node->id);
    hex_field(text, "request", &request);
    buffer_format(text, "until %" PRId64 "\n", world_now_s(&world) + REQUEST_SECONDS);
    field(text, "actor", options->actor);
    field(text, "role", options->role);
    field(text, "sector", options->sector);
    field(text, "organization", options->organization);
    field(text, "purpose", options->purpose);
    field(text, "training", options->training ? options->training : "current");
    buffer_format(text, "ttl %lu\n", ttl_s);
    field(text, "person", options->person);
}

int approval_request_write(const struct token_options *options, unsigned long ttl_s)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(8192);
    struct fault fault = {0};
    struct node node;

    enum error error = node_load(options->directory, &node, &fault);
    if (error == OK) {
        write_request(options, &node, ttl_s, &text);
        error = buffer_check(&text);
    }
    if (error == OK)
        error = file_replace(options->request, buffer_view(&text), 0644);
    if (error != OK)
        return command_error(error, &fault);
    printf("Wrote %s. Two approvers sign it with `hospitium approve %s --key FILE`; then\n"
           "`hospitium token DIR --approved %s` prints the token.\n",
           options->request, options->request, options->request);
    return EXIT_DONE;
}

/* ---- an approver ---- */

int command_approver(int argc, char **argv)
{
    CLEANUP_BUFFER_WIPE struct buffer secret = buffer_new(1024);
    CLEANUP_BUFFER struct buffer public = buffer_new(1024);
    CLEANUP_KEY struct secret_key seed;
    struct world world = world_real();
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    const char *position[2];
    size_t positions;

    if (!command_arguments(argc, argv, NULL, 0, position, 2, &positions) || positions != 2 ||
        !note_name_allowed(slice_from_string(position[0])))
        return command_usage(argv[0]);
    if (file_exists(position[1]))
        return command_error(ERROR_EXISTS, NULL);
    world.random(&world, seed.byte, sizeof seed.byte);
    note_secret_write(slice_from_string(position[0]), &seed, &secret);
    buffer_byte(&secret, '\n');
    enum error error = file_replace(position[1], buffer_view(&secret), 0600);
    if (error != OK)
        return command_error(error, NULL);
    sign_public(&seed, public_key);
    struct note_key key = note_key_make(slice_from_string(position[0]), public_key);
    note_key_write(&key, &public);
    printf("%.*s\n", SLICE_PRINT(buffer_view(&public)));
    return EXIT_DONE;
}

static enum error read_secret(struct arena *arena, const char *path, struct slice *ret_name,
                              struct secret_key *ret_seed, struct fault *fault)
{
    struct slice text;

    TRY(file_read(arena, path, 4096, &text, fault));
    while (text.length > 0 && text.data[text.length - 1] == '\n')
        text.length--;
    return note_secret_parse(text, ret_name, ret_seed);
}

/* What is signed is the text above the signatures; the new signature goes below those that are there. */
static enum error add_signature(struct slice request, struct slice name, const struct secret_key *seed,
                                struct buffer *into)
{
    CLEANUP_BUFFER struct buffer signed_note = buffer_new(NOTE_BYTES_MAX);
    struct slice text = request;
    size_t end = slice_search(request, SLICE("\n\n"));

    if (end != SIZE_MAX)
        text.length = end + 1;
    TRY(note_sign(text, name, seed, &signed_note));
    if (end == SIZE_MAX) {
        buffer_slice(into, buffer_view(&signed_note));
    } else {
        buffer_slice(into, request);
        buffer_slice(into, slice_from(buffer_view(&signed_note), text.length + 1));
    }
    return buffer_check(into);
}

enum error approve_sign(struct arena *arena, const char *key, struct slice request, const char *path,
                        struct slice *ret_name, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer note = buffer_new(NOTE_BYTES_MAX);
    CLEANUP_KEY struct secret_key seed;

    TRY(read_secret(arena, key, ret_name, &seed, fault));
    TRY(add_signature(request, *ret_name, &seed, &note));
    return file_replace(path, buffer_view(&note), 0644);
}

int command_approve(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX);
    const char *path, *key = NULL;
    const struct option_spec specs[] = {{"key", &key, NULL}};
    struct slice request, name;
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, specs, 1, &path, 1, &positions) || positions != 1 || !key || !arena)
        return command_usage(argv[0]);
    enum error error = file_read(arena, path, NOTE_BYTES_MAX, &request, &fault);
    if (error == OK)
        error = approve_sign(arena, key, request, path, &name, &fault);
    if (error != OK)
        return command_error(error, &fault);
    printf("%.*s\nSigned by %.*s.\n", SLICE_PRINT(request), SLICE_PRINT(name));
    return EXIT_DONE;
}
