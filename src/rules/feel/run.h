/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of the evaluator and the built-in functions share: paying for steps, null with a cause, lists that
 * grow. Included by those files alone. */

#include "builtin.h"

/* Pays for `steps` of work before it is done. ERROR_TOO_COSTLY. */
static inline enum error feel_spend(struct feel_run *run, uint64_t steps)
{
    run->steps += steps;
    return run->steps > run->steps_most ? ERROR_TOO_COSTLY : OK;
}

/* Null, and a note of why. Always OK, so that a caller can return it. */
enum error feel_null_because(struct feel_run *run, struct feel_value *ret, const char *format, ...) PRINTF_LIKE(3, 4);

/* `number`, `date and time`: the name of a kind, for notes and types. */
const char *feel_kind_name(enum feel_kind kind);

/* Equality that pays for its steps. ERROR_TOO_COSTLY, ERROR_TOO_DEEP. */
MUST_CHECK enum error feel_equal_in_run(struct feel_run *run, const struct feel_value *a, const struct feel_value *b,
                                        enum feel_truth *ret);

/* A truth as a value: neither is null. */
struct feel_value feel_truth_value(enum feel_truth truth);
/* Anything but a boolean is neither. */
enum feel_truth feel_truth_of(struct feel_value value);
enum feel_truth feel_both(enum feel_truth a, enum feel_truth b);
enum feel_truth feel_either(enum feel_truth a, enum feel_truth b);
enum feel_truth feel_opposite(enum feel_truth a);
/* Is a value in a range? Neither where it cannot be compared with an end. */
MUST_CHECK enum error feel_in_range(struct feel_run *run, const struct feel_value *value,
                                    const struct feel_range *range, enum feel_truth *ret);

/* Values, one after the other, in the arena. `item` moves when it grows; what was there stays as it is, so that an
 * earlier list may go on sharing it. */
struct feel_items {
    struct feel_value *item;
    size_t count, capacity;
};

/* Room for `count` at once. ERROR_MEMORY, ERROR_TOO_COSTLY (also beyond FEEL_LIST_MAX). */
MUST_CHECK enum error feel_items_reserve(struct feel_run *run, struct feel_items *items, size_t count);
MUST_CHECK enum error feel_items_add(struct feel_run *run, struct feel_items *items, struct feel_value value);
MUST_CHECK enum error feel_items_add_all(struct feel_run *run, struct feel_items *items, const struct feel_list *list);
/* As a list that shares the items. */
MUST_CHECK enum error feel_items_list(struct feel_run *run, const struct feel_items *items, struct feel_value *ret);

/* A context that shares the entries, which are in the arena. */
MUST_CHECK enum error feel_context(struct feel_run *run, const struct feel_entry *entry, size_t count,
                                   struct feel_value *ret);
MUST_CHECK enum error feel_whole(struct feel_run *run, int64_t number, struct feel_value *ret);
/* The copy belongs to the arena. */
MUST_CHECK enum error feel_text(struct feel_run *run, struct slice text, struct feel_value *ret);
/* What string() says, in the arena. ERROR_TOO_COSTLY for one too large or nested too deeply to be written. */
MUST_CHECK enum error feel_written(struct feel_run *run, struct feel_value value, struct slice *ret);

/* The value of an ordered item: a list of one for its item (implicit conversion, 10.3.2.9.4). */
struct feel_value feel_from_singleton(struct feel_value value);
/* A list for anything but null; an item becomes a list of one. `room` holds that one. */
const struct feel_list *feel_to_list(const struct feel_value *value, struct feel_list *room);

/* An argument of that kind, or a list of one that is. */
static inline bool feel_as(const struct feel_value *argument, enum feel_kind kind, struct feel_value *ret)
{
    *ret = argument->kind == kind ? *argument : feel_from_singleton(*argument);
    return ret->kind == kind;
}

/* A number as a whole one, what stands behind the point cut off. False where it is none or does not fit. */
bool feel_as_whole(const struct feel_value *argument, int64_t *ret);

/* What arguments 1 (start position) and 2 (length, may be absent) cut out of `total` items or characters: from 0 on
 * (tables 74 and 75, footnote 1). False where they reach beyond it. */
bool feel_portion(const struct feel_value *argument, size_t count, int64_t total, int64_t *ret_from,
                  int64_t *ret_length);

/* Null, since an argument is not of the kind that `function` takes. */
enum error feel_unfit(struct feel_run *run, const char *function, struct feel_value *ret);

/* Does a form take that many arguments? */
static inline bool feel_form_takes(const struct feel_form *form, size_t count)
{
    return count >= form->least && (count <= form->most || form->most == UINT8_MAX);
}

/* The parts of the evaluator. Each evaluates one kind of node. */
MUST_CHECK enum error feel_evaluate_arithmetic(struct feel_run *run, const struct feel_node *node,
                                               const struct feel_frame *frame, struct feel_value *ret);
MUST_CHECK enum error feel_negate(struct feel_run *run, const struct feel_value *value, struct feel_value *ret);
MUST_CHECK enum error feel_evaluate_path(struct feel_run *run, const struct feel_node *node,
                                         const struct feel_frame *frame, struct feel_value *ret);
MUST_CHECK enum error feel_evaluate_filter(struct feel_run *run, const struct feel_node *node,
                                           const struct feel_frame *frame, struct feel_value *ret);
MUST_CHECK enum error feel_evaluate_iteration(struct feel_run *run, const struct feel_node *node,
                                              const struct feel_frame *frame, struct feel_value *ret);
MUST_CHECK enum error feel_evaluate_call(struct feel_run *run, const struct feel_node *node,
                                         const struct feel_frame *frame, struct feel_value *ret);
MUST_CHECK enum error feel_evaluate_in(struct feel_run *run, const struct feel_node *node,
                                       const struct feel_frame *frame, struct feel_value *ret);
MUST_CHECK enum error feel_evaluate_range(struct feel_run *run, const struct feel_node *node,
                                          const struct feel_frame *frame, struct feel_value *ret);
/* A comparison of two values, FEEL_EQUAL to FEEL_AT_LEAST. */
MUST_CHECK enum error feel_compared(struct feel_run *run, enum feel_node_kind comparison, const struct feel_value *a,
                                    const struct feel_value *b, enum feel_truth *ret);

/* Looking through `count` names is paid for too, or a large context would make each name dear for nothing. What is due
 * is seen with the next step. */
static inline void feel_owe_names(struct feel_run *run, size_t count)
{
    run->steps += count / 16;
}

/* The value of a name in scope, or NULL. */
static inline const struct feel_value *feel_frame_find(struct feel_run *run, const struct feel_frame *frame,
                                                       feel_name name)
{
    for (; frame; frame = frame->outer) {
        for (size_t i = 0; i < frame->count; i++)
            if (frame->entry[i].name == name)
                return &frame->entry[i].value;
        feel_owe_names(run, frame->count);
    }
    return NULL;
}

/* The built-in function of a name, or -1. */
int feel_builtin_of(const struct feel_names *names, feel_name name);

/* Does a function conform to a function type? Its body is looked at, not called. */
bool feel_function_conforms(const struct feel_function *function, const struct feel_type *type);
