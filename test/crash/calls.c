/* SPDX-License-Identifier: Apache-2.0 */

/* The same face as memory.h for calls that read: in this program it is read, pread, open, fstat, epoll_wait and close's
 * neighbours that fail at the n-th, and what is left over is descriptors. */

#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "memory.h"

#define SEEN __attribute__((visibility("default")))
#define REAL(name)                                                                                                     \
    static __typeof__(&(name)) real;                                                                                   \
    if (!real)                                                                                                         \
    real = (__typeof__(&(name)))dlsym(RTLD_NEXT, #name)

const bool memory_like_damage = true;

static atomic_size_t count, fail_at;
static atomic_bool for_ever, has_failed;

static bool fails(void)
{
    size_t at = atomic_load(&fail_at);

    if (at == 0)
        return false;
    size_t now = atomic_fetch_add(&count, 1) + 1;
    if (now < at || (now > at && !atomic_load(&for_ever)))
        return false;
    atomic_store(&has_failed, true);
    errno = EIO;
    return true;
}

void memory_fail(size_t nth, bool ever)
{
    disk_open_fails = fails;
    atomic_store(&fail_at, 0);
    atomic_store(&count, 0);
    atomic_store(&has_failed, false);
    atomic_store(&for_ever, ever);
    atomic_store(&fail_at, nth);
}

void memory_lasts(void)
{
    atomic_store(&fail_at, 0);
}

size_t memory_count(void)
{
    return atomic_load(&count);
}

bool memory_has_failed(void)
{
    return atomic_load(&has_failed);
}

/* Open descriptors. */
int64_t memory_live(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int64_t open_ones = 0;

    while (directory && readdir(directory))
        open_ones++;
    if (directory)
        closedir(directory);
    return open_ones;
}

/* ---- the calls ---- */

SEEN ssize_t read(int descriptor, void *into, size_t length)
{
    REAL(read);
    return fails() ? -1 : real(descriptor, into, length);
}

SEEN ssize_t pread(int descriptor, void *into, size_t length, off_t at)
{
    REAL(pread);
    return fails() ? -1 : real(descriptor, into, length, at);
}

SEEN ssize_t pread64(int descriptor, void *into, size_t length, off64_t at)
{
    REAL(pread64);
    return fails() ? -1 : real(descriptor, into, length, at);
}

/* What _FORTIFY_SOURCE makes of them. */
ssize_t __read_chk(int descriptor, void *into, size_t length, size_t room);
ssize_t __pread64_chk(int descriptor, void *into, size_t length, off64_t at, size_t room);

SEEN ssize_t __read_chk(int descriptor, void *into, size_t length, size_t room)
{
    if (length > room)
        abort();
    return read(descriptor, into, length);
}

SEEN ssize_t __pread64_chk(int descriptor, void *into, size_t length, off64_t at, size_t room)
{
    if (length > room)
        abort();
    return pread64(descriptor, into, length, at);
}

SEEN int fstat(int descriptor, struct stat *status)
{
    REAL(fstat);
    return fails() ? -1 : real(descriptor, status);
}

SEEN int fstat64(int descriptor, struct stat64 *status)
{
    REAL(fstat64);
    return fails() ? -1 : real(descriptor, status);
}

SEEN DIR *opendir(const char *path)
{
    REAL(opendir);
    return fails() ? NULL : real(path);
}

SEEN int epoll_create1(int flags)
{
    REAL(epoll_create1);
    return fails() ? -1 : real(flags);
}

SEEN int epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event)
{
    REAL(epoll_ctl);
    return operation == EPOLL_CTL_ADD && fails() ? -1 : real(epoll, operation, descriptor, event);
}

SEEN int eventfd(unsigned initial, int flags)
{
    REAL(eventfd);
    return fails() ? -1 : real(initial, flags);
}
