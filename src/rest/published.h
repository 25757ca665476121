/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files that the node gives to everybody as they are: its active rule sets with their proof records, and the module and
 * scripts with which a page decides and proves without asking the node. Read once at start, so that what is served is
 * what the node itself decides by, and no request ever names a file. Immutable after that. */

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

struct published_file {
    struct slice path;      /* "/rules/belgium.json", "/check.js": its bytes may change */
    struct slice versioned; /* "/check.0123456789abcdef.js": they may not; empty for rules */
    const char *media_type;
    struct slice plain;
    struct slice gzip;
    struct slice tag; /* HTTP entity tag, weak since it stands for both forms */
};

struct published_set {
    const struct published_file *rules, *proof;
};

struct published;

/* `directory`: of the node. `folder`: where hospitium-rules.wasm, check.js and rules.js lie; all three or none are
 * served. Errors of file_read where a rule set cannot be read; the module and its scripts may be absent. */
MUST_CHECK enum error published_load(struct arena *arena, const char *directory, const char *folder,
                                     const struct published **ret);

/* By the path of a request; NULL when there is none. `ret_versioned`: it was asked for by its versioned name. */
const struct published_file *published_find(const struct published *published, struct slice path, bool *ret_versioned);

/* The script and the module, or NULL. */
const struct published_file *published_script(const struct published *published);
const struct published_file *published_module(const struct published *published);

/* The active set of this name; NULL members when there is none. */
struct published_set published_rules(const struct published *published, struct slice name);
