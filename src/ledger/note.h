/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP signed notes: a text and the signatures under it (https://c2sp.org/signed-note@v1.0.0), with Ed25519 keys. A
 * note carries an algorithm byte in each key, so that other algorithms can be added; signatures of unknown keys are
 * ignored, a bad signature of a known key condemns the note.
 *
 * Pure; any thread. Parsed notes and keys borrow the text that they were parsed from, which may come from an enemy. */

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

#define NOTE_BYTES_MAX (64 * 1024)
#define NOTE_SIGNATURES_MAX 16
#define NOTE_NAME_MAX 200
/* Ed25519 takes 64, a cosignature 72, ML-DSA-44 2,428; longer ones are refused with the note. */
#define NOTE_SIGNATURE_BYTES_MAX 2432

enum note_algorithm { NOTE_ED25519 = 0x01 };

/* A public key, as its vkey text says: name+hex(key id)+base64(algorithm ‖ public key). */
struct note_key {
    struct slice name;
    uint32_t id;
    uint8_t public_key[SIGN_PUBLIC_BYTES];
};

struct note_signature {
    struct slice name;
    struct slice base64; /* of key id ‖ signature */
    uint32_t key_id;
};

struct note {
    struct slice text; /* with its final newline */
    struct note_signature signature[NOTE_SIGNATURES_MAX];
    size_t signature_count;
};

/* Not empty, at most NOTE_NAME_MAX bytes of UTF-8 without spaces, control characters or '+'. */
bool note_name_allowed(struct slice name);

/* SHA-256(name ‖ newline ‖ algorithm ‖ public key), its first four bytes. */
struct note_key note_key_make(struct slice name, const uint8_t public_key[SIGN_PUBLIC_BYTES]);
void note_key_write(const struct note_key *key, struct buffer *into);
/* ERROR_SYNTAX; ERROR_UNSUPPORTED when the algorithm is not Ed25519. */
MUST_CHECK enum error note_key_parse(struct slice text, struct note_key *ret_key);

/* The private key's text, as Go's note package writes it: PRIVATE+KEY+name+hex(key id)+base64(algorithm ‖ seed). Give
 * it a buffer that is wiped. Parsing also checks the key id. ERROR_SYNTAX, ERROR_UNSUPPORTED. */
void note_secret_write(struct slice name, const struct secret_key *seed, struct buffer *into);
MUST_CHECK enum error note_secret_parse(struct slice text, struct slice *ret_name, struct secret_key *ret_seed);

/* ERROR_SYNTAX, also for more than NOTE_SIGNATURES_MAX signatures. Checks form, not signatures. */
MUST_CHECK enum error note_parse(struct slice bytes, struct note *ret_note);

/* ERROR_SIGNATURE when `key` did not sign the note, or one of its signatures is bad. */
MUST_CHECK enum error note_verify(const struct note *note, const struct note_key *key);

/* Appends the note `text` (which must end in a newline) signed by one key. ERROR_VALUE for a bad text or name. */
MUST_CHECK enum error note_sign(struct slice text, struct slice name, const struct secret_key *seed,
                                struct buffer *into);
