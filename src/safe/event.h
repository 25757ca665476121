/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An entry of the access log, before it is sealed: who, when, why, what, under which rule, with what outcome. JSON, so
 * that an auditor reads it with anything; the sealed form is
 *
 *     format u8 ‖ hour u32 ‖ seal(hour's key, bound to "event", format and hour,
 *                     nonce(16) ‖ u32 length ‖ JSON ‖ who looked, JSON ‖ spaces to a multiple of 128)
 *
 * and the leaf commits to H(nonce ‖ JSON) and H(sealed), so that one event can be shown and proved to the person
 * without opening any other. She sees role and place; the name of who looked is for oversight, so the event holds only
 * a commitment to it, and the name stands beside the event. */

#include "base/world.h"
#include "crypto/hash.h"
#include "protocol.h"

#define EVENT_NONCE_BYTES 16
#define EVENT_BYTES_MAX (32u << 10)
#define EVENT_PADDING 128

struct event_access {
    int64_t time_ns;
    const struct credential *credential;
    enum purpose purpose;
    const struct access *access;
    unsigned drawers;     /* opened, of any target */
    const struct grant_target *each; /* of several targets: what was opened of which; else NULL */
    enum outcome outcome; /* the most that was decided */
    struct slice row;
    struct slice citation;
    struct slice basis; /* of a permitted access: on what ground (decider.h) */
    struct slice rules; /* hash of the rule set, hexadecimal */
    struct slice obligations;
    bool break_glass;
    const uint8_t *looker_nonce; /* EVENT_NONCE_BYTES: hides the looker's name in the event */
    enum error error;            /* OK, ERROR_REFUSED, ERROR_PURPOSE, ERROR_NOT_FOUND */
};

/* Appends the JSON. Persons, resources and the looker stand in it as commitments: a person who is shown the event must
 * learn neither of the others nor by which ids the house knows anybody. */
void event_write_access(const struct event_access *event, const uint8_t nonce[EVENT_NONCE_BYTES], struct buffer *into);
/* What stands beside an event, sealed but outside the leaf's commitment to it: who looked, what opens the event's
 * commitment to that, and what the safe's own tables are put back from after a crash. */
struct event_looker {
    const struct credential *credential;
    const uint8_t *nonce;            /* EVENT_NONCE_BYTES */
    const uint8_t (*token)[ID_BYTES]; /* of the persons, in the index */
    const bool *told;                /* which of them are to be told of it first; NULL: none */
    size_t tokens;
    unsigned review_kind; /* enum review_kind; 0: nobody need review it */
    struct id review_subject;
    struct slice subject; /* of a deed of oversight: what its commitment stands for; empty: nothing */
    const struct id *commitment;  /* of a suspension: what the public log's commitment is keyed with; NULL: none */
    const struct id *order;       /* the lawful order that the entry belongs to; NULL: none */
    int64_t until_s;              /* the tokens see the entry from then on; 0: at once */
    const uint64_t *intake_entry; /* of a release: the entry of the intake, which is hers as well */
};
/* {"actor":…,"nonce":…,"credential":…,"index":[…],"told":[…],"review":{"kind":1,"subject":…},"subject":…,
 * "commitment":…,"order":…,"until":…,"intake":…}; from "told" on only where there is something to say. */
void event_write_looker(const struct event_looker *looker, struct buffer *into);

/* What oversight did: suspended, lifted, judged a look, asked for evidence. `subject` (may be empty) stands in it as a
 * commitment with the looker's nonce, since it can be a name. */
struct event_deed {
    int64_t time_ns;
    const struct credential *credential;
    uint64_t request;   /* the number that the door gave the request; 0: a command's */
    const char *action; /* "suspend", "lift", "review", "evidence" */
    const char *what;   /* of a suspension: actor, credential, rule; NULL: none */
    struct slice subject;
    uint64_t number;     /* of the suspension, or the entry that was judged */
    const char *verdict; /* NULL: none */
    struct slice words;  /* reason, or the verdict's note */
    const uint8_t *looker_nonce;
    enum error error;
};
void event_write_deed(const struct event_deed *deed, struct buffer *into);

/* What became of a lawful order: taken in, refused, released, told. Zero and empty is what there is nothing to say of.
 * */
struct event_order {
    int64_t time_ns;
    const struct credential *credential;
    uint64_t request;   /* as above; 0 also where the safe acts by itself */
    const char *action; /* "intake", "refuse", "release", "tell", "told" */
    const struct id *order;
    const struct hash *commitment;
    struct slice authority, law, article;
    uint32_t drawers;
    int64_t until_s, told_s;
    struct slice words;
    const uint64_t *reads;
    const uint8_t *looker_nonce;
    enum error error;
};
void event_write_order(const struct event_order *event, struct buffer *into);

/* One entry for all completions of a batch. */
void event_write_completions(int64_t time_ns, const struct completion *completion, size_t count, struct buffer *into);

struct event_opened;
/* The drawers that the access opened of this very person: of a search across persons it may have opened more of others,
 * or nothing of her. Nothing of whoever is not one of its persons. ERROR_SYNTAX, ERROR_MEMORY. */
MUST_CHECK enum error event_drawers_of(const struct event_opened *event, const struct id *person, struct arena *arena,
                                       unsigned *ret_drawers);

/* Seals nonce ‖ JSON, as `plain` holds it, with who looked (may be empty); appends to `sealed` and fills the hash of
 * nonce ‖ JSON. */
void event_seal(const struct secret_key *hour_key, uint32_t hour, struct world *world, struct slice plain,
                struct slice looker, struct buffer *sealed, struct hash *ret_event_hash);

/* The hour that sealed bytes belong to. ERROR_SEALED. */
MUST_CHECK enum error event_hour(struct slice sealed, uint32_t *ret_hour);
struct event_opened {
    struct slice plain; /* nonce ‖ JSON: what the leaf commits to */
    struct slice json;
    struct slice looker; /* JSON, or empty */
};
/* Opens into the arena. ERROR_SEALED, ERROR_MEMORY. */
MUST_CHECK enum error event_open(const struct secret_key *hour_key, struct slice sealed, struct arena *arena,
                                 struct event_opened *ret_event);
