/* SPDX-License-Identifier: Apache-2.0 */

/* Does a function conform to a function type (DMN 1.5, 10.3.2.9.2)? Parameters the one way, results the other. The
 * result of a body is known only as far as its nodes say it; what they do not say is not held against it, and is seen
 * when the function is called. */

#include "run.h"

#define TYPES_MAX 200 /* looked at in one comparison: item definitions may refer to themselves */
#define NODES_MAX 200 /* looked at in one body; what comes after is not held against it */

/* The function whose body is looked at, and how much more of it. */
struct body {
    const struct feel_function *function;
    uint32_t *nodes;
};

static bool node_may_conform(const struct feel_node *node, const struct body *body, const struct feel_type *type);

static const struct feel_type *resolved(const struct feel_type *type)
{
    for (uint32_t i = 0; type && type->kind == FEEL_TYPE_ALIAS; i++)
        type = i < FEEL_VALUE_DEPTH_MAX ? type->element : NULL;
    return type;
}

static bool type_conforms(const struct feel_type *type, const struct feel_type *to, uint32_t *budget);

static bool members_conform(const struct feel_type *type, const struct feel_type *to, uint32_t *budget)
{
    for (size_t i = 0; i < to->member_count; i++) {
        const struct feel_type *own = NULL;
        bool found = false;
        for (size_t j = 0; j < type->member_count && !found; j++) {
            found = type->member[j].name == to->member[i].name;
            own = type->member[j].type;
        }
        if (!found || !type_conforms(own, to->member[i].type, budget))
            return false;
    }
    return true;
}

static bool functions_conform(const struct feel_type *type, const struct feel_type *to, uint32_t *budget)
{
    if (type->member_count != to->member_count)
        return false;
    for (size_t i = 0; i < to->member_count; i++)
        if (!type_conforms(to->member[i].type, type->member[i].type, budget))
            return false;
    return type_conforms(type->element, to->element, budget);
}

/* type <: to. NULL is Any. */
static bool type_conforms(const struct feel_type *type, const struct feel_type *to, uint32_t *budget)
{
    type = resolved(type);
    to = resolved(to);
    if (!to || to->kind == FEEL_TYPE_ANY || type == to || !*budget)
        return true;
    --*budget;
    if (!type || type->kind != to->kind)
        return type && type->kind == FEEL_TYPE_NULL;
    switch (type->kind) {
    case FEEL_TYPE_LIST:
    case FEEL_TYPE_RANGE:
        return type_conforms(type->element, to->element, budget);
    case FEEL_TYPE_CONTEXT:
        return members_conform(type, to, budget);
    case FEEL_TYPE_FUNCTION:
        return functions_conform(type, to, budget);
    default:
        return true;
    }
}

static bool may_stand_for(const struct feel_type *type, const struct feel_type *to)
{
    uint32_t budget = TYPES_MAX;

    return type_conforms(type, to, &budget);
}

static bool parameters_conform(const struct feel_parameter *parameter, size_t count, const struct feel_type *to)
{
    if (count != to->member_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!may_stand_for(to->member[i].type, parameter[i].type))
            return false;
    return true;
}

/* ---- what a body's nodes say of its result ---- */

/* The kind of type that a literal has. */
static enum feel_type_kind type_kind_of(enum feel_kind kind)
{
    static const enum feel_type_kind type[FEEL_KIND_COUNT] = {
        [FEEL_NULL] = FEEL_TYPE_NULL,           [FEEL_BOOLEAN] = FEEL_TYPE_BOOLEAN,
        [FEEL_NUMBER] = FEEL_TYPE_NUMBER,       [FEEL_STRING] = FEEL_TYPE_STRING,
        [FEEL_DATE] = FEEL_TYPE_DATE,           [FEEL_TIME] = FEEL_TYPE_TIME,
        [FEEL_DATE_TIME] = FEEL_TYPE_DATE_TIME, [FEEL_YEARS_MONTHS] = FEEL_TYPE_YEARS_MONTHS,
        [FEEL_DAYS_TIME] = FEEL_TYPE_DAYS_TIME, [FEEL_LIST] = FEEL_TYPE_LIST,
        [FEEL_CONTEXT] = FEEL_TYPE_CONTEXT,     [FEEL_RANGE] = FEEL_TYPE_RANGE,
        [FEEL_FUNCTION] = FEEL_TYPE_FUNCTION,
    };

    return type[kind];
}

static bool context_node_conforms(const struct feel_node *node, const struct body *body, const struct feel_type *type)
{
    if (type->kind != FEEL_TYPE_CONTEXT)
        return false;
    for (size_t i = 0; i<type->member_count && * body->nodes> node->entry_count; i++) {
        const struct feel_node *entry = NULL;
        *body->nodes -= (uint32_t)node->entry_count;
        for (size_t j = 0; j < node->entry_count && !entry; j++)
            entry = node->entry[j].name == type->member[i].name ? node->entry[j].value : NULL;
        if (!entry || !node_may_conform(entry, body, type->member[i].type))
            return false;
    }
    return true;
}

static bool list_node_conforms(const struct feel_node *node, const struct body *body, const struct feel_type *type)
{
    if (type->kind != FEEL_TYPE_LIST)
        return false;
    for (size_t i = 0; i < node->child_count; i++)
        if (!node_may_conform(node->child[i], body, type->element))
            return false;
    return true;
}

static bool name_conforms(const struct feel_node *node, const struct body *body, const struct feel_type *type)
{
    for (size_t i = 0; i < body->function->parameter_count; i++)
        if (body->function->parameter[i].name == node->name && body->function->parameter[i].type)
            return may_stand_for(body->function->parameter[i].type, type);
    return true;
}

/* A function literal within the body is looked at by its parameters alone. */
static bool node_may_conform(const struct feel_node *node, const struct body *body, const struct feel_type *type)
{
    type = resolved(type);
    if (!type || type->kind == FEEL_TYPE_ANY || !*body->nodes)
        return true;
    --*body->nodes;
    switch (node->kind) {
    case FEEL_LITERAL:
        return node->value.kind == FEEL_NULL || type_kind_of(node->value.kind) == type->kind;
    case FEEL_NAME:
        return name_conforms(node, body, type);
    case FEEL_EQUAL:
    case FEEL_UNEQUAL:
    case FEEL_LESS:
    case FEEL_AT_MOST:
    case FEEL_GREATER:
    case FEEL_AT_LEAST:
    case FEEL_AND:
    case FEEL_OR:
    case FEEL_BETWEEN:
    case FEEL_IN:
    case FEEL_INSTANCE_OF:
    case FEEL_SOME:
    case FEEL_EVERY:
        return type->kind == FEEL_TYPE_BOOLEAN;
    case FEEL_CONTEXT_NODE:
        return context_node_conforms(node, body, type);
    case FEEL_LIST_NODE:
        return list_node_conforms(node, body, type);
    case FEEL_FOR:
        return type->kind == FEEL_TYPE_LIST;
    case FEEL_RANGE_NODE:
        return type->kind == FEEL_TYPE_RANGE;
    case FEEL_LAMBDA_NODE:
        return type->kind == FEEL_TYPE_FUNCTION && parameters_conform(node->parameter, node->parameter_count, type);
    case FEEL_IF:
        return node_may_conform(node->right, body, type) && node_may_conform(node->third, body, type);
    default:
        return true;
    }
}

/* A built-in function takes that many arguments in one of its forms. */
static bool built_in_takes(const struct feel_builtin *builtin, size_t count)
{
    for (size_t i = 0; i < builtin->form_count; i++)
        if (feel_form_takes(&builtin->form[i], count))
            return true;
    return false;
}

bool feel_function_conforms(const struct feel_function *function, const struct feel_type *type)
{
    uint32_t nodes = NODES_MAX;
    struct body body = {.function = function, .nodes = &nodes};
    size_t count;

    if (function->kind == FEEL_BUILT_IN)
        return built_in_takes(&feel_builtins(&count)[function->built_in], type->member_count);
    if (!parameters_conform(function->parameter, function->parameter_count, type))
        return false;
    if (function->result)
        return may_stand_for(function->result, type->element);
    return !function->body || node_may_conform(function->body, &body, type->element);
}
