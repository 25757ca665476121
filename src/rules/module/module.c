/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/module.h"

#include "command.h"
#include "rules/dmn/compile.h"
#include "rules/prove/prove.h"
#include "rules/prove/second.h"

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

static enum error read_source(struct arena *arena, const struct rules_bytes *bytes, struct smt_source *ret_source,
                              struct fault *fault)
{
    return smt_source_read(arena, bytes->dmn, bytes->pack, ret_source, fault);
}

/* The first verdict that keeps the set from being activated, in words. */
static enum error say_obstacle(const struct proof *proof, struct fault *fault)
{
    for (size_t i = 0; i < proof->count; i++) {
        const struct property_verdict *verdict = &proof->verdict[i];
        bool unproved = verdict->z3 && strcmp(verdict->z3, PROPERTY_UNPROVED) == 0;
        if (!property_prevents(verdict))
            continue;
        return fault_set(fault, verdict->proved ? ERROR_UNPROVED : ERROR_REFUTED, "%s of %.*s: %s%s%.*s",
                         rule_property_entry(verdict->property)->name, SLICE_PRINT(proof->set->pack),
                         property_word(verdict), unproved ? ", by Z3: " : "",
                         SLICE_PRINT(unproved ? verdict->z3_says : slice_of("", 0)));
    }
    return OK;
}

static enum error prove_twice(struct arena *arena, const struct rules_bytes *set_bytes,
                              const struct rules_bytes *base_bytes, struct solver *solver,
                              const struct proof **ret_proof, struct fault *fault)
{
    struct smt_source set_source, base_source = {0};
    const struct rule_set *set, *base;
    const struct proof *first;

    TRY(load_pair(arena, set_bytes->compiled, base_bytes ? base_bytes->compiled : slice_of("", 0), &set, &base, fault));
    TRY(read_source(arena, set_bytes, &set_source, fault));
    if (base_bytes)
        TRY(read_source(arena, base_bytes, &base_source, fault));
    TRY(prove(arena, set, base, &first, fault));
    return second_proof(first, &set_source, &base_source, solver, NULL, ret_proof);
}

static enum error prove_bytes(const struct rules_bytes *set, const struct rules_bytes *base, struct buffer *ret_record,
                              struct fault *fault)
{
    CLEANUP_ARENA struct arena *arena = arena_new(MEMORY_MAX);
    CLEANUP_SOLVER struct solver *solver = NULL;
    const struct proof *proof;

    if (!arena)
        return ERROR_MEMORY;
    TRY(solver_start(&SOLVER_DEFAULTS, &solver));
    TRY(prove_twice(arena, set, base, solver, &proof, fault));
    prove_write_record(proof, ret_record);
    TRY(buffer_check(ret_record));
    return say_obstacle(proof, fault);
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
