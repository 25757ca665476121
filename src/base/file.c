/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum error file_error(int errno_value)
{
    switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
        return ERROR_DISK_FULL;
    case ENOENT:
        return ERROR_FILE_MISSING;
    case EEXIST:
        return ERROR_EXISTS;
    default:
        return ERROR_IO;
    }
}

void file_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static enum error read_all(int descriptor, char *into, size_t length)
{
    while (length > 0) {
        ssize_t got = read(descriptor, into, length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERROR_IO;
        into += got;
        length -= (size_t)got;
    }
    return OK;
}

enum error file_read(struct arena *arena, const char *path, size_t maximum_bytes, struct slice *ret_content,
                     struct fault *fault)
{
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;

    if (descriptor < 0)
        return fault_set(fault, file_error(errno), "%s", path);
    if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode))
        return fault_set(fault, ERROR_IO, "%s is not a file", path);
    if ((uint64_t)status.st_size > maximum_bytes)
        return fault_set(fault, ERROR_TOO_LARGE, "%s has more than %zu bytes", path, maximum_bytes);

    size_t length = (size_t)status.st_size;
    char *content = arena_alloc(arena, length + 1);
    if (!content)
        return fault_set(fault, ERROR_MEMORY, "%s", path);
    if (read_all(descriptor, content, length) != OK)
        return fault_set(fault, ERROR_IO, "%s", path);
    *ret_content = slice_of(content, length);
    return OK;
}

enum error file_write_all(int descriptor, const void *data, size_t length)
{
    const char *at = data;

    while (length > 0) {
        ssize_t written = write(descriptor, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return file_error(errno);
        at += written;
        length -= (size_t)written;
    }
    return OK;
}

static enum error sync_parent(const char *path)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');

    snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    CLEANUP_DESCRIPTOR int descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) < 0)
        return file_error(errno);
    return OK;
}

static enum error write_temporary(const char *temporary, struct slice content, unsigned mode, bool durable)
{
    CLEANUP_DESCRIPTOR int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    if (descriptor < 0)
        return file_error(errno);
    TRY(file_write_all(descriptor, content.data, content.length));
    if (durable && fsync(descriptor) < 0)
        return file_error(errno);
    return OK;
}

static enum error replace(const char *path, struct slice content, unsigned mode, bool durable)
{
    char temporary[PATH_MAX];

    if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary)
        return ERROR_IO;
    enum error error = write_temporary(temporary, content, mode, durable);
    if (error != OK) {
        unlink(temporary);
        return error;
    }
    if (rename(temporary, path) < 0)
        return file_error(errno);
    return durable ? sync_parent(path) : OK;
}

enum error file_replace(const char *path, struct slice content, unsigned mode)
{
    return replace(path, content, mode, true);
}

enum error file_replace_derived(const char *path, struct slice content, unsigned mode)
{
    return replace(path, content, mode, false);
}

enum error file_remove(const char *path)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return file_error(errno);
    return sync_parent(path);
}

/* One whose name may be lost again is taken back, so that the next attempt does not find it and believe in it. */
static enum error make_one_directory(const char *path)
{
    if (mkdir(path, 0700) < 0)
        return errno == EEXIST ? OK : file_error(errno);
    enum error error = sync_parent(path);
    if (error != OK)
        (void)rmdir(path);
    return error;
}

enum error file_make_directory(const char *path)
{
    char partial[PATH_MAX];
    size_t length = strlen(path);

    if (length == 0 || length >= sizeof partial)
        return ERROR_IO;
    memcpy(partial, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (partial[i] != '/' && partial[i] != '\0')
            continue;
        partial[i] = '\0';
        TRY(make_one_directory(partial));
        partial[i] = path[i];
    }
    return OK;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum error file_lock(const char *path, int *ret_descriptor)
{
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (descriptor < 0)
        return file_error(errno);
    if (flock(descriptor, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? ERROR_LOCKED : ERROR_IO;
    *ret_descriptor = descriptor;
    descriptor = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): read when the scope ends */
    return OK;
}
