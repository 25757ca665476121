/* SPDX-License-Identifier: Apache-2.0 */
#include "both.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#include "model_text.h"
#include "module_directory.h"
#include "rules/dmn/compile.h"

#define BYTES_MAX (16 << 20)

struct both both_read(struct arena *arena, struct slice dmn, struct slice pack)
{
    CLEANUP_BUFFER struct buffer compiled = buffer_new(BYTES_MAX), lines = buffer_new(BYTES_MAX);
    struct report report = {.into = &lines};
    struct fault fault = {0};
    struct both both = {0};

    if (compile_pack(arena, dmn, pack, &report, &compiled, &fault) != OK ||
        rule_set_load(arena, buffer_view(&compiled), &both.set, &fault) != OK ||
        smt_source_read(arena, dmn, pack, &both.source, &fault) != OK)
        fail_msg("%s\n%.*s", fault.detail, SLICE_PRINT(buffer_view(&lines)));
    return both;
}

struct both both_policy(struct arena *arena, const char *name)
{
    return both_read(arena, model_file(arena, arena_format(arena, "policy/%s/rules.dmn", name).data),
                     model_file(arena, arena_format(arena, "policy/%s/pack.json", name).data));
}

struct both both_model(struct arena *arena, const char *text, bool is_signed)
{
    CLEANUP_BUFFER struct buffer dmn = buffer_new(BYTES_MAX), pack = buffer_new(BYTES_MAX);

    model_write(&dmn, text);
    model_write_pack(&pack, text);
    if (is_signed) {
        pack.length--;
        buffer_string(&pack, ",\"reviewers\":[\"a lawyer\"]}");
    }
    return both_read(arena, arena_copy(arena, buffer_view(&dmn)), arena_copy(arena, buffer_view(&pack)));
}

static struct solver *solver;

int both_end(void **state)
{
    (void)state;
    solver_stop(solver);
    solver = NULL;
    return 0;
}

struct solver *both_solver(void)
{
    if (solver)
        return solver;
    module_directory_set();
    assert_int_equal(OK, solver_start(&SOLVER_DEFAULTS, &solver));
    return solver;
}

const struct proof *both_prove(struct arena *arena, const struct both *pack, const struct both *base)
{
    const struct proof *first, *proof = NULL;
    struct fault fault = {0};

    if (prove(arena, pack->set, base ? base->set : NULL, &first, &fault) != OK ||
        second_proof(first, &pack->source, base ? &base->source : NULL, both_solver(), NULL, &proof) != OK)
        fail_msg("%s", fault.detail);
    return proof;
}

void both_must_agree(const struct proof *proof, const char *what)
{
    for (size_t i = 0; i < proof->count; i++) {
        const struct property_verdict *verdict = &proof->verdict[i];
        const char *wanted = verdict->proved ? PROPERTY_PROVED : PROPERTY_REFUTED;
        if (verdict->has_text && strcmp(verdict->z3, wanted) != 0)
            fail_msg("%s: %s (%s, %s) is %s by enumeration (%.*s) and %s by Z3 (%.*s)", what,
                     rule_property_entry(verdict->property)->name, verdict->scope, verdict->about ? verdict->about : "",
                     wanted, SLICE_PRINT(verdict->counterexample), verdict->z3, SLICE_PRINT(verdict->z3_says));
    }
}
