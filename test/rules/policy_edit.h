/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The rule sets of policy/, with cells changed: what an author might do wrong, or an enemy on purpose. */

#include "rules/prove/prove.h"

/* The cell with this id gets this text ("D-20_standing", "\"enforcement\""). Ends with an id of NULL. */
struct edit {
    const char *cell, *text;
};

struct policy {
    struct buffer compiled;
    const struct rule_set *set;
    struct slice dmn, pack; /* what it was compiled from */
};

/* Names of all packs under policy/, in alphabetical order; the test fails where there are more than `maximum`. */
size_t policy_names(struct arena *arena, const char **name, size_t maximum);

/* Compiles policy/NAME with the edits in place; the test fails where that does. `pack` may be NULL: its own pack.json.
 * Free ret->compiled. */
void policy_compile(struct arena *arena, const char *name, const struct edit *edits, const char *pack,
                    struct policy *ret);

/* Is the property proved in this scope ("alone", "combined")? The test fails where it was not even tried. */
bool policy_proves(const struct proof *proof, enum rule_property property, const char *scope,
                   struct slice *ret_counterexample);
