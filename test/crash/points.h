/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Many small experiments, each of which may crash: they run in children that take them one after the other; a child
 * that dies or hangs costs its one point and is reported with it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs point `index`; false with a sentence when what must hold does not. */
typedef bool point_run(void *context, size_t index, char why[256]);
/* Says which point it is, so that it can be run again. */
typedef void point_name(void *context, size_t index, char name[200]);

struct points {
    size_t count; /* all that there are */
    size_t taken; /* at most; the others are left out by chance, decided by `seed` */
    uint64_t seed;
    point_run *run;
    point_name *name;
    void *context;
};

/* Returns how many failed; each is printed, up to a few dozen. `ret_ran` counts. */
size_t points_run(const struct points *points, size_t *ret_ran);

/* Memory that a dying child leaves behind, and a directory in memory where there is one. */
void *points_shared(size_t bytes);
const char *points_directory(void);
/* A child that may die: its wait status. Standard error is nobody's. */
int points_fork(void (*run)(void *context), void *context);
/* HOSPITIUM_CRASH=all; its seed is HOSPITIUM_CRASH_SEED; HOSPITIUM_CRASH_POINT runs one
 * point alone, in this process. */
bool points_all(void);
uint64_t points_seed(void);
/* `in_ci` of them, under sanitizers a twentieth, all of them with HOSPITIUM_CRASH=all. */
size_t points_many(size_t in_ci);
