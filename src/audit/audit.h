/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One audit of one node's directory, and what its parts share. The order of the parts is the order in which a running
 * node writes, backwards: databases first, then the public log, then the access log, so that whatever a row names is
 * there when it is looked for.
 *
 * Memory: lists have the maxima below; when one is full, the report says that something was not followed. */

#include <stdio.h>

#include "base/arena.h"
#include "database.h"
#include "event.h"
#include "list.h"
#include "log.h"
#include "policy.h"
#include "rules.h"

#define OPTION_FILES_MAX 16
#define PENDING_MAX (1u << 18)
#define CREDENTIALS_MAX (1u << 20)
#define REVIEWS_MAX (1u << 18)
#define ERASURES_MAX (1u << 16)
#define DESTROYED_MAX (1u << 20)
#define ORDERS_MAX (1u << 14)
#define RESTORED_LEAF (INT64_C(1) << 62)

struct audit_options {
    const char *directory, *oversight_key;
    const char *policy; /* whom Ines wants to have cosigned; NULL: whom the node asks */
    const char *key[OPTION_FILES_MAX], *remembered[OPTION_FILES_MAX];
    const char *counts[OPTION_FILES_MAX]; /* signed counts of orders */
    size_t keys, remembers, counted;
    bool json, events;
};

struct node_file {
    struct slice name;
    bool demo;
    struct id id;
    uint8_t oversight[SEAL_PUBLIC_BYTES];
};

/* A rule set that the public log says was activated. */
struct activation {
    int64_t time_ns;
    uint64_t entry;
    char pack[64], rules[65], dmn[65], proof[65];
};

/* A credential that the public log counted. */
struct issued {
    int role, sector;
    int64_t from_s, until_s;
};

/* A change of a log's key: texts in the arena. */
struct succession {
    struct slice old, new;
    bool holds;
    uint64_t entry;
};

/* What the public log says of the route for lawful orders. */
struct route {
    int64_t time_ns, from_s, until_s;
    bool open, closed; /* neither: keys */
    uint32_t sectors, drawers;
    char oversight[16], community[16], health[16]; /* hashes of the keys */
};

struct public_story {
    struct list routes, commitments;
    struct list years; /* int64_t: of audit keys that were destroyed */
    struct list activations, issued, destroyed, successions;
    uint64_t overdue;             /* reviews told */
    struct list approvers;        /* char[16] each */
    bool has_approvers, restored; /* it begins with an old checkpoint */
};

struct story; /* story.h */

struct audit {
    const struct audit_options *options;
    const char *directory;
    char scratch[PATH_MAX];
    struct arena *arena;
    struct report report;
    struct node_file node;
    struct log public, access;
    struct vkey remembered_key[OPTION_FILES_MAX]; /* of --key */
    size_t keys_remembered;
    const struct policy *policy; /* NULL: no witnesses are known */
    struct database vault, keys, index;
    bool vault_open, keys_open, index_open;
    sqlite3_stmt *by_entry, *by_row; /* of vault_match */
    bool has_next;
    const char *others_in; /* the folder whose databases are looked through */
    struct public_story told;
    struct list rules; /* struct rules_kept */
    struct story *story;
    int64_t judged_until_ns; /* of a running node: what came later is not judged */
    bool running;

    struct secret_key oversight; /* the private key */
    bool has_key;
    FILE *events;
};

/* Runs all of it. ERROR_FILE_MISSING and others when the node cannot be read at all; findings are no error. */
MUST_CHECK enum error audit_run(struct audit *audit);
MUST_CHECK enum error audit_begin(struct audit *audit, const struct audit_options *options, struct fault *fault);
void audit_end(struct audit *audit);

/* oversight_key.c: a private X25519 key: 64 hexadecimal digits, or PEM as openssl writes it. ERROR_SYNTAX. */
MUST_CHECK enum error oversight_key_read(struct slice text, struct secret_key *ret_key);

/* signing.c: the file of approvers against what the public log began with. */
void approvers_judge(struct audit *audit);

/* signing.c: which keys a log had, as far as they sign one another; and what they signed. */
void signing_judge(struct audit *audit);

/* witnesses.c: the policy, and what witnesses have cosigned last; what that is worth once the log was walked. */
MUST_CHECK enum error witnesses_take_policy(struct audit *audit, struct fault *fault);
void witnesses_take(struct audit *audit, struct log *log);
void witnesses_judge(struct audit *audit);

/* public.c */
/* Once the log was walked: what must be counted once. */
void public_settle(struct audit *audit);
void public_entry(void *context, const struct log_entry *entry);
bool public_json_is_succession(struct audit *audit, yyjson_val *root, uint64_t entry);
/* An entry of the access log that is plain: the old log's checkpoint, or a change of a log's key. */
bool access_plain(struct audit *audit, const struct log_entry *entry);

/* ruleset.c: the rule files against the public log; which set was active when. */
struct rules_kept {
    char hash[65];
    struct rules *rules; /* NULL: kept, and not for deciding on access */
};
void ruleset_judge(struct audit *audit);
/* The set of the joint standard with this hash; NULL when it is not kept. */
const struct rules *ruleset_find(const struct audit *audit, struct slice hash);
/* Was this the joint standard in force at that moment? */
bool ruleset_was_active(const struct audit *audit, struct slice hash, int64_t time_ns);

/* keystore.c */
void keystore_judge(struct audit *audit);
bool keystore_hour(struct audit *audit, uint32_t hour, struct secret_key *ret_key);
/* Each person that has keys. */
typedef void keystore_person(void *context, const struct id *person, int64_t row);
void keystore_persons(struct audit *audit, keystore_person *each, void *context);

/* Is a part of the access log closed to this audit (let go, or its year's keys destroyed)? Then counts are bounds. */
bool audit_is_partial(const struct audit *audit);

/* vault.c */
void vault_judge(struct audit *audit);
/* Opens the walk over versions in the order of their entries. */
void vault_walk_begin(struct audit *audit);
void vault_walk_end(struct audit *audit);
/* The versions that name entries up to `leaf`; each is held against `event` (NULL: not opened). Returns how many name
 * `leaf`. */
uint64_t vault_match(struct audit *audit, uint64_t leaf, const struct event *event, enum leaf_kind kind);
