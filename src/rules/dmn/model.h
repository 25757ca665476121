/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A .dmn file as read: decisions with their tables, cells parsed. DMN 1.2 to 1.5.
 *
 * Reading goes on past what it cannot read and reports each place, so that an author sees everything at once; a
 * decision with such a place is marked `broken`. The model lives in the arena. */

#include "cell.h"
#include "report.h"

enum dmn_type { DMN_UNTYPED, DMN_STRING, DMN_NUMBER, DMN_BOOLEAN, DMN_DATE, DMN_OTHER };

/* One column. */
struct dmn_clause {
    uint32_t line;
    struct slice name; /* input: its expression, a name; output: its name, or the decision's */
    enum dmn_type type;
    struct slice type_name;    /* as written, for messages */
    struct cell_tests allowed; /* no tests: anything */
};

struct dmn_rule {
    uint32_t line;
    struct slice id;
    const struct cell_tests *test;  /* one an input */
    const struct cell_value *value; /* one an output */
};

struct dmn_decision {
    uint32_t line;
    struct slice id, name;
    bool has_table;          /* else it is decided by something that is not read here */
    bool broken;             /* something in it could not be read; the report says what */
    struct slice hit_policy; /* as written; UNIQUE where nothing is (DMN 1.5, 8.2.10) */
    uint32_t input_count, output_count, rule_count;
    const struct dmn_clause *input, *output;
    const struct dmn_rule *rule;
};

struct dmn_model {
    uint32_t decision_count;
    const struct dmn_decision *decision;
};

/* ERROR_XML (line in `fault`), ERROR_SYNTAX (no DMN), ERROR_TOO_LARGE, ERROR_MEMORY. What is wrong inside a decision is
 * no error here but a line in `report`. */
MUST_CHECK enum error dmn_read(struct arena *arena, struct slice bytes, struct report *report,
                               const struct dmn_model **ret_model, struct fault *fault);

/* NULL when there is none of this name. */
const struct dmn_decision *dmn_decision(const struct dmn_model *model, struct slice name);

/* Which decision's output feeds the input of this name: a decision's name, or `decision.output` where it has several.
 * False: it is input data. */
#define DMN_NO_OUTPUT UINT32_MAX /* the decision has no single output of that name */
struct dmn_feed {
    uint32_t decision, output;
};
bool dmn_feeder(const struct dmn_model *model, struct slice name, struct dmn_feed *ret_feed);
