/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "rules/dmn/compile.h"
#include "rules/dmn/xml.h"

#define PATH_BYTES_MAX 4096
#define REPORT_BYTES_MAX (1 << 20)

int command_fail(const char *command, enum error error, const struct fault *fault)
{
    const struct error_entry *entry = error_entry(error);
    const char *sentence = fault && fault->detail[0] ? fault->detail : entry->sentence;

    fprintf(stderr, "hospitium %s: %s %s\n", command, sentence, entry->hint);
    return entry->http_status >= 500 ? EXIT_FAULT : EXIT_USAGE;
}

static bool ends_with(const char *path, const char *suffix)
{
    return slice_ends_with(slice_from_string(path), slice_from_string(suffix));
}

/* rules.dmn and pack.json of a folder, or of the folder that the model lies in. */
static bool find_files(const char *path, char *model, char *pack)
{
    struct slice folder = slice_from_string(path);
    int length;

    if (ends_with(path, ".dmn")) {
        while (folder.length > 0 && folder.data[folder.length - 1] != '/')
            folder.length--;
        length = snprintf(model, PATH_BYTES_MAX, "%s", path);
        return length < PATH_BYTES_MAX &&
               snprintf(pack, PATH_BYTES_MAX, "%.*spack.json", SLICE_PRINT(folder)) < PATH_BYTES_MAX;
    }
    length = snprintf(model, PATH_BYTES_MAX, "%s/rules.dmn", path);
    return length < PATH_BYTES_MAX && snprintf(pack, PATH_BYTES_MAX, "%s/pack.json", path) < PATH_BYTES_MAX;
}

bool command_is_pack(const char *path)
{
    char model[PATH_BYTES_MAX], pack[PATH_BYTES_MAX];

    return !ends_with(path, ".dmn") || (find_files(path, model, pack) && file_exists(pack));
}

static enum error compile_files(struct arena *arena, const char *model, const char *pack, struct report *report,
                                struct buffer *ret_compiled, struct fault *fault)
{
    struct slice dmn, pack_json;

    TRY(file_read(arena, model, XML_BYTES_MAX, &dmn, fault));
    if (!file_exists(pack))
        return compile_model(arena, dmn, report, ret_compiled, fault);
    TRY(file_read(arena, pack, XML_BYTES_MAX, &pack_json, fault));
    return compile_pack(arena, dmn, pack_json, report, ret_compiled, fault);
}

enum error command_compile(struct arena *arena, const char *path, struct buffer *ret_compiled, struct fault *fault)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(REPORT_BYTES_MAX);
    struct report report = {.into = &lines};
    char model[PATH_BYTES_MAX], pack[PATH_BYTES_MAX];

    if (!find_files(path, model, pack))
        return fault_set(fault, ERROR_TOO_LARGE, "The path is too long.");
    enum error error = compile_files(arena, model, pack, &report, ret_compiled, fault);
    if (report.count > 0)
        fprintf(stderr, "%.*s", SLICE_PRINT(buffer_view(&lines)));
    return error;
}

enum error command_read_pack(struct arena *arena, const char *path, struct slice *ret_dmn, struct slice *ret_pack,
                             struct fault *fault)
{
    char model[PATH_BYTES_MAX], pack[PATH_BYTES_MAX];

    if (!find_files(path, model, pack))
        return fault_set(fault, ERROR_TOO_LARGE, "The path is too long.");
    TRY(file_read(arena, model, XML_BYTES_MAX, ret_dmn, fault));
    return file_read(arena, pack, XML_BYTES_MAX, ret_pack, fault);
}
