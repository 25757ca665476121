/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One file of the public DMN conformance kit: test cases against a model, in the kit's own XML. A case that needs
 * anything that is not supported fails, and one that fails for any other reason than that its value is null is never
 * taken for a null. */

#include "base/arena.h"
#include "base/error.h"

struct tck_case {
    struct slice id;
    bool passed;
    bool expects_value;  /* something other than null */
    struct slice reason; /* why it did not pass */
};

struct tck_file {
    size_t count;
    const struct tck_case *cases;
};

/* Runs the file `path`; its model lies in the same folder. ERROR_XML, ERROR_FILE_MISSING, ERROR_MEMORY: none was
 * run. */
MUST_CHECK enum error tck_run(struct arena *arena, const char *path, int64_t now_ms, struct tck_file *ret_file,
                              struct fault *fault);
