/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "rulesets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "node.h"
#include "rules/record.h"

#define RECORD_MAX (1u << 20)
#define SUFFIX ".rules.json"

enum error rulesets_load_proved(struct arena *arena, const char *directory, const char *name,
                                const struct rule_set *base, const struct rule_set **ret_set, struct hash *ret_record,
                                struct fault *fault)
{
    char below[NODE_NAME_MAX + 32];
    struct slice compiled, record_bytes;
    struct rule_record record;

    snprintf(below, sizeof below, "rules/%s" SUFFIX, name);
    TRY(file_read(arena, node_path(directory, below).text, RULE_SET_BYTES_MAX, &compiled, fault));
    snprintf(below, sizeof below, "rules/%s.proof.json", name);
    enum error error = file_read(arena, node_path(directory, below).text, RECORD_MAX, &record_bytes, fault);
    if (error == ERROR_FILE_MISSING)
        return fault_set(fault, ERROR_UNPROVED, "there is no %s", below);
    TRY(error);
    TRY(rule_set_load(arena, compiled, ret_set, fault));
    TRY(rule_record_verify(arena, *ret_set, base, record_bytes, &record, fault));
    *ret_record = record.record_hash;
    return OK;
}

enum error rulesets_load(struct arena *arena, const char *directory, const char *name, const struct rule_set *base,
                         const struct rule_set **ret_set, struct fault *fault)
{
    struct hash record;

    return rulesets_load_proved(arena, directory, name, base, ret_set, &record, fault);
}

static int is_rule_set(const struct dirent *entry)
{
    return slice_ends_with(slice_from_string(entry->d_name), SLICE(SUFFIX));
}

enum error rulesets_packs(const char *directory, rulesets_each *each, void *context)
{
    struct dirent **entry = NULL;
    int count = scandir(node_path(directory, "rules").text, &entry, is_rule_set, alphasort);
    enum error error = OK;

    if (count < 0)
        return ERROR_FILE_MISSING;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(entry[i]->d_name) - strlen(SUFFIX);
        entry[i]->d_name[length] = '\0';
        if (error == OK && strcmp(entry[i]->d_name, RULESETS_JOINT) != 0)
            error = each(context, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    return error;
}
