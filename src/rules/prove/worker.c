/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "worker.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "rules/z3_module.h"

#define SOCKET 3
#define ABSENT_WORDS_MAX 280
#define FILES_MAX 32          /* libraries and their data while Z3 is loaded */
#define PROCESSOR_SECONDS 600 /* for all texts together: a last resort when the parent cannot kill */

/* Leaves standard streams that go nowhere and the socket, as descriptors 0 to 3. */
static void give_up_files(int socket)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (socket != SOCKET && dup2(socket, SOCKET) < 0)
        _exit(1);
    for (int stream = 0; stream < SOCKET; stream++)
        dup2(nothing, stream);
    close_range(SOCKET + 1, ~0u, 0);
}

static void limit(int resource, rlim_t most)
{
    const struct rlimit limits = {most, most};

    setrlimit((__rlimit_resource_t)resource, &limits);
}

/* What this process maps already does not count: a sanitizer maps terabytes before main. */
static rlim_t address_space(unsigned memory_mb)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file && fscanf(file, "%llu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages == 0 ? RLIM_INFINITY : pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)memory_mb << 20) * 2;
}

static void give_up_rights(const struct solver_settings *settings)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    limit(RLIMIT_AS, address_space(settings->memory_mb));
    limit(RLIMIT_CPU, PROCESSOR_SECONDS);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, FILES_MAX);
}

/* Beside the program; tests stand elsewhere and say so. */
static bool module_path(const struct solver_settings *settings, char *path, size_t capacity)
{
    const char *directory = secure_getenv("HOSPITIUM_MODULE_DIR");
    char program[PATH_MAX];

    if (settings->module)
        return snprintf(path, capacity, "%s", settings->module) < (int)capacity;
    if (!directory) {
        ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
        if (length <= 0)
            return false;
        program[length] = '\0';
        *strrchr(program, '/') = '\0';
        directory = program;
    }
    return snprintf(path, capacity, "%s/" Z3_MODULE_FILE, directory) < (int)capacity;
}

static void send_message(char kind, struct slice words)
{
    uint32_t length = (uint32_t)words.length + 1;

    if (file_write_all(SOCKET, &length, sizeof length) != OK || file_write_all(SOCKET, &kind, 1) != OK ||
        file_write_all(SOCKET, words.data, words.length) != OK)
        _exit(0);
}

static const struct z3_module *load_module(const struct solver_settings *settings)
{
    char path[PATH_MAX];
    void *library = module_path(settings, path, sizeof path) ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    const struct z3_module *module = library ? dlsym(library, Z3_MODULE_SYMBOL) : NULL;

    if (module)
        return module;
    const char *reason = library ? "it is of another version" : dlerror();
    char words[ABSENT_WORDS_MAX];
    snprintf(words, sizeof words, "%s (Z3 is Debian's package libz3-4; beside the program lies " Z3_MODULE_FILE ")",
             reason ? reason : "its place is not known");
    send_message(WORKER_ABSENT, slice_from_string(words));
    _exit(0);
}

static bool receive(void *into, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = read(SOCKET, (char *)into + done, length - done);
        if (count == 0 || (count < 0 && errno != EINTR))
            return false;
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}

static void serve(const struct z3_module *module, unsigned timeout_ms, char *text, char *answer)
{
    uint32_t length;

    while (receive(&length, sizeof length) && length <= SOLVER_TEXT_MAX && receive(text, length)) {
        size_t words;
        text[length] = '\0';
        enum z3_answer verdict = module->solve(text, timeout_ms, answer, SOLVER_ANSWER_MAX - 1, &words);
        send_message((char)verdict, slice_of(answer, words));
    }
}

void worker_run(int socket, const struct solver_settings *settings)
{
    char name[64];

    give_up_files(socket);
    give_up_rights(settings);
    const struct z3_module *module = load_module(settings);
    char *text = malloc(SOLVER_TEXT_MAX + 1), *answer = malloc(SOLVER_ANSWER_MAX);
    if (!text || !answer)
        _exit(1);
    module->limit_memory(settings->memory_mb);
    module->version(name, sizeof name);
    send_message(WORKER_READY, slice_from_string(name));
    serve(module, settings->timeout_ms, text, answer);
    _exit(0);
}
