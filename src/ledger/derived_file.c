/* SPDX-License-Identifier: Apache-2.0 */
#include "derived_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static void path_of(const char *directory, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", directory, name);
}

static enum error write_new(const char *path, struct slice content)
{
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (descriptor < 0)
        return file_error(errno);
    return file_write_all(descriptor, content.data, content.length);
}

enum error derived_file_write(const char *directory, const char *name, struct slice content)
{
    char temporary[PATH_MAX], path[PATH_MAX];

    path_of(directory, "new", temporary);
    path_of(directory, name, path);
    TRY(write_new(temporary, content));
    if (rename(temporary, path) == 0)
        return OK;
    if (errno != ENOENT)
        return file_error(errno);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    TRY(file_make_directory(path));
    *slash = '/';
    return rename(temporary, path) == 0 ? OK : file_error(errno);
}

enum error derived_file_sync(const char *path, int flags)
{
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_RDONLY | O_CLOEXEC | flags);

    return descriptor >= 0 && fsync(descriptor) == 0 ? OK : file_error(errno);
}

/* Synced under its temporary name, so that it is the old or the new one whatever happens. */
enum error derived_file_write_durably(const char *directory, const char *name, struct slice content)
{
    char temporary[PATH_MAX], path[PATH_MAX];

    path_of(directory, "new", temporary);
    path_of(directory, name, path);
    TRY(write_new(temporary, content));
    TRY(derived_file_sync(temporary, 0));
    if (rename(temporary, path) != 0)
        return file_error(errno);
    return derived_file_sync(directory, O_DIRECTORY);
}
