/* SPDX-License-Identifier: Apache-2.0 */

/* Boxed expressions (DMN 1.5, 10.2.1). Each gives what the FEEL text that it maps to would give, but for filters and
 * quantifiers, whose conditions shall be true or false: anything else makes the whole null. */

#include "evaluate.h"

static enum error frame_on(struct drg_run *run, const struct feel_frame *outer, size_t room, struct feel_frame **ret,
                           struct feel_entry **ret_entry)
{
    *ret = arena_alloc(run->feel.arena, sizeof **ret);
    *ret_entry = arena_array(run->feel.arena, room, sizeof **ret_entry);
    if (!*ret || !*ret_entry)
        return ERROR_MEMORY;
    **ret = (struct feel_frame){.outer = outer, .entry = *ret_entry};
    return OK;
}

static enum error evaluate_literal(struct drg_run *run, const struct drg_expression *expression,
                                   const struct feel_frame *frame, struct feel_value *ret)
{
    return feel_evaluate(&run->feel, expression->text, frame, ret);
}

static enum error evaluate_table(struct drg_run *run, const struct drg_expression *expression,
                                 const struct feel_frame *frame, struct feel_value *ret)
{
    return drg_evaluate_table(run, expression->table, frame, ret);
}

static enum error evaluate_entry(struct drg_run *run, const struct drg_entry *entry, const struct feel_frame *frame,
                                 struct feel_value *ret)
{
    *ret = feel_null();
    if (entry->value)
        TRY(drg_evaluate(run, entry->value, frame, ret));
    return feel_coerce(&run->feel, *ret, entry->type, ret);
}

/* ---- contexts and lists ---- */

/* Each entry sees those before it. */
static enum error evaluate_context(struct drg_run *run, const struct drg_expression *expression,
                                   const struct feel_frame *outer, struct feel_value *ret)
{
    struct feel_context *context = arena_alloc(run->feel.arena, sizeof *context);
    struct feel_frame *frame;
    struct feel_entry *entry;

    TRY(frame_on(run, outer, expression->entry_count, &frame, &entry));
    if (!context)
        return ERROR_MEMORY;
    for (size_t i = 0; i < expression->entry_count; i++) {
        struct feel_value value;
        TRY(evaluate_entry(run, &expression->entry[i], frame, &value));
        if (!expression->entry[i].name) {
            *ret = value;
            return OK;
        }
        entry[frame->count++] = (struct feel_entry){expression->entry[i].name, value};
    }
    *context = (struct feel_context){frame->count, entry};
    *ret = (struct feel_value){.kind = FEEL_CONTEXT, .context = context};
    return OK;
}

static enum error evaluate_list(struct drg_run *run, const struct drg_expression *expression,
                                const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_value *item = arena_array(run->feel.arena, expression->entry_count, sizeof *item);
    struct feel_list *list = arena_alloc(run->feel.arena, sizeof *list);

    if (!item || !list)
        return ERROR_MEMORY;
    for (size_t i = 0; i < expression->entry_count; i++)
        TRY(evaluate_entry(run, &expression->entry[i], frame, &item[i]));
    *list = (struct feel_list){expression->entry_count, item};
    *ret = (struct feel_value){.kind = FEEL_LIST, .list = list};
    return OK;
}

/* ---- functions ---- */

struct closure {
    const struct drg_expression *expression;
    const struct feel_frame *frame;
};

static enum error call_boxed(struct feel_run *feel, const void *context, const struct feel_value *argument,
                             struct feel_value *ret)
{
    struct drg_run *run = drg_run_of(feel);
    const struct closure *closure = context;
    const struct drg_expression *expression = closure->expression;
    struct feel_frame *frame;
    struct feel_entry *entry;

    TRY(frame_on(run, closure->frame, expression->parameter_count, &frame, &entry));
    for (size_t i = 0; i < expression->parameter_count; i++)
        entry[frame->count++] = (struct feel_entry){expression->parameter[i].name, argument[i]};
    if (expression->part[0])
        return drg_evaluate(run, expression->part[0], frame, ret);
    feel_note(feel, "the function at line %u is external, which is not supported", expression->line);
    *ret = feel_null();
    return OK;
}

static enum error evaluate_function(struct drg_run *run, const struct drg_expression *expression,
                                    const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_function *function = arena_alloc(run->feel.arena, sizeof *function);
    struct closure *closure = arena_alloc(run->feel.arena, sizeof *closure);

    if (!function || !closure)
        return ERROR_MEMORY;
    *closure = (struct closure){expression, frame};
    *function = (struct feel_function){.kind = FEEL_FOREIGN,
                                       .parameter_count = expression->parameter_count,
                                       .parameter = expression->parameter,
                                       .call = call_boxed,
                                       .context = closure};
    run->feel.closures++;
    *ret = (struct feel_value){.kind = FEEL_FUNCTION, .function = function};
    return OK;
}

static enum error evaluate_invocation(struct drg_run *run, const struct drg_expression *expression,
                                      const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_entry *argument = arena_array(run->feel.arena, expression->entry_count, sizeof *argument);
    struct feel_value function;

    if (!argument)
        return ERROR_MEMORY;
    TRY(drg_evaluate(run, expression->part[0], frame, &function));
    for (size_t i = 0; i < expression->entry_count; i++) {
        argument[i].name = expression->entry[i].name;
        TRY(evaluate_entry(run, &expression->entry[i], frame, &argument[i].value));
    }
    if (function.kind == FEEL_FUNCTION)
        return feel_call_named(&run->feel, function.function, argument, expression->entry_count, ret);
    feel_note(&run->feel, "what is invoked at line %u is not a function", expression->line);
    *ret = feel_null();
    return OK;
}

/* ---- conditions and iterations ---- */

static enum error evaluate_conditional(struct drg_run *run, const struct drg_expression *expression,
                                       const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_value condition;

    TRY(drg_evaluate(run, expression->part[0], frame, &condition));
    if (condition.kind == FEEL_BOOLEAN || condition.kind == FEEL_NULL)
        return drg_evaluate(run, expression->part[feel_is_true(condition) ? 1 : 2], frame, ret);
    feel_note(&run->feel, "the condition at line %u is neither true nor false", expression->line);
    *ret = feel_null();
    return OK;
}

/* What is gone through: a list, or one value as a list of itself (10.3.2.9.4). False: null. */
static bool items_of(struct feel_value *value, const struct feel_value **ret_item, size_t *ret_count)
{
    if (value->kind == FEEL_LIST) {
        *ret_item = value->list->item;
        *ret_count = value->list->count;
        return true;
    }
    *ret_item = value;
    *ret_count = 1;
    return value->kind != FEEL_NULL;
}

/* `item`, and where it is a context its entries too. */
static enum error match(struct drg_run *run, const struct drg_expression *expression, feel_name item_name,
                        struct feel_value item, const struct feel_frame *outer, struct feel_value *ret)
{
    struct feel_frame *frame, *inner;
    struct feel_entry *entry;

    TRY(frame_on(run, outer, 1, &frame, &entry));
    entry[frame->count++] = (struct feel_entry){item_name, item};
    if (item.kind == FEEL_CONTEXT) {
        TRY(frame_on(run, frame, 0, &inner, &entry));
        *inner = (struct feel_frame){.outer = frame, .count = item.context->count, .entry = item.context->entry};
        frame = inner;
    }
    return drg_evaluate(run, expression->part[1], frame, ret);
}

static bool is_condition(struct drg_run *run, const struct drg_expression *expression, struct feel_value value)
{
    if (value.kind == FEEL_BOOLEAN || value.kind == FEEL_NULL)
        return true;
    feel_note(&run->feel, "the condition at line %u is neither true nor false", expression->line);
    return false;
}

static enum error evaluate_filter(struct drg_run *run, const struct drg_expression *expression,
                                  const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_value in, verdict;
    const struct feel_value *item;
    size_t count, kept = 0;
    feel_name item_name;

    TRY(feel_names_enter(run->feel.names, SLICE("item"), &item_name));
    TRY(drg_evaluate(run, expression->part[0], frame, &in));
    *ret = feel_null();
    if (!items_of(&in, &item, &count))
        return OK;
    struct feel_value *keep = arena_array(run->feel.arena, count, sizeof *keep);
    if (!keep)
        return ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        TRY(match(run, expression, item_name, item[i], frame, &verdict));
        if (!is_condition(run, expression, verdict))
            return OK;
        if (feel_is_true(verdict))
            keep[kept++] = item[i];
    }
    return feel_list(run->feel.arena, keep, kept, ret);
}

static enum error evaluate_for(struct drg_run *run, const struct drg_expression *expression,
                               const struct feel_frame *outer, struct feel_value *ret)
{
    const struct feel_value *item;
    struct feel_list *partial;
    struct feel_frame *frame;
    struct feel_entry *entry;
    struct feel_value in;
    feel_name partial_name;
    size_t count;

    TRY(feel_names_enter(run->feel.names, SLICE("partial"), &partial_name));
    TRY(drg_evaluate(run, expression->part[0], outer, &in));
    *ret = feel_null();
    if (!items_of(&in, &item, &count))
        return OK;
    struct feel_value *result = arena_array(run->feel.arena, count, sizeof *result);
    if (!result)
        return ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        partial = arena_alloc(run->feel.arena, sizeof *partial);
        TRY(frame_on(run, outer, 2, &frame, &entry));
        if (!partial)
            return ERROR_MEMORY;
        *partial = (struct feel_list){i, result};
        entry[0] = (struct feel_entry){expression->variable, item[i]};
        entry[1] = (struct feel_entry){partial_name, {.kind = FEEL_LIST, .list = partial}};
        frame->count = 2;
        TRY(drg_evaluate(run, expression->part[1], frame, &result[i]));
    }
    return feel_list(run->feel.arena, result, count, ret);
}

/* some: or, every: and, of all conditions, in the logic of three values. */
static enum error quantify(struct drg_run *run, const struct drg_expression *expression, const struct feel_frame *outer,
                           struct feel_value *ret)
{
    bool some = expression->kind == DRG_SOME, decided = false, unknown = false;
    const struct feel_value *item;
    struct feel_value in, verdict;
    struct feel_frame *frame;
    struct feel_entry *entry;
    size_t count;

    TRY(drg_evaluate(run, expression->part[0], outer, &in));
    *ret = feel_null();
    if (!items_of(&in, &item, &count))
        return OK;
    for (size_t i = 0; i < count; i++) {
        TRY(frame_on(run, outer, 1, &frame, &entry));
        entry[frame->count++] = (struct feel_entry){expression->variable, item[i]};
        TRY(drg_evaluate(run, expression->part[1], frame, &verdict));
        if (!is_condition(run, expression, verdict))
            return OK;
        unknown = unknown || verdict.kind == FEEL_NULL;
        decided = decided || (verdict.kind == FEEL_BOOLEAN && verdict.boolean == some);
    }
    if (decided || !unknown)
        *ret = feel_boolean(decided == some);
    return OK;
}

static enum error evaluate_nothing(struct drg_run *run, const struct drg_expression *expression,
                                   const struct feel_frame *frame, struct feel_value *ret)
{
    feel_note(&run->feel, "nothing that can be read stands at line %u", expression->line);
    *ret = feel_null();
    return OK;
}

enum error drg_evaluate(struct drg_run *run, const struct drg_expression *expression, const struct feel_frame *frame,
                        struct feel_value *ret)
{
    static enum error (*const evaluate[DRG_EXPRESSION_KIND_COUNT])(struct drg_run *, const struct drg_expression *,
                                                                   const struct feel_frame *, struct feel_value *) = {
        [DRG_NOTHING] = evaluate_nothing,
        [DRG_LITERAL] = evaluate_literal,
        [DRG_TABLE] = evaluate_table,
        [DRG_INVOCATION] = evaluate_invocation,
        [DRG_CONTEXT] = evaluate_context,
        [DRG_LIST] = evaluate_list,
        [DRG_FUNCTION] = evaluate_function,
        [DRG_CONDITIONAL] = evaluate_conditional,
        [DRG_FILTER] = evaluate_filter,
        [DRG_FOR] = evaluate_for,
        [DRG_SOME] = quantify,
        [DRG_EVERY] = quantify,
    };
    struct feel_value value;

    if (run->feel.depth >= FEEL_NESTING_MAX)
        return ERROR_TOO_DEEP;
    run->feel.depth++;
    enum error error = evaluate[expression->kind](run, expression, frame, &value);
    run->feel.depth--;
    return error == OK ? feel_coerce(&run->feel, value, expression->type, ret) : error;
}
