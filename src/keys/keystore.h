/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The key store: a small database of wrapped keys, apart from the vault so that its backups may live shorter, since
 * erasing a person is destroying her row here. Only the safe sees it. One thread.
 *
 *   person_key  person's key under the ring's key for persons, and a random key a drawer under the person's key
 *   hour_key    the keys of the access log's events: wrapped once to the oversight body and once under the year's key
 *   year_key    under the ring's key for years: outlives the persons for the legal term of the log
 *   destroyed   what was destroyed, as commitments, so that a restored backup can be made to forget it too
 *
 * A write is collected in a batch and made durable by keystore_commit, once for everything the batch needs. Each row
 * says under which epoch of the ring it is wrapped; rows of the epoch before are wrapped anew in steps, while
 * everything else goes on. */

#include "base/arena.h"
#include "base/id.h"
#include "base/vocabulary.h"
#include "base/world.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "ring.h"
#include "store/store.h"

struct keystore;

/* Opens or makes DIR/keys.db. Borrows the ring. */
MUST_CHECK enum error keystore_open(const char *path, const struct ring *ring, struct world *world,
                                    struct keystore **ret_keystore, struct fault *fault);
void keystore_close(struct keystore *keystore); /* wipes; accepts NULL */

/* What the safe keeps of a person. `facts_confirmed` is the newest version of her fact block that the vault is known to
 * hold; `facts_version` the newest that was handed out. Either is accepted until the first has caught up. */
struct keystore_person {
    uint64_t facts_version;
    uint64_t facts_confirmed;
};

/* Between these two finding persons costs less: for the requests of one batch. Ending twice does no harm. */
void keystore_reads_begin(struct keystore *keystore);
void keystore_reads_end(struct keystore *keystore);

/* Finds a person and opens the keys of `drawers` into ret_key (DRAWER_COUNT). ERROR_NOT_FOUND, ERROR_SEALED. Sees what
 * the present batch added. */
MUST_CHECK enum error keystore_person(struct keystore *keystore, const struct id *person, unsigned drawers,
                                      struct keystore_person *ret_person, struct secret_key *ret_key);

/* Adds to the batch. ERROR_EXISTS, ERROR_TOO_MANY. */
MUST_CHECK enum error keystore_add_person(struct keystore *keystore, const struct id *person);
MUST_CHECK enum error keystore_set_facts(struct keystore *keystore, const struct id *person,
                                         const struct keystore_person *facts);
/* Destroys the person's keys; every sealed byte of hers is gone with them, in every backup of the vault too. Gives the
 * commitment for the public log. */
MUST_CHECK enum error keystore_destroy(struct keystore *keystore, const struct id *person, int64_t now_s,
                                       struct hash *ret_commitment);

/* How much the batch holds, and back to there: what a request that is refused after all has added is taken out again.
 * */
size_t keystore_mark(const struct keystore *keystore);
void keystore_take_back(struct keystore *keystore, size_t mark);

/* Makes the batch durable and starts a new one; nothing is written when it is empty. */
MUST_CHECK enum error keystore_commit(struct keystore *keystore);

/* The key that seals events of this hour (hours since 1970), made when it is not there; durable on return. `oversight`
 * is the oversight body's public key. */
MUST_CHECK enum error keystore_hour(struct keystore *keystore, uint32_t hour,
                                    const uint8_t oversight[SEAL_PUBLIC_BYTES], struct secret_key *ret_key);
/* ERROR_NOT_FOUND. */
MUST_CHECK enum error keystore_hour_find(struct keystore *keystore, uint32_t hour, struct secret_key *ret_key);

/* Years of the log's keys, not of the calendar: 8,766 hours each, so that no calendar is needed to find one. */
#define KEYSTORE_YEAR_HOURS 8766u
/* What stands for the year's keys when they are gone. */
struct hash keystore_year_commitment(const struct keystore *keystore, uint32_t year);
/* Destroys a year's key and all keys of its hours, those wrapped to the oversight body too, durably: nobody opens an
 * event of that year any more. ERROR_NOT_FOUND when it has none. Between batches. */
MUST_CHECK enum error keystore_destroy_year(struct keystore *keystore, uint32_t year, int64_t now_s);
bool keystore_year_is_destroyed(struct keystore *keystore, uint32_t year);
/* The oldest that has keys. ERROR_NOT_FOUND. */
MUST_CHECK enum error keystore_oldest_year(struct keystore *keystore, uint32_t *ret_year);

/* What was destroyed, for replaying it on a restored store: calls for each commitment. */
typedef void keystore_commitment(void *context, const struct hash *commitment);
MUST_CHECK enum error keystore_destroyed(struct keystore *keystore, keystore_commitment *each, void *context);

/* Was she destroyed here? Then asking for it again finishes what was cut off. */
MUST_CHECK enum error keystore_is_destroyed(struct keystore *keystore, const struct id *person, bool *ret_destroyed);

/* What was destroyed and is not known to be in the public log: `tell` makes it durable there, then it is marked. Twice
 * when a crash falls in between. Stops at the first that fails. */
typedef enum error keystore_tell(void *context, const struct hash *commitment);
MUST_CHECK enum error keystore_tell_destroyed(struct keystore *keystore, keystore_tell *tell, void *context);

/* Destroys every person whose commitment is `commitment`, in the batch, or the year, at once; true when there was one.
 * */
MUST_CHECK enum error keystore_replay(struct keystore *keystore, const struct hash *commitment, int64_t now_s,
                                      bool *ret_found);

/* Wraps some more rows anew under the ring's present epoch, durably; `ret_done` when none is left that the epoch before
 * wrapped. Between batches: ERROR_CONFLICT while there is one. */
MUST_CHECK enum error keystore_rewrap(struct keystore *keystore, bool *ret_done);

MUST_CHECK enum error keystore_backup(struct keystore *keystore, const char *path);
MUST_CHECK enum error keystore_check(struct keystore *keystore, store_finding *finding, void *context);

/* Is there a person with keys? For `check`: a stored version of a person without keys is one erased. */
MUST_CHECK enum error keystore_count(struct keystore *keystore, uint64_t *ret_persons);
