/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Commands: the table, and what they share: reading arguments, reporting errors, speaking to a node. */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/world.h"

enum exit_code { EXIT_DONE = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_FAULT = 3 };

typedef int command_function(int argc, char **argv); /* argv[0] is the command's name */

struct command {
    const char *name;
    command_function *function;
    const char *synopsis;
    const char *help;
};
const struct command *command_at(size_t index); /* NULL past the end */
const struct command *command_find(const char *name);

#define COMMAND(name, function, synopsis, help) command_function function;
#include "commands.def"
#undef COMMAND
command_function command_safe; /* the safe's own process; not for people */

/* An option "--name VALUE", or "--name" where `flag` is given. */
struct option_spec {
    const char *name;
    const char **value;
    bool *flag;
};

/* Splits arguments into options and positions (at most `maximum`). Prints what is wrong and returns false. */
bool command_arguments(int argc, char **argv, const struct option_spec *option, size_t options, const char **position,
                       size_t maximum, size_t *ret_positions);

/* One sentence and one hint on stderr; returns the exit code that fits. `fault` may be NULL. */
int command_error(enum error error, const struct fault *fault);
/* Wrong use: the command's synopsis on stderr. */
int command_usage(const char *name);

/* "90s", "15m", "1h", "7d" or seconds. False when it is none of these. */
bool command_duration(const char *text, unsigned long *ret_seconds);

/* The clock and the randomness of this process: real, or driven by HOSPITIUM_TWIN=seed:unix-seconds, which only demo
 * nodes take. `role` keeps the processes of one node on different streams. ERROR_USAGE. */
MUST_CHECK enum error command_world(bool demo, unsigned role, struct world *ret_world);

/* The directory of the running program, and a file of the policy folder. */
bool command_program_path(char *into, size_t bytes);
bool command_share_path(const char *below, char *into, size_t bytes);

/* The module of rules (rules/module.h), loaded now. NULL after saying why not. */
struct rules_module;
const struct rules_module *command_rules_module(void);
