/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One file of the public DMN conformance kit: test cases against a model, in the kit's own XML. Its 116 cases of level
 * 2 and 3,275 of level 3 are the measure of the engine; a case with anything that is not supported fails, never
 * passes. */

#include "base/arena.h"
#include "base/error.h"

struct tck_case {
    struct slice id;
    bool passed;
    const char *reason; /* why not; static */
};

struct tck_file {
    size_t count;
    const struct tck_case *cases;
};

/* Runs the file `path`; its model lies in the same folder. ERROR_XML, ERROR_FILE_MISSING, ERROR_MEMORY: none was
 * run. */
MUST_CHECK enum error tck_run(struct arena *arena, const char *path, struct tck_file *ret_file, struct fault *fault);
