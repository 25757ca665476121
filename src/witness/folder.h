/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A witness's directory:
 *
 *     witness          text: "hospitium-witness 1", then `name`, `kind` (witness or region) and `members` a line
 *     keys/root        what its keys are derived from (the caller's business)
 *     key, log.key     its public keys: for cosignatures, and a region's for its log
 *     logs             the logs it knows, a vkey a line
 *     state/<hash>     what it remembers of each (state.h); the hash is SHA-256 of the origin
 *     evidence/        proofs that a log showed two trees
 *     log/             a region's own log (ledger)
 *     lock             empty
 *
 * A state that is missing or damaged stops the witness: it would forget what it vouched for. */

#include "base/arena.h"
#include "keeper.h"
#include "witness.h"

struct folder_about {
    struct slice name;
    bool region;
    unsigned members; /* how many must report before a region publishes a sum */
};

/* ERROR_EXISTS, ERROR_VALUE for a bad name, errors of file_replace. */
MUST_CHECK enum error folder_make(const char *path, const struct folder_about *about);
/* ERROR_FILE_MISSING, ERROR_CORRUPT. */
MUST_CHECK enum error folder_about_read(struct arena *arena, const char *path, struct folder_about *ret_about,
                                        struct fault *fault);

/* Makes a log known, with a state in which it was never seen unless it has one already. A running witness sees it
 * within a second. ERROR_EXISTS when it is known by this key; ERROR_UNSUPPORTED; ERROR_LOCKED; errors of
 * keeper_replace. */
MUST_CHECK enum error folder_add_log(const char *path, const struct note_key *key, struct fault *fault);

/* What is remembered of each log, without the lock of a running witness, in the arena. ERROR_CORRUPT. */
MUST_CHECK enum error folder_look(struct arena *arena, const char *path, const struct witness_seen **ret_seen,
                                  size_t *ret_count, struct fault *fault);

struct folder;

/* Takes the directory's lock. `io` is copied. ERROR_LOCKED, ERROR_MEMORY, ERROR_IO. */
MUST_CHECK enum error folder_open(const char *path, const struct keeper_io *io, struct folder **ret_folder);
void folder_close(struct folder *folder); /* accepts NULL */

/* Teaches the witness the logs that it does not know yet, with what was kept of them. ERROR_CORRUPT, with the file in
 * `fault`; ERROR_IO; ERROR_TOO_MANY; ERROR_MEMORY. */
MUST_CHECK enum error folder_teach(struct folder *folder, struct witness *witness, struct fault *fault);
/* Has the list of logs changed since it was last taught? */
bool folder_has_news(const struct folder *folder);

/* The calls of witness_settings, with a folder as their context. */
enum error folder_keep(void *context, struct slice origin, struct slice state);
void folder_split(void *context, struct slice origin, struct slice kept, struct slice other);
