/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The ring: every key of a node that is not a person's, an hour's or a year's. Each is random and of its own; all of
 * them lie in one small file (keys/ring), sealed under a key that is derived from the root. So the root can be
 * changed without changing what must stay, and what may change is changed with it: README.md says which is which.
 *
 * A key that changed keeps its predecessor (`before`) for as long as something still needs it. Who holds the ring's
 * seal can keep the ring, and cannot find the root: the safe holds the seal, and nobody holds the root.
 *
 * File: "hospitium-ring 1\n", then a line in hexadecimal for each root that may open it, one or, while the root is
 * being changed, two:   seal(derive(root, "ring", 0), "ring 1", body) body: epoch u32 ‖ count u8 ‖ count × (use u8 ‖
 * number u8 ‖ flags u8 ‖ until i64 ‖ key 32 ‖ before 32), big-endian. Everything returned is in locked memory and
 * lives as long as the ring. One thread. */

#include "base/error.h"
#include "base/vocabulary.h"
#include "base/world.h"
#include "crypto/secret.h"

struct ring;

enum ring_use {
    RING_PERSONS,     /* wraps the persons' keys */
    RING_YEARS,       /* wraps the years' keys */
    RING_DESTROYED,   /* makes the commitments to what was destroyed */
    RING_FACTS,       /* seals what is known of a person */
    RING_TOKEN,       /* seals bearer tokens */
    RING_INDEX,       /* names in the index of persons */
    RING_APPROVERS,   /* seals the file of approvers */
    RING_ACTIVATED,   /* seals what was told of rule sets */
    RING_SIGN_ACCESS, /* signs the access log's checkpoints */
    RING_SIGN_PUBLIC, /* and the public log's */
    RING_POSTING,     /* tokens of the posting index */
    RING_FURTHER,     /* what else a layer above needs is derived from this one */
    RING_SECTOR,      /* + enum sector: ids on the wire */
    RING_USES = RING_SECTOR + SECTOR_COUNT
};

/* Makes the file for a new node. */
MUST_CHECK enum error ring_create(const char *path, const struct secret_key *root, struct world *world);

/* Opens it, and finishes or takes back a change of the root that was interrupted. With `older` and without a file the
 * keys are those that the first version derived from the root; they are written down. ERROR_SEALED for another root,
 * ERROR_FILE_MISSING, ERROR_SYNTAX. */
MUST_CHECK enum error ring_open(const char *path, const struct secret_key *root, bool older, struct world *world,
                                struct ring **ret_ring, struct fault *fault);
void ring_close(struct ring *ring); /* wipes; accepts NULL */

const struct secret_key *ring_key(const struct ring *ring, enum ring_use use);
const struct secret_key *ring_before(const struct ring *ring, enum ring_use use); /* NULL when there is none */

/* How often the root was changed. Rows of the key store say under which count they are wrapped. */
uint32_t ring_epoch(const struct ring *ring);

/* ---- changing the root ---- */

/* Who knows both roots offers the new one's seal to whoever holds the old one's: written to `offer`. */
MUST_CHECK enum error ring_offer(const char *offer, const struct secret_key *root, const struct secret_key *new_root,
                                 struct world *world);

/* Takes the offer: a new epoch, with new keys where keys may change, in a file that both roots open. Durable when it
 * returns. ERROR_CONFLICT while predecessors of the last change are still needed; ERROR_SEALED. */
MUST_CHECK enum error ring_accept(struct ring *ring, const char *offer, int64_t now_s);

/* The file of the new root is in its place: only the new root opens the ring from now on. */
MUST_CHECK enum error ring_settle(struct ring *ring);

/* ---- predecessors ---- */

/* A new key for this use; the one before is kept until `until_s`. ERROR_CONFLICT while there is one before it. */
MUST_CHECK enum error ring_renew(struct ring *ring, enum ring_use use, int64_t until_s);
/* A renewed signing key that strangers have not been told of yet. */
bool ring_untold(const struct ring *ring, enum ring_use use);
MUST_CHECK enum error ring_told(struct ring *ring, enum ring_use use);

/* Forgets the predecessor. */
MUST_CHECK enum error ring_forget(struct ring *ring, enum ring_use use);
/* Forgets those whose time is over; true when there was one. */
MUST_CHECK enum error ring_forget_expired(struct ring *ring, int64_t now_s, bool *ret_forgot);
