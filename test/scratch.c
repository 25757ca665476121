/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

struct scratch scratch_make(void)
{
    const char *where = getenv("TMPDIR");
    struct scratch scratch;
    int length = snprintf(scratch.directory, sizeof scratch.directory, "%s/hospitium-test-XXXXXX",
                          where ? where : "/tmp");

    if ((size_t)length >= sizeof scratch.directory || !mkdtemp(scratch.directory))
        abort();
    return scratch;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
    nftw(scratch->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(struct scratch *scratch, const char *name)
{
    snprintf(scratch->below, sizeof scratch->below, "%s/%s", scratch->directory, name);
    return scratch->below;
}
