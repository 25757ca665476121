/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <stdio.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "text/utf8.h"

#define KEY_ID_BYTES 4
#define KEY_ID_DIGITS (2 * KEY_ID_BYTES)

static const struct slice SIGNATURE_START = SLICE("\xE2\x80\x94 "); /* em dash, space */
static const struct slice SECRET_START = SLICE("PRIVATE+KEY+");

/* Unicode's White_Space above ASCII. ASCII's own is caught with the control characters. */
static bool is_wide_space(uint32_t code_point)
{
    switch (code_point) {
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
        return true;
    default:
        return code_point >= 0x2000 && code_point <= 0x200A;
    }
}

bool note_name_allowed(struct slice name)
{
    struct slice rest = name;
    uint32_t code_point;

    if (name.length == 0 || name.length > NOTE_NAME_MAX)
        return false;
    while (rest.length > 0) {
        if (!utf8_next(&rest, &code_point))
            return false;
        if (code_point <= ' ' || code_point == '+' || is_wide_space(code_point))
            return false;
    }
    return true;
}

static uint32_t key_id(struct slice name, const uint8_t public_key[SIGN_PUBLIC_BYTES])
{
    static const uint8_t algorithm = NOTE_ED25519;
    const struct slice part[] = {name, SLICE("\n"), slice_of(&algorithm, 1), slice_of(public_key, SIGN_PUBLIC_BYTES)};
    struct hash hash = hash_sha256_parts(part, sizeof part / sizeof part[0]);
    struct reader reader = reader_of(hash_slice(&hash));

    return reader_u32(&reader);
}

struct note_key note_key_make(struct slice name, const uint8_t public_key[SIGN_PUBLIC_BYTES])
{
    struct note_key key = {.name = name, .id = key_id(name, public_key)};

    memcpy(key.public_key, public_key, SIGN_PUBLIC_BYTES);
    return key;
}

/* name+hex(key id)+base64(algorithm ‖ 32 bytes): the shape of both kinds of key text. */
static void key_text_write(struct slice name, uint32_t id, const uint8_t *key, struct buffer *into)
{
    uint8_t blob[1 + SIGN_PUBLIC_BYTES] = {NOTE_ED25519};

    memcpy(blob + 1, key, SIGN_PUBLIC_BYTES);
    buffer_format(into, "%.*s+%08x+", SLICE_PRINT(name), id);
    encode_base64(slice_of(blob, sizeof blob), into);
    secret_wipe(blob, sizeof blob);
}

static enum error key_text_parse(struct slice text, struct slice *ret_name, struct slice *ret_id, uint8_t *ret_key)
{
    uint8_t blob[1 + SIGN_PUBLIC_BYTES + 1];
    size_t length = 0;
    struct slice rest = text;
    struct slice name = slice_cut(&rest, '+');
    struct slice id = slice_cut(&rest, '+');

    if (!note_name_allowed(name) || id.length != KEY_ID_DIGITS || rest.length > 2 * sizeof blob)
        return ERROR_SYNTAX;
    enum error error = decode_base64(rest, blob, sizeof blob, &length);
    if (error == OK && (length < 1 || blob[0] != NOTE_ED25519))
        error = length < 1 ? ERROR_SYNTAX : ERROR_UNSUPPORTED;
    if (error == OK && length != 1 + SIGN_PUBLIC_BYTES)
        error = ERROR_SYNTAX;
    if (error == OK) {
        *ret_name = name;
        *ret_id = id;
        memcpy(ret_key, blob + 1, SIGN_PUBLIC_BYTES);
    }
    secret_wipe(blob, sizeof blob);
    return error;
}

static bool id_text_is(struct slice text, uint32_t id)
{
    char digits[KEY_ID_DIGITS + 1];

    snprintf(digits, sizeof digits, "%08x", id);
    return slice_is(text, digits);
}

void note_key_write(const struct note_key *key, struct buffer *into)
{
    key_text_write(key->name, key->id, key->public_key, into);
}

enum error note_key_parse(struct slice text, struct note_key *ret_key)
{
    struct slice name, id;
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    TRY(key_text_parse(text, &name, &id, public_key));
    struct note_key key = note_key_make(name, public_key);
    if (!id_text_is(id, key.id))
        return ERROR_SYNTAX;
    *ret_key = key;
    return OK;
}

void note_secret_write(struct slice name, const struct secret_key *seed, struct buffer *into)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    sign_public(seed, public_key);
    buffer_slice(into, SECRET_START);
    key_text_write(name, key_id(name, public_key), seed->byte, into);
}

enum error note_secret_parse(struct slice text, struct slice *ret_name, struct secret_key *ret_seed)
{
    struct slice name, id;
    CLEANUP_KEY struct secret_key seed;
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    if (!slice_starts_with(text, SECRET_START))
        return ERROR_SYNTAX;
    TRY(key_text_parse(slice_from(text, SECRET_START.length), &name, &id, seed.byte));
    sign_public(&seed, public_key);
    if (!id_text_is(id, key_id(name, public_key)))
        return ERROR_SYNTAX;
    *ret_name = name;
    *ret_seed = seed;
    return OK;
}

static bool has_control_character(struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        if ((uint8_t)bytes.data[i] < ' ' && bytes.data[i] != '\n')
            return true;
    }
    return false;
}

/* The text ends at the last empty line; what follows are signatures. */
static bool find_text_end(struct slice bytes, size_t *ret_end)
{
    for (size_t i = bytes.length; i >= 2; i--) {
        if (bytes.data[i - 1] == '\n' && bytes.data[i - 2] == '\n') {
            *ret_end = i - 1;
            return true;
        }
    }
    return false;
}

static enum error parse_signature(struct slice line, struct note_signature *ret_signature)
{
    uint8_t blob[KEY_ID_BYTES + NOTE_SIGNATURE_BYTES_MAX];
    size_t length;

    if (!slice_starts_with(line, SIGNATURE_START))
        return ERROR_SYNTAX;
    struct slice base64 = slice_from(line, SIGNATURE_START.length);
    struct slice name = slice_cut(&base64, ' ');
    if (!note_name_allowed(name))
        return ERROR_SYNTAX;
    TRY(decode_base64(base64, blob, sizeof blob, &length));
    if (length <= KEY_ID_BYTES)
        return ERROR_SYNTAX;
    struct reader reader = reader_of(slice_of(blob, KEY_ID_BYTES));
    *ret_signature = (struct note_signature){name, base64, reader_u32(&reader)};
    return OK;
}

enum error note_parse(struct slice bytes, struct note *ret_note)
{
    size_t text_end;

    if (bytes.length > NOTE_BYTES_MAX || has_control_character(bytes) || !utf8_valid(bytes))
        return ERROR_SYNTAX;
    if (!find_text_end(bytes, &text_end))
        return ERROR_SYNTAX;
    struct slice rest = slice_from(bytes, text_end + 1);
    if (rest.length == 0 || !slice_ends_with(rest, SLICE("\n")))
        return ERROR_SYNTAX;

    ret_note->text = slice_of(bytes.data, text_end);
    ret_note->signature_count = 0;
    while (rest.length > 0) {
        if (ret_note->signature_count == NOTE_SIGNATURES_MAX)
            return ERROR_SYNTAX;
        TRY(parse_signature(slice_cut(&rest, '\n'), &ret_note->signature[ret_note->signature_count++]));
    }
    return OK;
}

static enum error verify_one(const struct note *note, const struct note_signature *signature,
                             const struct note_key *key)
{
    uint8_t blob[KEY_ID_BYTES + NOTE_SIGNATURE_BYTES_MAX];
    size_t length;

    TRY(decode_base64(signature->base64, blob, sizeof blob, &length));
    if (length != KEY_ID_BYTES + SIGNATURE_BYTES)
        return ERROR_SIGNATURE;
    return sign_verify(key->public_key, note->text, blob + KEY_ID_BYTES);
}

enum error note_verify(const struct note *note, const struct note_key *key)
{
    bool signed_by_key = false;

    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *signature = &note->signature[i];
        if (signature->key_id != key->id || !slice_equal(signature->name, key->name))
            continue;
        TRY(verify_one(note, signature, key));
        signed_by_key = true;
    }
    return signed_by_key ? OK : ERROR_SIGNATURE;
}

enum error note_sign(struct slice text, struct slice name, const struct secret_key *seed, struct buffer *into)
{
    uint8_t blob[KEY_ID_BYTES + SIGNATURE_BYTES];
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    if (!note_name_allowed(name) || !slice_ends_with(text, SLICE("\n")) || has_control_character(text) ||
        !utf8_valid(text))
        return ERROR_VALUE;
    sign_public(seed, public_key);
    uint32_t id = key_id(name, public_key);
    for (unsigned i = 0; i < KEY_ID_BYTES; i++)
        blob[i] = (uint8_t)(id >> (24 - 8 * i));
    sign(seed, text, blob + KEY_ID_BYTES);

    buffer_slice(into, text);
    buffer_format(into, "\n%.*s%.*s ", SLICE_PRINT(SIGNATURE_START), SLICE_PRINT(name));
    encode_base64(slice_of(blob, sizeof blob), into);
    buffer_byte(into, '\n');
    return buffer_check(into);
}
