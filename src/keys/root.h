/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The root key of a node: every other key is derived from it or wrapped under one that is. It lies in one file, sealed
 * by a passphrase, or plain on a demo node; in memory it exists in the safe alone, in locked memory.
 *
 * File: "hospitium-root 1\n", then kind, salt and the (sealed) key in hexadecimal, one a line. */

#include "base/error.h"
#include "base/slice.h"
#include "base/world.h"
#include "crypto/secret.h"

enum root_kind {
    ROOT_PLAIN,      /* demo nodes only: whoever has the file has the node */
    ROOT_PASSPHRASE, /* Argon2id */
};

/* Makes a new root key and its file. `passphrase` is ignored for ROOT_PLAIN. ERROR_EXISTS, ERROR_VALUE for a passphrase
 * shorter than 12 bytes. */
MUST_CHECK enum error root_create(const char *path, enum root_kind kind, struct slice passphrase, struct world *world);

/* ERROR_FILE_MISSING, ERROR_SYNTAX, ERROR_SEALED for the wrong passphrase. */
MUST_CHECK enum error root_open(const char *path, struct slice passphrase, struct secret_key *ret_root);

MUST_CHECK enum error root_kind_of(const char *path, enum root_kind *ret_kind);
