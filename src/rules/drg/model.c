/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "model.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/file.h"
#include "reader.h"

#define FILES_MAX 256
#define PATH_BYTES_MAX 4096

static enum error read_turns(struct drg_reader *reader, const struct slice *file, size_t file_count)
{
    TRY(drg_read_sources(reader, file, file_count));
    TRY(drg_enter_names(reader));
    TRY(drg_read_types(reader));
    TRY(drg_read_nodes(reader));
    TRY(drg_read_needs(reader));
    TRY(drg_check_cycles(reader));
    return drg_read_logic(reader);
}

static enum error finish(const struct drg_reader *reader, const struct drg_model **ret)
{
    struct drg_model *model = arena_alloc(reader->arena, sizeof *model);
    struct drg_unit *unit = arena_array(reader->arena, reader->source_count, sizeof *unit);

    if (!model || !unit)
        return ERROR_MEMORY;
    for (size_t i = 0; i < reader->source_count; i++)
        unit[i] = (struct drg_unit){.namespace = reader->source[i].namespace, .name = reader->source[i].name};
    *model = (struct drg_model){.names = reader->names,
                                .unit_count = reader->source_count,
                                .unit = unit,
                                .node_count = reader->node_count,
                                .node = reader->node};
    *ret = model;
    return OK;
}

enum error drg_read(struct arena *arena, const struct slice *file, size_t file_count, struct report *report,
                    const struct drg_model **ret, struct fault *fault)
{
    struct drg_reader *reader = arena_alloc(arena, sizeof *reader);

    if (!reader)
        return ERROR_MEMORY;
    *reader = (struct drg_reader){.arena = arena, .names = feel_names_new(arena), .report = report, .fault = fault};
    if (!reader->names)
        return ERROR_MEMORY;
    enum error error = read_turns(reader, file, file_count);
    drg_free_sources(reader);
    return error == OK ? finish(reader, ret) : error;
}

/* ---- from the disk ---- */

struct files {
    struct arena *arena;
    struct slice folder; /* with its slash */
    size_t count;
    struct slice content[FILES_MAX + 1]; /* the first is the model */
};

static struct slice folder_of(const char *path)
{
    struct slice folder = slice_from_string(path);

    while (folder.length > 0 && folder.data[folder.length - 1] != '/')
        folder.length--;
    return folder;
}

static enum error add_file(struct files *files, const char *name)
{
    struct slice path = arena_format(files->arena, "%.*s%s", SLICE_PRINT(files->folder), name);

    if (!path.data)
        return ERROR_MEMORY;
    enum error error = file_read(files->arena, path.data, XML_BYTES_MAX, &files->content[files->count], NULL);
    files->count += error == OK;
    return error == ERROR_MEMORY ? error : OK; /* a file that cannot be read is no file that is imported */
}

static int by_name(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* Names of .dmn files, in the order of the alphabet, so that the order of the disk decides nothing. */
static enum error list_folder(struct files *files, DIR *folder, struct slice *name, size_t *ret_count)
{
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!slice_ends_with(slice_from_string(entry->d_name), SLICE(".dmn")))
            continue;
        if (*ret_count == FILES_MAX)
            return ERROR_TOO_LARGE;
        name[*ret_count] = arena_format(files->arena, "%s", entry->d_name);
        if (!name[(*ret_count)++].data)
            return ERROR_MEMORY;
    }
    qsort(name, *ret_count, sizeof *name, by_name);
    return OK;
}

static enum error add_folder(struct files *files, struct fault *fault)
{
    struct slice path = arena_format(files->arena, "%.*s.", SLICE_PRINT(files->folder));
    struct slice *name = arena_array(files->arena, FILES_MAX, sizeof *name);
    DIR *folder = path.data && name ? opendir(path.data) : NULL;
    size_t count = 0;

    if (!folder)
        return path.data && name ? ERROR_IO : ERROR_MEMORY;
    enum error error = list_folder(files, folder, name, &count);
    closedir(folder);
    if (error == ERROR_TOO_LARGE)
        return fault_set(fault, error, "More than %d models lie beside one that imports.", FILES_MAX);
    for (size_t i = 0; error == OK && i < count; i++)
        error = add_file(files, name[i].data);
    return error;
}

/* Only a model that imports has a look at its neighbours. */
static bool may_import(struct slice bytes)
{
    return slice_search(bytes, SLICE("import")) != SIZE_MAX;
}

enum error drg_load(struct arena *arena, const char *path, struct report *report, const struct drg_model **ret,
                    struct fault *fault)
{
    struct files *files = arena_alloc(arena, sizeof *files);

    if (!files)
        return ERROR_MEMORY;
    *files = (struct files){.arena = arena, .folder = folder_of(path), .count = 1};
    TRY(file_read(arena, path, XML_BYTES_MAX, &files->content[0], fault));
    if (may_import(files->content[0]))
        TRY(add_folder(files, fault));
    return drg_read(arena, files->content, files->count, report, ret, fault);
}

/* ---- finding ---- */

static const struct drg_node *find_in(const struct drg_model *model, enum drg_kind kind, uint32_t unit,
                                      struct slice name)
{
    for (size_t i = 0; i < model->node_count; i++) {
        const struct drg_node *node = &model->node[i];
        if (node->kind == kind && node->unit == unit && slice_equal(node->name, name))
            return node;
    }
    return NULL;
}

const struct drg_node *drg_find(const struct drg_model *model, enum drg_kind kind, struct slice namespace,
                                struct slice name)
{
    const struct drg_node *node = NULL;

    for (uint32_t u = 0; u < model->unit_count && !node; u++)
        if (namespace.length == 0 || slice_equal(namespace, model->unit[u].namespace))
            node = find_in(model, kind, u, name);
    return node;
}
