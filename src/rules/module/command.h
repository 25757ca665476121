/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The commands of the module: decide, prove, tck. Exit codes as for every command: 0 done, 1 the answer is no, 2 wrong
 * use, 3 fault. Errors go to stderr as one sentence and one hint. */

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum exit_code { EXIT_DONE = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_FAULT = 3 };

int command_decide(int argc, char **argv);
int command_prove(int argc, char **argv);
int command_tck(int argc, char **argv);

/* Says what went wrong and gives the exit code: what the caller can put right is wrong use, the rest a fault. */
int command_fail(const char *command, enum error error, const struct fault *fault);

/* Is there a pack: a folder, or a model with pack.json beside it? */
bool command_is_pack(const char *path);

/* Compiles the model at `path`: with pack.json beside it as a pack, else by itself. `path` may also be a pack's folder.
 * What is wrong in the model goes to stderr, one line each. */
MUST_CHECK enum error command_compile(struct arena *arena, const char *path, struct buffer *ret_compiled,
                                      struct fault *fault);

/* rules.dmn and pack.json of the pack at `path`, as they stand. */
MUST_CHECK enum error command_read_pack(struct arena *arena, const char *path, struct slice *ret_dmn,
                                        struct slice *ret_pack, struct fault *fault);
