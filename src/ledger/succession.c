/* SPDX-License-Identifier: Apache-2.0 */
#include "succession.h"

#include "crypto/encode.h"
#include "text/json.h"

#define TEXT_MAX 1024

static enum error text_of(const struct note_key *old, const struct note_key *new, struct buffer *into)
{
    buffer_string(into, "hospitium log key 1\n");
    note_key_write(old, into);
    buffer_byte(into, '\n');
    note_key_write(new, into);
    buffer_byte(into, '\n');
    return buffer_check(into);
}

static void write_key(struct json_writer *writer, const char *name, const struct note_key *key, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(TEXT_MAX);

    note_key_write(key, &text);
    buffer_depends(into, &text); /* half a key would end the line of keys */
    json_member_string(writer, name, buffer_view(&text));
}

enum error succession_write(struct slice name, const struct secret_key *old_seed, const struct secret_key *new_seed,
                            int64_t time_s, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(TEXT_MAX), base64 = buffer_new(TEXT_MAX);
    uint8_t old_public[SIGN_PUBLIC_BYTES], new_public[SIGN_PUBLIC_BYTES], signature[SIGNATURE_BYTES];

    sign_public(old_seed, old_public);
    sign_public(new_seed, new_public);
    struct note_key old = note_key_make(name, old_public), new = note_key_make(name, new_public);
    TRY(text_of(&old, &new, &text));
    sign(old_seed, buffer_view(&text), signature);
    encode_base64(slice_of(signature, sizeof signature), &base64);
    buffer_depends(into, &base64);

    struct json_writer writer = json_writer(into);
    json_begin_object(&writer);
    json_member_cstring(&writer, "kind", "log.key");
    write_key(&writer, "old", &old, into);
    write_key(&writer, "new", &new, into);
    json_key(&writer, "time");
    json_integer(&writer, time_s);
    json_member_string(&writer, "signature", buffer_view(&base64));
    json_end_object(&writer);
    return buffer_check(into);
}

enum error succession_open(struct arena *arena, struct slice entry, const struct note_key *old,
                           struct note_key *ret_new)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(TEXT_MAX);
    uint8_t signature[SIGNATURE_BYTES];
    const struct json *root;
    struct note_key named, new;
    size_t length;

    if (json_parse(arena, entry, &root, NULL) != OK || !slice_is(json_text(json_member(root, "kind")), "log.key"))
        return ERROR_SYNTAX;
    TRY(note_key_parse(json_text(json_member(root, "old")), &named));
    TRY(note_key_parse(json_text(json_member(root, "new")), &new));
    TRY(decode_base64(json_text(json_member(root, "signature")), signature, sizeof signature, &length));
    if (length != sizeof signature)
        return ERROR_SYNTAX;
    if (!slice_equal(named.name, old->name) || !slice_equal(new.name, old->name))
        return ERROR_SIGNATURE;
    TRY(text_of(old, &new, &text));
    TRY(sign_verify(old->public_key, buffer_view(&text), signature));
    *ret_new = new;
    return OK;
}
