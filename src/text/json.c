/* SPDX-License-Identifier: Apache-2.0 */

/* The view over yyjson. A `struct json *` is a yyjson_val * by another name: a parsed document is one flat array of
 * values, so that reading it costs no allocation and checking it is one loop. */

#include "json.h"

#include <yyjson.h>

#include "json_tree.h"

static const struct json *view(const yyjson_val *value)
{
    return (const struct json *)value;
}

static void *take(void *arena, size_t bytes)
{
    return arena_alloc(arena, bytes);
}

static void *take_again(void *arena, void *old, size_t old_bytes, size_t bytes)
{
    if (bytes <= old_bytes)
        return old;
    void *room = arena_alloc(arena, bytes);
    if (room && old)
        memcpy(room, old, old_bytes);
    return room;
}

static void give_back(void *arena, void *room)
{
    (void)arena, (void)room; /* the arena is freed as a whole */
}

yyjson_alc json_allocator(struct arena *arena)
{
    return (yyjson_alc){.malloc = take, .realloc = take_again, .free = give_back, .ctx = arena};
}

static enum error refuse_at(struct fault *fault, enum error code, size_t offset, const char *why)
{
    return fault_set(fault, code, "byte %zu: %s", offset, why);
}

/* Where a key stood in the text: yyjson unescapes in place, in a copy that starts where the text starts. */
static size_t offset_of(const yyjson_doc *document, const yyjson_val *key)
{
    return document->str_pool ? (size_t)(key->uni.str - document->str_pool) : 0;
}

static bool same_key(yyjson_val *a, yyjson_val *b)
{
    size_t length = unsafe_yyjson_get_len(a);
    return length == unsafe_yyjson_get_len(b) && memcmp(a->uni.str, b->uni.str, length) == 0;
}

/* Up to so many members, comparing every pair is faster than hashing. */
#define PAIRWISE_MAX 24

static yyjson_val *find_twin_pairwise(yyjson_val *object)
{
    yyjson_val *seen[PAIRWISE_MAX];
    size_t count = 0;
    yyjson_obj_iter members = yyjson_obj_iter_with(object);

    for (yyjson_val *key; (key = yyjson_obj_iter_next(&members));) {
        for (size_t i = 0; i < count; i++)
            if (same_key(seen[i], key))
                return key;
        seen[count++] = key;
    }
    return NULL;
}

/* FNV-1a: keys that collide on purpose only cost time, and the table's probes are bounded by PROBES_MAX. */
static size_t hash_key(yyjson_val *key)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < unsafe_yyjson_get_len(key); i++)
        hash = (hash ^ (uint8_t)key->uni.str[i]) * 1099511628211u;
    return (size_t)(hash ^ hash >> 29);
}

#define PROBES_MAX 512

static enum error find_twin_hashed(struct arena *arena, yyjson_val *object, yyjson_val **ret_twin)
{
    size_t room = 64;
    while (room < 2 * yyjson_obj_size(object))
        room *= 2;
    yyjson_val **table = arena_array(arena, room, sizeof *table);
    if (!table)
        return ERROR_MEMORY;

    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&members));) {
        size_t at = hash_key(key) & (room - 1);
        for (size_t probes = 0; table[at]; at = (at + 1) & (room - 1))
            if (same_key(table[at], key) || ++probes == PROBES_MAX) {
                *ret_twin = key;
                return OK;
            }
        table[at] = key;
    }
    return OK;
}

static enum error check_keys(struct arena *arena, const yyjson_doc *document, yyjson_val *object, struct fault *fault)
{
    yyjson_val *twin = NULL;

    if (yyjson_obj_size(object) <= PAIRWISE_MAX)
        twin = find_twin_pairwise(object);
    else
        TRY(find_twin_hashed(arena, object, &twin));
    return twin ? refuse_at(fault, ERROR_JSON, offset_of(document, twin), "a key stands twice in one object") : OK;
}

/* One walk along the flat array; `end` is a stack of where the open containers end. */
static enum error check_document(struct arena *arena, const yyjson_doc *document, struct fault *fault)
{
    const yyjson_val *end[JSON_DEPTH_MAX];
    size_t depth = 0;
    yyjson_val *value = document->root;

    for (size_t i = 0; i < document->val_read; i++, value++) {
        while (depth > 0 && value >= end[depth - 1])
            depth--;
        if (!unsafe_yyjson_is_ctn(value))
            continue;
        if (depth == JSON_DEPTH_MAX)
            return fault_set(fault, ERROR_TOO_DEEP, "nested deeper than %d", JSON_DEPTH_MAX);
        if (yyjson_is_obj(value))
            TRY(check_keys(arena, document, value, fault));
        end[depth++] = unsafe_yyjson_get_next(value);
    }
    return OK;
}

enum error json_parse(struct arena *arena, struct slice text, const struct json **ret_root, struct fault *fault)
{
    yyjson_alc allocator = json_allocator(arena);
    yyjson_read_err failure;
    char *input = (char *)(uintptr_t)text.data; /* not written to without YYJSON_READ_INSITU */
    yyjson_doc *document = yyjson_read_opts(input, text.length, YYJSON_READ_NUMBER_AS_RAW, &allocator, &failure);

    if (!document && failure.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return fault_set(fault, ERROR_MEMORY, "JSON of %zu bytes", text.length);
    if (!document)
        return refuse_at(fault, ERROR_JSON, failure.pos, failure.msg);
    TRY(check_document(arena, document, fault));
    *ret_root = view(document->root);
    return OK;
}

enum json_kind json_kind(const struct json *value)
{
    if (!value)
        return JSON_ABSENT;
    switch (unsafe_yyjson_get_type(json_node(value))) {
    case YYJSON_TYPE_NULL:
        return JSON_NULL;
    case YYJSON_TYPE_BOOL:
        return JSON_BOOL;
    case YYJSON_TYPE_RAW:
        return JSON_NUMBER;
    case YYJSON_TYPE_STR:
        return JSON_STRING;
    case YYJSON_TYPE_ARR:
        return JSON_ARRAY;
    default:
        return JSON_OBJECT;
    }
}

const struct json *json_member_slice(const struct json *object, struct slice name)
{
    return view(yyjson_obj_getn(json_node(object), name.data, name.length));
}

const struct json *json_member(const struct json *object, const char *name)
{
    return json_member_slice(object, slice_from_string(name));
}

const struct json *json_path(const struct json *value, const char *names)
{
    struct slice rest = slice_from_string(names);

    while (value && rest.length) {
        value = json_member_slice(value, slice_cut(&rest, '.'));
        if (json_kind(value) == JSON_ARRAY)
            value = view(yyjson_arr_get_first(json_node(value)));
    }
    return value;
}

size_t json_count(const struct json *container)
{
    return yyjson_is_ctn(json_node(container)) ? unsafe_yyjson_get_len(json_node(container)) : 0;
}

struct slice json_text(const struct json *value)
{
    enum json_kind kind = json_kind(value);

    if (kind != JSON_STRING && kind != JSON_NUMBER)
        return slice_of("", 0);
    return slice_of(json_node(value)->uni.str, unsafe_yyjson_get_len(json_node(value)));
}

bool json_is(const struct json *value, const char *text)
{
    return json_kind(value) == JSON_STRING && slice_is(json_text(value), text);
}

bool json_is_true(const struct json *value)
{
    return yyjson_is_true(json_node(value));
}

bool json_equal(const struct json *a, const struct json *b)
{
    return a && b && yyjson_equals(json_node(a), json_node(b)); /* recursion is bounded by JSON_DEPTH_MAX */
}

struct json_items json_items(const struct json *container)
{
    size_t count = json_count(container);

    return (struct json_items){.next_ = count ? view(unsafe_yyjson_get_first(json_node(container))) : NULL,
                               .left_ = count,
                               .object_ = json_kind(container) == JSON_OBJECT,
                               .index = SIZE_MAX};
}

bool json_next(struct json_items *items)
{
    if (items->left_ == 0)
        return false;
    yyjson_val *at = json_node(items->next_);
    if (items->object_) {
        items->key = slice_of(at->uni.str, unsafe_yyjson_get_len(at));
        at++;
    }
    items->value = view(at);
    items->next_ = view(unsafe_yyjson_get_next(at));
    items->left_--;
    items->index++;
    return true;
}
