/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A directory of its own for one test, in $TMPDIR or /tmp, gone with all that is in it when the test ends. */

struct scratch {
    char directory[64];
    char below[160];
};

struct scratch scratch_make(void);
void scratch_remove(struct scratch *scratch);

/* DIRECTORY/name; valid until the next call. */
const char *scratch_path(struct scratch *scratch, const char *name);

#define WITH_SCRATCH __attribute__((cleanup(scratch_remove))) struct scratch
