/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

/* ---- limits ---- */

void sandbox_begin(void)
{
    const struct rlimit none = {0, 0};

    /* No other process of the same user may read this one's memory, and no core of it is written. */
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* ---- network ---- */

static bool leave_network(void)
{
    return unshare(CLONE_NEWNET) == 0;
}

/* ---- Landlock (https://docs.kernel.org/userspace-api/landlock.html) ---- */

/* Later than the headers of Debian 12. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* version 3 */
#endif
#define FS_IOCTL_DEV (1ULL << 15)                              /* version 5 */
#define NET_BIND_AND_CONNECT ((1ULL << 0) | (1ULL << 1))       /* version 4 */
#define SCOPE_ABSTRACT_AND_SIGNALS ((1ULL << 0) | (1ULL << 1)) /* version 6 */

struct ruleset_attributes {
    uint64_t fs, net, scoped;
};

#define FS_FIRST ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) /* version 1 */
#define FS_OURS                                                                                                        \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |                      \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                      \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE)

static struct ruleset_attributes attributes_of(long version)
{
    struct ruleset_attributes attributes = {.fs = FS_FIRST};

    if (version >= 2)
        attributes.fs |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        attributes.fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (version >= 4)
        attributes.net = NET_BIND_AND_CONNECT;
    if (version >= 5)
        attributes.fs |= FS_IOCTL_DEV;
    if (version >= 6)
        attributes.scoped = SCOPE_ABSTRACT_AND_SIGNALS;
    return attributes;
}

static bool allow_below(int ruleset, const char *path, uint64_t access)
{
    CLEANUP_DESCRIPTOR int place = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr beneath = {.allowed_access = access, .parent_fd = place};

    return place >= 0 && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
}

/* SQLite draws its names of temporary files from /dev/urandom. */
static bool restrict_files(const char *directory)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (version < 1)
        return false;
    struct ruleset_attributes attributes = attributes_of(version);
    size_t known = version >= 6 ? sizeof attributes : version >= 4 ? 16 : 8;
    CLEANUP_DESCRIPTOR int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, known, 0);

    return ruleset >= 0 && allow_below(ruleset, directory, FS_OURS & attributes.fs) &&
           allow_below(ruleset, "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE) &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

/* ---- seccomp ---- */

#if defined __x86_64__
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* A sanitizer follows its own process from a thread that it makes at the end; coverage is written elsewhere. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || !defined OUR_ARCHITECTURE
#define WITHOUT_FILTER 1
#else
#define WITHOUT_FILTER 0
#endif

/* What the safe does: its socket, its files, its memory, the clock, randomness, its end. */
static const uint32_t allowed[] = {
    /* the descriptors that it has, and files below its directory */
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_pwritev,
    SYS_preadv,
    SYS_recvfrom,
    SYS_sendto,
    SYS_ppoll,
    SYS_openat,
    SYS_close,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_getdents64,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fsync,
    SYS_fdatasync,
    SYS_sync_file_range,
    SYS_renameat,
    SYS_renameat2,
    SYS_linkat,
    SYS_unlinkat,
    SYS_mkdirat,
    SYS_fchmod,
    SYS_fchown,
    SYS_fcntl,
    SYS_flock,
    SYS_dup,
    SYS_readlinkat,
    SYS_getcwd,
    SYS_fstatfs,
    SYS_utimensat,
    SYS_fadvise64,
#ifdef SYS_open
    SYS_poll,
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_rename,
    SYS_link,
    SYS_unlink,
    SYS_mkdir,
    SYS_rmdir,
    SYS_readlink,
#endif
    /* memory; mmap and mprotect are looked at more closely below */
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_mlock,
    SYS_mlock2,
    SYS_munlock,
    SYS_futex,
    /* time, randomness, itself */
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_getpid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_sysinfo,
    SYS_sched_yield,
    SYS_restart_syscall,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_tgkill,
    SYS_exit,
    SYS_exit_group,
};

#define ALLOWED (sizeof allowed / sizeof *allowed)
#define PROGRAM_MAX (2 * ALLOWED + 24)

struct program {
    struct sock_filter line[PROGRAM_MAX];
    unsigned short lines;
};

static void put(struct program *program, struct sock_filter line)
{
    assert(program->lines < PROGRAM_MAX);
    program->line[program->lines++] = line;
}

static void load(struct program *program, size_t offset)
{
    put(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct program *program, uint32_t with)
{
    put(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, with));
}

/* Memory may be mapped, and never so that it can be run. The call's number is loaded before and after. */
static void allow_without_execution(struct program *program, uint32_t call)
{
    put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4));
    load(program, offsetof(struct seccomp_data, args[2])); /* the low half: both architectures are little-endian */
    put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0));
    answer(program, SECCOMP_RET_ALLOW);
    answer(program, SECCOMP_RET_ERRNO | EPERM);
}

static void write_program(struct program *program)
{
#ifdef OUR_ARCHITECTURE
    load(program, offsetof(struct seccomp_data, arch));
    put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0));
    answer(program, SECCOMP_RET_KILL_PROCESS);
#endif
    load(program, offsetof(struct seccomp_data, nr));
    allow_without_execution(program, SYS_mmap);
    allow_without_execution(program, SYS_mprotect);
    for (size_t i = 0; i < ALLOWED; i++) {
        put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1));
        answer(program, SECCOMP_RET_ALLOW);
    }
    answer(program, SECCOMP_RET_ERRNO | EPERM);
}

static bool filter_calls(void)
{
    struct program program = {.lines = 0};

    if (WITHOUT_FILTER)
        return false;
    write_program(&program);
    const struct sock_fprog filter = {program.lines, program.line};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

unsigned sandbox_enter(const char *directory)
{
    unsigned had = 0;

    sandbox_begin();
    had |= mlockall(MCL_CURRENT | MCL_ONFAULT) == 0 ? SANDBOX_LOCKED : 0;
    had |= leave_network() ? SANDBOX_NETWORK : 0;
    had |= restrict_files(directory) ? SANDBOX_LANDLOCK : 0;
    had |= filter_calls() ? SANDBOX_SECCOMP : 0;
    LOG(INFO, "safe.sandbox", FIELD("network", (bool)(had & SANDBOX_NETWORK)),
        FIELD("landlock", (bool)(had & SANDBOX_LANDLOCK)), FIELD("seccomp", (bool)(had & SANDBOX_SECCOMP)),
        FIELD("locked", (bool)(had & SANDBOX_LOCKED)));
    return had;
}
