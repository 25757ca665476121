/* SPDX-License-Identifier: Apache-2.0 */
#include "beside.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "command.h"
#include "rules/combine.h"
#include "rules/prove/triage.h"

#define SETS_MAX 64

struct neighbours {
    const char *name[SETS_MAX];
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum error find(struct arena *arena, const char *folder, struct neighbours *ret, struct fault *fault)
{
    DIR *directory = opendir(folder);

    ret->count = 0;
    if (!directory)
        return fault_set(fault, ERROR_IO, "The folder of the chart cannot be read.");
    for (struct dirent *entry; ret->count < SETS_MAX && (entry = readdir(directory));) {
        struct slice rules = arena_format(arena, "%s/%s/rules.dmn", folder, entry->d_name);
        if (entry->d_name[0] != '.' && rules.data && file_exists(rules.data))
            ret->name[ret->count++] = arena_copy(arena, slice_from_string(entry->d_name)).data;
    }
    closedir(directory);
    qsort(ret->name, ret->count, sizeof *ret->name, by_name);
    return OK;
}

static enum error load(struct arena *arena, const char *folder, const char *name, const struct rule_set **ret_set,
                       struct fault *fault)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(RULE_SET_BYTES_MAX);
    struct slice path = arena_format(arena, "%s/%s", folder, name);

    if (!path.data)
        return ERROR_MEMORY;
    TRY(command_compile(arena, path.data, &compiled, fault));
    return rule_set_load(arena, buffer_view(&compiled), ret_set, fault);
}

static void print_verdict(const struct property_verdict *verdict)
{
    printf("%-8s %-3s %-19s %-15s %11llu cases  %s\n", verdict->proved ? "proved" : "REFUTED", "T3", "treated",
           verdict->scope, (unsigned long long)verdict->cells,
           "Nobody of any colour is refused, delayed or asked to pay first.");
    if (!verdict->proved)
        printf("         %.*s\n", SLICE_PRINT(verdict->counterexample));
}

/* Is it about care? */
static bool is_care(const struct rule_set *set)
{
    return rule_set_decision(set, SLICE(COMBINE_PACK)) || rule_set_decision(set, SLICE(COMBINE_FLOOR));
}

static enum error prove_one(struct proof *proof, const char *folder, const char *name, const struct rule_set *base)
{
    const struct rule_set *care;

    TRY(load(proof->arena, folder, name, &care, proof->fault));
    if (!is_care(care))
        return OK;
    return triage_prove_treated(proof, name, care, rule_set_decision(care, SLICE(COMBINE_PACK)) ? base : NULL);
}

enum error beside_print(struct arena *arena, const char *path, const struct rule_set *set, bool *ret_holds,
                        struct fault *fault)
{
    struct proof *proof = arena_alloc(arena, sizeof *proof);
    struct slice folder = arena_format(arena, "%s/..", path);
    struct slice standard = arena_format(arena, "%s/../joint-standard", path);
    const struct rule_set *base = NULL;
    struct neighbours neighbours;

    *ret_holds = true;
    if (!rule_set_decision(set, SLICE(TRIAGE)))
        return OK;
    if (!proof || !folder.data || !standard.data)
        return ERROR_MEMORY;
    *proof = (struct proof){.arena = arena, .fault = fault, .set = set, .day = PROPERTY_EVERY_DAY};
    TRY(find(arena, folder.data, &neighbours, fault));
    if (file_exists(standard.data))
        TRY(load(arena, folder.data, "joint-standard", &base, fault));
    for (size_t i = 0; i < neighbours.count; i++) {
        size_t before = proof->count;
        if (before == PROOF_VERDICTS_MAX)
            return fault_set(fault, ERROR_TOO_LARGE, "Too many rule sets stand beside the chart.");
        TRY(prove_one(proof, folder.data, neighbours.name[i], base));
        if (proof->count == before)
            continue;
        print_verdict(&proof->verdict[before]);
        *ret_holds = *ret_holds && proof->verdict[before].proved;
    }
    return OK;
}
