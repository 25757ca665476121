/* SPDX-License-Identifier: Apache-2.0 */

/* Proves from below that what is acknowledged is on the disk, and what happens when the disk says no. A thin layer
 * under the database (an SQLite VFS that passes everything on to the real one) watches writes and fsyncs of the log
 * and fails them on demand. */

#include "fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct disk {
    bool full;
    bool fsync_fails;
    int unsynced_log_writes;
};
static struct disk disk;

struct watched {
    sqlite3_file base;
    bool is_log;
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct watched *)file)->real;
}

static int disk_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}
static int disk_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, length, at);
}
static int disk_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
{
    if (disk.full)
        return SQLITE_FULL;
    disk.unsynced_log_writes += ((struct watched *)file)->is_log;
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, length, at);
}
static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
static int disk_sync(sqlite3_file *file, int flags)
{
    if (disk.fsync_fails)
        return SQLITE_IOERR_FSYNC;
    if (((struct watched *)file)->is_log)
        disk.unsynced_log_writes = 0;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}
static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
static int disk_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}
static int disk_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
static int disk_check_lock(sqlite3_file *file, int *reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), reserved);
}
static int disk_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}
static int disk_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}
static int disk_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
static int disk_map(sqlite3_file *file, int region, int size, int extend, void volatile **room)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, room);
}
static int disk_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
static void disk_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}
static int disk_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods DISK_METHODS = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_lock,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_characteristics,
    .xShmMap = disk_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_barrier,
    .xShmUnmap = disk_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    struct watched *watched = (struct watched *)file;

    (void)vfs;
    *watched = (struct watched){.is_log = flags & SQLITE_OPEN_WAL, .real = (sqlite3_file *)(watched + 1)};
    int result = real_vfs->xOpen(real_vfs, name, watched->real, flags, ret_flags);
    if (watched->real->pMethods)
        watched->base.pMethods = &DISK_METHODS;
    return result;
}

static int install_disk(void **state)
{
    static sqlite3_vfs vfs;

    (void)state;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.szOsFile += (int)sizeof(struct watched);
    vfs.zName = "disk";
    vfs.xOpen = disk_open;
    return sqlite3_vfs_register(&vfs, 1);
}

static int healthy_disk(void **state)
{
    (void)state;
    disk = (struct disk){0};
    return 0;
}

struct watcher {
    struct insert insert;
    int unsynced;
};

static enum error watcher_run(struct store *store, void *context)
{
    return insert_run(store, &((struct watcher *)context)->insert);
}

static void watcher_done(void *context, enum error error)
{
    struct watcher *watcher = context;

    watcher->insert.error = error;
    watcher->unsynced = disk.unsynced_log_writes;
}

static void nothing_is_confirmed_before_its_fsync(void **state)
{
    enum { JOBS = 20 };
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);

    (void)state;
    for (int i = 0; i < JOBS; i++) {
        struct watcher watcher = {{i, ERROR_COUNT}, -1};
        assert_int_equal(OK, writer_run_now(store, &(struct writer_job){watcher_run, watcher_done, &watcher}, 1));
        assert_int_equal(0, watcher.unsynced);
    }
    store_close(store);
}

/* Over many commits, so that the log is moved into the file meanwhile. */
static void a_full_disk_confirms_nothing_and_loses_nothing(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    struct store *store = sample_open(&fixture);
    struct insert insert[3] = {{101, ERROR_COUNT}, {102, ERROR_COUNT}, {103, ERROR_COUNT}};
    struct writer_job job[3];

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(OK, sample_insert(store, i));
    disk.full = true;
    for (int i = 0; i < 3; i++)
        job[i] = (struct writer_job){insert_run, insert_done, &insert[i]};
    assert_int_equal(ERROR_DISK_FULL, writer_run_now(store, job, 3));
    for (int i = 0; i < 3; i++)
        assert_int_equal(ERROR_DISK_FULL, insert[i].error);
    assert_int_equal(100, sample_count(store)); /* reading goes on */
    disk.full = false;
    assert_int_equal(OK, sample_insert(store, 101));
    store_close(store);

    store = sample_open(&fixture);
    assert_int_equal(101, sample_count(store));
    store_close(store);
}

static void quiet_child(void)
{
    struct rlimit no_core = {0, 0};

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGABRT, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);
}

static void confirm_by_exit(void *context, enum error error)
{
    (void)context;
    _exit(error == OK ? 1 : 2);
}

/* The kernel may have thrown the pages away: neither "saved" nor "not saved" would be true. */
static void a_failed_fsync_ends_the_process_before_it_answers(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    int status;

    (void)state;
    store_close(sample_open(&fixture));
    pid_t child = fork();
    if (child == 0) {
        struct insert insert = {1, ERROR_COUNT};
        quiet_child();
        struct store *store = sample_open(&fixture);
        disk.fsync_fails = true;
        (void)!writer_run_now(store, &(struct writer_job){insert_run, confirm_by_exit, &insert}, 1);
        _exit(3);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(SIGABRT, WTERMSIG(status));
}

/* A quota or a limit on file size is a full disk, whatever number the system gives it. */
static void a_limit_on_file_size_is_a_full_disk(void **state)
{
    WITH_FIXTURE fixture = fixture_make();
    int status;

    (void)state;
    store_close(sample_open(&fixture));
    pid_t child = fork();
    if (child == 0) {
        struct rlimit small = {64 * 1024, 64 * 1024};
        enum error error = OK;
        quiet_child();
        struct store *store = sample_open(&fixture);
        setrlimit(RLIMIT_FSIZE, &small);
        for (int64_t id = 0; id < 1000 && error == OK; id++)
            error = sample_insert(store, id);
        _exit(error);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status));
    assert_int_equal(ERROR_DISK_FULL, WEXITSTATUS(status));
    struct store *store = sample_open(&fixture);
    assert_true(sample_count(store) > 0);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_confirmed_before_its_fsync, healthy_disk),
        cmocka_unit_test_setup(a_full_disk_confirms_nothing_and_loses_nothing, healthy_disk),
        cmocka_unit_test_setup(a_failed_fsync_ends_the_process_before_it_answers, healthy_disk),
        cmocka_unit_test_setup(a_limit_on_file_size_is_a_full_disk, healthy_disk),
    };
    return cmocka_run_group_tests(tests, install_disk, NULL);
}
