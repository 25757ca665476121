/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The built-in functions (DMN 1.5, 10.3.4), one table: name, the parameter names of each form, how many arguments, what
 * it does. Calling by name (`substring(string: "a", start position: 1)`) reads the same table. */

#include "evaluate.h"

#define FEEL_FORM_PARAMETERS_MAX 6

/* One form of a function: `min(list)` and `min(c1, c2, …)` are two. */
struct feel_form {
    uint8_t least, most; /* arguments; most = UINT8_MAX: any number */
    const char *parameter[FEEL_FORM_PARAMETERS_MAX];
    /* Where two forms have the same number of parameters and what a name holds tells them apart; else NULL. Asked only
     * of calls by name. */
    bool (*fits)(const struct feel_value *argument);
};

struct feel_builtin {
    const char *name;
    const struct feel_form *form;
    size_t form_count;
    /* Arguments as the call gave them; what does not fit is null. */
    enum error (*call)(struct feel_run *run, const struct feel_value *argument, size_t count, struct feel_value *ret);
};

/* The table, in a fixed order; and the number of a name in it, or -1. */
const struct feel_builtin *feel_builtins(size_t *ret_count);
int feel_builtin_find(struct slice name);
