/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of the model reader share. Reading takes three turns, so that a name is known before a text is parsed
 * that uses it: names of all nodes and types; requirements; logic. */

#include "model.h"
#include "rules/dmn/xml.h"

struct drg_import {
    struct slice text; /* its name, as written */
    feel_name name;    /* 0: without a name */
    uint32_t unit;
};

struct drg_item {
    struct slice name;
    const xmlNode *xml;
    struct feel_type *type; /* an ALIAS, filled in when all items are known */
};

struct drg_source {
    xmlDoc *document;
    struct slice namespace, name;
    size_t import_count;
    struct drg_import *import;
    size_t item_count;
    struct drg_item *item; /* sorted by name */
};

struct drg_reader {
    struct arena *arena;
    struct feel_names *names;
    struct report *report;
    struct fault *fault;
    size_t source_count;
    struct drg_source source[DRG_UNITS_MAX];
    size_t component_count; /* names of item components, that a filter has in scope */
    feel_name *component;
    size_t node_count;
    struct drg_node *node;
    const xmlNode **xml;           /* of each node */
    uint32_t *by_id;               /* numbers of nodes, sorted by unit and id */
    const struct drg_source *here; /* the file being read */
    struct drg_node *reading;      /* the node being read; NULL: none */
    struct feel_types types;       /* looks up in `here` */
    uint32_t row;                  /* of a table; 0: none */
    struct slice clause;
};

/* import.c: ERROR_VALUE where a namespace is not there. */
MUST_CHECK enum error drg_read_sources(struct drg_reader *reader, const struct slice *file, size_t file_count);
void drg_free_sources(struct drg_reader *reader);

/* scope.c: gives every name of every file its number. */
MUST_CHECK enum error drg_enter_names(struct drg_reader *reader);
/* What a node requires is in scope for its texts: from the import's name on, where it is imported. */
void drg_show_needs(struct drg_reader *reader, const struct drg_node *node, bool shown);
/* The components of all types, which a boxed filter has in scope. */
void drg_show_components(struct drg_reader *reader, bool shown);
/* The number of the attribute `name`; 0 where it is empty. */
MUST_CHECK enum error drg_name(struct drg_reader *reader, const xmlNode *at, feel_name *ret);

/* type.c */
MUST_CHECK enum error drg_read_types(struct drg_reader *reader);
/* What a typeRef names, in the file being read. Empty or Any: NULL. Unknown: a line in the report, and NULL. */
MUST_CHECK enum error drg_type(struct drg_reader *reader, const xmlNode *at, struct slice name,
                               const struct feel_type **ret);
/* The type that the attribute `typeRef` names. */
MUST_CHECK enum error drg_type_of(struct drg_reader *reader, const xmlNode *at, const struct feel_type **ret);

/* node.c */
MUST_CHECK enum error drg_read_nodes(struct drg_reader *reader);
MUST_CHECK enum error drg_read_needs(struct drg_reader *reader);
MUST_CHECK enum error drg_read_logic(struct drg_reader *reader);

/* cycle.c: sets the levels. ERROR_VALUE where a decision requires itself, ERROR_TOO_DEEP. */
MUST_CHECK enum error drg_check_cycles(struct drg_reader *reader);

/* boxed.c: the first boxed expression among the children of `holder`; NULL where there is none. */
MUST_CHECK enum error drg_read_expression(struct drg_reader *reader, const xmlNode *holder,
                                          const struct drg_expression **ret);
/* The function definition `at`: its parameters and body; the body NULL: external. */
MUST_CHECK enum error drg_read_function(struct drg_reader *reader, const xmlNode *at, struct feel_function *ret,
                                        const struct drg_expression **ret_body);
/* One FEEL text, under `at`'s child `text`. */
MUST_CHECK enum error drg_read_literal(struct drg_reader *reader, const xmlNode *at, const struct drg_expression **ret);
/* Unary tests, under `at`'s child `text`; NULL when they cannot be read or, with `at` NULL, are not there. */
MUST_CHECK enum error drg_read_tests(struct drg_reader *reader, const xmlNode *at, const struct feel_node **ret);

/* table_read.c */
MUST_CHECK enum error drg_read_table(struct drg_reader *reader, const xmlNode *at, const struct drg_table **ret);

/* A line in the report; marks the node being read as broken. */
void drg_report(struct drg_reader *reader, const xmlNode *at, const char *format, ...) PRINTF_LIKE(3, 4);
