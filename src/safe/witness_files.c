/* SPDX-License-Identifier: Apache-2.0 */
#include "witness_files.h"

#include "base/file.h"
#include "base/log.h"
#include "node.h"

#define ROOM (64 * 1024) /* beside the text: what is parsed of it */

/* A line, or nothing. As all that look at a file it has the form of policy_parse. */
static enum error check_region(struct slice text, struct arena *arena, const struct policy **ret_policy,
                               struct fault *fault)
{
    struct slice rest = text, url = slice_cut(&rest, '\n');

    (void)arena;
    (void)ret_policy;
    if (rest.length > 0)
        return fault_set(fault, ERROR_SYNTAX, "a region is one line");
    for (size_t i = 0; i < url.length; i++)
        if (url.data[i] <= ' ' || url.data[i] > '~')
            return fault_set(fault, ERROR_SYNTAX, "the region's URL has a character that no URL has");
    if (url.length > 0 && !slice_starts_with(url, SLICE("https://")) && !slice_starts_with(url, SLICE("http://")))
        return fault_set(fault, ERROR_VALUE, "the region's URL begins with https:// or http://");
    return OK;
}

/* What the certificates say is for the courier to read, which speaks TLS. */
static enum error check_authorities(struct slice text, struct arena *arena, const struct policy **ret_policy,
                                    struct fault *fault)
{
    static const struct slice begin = SLICE("-----BEGIN CERTIFICATE-----"), end = SLICE("-----END CERTIFICATE-----");
    size_t first = slice_search(text, begin);

    (void)arena;
    (void)ret_policy;
    if (first == SIZE_MAX || slice_search(slice_from(text, first), end) == SIZE_MAX)
        return fault_set(fault, ERROR_SYNTAX, "there is no certificate in PEM");
    return OK;
}

static const struct {
    const char *name;
    struct label label;
    size_t maximum;
    bool may_go; /* that it is gone is as good as that it never was */
    enum error (*check)(struct slice text, struct arena *arena, const struct policy **ret_policy, struct fault *fault);
} specs[WITNESS_FILES] = {
    /* Who wants no witnesses any more says so: `quorum none`. */
    [WITNESS_POLICY] = {"witnesses", {"witnesses"}, POLICY_BYTES_MAX, false, policy_parse},
    [WITNESS_REGION] = {"region", {"region"}, WITNESS_REGION_MAX, true, check_region},
    [WITNESS_AUTHORITIES] = {"witnesses.pem", {"witnesses.pem"}, WITNESS_AUTHORITIES_MAX, true, check_authorities},
};

/* Told once for each text that is refused. */
static void refuse(struct witness_file *file, size_t which, struct slice text, enum error error)
{
    struct hash hash = hash_sha256(text);

    if (!file->refused || !hash_equal(&file->refused_text, &hash))
        LOG(ERROR, "safe.witness_file_refused", FIELD("file", specs[which].label), FIELD_ERROR(error));
    file->refused = true;
    file->refused_text = hash;
}

static void accept(struct witness_file *file, size_t which, struct slice text, struct arena *arena)
{
    arena_free(file->before);
    file->before = file->arena;
    file->arena = arena;
    file->text = text;
    file->refused = false;
    LOG(INFO, "safe.witness_file_taken", FIELD("file", specs[which].label));
}

/* What lies there, or nothing. */
static enum error read_text(const struct witness_file *file, size_t which, const char *directory, struct arena *arena,
                            struct slice *ret_text, bool *ret_there, struct fault *fault)
{
    enum error error = file_read(arena, node_path(directory, specs[which].name).text, specs[which].maximum, ret_text,
                                 fault);

    *ret_there = error == OK;
    if (error != ERROR_FILE_MISSING || (file->text.length > 0 && !specs[which].may_go))
        return error;
    *ret_text = SLICE("");
    return OK;
}

/* *ret_policy is set with *ret_changed, of the policy's file. ERROR_MEMORY, or why the text is refused. */
static enum error look_at(struct witness_file *file, size_t which, const char *directory,
                          const struct policy **ret_policy, bool *ret_changed, struct fault *fault)
{
    struct arena *arena = arena_new(specs[which].maximum + ROOM);
    struct slice text = SLICE("");
    bool there;

    *ret_changed = false;
    if (!arena)
        return ERROR_MEMORY;
    enum error error = read_text(file, which, directory, arena, &text, &there, fault);
    bool other = error == OK && (!slice_equal(text, file->text) || (there && !file->arena));
    if (other && there)
        error = specs[which].check(text, arena, ret_policy, fault);
    if (error != OK && error != ERROR_MEMORY)
        refuse(file, which, text, error);
    *ret_changed = other && error == OK;
    if (*ret_changed)
        accept(file, which, text, arena);
    else
        arena_free(arena);
    file->refused = file->refused && error != OK;
    return error;
}

enum error witness_files_look(struct witness_files *files, const char *directory, bool *ret_changed)
{
    bool changed;

    *ret_changed = false;
    for (size_t i = 0; i < WITNESS_FILES; i++)
        if (look_at(&files->file[i], i, directory, &files->policy, i == WITNESS_POLICY ? ret_changed : &changed,
                    NULL) == ERROR_MEMORY)
            return ERROR_MEMORY;
    return OK;
}

enum error witness_files_open(struct witness_files *files, const char *directory, struct fault *fault)
{
    bool changed;

    for (size_t i = 0; i < WITNESS_FILES; i++) {
        struct witness_file *file = &files->file[i];
        enum error error = look_at(file, i, directory, &files->policy, &changed, i == WITNESS_POLICY ? fault : NULL);
        if (error == ERROR_MEMORY || (error != OK && i == WITNESS_POLICY))
            return error;
    }
    return OK;
}

void witness_files_close(struct witness_files *files)
{
    for (size_t i = 0; i < WITNESS_FILES; i++) {
        arena_free(files->file[i].arena);
        arena_free(files->file[i].before);
    }
    *files = (struct witness_files){.policy = NULL};
}

unsigned witness_files_refused(const struct witness_files *files)
{
    unsigned refused = 0;

    for (size_t i = 0; i < WITNESS_FILES; i++)
        refused += files->file[i].refused;
    return refused;
}
