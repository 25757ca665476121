/* SPDX-License-Identifier: Apache-2.0 */

/* Plain and 64-bit names are both defined here, and nothing is inlined in front of them. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include "disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPERATIONS_MAX 65536
#define FILES_MAX 4096
#define SEEN __attribute__((visibility("default")))

/* The C library's function of the same name. */
#define REAL(name)                                                                                                     \
    static __typeof__(&(name)) real;                                                                                   \
    if (!real)                                                                                                         \
    real = (__typeof__(&(name)))dlsym(RTLD_NEXT, #name)

static struct {
    pthread_mutex_t lock;
    char directory[256];
    size_t length;
    bool watching, keeping;
    struct disk_operation *operation;
    size_t count;
    struct {
        uint64_t inode;
        char name[DISK_NAME_MAX]; /* its last one, for faults */
    } file[FILES_MAX];
    size_t files;
    struct disk_fault fault;
    unsigned fault_count;
    bool broken;
    struct disk_operation failed;
    bool has_failed;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

const char *disk_word(enum disk_kind kind)
{
    static const char *const word[] = {"create", "write", "truncate", "allocate",    "sync",         "sync folder",
                                       "rename", "link",  "unlink",   "make folder", "remove folder"};

    return word[kind];
}

/* ---- which file is it? ---- */

/* The name below the watched directory; false when it is elsewhere or means nothing after a crash. */
static bool below(const char *path, char ret_name[DISK_NAME_MAX])
{
    if (!disk.watching || strncmp(path, disk.directory, disk.length) != 0)
        return false;
    const char *name = path + disk.length;
    if (*name != '\0' && *name != '/')
        return false;
    while (*name == '/')
        name++;
    size_t length = strlen(name);
    if (length >= DISK_NAME_MAX)
        abort();
    memcpy(ret_name, name, length + 1);
    while (length > 0 && ret_name[length - 1] == '/')
        ret_name[--length] = '\0';
    bool lock = length >= 4 && strcmp(name + length - 4, "lock") == 0;
    return !lock && !(length >= 4 && strcmp(name + length - 4, "-shm") == 0);
}

static bool below_descriptor(int descriptor, char ret_name[DISK_NAME_MAX])
{
    char link[48], path[512];

    if (!disk.watching)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return false;
    path[length] = '\0';
    char *gone = strstr(path, " (deleted)");
    if (gone)
        *gone = '\0';
    return below(path, ret_name);
}

static bool below_at(int folder, const char *path, char ret_name[DISK_NAME_MAX])
{
    char parent[DISK_NAME_MAX], whole[512];

    if (*path == '/' || folder == AT_FDCWD)
        return below(path, ret_name);
    if (!below_descriptor(folder, parent))
        return false;
    snprintf(whole, sizeof whole, "%s/%s/%s", disk.directory, parent, path);
    return below(whole, ret_name);
}

static uint32_t new_file(uint64_t inode, const char *name)
{
    if (disk.files == FILES_MAX)
        abort();
    disk.file[disk.files].inode = inode;
    snprintf(disk.file[disk.files].name, DISK_NAME_MAX, "%s", name);
    return (uint32_t)disk.files++;
}

/* The youngest with this inode number: numbers are used again. */
static uint32_t file_with(uint64_t inode, const char *name)
{
    for (size_t i = disk.files; i-- > 0;)
        if (disk.file[i].inode == inode)
            return (uint32_t)i;
    return new_file(inode, name);
}

uint32_t disk_file_of(const char *name)
{
    struct stat status;
    char path[512];

    snprintf(path, sizeof path, "%s/%s", disk.directory, name);
    if (stat(path, &status) != 0)
        abort();
    return file_with(status.st_ino, name);
}

static uint32_t file_of_descriptor(int descriptor, const char *name)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        abort();
    return file_with(status.st_ino, name);
}

/* ---- keeping and failing ---- */

void disk_watch(const char *directory, bool keep)
{
    for (size_t i = 0; i < disk.count && disk.keeping; i++)
        free(disk.operation[i].data);
    if (!disk.operation)
        disk.operation = calloc(OPERATIONS_MAX, sizeof *disk.operation);
    snprintf(disk.directory, sizeof disk.directory, "%s", directory);
    disk.length = strlen(disk.directory);
    disk.count = disk.files = 0;
    disk.keeping = keep;
    disk.watching = true;
}

void disk_rest(void)
{
    disk.watching = false;
}

size_t disk_count(void)
{
    return disk.count;
}

const struct disk_operation *disk_operation(size_t index)
{
    return &disk.operation[index];
}

void disk_fail(const struct disk_fault *fault)
{
    disk.fault = fault ? *fault : (struct disk_fault){0};
    disk.fault_count = 0;
    disk.broken = disk.has_failed = false;
}

const struct disk_operation *disk_failed(void)
{
    return disk.has_failed ? &disk.failed : NULL;
}

static bool error_can_mean(int error, enum disk_kind kind)
{
    if (error != ENOSPC)
        return true;
    return kind == DISK_CREATE || kind == DISK_WRITE || kind == DISK_ALLOCATE || kind == DISK_MAKE_FOLDER ||
           kind == DISK_LINK;
}

static bool fails(const struct disk_operation *operation)
{
    if (disk.fault.kind == FAULT_NONE)
        return false;
    bool now = strcmp(operation->name, disk.fault.name) == 0 && ++disk.fault_count == disk.fault.count;
    if (!now && !(disk.broken && error_can_mean(disk.fault.error, operation->kind)))
        return false;
    if (now) {
        disk.failed = *operation;
        disk.has_failed = true;
        disk.broken = disk.fault.kind == FAULT_FOR_EVER;
    }
    return true;
}

static void keep(const struct disk_operation *operation, const void *data)
{
    if (disk.count == OPERATIONS_MAX)
        abort();
    struct disk_operation *kept = &disk.operation[disk.count++];
    if (!disk.keeping)
        return;
    *kept = *operation;
    kept->data = NULL;
    if (operation->kind != DISK_WRITE)
        return;
    kept->data = malloc(operation->length + 1);
    memcpy(kept->data, data, operation->length);
}

/* ---- the calls ---- */

/* With the lock held, when the file is watched and is made or emptied by this. */
static int opening(int folder, const char *path, int flags, mode_t mode, struct disk_operation *operation)
{
    REAL(openat);
    struct stat status;
    bool there = fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0;

    if (there && (!(flags & O_TRUNC) || status.st_size == 0))
        return real(folder, path, flags, mode);
    operation->kind = there ? DISK_TRUNCATE : DISK_CREATE;
    if (fails(operation)) {
        errno = disk.fault.error;
        return -1;
    }
    int descriptor = real(folder, path, flags, mode);
    if (descriptor < 0 || fstat(descriptor, &status) != 0)
        return descriptor;
    operation->file = there ? file_with(status.st_ino, operation->name) : new_file(status.st_ino, operation->name);
    keep(operation, NULL);
    return descriptor;
}

bool (*disk_open_fails)(void);

static int watched_open(int folder, const char *path, int flags, mode_t mode)
{
    REAL(openat);
    struct disk_operation operation = {0};

    if (disk_open_fails && disk_open_fails()) {
        errno = EMFILE;
        return -1;
    }
    if (!(flags & O_CREAT) || !below_at(folder, path, operation.name))
        return real(folder, path, flags, mode);
    pthread_mutex_lock(&disk.lock);
    int descriptor = opening(folder, path, flags, mode, &operation), number = errno;
    pthread_mutex_unlock(&disk.lock);
    errno = number;
    return descriptor;
}

#define MODE_OF(flags)                                                                                                 \
    mode_t mode = 0;                                                                                                   \
    if ((flags)&O_CREAT) {                                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

SEEN int open(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return watched_open(AT_FDCWD, path, flags, mode);
}

SEEN int open64(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return watched_open(AT_FDCWD, path, flags, mode);
}

SEEN int openat(int folder, const char *path, int flags, ...)
{
    MODE_OF(flags)
    return watched_open(folder, path, flags, mode);
}

SEEN int openat64(int folder, const char *path, int flags, ...)
{
    MODE_OF(flags)
    return watched_open(folder, path, flags, mode);
}

/* Half of it arrives, which a caller must make up for or take back. */
static ssize_t written_short(int descriptor, const void *data, size_t length, off_t at)
{
    REAL(pwrite);
    return real(descriptor, data, length / 2, at);
}

static ssize_t watched_write(int descriptor, const void *data, size_t length, off_t at,
                             struct disk_operation *operation)
{
    REAL(pwrite);
    operation->kind = DISK_WRITE;
    operation->file = file_of_descriptor(descriptor, operation->name);
    operation->offset = (uint64_t)at;
    operation->length = length;
    if (fails(operation)) {
        errno = disk.fault.error;
        return disk.fault.kind == FAULT_SHORT_WRITE && length > 1 ? written_short(descriptor, data, length, at) : -1;
    }
    ssize_t written = real(descriptor, data, length, at);
    if (written > 0) {
        operation->length = (size_t)written;
        keep(operation, data);
    }
    return written;
}

static ssize_t any_pwrite(int descriptor, const void *data, size_t length, off_t at)
{
    REAL(pwrite);
    struct disk_operation operation = {0};

    if (!below_descriptor(descriptor, operation.name))
        return real(descriptor, data, length, at);
    pthread_mutex_lock(&disk.lock);
    ssize_t written = watched_write(descriptor, data, length, at, &operation);
    int number = errno;
    pthread_mutex_unlock(&disk.lock);
    errno = number;
    return written;
}

SEEN ssize_t pwrite(int descriptor, const void *data, size_t length, off_t at)
{
    return any_pwrite(descriptor, data, length, at);
}

SEEN ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t at)
{
    return any_pwrite(descriptor, data, length, at);
}

SEEN ssize_t write(int descriptor, const void *data, size_t length)
{
    REAL(write);
    char name[DISK_NAME_MAX];

    if (!below_descriptor(descriptor, name))
        return real(descriptor, data, length);
    off_t at = lseek(descriptor, 0, SEEK_CUR);
    ssize_t written = any_pwrite(descriptor, data, length, at);
    if (written > 0)
        lseek(descriptor, at + written, SEEK_SET);
    return written;
}

/* A call on an open file whose operation is described; `real` does it. */
#define ON_FILE(kind_, offset_, call)                                                                                  \
    struct disk_operation operation = {.kind = (kind_), .offset = (uint64_t)(offset_)};                                \
    if (!below_descriptor(descriptor, operation.name))                                                                 \
        return call;                                                                                                   \
    pthread_mutex_lock(&disk.lock);                                                                                    \
    operation.file = file_of_descriptor(descriptor, operation.name);                                                   \
    int result = -1, number = 0;                                                                                       \
    if (!fails(&operation)) {                                                                                          \
        result = call;                                                                                                 \
        number = errno;                                                                                                \
        if (result == 0)                                                                                               \
            keep(&operation, NULL);                                                                                    \
    } else {                                                                                                           \
        number = disk.fault.error;                                                                                     \
    }                                                                                                                  \
    pthread_mutex_unlock(&disk.lock);                                                                                  \
    errno = number;                                                                                                    \
    return result;

static enum disk_kind kind_of_sync(int descriptor)
{
    struct stat status;

    return fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode) ? DISK_SYNC_FOLDER : DISK_SYNC;
}

/* The real one is left out: what is not synced is not there after a cut, and that is all that it is about. */
SEEN int fsync(int descriptor)
{
    REAL(fsync);
    if (disk.watching)
        real = NULL;
    ON_FILE(kind_of_sync(descriptor), 0, real ? real(descriptor) : 0)
}

SEEN int fdatasync(int descriptor)
{
    REAL(fdatasync);
    if (disk.watching)
        real = NULL;
    ON_FILE(kind_of_sync(descriptor), 0, real ? real(descriptor) : 0)
}

SEEN int ftruncate(int descriptor, off_t length)
{
    REAL(ftruncate);
    ON_FILE(DISK_TRUNCATE, length, real(descriptor, length))
}

SEEN int ftruncate64(int descriptor, off64_t length)
{
    REAL(ftruncate64);
    ON_FILE(DISK_TRUNCATE, length, real(descriptor, length))
}

SEEN int fallocate(int descriptor, int mode, off_t offset, off_t length)
{
    REAL(fallocate);
    ON_FILE(DISK_ALLOCATE, offset, real(descriptor, mode, offset, length))
}

SEEN int fallocate64(int descriptor, int mode, off64_t offset, off64_t length)
{
    REAL(fallocate64);
    ON_FILE(DISK_ALLOCATE, offset, real(descriptor, mode, offset, length))
}

/* What will not happen anyway is no operation: removing what is not there, making what is. */
static bool is_there(int folder, const char *path)
{
    return faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A call on names; `named` says whether they are below the directory. */
#define ON_NAME(kind_, named, call)                                                                                    \
    struct disk_operation operation = {.kind = (kind_)};                                                               \
    if (!(named))                                                                                                      \
        return call;                                                                                                   \
    pthread_mutex_lock(&disk.lock);                                                                                    \
    int result = -1, number = 0;                                                                                       \
    if (!fails(&operation)) {                                                                                          \
        result = call;                                                                                                 \
        number = errno;                                                                                                \
        if (result == 0)                                                                                               \
            keep(&operation, NULL);                                                                                    \
    } else {                                                                                                           \
        number = disk.fault.error;                                                                                     \
    }                                                                                                                  \
    pthread_mutex_unlock(&disk.lock);                                                                                  \
    errno = number;                                                                                                    \
    return result;

SEEN int rename(const char *from, const char *to)
{
    REAL(rename);
    ON_NAME(DISK_RENAME, is_there(AT_FDCWD, from) && below(from, operation.name) && below(to, operation.other),
            real(from, to))
}

SEEN int link(const char *from, const char *to)
{
    REAL(link);
    ON_NAME(DISK_LINK, is_there(AT_FDCWD, from) && below(from, operation.name) && below(to, operation.other),
            real(from, to))
}

SEEN int unlink(const char *path)
{
    REAL(unlink);
    ON_NAME(DISK_UNLINK, is_there(AT_FDCWD, path) && below(path, operation.name), real(path))
}

SEEN int unlinkat(int folder, const char *path, int flags)
{
    REAL(unlinkat);
    ON_NAME(flags & AT_REMOVEDIR ? DISK_REMOVE_FOLDER : DISK_UNLINK,
            is_there(folder, path) && below_at(folder, path, operation.name), real(folder, path, flags))
}

SEEN int rmdir(const char *path)
{
    REAL(rmdir);
    ON_NAME(DISK_REMOVE_FOLDER, is_there(AT_FDCWD, path) && below(path, operation.name), real(path))
}

SEEN int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    ON_NAME(DISK_MAKE_FOLDER, !is_there(AT_FDCWD, path) && below(path, operation.name), real(path, mode))
}
