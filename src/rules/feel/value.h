/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A FEEL value (DMN 1.5, 10.3.2). Immutable and small; what it points to lives in the arena of the evaluation. */

#include "base/arena.h"
#include "base/buffer.h"
#include "names.h"
#include "number.h"
#include "temporal.h"

enum feel_kind {
    FEEL_NULL,
    FEEL_BOOLEAN,
    FEEL_NUMBER,
    FEEL_STRING,
    FEEL_DATE,
    FEEL_TIME,
    FEEL_DATE_TIME,
    FEEL_YEARS_MONTHS, /* years and months duration */
    FEEL_DAYS_TIME,    /* days and time duration */
    FEEL_LIST,
    FEEL_CONTEXT,
    FEEL_RANGE,
    FEEL_FUNCTION,
    FEEL_KIND_COUNT
};

struct feel_value {
    enum feel_kind kind;
    union {
        bool boolean;
        const struct number *number;
        struct slice string; /* UTF-8 */
        struct temporal_date date;
        const struct temporal_time *time;
        const struct temporal_date_time *date_time;
        int64_t months;
        const __int128 *nanoseconds;
        const struct feel_list *list;
        const struct feel_context *context;
        const struct feel_range *range;
        const struct feel_function *function;
    };
};

struct feel_list {
    size_t count;
    const struct feel_value *item;
};

struct feel_entry {
    feel_name name;
    struct feel_value value;
};

/* Entries keep the order they were made in; no name stands twice. */
struct feel_context {
    size_t count;
    const struct feel_entry *entry;
};

/* An end that is FEEL_NULL with `unbounded` set is no end: (< 5), (>= @"2020-01-01"). */
struct feel_range {
    struct feel_value low, high;
    bool low_open, high_open;           /* the end itself is outside */
    bool low_unbounded, high_unbounded; /* there is no such end */
    bool is_test; /* was written as a unary test: (= 10), (!= 10), where `negated` says the second */
    bool negated;
};

struct feel_type;
struct feel_run;
struct feel_frame;
struct feel_node;

enum feel_function_kind { FEEL_BUILT_IN, FEEL_LAMBDA, FEEL_FOREIGN };

struct feel_parameter {
    feel_name name;
    const struct feel_type *type; /* NULL: any */
};

/* Called with as many arguments as it has parameters, coerced to their types. Errors are only those of feel_evaluate;
 * what goes wrong inside is null. */
typedef enum error feel_foreign_call(struct feel_run *run, const void *context, const struct feel_value *argument,
                                     struct feel_value *ret);

struct feel_function {
    enum feel_function_kind kind;
    uint32_t built_in;                      /* BUILT_IN: index in the table of builtin.h */
    size_t parameter_count;                 /* LAMBDA, FOREIGN */
    const struct feel_parameter *parameter; /* LAMBDA, FOREIGN */
    const struct feel_type *result;         /* NULL: any */
    const struct feel_node *body;           /* LAMBDA; NULL for an external one, which is not supported: null */
    const struct feel_frame *closure;       /* LAMBDA: where it was made */
    feel_foreign_call *call;                /* FOREIGN: a business knowledge model, a decision service */
    const void *context;                    /* FOREIGN */
};

static inline struct feel_value feel_null(void)
{
    return (struct feel_value){.kind = FEEL_NULL};
}
static inline struct feel_value feel_boolean(bool truth)
{
    return (struct feel_value){.kind = FEEL_BOOLEAN, .boolean = truth};
}
static inline struct feel_value feel_string(struct slice text)
{
    return (struct feel_value){.kind = FEEL_STRING, .string = text};
}
static inline bool feel_is_true(struct feel_value value)
{
    return value.kind == FEEL_BOOLEAN && value.boolean;
}

/* Those that need room: ERROR_MEMORY. */
MUST_CHECK enum error feel_number(struct arena *arena, struct number number, struct feel_value *ret);
MUST_CHECK enum error feel_time(struct arena *arena, struct temporal_time time, struct feel_value *ret);
MUST_CHECK enum error feel_date_time(struct arena *arena, struct temporal_date_time date_time, struct feel_value *ret);
MUST_CHECK enum error feel_nanoseconds(struct arena *arena, __int128 nanoseconds, struct feel_value *ret);
MUST_CHECK enum error feel_list(struct arena *arena, const struct feel_value *item, size_t count,
                                struct feel_value *ret); /* copies the items */

/* The entry of a context, or NULL. */
const struct feel_value *feel_context_get(const struct feel_context *context, feel_name name);

/* Equality as `=` has it (10.3.2.13): null for values of different kinds, else a boolean in ret. */
enum feel_truth { FEEL_FALSE, FEEL_TRUE, FEEL_NEITHER };
enum feel_truth feel_equal(struct feel_value a, struct feel_value b);
/* <0, 0, >0 in ret_order for values of the same ordered kind; false where they cannot be ordered. */
bool feel_order(struct feel_value a, struct feel_value b, int *ret_order);

/* As FEEL's string() writes it, but for strings inside lists and contexts, which are quoted. */
void feel_write(struct buffer *into, const struct feel_names *names, struct feel_value value);
/* As JSON, numbers with all their digits, temporal values as texts. */
void feel_write_json(struct buffer *into, const struct feel_names *names, struct feel_value value);
