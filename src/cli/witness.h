/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the commands of a witness share: its keys, derived from one root that is sealed as a node's is. */

#include "base/error.h"
#include "crypto/secret.h"
#include "witness/folder.h"

struct witness_keys {
    struct secret_key cosigning;
    struct secret_key log; /* of a region */
};

#define CLEANUP_WITNESS_KEYS __attribute__((cleanup(witness_keys_wipe)))
void witness_keys_wipe(struct witness_keys *keys);

/* The two keys of a witness's root. */
void witness_keys_derive(const struct secret_key *root, struct witness_keys *ret_keys);

/* "NAME/log", the origin of a region's own log, in the arena. */
struct slice witness_log_origin(struct arena *arena, struct slice name);

/* hospitium witness serve; argv[0] is "serve". */
int witness_serve(int argc, char **argv);
