/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The options by which a command seals a root key, shared by `init` and `key`:
 *     --root passphrase|credential|pkcs11|share    how; without it by a passphrase
 *     --secret-file F        passphrase, credential or PIN, in a file ("-": standard input; --passphrase-file too)
 *     --share-file F         where the share that goes elsewhere is written
 *     --pkcs11-module F --pkcs11-token LABEL --pkcs11-key LABEL */

#include "command.h"
#include "keys/root.h"

struct sealing_options {
    const char *kind, *secret_file, *share_file, *module, *token, *key;
};

#define SEALING_OPTIONS(o)                                                                                             \
    {"root", &(o).kind, NULL}, {"secret-file", &(o).secret_file, NULL}, {"passphrase-file", &(o).secret_file, NULL},   \
        {"share-file", &(o).share_file, NULL}, {"pkcs11-module", &(o).module, NULL},                                   \
        {"pkcs11-token", &(o).token, NULL}, {"pkcs11-key", &(o).key, NULL}

/* For a process that roots pass through: no core, and nobody looks in. */
void sealing_guard(void);

struct sealing_given {
    struct root_sealing sealing;
    char room[ROOT_SECRET_MAX];
    struct buffer share;
};

/* Is everything there, before anything is made? Only a demo may go without. ERROR_REQUIRED, ERROR_VALUE. */
MUST_CHECK enum error sealing_check(const struct sealing_options *options, bool demo, struct fault *fault);

/* Reads the secret. Without options the kind is `usual`. Wipe what was given. */
MUST_CHECK enum error sealing_read(const struct sealing_options *options, enum root_kind usual,
                                   struct sealing_given *ret_given, struct fault *fault);

/* Writes the share that sealing made to its file, for its owner alone. */
MUST_CHECK enum error sealing_keep_share(const struct sealing_options *options, const struct sealing_given *given,
                                         struct fault *fault);
void sealing_wipe(struct sealing_given *given);

/* Opens a node's root with the secret from `secret_file`, from a credential or from the terminal. */
MUST_CHECK enum error root_ask(const char *directory, const char *secret_file, struct secret_key *ret_root,
                               struct fault *fault);
/* The same secret as bytes, in a room of ROOT_SECRET_MAX. */
MUST_CHECK enum error root_ask_secret(const char *directory, const char *secret_file, char *room,
                                      struct slice *ret_secret, struct fault *fault);
