/* SPDX-License-Identifier: Apache-2.0 */

/* Calls (DMN 1.5, 10.3.2.13 and table 63), by position or by name. A built-in function that stands under its own name
 * is called without a function value being made. */

#include "run.h"

#define FEW 6 /* arguments that need no room in the arena */

/* ---- calling ---- */

static enum error enter(struct feel_run *run)
{
    if (run->calls >= FEEL_CALLS_MAX)
        return ERROR_TOO_DEEP;
    run->calls++;
    return OK;
}

static enum error call_built_in(struct feel_run *run, uint32_t number, const struct feel_value *argument, size_t count,
                                struct feel_value *ret)
{
    size_t total;
    const struct feel_builtin *builtin = &feel_builtins(&total)[number];

    for (size_t i = 0; i < builtin->form_count; i++)
        if (feel_form_takes(&builtin->form[i], count))
            return builtin->call(run, argument, count, ret);
    return feel_null_because(run, ret, "%s does not take %zu arguments", builtin->name, count);
}

/* Each argument in the type of its parameter, or the whole is null. */
static enum error coerce_arguments(struct feel_run *run, const struct feel_function *function,
                                   const struct feel_value *argument, struct feel_entry *entry, bool *ret_fit)
{
    *ret_fit = true;
    for (size_t i = 0; i < function->parameter_count; i++) {
        const struct feel_parameter *parameter = &function->parameter[i];
        entry[i] = (struct feel_entry){.name = parameter->name, .value = argument[i]};
        if (!parameter->type || argument[i].kind == FEEL_NULL)
            continue;
        TRY(feel_coerce(run, argument[i], parameter->type, &entry[i].value));
        if (entry[i].value.kind == FEEL_NULL)
            *ret_fit = false;
    }
    return OK;
}

static enum error call_body(struct feel_run *run, const struct feel_function *function, struct feel_entry *entry,
                            struct feel_value *ret)
{
    struct feel_frame *frame = arena_alloc(run->arena, sizeof *frame);

    if (!frame)
        return ERROR_MEMORY;
    if (!function->body)
        return feel_null_because(run, ret, "an external function is not supported");
    *frame = (struct feel_frame){.outer = function->closure, .count = function->parameter_count, .entry = entry};
    return feel_evaluate(run, function->body, frame, ret);
}

static enum error call_foreign(struct feel_run *run, const struct feel_function *function,
                               const struct feel_entry *entry, struct feel_value *ret)
{
    struct feel_value *argument = arena_array(run->arena, function->parameter_count, sizeof *argument);

    if (!argument)
        return ERROR_MEMORY;
    for (size_t i = 0; i < function->parameter_count; i++)
        argument[i] = entry[i].value;
    return function->call(run, function->context, argument, ret);
}

static enum error call_user(struct feel_run *run, const struct feel_function *function,
                            const struct feel_value *argument, struct feel_value *ret)
{
    struct feel_entry *entry = arena_array(run->arena, function->parameter_count, sizeof *entry);
    struct feel_value result;
    bool fit;

    if (!entry)
        return ERROR_MEMORY;
    TRY(coerce_arguments(run, function, argument, entry, &fit));
    if (!fit)
        return feel_null_because(run, ret, "an argument does not conform to the type of its parameter");
    if (function->kind == FEEL_LAMBDA)
        TRY(call_body(run, function, entry, &result));
    else
        TRY(call_foreign(run, function, entry, &result));
    if (function->result)
        return feel_coerce(run, result, function->result, ret);
    *ret = result;
    return OK;
}

enum error feel_call(struct feel_run *run, const struct feel_function *function, const struct feel_value *argument,
                     size_t count, struct feel_value *ret)
{
    enum error error;

    if (function->kind != FEEL_BUILT_IN && count != function->parameter_count)
        return feel_null_because(run, ret, "a function of %zu parameters was given %zu arguments",
                                 function->parameter_count, count);
    TRY(enter(run));
    if (function->kind == FEEL_BUILT_IN)
        error = call_built_in(run, function->built_in, argument, count, ret);
    else
        error = call_user(run, function, argument, ret);
    run->calls--;
    return error;
}

/* ---- by name ---- */

static int parameter_of_form(const struct feel_form *form, struct slice name)
{
    for (int i = 0; i < FEEL_FORM_PARAMETERS_MAX && form->parameter[i]; i++)
        if (slice_is(name, form->parameter[i]))
            return i;
    return -1;
}

/* Puts named arguments in the places of a form. 0 where they are not its own. */
static size_t place(const struct feel_run *run, const struct feel_form *form, const struct feel_entry *given,
                    size_t count, struct feel_value *argument)
{
    size_t reach = form->least;

    for (size_t i = 0; i < FEEL_FORM_PARAMETERS_MAX; i++)
        argument[i] = feel_null();
    for (size_t i = 0; i < count; i++) {
        int at = parameter_of_form(form, feel_names_text(run->names, given[i].name));
        if (at < 0)
            return 0;
        argument[at] = given[i].value;
        if ((size_t)at >= reach)
            reach = (size_t)at + 1;
    }
    return form->fits && !form->fits(argument) ? 0 : reach;
}

/* `before(point: …, range: …)` and `before(range: …, point: …)` are two forms of the same names (table 78). */
static bool in_order(const struct feel_run *run, const struct feel_form *form, const struct feel_entry *given,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (parameter_of_form(form, feel_names_text(run->names, given[i].name)) != (int)i)
            return false;
    return true;
}

/* The first form with these names; one that has them in the order they were written in goes before the others. */
static enum error call_built_in_named(struct feel_run *run, uint32_t number, const struct feel_entry *given,
                                      size_t count, struct feel_value *ret)
{
    struct feel_value argument[FEEL_FORM_PARAMETERS_MAX];
    size_t total;
    const struct feel_builtin *builtin = &feel_builtins(&total)[number];

    for (size_t i = 0; i < 2 * builtin->form_count && count; i++) {
        const struct feel_form *form = &builtin->form[i % builtin->form_count];
        size_t reach = i >= builtin->form_count || in_order(run, form, given, count)
                           ? place(run, form, given, count, argument)
                           : 0;
        if (reach)
            return builtin->call(run, argument, reach, ret);
    }
    return feel_null_because(run, ret, "%s has no parameters of these names", builtin->name);
}

static enum error call_user_named(struct feel_run *run, const struct feel_function *function,
                                  const struct feel_entry *given, size_t count, struct feel_value *ret)
{
    struct feel_value *argument = arena_array(run->arena, function->parameter_count, sizeof *argument);

    if (!argument)
        return ERROR_MEMORY;
    TRY(feel_spend(run, count * function->parameter_count / 16));
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < function->parameter_count && function->parameter[at].name != given[i].name)
            at++;
        if (at == function->parameter_count)
            return feel_null_because(run, ret, "a function has no parameter of the name given");
        argument[at] = given[i].value;
    }
    return call_user(run, function, argument, ret);
}

enum error feel_call_named(struct feel_run *run, const struct feel_function *function,
                           const struct feel_entry *argument, size_t count, struct feel_value *ret)
{
    enum error error;

    TRY(enter(run));
    if (function->kind == FEEL_BUILT_IN)
        error = call_built_in_named(run, function->built_in, argument, count, ret);
    else
        error = call_user_named(run, function, argument, count, ret);
    run->calls--;
    return error;
}

/* ---- the node ---- */

/* What is called: a function in scope, or a built-in one, for which `room` serves. */
static enum error callee_of(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                            struct feel_function *room, const struct feel_function **ret)
{
    struct feel_value value;

    *ret = NULL;
    if (node->kind == FEEL_NAME && !feel_frame_find(run, frame, node->name)) {
        int built_in = feel_builtin_of(run->names, node->name);
        if (built_in >= 0) {
            *room = (struct feel_function){.kind = FEEL_BUILT_IN, .built_in = (uint32_t)built_in};
            *ret = room;
            return OK;
        }
    }
    TRY(feel_evaluate(run, node, frame, &value));
    if (value.kind == FEEL_FUNCTION)
        *ret = value.function;
    return OK;
}

static enum error call_by_name(struct feel_run *run, const struct feel_function *function, const struct feel_node *node,
                               const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_entry *argument = arena_array(run->arena, node->entry_count, sizeof *argument);

    if (!argument)
        return ERROR_MEMORY;
    for (size_t i = 0; i < node->entry_count; i++) {
        argument[i].name = node->entry[i].name;
        TRY(feel_evaluate(run, node->entry[i].value, frame, &argument[i].value));
    }
    return feel_call_named(run, function, argument, node->entry_count, ret);
}

static enum error call_by_position(struct feel_run *run, const struct feel_function *function,
                                   const struct feel_node *node, const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_value few[FEW], *argument = few;

    if (node->child_count > FEW)
        argument = arena_array(run->arena, node->child_count, sizeof *argument);
    if (!argument)
        return ERROR_MEMORY;
    for (size_t i = 0; i < node->child_count; i++)
        TRY(feel_evaluate(run, node->child[i], frame, &argument[i]));
    return feel_call(run, function, argument, node->child_count, ret);
}

enum error feel_evaluate_call(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                              struct feel_value *ret)
{
    struct feel_function room;
    const struct feel_function *function;

    TRY(callee_of(run, node->left, frame, &room, &function));
    if (!function)
        return feel_null_because(run, ret, "what is called is no function (byte %u)", node->at);
    if (node->by_name)
        return call_by_name(run, function, node, frame, ret);
    return call_by_position(run, function, node, frame, ret);
}
