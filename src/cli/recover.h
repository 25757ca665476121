/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The root key given back by shares (keys/shares.h), for `key recover`, `key rehearse` and `restore`: nothing of what
 * sealed it before is needed, neither passphrase nor token nor the machine that it was bound to. Whether it is this
 * node's root is what its ring says; until then nothing is written.
 *
 * For a node that is not running. Each share is a file, as it was printed or typed again from paper. Faults name the
 * share that is wrong, missing, foreign or there twice. */

#include "keys/root.h"
#include "sealing.h"

/* Seals keys/root anew as the options say. */
MUST_CHECK enum error recover_root(const char *directory, const struct sealing_options *options,
                                   const char *const *file, size_t files, struct fault *fault);

/* The same without a change. */
MUST_CHECK enum error recover_rehearse(const char *directory, const char *const *file, size_t files,
                                       struct fault *fault);
