/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From FEEL text to a tree (DMN 1.5, 10.3.1.2, the 67 rules of the grammar). Texts may come from an enemy: length,
 * depth and the number of nodes are limited, and nothing here recurses deeper than FEEL_DEPTH_MAX.
 *
 * The tree is immutable and lives in the arena. Literals, also `@"…"`, are values in it already. */

#include "type.h"

#define FEEL_TEXT_MAX (1 << 20)
#define FEEL_DEPTH_MAX 200
#define FEEL_HEIGHT_MAX 1000 /* of a tree: `1 + 1 + …` makes trees higher than the text is deep */

enum feel_node_kind {
    FEEL_LITERAL, /* value */
    FEEL_NAME,    /* name; `?` of unary tests is the name "?" */
    FEEL_PATH,    /* left . name */
    FEEL_NEGATE,  /* - left */
    FEEL_ADD,     /* left, right, and the same below */
    FEEL_SUBTRACT,
    FEEL_MULTIPLY,
    FEEL_DIVIDE,
    FEEL_POWER,
    FEEL_EQUAL,
    FEEL_UNEQUAL,
    FEEL_LESS,
    FEEL_AT_MOST,
    FEEL_GREATER,
    FEEL_AT_LEAST,
    FEEL_AND,
    FEEL_OR,
    FEEL_BETWEEN,      /* left between right and third */
    FEEL_IN,           /* left in child…: each an expression or a test */
    FEEL_INSTANCE_OF,  /* left instance of type */
    FEEL_IF,           /* left, right, third */
    FEEL_FOR,          /* iterator…, left */
    FEEL_SOME,         /* iterator…, left */
    FEEL_EVERY,        /* iterator…, left */
    FEEL_FILTER,       /* left [ right ] */
    FEEL_CALL,         /* left ( child… ), or by name: entry… */
    FEEL_LAMBDA_NODE,  /* function ( parameter… ) left; left NULL: external */
    FEEL_LIST_NODE,    /* child… */
    FEEL_CONTEXT_NODE, /* entry… */
    FEEL_RANGE_NODE,   /* left, right, low_open, high_open */
    FEEL_TEST,         /* a unary test that is a comparison, `< 5`: `test` is the kind (FEEL_LESS …), left */
    FEEL_TESTS,        /* unary tests: child…, `negated`; without children: `-` */
    FEEL_NODE_KIND_COUNT
};

struct feel_node_entry {
    feel_name name; /* entry: its key; named argument: its name; iterator: its variable */
    const struct feel_node *value;
    const struct feel_node *to; /* iterator `for i in value..to`; else NULL */
};

struct feel_node {
    enum feel_node_kind kind;
    uint32_t at;     /* byte in the text, for messages */
    uint32_t height; /* 1 for a leaf, at most FEEL_HEIGHT_MAX: who walks a tree may recurse */
    feel_name name;
    bool low_open, high_open; /* RANGE_NODE */
    bool negated;             /* TESTS */
    bool by_name;             /* CALL: arguments are entries */
    enum feel_node_kind test; /* TEST */
    const struct feel_node *left, *right, *third;
    size_t child_count;
    const struct feel_node *const *child;
    size_t entry_count;
    const struct feel_node_entry *entry; /* CONTEXT entries, named arguments, iterators */
    size_t parameter_count;
    const struct feel_parameter *parameter; /* LAMBDA_NODE */
    const struct feel_type *type;           /* INSTANCE_OF; NULL: a type that does not exist, so the answer is null */
    struct feel_value value;                /* LITERAL */
};

/* `names`: those in scope; keys, parameters and variables that the text itself introduces are entered. `types` may be
 * NULL. ERROR_SYNTAX with the place and what was expected in `fault`, ERROR_TOO_LARGE, ERROR_TOO_DEEP, ERROR_MEMORY. */
MUST_CHECK enum error feel_parse(struct arena *arena, struct feel_names *names, const struct feel_types *types,
                                 struct slice text, const struct feel_node **ret, struct fault *fault);

/* An input cell, allowed values: `-`, `< 5, [7..9]`, `not("a")`, or an expression with `?`. A FEEL_TESTS node. */
MUST_CHECK enum error feel_parse_tests(struct arena *arena, struct feel_names *names, const struct feel_types *types,
                                       struct slice text, const struct feel_node **ret, struct fault *fault);

/* A type by itself, as in a typeRef: `list<number>`. */
MUST_CHECK enum error feel_parse_type(struct arena *arena, struct feel_names *names, const struct feel_types *types,
                                      struct slice text, const struct feel_type **ret, struct fault *fault);
