/* SPDX-License-Identifier: Apache-2.0 */
#include "published.h"

#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/encode.h"
#include "crypto/hash.h"
#include "safe/node.h"
#include "safe/rulesets.h"
#include "server/http.h"

#define SETS_MAX 16
#define FILE_BYTES_MAX (16u << 20)
#define VERSION_DIGITS 16

enum { MODULE, SCRIPT, LIBRARY, PARTS };

static const struct {
    const char *stem, *extension, *media_type;
} parts[PARTS] = {
    [MODULE] = {"hospitium-rules", "wasm", "application/wasm"},
    [SCRIPT] = {"check", "js", "text/javascript; charset=utf-8"},
    [LIBRARY] = {"rules", "js", "text/javascript; charset=utf-8"},
};

struct published {
    struct published_file part[PARTS];
    bool has_parts;
    struct slice name[SETS_MAX];
    struct published_file rules[SETS_MAX], proof[SETS_MAX];
    size_t sets;
};

struct loading {
    struct arena *arena;
    const char *directory;
    struct published *published;
};

/* Compressed once, for all who ask. */
static enum error pack_file(struct arena *arena, struct published_file *file)
{
    CLEANUP_BUFFER struct buffer packed = buffer_new(FILE_BYTES_MAX);

    if (http_gzip(file->plain, &packed) != OK)
        return OK;
    file->gzip = arena_copy(arena, buffer_view(&packed));
    return file->gzip.data ? OK : ERROR_MEMORY;
}

static enum error finish_file(struct arena *arena, const char *media_type, struct published_file *file,
                              char version[static VERSION_DIGITS])
{
    struct hash hash = hash_sha256(file->plain);

    encode_hex(slice_of(hash.byte, VERSION_DIGITS / 2), version);
    file->media_type = media_type;
    file->tag = arena_format(arena, "W/\"%.*s\"", VERSION_DIGITS, version);
    TRY(pack_file(arena, file));
    return file->path.data && file->tag.data ? OK : ERROR_MEMORY;
}

/* ---- rule sets ---- */

static enum error load_set_file(const struct loading *loading, const char *below, const char *path,
                                struct published_file *ret_file)
{
    struct published_file file = {.path = arena_format(loading->arena, "%s", path)};
    char version[VERSION_DIGITS];

    TRY(file_read(loading->arena, node_path(loading->directory, below).text, FILE_BYTES_MAX, &file.plain, NULL));
    TRY(finish_file(loading->arena, "application/json", &file, version));
    *ret_file = file;
    return OK;
}

/* Only such names are ever part of an address. */
static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name) &&
           strlen(name) <= NODE_NAME_MAX;
}

static enum error load_set(void *context, const char *name)
{
    const struct loading *loading = context;
    struct published *published = loading->published;
    char below[NODE_NAME_MAX + 32], path[NODE_NAME_MAX + 32];

    if (!is_plain_name(name) || published->sets == SETS_MAX) {
        LOG(WARNING, "rules.not_published");
        return OK;
    }
    snprintf(below, sizeof below, "rules/%s.rules.json", name);
    snprintf(path, sizeof path, "/rules/%s.json", name);
    TRY(load_set_file(loading, below, path, &published->rules[published->sets]));
    snprintf(below, sizeof below, "rules/%s.proof.json", name);
    snprintf(path, sizeof path, "/rules/%s.proof.json", name);
    TRY(load_set_file(loading, below, path, &published->proof[published->sets]));
    published->name[published->sets] = arena_format(loading->arena, "%s", name);
    published->sets++;
    return OK;
}

/* ---- the module and its scripts ---- */

static enum error load_part(struct arena *arena, const char *folder, int part, struct published_file *ret_file)
{
    struct published_file file = {.path = arena_format(arena, "/%s.%s", parts[part].stem, parts[part].extension)};
    struct slice on_disk = arena_format(arena, "%s%.*s", folder, SLICE_PRINT(file.path));
    char version[VERSION_DIGITS];

    if (!on_disk.data)
        return ERROR_MEMORY;
    TRY(file_read(arena, on_disk.data, FILE_BYTES_MAX, &file.plain, NULL));
    TRY(finish_file(arena, parts[part].media_type, &file, version));
    file.versioned = arena_format(arena, "/%s.%.*s.%s", parts[part].stem, VERSION_DIGITS, version,
                                  parts[part].extension);
    *ret_file = file;
    return file.versioned.data ? OK : ERROR_MEMORY;
}

static void load_parts(struct arena *arena, const char *folder, struct published *published)
{
    published->has_parts = folder[0] != '\0';
    for (int part = 0; part < PARTS && published->has_parts; part++)
        published->has_parts = load_part(arena, folder, part, &published->part[part]) == OK;
}

enum error published_load(struct arena *arena, const char *directory, const char *folder, const struct published **ret)
{
    struct published *published = arena_alloc(arena, sizeof *published);
    struct loading loading = {arena, directory, published};

    if (!published)
        return ERROR_MEMORY;
    TRY(load_set(&loading, RULESETS_JOINT));
    TRY(rulesets_packs(directory, load_set, &loading));
    load_parts(arena, folder, published);
    *ret = published;
    return OK;
}

/* ---- finding ---- */

static bool has_path(const struct published_file *file, struct slice path, bool *ret_versioned)
{
    *ret_versioned = file->versioned.length > 0 && slice_equal(file->versioned, path);
    return *ret_versioned || slice_equal(file->path, path);
}

const struct published_file *published_find(const struct published *published, struct slice path, bool *ret_versioned)
{
    for (int part = 0; part < PARTS && published->has_parts; part++)
        if (has_path(&published->part[part], path, ret_versioned))
            return &published->part[part];
    for (size_t s = 0; s < published->sets; s++) {
        if (has_path(&published->rules[s], path, ret_versioned))
            return &published->rules[s];
        if (has_path(&published->proof[s], path, ret_versioned))
            return &published->proof[s];
    }
    return NULL;
}

const struct published_file *published_script(const struct published *published)
{
    return published->has_parts ? &published->part[SCRIPT] : NULL;
}

const struct published_file *published_module(const struct published *published)
{
    return published->has_parts ? &published->part[MODULE] : NULL;
}

struct published_set published_rules(const struct published *published, struct slice name)
{
    struct published_set none = {NULL, NULL};

    for (size_t s = 0; s < published->sets; s++)
        if (slice_equal(published->name[s], name))
            return (struct published_set){&published->rules[s], &published->proof[s]};
    return none;
}
