/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* C2SP tlog-policy, as far as an auditor needs it: who the witnesses are, and how many of them are enough. Lines of
 * logs must be of their form and say nothing here, since a node's logs have keys of their own.
 *
 * Pure. The file may be hostile: at most POLICY_MAX bytes and POLICY_MEMBERS witnesses and groups; borrows its text. */

#include "note.h"

#define POLICY_MAX (256u * 1024)
#define POLICY_MEMBERS 128
#define POLICY_NONE POLICY_MEMBERS /* no member's number */

/* A witness, or a group of members that stand before it; each is in one group at the most, so groups are trees. */
struct policy_member {
    struct slice name;
    bool is_witness;
    struct cosigner cosigner; /* of a witness */
    unsigned needed;          /* of a group: so many of its members */
    unsigned within;          /* the group that it is in, or POLICY_NONE */
};

struct policy {
    struct policy_member member[POLICY_MEMBERS];
    unsigned members;
    unsigned quorum; /* a member's number; POLICY_NONE: nobody is needed */
};

/* False, with the line from 1 (0: the whole), where it is no policy. */
bool policy_read(struct slice text, struct policy *ret_policy, unsigned *ret_line);

/* Is it enough when these have cosigned? By member's number; groups are not looked at. */
bool policy_enough(const struct policy *policy, const bool cosigned[POLICY_MEMBERS]);
