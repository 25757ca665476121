/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A node's directory: where each thing lies, and the one small file that says what the node is.
 *
 *     node                what it is called, its id, whether it is a demo, the oversight body's public key
 *     settings            the commented settings file
 *     rules/              active rule sets: NAME.rules.json, NAME.proof.json and their sources
 *     keys/root           the sealed root key           keys/keys.db   the key store
 *     log/access, public  the two logs                  log/index.db   whose entry is which
 *     vault/vault.db      the sealed drawers
 *     control             the control socket            lock           held by whoever uses the directory */

#include "base/error.h"
#include "base/id.h"
#include "base/slice.h"
#include "crypto/seal.h"

#define NODE_NAME_MAX 64
#define NODE_PATH_MAX 3072

struct node {
    char directory[NODE_PATH_MAX];
    char name[NODE_NAME_MAX + 1];
    struct id id;
    bool demo;
    uint8_t oversight[SEAL_PUBLIC_BYTES];
};

struct node_path {
    char text[NODE_PATH_MAX + 256];
};

/* DIRECTORY/below. */
struct node_path node_path(const char *directory, const char *below);

/* Lower-case letters, digits, dots and hyphens, 1 to NODE_NAME_MAX. */
bool node_name_allowed(struct slice name);

MUST_CHECK enum error node_save(const struct node *node);
/* ERROR_FILE_MISSING, ERROR_SYNTAX. */
MUST_CHECK enum error node_load(const char *directory, struct node *ret_node, struct fault *fault);

/* The id of an organisation that is known by a short name: the same wherever it is named, so that tokens, Encounters
 * and Consents speak of the same one. */
struct id node_organization(struct slice short_name);
