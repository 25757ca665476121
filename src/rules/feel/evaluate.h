/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Evaluates trees. As DMN has it, what goes wrong is null and never stops an evaluation; a note says what and where,
 * for the one who asks. Only limits are errors: memory (the arena's), depth, steps, so that no model can hang or crash.
 *
 * A run is one evaluation; it belongs to one thread. */

#include "parse.h"

#define FEEL_STEPS_MAX (1 << 26) /* nodes evaluated, items made or looked at */
#define FEEL_NESTING_MAX 2000    /* nodes within nodes, through all calls: bounds the stack */
#define FEEL_CALLS_MAX 400       /* calls within calls */
#define FEEL_VALUE_DEPTH_MAX 500 /* lists within lists, where a value is compared, written or checked */
#define FEEL_LIST_MAX (1 << 22)

/* Variables in scope, innermost first. A frame may show a context's entries as variables (`context`), or a few names
 * of its own. Frames live at least as long as values that close over them: in the arena. */
struct feel_frame {
    const struct feel_frame *outer;
    size_t count;
    const struct feel_entry *entry;
};

#define FEEL_NOTES_MAX 32

struct feel_run {
    struct arena *arena;
    struct feel_names *names; /* of the model; names made at run time (`get value`, `context`) are entered */
    int64_t now_ms;           /* since 1970, for now() and today() */
    uint64_t steps;           /* taken so far */
    uint64_t steps_most;      /* FEEL_STEPS_MAX, unless the caller wants less */
    uint32_t depth;           /* nodes within nodes, now */
    uint32_t calls;           /* calls within calls, now */
    uint64_t closures;        /* function values made so far: a frame may be used again while none has closed over it */
    size_t note_count;
    struct slice note[FEEL_NOTES_MAX]; /* what became null, and why; names only what stands in the model */
};

struct feel_run feel_run(struct arena *arena, struct feel_names *names, int64_t now_ms);

/* ERROR_MEMORY, ERROR_TOO_DEEP, ERROR_TOO_COSTLY. */
MUST_CHECK enum error feel_evaluate(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                    struct feel_value *ret);

/* Does `value` pass unary tests (a FEEL_TESTS node)? It is `?` in them. FEEL_NEITHER counts as no. `frame` may be
 * NULL. */
MUST_CHECK enum error feel_passes(struct feel_run *run, const struct feel_node *tests, struct feel_value value,
                                  const struct feel_frame *frame, enum feel_truth *ret);

/* Calls a function value with positional arguments, coerced; a wrong number of them is null, and so is one that does
 * not conform to its parameter's type. */
MUST_CHECK enum error feel_call(struct feel_run *run, const struct feel_function *function,
                                const struct feel_value *argument, size_t count, struct feel_value *ret);
/* The same with named arguments: those not given are null, a name that is no parameter makes the result null. */
MUST_CHECK enum error feel_call_named(struct feel_run *run, const struct feel_function *function,
                                      const struct feel_entry *argument, size_t count, struct feel_value *ret);

/* Adds a note; never fails. */
void feel_note(struct feel_run *run, const char *format, ...) PRINTF_LIKE(2, 3);
