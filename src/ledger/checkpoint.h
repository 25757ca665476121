/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint@v1.0.0): a signed note that says how large a log's tree is and
 * what its root is. In our own logs' extension lines are refused, since nobody could audit them; a witness bears with
 * those of others.
 *
 * Pure; any thread. The bytes parsed may come from an enemy; what is parsed borrows them. */

#include "note.h"
#include "tree.h"

/* With one Ed25519 signature and the longest name. */
#define CHECKPOINT_BYTES_MAX 700

struct checkpoint {
    struct slice origin;
    struct tree_head head;
};

/* The note's text: origin, size, root. */
void checkpoint_write_text(const struct checkpoint *checkpoint, struct buffer *into);
/* ERROR_SYNTAX unless it is exactly what checkpoint_write_text would write. */
MUST_CHECK enum error checkpoint_parse_text(struct slice text, struct checkpoint *ret_checkpoint);

/* What the specification allows to any log: an origin that is any line but an empty one, and extension lines, which are
 * not read. ERROR_SYNTAX. */
MUST_CHECK enum error checkpoint_parse_foreign(struct slice text, struct checkpoint *ret_checkpoint);

/* Appends the checkpoint as a note signed by its origin's key. ERROR_VALUE for a bad origin; ERROR_TOO_LARGE. */
MUST_CHECK enum error checkpoint_sign(const struct checkpoint *checkpoint, const struct secret_key *seed,
                                      struct buffer *into);

/* Reads a note and checks that `key` signed it and is named as the origin. ERROR_SYNTAX, ERROR_SIGNATURE. */
MUST_CHECK enum error checkpoint_verify(struct slice note, const struct note_key *key,
                                        struct checkpoint *ret_checkpoint);
