/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the safe's own files share: its state, and one request on its way through a batch. Private to src/safe. */

#include "approval.h"
#include "base/arena.h"
#include "crypto/secret.h"
#include "decider.h"
#include "event.h"
#include "keys/keystore.h"
#include "keys/ring.h"
#include "ledger/ledger.h"
#include "node.h"
#include "order.h"
#include "order_book.h"
#include "padding.h"
#include "person_index.h"
#include "protocol.h"
#include "publishing.h"
#include "retention.h"
#include "review.h"
#include "safe.h"
#include "suspension.h"
#include "text/json.h"
#include "token.h"
#include "witnessing.h"

/* Taken from the ring when the safe opens and when the ring has changed; in locked memory. */
struct safe_keys {
    struct secret_key facts;
    struct token_keys token;
    struct secret_key index;
    struct secret_key approvers;
    struct secret_key activated;
    struct secret_key sign_access;
    struct secret_key sign_public;
    struct secret_key sign_access_before, sign_public_before; /* while verifiers still hold them */
    struct secret_key oversight;                              /* what is kept of suspensions */
    struct secret_key order;                                  /* what is kept of orders; the seal of their keys */
    struct session_keys session;
};

struct request;

/* A fact block that was made and that the vault is not yet known to hold (confirm.c). */
struct unconfirmed {
    const struct request *request; /* of the present batch; NULL once that is durable */
    uint64_t leaf;
    struct id person;
    uint64_t version;   /* 0: the place is free */
    struct slice block; /* allocated */
};
#define UNCONFIRMED_MAX 256

/* When there is a route for lawful orders: keys of three, and a law that they have signed (order_route.c). */
struct order_route {
    struct arena *arena; /* what is borrowed below */
    bool has_keys, has_law;
    struct order_keys keys;
    struct order_law law;
    int64_t next_cover_s; /* 0: not drawn yet */
    int64_t wake_s;       /* when something is due next */
    unsigned cover_per_day;
    struct id told;             /* she has been, and its row is not written yet; zero: none */
    const struct request *busy; /* one deed about orders a batch, so that two cannot both be the first */
};

struct safe {
    struct node node;
    struct world *world;
    struct secret_pool *pool;
    struct safe_keys *keys;
    struct ring *ring;
    struct keystore *keystore;
    struct ledger *access_log;
    struct ledger *public_log;
    struct safe_cadence cadence;
    struct padding padding; /* of the access log */
    struct witnessing witnessing;
    struct retention retention;
    struct person_index *index;
    struct token_cache *tokens; /* opened lately */
    struct arena *rules_arena;
    struct decider *decider;
    struct approvers approvers; /* borrows from rules_arena */
    char rules_hash[2 * HASH_BYTES];
    struct arena *arena;                             /* of the batch */
    struct unconfirmed unconfirmed[UNCONFIRMED_MAX]; /* a ring: what falls out is confirmed by the next change */
    size_t next_unconfirmed, held_unconfirmed;
    int64_t now_ns; /* of the batch: never behind the last entry */
    bool clock_behind;
    bool rewrapping;         /* the root has changed and rows of the key store still hang from its predecessor */
    bool untold;             /* something was destroyed that the public log has not been told of */
    bool shut;               /* every key is wiped: nothing is answered any more */
    struct reviews *reviews; /* the index's */
    struct suspensions suspensions;
    struct order_book orders;
    struct order_route route;
    bool index_behind;         /* a row was not written: the next start puts it back from the log */
    struct deed_again *again;  /* while opening: suspensions of which the public log may not tell (oversight_again.c) */
    struct arena *again_arena; /* where they lie */
};

/* What oversight wants done, or to see (oversight.c). */
struct deed {
    uint64_t request; /* the door's number of it */
    enum suspended what;
    struct slice subject; /* whom or what it is about */
    struct slice words;   /* reason, or a verdict's note */
    uint64_t number;      /* of a suspension, or an entry */
    enum review_verdict verdict;
    struct id commitment; /* to the subject, for the public log */
    bool is_new;
};

/* What a request has to do with a lawful order (order_deed.c, order_look.c). */
struct order_deed {
    uint64_t request; /* the door's number of it */
    enum order_verb verb;
    struct id id;
    struct order_text asked; /* of an intake */
    struct slice words;      /* why; of a release the note */
    struct order_row row;    /* what is kept of it */
    struct order_release release;
    struct fault fault;
};
struct order_use {
    uint32_t valid;  /* drawers that it opens for this access */
    bool open;       /* oversight looks for the person it names */
    int64_t until_s; /* the entry is on no list before */
};

/* One request of a batch. */
struct request {
    enum protocol_kind kind;
    struct slice payload;
    enum error error;
    struct buffer answer; /* payload of the answer */

    /* of accesses */
    struct access access;
    struct credential credential;
    uint8_t credential_room[PROTOCOL_TOKEN_MAX];
    enum purpose purpose;
    struct grant grant;
    struct decision decision;   /* of the drawer that was decided on most generously */
    struct slice basis;         /* on what ground that was */
    struct decision uninformed; /* what would be decided of a person of whom nothing is known */
    bool glass_is_shut;         /* nobody reviewed for too long what this actor broke before */
    struct look look;           /* to be reviewed; kind 0: no */
    struct deed deed;
    struct order_deed *order; /* of PROTOCOL_ORDER */
    struct order_use use;     /* of an access that names an order */
    unsigned opened;
    bool changes_keys;
    bool emergency;    /* may use the log's reserve on a full disk */
    bool broken_glass; /* permitted by broken glass, if it is permitted */

    /* its entry */
    struct buffer plain, sealed;
    uint8_t leaf[LEDGER_COMMITMENT_BYTES];
    uint8_t (*token)[ID_BYTES]; /* of its targets, in the index */
    bool *told;                 /* which of them are to be told of it first */
    bool has_entry;
    bool durable;          /* its entry is */
    struct hash destroyed; /* commitment to the keys that are destroyed */
    uint64_t index;
};

typedef enum error answer_function(struct safe *safe, struct request *request);

/* access.c: decides and prepares keys and facts; sets request->error. Nothing leaves before the batch is durable. */
void access_prepare(struct safe *safe, struct request *request);

/* entry.c: the request's entry, from what was decided. The nonce is drawn into request->plain first; `looker` is what
 * stands beside the event. */
MUST_CHECK enum error entry_begin(struct safe *safe, struct request *request, uint8_t ret_nonce[EVENT_NONCE_BYTES]);
MUST_CHECK enum error entry_seal(struct safe *safe, struct request *request, struct slice looker);
/* The key of an hour's events. ERROR_TERM_OVER when it was destroyed with its year. */
MUST_CHECK enum error entry_hour_key(struct safe *safe, uint32_t hour, struct secret_key *ret_key);
/* Opens an entry of the access log, into the batch's arena. `ret_sealed` may be NULL. ERROR_TERM_OVER when the entry or
 * its key is gone by the declared term. */
MUST_CHECK enum error entry_open(struct safe *safe, uint64_t leaf, struct slice *ret_sealed,
                                 struct event_opened *ret_event);
/* The tlog-proof text of an opened entry. Its extra data is what a stranger needs to find the leaf:
 * SHA-256(sealed event) ‖ nonce ‖ event. */
MUST_CHECK enum error entry_proof(struct safe *safe, uint64_t leaf, struct slice sealed,
                                  const struct event_opened *event, struct buffer *ret_text);
/* A name as the safe's tables know it: keyed, so that they name nobody. */
void entry_actor(const struct safe *safe, struct slice actor, uint8_t ret_keyed[ID_BYTES]);
/* Fills request->look and request->told from what was decided. */
void entry_owes(struct safe *safe, struct request *request);
/* What a durable entry leaves in the index of persons and in the reviews. */
void entry_index(struct safe *safe, const struct request *request);

/* oversight.c: suspending, lifting, judging, asking for evidence. Each is an entry like an access. */
bool oversight_is_deed(enum protocol_kind kind);
void oversight_prepare(struct safe *safe, struct request *request);
/* Who holds the token is of oversight, not withdrawn and not suspended. ERROR_REFUSED, … */
MUST_CHECK enum error oversight_authenticate(struct safe *safe, struct request *request, struct slice token);
/* A reason or a note says something. ERROR_VALUE, ERROR_REQUIRED. */
MUST_CHECK enum error oversight_check_words(struct slice words);
/* Puts the suspended rows into the decider. For opening. */
void oversight_close_rows(struct safe *safe);
/* What stands for the subject where everybody reads it. */
void oversight_commitment(const struct suspension_told *told, char ret_hex[ID_TEXT_BYTES]);
/* "suspended" or "suspension.lifted", in the public log. */
MUST_CHECK enum error oversight_publish(struct safe *safe, const char *kind, const struct suspension_told *told,
                                        int64_t time_s);
/* oversight_again.c: a suspension or its lift from the entry itself, and then what the public log was not told of. */
MUST_CHECK enum error oversight_keep_again(struct safe *safe, const struct json *event, const struct json *looker);
MUST_CHECK enum error oversight_tell_again(struct safe *safe);
/* evidence.c: who looked, as oversight is told: without the persons' tokens in the index, which would join what the
 * events keep apart. */
struct json_writer;
MUST_CHECK enum error evidence_write_looker(struct safe *safe, struct json_writer *writer, struct slice text);
/* Tells in public of reviews that wait too long. */
MUST_CHECK enum error oversight_escalate(struct safe *safe);

/* order_route.c: is there a route for orders? Opening reads what lies in the node's directory, and tells in public what
 * has changed of it. */
MUST_CHECK enum error order_route_load(struct safe *safe);
bool order_route_is_open(const struct safe *safe);
/* What is due: the sunset, cover, and telling persons. How long the safe may sleep before something is; 0: it is. */
void order_idle(struct safe *safe);
int order_wait_ms(const struct safe *safe, int most_ms);
/* An order's commitment, or the random bytes of cover: the two look alike. */
MUST_CHECK enum error order_publish_commitment(struct safe *safe, const struct hash *commitment);
answer_function answer_order_setup, answer_order_route;

/* order_deed.c: taking in, releasing, refusing, telling. Each is an entry like an access. */
bool order_is_deed(enum protocol_kind kind);
void order_prepare(struct safe *safe, struct request *request);
/* What a durable entry leaves in the book of orders. */
MUST_CHECK enum error order_keep(struct safe *safe, struct request *request);
answer_function answer_order;
/* order_again.c: the same, from the entry itself. */
MUST_CHECK enum error order_keep_again(struct safe *safe, const struct json *event, const struct json *looker,
                                       uint64_t leaf);
/* order_told.c: tells those whose term is over. */
MUST_CHECK enum error order_tell_due(struct safe *safe);

/* order_look.c: may this access use the order that it names? Anything that is not as it should be leaves it without
 * one, and the rules then decide. */
MUST_CHECK enum error order_use(struct safe *safe, struct request *request);
enum order order_fact(const struct request *request, enum drawer drawer);
answer_function answer_orders, answer_order_person;

/* reindex.c: puts back what a crash took from the index of persons. */
MUST_CHECK enum error reindex(struct safe *safe, struct fault *fault);

/* answers.c: the answers that are made after the batch is durable. Each kind of request has a function that appends the
 * payload to request->answer. */
void answer_request(struct safe *safe, struct request *request);
answer_function answer_suspend, answer_lift, answer_suspensions, answer_reviews, answer_review_done,
    answer_oversight_counts;                                       /* oversight.c */
answer_function answer_events;                                     /* listing.c */
answer_function answer_evidence;                                   /* evidence.c */
answer_function answer_prune, answer_retention;                    /* retention.c */
answer_function answer_cosign, answer_cosigned, answer_witnesses, answer_witnessing; /* witnessing.c */

/* confirm.c: the newest fact block of a person, from its making until the door has stored it. */
void unconfirmed_add(struct safe *safe, const struct request *request, const struct id *person, uint64_t version,
                     struct slice block);
struct slice unconfirmed_block(const struct safe *safe, const struct id *person, uint64_t version);
void unconfirmed_drop(struct safe *safe, const struct request *request);   /* it was taken back */
void unconfirmed_settle(struct safe *safe, const struct request *request); /* it is durable, or has failed */
void unconfirmed_confirm(struct safe *safe, const struct completion *completion);
void unconfirmed_free(struct safe *safe);

/* rotation.c: the ring's keys as the safe uses them; what a change of keys left to do; some of it, between batches. */
void safe_take_keys(struct safe *safe);
const struct secret_key *safe_sign_before(const struct safe *safe, enum ring_use use); /* NULL when there is none */
MUST_CHECK enum error rotation_resume(struct safe *safe);
void rotation_step(struct safe *safe);
void rotation_idle(struct safe *safe);
/* The root's file, the ring and the approvers' seal, below DIRECTORY/keys: as they are at this moment, with the
 * rows. */
MUST_CHECK enum error rotation_backup(struct safe *safe, const char *directory);
answer_function answer_rotate, answer_panic;

/* destroyed.c: a person's keys; what the public log is told of that. */
MUST_CHECK enum error destroyed_person(struct safe *safe, struct request *request, const struct id *person,
                                       struct grant_target *grant);
MUST_CHECK enum error destroyed_tell(struct safe *safe);
void destroyed_idle(struct safe *safe);

/* safe.c: the seal of the file of approvers, made anew; a log's public key for strangers. */
MUST_CHECK enum error approvers_seal_again(struct safe *safe);
MUST_CHECK enum error log_write_vkey(const struct node *node, const char *name, const struct secret_key *seed);

/* Appends text to the public log. */
MUST_CHECK enum error safe_publish(struct safe *safe, struct slice text, uint64_t *ret_index);
