/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* FEEL types (DMN 1.5, 10.3.2.9): of `instance of`, of parameters, of item definitions. Made by the parser from texts
 * such as `list<context<name: string>>` and by the model reader from item definitions. Immutable, in an arena. */

#include "value.h"

enum feel_type_kind {
    FEEL_TYPE_ANY,
    FEEL_TYPE_NULL,
    FEEL_TYPE_BOOLEAN,
    FEEL_TYPE_NUMBER,
    FEEL_TYPE_STRING,
    FEEL_TYPE_DATE,
    FEEL_TYPE_TIME,
    FEEL_TYPE_DATE_TIME,
    FEEL_TYPE_YEARS_MONTHS,
    FEEL_TYPE_DAYS_TIME,
    FEEL_TYPE_LIST,     /* of `element` */
    FEEL_TYPE_RANGE,    /* of `element` */
    FEEL_TYPE_CONTEXT,  /* with these members; none: any context */
    FEEL_TYPE_FUNCTION, /* from `parameter` to `element` */
    FEEL_TYPE_ALIAS     /* `element` under another name, with `allowed`: an item definition */
};

struct feel_member {
    feel_name name;
    const struct feel_type *type;
};

struct feel_type {
    enum feel_type_kind kind;
    const struct feel_type *element;
    size_t member_count;
    const struct feel_member *member; /* CONTEXT: members; FUNCTION: parameters (names 0) */
    const struct feel_node *allowed;  /* ALIAS: unary tests that each value must pass, with `?` for it; or NULL */
    feel_name name;                   /* ALIAS */
};

/* The type of that name: `string`, `number`, `date and time`, `dateTime`, `days and time duration`,
 * `dayTimeDuration`, `Any` …; NULL where there is none. Static. */
const struct feel_type *feel_type_named(struct slice name);
/* `list`, `range` or `context` with nothing said of what is in them: a typeRef may be that, `instance of` may not
 * (table 61). */
bool feel_type_is_bare(const struct feel_type *type);

/* Where the parser and `instance of` look up a name that is no built-in type. NULL: unknown. */
struct feel_types {
    const struct feel_type *(*find)(const void *context, struct slice name);
    const void *context;
};

/* Does the value conform, as `instance of` asks (10.3.2.9.2)? null is an instance of Null alone (table 61), but an
 * entry or item that is null conforms to any type. The values that an item definition allows are no matter of its type.
 * ERROR_* only as feel_evaluate. */
MUST_CHECK enum error feel_instance_of(struct feel_run *run, struct feel_value value, const struct feel_type *type,
                                       bool *ret);

/* Implicit conversion where a value meets a declared type (10.3.2.9.4): a list of one for its item (never an item for a
 * list of one), a date for a date and time at midnight UTC; null where it does not conform or is none of the values
 * allowed. `type` NULL: any. A function conforms unless its body or its parameters say otherwise. */
MUST_CHECK enum error feel_coerce(struct feel_run *run, struct feel_value value, const struct feel_type *type,
                                  struct feel_value *ret);
