/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "crypto/encode.h"

#define ED25519 1
#define COSIGNATURE_ED25519 4
#define COSIGNATURE_ML_DSA_44 6
#define ML_DSA_44_BYTES 1312
#define KEY_ID 4
#define SIGNATURE_BLOB (KEY_ID + SIGNATURE_BYTES)
#define TIME_BYTES 8
#define COSIGNATURE_BLOB (KEY_ID + TIME_BYTES + SIGNATURE_BYTES)
#define BLOB_MAX 8192 /* signatures of other algorithms are longer, and passed over */
#define DASH SLICE("\xE2\x80\x94 ")
#define NAME_MAX_BYTES 255
#define SIGNATURES_MAX 144

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

/* name+hex(key id)+base64(algorithm ‖ public key) */
static bool take_key(struct slice text, struct vkey *ret_key, uint8_t *blob, size_t room, size_t *ret_length)
{
    uint8_t bytes[KEY_ID];
    uint32_t id = 0;

    while (text.length > 0 && text.data[text.length - 1] == '\n')
        text.length--;
    struct slice name = slice_cut(&text, '+'), hex = slice_cut(&text, '+');
    if (!name_allowed(name) || hex.length != 2 * KEY_ID || decode_base64(text, blob, room, ret_length) != OK)
        return false;
    if (decode_hex(hex, bytes, sizeof bytes) != OK)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        id = id << 8 | bytes[i];
    *ret_key = (struct vkey){.name = name, .id = id};
    return id == key_id(name, slice_of(blob, *ret_length));
}

bool vkey_read(struct slice text, struct vkey *ret_key)
{
    uint8_t blob[1 + SIGN_PUBLIC_BYTES];
    size_t length = 0;
    struct vkey key;

    if (!take_key(text, &key, blob, sizeof blob, &length) || length != sizeof blob || blob[0] != ED25519)
        return false;
    memcpy(key.key, blob + 1, SIGN_PUBLIC_BYTES);
    *ret_key = key;
    return true;
}

bool cosigner_read(struct slice text, struct cosigner *ret_cosigner)
{
    uint8_t blob[1 + ML_DSA_44_BYTES];
    size_t length = 0;
    struct cosigner cosigner = {.reads = false};

    if (!take_key(text, &cosigner.key, blob, sizeof blob, &length))
        return false;
    cosigner.reads = length == 1 + SIGN_PUBLIC_BYTES && blob[0] == COSIGNATURE_ED25519;
    if (!cosigner.reads && (length != sizeof blob || blob[0] != COSIGNATURE_ML_DSA_44))
        return false;
    struct hash of_long = hash_sha256(slice_of(blob + 1, length - 1));
    memcpy(cosigner.key.key, cosigner.reads ? blob + 1 : of_long.byte, SIGN_PUBLIC_BYTES);
    *ret_cosigner = cosigner;
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

/* ---- cosignatures: C2SP tlog-cosignature, cosignature/v1 ---- */

/* signed-note, "Format": em dash, name, base64 of a key id and more. */
static bool take_line(struct slice line, struct slice *ret_name, uint8_t blob[BLOB_MAX], size_t *ret_length)
{
    if (!slice_starts_with(line, DASH))
        return false;
    line = slice_from(line, DASH.length);
    *ret_name = slice_cut(&line, ' ');
    return name_allowed(*ret_name) && decode_base64(line, blob, BLOB_MAX, ret_length) == OK && *ret_length > KEY_ID;
}

bool note_shaped(struct slice note)
{
    struct slice text, signatures, name;
    uint8_t blob[BLOB_MAX];
    size_t length = 0;
    unsigned lines = 0;

    if (!split(note, &text, &signatures) || signatures.length == 0 || signatures.data[signatures.length - 1] != '\n')
        return false;
    for (; signatures.length > 0; lines++)
        if (!take_line(slice_cut(&signatures, '\n'), &name, blob, &length))
            return false;
    return lines <= SIGNATURES_MAX;
}

static bool cosigns(struct slice text, const struct vkey *key, const uint8_t blob[BLOB_MAX], uint64_t *ret_time_s)
{
    char head[64];
    CLEANUP_BUFFER struct buffer message = buffer_new(sizeof head + NOTE_MAX);
    struct reader reader = reader_of(slice_of(blob + KEY_ID, TIME_BYTES));

    *ret_time_s = reader_u64(&reader);
    if (*ret_time_s == 0 || *ret_time_s > INT64_MAX)
        return false;
    buffer_format(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)*ret_time_s);
    buffer_slice(&message, text);
    return buffer_check(&message) == OK &&
           sign_verify(key->key, buffer_view(&message), blob + KEY_ID + TIME_BYTES) == OK;
}

/* What one line is to a witness: not hers, or hers and holding, not holding, or of an algorithm that is not read. */
static enum cosigned judge_line(struct slice line, struct slice text, const struct cosigner *cosigner,
                                uint64_t *ret_time_s)
{
    uint8_t blob[BLOB_MAX];
    struct slice name;
    size_t length = 0;

    if (!take_line(line, &name, blob, &length) || !slice_equal(name, cosigner->key.name))
        return COSIGNED_NOT;
    struct reader reader = reader_of(slice_of(blob, KEY_ID));
    if (reader_u32(&reader) != cosigner->key.id)
        return COSIGNED_NOT;
    if (!cosigner->reads)
        return COSIGNED_UNREAD;
    return length == COSIGNATURE_BLOB && cosigns(text, &cosigner->key, blob, ret_time_s) ? COSIGNED_HOLDS
                                                                                        : COSIGNED_WRONG;
}

enum cosigned note_cosigned(struct slice note, const struct cosigner *cosigner, uint64_t *ret_time_s)
{
    struct slice text, signatures;
    enum cosigned found = COSIGNED_NOT;
    uint64_t time_s = 0;

    *ret_time_s = 0;
    if (!split(note, &text, &signatures))
        return COSIGNED_NOT;
    for (unsigned n = 0; signatures.length > 0 && n < SIGNATURES_MAX; n++) {
        enum cosigned one = judge_line(slice_cut(&signatures, '\n'), text, cosigner, &time_s);
        found = one > found ? one : found;
        if (one == COSIGNED_HOLDS && time_s > *ret_time_s)
            *ret_time_s = time_s;
    }
    return found;
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
