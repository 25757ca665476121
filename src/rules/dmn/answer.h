/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Asks a loaded rule set with JSON: `{"age_years": 4, "urgency": "urgent"}` in, the decision's result out. What is left
 * out or null is unknown where that is declared, and an error where it is not: nothing is ever assumed. */

#include "base/buffer.h"
#include "rules/rule_set.h"

/* The decision of this name; with an empty name the one that feeds no other. ERROR_USAGE, with the names to choose
 * from in `fault`. */
MUST_CHECK enum error answer_decision(const struct rule_set *set, struct slice name,
                                      const struct rule_decision **ret_decision, struct fault *fault);

/* Writes the result as one JSON value: the output's value, an object where there are several outputs, a list where they
 * are collected. With `explain` an object: `result`, and under `because` each table on the way with the row that
 * decided and its citation. Where no row matches or two disagree, `null` is written and ret_verdict says which (else it
 * is OK). ERROR_JSON, ERROR_VALUE (also for an input that the model does not have), ERROR_REQUIRED. */
MUST_CHECK enum error answer_json(struct arena *scratch, const struct rule_decision *decision, struct slice inputs,
                                  bool explain, struct buffer *into, enum error *ret_verdict, struct fault *fault);
