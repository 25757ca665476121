/* SPDX-License-Identifier: Apache-2.0 */

/* Stands in front of rulesets_load in this test program (the linker's --wrap): the first call for a name is the
 * product's, its result is kept for all houses that come after, also in children. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "safe/rulesets.h"

#define SETS_MAX 16

enum error __real_rulesets_load(struct arena *arena, const char *directory, const char *name,
                                const struct rule_set *base, const struct rule_set **ret_set, struct fault *fault);
enum error __wrap_rulesets_load(struct arena *arena, const char *directory, const char *name,
                                const struct rule_set *base, const struct rule_set **ret_set, struct fault *fault);

static struct {
    char name[64];
    const struct rule_set *set;
} kept[SETS_MAX];
static size_t count;
static struct arena *room;

enum error __wrap_rulesets_load(struct arena *arena, const char *directory, const char *name,
                                const struct rule_set *base, const struct rule_set **ret_set, struct fault *fault)
{
    (void)arena;
    for (size_t i = 0; i < count; i++)
        if (strcmp(kept[i].name, name) == 0) {
            *ret_set = kept[i].set;
            return OK;
        }
    if (!room)
        room = arena_new(256u << 20);
    if (!room || count == SETS_MAX)
        abort();
    enum error error = __real_rulesets_load(room, directory, name, base, ret_set, fault);
    if (error != OK)
        return error;
    snprintf(kept[count].name, sizeof kept[count].name, "%s", name);
    kept[count++].set = *ret_set;
    return OK;
}
