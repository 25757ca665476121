/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "translit.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>

#include "translit_module.h"
#include "utf8.h"

/* A letter of some scripts becomes a syllable of up to this many bytes for each of its own. */
#define GROWTH 4

static struct {
    once_flag once;
    translit_module_call *call;
    struct fault fault;
} module = {.once = ONCE_FLAG_INIT};

/* The environment is not asked in a program that runs with more rights than its caller. */
static bool module_path(char *path, size_t capacity)
{
    char program[PATH_MAX];
    const char *directory = secure_getenv("HOSPITIUM_MODULE_DIR");

    if (!directory) {
        ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
        if (length <= 0)
            return false;
        program[length] = '\0';
        *strrchr(program, '/') = '\0';
        directory = program;
    }
    return snprintf(path, capacity, "%s/%s", directory, TRANSLIT_MODULE_FILE) < (int)capacity;
}

static void load(void)
{
    char path[PATH_MAX];

    if (!module_path(path, sizeof path)) {
        fault_set(&module.fault, ERROR_FILE_MISSING, "the directory of " TRANSLIT_MODULE_FILE " is not known");
        return;
    }
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, TRANSLIT_MODULE_SYMBOL) : NULL;
    if (!symbol)
        fault_set(&module.fault, ERROR_FILE_MISSING, "the module for scripts other than Latin: %s", path);
    memcpy(&module.call, &symbol, sizeof symbol); /* POSIX lets dlsym return a function; C has no cast for it */
}

static bool is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            return false;
    return true;
}

static enum error lower_ascii(struct arena *arena, struct slice text, struct slice *ret_latin)
{
    char *out = arena_alloc(arena, text.length);

    if (!out)
        return ERROR_MEMORY;
    for (size_t i = 0; i < text.length; i++)
        out[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] - 'A' + 'a') : text.data[i];
    *ret_latin = slice_of(out, text.length);
    return OK;
}

static enum error call_module(struct arena *arena, struct slice text, struct slice *ret_latin)
{
    size_t capacity = GROWTH * text.length + 64, length;
    char *out = arena_alloc(arena, capacity);

    if (!out)
        return ERROR_MEMORY;
    switch (module.call(text.data, text.length, out, capacity, &length)) {
    case TRANSLIT_DONE:
        *ret_latin = slice_of(out, length);
        return OK;
    case TRANSLIT_NO_ROOM:
        return ERROR_TOO_LARGE;
    case TRANSLIT_FAILED:
        break;
    }
    return ERROR_INTERNAL;
}

enum error translit_latin(struct arena *arena, struct slice text, struct slice *ret_latin, struct fault *fault)
{
    if (text.length > TRANSLIT_BYTES_MAX)
        return ERROR_TOO_LARGE;
    if (is_ascii(text))
        return lower_ascii(arena, text, ret_latin);
    if (!utf8_valid(text))
        return ERROR_UTF8;
    call_once(&module.once, load);
    if (!module.call)
        return fault_set(fault, module.fault.code, "%s", module.fault.detail);
    return call_module(arena, text, ret_latin);
}
