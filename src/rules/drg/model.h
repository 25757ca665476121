/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A decision model as read: the graph of decisions, input data, business knowledge models and decision services of one
 * file and of those that it imports, with every FEEL text parsed once (DMN 1.5, clauses 5 to 10; files of 1.1 to 1.4
 * read alike). Immutable after reading, in one arena.
 *
 * Reading goes on past what it cannot read: each such place is a line in the report, the expression is null when it is
 * evaluated, and its node is marked `broken`. It must never guess: a table with one cell that cannot be read is null
 * as a whole. Files come from an enemy: see DRG_* and FEEL_* for the limits. */

#include "rules/dmn/report.h"
#include "rules/feel/evaluate.h"

#define DRG_UNITS_MAX 64    /* files of one model */
#define DRG_INPUTS_MAX 4096 /* input data of one model */
#define DRG_LEVELS_MAX 256  /* decisions that require decisions that require … */

enum drg_expression_kind {
    DRG_NOTHING,     /* null: nothing was written, or it could not be read (then the report says so) */
    DRG_LITERAL,     /* text */
    DRG_TABLE,       /* table */
    DRG_INVOCATION,  /* part[0] called with entry… by name */
    DRG_CONTEXT,     /* entry…; one without a name is the result */
    DRG_LIST,        /* entry…; a relation is a list of contexts */
    DRG_FUNCTION,    /* parameter…, part[0]; without it external, which is not supported */
    DRG_CONDITIONAL, /* part: if, then, else */
    DRG_FILTER,      /* part: in, match */
    DRG_FOR,         /* variable; part: in, return */
    DRG_SOME,        /* variable; part: in, satisfies */
    DRG_EVERY,
    DRG_EXPRESSION_KIND_COUNT
};

struct drg_entry {
    feel_name name; /* 0: none */
    const struct feel_type *type;
    const struct drg_expression *value;
};

struct drg_expression {
    enum drg_expression_kind kind;
    uint32_t line;
    const struct feel_type *type; /* what the result is coerced to; NULL: anything */
    const struct feel_node *text;
    const struct drg_table *table;
    const struct drg_expression *part[3];
    size_t entry_count;
    const struct drg_entry *entry;
    size_t parameter_count;
    const struct feel_parameter *parameter;
    feel_name variable;
};

enum drg_hit_policy {
    DRG_UNIQUE,
    DRG_ANY,
    DRG_PRIORITY,
    DRG_FIRST,
    DRG_RULE_ORDER,
    DRG_OUTPUT_ORDER,
    DRG_COLLECT,
    DRG_COLLECT_SUM,
    DRG_COLLECT_MIN,
    DRG_COLLECT_MAX,
    DRG_COLLECT_COUNT
};

struct drg_input {
    const struct drg_expression *expression;
    const struct feel_node *allowed; /* a TESTS node: inputValues; or NULL */
};

struct drg_output {
    feel_name name; /* 0: the only output */
    const struct feel_type *type;
    size_t priority_count;
    const struct feel_node *priority;      /* one TESTS node each, highest priority first */
    const struct drg_expression *fallback; /* defaultOutputEntry; or NULL */
};

struct drg_rule {
    uint32_t line;
    const struct feel_node *const *test;        /* one an input: TESTS nodes */
    const struct drg_expression *const *output; /* one an output */
};

struct drg_table {
    enum drg_hit_policy hit_policy;
    size_t input_count, output_count, rule_count;
    const struct drg_input *input;
    const struct drg_output *output;
    const struct drg_rule *rule;
};

enum drg_kind { DRG_INPUT, DRG_DECISION, DRG_KNOWLEDGE, DRG_SERVICE };

/* A requirement, and the name of the import that it is reached through; 0: the same file, or an import without name. */
struct drg_need {
    const struct drg_node *node;
    feel_name import;
};

struct drg_node {
    enum drg_kind kind;
    uint32_t number; /* in drg_model.node */
    uint32_t unit;   /* in drg_model.unit */
    uint32_t line;
    uint32_t level; /* the longest way down from here, in decisions and services */
    bool broken;    /* something in it could not be read */
    struct slice id, name;
    feel_name variable;
    const struct feel_type
        *type; /* of its value; of a knowledge model or service: of what it returns; NULL: anything */
    size_t need_count;
    const struct drg_need *need;            /* those of one import stand together */
    const struct drg_expression *logic;     /* DECISION, KNOWLEDGE; NULL: none */
    struct feel_function function;          /* KNOWLEDGE, SERVICE */
    const struct drg_node *const *argument; /* SERVICE: what its parameters stand for: input data, then decisions */
    size_t output_count;                    /* SERVICE */
    const struct drg_need *output;
};

struct drg_unit {
    struct slice namespace, name;
};

struct drg_model {
    struct feel_names *names;
    size_t unit_count;
    const struct drg_unit *unit; /* the first is the file that was asked for */
    size_t node_count;
    const struct drg_node *node;
};

/* Reads the first file with what it imports from among the others (by namespace). Errors are for what cannot be a
 * model: ERROR_XML (line in `fault`), ERROR_SYNTAX (no DMN), ERROR_VALUE (decisions that require themselves, imports
 * that are not there), ERROR_TOO_LARGE, ERROR_TOO_DEEP, ERROR_MEMORY. */
MUST_CHECK enum error drg_read(struct arena *arena, const struct slice *file, size_t file_count, struct report *report,
                               const struct drg_model **ret, struct fault *fault);

/* The same from the disk: the file and, where it imports, the other .dmn files of its folder. */
MUST_CHECK enum error drg_load(struct arena *arena, const char *path, struct report *report,
                               const struct drg_model **ret, struct fault *fault);

/* By name and, where it is not empty, namespace; without one the first file's own before those that are imported. NULL:
 * none. */
const struct drg_node *drg_find(const struct drg_model *model, enum drg_kind kind, struct slice namespace,
                                struct slice name);
