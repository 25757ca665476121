/* SPDX-License-Identifier: Apache-2.0 */
#include "cosignature.h"

#include <inttypes.h>

#include "checkpoint.h"

#define TIME_BYTES 8
#define HEADER_MAX 64

struct note_key cosignature_key_make(struct slice name, const uint8_t public_key[SIGN_PUBLIC_BYTES])
{
    return note_key_make_for(NOTE_COSIGNATURE, name, public_key);
}

/* tlog-cosignature, "Ed25519 signed message". */
static enum error message_of(struct slice text, uint64_t time_s, struct buffer *into)
{
    struct checkpoint checkpoint;

    if (time_s > INT64_MAX || checkpoint_parse_foreign(text, &checkpoint) != OK)
        return ERROR_VALUE;
    buffer_format(into, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
    buffer_slice(into, text);
    return buffer_check(into);
}

enum error cosignature_make(struct slice text, struct slice name, const struct secret_key *seed, uint64_t time_s,
                            struct buffer *into)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(HEADER_MAX + NOTE_BYTES_MAX);
    CLEANUP_BUFFER struct buffer signature = buffer_new(COSIGNATURE_BYTES);
    uint8_t public_key[SIGN_PUBLIC_BYTES], bytes[SIGNATURE_BYTES];

    if (!note_name_allowed(name) || time_s == 0)
        return ERROR_VALUE;
    TRY(message_of(text, time_s, &message));
    sign_public(seed, public_key);
    struct note_key key = cosignature_key_make(name, public_key);
    sign(seed, buffer_view(&message), bytes);
    buffer_u64(&signature, time_s);
    buffer_bytes(&signature, bytes, sizeof bytes);
    TRY(buffer_check(&signature));
    note_signature_write(&key, buffer_view(&signature), into);
    return buffer_check(into);
}

static enum error verify_one(struct slice text, const struct note_signature_bytes *signature,
                             const struct note_key *key, uint64_t *ret_time_s)
{
    CLEANUP_BUFFER struct buffer message = buffer_new(HEADER_MAX + NOTE_BYTES_MAX);
    struct reader reader = reader_of(slice_of(signature->byte, signature->length));

    if (signature->length != COSIGNATURE_BYTES)
        return ERROR_SIGNATURE;
    uint64_t time_s = reader_u64(&reader);
    if (time_s == 0) /* tlog-witness: a cosignature does not omit its time */
        return ERROR_SIGNATURE;
    enum error error = message_of(text, time_s, &message);
    if (error != OK)
        return error == ERROR_VALUE ? ERROR_SIGNATURE : error;
    TRY(sign_verify(key->public_key, buffer_view(&message), signature->byte + TIME_BYTES));
    *ret_time_s = time_s;
    return OK;
}

enum error cosignature_verify(const struct note *note, const struct note_key *key, uint64_t *ret_time_s)
{
    LEFT_UNSET struct note_signature_bytes signature;
    uint64_t latest_s = 0, time_s;
    bool cosigned = false;

    if (key->algorithm != NOTE_COSIGNATURE)
        return ERROR_UNSUPPORTED;
    for (size_t at = 0; note_next_signature(note, key, &at, &signature);) {
        TRY(verify_one(note->text, &signature, key, &time_s));
        latest_s = time_s > latest_s ? time_s : latest_s;
        cosigned = true;
    }
    if (!cosigned)
        return ERROR_SIGNATURE;
    if (ret_time_s)
        *ret_time_s = latest_s;
    return OK;
}

enum error note_verify_any(const struct note *note, const struct note_key *key, uint64_t *ret_time_s)
{
    switch (key->algorithm) {
    case NOTE_ED25519:
        *ret_time_s = 0;
        return note_verify(note, key);
    case NOTE_COSIGNATURE:
        return cosignature_verify(note, key, ret_time_s);
    default:
        return ERROR_UNSUPPORTED;
    }
}

/* tlog-witness, "add-checkpoint": the answer may be put below the checkpoint and read as a note. */
enum error cosignature_accept(struct slice text, struct slice lines, const struct note_key *key, uint64_t *ret_time_s,
                              struct buffer *into)
{
    CLEANUP_BUFFER struct buffer whole = buffer_new(NOTE_BYTES_MAX);
    LEFT_UNSET struct note_signature_bytes signature;
    struct note note;

    buffer_slice(&whole, text);
    buffer_byte(&whole, '\n');
    buffer_slice(&whole, lines);
    TRY(buffer_check(&whole));
    TRY(note_parse(buffer_view(&whole), &note));
    if (!slice_equal(note.text, text)) /* the lines brought an empty line of their own */
        return ERROR_SYNTAX;
    TRY(cosignature_verify(&note, key, ret_time_s));
    for (size_t at = 0; into && note_next_signature(&note, key, &at, &signature);)
        note_signature_write(key, slice_of(signature.byte, signature.length), into);
    return into ? buffer_check(into) : OK;
}
