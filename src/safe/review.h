/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Looks that somebody else must look at: each whose decision carries the obligation `review` (broken glass, an attempt
 * of enforcement, an erasure), and each refused attempt to break the glass. The safe opens a review for every one of
 * them, whatever its door does.
 *
 * One review covers the looks of one credential at one person within an hour (refused ones: at anybody), so that a
 * night of reading through one broken glass is one question and not a hundred, and who is refused a thousand times does
 * not bury the rest. Reviews are derived from the log like the index of persons: written behind it, put back from it
 * after a crash (reindex.c), so that an emergency on a full disk waits for nothing but its entry.
 *
 * What nobody reviews climbs the ladder (review.c): after 7 days it is counted in public, after 14 the glass of who
 * broke it is no longer honoured. Care does not wait for that: advice needs no record and no credential, an open
 * encounter opens the record without glass, and a colleague can break it. */

#include "base/arena.h"
#include "base/id.h"
#include "store/store.h"

enum review_kind { REVIEW_GLASS = 1, REVIEW_REFUSED, REVIEW_ERASURE, REVIEW_OTHER, REVIEW_ORDER };
enum review_verdict { REVIEW_OPEN, REVIEW_JUSTIFIED, REVIEW_NOT_JUSTIFIED, REVIEW_VERDICTS };
const char *review_verdict_word(enum review_verdict verdict); /* "open", "justified", "not justified" */
/* False for what is no verdict, "open" too. */
bool review_verdict_read(struct slice word, enum review_verdict *ret_verdict);

/* A look that is to be reviewed. */
struct look {
    uint64_t leaf;
    int64_t time_s;
    enum review_kind kind;
    uint8_t subject[ID_BYTES]; /* keyed: who looked, and at whom unless it was refused */
    uint8_t actor[ID_BYTES];   /* keyed: the name of who looked */
};

struct review {
    uint64_t leaf; /* the entry that opened it: its number is the review's name */
    int64_t opened_s;
    int64_t due_s;
    uint64_t looks; /* that it covers */
    unsigned rung;  /* of the ladder that it has climbed: 0 none, 1 told in public, 2 glass shut */
};

#define LOOKS_PENDING 1024

struct reviews {
    struct store *store; /* borrowed; NULL: not opened */
    struct look *pending;
    size_t count;
    int64_t oldest_glass_s; /* opened when, of the unreviewed; INT64_MAX: there is none */
};

extern const struct store_schema review_schema;

MUST_CHECK enum error reviews_open(struct store *store, struct reviews *ret_reviews);
void reviews_close(struct reviews *reviews); /* accepts one that was never opened */

/* Remembers until the next flush. */
MUST_CHECK enum error reviews_add(struct reviews *reviews, const struct look *look);
MUST_CHECK enum error reviews_flush(struct reviews *reviews);

/* Unreviewed ones, the longest waiting first. Flushes first, as do the next three. */
MUST_CHECK enum error reviews_list(struct reviews *reviews, struct arena *arena, int64_t now_s, size_t maximum,
                                   const struct review **ret_review, size_t *ret_count);
/* Durable on return. ERROR_NOT_FOUND: there is no such review, or it has its verdict. */
MUST_CHECK enum error reviews_decide(struct reviews *reviews, uint64_t leaf, enum review_verdict verdict,
                                     const struct id *reviewer, int64_t now_s);
MUST_CHECK enum error reviews_is_open(struct reviews *reviews, uint64_t leaf, bool *ret_open);
/* How the review that covers an entry stands. ERROR_NOT_FOUND: none does. */
MUST_CHECK enum error reviews_of(struct reviews *reviews, uint64_t leaf, enum review_verdict *ret_verdict);

/* Is the glass of this actor shut, because what was broken before waits too long for its review? */
MUST_CHECK enum error reviews_glass_is_shut(struct reviews *reviews, const uint8_t actor[ID_BYTES], int64_t now_s,
                                            bool *ret_shut);

/* How many reviews stand on a rung or above (0: all that are open; at most 2). */
MUST_CHECK enum error reviews_count(struct reviews *reviews, int64_t now_s, unsigned rung, uint64_t *ret_count);

/* Those that have reached a rung and were not yet told of in public. `tell` has to make it durable; what it did not is
 * told again. Called for each rung that anything new has reached. */
typedef enum error review_tell(void *context, const char *kind, unsigned days, uint64_t count);
MUST_CHECK enum error reviews_escalate(struct reviews *reviews, int64_t now_s, review_tell *tell, void *context);

/* After a restore the entries are another log's. */
MUST_CHECK enum error review_forget(struct store *store);
