/* SPDX-License-Identifier: Apache-2.0 */
#include "bundles.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "tile.h"

#define STEP 512 /* some milliseconds */

static enum error drop(const char *directory, uint64_t index)
{
    struct tile_name name = {.entries = true, .index = index, .width = TILE_WIDTH};
    char text[TILE_PATH_MAX], path[PATH_MAX];

    tile_path_text(&name, text);
    if (snprintf(path, sizeof path, "%s/%s", directory, text) >= (int)sizeof path)
        return ERROR_IO;
    return unlink(path) == 0 || errno == ENOENT ? OK : file_error(errno);
}

enum error bundles_drop(const char *directory, uint64_t minimum, uint64_t *next, bool *ret_done)
{
    for (int i = 0; i < STEP && (*next + 1) * TILE_WIDTH <= minimum; i++)
        TRY(drop(directory, (*next)++));
    *ret_done = (*next + 1) * TILE_WIDTH > minimum;
    return OK;
}
