/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What oversight has suspended: an actor (every credential in that name, also ones issued later), one credential, or a
 * row of the disclosure rules. In force from the moment the safe reads the request, so that not even one behind it in
 * the same message slips through; durable before it is answered.
 *
 * A suspension only ever closes. A suspended row decides NONE where it would have decided; no other row steps in, since
 * below a row that refuses often stands one that permits (decider.h). Advice on care needs no credential and no row of
 * disclosure: nothing here can touch it.
 *
 * In memory for every access; on disk the subject and the reason are sealed, since they name a person. */

#include "base/arena.h"
#include "base/world.h"
#include "crypto/secret.h"
#include "protocol.h"
#include "store/store.h"

enum suspended { SUSPENDED_ACTOR = 1, SUSPENDED_CREDENTIAL, SUSPENDED_RULE, SUSPENDED_COUNT };
const char *suspended_word(enum suspended what); /* "actor", "credential", "rule" */
bool suspended_read(struct slice word, enum suspended *ret_what);

#define SUSPENSIONS_MAX 256
#define SUSPENSION_SUBJECT_MAX CREDENTIAL_ACTOR_MAX

struct suspension {
    uint64_t number;
    enum suspended what;
    bool owed; /* its row could not be written: in force, since the log says so, and kept when it is asked for again */
    bool told, lift_told; /* in public, by a deed that could not be finished */
    struct id commitment; /* of one that is owed, what its first entry has */
    uint8_t length;
    char subject[SUSPENSION_SUBJECT_MAX]; /* a name, a credential's id in hexadecimal, a row's id */
};

/* What is kept of one, for whoever lists or lifts it. */
struct suspension_told {
    uint64_t number;
    enum suspended what;
    struct slice subject, reason, by;
    struct id commitment; /* stands for the subject in the public log */
    int64_t since_s;
};

struct suspensions {
    struct store *store; /* borrowed */
    const struct secret_key *key;
    uint64_t next; /* number of the next one */
    size_t count;
    struct suspension in_force[SUSPENSIONS_MAX];
};

extern const struct store_schema suspension_schema;

/* Reads those in force. ERROR_SEALED. */
MUST_CHECK enum error suspensions_open(struct store *store, const struct secret_key *key, struct arena *arena,
                                       struct suspensions *ret_suspensions);

/* In memory at once; `ret_number` is an old one's when the subject is suspended already (then *ret_new is false, unless
 * its row is owed).
 * ERROR_TOO_MANY, ERROR_VALUE for a subject that is too long. */
MUST_CHECK enum error suspensions_begin(struct suspensions *suspensions, enum suspended what, struct slice subject,
                                        uint64_t *ret_number, bool *ret_new);
/* One that is in force; NULL. */
struct suspension *suspensions_find(struct suspensions *suspensions, uint64_t number);
/* What was begun and has no entry in the log; one whose row is owed has had one before, and stays. True: it is out of
 * force. */
bool suspensions_take_back(struct suspensions *suspensions, uint64_t number);
/* What has an entry in the log, and whose row could not be written. */
void suspensions_owe(struct suspensions *suspensions, uint64_t number);
/* Durable on return; one that is kept already stays as it is, so that the log can be replayed. */
MUST_CHECK enum error suspensions_keep(struct suspensions *suspensions, struct world *world,
                                       const struct suspension_told *told);
/* Durable on return, then out of force. ERROR_NOT_FOUND. */
MUST_CHECK enum error suspensions_lift(struct suspensions *suspensions, uint64_t number, int64_t now_s);

MUST_CHECK enum error suspensions_told(struct suspensions *suspensions, struct arena *arena, uint64_t number,
                                       struct suspension_told *ret_told);

/* Costs nothing while nothing is suspended. */
bool suspensions_hold(const struct suspensions *suspensions, const struct credential *credential);
