/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What commands that check proofs share. */

#include "base/arena.h"
#include "base/error.h"
#include "ledger/note.h"

/* The public key in a file of one vkey. Errors of file_read and note_key_parse; `fault` names the file. */
MUST_CHECK enum error verify_read_key(struct arena *arena, const char *path, struct note_key *ret_key,
                                      struct fault *fault);
