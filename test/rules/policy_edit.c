/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "model_text.h"
#include "rules/dmn/compile.h"

#define BYTES_MAX (16 << 20)

static void escaped(struct buffer *into, const char *text)
{
    for (; *text; text++)
        buffer_string(into, *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : (char[]){*text, '\0'});
}

static struct slice edited(struct arena *arena, struct slice dmn, const struct edit *edit)
{
    CLEANUP_BUFFER struct buffer into = buffer_new(BYTES_MAX);
    char id[128];

    snprintf(id, sizeof id, "id=\"%s\"><text>", edit->cell);
    size_t at = slice_search(dmn, slice_from_string(id));
    if (at == SIZE_MAX)
        fail_msg("there is no cell %s", edit->cell);
    at += strlen(id);
    buffer_slice(&into, slice_of(dmn.data, at));
    escaped(&into, edit->text);
    struct slice rest = slice_from(dmn, at);
    buffer_slice(&into, slice_from(rest, slice_search(rest, SLICE("</text>"))));
    return arena_copy(arena, buffer_view(&into));
}

void policy_compile(struct arena *arena, const char *name, const struct edit *edits, const char *pack,
                    struct policy *ret)
{
    CLEANUP_BUFFER struct buffer lines = buffer_new(BYTES_MAX);
    struct report report = {.into = &lines};
    struct fault fault = {0};
    char path[256];

    snprintf(path, sizeof path, "policy/%s/rules.dmn", name);
    struct slice dmn = model_file(arena, path);
    for (; edits && edits->cell; edits++)
        dmn = edited(arena, dmn, edits);
    snprintf(path, sizeof path, "policy/%s/pack.json", name);
    struct slice pack_json = pack ? slice_from_string(pack) : model_file(arena, path);
    ret->compiled = buffer_new(BYTES_MAX);
    ret->dmn = dmn;
    ret->pack = pack_json;
    if (compile_pack(arena, dmn, pack_json, &report, &ret->compiled, &fault) != OK ||
        rule_set_load(arena, buffer_view(&ret->compiled), &ret->set, &fault) != OK)
        fail_msg("%s\n%.*s", fault.detail, SLICE_PRINT(buffer_view(&lines)));
}

bool policy_proves(const struct proof *proof, enum rule_property property, const char *scope,
                   struct slice *ret_counterexample)
{
    bool tried = false, proved = true;

    for (size_t i = 0; i < proof->count; i++) {
        const struct property_verdict *verdict = &proof->verdict[i];
        if (verdict->property != property || strcmp(verdict->scope, scope) != 0)
            continue;
        tried = true;
        if (!verdict->proved)
            *ret_counterexample = verdict->counterexample;
        proved &= verdict->proved;
    }
    if (!tried)
        fail_msg("%s (%s) was not tried", rule_property_entry(property)->name, scope);
    return proved;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t policy_names(struct arena *arena, const char **name, size_t maximum)
{
    DIR *folder = opendir(SOURCE_ROOT "/policy");
    size_t count = 0;

    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[512];
        snprintf(path, sizeof path, SOURCE_ROOT "/policy/%s/rules.dmn", entry->d_name);
        FILE *file = fopen(path, "re");
        if (!file)
            continue;
        fclose(file);
        assert_true(count < maximum);
        name[count++] = arena_copy(arena, slice_from_string(entry->d_name)).data;
    }
    closedir(folder);
    qsort(name, count, sizeof *name, by_name);
    return count;
}
