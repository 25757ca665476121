/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The shared module as the program loads it, and its commands as a person types them, in a folder of its own. */

#include "base/arena.h"
#include "rules/module.h"

/* cmocka's group set-up. Leaves the module open: what it holds lives as long as the test. */
int module_open(void **state);
extern const struct rules_module *module;

/* A path in the folder of this test, until the next call. */
const char *module_path(const char *name);
void module_write(const char *name, const char *content);

struct module_run {
    int code;
    struct slice out, err;
};

/* `arguments` end with NULL; `input` is what stdin says. */
struct module_run module_run(struct arena *arena, int (*command)(int, char **), const char *const *arguments,
                             const char *input);
