/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct file_path file_below(const char *directory, const char *below)
{
    struct file_path path;

    if (snprintf(path.text, sizeof path.text, "%s/%s", directory, below) >= (int)sizeof path.text)
        path.text[0] = '\0';
    return path;
}

int file_open(const char *directory, const char *below, uint64_t *ret_size)
{
    struct file_path path = file_below(directory, below);
    int descriptor = open(path.text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    if (descriptor >= 0 && (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))) {
        file_close(&descriptor);
        errno = EINVAL;
    }
    if (descriptor >= 0)
        *ret_size = (uint64_t)status.st_size;
    return descriptor;
}

bool file_is_there(const char *directory, const char *below)
{
    struct file_path path = file_below(directory, below);
    struct stat status;

    return lstat(path.text, &status) == 0;
}

size_t file_pread(int descriptor, void *into, size_t length, uint64_t at)
{
    size_t done = 0;

    while (done < length) {
        ssize_t got = pread(descriptor, (char *)into + done, length - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

enum error file_take(struct arena *arena, const char *directory, const char *below, size_t maximum,
                     struct slice *ret_bytes)
{
    uint64_t size = 0;
    CLEANUP_DESCRIPTOR int descriptor = file_open(directory, below, &size);

    if (descriptor < 0)
        return file_error(errno);
    if (size > maximum)
        return ERROR_TOO_LARGE;
    char *bytes = arena_alloc(arena, (size_t)size + 1);
    if (!bytes)
        return ERROR_MEMORY;
    *ret_bytes = slice_of(bytes, file_pread(descriptor, bytes, (size_t)size, 0));
    return OK;
}

/* A shared lock of a moment neither makes the file nor keeps anybody out. */
static bool is_locked(const char *directory, const char *below)
{
    uint64_t size;
    CLEANUP_DESCRIPTOR int lock = file_open(directory, below, &size);

    return lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* The door holds the node's lock; a safe that writes its last may outlive it, and holds those of the logs. */
bool file_node_runs(const char *directory)
{
    return is_locked(directory, "lock") || is_locked(directory, "log/access/lock") ||
           is_locked(directory, "log/public/lock");
}

enum error file_copy(const char *directory, const char *below, const char *to)
{
    char piece[65536];
    uint64_t size = 0, at = 0;
    CLEANUP_DESCRIPTOR int from = file_open(directory, below, &size);

    if (from < 0)
        return file_error(errno);
    CLEANUP_DESCRIPTOR int into = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (into < 0)
        return file_error(errno);
    for (size_t got; (got = file_pread(from, piece, sizeof piece, at)) > 0; at += got)
        TRY(file_write_all(into, piece, got));
    return OK;
}

enum error file_list(const char *directory, const char *below, unsigned maximum, file_each *each, void *context)
{
    struct file_path path = file_below(directory, below);
    DIR *list = opendir(path.text);

    if (!list)
        return file_error(errno);
    for (struct dirent *entry; maximum > 0 && (entry = readdir(list));) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        maximum--;
        bool known = fstatat(dirfd(list), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0;
        each(context, entry->d_name, known && S_ISDIR(status.st_mode));
    }
    closedir(list);
    return OK;
}
