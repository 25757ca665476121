/* SPDX-License-Identifier: Apache-2.0 */

/* A switch on the kind of node (DMN 1.5, 10.3.2.15). What is more than a few lines stands in the evaluate_*.c files.
 *
 * Must never: stop for a value that does not fit (that is null), go deeper than FEEL_NESTING_MAX, write down a value in
 * a note. */

#include <stdarg.h>
#include <stdio.h>

#include "run.h"

#define NOTE_MAX 200

struct feel_run feel_run(struct arena *arena, struct feel_names *names, int64_t now_ms)
{
    return (struct feel_run){.arena = arena, .names = names, .now_ms = now_ms, .steps_most = FEEL_STEPS_MAX};
}

/* ---- notes ---- */

static void note(struct feel_run *run, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

static void note(struct feel_run *run, const char *format, va_list arguments)
{
    char text[NOTE_MAX];
    struct slice copy;

    if (run->note_count == FEEL_NOTES_MAX)
        return;
    vsnprintf(text, sizeof text, format, arguments);
    copy = arena_copy(run->arena, slice_from_string(text));
    if (copy.data)
        run->note[run->note_count++] = copy;
}

void feel_note(struct feel_run *run, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    note(run, format, arguments);
    va_end(arguments);
}

enum error feel_null_because(struct feel_run *run, struct feel_value *ret, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    note(run, format, arguments);
    va_end(arguments);
    *ret = feel_null();
    return OK;
}

const char *feel_kind_name(enum feel_kind kind)
{
    static const char *const name[FEEL_KIND_COUNT] = {
        [FEEL_NULL] = "null",
        [FEEL_BOOLEAN] = "boolean",
        [FEEL_NUMBER] = "number",
        [FEEL_STRING] = "string",
        [FEEL_DATE] = "date",
        [FEEL_TIME] = "time",
        [FEEL_DATE_TIME] = "date and time",
        [FEEL_YEARS_MONTHS] = "years and months duration",
        [FEEL_DAYS_TIME] = "days and time duration",
        [FEEL_LIST] = "list",
        [FEEL_CONTEXT] = "context",
        [FEEL_RANGE] = "range",
        [FEEL_FUNCTION] = "function",
    };

    return name[kind];
}

/* ---- names and literals ---- */

static enum error built_in_value(struct feel_run *run, int built_in, struct feel_value *ret)
{
    struct feel_function *function = arena_alloc(run->arena, sizeof *function);

    if (!function)
        return ERROR_MEMORY;
    *function = (struct feel_function){.kind = FEEL_BUILT_IN, .built_in = (uint32_t)built_in};
    *ret = (struct feel_value){.kind = FEEL_FUNCTION, .function = function};
    return OK;
}

static enum error evaluate_name(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                struct feel_value *ret)
{
    const struct feel_value *found = feel_frame_find(run, frame, node->name);

    if (found) {
        *ret = *found;
        return OK;
    }

    int built_in = feel_builtin_of(run->names, node->name);
    if (built_in >= 0)
        return built_in_value(run, built_in, ret);
    struct slice name = feel_names_text(run->names, node->name);
    return feel_null_because(run, ret, "nothing in scope has the name \"%.*s\" (byte %u)", SLICE_PRINT(name), node->at);
}

static enum error evaluate_list(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                struct feel_value *ret)
{
    struct feel_items items = {0};

    TRY(feel_items_reserve(run, &items, node->child_count));
    for (size_t i = 0; i < node->child_count; i++) {
        TRY(feel_evaluate(run, node->child[i], frame, &items.item[i]));
        items.count = i + 1;
    }
    return feel_items_list(run, &items, ret);
}

/* The entries so far are in scope for the next (10.3.2.6), also for functions among them. A key that stands twice makes
 * the whole null. */
static enum error evaluate_context(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                   struct feel_value *ret)
{
    struct feel_entry *entry = arena_array(run->arena, node->entry_count, sizeof *entry);
    struct feel_frame *inner = arena_alloc(run->arena, sizeof *inner);

    if (!entry || !inner)
        return ERROR_MEMORY;
    *inner = (struct feel_frame){.outer = frame, .entry = entry};
    TRY(feel_spend(run, node->entry_count * node->entry_count / 16));
    for (size_t i = 0; i < node->entry_count; i++) {
        feel_name name = node->entry[i].name;
        for (size_t j = 0; j < i; j++) {
            struct slice text = feel_names_text(run->names, name);
            if (entry[j].name == name)
                return feel_null_because(run, ret, "a context has two entries \"%.*s\" (byte %u)", SLICE_PRINT(text),
                                         node->at);
        }
        entry[i].name = name;
        TRY(feel_evaluate(run, node->entry[i].value, inner, &entry[i].value));
        inner->count = i + 1;
    }
    return feel_context(run, entry, node->entry_count, ret);
}

static enum error evaluate_lambda(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                  struct feel_value *ret)
{
    struct feel_function *function = arena_alloc(run->arena, sizeof *function);

    if (!function)
        return ERROR_MEMORY;
    *function = (struct feel_function){
        .kind = FEEL_LAMBDA,
        .parameter_count = node->parameter_count,
        .parameter = node->parameter,
        .body = node->left,
        .closure = frame,
    };
    run->closures++;
    *ret = (struct feel_value){.kind = FEEL_FUNCTION, .function = function};
    return OK;
}

/* ---- logic ---- */

/* FALSE settles `and`, TRUE settles `or`, whatever stands on the right. */
static enum error evaluate_logic(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                 struct feel_value *ret)
{
    bool conjunction = node->kind == FEEL_AND;
    struct feel_value value;
    enum feel_truth left, right;

    TRY(feel_evaluate(run, node->left, frame, &value));
    left = feel_truth_of(value);
    if (left == (conjunction ? FEEL_FALSE : FEEL_TRUE)) {
        *ret = feel_boolean(!conjunction);
        return OK;
    }
    TRY(feel_evaluate(run, node->right, frame, &value));
    right = feel_truth_of(value);
    *ret = feel_truth_value(conjunction ? feel_both(left, right) : feel_either(left, right));
    if (ret->kind == FEEL_NULL)
        feel_note(run, "%s of something that is no boolean (byte %u)", conjunction ? "and" : "or", node->at);
    return OK;
}

static enum error evaluate_if(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                              struct feel_value *ret)
{
    struct feel_value condition;

    TRY(feel_evaluate(run, node->left, frame, &condition));
    return feel_evaluate(run, feel_is_true(condition) ? node->right : node->third, frame, ret);
}

static bool order_holds(enum feel_node_kind comparison, int order)
{
    switch (comparison) {
    case FEEL_LESS:
        return order < 0;
    case FEEL_AT_MOST:
        return order <= 0;
    case FEEL_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

enum error feel_compared(struct feel_run *run, enum feel_node_kind comparison, const struct feel_value *a,
                         const struct feel_value *b, enum feel_truth *ret)
{
    int order;

    if (comparison == FEEL_EQUAL || comparison == FEEL_UNEQUAL) {
        TRY(feel_equal_in_run(run, a, b, ret));
        *ret = comparison == FEEL_EQUAL ? *ret : feel_opposite(*ret);
    } else if (feel_order(*a, *b, &order)) {
        *ret = order_holds(comparison, order) ? FEEL_TRUE : FEEL_FALSE;
    } else {
        *ret = FEEL_NEITHER;
    }
    return OK;
}

static enum error evaluate_comparison(struct feel_run *run, const struct feel_node *node,
                                      const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_value left, right;
    enum feel_truth truth;

    TRY(feel_evaluate(run, node->left, frame, &left));
    TRY(feel_evaluate(run, node->right, frame, &right));
    TRY(feel_compared(run, node->kind, &left, &right, &truth));
    *ret = feel_truth_value(truth);
    if (truth == FEEL_NEITHER)
        feel_note(run, "a %s cannot be compared with a %s (byte %u)", feel_kind_name(left.kind),
                  feel_kind_name(right.kind), node->at);
    return OK;
}

static enum error evaluate_between(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                   struct feel_value *ret)
{
    struct feel_value value, low, high;
    enum feel_truth above, below;

    TRY(feel_evaluate(run, node->left, frame, &value));
    TRY(feel_evaluate(run, node->right, frame, &low));
    TRY(feel_evaluate(run, node->third, frame, &high));
    TRY(feel_compared(run, FEEL_AT_LEAST, &value, &low, &above));
    TRY(feel_compared(run, FEEL_AT_MOST, &value, &high, &below));
    *ret = feel_truth_value(feel_both(above, below));
    if (ret->kind == FEEL_NULL)
        feel_note(run, "between: a %s, a %s and a %s cannot be compared (byte %u)", feel_kind_name(value.kind),
                  feel_kind_name(low.kind), feel_kind_name(high.kind), node->at);
    return OK;
}

static enum error evaluate_instance_of(struct feel_run *run, const struct feel_node *node,
                                       const struct feel_frame *frame, struct feel_value *ret)
{
    struct feel_value value;
    bool is;

    TRY(feel_evaluate(run, node->left, frame, &value));
    if (!node->type)
        return feel_null_because(run, ret, "instance of a type that does not exist (byte %u)", node->at);
    TRY(feel_instance_of(run, value, node->type, &is));
    *ret = feel_boolean(is);
    return OK;
}

static enum error evaluate_negation(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                                    struct feel_value *ret)
{
    struct feel_value value;

    TRY(feel_evaluate(run, node->left, frame, &value));
    return feel_negate(run, &value, ret);
}

/* ---- the switch ---- */

static enum error evaluate(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                           struct feel_value *ret)
{
    switch (node->kind) {
    case FEEL_LITERAL:
        *ret = node->value;
        return OK;
    case FEEL_NAME:
        return evaluate_name(run, node, frame, ret);
    case FEEL_PATH:
        return feel_evaluate_path(run, node, frame, ret);
    case FEEL_NEGATE:
        return evaluate_negation(run, node, frame, ret);
    case FEEL_ADD:
    case FEEL_SUBTRACT:
    case FEEL_MULTIPLY:
    case FEEL_DIVIDE:
    case FEEL_POWER:
        return feel_evaluate_arithmetic(run, node, frame, ret);
    case FEEL_EQUAL:
    case FEEL_UNEQUAL:
    case FEEL_LESS:
    case FEEL_AT_MOST:
    case FEEL_GREATER:
    case FEEL_AT_LEAST:
        return evaluate_comparison(run, node, frame, ret);
    case FEEL_AND:
    case FEEL_OR:
        return evaluate_logic(run, node, frame, ret);
    case FEEL_BETWEEN:
        return evaluate_between(run, node, frame, ret);
    case FEEL_IN:
        return feel_evaluate_in(run, node, frame, ret);
    case FEEL_INSTANCE_OF:
        return evaluate_instance_of(run, node, frame, ret);
    case FEEL_IF:
        return evaluate_if(run, node, frame, ret);
    case FEEL_FOR:
    case FEEL_SOME:
    case FEEL_EVERY:
        return feel_evaluate_iteration(run, node, frame, ret);
    case FEEL_FILTER:
        return feel_evaluate_filter(run, node, frame, ret);
    case FEEL_CALL:
        return feel_evaluate_call(run, node, frame, ret);
    case FEEL_LAMBDA_NODE:
        return evaluate_lambda(run, node, frame, ret);
    case FEEL_LIST_NODE:
        return evaluate_list(run, node, frame, ret);
    case FEEL_CONTEXT_NODE:
        return evaluate_context(run, node, frame, ret);
    case FEEL_RANGE_NODE:
    case FEEL_TEST:
        return feel_evaluate_range(run, node, frame, ret);
    case FEEL_TESTS:
    case FEEL_NODE_KIND_COUNT:
        break;
    }
    return feel_null_because(run, ret, "unary tests are no expression (byte %u)", node->at);
}

enum error feel_evaluate(struct feel_run *run, const struct feel_node *node, const struct feel_frame *frame,
                         struct feel_value *ret)
{
    enum error error;

    TRY(feel_spend(run, 1));
    if (node->kind == FEEL_LITERAL) {
        *ret = node->value;
        return OK;
    }
    if (run->depth >= FEEL_NESTING_MAX)
        return ERROR_TOO_DEEP;
    run->depth++;
    error = evaluate(run, node, frame, ret);
    run->depth--;
    return error;
}
