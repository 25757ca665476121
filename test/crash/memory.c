/* SPDX-License-Identifier: Apache-2.0 */

/* Plain and 64-bit names are both defined here, and nothing is inlined in front of them. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include "memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SEEN __attribute__((visibility("default")))
#define EARLY_BYTES 65536

/* The address sanitizer has an allocator of its own, and wants to be the first: there the linker puts these in front of
 * what this project itself allocates (--wrap), and nothing is counted. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

const bool memory_like_damage = false;

static atomic_size_t count, fail_at;
static atomic_bool for_ever, has_failed;
static atomic_int_fast64_t live;

/* For a debugger's breakpoint. */
static __attribute__((noinline)) void one_fails(void)
{
    atomic_store(&has_failed, true);
    errno = ENOMEM;
}

static bool fails(void)
{
    size_t now = atomic_fetch_add(&count, 1) + 1, at = atomic_load(&fail_at);

    if (at == 0 || now < at || (now > at && !atomic_load(&for_ever)))
        return false;
    one_fails();
    return true;
}

void memory_fail(size_t nth, bool ever)
{
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

int64_t memory_live(void)
{
    return atomic_load(&live);
}

#if SANITIZED

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t number, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t number, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t number, size_t bytes)
{
    return fails() ? NULL : __real_calloc(number, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return fails() ? NULL : __real_realloc(old, bytes);
}

#else

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*munmap)(void *, size_t);
} real;

/* dlsym itself allocates: out of here, and never given back. */
static _Alignas(16) unsigned char early[EARLY_BYTES];
static size_t early_used;
static bool resolving;

static void *early_take(size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if (early_used + bytes > EARLY_BYTES)
        abort();
    early_used += bytes;
    return early + early_used - bytes;
}

static bool is_early(const void *pointer)
{
    return (const unsigned char *)pointer >= early && (const unsigned char *)pointer < early + EARLY_BYTES;
}

static void resolve(void)
{
    if (real.free || resolving)
        return;
    resolving = true;
    real.malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    real.calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    real.realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    real.posix_memalign = (int (*)(void **, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign");
    real.aligned_alloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
    real.mmap = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
    real.munmap = (int (*)(void *, size_t))dlsym(RTLD_NEXT, "munmap");
    real.free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    resolving = false;
}

static void *counted(void *memory)
{
    if (memory)
        atomic_fetch_add(&live, 1);
    return memory;
}

/* ---- the calls ---- */

SEEN void *malloc(size_t bytes)
{
    resolve();
    if (!real.free)
        return early_take(bytes);
    return fails() ? NULL : counted(real.malloc(bytes));
}

SEEN void *calloc(size_t number, size_t bytes)
{
    resolve();
    if (!real.free)
        return early_take(number * bytes); /* zeroed: never used before */
    return fails() ? NULL : counted(real.calloc(number, bytes));
}

SEEN void *realloc(void *old, size_t bytes)
{
    resolve();
    if (!old)
        return malloc(bytes);
    if (is_early(old)) {
        void *moved = malloc(bytes);
        if (moved)
            memcpy(moved, old, bytes);
        return moved;
    }
    return fails() ? NULL : real.realloc(old, bytes);
}

SEEN void *reallocarray(void *old, size_t number, size_t bytes)
{
    size_t total;

    if (__builtin_mul_overflow(number, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, total);
}

SEEN int posix_memalign(void **ret, size_t alignment, size_t bytes)
{
    resolve();
    if (fails())
        return ENOMEM;
    int result = real.posix_memalign(ret, alignment, bytes);
    if (result == 0)
        counted(*ret);
    return result;
}

SEEN void *aligned_alloc(size_t alignment, size_t bytes)
{
    resolve();
    return fails() ? NULL : counted(real.aligned_alloc(alignment, bytes));
}

SEEN void free(void *memory)
{
    int number = errno; /* free keeps it */

    resolve();
    if (!memory || is_early(memory))
        return;
    atomic_fetch_sub(&live, 1);
    real.free(memory);
    errno = number;
}

static void *any_mmap(void *at, size_t length, int protection, int flags, int descriptor, off_t offset)
{
    resolve();
    if (fails())
        return MAP_FAILED;
    void *map = real.mmap(at, length, protection, flags, descriptor, offset);
    if (map != MAP_FAILED)
        counted(map);
    return map;
}

SEEN void *mmap(void *at, size_t length, int protection, int flags, int descriptor, off_t offset)
{
    return any_mmap(at, length, protection, flags, descriptor, offset);
}

SEEN void *mmap64(void *at, size_t length, int protection, int flags, int descriptor, off64_t offset)
{
    return any_mmap(at, length, protection, flags, descriptor, offset);
}

SEEN int munmap(void *map, size_t length)
{
    resolve();
    int result = real.munmap(map, length);
    if (result == 0)
        atomic_fetch_sub(&live, 1);
    return result;
}

#endif
