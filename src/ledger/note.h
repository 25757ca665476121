/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP signed notes: a text and the signatures under it (https://c2sp.org/signed-note@v1.0.0). Each key says by a byte
 * of which algorithm it is; signatures of unknown keys are ignored, a bad signature of a known key condemns the note.
 *
 * What is signed with Ed25519 is made and verified here, cosignatures of witnesses in cosignature.h. Keys of ML-DSA-44
 * are read, written and told apart, so that files that name them stay readable, but nothing here verifies by them.
 *
 * Pure; any thread. Parsed notes and keys borrow the text that they were parsed from, which may come from an enemy. */

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

/* signed-note wants 16 signatures to be read at the least, of which each may have nearly 5 kB. A log that all witnesses
 * of a policy cosign has more (ledger/policy.h). */
#define NOTE_BYTES_MAX (160 * 1024)
#define NOTE_SIGNATURES_MAX 144
#define NOTE_SIGNATURE_BYTES_MAX 5120
#define NOTE_NAME_MAX 255 /* of keys that are used here: a cosigner's name has no more (tlog-cosignature) */

/* signed-note, "Signature types". */
enum note_algorithm {
    NOTE_ED25519 = 0x01,     /* Ed25519 over the text */
    NOTE_COSIGNATURE = 0x04, /* a witness's, Ed25519 over a time and the text (cosignature.h) */
    NOTE_ML_DSA_44 = 0x06,   /* a witness's or a log's, ML-DSA-44 */
};

/* A public key, as its vkey text says: name+hex(key id)+base64(algorithm ‖ public key). */
struct note_key {
    struct slice name;
    uint32_t id;
    enum note_algorithm algorithm;
    uint8_t public_key[SIGN_PUBLIC_BYTES]; /* of Ed25519, for both of its algorithms */
    struct slice long_key;                 /* of ML-DSA-44: base64(algorithm ‖ 1,312 bytes), borrowed */
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

/* For a key: not empty, at most NOTE_NAME_MAX bytes of UTF-8 without spaces, control characters or '+'. */
bool note_name_allowed(struct slice name);

/* The id is SHA-256(name ‖ newline ‖ algorithm ‖ public key), its first four bytes. */
struct note_key note_key_make(struct slice name, const uint8_t public_key[SIGN_PUBLIC_BYTES]);
/* `algorithm` is one of the two that sign with Ed25519. */
struct note_key note_key_make_for(enum note_algorithm algorithm, struct slice name,
                                  const uint8_t public_key[SIGN_PUBLIC_BYTES]);
void note_key_write(const struct note_key *key, struct buffer *into);
/* A key of NOTE_ED25519. ERROR_SYNTAX; ERROR_UNSUPPORTED when the algorithm is another. */
MUST_CHECK enum error note_key_parse(struct slice text, struct note_key *ret_key);
/* A key of any algorithm named above. ERROR_SYNTAX; ERROR_UNSUPPORTED for others. */
MUST_CHECK enum error note_key_parse_any(struct slice text, struct note_key *ret_key);
/* Do the two wrap one public key, under whatever names and algorithms? */
bool note_key_same(const struct note_key *a, const struct note_key *b);

/* The private key's text, as Go's note package writes it: PRIVATE+KEY+name+hex(key id)+base64(algorithm ‖ seed). Give
 * it a buffer that is wiped. Parsing also checks the key id. ERROR_SYNTAX, ERROR_UNSUPPORTED. */
void note_secret_write(struct slice name, const struct secret_key *seed, struct buffer *into);
MUST_CHECK enum error note_secret_parse(struct slice text, struct slice *ret_name, struct secret_key *ret_seed);

/* ERROR_SYNTAX, also for more than NOTE_SIGNATURES_MAX signatures. Checks form, not signatures. */
MUST_CHECK enum error note_parse(struct slice bytes, struct note *ret_note);

/* ERROR_SIGNATURE when `key` did not sign the note, or one of its signatures is bad; ERROR_UNSUPPORTED when it is not a
 * key of NOTE_ED25519. */
MUST_CHECK enum error note_verify(const struct note *note, const struct note_key *key);

/* The bytes behind the key id of the next signature that carries the name and id of `key`, beginning with signature
 * number *at, which moves behind it. False when there is none left. */
struct note_signature_bytes {
    uint8_t byte[NOTE_SIGNATURE_BYTES_MAX];
    size_t length;
};
bool note_next_signature(const struct note *note, const struct note_key *key, size_t *at,
                         struct note_signature_bytes *ret_bytes);
/* Does one of its signatures carry the name and id of `key`? Not whether it holds. */
bool note_is_signed(const struct note *note, const struct note_key *key);
/* Appends one signature line: em dash, name, base64(key id ‖ signature). */
void note_signature_write(const struct note_key *key, struct slice signature, struct buffer *into);

/* Appends the note `text` (which must end in a newline) signed by one key. ERROR_VALUE for a bad text or name. */
MUST_CHECK enum error note_sign(struct slice text, struct slice name, const struct secret_key *seed,
                                struct buffer *into);
