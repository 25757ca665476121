/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP tlog-policy (https://c2sp.org/tlog-policy): a file that says which logs somebody trusts, which witnesses she
 * knows, and how many of them must have cosigned a checkpoint before she believes it.
 *
 *     log <vkey> [<url>]
 *     witness <name> <vkey> [<url>]
 *     group <name> all|any|<k> <name>...
 *     quorum <name>|none
 *
 * Keeps promise 5: k of n witnesses that do not all lie together cannot be made to vouch for two histories of one log.
 *
 * Pure; any thread. The file may come from an enemy, and what is parsed borrows its text. Limits: 64 logs, 128
 * witnesses and groups together. Keys of ML-DSA-44 are taken and told by name, but what they sign is never counted. */

#include "base/arena.h"
#include "checkpoint.h"
#include "proof.h"

#define POLICY_BYTES_MAX (256 * 1024)
#define POLICY_LOGS_MAX 64
#define POLICY_MEMBERS_MAX 128
_Static_assert(POLICY_MEMBERS_MAX < NOTE_SIGNATURES_MAX, "a checkpoint that all have cosigned is a note");
#define POLICY_NOBODY POLICY_MEMBERS_MAX /* in place of a member's number */

struct policy_log {
    struct note_key key; /* its name is the log's origin */
    struct slice url;    /* empty when none is given */
};

/* A witness or a group. Each is in at most one group, as the specification wants, so the groups are trees. */
struct policy_member {
    struct slice name;
    struct note_key key; /* of a witness */
    struct slice url;    /* of a witness; empty when none is given */
    unsigned needed;     /* of a group: how many of its members; 0 for a witness */
    unsigned group;      /* the number of the group that it is in, always greater than its own; or POLICY_NOBODY */
};

struct policy {
    struct policy_log log[POLICY_LOGS_MAX];
    unsigned logs;
    struct policy_member member[POLICY_MEMBERS_MAX]; /* in the order of the file */
    unsigned members;
    unsigned quorum; /* a member's number; POLICY_NOBODY for `none` */
};

/* ERROR_SYNTAX, ERROR_VALUE (a name or key twice, or not defined above), ERROR_UNSUPPORTED (a key's algorithm),
 * ERROR_TOO_LARGE, ERROR_MEMORY; `fault` (may be NULL) has the line. */
MUST_CHECK enum error policy_parse(struct slice text, struct arena *arena, const struct policy **ret_policy,
                                   struct fault *fault);

/* Is the quorum reached when these witnesses have cosigned? `cosigned` is by member number and not read for groups. */
bool policy_quorum(const struct policy *policy, const bool cosigned[POLICY_MEMBERS_MAX]);

/* What a checkpoint shows under a policy. */
struct policy_verdict {
    struct checkpoint checkpoint;
    bool cosigned[POLICY_MEMBERS_MAX]; /* by member number: its cosignature holds */
    uint64_t time_s[POLICY_MEMBERS_MAX];
    unsigned witnesses; /* how many have cosigned */
    bool unread;        /* a witness signed by an algorithm that is not read here */
};

/* Is the checkpoint signed by a log of the policy, and its quorum reached? With `log` given (may be NULL), that key is
 * the only log. ERROR_SYNTAX; ERROR_SIGNATURE when no such log signed, or a signature of a known key does not hold;
 * ERROR_QUORUM, and ERROR_UNSUPPORTED where cosignatures that cannot be read would have reached it. The verdict is
 * filled as far as it is known also with these two. */
MUST_CHECK enum error policy_check(const struct policy *policy, const struct note_key *log, struct slice note,
                                   struct policy_verdict *ret_verdict);

/* proof_open, with the checkpoint judged by policy_check. */
MUST_CHECK enum error policy_open_proof(const struct policy *policy, const struct note_key *log, struct slice text,
                                        struct arena *arena, struct policy_verdict *ret_verdict,
                                        struct proof_shown *ret_shown);
