/* SPDX-License-Identifier: Apache-2.0 */

/* Does a value conform to a type (DMN 1.5, 10.3.2.9.2)? `instance of` asks for the type alone; where a value meets a
 * declared type, the values it allows (7.3.2) are looked at as well. null conforms to every type where it is an item,
 * an entry or an argument; `null instance of T` is asked only at the top. */

#include "run.h"

#define FUNCTION_STEPS 512 /* of looking at a function's type */

static enum error conforms(struct feel_run *run, const struct feel_value *value, const struct feel_type *type,
                           bool constrained, bool *ret);

static enum error list_conforms(struct feel_run *run, const struct feel_list *list, const struct feel_type *element,
                                bool constrained, bool *ret)
{
    bool all = true;

    for (size_t i = 0; i < list->count && all; i++)
        TRY(conforms(run, &list->item[i], element, constrained, &all));
    *ret = all;
    return OK;
}

static enum error context_conforms(struct feel_run *run, const struct feel_context *context,
                                   const struct feel_type *type, bool constrained, bool *ret)
{
    bool all = true;

    TRY(feel_spend(run, context->count + type->member_count));
    for (size_t i = 0; i < type->member_count && all; i++) {
        bool in_place = i < context->count && context->entry[i].name == type->member[i].name;
        const struct feel_value *entry = in_place ? &context->entry[i].value
                                                  : feel_context_get(context, type->member[i].name);
        feel_owe_names(run, in_place ? 0 : context->count);
        if (entry)
            TRY(conforms(run, entry, type->member[i].type, constrained, &all));
        else
            all = false;
    }
    *ret = all;
    return OK;
}

static enum error range_conforms(struct feel_run *run, const struct feel_range *range, const struct feel_type *element,
                                 bool constrained, bool *ret)
{
    bool low, high;

    TRY(conforms(run, &range->low, element, constrained, &low));
    TRY(conforms(run, &range->high, element, constrained, &high));
    *ret = low && high;
    return OK;
}

static enum error alias_conforms(struct feel_run *run, const struct feel_value *value, const struct feel_type *type,
                                 bool constrained, bool *ret)
{
    enum feel_truth passes = FEEL_TRUE;
    bool base;

    TRY(conforms(run, value, type->element, constrained, &base));
    if (base && constrained && type->allowed)
        TRY(feel_passes(run, type->allowed, *value, NULL, &passes));
    *ret = base && passes == FEEL_TRUE;
    return OK;
}

/* The kind of value that a plain type has, or FEEL_KIND_COUNT. */
static enum feel_kind plain_kind(enum feel_type_kind type)
{
    static const enum feel_kind kind[] = {
        [FEEL_TYPE_BOOLEAN] = FEEL_BOOLEAN,
        [FEEL_TYPE_NUMBER] = FEEL_NUMBER,
        [FEEL_TYPE_STRING] = FEEL_STRING,
        [FEEL_TYPE_DATE] = FEEL_DATE,
        [FEEL_TYPE_TIME] = FEEL_TIME,
        [FEEL_TYPE_DATE_TIME] = FEEL_DATE_TIME,
        [FEEL_TYPE_YEARS_MONTHS] = FEEL_YEARS_MONTHS,
        [FEEL_TYPE_DAYS_TIME] = FEEL_DAYS_TIME,
    };

    return type >= FEEL_TYPE_BOOLEAN && type <= FEEL_TYPE_DAYS_TIME ? kind[type] : FEEL_KIND_COUNT;
}

static enum error structure_conforms(struct feel_run *run, const struct feel_value *value, const struct feel_type *type,
                                     bool constrained, bool *ret)
{
    *ret = false;
    switch (type->kind) {
    case FEEL_TYPE_LIST:
        return value->kind == FEEL_LIST ? list_conforms(run, value->list, type->element, constrained, ret) : OK;
    case FEEL_TYPE_RANGE:
        return value->kind == FEEL_RANGE ? range_conforms(run, value->range, type->element, constrained, ret) : OK;
    case FEEL_TYPE_CONTEXT:
        return value->kind == FEEL_CONTEXT ? context_conforms(run, value->context, type, constrained, ret) : OK;
    case FEEL_TYPE_FUNCTION:
        TRY(feel_spend(run, FUNCTION_STEPS * (type->member_count + 1)));
        *ret = value->kind == FEEL_FUNCTION && feel_function_conforms(value->function, type);
        return OK;
    case FEEL_TYPE_ALIAS:
        return alias_conforms(run, value, type, constrained, ret);
    default:
        return OK;
    }
}

static enum error conforms(struct feel_run *run, const struct feel_value *value, const struct feel_type *type,
                           bool constrained, bool *ret)
{
    enum error error;

    TRY(feel_spend(run, 1));
    if (!type || type->kind == FEEL_TYPE_ANY || value->kind == FEEL_NULL) {
        *ret = true;
        return OK;
    }
    if (type->kind <= FEEL_TYPE_DAYS_TIME) {
        *ret = value->kind == plain_kind(type->kind);
        return OK;
    }
    if (run->depth >= FEEL_NESTING_MAX)
        return ERROR_TOO_DEEP;
    run->depth++;
    error = structure_conforms(run, value, type, constrained, ret);
    run->depth--;
    return error;
}

enum error feel_instance_of(struct feel_run *run, struct feel_value value, const struct feel_type *type, bool *ret)
{
    bool is = false;

    if (value.kind == FEEL_NULL)
        is = type && type->kind == FEEL_TYPE_NULL;
    else
        TRY(conforms(run, &value, type, false, &is));
    *ret = is;
    return OK;
}

/* ---- implicit conversion (10.3.2.9.4) ---- */

static const struct feel_type *without_aliases(const struct feel_type *type)
{
    for (uint32_t i = 0; type && type->kind == FEEL_TYPE_ALIAS; i++)
        type = i < FEEL_VALUE_DEPTH_MAX ? type->element : NULL;
    return type;
}

/* What else the value could be taken for, where it does not conform as it is. */
static enum error converted(struct feel_run *run, const struct feel_value *value, const struct feel_type *type,
                            struct feel_value *ret)
{
    const struct feel_type *plain = without_aliases(type);

    if (value->kind == FEEL_LIST && value->list->count == 1 && !(plain && plain->kind == FEEL_TYPE_LIST)) {
        *ret = value->list->item[0];
        return OK;
    }
    if (plain && plain->kind == FEEL_TYPE_DATE_TIME && value->kind == FEEL_DATE) {
        struct temporal_date_time midnight = {.date = value->date,
                                              .time = {.zone = {.kind = TEMPORAL_OFFSET, .offset = 0}}};
        return feel_date_time(run->arena, midnight, ret);
    }
    *ret = feel_null();
    return OK;
}

enum error feel_coerce(struct feel_run *run, struct feel_value value, const struct feel_type *type,
                       struct feel_value *ret)
{
    struct feel_value other;
    bool fits;

    TRY(conforms(run, &value, type, true, &fits));
    if (fits) {
        *ret = value;
        return OK;
    }
    TRY(converted(run, &value, type, &other));
    TRY(conforms(run, &other, type, true, &fits));
    if (fits && other.kind != FEEL_NULL) {
        *ret = other;
        return OK;
    }
    return feel_null_because(run, ret, "a %s does not conform to the type declared for it", feel_kind_name(value.kind));
}
