/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* yyjson values as slices, for reading alone. What is missing or of another kind is empty, zero or false. */

#include <yyjson.h>

#include "base/slice.h"

/* NULL when it is no JSON. Strict: no comments, no trailing commas, nothing behind the value. */
static inline yyjson_doc *json_read(struct slice text)
{
    return yyjson_read_opts((char *)(uintptr_t)text.data, text.length, YYJSON_READ_NOFLAG, NULL, NULL);
}

static inline struct slice json_text(const yyjson_val *value)
{
    yyjson_val *text = (yyjson_val *)(uintptr_t)value;

    return yyjson_is_str(text) ? slice_of(yyjson_get_str(text), yyjson_get_len(text)) : slice_of("", 0);
}

static inline yyjson_val *json_at(yyjson_val *object, const char *name)
{
    return yyjson_obj_get(object, name);
}

static inline struct slice json_text_at(yyjson_val *object, const char *name)
{
    return json_text(json_at(object, name));
}

/* Whole numbers below 2^63; -1 for anything else. */
static inline int64_t json_number_at(yyjson_val *object, const char *name)
{
    yyjson_val *value = json_at(object, name);

    return yyjson_is_uint(value) && yyjson_get_uint(value) <= INT64_MAX ? (int64_t)yyjson_get_uint(value) : -1;
}

/* for (struct json_items i = json_items(value); json_next(&i);) … i.value, i.index; of an object also i.name. */
struct json_items {
    yyjson_val *value, *name;
    size_t index;
    yyjson_arr_iter array;
    yyjson_obj_iter object;
    bool is_object;
};

static inline struct json_items json_items(yyjson_val *value)
{
    struct json_items items = {.index = SIZE_MAX, .is_object = yyjson_is_obj(value)};

    yyjson_arr_iter_init(value, &items.array);
    yyjson_obj_iter_init(value, &items.object);
    return items;
}

static inline bool json_next(struct json_items *items)
{
    items->index++;
    items->name = items->is_object ? yyjson_obj_iter_next(&items->object) : NULL;
    items->value = items->is_object ? yyjson_obj_iter_get_val(items->name) : yyjson_arr_iter_next(&items->array);
    return items->value != NULL;
}

static inline void json_doc_free(yyjson_doc **doc)
{
    yyjson_doc_free(*doc);
    *doc = NULL;
}
#define CLEANUP_JSON __attribute__((cleanup(json_doc_free)))
