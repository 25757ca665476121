/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "io.h"

#include <fcntl.h>
#include <unistd.h>

static ssize_t system_pwrite(void *context, int descriptor, const void *data, size_t length, off_t offset)
{
    return pwrite(descriptor, data, length, offset);
}

static int system_fdatasync(void *context, int descriptor)
{
    return fdatasync(descriptor);
}

static int system_fsync(void *context, int descriptor)
{
    return fsync(descriptor);
}

static int system_fallocate(void *context, int descriptor, off_t offset, off_t length)
{
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, length);
}

static int system_ftruncate(void *context, int descriptor, off_t length)
{
    return ftruncate(descriptor, length);
}

struct ledger_io ledger_io_system(void)
{
    return (struct ledger_io){NULL, system_pwrite, system_fdatasync, system_fsync, system_fallocate, system_ftruncate};
}
