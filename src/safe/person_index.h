/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which entries of the access log concern which person, by a keyed token of hers: what her own view is read from. It
 * is derived (each entry's event names or commits to its persons), kept in sorted rows, and written behind the log
 * within two seconds, many at once. One thread. Also the list of revoked credentials; reviews (review.h) and
 * suspensions (suspension.h) lie in the same file. */

#include "base/arena.h"
#include "base/id.h"
#include "crypto/secret.h"
#include "store/store.h"

struct person_index;
struct reviews;

MUST_CHECK enum error person_index_open(const char *path, const struct secret_key *key, struct person_index **ret_index,
                                        struct fault *fault);
void person_index_close(struct person_index *index); /* flushes; accepts NULL */

/* A person's name in the index, which says nothing without the key. Each event holds those of its persons beside the
 * name of who looked, so that what a crash took from the index is put back from the log. */
#define PERSON_TOKEN_BYTES ID_BYTES
void person_index_token(const struct person_index *index, const struct id *person,
                        uint8_t ret_token[PERSON_TOKEN_BYTES]);

/* Remembers until the next flush. With `notice` she is to be told of it before anything else (the obligation
 * notify_person): it heads her list until she has seen it. ERROR_MEMORY. */
MUST_CHECK enum error person_index_add(struct person_index *index, const uint8_t token[PERSON_TOKEN_BYTES],
                                       uint64_t leaf, bool notice);
/* The same for an entry of a lawful order: it is not on her list before `until_s`, and no later than that. */
MUST_CHECK enum error person_index_add_sealed(struct person_index *index, const uint8_t token[PERSON_TOKEN_BYTES],
                                              uint64_t leaf, const struct id *order, int64_t until_s);
/* From now on everything of that order is on the lists that it belongs to. It can be made earlier and never later. */
MUST_CHECK enum error person_index_unseal(struct person_index *index, const struct id *order, int64_t now_s);
/* What time it is for find, has and notices: what is sealed beyond it is not there. */
void person_index_at(struct person_index *index, int64_t now_s);

/* Every entry before `next` has been added. */
void person_index_reached(struct person_index *index, uint64_t next);
/* How far the index had got when it was last written. */
uint64_t person_index_next(const struct person_index *index);
MUST_CHECK enum error person_index_flush(struct person_index *index);
/* The same of the public log, whose marks were put back up to there. Written with the next flush. */
void person_index_reached_public(struct person_index *index, uint64_t next);
uint64_t person_index_next_public(const struct person_index *index);
/* The file was made by this opening: it held nothing, not even how far it had got. */
bool person_index_is_new(const struct person_index *index);
/* The same, and on the disk also after the power fails: before entries that it was made from are let go. */
MUST_CHECK enum error person_index_settle(struct person_index *index);
size_t person_index_pending(const struct person_index *index); /* entries not yet flushed */

/* The newest `maximum` entries before `before` (exclusive), newest first. Flushes first. */
MUST_CHECK enum error person_index_find(struct person_index *index, struct arena *arena, const struct id *person,
                                        uint64_t before, size_t maximum, const uint64_t **ret_leaf, size_t *ret_count);
MUST_CHECK enum error person_index_has(struct person_index *index, const struct id *person, uint64_t leaf,
                                       bool *ret_has);

/* What she is to be told and has not seen: at most `maximum`, newest first. Flushes first. */
MUST_CHECK enum error person_index_notices(struct person_index *index, struct arena *arena, const struct id *person,
                                           size_t maximum, const uint64_t **ret_leaf, size_t *ret_count);
/* She has seen them. */
MUST_CHECK enum error person_index_seen(struct person_index *index, const struct id *person, const uint64_t *leaf,
                                        size_t count);

/* Looks to be reviewed: derived from the log too, and written before the index says how far it has got. */
struct reviews *person_index_reviews(struct person_index *index);
/* For suspension.c, whose table lies in the same file. */
struct store *person_index_store(struct person_index *index);

/* A withdrawn credential, or a request that was used, by its mark: keyed, so that the public log, where the mark is
 * told first, names neither. Durable on return; again is nothing. */
void person_index_mark(const struct person_index *index, const struct id *id, uint8_t ret_mark[ID_BYTES]);
MUST_CHECK enum error person_index_revoke(struct person_index *index, const uint8_t mark[ID_BYTES], int64_t now_s);
MUST_CHECK enum error person_index_revoked(struct person_index *index, const struct id *credential, bool *ret_revoked);

/* After a restore the log is a new one: what counts entries of the old one is forgotten; what was revoked and used
 * stays so. For a node that is not running. */
MUST_CHECK enum error person_index_restored(const char *path, struct fault *fault);

MUST_CHECK enum error person_index_backup(struct person_index *index, const char *path);
MUST_CHECK enum error person_index_check(struct person_index *index, store_finding *finding, void *context);
