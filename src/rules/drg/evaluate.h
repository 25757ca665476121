/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Evaluates decisions, knowledge models and services of a model (DMN 1.5, 10.4, and the boxed expressions of 10.2.1).
 * As in FEEL, what goes wrong is null and a note in `feel.note`; only limits are errors: ERROR_MEMORY, ERROR_TOO_DEEP,
 * ERROR_TOO_COSTLY.
 *
 * A run is one set of inputs: each decision is evaluated once in it. It belongs to one thread; what it makes lives in
 * its arena. It must never let a value pass that its declared type does not allow: that is null. */

#include "model.h"

/* What is known in a scope, by number of node: the whole model, or the inside of a service that was called. */
struct drg_scope {
    struct drg_known {
        bool known;
        struct feel_value value;
    } * known;
};

struct drg_run {
    struct feel_run feel;
    const struct drg_model *model;
    struct drg_scope scope;
    uint32_t levels; /* decisions being evaluated at this moment, one for the other */
};

/* Calls of the run's functions find it from its `feel`: a run stays where it is. ERROR_MEMORY. */
MUST_CHECK enum error drg_run_start(struct drg_run *run, struct arena *arena, const struct drg_model *model,
                                    int64_t now_ms);

/* Gives an input data (or, instead of evaluating it, a decision) its value, coerced to its type. ret_fits is false when
 * that made it null. What is never given is null. */
MUST_CHECK enum error drg_give(struct drg_run *run, const struct drg_node *node, struct feel_value value,
                               bool *ret_fits);

/* The value of a decision. */
MUST_CHECK enum error drg_decide(struct drg_run *run, const struct drg_node *decision, struct feel_value *ret);

/* The result of a knowledge model or a service, called with the values that were given: a service's by drg_give, a
 * knowledge model's by name in `argument`. */
MUST_CHECK enum error drg_call_service(struct drg_run *run, const struct drg_node *service, struct feel_value *ret);
MUST_CHECK enum error drg_call_knowledge(struct drg_run *run, const struct drg_node *knowledge,
                                         const struct feel_entry *argument, size_t count, struct feel_value *ret);

/* ---- between the parts ---- */

/* A function value is made when the model is read and knows its node alone: the run that calls it is found around the
 * evaluator's own. */
struct drg_run *drg_run_of(struct feel_run *feel);
/* Makes a knowledge model or a service, its parameters read, a function value. */
void drg_make_function(struct drg_node *node);

MUST_CHECK enum error drg_evaluate(struct drg_run *run, const struct drg_expression *expression,
                                   const struct feel_frame *frame, struct feel_value *ret);
MUST_CHECK enum error drg_evaluate_table(struct drg_run *run, const struct drg_table *table,
                                         const struct feel_frame *frame, struct feel_value *ret);
