/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The table through which the program reaches what it does not carry itself: reading DMN (libxml2) and proving. It
 * lives in the shared module `hospitium-rules.so`; the commands that need it load it, the server never does.
 *
 *     void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
 *     const struct rules_module *rules = dlsym(handle, RULES_MODULE_SYMBOL);
 *     if (rules->version != RULES_MODULE_VERSION) …
 *
 * Not for several threads at once. */

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

#define RULES_MODULE_SYMBOL "hospitium_rules_module"
#define RULES_MODULE_VERSION 2

/* A rule set: what decides, and the files that it was compiled from. */
struct rules_bytes {
    struct slice compiled, dmn, pack;
};

struct rules_module {
    unsigned version;

    /* A pack's rules.dmn and pack.json -> compiled bytes. ERROR_PROFILE: outside the verified profile; then `report`
     * has one line for each departure (line, row and cell of the .dmn). ERROR_XML, ERROR_JSON, ERROR_VALUE and so
     * on. */
    enum error (*compile)(struct slice dmn, struct slice pack, struct buffer *ret_compiled, struct buffer *report,
                          struct fault *fault);

    /* A rule set -> proof record: by going through every case of the compiled bytes, and by a solver on the cells of
     * the sources. `base`: the joint standard, for a pack; NULL for the joint standard itself. ERROR_REFUTED or
     * ERROR_UNPROVED (with the property and the reason) when not all is proved that blocks; the record says so too. */
    enum error (*prove)(const struct rules_bytes *set, const struct rules_bytes *base, struct buffer *ret_record,
                        struct fault *fault);

    /* The record is about these bytes and all that blocks is proved. ERROR_UNPROVED. */
    enum error (*verify)(struct slice compiled, struct slice base, struct slice record, struct fault *fault);

    /* Subcommands: argv[0] is the subcommand's name. They return the exit code. */
    int (*decide_command)(int argc, char **argv);
    int (*prove_command)(int argc, char **argv);
    int (*tck_command)(int argc, char **argv);
};
