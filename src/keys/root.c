/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include "base/arena.h"
#include "base/file.h"
#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "pkcs11.h"
#include "shares.h"

#define FILE_MAX 8192
#define SEALED_BYTES (SECRET_KEY_BYTES + SEAL_OVERHEAD)
static const struct slice first_line = {"hospitium-root 2", 16}, older_line = {"hospitium-root 1", 16};
static const struct slice binding = {"root", 4};

static const char *const words[] = {
    [ROOT_PLAIN] = "plain",   [ROOT_PASSPHRASE] = "passphrase", [ROOT_CREDENTIAL] = "credential",
    [ROOT_PKCS11] = "pkcs11", [ROOT_SHARE] = "share",
};
#define KINDS (sizeof words / sizeof *words)

/* A file as it was read; slices lie in the arena. */
struct root_file {
    enum root_kind kind;
    bool has_ring;
    uint8_t salt[SEAL_SALT_BYTES];
    uint8_t key[SEALED_BYTES];
    struct slice rest; /* the lines of the kind */
};

const char *root_kind_word(enum root_kind kind)
{
    return words[kind];
}

enum error root_kind_named(struct slice word, enum root_kind *ret_kind)
{
    for (size_t k = 0; k < KINDS; k++)
        if (slice_is(word, words[k])) {
            *ret_kind = (enum root_kind)k;
            return OK;
        }
    return ERROR_VALUE;
}

static void write_hex(struct buffer *into, const void *bytes, size_t length)
{
    char *room = buffer_room(into, 2 * length);

    if (room)
        encode_hex(slice_of(bytes, length), room);
    buffer_byte(into, '\n');
}

/* The value of `name value` among the kind's lines; empty when it is not there. */
static struct slice line_of(struct slice rest, const char *name)
{
    while (rest.length > 0) {
        struct slice line = slice_cut(&rest, '\n');
        if (slice_is(slice_cut(&line, ' '), name))
            return line;
    }
    return slice_of("", 0);
}

/* ---- sealing: each kind makes a key, and writes what it takes to make it again ---- */

typedef enum error key_maker(const struct root_sealing *sealing, const uint8_t *salt, struct world *world,
                             struct secret_key *ret_key, struct buffer *lines, struct fault *fault);

static enum error key_of_passphrase(const struct root_sealing *sealing, const uint8_t *salt, struct world *world,
                                    struct secret_key *ret_key, struct buffer *lines, struct fault *fault)
{
    (void)world;
    (void)lines;
    if (sealing->secret.length < ROOT_PASSPHRASE_MIN)
        return fault_set(fault, ERROR_VALUE, "a passphrase has at least %d characters", ROOT_PASSPHRASE_MIN);
    return seal_passphrase(sealing->secret, salt, ret_key);
}

static struct secret_key hash_credential(struct slice secret, const uint8_t *salt)
{
    struct hash hash = hash_keyed(slice_of(salt, SEAL_SALT_BYTES), secret);
    struct secret_key key;

    memcpy(key.byte, hash.byte, sizeof key.byte);
    secret_wipe(&hash, sizeof hash);
    return key;
}

/* A credential is random, so nothing has to be made slow. */
static enum error key_of_credential(const struct root_sealing *sealing, const uint8_t *salt, struct world *world,
                                    struct secret_key *ret_key, struct buffer *lines, struct fault *fault)
{
    (void)world;
    (void)lines;
    if (sealing->secret.length < ROOT_CREDENTIAL_MIN)
        return fault_set(fault, ERROR_VALUE, "a credential has at least %d random bytes", ROOT_CREDENTIAL_MIN);
    *ret_key = hash_credential(sealing->secret, salt);
    return OK;
}

static enum error key_of_token(const struct root_sealing *sealing, const uint8_t *salt, struct world *world,
                               struct secret_key *ret_key, struct buffer *lines, struct fault *fault)
{
    struct pkcs11_wrapped wrapped;

    (void)salt;
    world->random(world, ret_key->byte, sizeof ret_key->byte);
    TRY(pkcs11_wrap(sealing->module, sealing->token, sealing->key, sealing->secret, ret_key, world, &wrapped, fault));
    buffer_format(lines, "module %.*s\ntoken %.*s\nkey %.*s\nmechanism %s\niv ", SLICE_PRINT(sealing->module),
                  SLICE_PRINT(sealing->token), SLICE_PRINT(sealing->key), pkcs11_mechanism_word(wrapped.mechanism));
    write_hex(lines, wrapped.iv, sizeof wrapped.iv);
    buffer_string(lines, "wrapped ");
    write_hex(lines, wrapped.bytes, wrapped.length);
    return OK;
}

static enum error key_of_share(const struct root_sealing *sealing, const uint8_t *salt, struct world *world,
                               struct secret_key *ret_key, struct buffer *lines, struct fault *fault)
{
    struct share share[SHARES_MAX];

    (void)salt;
    (void)fault;
    world->random(world, ret_key->byte, sizeof ret_key->byte);
    enum error error = shares_split(ret_key, 2, 2, world, share);
    if (error == OK) {
        buffer_string(lines, "share ");
        share_write(&share[0], lines);
        share_write(&share[1], sealing->share);
        error = buffer_check(sealing->share);
    }
    secret_wipe(share, sizeof share);
    return error;
}

static key_maker *const maker[KINDS] = {
    [ROOT_PASSPHRASE] = key_of_passphrase,
    [ROOT_CREDENTIAL] = key_of_credential,
    [ROOT_PKCS11] = key_of_token,
    [ROOT_SHARE] = key_of_share,
};

/* Labels and paths stand in lines of their own. */
static bool one_line(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < 0x20)
            return false;
    return text.length <= 1024;
}

enum error root_seal(const char *path, const struct root_sealing *sealing, const struct secret_key *root,
                     struct world *world, struct fault *fault)
{
    CLEANUP_BUFFER_WIPE struct buffer text = buffer_new(FILE_MAX), lines = buffer_new(FILE_MAX);
    CLEANUP_KEY struct secret_key key;
    uint8_t salt[SEAL_SALT_BYTES], sealed[SEALED_BYTES];

    if (!one_line(sealing->module) || !one_line(sealing->token) || !one_line(sealing->key))
        return fault_set(fault, ERROR_VALUE, "a label or a path of the token");
    world->random(world, salt, sizeof salt);
    buffer_format(&text, "%.*s\n%s\n", SLICE_PRINT(first_line), words[sealing->kind]);
    write_hex(&text, salt, sizeof salt);
    if (maker[sealing->kind]) {
        TRY(maker[sealing->kind](sealing, salt, world, &key, &lines, fault));
        seal(&key, world, binding, secret_key_slice(root), sealed);
        write_hex(&text, sealed, sizeof sealed);
    } else {
        write_hex(&text, root->byte, sizeof root->byte);
    }
    TRY(buffer_check(&lines));
    buffer_slice(&text, buffer_view(&lines));
    TRY(buffer_check(&text));
    return file_replace(path, buffer_view(&text), 0600);
}

enum error root_create(const char *path, const struct root_sealing *sealing, struct world *world, struct fault *fault)
{
    CLEANUP_KEY struct secret_key root;

    if (file_exists(path))
        return ERROR_EXISTS;
    world->random(world, root.byte, sizeof root.byte);
    return root_seal(path, sealing, &root, world, fault);
}

/* ---- opening ---- */

static enum error load(struct arena *arena, const char *path, struct root_file *ret_file)
{
    struct root_file file;
    struct slice text;

    TRY(file_read(arena, path, FILE_MAX, &text, NULL));
    struct slice version = slice_cut(&text, '\n'), kind = slice_cut(&text, '\n'), salt = slice_cut(&text, '\n');
    struct slice key = slice_cut(&text, '\n');
    file.has_ring = slice_equal(version, first_line);
    if ((!file.has_ring && !slice_equal(version, older_line)) || root_kind_named(kind, &file.kind) != OK ||
        (!file.has_ring && file.kind > ROOT_PASSPHRASE))
        return ERROR_SYNTAX;
    TRY(decode_hex(salt, file.salt, sizeof file.salt));
    TRY(decode_hex(key, file.key, file.kind == ROOT_PLAIN ? SECRET_KEY_BYTES : SEALED_BYTES));
    file.rest = text;
    *ret_file = file;
    secret_wipe(&file, sizeof file);
    secret_wipe((void *)(uintptr_t)key.data, key.length);
    return OK;
}

static enum error open_with_token(const struct root_file *file, struct slice pin, struct secret_key *ret_key,
                                  struct fault *fault)
{
    struct pkcs11_wrapped wrapped = {.length = 0};
    struct slice bytes = line_of(file->rest, "wrapped");

    TRY(pkcs11_mechanism_named(line_of(file->rest, "mechanism"), &wrapped.mechanism));
    TRY(decode_hex(line_of(file->rest, "iv"), wrapped.iv, sizeof wrapped.iv));
    wrapped.length = bytes.length / 2;
    if (wrapped.length > sizeof wrapped.bytes)
        return ERROR_SYNTAX;
    TRY(decode_hex(bytes, wrapped.bytes, wrapped.length));
    return pkcs11_unwrap(line_of(file->rest, "module"), line_of(file->rest, "token"), line_of(file->rest, "key"), pin,
                         &wrapped, ret_key, fault);
}

static enum error open_with_share(const struct root_file *file, struct slice line, struct secret_key *ret_key,
                                  struct fault *fault)
{
    struct share share[2];
    enum error error = share_read(line_of(file->rest, "share"), &share[0]);

    if (error == OK && share_read(line, &share[1]) != OK)
        error = fault_set(fault, ERROR_SEALED, "the other share is needed, as one line");
    if (error == OK && shares_combine(share, 2, ret_key, fault) != OK)
        error = ERROR_SEALED;
    secret_wipe(share, sizeof share);
    return error;
}

static enum error open_with(const struct root_file *file, struct slice secret, struct secret_key *ret_key,
                            struct fault *fault)
{
    switch (file->kind) {
    case ROOT_PLAIN:
        break;
    case ROOT_PASSPHRASE:
        return seal_passphrase(secret, file->salt, ret_key);
    case ROOT_CREDENTIAL:
        *ret_key = hash_credential(secret, file->salt);
        return OK;
    case ROOT_PKCS11:
        return open_with_token(file, secret, ret_key, fault);
    case ROOT_SHARE:
        return open_with_share(file, secret, ret_key, fault);
    }
    return ERROR_INTERNAL;
}

enum error root_open(const char *path, struct slice secret, struct secret_key *ret_root, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4 * FILE_MAX);
    CLEANUP_KEY struct secret_key key;
    struct root_file file;

    if (!arena) /* cover: only without memory */
        return ERROR_MEMORY;
    TRY(load(arena, path, &file));
    enum error error = OK;
    if (file.kind == ROOT_PLAIN) {
        memcpy(ret_root->byte, file.key, SECRET_KEY_BYTES);
    } else {
        error = open_with(&file, secret, &key, fault);
        if (error == OK)
            error = seal_open(&key, binding, slice_of(file.key, SEALED_BYTES), ret_root->byte);
    }
    secret_wipe((void *)(uintptr_t)file.rest.data, file.rest.length);
    secret_wipe(&file, sizeof file);
    return error;
}

enum error root_about(struct arena *arena, const char *path, struct root_about *ret_about)
{
    struct root_file file;

    TRY(load(arena, path, &file));
    *ret_about = (struct root_about){file.kind, file.has_ring, line_of(file.rest, "module"),
                                     line_of(file.rest, "token"), line_of(file.rest, "key")};
    secret_wipe(&file, sizeof file);
    return OK;
}
