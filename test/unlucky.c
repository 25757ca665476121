/* SPDX-License-Identifier: Apache-2.0 */

/* Names of both sizes of off_t are defined here, and what _FORTIFY_SOURCE makes of them. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include "unlucky.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "crypto/block.h"

const char *const unlucky_name[UNLUCKY_COUNT] = {
#define CALL(name) #name,
    UNLUCKY_CALLS(CALL)
#undef CALL
};

static struct {
    bool armed, for_ever, failed;
    enum unlucky_call call;
    size_t left;
    int error;
} unlucky;

void unlucky_fail(enum unlucky_call call, size_t nth, bool for_ever, int error)
{
    unlucky.call = call;
    unlucky.left = nth;
    unlucky.for_ever = for_ever;
    unlucky.error = error;
    unlucky.failed = false;
    unlucky.armed = true;
}

bool unlucky_end(void)
{
    bool failed = unlucky.failed;

    unlucky.armed = unlucky.failed = false;
    return failed;
}

static bool fails(enum unlucky_call call)
{
    if (!unlucky.armed || unlucky.call != call || unlucky.left == 0 || --unlucky.left > 0)
        return false;
    unlucky.left = unlucky.for_ever;
    unlucky.failed = true;
    errno = unlucky.error;
    return true;
}

/* -1, or 0 where the call is to do nothing. */
static int bad(void)
{
    return unlucky.error ? -1 : 0;
}

/* ret __wrap_name(parameters): the real one, or what a failure of `call` returns. */
#define WRAP(ret, name, call, failure, parameters, arguments)                                                          \
    ret __real_##name parameters;                                                                                      \
    ret __wrap_##name parameters;                                                                                      \
    ret __wrap_##name parameters                                                                                       \
    {                                                                                                                  \
        return fails(UNLUCKY_##call) ? failure : __real_##name arguments;                                              \
    }

WRAP(ssize_t, read, read, bad(), (int descriptor, void *into, size_t length), (descriptor, into, length))
WRAP(ssize_t, pread, pread, bad(), (int descriptor, void *into, size_t length, off_t at),
     (descriptor, into, length, at))
WRAP(ssize_t, pread64, pread, bad(), (int descriptor, void *into, size_t length, off64_t at),
     (descriptor, into, length, at))
WRAP(ssize_t, __read_chk, read, bad(), (int descriptor, void *into, size_t length, size_t room),
     (descriptor, into, length, room))
WRAP(ssize_t, __pread64_chk, pread, bad(), (int descriptor, void *into, size_t length, off64_t at, size_t room),
     (descriptor, into, length, at, room))
WRAP(ssize_t, write, write, bad(), (int descriptor, const void *data, size_t length), (descriptor, data, length))
WRAP(ssize_t, pwrite, pwrite, bad(), (int descriptor, const void *data, size_t length, off_t at),
     (descriptor, data, length, at))
WRAP(ssize_t, pwrite64, pwrite, bad(), (int descriptor, const void *data, size_t length, off64_t at),
     (descriptor, data, length, at))
WRAP(int, fstat, fstat, bad(), (int descriptor, struct stat *status), (descriptor, status))
WRAP(int, fstat64, fstat, bad(), (int descriptor, struct stat64 *status), (descriptor, status))
WRAP(int, lstat, lstat, bad(), (const char *path, struct stat *status), (path, status))
WRAP(int, lstat64, lstat, bad(), (const char *path, struct stat64 *status), (path, status))
WRAP(DIR *, opendir, opendir, NULL, (const char *path), (path))
WRAP(int, rename, rename, bad(), (const char *from, const char *to), (from, to))
WRAP(int, unlink, unlink, bad(), (const char *path), (path))
WRAP(int, mkdir, mkdir, bad(), (const char *path, mode_t mode), (path, mode))
WRAP(int, fsync, fsync, bad(), (int descriptor), (descriptor))
WRAP(int, fallocate, fallocate, bad(), (int descriptor, int mode, off_t at, off_t length),
     (descriptor, mode, at, length))
WRAP(int, fallocate64, fallocate, bad(), (int descriptor, int mode, off64_t at, off64_t length),
     (descriptor, mode, at, length))
WRAP(int, ftruncate, ftruncate, bad(), (int descriptor, off_t length), (descriptor, length))
WRAP(int, ftruncate64, ftruncate, bad(), (int descriptor, off64_t length), (descriptor, length))
WRAP(void *, malloc, malloc, NULL, (size_t bytes), (bytes))
WRAP(void *, calloc, calloc, NULL, (size_t count, size_t bytes), (count, bytes))
WRAP(void *, realloc, realloc, NULL, (void *old, size_t bytes), (old, bytes))
WRAP(void *, arena_alloc, arena, NULL, (struct arena * arena, size_t bytes), (arena, bytes))
WRAP(void *, arena_array, arena, NULL, (struct arena * arena, size_t count, size_t bytes), (arena, count, bytes))
WRAP(struct slice, arena_copy, arena, slice_of(NULL, 0), (struct arena * arena, struct slice text), (arena, text))
WRAP(struct block_cipher *, block_cipher_new, cipher, NULL, (const struct secret_key *key), (key))
WRAP(int, socketpair, socketpair, bad(), (int domain, int type, int protocol, int pair[2]),
     (domain, type, protocol, pair))
WRAP(pid_t, fork, fork, bad(), (void), ())
WRAP(ssize_t, recv, recv, bad(), (int socket, void *into, size_t length, int flags), (socket, into, length, flags))
WRAP(ssize_t, __recv_chk, recv, bad(), (int socket, void *into, size_t length, size_t room, int flags),
     (socket, into, length, room, flags))
WRAP(ssize_t, send, send, bad(), (int socket, const void *data, size_t length, int flags),
     (socket, data, length, flags))

WRAP(int, poll, poll, bad(), (struct pollfd * ready, nfds_t count, int wait), (ready, count, wait))

#define WRAP_OPEN(name)                                                                                                \
    int __real_##name(const char *path, int flags, ...);                                                               \
    int __wrap_##name(const char *path, int flags, ...);                                                               \
    int __wrap_##name(const char *path, int flags, ...)                                                                \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        int mode = flags & O_CREAT ? va_arg(list, int) : 0;                                                            \
        va_end(list);                                                                                                  \
        return fails(UNLUCKY_open) ? -1 : __real_##name(path, flags, mode);                                            \
    }
WRAP_OPEN(open)
WRAP_OPEN(open64)
