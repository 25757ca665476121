/* SPDX-License-Identifier: Apache-2.0 */
#include "module_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "module_directory.h"

#define BYTES_MAX (16 << 20)

const struct rules_module *module;
static char folder[] = "/tmp/rules_module_XXXXXX";

int module_open(void **state)
{
    char path[PATH_MAX];

    (void)state;
    module_directory_set();
    snprintf(path, sizeof path, "%s/hospitium-rules.so", getenv("HOSPITIUM_MODULE_DIR"));
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    module = dlsym(handle, RULES_MODULE_SYMBOL);
    return module && module->version == RULES_MODULE_VERSION && mkdtemp(folder) ? 0 : -1;
}

const char *module_path(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void module_write(const char *name, const char *content)
{
    assert_int_equal(OK, file_replace_derived(module_path(name), slice_from_string(content), 0600));
}

/* Puts a file in the place of a standard stream while a command runs. */
static int redirect(int stream, const char *name, int flags)
{
    int kept = dup(stream), file = open(module_path(name), flags | O_CLOEXEC, 0600);

    assert_true(kept >= 0 && file >= 0);
    fflush(NULL);
    dup2(file, stream);
    close(file);
    return kept;
}

static void restore(int stream, int kept)
{
    fflush(NULL);
    dup2(kept, stream);
    close(kept);
}

struct module_run module_run(struct arena *arena, int (*command)(int, char **), const char *const *arguments,
                             const char *input)
{
    char *argv[16];
    int argc = 0;

    for (; arguments[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc];
    argv[argc] = NULL;
    module_write("in", input);
    int in = redirect(0, "in", O_RDONLY), out = redirect(1, "out", O_WRONLY | O_CREAT | O_TRUNC);
    int err = redirect(2, "err", O_WRONLY | O_CREAT | O_TRUNC);
    rewind(stdin);
    struct module_run run = {.code = command(argc, argv)};
    restore(2, err);
    restore(1, out);
    restore(0, in);
    assert_int_equal(OK, file_read(arena, module_path("out"), BYTES_MAX, &run.out, NULL));
    assert_int_equal(OK, file_read(arena, module_path("err"), BYTES_MAX, &run.err, NULL));
    return run;
}
