/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Both proofs of a rule set, for tests: by going through every case of what was compiled, and by Z3 on the cells. */

#include "rules/prove/prove.h"
#include "rules/prove/second.h"

/* A rule set with the sources that it was compiled from. */
struct both {
    const struct rule_set *set;
    struct smt_source source;
};

/* The test fails where it is refused. */
struct both both_read(struct arena *arena, struct slice dmn, struct slice pack);
struct both both_policy(struct arena *arena, const char *name);                /* policy/NAME */
struct both both_model(struct arena *arena, const char *text, bool is_signed); /* model_text.h */

/* One solver for all tests of a program; both_end is for the tear-down of the group. */
struct solver *both_solver(void);
int both_end(void **state);

/* `base` may be NULL. The test fails where it cannot be proved at all. */
const struct proof *both_prove(struct arena *arena, const struct both *pack, const struct both *base);

/* Fails the test where the two contradict each other or the solver has no answer; `what` says of which rule set. */
void both_must_agree(const struct proof *proof, const char *what);
