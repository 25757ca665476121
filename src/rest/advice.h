/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What care is due: the question and the answer as words, for the API and the pages. Nothing of it touches the gate,
 * the safe or the disk; the question is wiped when the answer is written (promise 4). */

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "care/warning.h"

struct care_rules;

/* Loads the joint standard and the node's pack from DIR/rules. ERROR_UNPROVED and so on. */
MUST_CHECK enum error advice_load(struct arena *arena, const char *directory, struct care_rules **ret_rules,
                                  struct fault *fault);

struct advice_input {
    struct slice name; /* as the rules call it: "status", "age_years" … */
    struct slice value;
};

struct advice {
    struct slice access;     /* words of the rules: FULL, AS_RESIDENT … */
    struct slice may_refuse; /* no, ask_clinician */
    struct slice charge;
    struct slice paper;
    struct slice who_helps;
    struct slice pack;
    struct slice row;
    struct slice source, article, text; /* the citation */
    bool draft;
};

/* Do the rules of this node ask for it? A form shows only such fields. */
bool advice_asks(const struct care_rules *rules, struct slice name);

/* The id of the jurisdiction's pack; empty when there is none. */
struct slice advice_pack(const struct care_rules *rules);

/* All that they ask, to make a form from. */
const struct rule_fact *advice_facts(const struct care_rules *rules, size_t *ret_count);

/* What is not said is unknown; the day is `now_s` in the machine's own time zone unless `as_of` is said. ERROR_VALUE
 * for an input or value that the rules do not have; `fault` names the input, never the value. What only a warning rests
 * on is passed over. The answer borrows from the rules. */
MUST_CHECK enum error advice_give(const struct care_rules *rules, const struct advice_input *input, size_t inputs,
                                  int64_t now_s, struct advice *ret_advice, struct fault *fault);

/* What the pack warns of before a step; with no step said, all that it knows against any. Inputs as above. */
MUST_CHECK enum error advice_warn(const struct care_rules *rules, const struct advice_input *input, size_t inputs,
                                  int64_t now_s, struct warning ret_warning[static WARNINGS_MAX], size_t *ret_count,
                                  struct fault *fault);
