/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP cosignature/v1 (https://c2sp.org/tlog-cosignature): a witness says that at a time the largest tree that it has
 * seen of a log, consistent with all that it saw before, is the one of this checkpoint. It is a line under the
 * checkpoint's note, of key id ‖ time in seconds (8 bytes, big-endian) ‖ Ed25519 signature over
 *
 *     cosignature/v1\n
 *     time <seconds>\n
 *     <text of the checkpoint's note>
 *
 * Keeps promise 5: who holds a log's key cannot show two histories to people who ask for enough of these. Pure; any
 * thread. Notes and keys may come from an enemy. */

#include <stdint.h>

#include "note.h"

/* Time and signature. */
#define COSIGNATURE_BYTES (8 + SIGNATURE_BYTES)
/* The longest line: em dash, name, base64 of key id and the above. */
#define COSIGNATURE_LINE_MAX 512

/* The key of a witness. A private key must sign for one witness and for nothing else: the message does not name who
 * signs it. */
struct note_key cosignature_key_make(struct slice name, const uint8_t public_key[SIGN_PUBLIC_BYTES]);

/* Appends the line that cosigns `text`, which must be a checkpoint's with its last newline. ERROR_VALUE for a bad text
 * or name, and for time 0 or beyond 2^63 - 1; ERROR_TOO_LARGE. */
MUST_CHECK enum error cosignature_make(struct slice text, struct slice name, const struct secret_key *seed,
                                       uint64_t time_s, struct buffer *into);

/* ERROR_SIGNATURE when the witness `key` did not cosign the note, when one of its cosignatures does not hold, or when
 * the text is no checkpoint's; ERROR_UNSUPPORTED when `key` is not of NOTE_COSIGNATURE. `ret_time_s` (may be NULL) is
 * the time of the latest one; nobody but the witness vouches for it. */
MUST_CHECK enum error cosignature_verify(const struct note *note, const struct note_key *key, uint64_t *ret_time_s);

/* A signature of either kind, by what the key is for. Time is 0 for a log's own. Errors as note_verify and
 * cosignature_verify. */
MUST_CHECK enum error note_verify_any(const struct note *note, const struct note_key *key, uint64_t *ret_time_s);

/* cosignature_verify for what a witness answered: lines without the note that they belong to. Lines of other keys
 * are passed over. Appends the lines of `key` to `into` (may be NULL), ready to stand below the note's own.
 * ERROR_SYNTAX too. */
MUST_CHECK enum error cosignature_accept(struct slice text, struct slice lines, const struct note_key *key,
                                         uint64_t *ret_time_s, struct buffer *into);
