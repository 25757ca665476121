/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "command.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "rules/module.h"

static const struct option_spec *find_option(const char *argument, const struct option_spec *option, size_t options)
{
    for (size_t i = 0; i < options; i++)
        if (strncmp(argument, "--", 2) == 0 && strcmp(argument + 2, option[i].name) == 0)
            return &option[i];
    return NULL;
}

bool command_arguments(int argc, char **argv, const struct option_spec *option, size_t options, const char **position,
                       size_t maximum, size_t *ret_positions)
{
    *ret_positions = 0;
    for (int i = 1; i < argc; i++) {
        const struct option_spec *found = find_option(argv[i], option, options);
        if (found && found->flag) {
            *found->flag = true;
        } else if (found && i + 1 < argc) {
            *found->value = argv[++i];
        } else if (strncmp(argv[i], "--", 2) == 0) {
            fprintf(stderr, found ? "%s needs a value.\n" : "There is no option %s.\n", argv[i]);
            return false;
        } else if (*ret_positions == maximum) {
            fprintf(stderr, "There are too many arguments.\n");
            return false;
        } else {
            position[(*ret_positions)++] = argv[i];
        }
    }
    return true;
}

static enum exit_code exit_code_of(enum error error)
{
    switch (error) {
    case OK:
        return EXIT_DONE;
    case ERROR_USAGE:
    case ERROR_VALUE:
    case ERROR_REQUIRED:
        return EXIT_USAGE;
    case ERROR_REFUSED:
    case ERROR_NOT_FOUND:
    case ERROR_PROOF:
    case ERROR_SIGNATURE:
    case ERROR_QUORUM:
    case ERROR_REFUTED:
    case ERROR_UNPROVED:
    case ERROR_CORRUPT:
        return EXIT_NO;
    default:
        return EXIT_FAULT;
    }
}

int command_error(enum error error, const struct fault *fault)
{
    const struct error_entry *entry = error_entry(error);

    if (fault && fault->detail[0])
        fprintf(stderr, "%s (%s)\nHint: %s\n", entry->sentence, fault->detail, entry->hint);
    else
        fprintf(stderr, "%s\nHint: %s\n", entry->sentence, entry->hint);
    return exit_code_of(error);
}

bool command_duration(const char *text, unsigned long *ret_seconds)
{
    static const struct {
        char unit;
        unsigned long seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    struct slice number = slice_from_string(text);
    unsigned long unit = 1;
    uint64_t value;

    for (size_t i = 0; i < sizeof units / sizeof *units && number.length > 0; i++) {
        if (number.data[number.length - 1] != units[i].unit)
            continue;
        unit = units[i].seconds;
        number.length--;
        break;
    }
    if (!slice_to_u64(number, &value) || value == 0 || value > 366u * 86400)
        return false;
    *ret_seconds = value * unit;
    return true;
}

enum error command_world(bool demo, unsigned role, struct world *ret_world)
{
    struct slice twin = slice_from_string(getenv("HOSPITIUM_TWIN"));
    uint64_t seed, seconds;

    *ret_world = world_real();
    if (twin.length == 0)
        return OK;
    struct slice first = slice_cut(&twin, ':');
    if (!demo || !slice_to_u64(first, &seed) || !slice_to_u64(twin, &seconds))
        return ERROR_USAGE;
    *ret_world = world_driven(4 * seed + role, (int64_t)seconds * 1000000000);
    log_set_clock(NULL, NULL); /* the machine's clock would tell twins apart */
    return OK;
}

bool command_program_path(char *into, size_t bytes)
{
    ssize_t length = readlink("/proc/self/exe", into, bytes - 1);

    if (length <= 0)
        return false;
    into[length] = '\0';
    return true;
}

/* Installed beside the program, or in the source tree that it was built in. */
bool command_share_path(const char *below, char *into, size_t bytes)
{
    static const char *const places[] = {"../share/hospitium", ".."};
    char program[PATH_MAX];

    if (!command_program_path(program, sizeof program))
        return false;
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (snprintf(into, bytes, "%s/%s/%s", program, places[i], below) < (int)bytes && file_exists(into))
            return true;
    return false;
}

const struct rules_module *command_rules_module(void)
{
    char path[PATH_MAX + 32];

    if (!command_program_path(path, PATH_MAX))
        return NULL;
    snprintf(strrchr(path, '/') + 1, 32, "hospitium-rules.so");
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct rules_module *module = handle ? dlsym(handle, RULES_MODULE_SYMBOL) : NULL;
    if (module && module->version == RULES_MODULE_VERSION)
        return module;
    fprintf(stderr, "The module hospitium-rules.so cannot be loaded.\nHint: It lies beside the program; %s\n",
            handle ? "it is of another version." : dlerror());
    return NULL;
}

int command_decide(int argc, char **argv)
{
    const struct rules_module *module = command_rules_module();
    return module ? module->decide_command(argc, argv) : EXIT_FAULT;
}

int command_prove(int argc, char **argv)
{
    const struct rules_module *module = command_rules_module();
    return module ? module->prove_command(argc, argv) : EXIT_FAULT;
}

int command_tck(int argc, char **argv)
{
    const struct rules_module *module = command_rules_module();
    return module ? module->tck_command(argc, argv) : EXIT_FAULT;
}
