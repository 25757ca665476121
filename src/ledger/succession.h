/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A log's signing key names its successor: one entry of the public log and of the log that is meant, plain JSON, which
 * whoever trusts the old key can check offline, without the log:
 *     {"kind":"log.key","old":VKEY,"new":VKEY,"time":SECONDS,"signature":BASE64}
 * The signature is the old key's (Ed25519) over "hospitium log key 1\n" OLD "\n" NEW "\n". Both keys have one name.
 *
 * What is read may come from an enemy. Keeps promise 5 over a change of keys. */

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/secret.h"
#include "note.h"

MUST_CHECK enum error succession_write(struct slice name, const struct secret_key *old_seed,
                                       const struct secret_key *new_seed, int64_t time_s, struct buffer *into);

/* Whom `old` named. ERROR_SYNTAX; ERROR_SIGNATURE when it is not signed by `old`, or names a key of another log.
 * `ret_new` lives in the arena. */
MUST_CHECK enum error succession_open(struct arena *arena, struct slice entry, const struct note_key *old,
                                      struct note_key *ret_new);
