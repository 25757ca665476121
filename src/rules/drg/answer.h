/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Asks a model with JSON: `{"age": 4, "arrived": "2026-05-01"}` in, the decision's value out as JSON. What a decision
 * needs must be there (null says that it is not known); what the model does not have is refused by name. */

#include "evaluate.h"

/* A decision, or a service, and what must be given for it. Immutable, in the arena it was made in. */
struct drg_question {
    const struct drg_model *model;
    const struct drg_node *asked;
    size_t input_count;
    const struct drg_node *const *input; /* input data; of a service also decisions */
    size_t known_count;
    const struct drg_node *const *known; /* all input data of the model: what may be given */
};

/* The decision or service of this name; with an empty name the decision of the first file that no other one requires.
 * ERROR_USAGE with the names to choose from, ERROR_SYNTAX when a part of what it rests on could not be read. */
MUST_CHECK enum error drg_ask(struct arena *arena, const struct drg_model *model, struct slice name,
                              struct drg_question *ret, struct fault *fault);

/* Writes the value. Where it is null, ret_notes says why (in `scratch`, may be empty). ERROR_JSON, ERROR_VALUE,
 * ERROR_REQUIRED with the input's name; ERROR_TOO_DEEP, ERROR_TOO_COSTLY, ERROR_MEMORY. */
MUST_CHECK enum error drg_answer(struct arena *scratch, const struct drg_question *question, struct slice inputs,
                                 int64_t now_ms, struct buffer *into, bool *ret_null, struct slice *ret_notes,
                                 struct fault *fault);
