/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "crypto/encode.h"

#define ED25519 1
#define SIGNATURE_BLOB (4 + SIGNATURE_BYTES)
#define DASH SLICE("\xE2\x80\x94 ")
#define NAME_MAX_BYTES 200
#define SIGNATURES_MAX 64

static bool name_allowed(struct slice name)
{
    if (name.length == 0 || name.length > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.length; i++)
        if ((uint8_t)name.data[i] <= ' ' || name.data[i] == '+')
            return false;
    return true;
}

static uint32_t key_id(struct slice name, struct slice blob)
{
    struct hash hash = hash_sha256_parts((const struct slice[]){name, SLICE("\n"), blob}, 3);
    struct reader reader = reader_of(hash_slice(&hash));

    return reader_u32(&reader);
}

bool vkey_read(struct slice text, struct vkey *ret_key)
{
    uint8_t blob[1 + SIGN_PUBLIC_BYTES];
    uint32_t id = 0;
    size_t length = 0;

    while (text.length > 0 && text.data[text.length - 1] == '\n')
        text.length--;
    struct slice name = slice_cut(&text, '+'), hex = slice_cut(&text, '+');
    if (!name_allowed(name) || hex.length != 8 || decode_base64(text, blob, sizeof blob, &length) != OK)
        return false;
    if (length != sizeof blob || blob[0] != ED25519)
        return false;
    uint8_t bytes[4];
    if (decode_hex(hex, bytes, sizeof bytes) != OK)
        return false;
    for (int i = 0; i < 4; i++)
        id = id << 8 | bytes[i];
    if (id != key_id(name, slice_of(blob, sizeof blob)))
        return false;
    *ret_key = (struct vkey){.name = name, .id = id};
    memcpy(ret_key->key, blob + 1, SIGN_PUBLIC_BYTES);
    return true;
}

void vkey_short(const struct vkey *key, char ret_hex[16])
{
    struct hash hash = hash_sha256(slice_of(key->key, SIGN_PUBLIC_BYTES));

    encode_hex(slice_of(hash.byte, 8), ret_hex);
}

/* The text ends at the last empty line; signatures follow. */
static bool split(struct slice note, struct slice *ret_text, struct slice *ret_signatures)
{
    if (note.length > NOTE_MAX)
        return false;
    for (size_t i = note.length; i >= 2; i--)
        if (note.data[i - 1] == '\n' && note.data[i - 2] == '\n') {
            *ret_text = slice_of(note.data, i - 1);
            *ret_signatures = slice_from(note, i);
            return true;
        }
    return false;
}

static bool line_signs(struct slice line, struct slice text, const struct vkey *key, bool *ret_bad)
{
    uint8_t blob[SIGNATURE_BLOB];
    size_t length = 0;

    if (!slice_starts_with(line, DASH))
        return false;
    line = slice_from(line, DASH.length);
    struct slice name = slice_cut(&line, ' ');
    if (!slice_equal(name, key->name) || decode_base64(line, blob, sizeof blob, &length) != OK || length != sizeof blob)
        return false;
    struct reader reader = reader_of(slice_of(blob, 4));
    if (reader_u32(&reader) != key->id)
        return false;
    bool good = sign_verify(key->key, text, blob + 4) == OK;
    *ret_bad |= !good;
    return good;
}

bool note_signed(struct slice note, const struct vkey *key)
{
    struct slice text, signatures;
    bool bad = false, good = false;

    if (!split(note, &text, &signatures))
        return false;
    for (unsigned n = 0; signatures.length > 0 && n < SIGNATURES_MAX; n++)
        good |= line_signs(slice_cut(&signatures, '\n'), text, key, &bad);
    return good && !bad;
}

bool checkpoint_read(struct slice note, struct checkpoint *ret_checkpoint)
{
    struct slice text, signatures;
    struct checkpoint checkpoint;
    size_t length = 0;

    if (!split(note, &text, &signatures))
        return false;
    checkpoint.origin = slice_cut(&text, '\n');
    struct slice size = slice_cut(&text, '\n'), root = slice_cut(&text, '\n');
    if (!name_allowed(checkpoint.origin) || text.length > 0 || !slice_to_u64(size, &checkpoint.size) ||
        (size.length > 1 && size.data[0] == '0'))
        return false;
    if (decode_base64(root, checkpoint.root.byte, HASH_BYTES, &length) != OK || length != HASH_BYTES)
        return false;
    *ret_checkpoint = checkpoint;
    return true;
}

bool succession_holds(struct slice old_text, struct slice new_text, struct slice signature_base64)
{
    char text[2 * VKEY_MAX + 64];
    uint8_t signature[SIGNATURE_BYTES];
    struct vkey old, new;
    size_t length = 0;

    if (old_text.length > VKEY_MAX || new_text.length > VKEY_MAX || !vkey_read(old_text, &old) ||
        !vkey_read(new_text, &new) || !slice_equal(old.name, new.name))
        return false;
    if (decode_base64(signature_base64, signature, sizeof signature, &length) != OK || length != sizeof signature)
        return false;
    int written = snprintf(text, sizeof text, "hospitium log key 1\n%.*s\n%.*s\n", SLICE_PRINT(old_text),
                           SLICE_PRINT(new_text));
    return sign_verify(old.key, slice_of(text, (size_t)written), signature) == OK;
}
