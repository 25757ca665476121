/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the door and the safe say to each other, and nothing else: two processes joined by one socket.
 *
 * The door collects requests while a batch is under way and sends them as one message; the safe decides them all, makes
 * their entries durable with one fsync, and answers them as one message, in order. A message is
 *     u32 length of the rest ‖ u16 count ‖ count × (u8 kind ‖ u32 length ‖ payload)
 * and an answer item is (u16 error ‖ u32 length ‖ payload). Numbers are big-endian. Both sides read with bounded
 * readers: the door does not trust the safe's lengths, the safe trusts nothing of the door's. */

#include "base/arena.h"
#include "base/buffer.h"
#include "base/id.h"
#include "base/vocabulary.h"
#include "crypto/secret.h"

#define PROTOCOL_VERSION 1
#define PROTOCOL_MESSAGE_MAX (16u << 20)
#define PROTOCOL_BATCH_MAX 1024  /* requests in one message */
#define PROTOCOL_TARGETS_MAX 256 /* persons in one access */
#define PROTOCOL_CHANGES_MAX 512
#define PROTOCOL_TEXT_MAX 1024
#define PROTOCOL_TOKEN_MAX 400
#define COSIGNED_MAX (160 * 1024) /* what a witness may answer: as much as a note */

/* The node's two logs, in COSIGN, COSIGNED, CHECKPOINT and TILE. */
enum { LOG_ACCESS, LOG_PUBLIC, LOGS };

enum protocol_kind {
    PROTOCOL_HELLO = 1,      /* -> session keys of the door */
    PROTOCOL_ACCESS,         /* struct access -> struct grant */
    PROTOCOL_COMPLETE,       /* struct completion -> nothing */
    PROTOCOL_CREDENTIAL,     /* a token -> struct credential */
    PROTOCOL_ISSUE,          /* struct credential -> a token; counted in the public log */
    PROTOCOL_REVOKE,         /* a token -> nothing: it is refused from now on; told in the public log */
    PROTOCOL_EVENTS,         /* struct access on the audit drawer -> the person's events with proofs */
    PROTOCOL_REVIEWS,        /* a token of oversight -> the open reviews of break-glass */
    PROTOCOL_REVIEW_DONE,    /* a token of oversight, review, verdict, note -> nothing; an entry of its own */
    PROTOCOL_TILE,           /* log, level, index, width -> bytes */
    PROTOCOL_CHECKPOINT,     /* log -> signed note */
    PROTOCOL_PROOF,          /* struct access, leaf -> tlog-proof text and the event */
    PROTOCOL_BACKUP,         /* directory -> nothing: keys and logs are copied there */
    PROTOCOL_ISSUE_APPROVED, /* a request signed by two approvers (approval.h) -> a token; counted in the public log */
    PROTOCOL_ISSUE_SYSTEM,   /* credential of the node's own commands -> a token for minutes */
    PROTOCOL_PUBLIC_PROOF,   /* index u64 in the public log -> tlog-proof text with the entry in it */
    PROTOCOL_CHECK,          /* leaf u64 -> did that entry permit something? A byte */
    PROTOCOL_CHECK_KEYS,     /* -> findings in the key store, a text each */
    PROTOCOL_ROTATE,         /* enum rotation, a byte -> nothing: that key is another from now on */
    PROTOCOL_PANIC,          /* -> nothing: told in the public log, then every key is wiped and the safe ends */
    PROTOCOL_SUSPEND,        /* an asker of oversight, what, whom, why -> its number; in force for the next request */
    PROTOCOL_LIFT,           /* an asker of oversight, number, why -> nothing */
    PROTOCOL_SUSPENSIONS,    /* an asker of oversight -> those in force, JSON */
    PROTOCOL_EVIDENCE,       /* an asker of oversight, filters -> events with names and proofs, JSON */
    PROTOCOL_OVERSIGHT_COUNTS, /* -> how many reviews and suspensions are open, for everybody */
    PROTOCOL_ORDER,        /* enum order_verb u8, an asker, …: taken in, decided, told -> the order's id */
    PROTOCOL_ORDERS,       /* an asker of oversight -> the open orders, JSON */
    PROTOCOL_ORDER_PERSON, /* a token, an order's id -> whose record it opens to this token; else nobody's id */
    PROTOCOL_ORDER_ROUTE,  /* -> from i64 ‖ until i64: when there is a route for orders; 0 ‖ 0: there is none */
    PROTOCOL_ORDER_SETUP,  /* enum order_setup u8 ‖ text -> text: keys, a law, the end of the route, counts */
    PROTOCOL_COSIGN,           /* log, old size, size -> what a witness is to be sent (witnessing.c) */
    PROTOCOL_COSIGNED,         /* log, size, a witness's answer -> nothing */
    PROTOCOL_PRUNE,            /* -> how far the old entries of the access log have been let go */
    PROTOCOL_RETENTION,        /* -> JSON: how long the access log is kept, for everybody */
    PROTOCOL_WITNESSES,        /* mark u64 -> whom the courier asks, and how often, unless it knows (witnessing.c) */
    PROTOCOL_WITNESSING,       /* -> how the witnesses are doing, for everybody */
};

enum order_verb { ORDER_INTAKE = 1, ORDER_REFUSE, ORDER_RELEASE, ORDER_TELL, ORDER_VERBS };
enum order_setup { ORDER_SETUP_KEYS = 1, ORDER_SETUP_LAW, ORDER_SETUP_CLOSE, ORDER_SETUP_COUNTS };

enum rotation { ROTATION_ROOT, ROTATION_ACCESS, ROTATION_PUBLIC };

/* Who asks, as the safe certified it. */
struct credential {
    struct id id;
    struct slice actor; /* how oversight knows the person; at most CREDENTIAL_ACTOR_MAX bytes */
    enum role role;
    enum sector sector;
    enum training training;
    struct id organization;
    struct id person;  /* of a patient: herself; else zero */
    uint32_t purposes; /* bits of enum purpose */
    int64_t issued_s, expires_s;
};
#define CREDENTIAL_ACTOR_MAX 64

/* A typed fact that a record states about a person: written with the record, sealed by the safe, decided on later. */
enum fact_kind { FACT_RELATION = 1, FACT_CONSENT, FACT_BREAK_GLASS };

#define RELATION_SECONDS_MAX (90 * 24 * 3600) /* one that nobody closed: relations must not last for ever by neglect */
struct fact_change {
    uint16_t target; /* index into the access's targets */
    enum fact_kind kind;
    uint8_t value;          /* enum relation or enum consent; of break-glass: enum break_glass */
    struct id organization; /* whom it speaks of; zero of a consent: every organisation of health */
    struct id source;       /* the Encounter or Consent that says so; a later change with the same source replaces it */
    int64_t expires_s;      /* 0: never */
};

struct access_target {
    struct id person;
    struct slice facts; /* the person's sealed fact block as the vault has it; empty when there is none */
    bool fresh;         /* she is registered by this access: her keys are made */
};

struct access {
    struct slice token;
    uint64_t request;     /* the number that the door gave the request; 0: a command's */
    enum purpose purpose; /* PURPOSE_UNKNOWN: the token's only one */
    enum action action;
    unsigned drawers;    /* asked for */
    enum outcome needed; /* keys come out of drawers whose outcome is at least this */
    struct slice type;   /* resource type, as FHIR names it */
    struct id resource;  /* zero for a search */
    uint32_t resources;  /* how many are written */
    struct slice reason; /* of break-glass */
    struct id order;     /* the lawful order that it is for; zero: none */
    bool open_glass;     /* this access breaks the glass: adds the fact, the review and the notice */
    bool all_or_nothing; /* one refused target refuses the access */
    bool replaces;       /* what is there is replaced or deleted: only by who may also read it */
    bool hide_refused;   /* targets that are refused are as if they had not been named: a search across persons */
    const struct access_target *target;
    size_t targets; /* of a match the first is the person matched for; the rest are candidates */
    const struct fact_change *change;
    size_t changes;
};

struct grant_target {
    unsigned drawers;                    /* opened */
    uint8_t outcome[DRAWER_COUNT];       /* enum outcome */
    struct secret_key key[DRAWER_COUNT]; /* of the opened drawers */
    struct slice facts;                  /* the new sealed block to store with the record; empty: unchanged */
    unsigned obligations;                /* of what was opened, for the gate: bits of enum obligation */
};

/* What must follow a look. The words are the rules' (decider.c); who carries each out stands in safe/README.md. */
enum obligation {
    OBLIGATION_LOG = 1,
    OBLIGATION_NOTIFY = 2,
    OBLIGATION_REVIEW = 4,
    OBLIGATION_EXPIRE = 8,
    OBLIGATION_REDACT_LOCATION = 16,
    OBLIGATION_SUBSET = 32,
    OBLIGATION_MINIMUM = 64,
    OBLIGATION_TELL_AFTER_TERM = 128,
    OBLIGATIONS_ALL = 255
};

struct grant {
    uint64_t leaf; /* index of the entry in the access log */
    int64_t time_s;
    struct slice row; /* the rule that decided, as the asker may know it */
    struct slice citation;
    bool review; /* it was an emergency: somebody else will look at it */
    struct grant_target *target;
    size_t targets;
};

/* EVENTS: count u16 ‖ count × (leaf u64 ‖ flags u8 ‖ review u8 (0: none; else 1 + enum review_verdict) ‖ opened of
 * her u8 ‖ text) ‖ u64 since when, in seconds, nothing is gone by the law's term; 0: nothing is. */
#define EVENT_LINE_NOTICE 1 /* she is to be told of it and has not seen it */

struct completion {
    uint64_t leaf;
    enum error error;
    uint32_t returned; /* resources given out or stored */
};

/* Keys that the door needs for as long as it runs. None of them opens a drawer. */
struct session_keys {
    struct secret_key sector[SECTOR_COUNT]; /* ids on the wire */
    struct secret_key posting;              /* tokens of the posting index */
    struct id node;
    bool demo;
};

void access_write(const struct access *access, struct buffer *into);
MUST_CHECK enum error access_read(struct arena *arena, struct slice payload, struct access *ret);

void grant_write(const struct grant *grant, struct buffer *into);
MUST_CHECK enum error grant_read(struct arena *arena, struct slice payload, struct grant *ret);

void completion_write(const struct completion *completion, struct buffer *into);
MUST_CHECK enum error completion_read(struct slice payload, struct completion *ret);

/* `actor` is borrowed from the payload. */
void credential_write(const struct credential *credential, struct buffer *into);
MUST_CHECK enum error credential_read(struct slice payload, struct credential *ret);

void session_keys_write(const struct session_keys *keys, struct buffer *into);
MUST_CHECK enum error session_keys_read(struct slice payload, struct session_keys *ret);

/* u32 length ‖ bytes, for texts inside payloads. */
void protocol_text_write(struct slice text, struct buffer *into);
struct slice protocol_text_read(struct reader *reader, size_t maximum);

/* Whom a deed of oversight or about an order is asked by: token text ‖ request u64, the number that the door gave the
 * request; 0: a command's. */
void protocol_asker_write(struct slice token, uint64_t request, struct buffer *into);
struct slice protocol_asker_read(struct reader *reader, uint64_t *ret_request);
