/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the node's owner says of witnesses, in three files of its directory that are read again whenever they have
 * changed: `witnesses` (C2SP tlog-policy: who is asked, how many are enough), `region` (a line: the region's URL) and
 * `witnesses.pem` (certificates to be trusted for https instead of the system's). A file that cannot be read, or does
 * not say what it should, is an alarm and changes nothing: the last good one stays in force.
 *
 * One thread. The texts are the owner's. */

#include "base/arena.h"
#include "crypto/hash.h"
#include "ledger/policy.h"

enum { WITNESS_POLICY, WITNESS_REGION, WITNESS_AUTHORITIES, WITNESS_FILES };

#define WITNESS_REGION_MAX 1024
#define WITNESS_AUTHORITIES_MAX (512 * 1024)

struct witness_file {
    struct arena *arena, *before; /* of what is in force, and of what was: until the next change */
    struct slice text;            /* in force; empty: none */
    bool refused;                 /* what lies there now is not in force */
    struct hash refused_text;
};

struct witness_files {
    struct witness_file file[WITNESS_FILES];
    const struct policy *policy; /* NULL: nobody is asked */
};

/* Looks whether the files say something else. *ret_changed: the policy does; the former one lives until the next call.
 * ERROR_MEMORY: nothing has changed, and the next look sees the same. */
MUST_CHECK enum error witness_files_look(struct witness_files *files, const char *directory, bool *ret_changed);
/* The first look: here a policy that cannot be read is an error, as in policy_parse. */
MUST_CHECK enum error witness_files_open(struct witness_files *files, const char *directory, struct fault *fault);
void witness_files_close(struct witness_files *files);
/* How many are not in force as they lie there. */
unsigned witness_files_refused(const struct witness_files *files);
