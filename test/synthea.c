/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "synthea.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"

#ifndef SOURCE_ROOT
#define SOURCE_ROOT "."
#endif

static struct slice pattern(struct arena *arena)
{
    const char *data = getenv("HOSPITIUM_DATA");

    if (data)
        return arena_format(arena, "%s/fhir/synthea/*.json.bz2", data);
    return arena_format(arena, "%s/../shared/data/fhir/synthea/*.json.bz2", SOURCE_ROOT);
}

size_t synthea_list(struct arena *arena, const char *path[SYNTHEA_MAX])
{
    struct slice wanted = pattern(arena);
    glob_t found = {0};
    size_t count = 0;

    if (wanted.data && glob(wanted.data, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && count < SYNTHEA_MAX; i++) {
            struct slice copy = arena_copy(arena, slice_from_string(found.gl_pathv[i]));
            if (copy.data)
                path[count++] = copy.data;
        }
    globfree(&found);
    if (count == 0)
        printf("no Synthea bundles below $HOSPITIUM_DATA or ../shared/data: skipped\n");
    return count;
}

#define BUNDLE_MAX (64u << 20)

static void read_all(FILE *stream, struct buffer *into)
{
    char chunk[65536];

    for (size_t length; (length = fread(chunk, 1, sizeof chunk, stream)) > 0;)
        buffer_bytes(into, chunk, length);
}

struct slice synthea_read(struct arena *arena, const char *path)
{
    CLEANUP_BUFFER struct buffer content = buffer_new(BUNDLE_MAX);
    struct slice command = arena_format(arena, "bzip2 -dc '%s'", path);
    FILE *stream = command.data ? popen(command.data, "r") : NULL;

    if (!stream)
        return slice_of(NULL, 0);
    read_all(stream, &content);
    if (pclose(stream) != 0 || buffer_check(&content) != OK)
        return slice_of(NULL, 0);
    return arena_copy(arena, buffer_view(&content));
}
