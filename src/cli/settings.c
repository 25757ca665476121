/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/file.h"
#include "command.h"
#include "safe/node.h"

#define FILE_MAX 65536

static const struct setting table[] = {
#define SETTING(name, kind, least, most, value, help) {name, SETTING_##kind, least, most, value, help},
#include "settings.def"
#undef SETTING
};
#define SETTINGS (sizeof table / sizeof *table)

struct settings {
    struct slice value[SETTINGS];
};

static int find(struct slice name)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (slice_is(name, table[i].name))
            return (int)i;
    return -1;
}

static struct slice trimmed(struct slice text)
{
    while (text.length > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_from(text, 1);
    while (text.length > 0 && (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

static bool allowed(const struct setting *setting, struct slice value)
{
    uint64_t number = value.length;

    if (setting->kind == SETTING_NUMBER && !slice_to_u64(value, &number))
        return false;
    return number >= (uint64_t)setting->least && number <= (uint64_t)setting->most;
}

static enum error read_line(struct settings *settings, struct slice line, unsigned number, struct fault *fault)
{
    struct slice value = trimmed(line), name;

    if (value.length == 0 || value.data[0] == '#')
        return OK;
    name = trimmed(slice_cut(&value, '='));
    value = trimmed(value);
    int found = find(name);
    if (found < 0)
        return fault_set(fault, ERROR_VALUE, "line %u: there is no such setting", number);
    if (!allowed(&table[found], value))
        return fault_set(fault, ERROR_VALUE, "line %u: %s takes %ld to %ld%s", number, table[found].name,
                         table[found].least, table[found].most,
                         table[found].kind == SETTING_NUMBER ? "" : " bytes of text");
    settings->value[found] = value;
    return OK;
}

enum error settings_read(struct arena *arena, const char *path, const struct settings **ret_settings,
                         struct fault *fault)
{
    struct settings *settings = arena_alloc(arena, sizeof *settings);
    struct slice text = slice_of("", 0);
    unsigned number = 0;

    if (!settings)
        return ERROR_MEMORY;
    for (size_t i = 0; i < SETTINGS; i++)
        settings->value[i] = slice_from_string(table[i].value);
    enum error error = file_read(arena, path, FILE_MAX, &text, fault);
    if (error != OK && error != ERROR_FILE_MISSING)
        return error;
    while (text.length > 0)
        TRY(read_line(settings, slice_cut(&text, '\n'), ++number, fault));
    *ret_settings = settings;
    return OK;
}

struct slice settings_text(const struct settings *settings, const char *name)
{
    int found = find(slice_from_string(name));

    if (found < 0)
        abort();
    return settings->value[found];
}

long settings_number(const struct settings *settings, const char *name)
{
    uint64_t number = 0;

    if (!slice_to_u64(settings_text(settings, name), &number))
        abort();
    return (long)number;
}

static void write_defaults(struct buffer *into)
{
    buffer_string(into, "# Settings of this node: lines `name = value`. Take the # away to change one.\n");
    for (size_t i = 0; i < SETTINGS; i++)
        buffer_format(into, "\n# %s\n#%s = %s\n", table[i].help, table[i].name, table[i].value);
}

enum error settings_write_defaults(const char *path)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(FILE_MAX);

    write_defaults(&text);
    TRY(buffer_check(&text));
    return file_replace(path, buffer_view(&text), 0644);
}

static enum error check(const char *directory, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(4 * FILE_MAX);
    const struct settings *settings;

    if (!arena)
        return ERROR_MEMORY;
    TRY(settings_read(arena, node_path(directory, "settings").text, &settings, fault));
    for (size_t i = 0; i < SETTINGS; i++)
        printf("%s = %.*s\n", table[i].name, SLICE_PRINT(settings->value[i]));
    return OK;
}

int command_config(int argc, char **argv)
{
    CLEANUP_BUFFER struct buffer text = buffer_new(FILE_MAX);
    const char *position[2];
    struct fault fault = {0};
    size_t positions;

    if (!command_arguments(argc, argv, NULL, 0, position, 2, &positions) || positions == 0)
        return command_usage(argv[0]);
    if (positions == 1 && strcmp(position[0], "print") == 0) {
        write_defaults(&text);
        printf("%.*s", SLICE_PRINT(buffer_view(&text)));
        return EXIT_DONE;
    }
    if (positions != 2 || strcmp(position[0], "check") != 0)
        return command_usage(argv[0]);
    enum error error = check(position[1], &fault);
    return error == OK ? EXIT_DONE : command_error(error, &fault);
}
