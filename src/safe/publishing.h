/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What strangers are shown of the two logs, and when. Of the access log, only what a tick has published (padding.h):
 * its checkpoints, and of its hash tiles no more than the last of them covers. What a person takes home is proved
 * against what strangers see, when that covers her entry already, so that her proof and theirs meet. */

#include "base/buffer.h"
#include "base/error.h"
#include "protocol.h"

struct safe;

/* The newest checkpoint that strangers may see, as the log signed it: what witnesses are asked to cosign. */
MUST_CHECK enum error publishing_newest(struct safe *safe, unsigned log, struct buffer *ret_note);
/* The checkpoint as it is served: what enough witnesses have cosigned, else the newest with the cosignatures that it
 * has. */
MUST_CHECK enum error publishing_checkpoint(struct safe *safe, unsigned log, struct buffer *ret_note);
/* How many entries' hashes may be shown. */
uint64_t publishing_size(const struct safe *safe, unsigned log);
/* The tlog-proof text of an entry, against a checkpoint that strangers have (the one that enough witnesses have
 * cosigned, if it covers the entry), or the present one. */
MUST_CHECK enum error publishing_proof(struct safe *safe, unsigned log, uint64_t leaf, struct slice extra,
                                       struct buffer *ret_text);
