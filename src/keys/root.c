/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include "base/arena.h"
#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/seal.h"

#define FILE_MAX 1024
#define PASSPHRASE_MIN 12
static const struct slice first_line = {"hospitium-root 1", 16};
static const struct slice binding = {"root", 4};

struct root_file {
    enum root_kind kind;
    uint8_t salt[SEAL_SALT_BYTES];
    uint8_t key[SECRET_KEY_BYTES + SEAL_OVERHEAD];
    size_t key_length;
};

static void write_hex(struct buffer *into, const void *bytes, size_t length)
{
    char *room = buffer_room(into, 2 * length);

    if (room)
        encode_hex(slice_of(bytes, length), room);
    buffer_byte(into, '\n');
}

static enum error save(const char *path, const struct root_file *file)
{
    CLEANUP_BUFFER_WIPE struct buffer text = buffer_new(FILE_MAX);

    buffer_slice(&text, first_line);
    buffer_format(&text, "\n%s\n", file->kind == ROOT_PLAIN ? "plain" : "passphrase");
    write_hex(&text, file->salt, sizeof file->salt);
    write_hex(&text, file->key, file->key_length);
    TRY(buffer_check(&text));
    return file_replace(path, buffer_view(&text), 0600);
}

static enum error seal_with_passphrase(struct root_file *file, struct slice passphrase, const struct secret_key *root,
                                       struct world *world)
{
    CLEANUP_KEY struct secret_key key;

    if (passphrase.length < PASSPHRASE_MIN)
        return ERROR_VALUE;
    world->random(world, file->salt, sizeof file->salt);
    TRY(seal_passphrase(passphrase, file->salt, &key));
    seal(&key, world, binding, secret_key_slice(root), file->key);
    file->key_length = SECRET_KEY_BYTES + SEAL_OVERHEAD;
    return OK;
}

enum error root_create(const char *path, enum root_kind kind, struct slice passphrase, struct world *world)
{
    CLEANUP_KEY struct secret_key root;
    struct root_file file = {.kind = kind, .key_length = SECRET_KEY_BYTES};

    if (file_exists(path))
        return ERROR_EXISTS;
    world->random(world, root.byte, sizeof root.byte);
    if (kind == ROOT_PLAIN)
        memcpy(file.key, root.byte, SECRET_KEY_BYTES);
    else
        TRY(seal_with_passphrase(&file, passphrase, &root, world));
    enum error error = save(path, &file);
    secret_wipe(&file, sizeof file);
    return error;
}

static enum error load(const char *path, struct root_file *ret_file)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4 * FILE_MAX);
    struct slice text;

    if (!arena)
        return ERROR_MEMORY;
    TRY(file_read(arena, path, FILE_MAX, &text, NULL));
    if (!slice_equal(slice_cut(&text, '\n'), first_line))
        return ERROR_SYNTAX;
    struct slice kind = slice_cut(&text, '\n'), salt = slice_cut(&text, '\n'), key = slice_cut(&text, '\n');
    if (!slice_is(kind, "plain") && !slice_is(kind, "passphrase"))
        return ERROR_SYNTAX;
    ret_file->kind = slice_is(kind, "plain") ? ROOT_PLAIN : ROOT_PASSPHRASE;
    ret_file->key_length = ret_file->kind == ROOT_PLAIN ? SECRET_KEY_BYTES : SECRET_KEY_BYTES + SEAL_OVERHEAD;
    TRY(decode_hex(salt, ret_file->salt, sizeof ret_file->salt));
    TRY(decode_hex(key, ret_file->key, ret_file->key_length));
    secret_wipe((void *)(uintptr_t)key.data, key.length);
    return OK;
}

static enum error open_with_passphrase(const struct root_file *file, struct slice passphrase,
                                       struct secret_key *ret_root)
{
    CLEANUP_KEY struct secret_key key;

    TRY(seal_passphrase(passphrase, file->salt, &key));
    return seal_open(&key, binding, slice_of(file->key, file->key_length), ret_root->byte);
}

enum error root_open(const char *path, struct slice passphrase, struct secret_key *ret_root)
{
    struct root_file file;

    TRY(load(path, &file));
    enum error error = OK;
    if (file.kind == ROOT_PLAIN)
        memcpy(ret_root->byte, file.key, SECRET_KEY_BYTES);
    else
        error = open_with_passphrase(&file, passphrase, ret_root);
    secret_wipe(&file, sizeof file);
    return error;
}

enum error root_kind_of(const char *path, enum root_kind *ret_kind)
{
    struct root_file file;

    TRY(load(path, &file));
    *ret_kind = file.kind;
    secret_wipe(&file, sizeof file);
    return OK;
}
