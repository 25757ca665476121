/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Every small mistake that somebody might make in one cell of a pack: a value dropped or added, `-` for a value or a
 * value for `-`, a number or a day one off, another output. */

#include "base/arena.h"
#include "rules/rule_set.h"

struct mutant {
    struct slice row; /* id */
    uint32_t column;  /* input, or input_count + output */
    struct slice text;
    size_t from, length; /* of the cell's text in the .dmn */
};

struct mutants {
    const struct mutant *mutant;
    uint32_t count;
};

/* All of them, in the order of the file. `set` is what the .dmn compiles to. The test fails where the .dmn is not as
 * the shipped ones are written. */
struct mutants mutants_of(struct arena *arena, struct slice dmn, const struct rule_set *set);

/* The .dmn with this one in place. */
struct slice mutant_apply(struct arena *arena, struct slice dmn, const struct mutant *mutant);
