/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The gate: the only door to a person's data. Whoever wants anything of hers says who asks, for what, and which
 * drawers; the gate collects the facts, submits the request to the safe, receives a grant when the entry is durable,
 * opens what was granted and nothing else, and reports what was returned. No call blocks and none goes around.
 *
 * Everything belongs to the loop's thread. Slices handed in must live until `done`, which is called once, always; what
 * `done` is given lives in the arena that came with the request. */

#include "base/arena.h"
#include "base/id.h"
#include "base/loop.h"
#include "base/vocabulary.h"
#include "base/world.h"
#include "safe/client.h"

struct gate;

struct gate_options {
    const char *directory;
    struct loop *loop;
    struct world *world;
    struct safe_client *client; /* borrowed; may be replaced by gate_reconnect */
};

/* Asks the safe for the session's keys; `done` tells when the gate may be used. */
MUST_CHECK enum error gate_open(const struct gate_options *options, struct gate **ret_gate, struct fault *fault);
void gate_close(struct gate *gate); /* waits for writes under way; accepts NULL */

typedef void gate_done(void *context, enum error error);
void gate_hello(struct gate *gate, gate_done *done, void *context);
void gate_reconnect(struct gate *gate, struct safe_client *client);
struct safe_client *gate_client(struct gate *gate);
/* The node was shut on purpose: the session's keys and what is remembered of tokens are wiped, and everything ends with
 * ERROR_SHUT. */
void gate_shut(struct gate *gate);

/* ---- who asks ---- */

struct gate_asker {
    struct slice token;
    uint64_t request;             /* the number of the request, for the log; 0: a command's */
    enum purpose purpose;         /* PURPOSE_UNKNOWN: the token's only one */
    struct credential credential; /* as the safe certified it */
};

typedef void gate_identified(void *context, enum error error, const struct credential *credential);
/* What a token says. Tokens seen lately are remembered for a minute, only for ids and pages: each access is checked
 * anew by the safe. */
void gate_identify(struct gate *gate, struct arena *arena, struct slice token, gate_identified *done, void *context);

/* Forgets the remembered tokens: somebody was suspended, or is no longer. */
void gate_forget_askers(struct gate *gate);

/* ---- lawful orders ---- */

/* Is there a route for orders now? While there is none, whatever belongs to it answers as if it had never been. */
bool gate_has_order_route(const struct gate *gate);
/* Asks the safe again: a law was taken, or the route was closed. `done` is called whatever it says. */
void gate_ask_order_route(struct gate *gate, gate_done *done, void *context);

/* ---- ids on the wire ---- */

/* Each sector sees other ids; reversible only in here. */
struct id gate_wire_id(struct gate *gate, enum sector sector, const struct id *inside);
struct id gate_inside_id(struct gate *gate, enum sector sector, const struct id *wire);

/* ---- reading ---- */

/* A resource as the asker may see it. */
struct gate_view {
    struct slice json;
    struct slice type;
    struct id inside; /* its id */
    struct id person; /* zero: belongs to nobody */
    uint64_t version;
    int64_t time_ms;
    bool deleted;
    bool partial;     /* there is more of it than is shown */
    unsigned drawers; /* shown */
};

/* Why an access ended as it did, for the answer. */
struct gate_reason {
    struct slice row; /* the rule that decided */
    struct slice citation;
    uint64_t leaf;
    bool review; /* it was an emergency: somebody else will look at it */
    bool partly; /* of a write that was refused: something of it may be seen */
};

struct gate_views {
    const struct gate_view *view;
    size_t count;
    bool cut; /* there was more than may be read at once */
    struct gate_reason reason;
};

typedef void gate_read_done(void *context, enum error error, const struct gate_views *views);

struct gate_read {
    const struct gate_asker *asker;
    struct arena *arena;
    struct slice type;
    struct id resource;
    uint64_t version; /* 0: the current one */
    bool history;     /* every version, newest first */
    const struct id *order; /* the lawful order that it is read under; NULL: none. Then of a Patient alone */
    gate_read_done *done;
    void *context;
};
/* ERROR_NOT_FOUND and ERROR_REFUSED are the same to somebody who may see nothing of the person, whether she is known or
 * not; ERROR_GONE. */
void gate_read(struct gate *gate, const struct gate_read *read);

/* What a person's compartment holds of one type, or of all (empty type). `needed` is OUTCOME_FULL, or OUTCOME_SUMMARY
 * for a summary. */
struct gate_scan {
    const struct gate_asker *asker;
    struct arena *arena;
    struct id person;
    struct slice type;
    enum outcome needed;
    enum action action; /* ACTION_SEARCH or ACTION_READ */
    gate_read_done *done;
    void *context;
};
void gate_scan(struct gate *gate, const struct gate_scan *scan);

/* Across persons, by the tokens of terms: each set is OR, sets are AND. What the asker may not see is not in the answer
 * and not in the count. With `match_for` it is a match: candidates' identity alone, permitted by the care relation with
 * that person. ERROR_TOO_COSTLY when there are more candidates than may be decided at once. */
struct gate_term_set {
    const struct slice *term;
    size_t count;
};
struct gate_search {
    const struct gate_asker *asker;
    struct arena *arena;
    struct slice type;
    const struct gate_term_set *set;
    size_t sets;
    bool any_set; /* sets are OR too (blocking keys of a match) */
    const struct id *match_for;
    const struct id *order; /* or the lawful order whose person is looked for; NULL: none. Views then have no text */
    gate_read_done *done;
    void *context;
};
void gate_search(struct gate *gate, const struct gate_search *search);

/* What belongs to nobody: organisations, services. No person, no entry. */
MUST_CHECK enum error gate_common(struct gate *gate, struct arena *arena, struct slice type, const struct id *resource,
                                  struct gate_view *ret_view);
MUST_CHECK enum error gate_common_all(struct gate *gate, struct arena *arena, struct slice type,
                                      struct gate_views *ret_views);

/* Whose resource is it? For routing a write; tells nothing to an asker by itself. ERROR_NOT_FOUND. */
MUST_CHECK enum error gate_person_of(struct gate *gate, struct arena *arena, const struct id *resource,
                                     struct id *ret_person);

/* ---- writing ---- */

enum gate_method { GATE_CREATE, GATE_UPDATE, GATE_PATCH, GATE_DELETE };

struct gate_write_item {
    enum gate_method method;
    struct slice type;
    struct id resource; /* inside; the caller drew it for a create */
    struct id person;   /* inside; zero for what belongs to nobody; of a new Patient her own id */
    struct slice json;  /* the resource, ids as on the wire; of a patch what the caller made of the view it got */
    unsigned seen;      /* of a patch: the drawers of that view */
    uint64_t expected;  /* If-Match, of a patch the view's version; 0: whatever is there now */
    const struct slice *term;
    size_t terms;
    uint64_t version; /* out: what it was stored as */
};

typedef void gate_write_done(void *context, enum error error, const struct gate_reason *reason, int64_t time_ms);

/* All or nothing. ERROR_PARTIAL_VIEW for an update by somebody who sees only a part. A patch leaves the parts that the
 * asker may not see as they are; one that would add to them is refused. */
struct gate_write {
    const struct gate_asker *asker;
    struct arena *arena;
    struct gate_write_item *item;
    size_t items;
    gate_write_done *done;
    void *context;
};
void gate_write(struct gate *gate, const struct gate_write *write);

/* New ids come from here. */
struct id gate_new_id(struct gate *gate);

/* ---- what the log knows ---- */

struct gate_audit {
    const struct gate_asker *asker;
    struct arena *arena;
    struct id person;
    uint64_t number; /* of events: before this entry, 0 for the newest; of a proof: the entry */
    safe_done *done;
    void *context;
};
/* count u16, then count × (entry u64, u32 length, JSON); newest first. */
void gate_events(struct gate *gate, const struct gate_audit *audit);
/* The tlog-proof text of one of the person's entries. */
void gate_proof(struct gate *gate, const struct gate_audit *audit);

/* Breaks the glass: an hour of emergency access to one person, told to her and queued for review. */
struct gate_glass {
    const struct gate_asker *asker;
    struct arena *arena;
    struct id person;
    struct slice reason;
    gate_write_done *done;
    void *context;
};
void gate_break_glass(struct gate *gate, const struct gate_glass *glass);

/* Destroys a person's keys and rows. */
struct gate_erase {
    const struct gate_asker *asker;
    struct arena *arena;
    struct id person;
    gate_write_done *done;
    void *context;
};
void gate_erase(struct gate *gate, const struct gate_erase *erase);

/* ---- the node as a whole ---- */

/* Writes a consistent copy of the vault, the keys and what a restore needs into a new directory. */
struct gate_backup {
    const char *directory;
    gate_done *done;
    void *context;
};
void gate_backup(struct gate *gate, const struct gate_backup *backup, struct arena *arena);

/* Marks what a restored vault holds as permitted by the log before, whose last checkpoint is the new log's first leaf.
 * For a node that is not running. */
MUST_CHECK enum error gate_mark_restored(const char *directory, struct fault *fault);

/* Every stored version must have an entry that permitted it; pages and trees must be sound. Each finding is a line. */
struct gate_check {
    void (*finding)(void *context, struct slice line);
    gate_done *done;
    void *context;
};
void gate_check(struct gate *gate, const struct gate_check *check, struct arena *arena);
