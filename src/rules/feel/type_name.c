/* SPDX-License-Identifier: Apache-2.0 */
#include "lex.h"
#include "type.h"

static const struct feel_type any = {.kind = FEEL_TYPE_ANY};

static const struct {
    const char *name;
    struct feel_type type;
} built_in[] = {
    {"Any", {.kind = FEEL_TYPE_ANY}},
    {"Null", {.kind = FEEL_TYPE_NULL}},
    {"boolean", {.kind = FEEL_TYPE_BOOLEAN}},
    {"number", {.kind = FEEL_TYPE_NUMBER}},
    {"string", {.kind = FEEL_TYPE_STRING}},
    {"date", {.kind = FEEL_TYPE_DATE}},
    {"time", {.kind = FEEL_TYPE_TIME}},
    {"date and time", {.kind = FEEL_TYPE_DATE_TIME}},
    {"years and months duration", {.kind = FEEL_TYPE_YEARS_MONTHS}},
    {"days and time duration", {.kind = FEEL_TYPE_DAYS_TIME}},
    /* As typeRef may have them too. */
    {"dateTime", {.kind = FEEL_TYPE_DATE_TIME}},
    {"yearMonthDuration", {.kind = FEEL_TYPE_YEARS_MONTHS}},
    {"dayTimeDuration", {.kind = FEEL_TYPE_DAYS_TIME}},
    /* Without what is in them. */
    {"list", {.kind = FEEL_TYPE_LIST, .element = &any}},
    {"range", {.kind = FEEL_TYPE_RANGE, .element = &any}},
    {"context", {.kind = FEEL_TYPE_CONTEXT}},
};

const struct feel_type *feel_type_named(struct slice name)
{
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++)
        if (lex_same(name, slice_from_string(built_in[i].name)))
            return &built_in[i].type;
    return NULL;
}

bool feel_type_is_bare(const struct feel_type *type)
{
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++)
        if (type == &built_in[i].type)
            return type->kind >= FEEL_TYPE_LIST;
    return false;
}
