/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

static ssize_t write_system(void *context, int descriptor, const void *data, size_t length)
{
    (void)context;
    return write(descriptor, data, length);
}

static int fsync_system(void *context, int descriptor)
{
    (void)context;
    return fsync(descriptor);
}

static int rename_system(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to);
}

struct keeper_io keeper_io_system(void)
{
    return (struct keeper_io){NULL, write_system, fsync_system, rename_system};
}

static enum error write_all(const struct keeper_io *io, int descriptor, struct slice content)
{
    while (content.length > 0) {
        ssize_t written = io->write(io->context, descriptor, content.data, content.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? file_error(errno) : ERROR_IO;
        content = slice_from(content, (size_t)written);
    }
    return OK;
}

static enum error write_beside(const struct keeper_io *io, const char *path, struct slice content)
{
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (descriptor < 0)
        return file_error(errno);
    TRY(write_all(io, descriptor, content));
    return io->fsync(io->context, descriptor) < 0 ? ERROR_IO : OK;
}

static enum error sync_folder(const struct keeper_io *io, const char *folder)
{
    CLEANUP_DESCRIPTOR int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return descriptor < 0 || io->fsync(io->context, descriptor) < 0 ? ERROR_IO : OK;
}

enum error keeper_replace(const struct keeper_io *io, const char *folder, const char *name, struct slice content)
{
    char path[PATH_MAX], beside[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        snprintf(beside, sizeof beside, "%s/%s.new", folder, name) >= (int)sizeof beside)
        return ERROR_IO;
    TRY(write_beside(io, beside, content));
    if (io->rename(io->context, beside, path) < 0)
        return ERROR_IO;
    return sync_folder(io, folder);
}
