/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/module.h"

#include "command.h"
#include "rules/dmn/compile.h"
#include "rules/prove/prove.h"

#define MEMORY_MAX ((size_t)1 << 30)

static enum error compile(struct slice dmn, struct slice pack, struct buffer *ret_compiled, struct buffer *report,
                          struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY_MAX);
    struct report lines = {.into = report};

    return arena ? compile_pack(arena, dmn, pack, &lines, ret_compiled, fault) : ERROR_MEMORY;
}

/* Loads a set and, where there is one, the joint standard that it stands on. */
static enum error load_pair(struct arena *arena, struct slice compiled, struct slice base,
                            const struct rule_set **ret_set, const struct rule_set **ret_base, struct fault *fault)
{
    *ret_base = NULL;
    if (base.length > 0)
        TRY(rule_set_load(arena, base, ret_base, fault));
    return rule_set_load(arena, compiled, ret_set, fault);
}

static enum error prove_bytes(struct slice compiled, struct slice base_bytes, struct buffer *ret_record,
                              bool *ret_proved, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY_MAX);
    const struct rule_set *set, *base;
    const struct proof *proof;

    if (!arena)
        return ERROR_MEMORY;
    TRY(load_pair(arena, compiled, base_bytes, &set, &base, fault));
    TRY(prove(arena, set, base, &proof, fault));
    prove_write_record(proof, ret_record);
    *ret_proved = prove_holds(proof);
    return buffer_check(ret_record);
}

static enum error verify(struct slice compiled, struct slice base_bytes, struct slice record_bytes, struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY_MAX);
    const struct rule_set *set, *base;
    struct rule_record record;

    if (!arena)
        return ERROR_MEMORY;
    TRY(load_pair(arena, compiled, base_bytes, &set, &base, fault));
    return rule_record_verify(arena, set, base, record_bytes, &record, fault);
}

extern const struct rules_module hospitium_rules_module;

__attribute__((visibility("default"))) const struct rules_module hospitium_rules_module = {
    .version = RULES_MODULE_VERSION,
    .compile = compile,
    .prove = prove_bytes,
    .verify = verify,
    .decide_command = command_decide,
    .prove_command = command_prove,
    .tck_command = command_tck,
};
