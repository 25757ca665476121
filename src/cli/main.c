/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium COMMAND: one table of commands, and help grown from it. */

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "command.h"

static const struct command commands[] = {
#define COMMAND(name, function, synopsis, help) {name, function, synopsis, help},
#include "commands.def"
#undef COMMAND
};

const struct command *command_at(size_t index)
{
    return index < sizeof commands / sizeof *commands ? &commands[index] : NULL;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; command_at(i); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

int command_usage(const char *name)
{
    const struct command *command = command_find(name);

    fprintf(stderr, "Usage: hospitium %s %s\nHint: `hospitium help %s` says what it does.\n", name,
            command ? command->synopsis : "", name);
    return EXIT_USAGE;
}

int command_help(int argc, char **argv)
{
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;

    if (command) {
        printf("hospitium %s %s\n\n%s\n", command->name, command->synopsis, command->help);
        return EXIT_DONE;
    }
    printf("Hospitium %s: care for migrants without paying with health or privacy.\n\n", HOSPITIUM_VERSION);
    for (size_t i = 0; command_at(i); i++)
        printf("  %-11s %s\n", commands[i].name, commands[i].help);
    printf("\n`hospitium help COMMAND` says how each is used.\n"
           "Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 fault.\n");
    return EXIT_DONE;
}

int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("hospitium %s\n", HOSPITIUM_VERSION);
    return EXIT_DONE;
}

/* Completion knows the commands and, for each, the options that stand in its synopsis. */
int command_completion(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "bash") != 0)
        return command_usage(argv[0]);
    printf("_hospitium() {\n  local word=${COMP_WORDS[COMP_CWORD]}\n"
           "  if [ \"$COMP_CWORD\" = 1 ]; then\n    COMPREPLY=($(compgen -W '");
    for (size_t i = 0; command_at(i); i++)
        printf("%s ", commands[i].name);
    printf("' -- \"$word\"))\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; command_at(i); i++) {
        printf("    %s) COMPREPLY=($(compgen -f -W '", commands[i].name);
        for (const char *at = strstr(commands[i].synopsis, "--"); at; at = strstr(at + 2, "--"))
            printf("%.*s ", (int)strcspn(at, " ]|"), at);
        printf("' -- \"$word\")) ;;\n");
    }
    printf("  esac\n}\ncomplete -o filenames -F _hospitium hospitium\n");
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return command_error(ERROR_INTERNAL, NULL);
    if (argc < 2)
        return command_help(0, NULL);
    if (strcmp(argv[1], "safe") == 0)
        return command_safe(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return command_help(0, NULL);
    if (strcmp(argv[1], "--version") == 0)
        return command_version(0, NULL);

    const struct command *command = command_find(argv[1]);
    if (!command) {
        fprintf(stderr, "There is no command %s.\nHint: `hospitium help` lists them.\n", argv[1]);
        return EXIT_USAGE;
    }
    return command->function(argc - 1, argv + 1);
}
