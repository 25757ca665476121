/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "shaky.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define SECTOR 512

static struct shaky *walked; /* nftw passes no context */

static uint64_t chance(struct shaky *shaky, uint64_t out_of)
{
    uint64_t number;

    shaky->world.random(&shaky->world, &number, sizeof number);
    return number % out_of;
}

static struct shaky_file *file_of(struct shaky *shaky, unsigned long inode, bool make)
{
    for (size_t i = 0; i < shaky->file_count; i++) {
        if (shaky->file[i].inode == inode)
            return &shaky->file[i];
    }
    if (!make || shaky->file_count == SHAKY_FILES_MAX)
        return NULL;
    shaky->file[shaky->file_count] = (struct shaky_file){.inode = inode};
    return &shaky->file[shaky->file_count++];
}

/* What a segment is after the power failed: sector by sector what was synced or what was written since. */
static void lose_sectors(struct shaky *shaky, const char *path, unsigned long inode)
{
    struct shaky_file *file = file_of(shaky, inode, false);
    struct slice now = read_whole(shaky->fixture, path), synced = file ? file->synced : slice_of("", 0);
    size_t most = now.length > synced.length ? now.length : synced.length;
    size_t least = now.length > synced.length ? synced.length : now.length;

    if (!file && !shaky->directory_synced && chance(shaky, 2)) {
        unlink(path);
        return;
    }
    char *mixed = calloc(1, most + 1);
    size_t length = chance(shaky, 2) ? most : least + chance(shaky, most - least + 1);
    for (size_t at = 0; at < length; at += SECTOR) {
        struct slice from = chance(shaky, 2) ? now : synced;
        size_t piece = length - at < SECTOR ? length - at : SECTOR;
        if (at < from.length)
            memcpy(mixed + at, from.data + at, from.length - at < piece ? from.length - at : piece);
        /* Synced bytes in front of new ones in the same sector are there in any case. */
        if (at < synced.length)
            memcpy(mixed + at, synced.data + at, synced.length - at < piece ? synced.length - at : piece);
    }
    write_whole(path, slice_of(mixed, length));
    free(mixed);
}

static int lose_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    if (type != FTW_F || strcmp(path + walk->base, "lock") == 0)
        return 0;
    if (strstr(path, "/journal/"))
        lose_sectors(walked, path, status->st_ino);
    else if (chance(walked, 4) == 0)
        write_whole(path, slice_of("", 0));
    else if (chance(walked, 4) == 0)
        unlink(path);
    return 0;
}

static bool ends_now(struct shaky *shaky)
{
    return ++shaky->operations == shaky->end_at && shaky->end != SHAKY_NEVER;
}

static int end(struct shaky *shaky)
{
    errno = shaky->fail_errno;
    if (shaky->end == SHAKY_FAIL)
        return -1;
    walked = shaky;
    if (shaky->end == SHAKY_POWER)
        nftw(shaky->fixture->log, lose_one, 16, FTW_PHYS);
    _exit(0);
}

static ssize_t shaky_pwrite(void *context, int descriptor, const void *data, size_t length, off_t offset)
{
    struct shaky *shaky = context;

    if (ends_now(shaky)) {
        if (pwrite(descriptor, data, length / 2, offset) < 0)
            abort();
        return end(shaky);
    }
    if (shaky->capacity && (uint64_t)offset + length > shaky->capacity) {
        size_t fits = shaky->capacity > (uint64_t)offset ? (size_t)(shaky->capacity - (uint64_t)offset) : 0;
        errno = ENOSPC;
        return fits ? pwrite(descriptor, data, fits, offset) : -1;
    }
    return pwrite(descriptor, data, length, offset);
}

static int shaky_fdatasync(void *context, int descriptor)
{
    struct shaky *shaky = context;
    struct stat status;
    char path[64];

    if (ends_now(shaky))
        return end(shaky);
    if (shaky->end != SHAKY_POWER)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    fstat(descriptor, &status);
    struct shaky_file *file = file_of(shaky, status.st_ino, true);
    if (!file)
        abort(); /* more segments than the story has */
    file->synced = read_whole(shaky->fixture, path);
    return 0;
}

static int shaky_fsync(void *context, int descriptor)
{
    struct shaky *shaky = context;

    if (ends_now(shaky))
        return end(shaky);
    shaky->directory_synced = true;
    return 0;
}

static int shaky_fallocate(void *context, int descriptor, off_t offset, off_t length)
{
    struct shaky *shaky = context;

    if (ends_now(shaky))
        return end(shaky);
    if (offset == 0)
        shaky->directory_synced = false; /* a new segment */
    errno = shaky->no_fallocate ? EOPNOTSUPP : ENOSPC;
    return shaky->no_fallocate || (shaky->capacity && (uint64_t)(offset + length) > shaky->capacity) ? -1 : 0;
}

static int shaky_ftruncate(void *context, int descriptor, off_t length)
{
    struct shaky *shaky = context;

    return ends_now(shaky) ? end(shaky) : ftruncate(descriptor, length);
}

void shaky_make(struct shaky *shaky, struct fixture *fixture)
{
    *shaky = (struct shaky){.fixture = fixture, .fail_errno = EIO, .world = world_driven(1, 0)};
    shaky->io = (struct ledger_io){shaky, shaky_pwrite, shaky_fdatasync, shaky_fsync, shaky_fallocate, shaky_ftruncate};
    fixture->settings.io = &shaky->io;
}
