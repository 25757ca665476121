/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The root key of a node: it opens the ring (ring.h), and the ring everything else. It lies in one file, sealed in
 * one of five ways; in memory it exists only while a process opens or seals it.
 *
 * File: "hospitium-root 2\n", then kind, salt and the (sealed) key in hexadecimal, one a line; then what the kind needs
 * besides, `name value` a line. "hospitium-root 1" had the first two kinds and no ring; such files still open. */

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/world.h"
#include "crypto/secret.h"

enum root_kind {
    ROOT_PLAIN,      /* demo nodes only: whoever has the file has the node */
    ROOT_PASSPHRASE, /* Argon2id */
    ROOT_CREDENTIAL, /* 32 random bytes or more, which the service manager hands to the process */
    ROOT_PKCS11,     /* a key on a token, reached by its PIN */
    ROOT_SHARE,      /* the file has one share, somebody elsewhere the other; each alone is noise */
};

#define ROOT_SECRET_MAX 4096
#define ROOT_PASSPHRASE_MIN 12
#define ROOT_CREDENTIAL_MIN 32

struct root_sealing {
    enum root_kind kind;
    struct slice secret;             /* passphrase, the credential's bytes, PIN; nothing for the others */
    struct slice module, token, key; /* of ROOT_PKCS11: path, label of the token, label of the key */
    struct buffer *share;            /* of ROOT_SHARE: takes the line of the share that goes elsewhere */
};

/* The word for a kind on the command line and in the file; the kind of a word. */
const char *root_kind_word(enum root_kind kind);
MUST_CHECK enum error root_kind_named(struct slice word, enum root_kind *ret_kind);

/* Writes the file at `path` so that it opens to `root`; what was there is replaced. ERROR_VALUE for a secret that is
 * too short; what the token says. */
MUST_CHECK enum error root_seal(const char *path, const struct root_sealing *sealing, const struct secret_key *root,
                                struct world *world, struct fault *fault);

/* The same with a new root key. ERROR_EXISTS. */
MUST_CHECK enum error root_create(const char *path, const struct root_sealing *sealing, struct world *world,
                                  struct fault *fault);

/* `secret` is the passphrase, the credential's bytes, the PIN or the other share's line. ERROR_FILE_MISSING,
 * ERROR_SYNTAX, ERROR_SEALED for the wrong secret. */
MUST_CHECK enum error root_open(const char *path, struct slice secret, struct secret_key *ret_root,
                                struct fault *fault);

/* What can be known of the file without a secret. Texts live in the arena. */
struct root_about {
    enum root_kind kind;
    bool has_ring; /* the file is of version 2: without its ring the node does not open */
    struct slice module, token, key;
};
struct arena;
MUST_CHECK enum error root_about(struct arena *arena, const char *path, struct root_about *ret_about);
