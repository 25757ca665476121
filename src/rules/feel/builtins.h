/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The functions behind the table of builtin.h; their names and forms stand in builtins.def. */

#include "run.h"

#define FEEL_BUILTIN(function)                                                                                         \
    enum error feel_builtin_##function(struct feel_run *run, const struct feel_value *argument, size_t count,          \
                                       struct feel_value *ret)

/* Is argument 1, `key`, a string? */
bool feel_key_is_text(const struct feel_value *argument);

#define BUILTIN(function, ...) FEEL_BUILTIN(function) MUST_CHECK;
#include "builtins.def"
#undef BUILTIN
