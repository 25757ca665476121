/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <stdio.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "text/utf8.h"

#define KEY_ID_BYTES 4
#define KEY_ID_DIGITS (2 * KEY_ID_BYTES)
#define SHORT_BLOB_BYTES (1 + SIGN_PUBLIC_BYTES)
#define LONG_BLOB_BYTES (1 + 1312) /* FIPS 204, table 2 */

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

/* signed-note: a name is not empty and has no space of any kind and no plus. */
static bool is_name(struct slice name)
{
    struct slice rest = name;
    uint32_t code_point;

    if (name.length == 0)
        return false;
    while (rest.length > 0) {
        if (!utf8_next(&rest, &code_point))
            return false;
        if (code_point <= ' ' || code_point == '+' || is_wide_space(code_point))
            return false;
    }
    return true;
}

bool note_name_allowed(struct slice name)
{
    return name.length <= NOTE_NAME_MAX && is_name(name);
}

/* ---- keys ---- */

static uint32_t key_id(struct slice name, struct slice blob)
{
    const struct slice part[] = {name, SLICE("\n"), blob};
    struct hash hash = hash_sha256_parts(part, sizeof part / sizeof part[0]);
    struct reader reader = reader_of(hash_slice(&hash));

    return reader_u32(&reader);
}

struct note_key note_key_make_for(enum note_algorithm algorithm, struct slice name,
                                  const uint8_t public_key[SIGN_PUBLIC_BYTES])
{
    struct note_key key = {.name = name, .algorithm = algorithm, .long_key = slice_of("", 0)};
    uint8_t blob[SHORT_BLOB_BYTES] = {(uint8_t)algorithm};

    memcpy(key.public_key, public_key, SIGN_PUBLIC_BYTES);
    memcpy(blob + 1, public_key, SIGN_PUBLIC_BYTES);
    key.id = key_id(name, slice_of(blob, sizeof blob));
    return key;
}

struct note_key note_key_make(struct slice name, const uint8_t public_key[SIGN_PUBLIC_BYTES])
{
    return note_key_make_for(NOTE_ED25519, name, public_key);
}

bool note_key_same(const struct note_key *a, const struct note_key *b)
{
    bool long_a = a->algorithm == NOTE_ML_DSA_44, long_b = b->algorithm == NOTE_ML_DSA_44;

    if (long_a || long_b)
        return long_a && long_b && slice_equal(a->long_key, b->long_key);
    return memcmp(a->public_key, b->public_key, SIGN_PUBLIC_BYTES) == 0;
}

/* name+hex(key id)+base64(algorithm ‖ 32 bytes): the shape of both kinds of key text. */
static void key_text_write(const struct note_key *key, const uint8_t bytes[SIGN_PUBLIC_BYTES], struct buffer *into)
{
    uint8_t blob[SHORT_BLOB_BYTES] = {(uint8_t)key->algorithm};

    memcpy(blob + 1, bytes, SIGN_PUBLIC_BYTES);
    buffer_format(into, "%.*s+%08x+", SLICE_PRINT(key->name), key->id);
    encode_base64(slice_of(blob, sizeof blob), into);
    secret_wipe(blob, sizeof blob);
}

void note_key_write(const struct note_key *key, struct buffer *into)
{
    if (key->algorithm != NOTE_ML_DSA_44) {
        key_text_write(key, key->public_key, into);
        return;
    }
    buffer_format(into, "%.*s+%08x+", SLICE_PRINT(key->name), key->id);
    buffer_slice(into, key->long_key);
}

/* A key's text taken apart. */
struct key_text {
    struct slice name, id, base64;
    uint8_t blob[LONG_BLOB_BYTES + 1]; /* algorithm ‖ key; a byte more, to see what is too long */
    size_t length;
};

static enum error key_text_parse(struct slice text, struct key_text *ret_text)
{
    struct slice rest = text;

    ret_text->name = slice_cut(&rest, '+');
    ret_text->id = slice_cut(&rest, '+');
    ret_text->base64 = rest;
    if (!note_name_allowed(ret_text->name) || ret_text->id.length != KEY_ID_DIGITS ||
        rest.length > 2 * sizeof ret_text->blob)
        return ERROR_SYNTAX;
    TRY(decode_base64(rest, ret_text->blob, sizeof ret_text->blob, &ret_text->length));
    return ret_text->length < 1 ? ERROR_SYNTAX : OK;
}

static bool id_text_is(struct slice text, uint32_t id)
{
    char digits[KEY_ID_DIGITS + 1];

    snprintf(digits, sizeof digits, "%08x", id);
    return slice_is(text, digits);
}

/* How long algorithm and key are together; 0 for an algorithm that is not known. */
static size_t blob_bytes(uint8_t algorithm)
{
    switch (algorithm) {
    case NOTE_ED25519:
    case NOTE_COSIGNATURE:
        return SHORT_BLOB_BYTES;
    case NOTE_ML_DSA_44:
        return LONG_BLOB_BYTES;
    default:
        return 0;
    }
}

enum error note_key_parse_any(struct slice text, struct note_key *ret_key)
{
    LEFT_UNSET struct key_text parsed;

    TRY(key_text_parse(text, &parsed));
    size_t bytes = blob_bytes(parsed.blob[0]);
    if (bytes == 0)
        return ERROR_UNSUPPORTED;
    uint32_t id = key_id(parsed.name, slice_of(parsed.blob, parsed.length));
    if (parsed.length != bytes || !id_text_is(parsed.id, id))
        return ERROR_SYNTAX;
    struct note_key key = {.name = parsed.name, .id = id, .algorithm = (enum note_algorithm)parsed.blob[0]};
    key.long_key = bytes == LONG_BLOB_BYTES ? parsed.base64 : slice_of("", 0);
    if (bytes == SHORT_BLOB_BYTES)
        memcpy(key.public_key, parsed.blob + 1, SIGN_PUBLIC_BYTES);
    *ret_key = key;
    return OK;
}

enum error note_key_parse(struct slice text, struct note_key *ret_key)
{
    struct note_key key;

    TRY(note_key_parse_any(text, &key));
    if (key.algorithm != NOTE_ED25519)
        return ERROR_UNSUPPORTED;
    *ret_key = key;
    return OK;
}

/* ---- private keys ---- */

static struct note_key key_of_seed(struct slice name, const struct secret_key *seed)
{
    uint8_t public_key[SIGN_PUBLIC_BYTES];

    sign_public(seed, public_key);
    return note_key_make(name, public_key);
}

void note_secret_write(struct slice name, const struct secret_key *seed, struct buffer *into)
{
    struct note_key key = key_of_seed(name, seed);

    buffer_slice(into, SECRET_START);
    key_text_write(&key, seed->byte, into);
}

static enum error secret_of(const struct key_text *text, struct secret_key *ret_seed)
{
    if (text->blob[0] != NOTE_ED25519)
        return ERROR_UNSUPPORTED;
    if (text->length != SHORT_BLOB_BYTES)
        return ERROR_SYNTAX;
    memcpy(ret_seed->byte, text->blob + 1, SECRET_KEY_BYTES);
    struct note_key key = key_of_seed(text->name, ret_seed);
    return id_text_is(text->id, key.id) ? OK : ERROR_SYNTAX;
}

enum error note_secret_parse(struct slice text, struct slice *ret_name, struct secret_key *ret_seed)
{
    LEFT_UNSET struct key_text parsed;
    CLEANUP_KEY struct secret_key seed;

    if (!slice_starts_with(text, SECRET_START))
        return ERROR_SYNTAX;
    enum error error = key_text_parse(slice_from(text, SECRET_START.length), &parsed);
    if (error == OK)
        error = secret_of(&parsed, &seed);
    secret_wipe(parsed.blob, sizeof parsed.blob);
    TRY(error);
    *ret_name = parsed.name;
    *ret_seed = seed;
    return OK;
}

/* ---- notes ---- */

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
    if (!is_name(name)) /* of any length, since the keys of strangers are passed over */
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

bool note_next_signature(const struct note *note, const struct note_key *key, size_t *at,
                         struct note_signature_bytes *ret_bytes)
{
    uint8_t blob[KEY_ID_BYTES + NOTE_SIGNATURE_BYTES_MAX];
    size_t length;

    while (*at < note->signature_count) {
        const struct note_signature *signature = &note->signature[(*at)++];
        if (signature->key_id != key->id || !slice_equal(signature->name, key->name))
            continue;
        bool decoded = decode_base64(signature->base64, blob, sizeof blob, &length) == OK && length > KEY_ID_BYTES;
        ret_bytes->length = decoded ? length - KEY_ID_BYTES : 0; /* note_parse let nothing else pass */
        memcpy(ret_bytes->byte, blob + KEY_ID_BYTES, ret_bytes->length);
        return true;
    }
    return false;
}

bool note_is_signed(const struct note *note, const struct note_key *key)
{
    LEFT_UNSET struct note_signature_bytes bytes;
    size_t at = 0;

    return note_next_signature(note, key, &at, &bytes);
}

enum error note_verify(const struct note *note, const struct note_key *key)
{
    LEFT_UNSET struct note_signature_bytes signature;
    bool signed_by_key = false;

    if (key->algorithm != NOTE_ED25519)
        return ERROR_UNSUPPORTED;
    for (size_t at = 0; note_next_signature(note, key, &at, &signature);) {
        if (signature.length != SIGNATURE_BYTES)
            return ERROR_SIGNATURE;
        TRY(sign_verify(key->public_key, note->text, signature.byte));
        signed_by_key = true;
    }
    return signed_by_key ? OK : ERROR_SIGNATURE;
}

void note_signature_write(const struct note_key *key, struct slice signature, struct buffer *into)
{
    CLEANUP_BUFFER struct buffer blob = buffer_new(KEY_ID_BYTES + NOTE_SIGNATURE_BYTES_MAX);

    buffer_u32(&blob, key->id);
    buffer_slice(&blob, signature);
    buffer_depends(into, &blob); /* a checkpoint with half a signature would keep the log from opening */
    buffer_format(into, "%.*s%.*s ", SLICE_PRINT(SIGNATURE_START), SLICE_PRINT(key->name));
    encode_base64(buffer_view(&blob), into);
    buffer_byte(into, '\n');
}

enum error note_sign(struct slice text, struct slice name, const struct secret_key *seed, struct buffer *into)
{
    uint8_t signature[SIGNATURE_BYTES];

    if (!note_name_allowed(name) || !slice_ends_with(text, SLICE("\n")) || has_control_character(text) ||
        !utf8_valid(text))
        return ERROR_VALUE;
    struct note_key key = key_of_seed(name, seed);
    sign(seed, text, signature);

    buffer_slice(into, text);
    buffer_byte(into, '\n');
    note_signature_write(&key, slice_of(signature, sizeof signature), into);
    return buffer_check(into);
}
